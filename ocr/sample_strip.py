"""Strips of a page that tell most about its type: as wide as the page, where lines of text are densest.

Letters make ink begin many times along a row, and hardly ever between the lines. Pictures and dirt have ink in every
row, rules in few places of a row.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.preparation import Pixels

Floats = NDArray[np.floating[Any]]

_WORK_HEIGHT = 1200
_STRIPES = 8
_STEPS = 8
_DARKER = 24
_PAPER = 41
# Rows are compared with those five further on, each the mean of five: half a line of small type; specks even out.
_HALF_LINE = 5
# From a line to the gap below it fewer than this many beginnings are lost in a stripe: there are no lines.
_LEAST = 0.08


def strips(grey: Pixels, share: float, count: int) -> tuple[Pixels, ...]:
    """Up to `count` strips of `grey` (height, width), the best first, no two of the same rows; none where no text is.

    Each has about `share` of the page's rows and is cut between lines where there is a gap in reach. Columns are
    looked at each for itself, as their lines need not be level.
    """
    reduced = max(1, grey.shape[0] // _WORK_HEIGHT)
    begun = _begun(grey, reduced)
    rows = min(len(begun), max(4 * _HALF_LINE, round(len(begun) * share)))
    change = np.abs(begun[_HALF_LINE:] - begun[:-_HALF_LINE]).mean(axis=1)
    sums = np.concatenate(([0.0], np.cumsum(change)))
    tops = np.arange(0, max(1, len(change) - rows + 1), max(1, rows // _STEPS))
    worth = sums[np.minimum(tops + rows, len(change))] - sums[tops]
    chosen: list[tuple[int, int]] = []
    for at in np.argsort(-worth, kind="stable"):
        if len(chosen) == count or worth[at] < _LEAST * rows:
            break
        first, last = _between_lines(begun.sum(axis=1), int(tops[at]), rows)
        if all(last <= a or first >= b for a, b in chosen):
            chosen.append((first, last))
    return tuple(np.ascontiguousarray(grey[a * reduced : b * reduced]) for a, b in chosen)


def _begun(grey: Pixels, reduced: int) -> Floats:
    """How often ink begins in the rows of each of a few stripes of the page, made small; (rows, stripes)."""
    size = (max(_STRIPES, grey.shape[1] // reduced), max(4 * _HALF_LINE, grey.shape[0] // reduced))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    ink = small.astype(np.int16) < cv2.blur(small, (_PAPER, _PAPER)).astype(np.int16) - _DARKER
    begins = ink[:, 1:] & ~ink[:, :-1]
    parts = np.array_split(begins, _STRIPES, axis=1)
    counted = np.stack([part.sum(axis=1) for part in parts], axis=1).astype(np.float64)
    return np.asarray(cv2.blur(counted, (1, _HALF_LINE)), np.float64)


def _between_lines(begun: Floats, top: int, rows: int) -> tuple[int, int]:
    """`top` and bottom moved outwards, by a third of `rows` at most, to the row where least ink begins."""
    reach, bottom = max(1, rows // 3), top + rows
    above, below = begun[max(0, top - reach) : top + 1][::-1], begun[bottom - 1 : bottom + reach]
    return top - int(np.argmin(above)), bottom + int(np.argmin(below))
