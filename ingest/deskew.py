"""Straighten a page, only when two independent estimators agree, and never to the worse.

First estimator: the projection profile – across the right angle, lines of type fall into sharp rows. Second: the feet
of the letters – pairs of glyphs on one baseline point in one direction. The first looks at ink, the second at shapes;
they fail on different pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels, grey
from metadata.geometry import Transform

LIMIT = 15.0
LEAST = 0.1
AGREE = 0.15
_WORK_DPI = 150.0
_POINTS = 40_000
_FEET = 4_000
_SEEDS = 900

Floats = NDArray[np.floating[Any]]


class Decision(StrEnum):
    """What was done with a page's skew, and why."""

    STRAIGHT = "straight"
    TURNED = "turned"
    DISAGREE = "disagree"
    NO_LINES = "no lines"
    NO_GAIN = "no gain"


@dataclass(frozen=True, slots=True)
class Skew:
    """What the two estimators said and what follows. Degrees, clockwise on screen is positive.

    `angle` is the page's skew as far as it is trusted (0 when it is not): turning by ``-angle`` makes it straight.
    `profile` and `feet` are the two estimates, None when one has nothing to say.
    """

    decision: Decision
    angle: float
    profile: float | None
    feet: float | None


def measure(pixels: Pixels, dpi: float) -> Skew:
    """Estimate the skew of a page within ±15 degrees and decide whether it may be turned.

    Args:
        pixels: (height, width) or (height, width, 3), 8 bits.
        dpi: pixels per inch, to know how large letters are.
    """
    ink = _ink(pixels, dpi)
    profile, feet = by_profile(ink), by_feet(ink)
    if profile is None or feet is None:
        return Skew(Decision.NO_LINES, 0.0, profile, feet)
    if abs(profile - feet) > AGREE + 0.02 * abs(profile):
        both_small = max(abs(profile), abs(feet)) < 2 * AGREE
        return Skew(Decision.STRAIGHT if both_small else Decision.DISAGREE, 0.0, profile, feet)
    if abs(profile) < LEAST:
        return Skew(Decision.STRAIGHT, 0.0, profile, feet)
    points = _points(ink)
    if _sharpness(points, profile) <= 1.002 * _sharpness(points, 0.0):
        return Skew(Decision.NO_GAIN, 0.0, profile, feet)
    return Skew(Decision.TURNED, round(profile, 2), profile, feet)


def turn(pixels: Pixels, angle: float) -> tuple[Pixels, Transform]:
    """Turn a page back by its skew `angle` (degrees, clockwise positive); nothing of it is cut off.

    The canvas grows by what the corners need, filled with the colour of the page's own edge.
    """
    height, width = pixels.shape[:2]
    radians = abs(np.radians(angle))
    new_width = int(np.ceil(width * np.cos(radians) + height * np.sin(radians)))
    new_height = int(np.ceil(height * np.cos(radians) + width * np.sin(radians)))
    way = Transform.turn(-angle, width, height, new_width, new_height)
    matrix = np.array([[way.a, way.b, way.c], [way.d, way.e, way.f]])
    turned = cv2.warpAffine(
        pixels, matrix, (new_width, new_height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT,
        borderValue=_edge_colour(pixels),
    )  # fmt: skip
    return np.asarray(turned, np.uint8), way


def by_profile(ink: Pixels) -> float | None:
    """Skew by the projection profile: the angle whose row sums are sharpest; None without clear lines."""
    points = _points(ink)
    if len(points) < 500:
        return None
    coarse = np.arange(-LIMIT, LIMIT + 0.01, 0.5)
    scores = np.array([_sharpness(points, angle) for angle in coarse])
    best = int(scores.argmax())
    if scores[best] < 1.02 * float(np.median(scores)) or best in (0, len(coarse) - 1):
        return None
    centre = float(coarse[best])
    for step in (0.1, 0.02):
        around = centre + step * np.arange(-6, 7)
        centre = float(around[np.argmax([_sharpness(points, angle) for angle in around])])
    return centre


def by_feet(ink: Pixels) -> float | None:
    """Skew by the directions between the feet of letters on one line; None without enough letters."""
    feet, size = _feet(ink)
    if len(feet) < 60:
        return None
    feet = _thinned(feet, _FEET)
    seeds = _thinned(feet, _SEEDS)
    dx = feet[None, :, 0] - seeds[:, None, 0]
    dy = feet[None, :, 1] - seeds[:, None, 1]
    near = (dx > 5 * size) & (dx < 24 * size) & (np.abs(dy) < dx * np.float32(np.tan(np.radians(LIMIT + 1))))
    angles = np.degrees(np.arctan2(dy[near], dx[near]))
    if len(angles) < 200:
        return None
    step = 0.05
    votes, edges = np.histogram(angles, bins=np.arange(-LIMIT - 1, LIMIT + 1 + step, step))
    smooth = np.convolve(votes, np.hanning(13), mode="same")
    peak = int(smooth.argmax())
    if smooth[peak] < 1.5 * float(np.median(smooth)):
        return None
    centre = float(edges[peak]) + step / 2
    close = angles[np.abs(angles - centre) < 0.5]
    for _ in range(3):
        weights = np.exp(-(((close - centre) / 0.25) ** 2))
        centre = float((weights * close).sum() / weights.sum())
    return centre


def _ink(pixels: Pixels, dpi: float) -> Pixels:
    """Ink mask at about 150 dpi: 1 where a pixel is clearly darker than the paper around it."""
    shade = grey(pixels)
    scale = min(1.0, max(_WORK_DPI / dpi if dpi > 0 else 0.5, 8 / min(shade.shape)))
    small = cv2.resize(shade, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1.0 else shade
    paper = cv2.blur(small, (41, 41))
    mask = (small.astype(np.int16) < paper.astype(np.int16) * 0.85 - 5).astype(np.uint8)
    margin_y, margin_x = mask.shape[0] // 40, mask.shape[1] // 40
    mask[:margin_y], mask[-margin_y - 1 :] = 0, 0
    mask[:, :margin_x], mask[:, -margin_x - 1 :] = 0, 0
    return mask


def _points(ink: Pixels) -> Floats:
    rows, columns = np.nonzero(ink)
    stride = max(1, len(rows) // _POINTS)
    points = np.stack([columns[::stride], rows[::stride]], axis=1).astype(np.float64)
    points[:, 1] += _spread(len(points))
    return points - (np.array(ink.shape[::-1]) / 2)


def _spread(count: int) -> Floats:
    """Offsets within ±0.5 pixel: ink on whole pixels would draw every angle towards zero."""
    return np.asarray((np.arange(count) * 0.6180339887) % 1.0 - 0.5)


def _sharpness(points: Floats, angle: float) -> float:
    """How unevenly ink falls into rows when the page is turned back by `angle`: sum of squared steps between rows."""
    radians = np.radians(angle)
    rows = points[:, 1] * np.cos(radians) - points[:, 0] * np.sin(radians)
    sums = np.bincount((rows - rows.min()).astype(np.int64)).astype(np.float64)
    return float((sums**2).sum())


def _feet(ink: Pixels) -> tuple[Floats, float]:
    """Bottom middle of each letter-like shape, from top to bottom, and the median letter height in pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = stats[1:]
    heights, widths = boxes[:, cv2.CC_STAT_HEIGHT], boxes[:, cv2.CC_STAT_WIDTH]
    plausible = (heights >= 5) & (heights <= 60) & (widths >= 2) & (widths <= 90)
    boxes, heights = boxes[plausible], heights[plausible]
    if len(boxes) == 0:
        return np.zeros((0, 2), np.float32), 0.0
    size = float(np.median(heights))
    letters = boxes[(heights > 0.6 * size) & (heights < 2.2 * size)]
    x = letters[:, cv2.CC_STAT_LEFT] + letters[:, cv2.CC_STAT_WIDTH] / 2
    y = letters[:, cv2.CC_STAT_TOP] + letters[:, cv2.CC_STAT_HEIGHT]
    return np.stack([x, y + _spread(len(letters))], axis=1).astype(np.float32), size


def _thinned(points: Floats, most: int) -> Floats:
    return np.asarray(points[np.linspace(0, len(points) - 1, min(most, len(points))).astype(int)])


def _edge_colour(pixels: Pixels) -> tuple[float, ...]:
    band = max(2, min(pixels.shape[:2]) // 100)
    edge = np.concatenate([pixels[:band].reshape(-1, *pixels.shape[2:]), pixels[-band:].reshape(-1, *pixels.shape[2:])])
    return tuple(float(v) for v in np.atleast_1d(np.median(edge, axis=0)))
