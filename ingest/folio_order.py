"""What a book's page numbers say about its scans: numbers left out, numbers repeated, pages in each other's place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.folio_runs import Kind, Read, Run, Scales, reads_of, runs
from ingest.page_seen import PageSeen
from ingest.swaps import MOST, Swap, evidence, swaps

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
    settled: dict[int, Read]


def folio_order(pages: Sequence[PageSeen]) -> FolioOrder:
    """Judge the numbers of `pages`, which are in the order in which they belong as far as that is known."""
    reads, scales = reads_of(pages)
    whole = _joined(runs(reads))
    settled = {read.index: read for run in whole for read in run.reads}
    return FolioOrder(tuple(_gaps(whole, scales)), tuple(_repeats(whole, settled)), settled)


def exchanged(pages: Sequence[PageSeen]) -> tuple[Swap, ...]:
    """The stretches of `pages`, which are in the order of their scans, that stand in each other's place."""
    reads, _ = reads_of(pages)
    lines = sorted({run.line for run in runs(reads)})
    return swaps(lines, evidence(pages, reads, lines))


def _joined(found: Sequence[Run]) -> list[Run]:
    """Runs joined over what only interrupts them: misread numbers, or a numbering of its own."""
    whole: list[Run] = []
    for run in found:
        back = next((k for k in range(len(whole) - 1, -1, -1) if whole[k].line == run.line), None)
        if back is not None and all(_passes(inner, whole[back]) for inner in whole[back + 1 :]):
            whole[back:] = [Run(run.line, whole[back].reads + run.reads)]
        else:
            whole.append(run)
    return whole


def _passes(inner: Run, around: Run) -> bool:
    shift = inner.line.offset - around.line.offset
    return inner.line.kind is not around.line.kind or abs(shift) > MOST or len(inner.reads) < _PASSING


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


def _repeats(whole: Sequence[Run], settled: dict[int, Read]) -> Iterator[Repeat]:
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
