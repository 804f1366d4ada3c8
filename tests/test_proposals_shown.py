"""workflows.proposals_shown and its part of the report: what an operator sees, checks and confirms of the structure."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement

from ingest.delivery import PlannedVolume
from metadata.description import VolumeKind
from metadata.model import Division, DivisionKind, Source, Title, Year, new_division_id, new_title_id
from metadata.page_types import page_types
from metadata.wording import wording
from ocr.proposal import Guess, Masthead, Proposal, Why
from tests.test_report import MADE, shown
from tests.test_standing import correct, guessed, planned, unnamed, write_end, write_plan, write_proposal
from workflows import proposals_shown
from workflows.batch import State
from workflows.proposals_shown import Line, structures
from workflows.report import as_html
from workflows.standing import standing
from workflows.structure_standing import Known
from workflows.volumes import every

HOSTILE = "<script>alert(1)</script>\"'&"


def chapter(title: str, first: int, last: int, *children: Division, source: Source = Source.PROPOSED) -> Division:
    """A chapter of the pages `first` to `last`."""
    own = new_division_id(planned("x", []).volume.id, f"{title} {first}")
    return Division(own, DivisionKind.CHAPTER, first, last, title, children=children, source=source)


TREES = st.recursive(
    st.just(()), lambda inner: st.lists(inner.map(lambda some: chapter("x", 1, 1, *some)), max_size=3).map(tuple)
)
"""Divisions within divisions, to any depth."""


def issue(folder: str, *, number: str = "") -> PlannedVolume:
    """An issue of a newspaper, of one page."""
    one = unnamed(planned(folder, ["001.tif"], title="Listy"))
    about = replace(one.volume.description, kind=VolumeKind.ISSUE, part_number=number)
    title, year = Title(new_title_id("listy"), replace(about, part_number="")), Year(new_title_id("listy 1929"))
    return replace(one, volume=replace(one.volume, description=about, title=title, year=year))


def book_of(count: int) -> PlannedVolume:
    """A book whose delivery says nothing of its pages."""
    return unnamed(planned("kniha", [f"{n:04d}.tif" for n in range(1, count + 1)], title="Babička"))


def proposed_batch(folder: Path) -> PlannedVolume:
    """A book of four pages: one sure, one unsure, one confirmed, one open; with contents."""
    book = book_of(4)
    write_plan(folder, book, planned("popsaná", ["001.tif"]))
    inner = chapter("Kouzlo", 2, 2)
    divisions = chapter("Úvod", 1, 2, inner), replace(chapter("Konec", 3, 9), part_number="II")
    unplaced = ("Doslov", HOSTILE)
    write_proposal(folder, book, Proposal((guessed(1, "5"), guessed(2, "6", sure=0.42)), divisions, unplaced=unplaced))
    correct(folder, book, replace(book.volume.pages[2], label="7", type="map"))
    write_end(folder, book, State.STORED, version="v0001")
    return book


@cache
def proposed_page() -> HtmlElement:
    """The report of that batch, read once."""
    with tempfile.TemporaryDirectory() as place:
        proposed_batch(Path(place) / "davka-1")
        return html.document_fromstring(as_html(standing(Path(place) / "davka-1"), MADE))


def report_of(folder: Path) -> HtmlElement:
    return html.document_fromstring(as_html(standing(folder), MADE))


def own(page: HtmlElement, number: int = 1) -> HtmlElement:
    """What is shown of the structure of that volume."""
    return page.get_element_by_id(f"t-{number}")


class TestPages:
    def test_how_many_are_given_proposed_unsure_and_confirmed(self) -> None:
        said = "zatím bez návrhu : 1 · ? navrženo, nejisté : 1 · navrženo : 1 · potvrzeno : 1"
        assert said in shown(own(proposed_page()), "cs")
        card, other = proposed_page().xpath("//article")
        assert said in shown(card, "cs")
        assert card.xpath(".//a/@href") == ["#t-1"]
        assert "dáno : 1" in shown(other, "cs")

    def test_what_is_unsure_comes_first_opened_with_its_reasons(self) -> None:
        first, *_ = own(proposed_page()).xpath("./details")
        assert first.get("open") is not None
        (row,) = first.xpath(".//tbody/tr")
        assert shown(row, "cs") == (
            "0002 6 ? 42 % , přečteno běžná strana 95 % , nic nenasvědčuje jinému druhu "
            "levá 85 % , podle sudého či lichého čísla ? navrženo, nejisté"
        )
        assert "? 42% , read" in shown(row, "en")

    def test_all_pages_are_folded_and_the_unsure_one_is_marked_by_a_word(self) -> None:
        *_, last = own(proposed_page()).xpath("./details")
        assert last.get("open") is None
        assert "All pages (4)" in shown(last, "en")
        assert last.xpath(".//tbody/tr/th/text()") == ["0001", "0002", "0003", "0004"]
        sources = [shown(cell, "cs") for cell in last.xpath(".//tbody/tr/td[last()]")]
        assert sources == ["navrženo", "? navrženo, nejisté", "potvrzeno", "zatím bez návrhu"]
        assert shown(last.xpath(".//tbody/tr")[2], "cs") == "0003 7 mapa – potvrzeno"

    def test_where_all_are_unsure_they_are_listed_once(self, tmp_path: Path) -> None:
        book = book_of(2)
        write_plan(tmp_path, book)
        write_proposal(tmp_path, book, Proposal((guessed(1, "1", sure=0.1), guessed(2, "2", sure=0.1))))
        assert len(own(report_of(tmp_path)).xpath(".//tbody/tr")) == 2

    def test_volumes_with_nothing_to_look_at_are_counted(self) -> None:
        assert len(proposed_page().xpath("//section[@class='shape']")) == 1
        assert "nothing to confirm: 1" in shown(proposed_page(), "en")

    def test_long_lists_of_unsure_pages_are_folded(self, tmp_path: Path) -> None:
        book = book_of(27)
        write_plan(tmp_path, book)
        write_proposal(tmp_path, book, Proposal(tuple(guessed(n, str(n), sure=0.1) for n in range(1, 27))))
        first, *_ = own(report_of(tmp_path)).xpath("./details")
        assert (first.get("open"), len(first.xpath(".//tbody/tr"))) == (None, 26)

    def test_no_more_pages_are_listed_than_a_report_bears(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(proposals_shown, "MOST_ROWS", 3)
        proposed_batch(tmp_path)
        (one,), _ = structures(standing(tmp_path))
        assert ([row.number for row in one.unsure], one.rows, one.left_out) == (["0002"], (), 4)
        assert "všechny jsou v tabulce report.csv" in shown(own(report_of(tmp_path)), "cs")

    def test_a_thousand_pages_are_a_report_that_opens(self, tmp_path: Path) -> None:
        book = book_of(1000)
        write_plan(tmp_path, book)
        write_proposal(tmp_path, book, Proposal(tuple(guessed(n, str(n), sure=n % 2) for n in range(1, 1001))))
        text = as_html(standing(tmp_path), MADE)
        assert len(text) < 2_000_000
        assert text.count("<tr") == 1 + 500 + 1 + 1000


class TestContents:
    def test_the_tree_stands_as_a_tree_with_printed_pages(self) -> None:
        (tree,) = own(proposed_page()).xpath(".//ol[@class='tree']")
        first, second = tree.xpath("./li")
        assert shown(first.xpath("./span")[0], "cs") == "Úvod kapitola , navrženo s. 5–6"
        assert [shown(each, "en") for each in first.xpath("./ol/li")] == ["Kouzlo chapter , proposed p. 6"]
        assert shown(second, "cs") == "II Konec kapitola , navrženo s. 7–?"

    def test_titles_without_a_page_are_named(self) -> None:
        items = own(proposed_page()).xpath(".//ul[@class='unplaced']/li")
        assert [shown(item, "cs") for item in items] == ["Doslov", HOSTILE]

    @given(TREES)
    @settings(max_examples=30, deadline=None)
    def test_whatever_the_tree_its_lists_close(self, divisions: tuple[Division, ...]) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            book = book_of(1)
            write_plan(folder, book)
            write_proposal(folder, book, Proposal((), divisions))
            (one,), _ = structures(standing(folder))
        depth, seen = 0, []
        for line in one.divisions:
            seen.append(depth)
            depth += line.opens - line.closes
        assert depth == 0
        assert len(seen) == len(every(divisions))
        assert all(level >= 0 for level in seen)

    def test_a_tree_too_deep_or_too_long_is_cut(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(proposals_shown, "MOST_DIVISIONS", 12)
        deep = chapter("0", 1, 1)
        for level in range(1, 20):
            deep = chapter(str(level), 1, 1, deep)
        book = book_of(1)
        write_plan(tmp_path, book)
        write_proposal(tmp_path, book, Proposal((), (deep,)))
        page = report_of(tmp_path)
        assert len(page.xpath("//ol[@class='tree']//li")) == 12
        assert len(page.xpath("//ol[@class='tree']//ol")) == 7
        assert "a dalších 8" in shown(own(page), "cs")
        assert "20" in shown(own(page).xpath(".//dl/dd")[1], "cs")

    def test_lines_say_where_lists_open_and_close(self, tmp_path: Path) -> None:
        proposed_batch(tmp_path)
        (one,), _ = structures(standing(tmp_path))
        assert one.divisions[1] == Line("chapter", "Kouzlo", "6", proposed=True, opens=False, closes=1)
        assert one.proposed_divisions == 3


class TestIssues:
    def masthead(self, folder: Path, one: PlannedVolume) -> str:
        """What is shown of an issue whose masthead says number 37 and a date."""
        write_plan(folder, one)
        write_proposal(
            folder, one, Proposal((guessed(1, "1"),), (), Masthead("37", "XII", "1929-09-14", "Listy", 0.91))
        )
        return shown(own(report_of(folder)).xpath("./dl")[0], "cs")

    def test_number_and_date_are_proposed_by_the_masthead(self, tmp_path: Path) -> None:
        said = self.masthead(tmp_path, issue("listy"))
        assert "Číslo periodika 37 navrženo přečteno v záhlaví, jistota 91 %" in said
        assert "Datum vydání 1929-09-14 navrženo" in said

    def test_what_is_given_stands_and_a_masthead_that_differs_is_told(self, tmp_path: Path) -> None:
        said = self.masthead(tmp_path, issue("listy", number="38"))
        assert "Číslo periodika 38 dáno v záhlaví je ale přečteno 37 (jistota 91 %)" in said

    def test_a_book_has_no_masthead(self, tmp_path: Path) -> None:
        assert "vydání" not in self.masthead(tmp_path, book_of(1))


class TestCommands:
    def commands(self, folder: Path) -> dict[str, str]:
        (one,), _ = structures(standing(folder))
        return one.commands

    def test_they_stand_as_they_are_typed(self, tmp_path: Path) -> None:
        book = proposed_batch(tmp_path / "davka-1")
        shown_ones = [str(code.text) for code in own(report_of(tmp_path / "davka-1")).xpath(".//code")]
        pages, structure = f"kdr volume pages {book.volume.id}", f"kdr volume structure {book.volume.id}"
        assert shown_ones == [
            f"{pages} --confirm",
            f"{pages} --edit",
            f"{structure} --confirm",
            f"{structure} --edit",
            "kdr batch resume davka-1",
        ]

    def test_nothing_is_confirmed_where_nothing_is_proposed(self, tmp_path: Path) -> None:
        book = book_of(1)
        write_plan(tmp_path, book)
        assert list(self.commands(tmp_path)) == ["edit_pages", "edit_structure"]

    def test_a_package_without_the_last_corrections_is_told(self, tmp_path: Path) -> None:
        proposed_batch(tmp_path)
        assert "opravy čekají" in shown(own(report_of(tmp_path)), "cs")


class TestPage:
    def test_identifiers_are_unique_and_headings_go_down_step_by_step(self) -> None:
        names = proposed_page().xpath("//@id")
        assert len(names) == len(set(names))
        assert set(proposed_page().xpath("//@aria-labelledby")) <= set(names)
        assert {link[1:] for link in proposed_page().xpath("//a/@href")} <= set(names)

    def test_every_czech_text_has_its_english_one(self) -> None:
        body = proposed_page().get_element_by_id("t-1")
        czech, english = body.xpath(".//*[@lang='cs']"), body.xpath(".//*[@lang='en']")
        assert len(czech) == len(english) > 40
        assert [each.getparent() for each in czech] == [each.getparent() for each in english]

    def test_a_script_in_a_title_is_text(self) -> None:
        assert proposed_page().xpath("//script") == []

    @given(label=st.text(max_size=8), confidence=st.floats(), why=st.sampled_from(Why))
    @settings(max_examples=40, deadline=None)
    def test_no_proposal_stops_the_report(self, label: str, confidence: float, why: Why) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            book = book_of(1)
            write_plan(folder, book)
            one = replace(guessed(1, "1"), label=Guess(label, confidence, why))
            write_proposal(folder, book, Proposal((one, one), (chapter(label, 7, -3),), unplaced=(label,)))
            page = report_of(folder)
            (known,), _ = structures(standing(folder))
        assert known.counts == {Known.PROPOSED if 0.8 <= confidence <= 1 else Known.UNSURE: 1}
        assert len(page.xpath("//section[@class='shape']")) == 1


class TestWords:
    @pytest.mark.parametrize("why", Why)
    def test_every_reason_has_words(self, why: Why) -> None:
        assert set(wording("workflows", "report.toml").sentences[f"why_{why}"]) == {"cs", "en"}

    @pytest.mark.parametrize("known", Known)
    def test_every_way_of_knowing_has_words(self, known: Known) -> None:
        ours, of_volumes = (wording("workflows", name).sentences for name in ("report.toml", "volume.toml"))
        assert {f"source_{known}" in ours, f"source.{known}" in of_volumes} == {True, False}

    def test_every_page_type_of_the_standard_has_a_name_and_no_other(self) -> None:
        names = wording("metadata", "page_types.toml").sentences
        assert set(names) == set().union(*map(page_types, VolumeKind))
        assert all(set(said) == {"cs", "en"} and re.fullmatch(r"[^{}]+", said["cs"]) for said in names.values())
