"""Before a page is packaged: do the words lie where the ink is?

A box that is off by a wrong crop, a forgotten turn or a scale still falls on some ink, for a page is full of it. So two
things are asked. Each sure word's box must be filled as a word fills its own: marks across its width. And all boxes
together must hold more ink where they are than when they are all moved a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from metadata.geometry import Box, Chain
from metadata.text import PageText, Word

Grey = NDArray[np.uint8]

SURE = 0.9
"""Confidence from which a word's place is answered for."""
LEAST_SHARE = 0.99
"""Share of sure words that must lie on ink (issue 4)."""
_FILLED = 0.3
_MOVES = 4
_LEAST_WORDS_FOR_DRIFT = 30
_CLEARLY = 1.12


@dataclass(frozen=True, slots=True)
class InkCheck:
    """What the check saw.

    `checked` sure words, of which `missed` do not lie on ink; `drift` is by how many pixels (right, down) all boxes
    would have to be moved to lie on clearly more ink, (0, 0) when they lie well.
    """

    checked: int
    missed: tuple[Word, ...]
    drift: tuple[int, int]

    @property
    def share(self) -> float:
        """Share of the sure words that lie on ink; 1 when there are none."""
        return 1.0 - len(self.missed) / self.checked if self.checked else 1.0

    @property
    def passed(self) -> bool:
        """Whether the page may be packaged. One word alone is no evidence against a page of few words."""
        enough = self.share >= LEAST_SHARE or (len(self.missed) == 1 and self.checked > 1)
        return enough and self.drift == (0, 0)


def check(master: NDArray[np.uint8], text: PageText, way: Chain | None = None, sure: float = SURE) -> InkCheck:
    """Look whether the sure words of `text` lie on ink.

    Args:
        master: the image's pixels, (height, width) or (height, width, 3), 8 bits.
        text: what was read; its boxes are in pixels of the archival master.
        way: from master pixels to those of the image, when that is another one (the scan); None when it is the master.
        sure: least confidence of the words that are looked at.
    """
    words = [word for word in text.words() if word.confidence >= sure and word.box.width and word.box.height]
    chain = way or Chain()
    boxes = [chain.box(word.box) for word in words]
    shade = master if master.ndim == 2 else np.asarray(cv2.cvtColor(master, cv2.COLOR_RGB2GRAY), np.uint8)
    marks = _marks(shade, boxes)
    missed = tuple(word for word, box in zip(words, boxes, strict=True) if not _filled(marks, box))
    return InkCheck(len(words), missed, _drift(marks, boxes))


def _marks(shade: Grey, boxes: Sequence[Box]) -> Grey:
    """1 where the image clearly differs from the ground around it, darker or lighter: type may be white on black."""
    height = float(np.median([box.height for box in boxes])) if boxes else 30.0
    # Seen small, the ground is what is left when type is taken away: the median over a few line heights.
    scale = min(1.0, 8.0 / max(height, 1.0))
    size = (max(1, round(shade.shape[1] * scale)), max(1, round(shade.shape[0] * scale)))
    small = cv2.medianBlur(np.asarray(cv2.resize(shade, size, interpolation=cv2.INTER_AREA), np.uint8), 31)
    ground = cv2.resize(small, shade.shape[::-1], interpolation=cv2.INTER_LINEAR)
    away = cv2.absdiff(np.ascontiguousarray(shade), np.asarray(ground, np.uint8))
    # Faint type on dark paper differs less than black on white.
    least = cv2.addWeighted(ground, 0.12, ground, 0.0, 6.0)
    return np.asarray(cv2.compare(away, least, cv2.CMP_GT) // 255, np.uint8)


def _filled(marks: Grey, box: Box) -> bool:
    inside = box.inside(marks.shape[1], marks.shape[0])
    if inside.width * inside.height < 0.7 * box.width * box.height:
        return False
    part = marks[inside.top : inside.bottom, inside.left : inside.right]
    # A word's letters stand in most columns of its box, and go through the middle of it.
    columns = float((part.sum(axis=0) >= max(1.0, 0.08 * inside.height)).mean())
    return columns >= _FILLED and float(part.mean()) >= 0.04


def _drift(marks: Grey, boxes: Sequence[Box]) -> tuple[int, int]:
    """By how much all boxes would have to move to hold clearly more ink; (0, 0) when they lie well or are few."""
    if len(boxes) < _LEAST_WORDS_FOR_DRIFT:
        return 0, 0
    total: NDArray[Any] = cv2.integral(marks)
    edges = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes])
    step = max(1, round(float(np.median(edges[:, 3] - edges[:, 1])) / 4))
    here = _held(total, edges, 0, 0)
    best, best_held = (0, 0), here * _CLEARLY
    for across in range(-_MOVES, _MOVES + 1):
        for down in range(-_MOVES, _MOVES + 1):
            held = _held(total, edges, across * step, down * step)
            if held > best_held:
                best, best_held = (across * step, down * step), held
    return best


def _held(total: NDArray[Any], edges: NDArray[np.int_], across: int, down: int) -> float:
    """Pixels of ink within all boxes, moved; `total` is the summed-area table of the marks."""
    height, width = total.shape[0] - 1, total.shape[1] - 1
    left, right = np.clip(edges[:, 0] + across, 0, width), np.clip(edges[:, 2] + across, 0, width)
    top, bottom = np.clip(edges[:, 1] + down, 0, height), np.clip(edges[:, 3] + down, 0, height)
    sums = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return float(sums.sum())
