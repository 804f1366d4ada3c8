"""The runs of a book's page numbers: where numbers follow each other from scan to scan, as far as they were read.

A folio says nothing by itself; two that differ by as many pages as their scans support each other. Numbers are laid
out in pages of their own numbering (`place`), so that leaves counted once in two pages, leaves with recto and verso,
and columns counted twice a page all grow by one from scan to scan; a run is then a constant `offset` = place - index.
Which runs explain most with the fewest changes is decided as in ocr.numbering, which proposes labels and sits in
another room; here a change of run is not smoothed over: it is what we look for.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from ingest.page_seen import PageSeen

_AGREES, _SURE, _OTHERWISE, _CHANGE = 1.0, 3.0, 0.3, 1.4
_MOST_LINES = 200
_NEAR = 6
_LABEL = re.compile(r"(\d{1,4})(?:\s?([rv])|[-–—/]\d{1,4})?", re.ASCII | re.IGNORECASE)
_ROMAN = re.compile(r"(m{0,3})(cm|cd|d?c{0,4})(xc|xl|l?x{0,4})(ix|iv|v?i{0,4})")
_LETTERS = {"m": 1000, "d": 500, "c": 100, "l": 50, "x": 10, "v": 5, "i": 1}


class Kind(StrEnum):
    """How a numbering counts: pages in arabic or roman figures, or leaves with recto and verso."""

    ARABIC = "arabic"
    ROMAN = "roman"
    LEAF = "leaf"


@dataclass(frozen=True, slots=True)
class Read:
    """A number read on the scan of `index` (from 0): its label, `place` in pages of its numbering, whether sure."""

    index: int
    kind: Kind
    place: int
    sure: bool
    label: str

    @property
    def line(self) -> Line:
        """The line on which it lies."""
        return Line(self.kind, self.place - self.index)


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A numbering that grows by one page from scan to scan: place = index + `offset`."""

    kind: Kind
    offset: int


@dataclass(frozen=True, slots=True)
class Run:
    """The numbers, in order, that lie on one line with no other run among them; never empty."""

    line: Line
    reads: tuple[Read, ...]

    @property
    def first(self) -> Read:
        """The first number that was read."""
        return self.reads[0]

    @property
    def last(self) -> Read:
        """The last number that was read."""
        return self.reads[-1]


@dataclass(frozen=True, slots=True)
class Scales:
    """How many numbers of a kind a page has, and which of two columns the numbers stand for (0 or 1)."""

    per_page: Mapping[Kind, float]
    column: Mapping[Kind, int]

    def place(self, kind: Kind, value: int) -> int:
        """Where in its numbering the page of number `value` is, in pages."""
        scale = self.per_page.get(kind, 1.0)
        return (value - self.column.get(kind, 0)) // 2 if scale == 2 else int(value / scale)

    def label(self, kind: Kind, place: int) -> str:
        """The number of a page at `place`, in arabic figures; "7v" where leaves are counted, "12-13" two columns."""
        if kind is Kind.LEAF:
            return f"{place // 2}{'v' if place % 2 else ''}"
        scale = self.per_page.get(kind, 1.0)
        if scale == 2:
            first = 2 * place + self.column.get(kind, 0)
            return f"{first}-{first + 1}"
        return f"{int(place * scale)}{'v' if scale < 1 and place % 2 else ''}"


def reads_of(pages: Sequence[PageSeen]) -> tuple[tuple[Read, ...], Scales]:
    """Every number read on `pages` (in order), laid out in pages, and by which scales."""
    leaves = sum(page.folio.strip().lower().endswith(("r", "v")) and page.folio[:1].isdigit() for page in pages) > 1
    found = [(index, page, _value(page.folio, leaves=leaves)) for index, page in enumerate(pages) if not page.blank]
    known = [(index, page, each) for index, page, each in found if each is not None]
    scales = _scales([(index, kind, value) for index, _, (kind, value) in known])
    reads = tuple(
        Read(index, kind, scales.place(kind, value), page.folio_sure, page.folio.strip())
        for index, page, (kind, value) in known
    )
    return reads, scales


def runs(reads: Sequence[Read]) -> tuple[Run, ...]:
    """The runs that explain `reads` best; numbers of no run are left out."""
    lines: list[Line | None] = [None, *_supported(reads)]
    scores, back = [0.0] * len(lines), []
    for read in reads:
        best = max(range(len(lines)), key=scores.__getitem__)
        came, after = [], []
        for number, line in enumerate(lines):
            change = scores[best] - (_CHANGE if line else 0.0)
            stays = scores[number] >= change
            came.append(number if stays else best)
            after.append((scores[number] if stays else change) + _gain(line, read))
        scores = after
        back.append(came)
    now, way = max(range(len(lines)), key=scores.__getitem__), []
    for came in reversed(back):
        way.append(lines[now])
        now = came[now]
    return _grouped(list(zip(reversed(way), reads, strict=True)))


def roman_value(text: str) -> int | None:
    """The value of a roman number in one case, also in the old way (iiii); None when it is none."""
    small = text.lower()
    if not small or text not in {small, text.upper()} or not _ROMAN.fullmatch(small):
        return None
    worth = [_LETTERS[letter] for letter in small]
    return sum(-one if one < after else one for one, after in zip(worth, [*worth[1:], 0], strict=True))


def _grouped(way: Sequence[tuple[Line | None, Read]]) -> tuple[Run, ...]:
    found: list[Run] = []
    for line, read in way:
        if line is None or read.line != line:
            continue
        if found and found[-1].line == line:
            found[-1] = Run(line, (*found[-1].reads, read))
        else:
            found.append(Run(line, (read,)))
    return tuple(found)


def _supported(reads: Sequence[Read]) -> list[Line]:
    support: defaultdict[Line, float] = defaultdict(float)
    for read in reads:
        support[read.line] += _weight(read)
    enough = [line for line, weight in support.items() if weight > _CHANGE]
    return sorted(enough, key=lambda line: -support[line])[:_MOST_LINES]


def _weight(read: Read) -> float:
    return _SURE if read.sure else _AGREES


def _gain(line: Line | None, read: Read) -> float:
    if line is None:
        return 0.0
    return _weight(read) if read.line == line else -_OTHERWISE * _weight(read)


def _value(label: str, *, leaves: bool) -> tuple[Kind, int] | None:
    text = label.strip().strip(".,-–— ")
    if found := _LABEL.fullmatch(text):
        number = int(found[1])
        if leaves:
            return Kind.LEAF, 2 * number + ((found[2] or "r").lower() == "v")
        return Kind.ARABIC, number
    value = roman_value(text)
    return None if value is None else (Kind.ROMAN, value)


def _scales(read: Sequence[tuple[int, Kind, int]]) -> Scales:
    """By what most neighbours of a kind say: numbers grow by one a page, by one in two pages, or by two a page."""
    per_page: dict[Kind, float] = {}
    column: dict[Kind, int] = {}
    for kind in (Kind.ARABIC, Kind.ROMAN):
        own = [(index, value) for index, each, value in read if each is kind]
        near = [(j - i, w - v) for (i, v), (j, w) in combinations(own, 2) if j - i <= _NEAR and w > v]
        votes = Counter(grown / scans for scans, grown in near if grown / scans in (0.5, 1.0, 2.0))
        per_page[kind] = votes.most_common(1)[0][0] if votes else 1.0
        column[kind] = Counter(value % 2 for _, value in own).most_common(1)[0][0] if own else 0
    return Scales(per_page, column)
