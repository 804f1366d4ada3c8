"""Skew by the projection profile: across the right angle, lines of type fall into sharp rows.

Coarse to fine. A sweep over all angles asks a sample of the ink how unevenly it falls into rows. Around its best angle
the page is cut into narrow upright strips, and every strip is laid over its neighbours up to half a page away: the
slope at which they fit best is the skew. Being a sum over all pairs of strips at all heights, it is the page's mean
direction even where lines are bent or columns lean apart; being made of correlations it has a smooth peak, whose top
lies between the steps. (That a correlation is a product of spectra: Wiener-Khinchin theorem.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels, grey

Floats = NDArray[np.floating[Any]]

REACH = 20.0
"""Largest skew that is looked for, degrees either way."""

_WORK_DPI = 150.0
_WORK_PIXELS = 3_200_000
_PAPER = 41  # pixels: wider than a letter, narrower than a shadow
_THICK = 13  # pixels: no stroke of type is as thick; pictures, scanner beds and the corners of a turned page are

_STEP = 0.5
_SWEEP = np.arange(-REACH - 1, REACH + 1 + _STEP / 2, _STEP)
_SAMPLE = 5_000
_LEAST_INK = 200
_CLEAR = 7.0

_STRIPS = 40
_FINE_STEP = 0.02
_FINE = np.arange(-40, 41) * _FINE_STEP
_FINER = 4  # sub-pixels of a correlation
_SMALL, _LARGE = 3.0, 20.0  # pixels: what is finer is noise, what is coarser is tone, not lines


@dataclass(frozen=True, slots=True)
class Profile:
    """What the profile says. `angle`: degrees, clockwise on screen is positive.

    `fit`: how alike the strips are when laid over one another at that angle (1: the same, 0: strangers).
    `gain`: by which factor they fit better than on the page as it is (1 where it could not be told: far away).
    """

    angle: float
    fit: float
    gain: float


def ink_of(pixels: Pixels, dpi: float) -> Pixels:
    """How much darker than the paper around it each pixel is, 0 to 255, of the page reduced to about 150 dpi.

    Pictures, dark edges and a margin of 1/40 count as paper. Whole pixels are averaged, so that a reduced page leans
    neither to rows nor to columns.

    Args:
        pixels: (height, width) or (height, width, 3), 8 bits.
        dpi: pixels per inch; 0 when unknown (300 is assumed).
    """
    small = _reduced(grey(pixels), dpi if dpi > 0 else 300.0)
    ink = cv2.addWeighted(cv2.blur(small, (_PAPER, _PAPER)), 0.85 * 4, small, -4, -5 * 4)
    thick = cv2.erode(ink, np.ones((_THICK, _THICK), np.uint8))
    ink = cv2.subtract(ink, cv2.dilate(thick, np.ones((2 * _THICK - 1, 2 * _THICK - 1), np.uint8)))
    down, across = ink.shape[0] // 40, ink.shape[1] // 40
    ink[:down], ink[-down - 1 :] = 0, 0
    ink[:, :across], ink[:, -across - 1 :] = 0, 0
    return np.asarray(ink, np.uint8)


def by_profile(ink: Pixels) -> Profile | None:
    """Skew of an `ink_of` page within ±20 degrees; None without clear lines."""
    start = _swept(ink)
    if start is None:
        return None
    # A first guess that was more than a step off is mended once.
    for _ in range(2):
        scores, most = _fits(ink, start)
        best = int(scores.argmax())
        if 0 < best < len(scores) - 1:
            break
        start += float(_FINE[best])
    else:
        return None
    before, top, after = scores[best - 1 : best + 2]
    angle = start + float(_FINE[best]) + _FINE_STEP * 0.5 * float((before - after) / (before - 2 * top + after))
    if abs(angle) > REACH or most <= 0:
        return None
    at_zero = float(np.interp(-start, _FINE, scores)) if abs(start) < _FINE[-1] else 0.0
    return Profile(angle, float(top) / most, float(top) / at_zero if at_zero > 0 else 1.0 + float(abs(angle) > 0))


def _reduced(shade: Pixels, dpi: float) -> Pixels:
    by = max(round(dpi / _WORK_DPI), int(np.ceil(np.sqrt(shade.size / _WORK_PIXELS))))
    by = min(by, max(1, min(shade.shape) // 8))
    if by <= 1:
        return shade
    height, width = shade.shape[0] // by, shade.shape[1] // by
    small = cv2.resize(shade[: height * by, : width * by], (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _swept(ink: Pixels) -> float | None:
    """The angle, to half a degree, at which a sample of the ink falls most unevenly into rows."""
    height, width = ink.shape[0] // 2, ink.shape[1] // 2
    if min(height, width) < 4:
        return None
    half = cv2.resize(ink[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero(half > 80)
    if len(rows) < _LEAST_INK:
        return None
    if len(rows) > _SAMPLE:
        # Every n-th pixel would draw a pattern of its own.
        drawn = np.random.default_rng(0).integers(0, len(rows), _SAMPLE)
        rows, columns = rows[drawn], columns[drawn]
    scores = _unevenness(rows + spread(len(rows)), columns, height, width)
    scores = np.convolve(scores, [0.25, 0.5, 0.25], mode="same")
    best, middle = int(scores.argmax()), float(np.median(scores))
    usual = float(np.median(np.abs(scores - middle)))
    if best in (0, len(_SWEEP) - 1) or scores[best] - middle < _CLEAR * usual:
        return None
    return float(_SWEEP[best])


def _unevenness(y: Floats, x: NDArray[np.integer[Any]], height: int, width: int) -> Floats:
    """For each angle of the sweep: the sum of squared steps between rows, left and right half of the page apart."""
    span = int(np.hypot(height, width)) + 4
    radians = np.radians(_SWEEP).astype(np.float32)
    down, across = (y - height / 2).astype(np.float32), (x - width / 2).astype(np.float32)
    rows = np.outer(np.cos(radians), down) - np.outer(np.sin(radians), across)
    rows += np.where(across < 0, span / 2, 1.5 * span).astype(np.float32)
    cells = rows.astype(np.int32) + (np.arange(len(radians), dtype=np.int32) * 2 * span)[:, None]
    sums = np.bincount(cells.ravel(), minlength=len(radians) * 2 * span).reshape(len(radians), 2 * span)
    smooth = sums[:, :-2] + 2 * sums[:, 1:-1] + sums[:, 2:]
    return np.asarray((np.diff(smooth, axis=1).astype(np.float64) ** 2).sum(axis=1))


def _fits(ink: Pixels, start: float) -> tuple[Floats, float]:
    """How well strips fit one another at each angle of `_FINE` about `start`, and the most it could be."""
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), start, 1.0)
    upright = cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)
    strips = cv2.resize(upright, (_STRIPS, height), interpolation=cv2.INTER_AREA).T.astype(np.float32)
    size = cv2.getOptimalDFTSize(height + 64)
    size += size % 2
    spectra = np.fft.rfft(strips, n=size, axis=1)
    frequency = np.arange(spectra.shape[1]) / size
    band = np.exp(-((frequency * _SMALL) ** 2)) * (1 - np.exp(-((frequency * _LARGE) ** 2)))
    spectra = (spectra * band).astype(np.complex64)
    energy = (np.abs(spectra) ** 2).sum(axis=1) * 2 / size
    slopes = np.tan(np.radians(_FINE)) * width / _STRIPS * _FINER
    scores, most, mirrored = np.zeros(len(_FINE)), 0.0, np.conj(spectra)
    for apart in range(2, _STRIPS // 2 + 1):
        together = (spectra[apart:] * mirrored[:-apart]).sum(axis=0)
        correlation = np.fft.irfft(together, n=size * _FINER) * _FINER
        lags = slopes * apart
        reach = int(np.abs(lags).max()) + 2
        around = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
        # Far pairs are sharp but know one direction only, near ones follow lines that bend: nearer weighs more.
        weight = 1 - apart / (_STRIPS // 2 + 1)
        scores += weight * np.interp(lags + reach, np.arange(len(around)), around)
        most += weight * float(np.sqrt(energy[apart:] * energy[:-apart]).sum())
    return scores, most


def spread(count: int) -> Floats:
    """Offsets within ±0.5 pixel: ink on whole pixels would draw every angle towards zero."""
    return np.asarray((np.arange(count) * 0.6180339887) % 1.0 - 0.5)
