"""A page as the measures of quality see it: prepared once, shared by all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels, grey

Numbers = NDArray[np.integer[Any]]

_WORK_DPI = 150.0
_LEAST_WORK_SIDE = 1000
_SMALL_DPI = 50.0


@dataclass(frozen=True, slots=True)
class PageView:
    """One page at three sizes, and the letter-like shapes on it.

    `shade` is the page in grey at its own size; `work` the same at about 150 dpi, never under 1000 pixels across when
    the page has them; `ink` is 1 where `work` is clearly darker than the paper around; `small` is the page at about 50
    dpi in RGB (grey pages in three equal channels). `letters` are boxes (left, top, width, height) in pixels of `work`,
    `letter` their median height there, 0 when there are none. `scale` is work pixels per pixel of the page, `dpi` the
    page's own resolution (300 where it was not known).
    """

    shade: Pixels
    work: Pixels
    ink: Pixels
    small: Pixels
    letters: Numbers
    letter: float
    scale: float
    dpi: float

    @property
    def letter_mm(self) -> float:
        """The height of a usual letter in millimetres, 0 without letters."""
        return self.letter / self.scale / self.dpi * 25.4

    @property
    def has_text(self) -> bool:
        """Whether there are enough letters to speak of type or writing."""
        return len(self.letters) >= 60

    def pixels(self, millimetres: float) -> int:
        """That many millimetres in pixels of `work`, at least 1."""
        return max(1, round(millimetres / 25.4 * self.dpi * self.scale))


def view(pixels: Pixels, dpi: float) -> PageView:
    """Prepare a page.

    Args:
        pixels: (height, width) or (height, width, 3) RGB, 8 bits.
        dpi: pixels per inch; 0 when nobody knows, then 300 stands in.
    """
    dpi = dpi if dpi > 0 else 300.0
    shade = grey(pixels)
    least = min(1.0, _LEAST_WORK_SIDE / min(shade.shape))
    scale = min(1.0, max(_WORK_DPI / dpi, least))
    work = _reduced(shade, scale)
    # Every second pixel or so is enough for what is seen at 50 dpi, and much cheaper.
    stride = max(1, int(dpi / _SMALL_DPI / 2))
    small = _reduced(np.ascontiguousarray(pixels[::stride, ::stride]), min(1.0, stride * _SMALL_DPI / dpi))
    if small.ndim == 2:
        small = np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2RGB), np.uint8)
    ink = _ink(work)
    letters, letter = _letters(ink)
    return PageView(shade, work, ink, small, letters, letter, scale, dpi)


def level(pixels: Pixels, share: float) -> float:
    """The grey value that `share` per cent of the pixels lie at or below; far quicker than sorting them."""
    counts = np.cumsum(cv2.calcHist([np.ascontiguousarray(pixels)], [0], None, [256], [0, 256]))
    return float(np.searchsorted(counts, share / 100 * pixels.size))


def _reduced(pixels: Pixels, scale: float) -> Pixels:
    if scale >= 1.0:
        return pixels
    height, width = pixels.shape[:2]
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ink(work: Pixels) -> Pixels:
    paper = cv2.blur(work, (41, 41))
    threshold = cv2.addWeighted(paper, 0.85, paper, 0.0, -5.0)
    return np.asarray(cv2.compare(work, threshold, cv2.CMP_LT) // 255, np.uint8)


def _letters(ink: Pixels) -> tuple[Numbers, float]:
    """Boxes of shapes as high as letters are on this page, and their median height in pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = np.asarray(stats[1:], np.int64)
    width, height, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    plausible = (height >= 4) & (height <= 80) & (width >= 2) & (width <= 120) & (4 * area >= width * height * 0.4)
    boxes = boxes[plausible]
    if len(boxes) == 0:
        return boxes[:, :4], 0.0
    size = float(np.median(boxes[:, 3]))
    alike = (boxes[:, 3] > 0.55 * size) & (boxes[:, 3] < 2.2 * size)
    boxes = boxes[alike]
    return boxes[:, :4], float(np.median(boxes[:, 3])) if len(boxes) else 0.0
