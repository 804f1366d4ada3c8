"""A page is cut out of the scanner's bed by its edges; nothing found, nothing cut; no ink is ever lost."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import image
from ingest.crop import Side, cut, measure, printed, told
from ingest.deskew import turn
from ingest.image import Pixels
from metadata.geometry import Box
from tests.pictures import noise, text_page

PAGE = text_page()
COLOUR = np.repeat(PAGE[:, :, np.newaxis], 3, axis=2)
BEDS = {"black": (18, 18, 20), "grey": (128, 128, 130), "green": (40, 110, 60), "blue": (30, 60, 140)}


def laid(page: Pixels, bed: tuple[int, int, int], margins: tuple[int, int, int, int], angle: float = 0.0) -> Pixels:
    """The page on a scanner's bed with grain, `margins` left, top, right, bottom, turned clockwise by `angle`."""
    left, top, right, bottom = margins
    height, width = page.shape[:2]
    scan = np.empty((height + top + bottom, width + left + right, 3), np.uint8)
    scan[:] = bed
    scan[top : top + height, left : left + width] = page
    middle = ((scan.shape[1] - 1) / 2, (scan.shape[0] - 1) / 2)
    way = cv2.getRotationMatrix2D(middle, -angle, 1.0)
    scan = np.asarray(cv2.warpAffine(scan, way, scan.shape[1::-1], borderValue=bed), np.uint8)
    grain = np.random.default_rng(2).normal(0, 2.5, (*scan.shape[:2], 1))
    return np.asarray(np.clip(scan + grain, 0, 255), np.uint8)


def near(box: Box, wanted: Box, scan: Pixels) -> bool:
    """Whether every edge lies within 1 % of the scan's size."""
    height, width = scan.shape[:2]
    across = abs(box.left - wanted.left), abs(box.right - wanted.right)
    down = abs(box.top - wanted.top), abs(box.bottom - wanted.bottom)
    return bool(max(across) <= 0.01 * width and max(down) <= 0.01 * height)


MARGIN = st.integers(25, 220)


class TestMeasure:
    @given(st.sampled_from(sorted(BEDS)), st.tuples(MARGIN, MARGIN, MARGIN, MARGIN))
    @settings(max_examples=20, deadline=None)
    def test_a_page_on_a_bed_is_found(self, bed: str, margins: tuple[int, int, int, int]) -> None:
        scan = laid(COLOUR, BEDS[bed], margins)
        found = measure(scan)
        wanted = Box(margins[0], margins[1], PAGE.shape[1], PAGE.shape[0])
        assert set(found.edges) == set(Side)
        assert near(found.box, wanted, scan)
        assert found.box.left <= wanted.left
        assert found.box.bottom >= wanted.bottom

    @given(st.floats(-6, 6), st.sampled_from(sorted(BEDS)))
    @settings(max_examples=12, deadline=None)
    def test_a_crooked_page_says_its_angle_and_where_it_lies_when_turned(self, angle: float, bed: str) -> None:
        scan = laid(COLOUR, BEDS[bed], (150, 150, 150, 150), angle)
        found = measure(scan)
        assert found.angle == pytest.approx(angle, abs=0.1)
        assert found.angle is not None
        assert found.turned is not None
        straight, _ = turn(scan, found.angle)
        page, _ = cut(straight, found.turned)
        assert page.shape[0] == pytest.approx(PAGE.shape[0], abs=0.01 * scan.shape[0])
        assert page.shape[1] == pytest.approx(PAGE.shape[1], abs=0.01 * scan.shape[1])

    @given(st.sampled_from(sorted(BEDS)), st.floats(-10, 10))
    @settings(max_examples=10, deadline=None)
    def test_an_angle_called_sure_is_right(self, bed: str, angle: float) -> None:
        sure = measure(laid(COLOUR, BEDS[bed], (120, 130, 110, 140), angle)).sure_angle
        assert sure is not None
        assert sure == pytest.approx(angle, abs=0.06)

    def test_two_sides_do_not_make_an_angle_sure(self) -> None:
        scan = laid(COLOUR, BEDS["black"], (120, 130, 110, 140), 2.0)
        corner = scan[: scan.shape[0] * 3 // 4, : scan.shape[1] * 3 // 4]
        assert measure(np.ascontiguousarray(corner)).sure_angle is None

    @pytest.mark.parametrize("side", list(Side))
    def test_a_bed_on_one_side_only_is_cut_there_only(self, side: Side) -> None:
        margins = [80 if side is each else 0 for each in (Side.LEFT, Side.TOP, Side.RIGHT, Side.BOTTOM)]
        found = measure(laid(COLOUR, BEDS["black"], (margins[0], margins[1], margins[2], margins[3])))
        assert set(found.edges) == {side}
        assert found.edges[side].distance == pytest.approx(80, abs=4)
        assert side.value in told(found.edges)

    @pytest.mark.parametrize("pixels", [PAGE, COLOUR, np.full((900, 600), 250, np.uint8), noise(900, 600)])
    def test_without_a_bed_nothing_is_cut(self, pixels: Pixels) -> None:
        found = measure(pixels)
        assert not found.found
        assert found.box == Box(0, 0, pixels.shape[1], pixels.shape[0])
        assert (found.angle, found.turned, found.confidence) == (None, None, 0.0)

    def test_white_paper_on_a_white_bed_is_left_alone(self) -> None:
        scan = laid(COLOUR, (236, 236, 236), (90, 90, 90, 90))
        assert not measure(scan).found

    def test_cream_paper_on_a_white_bed_is_found(self) -> None:
        cream = np.minimum(COLOUR, np.array([225, 215, 185], np.uint8))
        scan = laid(cream, (250, 250, 250), (90, 70, 60, 80))
        assert near(measure(scan).box, Box(90, 70, PAGE.shape[1], PAGE.shape[0]), scan)

    def test_a_picture_with_its_caption_is_not_taken_for_the_page(self) -> None:
        page = np.full((1200, 850), 240, np.uint8)
        page[150:900, 120:730] = 150
        for x in range(200, 600, 14):
            page[960:975, x : x + 8] = 30
        assert not measure(page).found

    @given(st.integers(1, 90), st.integers(1, 90), st.booleans())
    @settings(max_examples=30, deadline=None)
    def test_a_picture_of_any_size_can_be_measured(self, height: int, width: int, colour: bool) -> None:
        found = measure(noise(height, width, 3) if colour else noise(height, width))
        assert found.box.inside(width, height) == found.box

    @pytest.mark.parametrize(
        "name", ["cs-antiqua-textbite/sokol_1906_474.jpg", "la-fr-nubis/1khm_1659_1.jpg", "de-fraktur-goethe/0086.tif"]
    )
    @pytest.mark.parametrize("bed", sorted(BEDS))
    def test_real_pages_on_a_bed(self, scans: Path, name: str, bed: str) -> None:
        facts = image.look(scans / name)
        page = image.decode(scans / name, 0, facts).pixels
        scale = 1200 / max(page.shape[:2])
        page = np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        page = page if page.ndim == 3 else np.repeat(page[:, :, np.newaxis], 3, axis=2)
        assert not measure(page).found
        scan = laid(page, BEDS[bed], (90, 120, 60, 150))
        assert near(measure(scan).box, Box(90, 120, page.shape[1], page.shape[0]), scan)


class TestCut:
    @given(st.integers(-20, 60), st.integers(-20, 60), st.integers(1, 60), st.integers(1, 60))
    @settings(max_examples=40, deadline=None)
    def test_the_transform_says_where_pixels_went(self, left: int, top: int, width: int, height: int) -> None:
        scan = noise(80, 80)
        piece, way = cut(scan, Box(left, top, width, height))
        for y in range(0, piece.shape[0], 7):
            for x in range(0, piece.shape[1], 7):
                sx, sy = way.inverse().apply(x, y)
                assert piece[y, x] == scan[round(sy), round(sx)]
                assert way.apply(sx, sy) == (x, y)


class TestPrinted:
    def test_all_type_lies_within_and_the_margins_do_not(self) -> None:
        area = printed(PAGE, 150)
        assert area is not None
        rows, columns = np.nonzero(PAGE < 100)
        assert area.left <= columns.min()
        assert area.right > columns.max()
        assert area.top <= rows.min()
        assert area.bottom > rows.max()
        assert area.width < 0.9 * PAGE.shape[1]

    def test_a_page_number_far_from_the_type_is_kept(self) -> None:
        page = PAGE.copy()
        page[1150:1164, 420:428] = 40
        area = printed(page, 150)
        assert area is not None
        assert area.bottom >= 1164

    def test_a_shadow_at_the_edge_is_no_print(self) -> None:
        page = PAGE.copy()
        page[:, :6] = 20
        assert printed(page, 150) == printed(PAGE, 150)

    @pytest.mark.parametrize("page", [np.full((1200, 850), 240, np.uint8), np.full((5, 5), 10, np.uint8)])
    def test_a_blank_page_has_no_printed_area(self, page: Pixels) -> None:
        assert printed(page, 150) is None
