"""An opened book is split at its gutter; a single page, a map and a newspaper stay whole, and the reason is told."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import image
from ingest.image import Pixels
from ingest.split import Gutter, Verdict, cut, measure
from metadata.geometry import Box
from tests.pictures import noise, text_page
from tests.test_crop import laid

PAGE = text_page()
REAL = (
    "cs-antiqua-textbite/sokol_1906_474.jpg",
    "cs-typewriter-ehri/EHRI-ET-JMP011_02.jpg",
    "de-dta-ocrd/clauren_mimil_1815_0122.jpg",
    "la-fr-nubis/1khm_1659_1.jpg",
    "cs-antiqua-ndk/hlasy_ze_siona_1889_01.jp2",
)


def glued(left: Pixels, right: Pixels) -> Pixels:
    """Two pages of one size side by side."""
    right = np.asarray(cv2.resize(right, left.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    return np.hstack([left, right])


def shaded(spread: Pixels, at: float, reach: float, depth: float) -> Pixels:
    """The spread with a gutter at column `at`: `depth` dark in its middle, a Gaussian of `reach` pixels."""
    fall = 1 - depth * np.exp(-(((np.arange(spread.shape[1]) - at) / reach) ** 2))
    return np.asarray(spread * (fall if spread.ndim == 2 else fall[:, np.newaxis]), np.uint8)


def small(path: Path) -> Pixels:
    """A scan in colour, 1000 pixels high."""
    page = image.decode(path, 0, image.look(path)).pixels
    scale = 1000 / page.shape[0]
    page = np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    return page if page.ndim == 3 else np.repeat(page[:, :, np.newaxis], 3, axis=2)


class TestSpreads:
    @given(st.floats(8, 40), st.floats(0.12, 0.6), st.integers(-60, 60))
    @settings(max_examples=20, deadline=None)
    def test_a_shadow_between_two_pages_is_the_gutter(self, reach: float, depth: float, wider: int) -> None:
        left = np.full((1200, 850 + wider), 235, np.uint8)
        left[:, : min(850, 850 + wider)] = PAGE[:, : min(850, 850 + wider)]
        spread = shaded(np.hstack([left, PAGE]), left.shape[1], reach, depth)
        found = measure(spread)
        assert found.verdict is Verdict.SPREAD
        assert found.at == pytest.approx(left.shape[1], abs=0.01 * spread.shape[1])
        assert found.confidence >= 0.5

    def test_a_thin_bright_fold_is_the_gutter(self) -> None:
        spread = glued(PAGE // 2 + 60, PAGE // 2 + 60)
        spread[:, 848:852] = 230
        found = measure(spread)
        assert (found.verdict, found.seen) == (Verdict.SPREAD, Gutter.FOLD)
        assert found.at == pytest.approx(850, abs=17)

    def test_white_margins_alone_are_the_gutter_when_as_wide_as_margins_are(self) -> None:
        found = measure(glued(PAGE, PAGE))
        assert (found.verdict, found.seen) == (Verdict.SPREAD, Gutter.GAP)
        assert found.at == pytest.approx(850, abs=17)

    def test_a_book_on_a_bed_is_split_where_it_lies(self) -> None:
        spread = shaded(glued(PAGE, PAGE), 850, 20, 0.4)
        scan = laid(np.repeat(spread[:, :, np.newaxis], 3, axis=2), (18, 18, 20), (300, 120, 90, 100))
        found = measure(scan)
        assert found.verdict is Verdict.SPREAD
        assert found.at == pytest.approx(1150, abs=0.01 * scan.shape[1])

    def test_a_slanted_gutter_leaves_each_page_whole(self) -> None:
        spread = shaded(glued(PAGE, PAGE), 850, 20, 0.4)
        scan = laid(np.repeat(spread[:, :, np.newaxis], 3, axis=2), (18, 18, 20), (150, 150, 150, 150), 1.2)
        found = measure(scan)
        assert found.verdict is Verdict.SPREAD
        left, right = found.pages
        assert left.right > right.left
        assert found.slant == pytest.approx(-np.tan(np.radians(1.2)), abs=0.012)

    @pytest.mark.parametrize("index", range(len(REAL)))
    @pytest.mark.parametrize("depth", [0.2, 0.45])
    def test_two_real_pages_are_split_within_a_hundredth(self, scans: Path, index: int, depth: float) -> None:
        left, right = small(scans / REAL[index]), small(scans / REAL[(index + 1) % len(REAL)])
        spread = shaded(glued(left, right), left.shape[1], 0.012 * 2 * left.shape[1], depth)
        found = measure(spread)
        assert found.verdict is Verdict.SPREAD
        assert found.at == pytest.approx(left.shape[1], abs=0.01 * spread.shape[1])

    @pytest.mark.parametrize("name", ["mzk_spread_0002.jpg", "mzk_spread_0005.jpg"])
    def test_scans_of_opened_books(self, scans: Path, name: str) -> None:
        pixels = small(scans / "hard" / name)
        found = measure(pixels)
        assert found.verdict is Verdict.SPREAD
        assert found.at == pytest.approx(0.4885 * pixels.shape[1], abs=0.01 * pixels.shape[1])


class TestWholes:
    @pytest.mark.parametrize("name", REAL)
    def test_real_single_pages_are_never_split(self, scans: Path, name: str) -> None:
        page = small(scans / name)
        assert measure(page).verdict is Verdict.UPRIGHT
        assert measure(np.ascontiguousarray(np.rot90(page))).verdict is not Verdict.SPREAD

    @pytest.mark.parametrize("name", ["ndk_map_spread.jp2", "img-colorchecker.jpg", "ndk_weekly_pictures.jp2"])
    def test_real_landscapes_are_never_split(self, scans: Path, name: str) -> None:
        found = measure(small(scans / "hard" / name))
        assert found.verdict is not Verdict.SPREAD
        assert len(found.pages) == 1

    def test_a_map_with_a_crease_stays_whole_and_is_told(self) -> None:
        drawn = np.full((1000, 1500), 230, np.uint8)
        rng = np.random.default_rng(4)
        for _ in range(260):
            start, end = rng.integers(0, (1500, 1000), (2, 2))
            cv2.line(drawn, start.tolist(), end.tolist(), 60, 2)
        found = measure(shaded(drawn, 750, 15, 0.4))
        assert found.verdict is Verdict.CROSSED
        assert found.crossing > 0.03
        assert found.pages == (Box(0, 0, 1500, 1000),)

    def test_a_column_rule_is_no_gutter(self) -> None:
        news = np.full((1000, 1400), 235, np.uint8)
        news[140:860, 40:690] = cv2.resize(PAGE[100:1100, 90:760], (650, 720))
        news[140:860, 710:1360] = cv2.resize(PAGE[100:1100, 90:760], (650, 720))
        news[150:850, 699:702] = 30
        assert measure(news).verdict is Verdict.NO_GUTTER

    def test_two_columns_on_a_landscape_page_stay_together(self) -> None:
        table = np.full((1000, 1400), 235, np.uint8)
        table[100:900, 140:680] = cv2.resize(PAGE[100:1100, 90:760], (540, 800))
        table[100:900, 740:1280] = cv2.resize(PAGE[100:1100, 90:760], (540, 800))
        assert measure(table).verdict is Verdict.NO_GUTTER

    @pytest.mark.parametrize("shape", [(900, 2400), (300, 3000)])
    def test_what_is_too_wide_for_two_pages_stays_whole(self, shape: tuple[int, int]) -> None:
        assert measure(np.full(shape, 220, np.uint8)).verdict is Verdict.TOO_WIDE

    def test_a_blank_landscape_page_stays_whole(self) -> None:
        found = measure(np.full((1000, 1400), 220, np.uint8))
        assert (found.verdict, found.doubtful) == (Verdict.NO_GUTTER, False)

    @given(st.integers(1, 260), st.integers(1, 400))
    @settings(max_examples=25, deadline=None)
    def test_a_picture_of_any_size_can_be_measured(self, height: int, width: int) -> None:
        found = measure(noise(height, width))
        assert Box.around(list(found.pages)) == Box(0, 0, width, height)


class TestCut:
    def test_both_pages_know_the_way_back_to_the_scan(self) -> None:
        spread = shaded(glued(PAGE, PAGE), 850, 20, 0.4)
        pages = cut(spread, measure(spread))
        assert len(pages) == 2
        for page, way in pages:
            for x, y in ((0, 0), (page.shape[1] - 1, page.shape[0] - 1), (100, 300)):
                back = way.inverse().apply(x, y)
                assert page[y, x] == spread[round(back[1]), round(back[0])]

    def test_every_column_of_the_scan_is_on_a_page(self) -> None:
        spread = shaded(glued(PAGE, PAGE), 850, 20, 0.4)
        left, right = measure(spread).pages
        assert left.left == 0
        assert right.right == spread.shape[1]
        assert right.left <= left.right
