"""Boxes keep what they hold, and the chain from scan to master can be walked both ways."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metadata.geometry import Bend, Box, Chain, Transform
from metadata.record import from_json, to_json

EDGE = st.integers(-5000, 5000)
SIZE = st.integers(0, 5000)
BOXES = st.builds(Box, EDGE, EDGE, SIZE, SIZE)
NUMBER = st.floats(-1000, 1000)
TRANSFORMS = st.builds(Transform, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER)
POINTS = st.tuples(NUMBER, NUMBER)


def holds(outer: Box, inner: Box) -> bool:
    """Whether `inner` lies within `outer`."""
    across = outer.left <= inner.left and inner.right <= outer.right
    return across and outer.top <= inner.top and inner.bottom <= outer.bottom


class TestBox:
    def test_a_box_inside_out_cannot_be_made(self) -> None:
        for width, height in ((-1, 5), (5, -1)):
            with pytest.raises(ValueError, match="inside out"):
                Box(0, 0, width, height)

    def test_right_and_bottom_are_the_first_pixels_outside(self) -> None:
        assert (Box(10, 20, 5, 6).right, Box(10, 20, 5, 6).bottom) == (15, 26)

    @given(BOXES)
    @settings(deadline=None)
    def test_edges_in_either_order_give_the_same_box(self, box: Box) -> None:
        assert Box.between(box.left, box.top, box.right, box.bottom) == box
        assert Box.between(box.right, box.bottom, box.left, box.top) == box

    @given(st.lists(BOXES, min_size=1, max_size=5))
    @settings(deadline=None)
    def test_around_holds_every_box_and_touches_on_every_side(self, boxes: list[Box]) -> None:
        whole = Box.around(boxes)
        assert all(holds(whole, box) for box in boxes)
        assert whole.left in {b.left for b in boxes}
        assert whole.bottom in {b.bottom for b in boxes}

    @given(BOXES, SIZE, SIZE)
    @settings(deadline=None)
    def test_inside_never_leaves_the_image(self, box: Box, width: int, height: int) -> None:
        assert holds(Box(0, 0, width, height), box.inside(width, height))

    @given(BOXES)
    @settings(deadline=None)
    def test_a_box_on_the_image_stays_as_it_is(self, box: Box) -> None:
        assume(box.left >= 0 and box.top >= 0)
        assert box.inside(box.right, box.bottom) == box

    def test_a_box_beside_the_image_shrinks_to_nothing(self) -> None:
        assert Box(300, 10, 50, 20).inside(200, 100) == Box(200, 10, 0, 20)

    @given(BOXES, st.floats(0.1, 8), st.floats(0.1, 8))
    @settings(deadline=None)
    def test_scaling_grows_outwards_by_less_than_a_pixel(self, box: Box, x: float, y: float) -> None:
        scaled = box.scaled(x, y)
        assert scaled.left <= box.left * x < scaled.left + 1
        assert scaled.right - 1 < box.right * x <= scaled.right
        assert scaled.top <= box.top * y < scaled.top + 1
        assert scaled.bottom - 1 < box.bottom * y <= scaled.bottom


class TestTransform:
    @given(POINTS)
    @settings(deadline=None)
    def test_the_plain_transform_moves_nothing(self, point: tuple[float, float]) -> None:
        assert Transform().apply(*point) == point

    @given(TRANSFORMS, TRANSFORMS, POINTS)
    @settings(deadline=None)
    def test_a_chain_moves_points_as_its_links_do(self, a: Transform, b: Transform, point: tuple[float, float]) -> None:
        in_steps = b.apply(*a.apply(*point))
        assert a.then(b).apply(*point) == pytest.approx(in_steps, rel=1e-6, abs=1e-3)

    @given(TRANSFORMS, POINTS)
    @settings(deadline=None)
    def test_there_and_back_again(self, way: Transform, point: tuple[float, float]) -> None:
        stretch = max(abs(value) for value in (way.a, way.b, way.d, way.e))
        assume(abs(way.a * way.e - way.b * way.d) > 0.01 * max(1.0, stretch**2))
        assert way.inverse().apply(*way.apply(*point)) == pytest.approx(point, rel=1e-6, abs=1e-3)

    def test_what_flattens_a_page_cannot_be_undone(self) -> None:
        with pytest.raises(ValueError, match="cannot be undone"):
            Transform(1, 2, 0, 2, 4, 0).inverse()

    @given(st.floats(-180, 180), SIZE, SIZE, SIZE, SIZE)
    @settings(deadline=None)
    def test_a_turn_keeps_the_centre_in_the_centre(
        self, degrees: float, width: int, height: int, new_width: int, new_height: int
    ) -> None:
        moved = Transform.turn(degrees, width, height, new_width, new_height).apply((width - 1) / 2, (height - 1) / 2)
        assert moved == pytest.approx(((new_width - 1) / 2, (new_height - 1) / 2), abs=1e-6)

    @given(st.floats(-180, 180), POINTS, POINTS)
    @settings(deadline=None)
    def test_a_turn_keeps_distances(self, degrees: float, one: tuple[float, float], other: tuple[float, float]) -> None:
        way = Transform.turn(degrees, 400, 600, 700, 700)
        assert math.dist(way.apply(*one), way.apply(*other)) == pytest.approx(math.dist(one, other), abs=1e-6)

    def test_a_quarter_turn_is_clockwise_on_screen(self) -> None:
        # The top left corner of a page goes to its top right.
        assert Transform.turn(90, 40, 60, 60, 40).apply(0, 0) == pytest.approx((59, 0))

    def test_turns_add_up(self) -> None:
        first, second = Transform.turn(10, 100, 100, 100, 100), Transform.turn(20, 100, 100, 100, 100)
        both = Transform.turn(30, 100, 100, 100, 100)
        assert first.then(second).apply(3, 7) == pytest.approx(both.apply(3, 7))

    @given(st.integers(-500, 500), st.integers(-500, 500))
    @settings(deadline=None, max_examples=30)
    def test_a_cut_makes_the_corner_the_origin(self, left: int, top: int) -> None:
        assert Transform.cut(Box(left, top, 7, 9)).apply(left + 3, top + 2) == (3, 2)


COEFFICIENTS = st.lists(st.floats(-60, 60), min_size=1, max_size=4).map(tuple)
BENDS = st.builds(
    Bend, st.integers(600, 3000), st.integers(1200, 4000), st.floats(-50, 50), COEFFICIENTS, COEFFICIENTS, st.booleans()
)
GENTLE = st.builds(
    Transform.turn, st.floats(-15, 15), st.just(2000), st.just(3000), st.integers(2000, 2500), st.integers(3000, 3500)
)
CHAINS = st.lists(st.one_of(BENDS, GENTLE), max_size=5).map(lambda links: Chain(tuple(links)))
PLACES = st.tuples(st.floats(0, 3000), st.floats(0, 4000))


class TestBend:
    @given(BENDS, PLACES)
    @settings(deadline=None, max_examples=60)
    def test_there_and_back_is_the_same_point(self, bend: Bend, place: tuple[float, float]) -> None:
        assert bend.inverse().apply(*bend.apply(*place)) == pytest.approx(place, abs=1e-6)

    def test_the_middle_column_moves_by_the_offset_only(self) -> None:
        bend = Bend(101, 201, 5.0, (3.0, -2.0), (1.0, 4.0))
        assert bend.apply(50, 120) == pytest.approx((50, 125))

    def test_edges_move_by_the_sum_of_shift_and_stretch(self) -> None:
        bend = Bend(101, 201, 0.0, (3.0, 2.0), (1.0, 4.0))
        assert bend.apply(100, 200) == pytest.approx((100, 200 + 5 + 5))
        assert bend.apply(100, 0) == pytest.approx((100, 5 - 5))
        assert bend.apply(0, 200) == pytest.approx((0, 200 - 1 + 3))

    def test_a_page_is_not_folded(self) -> None:
        with pytest.raises(ValueError, match="folds"):
            Bend(100, 100, 0.0, (), (30.0, 20.0))

    @pytest.mark.parametrize(("width", "height"), [(1, 50), (50, 1), (0, 0)])
    def test_less_than_two_pixels_cannot_be_bent(self, width: int, height: int) -> None:
        with pytest.raises(ValueError, match="cannot be bent"):
            Bend(width, height, 0.0, (), ())


class TestChain:
    def test_nothing_done_changes_nothing(self) -> None:
        assert Chain().apply(3.5, 4.5) == (3.5, 4.5)
        assert Chain().box(Box(3, 4, 5, 6)) == Box(3, 4, 5, 6)

    @given(CHAINS, PLACES)
    @settings(deadline=None, max_examples=60)
    def test_there_and_back_is_the_same_point(self, chain: Chain, place: tuple[float, float]) -> None:
        assert chain.inverse().apply(*chain.apply(*place)) == pytest.approx(place, abs=1e-3)

    @given(CHAINS, CHAINS, PLACES)
    @settings(deadline=None, max_examples=60)
    def test_composed_is_one_after_the_other(self, first: Chain, second: Chain, place: tuple[float, float]) -> None:
        assert first.then(second).apply(*place) == pytest.approx(second.apply(*first.apply(*place)), abs=1e-3)

    @given(CHAINS, CHAINS, CHAINS, PLACES)
    @settings(deadline=None, max_examples=30)
    def test_grouping_does_not_matter(self, one: Chain, two: Chain, three: Chain, place: tuple[float, float]) -> None:
        grouped = one.then(two.then(three)).apply(*place)
        assert one.then(two).then(three).apply(*place) == pytest.approx(grouped, abs=1e-3)

    @given(st.lists(TRANSFORMS, min_size=1, max_size=4))
    @settings(deadline=None, max_examples=20)
    def test_transforms_become_one(self, transforms: list[Transform]) -> None:
        chain = Chain()
        for transform in transforms:
            chain = chain.then(transform)
        assert len(chain.links) == 1

    @given(BOXES, st.integers(-300, 300), st.integers(-300, 300))
    @settings(deadline=None, max_examples=40)
    def test_a_box_moves_with_a_cut_and_keeps_its_size(self, box: Box, left: int, top: int) -> None:
        moved = Chain((Transform.cut(Box(left, top, 1, 1)),)).box(box)
        assert moved == Box(box.left - left, box.top - top, box.width, box.height)

    @given(CHAINS, st.integers(0, 2000), st.integers(0, 3000), st.integers(4, 200), st.integers(4, 60))
    @settings(deadline=None, max_examples=40)
    def test_a_box_there_and_back_holds_what_it_held(
        self, chain: Chain, left: int, top: int, width: int, height: int
    ) -> None:
        middle = left + width / 2, top + height / 2
        there = chain.box(Box(left, top, width, height))
        x, y = chain.apply(*middle)
        assert there.left <= x <= there.right
        assert there.top <= y <= there.bottom

    def test_a_page_turned_upside_down_keeps_its_boxes(self) -> None:
        chain = Chain((Transform.turn(180, 100, 200, 100, 200),))
        assert chain.box(Box(10, 20, 30, 40)) == Box(60, 140, 30, 40)

    @given(CHAINS)
    @settings(deadline=None, max_examples=30)
    def test_a_chain_is_read_as_it_was_written(self, chain: Chain) -> None:
        assert from_json(Chain, to_json(chain)) == chain
