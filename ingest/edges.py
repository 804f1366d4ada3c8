"""What happens at the edges of the picture: letters cut off, the page cut off, fingers and clips lying on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels
from ingest.page_view import PageView, level


class Side(StrEnum):
    """An edge of the picture."""

    LEFT = "left"
    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"


Signed = NDArray[np.int16]
_Sample = TypeVar("_Sample", np.uint8, np.int16)

_SMALL_DPI = 50.0
_GAP_MM = 0.4
_GAP_LETTERS = {Side.LEFT: 0.3, Side.RIGHT: 0.3, Side.TOP: 0.7, Side.BOTTOM: 0.7}
# A cut leaves letters their whole size along it: their height at left and right. Specks are smaller.
_LEAST_ALONG = {Side.LEFT: 0.7, Side.RIGHT: 0.7, Side.TOP: 0.4, Side.BOTTOM: 0.4}
_BED_MM = 2.0
_BED_SHADE = 70
_OBJECT_MM = (6.0, 45.0)
_OBJECT_DEPTH_MM = (6.0, 80.0)
_OBJECT_SOLID = 0.5
# Old paper is browner by less at its edges.
_STRANGE = 48
_THICK = np.ones((7, 7), np.uint8)
_SKIN_RED = 6.0


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies on the page at an edge: where, how long it is along it (mm), and whether it looks like skin."""

    side: Side
    length_mm: float
    skin: bool


@dataclass(frozen=True, slots=True)
class Edges:
    """The four edges of a picture.

    `cut_letters` is the number of letter-like shapes that touch each edge. `cut_page` is the edge at which the page
    runs out of the picture though the scanner's dark bed shows on the three others; left and right do not count, for
    there the other page of an open book begins. `lying` are things that lie on it.
    """

    cut_letters: dict[Side, int]
    cut_page: Side | None
    lying: tuple[Lying, ...]


def edges(page: PageView) -> Edges:
    """Look at the four edges of a page."""
    bed = {side: _is_bed(page, side) for side in Side}
    return Edges(
        cut_letters={side: 0 if bed[side] else _cut_letters(page, side) for side in Side},
        cut_page=_cut_page(page, bed),
        lying=_lying(page, bed),
    )


def _turned(pixels: NDArray[_Sample], side: Side) -> NDArray[_Sample]:
    """The picture turned so that `side` is on the left; what was along the side goes downwards."""
    if side is Side.LEFT:
        return pixels
    if side is Side.RIGHT:
        return pixels[:, ::-1]
    upright = pixels.swapaxes(0, 1)
    return upright if side is Side.TOP else upright[:, ::-1]


def _is_bed(page: PageView, side: Side) -> bool:
    return level(_turned(page.work, side)[:, : page.pixels(_BED_MM)], 50) < _BED_SHADE


def _cut_letters(page: PageView, side: Side) -> int:
    """Shapes of a letter's size that begin at the edge; longer ones are frames, pictures or dirt.

    A cut between two lines or words touches none: what is nearer than the white between lines counts as well.
    """
    if not page.has_text:
        return 0
    size = page.letter
    ink = _turned(page.ink, side)[:, : max(8, round(4 * size))]
    _, _, boxes, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(ink), connectivity=8)
    boxes = boxes[1:]
    left, depth, along = boxes[:, 0], boxes[:, 2], boxes[:, 3]
    gap = max(page.pixels(_GAP_MM), _GAP_LETTERS[side] * size)
    letters = (left <= gap) & (depth >= 0.35 * size) & (depth <= 2.5 * size)
    letters &= (along >= _LEAST_ALONG[side] * size) & (along <= 2.5 * size)
    solid = boxes[:, 4] >= 0.15 * depth * along
    return int((letters & solid).sum())


def _cut_page(page: PageView, bed: dict[Side, bool]) -> Side | None:
    if not (bed[Side.LEFT] and bed[Side.RIGHT]) or bed[Side.TOP] == bed[Side.BOTTOM]:
        return None
    return Side.TOP if bed[Side.BOTTOM] else Side.BOTTOM


def _lying(page: PageView, bed: dict[Side, bool]) -> tuple[Lying, ...]:
    colours = np.asarray(cv2.cvtColor(page.small, cv2.COLOR_RGB2YCrCb), np.int16)
    smooth = cv2.medianBlur(colours.astype(np.uint8), 5).astype(np.int16)
    height, width = smooth.shape[:2]
    centre = smooth[height // 6 : -height // 6, width // 6 : -width // 6].reshape(-1, 3)
    if len(centre) == 0:
        return ()
    bright = centre[centre[:, 0] >= np.percentile(centre[:, 0], 50)]
    paper = np.median(bright, axis=0)
    off = np.abs(smooth - paper).max(axis=2)
    # Lines of text that begin where a thing ends would otherwise hang on it.
    strange = np.asarray(cv2.morphologyEx((off > _STRANGE).astype(np.uint8), cv2.MORPH_OPEN, _THICK), np.uint8)
    found = [_object(strange, smooth - paper, side, page) for side in Side if not bed[side]]
    return tuple(each for each in found if each is not None)


def _object(strange: Pixels, colours: Signed, side: Side, page: PageView) -> Lying | None:
    """The largest thing of a finger's or clip's size that touches the side and no other one."""
    dpi = min(page.dpi, _SMALL_DPI)
    seen, tones = np.ascontiguousarray(_turned(strange, side)), _turned(colours, side)
    if not 0.0 < float(seen[:, :2].mean()) <= 0.4:
        return None
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(seen, connectivity=4)
    best = None
    for number, (left, top, depth, along, area) in enumerate(boxes):
        size = (float(along) / dpi * 25.4, float(depth) / dpi * 25.4)
        fits = _OBJECT_MM[0] <= size[0] <= _OBJECT_MM[1] and _OBJECT_DEPTH_MM[0] <= size[1] <= _OBJECT_DEPTH_MM[1]
        inside = top > 1 and top + along < seen.shape[0] - 1
        if number and left <= 1 and fits and inside and area >= _OBJECT_SOLID * depth * along:
            tone = tones[labels == number].mean(axis=0)
            best = Lying(side, round(size[0], 1), bool(tone[1] > _SKIN_RED))
    return best
