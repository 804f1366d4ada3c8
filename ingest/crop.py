"""Where the page ends and the scanner's bed begins; and where the print ends, for those who want no margins.

A side of the page is a straight line at which the bed's colour gives way to something else that stays. Each side is
looked for by itself: from every row (or column) inwards from the image's edge, the bed's colour being that of the row's
own end, so that the bed may be black, white, grey or coloured, and may shade off. What is not surely a side is not cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels, grey
from metadata.geometry import Box, Transform

WORK_SIDE = 640
"""Pixels of the longer side at which sides are looked for."""
_MOST_TURN = 15.0
_TYPE = 11
_STAYS = 7
_LEAST_STEP = 10.0
_NEAR = 1.5
_SUPPORT = 0.6
_LEAST_SIDE = 0.25
_MARGIN = 0.002
_PARALLEL = 0.7
_SURE_SIDES, _SURE_APART, _SURE_SUPPORT = 3, 0.15, 0.75

Floats = NDArray[np.float64]


class Side(StrEnum):
    """A side of a page as it lies before the reader."""

    LEFT = "left"
    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Edge:
    """A found side: how far it lies from the image's own edge (pixels of the scan, at the middle of the page's extent).

    `slope` is how much farther it lies per pixel along the side (down, or to the right); `support` the share of the
    side that lies on that line; `step` by how many levels of grey or colour bed and page differ.
    """

    distance: float
    slope: float
    support: float
    step: float


@dataclass(frozen=True, slots=True)
class Crop:
    """Where the page lies on its scan.

    `box` holds the whole page, unturned, in pixels of the scan; it is the whole scan when nothing was found. `angle` is
    the page's skew by its edges (degrees, clockwise positive), None when fewer than two edges agree; `turned` the
    page's box after it has been turned back by `angle` as `ingest.deskew.turn` does, None without an angle.
    `confidence` (0 to 1) is the weakest found edge's support, 0 when nothing was found.
    """

    box: Box
    edges: dict[Side, Edge]
    angle: float | None
    turned: Box | None
    confidence: float

    @property
    def found(self) -> bool:
        """Whether any side was found."""
        return bool(self.edges)

    @property
    def sure_angle(self) -> float | None:
        """The skew by the edges where at least three are straight and agree within 0.15 degrees; None elsewhere."""
        angles = [_leaning(side, edge.slope) for side, edge in self.edges.items()]
        if len(angles) < _SURE_SIDES or float(np.ptp(angles)) > _SURE_APART or self.confidence < _SURE_SUPPORT:
            return None
        return self.angle


def measure(pixels: Pixels) -> Crop:
    """Find the page on its scan.

    Args:
        pixels: (height, width) or (height, width, 3), 8 bits.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, WORK_SIDE / max(height, width))
    small = _reduced(pixels, scale)
    if min(small.shape[:2]) < 8 * _STAYS:
        return Crop(Box(0, 0, width, height), {}, None, None, 0.0)
    paper = np.asarray(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((_TYPE, _TYPE), np.uint8)), np.uint8)
    lines = _edges(paper, small)
    if not lines:
        return Crop(Box(0, 0, width, height), {}, None, None, 0.0)
    corners = _corners(lines, small.shape[1], small.shape[0])
    angle = _angle(lines)
    box = _box(corners, scale, width, height)
    if min(box.width / width, box.height / height) < _LEAST_SIDE:
        return Crop(Box(0, 0, width, height), {}, None, None, 0.0)
    edges = {side: Edge(line.middle / scale, line.slope, line.support, line.step) for side, line in lines.items()}
    turned = None if angle is None else _turned(corners, angle, scale, width, height)
    return Crop(box, edges, angle, turned, min(line.support for line in lines.values()))


def cut(pixels: Pixels, box: Box) -> tuple[Pixels, Transform]:
    """The part of the pixels within `box`, and the transform to it. The box is held to the image."""
    box = box.inside(pixels.shape[1], pixels.shape[0])
    return np.ascontiguousarray(pixels[box.top : box.bottom, box.left : box.right]), Transform.cut(box)


def printed(pixels: Pixels, dpi: float, margin_mm: float = 3.0) -> Box | None:
    """The area of the page that carries print, with a margin around it; None when there is no print.

    Everything darker than the paper around it and at least 0.6 mm high or wide counts, but for shadows that touch the
    page's edge: a page number and a stamp are print.

    Args:
        pixels: a page, already cut to its edges.
        dpi: pixels per inch, 300 when not known.
        margin_mm: millimetres left around the print.
    """
    height, width = pixels.shape[:2]
    dpi = dpi or 300.0
    scale = min(1.0, 100.0 / dpi)
    if min(height, width) * scale < 24:
        return None
    shade = _reduced(grey(pixels), scale)
    wide = 2 * (min(shade.shape) // 24) + 1
    paper = cv2.medianBlur(shade, min(wide, 61))
    ink = (shade < paper * 0.85 - 6).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    least = max(3, round(0.6 / 25.4 * dpi * scale))
    left, top, wide_, high = stats[1:, 0], stats[1:, 1], stats[1:, 2], stats[1:, 3]
    inside = (left > 0) & (top > 0) & (left + wide_ < shade.shape[1]) & (top + high < shade.shape[0])
    kept = stats[1:][inside & (np.maximum(wide_, high) >= least)]
    if len(kept) == 0:
        return None
    margin = margin_mm / 25.4 * dpi
    left, top = kept[:, 0].min() / scale - margin, kept[:, 1].min() / scale - margin
    right, bottom = (kept[:, 0] + kept[:, 2]).max() / scale + margin, (kept[:, 1] + kept[:, 3]).max() / scale + margin
    return Box.between(int(left), int(top), int(np.ceil(right)), int(np.ceil(bottom))).inside(width, height)


class _Bed(Enum):
    """What lies before a line that may be a page's side."""

    NONE = 0
    DARK = 1
    LIGHT = 2


@dataclass(frozen=True, slots=True)
class _Line:
    """``distance = at + slope * along``, in pixels of the reduced image; `middle` is its distance amid the page."""

    at: float
    slope: float
    middle: float
    support: float
    step: float


def _reduced(pixels: Pixels, scale: float) -> Pixels:
    if scale >= 1.0:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _seen_from(pixels: Pixels, side: Side) -> Pixels:
    """The image turned so that `side` lies on the left and its rows run along the side."""
    if side in (Side.TOP, Side.BOTTOM):
        pixels = pixels.swapaxes(0, 1)
    return pixels[:, ::-1] if side in (Side.RIGHT, Side.BOTTOM) else pixels


def _edges(paper: Pixels, small: Pixels) -> dict[Side, _Line]:
    """The sides found, each looked for only where the sides across it leave room."""
    shade = grey(small)
    starts = {side: _departures(_seen_from(paper, side)) for side in Side}
    rough = {side: line for side in Side if (line := _line(*starts[side], 0, len(starts[side][0]))) is not None}
    found: dict[Side, _Line] = {}
    light: set[Side] = set()
    captioned = False
    for side in Side:
        across = (Side.TOP, Side.BOTTOM) if side in (Side.LEFT, Side.RIGHT) else (Side.LEFT, Side.RIGHT)
        length = len(starts[side][0])
        low = max(0.0, rough[across[0]].middle) if across[0] in rough else 0.0
        high = length - (max(0.0, rough[across[1]].middle) if across[1] in rough else 0.0)
        if high - low < _LEAST_SIDE * length:
            continue
        line = _line(*starts[side], int(low), int(high))
        if line is None or line.support < _SUPPORT:
            continue
        rows = np.arange(int(low), int(high))
        view = _seen_from(paper, side)
        ends = np.clip((line.at + line.slope * rows).astype(np.intp), 1, view.shape[1] // 2)
        bed = _bed(view, rows, ends)
        if bed is _Bed.NONE:
            continue
        if _print_outside(_seen_from(shade, side), ends, rows, dark_bed=bed is _Bed.DARK):
            captioned |= bed is _Bed.LIGHT
            continue
        found[side] = line
        if bed is _Bed.LIGHT:
            light.add(side)
    # A picture printed on a page looks like a page on a light bed, until there is print beside it.
    return {side: line for side, line in found.items() if not (captioned and side in light)}


def _departures(paper: Pixels) -> tuple[Floats, Floats]:
    """For each row, where the colour of its left end is left for good, and by how much; NaN where it never is."""
    if paper.ndim == 2:
        paper = paper[:, :, np.newaxis]
    wide = paper.shape[1] // 2
    half = paper[:, :wide].astype(np.int16)
    bed = np.median(half[:, :3], axis=1).astype(np.int16)[:, np.newaxis]
    away = np.abs(half - bed).max(axis=2)
    differs = away > _LEAST_STEP
    run = np.cumsum(np.pad(differs, ((0, 0), (1, 0))), axis=1)
    stays = differs[:, : wide - _STAYS + 1] & (run[:, _STAYS:] - run[:, :-_STAYS] >= _STAYS)
    first = stays.argmax(axis=1)
    rows = np.arange(len(first))
    step = away[rows, np.minimum(first + _STAYS - 1, wide - 1)].astype(np.float64)
    # The middle of a soft edge: where half of the step is made.
    after = np.arange(wide)[np.newaxis] >= first[:, np.newaxis]
    first = ((away >= step[:, np.newaxis] / 2) & after).argmax(axis=1)
    found = stays.any(axis=1) & (stays.argmax(axis=1) > 0)
    return np.where(found, first, np.nan).astype(np.float64), np.where(found, step, np.nan)


def _line(starts: Floats, steps: Floats, low: int, high: int) -> _Line | None:
    """The straight line most starts within rows `low` to `high` lie on; None when too few lie on any."""
    rows = np.arange(low, high, dtype=np.float64)
    ends = starts[low:high]
    known = ~np.isnan(ends)
    if known.sum() < max(20.0, 0.3 * len(rows)):
        return None
    along, away = rows[known], ends[known]
    first, second = _pairs(len(along))
    slopes = (away[second] - away[first]) / (along[second] - along[first])
    level = away[first] - slopes * along[first]
    off = np.abs(away - level[:, np.newaxis] - slopes[:, np.newaxis] * along)
    counts = (off <= _NEAR).sum(axis=1) * (np.abs(slopes) <= np.tan(np.radians(_MOST_TURN)))
    at, slope = float(level[counts.argmax()]), float(slopes[counts.argmax()])
    for _ in range(2):
        near = np.abs(away - at - slope * along) <= _NEAR
        if near.sum() < 20:
            return None
        slope, at = (float(value) for value in np.polyfit(along[near], away[near], 1))
    near = np.abs(away - at - slope * along) <= _NEAR
    middle = at + slope * (low + high) / 2
    step = float(np.median(steps[low:high][known][near]))
    return _Line(at, slope, middle, float(near.sum()) / len(rows), step)


def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of places at least a fifth of the side apart, spread evenly: always the same ones."""
    places = np.unique(np.linspace(0, count - 1, 18).astype(np.intp))
    first, second = np.meshgrid(places, places)
    apart = second - first >= count / 5
    return first[apart], second[apart]


def _bed(view: Pixels, rows: NDArray[np.intp], ends: NDArray[np.intp]) -> _Bed:
    """What lies before a line of places `ends` in `rows`: a bed, if behind it is something else all along."""
    bed = view[rows, np.maximum(ends - 4, 0)]
    page, deeper = (view[rows, np.minimum(ends + deep, view.shape[1] - 1)] for deep in (_STAYS, 6 * _STAYS))
    if _alike(bed, page) > 0.15:
        return _Bed.NONE
    if float(np.median(bed)) < 0.75 * float(np.median(page)):
        return _Bed.DARK
    # Before a light bed, a shadow, a frame and a picture look like a page's edge.
    return _Bed.LIGHT if _plain_paper(page) and _alike(bed, deeper) <= 0.15 else _Bed.NONE


def _alike(one: Pixels, other: Pixels) -> float:
    """The share of places at which both have about the same colour."""
    apart = np.abs(one.astype(np.int16) - other.astype(np.int16)).reshape(len(one), -1).max(axis=1)
    return float((apart <= _LEAST_STEP).mean())


def _plain_paper(page: Pixels) -> bool:
    """Whether the strip behind an edge has one light colour, as paper has and a picture's border has not."""
    shade = page.reshape(len(page), -1).mean(axis=1)
    middle = float(np.median(shade))
    return middle > 90 and float((np.abs(shade - middle) < 14).mean()) > 0.8


def _print_outside(shade: Pixels, edge: NDArray[np.intp], rows: NDArray[np.intp], *, dark_bed: bool) -> bool:
    """Whether there are dark marks before the edge: anywhere on a light bed, near the page on a dark one."""
    reach = int(edge.max()) - 3
    if reach < 3:
        return False
    strip = np.ascontiguousarray(shade[rows[0] : rows[-1] + 1, :reach])
    marks = cv2.morphologyEx(strip, cv2.MORPH_BLACKHAT, np.ones((9, 9), np.uint8)) > 45
    columns = np.arange(reach)[np.newaxis]
    before = columns < edge[:, np.newaxis] - 4
    if dark_bed:
        before &= columns > edge[:, np.newaxis] - 0.03 * shade.shape[1]
    _, _, stats, _ = cv2.connectedComponentsWithStats((marks & before).astype(np.uint8), connectivity=8)
    return int((stats[1:, cv2.CC_STAT_AREA] >= 12).sum()) >= 2


def _angle(lines: dict[Side, _Line]) -> float | None:
    """The skew by the edges: the median of at least two that agree."""
    angles = sorted(_leaning(side, line.slope) for side, line in lines.items())
    if len(angles) < 2 or angles[-1] - angles[0] > _PARALLEL:
        return None
    return round(float(np.median(angles)), 2)


def _leaning(side: Side, slope: float) -> float:
    """A page turned clockwise: its left edge comes nearer downwards, its top edge goes away to the right."""
    return float(np.degrees(np.arctan(-slope if side in (Side.LEFT, Side.BOTTOM) else slope)))


def _corners(lines: dict[Side, _Line], width: int, height: int) -> list[tuple[float, float]]:
    """The page's corners in the reduced image; a side not found is the image's own edge."""
    nothing = _Line(0.0, 0.0, 0.0, 0.0, 0.0)
    corners = []
    for down in (Side.TOP, Side.BOTTOM):
        for across in (Side.LEFT, Side.RIGHT):
            x_line, y_line = lines.get(across, nothing), lines.get(down, nothing)
            x, y = 0.0, 0.0
            for _ in range(4):
                x = x_line.at + x_line.slope * y
                x = width - x if across is Side.RIGHT else x
                y = y_line.at + y_line.slope * x
                y = height - y if down is Side.BOTTOM else y
            corners.append((x, y))
    return corners


def _box(corners: list[tuple[float, float]], scale: float, width: int, height: int) -> Box:
    """The box around the corners in pixels of the scan, with a margin so that no ink at the edge is lost."""
    xs, ys = [x / scale for x, _ in corners], [y / scale for _, y in corners]
    margin = max(2.0, _MARGIN * max(width, height))
    left, top = int(np.floor(min(xs) - margin)), int(np.floor(min(ys) - margin))
    right, bottom = int(np.ceil(max(xs) + margin)), int(np.ceil(max(ys) + margin))
    return Box.between(left, top, right, bottom).inside(width, height)


def _turned(corners: list[tuple[float, float]], angle: float, scale: float, width: int, height: int) -> Box:
    new_width, new_height = _turned_size(width, height, angle)
    way = Transform.turn(-angle, width, height, new_width, new_height)
    moved = [way.apply(x / scale, y / scale) for x, y in corners]
    return _box(moved, 1.0, new_width, new_height)


def _turned_size(width: int, height: int, angle: float) -> tuple[int, int]:
    """How wide and high a page becomes when `ingest.deskew.turn` turns it by `angle` degrees."""
    radians = abs(np.radians(angle))
    new_width = int(np.ceil(width * np.cos(radians) + height * np.sin(radians)))
    return new_width, int(np.ceil(height * np.cos(radians) + width * np.sin(radians)))


def told(edges: dict[Side, Edge]) -> dict[str, str]:
    """The evidence in few words, for an event's note: distance in pixels and support of every side."""
    return {side.value: f"{edge.distance:.0f} px, {edge.support:.2f}" for side, edge in edges.items()}
