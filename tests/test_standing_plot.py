"""Plots: every value where it belongs, inside the frame, and axes that begin at nothing and end above everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.catalogue.standing.plot import HEIGHT, WIDTH, columns, courses

_VALUES = st.floats(0, 1e15, allow_nan=False)


@given(st.lists(st.tuples(st.text(max_size=5), _VALUES), max_size=60))
def test_columns_stand_on_the_axis_within_the_frame(values: list[tuple[str, float]]) -> None:
    plot = columns(values, str)
    assert len(plot.columns) == len(values)
    for (label, value), column in zip(values, plot.columns, strict=True):
        assert column.y + column.height == pytest.approx(plot.bottom, abs=0.2)
        assert 0 <= column.y <= HEIGHT
        assert plot.left <= column.x
        assert column.x + column.width <= WIDTH
        assert (column.height > 0) == (value > 0)
        assert column.told == f"{label}: {value}"
    assert len(plot.across) <= 8


@given(st.lists(st.tuples(st.floats(0, 1e6), _VALUES), min_size=1, max_size=30))
def test_courses_go_up_where_values_do(line: list[tuple[float, float]]) -> None:
    plot = courses({"used": line}, str, str)
    (course,) = plot.courses
    for (_, before), (_, after), (_, high), (_, low) in zip(
        line, line[1:], course.points, course.points[1:], strict=False
    ):
        assert (after > before) <= (low <= high)
    for x, y in course.points:
        assert plot.left <= x <= plot.right
        assert 0 <= y <= plot.bottom
    assert len(course.path.split()) == len(line)


def test_the_axis_is_round_and_begins_at_nothing() -> None:
    plot = columns([("a", 240.0), ("b", 7.0)], lambda value: f"{value:g}")
    assert [tick.label for tick in plot.upward] == ["0", "100", "200", "300", "400"]
    tall, small = (column.height for column in plot.columns)
    assert tall / small == pytest.approx(240 / 7, rel=0.02)
