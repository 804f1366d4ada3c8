"""What image requests mean: IIIF Image API 3.0 §4, its own example and any page and request there may be."""

from __future__ import annotations

import math
import string
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from repository.catalogue.iiif.image_request import LONGEST, TYPES, Refused, Rendering, largest, rendering

AREA = 25_000_000
PAGE = (300, 200)
SIDES = st.tuples(st.integers(1, 40_000), st.integers(1, 40_000))
PAGES = st.tuples(st.integers(900, 20_000), st.integers(900, 20_000))
AREAS = st.integers(1_000_000, 400_000_000)


def asked(
    region: str = "full", size: str = "max", turn: str = "0", last: str = "default.jpg", page: tuple[int, int] = PAGE
) -> Rendering:
    return rendering((region, size, turn, last), page, AREA)


def outcome(told: tuple[str, str, str, str], page: tuple[int, int], area: int) -> Rendering | Refused:
    """What comes of a request."""
    try:
        return rendering(told, page, area)
    except Refused as refused:
        return refused


def requests() -> st.SearchStrategy[tuple[str, str, str, str]]:
    """Requests that look like some, most of them sensible."""
    pixels = st.lists(st.integers(0, 900).map(str), min_size=4, max_size=4).map(",".join)
    percent = st.lists(st.decimals(0, 99, places=3).map(str), min_size=4, max_size=4).map(",".join)
    regions = st.sampled_from(["full", "square"]) | pixels | percent.map("pct:{}".format)
    side = st.integers(1, 2000).map(str)
    box = st.tuples(side, side).map(",".join)
    sizes = st.just("max") | box | box.map("!{}".format) | side.map("{},".format) | side.map(",{}".format)
    sizes |= st.decimals(1, 130, places=2).map("pct:{}".format)
    marked = st.tuples(st.sampled_from(["", "^", "^"]), sizes).map("".join)
    turns = st.tuples(st.sampled_from(["", "!"]), st.decimals(0, 360, places=2).map(str)).map("".join)
    last = st.tuples(st.sampled_from(["default", "color", "gray", "bitonal"]), st.sampled_from(list(TYPES)))
    return st.tuples(regions, marked, turns, last.map(".".join))


class TestRegion:
    @pytest.mark.parametrize(
        ("told", "region"),
        [
            ("full", (0, 0, 300, 200)),
            ("square", (50, 0, 200, 200)),
            ("125,15,120,140", (125, 15, 120, 140)),
            ("pct:41.6,7.5,40,70", (125, 15, 120, 140)),
            ("125,15,200,200", (125, 15, 175, 185)),
            ("pct:41.6,7.5,66.6,100", (125, 15, 175, 185)),
        ],
    )
    def test_the_examples_of_the_standard(self, told: str, region: tuple[int, int, int, int]) -> None:
        assert asked(told).region == region

    @pytest.mark.parametrize(
        "told",
        [
            "", "FULL", "0,0,0,10", "0,0,10,0", "300,0,10,10", "0,200,10,10", "-1,0,10,10", "0,0,10", "0,0,10,10,10",
            "1e1,0,10,10", "0.5,0,10,10", "pct:0,0,0,10", "pct:100,0,10,10", "pct:-1,0,1,1", "pct:nan,0,1,1", "full ",
            "full\n", "٠,٠,١٠,١٠", "pct:.5,0,10,10", "pct:0,0,0.01,0.01", "9999999999,0,1,1", "0x0,0,1,1",
        ],
    )  # fmt: skip
    def test_anything_else_is_refused(self, told: str) -> None:
        with pytest.raises(Refused) as refused:
            asked(told)
        assert refused.value.status == 400


class TestSize:
    @pytest.mark.parametrize(
        ("told", "size"),
        [
            ("max", (300, 200)),
            ("150,", (150, 100)),
            (",150", (225, 150)),
            ("pct:50", (150, 100)),
            ("225,100", (225, 100)),
            ("!225,100", (150, 100)),
            ("^360,", (360, 240)),
            ("^,240", (360, 240)),
            ("^pct:120", (360, 240)),
            ("^360,360", (360, 360)),
            ("^!360,360", (360, 240)),
            ("^150,", (150, 100)),
            ("300,200", (300, 200)),
        ],
    )
    def test_the_examples_of_the_standard(self, told: str, size: tuple[int, int]) -> None:
        assert asked(size=told).size == size

    @pytest.mark.parametrize(
        ("told", "sentence"),
        [
            ("301,", "iiif.upscaled"), (",201", "iiif.upscaled"), ("300,201", "iiif.upscaled"),
            ("pct:100.1", "iiif.upscaled"), ("pct:101", "iiif.upscaled"), ("!400,300", "iiif.upscaled"),
            ("0,", "iiif.too_small"), (",0", "iiif.too_small"), ("pct:0", "iiif.too_small"),
            ("pct:0.1", "iiif.too_small"), ("!0,9", "iiif.too_small"), ("^99999999,", "iiif.too_large"),
            ("^99999999,99999999", "iiif.too_large"), ("^16384,1", "iiif.too_large"), ("^5001,5001", "iiif.too_large"),
            ("^pct:999999999", "iiif.too_large"), ("", "iiif.bad_size"), (",", "iiif.bad_size"),
            ("^", "iiif.bad_size"), ("^^max", "iiif.bad_size"), ("full", "iiif.bad_size"), ("-1,", "iiif.bad_size"),
            ("1e3,", "iiif.bad_size"), ("!100,", "iiif.bad_size"), ("NaN,", "iiif.bad_size"),
            ("max\n", "iiif.bad_size"),
            ("١٠,", "iiif.bad_size"), ("9" * 5000 + ",", "iiif.bad_size"), ("pct:-1", "iiif.bad_size"),
        ],
    )  # fmt: skip
    def test_anything_else_is_refused_and_says_why(self, told: str, sentence: str) -> None:
        if told == "pct:100.1":  # less than half a pixel more: no enlarging
            assert asked(size=told, page=(30, 20)).size == (30, 20)
        with pytest.raises(Refused) as refused:
            asked(size=told, page=(3000, 2000) if told == "pct:100.1" else PAGE)
        assert (refused.value.status, refused.value.sentence) == (400, sentence)

    def test_of_a_page_larger_than_we_give_the_largest_is_given(self) -> None:
        map_sheet = (20_000, 10_000)
        assert asked(page=map_sheet).size == (7070, 3535)
        assert asked(size="!30000,8000", page=map_sheet).size == (7070, 3535)
        assert asked(size="^max", page=PAGE).size == (6123, 4082)
        with pytest.raises(Refused):
            asked(size="20000,", page=map_sheet)

    @given(SIDES, AREAS)
    def test_the_largest_is_within_bounds_and_hardly_more_would_fit(self, sides: tuple[int, int], area: int) -> None:
        for enlarged in (False, True):
            width, height = largest(sides, area, enlarged=enlarged)
            assert width * height <= area
            assert 1 <= min(width, height) <= max(width, height) <= LONGEST
            assert enlarged or (width <= sides[0] and height <= sides[1])
            best = min(math.sqrt(area / (sides[0] * sides[1])), LONGEST / max(sides))
            scale = best if enlarged else min(1.0, best)
            assert min(width, height) >= math.floor(min(sides) * scale) - 1


class TestTurnQualityFormat:
    @pytest.mark.parametrize(
        ("told", "mirrored", "turn"),
        [("0", False, "0"), ("!0", True, "0"), ("180", False, "180"), ("22.50", False, "22.5"), ("360", False, "0"),
         ("090", False, "90"), ("!0.0", True, "0"), ("100", False, "100")],
    )  # fmt: skip
    def test_turns_are_written_without_needless_digits(self, told: str, turn: str, *, mirrored: bool) -> None:
        made = asked(turn=told)
        assert (made.mirrored, made.turn) == (mirrored, turn)

    @pytest.mark.parametrize(
        "told", ["", "-1", "361", "360.1", "1e2", "NaN", "inf", "!", "!!0", "0 ", "٩٠", "1000000000"]
    )
    def test_no_other_turn_is_known(self, told: str) -> None:
        with pytest.raises(Refused):
            asked(turn=told)

    @pytest.mark.parametrize(
        ("told", "status"),
        [("default.jp2", 501), ("gray.pdf", 501), ("native.jpg", 400), ("default", 400), ("default.", 400),
         ("default.JPG", 400), ("default.jpg.exe", 400), (".jpg", 400), ("default.bmp", 400), ("", 400)],
    )  # fmt: skip
    def test_what_is_not_done_is_told_from_what_is_nothing(self, told: str, status: int) -> None:
        with pytest.raises(Refused) as refused:
            asked(last=told)
        assert refused.value.status == status


class TestCanonical:
    @pytest.mark.parametrize(
        ("told", "canonical"),
        [
            (("0,0,300,200", "300,200", "0.00", "color.jpg"), "full/max/0/default.jpg"),
            (("pct:0,0,100,100", "pct:100", "360", "default.png"), "full/max/0/default.png"),
            (("square", "100,", "!090", "gray.webp"), "50,0,200,200/100,100/!90/gray.webp"),
            (("full", "^!600,600", "0", "bitonal.tif"), "full/^600,400/0/bitonal.tif"),
            (("full", "^max", "22.5", "default.gif"), "full/^max/22.5/default.gif"),
            (("full", "^150,", "0", "default.jpg"), "full/150,100/0/default.jpg"),
        ],
    )
    def test_an_image_has_one_address(self, told: tuple[str, str, str, str], canonical: str) -> None:
        assert rendering(told, PAGE, AREA).canonical == canonical

    @given(requests(), PAGES, AREAS)
    def test_its_canonical_address_asks_for_the_same_image(
        self, told: tuple[str, str, str, str], page: tuple[int, int], area: int
    ) -> None:
        made = outcome(told, page, area)
        assume(isinstance(made, Rendering))
        assert isinstance(made, Rendering)
        region, size, turn, last = made.canonical.split("/")
        assert rendering((region, size, turn, last), page, area) == made

    @given(requests(), PAGES, AREAS)
    def test_what_is_made_lies_on_the_page_and_within_bounds(
        self, told: tuple[str, str, str, str], page: tuple[int, int], area: int
    ) -> None:
        made = outcome(told, page, area)
        if isinstance(made, Refused):
            assert made.status == 400
            return
        x, y, width, height = made.region
        assert 0 <= x < x + width <= page[0]
        assert 0 <= y < y + height <= page[1]
        assert min(made.size) >= 1
        assert made.size[0] * made.size[1] <= area
        assert told[1].startswith("^") or (made.size[0] <= width and made.size[1] <= height)
        if told[1].lstrip("^").startswith("!"):
            box = [Fraction(side) for side in told[1].lstrip("^!").split(",")]
            assert made.size[0] <= box[0]
            assert made.size[1] <= box[1]

    @given(st.tuples(*[st.text(string.printable + "٣\x00é", max_size=12)] * 4), SIDES)
    def test_any_text_is_a_request_or_refused(self, told: tuple[str, str, str, str], page: tuple[int, int]) -> None:
        made = outcome(told, page, AREA)
        assert isinstance(made, Rendering) or (made.status in (400, 501) and made.sentence.startswith("iiif."))
