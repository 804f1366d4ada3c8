"""What people corrected: it holds before all else, is never overwritten, can be taken back, survives new plans."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.description import Description, Rights, VolumeKind
from metadata.model import BlockLink, Division, DivisionKind, Page, Side, Source, Title, Volume, Year, new_title_id
from metadata.problem import Problem
from metadata.record import from_json, to_json
from ocr.proposal import Guess, Masthead, Proposal, Proposed, Why
from tests.page_records import LIBRARY, VOLUME, hostile_text, page
from workflows.corrections import (
    FOLDER,
    CorrectedPage,
    Correction,
    Corrections,
    Head,
    Outline,
    Part,
    Told,
    current,
    head_of,
    headed,
    outline_of,
    year_above,
)

KAREL = "karel"


def volume(pages: int = 4, source: Source = Source.PROPOSED) -> Volume:
    """A book whose pages nobody described: "[1]", "[2]" ..."""
    made = tuple(replace(page(order, f"[{order}]"), source=source) for order in range(1, pages + 1))
    return Volume(VOLUME, "svazek", Description("Kniha", LIBRARY), made)


def chapter(first: int, last: int, title: str = "", children: tuple[Division, ...] = ()) -> Division:
    own = f"00000000-0000-4000-8000-{first:06d}{last:06d}"
    return Division(own, DivisionKind.CHAPTER, first, last, title, children=children)


def proposal(pages: int = 4, kind: str = "titlePage") -> Proposal:
    def guesses(order: int) -> Proposed:
        side = Side.RIGHT if order % 2 else Side.LEFT
        label, type_ = Guess(f"{order + 4}", 0.9, Why.READ), Guess(kind, 0.5, Why.ORDER)
        return Proposed(order, label, Guess(side, 0.9, Why.PARITY), type_)

    return Proposal(
        tuple(guesses(order) for order in range(1, pages + 1)), (replace(chapter(1, 2), source=Source.PROPOSED),)
    )


def issue(number: str = "", date: str = "", year: Year | None = None) -> Volume:
    """A newspaper's issue with what is given of it."""
    about = Description("Noviny", LIBRARY, VolumeKind.ISSUE, part_number=number, year=date)
    title = Title(new_title_id("a"), Description("Noviny", LIBRARY, VolumeKind.ISSUE))
    return replace(volume(), description=about, title=title, year=year or Year(new_title_id("b")))


def headline(number: str = "37", date: str = "1919-05-14", confidence: float = 0.9, year: str = "XII") -> Proposal:
    """What a masthead says."""
    return Proposal((), masthead=Masthead(number, year, date, "Noviny", confidence))


def labels(known: Volume) -> list[str]:
    return [each.label for each in known.pages]


def named(known: Volume, label: str, *orders: int) -> list[Page]:
    """Pages of the volume as somebody would have them."""
    return [replace(each, label=label) for each in known.pages if each.order in orders]


class TestTheVolumeAsItStands:
    def test_a_proposal_fills_what_is_not_given(self, tmp_path: Path) -> None:
        known = current(volume(), proposal(), Corrections(tmp_path))
        assert labels(known) == ["5", "6", "7", "8"]
        assert {(each.type, each.source) for each in known.pages} == {("titlePage", Source.PROPOSED)}
        assert known.pages[0].side is Side.RIGHT
        assert known.divisions == proposal().divisions

    def test_what_is_given_stands(self, tmp_path: Path) -> None:
        given_volume = replace(volume(source=Source.GIVEN), divisions=(chapter(3, 4),))
        assert current(given_volume, proposal(), Corrections(tmp_path)) == given_volume

    def test_corrections_stand_before_both(self, tmp_path: Path) -> None:
        mixed = replace(volume(), pages=(*volume(source=Source.GIVEN).pages[:2], *volume().pages[2:]))
        said = Corrections(tmp_path).add(KAREL, named(mixed, "x", 1, 3))
        known = current(mixed, proposal(), said)
        assert labels(known) == ["x", "[2]", "x", "8"]
        assert [each.source for each in known.pages] == [
            Source.CONFIRMED, Source.GIVEN, Source.CONFIRMED, Source.PROPOSED,
        ]  # fmt: skip

    def test_without_any_of_them_it_is_as_planned(self, tmp_path: Path) -> None:
        assert current(volume(), None, Corrections.read(tmp_path / "neni")) == volume()

    def test_a_type_that_the_kind_does_not_have_is_not_taken_from_a_proposal(self, tmp_path: Path) -> None:
        about = Description("Noviny", LIBRARY, VolumeKind.ISSUE)
        title = Title(new_title_id("a"), Description("Noviny", LIBRARY, VolumeKind.ISSUE))
        issue = replace(volume(), description=about, title=title, year=Year(new_title_id("b")))
        known = current(issue, proposal(kind="frontispiece"), Corrections(tmp_path))
        assert [each.type for each in known.pages] == ["normalPage"] * 4

    def test_a_proposal_for_other_pages_than_there_are(self, tmp_path: Path) -> None:
        assert labels(current(volume(2), proposal(1), Corrections(tmp_path))) == ["5", "[2]"]


class TestWrittenDown:
    def test_reads_back_what_was_said(self, tmp_path: Path) -> None:
        known = replace(volume(), divisions=(chapter(1, 4, "Celé", (chapter(2, 3, "Část"),)),))
        pages = [replace(known.pages[0], side=Side.LEFT, type="map", rights=Rights("pd"), label="ix")]
        written = Corrections(tmp_path).add(KAREL, pages).add("eva", outline=outline_of(known))
        assert Corrections.read(tmp_path) == written
        assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == ["0001.json", "0002.json"]
        assert [(record.number, record.who) for record in written.records] == [(1, KAREL), (2, "eva")]
        applied = written.apply(volume())
        assert applied.pages[0] == replace(pages[0], source=Source.CONFIRMED)
        assert [each.title for each in applied.divisions] == ["Celé"]
        assert applied.divisions[0].children[0].source is Source.CONFIRMED

    @settings(max_examples=30)
    @given(hostile_text(), hostile_text())
    def test_any_text_that_json_can_hold(self, label: str, who: str) -> None:
        label, who = (text.encode(errors="replace").decode() for text in (label, who))
        record = Correction(1, who, "2026-11-22", outline=Outline((), (chapter(1, 1, label),)))
        assert from_json(Correction, to_json(record)) == record

    def test_numbers_go_on_beyond_four_digits(self, tmp_path: Path) -> None:
        Corrections(tmp_path).add(KAREL, volume().pages)
        place = tmp_path / FOLDER
        (place / "0001.json").rename(place / "9999.json")
        Corrections.read(tmp_path).add(KAREL, named(volume(), "x", 1))
        assert [record.number for record in Corrections.read(tmp_path).records] == [9999, 10000]
        assert labels(Corrections.read(tmp_path).apply(volume()))[0] == "x"

    def test_of_two_at_once_the_second_is_refused(self, tmp_path: Path) -> None:
        mine = theirs = Corrections.read(tmp_path)
        mine.add(KAREL, named(volume(), "moje", 1))
        with pytest.raises(FileExistsError):
            theirs.add("eva", named(volume(), "jejich", 1))
        assert labels(Corrections.read(tmp_path).apply(volume()))[0] == "moje"
        assert len(list((tmp_path / FOLDER).iterdir())) == 1

    def test_a_kill_leaves_nothing_half_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def killed(source: Path, target: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "link", killed)
        with pytest.raises(KeyboardInterrupt):
            Corrections(tmp_path).add(KAREL, volume().pages)
        (tmp_path / FOLDER / ".7d1").write_text("{")
        assert Corrections.read(tmp_path).records == ()

    def test_a_damaged_file_is_told_and_not_passed_over(self, tmp_path: Path) -> None:
        Corrections(tmp_path / "svazek").add(KAREL, volume().pages)
        (tmp_path / "svazek" / FOLDER / "0001.json").write_text("{")
        with pytest.raises(Problem, match=r"corrections/0001\.json"):
            Corrections.read(tmp_path / "svazek")


class TestTakenBack:
    def test_the_last_one_of_that_part(self, tmp_path: Path) -> None:
        known = volume()
        said = Corrections(tmp_path).add(KAREL, named(known, "a", 1)).add(KAREL, named(known, "b", 1, 2))
        said = said.add(KAREL, outline=outline_of(replace(known, divisions=(chapter(1, 2),))))
        said = said.undo("eva", Part.PAGES)
        assert labels(said.apply(known)) == ["a", "[2]", "[3]", "[4]"]
        assert len(said.apply(known).divisions) == 1
        said = said.undo("eva", Part.PAGES).undo("eva", Part.STRUCTURE)
        assert said.apply(known) == known
        assert Corrections.read(tmp_path) == said
        assert len(said.records) == 6

    def test_when_there_is_nothing_left(self, tmp_path: Path) -> None:
        said = Corrections(tmp_path).add(KAREL, volume().pages)
        with pytest.raises(LookupError):
            said.undo(KAREL, Part.STRUCTURE)
        with pytest.raises(LookupError):
            said.undo(KAREL, Part.PAGES).undo(KAREL, Part.PAGES)

    @settings(max_examples=30)
    @given(st.lists(st.sampled_from(["a", "b", "c", "undo"]), max_size=8))
    def test_what_holds_is_the_last_that_was_not_taken_back(self, doings: list[str]) -> None:
        known, stack, records = volume(1), list[str](), list[Correction]()
        for number, doing in enumerate(doings, start=1):
            if doing == "undo" and not stack:
                break
            said = Corrections(Path(), tuple(records))
            last = said.standing[-1].number if stack else 0
            records.append(_record(number, known.pages[0], doing, last))
            stack = stack[:-1] if doing == "undo" else [*stack, doing]
        assert labels(Corrections(Path(), tuple(records)).apply(known)) == [stack[-1] if stack else "[1]"]


def _record(number: int, page: Page, doing: str, last: int) -> Correction:
    if doing == "undo":
        return Correction(number, KAREL, "2026-11-22", undoes=last)
    said = CorrectedPage(page.id, page.scan, page.frame, doing, page.type, page.side, page.rights)
    return Correction(number, KAREL, "2026-11-22", (said,))


class TestTheDigest:
    def test_is_empty_without_corrections_and_after_the_last_undo(self, tmp_path: Path) -> None:
        assert Corrections.read(tmp_path).digest == ""
        said = Corrections(tmp_path).add(KAREL, volume().pages)
        assert len(said.digest) == 128
        assert said.undo(KAREL, Part.PAGES).digest == ""

    def test_changes_with_what_holds_and_with_nothing_else(self, tmp_path: Path) -> None:
        one = Corrections(tmp_path / "a").add(KAREL, named(volume(), "x", 1)).add(KAREL, named(volume(), "y", 2))
        same = Corrections(tmp_path / "b").add("eva", named(volume(), "y", 2)).add("eva", named(volume(), "x", 1))
        other = one.add(KAREL, named(volume(), "z", 2))
        assert one.digest == same.digest
        assert one.digest != other.digest
        assert other.undo(KAREL, Part.PAGES).digest == one.digest

    def test_knows_an_empty_structure_from_none(self, tmp_path: Path) -> None:
        said = Corrections(tmp_path).add(KAREL, outline=Outline((), ()))
        assert said.digest
        assert said.apply(replace(volume(), divisions=(chapter(1, 2),))).divisions == ()


class TestANewPlan:
    """Pages are known by their identifier: what was said of them goes with them."""

    def shifted(self) -> Volume:
        """The volume with a new first page, and without what was its second."""
        old = volume().pages
        new = replace(page(9, "nová"), order=1, source=Source.PROPOSED)
        kept = (replace(each, order=order) for order, each in enumerate((old[0], *old[2:]), start=2))
        return replace(volume(), pages=(new, *kept))

    def test_pages_keep_their_corrections(self, tmp_path: Path) -> None:
        said = Corrections(tmp_path).add(KAREL, [replace(each, label=f"s{each.order}") for each in volume().pages])
        assert labels(said.apply(self.shifted())) == ["nová", "s1", "s3", "s4"]

    def test_pages_that_are_gone_are_named(self, tmp_path: Path) -> None:
        said = Corrections(tmp_path).add(KAREL, volume().pages)
        assert [gone.scan for gone in said.gone(self.shifted())] == ["002.tif"]
        assert said.gone(volume()) == ()

    def test_divisions_go_with_their_pages(self, tmp_path: Path) -> None:
        inner = replace(chapter(2, 3), blocks=(BlockLink(2, "b2"), BlockLink(3, "b3")))
        divided = replace(volume(), divisions=(chapter(1, 3, children=(inner, chapter(2, 2))), chapter(4, 4)))
        said = Corrections(tmp_path).add(KAREL, outline=outline_of(divided))
        outer, last = said.apply(self.shifted()).divisions
        assert (outer.first, outer.last, last.first, last.last) == (2, 3, 4, 4)
        (left,) = outer.children
        assert (left.first, left.last, left.blocks) == (3, 3, (BlockLink(3, "b3"),))

    def test_links_into_text_go_with_their_pages(self, tmp_path: Path) -> None:
        links = (BlockLink(1, "BLOCK_0001_0002", "TITLE"), BlockLink(3, "TB7"))
        divided = replace(volume(), divisions=(replace(chapter(1, 3), blocks=links),))
        said = Corrections(tmp_path).add(KAREL, outline=outline_of(divided))
        (moved,) = said.apply(self.shifted()).divisions
        assert moved.blocks == (BlockLink(2, "BLOCK_0002_0002", "TITLE"), BlockLink(3, "TB7"))
        assert said.apply(volume()).divisions[0].blocks == links


class TestAnIssuesNumberAndDate:
    @pytest.mark.parametrize(
        ("said", "given_text", "read", "stands"),
        [
            (None, "", "37", Told("37", Source.PROPOSED)),
            (None, "36", "37", Told("36", Source.GIVEN)),
            (None, "", "", Told("", Source.GIVEN)),
            ("38", "36", "37", Told("38", Source.CONFIRMED)),
            ("", "36", "37", Told("", Source.CONFIRMED)),
        ],
    )
    def test_corrected_before_given_before_proposed(
        self, tmp_path: Path, said: str | None, given_text: str, read: str, stands: Told
    ) -> None:
        corrections = Corrections(tmp_path).add(KAREL, outline=Outline((), (), said, said))
        head = head_of(issue(given_text, given_text), headline(read, read), corrections)
        assert head == Head(stands, stands)
        assert head.proposed == (2 if stands.source is Source.PROPOSED else 0)

    def test_each_for_itself(self, tmp_path: Path) -> None:
        said = Corrections(tmp_path).add(KAREL, outline=Outline((), (), number="38"))
        head = head_of(issue(), headline(), said)
        assert head == Head(Told("38", Source.CONFIRMED), Told("1919-05-14", Source.PROPOSED))
        about = headed(issue(), head).description
        assert (about.part_number, about.year) == ("38", "1919-05-14")

    def test_a_later_structure_that_does_not_say_them_leaves_them(self, tmp_path: Path) -> None:
        said = (
            Corrections(tmp_path).add(KAREL, outline=Outline((), (), "38", "1919")).add("eva", outline=Outline((), ()))
        )
        said = Corrections.read(tmp_path).add(KAREL, outline=Outline((), (), number="39"))
        assert (said.number, said.date) == ("39", "1919")
        assert (said.apply(issue("1", "2")).description.part_number, said.undo("eva", Part.STRUCTURE).number) == (
            "39", "38",
        )  # fmt: skip

    def test_stand_in_the_volume_when_corrected_and_not_when_only_read(self, tmp_path: Path) -> None:
        assert current(issue(), headline(), Corrections(tmp_path)).description.part_number == ""
        said = Corrections(tmp_path).add(KAREL, outline=Outline((), (), "38"))
        assert current(issue(), headline(), said).description.part_number == "38"

    def test_a_book_has_none(self, tmp_path: Path) -> None:
        said = Corrections(tmp_path).add(KAREL, outline=Outline((), (), "38", "1919"))
        assert head_of(volume(), headline(), said) is None
        assert said.apply(volume()).description == volume().description

    def test_of_nobody_read_anything(self, tmp_path: Path) -> None:
        unread = Head(Told("", Source.GIVEN), Told("", Source.GIVEN))
        assert head_of(issue(), Proposal(()), Corrections(tmp_path)) == unread
        assert head_of(issue(), None, Corrections(tmp_path)) == unread

    def test_corrections_from_before_are_read_and_keep_their_digest(self, tmp_path: Path) -> None:
        outline = {"order": list[str](), "divisions": list[object]()}
        (tmp_path / FOLDER).mkdir()
        written = {"number": 1, "who": KAREL, "when": "2026-11-20", "pages": [], "outline": outline, "undoes": 0}
        (tmp_path / FOLDER / "0001.json").write_text(json.dumps(written))
        said = Corrections.read(tmp_path)
        assert (said.outline, said.number, said.date) == (Outline((), ()), None, None)
        assert said.digest == hashlib.sha512(b'[[],{"divisions":[],"order":[]}]').hexdigest()
        assert said.add(KAREL, outline=Outline((), (), "38")).digest != said.digest


class TestTheYearAbove:
    own = new_title_id("rok")

    @pytest.mark.parametrize(
        ("given_year", "read", "stands"),
        [
            (("", "1919"), headline(), ("XII", "1919")),
            (("XII", ""), headline(), ("XII", "1919")),
            (("11", "1918"), headline(), ("11", "1918")),
            (("", "1918"), headline(), ("", "1918")),
            (("", "1919"), headline(date=""), ("XII", "1919")),
            (("", "1919"), headline(confidence=0.7), ("", "1919")),
            (("", ""), headline(), ("", "")),
        ],
    )
    def test_gets_what_is_missing_where_its_name_leaves_no_doubt(
        self, given_year: tuple[str, str], read: Proposal, stands: tuple[str, str]
    ) -> None:
        year = year_above(issue(year=Year(self.own, *given_year)), read.masthead)
        assert year == Year(self.own, *stands)

    def test_of_a_book_there_is_none(self) -> None:
        assert year_above(volume(), headline().masthead) is None
