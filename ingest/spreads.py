"""Which pages lie on an image of a scan: all of it, or the two halves of an opened book.

This is asked of every scan of a delivery before its pages have numbers, so only images that lie are decoded.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from ingest import image, split
from ingest.image import BadScan
from metadata.geometry import Box
from metadata.model import ImageFacts

_LEAST_FORM = 0.8
"""Width by height from which an image may show two pages: the halves are upright, and a little bed lies around them."""
_MOST_PIXELS = 120_000_000
"""Larger images are maps and plans."""
_LYING_TAGS = frozenset({5, 6, 7, 8})
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Spread:
    """What an image of a scan shows: two pages, left and right, in pixels of the upright image; none when it is one.

    `doubtful`: there is something like a gutter, but it is not sure.
    """

    halves: tuple[Box, ...] = ()
    doubtful: bool = False


WHOLE = Spread()


def look_for_spreads(scans: Iterable[tuple[Path, int]]) -> list[Spread]:
    """Look at each image of a scan: a file and the image's place in it, from 0.

    What cannot be read is left whole; its page will say why.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda scan: _look(*scan), scans))


def _look(path: Path, frame: int) -> Spread:
    cv2.setNumThreads(1)
    try:
        facts = image.look(path, frame)
        width, height = _upright(facts)
        if width < _LEAST_FORM * height or width * height > _MOST_PIXELS:
            return WHOLE
        seen = split.measure(image.decode(path, frame, facts).pixels)
    except (BadScan, OSError):
        return WHOLE
    return Spread(seen.pages, False) if seen.verdict is split.Verdict.SPREAD else Spread((), seen.doubtful)


def _upright(facts: ImageFacts) -> tuple[int, int]:
    lying = facts.orientation in _LYING_TAGS
    return (facts.height, facts.width) if lying else (facts.width, facts.height)
