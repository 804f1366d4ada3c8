"""Boxes keep what they hold, and the chain from scan to master can be walked both ways."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metadata.geometry import Box, Transform

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
