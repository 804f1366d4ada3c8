"""Where a page has pictures: ground that is dark or shaded over more than the height of a few lines."""

from __future__ import annotations

import cv2
import numpy as np

from metadata.geometry import Box
from metadata.text import BlockKind, PageText
from ocr.gutters import usual_type
from ocr.preparation import Pixels

_LONG_EDGE = 500
_SHADED = 0.35
_LEAST_PART = 0.01  # of the page's area
_WHOLE_PAGE = 0.9
_LINES = 2.5
_SURE = 0.6
_TEXT_PART = 0.05
_USUAL_LINE = 0.012  # of the page's height


def pictures(text: PageText, pixels: Pixels) -> tuple[Box, ...]:
    """Boxes of pictures that the engine did not say, in pixels of `text`, from top to bottom.

    Seen so small that type is grey, type is shaded a line high at most. A shaded place with sure words on more than a
    twentieth of it is none: white type on black, a stamp on text. Takes about 10 ms of CPU.

    Args:
        text: what was read on the image.
        pixels: the image in grey, (height, width), of any size.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, _LONG_EDGE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    paper = float(np.percentile(small, 90))
    shaded = np.asarray(small < (1 - _SHADED) * paper, np.uint8)
    line = usual_type(text.lines()).size * size[1] / text.height or _USUAL_LINE * size[1]
    side = max(3, round(_LINES * line))
    solid = cv2.morphologyEx(shaded, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    stats = cv2.connectedComponentsWithStats(solid, connectivity=8, ltype=cv2.CV_32S)[2][1:]
    across, down = text.width / size[0], text.height / size[1]
    boxes = (Box(*map(int, row[:4])).scaled(across, down).inside(text.width, text.height) for row in stats)
    said = [block.box for block in text.blocks if block.kind is BlockKind.PICTURE]
    found = [box for box in boxes if _is_picture(box, text) and not any(_on(box, other) > 0.5 for other in said)]
    return tuple(sorted(found, key=lambda box: (box.top, box.left)))


def _is_picture(box: Box, text: PageText) -> bool:
    part = box.width * box.height / (text.width * text.height)
    if not _LEAST_PART <= part <= _WHOLE_PAGE:
        return False
    words = sum(
        _on(word.box, box) * word.box.width * word.box.height
        for word in text.words()
        if word.confidence >= _SURE and len(word.text) > 2
    )
    return words <= _TEXT_PART * box.width * box.height


def _on(box: Box, other: Box) -> float:
    """How much of `box` lies on `other`, 0..1."""
    wide = min(box.right, other.right) - max(box.left, other.left)
    high = min(box.bottom, other.bottom) - max(box.top, other.top)
    return max(0, wide) * max(0, high) / max(1, box.width * box.height)
