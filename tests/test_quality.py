"""What is said of a page before work begins: its size, its resolution, whether it carries anything."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import image
from ingest.image import Pixels
from ingest.quality import BLANK_INK, LEAST_DPI, Declared, Resolution, ink, is_blank, judge_header, resolution
from tests.page_records import SCAN_IMAGE
from tests.pictures import noise, text_page

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
with (SAMPLES / "ground_truth" / "pages.csv").open(encoding="utf-8", newline="") as _lines:
    PAGES = list(csv.DictReader(_lines))
NOTHING = Declared()


def pixels(path: Path, frame: int = 0) -> Pixels:
    """The scan's pixels."""
    return image.decode(path, frame, image.look(path, frame)).pixels


def said(x: float, y: float, declared: Declared = NOTHING) -> list[str]:
    """The codes for a scan whose file says x and y pixels an inch."""
    facts = replace(SCAN_IMAGE, x_dpi=x, y_dpi=y)
    return [found.code for found in judge_header("0001.tif", facts, resolution(facts, declared), 100)]


class TestResolution:
    """ndk.md §4: at least 11732 pixels a metre; an operator's word stands above the file's."""

    @pytest.mark.parametrize(
        ("x", "y", "codes"),
        [
            (300, 300, []),
            (LEAST_DPI, LEAST_DPI, []),
            (600, 600, []),
            (297.9, 297.9, ["P012"]),
            (72, 72, ["P012"]),
            (0, 0, ["P010"]),
            (300, 0, ["P010"]),
            (300, 400, ["P013"]),
            (300, 302, []),
            (200, 300, ["P012", "P013"]),
        ],
    )
    def test_what_the_file_says_is_judged(self, x: float, y: float, codes: list[str]) -> None:
        assert said(x, y) == codes

    @pytest.mark.parametrize(
        ("declared", "codes"),
        [
            (Declared(exact=300), ["P011"]),
            (Declared(exact=200), ["P011", "P012"]),
            (Declared(assumed=300), ["P011"]),
            (Declared(exact=400, assumed=300), ["P011"]),
        ],
    )
    @pytest.mark.parametrize("x", [0, 72])
    def test_an_operator_speaks_for_a_file_that_cannot(self, x: float, declared: Declared, codes: list[str]) -> None:
        assert said(x, x, declared) == codes

    def test_what_is_only_assumed_does_not_overrule_a_good_figure(self) -> None:
        facts = replace(SCAN_IMAGE, x_dpi=400, y_dpi=400)
        assert resolution(facts, Declared(assumed=300)) == Resolution(400, 400, declared=False)
        assert resolution(facts, Declared(exact=300)) == Resolution(300, 300, declared=True)
        assert resolution(facts, Declared()) == Resolution(400, 400, declared=False)

    def test_the_declared_figure_and_the_files_own_are_told(self) -> None:
        facts = replace(SCAN_IMAGE, x_dpi=72, y_dpi=72)
        (found,) = judge_header("0001.tif", facts, resolution(facts, Declared(assumed=300)), 100)
        assert found.text() == "0001.tif: rozlišení 300 dpi určil operátor (v souboru: 72)."

    def test_too_many_pixels_are_all_that_is_said(self) -> None:
        facts = replace(SCAN_IMAGE, width=30_000, height=30_000, x_dpi=0)
        found = judge_header("0001.tif", facts, resolution(facts, Declared()), 400)
        assert [(each.code, each.facts["limit"]) for each in found] == [("P004", 400)]
        edge = replace(SCAN_IMAGE, width=20_000, height=20_000)
        assert judge_header("0001.tif", edge, resolution(edge, Declared()), 400) == ()

    @given(st.floats(0, 3000), st.floats(0, 3000), st.integers(0, 6000), st.integers(0, 6000))
    @settings(deadline=None)
    def test_every_finding_can_be_read_out(self, x: float, y: float, exact: int, assumed: int) -> None:
        facts = replace(SCAN_IMAGE, x_dpi=x, y_dpi=y)
        for found in judge_header("s", facts, resolution(facts, Declared(exact, assumed)), 100):
            assert found.text()
            assert "{" not in found.advice()


class TestInk:
    @pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row['volume'][:4]}-{row['order']}")
    def test_only_the_blank_page_of_the_delivery_is_blank(self, row: dict[str, str]) -> None:
        path = SAMPLES / "delivery" / row["volume"] / row["file"]
        amount = ink(pixels(path), image.look(path).x_dpi)
        assert is_blank(amount) == (row["blank"] == "yes")
        # Far from the threshold on either side: a little more noise changes no verdict.
        assert amount < BLANK_INK / 3 or amount > 30 * BLANK_INK

    def test_the_blank_page_among_bad_deliveries_is_blank(self) -> None:
        folder = SAMPLES / "bad" / "P014_blank_page" / "svazek"
        assert is_blank(ink(pixels(folder / "0002.jpg"), 300))
        assert not is_blank(ink(pixels(folder / "0001.tif"), 300))

    def test_a_single_line_is_ink(self) -> None:
        page = np.full((3508, 2480), 240, np.uint8)
        cv2.putText(page, "Konec dilu prvniho", (700, 1600), cv2.FONT_HERSHEY_COMPLEX, 2.0, 30, 4)
        assert not is_blank(ink(page, 300))

    def test_grain_dust_shadow_and_the_scanners_bed_are_none(self) -> None:
        rng = np.random.default_rng(4)
        page = (225 + rng.normal(0, 6, (3508, 2480))).clip(0, 255).astype(np.uint8)
        for x, y in zip(rng.integers(200, 2200, 40), rng.integers(200, 3200, 40), strict=True):
            page[y : y + 2, x : x + 2] = 60
        page = (page * np.linspace(1.0, 0.7, 2480)).astype(np.uint8)
        page[:, :40], page[-60:] = 10, 10
        assert is_blank(ink(page, 300))

    def test_colour_is_seen_as_grey(self) -> None:
        page = text_page()
        assert ink(np.repeat(page[:, :, np.newaxis], 3, axis=2), 150) == ink(page, 150)

    def test_resolution_changes_little(self) -> None:
        page = text_page()
        twice = np.asarray(cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
        assert ink(twice, 300) == pytest.approx(ink(page, 150), rel=0.1)

    @given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([72.0, 150.0, 300.0, 1200.0]))
    @settings(max_examples=40, deadline=None)
    def test_a_picture_of_any_size_can_be_asked(self, height: int, width: int, dpi: float) -> None:
        assert 0 <= ink(noise(height, width), dpi) <= 1000

    def test_pages_of_a_fax_that_carry_next_to_nothing(self, scans: Path) -> None:
        path = scans / "hard" / "g4-multi.tiff"
        amounts = [ink(pixels(path, frame), 400) for frame in range(3)]
        assert all(0 <= amount < 5 for amount in amounts)
