"""What people corrected: it holds before all else, is never overwritten, can be taken back, survives new plans."""

from __future__ import annotations

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
from ocr.proposal import Guess, Proposal, Proposed, Why
from tests.page_records import LIBRARY, VOLUME, hostile_text, page
from workflows.corrections import FOLDER, CorrectedPage, Correction, Corrections, Outline, Part, current, outline_of

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
