"""A word is found in whatever form and letters it was printed: lemmas, old letters, and what a search asks for."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, PageText, Part, Word
from repository.catalogue import asking
from repository.catalogue import database as file
from repository.catalogue.asking import asked
from repository.catalogue.lemmas import SPELLED, folded, forms, known, printed, words_of
from repository.catalogue.printed_forms import MOST_FORMS, MOST_PAGES, MOST_WIDENED
from tests.page_texts import page_of
from tests.stored_volumes import BookPage, Shelf

TYPED = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
QUESTIONS = st.lists(
    st.sampled_from(["zvonici", '"', "OR", "NOT", "NEAR(a b)", "text:", "*", "^", "-", "(", ")", "\0", "Straſſe", "ß"])
    | TYPED,
    max_size=12,
).map(" ".join)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def hits(shelf: Shelf, word: str) -> list[Any]:
    rows = shelf.json(f"/catalogue/find_word.json?word={quote(word)}&_shape=array")
    assert isinstance(rows, list)
    return rows


def positions(shelf: Shelf, word: str) -> list[int]:
    return sorted(hit["position"] for hit in hits(shelf, word))


class TestLetters:
    @pytest.mark.parametrize(
        ("word", "plain"),
        [
            ("Straſſe", "strasse"),
            ("Straße", "strasse"),
            ("ﬁloſof", "filosof"),
            ("KŮŇ", "kun"),
            ("Cælum", "caelum"),
            ("ŒUVRE", "oeuvre"),
            ("ěščřžýáíéúůďťňó", "escrzyaieuudtno"),
            ("Жёлтый", "жёлтый"),
        ],
    )
    def test_old_letters_and_marks_are_made_plain(self, word: str, plain: str) -> None:
        assert folded(word) == plain

    @settings(max_examples=60, deadline=None)
    @given(st.text(st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F), min_size=1, max_size=12))
    def test_a_word_as_kept_is_the_same_word_to_the_index(self, word: str) -> None:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute('create virtual table f using fts5 (t, tokenize="unicode61 remove_diacritics 2")')
            connection.execute("insert into f values (?)", (word,))
            found = connection.execute("select count(*) from f where f match ?", (f'"{printed(word)}"',))
            assert found.fetchone() == (1,), (word, printed(word))


class TestForms:
    @pytest.mark.parametrize(
        ("language", "word", "lemma"),
        [
            ("ces", "zvonici", "zvonice"),
            ("cze", "Městě", "mesto"),
            ("slk", "ulici", "ulica"),
            ("deu", "Häuser", "haus"),
            ("lat", "roſarum", "rosa"),
            ("eng", "houses", "house"),
        ],
    )
    def test_a_form_stands_under_its_dictionary_form(self, language: str, word: str, lemma: str) -> None:
        assert lemma in forms({(language, word): 1}, ())[known(language) or ""]

    def test_only_what_differs_is_kept(self) -> None:
        assert forms({("ces", "zvonice"): 1, ("ces", "Zvonice"): 1, ("ces", "xqzt"): 1}, ()) == {}

    def test_of_a_language_nobody_knows_words_are_their_own_lemmas(self) -> None:
        assert forms({("tlh", "zvonici"): 1, ("", "zvonici"): 1}, ("tlh",)) == {}
        assert known("tlh") is None

    def test_a_word_without_a_language_is_looked_up_in_those_of_its_volume(self) -> None:
        words = {("", "zvonici"): 3, ("", "Zvonici"): 1, ("", "Häuser"): 2}
        assert forms(words, ("ces", "deu")) == {"cs": {"zvonice": {"zvonici": 4}}, "de": {"haus": {"hauser": 2}}}

    def test_ligatures_that_the_index_keeps_are_known_by_plain_letters(self) -> None:
        assert forms({("", "ﬁlozof"): 1, ("", "Maße"): 1}, ()) == {
            SPELLED: {"filozof": {"ﬁlozof": 1}, "masse": {"maße": 1}}
        }

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(["ces", "", "tlh"]), st.text(min_size=1, max_size=8))))
    def test_what_is_kept_does_not_depend_on_the_order_of_words(self, words: list[tuple[str, str]]) -> None:
        told = forms(Counter(words), ("ces",))
        assert told == forms(Counter(reversed(words)), ("ces",))
        assert all(form != key for of in told.values() for key, found in of.items() for form in found)

    def test_a_broken_word_counts_once_and_whole_and_without_its_comma(self) -> None:
        box = Box(0, 0, 50, 20)
        first = Line(box, (Word("zvo", box, 0.9, "ces", Part.FIRST, "zvonici,"),))
        second = Line(box, (Word("nici,", box, 0.9, "ces", Part.SECOND, "zvonici,"), Word("d'or", box, 0.9)))
        text = PageText(100, 100, (Block(BlockKind.TEXT, box, (first, second)),), page_of("x").engine)
        assert list(words_of(text)) == [("ces", "zvonici"), ("", "d"), ("", "or")]


class TestSearching:
    @pytest.mark.parametrize(
        ("language", "pages", "words"),
        [
            (
                "ces",
                ("U staré zvonice stál", "ve ZVONICI.", "bez zvonic"),
                ("zvonice", "zvonici", "zvonic", "Zvonicemi"),
            ),
            ("ces", ("město", "v městě", "měst"), ("město", "mesto", "meste", "městech")),
            ("deu", ("das Haus", "die Häuser", "des Hauses"), ("Haus", "Häuser", "hauser", "Häusern")),
            ("lat", ("rosa", "roſarum", "roſis"), ("rosa", "rosarum", "rosam")),
        ],
    )
    def test_every_form_finds_every_form(
        self, shelf: Shelf, language: str, pages: tuple[str, ...], words: tuple[str, ...]
    ) -> None:
        shelf.keep(
            "a", *(BookPage(page_of(page, language=language)) for page in (*pages, "cosi")), languages=(language,)
        )
        shelf.build()
        for word in words:
            assert positions(shelf, word) == [1, 2, 3], word
            assert shelf.found(word) == 3, f"the table's own search: {word}"

    @pytest.mark.parametrize("word", ["Strasse", "Straße", "Straſſe", "strassen"])
    def test_old_letters_are_found_by_plain_ones_and_the_other_way(self, shelf: Shelf, word: str) -> None:
        pages = [BookPage(page_of(text, language="deu")) for text in ("die Straſſe", "die Straße", "der Weg")]
        shelf.keep("a", *pages, languages=("deu",))
        shelf.build()
        assert positions(shelf, word) == [1, 2]

    def test_ligatures_are_found_by_plain_letters(self, shelf: Shelf) -> None:
        shelf.keep("a", "slavný ﬁlozof", BookPage(page_of("cælum", language="lat")), "s ﬁlozofem")
        shelf.build()
        assert positions(shelf, "filozof") == [1, 3]
        assert positions(shelf, "ﬁlozof") == [1, 3]
        assert positions(shelf, "caelum") == [2]

    def test_the_excerpt_shows_the_form_that_is_printed(self, shelf: Shelf) -> None:
        shelf.keep("a", " ".join(["slovo"] * 60) + " v nové Zvonici visí zvon")
        shelf.build()
        (hit,) = hits(shelf, "zvonice")
        assert "v nové [Zvonici] visí" in hit["excerpt"]

    def test_the_form_that_was_typed_comes_first(self, shelf: Shelf) -> None:
        shelf.keep("a", "u zvonice stál", "ve zvonici stál", "u zvonice dlel", *(["jinde nestál nikdo"] * 8))
        shelf.build()
        assert [hit["position"] for hit in hits(shelf, "zvonici")] == [2, 1, 3]
        assert [hit["position"] for hit in hits(shelf, "zvonice")] == [1, 3, 2]

    def test_a_phrase_is_found_as_printed_only(self, shelf: Shelf) -> None:
        shelf.keep("a", "ve staré zvonici", "u staré zvonice", "zvonice je ve staré obci")
        shelf.build()
        assert positions(shelf, '"staré zvonici"') == [1]
        assert positions(shelf, '"stare zvonice"') == [2]
        assert positions(shelf, '"zvonice staré"') == []
        assert positions(shelf, '"ve staré" zvonice') == [1, 3], "a phrase, and a word in any form"

    def test_all_words_must_stand_on_the_page(self, shelf: Shelf) -> None:
        shelf.keep("a", "ve staré zvonici", "u nové zvonice", "stará obec")
        shelf.build()
        assert positions(shelf, "stará zvonice") == [1]
        assert positions(shelf, "zvonice OR obec") == []

    def test_one_languages_forms_are_not_anothers(self, shelf: Shelf) -> None:
        shelf.keep("a", BookPage(page_of("vidím psa")), BookPage(page_of("sub pedem", language="lat")))
        shelf.build()
        assert positions(shelf, "pedem") == [2]
        assert positions(shelf, "psa") == [1]

    def test_volumes_are_searched_as_before(self, shelf: Shelf) -> None:
        shelf.keep("a", "ve zvonici", title="Stará zvonice")
        shelf.build()
        for word in ("zvonice", "ZVONICI", '"stará zvonice"'):
            assert shelf.json(f"/catalogue/volume.json?_search={quote(word)}")["filtered_table_rows_count"] == 1


class TestTable:
    def test_forms_go_with_the_last_volume_that_has_them(self, shelf: Shelf) -> None:
        gone = shelf.keep("a", "ve zvonici a v obci")
        shelf.keep("b", "ve zvonici")
        shelf.build()
        asking_for = "select form, pages from word_form where lemma in ('zvonice', 'obec') order by form"
        assert shelf.rows(asking_for) == [("obci", 1), ("zvonici", 2)]
        shutil.rmtree(shelf.folder(gone).parent)
        shelf.build()
        assert shelf.rows(asking_for) == [("zvonici", 1)]
        before = shelf.dump()
        shelf.build(anew=True)
        assert shelf.dump() == before

    def test_a_catalogue_of_an_older_kdr_is_still_served(self, shelf: Shelf) -> None:
        shelf.keep("a", "ve zvonici")
        shelf.build()
        with closing(sqlite3.connect(shelf.database)) as connection:
            connection.execute("drop table word_form")
        assert (shelf.found("zvonici"), shelf.found("zvonice")) == (1, 0)


@pytest.fixture(scope="module")
def catalogue() -> Iterator[sqlite3.Connection]:
    """A catalogue in memory with one page of text and forms of its words."""
    with closing(file.opened(Path(":memory:"))) as connection:
        file.put(connection, "page_text", {"page": "p", "text": "ve staré zvonici OR Straße"})
        told = '{"":{"strasse":{"straße":1}},"cs":{"stary":{"stare":1},"zvonice":{"zvonic":1,"zvonici":2}}}'
        file.put(connection, "volume_words", {"volume": "v", "forms": told})
        yield connection


class TestAsking:
    def test_a_word_is_asked_in_its_printed_forms_first_as_typed(self, catalogue: sqlite3.Connection) -> None:
        assert asked(catalogue, "Zvonici") == '("Zvonici" OR "Zvonici" OR "Zvonici" OR "zvonice" OR "zvonic")'
        assert asked(catalogue, '"staré zvonici') == '"staré zvonici"', "a phrase that nobody closed"

    @pytest.mark.parametrize("nothing", ["", " ", '"', '""', ".,", "\0", '"." -'])
    def test_nothing_typed_finds_nothing(self, catalogue: sqlite3.Connection, nothing: str) -> None:
        assert asked(catalogue, nothing) == '""'
        assert catalogue.execute("select 1 from page_fts where page_fts match ?", ('""',)).fetchall() == []

    @settings(max_examples=60, deadline=None)
    @given(typed=QUESTIONS)
    def test_nothing_that_is_typed_is_an_operator_or_a_mistake(self, catalogue: sqlite3.Connection, typed: str) -> None:
        catalogue.execute("select count(*) from page_fts where page_fts match ?", (asked(catalogue, typed),)).fetchone()

    def test_a_long_question_stays_a_short_one(self, catalogue: sqlite3.Connection) -> None:
        question = asked(catalogue, " ".join(["zvonice"] * 60))
        assert question.count(" OR ") <= MOST_WIDENED * (MOST_FORMS + 3)
        assert question.count(" AND ") == 59
        assert catalogue.execute("select count(*) from page_fts where page_fts match ?", (question,)).fetchone() == (0,)

    def test_of_a_word_with_many_forms_the_commonest_are_asked(self) -> None:
        with closing(file.opened(Path(":memory:"))) as connection:
            rows = [("cs", "slovo", f"slov{number:03d}", number) for number in range(200)]
            connection.executemany("insert into word_form values (?, ?, ?, ?)", rows)
            question = asked(connection, "slovo")
        assert question.count(" OR ") <= MOST_FORMS + 3
        assert "slov199" in question
        assert "slov000" not in question

    def test_of_what_stands_on_every_page_only_the_rarer_forms_are_asked(self) -> None:
        with closing(file.opened(Path(":memory:"))) as connection:
            rows = [("cs", "byt", "je", MOST_PAGES), ("cs", "byt", "byl", MOST_PAGES // 2), ("cs", "byt", "budiz", 3)]
            connection.executemany("insert into word_form values (?, ?, ?, ?)", rows)
            assert asked(connection, "budiz") == '("budiz" OR "budiz" OR "budiz" OR "byt" OR "byl")'
            connection.execute("update word_form set pages = pages + 1 where form = 'je'")
            assert asked(connection, "je") == '"je"'

    def test_languages_are_read_before_the_first_question(
        self, catalogue: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read: list[str] = []
        monkeypatch.setattr(asking, "lemmas", lambda _word, language: read.append(language))
        asking.prepare(catalogue)
        assert read == ["cs"]
        with closing(sqlite3.connect(":memory:")) as older:
            asking.prepare(older)
        assert read == ["cs"]
