"""What a book's page numbers say about its scans: numbers left out, numbers repeated, pages in each other's place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.folio_runs import Kind, Read, Run, Scales, reads_of, runs
from ingest.page_seen import PageSeen
from ingest.swaps import MOST, Evidence, Swap, evidence, swaps

_PASSING = 3
_FAR, _FAR_READS = 30, 4
_MOST_REPEATED = 40


@dataclass(frozen=True, slots=True)
class Gap:
    """`pages` are missing between the numbers read at `before` and `after`; their numbers as printed in arabic."""

    before: Read
    after: Read
    pages: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """The numbering steps back by `pages` between `before` and `after`; `hidden` scans there could be plates."""

    before: Read
    after: Read
    pages: int
    hidden: int


@dataclass(frozen=True, slots=True)
class FolioOrder:
    """What the numbers of a book say; `settled` are the indices whose number lies on a run, with that run's place."""

    gaps: tuple[Gap, ...]
    repeats: tuple[Repeat, ...]
    swapped: tuple[Swap, ...]
    settled: dict[int, Read]


def folio_order(pages: Sequence[PageSeen]) -> FolioOrder:
    """Judge the numbers of `pages`, which are in the order of their scans."""
    reads, scales = reads_of(pages)
    found = runs(reads)
    seen = evidence(pages, reads, [run.line for run in found])
    whole = _settled(found, seen)
    swapped = tuple(swap for run in whole for swap in swaps(run.line, _span(run, whole, len(pages)), seen))
    settled = {read.index: read for run in whole for read in run.reads}
    return FolioOrder(tuple(_gaps(whole, scales)), tuple(_repeats(whole, settled, pages)), swapped, settled)


def _settled(found: Sequence[Run], seen: Evidence) -> list[Run]:
    """Runs joined over what only interrupts them: misread numbers, or pages in each other's place."""
    whole: list[Run] = []
    for run in _without_swapped(list(found), seen):
        back = next((k for k in range(len(whole) - 1, -1, -1) if whole[k].line == run.line), None)
        if back is not None and all(_passes(inner, whole[back], run, seen) for inner in whole[back + 1 :]):
            whole[back:] = [Run(run.line, whole[back].reads + run.reads)]
        else:
            whole.append(run)
    return whole


def _passes(inner: Run, before: Run, after: Run, seen: Evidence) -> bool:
    shift = inner.line.offset - before.line.offset
    if inner.line.kind is not before.line.kind or abs(shift) > MOST or len(inner.reads) < _PASSING:
        return True
    span = range(before.first.index, after.last.index + 1)
    turned = swaps(before.line, span, seen)
    return all(any(read.index in swap for swap in turned) for read in inner.reads)


def _without_swapped(found: list[Run], seen: Evidence) -> list[Run]:
    """The runs without the one or two beside a longer one that are only pages of it in each other's place."""
    for run in sorted(found, key=lambda one: -len(one.reads)):
        for step, size in ((1, 2), (1, 1), (-1, 2), (-1, 1)):
            place = next((k for k, one in enumerate(found) if one is run), None)
            if place is None:
                break
            beside = found[place + 1 : place + 1 + size] if step > 0 else found[max(0, place - size) : place]
            if beside and _only_swapped(run, beside, seen):
                found = [one for one in found if one not in beside]
    return found


def _only_swapped(run: Run, beside: Sequence[Run], seen: Evidence) -> bool:
    if any(len(one.reads) > MOST or one.line.kind is not run.line.kind for one in beside):
        return False
    reads = [read for one in (run, *beside) for read in one.reads]
    span = range(min(read.index for read in reads), max(read.index for read in reads) + 1)
    turned = swaps(run.line, span, seen)
    return all(
        any(read.index in swap for swap in turned) for one in beside for read in one.reads if one.line != run.line
    )


def _span(run: Run, whole: Sequence[Run], count: int) -> range:
    """The scans that may belong to a run: up to its neighbours, or to the ends of the book."""
    place = whole.index(run)
    first = whole[place - 1].last.index + 1 if place else 0
    last = whole[place + 1].first.index - 1 if place + 1 < len(whole) else count - 1
    return range(first, last + 1)


def _gaps(whole: Sequence[Run], scales: Scales) -> Iterator[Gap]:
    for place in range(1, len(whole)):
        before, after = whole[place - 1], whole[place]
        missing = after.line.offset - before.line.offset
        if before.line.kind is not after.line.kind or missing <= 0 or _goes_on(after, whole[:place]):
            continue
        if missing > _FAR and min(len(before.reads), len(after.reads)) < _FAR_READS:
            continue
        kind, first, last = after.line.kind, before.last.place + 1, after.first.place - 1
        yield Gap(before.last, after.first, missing, scales.label(kind, first), scales.label(kind, last))


def _goes_on(run: Run, earlier: Sequence[Run]) -> bool:
    """Whether a run goes on where an earlier one stopped (a supplement with numbers of its own was between)."""
    *others, before = earlier
    return any(
        other.line.kind is run.line.kind
        and 0 < run.first.place - other.last.place <= run.first.index - other.last.index
        and not other.last.place < before.last.place < run.first.place
        for other in others
    )


def _repeats(whole: Sequence[Run], settled: dict[int, Read], pages: Sequence[PageSeen]) -> Iterator[Repeat]:
    for place in range(1, len(whole)):
        before, after = whole[place - 1], whole[place]
        back = before.line.offset - after.line.offset
        if before.line.kind is not after.line.kind or not 0 < back <= _MOST_REPEATED:
            continue
        between = range(before.last.index + 1, after.first.index)
        hidden = sum(index not in settled for index in between)
        yield Repeat(before.last, after.first, back, hidden)


def starts_anew(repeat: Repeat) -> bool:
    """Whether the numbers after a repeat begin a new numbering, at 1 or 2, rather than step back."""
    first = repeat.after.place - (repeat.after.index - repeat.before.index - 1)
    return first <= (3 if repeat.after.kind is Kind.LEAF else 2)
