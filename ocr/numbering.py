"""The numbering of a volume: which of the numbers at the pages' edges are folios, and what the other pages count as.

A folio says little by itself; a numbering is a straight line: number = offset + step * order of the page. Of all lines
through the candidates those are chosen, by dynamic programming over the pages, that explain most of what was read with
fewest changes of line. A change is a new numbering (arabic after roman, a restart) or the same after plates that do
not count. Pages that lie on a line without having been read are interpolated: their number is written in square
brackets, as the field does with numbers that are not printed; so are the own numbers of stretches outside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ocr.folios import Candidate
from ocr.numerals import MOST_ROMAN, Figures, written
from ocr.proposal import CONFIDENT, Guess, Why

# In units of one folio read alone on its row: what a new line costs, a page with text on the line whose number was not
# read, and one on which another number stands alone.
_NEW_LINE = 1.3
_UNREAD = 0.12
_OTHERWISE = 0.45
_EMPTY = 0.02
_LOUD = 0.8
_ONE_OF_TWO = 0.4
_NEVER = -100.0
_MOST_LINES = 200
_BESIDE_THE_MAIN_LINE = 0.6
_OUTSIDE = 0.3


@dataclass(frozen=True, slots=True)
class Line:
    """A numbering: the number of page `order` is `offset` + `step` * `order`."""

    figures: Figures
    step: int
    offset: int

    def number(self, order: int) -> int:
        """The number of page `order`, below 1 where the line has none."""
        return self.offset + self.step * order

    def label(self, order: int) -> str:
        """The number of page `order` as printed; both numbers of two columns."""
        first = self.number(order)
        return "-".join(written(number, self.figures) for number in range(first, first + self.step))

    def reaches(self, order: int) -> bool:
        """Whether page `order` can have a number on this line."""
        last = self.number(order) + self.step - 1
        return self.number(order) >= 1 and (self.figures is Figures.ARABIC or last <= MOST_ROMAN)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands: on which line (None: outside), and its label."""

    line: Line | None
    label: Guess[str]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was read at the edges of page `order`; `empty` says that it has no text at all."""

    order: int
    candidates: tuple[Candidate, ...]
    empty: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """Page `order` seen from the lines: what each gains by it, and what a line loses that gains nothing."""

    order: int
    gains: Mapping[Line, float]
    fall: float


@dataclass(frozen=True, slots=True)
class _Run:
    """Pages `first` to `last` (indices) on one line, or on none."""

    line: Line | None
    first: int
    last: int
    trust: float = 0.0

    @property
    def length(self) -> int:
        """How many pages it has."""
        return self.last - self.first + 1


def numbering(pages: Sequence[Numbers]) -> tuple[Place, ...]:
    """Where each of `pages` (in rising order) stands.

    Of the numbers in one kind of figures, those proposed with confidence CONFIDENT or more rise from page to page.
    """
    seen = [_seen(page) for page in pages]
    runs = _judged(_stretched(_joined(_runs(_best_lines(seen))), seen), seen)
    return tuple(place for run in runs for place in _places(run, seen))


def _best_lines(pages: Sequence[_Seen]) -> list[Line | None]:
    """Viterbi: the line of each page in the best of all ways through the volume."""
    lines: list[Line | None] = [None, *_supported(pages)]
    scores, back = [0.0] * len(lines), []
    for page in pages:
        best = max(range(len(lines)), key=scores.__getitem__)
        came, after = [], []
        for number, line in enumerate(lines):
            change = scores[best] - (_NEW_LINE if line else 0.0)
            stays = scores[number] >= change
            came.append(number if stays else best)
            after.append((scores[number] if stays else change) + _gain(line, page))
        scores = after
        back.append(came)
    return _traced(lines, scores, back)


def _traced(lines: list[Line | None], scores: list[float], back: list[list[int]]) -> list[Line | None]:
    now = max(range(len(lines)), key=scores.__getitem__)
    way = []
    for came in reversed(back):
        way.append(lines[now])
        now = came[now]
    return way[::-1]


def _supported(pages: Sequence[_Seen]) -> list[Line]:
    """The lines that gain enough over all pages to pay for themselves, the best first."""
    support: defaultdict[Line, float] = defaultdict(float)
    for page in pages:
        for line, gain in page.gains.items():
            support[line] += gain
    enough = [line for line, gain in support.items() if gain > _NEW_LINE]
    return sorted(enough, key=lambda line: -support[line])[:_MOST_LINES]


def _seen(page: Numbers) -> _Seen:
    """In columns one of both numbers is enough for a line, though it says less."""
    gains: defaultdict[Line, float] = defaultdict(float)
    for each in page.candidates:
        line = Line(each.figures, each.step, each.value - each.step * page.order)
        gains[line] = max(gains[line], each.weight)
    pairs = {line for line in gains if line.step > 1}
    for each in page.candidates if not pairs else ():
        for first in (each.value, each.value - 1) if each.figures is Figures.ARABIC else ():
            columns = Line(each.figures, 2, first - 2 * page.order)
            gains[columns] = max(gains[columns], each.weight * _ONE_OF_TWO)
    return _Seen(page.order, gains, _fall(page))


def _fall(page: Numbers) -> float:
    if page.empty:
        return _EMPTY
    loud = any(each.weight >= _LOUD for each in page.candidates)
    return _OTHERWISE if loud else _UNREAD


def _gain(line: Line | None, page: _Seen) -> float:
    if line is None:
        return 0.0
    if not line.reaches(page.order):
        return _NEVER
    return page.gains.get(line, -page.fall)


def _runs(lines: Sequence[Line | None]) -> list[_Run]:
    runs, start = [], 0
    for line, same in groupby(lines):
        length = len(list(same))
        runs.append(_Run(line, start, start + length - 1))
        start += length
    return runs


def _joined(runs: Sequence[_Run]) -> list[_Run]:
    """Stretches of unread pages between two runs of one line belong to it."""
    joined: list[_Run] = []
    for run in runs:
        if run.line and len(joined) > 1 and joined[-1].line is None and joined[-2].line == run.line:
            joined[-2:] = [replace(joined[-2], last=run.last)]
        else:
            joined.append(run)
    return joined


def _stretched(runs: Sequence[_Run], pages: Sequence[_Seen]) -> list[_Run]:
    """The runs reaching into the unread pages beside them: back to their number 1, then on to the volume's end.

    Where a numbering goes on after a stretch, the pages in it count only if there are not more of them than numbers
    are missing: else plates are among them, and nobody knows which.
    """
    whole = list(runs)
    for place in [place for place, run in enumerate(runs) if run.line is None]:
        gap = whole[place]
        before = whole[place - 1] if place else None
        after = whole[place + 1] if place + 1 < len(whole) else None
        if after is not None and not _goes_on(before, after, pages):
            gap = replace(gap, last=_last_before(gap, after, pages))
            whole[place + 1] = replace(after, first=gap.last + 1)
        if before is not None and _room(before, gap, after, pages):
            whole[place - 1] = replace(before, last=gap.last)
            gap = replace(gap, first=gap.last + 1)
        whole[place] = gap
    return [run for run in whole if run.first <= run.last]


def _goes_on(before: _Run | None, after: _Run, pages: Sequence[_Seen]) -> bool:
    one, two = before.line if before else None, after.line
    if before is None or one is None or two is None or (one.figures, one.step) != (two.figures, two.step):
        return False
    return two.number(pages[after.first].order) > one.number(pages[before.last].order)


def _last_before(gap: _Run, after: _Run, pages: Sequence[_Seen]) -> int:
    """The last page of the gap that the line after it does not reach back to."""
    last, line = gap.last, after.line
    while last >= gap.first and line is not None and line.reaches(pages[last].order):
        last -= 1
    return last


def _room(before: _Run, gap: _Run, after: _Run | None, pages: Sequence[_Seen]) -> bool:
    line = before.line
    if line is None or gap.first > gap.last or not line.reaches(pages[gap.last].order):
        return False
    if after is None or after.line is None or not _goes_on(before, after, pages):
        return True
    return line.number(pages[gap.last].order) < after.line.number(pages[after.first].order)


def _judged(runs: Sequence[_Run], pages: Sequence[_Seen]) -> list[_Run]:
    """Each run with its trust: by how many folios were read, and whether its numbers rise with the main line."""
    trusted = [replace(run, trust=_trust(run, pages)) for run in runs]
    main: set[_Run] = set()
    for figures in Figures:
        main.update(_rising([run for run in trusted if run.line and run.line.figures is figures], pages))
    return [run if run in main else replace(run, trust=min(run.trust, _BESIDE_THE_MAIN_LINE)) for run in trusted]


def _trust(run: _Run, pages: Sequence[_Seen]) -> float:
    """0..1: the more folios were read, and on the more of its pages, the surer the run; 0 outside every line."""
    read = [weight for index in range(run.first, run.last + 1) if (weight := _read(run, pages[index]))]
    share = len(read) / run.length
    return sum(read) / (sum(read) + 1.2) * (0.4 + 0.6 * min(1.0, 2 * share))


def _rising(runs: Sequence[_Run], pages: Sequence[_Seen]) -> list[_Run]:
    """The heaviest chain of runs whose numbers rise through the volume."""
    chains: list[tuple[float, list[_Run]]] = []
    for run in runs:
        rising = [chain for chain in chains if _last(chain[1][-1], pages) < _first(run, pages)]
        most, kept = max(rising, key=lambda chain: chain[0], default=(0.0, []))
        chains.append((most + run.trust * run.length, [*kept, run]))
    return max(chains, key=lambda chain: chain[0], default=(0.0, []))[1]


def _first(run: _Run, pages: Sequence[_Seen]) -> int:
    return run.line.number(pages[run.first].order) if run.line else 0


def _last(run: _Run, pages: Sequence[_Seen]) -> int:
    return run.line.number(pages[run.last].order) + run.line.step - 1 if run.line else 0


def _read(run: _Run, page: _Seen) -> float:
    return page.gains.get(run.line, 0.0) if run.line else 0.0


def _places(run: _Run, pages: Sequence[_Seen]) -> Iterator[Place]:
    read = [index for index in range(run.first, run.last + 1) if _read(run, pages[index])]
    for index in range(run.first, run.last + 1):
        page = pages[index]
        if run.line is None:
            yield Place(None, Guess(f"[{index - run.first + 1}]", _OUTSIDE, Why.UNNUMBERED))
        elif weight := _read(run, page):
            sure = 1 - (1 - run.trust) * (1 - 0.5 * weight)
            top = CONFIDENT - 0.01 if run.trust <= _BESIDE_THE_MAIN_LINE else 1.0
            yield Place(run.line, Guess(run.line.label(page.order), round(min(sure, top), 3), Why.READ))
        else:
            between = 0.95 if read[0] < index < read[-1] else 0.8
            label = f"[{run.line.label(page.order)}]"
            yield Place(run.line, Guess(label, round(run.trust * between, 3), Why.INTERPOLATED))
