"""One scan of an opened book becomes two pages, cut at the gutter; anything else stays whole.

Three things must agree. The form: the halves stand upright and are about equally wide. The paper: a dark valley, a
bright fold or a step of shade runs from the head of the book to its foot along one straight line – or, where the scan
shows paper only as white, the band without print is as wide as two inner margins are. The print: nothing of it crosses
the line. A map with a crease, a plate over both pages and a newspaper with its column rules each fail one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest import crop
from ingest.image import Pixels, grey
from metadata.geometry import Box, Transform

WORK_SIDE = 1000
"""Pixels of the longer side at which the gutter is looked for."""
_HALF_LEAST, _HALF_MOST = 0.42, 0.95
_MIDDLE = 0.1
_BANDS = 20
_REACHES = (6, 14, 30)
_SLANTS = np.tan(np.radians(np.linspace(-2.4, 2.4, 13)))
_LEAST_CONTRAST = 4.0
_FULL_CONTRAST = 16.0
_CLIP = 24.0
_LEAST_STEP = 8.0
_SUPPORT = 0.7
_CROSSING = 0.03
_LEAST_GAP = 0.03
_GAP_TO_MARGINS = 0.7
_SURE = 0.5

Floats = NDArray[np.float64]


class Verdict(StrEnum):
    """What a scan is, and why."""

    SPREAD = "spread"
    UPRIGHT = "one upright page"
    TOO_WIDE = "too wide for two pages"
    NO_GUTTER = "no gutter"
    CROSSED = "print crosses the fold"


class Gutter(StrEnum):
    """What the gutter was seen by."""

    VALLEY = "dark valley"
    FOLD = "bright fold"
    STEP = "step of shade"
    GAP = "unprinted band"
    NONE = "nothing"


@dataclass(frozen=True, slots=True)
class Split:
    """What a scan of an opened book, or of one page, was found to be.

    `at` is the gutter's column at mid-height in pixels of the scan (0 when there is none), `slant` how many columns it
    goes to the right per row. `seen` names the strongest evidence, `contrast` its strength in grey levels, `support`
    the share of the page's height in which it shows, `crossing` the share of rows in which print lies on both sides
    right at it, `gap` the unprinted band there as a share of the spread's width, `balance` the narrower page's width by
    the wider one's. `confidence` (0 to 1) that this is a spread and that this is its gutter. `pages` are the left and
    right page in pixels of the scan (one box, the whole scan, when it is not split); with a slanted gutter they
    overlap, so that each holds its page whole.
    """

    verdict: Verdict
    at: float
    slant: float
    seen: Gutter
    contrast: float
    support: float
    crossing: float
    gap: float
    balance: float
    confidence: float
    pages: tuple[Box, ...]

    @property
    def doubtful(self) -> bool:
        """Whether a person should look: there is something like a gutter on a scan that was left whole."""
        return self.verdict in (Verdict.CROSSED, Verdict.NO_GUTTER) and self.confidence >= 0.25


@dataclass(frozen=True, slots=True)
class _Line:
    """A straight line of evidence: column at mid-height, slant, contrast, share of bands that show it."""

    kind: Gutter
    at: float
    slant: float
    contrast: float
    support: float


@dataclass(frozen=True, slots=True)
class _Gap:
    """An unprinted band as a share of the width, where to cut in it, and both outer margins together as a share.

    `margins` are 1 when the band is no gutter: one of several, or with hardly any print on a side.
    """

    share: float
    at: float
    margins: float


def measure(pixels: Pixels) -> Split:
    """Find out whether a scan shows two pages, and where they meet.

    Args:
        pixels: (height, width) or (height, width, 3), 8 bits; as scanned, the bed may show.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8) if scale < 1.0 else pixels
    area = crop.measure(small).box
    form = area.width / 2 / max(area.height, 1)
    if form > _HALF_MOST:
        return _whole(Verdict.TOO_WIDE, width, height)
    if min(area.width, area.height) < 150 or form < _HALF_LEAST:
        return _whole(Verdict.UPRIGHT, width, height)
    shade = grey(crop.cut(small, area)[0])
    ink = _ink(shade)
    bedded = area.width < size[0] or area.height < size[1]
    best = _strongest(shade, 0.02, 2) if bedded else _strongest(shade, 0.005, 1)
    gap = _gap(ink)
    if best.support < _SUPPORT or best.contrast < _LEAST_CONTRAST:
        best = _by_gap(best, gap)
    crossing = _crossing(ink, best)
    balance = min(best.at, shade.shape[1] - best.at) / max(best.at, shade.shape[1] - best.at)
    confidence = _confidence(best, crossing, gap, balance)
    found = best.support >= _SUPPORT
    verdict = Verdict.NO_GUTTER
    if found and confidence >= _SURE:
        verdict = Verdict.SPREAD
    elif found and crossing > _CROSSING:
        verdict = Verdict.CROSSED
    at = (area.left + best.at - best.slant * (area.top + shade.shape[0] / 2 - size[1] / 2)) / scale
    pages = _pages(at, best.slant, width, height) if verdict is Verdict.SPREAD else (Box(0, 0, width, height),)
    return Split(
        verdict, at, best.slant, best.kind, best.contrast, best.support, crossing, gap.share, balance, confidence, pages
    )


def cut(pixels: Pixels, split: Split) -> tuple[tuple[Pixels, Transform], ...]:
    """The pages of a scan in the order they lie, each with the transform from scan to page pixels."""
    return tuple(crop.cut(pixels, page) for page in split.pages)


def _whole(verdict: Verdict, width: int, height: int) -> Split:
    return Split(verdict, 0.0, 0.0, Gutter.NONE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, (Box(0, 0, width, height),))


def _pages(at: float, slant: float, width: int, height: int) -> tuple[Box, Box]:
    reach = abs(slant) * height / 2
    left, right = int(np.ceil(at + reach)), int(np.floor(at - reach))
    return Box(0, 0, left, height).inside(width, height), Box.between(right, 0, width, height).inside(width, height)


def _ink(shade: Pixels) -> NDArray[np.bool_]:
    """Where something is darker than the light around it within a letter's reach."""
    paper = cv2.morphologyEx(shade, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return np.asarray(shade < cv2.blur(paper, (9, 9)) * 0.85 - 8)


def _strongest(shade: Pixels, inset: float, loose: int) -> _Line:
    """The line with the most evidence of a gutter among all kinds, reaches and slants."""
    height, width = shade.shape
    first, last = round(width * (0.45 - _MIDDLE)), round(width * (0.55 + _MIDDLE))
    cuts = np.linspace(inset * height, (1 - inset) * height, _BANDS + 1).astype(int)
    # The paper's own shade, row band by row band: most of a band is paper even where there is type.
    paper = [np.percentile(shade[a:b, first:last], 60, axis=0) for a, b in pairwise(cuts)]
    middles = (cuts[:-1] + cuts[1:]) / 2 - height / 2
    best = _Line(Gutter.NONE, width / 2, 0.0, 0.0, 0.0)
    best_worth = 0.0
    start = round(width * (0.5 - _MIDDLE)) - first
    columns = range(start, start + round(2 * width * _MIDDLE))
    for kind, signal in _signals(np.stack(paper)):
        line = _along(kind, signal, middles, columns, loose)
        if kind is Gutter.STEP and line.contrast < _LEAST_STEP:
            continue
        away = abs(line.at + first - width / 2) / width
        worth = min(line.contrast, _FULL_CONTRAST) * line.support * (1 - 4 * away)
        worth *= 0.85 if kind is Gutter.STEP else 1.0
        if worth > best_worth:
            best, best_worth = replace(line, at=line.at + first), worth
    return best


def _signals(bands: Floats) -> list[tuple[Gutter, Floats]]:
    """How much each band looks like a gutter at each column: darker, lighter than both sides, or a step between."""
    left, right = _beside(bands, 4)
    # A fold seen from straight above is a pixel wide: smoothed, it would be lost.
    signals = [(Gutter.VALLEY, np.minimum(left, right) - bands), (Gutter.FOLD, bands - np.maximum(left, right))]
    smooth = np.asarray(cv2.blur(bands, (3, 1)), np.float64)
    for reach in _REACHES:
        left, right = _beside(smooth, reach)
        signals += [(Gutter.VALLEY, np.minimum(left, right) - smooth), (Gutter.FOLD, smooth - np.maximum(left, right))]
    left, right = _beside(smooth, 3)
    return [*signals, (Gutter.STEP, right - left), (Gutter.STEP, left - right)]


def _beside(bands: Floats, reach: int) -> tuple[Floats, Floats]:
    """The bands' values `reach` columns to the left and to the right of each column."""
    wide = np.pad(bands, ((0, 0), (reach, reach)), mode="edge")
    return wide[:, : -2 * reach], wide[:, 2 * reach :]


def _along(kind: Gutter, signal: Floats, middles: Floats, columns: range, loose: int) -> _Line:
    """The straight line through one of `columns` along which `signal` is strongest.

    It must show in the outermost `loose` bands at both ends: on a crooked page some of the outermost is bed.
    """
    places = np.array(columns)
    # Pages of one book are about equally wide.
    likely = 1 - 4 * np.abs(np.linspace(-_MIDDLE, _MIDDLE, len(places)))
    best = _Line(kind, columns.start + len(columns) / 2, 0.0, 0.0, 0.0)
    best_sum = 0.0
    for slant in _SLANTS:
        at = np.clip(places + np.round(slant * middles)[:, np.newaxis].astype(int), 0, signal.shape[1] - 1)
        values = signal[np.arange(len(signal))[:, np.newaxis], at]
        sums = np.clip(values, -_LEAST_CONTRAST, _CLIP).mean(axis=0) * likely
        if sums.max() <= best_sum * 1.02 + 1e-9:
            continue
        place = _plateau(sums)
        along = values[:, place]
        shows = along >= _LEAST_CONTRAST / 2
        # A column rule ends where the type ends; a gutter goes on to the head and foot of the book.
        ends = bool(shows[:loose].any()) and bool(shows[-loose:].any())
        support = float(shows.mean()) * (1.0 if ends else 0.6)
        best_sum = float(sums.max())
        best = _Line(kind, float(places[place]), float(slant), float(np.median(along)), support)
    return best


def _plateau(sums: Floats) -> int:
    """The middle of the stretch around the highest sum that is nearly as high."""
    top = int(sums.argmax())
    low = high = top
    while low > 0 and sums[low - 1] >= 0.95 * sums[top]:
        low -= 1
    while high < len(sums) - 1 and sums[high + 1] >= 0.95 * sums[top]:
        high += 1
    return (low + high) // 2


def _gap(ink: NDArray[np.bool_]) -> _Gap:
    """The unprinted band nearest the middle, and what to hold it against."""
    height, width = ink.shape
    printed = ink[round(0.02 * height) : round(0.98 * height)].mean(axis=0) > 0.004
    nothing = _Gap(0.0, width / 2, 1.0)
    places = np.flatnonzero(printed)
    if len(places) < 0.2 * width:
        return nothing
    inner = np.diff(places)
    starts = places[:-1]
    middle = (starts + inner / 2) / width
    central = np.abs(middle - 0.5) <= _MIDDLE
    if not central.any():
        return nothing
    widest = int(np.where(central, inner, 0).argmax())
    left, right = int(starts[widest]) + 1, int(starts[widest] + inner[widest])
    others = int(np.delete(inner, widest).max(initial=0))
    filled = min(float(printed[:left].mean()), float(printed[right:].mean()))
    if others > 0.8 * inner[widest] or filled < 0.35:
        return _Gap((right - left) / width, width / 2, 1.0)
    margins = (int(places[0]) + width - 1 - int(places[-1])) / width
    # Pages of one book are equally wide: within the band, the scan's own middle is the better guess.
    spare = 0.1 * (right - left)
    return _Gap((right - left) / width, min(max(width / 2, left + spare), right - spare), margins)


def _by_gap(best: _Line, gap: _Gap) -> _Line:
    """A gutter known only by the white between two type areas, when that is as wide as two inner margins."""
    if gap.share < _LEAST_GAP or gap.share < _GAP_TO_MARGINS * gap.margins:
        return best
    return _Line(Gutter.GAP, gap.at, 0.0, 0.0, 1.0)


def _crossing(ink: NDArray[np.bool_], line: _Line) -> float:
    """Share of rows in which print lies on both sides close to the line; what runs along the line is no print."""
    height, width = ink.shape
    tall = np.ones((max(9, height // 10), 1), np.uint8)
    print_ = ink & ~cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_OPEN, tall).astype(bool)
    near, far = max(2, round(0.004 * width)), max(5, round(0.014 * width))
    rows = np.arange(height)
    at = np.round(line.at + line.slant * (rows - height / 2)).astype(int)
    offsets = np.arange(near, far + 1)
    left = print_[rows[:, np.newaxis], np.clip(at[:, np.newaxis] - offsets, 0, width - 1)].any(axis=1)
    right = print_[rows[:, np.newaxis], np.clip(at[:, np.newaxis] + offsets, 0, width - 1)].any(axis=1)
    return float((left & right)[round(0.02 * height) : round(0.98 * height)].mean())


def _confidence(line: _Line, crossing: float, gap: _Gap, balance: float) -> float:
    """0 to 1: how strong the gutter is, times what form and print say against it."""
    if line.kind is Gutter.GAP:
        strength = min(0.9, 0.55 + 0.3 * (gap.share / max(gap.margins, 0.01) - _GAP_TO_MARGINS))
    else:
        strength = line.support * min(1.0, 0.6 + 0.4 * line.contrast / _FULL_CONTRAST)
    print_says = max(0.0, 1.0 - crossing / (2 * _CROSSING)) if crossing > _CROSSING / 2 else 1.0
    return round(strength * print_says * min(1.0, balance / 0.85) ** 3, 3)
