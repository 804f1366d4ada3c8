"""Pixels multiplied after scanning are found and their real resolution told; soft and reduced pages are not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import image
from ingest.enlarged import Enlarged, enlarged
from ingest.image import Pixels
from ingest.look import look_over
from ingest.page_view import view
from tests.pictures import noise
from tests.quality_pages import typed_page, unsure

METHODS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}
FOUND = [
    (3.0, "nearest", 3.0),
    (3.0, "linear", 3.0),
    (3.0, "cubic", 3.0),
    (3.0, "lanczos", 3.0),
    (2.0, "nearest", 2.0),
    (2.0, "linear", 2.0),
    (2.0, "cubic", 2.0),
    (4.0, "linear", 4.0),
    (1.5, "nearest", 1.5),
    (1.5, "linear", 1.5),
]


@cache
def scan() -> Pixels:
    """A page as a scanner of 100 to 200 dpi gives it: letters, the softness of its lens and the noise of its chip."""
    page = cv2.GaussianBlur(typed_page(), (0, 0), 0.6).astype(np.float64)
    return np.asarray((page + np.random.default_rng(5).normal(0, 2.5, page.shape)).clip(0, 255), np.uint8)


def made_larger(page: Pixels, factor: float, method: str) -> Pixels:
    """As an image editor enlarges it."""
    return np.asarray(cv2.resize(page, None, fx=factor, fy=factor, interpolation=METHODS[method]), np.uint8)


def seen(page: Pixels, dpi: float = 300.0) -> Enlarged | None:
    """What is found of a page."""
    return enlarged(view(np.ascontiguousarray(page), dpi))


class TestEnlarged:
    @pytest.mark.parametrize(("factor", "method", "told"), FOUND)
    def test_the_factor_and_the_real_resolution_are_found(self, factor: float, method: str, told: float) -> None:
        found = seen(made_larger(scan(), factor, method))
        assert found is not None
        assert found.factor == pytest.approx(told, rel=0.05)
        assert found.dpi == pytest.approx(300 / told, rel=0.05)

    @pytest.mark.parametrize("method", ["nearest", "linear"])
    def test_saving_as_jpeg_does_not_hide_three_pixels_for_one(self, method: str) -> None:
        _, stored = cv2.imencode(".jpg", made_larger(scan(), 3.0, method), [cv2.IMWRITE_JPEG_QUALITY, 85])
        assert seen(np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), np.uint8)) is not None

    def test_cutting_does_not_hide_it(self) -> None:
        assert seen(made_larger(scan(), 3.0, "cubic")[101:, 37:-11]) is not None

    def test_a_page_is_told_to_hold_less_than_it_says(self) -> None:
        told = look_over(made_larger(scan(), 3.0, "linear"), 300.0, detect=unsure)
        facts = {fault.code: fault.facts for fault in told.faults}["P078"]
        assert facts == {"real": 100, "dpi": 300}
        measure = next(each for each in told.measures if each.name == "real resolution")
        assert (measure.value, measure.limit, measure.good) == (100.0, 300.0, False)


class TestGenuine:
    @given(st.floats(0.5, 6.0))
    @settings(max_examples=6, deadline=None)
    def test_a_soft_page_is_soft_and_not_enlarged(self, sigma: float) -> None:
        assert seen(np.asarray(cv2.GaussianBlur(scan(), (0, 0), sigma), np.uint8)) is None

    @given(st.integers(40, 100))
    @settings(max_examples=6, deadline=None)
    def test_squares_of_jpeg_are_no_old_pixels(self, quality: int) -> None:
        _, stored = cv2.imencode(".jpg", scan(), [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert seen(np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), np.uint8)) is None

    @pytest.mark.parametrize("factor", [0.9, 0.75, 0.5])
    def test_a_page_made_smaller_is_not_one_made_larger(self, factor: float) -> None:
        smaller = cv2.resize(scan(), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        assert seen(np.asarray(smaller, np.uint8)) is None

    def test_nothing_can_be_said_of_two_values(self) -> None:
        page = np.where(scan() < 128, 0, 255).astype(np.uint8)
        assert seen(made_larger(page, 3.0, "nearest")) is None

    @given(st.integers(1, 700), st.integers(1, 700))
    @settings(max_examples=10, deadline=None)
    def test_a_picture_of_any_size_can_be_asked(self, height: int, width: int) -> None:
        assert seen(noise(height, width)) is None

    @pytest.mark.parametrize("name", ["cs-typewriter-ehri/EHRI-ET-JMP010_03.jpg", "hard/tb_microfilm_newspaper.jpg"])
    def test_a_real_page_only_when_it_was_enlarged(self, scans: Path, name: str) -> None:
        pixels = image.grey(image.decode(scans / name, 0, image.look(scans / name)).pixels)
        assert seen(pixels) is None
        small = cv2.resize(pixels, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
        found = seen(made_larger(np.asarray(small, np.uint8), 3.0, "linear"))
        assert found is not None
        assert found.dpi == pytest.approx(100, abs=5)
