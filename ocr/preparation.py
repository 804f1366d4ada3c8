"""A page's grey pixels made easier to read: light evened out, ink stretched to black.

But for `reduced`, all keep the size of the page, so that words read on it lie where they lie on the page.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# The paper is what is left when everything thinner than a 60th of the page's height is closed: no letter of running
# text is as large; a headline that is becomes hollow, which the first reading of the page makes good.
_LARGEST_LETTER = 60
_REDUCED = 4
_INK = 110


def reduced(pixels: Pixels, factor: float) -> Pixels:
    """The pixels made smaller by `factor`, at least one wide and high; as they are where it is 1 or more."""
    if factor >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def levelled(grey: Pixels) -> Pixels:
    """`grey` (height, width) divided by the light of its paper, then stretched so that ink is black and paper white.

    Shadows, stains and a dark edge go; what is printed faintly becomes as dark as the rest.
    """
    height, width = grey.shape
    small_size = (max(1, width // _REDUCED), max(1, height // _REDUCED))
    small = cv2.resize(grey, small_size, interpolation=cv2.INTER_AREA)
    side = min(255, max(9, small_size[1] // _LARGEST_LETTER | 1))
    paper = cv2.medianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), side)
    even = cv2.divide(grey, cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR), scale=255)
    return _stretched(np.asarray(even, np.uint8))


def is_bitonal(grey: Pixels) -> bool:
    """Whether the page has (nearly) no greys: the scanner has decided, and no light is left to even out."""
    sample = grey[::4, ::4]
    return bool(np.mean((sample > 16) & (sample < 239)) < 0.002)


def _stretched(grey: Pixels) -> Pixels:
    black, white = np.percentile(grey[::_REDUCED, ::_REDUCED], (1, 90))
    shades = (np.arange(256) - black) * 255 / max(1.0, white - black)
    return np.asarray(cv2.LUT(grey, np.clip(shades, 0, 255).astype(np.uint8)), np.uint8)


def darkest(grey: Pixels) -> Pixels:
    """Only what is as dark as ink: on the levelled page, all above grey 110 (of 255) is paper.

    Print that shows through from the other side goes, and dirt between the letters with it.
    """
    return np.asarray(cv2.convertScaleAbs(levelled(grey), alpha=255 / _INK), np.uint8)


def softened(grey: Pixels) -> Pixels:
    """Steps at the edges of letters smoothed (Gauss, one pixel): for pages that the scanner made black and white."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.uint8)
