"""What is noticed about a book as a whole, from what its finished pages left on disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from ingest.delivery import PlannedVolume
from ingest.page_print import fingerprint
from metadata.alto import to_alto
from metadata.description import VolumeKind
from metadata.file import FileRef, describe
from metadata.finding import Finding
from metadata.geometry import Box
from metadata.model import Page, Provenance, Source, Volume, new_page_id, new_volume_id
from metadata.record import from_json, to_pretty_json
from metadata.text import PageText, Word
from tests.homes import delivery, make_home, run, stored_version
from tests.page_records import CREATED, description, page_record
from tests.page_texts import MODEST, page_of, page_texts
from tests.pictures import noise
from workflows.book import judged_book, running
from workflows.closing import PAGE
from workflows.step import RECORD, Record, Status

ALPHABET = "abcdefghijklmnoprstu"
DPI = 300


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page as its steps left it: `content` says what is on it, two of the same are scans of one page."""

    content: int
    width: int = 2000
    height: int = 3000
    measures: dict[str, float] = field(default_factory=dict)
    paper: tuple[float, float, float] = (230.0, 225.0, 215.0)
    folio: str = ""
    label: str = ""
    blank: bool = False


def text_of(leaf: Leaf) -> PageText:
    """Forty words that no other content has, and the folio in the middle of the foot; of two, the second above it."""
    chosen = [ALPHABET[leaf.content] * 4 + one + other for one in ALPHABET[:8] for other in ALPHABET[:5]]
    page = page_of("\n".join(" ".join(chosen[at : at + 8]) for at in range(0, 40, 8)))
    if not leaf.folio:
        return page
    block = page.blocks[-1]
    boxes = [Box(990, 2900 - 200 * at, 40, 30) for at in range(len(leaf.folio.split()))]
    feet = [
        replace(block, box=box, lines=(replace(block.lines[0], box=box, words=(Word(folio, box, 0.99),)),))
        for folio, box in zip(leaf.folio.split(), boxes, strict=True)
    ]
    return replace(page, blocks=(*page.blocks, *feet))


def step_record(place: Path, step: str, facts: dict[str, Any]) -> None:
    """Leave what a step leaves."""
    (place / step).mkdir(parents=True)
    record = Record(step, Status.GOOD, "", "", {}, (), (), (), facts, CREATED, 0.1)
    (place / step / RECORD).write_bytes(to_pretty_json(record))


def finished(place: Path, page: Page, volume: Volume, leaf: Leaf) -> None:
    """Leave what a finished page leaves, but for its images."""
    record = page_record(page, volume.id)
    image = replace(record.master_image, width=leaf.width, height=leaf.height, x_dpi=float(DPI))
    measures = [{"name": name, "value": value, "unit": "mm", "limit": 9} for name, value in leaf.measures.items()]
    step_record(place, "examine", {"measures": measures})
    print_ = fingerprint(noise(300, 200, seed=leaf.content))
    step_record(place, "straighten", {"print": print_, "paper": list(leaf.paper)})
    alto = place / "read" / record.alto.path
    alto.parent.mkdir()
    text = page_of() if leaf.blank else text_of(leaf)
    alto.write_bytes(to_alto(text, image_name="mc.jp2", when=CREATED, order=page.order))
    (place / "page").mkdir()
    made = replace(record, master_image=image, blank=leaf.blank, alto=describe(alto, alto.parent))
    (place / "page" / PAGE).write_bytes(to_pretty_json(made))


def noticed(
    folder: Path, *leaves: Leaf, kind: VolumeKind = VolumeKind.MONOGRAPH, extent: str = "", pages: int = 0
) -> tuple[Finding, ...]:
    """What is said of a volume of these pages."""
    own = new_volume_id("kniha")
    held = tuple(
        Page(
            new_page_id(own, f"{n}"), n, f"{n:04d}.tif", label=leaf.label or f"[{n}]",
            source=Source.GIVEN if leaf.label else Source.PROPOSED,
        )
        for n, leaf in enumerate(leaves, start=1)
    )  # fmt: skip
    volume = Volume(own, "kniha", replace(description(), kind=kind, extent=extent), held)
    places = [folder / page.number for page in held]
    for page, place, leaf in zip(held, places, leaves, strict=True):
        finished(place, page, volume, leaf)
    scans = {page.scan: FileRef(page.scan, 1, "") for page in held}
    return judged_book(PlannedVolume(volume, scans, 0, (), (), expected=pages), volume, places)


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(found.code, found.subject) for found in findings]


def good(count: int, measures: dict[str, float] | None = None) -> list[Leaf]:
    """Different pages of one size."""
    return [Leaf(content, measures=measures or {}) for content in range(count)]


class TestAGoodBook:
    def test_of_a_good_book_nothing_is_said(self, tmp_path: Path) -> None:
        measures = {"edge width": 0.2, "letter height": 1.8}
        leaves = [replace(leaf, folio=str(at + 7)) for at, leaf in enumerate(good(8, measures=measures))]
        assert noticed(tmp_path, *leaves, extent="8 s. ; 21 cm", pages=8) == ()

    def test_nor_of_two_blank_pages_that_look_alike(self, tmp_path: Path) -> None:
        leaves = good(4)
        leaves[1:3] = [Leaf(9, blank=True)] * 2
        assert noticed(tmp_path, *leaves) == ()


class TestPages:
    def test_a_page_scanned_twice_is_named_with_its_twin(self, tmp_path: Path) -> None:
        (found,) = noticed(tmp_path, Leaf(1), Leaf(2), Leaf(2), Leaf(3))
        assert (found.code, found.subject) == ("V021", "kniha/0003.tif")
        assert found.facts["keep_path"] == "kniha/0002.tif"
        assert "0002.tif" in found.text()

    def test_of_two_scans_the_less_sharp_one_goes(self, tmp_path: Path) -> None:
        blurred, sharp = Leaf(2, measures={"edge width": 0.5}), Leaf(2, measures={"edge width": 0.2})
        assert codes(noticed(tmp_path, Leaf(1), blurred, sharp)) == [("V021", "kniha/0002.tif")]

    def test_a_page_missing_by_the_numbers_read_at_its_foot(self, tmp_path: Path) -> None:
        numbers = (5, 6, 7, 8, 11, 12, 13, 14)
        (found,) = noticed(tmp_path, *(Leaf(at, folio=str(number)) for at, number in enumerate(numbers)))
        assert (found.code, found.facts["first"], found.facts["last"]) == ("V020", "9", "10")

    def test_one_number_read_far_from_its_neighbours_is_no_gap(self, tmp_path: Path) -> None:
        numbers = (5, 6, 7, 8, 9, 10, 11, 21)
        assert noticed(tmp_path, *(Leaf(at, folio=str(number)) for at, number in enumerate(numbers))) == ()

    def test_of_two_numbers_on_a_page_the_one_that_goes_with_its_neighbours_counts(self, tmp_path: Path) -> None:
        numbers = ("5", "6", "7", "8", "40 11", "41 12", "13", "14")
        (found,) = noticed(tmp_path, *(Leaf(at, folio=number) for at, number in enumerate(numbers)))
        assert (found.code, found.facts["after"], found.facts["last"]) == ("V020", 5, "10")

    def test_numbers_that_the_delivery_gives_are_believed_before_those_that_were_read(self, tmp_path: Path) -> None:
        numbers = (5, 6, 7, 8, 11, 12, 13, 14)
        leaves = [Leaf(at, folio=str(number), label=str(at + 1)) for at, number in enumerate(numbers)]
        assert noticed(tmp_path, *leaves) == ()

    def test_a_page_of_another_size(self, tmp_path: Path) -> None:
        leaves = good(6)
        leaves[3] = replace(leaves[3], width=4000)
        (found,) = noticed(tmp_path, *leaves)
        assert (found.code, found.subject) == ("V024", "kniha/0004.tif")
        assert (found.facts["width"], found.facts["usual_width"]) == (339, 169)

    def test_a_page_less_sharp_than_those_before(self, tmp_path: Path) -> None:
        leaves = good(7, measures={"edge width": 0.2, "letter height": 1.8})
        leaves[4] = replace(leaves[4], measures={"edge width": 0.6, "letter height": 1.8})
        assert codes(noticed(tmp_path, *leaves)) == [("V026", "kniha/0005.tif")]

    def test_paper_of_another_colour(self, tmp_path: Path) -> None:
        leaves = good(10)
        leaves[5] = replace(leaves[5], paper=(150.0, 180.0, 215.0))
        assert codes(noticed(tmp_path, *leaves)) == [("V025", "kniha/0006.tif")]


class TestRunningText:
    """How a page begins and ends, as far as its text says it."""

    BODY = "jedna dvě tři čtyři\npět šest sedm osm\ndevět deset jedenáct dvanáct"

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            (BODY, ("small", "open")),
            (BODY.capitalize() + ".", ("large", "closed")),
            ("„Jedna" + BODY.removeprefix("jedna") + "!“", ("large", "closed")),
            (BODY.replace("dvanáct", "dva-"), ("small", "broken")),
            ("12 Karel Čapek 1934\n" + BODY, ("small", "open")),
            ("KAPITOLA DRUHÁ\n" + BODY + "\n12", ("small", "open")),
            ("jedna dvě tři čtyři\nKonec", ("", "")),
            ("", ("", "")),
        ],
        ids=["runs on", "whole", "quoted", "broken", "running head", "heading and folio", "short", "nothing"],
    )
    def test_of_a_page(self, text: str, wanted: tuple[str, str]) -> None:
        assert running(page_of(*([text] if text else []))) == wanted

    def test_a_word_read_badly_says_nothing(self) -> None:
        assert running(page_of(self.BODY, confidence=0.3)) == ("", "")

    @MODEST
    @given(page_texts())
    def test_no_page_is_too_strange(self, text: PageText) -> None:
        begins, ends = running(text)
        assert begins in ("", "small", "large")
        assert ends in ("", "broken", "open", "closed")


class TestCount:
    def test_a_delivery_note_is_taken_at_its_word(self, tmp_path: Path) -> None:
        (found,) = noticed(tmp_path, *good(6), pages=7)
        assert (found.code, found.subject) == ("V027", "kniha")
        assert (found.facts["scanned"], found.facts["expected"], found.facts["difference"]) == (6, 7, -1)

    def test_an_extent_in_the_record_counts_no_covers(self, tmp_path: Path) -> None:
        assert noticed(tmp_path, *good(6), extent="4 s. ; 20 cm") == ()

    def test_but_a_whole_quire_that_is_missing_shows(self, tmp_path: Path) -> None:
        assert codes(noticed(tmp_path, *good(4), extent="20 s. : il. ; 20 cm")) == [("V027", "kniha")]

    def test_the_note_counts_before_the_record(self, tmp_path: Path) -> None:
        assert noticed(tmp_path, *good(4), extent="20 s. ; 20 cm", pages=4) == ()


class TestSheets:
    """Maps and photographs: no two are of one size, and no numbers run through them."""

    @pytest.mark.parametrize("kind", [VolumeKind.MAP, VolumeKind.GRAPHIC])
    def test_they_may_differ_in_everything(self, tmp_path: Path, kind: VolumeKind) -> None:
        leaves = [
            Leaf(at, width=2000 + 900 * (at % 3), paper=(200.0 - 20 * at, 200.0, 180.0), folio=str(90 - 7 * at))
            for at in range(8)
        ]
        assert noticed(tmp_path, *leaves, kind=kind) == ()

    def test_but_one_scanned_twice_is_told(self, tmp_path: Path) -> None:
        assert [code for code, _ in codes(noticed(tmp_path, Leaf(1), Leaf(1), kind=VolumeKind.GRAPHIC))] == ["V021"]


class TestThroughTheWholeWay:
    def test_it_is_told_and_kept_with_the_book(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home")
        given = delivery(tmp_path / "dodavka", {"kniha": [1, 2]})
        shutil.copy(given / "kniha" / "0002.tif", given / "kniha" / "0003.tif")
        (given / "kniha" / "volume.toml").write_text('title = "Kniha"\npages = 2\n', encoding="utf-8")
        ended = run(home, given)
        wanted = {("V021", "kniha/0003.tif"), ("V027", "kniha")}
        assert wanted <= set(codes(ended.volume("kniha").findings))
        whence = from_json(Provenance, (stored_version(home) / "data/provenance/volume.json").read_bytes())
        assert wanted <= set(codes(whence.findings))
        report = (ended.folder / "report.html").read_text(encoding="utf-8")
        assert "V027" in report
        assert "naskenováno 3 stran" in report
