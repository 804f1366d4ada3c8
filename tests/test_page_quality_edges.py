"""How a page lies in the picture: turned, mirrored, cut, with a finger on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import image
from ingest.edges import Edges, Side, edges
from ingest.image import Pixels
from ingest.orientation import TESSERACT, Detected, detect_script, letter_shapes, orientation
from ingest.page_view import view
from tests.pictures import noise
from tests.quality_pages import DPI, paper, typed_page, unasked, unsure

TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    0: lambda pixels: pixels,
    90: lambda pixels: np.rot90(pixels, -1),
    180: lambda pixels: np.rot90(pixels, 2),
    270: np.rot90,
}


def seen(pixels: Pixels) -> Edges:
    """The edges of a picture at 150 dpi."""
    return edges(view(np.ascontiguousarray(pixels), DPI))


def always(degrees: int, confidence: float) -> Callable[[Pixels, float], Detected]:
    """Script detection that says one thing."""
    return lambda _pixels, _dpi: Detected(degrees, confidence)


class TestShapes:
    @pytest.mark.parametrize("mirrored", [False, True])
    @pytest.mark.parametrize("degrees", TURNS)
    def test_every_way_a_page_can_lie_is_told(self, degrees: int, mirrored: bool) -> None:
        page = typed_page()[:, ::-1] if mirrored else typed_page()
        shapes = letter_shapes(view(np.ascontiguousarray(TURNS[degrees](page)), DPI))
        assert shapes.degrees == degrees
        assert (shapes.leftness < -0.15) == mirrored
        assert abs(shapes.leftness) > 0.3


class TestOrientation:
    def test_a_page_as_it_should_be_costs_no_run_of_tesseract(self) -> None:
        lies = orientation(view(typed_page(), DPI), unasked)
        assert lies is not None
        assert not lies.wrong

    @pytest.mark.parametrize("degrees", [90, 180, 270])
    def test_two_witnesses_are_sure_one_is_not(self, degrees: int) -> None:
        page = view(np.ascontiguousarray(TURNS[degrees](typed_page())), DPI)
        both, alone = orientation(page, always(degrees, 5.0)), orientation(page, unsure)
        assert both is not None
        assert alone is not None
        assert (both.degrees, both.sure) == (degrees, True)
        assert (alone.degrees, alone.sure) == (degrees, False)

    def test_script_detection_that_is_sure_of_an_upright_page_is_believed(self) -> None:
        lies = orientation(view(np.ascontiguousarray(typed_page()[::-1, ::-1]), DPI), always(0, 8.0))
        assert lies is not None
        assert not lies.wrong

    def test_script_detection_that_is_not_sure_leaves_the_page_to_be_looked_at(self) -> None:
        lies = orientation(view(np.ascontiguousarray(typed_page()[::-1, ::-1]), DPI), always(0, 2.0))
        assert lies is not None
        assert (lies.degrees, lies.sure) == (180, False)

    def test_a_mirrored_page_is_one_that_reads_better_flipped(self) -> None:
        page = view(np.ascontiguousarray(typed_page()[:, ::-1]), DPI)
        answers = iter([Detected(0, 2.0), Detected(0, 9.0)])
        lies = orientation(page, lambda _pixels, _dpi: next(answers))
        assert lies is not None
        assert (lies.mirrored, lies.sure) == (True, True)
        opposed = iter([Detected(0, 9.0), Detected(0, 2.0)])
        lies = orientation(page, lambda _pixels, _dpi: next(opposed))
        assert lies is not None
        assert (lies.mirrored, lies.sure) == (True, False)

    def test_without_letters_nothing_is_said(self) -> None:
        assert orientation(view(paper(), DPI), unasked) is None

    @pytest.mark.skipif(not TESSERACT.present(), reason="Tesseract is not on this machine")
    def test_tesseract_itself_agrees(self, scans: Path) -> None:
        path = scans / "de-fraktur-goethe" / "0086.tif"
        turned = np.rot90(image.decode(path, 0, image.look(path)).pixels, -1)
        assert orientation(view(np.ascontiguousarray(turned), 300.0)) == orientation(
            view(np.ascontiguousarray(turned), 300.0), always(90, 5.0)
        )
        assert detect_script(np.full((400, 300), 225, np.uint8), DPI) is None


class TestCut:
    def test_a_page_with_margins_is_not_cut(self) -> None:
        assert max(seen(typed_page()).cut_letters.values()) == 0

    @given(st.integers(0, 120))
    @settings(max_examples=8)
    def test_a_cut_through_the_lines_is_told_on_its_side(self, further: int) -> None:
        page = typed_page()
        for side, part in ((Side.LEFT, page[:, 150 + further :]), (Side.RIGHT, page[:, : 560 - further])):
            found = seen(part).cut_letters
            assert found[side] > 10
            assert sum(found.values()) == found[side]

    @pytest.mark.parametrize("row", [150, 186, 222, 258])
    def test_a_cut_along_a_line_is_told(self, row: int) -> None:
        assert seen(typed_page()[row:]).cut_letters[Side.TOP] > 6
        assert seen(typed_page()[: row + 434]).cut_letters[Side.BOTTOM] > 6

    def test_the_scanners_bed_is_no_text(self) -> None:
        page = cv2.copyMakeBorder(typed_page(), 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=12)
        found = seen(np.asarray(page, np.uint8))
        assert max(found.cut_letters.values()) == 0
        assert found.cut_page is None
        assert found.lying == ()

    def test_a_page_that_runs_out_of_the_picture_at_its_foot(self) -> None:
        page = cv2.copyMakeBorder(typed_page(), 60, 0, 60, 60, cv2.BORDER_CONSTANT, value=12)
        assert seen(np.asarray(page, np.uint8)).cut_page is Side.BOTTOM

    def test_an_open_books_other_page_is_no_cut(self) -> None:
        page = cv2.copyMakeBorder(typed_page(), 60, 60, 60, 0, cv2.BORDER_CONSTANT, value=12)
        assert seen(np.asarray(page, np.uint8)).cut_page is None


class TestLying:
    @pytest.mark.parametrize(("colour", "skin"), [((205, 140, 115), True), ((60, 62, 64), False)])
    def test_a_finger_and_a_clip_are_told(self, colour: tuple[int, int, int], skin: bool) -> None:
        page = np.repeat(typed_page()[:, :, None], 3, axis=2)
        cv2.ellipse(page, (0, 1200), (140, 55), 0, 0, 360, colour, -1)
        (thing,) = seen(page).lying
        assert (thing.side, thing.skin) == (Side.LEFT, skin)
        assert thing.length_mm == pytest.approx(2 * 55 / DPI * 25.4, abs=3)

    def test_a_page_with_nothing_on_it(self) -> None:
        assert seen(typed_page()).lying == ()
        assert seen(paper()).lying == ()

    @given(st.integers(1, 60), st.integers(1, 60))
    @settings(max_examples=20)
    def test_a_picture_of_any_size_can_be_asked(self, height: int, width: int) -> None:
        found = edges(view(noise(height, width, 3), 300.0))
        assert set(found.cut_letters) == set(Side)
