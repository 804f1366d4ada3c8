"""Words lit on a page: exactly those that the search finds, where they are printed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import datasette.app  # noqa: F401 - first of all: it loads our plugin, which imports what is tested
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.geometry import Box
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Part, Word
from repository.catalogue import database
from repository.catalogue.reading.asked import asked, read
from repository.catalogue.reading.page_words import lit, page_text
from tests.page_texts import MODEST, page_of, page_texts
from tests.stored_volumes import BookPage, Shelf

CZECH = (
    "kůň",
    "koně",
    "Kun",
    "zvonice",
    "zvonici,",
    "ZVON",
    "na",
    "k",
    "„dům“",
    "c.k.",
    "rok1919",
    "1919",
    "žluťoučký",
    "ſlowo",
)
QUESTIONS = st.lists(st.sampled_from([*CZECH, "zvon*", '"na k"', "-na", "kostel", "OR"]), min_size=1, max_size=3)
FIND = "select page from page_text join page_fts on page_fts.rowid = page_text.rowid where page_fts match ?"
PLACE = Box(0, 0, 10, 10)


def found(text: PageText, expression: str) -> list[str]:
    """What is lit, as printed."""
    return [each.text for each in lit(text, expression)]


def broken(*, together: bool = True) -> PageText:
    """A page with "zvonice" broken at a line end; the second part is on the next page when not `together`."""
    up, down = Box(100, 0, 30, 20), Box(0, 30, 40, 20)
    first = Line(
        up,
        (Word("stará", Box(0, 0, 50, 20), 0.9), Word("zvo", up, 0.9, "", Part.FIRST, "zvonice")),
        hyphen=Hyphen("-", up),
    )
    second = Line(down, (Word("nice", down, 0.9, "", Part.SECOND, "zvonice"), Word("hoří", Box(50, 30, 40, 20), 0.9)))
    lines = (first, second) if together else (first,)
    return PageText(200, 100, (Block(BlockKind.TEXT, Box(0, 0, 200, 100), lines),), page_of("x").engine)


@st.composite
def pages(draw: st.DrawFn) -> PageText:
    """Pages of a few Czech words, some of them broken at the end of a line."""
    words = [Word(text, PLACE, 0.9) for text in draw(st.lists(st.sampled_from(CZECH), min_size=1, max_size=8))]
    cut = draw(st.integers(0, len(words)))
    lines = [Line(PLACE, tuple(part)) for part in (words[:cut], words[cut:]) if part]
    if draw(st.booleans()):
        parts = [
            Word(text, PLACE, 0.9, "", part, "Zvonice") for text, part in (("Zvo", Part.FIRST), ("nice", Part.SECOND))
        ]
        lines += [Line(PLACE, (part,)) for part in parts]
    return PageText(500, 500, (Block(BlockKind.TEXT, PLACE, tuple(lines)),), page_of("x").engine)


class TestLighting:
    def test_a_word_is_lit_whatever_its_marks_and_case(self) -> None:
        page = page_of("Příliš žluťoučký KŮŇ,\npěl o koni")
        (hit,) = lit(page, '"kun"')
        assert (hit.text, hit.line, hit.boxes) == ("KŮŇ,", 0, (Box(170, 0, 40, 20),))
        assert (hit.before, hit.after) == ("Příliš žluťoučký ", " pěl o koni")

    def test_a_word_broken_at_a_line_end_has_two_boxes(self) -> None:
        (hit,) = lit(broken(), '"zvonice"')
        assert (hit.text, hit.boxes) == ("zvonice", (Box(100, 0, 30, 20), Box(0, 30, 40, 20)))
        assert (hit.before, hit.after) == ("stará ", " hoří")

    def test_a_word_that_goes_on_overleaf_has_one(self) -> None:
        (hit,) = lit(broken(together=False), '"zvonice"')
        assert hit.boxes == (Box(100, 0, 30, 20),)

    def test_a_phrase_goes_over_the_end_of_a_line(self) -> None:
        (hit,) = lit(broken(), '"zvonice hori"')
        assert (hit.text, len(hit.boxes), hit.line) == ("zvonice hoří", 3, 0)
        assert found(broken(), '"hori zvonice"') == []

    def test_forms_beginnings_and_exclusions_are_those_of_the_search(self) -> None:
        page = page_of("Kůň koně koní kohout")
        assert found(page, '("kun" OR "kone")') == ["Kůň", "koně"]
        assert found(page, '"kon" *') == ["koně", "koní"]
        assert found(page, '"kun" NOT "kohout"') == []
        assert found(page, '"kun" AND "krava"') == []

    def test_nothing_asked_lights_nothing(self) -> None:
        assert found(page_of("slovo"), "") == []
        assert found(page_of(), '"slovo"') == []

    def test_the_text_around_is_cut_between_words(self) -> None:
        (hit,) = lit(page_of(" ".join(f"slovo{number}" for number in range(100)) + " konec"), '"slovo50"')
        assert hit.before.startswith("slovo")
        assert 40 < len(hit.before) <= 60
        assert hit.after.split()[-1] in {f"slovo{number}" for number in range(51, 60)}

    def test_marks_in_the_text_are_not_taken_for_ours(self) -> None:
        page = page_of("a\x02b c\x03d zvon")
        assert found(page, '"zvon"') == ["zvon"]

    @MODEST
    @given(st.lists(pages(), min_size=1, max_size=4), st.lists(QUESTIONS, min_size=1, max_size=4))
    def test_what_is_found_is_lit_and_nothing_else(self, drawn: list[PageText], questions: list[list[str]]) -> None:
        with closing(database.opened(Path(":memory:"))) as connection:
            for number, page in enumerate(drawn):
                connection.execute("insert into page_text values (?, ?)", (str(number), page.joined()))
            for typed in map(" ".join, questions):
                expression = asked(connection, read(typed)).matching
                sought = {int(row[0]) for row in connection.execute(FIND, (expression or '""',))}
                assert {number for number, page in enumerate(drawn) if lit(page, expression)} == sought

    @MODEST
    @given(page_texts())
    def test_any_page_is_lit_or_not_and_its_boxes_are_those_of_its_words(self, page: PageText) -> None:
        boxes = {word.box for word in page.words()}
        for word in list(page.words())[:3]:
            for hit in lit(page, '"' + word.text.replace('"', '""').replace("\0", " ") + '"'):
                assert set(hit.boxes) <= boxes
                assert 0 <= hit.line < sum(1 for _ in page.lines())

    def test_what_cannot_be_read_is_no_text(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path)
        volume = shelf.keep("a", BookPage(page_of("slovo"), alto=b"<alto"), "dobrá")
        shelf.build()
        good, bad = shelf.rows("select volume, alto from page order by position desc")
        said = [page_text(shelf.house, dict(zip(("volume", "alto"), row, strict=True))) for row in (good, bad)]
        assert [text and text.joined() for text in said] == ["dobrá", None]
        assert page_text(shelf.house, {"volume": volume, "alto": "v0009/data/none.xml"}) is None

    def test_an_entity_bomb_is_no_text(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path)
        bomb = b'<!DOCTYPE alto [<!ENTITY a SYSTEM "file:///etc/passwd">]><alto>&a;</alto>'
        volume = shelf.keep("a", BookPage(page_of("slovo"), alto=bomb))
        shelf.build()
        ((alto,),) = shelf.rows("select alto from page")
        assert page_text(shelf.house, {"volume": volume, "alto": alto}) is None


class TestServed:
    @pytest.fixture
    def shelf(self, tmp_path: Path) -> Shelf:
        return Shelf(tmp_path)

    def words(self, shelf: Shelf, volume: str, typed: str, page: int = 1) -> Any:  # noqa: ANN401 - JSON
        return shelf.json(f"/volume/{volume}/page/{page}/words.json?q={quote(typed)}")

    def test_lines_and_lit_words_come_with_their_places(self, shelf: Shelf) -> None:
        volume = shelf.keep("a", "Kůň stojí\nu zvonice")
        shelf.build()
        told = self.words(shelf, volume, "zvonici")
        assert (told["width"], told["height"]) == (2400, 3400)
        assert told["lines"][1] == {"id": "LINE_0001_0002", "box": [0, 30, 90, 20], "text": "u zvonice"}
        assert told["lit"] == [{"text": "zvonice", "boxes": [[20, 30, 70, 20]], "line": "LINE_0001_0002"}]
        assert self.words(shelf, volume, "")["lit"] == []

    def test_a_page_without_text_has_no_lines(self, shelf: Shelf) -> None:
        volume = shelf.keep("a", BookPage(page_of("slovo"), alto=b"no XML"))
        shelf.build()
        told = self.words(shelf, volume, "slovo")
        assert (told["lines"], told["lit"]) == ([], [])

    @pytest.mark.parametrize("page", ["2", "0", "99999999999999999999"])
    def test_a_page_that_is_not_there_is_not_there(self, shelf: Shelf, page: str) -> None:
        volume = shelf.keep("a", "slovo")
        shelf.build()
        (answer,) = shelf.get(f"/volume/{volume}/page/{page}/words.json")
        assert answer.status_code == 404

    @pytest.mark.parametrize(
        "typed", ["'; drop table page --", '"', "\0", "a" * 50_000, '" OR page_fts MATCH "a', "NEAR(", "*"]
    )
    def test_whatever_is_typed_is_but_words(self, shelf: Shelf, typed: str) -> None:
        volume = shelf.keep("a", "slovo")
        shelf.build()
        (answer,) = shelf.get(f"/volume/{volume}/page/1/words.json?q={quote(typed)}")
        assert answer.status_code in (400, 414) or answer.json()["lit"] == []
