"""Pages that stand in each other's place: two neighbouring stretches of scans that make a better book exchanged.

5, 7, 6, 8 are two pages, 5, 8, 9, 6, 7, 10 two leaves, 5, 7, 8, 9, 6, 10 a page that strayed. Some of the numbers are
unread or misread, so an exchange is judged by what it does to all that is seen around it: numbers that do not follow,
sides that do not alternate, sentences that do not go on from page to page. What does not fit costs the logarithm of its
odds, as the scans lie and as they would lie exchanged; where the exchange saves ENOUGH, it is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import log

from ingest.folio_runs import Line, Read
from ingest.page_seen import PageSeen

MOST = 16
"""The longest stretch, in scans, that is looked for in another's place."""
ENOUGH = 7.4

# Logarithms of odds: a number misread as just the number that an exchange asks for is rare; a side is mistaken oftener.
_NUMBER, _SURE_NUMBER, _SIDE = 5.0, 8.0, 2.5
_CHANGE = 4.5
_UNNUMBERED = 2.0
"""A leaf without a number of its own may as well be a plate, behind pages that are missing."""
_AROUND = 7
_LEAST_VOTES, _AGREE = 4, 0.8
# Of 100 joints between pages of prose, how many end and begin so; believed as much as _SEEN joints of the book itself.
_PROSE = {
    ("broken", "small"): 14, ("broken", "large"): 1, ("open", "small"): 51, ("open", "large"): 9,
    ("closed", "small"): 3, ("closed", "large"): 22,
}  # fmt: skip
_SEEN = 8
_CLEAREST = 1.6

Joint = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Swap:
    """Scans `start` to `middle` - 1 stand before scans `middle` to `end` - 1 and belong after them (indices)."""

    start: int
    middle: int
    end: int

    def mended(self) -> list[int]:
        """The indices of the scans in the order in which they belong."""
        return [*range(self.middle, self.end), *range(self.start, self.middle)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is seen of a book: its `pages`, the numbers `read` by index, the `sides` by index, what a `joint` says.

    A side is the parity (0, 1) of the places that lie on it; empty where numbers and sides do not go together.
    """

    pages: Sequence[PageSeen]
    read: Mapping[int, Read]
    sides: Mapping[int, int] = field(default_factory=dict)
    joint: Mapping[Joint, float] = field(default_factory=dict)

    def misfit(self, scans: Sequence[int], first: int) -> float:
        """What does not fit where these scans (indices) lie from place `first` on: numbers, sides and joints."""
        joints = sum(self.joint.get((self.pages[a].ends, self.pages[b].begins), 0.0) for a, b in pairwise(scans))
        return self._unnumbered(scans, first) - joints

    def _unnumbered(self, scans: Sequence[int], first: int) -> float:
        """The least cost of numbers off their line, of sides against it and of changes from line to line."""
        placed = list(enumerate(scans, start=first))
        support = Counter(
            Line(read.kind, read.place - place) for place, scan in placed if (read := self.read.get(scan)) is not None
        )
        lines = [line for line, count in support.items() if count > 1]
        costs = [0.0] * len(lines)
        for place, scan in placed:
            change = min(costs, default=0.0) + _CHANGE
            costs = [min(c, change) + self._cost(n, scan, place) for c, n in zip(costs, lines, strict=True)]
        return min(costs, default=0.0)

    def _cost(self, line: Line, scan: int, place: int) -> float:
        cost = 0.0
        read = self.read.get(scan)
        if read is not None and (read.kind is not line.kind or read.place - place != line.offset):
            cost += _SURE_NUMBER if read.sure else _NUMBER
        side = self.sides.get(scan)
        return cost + (_SIDE if side is not None and side != (place + line.offset) % 2 else 0.0)


def evidence(pages: Sequence[PageSeen], reads: Sequence[Read], lines: Sequence[Line]) -> Evidence:
    """The evidence of a book; sides speak only where, on the most of `lines`, numbers and sides agree with each other.

    What a joint says is learned from the book, beginning with what is usual in prose: verse, lists and German nouns
    make little of small letters.
    """
    read, joint = {read.index: read for read in reads}, _joints(pages)
    votes = [
        (page_side == "right") == (read.place % 2 == 1)
        for read in reads
        if read.line in lines and (page_side := pages[read.index].side)
    ]
    agree = sum(votes)
    if len(votes) < _LEAST_VOTES or max(agree, len(votes) - agree) < _AGREE * len(votes):
        return Evidence(pages, read, {}, joint)
    right = 1 if 2 * agree > len(votes) else 0
    sides = {index: right if page.side == "right" else 1 - right for index, page in enumerate(pages) if page.side}
    return Evidence(pages, read, sides, joint)


def _joints(pages: Sequence[PageSeen]) -> dict[Joint, float]:
    """By how much a joint of each kind is likelier (logarithm) where pages follow each other than where they do not."""
    usual = {joint: _SEEN * share / 100 for joint, share in _PROSE.items()}
    for one, other in pairwise(pages):
        if one.ends and other.begins:
            usual[one.ends, other.begins] += 1
    whole = sum(usual.values())
    ends, begins = Counter[str](), Counter[str]()
    for (end, begin), count in usual.items():
        ends[end] += count  # type: ignore[assignment]
        begins[begin] += count  # type: ignore[assignment]
    ratios = {(a, b): log(count * whole / (ends[a] * begins[b])) for (a, b), count in usual.items()}
    return {joint: max(-_CLEAREST, min(_CLEAREST, ratio)) for joint, ratio in ratios.items()}


def swaps(lines: Sequence[Line], seen: Evidence) -> tuple[Swap, ...]:
    """The exchanges that numbers off one of `lines` ask for and that mend the book; none overlap."""
    scored = []
    for swap in {swap for line in lines for swap in _possible(line, seen)}:
        if (saved := _saved(swap, seen)) >= ENOUGH:
            scored.append((-saved, swap.end - swap.start, swap.start, swap.middle, swap))
    chosen: list[Swap] = []
    for *_, swap in sorted(scored, key=lambda one: one[:4]):
        if all(swap.end <= other.start or other.end <= swap.start for other in chosen):
            chosen.append(swap)
    return tuple(sorted(chosen, key=lambda one: one.start))


def _saved(swap: Swap, seen: Evidence) -> float:
    first, past = max(0, swap.start - _AROUND), min(len(seen.pages), swap.end + _AROUND)
    as_it_lies = seen.misfit(range(first, past), first)
    if as_it_lies < ENOUGH - 3 * _CLEAREST:
        return 0.0
    mended = [*range(first, swap.start), *swap.mended(), *range(swap.end, past)]
    stretches = range(swap.start, swap.middle), range(swap.middle, swap.end)
    bare = sum(len(stretch) > 1 and all(scan not in seen.read for scan in stretch) for stretch in stretches)
    return as_it_lies - seen.misfit(mended, first) - bare * _UNNUMBERED


def _possible(line: Line, seen: Evidence) -> Iterator[Swap]:
    """Every exchange within the book that one or two of the numbers displaced from a line ask for."""
    shifts = {index: read.place - line.offset - index for index, read in seen.read.items() if read.kind is line.kind}
    near = {index: shift for index, shift in shifts.items() if 0 < abs(shift) <= MOST}
    found = {swap for index, shift in near.items() for swap in _alone(index, shift)}
    for (early, forward), (late, back) in product(near.items(), near.items()):
        if early < late and forward > 0 > back and late - early < 2 * MOST:
            found.update(
                Swap(middle + back, middle, middle + forward)
                for middle in range(early + 1, late + 1)
                if middle + back <= early and late < middle + forward
            )
    yield from (swap for swap in found if swap.start >= 0 and swap.end <= len(seen.pages))


def _alone(index: int, shift: int) -> Iterator[Swap]:
    """Exchanges of one page with one page, or of one leaf with one leaf, that a single number asks for."""
    size = abs(shift)
    if size > 2:
        return
    for within in range(size):
        start = index - within - (size if shift < 0 else 0)
        yield Swap(start, start + size, start + 2 * size)
