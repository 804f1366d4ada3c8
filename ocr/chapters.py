"""From the entries of a table of contents to a tree of chapters: each with its pages and the block of its heading."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from metadata.model import BlockLink, Division, DivisionKind, Source, VolumeId, new_division_id
from ocr.contents import Entry, entries
from ocr.headings import Heading, find_heading
from ocr.numbering import Place
from ocr.numerals import Figures
from ocr.page_kinds import ADVERTISEMENT, BLANK, CONTENTS, INDEX, contents_heading
from ocr.sight import Printed, Row, block_id, spoken

TITLE = "TITLE"

_BEHIND = frozenset({CONTENTS, INDEX, ADVERTISEMENT})
# A folio read wrongly, or a table of contents set before the last page was: so far the heading is looked for.
_AROUND = (1, -1, 2, -2)
_SURELY = 0.85
_MOST_SEARCHED = 40
_FEW = 0.25


@dataclass(frozen=True, slots=True)
class Chapters:
    """The tree of divisions in the order of the table of contents, and titles of it for which no page was found."""

    divisions: tuple[Division, ...]
    unplaced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    entry: Entry
    first: int | None
    heading: Heading | None = None


@dataclass(frozen=True, slots=True)
class _Book:
    """What chapters are looked up in: pages by order, orders by printed number, page types, and the table's pages."""

    pages: Mapping[int, Printed]
    numbers: Mapping[tuple[Figures, int], Sequence[int]]
    kinds: Mapping[int, str]

    @property
    def last(self) -> int:
        """The order of the last page."""
        return max(self.pages)


def chapters(
    pages: Sequence[Printed], places: Sequence[Place], kinds: Sequence[str], volume: VolumeId, kind: DivisionKind
) -> Chapters:
    """The divisions that the tables of contents in `pages` name; `places` and `kinds` are those of the same pages.

    Printed numbers are found through the numbering, headings by their words; a part without a number of its own begins
    with its first child. A part ends before the next of its depth or above begins, on the same page when that begins
    below other text.
    """
    book = _book(pages, places, kinds)
    placed = _with_parents(list(_placed(entries(_tables(pages, book.kinds)), book)))
    known = [each for each in placed if each.first is not None]
    unplaced = tuple(each.entry.title for each in placed if each.first is None)
    return Chapters(_Tree(book, volume, kind).grown(known), unplaced)


def _book(pages: Sequence[Printed], places: Sequence[Place], kinds: Sequence[str]) -> _Book:
    numbers: defaultdict[tuple[Figures, int], list[int]] = defaultdict(list)
    for page, place in zip(pages, places, strict=True):
        if place.line is not None:
            first = place.line.number(page.order)
            for number in range(first, first + place.line.step):
                numbers[place.line.figures, number].append(page.order)
    orders = {page.order: page for page in pages}
    return _Book(orders, numbers, dict(zip(orders, kinds, strict=True)))


def _tables(pages: Sequence[Printed], kinds: Mapping[int, str]) -> list[tuple[Printed, Sequence[Row]]]:
    return [(page, _rows(page)) for page in pages if kinds[page.order] == CONTENTS]


def _rows(page: Printed) -> Sequence[Row]:
    """The rows of the table: below its heading, without the page's folio."""
    head = next((place for place, row in enumerate(page.rows[:4]) if contents_heading(row)), -1)
    rows = page.rows[head + 1 :]
    rows = rows[1:] if rows and head < 0 and _alone(rows[0]) else rows
    return rows[:-1] if rows and _alone(rows[-1]) else rows


def _alone(row: Row) -> bool:
    return sum(spoken(word.text) for word in row.words) == 1 and any(c.isdigit() for c in row.text)


def _placed(read: Sequence[Entry], book: _Book) -> Iterator[_Placed]:
    """Each entry with the page it begins on; those whose number leads nowhere are looked for by their words."""
    named = [_target(entry, book) for entry in read]
    targets = _in_order(named)
    reached = 1
    for place, (entry, target) in enumerate(zip(read, targets, strict=True)):
        until = next((known for known in targets[place + 1 :] if known), book.last)
        if target is not None:
            found = _confirmed(entry, target, book)
        else:
            heading = _searched(entry, range(reached, until + 1), book) if not _is_parent(read, place) else None
            found = _Placed(entry, heading.order if heading else named[place], heading)
        reached = max(reached, (found.first if found.heading or target else None) or 1)
        yield found


def _in_order(targets: Sequence[int | None]) -> list[int | None]:
    """The targets without those few that run against the order of all others: a figure was read wrongly there.

    A table in another order (by the alphabet, say) keeps all of them.
    """
    told = [place for place, target in enumerate(targets) if target is not None]
    kept = _longest_rise([targets[place] or 0 for place in told])
    if len(told) - len(kept) > len(told) * _FEW:
        return list(targets)
    rising = {told[place] for place in kept}
    return [target if place in rising else None for place, target in enumerate(targets)]


def _longest_rise(numbers: Sequence[int]) -> list[int]:
    """The places of a longest subsequence of `numbers` that never falls."""
    ends: list[int] = []  # of a rise of each length, the place whose number is the least
    before: list[int] = []
    for place, number in enumerate(numbers):
        length = bisect_right(ends, number, key=numbers.__getitem__)
        before.append(ends[length - 1] if length else -1)
        ends[length : length + 1] = [place]
    way, place = [], ends[-1] if ends else -1
    while place >= 0:
        way.append(place)
        place = before[place]
    return way[::-1]


def _target(entry: Entry, book: _Book) -> int | None:
    if entry.page is None:
        return None
    orders = book.numbers.get((entry.page.figures, entry.page.value), ())
    return next((order for order in orders if book.kinds[order] != CONTENTS), next(iter(orders), None))


def _confirmed(entry: Entry, target: int, book: _Book) -> _Placed:
    """The entry on its page, with the heading found there; on a page beside it only if the words say so surely."""
    heading = find_heading(_titles(entry), book.pages[target])
    if heading:
        return _Placed(entry, target, heading)
    beside = [book.pages[target + step] for step in _AROUND if target + step in book.pages]
    found = (_surely(entry, page) for page in beside if book.kinds[page.order] != CONTENTS)
    heading = next((heading for heading in found if heading), None)
    return _Placed(entry, heading.order if heading else target, heading)


def _searched(entry: Entry, orders: Sequence[int], book: _Book) -> Heading | None:
    pages = [book.pages[order] for order in orders if order in book.pages and book.kinds[order] != CONTENTS]
    found = (_surely(entry, page) for page in pages[:_MOST_SEARCHED])
    return next((heading for heading in found if heading), None)


def _surely(entry: Entry, page: Printed) -> Heading | None:
    heading = find_heading(_titles(entry), page, larger=True)
    return heading if heading and heading.alike >= _SURELY else None


def _titles(entry: Entry) -> tuple[str, ...]:
    return (entry.title, f"{entry.number} {entry.title}") if entry.number else (entry.title,)


def _is_parent(read: Sequence[Entry], place: int) -> bool:
    return place + 1 < len(read) and read[place + 1].depth > read[place].depth


def _with_parents(placed: Sequence[_Placed]) -> list[_Placed]:
    """Parts without a page begin with their first child that has one."""
    whole = list(placed)
    for place in range(len(whole) - 1, -1, -1):
        each = whole[place]
        below = _below(whole, place)
        first = next((child.first for child in below if child.first is not None), None)
        if each.first is None and first is not None:
            whole[place] = replace(each, first=first)
    return whole


def _below(placed: Sequence[_Placed], place: int) -> list[_Placed]:
    """The entries under the one at `place`."""
    depth, end = placed[place].entry.depth, place + 1
    while end < len(placed) and placed[end].entry.depth > depth:
        end += 1
    return list(placed[place + 1 : end])


class _Tree:
    """Grows divisions from entries with pages."""

    def __init__(self, book: _Book, volume: VolumeId, kind: DivisionKind) -> None:
        self._book, self._volume, self._kind = book, volume, kind
        self._taken: Counter[str] = Counter()

    def grown(self, placed: Sequence[_Placed], end: int | None = None) -> tuple[Division, ...]:
        """The divisions of `placed` and below; the last one ends with page `end`, or with the text."""
        made, place = [], 0
        while place < len(placed):
            below = _below(placed, place)
            after = place + 1 + len(below)
            first = placed[place].first or 1
            last = self._last(first, placed[after] if after < len(placed) else None, end)
            made.append(self._division(placed[place], first, last, below))
            place = after
        return tuple(made)

    def _last(self, first: int, after: _Placed | None, end: int | None) -> int:
        if after is None:
            return max(first, end if end is not None else self._end(first))
        shared = after.heading is not None and not after.heading.heads
        return max(first, (after.first or 1) - (0 if shared else 1))

    def _end(self, first: int) -> int:
        """The last page of text: before contents, index or advertisements that follow, without blank pages."""
        kinds = self._book.kinds
        behind = [order for order in kinds if order > first and kinds[order] in _BEHIND]
        last = min(behind, default=self._book.last + 1) - 1
        while last > first and kinds.get(last, BLANK) == BLANK:
            last -= 1
        return last

    def _division(self, placed: _Placed, first: int, last: int, below: Sequence[_Placed]) -> Division:
        entry, heading = placed.entry, placed.heading
        place = f"{self._kind} {first}-{last} {entry.number} {entry.title}"
        self._taken[place] += 1
        again = f" {self._taken[place]}" if self._taken[place] > 1 else ""
        return Division(
            new_division_id(self._volume, place + again),
            self._kind,
            first,
            last,
            title=entry.title,
            part_number=entry.number,
            blocks=tuple(BlockLink(heading.order, block_id(heading.order, block), TITLE) for block in heading.blocks)
            if heading
            else (),
            children=self.grown(below, last),
            source=Source.PROPOSED,
        )
