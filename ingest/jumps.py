"""Sudden changes within a book: a scan of another size, colour of paper, sharpness or resolution than its neighbours.

What is usual is taken from the book itself, and so is how much it varies: loose sheets of many sizes are no fault. A
stretch of scans that differ alike is told once, by its first scan. Fewer than FEWEST scans have no usual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import hypot, inf, log2, sqrt
from statistics import median

from ingest.page_seen import Noticed, PageSeen

FEWEST = 5
SIZE = 0.08
"""By which share of the usual width or height a page may differ."""
COLOUR = 24.0
"""By how much the colour of paper may differ from the scans before (distance in RGB of 0..255)."""
BLUR = 1.6
"""How many times wider than on the scans before edges may be."""

_SPREAD = 4.0
_BEFORE, _STAYS = 7, 8
_COVERS = 2
_RESOLUTION = 1.6
_ALIKE = 1.3
_TWICE = (1.8, 2.2)

Value = tuple[float, ...]


def jumps(pages: Sequence[PageSeen]) -> tuple[Noticed, ...]:
    """V024 to V026 and V028 for `pages`, which are in the order of their scans."""
    resolution = _resolution(pages)
    wrong = {order for found in resolution for order in found.orders}
    others = [page for page in pages if page.order not in wrong]
    return (*_sizes(others), *_colours(others), *_blurs(others), *resolution)


def _resolution(pages: Sequence[PageSeen]) -> list[Noticed]:
    """Letters and paper alike too large or too small: the resolution is wrong, not the page."""
    letters = [page.letter_mm for page in pages if page.letter_mm]
    if len(letters) < FEWEST:
        return []
    usual = median(letters)
    sizes = [sqrt(page.width_mm * page.height_mm) for page in pages if page.width_mm and page.height_mm]
    usual_size = median(sizes) if len(sizes) >= FEWEST else 0.0
    found = []
    for page in pages:
        ratio = page.letter_mm / usual
        size = sqrt(page.width_mm * page.height_mm) / usual_size if usual_size else 0.0
        if ratio and _is_resolution(ratio, size):
            likely = round(page.dpi * ratio)
            facts = {"dpi": round(page.dpi), "likely": likely, "times": round(ratio, 1)}
            found.append(Noticed("V028", (page.order,), page.subject, facts))
    return found


def _is_resolution(ratio: float, size: float) -> bool:
    times = max(ratio, 1 / ratio)
    if not size:
        return _TWICE[0] <= times <= _TWICE[1]
    return times >= _RESOLUTION and max(size / ratio, ratio / size) <= _ALIKE


def _sizes(pages: Sequence[PageSeen]) -> list[Noticed]:
    """Pages beside the usual size of their side of the book; foldouts, boards and inserts are such."""
    known = [page for page in pages if page.width_mm and page.height_mm]
    if len(known) < FEWEST:
        return []
    usual = _usual_sizes(known)
    away = [
        max(abs(page.width_mm / usual[page.side][0] - 1), abs(page.height_mm / usual[page.side][1] - 1))
        for page in known
    ]
    allowed = max(SIZE, _SPREAD * median(away))
    found = []
    for group in _groups([far > allowed for far in away]):
        page = known[group[0]]
        width, height = usual[page.side]
        facts = {
            "width": round(page.width_mm), "height": round(page.height_mm), "pages": len(group),
            "usual_width": round(width), "usual_height": round(height),
        }  # fmt: skip
        found.append(Noticed("V024", tuple(known[each].order for each in group), page.subject, facts))
    return found


def _usual_sizes(known: Sequence[PageSeen]) -> Mapping[str, tuple[float, float]]:
    usual = {}
    for side in {page.side for page in known}:
        own = [page for page in known if page.side == side]
        own = own if side and len(own) >= FEWEST else list(known)
        usual[side] = median(page.width_mm for page in own), median(page.height_mm for page in own)
    return usual


def _colours(pages: Sequence[PageSeen]) -> list[Noticed]:
    """Paper of another colour; boards and their pastedowns, the first and last two scans, are always of another."""
    known = [(page, page.paper) for page in pages[_COVERS:-_COVERS] if page.paper is not None]
    found = []
    for group, usual in _changes([paper for _, paper in known], COLOUR):
        page, paper = known[group[0]]
        facts = {"distance": round(_distance(paper, usual)), "pages": len(group)}
        found.append(Noticed("V025", tuple(known[each][0].order for each in group), page.subject, facts))
    return found


def _blurs(pages: Sequence[PageSeen]) -> list[Noticed]:
    """Scans of text much less sharp than those before them; pictures have edges of their own."""
    known = [page for page in pages if page.edge_mm and not page.blank and (page.letter_mm or page.words)]
    found = []
    for group, usual in _changes([(log2(page.edge_mm),) for page in known], log2(BLUR)):
        page = known[group[0]]
        if log2(page.edge_mm) > usual[0]:
            facts = {"edge": round(page.edge_mm, 3), "usual": round(2 ** usual[0], 3), "pages": len(group)}
            found.append(Noticed("V026", tuple(known[each].order for each in group), page.subject, facts))
    return found


def _changes(values: Sequence[Value], allowed: float) -> list[tuple[list[int], Value]]:
    """Stretches that differ by more than `allowed` from what was usual before them, with that.

    What is usual moves along with the book, and a change that stays becomes usual: so a book that yellows towards its
    edges has none, and one whose second half was scanned otherwise has one.
    """
    if len(values) < FEWEST:
        return []
    steps = [_distance(one, other) for one, other in pairwise(values)]
    allowed = max(allowed, _SPREAD * median(steps))
    usual: list[Value] = list(values[:_BEFORE])
    open_group: list[int] = []
    found: list[tuple[list[int], Value]] = []
    for index, value in enumerate(values):
        reference = _middle(usual)
        if _distance(value, reference) <= allowed:
            usual = [*usual, value][-_BEFORE:]
            open_group = []
            continue
        if not open_group:
            found.append((open_group, reference))
        open_group.append(index)
        if len(open_group) == _STAYS:
            usual = [values[each] for each in open_group]
            open_group = []
    return found


def _middle(values: Sequence[Value]) -> Value:
    return tuple(median(part) for part in zip(*values, strict=True))


def _distance(one: Value, other: Value) -> float:
    return hypot(*(a - b for a, b in zip(one, other, strict=True))) if one and other else inf


def _groups(marked: Sequence[bool]) -> list[list[int]]:
    """The indices that are marked, those that follow each other together."""
    found: list[list[int]] = []
    for index, mark in enumerate(marked):
        if mark and index and marked[index - 1]:
            found[-1].append(index)
        elif mark:
            found.append([index])
    return found
