"""Exposure of a page: too dark, burnt out, or lit unevenly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ingest.image import Pixels
from ingest.page_view import PageView, level

_MARGIN = 12
_BRIGHT, _DARK = 255, 3
_STEP = 3
_TILE_MM = 12.0
_BED = 0.45
_LEAST_INK = 0.0005


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a page was lit; brightness is 0–255.

    `paper` is the brightness of the paper (the upper quarter of all pixels, where there is no paper: of the picture),
    `ink` of the darkest tenth of its ink, None where there is next to none. `clipped_lights` and `clipped_darks` are
    per cent of pixels at either end of the scale. `bitonal` is whether a picture has only two values: nothing can be
    said of its lights then. `uneven` is how much darker the darkest part of the paper is than the brightest, per cent.
    """

    paper: float
    ink: float | None
    clipped_lights: float
    clipped_darks: float
    bitonal: bool
    uneven: float


def exposure(page: PageView) -> Exposure:
    """Measure the light of a page, its outer twelfth left out for the scanner's bed."""
    inner, inked = _inner(page.work), float(_inner(page.ink).mean())
    sample = page.shade[::_STEP, ::_STEP]
    lights, darks = float((sample >= _BRIGHT).mean()), float((sample <= _DARK).mean())
    # Thin strokes fade when a page is reduced: how dark ink is, is read off the page's own pixels.
    darkest = level(_inner(page.shade)[::_STEP, ::_STEP], 10 * inked)
    return Exposure(
        paper=level(inner[::2, ::2], 75),
        ink=darkest if inked > _LEAST_INK else None,
        clipped_lights=round(100 * lights, 1),
        clipped_darks=round(100 * darks, 1),
        bitonal=lights + darks > 0.97 and darks > 0,
        uneven=round(_unevenness(page), 1),
    )


def paper_colour(pixels: Pixels) -> tuple[float, float, float]:
    """The mean colour (RGB, 0..255) of the brighter half of a page; of a grey page three times its brightness."""
    y, x = pixels.shape[0] // _MARGIN, pixels.shape[1] // _MARGIN
    inner = pixels[y : pixels.shape[0] - y, x : pixels.shape[1] - x]
    small = cv2.resize(inner, (96, 128), interpolation=cv2.INTER_AREA).reshape(128 * 96, -1).astype(np.float64)
    shade = small.mean(axis=1)
    paper = small[shade >= np.median(shade)].mean(axis=0)
    red, green, blue = np.repeat(paper, 3)[:3] if len(paper) == 1 else paper
    return round(float(red), 1), round(float(green), 1), round(float(blue), 1)


def _inner(pixels: Pixels) -> Pixels:
    height, width = pixels.shape
    y, x = height // _MARGIN, width // _MARGIN
    return pixels[y : height - y, x : width - x]


def _unevenness(page: PageView) -> float:
    """From the paper of each square of 12 mm; squares that are no paper (pictures, bed) are left out."""
    side = page.pixels(_TILE_MM)
    paper = np.where(page.ink > 0, 0, page.work).astype(np.uint8)
    inner = cv2.dilate(_inner(paper), np.ones((3, 3), np.uint8))
    rows, columns = inner.shape[0] // side, inner.shape[1] // side
    if rows < 3 or columns < 3:
        return 0.0
    tiles = inner[: rows * side, : columns * side].reshape(rows, side, columns, side).swapaxes(1, 2)
    levels = np.median(tiles[:, :, ::2, ::2], axis=(2, 3)).astype(np.float64)
    brightest = float(np.percentile(levels, 95))
    levels = levels[levels > _BED * brightest]
    return 100.0 * (1.0 - float(np.percentile(levels, 5)) / brightest) if brightest > 0 else 0.0
