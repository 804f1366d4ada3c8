"""Which way up a page of type lies, and whether it is mirrored.

Two witnesses. The shapes of letters cost little: neighbours stand beside each other along a line; feet of letters stand
on one line while their heads do not (ascenders are more frequent than descenders); most letters of Latin script have
their stem, hence their ink, on the left. Tesseract's script detection costs about as much as reading half a page: it is
asked only when the shapes say that something is wrong, or say nothing. It cannot tell a mirrored page from a right one,
but it is surer of itself on the right one.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.image import Pixels, write_pnm
from ingest.page_view import Numbers, PageView, level
from metadata.tool import Limits, Tool, ToolFailed

Floats = NDArray[np.floating[Any]]

TESSERACT = Tool("tesseract", "tesseract-ocr")
_LIMITS = Limits(seconds=60.0)
_SEEDS = 300
_NEIGHBOURS = 3000
_LYING, _STANDING = 0.35, 0.65
_LEAST_FEET, _SURE_FEET = 0.04, 0.25
_LEAST_LETTERS = 40
_MOST_LETTERS = 600
_SIDE = 10
_LETTER_PIXELS = 20
_MIRRORED, _SURELY_MIRRORED = -0.15, -0.35
_OSD_SURE = 1.0
_OSD_ALONE = 4.0
_OSD_MARGIN = 0.5
# The left half of an average letter less its mirror image: where type of Latin script, Antiqua, Fraktur and
# typewriter alike, has more ink than at the same place on the right. Averaged over 19 pages, 1659 to 1974.
_LEFTNESS = np.array([
    (8, 6, -1, -6, -2), (6, 4, 6, 2, -1), (1, 7, 8, 6, 2), (4, 10, 9, 6, 2), (9, 12, 13, 9, 3),
    (16, 17, 20, 16, 7), (13, 20, 23, 16, 6), (0, 14, 20, 14, 5), (-6, 2, 11, 10, 3), (-4, 0, 6, 11, 5),
], np.float64)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detected:
    """What script detection says: how far the page is turned clockwise (degrees) and how sure it is (0 upwards)."""

    degrees: int
    confidence: float


Detector = Callable[[Pixels, float], Detected | None]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What the shapes of letters say.

    `standing` is the share of letters whose nearest neighbour stands beside and not above them (1 upright, 0 lying).
    `degrees` is how far the page is turned clockwise, None when that is not clear. `feet` is by how much heads of
    letters scatter more than feet, once lines lie across. `leftness` is from -1 (mirrored) to 1 (as type is).
    """

    standing: float
    degrees: int | None
    feet: float
    leftness: float


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a page lies: turned clockwise by `degrees`, `mirrored` or not; `sure` when both witnesses say so."""

    degrees: int
    mirrored: bool
    sure: bool
    shapes: Shapes

    @property
    def wrong(self) -> bool:
        """Whether the page is not to be read as it lies."""
        return self.degrees != 0 or self.mirrored


def orientation(page: PageView, detect: Detector | None = None) -> Orientation | None:
    """Judge how a page of type lies; None when it has too few letters.

    Args:
        page: the page.
        detect: script detection; Tesseract's when not given. It is not run when the shapes say that all is well.
    """
    if not page.has_text:
        return None
    seen = letter_shapes(page)
    ask = detect or detect_script
    if seen.degrees is None:
        said = ask(page.work, page.dpi * page.scale)
        trusted = said is not None and said.confidence >= _OSD_ALONE
        return Orientation(said.degrees if said and trusted else 0, False, False, seen)
    if seen.degrees:
        return _turned(page, seen, seen.degrees, ask)
    if seen.leftness < _MIRRORED:
        return _mirrored(page, seen, ask)
    return Orientation(0, False, True, seen)


def _turned(page: PageView, seen: Shapes, degrees: int, ask: Detector) -> Orientation:
    said = ask(page.work, page.dpi * page.scale)
    mirrored = seen.leftness < _SURELY_MIRRORED
    if said is None or said.confidence < _OSD_SURE:
        return Orientation(degrees, mirrored, False, seen)
    # Where feet are in the air this clearly, the page is worth a look unless Tesseract is sure that it need not be.
    if said.degrees == 0 and degrees == 180:
        if seen.feet < -_SURE_FEET and said.confidence < _OSD_ALONE:
            return Orientation(degrees, mirrored, False, seen)
        return Orientation(0, False, False, seen)
    return Orientation(said.degrees or degrees, mirrored, said.degrees == degrees, seen)


def _mirrored(page: PageView, seen: Shapes, ask: Detector) -> Orientation:
    dpi = page.dpi * page.scale
    as_is, flipped = ask(page.work, dpi), ask(np.ascontiguousarray(page.work[:, ::-1]), dpi)
    gain = (flipped.confidence if flipped else 0.0) - (as_is.confidence if as_is else 0.0)
    if gain > _OSD_MARGIN:
        return Orientation(0, True, True, seen)
    # Tesseract is often as sure of a mirrored page; where letters lean clearly, its word is no veto.
    return Orientation(0, seen.leftness < _SURELY_MIRRORED, False, seen)


def letter_shapes(page: PageView) -> Shapes:
    """What the letters of a page say of its orientation, without Tesseract."""
    standing = _standing(page.letters, page.letter)
    if _LYING < standing < _STANDING:
        return Shapes(round(standing, 2), None, 0.0, 0.0)
    lies = standing <= _LYING
    boxes = _turned_back(page.letters, page.work.shape[1]) if lies else page.letters
    feet = _feet(boxes, page.letter)
    if abs(feet) < _LEAST_FEET:
        return Shapes(round(standing, 2), None, round(feet, 3), 0.0)
    # `_turned_back` undoes a turn by 90; feet in the air then mean that it was the other quarter.
    degrees = (90 if feet > 0 else 270) if lies else (0 if feet > 0 else 180)
    mean = np.rot90(_mean_letter(page), degrees // 90)
    return Shapes(round(standing, 2), degrees, round(feet, 3), round(_leftness(mean), 2))


def detect_script(pixels: Pixels, dpi: float) -> Detected | None:
    """Ask Tesseract's orientation and script detection; None when it found too little text or failed.

    Raises:
        Problem: E001, Tesseract is missing.
    """
    with tempfile.TemporaryDirectory(prefix="kdr-") as folder:
        path = Path(folder) / "page.pnm"
        write_pnm(path, pixels)
        try:
            said = TESSERACT.run([str(path), "-", "--psm", "0", "--dpi", str(max(70, round(dpi)))], _LIMITS)
        except ToolFailed:
            return None
    degrees = re.search(r"Orientation in degrees: (\d+)", said)
    confidence = re.search(r"Orientation confidence: (-?[\d.]+)", said)
    if not degrees or not confidence:
        return None
    return Detected(int(degrees[1]) % 360, float(confidence[1]))


def _turned_back(boxes: Numbers, width: int) -> Numbers:
    """Boxes of a page that lies turned clockwise by 90 degrees, as they are when it is turned back."""
    left, top, wide, high = boxes.T
    return np.stack([top, width - left - wide, high, wide], axis=1)


def _seeds(boxes: Numbers) -> tuple[Floats, Floats]:
    """Letters of one stretch of the page, top to bottom, at most 3000, and a sample of them to ask for neighbours."""
    first = max(0, (len(boxes) - _NEIGHBOURS) // 2)
    near = boxes[first : first + _NEIGHBOURS].astype(np.float32)
    return near, near[np.linspace(0, len(near) - 1, min(_SEEDS, len(near))).astype(int)]


def _standing(boxes: Numbers, letter: float) -> float:
    near, chosen = _seeds(boxes)
    dx = np.abs((near[:, 0] + near[:, 2] / 2)[None] - (chosen[:, 0] + chosen[:, 2] / 2)[:, None])
    dy = np.abs((near[:, 1] + near[:, 3] / 2)[None] - (chosen[:, 1] + chosen[:, 3] / 2)[:, None])
    distance = np.hypot(dx, dy)
    distance[distance == 0] = np.inf
    rows, nearest = np.arange(len(chosen)), distance.argmin(axis=1)
    close = distance[rows, nearest] < 3 * letter
    beside = dx[rows, nearest] > dy[rows, nearest]
    return float(beside[close].mean()) if close.sum() >= _LEAST_LETTERS else 0.5


def _feet(boxes: Numbers, letter: float) -> float:
    """Share of neighbours on a line whose heads differ, less that of those whose feet do."""
    near, chosen = _seeds(boxes)
    dx = np.abs(near[None, :, 0] - chosen[:, None, 0])
    heads = np.abs(near[None, :, 1] - chosen[:, None, 1])
    feet = np.abs((near[:, 1] + near[:, 3])[None] - (chosen[:, 1] + chosen[:, 3])[:, None])
    beside = (dx < 4 * letter) & (dx > 0) & ((heads + feet) < 1.2 * letter)
    if int(beside.sum()) < _LEAST_LETTERS:
        return 0.0
    least = max(1.5, 0.15 * letter)
    return float((heads[beside] > least).mean() - (feet[beside] > least).mean())


def _mean_letter(page: PageView) -> Floats:
    """Letters of the middle of the page laid over each other: (10, 10), the share of them that have ink there."""
    height, width = page.shade.shape
    factor = min(2.0, _LETTER_PIXELS * page.scale / page.letter)
    half = int(800 / factor)
    middle = page.shade[max(0, height // 2 - half) : height // 2 + half, width // 16 : -(width // 16) or None]
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    shade = cv2.resize(middle, None, fx=factor, fy=factor, interpolation=method)
    depth = cv2.subtract(cv2.blur(shade, (61, 61)), shade)
    marked = np.asarray(depth[depth > 15], np.uint8)
    # What shows through from the back is mirrored: only the darker ink is looked at.
    least = max(12.0, 0.45 * level(marked, 75)) if len(marked) else 255.0
    ink = np.asarray(depth > least, np.uint8) * np.uint8(255)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    total, count = np.zeros((_SIDE, _SIDE)), 0
    for left, top, wide, high in _letters_among(np.asarray(boxes[1:, :4], np.int64)):
        total += cv2.resize(ink[top : top + high, left : left + wide], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        count += 1
    return total / (255.0 * max(1, count))


def _letters_among(boxes: Numbers) -> Numbers:
    long, short = boxes[:, 2:].max(axis=1), boxes[:, 2:].min(axis=1)
    likely: Numbers = boxes[(long >= 9) & (long < 60) & (short >= 4) & (short >= 0.35 * long)]
    if len(likely) == 0:
        return likely
    usual = float(np.median(likely[:, 3]))
    likely = likely[(likely[:, 3] >= 0.7 * usual) & (likely[:, 3] <= 1.9 * usual)]
    chosen: Numbers = likely[np.linspace(0, len(likely) - 1, min(_MOST_LETTERS, len(likely))).astype(int)]
    return chosen


def _leftness(mean: Floats) -> float:
    """How much the mean letter leans as letters of Latin script do: the cosine of the two differences."""
    lean = (mean - mean[:, ::-1])[:, : _SIDE // 2]
    size = float(np.linalg.norm(lean) * np.linalg.norm(_LEFTNESS))
    return float((lean * _LEFTNESS).sum()) / size if size > 0 else 0.0
