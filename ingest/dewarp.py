"""Straighten curved lines of type, only when two measures that know nothing of each other say they became straighter.

A book that does not lie flat bends its lines: columns near the spine sink, and more so far from the middle of the page.
Each column of pixels is moved and stretched along itself by low polynomials of its place (`metadata.geometry.Bend`), so
that the feet of the letters of one line come to lie on one level. First measure: how far feet stray from their line's
level. Second: how sharply ink falls into rows. No word is read for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest import page_view
from ingest.image import Pixels
from metadata.geometry import Bend

_ORDER = 4
_LEAST_LETTERS = 12
_LEAST_LINES = 6
_LEAST_REACH = 0.3
_CURVED = 0.12
_BETTER = 0.75
_SHARPER = 1.05
_ROWS = 512

Floats = NDArray[np.float64]


class Decision(StrEnum):
    """What was done with a page's curvature, and why."""

    STRAIGHT = "straight"
    BENT = "straightened"
    NO_LINES = "no lines"
    NO_GAIN = "no gain"


@dataclass(frozen=True, slots=True)
class Curl:
    """How curved a page's lines are and what follows.

    `bend` straightens the page, None when that is not worth it. `before` and `after` tell how far the feet of letters
    stray from their lines' levels, in heights of a letter; `sharper` by how much more sharply ink falls into rows
    afterwards (1.0 is as before); `lines` how many lines were followed.
    """

    decision: Decision
    bend: Bend | None
    before: float
    after: float
    sharper: float
    lines: int


def measure(pixels: Pixels, dpi: float) -> Curl:
    """Follow the lines of a page that was already turned straight, and decide whether to straighten their curves.

    Args:
        pixels: (height, width) or (height, width, 3), 8 bits.
        dpi: pixels per inch, 0 when not known.
    """
    seen = page_view.view(pixels, dpi)
    if not seen.has_text:
        return Curl(Decision.NO_LINES, None, 0.0, 0.0, 1.0, 0)
    height, width = seen.ink.shape
    feet = np.stack(
        [seen.letters[:, 0] + seen.letters[:, 2] / 2, seen.letters[:, 1] + seen.letters[:, 3]], axis=1
    ).astype(np.float64)
    lines = [line for line in _lines(feet, seen.letter) if np.ptp(line[:, 0]) >= _LEAST_REACH * width]
    if len(lines) < _LEAST_LINES:
        return Curl(Decision.NO_LINES, None, 0.0, 0.0, 1.0, len(lines))
    # Fitted on every second letter, judged on the others.
    taught, judged = [line[::2] for line in lines], [line[1::2] for line in lines]
    bend = _bend(taught, width, height)
    before = _stray(_levelled(judged), None) / seen.letter
    if bend is None or before < _CURVED:
        return Curl(Decision.STRAIGHT, None, before, before, 1.0, len(lines))
    after = _stray(judged, bend) / seen.letter
    sharper = _sharpness(seen.ink, bend) / max(_sharpness(seen.ink, None), 1.0)
    if after > _BETTER * before or sharper < _SHARPER:
        return Curl(Decision.NO_GAIN, None, before, after, sharper, len(lines))
    return Curl(Decision.BENT, _enlarged(bend, *pixels.shape[:2]), before, after, sharper, len(lines))


def straighten(pixels: Pixels, bend: Bend) -> Pixels:
    """The page with its columns moved and stretched as `bend` says; nothing of it is cut off.

    Args:
        pixels: (height, width) or (height, width, 3), 8 bits, of the size that `bend` was made for.
        bend: as `measure` gave it; its offset puts the highest point on row 0.
    """
    columns = [bend.column(x) for x in range(bend.width)]
    scale = np.array([column[0] for column in columns])
    move = np.array([column[1] for column in columns])
    new_height = int(np.ceil((scale * (bend.height - 1) + move).max())) + 1
    result = np.empty((new_height, *pixels.shape[1:]), np.uint8)
    across = np.arange(bend.width, dtype=np.float32)[np.newaxis]
    for top in range(0, new_height, _ROWS):
        rows = np.arange(top, min(top + _ROWS, new_height), dtype=np.float64)[:, np.newaxis]
        source = ((rows - move) / scale).astype(np.float32)
        low = int(np.clip(np.floor(source.min()) - 4, 0, bend.height - 1))
        high = int(np.clip(np.ceil(source.max()) + 5, low + 1, bend.height))
        result[top : top + len(rows)] = cv2.remap(
            pixels[low:high], np.repeat(across, len(rows), axis=0), source - low,
            cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
    return result


def _lines(feet: Floats, letter: float) -> list[Floats]:
    """Feet strung into lines, left to right: each letter is followed by the next one about level with it."""
    feet = feet[np.argsort(feet[:, 0], kind="stable")]
    lines: list[list[int]] = []
    last, level = np.full(len(feet), -np.inf), np.zeros(len(feet))
    for place, (x, y) in enumerate(feet):
        ahead, off = x - last[: len(lines)], np.abs(y - level[: len(lines)])
        cost = np.where((ahead <= 6 * letter) & (off <= 0.45 * letter), off + 0.1 * ahead, np.inf)
        best = int(cost.argmin()) if lines else 0
        if lines and cost[best] < letter:
            lines[best].append(place)
        else:
            best = len(lines)
            lines.append([place])
        last[best] = x
        # The middle of the last few: one descender does not lead the line astray.
        few = sorted(feet[each, 1] for each in lines[best][-4:])
        level[best] = (few[(len(few) - 1) // 2] + few[len(few) // 2]) / 2
    return [_trimmed(feet[line], letter) for line in lines if len(line) >= _LEAST_LETTERS]


def _trimmed(line: Floats, letter: float) -> Floats:
    """The line without descenders and specks: what lies far off its own smooth curve."""
    u = (line[:, 0] - line[:, 0].mean()) / max(float(np.ptp(line[:, 0])), 1.0)
    kept = np.ones(len(line), np.bool_)
    for limit in (0.3, 0.2, 0.15):
        if kept.sum() < _LEAST_LETTERS:
            break
        curve = np.polynomial.polynomial.polyfit(u[kept], line[kept, 1], 3)
        kept = np.abs(line[:, 1] - np.polynomial.polynomial.polyval(u, curve)) <= max(limit * letter, 1.0)
    return line[kept]


def _bend(lines: list[Floats], width: int, height: int) -> Bend | None:
    """The bend that brings the feet of each line to one level, by least squares; None when there is no sane one."""
    rows, wanted = [], []
    powers = np.arange(1, _ORDER + 1)
    for line in lines:
        if len(line) < _LEAST_LETTERS // 2:
            continue
        u, v = 2 * line[:, 0] / (width - 1) - 1, 2 * line[:, 1] / (height - 1) - 1
        terms = u[:, np.newaxis] ** powers
        terms = np.concatenate([terms, terms * v[:, np.newaxis]], axis=1)
        rows.append(terms - terms.mean(axis=0))
        wanted.append(line[:, 1].mean() - line[:, 1])
    if not rows:
        return None
    matrix, values = np.concatenate(rows), np.concatenate(wanted)
    # A little weight on staying as it is: margins without type must not swing.
    calm = np.sqrt(0.002 * len(values)) * np.eye(2 * _ORDER)
    solved: NDArray[Any] = np.linalg.lstsq(
        np.concatenate([matrix, calm]), np.concatenate([values, np.zeros(2 * _ORDER)]), rcond=None
    )[0]
    shift, stretch = (tuple(round(float(value), 3) for value in part) for part in (solved[:_ORDER], solved[_ORDER:]))
    try:
        return Bend(width, height, 0.0, shift, stretch)
    except ValueError:
        return None


def _stray(lines: list[Floats], bend: Bend | None) -> float:
    """The root mean square of the feet's distances from their lines' levels, in pixels."""
    strays = []
    for line in lines:
        level = line[:, 1]
        if bend is not None:
            scale, move = np.array([bend.column(x) for x in line[:, 0]]).T
            level = scale * level + move
        strays.append(level - level.mean())
    return float(np.sqrt(np.mean(np.concatenate(strays) ** 2)))


def _levelled(lines: list[Floats]) -> list[Floats]:
    """The lines turned by the slope they share: a crooked page is no curved one."""
    centred = np.concatenate([line - line.mean(axis=0) for line in lines])
    slope = float((centred[:, 0] * centred[:, 1]).sum() / max(float((centred[:, 0] ** 2).sum()), 1.0))
    return [np.stack([line[:, 0], line[:, 1] - slope * line[:, 0]], axis=1) for line in lines]


def _sharpness(ink: Pixels, bend: Bend | None) -> float:
    """How unevenly ink falls into rows: the sum of squared row sums."""
    rows, columns = np.nonzero(ink)
    stride = max(1, len(rows) // 60_000)
    rows, columns = rows[::stride], columns[::stride]
    level = rows.astype(np.float64)
    if bend is not None:
        table = np.array([bend.column(x) for x in range(ink.shape[1])])
        level = table[columns, 0] * level + table[columns, 1]
    sums = np.bincount(np.round(level - level.min()).astype(np.int64)).astype(np.float64)
    return float((sums**2).sum())


def _enlarged(bend: Bend, height: int, width: int) -> Bend:
    """The bend for the page at its own size, moved so that no pixel comes to lie above row 0."""
    scale = (height - 1) / (bend.height - 1)
    larger = Bend(
        width, height, 0.0, tuple(value * scale for value in bend.shift), tuple(value * scale for value in bend.stretch)
    )
    return Bend(width, height, -min(larger.column(x)[1] for x in range(width)), larger.shift, larger.stretch)
