"""Plots as shapes of SVG 1.1: columns, and courses over time. Templates draw them; a table beside says the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 16, 14, 34
_INNER_WIDTH, _INNER_HEIGHT = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_STEPS = 4
_MOST_LABELS = 8
_LEAST_SHOWN = 2.0

Said = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where (pixels from the left or from above), and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column (pixels): the upper left corner, width and height; `told` is its label and value in words."""

    x: float
    y: float
    width: float
    height: float
    told: str


@dataclass(frozen=True, slots=True)
class Course:
    """One line: `name` says how it is drawn, `points` are (x, y) in pixels."""

    name: str
    points: tuple[tuple[float, float], ...]

    @property
    def path(self) -> str:
        """As the attribute `points` of <polyline> wants it."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class Plot:
    """Shapes on WIDTH x HEIGHT pixels; `left` and `bottom` are where the axes cross."""

    across: tuple[Tick, ...]
    upward: tuple[Tick, ...]
    columns: tuple[Column, ...] = ()
    courses: tuple[Course, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    bottom: int = HEIGHT - _BOTTOM
    right: int = WIDTH - _RIGHT


def columns(values: Sequence[tuple[str, float]], said: Said) -> Plot:
    """A column for each (label, value >= 0), in their order; `said` tells a value in words."""
    top, upward = _upward([value for _, value in values], said)
    slot = _INNER_WIDTH / max(1, len(values))
    drawn, across = [], []
    every = math.ceil(len(values) / _MOST_LABELS)
    for number, (label, value) in enumerate(values):
        tall = max(value / top * _INNER_HEIGHT, _LEAST_SHOWN if value > 0 else 0.0)
        x, y = _LEFT + slot * (number + 0.15), HEIGHT - _BOTTOM - tall
        drawn.append(Column(_pixel(x), _pixel(y), _pixel(slot * 0.7), _pixel(tall), f"{label}: {said(value)}"))
        if number % every == 0:
            across.append(Tick(_pixel(_LEFT + slot * (number + 0.5)), label))
    return Plot(tuple(across), upward, columns=tuple(drawn))


def courses(lines: Mapping[str, Sequence[tuple[float, float]]], when: Said, said: Said) -> Plot:
    """Lines by name through their (x, y >= 0); `when` tells an x in words and `said` a y."""
    xs = [x for line in lines.values() for x, _ in line]
    first, last = min(xs, default=0.0), max(xs, default=1.0)
    span = last - first or 1.0
    top, upward = _upward([y for line in lines.values() for _, y in line], said)
    drawn = tuple(
        Course(
            name,
            tuple(
                (
                    _pixel(_LEFT + (x - first) / span * _INNER_WIDTH),
                    _pixel(HEIGHT - _BOTTOM - y / top * _INNER_HEIGHT),
                )
                for x, y in line
            ),
        )
        for name, line in lines.items()
    )
    marked = [first + span * number / _STEPS for number in range(_STEPS + 1)]
    across = tuple(Tick(_pixel(_LEFT + (x - first) / span * _INNER_WIDTH), when(x)) for x in marked)
    return Plot(across, upward, courses=drawn)


def _upward(values: Sequence[float], said: Said) -> tuple[float, tuple[Tick, ...]]:
    """The value at the top of the axis, which is as round as its steps are, and the marks from 0 to it."""
    step = _round((max(values, default=0.0) or 1.0) / _STEPS)
    top = step * _STEPS
    marks = [step * number for number in range(_STEPS + 1)]
    return top, tuple(Tick(_pixel(HEIGHT - _BOTTOM - mark / top * _INNER_HEIGHT), said(mark)) for mark in marks)


def _round(value: float) -> float:
    """The least of 1, 2, 2.5 and 5 times a power of ten that is not below `value` (> 0)."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(times * power for times in (1, 2, 2.5, 5, 10) if times * power >= value * 0.999999)


def _pixel(value: float) -> float:
    return round(value, 1)
