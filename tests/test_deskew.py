"""A crooked page is straightened by the angle it is crooked by; a straight one, a blank one and a photograph never."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import image
from ingest.deskew import AGREE, LEAST, LIMIT, Decision, by_feet, by_profile, measure, turn
from ingest.image import Pixels
from tests.pictures import noise, rotated, text_page

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
with (SAMPLES / "ground_truth" / "pages.csv").open(encoding="utf-8", newline="") as _lines:
    PAGES = list(csv.DictReader(_lines))
PAGE = text_page()
REAL = (
    "cs-antiqua-textbite/sokol_1906_474.jpg",
    "cs-fraktur-luther/zml_002.tif",
    "cs-typewriter-ehri/EHRI-ET-JMP011_02.jpg",
    "de-fraktur-goethe/0086.tif",
    "la-fr-nubis/1khm_1659_1.jpg",
)


def scanned(path: Path) -> tuple[Pixels, float]:
    """A scan's grey pixels and its resolution, 300 when it says none that can be."""
    facts = image.look(path)
    return image.grey(image.decode(path, 0, facts).pixels), facts.x_dpi if facts.x_dpi >= 150 else 300.0


class TestOurPages:
    """samples/ground_truth/pages.csv knows by how much each page was turned."""

    @pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row['volume'][:4]}-{row['order']}")
    def test_the_skew_is_found_and_a_straight_page_left_alone(self, row: dict[str, str]) -> None:
        known = float(row["skew_degrees"])
        skew = measure(*scanned(SAMPLES / "delivery" / row["volume"] / row["file"]))
        assert skew.angle == pytest.approx(known, abs=0.15)
        assert (skew.decision is Decision.TURNED) == (known != 0)

    @pytest.mark.parametrize("kind", ["blank", "photograph"])
    def test_without_lines_there_is_nothing_to_straighten(self, kind: str) -> None:
        row = next(row for row in PAGES if row["kind"] == kind)
        pixels, dpi = scanned(SAMPLES / "delivery" / row["volume"] / row["file"])
        for angle in (0.0, 5.0):
            assert measure(rotated(pixels, angle), dpi).decision is not Decision.TURNED


class TestRealPages:
    """Turned by a known angle on top of what little skew it has, a page is found out or left alone, never worsened."""

    @pytest.mark.parametrize("name", REAL)
    def test_within_15_hundredths_of_a_degree(self, scans: Path, name: str) -> None:
        pixels, dpi = scanned(scans / name)
        own = measure(pixels, dpi)
        assert own.profile is not None
        assert own.feet is not None
        turned = 0
        for angle in (-13.5, -2.4, 0.7, 9.0):
            skew = measure(rotated(pixels, angle), dpi)
            if skew.decision is Decision.TURNED:
                turned += 1
                assert skew.angle == pytest.approx(angle + (own.profile + own.feet) / 2, abs=0.15)
        assert turned >= 3

    @pytest.mark.parametrize("name", ["img-colorchecker.jpg", "warped_paper.jpg", "g4-multi.tiff"])
    def test_photographs_and_empty_pages_stay(self, scans: Path, name: str) -> None:
        skew = measure(*scanned(scans / "hard" / name))
        assert (skew.decision, skew.angle) == (Decision.NO_LINES, 0.0)


class TestMeasure:
    @given(st.floats(-14.4, 14.4))
    @settings(max_examples=12, deadline=None)
    def test_any_angle_within_reach_is_found(self, angle: float) -> None:
        skew = measure(rotated(PAGE, angle), 150)
        assert skew.angle == pytest.approx(angle, abs=0.15)
        assert skew.angle == 0 or abs(skew.angle) >= LEAST

    @pytest.mark.parametrize("angle", [0.0, 0.04, -0.06])
    def test_a_hair_is_not_worth_a_turn(self, angle: float) -> None:
        skew = measure(rotated(PAGE, angle), 150)
        assert (skew.decision, skew.angle) == (Decision.STRAIGHT, 0.0)

    @pytest.mark.parametrize("angle", [16.0, -18.0, 45.0, 90.0])
    def test_what_is_out_of_reach_is_left_alone(self, angle: float) -> None:
        assert measure(rotated(PAGE, angle), 150).decision is not Decision.TURNED

    def test_two_estimators_that_disagree_turn_nothing(self) -> None:
        """Ruled paper leans one way, the writing on it another."""
        page = rotated(text_page(lines=12), 3.0)
        ruled = np.full_like(page, 255)
        for y in range(60, 1180, 22):
            cv2.line(ruled, (0, y), (849, y - 60), 90, 3)
        skew = measure(np.minimum(page, ruled), 150)
        assert skew.decision in (Decision.DISAGREE, Decision.NO_LINES)
        assert skew.angle == 0.0

    def test_both_estimators_find_the_angle_by_themselves(self) -> None:
        ink = (rotated(PAGE, 4.2) < 140).astype(np.uint8)
        assert by_profile(ink) == pytest.approx(4.2, abs=0.06)
        assert by_feet(ink) == pytest.approx(4.2, abs=AGREE)

    def test_noise_and_tone_have_no_lines(self) -> None:
        for page in (noise(900, 700), np.full((900, 700), 128, np.uint8)):
            assert measure(page, 150).decision is Decision.NO_LINES

    def test_colour_and_resolution_do_not_matter(self) -> None:
        page = rotated(PAGE, -2.0)
        large = cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        for pixels, dpi in (
            (np.repeat(page[:, :, np.newaxis], 3, axis=2), 150.0),
            (np.asarray(large, np.uint8), 300.0),
        ):
            assert measure(pixels, dpi).angle == pytest.approx(-2.0, abs=0.1)

    def test_a_page_that_does_not_say_its_resolution_is_measured(self) -> None:
        large = np.asarray(cv2.resize(rotated(PAGE, 2.0), None, fx=2, fy=2), np.uint8)
        assert measure(large, 0.0).angle == pytest.approx(2.0, abs=0.1)

    @given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([0.0, 72.0, 300.0, 1200.0]))
    @settings(max_examples=40, deadline=None)
    def test_a_picture_of_any_size_can_be_measured(self, height: int, width: int, dpi: float) -> None:
        assert measure(noise(height, width), dpi).angle == 0.0


class TestTurn:
    @given(st.integers(30, 120), st.integers(30, 120), st.floats(-LIMIT, LIMIT), st.booleans())
    @settings(max_examples=40, deadline=None)
    def test_nothing_is_cut_off(self, height: int, width: int, angle: float, colour: bool) -> None:
        page = np.full((height, width, 3) if colour else (height, width), 240, np.uint8)
        middle = height // 2
        # Ink at every corner and in the middle; the edge's own colour is paper.
        for y in (0, middle, height - 4):
            page[y : y + 4, :4], page[y : y + 4, -4:] = 20, 20
        turned, _ = turn(page, angle)
        before, after = (float((240 - each.astype(int)).sum()) for each in (page, turned))
        assert after == pytest.approx(before, rel=0.06)

    @given(st.integers(20, 200), st.integers(20, 200), st.floats(-LIMIT, LIMIT))
    @settings(max_examples=60, deadline=None)
    def test_every_corner_lies_on_the_new_page_and_finds_its_way_back(
        self, height: int, width: int, angle: float
    ) -> None:
        turned, way = turn(np.zeros((height, width), np.uint8), angle)
        for x, y in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)):
            across, down = way.apply(x, y)
            assert -1e-6 <= across <= turned.shape[1] - 1 + 1e-6
            assert -1e-6 <= down <= turned.shape[0] - 1 + 1e-6
            assert way.inverse().apply(across, down) == pytest.approx((x, y), abs=1e-6)

    @given(st.integers(10, 89), st.integers(10, 109), st.floats(-LIMIT, LIMIT))
    @settings(max_examples=30, deadline=None)
    def test_the_transform_says_where_a_dot_went(self, x: int, y: int, angle: float) -> None:
        page = np.full((120, 100), 255, np.uint8)
        page[y - 2 : y + 3, x - 2 : x + 3] = 0
        turned, way = turn(page, angle)
        darkness = 255.0 - turned
        rows, columns = np.indices(turned.shape)
        found = (darkness * columns).sum() / darkness.sum(), (darkness * rows).sum() / darkness.sum()
        assert found == pytest.approx(way.apply(x, y), abs=0.3)

    def test_a_turned_page_is_straight(self) -> None:
        for angle in (-11.0, 3.4):
            straight, _ = turn(rotated(PAGE, angle), measure(rotated(PAGE, angle), 150).angle)
            assert measure(straight, 150).decision is Decision.STRAIGHT

    def test_new_corners_have_the_colour_of_the_edge(self) -> None:
        page = np.full((100, 100, 3), (200, 180, 150), np.uint8)
        page[30:70, 30:70] = 0
        turned, _ = turn(page, 10)
        assert turned[0, 0].tolist() == turned[-1, -1].tolist() == [200, 180, 150]

    def test_no_angle_changes_nothing(self) -> None:
        turned, way = turn(PAGE, 0.0)
        assert np.array_equal(turned, PAGE)
        assert way.apply(17, 29) == (17, 29)
