"""Colours measured: ΔE2000 as published, a target drawn and found."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import image
from ingest.colour_target import CLASSIC_24, delta_e_2000, find_target, lab
from ingest.image import Pixels
from tests.conftest import SHARED
from tests.quality_pages import typed_page

# sRGB of the 24 patches in the target's order.
PATCHES = (
    (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
    (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
    (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
    (243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52),
)  # fmt: skip
# Of opposite hues the formula itself depends on which comes first.
COLOURS = st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
needs_mcc = pytest.mark.skipif(not hasattr(cv2, "mcc"), reason="this OpenCV has no mcc module (from 5.0)")


def target() -> Pixels:
    """A page with a target on it, six patches by four on black."""
    page = np.full((900, 1200, 3), 235, np.uint8)
    page[200:640, 250:890] = 20
    for number, colour in enumerate(PATCHES):
        row, column = divmod(number, 6)
        top, left = 220 + 103 * row, 268 + 102 * column
        page[top : top + 86, left : left + 86] = colour
    return np.asarray(cv2.GaussianBlur(page, (0, 0), 1.0), np.uint8)


class TestDeltaE:
    @pytest.mark.parametrize(
        ("first", "second", "difference"),
        [
            ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
            ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
            ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
            ((50, 2.5, 0), (73, 25, -18), 27.1492),
            ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
            ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
            ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
        ],
    )
    def test_published_pairs(self, first: tuple[float, ...], second: tuple[float, ...], difference: float) -> None:
        (error,) = delta_e_2000(np.array([first]), np.array([second]))
        assert error == pytest.approx(difference, abs=5e-5)

    @given(COLOURS, COLOURS)
    @settings(max_examples=40)
    def test_it_is_the_same_both_ways_and_nothing_only_between_equals(
        self, first: tuple[float, ...], second: tuple[float, ...]
    ) -> None:
        a, b = np.array([first]), np.array([second])
        assert float(delta_e_2000(a, b)[0]) == pytest.approx(float(delta_e_2000(b, a)[0]), abs=1e-6)
        assert float(delta_e_2000(a, a)[0]) == 0

    def test_white_black_and_red_in_lab(self) -> None:
        white, black, red = lab(np.array([(255, 255, 255), (0, 0, 0), (255, 0, 0)]))
        assert white == pytest.approx((100, 0, 0), abs=0.02)
        assert black == pytest.approx((0, 0, 0), abs=0.02)
        assert red == pytest.approx((54.29, 80.81, 69.89), abs=0.1)


@needs_mcc
class TestTarget:
    def test_a_true_target_is_found_and_its_error_is_small(self) -> None:
        found = find_target(target())
        assert found is not None
        assert found.name == CLASSIC_24
        assert len(found.errors) == 24
        assert found.mean < 3
        assert found.worst == max(found.errors)

    def test_a_cast_makes_the_error_larger(self) -> None:
        cast = (target() * np.array([1.0, 0.9, 0.75])).astype(np.uint8)
        true, off = find_target(target()), find_target(cast)
        assert true is not None
        assert off is not None
        assert off.mean > true.mean + 4

    def test_pages_without_a_target(self) -> None:
        page = typed_page()
        assert find_target(page) is None
        assert find_target(np.repeat(page[:, :, None], 3, axis=2)) is None
        assert find_target(np.zeros((8, 8, 3), np.uint8)) is None

    def test_the_target_of_a_real_photograph(self, scans: object) -> None:
        path = SHARED / "scans" / "hard" / "img-colorchecker.jpg"
        found = find_target(image.decode(path, 0, image.look(path)).pixels)
        assert found is not None
        assert 5 < found.mean < 15
