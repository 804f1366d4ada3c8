"""A page looked over: every seeded fault is told by its code, a good page by none, and each finding can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from string import Formatter

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import look
from ingest.image import Pixels
from ingest.look import Fault, Looked, look_over
from ingest.material import Material, usual
from ingest.type_size import PhysicalSize
from metadata.finding import codes, finding
from tests.pictures import noise, slopes
from tests.quality_pages import DPI, paper, typed_page, unasked, unsure


def looked(pixels: Pixels, material: Material = Material.BOOK, dpi: float = DPI) -> Looked:
    """The page looked over, without Tesseract."""
    return look_over(np.ascontiguousarray(pixels), dpi, material, detect=unsure)


def told(pixels: Pixels, material: Material = Material.BOOK, dpi: float = DPI) -> set[str]:
    """The codes for a page."""
    return {fault.code for fault in looked(pixels, material, dpi).faults}


def blurred(page: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(page, (0, 0), 3.0), np.uint8)


def saved(page: Pixels) -> Pixels:
    _, stored = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 10])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_UNCHANGED), np.uint8)


SPOILED: dict[str, tuple[Callable[[Pixels], Pixels], str]] = {
    "blur": (blurred, "P060"),
    "motion": (lambda page: np.asarray(cv2.blur(page, (9, 1)), np.uint8), "P062"),
    "dark": (lambda page: (page * 0.4).astype(np.uint8), "P063"),
    "burnt": (lambda page: (page * 1.6 + 40).clip(0, 255).astype(np.uint8), "P064"),
    "uneven": (lambda page: (page * np.linspace(1.0, 0.4, 1240)).astype(np.uint8), "P065"),
    "cut": (lambda page: page[:, 200:], "P066"),
    "page cut": (lambda page: np.pad(page, ((60, 0), (60, 60)), constant_values=12), "P067"),
    "JPEG": (saved, "P069"),
    "upside down": (lambda page: page[::-1, ::-1], "P073"),
    "turned": (np.rot90, "P073"),
    "mirrored": (lambda page: page[:, ::-1], "P074"),
}


class TestFaults:
    @pytest.mark.parametrize("name", SPOILED)
    def test_every_fault_is_told(self, name: str) -> None:
        spoil, code = SPOILED[name]
        assert code in told(spoil(typed_page()))

    @pytest.mark.parametrize("colour", [False, True])
    def test_a_good_page_is_blamed_for_nothing_and_costs_no_tesseract(self, colour: bool) -> None:
        page = np.repeat(typed_page()[:, :, None], 3, axis=2) if colour else typed_page()
        seen = look_over(page, DPI, detect=unasked)
        assert seen.faults == ()
        assert not seen.blank
        assert all(measure.good for measure in seen.measures)

    def test_a_wrong_resolution_makes_letters_of_an_impossible_size(self) -> None:
        assert "P076" in told(typed_page(), dpi=3 * DPI)
        assert "P076" in told(typed_page(), dpi=DPI / 3)

    @pytest.mark.parametrize(
        ("short", "letter", "believed"),
        [(70.0, 1.4, True), (70.0, 1.0, False), (120.0, 1.0, True), (300.0, 3.0, True), (300.0, 5.0, False)],
    )
    def test_small_pages_have_no_tiny_and_folios_no_huge_type(
        self, monkeypatch: pytest.MonkeyPatch, short: float, letter: float, believed: bool
    ) -> None:
        monkeypatch.setattr(look, "physical_size", lambda _: PhysicalSize(short, 1.4 * short, letter))
        assert ("P076" in told(typed_page())) is not believed

    def test_script_detection_makes_sure(self) -> None:
        page = np.ascontiguousarray(typed_page()[:, ::-1])
        gone: list[float] = []
        seen = look_over(page, DPI, detect=lambda _pixels, _dpi: gone.append(1.0))
        assert {fault.code for fault in seen.faults} == {"P074"}
        assert len(gone) == 2


class TestBlank:
    def test_paper_is_blank_and_nothing_else_is_said(self) -> None:
        assert looked(paper()).blank
        assert told(paper()) == set()

    def test_faint_writing_is_not_blank(self) -> None:
        faint = np.minimum(paper(), (typed_page() * 0.12 + 195).astype(np.uint8))
        seen = looked(faint)
        assert not seen.blank


class TestMaterial:
    @pytest.mark.parametrize("name", ["cut", "upside down", "mirrored", "uneven"])
    def test_what_is_asked_of_text_is_not_asked_of_a_photograph(self, name: str) -> None:
        spoil, code = SPOILED[name]
        assert code not in told(spoil(typed_page()), Material.PHOTOGRAPH)

    @pytest.mark.parametrize("material", Material)
    def test_a_picture_without_text_has_no_text_to_blame(self, material: Material) -> None:
        assert told(slopes(1200, 900), material) <= {"P065"}

    def test_a_manuscript_is_not_asked_which_way_up_it_is(self) -> None:
        assert told(typed_page()[::-1, ::-1], Material.MANUSCRIPT) == set()

    def test_limits_may_be_set(self) -> None:
        strict = replace(usual(Material.BOOK), least_paper=240.0)
        assert "P063" in {fault.code for fault in look_over(typed_page(), DPI, Material.BOOK, strict).faults}

    def test_the_limits_stand_beside_what_was_measured(self) -> None:
        seen = {measure.name: measure for measure in looked(blurred(typed_page())).measures}
        assert seen["edge width"].limit == usual(Material.BOOK).edge_mm
        assert seen["edge width"].value > seen["edge width"].limit
        assert not seen["edge width"].good


class TestAnything:
    @given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(Material), st.sampled_from([0.0, 72.0, 600.0]))
    @settings(max_examples=25)
    def test_a_picture_of_any_size_can_be_looked_over(
        self, height: int, width: int, material: Material, dpi: float
    ) -> None:
        seen = looked(noise(height, width, 3), material, dpi)
        assert len({measure.name for measure in seen.measures}) == len(seen.measures)

    @pytest.mark.skipif("P060" not in codes(), reason="P060-P077 are not in findings.toml yet")
    @pytest.mark.parametrize("name", SPOILED)
    def test_what_is_told_can_be_read_in_both_languages(self, name: str) -> None:
        for found in looked(SPOILED[name][0](typed_page())).findings("0001.tif"):
            for sentence in (found.text(), found.advice()):
                assert "0001.tif" in sentence or sentence == found.advice()
                assert not [field for _, field, _, _ in Formatter().parse(sentence) if field]

    def test_a_code_nobody_knows_is_no_finding(self) -> None:
        with pytest.raises(ValueError, match="X999"):
            Looked((), (Fault("X999"),), blank=False).findings("0001.tif")
        assert finding("P014", "0001.tif", ink=0.0).text()
