"""How strongly a picture was once compressed as JPEG, whatever file it came in.

JPEG (ITU-T T.81) cuts a picture into squares of 8 × 8 and rounds their cosine coefficients to multiples of a step; the
steps stay in the picture as a comb in the histogram of its coefficients. Their size, read against the table K.1 of T.81
scaled as libjpeg does, gives the quality the picture was saved with.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels
from ingest.page_view import PageView

Floats = NDArray[np.floating[Any]]

UNCOMPRESSED = 100
_MOST_BLOCKS = 1500
_LEAST_BLOCKS = 100
_LEAST_RANGE = 30
_LEAST_COEFFICIENTS = 150
_LEAST_STEP = 5
_BINS, _FINENESS = 1024, 2
_COMB = 0.27
_QUALITIES = np.arange(3, 96)
# T.81 table K.1: steps of luminance at quality 50, by row and column of the coefficient.
_STEPS = {(0, 1): 11, (1, 0): 12, (1, 1): 12, (0, 2): 10, (2, 0): 14}
_RANK = np.arange(8)
_COSINES = np.sqrt(np.where(_RANK == 0, 1, 2) / 8)[:, None] * np.cos(
    (2 * _RANK[None, :] + 1) * _RANK[:, None] * np.pi / 16
)
_FINE = np.add.outer(_RANK, _RANK) >= 7
_BITONAL_QUALITY = 10
_FEW_SHADES = 32


def jpeg_quality(page: PageView) -> int | None:
    """The quality (libjpeg's scale, 3–95) at which the picture was once saved; 100 when it shows no trace of JPEG.

    None when there are too few edges to say. Pages saved more than once show the strongest. Where nearly all is black
    or white the steps are lost to clipping; then only quality 10 and below is noticed, and told as 10.
    """
    phases = sorted({(y, x) for y in (0, page.shade.shape[0] % 8) for x in (0, page.shade.shape[1] % 8)})
    told = [_quality(page.shade, *phase) for phase in phases]
    known = [each for each in told if each is not None]
    return min(known) if known else None


def _quality(shade: Pixels, y: int, x: int) -> int | None:
    blocks = _blocks(shade, y, x)
    if len(blocks) < _LEAST_BLOCKS:
        return None
    coefficients = _COSINES @ blocks @ _COSINES.T
    # A picture turned by a quarter has its table transposed.
    ways = (_combs(coefficients), _combs(coefficients.swapaxes(1, 2)))
    combs = max(ways, key=lambda way: float(way.max()))
    clear = np.flatnonzero(combs > max(_COMB, 0.8 * float(combs.max())))
    # A drawing of few shades stands on multiples of something by chance; JPEG leaves many shades.
    if len(clear) and len(np.unique(blocks)) >= _FEW_SHADES:
        return int(_QUALITIES[clear[0]])
    if _two_valued(blocks) and _smoothed(coefficients, shade, y, x):
        return _BITONAL_QUALITY
    return UNCOMPRESSED


def _blocks(shade: Pixels, y: int, x: int) -> Floats:
    """Squares of 8 × 8 with something in them, from rows spread over the page: (n, 8, 8)."""
    rows, columns = (shade.shape[0] - y) // 8 - 6, (shade.shape[1] - x) // 8
    if rows < 1 or columns < 1:
        return np.zeros((0, 8, 8))
    tops = y + 8 * np.arange(3, 3 + rows, max(1, rows // 40))
    strips = [shade[top : top + 8, x : x + 8 * columns].reshape(8, columns, 8).swapaxes(0, 1) for top in tops]
    blocks = np.concatenate(strips)
    flat = blocks.reshape(len(blocks), 64)
    busy = blocks[flat.max(axis=1) - flat.min(axis=1) >= _LEAST_RANGE]
    chosen = np.linspace(0, len(busy) - 1, min(_MOST_BLOCKS, len(busy))).astype(int)
    return np.asarray(busy[chosen], np.float32)


def _combs(coefficients: Floats) -> Floats:
    """For each quality, how well coefficients stand on multiples of its steps: 1 all, 0 none, -1 not known."""
    sums, counts = np.zeros(len(_QUALITIES)), np.zeros(len(_QUALITIES))
    for place, base in _STEPS.items():
        bins = np.minimum(np.rint(_FINENESS * np.abs(coefficients[:, place[0], place[1]])), _BINS - 1).astype(int)
        waves, far = _waves(base)
        votes = np.bincount(bins, minlength=_BINS)
        several = far @ votes >= _LEAST_COEFFICIENTS // 3
        sums += np.where(several, waves @ votes, 0.0)
        counts += np.where(several, far @ votes, 0.0)
    return np.where(counts < _LEAST_COEFFICIENTS, -1.0, sums / np.maximum(counts, 1))


@cache
def _waves(base: int) -> tuple[Floats, Floats]:
    """By quality (rows) and size of a coefficient (columns): 1 on a multiple of the step, -1 between; what counts.

    Sizes below 0.6 of a step do not count: they lie at zero whatever the step. Nor do steps too small to be seen.
    """
    scales = np.where(_QUALITIES < 50, 5000 / _QUALITIES, 200 - 2 * _QUALITIES) / 100
    steps, sizes = np.rint(base * scales)[:, None], np.arange(_BINS)[None, :] / _FINENESS
    far = ((sizes >= 0.6 * steps) & (steps >= _LEAST_STEP)).astype(np.float64)
    return far * np.cos(2 * np.pi * sizes / np.maximum(steps, 1)), far


def _two_valued(blocks: Floats) -> bool:
    return float(((blocks < 40) | (blocks > 215)).mean()) > 0.8


def _smoothed(coefficients: Floats, shade: Pixels, y: int, x: int) -> bool:
    """Whether squares on JPEG's grid hold much less fine detail than squares across it."""
    across = _blocks(shade, y + 4, x + 4)
    if len(across) < _LEAST_BLOCKS:
        return False
    beside = _COSINES @ across @ _COSINES.T
    return bool(_fine(coefficients) < 0.4 * _fine(beside))


def _fine(coefficients: Floats) -> float:
    return float(np.median((coefficients[:, _FINE] ** 2).mean(axis=1)))
