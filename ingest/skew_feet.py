"""Skew by the feet of the letters: letters of one line stand on one straight line, so pairs of feet point along it.

It looks at shapes where the profile looks at ink: what has no letters (a photograph, a stain) has nothing to say here.
"""

from __future__ import annotations

import cv2
import numpy as np

from ingest.image import Pixels
from ingest.skew_profile import REACH, Floats, spread

_INK = 100
_FEET, _SEEDS = 1_500, 300
_ENOUGH = 400
_LEAST_FEET, _LEAST_PAIRS = 20, 60
_STEP = 0.05


def by_feet(ink: Pixels) -> float | None:
    """Skew of an `ink_of` page within ±20 degrees, clockwise positive; None without enough letters in lines.

    Good to about 0.1 degree: feet of round and pointed letters do not stand on exactly one line.
    """
    # On a full page its middle half says all, at half the cost.
    feet, size = _feet(ink[ink.shape[0] // 4 : ink.shape[0] - ink.shape[0] // 4])
    if len(feet) < _ENOUGH:
        feet, size = _feet(ink)
    if len(feet) < _LEAST_FEET:
        return None
    feet = _thinned(feet, _FEET)
    seeds = _thinned(feet, _SEEDS)
    dx = feet[None, :, 0] - seeds[:, None, 0]
    dy = feet[None, :, 1] - seeds[:, None, 1]
    # Nearer pairs are coarse, farther ones reach into another column.
    near = (dx > 5 * size) & (dx < 24 * size) & (np.abs(dy) < dx * np.float32(np.tan(np.radians(REACH + 1))))
    angles = np.degrees(np.arctan2(dy[near], dx[near]))
    if len(angles) < _LEAST_PAIRS:
        return None
    votes, edges = np.histogram(angles, bins=np.arange(-REACH - 1, REACH + 1 + _STEP, _STEP))
    smooth = np.convolve(votes, np.hanning(13), mode="same")
    peak = int(smooth.argmax())
    if smooth[peak] < 1.5 * float(np.median(smooth)):
        return None
    centre = float(edges[peak]) + _STEP / 2
    close = angles[np.abs(angles - centre) < 0.5]
    for _ in range(3):
        weights = np.exp(-(((close - centre) / 0.25) ** 2))
        centre = float((weights * close).sum() / weights.sum())
    return centre


def _feet(ink: Pixels) -> tuple[Floats, float]:
    """Bottom middle of each letter-like shape, from top to bottom, and the median letter height in pixels."""
    mask = (ink > _INK).view(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
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
    return np.stack([x, y + spread(len(letters))], axis=1).astype(np.float32), size


def _thinned(points: Floats, most: int) -> Floats:
    return np.asarray(points[np.linspace(0, len(points) - 1, min(most, len(points))).astype(int)])
