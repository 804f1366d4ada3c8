"""Curved lines become straight, straight ones stay, and every box finds its way back to the curved scan."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import deskew, image
from ingest.dewarp import Decision, measure, straighten
from ingest.image import Pixels
from metadata.geometry import Bend
from tests.pictures import noise, rotated, text_page

PAGE = text_page()
STRONG = st.floats(9, 22)


def curved(page: Pixels, shift: tuple[float, ...], stretch: tuple[float, ...] = ()) -> Pixels:
    """The page as a scanner sees it that `Bend(shift, stretch)` would make straight again."""
    height, width = page.shape[:2]
    bend = Bend(width, height, 0.0, shift, stretch)
    table = np.array([bend.column(x) for x in range(width)], np.float32)
    rows = np.arange(height, dtype=np.float32)[:, np.newaxis] * table[:, 0] + table[:, 1]
    across = np.repeat(np.arange(width, dtype=np.float32)[np.newaxis], height, axis=0)
    return np.asarray(cv2.remap(page, across, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8)


class TestMeasure:
    @given(STRONG, st.floats(-4, 8), st.floats(-8, 8))
    @settings(max_examples=8, deadline=None)
    def test_a_curl_is_found_and_gone_afterwards(self, second: float, third: float, stretch: float) -> None:
        bent = curved(PAGE, (0.0, second, third), (0.0, stretch))
        curl = measure(bent, 150)
        assert curl.decision is Decision.BENT
        assert curl.bend is not None
        assert curl.after < 0.75 * curl.before
        assert measure(straighten(bent, curl.bend), 150).decision is Decision.STRAIGHT

    @pytest.mark.parametrize("angle", [0.0, 0.5, -1.5])
    def test_straight_lines_stay_also_when_crooked(self, angle: float) -> None:
        curl = measure(rotated(PAGE, angle), 150)
        assert (curl.decision, curl.bend) == (Decision.STRAIGHT, None)

    @pytest.mark.parametrize("pixels", [np.full((900, 700), 220, np.uint8), text_page(lines=3)])
    def test_without_lines_nothing_is_done(self, pixels: Pixels) -> None:
        assert measure(pixels, 150).decision is Decision.NO_LINES

    def test_noise_is_not_straightened(self) -> None:
        assert measure(noise(900, 700), 150).bend is None

    @pytest.mark.parametrize(
        "name", ["cs-antiqua-textbite/sokol_1906_474.jpg", "cs-typewriter-ehri/EHRI-ET-JMP011_02.jpg"]
    )
    def test_real_pages_stay_flat_and_become_flat_again(self, scans: Path, name: str) -> None:
        facts = image.look(scans / name)
        page = image.grey(image.decode(scans / name, 0, facts).pixels)
        scale = 1600 / max(page.shape)
        page = np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        skew = deskew.measure(page, 150)
        page = deskew.turn(page, skew.angle)[0] if skew.angle else page
        assert measure(page, 150).decision is Decision.STRAIGHT
        curl = measure(curved(page, (0.0, 14.0, 5.0), (0.0, -6.0)), 150)
        assert curl.decision is Decision.BENT
        assert curl.after < 0.3 * curl.before


class TestStraighten:
    @given(st.floats(-20, 20), st.floats(-20, 20), st.floats(-10, 10), st.integers(20, 180), st.integers(20, 280))
    @settings(max_examples=25, deadline=None)
    def test_the_bend_says_where_a_dot_went_and_came_from(
        self, first: float, second: float, stretch: float, x: int, y: int
    ) -> None:
        page = np.full((300, 200), 255, np.uint8)
        page[y - 2 : y + 3, x - 2 : x + 3] = 0
        plain = Bend(200, 300, 0.0, (first, second), (stretch,))
        bend = Bend(200, 300, -min(plain.column(each)[1] for each in range(200)), plain.shift, plain.stretch)
        darkness = 255.0 - straighten(page, bend)
        rows, columns = np.indices(darkness.shape)
        found = (darkness * columns).sum() / darkness.sum(), (darkness * rows).sum() / darkness.sum()
        assert found == pytest.approx(bend.apply(x, y), abs=0.5)
        assert bend.inverse().apply(*found) == pytest.approx((x, y), abs=0.5)

    @pytest.mark.parametrize("shape", [(1100, 60), (1100, 60, 3)])
    def test_no_bend_changes_nothing(self, shape: tuple[int, ...]) -> None:
        page = noise(*shape)
        assert np.array_equal(straighten(page, Bend(60, 1100, 0.0, (0.0,), (0.0,))), page)

    def test_nothing_is_cut_off(self) -> None:
        page = np.full((200, 100), 255, np.uint8)
        page[:6], page[-6:] = 0, 0
        plain = Bend(100, 200, 0.0, (10.0, 8.0), ())
        bend = Bend(100, 200, -min(plain.column(x)[1] for x in range(100)), plain.shift, plain.stretch)
        result = straighten(page, bend)
        middle = result[:, 50] < 128
        assert middle.sum() >= 12
        assert result.shape[0] > 210
