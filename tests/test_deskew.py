"""A crooked page is straightened by the angle it is crooked by; a straight one, a blank one and a photograph never."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import crop, deskew, image
from ingest.deskew import AGREE, LEAST, LIMIT, Decision, measure, turn
from ingest.image import Pixels
from ingest.skew_feet import by_feet
from ingest.skew_profile import Profile, by_profile, ink_of
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


def wild_map(seed: int) -> Pixels:
    """Winding roads, borders and names in all directions, without a frame."""
    draw = np.random.default_rng(seed)
    page = np.full((1100, 800), 235, np.uint8)
    for _ in range(45):
        bends = np.cumsum(draw.normal(0, 0.6, (200, 2)), axis=0) * 0.25 + draw.normal(0, 4, 2)
        road = np.cumsum(bends, axis=0) + draw.uniform((0, 0), (800, 1100))
        cv2.polylines(page, [road.astype(np.int32)], False, int(draw.integers(20, 120)), int(draw.integers(1, 4)))
    for _ in range(25):
        name = np.full((40, 120), 235, np.uint8)
        cv2.putText(name, "Brezova", (4, 26), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 30, 2)
        name = rotated(name, float(draw.uniform(0, 360)))
        top, left = int(draw.integers(0, 1060)), int(draw.integers(0, 680))
        there = page[top : top + 40, left : left + 120]
        np.minimum(there, name, out=there)
    return page


def tone(seed: int, grain: float) -> Pixels:
    """What a photograph is to a straightener: soft light and dark without edges."""
    light = np.asarray(cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (1000, 750)), (0, 0), grain))
    return np.asarray(np.clip(light / light.std() * 40 + 150, 0, 255), np.uint8)


def lines_drawn(seed: int, degrees: float | None) -> Pixels:
    """Lines without letters: ruled paper when they have a direction, else a drawing."""
    draw = np.random.default_rng(seed)
    page = np.full((1100, 800), 225, np.uint8)
    if degrees is None:
        for x, y, right, down in draw.integers(0, 1000, (30, 4)).tolist():
            cv2.line(page, (x, y), (right, down), 40, 2)
        return page
    for y in range(60, 1040, int(draw.integers(12, 30))):
        cv2.line(page, (60, y), (740, round(y + 680 * np.tan(np.radians(degrees)))), 60, 2)
    return page


def two_columns(left: float, right: float) -> Pixels:
    """A page of two columns, each turned by its own angle."""
    columns = [rotated(text_page(width=600, lines=34), angle) for angle in (left, right)]
    return np.hstack(columns)


class TestOurPages:
    """samples/ground_truth/pages.csv knows by how much each page was turned."""

    @pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row['volume'][:4]}-{row['order']}")
    def test_the_skew_is_found_and_a_straight_page_left_alone(self, row: dict[str, str]) -> None:
        known = float(row["skew_degrees"])
        skew = measure(*scanned(SAMPLES / "delivery" / row["volume"] / row["file"]))
        assert skew.angle == pytest.approx(known, abs=0.05)
        assert (skew.decision is Decision.TURNED) == (known != 0)

    def test_a_blank_page_has_nothing_to_straighten(self) -> None:
        row = next(row for row in PAGES if row["kind"] == "blank")
        pixels, dpi = scanned(SAMPLES / "delivery" / row["volume"] / row["file"])
        for angle in (0.0, 5.0):
            assert measure(rotated(pixels, angle), dpi).decision is Decision.NO_LINES

    @pytest.mark.parametrize("kind", ["photograph", "map"])
    def test_a_picture_is_turned_only_by_what_its_frame_and_caption_say(self, kind: str) -> None:
        row = next(row for row in PAGES if row["kind"] == kind)
        pixels, dpi = scanned(SAMPLES / "delivery" / row["volume"] / row["file"])
        for angle in (0.0, 5.0):
            skew = measure(rotated(pixels, angle), dpi)
            assert skew.angle == 0.0 or skew.angle == pytest.approx(angle, abs=0.05)


class TestRealPages:
    """Turned by a known angle on top of what little skew it has, a page is turned back by just that."""

    @pytest.mark.parametrize("name", REAL)
    def test_within_a_tenth_of_a_degree(self, scans: Path, name: str) -> None:
        pixels, dpi = scanned(scans / name)
        own = measure(pixels, dpi).profile
        assert own is not None
        errors = []
        for angle in (-14.5, -2.4, 0.7, 9.0):
            skew = measure(rotated(pixels, angle), dpi)
            assert skew.decision is Decision.TURNED
            errors.append(abs(skew.angle - angle - own))
        assert max(errors) <= 0.1
        assert np.median(errors) <= 0.03

    @pytest.mark.parametrize("name", ["img-colorchecker.jpg", "warped_paper.jpg", "g4-multi.tiff"])
    def test_photographs_and_empty_pages_stay(self, scans: Path, name: str) -> None:
        skew = measure(*scanned(scans / "hard" / name))
        assert (skew.decision, skew.angle) == (Decision.NO_LINES, 0.0)


class TestMeasure:
    @given(st.floats(-19.5, 19.5))
    @settings(max_examples=12, deadline=None)
    def test_any_angle_within_reach_is_found(self, angle: float) -> None:
        skew = measure(rotated(PAGE, angle), 150)
        assert skew.angle == pytest.approx(angle, abs=0.03 if abs(angle) > LEAST + 0.03 else LEAST + 0.03)
        assert skew.angle == 0 or abs(skew.angle) >= LEAST

    @given(st.floats(-15, 15), st.floats(-15, 15))
    @settings(max_examples=6, deadline=None)
    def test_pages_turned_apart_are_measured_as_far_apart(self, first: float, second: float) -> None:
        found = [by_profile(ink_of(rotated(PAGE, angle), 150)) for angle in (first, second)]
        assert all(isinstance(each, Profile) for each in found)
        angles = [each.angle for each in found if each is not None]
        assert angles[0] - angles[1] == pytest.approx(first - second, abs=0.04)

    @pytest.mark.parametrize("angle", [0.0, 0.04, -0.06])
    def test_a_hair_is_not_worth_a_turn(self, angle: float) -> None:
        skew = measure(rotated(PAGE, angle), 150)
        assert (skew.decision, skew.angle) == (Decision.STRAIGHT, 0.0)

    @pytest.mark.parametrize("angle", [22.0, -25.0, 45.0, 90.0])
    def test_what_is_out_of_reach_is_left_alone(self, angle: float) -> None:
        assert measure(rotated(PAGE, angle), 150).angle == 0.0

    @pytest.mark.parametrize(("lean", "angle"), [(0.3, 0.0), (0.5, 6.0), (-0.4, -11.0)])
    def test_columns_that_lean_apart_are_turned_by_their_mean(self, lean: float, angle: float) -> None:
        skew = measure(rotated(two_columns(-lean / 2, lean / 2), angle), 150)
        assert skew.angle == pytest.approx(angle, abs=0.12)

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
        ink = ink_of(rotated(PAGE, 4.2), 150)
        profile = by_profile(ink)
        assert profile is not None
        assert profile.angle == pytest.approx(4.2, abs=0.02)
        assert profile.gain > 1
        assert 0.3 < profile.fit <= 1
        assert by_feet(ink) == pytest.approx(4.2, abs=AGREE / 2)

    def test_colour_and_resolution_do_not_matter(self) -> None:
        page = rotated(PAGE, -2.0)
        large = cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        for pixels, dpi in (
            (np.repeat(page[:, :, np.newaxis], 3, axis=2), 150.0),
            (np.asarray(large, np.uint8), 300.0),
            (np.asarray(large, np.uint8), 0.0),
        ):
            assert measure(pixels, dpi).angle == pytest.approx(-2.0, abs=0.03)

    def test_the_black_corners_of_a_page_turned_in_the_scanner_do_not_matter(self) -> None:
        bed = cv2.copyMakeBorder(PAGE, 120, 120, 120, 120, cv2.BORDER_CONSTANT, value=8)
        assert measure(rotated(np.asarray(bed, np.uint8), 3.3), 150).angle == pytest.approx(3.3, abs=0.05)

    @given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([0.0, 72.0, 300.0, 1200.0]))
    @settings(max_examples=40, deadline=None)
    def test_a_picture_of_any_size_can_be_measured(self, height: int, width: int, dpi: float) -> None:
        assert measure(noise(height, width), dpi).angle == 0.0


class TestDecision:
    """What follows from what the two estimators say."""

    @pytest.mark.parametrize(
        ("profile", "feet", "decision", "angle"),
        [
            (None, 2.0, Decision.NO_LINES, 0.0),
            (Profile(2.0, 0.7, 1.5), None, Decision.NO_LINES, 0.0),
            (Profile(2.0, 0.7, 1.5), 2.3, Decision.TURNED, 2.0),
            (Profile(-2.0, 0.7, 1.5), -2.8, Decision.TURNED, -2.0),  # bent lines
            (Profile(2.0, 0.35, 1.5), 2.8, Decision.DISAGREE, 0.0),
            (Profile(2.0, 0.7, 1.5), -3.0, Decision.DISAGREE, 0.0),
            (Profile(2.0, 0.2, 1.5), -3.0, Decision.NO_LINES, 0.0),
            (Profile(0.09, 0.7, 1.5), 0.2, Decision.STRAIGHT, 0.0),
            (Profile(0.3, 0.2, 1.5), -0.3, Decision.STRAIGHT, 0.0),
            (Profile(0.3, 0.7, 1.0), 0.3, Decision.NO_GAIN, 0.0),
        ],
    )
    def test_it_turns_only_what_both_see(
        self,
        monkeypatch: pytest.MonkeyPatch,
        profile: Profile | None,
        feet: float | None,
        decision: Decision,
        angle: float,
    ) -> None:
        monkeypatch.setattr(deskew, "by_profile", lambda _: profile)
        monkeypatch.setattr(deskew, "by_feet", lambda _: feet)
        skew = measure(PAGE, 150)
        assert (skew.decision, skew.angle) == (decision, angle)
        assert skew.profile == (None if profile is None else profile.angle)


class TestNothingToStraighten:
    """What has no lines of type is never turned, whatever it looks like."""

    @given(st.integers(0, 255), st.integers(0, 6), st.floats(-15, 15))
    @settings(max_examples=8, deadline=None)
    def test_blank_paper(self, shade: int, grain: int, angle: float) -> None:
        paper = np.random.default_rng(shade).normal(shade, grain, (900, 700))
        skew = measure(rotated(np.clip(paper, 0, 255).astype(np.uint8), angle), 150)
        assert (skew.decision, skew.angle) == (Decision.NO_LINES, 0.0)

    @given(st.integers(0, 1_000_000), st.sampled_from([0.0, 1.0, 2.0, 4.0, 8.0, 20.0]))
    @settings(max_examples=12, deadline=None)
    def test_noise_and_tone(self, seed: int, grain: float) -> None:
        page = tone(seed, grain) if grain else noise(900, 700, seed=seed)
        assert measure(page, 150).angle == 0.0

    @given(st.integers(0, 1_000_000))
    @settings(max_examples=10, deadline=None)
    def test_a_map(self, seed: int) -> None:
        assert measure(wild_map(seed), 150).angle == 0.0

    @given(st.integers(0, 1_000_000), st.none() | st.floats(-8, 8))
    @settings(max_examples=10, deadline=None)
    def test_lines_without_letters(self, seed: int, degrees: float | None) -> None:
        assert measure(lines_drawn(seed, degrees), 150).angle == 0.0


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


BEDS = {"black": 16, "grey": 120, "white": 252}
SHEETS = ("blank", "photograph", "map")


def sheet(kind: str) -> Pixels:
    """A page without a line of text, 900 by 640 pixels."""
    if kind == "map":
        return np.asarray(cv2.resize(wild_map(4), (640, 900), interpolation=cv2.INTER_AREA), np.uint8)
    paper = np.full((900, 640), 222, np.uint8)
    if kind == "photograph":
        paper[120:700, 80:560] = tone(3, 4.0)[:580, :480]
    return paper


def bedded(kind: str, bed: str, angle: float) -> Pixels:
    """The page on a scanner's bed with grain, turned clockwise by `angle`."""
    scan = cv2.copyMakeBorder(sheet(kind), 90, 130, 110, 80, cv2.BORDER_CONSTANT, value=BEDS[bed])
    way = cv2.getRotationMatrix2D(((scan.shape[1] - 1) / 2, (scan.shape[0] - 1) / 2), -angle, 1.0)
    turned = cv2.warpAffine(scan, way, scan.shape[1::-1], flags=cv2.INTER_LINEAR, borderValue=BEDS[bed])
    grain = np.random.default_rng(8).normal(0, 2, turned.shape)
    return np.asarray((turned + grain).clip(0, 255), np.uint8)


def by_edges(scan: Pixels, dpi: float = 100) -> deskew.Skew:
    """The page measured as the workflow does: its edges first."""
    return measure(scan, dpi, edges=crop.measure(scan).sure_angle)


class TestEdges:
    """A page without text on a scanner's bed is turned by its own edges, and only then."""

    @pytest.mark.parametrize(
        ("kind", "bed"),
        [("blank", "black"), ("blank", "grey"), ("map", "black"), ("map", "grey"), ("photograph", "grey")],
    )
    @pytest.mark.parametrize("angle", [-6.0, 0.7, 3.0])
    def test_a_page_without_text_is_turned_by_its_edges(self, kind: str, bed: str, angle: float) -> None:
        skew = by_edges(bedded(kind, bed, angle))
        assert skew.decision is Decision.EDGES
        assert skew.angle == pytest.approx(angle, abs=0.06)

    @pytest.mark.parametrize("kind", SHEETS)
    @pytest.mark.parametrize("bed", BEDS)
    @pytest.mark.parametrize("angle", [-3.0, 5.0])
    def test_no_page_is_turned_otherwise_than_it_lies(self, kind: str, bed: str, angle: float) -> None:
        """Left alone, as on a white bed, is allowed; another angle is not."""
        assert by_edges(bedded(kind, bed, angle)).angle in (0.0, pytest.approx(angle, abs=0.1))

    @pytest.mark.parametrize("bed", BEDS)
    @pytest.mark.parametrize("kind", SHEETS)
    def test_a_straight_page_stays(self, kind: str, bed: str) -> None:
        assert by_edges(bedded(kind, bed, 0.0)).angle == 0.0

    @pytest.mark.parametrize("kind", SHEETS)
    def test_without_a_bed_nothing_is_turned(self, kind: str) -> None:
        assert by_edges(rotated(sheet(kind), 0.0)).angle == 0.0
        assert crop.measure(sheet(kind)).sure_angle is None

    def test_type_goes_before_paper(self) -> None:
        scan = cv2.copyMakeBorder(rotated(PAGE, 2.0), 90, 90, 90, 90, cv2.BORDER_CONSTANT, value=16)
        skew = by_edges(np.asarray(scan, np.uint8), 150)
        assert skew.decision is Decision.TURNED
        assert skew.angle == pytest.approx(2.0, abs=0.05)

    @pytest.mark.parametrize("angle", [0.1, -0.14, 21.0])
    def test_a_hair_and_what_is_out_of_reach_are_left(self, angle: float) -> None:
        assert measure(sheet("blank"), 100, edges=angle).decision is Decision.NO_LINES

    def test_sides_that_are_not_parallel_say_nothing(self) -> None:
        """A leaf torn off aslant: two sides straight, two not."""
        scan = np.full((1100, 840), 16, np.uint8)
        corners = np.array([(110, 90), (740, 90), (690, 990), (110, 950)], np.int32)
        cv2.fillConvexPoly(scan, corners, 222, cv2.LINE_AA)
        assert crop.measure(scan).sure_angle is None
        assert by_edges(scan).angle == 0.0

    @pytest.mark.parametrize("name", ["cs-typewriter-ehri/EHRI-ET-JMP011_02.jpg", "la-fr-nubis/1khm_1659_1.jpg"])
    @pytest.mark.parametrize("angle", [0.0, 2.3])
    def test_the_paper_of_real_pages_on_a_bed(self, scans: Path, name: str, angle: float) -> None:
        pixels, _ = scanned(scans / name)
        small = cv2.resize(pixels, (640, 900), interpolation=cv2.INTER_AREA)
        paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((25, 25), np.uint8)), (0, 0), 6)
        scan = cv2.copyMakeBorder(paper, 100, 90, 120, 80, cv2.BORDER_CONSTANT, value=20)
        way = cv2.getRotationMatrix2D(((scan.shape[1] - 1) / 2, (scan.shape[0] - 1) / 2), -angle, 1.0)
        turned = np.asarray(cv2.warpAffine(scan, way, scan.shape[1::-1], borderValue=20), np.uint8)
        assert by_edges(turned).angle == pytest.approx(angle, abs=0.1)
