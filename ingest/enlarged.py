"""Real resolution of a picture: whether its pixels were multiplied after it was scanned.

Enlarging makes new pixels out of old ones, and how much a new pixel differs from its neighbours depends on where it
falls between the old ones. So differences along a row, averaged over many rows, go up and down with the period of the
old pixels (Gallagher 2005, Detection of linear and cubic interpolation in JPEG compressed images). Second differences
show every factor but 2, for there both new pixels lie alike; third ones show that, first ones nearest neighbours.

JPEG's squares have a period of 8 pixels: waves at its harmonics count only when they stand out of that comb, and
JPEG 2000 leaves a period of 2 in the second differences. Reducing a picture leaves waves too; but an enlarged one has
hardly any energy where its waves are, because nothing of the old picture is that fine.

A picture that is merely soft (microfilm, newsprint, a poor lens) has no waves and nothing is said of it. Not seen are
bitonal pictures, factors below 1.4 and of 1.6, 2.7 and 8, and often factors of 1.5, 2 and 4 where the picture was
saved as JPEG afterwards: its comb hides them, and its rounding what little noise there was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels
from ingest.page_view import PageView
from ingest.sharpness import busiest

Floats = NDArray[np.float64]

_LINES = 160
_SECTION = 512
_LEAST_SIDE = 400
_MOST_STEP = 24
_SMOOTH = 9
_LOWEST = 0.11
_CLEAR, _CLEAR_LITTLE = 0.04, 0.065
_ABOVE_REST = 6.0
_ABOVE_COMB = 2.0
_ALONE = 0.6
_SAME = 0.005
_EMPTY = 0.01
_TILE = 256
_LEAST_FACTOR, _SURE_FACTOR = 1.4, 2.2
_FINE = 10**-1.9
_NEAREST = 0.25
_LINEAR = 0.55


@dataclass(frozen=True, slots=True)
class Enlarged:
    """What was found: by how much the picture was enlarged, and the resolution (pixels per inch) of its detail.

    `wave` is by how much differences between pixels go up and down, as a share of their mean.
    """

    factor: float
    dpi: int
    wave: float


@dataclass(frozen=True, slots=True)
class _Peak:
    """A wave found along rows and columns alike: its frequency (cycles per pixel), and its height by order."""

    frequency: float
    first: float
    second: float
    height: float


def enlarged(page: PageView) -> Enlarged | None:
    """Look for traces of enlarging along rows and columns alike; None when there are none, or too little to see."""
    if min(page.shade.shape) < _LEAST_SIDE or _bitonal(page.shade):
        return None
    peak = _peak(_waves(page.shade), _waves(page.shade.T))
    if peak is None:
        return None
    power = _power(busiest(page))
    if power is None or _at(power, peak.frequency) > _EMPTY * _between(power, 0.0, 0.0625):
        return None
    factor = _factor(peak, power)
    # A picture made smaller has waves too, low ones, and fine detail above them.
    fine = _between(power, 0.95 * peak.frequency, 1.05 * peak.frequency) / _between(power, 0.1, 0.16)
    low = peak.height < _CLEAR_LITTLE or fine > _FINE
    if factor < _LEAST_FACTOR or (factor < _SURE_FACTOR and peak.first < _NEAREST and low):
        return None
    return Enlarged(round(factor, 2), round(page.dpi / factor), round(peak.height, 2))


def _bitonal(shade: Pixels) -> bool:
    sample = shade[::7, ::7]
    return float(((sample < 4) | (sample > 251)).mean()) > 0.97


def _waves(shade: Pixels) -> Floats:
    """How high waves are in the first, second and third differences along rows: (3, frequencies up to 1/2)."""
    height, width = shade.shape
    rows = np.linspace(height // 12, height - height // 12 - 1, _LINES).astype(np.intp)
    lines = shade[rows, width // 16 : width - width // 16].astype(np.int16)
    return np.stack([_wave_heights(np.abs(np.diff(lines, order, axis=1))) for order in (1, 2, 3)])


def _wave_heights(steps: NDArray[np.int16]) -> Floats:
    """Heights of the waves by frequency; large steps are capped, lest single letters outweigh the page."""
    level = np.log(np.minimum(steps, _MOST_STEP).mean(axis=0) + 0.05)
    level = level - np.convolve(level, np.full(_SMOOTH, 1 / _SMOOTH), "same")
    size = min(_SECTION, len(level))
    window = np.hanning(size)
    starts = range(0, len(level) - size + 1, size // 2)
    heights = [np.abs(np.fft.rfft(level[start : start + size] * window)) for start in starts]
    found: Floats = np.mean(heights, axis=0) * 2 / window.sum()
    found[-1] /= 2
    # Both directions of a page differ in length: frequencies are made comparable.
    grid = np.linspace(0, 0.5, _SECTION // 2 + 1)
    return np.interp(grid, np.linspace(0, 0.5, len(found)), found) if len(found) != len(grid) else found


def _peak(across: Floats, down: Floats) -> _Peak | None:
    """The highest wave that stands out along rows and columns alike."""
    grid = np.linspace(0, 0.5, across.shape[1])
    # A factor that is no fraction of small numbers falls between two frequencies, not always the same two.
    both = np.minimum(_widened(across), _widened(down))
    both[:, grid < _LOWEST] = 0.0
    both[1, grid > 0.49] = 0.0
    comb = _comb(across, down, grid)
    clear = both > np.maximum(_CLEAR, _ABOVE_REST * np.median(both[:, grid >= _LOWEST], axis=1, keepdims=True))
    clear &= both > comb
    if not clear.any():
        return None
    order, place = np.unravel_index(np.where(clear, both, 0.0).argmax(), both.shape)
    # JPEG made smaller has its comb elsewhere: many waves alike.
    eighths = np.abs(grid * 8 - np.rint(grid * 8)) <= 8 * _SAME
    others = both[order, ~eighths & (np.abs(grid - grid[place]) > 2 * _SAME)]
    if float(others.max()) > _ALONE * float(both[order, place]):
        return None
    return _Peak(float(grid[place]), float(both[0, place]), float(both[1, place]), float(both[order, place]))


def _widened(waves: Floats) -> Floats:
    wide = np.pad(waves, ((0, 0), (1, 1)), mode="edge")
    return np.maximum(np.maximum(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])


def _comb(across: Floats, down: Floats, grid: Floats) -> Floats:
    """What a wave has to pass, by order and frequency, where JPEG has its harmonics; 0 elsewhere."""
    eighth = [int(np.abs(grid - step / 8).argmin()) for step in range(5)]
    waves = np.maximum(across, down)
    need = np.zeros_like(waves)
    odd = np.maximum(waves[:, eighth[1]], waves[:, eighth[3]])
    quarter = np.maximum(odd, waves[:, eighth[2]])
    for step, least in ((1, np.inf), (3, np.inf), (2, _ABOVE_COMB * odd), (4, _ABOVE_COMB * quarter)):
        near = np.abs(grid - step / 8) <= _SAME
        need[:, near] = np.broadcast_to(np.asarray(least), (3,))[:, np.newaxis]
    return need


def _power(tiles: list[Pixels]) -> Floats | None:
    """Mean power along rows and columns of squares of the page, by frequency; None without squares to measure."""
    whole = [tile.astype(np.float64) for tile in tiles if tile.shape == (_TILE, _TILE)]
    if not whole:
        return None
    lines = np.concatenate([side for tile in whole for side in (tile, tile.T)])
    lines = (lines - lines.mean(axis=1, keepdims=True)) * np.hanning(_TILE)
    return np.asarray((np.abs(np.fft.rfft(lines, axis=1)) ** 2).mean(axis=0), np.float64)


def _between(power: Floats, low: float, high: float) -> float:
    places = slice(max(1, round(low * _TILE)), max(2, round(high * _TILE)) + 1)
    return float(power[places].mean()) + 1e-9


def _at(power: Floats, frequency: float) -> float:
    return _between(power, frequency - 0.012, min(0.5, frequency + 0.012))


def _factor(peak: _Peak, power: Floats) -> float:
    """The factor: a wave of a third may be three new pixels for one old, or three for two.

    In the first case nothing is finer than a sixth; what is, came from nearest neighbours or straight lines, and these
    show in how high the waves are.
    """
    each = peak.frequency
    much, little = 1 / each, 1 / (1 - each)
    if each > 0.49:
        return 2.0
    if peak.first > _NEAREST and peak.first >= 0.99 * peak.second:
        return much if peak.second > 0.2 * peak.first else little
    drop = _between(power, 0.58 * each, 0.8 * each) / _between(power, 0.3 * each, 0.48 * each)
    around = (_at(power, each - 0.08) * _at(power, min(0.48, each + 0.08))) ** 0.5
    straight = peak.second > 0.15 and peak.second > 2.6 * peak.first and _at(power, each) < 0.3 * around
    return much if drop < 10**-1.35 or peak.second > _LINEAR or straight else little
