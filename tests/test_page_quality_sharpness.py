"""Blur and motion, light, traces of JPEG: what the picture itself says of how it was taken."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.compression import UNCOMPRESSED, jpeg_quality
from ingest.exposure import exposure
from ingest.image import Pixels
from ingest.page_view import view
from ingest.sharpness import Sharpness, sharpness
from ingest.texture import BLANK_TEXTURE, texture
from ingest.type_size import physical_size
from tests.pictures import noise
from tests.quality_pages import DPI, paper, typed_page


def sharp(pixels: Pixels) -> Sharpness:
    """The sharpness of a page that has some."""
    seen = sharpness(view(pixels, DPI))
    assert seen is not None
    return seen


def saved(pixels: Pixels, quality: int) -> Pixels:
    """The pixels after they were saved as JPEG once."""
    _, stored = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_UNCHANGED), np.uint8)


class TestSharpness:
    @given(st.floats(0.8, 3.0), st.floats(0.5, 2.0))
    @settings(max_examples=8)
    def test_the_more_blur_the_wider_are_edges(self, sigma: float, more: float) -> None:
        some = np.asarray(cv2.GaussianBlur(typed_page(), (0, 0), sigma), np.uint8)
        much = np.asarray(cv2.GaussianBlur(typed_page(), (0, 0), sigma + more), np.uint8)
        assert sharp(typed_page()).width < sharp(some).width < sharp(much).width

    @pytest.mark.parametrize("direction", [0, 45, 90, 135])
    def test_motion_is_told_with_its_direction(self, direction: int) -> None:
        kernel = np.zeros((13, 13), np.float32)
        step = np.arange(-6, 7)
        x, y = {0: (step, 0 * step), 45: (step, -step), 90: (0 * step, step), 135: (step, step)}[direction]
        kernel[6 + y, 6 + x] = 1 / 13
        moved = sharp(np.asarray(cv2.filter2D(typed_page(), -1, kernel), np.uint8))
        assert moved.direction == direction
        assert moved.ratio > 1.5

    @pytest.mark.parametrize("sigma", [0.0, 1.0, 2.5])
    def test_defocus_is_no_motion(self, sigma: float) -> None:
        page = typed_page()
        assert sharp(np.asarray(cv2.GaussianBlur(page, (0, 0), sigma), np.uint8) if sigma else page).ratio < 1.5

    @pytest.mark.parametrize("pixels", [np.full((900, 700), 200, np.uint8), paper()], ids=["flat", "grain"])
    def test_where_there_are_no_edges_nothing_is_said(self, pixels: Pixels) -> None:
        assert sharpness(view(pixels, DPI)) is None


class TestExposure:
    @pytest.mark.parametrize("gain", [0.25, 0.5, 0.75, 1.0])
    def test_paper_and_ink_follow_the_light(self, gain: float) -> None:
        seen = exposure(view((typed_page() * gain).astype(np.uint8), DPI))
        assert seen.paper == pytest.approx(225 * gain, abs=2)
        assert seen.ink == pytest.approx(40 * gain, abs=12)

    def test_burnt_out_paper_is_counted(self) -> None:
        seen = exposure(view((typed_page() * 1.4 + 40).clip(0, 255).astype(np.uint8), DPI))
        assert seen.clipped_lights > 70
        assert not seen.bitonal
        assert seen.ink is not None
        assert seen.ink > 60

    def test_a_picture_of_two_values_is_known_as_such(self) -> None:
        assert exposure(view(np.where(typed_page() > 130, 255, 0).astype(np.uint8), DPI)).bitonal

    @given(st.floats(0.1, 0.45))
    @settings(max_examples=6)
    def test_a_lamp_that_fails_on_one_side_is_measured(self, loss: float) -> None:
        lamp = np.linspace(1.0, 1.0 - loss, 1240)
        seen = exposure(view((typed_page() * lamp).astype(np.uint8), DPI))
        assert seen.uneven == pytest.approx(100 * loss, abs=12)

    def test_even_light_is_even_whatever_is_written(self) -> None:
        assert exposure(view(typed_page(), DPI)).uneven < 2


class TestJpeg:
    @pytest.mark.parametrize("quality", [5, 10, 15, 20, 30])
    def test_the_quality_of_a_strong_compression_is_read_off_the_pixels(self, quality: int) -> None:
        assert jpeg_quality(view(saved(typed_page(), quality), DPI)) == pytest.approx(quality, abs=2)

    def test_turning_and_cutting_at_the_far_end_do_not_hide_it(self) -> None:
        stored = saved(typed_page()[:1749, :1235], 12)
        for pixels in (stored[::-1, ::-1], np.rot90(stored), stored[:1700, :1200]):
            assert jpeg_quality(view(np.ascontiguousarray(pixels), DPI)) == pytest.approx(12, abs=2)

    def test_of_two_compressions_the_stronger_is_told(self) -> None:
        assert jpeg_quality(view(saved(saved(typed_page(), 12), 90), DPI)) == pytest.approx(12, abs=2)

    def test_a_page_that_never_was_jpeg_shows_none_sharp_or_blurred(self) -> None:
        assert jpeg_quality(view(typed_page(), DPI)) == UNCOMPRESSED
        assert jpeg_quality(view(np.asarray(cv2.GaussianBlur(typed_page(), (0, 0), 2), np.uint8), DPI)) == UNCOMPRESSED

    def test_without_edges_nothing_is_said(self) -> None:
        assert jpeg_quality(view(np.full((800, 600), 200, np.uint8), DPI)) is None


class TestTexture:
    def test_paper_with_grain_and_shadow_has_none(self) -> None:
        shadow = np.linspace(1.0, 0.6, 1240)
        assert texture(view((paper() * shadow).astype(np.uint8), DPI)) < BLANK_TEXTURE

    def test_faint_pencil_has_some(self) -> None:
        faint = np.minimum(paper(), (typed_page() * 0.2 + 180).astype(np.uint8))
        assert texture(view(faint, DPI)) > 10 * BLANK_TEXTURE


class TestAnything:
    @given(st.integers(1, 70), st.integers(1, 70), st.booleans(), st.sampled_from([0.0, 72.0, 300.0, 1200.0]))
    @settings(max_examples=30)
    def test_a_picture_of_any_size_can_be_asked(self, height: int, width: int, colour: bool, dpi: float) -> None:
        page = view(noise(height, width, 3) if colour else noise(height, width), dpi)
        assert 0 <= texture(page) <= 100
        assert 0 <= exposure(page).paper <= 255
        seen, quality = sharpness(page), jpeg_quality(page)
        assert seen is None or seen.ratio >= 1
        assert quality is None or 3 <= quality <= UNCOMPRESSED
        assert physical_size(page).short_mm <= physical_size(page).long_mm

    def test_sizes_follow_the_resolution_that_is_said(self) -> None:
        once, twice = (physical_size(view(typed_page(), dpi)) for dpi in (150.0, 300.0))
        assert (once.short_mm, once.long_mm) == (210.0, 297.0)
        assert twice.short_mm == pytest.approx(once.short_mm / 2, abs=0.1)
        assert twice.letter_mm == pytest.approx(once.letter_mm / 2, abs=0.05)
        assert 1.5 < once.letter_mm < 4
