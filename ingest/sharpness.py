"""Sharpness of a page: how wide its edges are, and whether they are wide in one direction only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ingest.image import Pixels
from ingest.page_view import PageView, level

_TILE = 256
_TILES = 6
_REACH = 9
_LEAST_CONTRAST = 24
_LEAST_EDGES = 400
_DIRECTIONS = (0, 45, 90, 135)


@dataclass(frozen=True, slots=True)
class Sharpness:
    """How wide edges are, in pixels of the page: from dark to bright at their steepest slope.

    `width` is the median over the sharpest of four directions, `widest` over the least sharp one; `direction` is how
    that one lies, in degrees anticlockwise from across. Where something moved, edges are widened along one direction
    only. `edges` is on how many places that stands.
    """

    width: float
    widest: float
    direction: int
    edges: int

    @property
    def ratio(self) -> float:
        """How many times wider edges are along the least sharp direction; 1 when all are alike."""
        return self.widest / self.width


def sharpness(page: PageView) -> Sharpness | None:
    """Measure edges on the parts of the page that have most of them; None when there are too few to say anything."""
    tiles = busiest(page)
    widths: dict[int, float] = {}
    fewest = 0
    for direction in _DIRECTIONS:
        found = np.concatenate([_edge_widths(tile, direction) for tile in tiles]) if tiles else np.zeros(0)
        if len(found) < _LEAST_EDGES:
            return None
        fewest = min(fewest or len(found), len(found))
        widths[direction] = float(np.percentile(found, 30))
    sharpest, widest = min(widths.values()), max(widths, key=lambda each: widths[each])
    return Sharpness(round(sharpest, 2), round(widths[widest], 2), widest, fewest)


def busiest(page: PageView) -> list[Pixels]:
    """The up to six squares of 256 pixels of the page at its own size where most happens, none at its very edge."""
    height, width = page.shade.shape
    side = min(_TILE, height, width)
    margin_y, margin_x = height // 20, width // 20
    tops = range(margin_y, max(margin_y + 1, height - margin_y - side + 1), side)
    lefts = range(margin_x, max(margin_x + 1, width - margin_x - side + 1), side)
    places = [(_busyness(page, top, left, side), top, left) for top in tops for left in lefts]
    best = sorted(places, reverse=True)[:_TILES]
    return [page.shade[top : top + side, left : left + side] for busy, top, left in best if busy > 0]


def _busyness(page: PageView, top: int, left: int, side: int) -> float:
    y, x, size = (int(value * page.scale) for value in (top, left, side))
    piece = page.ink[y : y + size, x : x + size]
    share = float(piece.mean()) if piece.size else 0.0
    return share if share < 0.5 else 0.0


def _edge_widths(tile: Pixels, direction: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Widths in pixels of the edges met when walking in a direction (degrees anticlockwise from across)."""
    step_x, step_y = {0: (1, 0), 45: (1, -1), 90: (0, 1), 135: (1, 1)}[direction]
    line = _line(step_x, step_y)
    steps = np.hypot(step_x, step_y)
    kernel = np.zeros((3, 3), np.float32)
    kernel[1 + step_y, 1 + step_x], kernel[1 - step_y, 1 - step_x] = 0.5, -0.5
    slope = np.abs(cv2.filter2D(tile, cv2.CV_32F, kernel)) / steps
    contrast = np.asarray(cv2.subtract(cv2.dilate(tile, line), cv2.erode(tile, line)), np.uint8)
    peak = cv2.dilate(slope, line)
    strong = max(_LEAST_CONTRAST, 0.6 * level(contrast, 95))
    at = (contrast >= strong) & (slope >= 0.999 * peak) & (slope > 0)
    return np.asarray(contrast[at] / slope[at], np.float32)


def _line(step_x: int, step_y: int) -> Pixels:
    reach = _REACH if step_x == 0 or step_y == 0 else round(_REACH / 1.414)
    line = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    for step in range(-reach, reach + 1):
        line[reach + step * step_y, reach + step * step_x] = 1
    return line
