"""ocr.preparation: pixels made easier to read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.preparation import Pixels, darkest, is_bitonal, levelled, softened
from tests.page_texts import MODEST


def page(paper: int, ink: int, height: int = 400, width: int = 300) -> Pixels:
    """A sheet of one grey with strokes as high as letters."""
    pixels = np.full((height, width), paper, np.uint8)
    pixels[40:-40:12, 30:-30] = ink
    pixels[41:-39:12, 30:-30] = ink
    return pixels


def ink(pixels: Pixels) -> Pixels:
    """Where strokes stand on such a page."""
    return np.asarray(pixels[40:-40:12, 40:-40])


def test_a_shadow_goes_and_ink_stays() -> None:
    shadow = np.linspace(1.0, 0.4, 300)[None, :]
    shaded = (page(230, 40) * shadow).astype(np.uint8)
    even = levelled(shaded)
    assert np.median(even[:20]) > 240
    assert np.median(even[:, -20:]) > 240
    assert ink(even).max() < 120


def test_faint_ink_becomes_black() -> None:
    assert ink(levelled(page(200, 150))).mean() < 40


def test_print_that_shows_through_goes() -> None:
    pixels = page(230, 20)
    pixels[46:-40:12, 30:-30] = 180
    kept = darkest(pixels)
    assert kept[46:-40:12, 40:-40].min() > 230
    assert ink(kept).max() < 40


def test_black_and_white_is_told_from_grey() -> None:
    assert is_bitonal(page(255, 0))
    assert not is_bitonal(page(255, 120))


def test_edges_are_softened() -> None:
    soft = softened(page(255, 0))
    assert 20 < soft[39, 100] < 230


@pytest.mark.parametrize("prepare", [levelled, darkest, softened])
@MODEST
@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 255))
def test_size_and_depth_stay_whatever_the_page(prepare: type, height: int, width: int, grey: int) -> None:
    made = prepare(np.full((height, width), grey, np.uint8))
    assert (made.shape, made.dtype) == ((height, width), np.uint8)
