"""White strips between columns of type, found from the words alone.

A gutter is where, over many rows, no word stands although there is text on both sides. In running text the blanks of
two or three lines meet by chance, never those of eight. A row of the search is about one line of type high, so that
lines of two columns need not stand level.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from metadata.geometry import Box
from metadata.text import Block, Line

Table = NDArray[np.float64]
Flags = NDArray[np.bool_]

_FEWEST_ROWS = 8
# Where the page has a gutter at this place already, so many rows below or above show that it goes on.
_FEWEST_ROWS_AGAIN = 3
_LETTERS = 6  # on either side of a row: fewer are a page number, a price, a mark
_STEP = 0.2
_HALF = 0.15
_SURE = 0.5
_READ_WELL = 0.6
_BEYOND = 4.0  # sizes of type by which a line that spans columns reaches into both of them
_CAPTION = 2.0
_CROSSED_SURELY = 8.0
_CROSSED = 1.5
_DOUBTED = 0.75
_READ_ACROSS = 0.2
_PITCH = (1.1, 2.5)
_USUAL_PITCH = 1.25


@dataclass(frozen=True, slots=True)
class Gutter:
    """A white strip around the pixel column `x`, from the pixel row `top` to before `bottom`.

    `between` are the lines (by their places) that lie on it with text on both sides: a caption among columns.
    """

    x: int
    top: int
    bottom: int
    between: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Type:
    """How high words usually are (`size`) and how far it is from line to line (`pitch`), pixels; 0 without words."""

    size: float
    pitch: float


@dataclass(frozen=True, slots=True)
class _Rows:
    """What stands in each row (first axis) seen from each place where a gutter may be (second axis, `places` pixels).

    white: text on both sides, nothing between.
    nearly: the same, but the text of one side may be in the next row.
    spanned: by what belongs to neither side (a heading, a rule).
    crossed: by a word that may have been read wrongly across the gutter; `doubted`: by words that are doubtful only.
    text, on_left: there is a word at all, there is one on the left.
    lined: by a line, be it between two of its words.
    island: for each line, whether it has text on both sides.
    """

    places: Table
    white: Flags
    nearly: Flags
    spanned: Flags
    crossed: Flags
    doubted: Flags
    text: Flags
    on_left: Flags
    lined: Flags
    island: Flags


def usual_type(lines: Iterable[Line], blocks: Iterable[Block] = ()) -> Type:
    """The usual type of `lines`; its pitch is that of the lines within `blocks`."""
    heights = [word.box.height for line in lines for word in line.words if len(word.text) > 2]
    size = float(np.median(heights)) if heights else 0.0
    pairs = [pair for block in blocks for pair in pairwise(block.lines)]
    steps = [step for one, two in pairs if (step := two.box.top - one.box.top) > 0.5 * size]
    pitch = float(np.median(steps)) if steps else _USUAL_PITCH * size
    return Type(size, min(max(pitch, _PITCH[0] * size), _PITCH[1] * size))


def gutter(lines: Sequence[Line], kind: Type, rules: Sequence[Box] = (), known: Sequence[int] = ()) -> Gutter | None:
    """The gutter that most rows of `lines` show, or None.

    Args:
        lines: the lines of a part of a page.
        kind: the usual type of the page.
        rules: printed rules that lie across; a gutter ends at them.
        known: where this page has gutters already (pixel columns).
    """
    words = _Words.of(lines)
    if kind.size <= 0 or len(words.line) < 2 * _FEWEST_ROWS_AGAIN:
        return None
    grid = _Grid.over(words, kind)
    if grid is None:
        return None
    seen = _seen(words, lines, rules, grid)
    again = np.zeros(len(seen.places), bool)
    for place in known:
        again |= np.abs(seen.places - place) <= kind.size
    against = _DOUBTED * seen.doubted + _CROSSED * seen.crossed + _CROSSED_SURELY * seen.spanned
    score = np.where(again, seen.nearly, seen.white) - against
    sums = _best_sums(score)
    sums[sums < np.where(again, _FEWEST_ROWS_AGAIN, _FEWEST_ROWS)] = 0.0
    if not sums.any():
        return None
    at = _middle(sums)
    first, last = _whole(seen, at, *_stretch(score[:, at]))
    x = float(seen.places[at])
    on_it = (words.left < x) & (words.right > x) & seen.island[words.line]
    reach = np.array([min(x - line.box.left, line.box.right - x) for line in lines])
    return Gutter(
        round(x),
        words.top_of(grid.rows(words.middle) == first),
        math.ceil(grid.top + (last + 1) * kind.pitch),
        tuple(sorted(set(words.line[on_it & (reach[words.line] > _CAPTION * kind.size)].tolist()))),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """The words as columns of numbers: edges in pixels, letters and figures, confidence, line (by its place)."""

    left: Table
    top: Table
    right: Table
    bottom: Table
    letters: Table
    confidence: Table
    line: NDArray[np.int_]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Words:
        """The words of `lines` that have a box."""
        told = [
            (w.box.left, w.box.top, w.box.right, w.box.bottom, sum(map(str.isalnum, w.text)), w.confidence, at)
            for at, line in enumerate(lines)
            for w in line.words
            if w.box.width and w.box.height
        ]
        table = np.array(told, float).reshape(len(told), 7)
        left, top, right, bottom, letters, confidence, line = table.T
        return cls(left, top, right, bottom, letters, confidence, line.astype(int))

    @property
    def middle(self) -> Table:
        """Half way down each word."""
        return np.asarray((self.top + self.bottom) / 2, float)

    def top_of(self, chosen: Flags) -> int:
        """Where the chosen row begins: above the middle of every word that stands level with it."""
        if not chosen.any():
            return int(self.top.min())
        high = self.top[chosen].min()
        level = self.middle[(self.middle >= high) & (self.middle <= self.bottom[chosen].max())]
        return math.floor(float(level.min()))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Rows of one line's pitch and places a fraction of the type's size apart, over a part of a page."""

    kind: Type
    top: float
    left: float
    step: float
    places: int
    height: int

    @classmethod
    def over(cls, words: _Words, kind: Type) -> _Grid | None:
        """The grid over `words`; None when they take no room."""
        step = max(1.0, _STEP * kind.size)
        places = int((words.right.max() - words.left.min()) / step)
        top = float(words.top.min())
        height = int((words.middle.max() - top) / kind.pitch) + 1
        return cls(kind, top, float(words.left.min()), step, places, height) if places else None

    def rows(self, y: Table) -> NDArray[np.int_]:
        """In which row each height lies."""
        return np.clip((y - self.top) / self.kind.pitch, 0, self.height - 1).astype(int)

    def first_at(self, x: Table) -> NDArray[np.int_]:
        """The first place whose strip begins at x or right of it."""
        at = np.ceil((x - _HALF * self.kind.size - self.left) / self.step - 0.5)
        return np.asarray(np.clip(at, 0, self.places), int)

    def first_behind(self, x: Table) -> NDArray[np.int_]:
        """The first place whose strip lies right of x."""
        at = np.floor((x + _HALF * self.kind.size - self.left) / self.step - 0.5) + 1
        return np.asarray(np.clip(at, 0, self.places), int)

    def covered(self, row: NDArray[np.int_], first: NDArray[np.int_], behind: NDArray[np.int_]) -> Flags:
        """Which places of which rows lie on one of the spans from `first` to before `behind`."""
        edges = np.zeros((self.height, self.places + 1))
        np.add.at(edges, (row, first), 1)
        np.add.at(edges, (row, np.maximum(first, behind)), -1)
        return np.asarray(edges.cumsum(axis=1)[:, : self.places] > 0)

    def summed(self, row: NDArray[np.int_], first: NDArray[np.int_], amount: Table) -> Table:
        """For each place of each row the sum of the amounts at places up to it."""
        table = np.zeros((self.height, self.places + 1))
        np.add.at(table, (row, first), amount)
        return np.asarray(table.cumsum(axis=1)[:, : self.places], float)


def _seen(words: _Words, lines: Sequence[Line], rules: Sequence[Box], grid: _Grid) -> _Rows:
    size, row = grid.kind.size, grid.rows(words.middle)
    first, behind = grid.first_at(words.left), grid.first_behind(words.right)
    lonely, well_read, heading = _manners(lines, grid.kind)
    island, sure, stands_out = lonely[words.line], well_read[words.line], heading[words.line]
    edges = np.array([(line.box.left, line.box.right) for line in lines], float)[words.line]
    inner_first = np.maximum(first, grid.first_at(edges[:, 0] + _BEYOND * size))
    inner_behind = np.minimum(behind, grid.first_behind(edges[:, 1] - _BEYOND * size))
    any_word = grid.covered(row, first, behind)
    believed = ~island & (words.confidence >= _READ_WELL)
    crossed = grid.covered(row[believed], first[believed], behind[believed])
    doubted = grid.covered(row[~island], first[~island], behind[~island]) & ~crossed
    spanned = grid.covered(row[sure], inner_first[sure], inner_behind[sure])
    headed = grid.covered(row[stands_out], inner_first[stands_out], inner_behind[stands_out])
    # One line read across a gutter among many white rows is a mistake; two are text that spans the columns.
    pairs, twice = spanned[1:] & spanned[:-1], np.zeros_like(spanned)
    twice[1:] |= pairs
    twice[:-1] |= pairs
    spanned = headed | twice | _ruled(rules, grid)
    left = grid.summed(row, behind, words.letters)
    every = np.bincount(row, words.letters, grid.height)[:, None]
    right = every - grid.summed(row, first, words.letters)
    on_left, on_right, free = left >= _LETTERS, right >= _LETTERS, ~any_word & ~spanned
    white = on_left & on_right & free
    lined = _lined(lines, grid)
    nearly = white | ((on_left | on_right) & _around(on_left) & _around(on_right) & free & ~_around(lined))
    places = grid.left + grid.step * (np.arange(grid.places) + 0.5)
    return _Rows(
        places=np.asarray(places, float),
        white=white,
        nearly=nearly,
        spanned=spanned,
        crossed=crossed & ~spanned,
        doubted=doubted & ~spanned,
        text=np.asarray(left + right > 0),
        on_left=np.asarray(left > 0),
        lined=lined,
        island=lonely,
    )


def _lined(lines: Sequence[Line], grid: _Grid) -> Flags:
    """Which places lie on a line, be it between two of its words."""
    box = np.array([(line.box.left, line.box.right, (line.box.top + line.box.bottom) / 2) for line in lines], float)
    return grid.covered(grid.rows(box[:, 2]), grid.first_at(box[:, 0]), grid.first_behind(box[:, 1]))


def _around(rows: Flags) -> Flags:
    """Where the row, the one above or the one below is set."""
    wide = rows.copy()
    wide[1:] |= rows[:-1]
    wide[:-1] |= rows[1:]
    return wide


def _manners(lines: Sequence[Line], kind: Type) -> tuple[Flags, Flags, Flags]:
    """Of each line: whether text stands on both sides of it; whether it was read well; and whether it stands out too.

    The first is a caption in the middle of columns, the last a heading: higher type, or room above or below it.
    """
    box = np.array([(line.box.left, line.box.top, line.box.right, line.box.bottom) for line in lines], float)
    left, top, right, bottom = box.T[:, :, None]
    level = np.abs(top + bottom - top.T - bottom.T) < 1.5 * kind.pitch
    island = (level & (left > right.T)).any(axis=1) & (level & (right < left.T)).any(axis=1)
    letters = [max(1, sum(len(word.text) for word in line.words)) for line in lines]
    trust = [sum(word.confidence * len(word.text) for word in line.words) for line in lines]
    sure = np.array(trust) >= _SURE * np.array(letters)
    over = (np.minimum(right, right.T) > np.maximum(left, left.T)) & ~np.eye(len(lines), dtype=bool)
    roomy = 0.9 * kind.pitch
    above = np.where(over & (bottom >= bottom.T), top - bottom.T, np.inf).min(axis=1)
    below = np.where(over & (top <= top.T), top.T - bottom, np.inf).min(axis=1)
    high = (bottom - top)[:, 0] > 1.4 * kind.size
    return island, sure & ~island, sure & ~island & (high | (above > roomy) | (below > roomy))


def _ruled(rules: Sequence[Box], grid: _Grid) -> Flags:
    edges = np.array([(rule.left, rule.right, (rule.top + rule.bottom) / 2) for rule in rules], float).reshape(-1, 3)
    reach = grid.top + grid.height * grid.kind.pitch
    left, right, middle = edges[(edges[:, 2] >= grid.top) & (edges[:, 2] < reach)].T
    return grid.covered(grid.rows(middle), grid.first_at(left), grid.first_behind(right))


def _best_sums(score: Table) -> Table:
    """For each place the greatest sum of scores of rows that follow one another."""
    running, best = np.zeros(score.shape[1]), np.zeros(score.shape[1])
    for row in score:
        running = np.maximum(running + row, 0.0)
        best = np.maximum(best, running)
    return best


def _middle(sums: Table) -> int:
    """The middle of the places around the best one that are as good."""
    best = int(sums.argmax())
    first = last = best
    while first > 0 and sums[first - 1] == sums[best]:
        first -= 1
    while last + 1 < len(sums) and sums[last + 1] == sums[best]:
        last += 1
    return (first + last) // 2


def _stretch(score: Table) -> tuple[int, int]:
    """First and last row of the stretch with the greatest sum."""
    best, running, begin, found = 0.0, 0.0, 0, (0, 0)
    for at, value in enumerate(score):
        if running <= 0:
            running, begin = 0.0, at
        running += float(value)
        if running > best:
            best, found = running, (begin, at)
    return found


def _whole(seen: _Rows, at: int, first: int, last: int) -> tuple[int, int]:
    """The stretch cut at what spans it and at three empty rows, then grown along a column that is the longer one.

    Not up along the right one: what stands above it alone is read before the left one (a motto, a date).
    """
    breaks = seen.spanned[:, at] | ~_around(seen.text)[:, at]
    edges = [first - 1, *(row for row in range(first, last + 1) if breaks[row]), last + 1]
    pieces = [(above + 1, below - 1) for above, below in pairwise(edges)]
    first, last = max(pieces, key=lambda piece: seen.white[piece[0] : piece[1] + 1, at].sum())
    level = np.flatnonzero(seen.white[first : last + 1, at])
    first += int(level[0]) if len(level) else 0
    ends, lined = seen.spanned[:, at] | seen.crossed[:, at], seen.lined[:, at]
    # A heading may have a blank just here; where most lines were read across, a line says nothing.
    if lined[first : last + 1].mean() <= _READ_ACROSS:
        while first < last and lined[first]:
            first += 1
    while first > 0 and seen.on_left[first - 1, at] and not ends[first - 1] and not lined[first - 1]:
        first -= 1
    for row in range(last + 1, len(ends)):
        if ends[row] or row - last > 2:
            break
        last = row if seen.text[row, at] else last
    return first, last
