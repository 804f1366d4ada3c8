"""How high the letters of a page are, in pixels, as they are seen: no resolution is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ocr.preparation import Pixels, reduced

_WORK_HEIGHT = 1800
_AROUND = 41
_FEWEST = 40


@dataclass(frozen=True, slots=True)
class TypeSeen:
    """Shapes like letters: how many, and their median height in pixels; both 0 where there are too few to tell."""

    count: int = 0
    height: float = 0.0


def type_seen(grey: Pixels) -> TypeSeen:
    """The letters on `grey` (height, width), before anything is read.

    Most letters of running text have no ascender, so this is about the height of its x. Takes some 15 ms of CPU: the
    page is looked at with about 1,800 pixels of height, and ink is what is a sixth darker than the paper around it.
    """
    shrunk = min(1.0, _WORK_HEIGHT / grey.shape[0])
    work = reduced(grey, shrunk)
    paper = cv2.blur(work, (_AROUND, _AROUND))
    ink = cv2.compare(work, cv2.addWeighted(paper, 0.85, paper, 0.0, -5.0), cv2.CMP_LT)
    stats = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)[2][1:]
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    letters = height[(height >= 5) & (height <= 80) & (width >= 3) & (width <= 120) & (area >= 0.1 * width * height)]
    if len(letters) < _FEWEST:
        return TypeSeen()
    middle = float(np.median(letters))
    alike = letters[(letters > 0.55 * middle) & (letters < 2.2 * middle)]
    return TypeSeen(len(alike), float(np.median(alike)) / shrunk) if len(alike) >= _FEWEST else TypeSeen()
