"""Straighten a page, only when two independent estimators agree, and never to the worse.

First estimator: the projection profile (skew_profile), which says by how much. Second: the feet of the letters
(skew_feet), which confirm that these are lines of letters. The first looks at ink, the second at shapes; they fail on
different pages. A page without letters is not turned, nor one whose estimators contradict each other; but for a blank
page, a map or a picture on the scanner's bed, whose own edges say surely how it lies (ingest.crop).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from ingest.image import Pixels
from ingest.skew_feet import by_feet
from ingest.skew_profile import REACH, by_profile, ink_of
from metadata.geometry import Transform

LIMIT = REACH
"""Largest skew that is corrected, degrees either way."""
LEAST = 0.1
"""Smallest skew that is worth resampling a page for, degrees."""
LEAST_BY_EDGES = 0.15
"""The same where only the page's edges say so, degrees: they err by a little more."""
AGREE = 0.35
"""How far apart the two estimators may be, degrees: about twice what the feet err by."""
BENT, FITTING = 1.0, 0.4
"""The same for a page whose parts fit one another this well, though its lines are not parallel."""
LOOSE = 0.3
"""Two estimators that disagree about parts that fit less than this have seen no lines."""
GAIN = 1.002
"""By which factor the lines must be sharper after turning."""


class Decision(StrEnum):
    """What was done with a page's skew, and why."""

    STRAIGHT = "straight"
    TURNED = "turned"
    DISAGREE = "disagree"
    NO_LINES = "no lines"
    NO_GAIN = "no gain"
    EDGES = "edges"


@dataclass(frozen=True, slots=True)
class Skew:
    """What the two estimators said and what follows. Degrees, clockwise on screen is positive.

    `angle` is the page's skew as far as it is trusted (0 when it is not): turning by ``-angle`` makes it straight.
    `profile` and `feet` are the two estimates, None when one has nothing to say. A page is turned when `angle` is not
    0: by its lines (`Decision.TURNED`) or by its edges (`Decision.EDGES`).
    """

    decision: Decision
    angle: float
    profile: float | None
    feet: float | None


def measure(pixels: Pixels, dpi: float, *, edges: float | None = None, blank: bool = False) -> Skew:
    """Estimate the skew of a page within ±20 degrees and decide whether it may be turned.

    Args:
        pixels: (height, width) or (height, width, 3), 8 bits.
        dpi: pixels per inch, to know how large letters are; 0 when unknown.
        edges: the skew by the page's own edges where these are sure (`ingest.crop.Crop.sure_angle`); it counts only
            where there are no lines of text: paper is cut and laid less exactly than type is set.
        blank: whether the page is known to carry nothing; then no lines are looked for.
    """
    skew = Skew(Decision.NO_LINES, 0.0, None, None) if blank else _by_lines(pixels, dpi)
    if skew.decision is Decision.NO_LINES and edges is not None and LEAST_BY_EDGES <= abs(edges) <= LIMIT:
        return Skew(Decision.EDGES, round(edges, 2), skew.profile, skew.feet)
    return skew


def _by_lines(pixels: Pixels, dpi: float) -> Skew:
    ink = ink_of(pixels, dpi)
    sharpest = by_profile(ink)
    if sharpest is None:
        return Skew(Decision.NO_LINES, 0.0, None, None)
    profile, feet = sharpest.angle, by_feet(ink)
    if feet is None:
        return Skew(Decision.NO_LINES, 0.0, profile, None)
    apart = abs(profile - feet)
    # Lines that are bent or lean apart have no one direction: letters far from each other may differ more.
    if apart > (BENT if sharpest.fit > FITTING else AGREE):
        decision = Decision.DISAGREE if sharpest.fit > LOOSE else Decision.NO_LINES
        both_small = max(abs(profile), abs(feet)) < AGREE
        return Skew(Decision.STRAIGHT if both_small else decision, 0.0, profile, feet)
    if abs(profile) < LEAST:
        return Skew(Decision.STRAIGHT, 0.0, profile, feet)
    if sharpest.gain <= GAIN:
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


def _edge_colour(pixels: Pixels) -> tuple[float, ...]:
    band = max(2, min(pixels.shape[:2]) // 100)
    edge = np.concatenate([pixels[:band].reshape(-1, *pixels.shape[2:]), pixels[-band:].reshape(-1, *pixels.shape[2:])])
    return tuple(float(v) for v in np.atleast_1d(np.median(edge, axis=0)))
