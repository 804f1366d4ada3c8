"""Pages that stand in each other's place: two neighbouring stretches of scans whose numbers say the other order.

5, 7, 6, 8 are two pages, 5, 8, 9, 6, 7, 10 two leaves, 5, 7, 8, 9, 6, 10 a page that strayed. Some of the numbers are
unread or misread, so every number and every side that is seen speaks for or against an exchange, and their sum decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from ingest.folio_runs import Line, Read
from ingest.page_seen import PageSeen

MOST = 16
"""The longest stretch, in scans, that is looked for in another's place."""

# Logarithms of odds: a number misread as just the number that an exchange asks for is rare; a side is mistaken oftener.
_NUMBER, _SURE_NUMBER, _SIDE = 5.0, 8.0, 2.5
_ENOUGH = 7.0
_LEAST_VOTES, _AGREE = 4, 0.8


@dataclass(frozen=True, slots=True)
class Swap:
    """Scans `start` to `middle` - 1 stand before scans `middle` to `end` - 1 and belong after them (indices)."""

    start: int
    middle: int
    end: int

    def belongs(self, index: int) -> int:
        """The index at which the scan of `index` belongs."""
        first, second = self.middle - self.start, self.end - self.middle
        return index + second if index < self.middle else index - first

    def __contains__(self, index: int) -> bool:
        return self.start <= index < self.end


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks about places: the numbers `read` by index, the `sides` by index, which places lie `right` (0, 1)."""

    read: Mapping[int, Read]
    sides: Mapping[int, int] = field(default_factory=dict)

    def says(self, line: Line, index: int, belongs: int) -> float:
        """How much scan `index` speaks for standing where `belongs` is on the line, rather than where it stands."""
        total = 0.0
        read = self.read.get(index)
        if read is not None and read.kind is line.kind:
            weight = _SURE_NUMBER if read.sure else _NUMBER
            shift = read.place - line.offset
            if shift not in (index, belongs):
                # Its number says neither; then its side, which goes with every second place, does not help.
                return 0.0
            total += weight if shift == belongs else -weight
        side = self.sides.get(index)
        if side is not None and (belongs - index) % 2:
            total += _SIDE if side == (belongs + line.offset) % 2 else -_SIDE
        return total


def evidence(pages: Sequence[PageSeen], reads: Sequence[Read], lines: Sequence[Line]) -> Evidence:
    """The evidence of a book; sides speak only where, on the most of `lines`, numbers and sides agree with each other.

    A side is kept as the parity (0, 1) of the places that lie on it.
    """
    votes = [
        (page_side == "right") == (read.place % 2 == 1)
        for read in reads
        if read.line in lines and (page_side := pages[read.index].side)
    ]
    agree = sum(votes)
    if len(votes) < _LEAST_VOTES or max(agree, len(votes) - agree) < _AGREE * len(votes):
        return Evidence({read.index: read for read in reads})
    right = 1 if 2 * agree > len(votes) else 0
    sides = {index: right if page.side == "right" else 1 - right for index, page in enumerate(pages) if page.side}
    return Evidence({read.index: read for read in reads}, sides)


def swaps(line: Line, span: range, seen: Evidence) -> tuple[Swap, ...]:
    """The exchanges within scans `span` (indices), all of which belong to one line; the surest first."""
    scored = []
    for swap in _possible(line, span, seen):
        early, late = (
            sum(seen.says(line, index, swap.belongs(index)) for index in stretch)
            for stretch in (range(swap.start, swap.middle), range(swap.middle, swap.end))
        )
        # One stretch alone may as well stand after pages that are missing, with plates behind it.
        if min(early, late) >= _SIDE and (score := early + late) >= _ENOUGH:
            scored.append((-score, swap.end - swap.start, swap.start, swap.middle, swap))
    chosen: list[Swap] = []
    for *_, swap in sorted(scored, key=lambda one: one[:4]):
        if all(swap.end <= other.start or other.end <= swap.start for other in chosen):
            chosen.append(swap)
    return tuple(chosen)


def _possible(line: Line, span: range, seen: Evidence) -> Iterator[Swap]:
    """Every exchange that one or two of the displaced numbers ask for."""
    displaced = {
        index: read.place - line.offset - index
        for index in span
        if (read := seen.read.get(index)) and read.kind is line.kind and read.line != line
    }
    near = {index: shift for index, shift in displaced.items() if abs(shift) <= MOST}
    found = {swap for index, shift in near.items() for swap in _alone(index, shift)}
    for (early, forward), (late, back) in product(near.items(), near.items()):
        if early < late and forward > 0 > back and late - early < 2 * MOST:
            found.update(
                Swap(middle + back, middle, middle + forward)
                for middle in range(early + 1, late + 1)
                if middle + back <= early and late < middle + forward
            )
    yield from (swap for swap in found if swap.start in span and swap.end - 1 in span)


def _alone(index: int, shift: int) -> Iterator[Swap]:
    """Exchanges of one page with one page, or of one leaf with one leaf, that a single number asks for."""
    size = abs(shift)
    if size > 2:
        return
    for within in range(size):
        start = index - within - (size if shift < 0 else 0)
        yield Swap(start, start + size, start + 2 * size)
