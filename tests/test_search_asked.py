"""What is typed into the search: taken apart, asked in all forms, marked in the text."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.catalogue.reading.asked import MOST_TERMS, MOST_TYPED, Question, TooMuch, asked, read
from repository.catalogue.reading.marks import EXCERPT, excerpt, marks
from tests.page_texts import MODEST

TYPED = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "zvon",
                '"na zvonici"',
                '"',
                "OR",
                "|",
                "-kostel",
                '-"u lesa"',
                "zvon*",
                "NOT",
                "NEAR(a b)",
                "text:",
                "*",
                "^",
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=6,
).map(" ".join)
PLAIN = st.text("ab ěščÍ-.\n", max_size=600)


def terms(question: Question) -> list[list[str]]:
    return [[term.text for term in group] for group in question.wanted]


@pytest.fixture
def words() -> sqlite3.Connection:
    """A full text as the catalogue has it, and no other forms of any word."""
    connection = sqlite3.connect(":memory:")
    connection.execute("create table word_form (language text, lemma text, form text, pages integer)")
    connection.execute('create virtual table page_fts using fts5 (text, tokenize="unicode61 remove_diacritics 2")')
    return connection


class TestReading:
    @pytest.mark.parametrize(
        ("typed", "wanted", "unwanted"),
        [
            ("Kůň zvonice", [["kun"], ["zvonice"]], []),
            ('"Na zvonici" kůň', [["na zvonici"], ["kun"]], []),
            ("„na zvonici“", [["na zvonici"]], []),
            ("zvon*", [["zvon*"]], []),
            ('"na zvon*"', [["na zvon*"]], []),
            ("zvon OR kostel lípa", [["zvon", "kostel"], ["lipa"]], []),
            ("zvon | kostel NEBO věž", [["zvon", "kostel", "vez"]], []),
            ("zvon -kostel", [["zvon"]], ["kostel"]),
            ('zvon -"u lesa"', [["zvon"]], ["u lesa"]),
            ("c.k. úřad", [["c k"], ["urad"]], []),
            ("OR zvon OR", [["zvon"]], []),
            ("1919 AND", [["1919"], ["and"]], []),
            ('lone " quote', [["lone"], ["quote"]], []),
            ("nul\0znak", [["nul"], ["znak"]], []),
            ("--- \" ' ( ) ^", [], []),
        ],
    )
    def test_takes_apart_what_is_typed(self, typed: str, wanted: list[list[str]], unwanted: list[str]) -> None:
        question = read(typed)
        assert terms(question) == wanted
        assert [term.text for term in question.unwanted] == unwanted

    @pytest.mark.parametrize("typed", ["a" * (MOST_TYPED + 1), "ab " * (MOST_TERMS + 1), "z*"])
    def test_refuses_what_nobody_needs(self, typed: str) -> None:
        with pytest.raises(TooMuch):
            read(typed)

    @MODEST
    @given(TYPED)
    def test_whatever_is_typed_is_a_question_fts5_understands(self, typed: str) -> None:
        try:
            question = read(typed)
        except TooMuch:
            return
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("create table word_form (language text, lemma text, form text, pages integer)")
            connection.execute("create virtual table page_fts using fts5 (text)")
            told = asked(connection, question)
            for expression in filter(None, (told.matching, told.ranking)):
                connection.execute("select rowid from page_fts where page_fts match ?", (expression,)).fetchall()
        assert len(told.forms) == sum(map(len, question.wanted))

    def test_asks_for_a_word_in_all_its_forms_and_weighs_the_one_typed(self, words: sqlite3.Connection) -> None:
        words.executemany(
            "insert into word_form values ('cs', 'zvonice', ?, ?)", [("zvonici", 5), ("zvonic", 2), ("zvonice", 3)]
        )
        told = asked(words, read("zvonici -kůň"))
        assert told.forms == (("zvonici", "zvonice", "zvonic"),)
        assert told.matching == '(("zvonici" OR "zvonice" OR "zvonic")) NOT ("kun")'
        assert told.ranking.count('"zvonici"') > told.ranking.count('"zvonice"') == 1

    def test_nothing_wanted_asks_nothing(self, words: sqlite3.Connection) -> None:
        assert asked(words, read("-kostel")).matching == ""


class TestMarking:
    def shown(self, text: str, *forms: str) -> str:
        told = excerpt(text, marks([forms]))
        return "".join(f"[{piece.text}]" if piece.lit else piece.text for piece in told.pieces)

    @pytest.mark.parametrize(
        ("text", "forms", "shown"),
        [
            ("Kůň u zvonice", ["kun"], "[Kůň] u zvonice"),
            ("zvon, zvonice, přezvon", ["zvon"], "[zvon], zvonice, přezvon"),
            ("zvon, zvonice, přezvon", ["zvon*"], "[zvon], [zvonice], přezvon"),
            ("stojí na\n ZVONICI v obci", ["na zvonici"], "stojí [na ZVONICI] v obci"),
            ("na zvonicích", ["na zvon*"], "[na zvonicích]"),
            ("ſtará ku\u030an\u030c", ["stara", "kun"], "[ſtará] [kůň]"),
            ("a.b (c)", ["b", "c"], "a.[b] ([c])"),
            ("nic", ["kun"], "nic"),
            ("<b>kůň</b>", ["kun"], "<b>[kůň]</b>"),
            ("", ["kun"], ""),
        ],
    )
    def test_marks_the_words_as_they_are_printed(self, text: str, forms: list[str], shown: str) -> None:
        assert self.shown(text, *forms) == shown

    def test_shows_the_piece_with_most_of_them(self) -> None:
        text = "kůň " + "slovo " * 100 + "kůň a kůň " + "konec " * 100
        assert self.shown(text, "kun").count("[kůň]") == 2
        assert excerpt(text, marks([["kun"]])).hits == 3

    @MODEST
    @given(PLAIN, st.lists(st.sampled_from(["a", "b", "ab", "a b", "e*", "si"]), max_size=3))
    def test_an_excerpt_is_a_piece_of_the_text(self, text: str, forms: list[str]) -> None:
        told = excerpt(text, marks([forms]))
        said = "".join(piece.text for piece in told.pieces).removeprefix("… ").removesuffix(" …")
        assert " ".join(said.split()) in " ".join(text.split())
        assert len(said) <= EXCERPT + 80
        assert any(piece.lit for piece in told.pieces) == bool(told.hits)

    @MODEST
    @given(st.text("abAB ěÉ-.", max_size=60), st.sampled_from(["a", "b", "ab", "a b", "e", "a*"]))
    def test_marks_what_the_full_text_finds(self, text: str, form: str) -> None:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute('create virtual table f using fts5 (text, tokenize="unicode61 remove_diacritics 2")')
            connection.execute("insert into f values (?)", (text,))
            quoted = f'"{form[:-1]}" *' if form.endswith("*") else f'"{form}"'
            (found,) = connection.execute("select count(*) from f where f match ?", (quoted,)).fetchone()
        assert bool(excerpt(text, marks([[form]])).hits) == bool(found)
