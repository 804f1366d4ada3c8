"""Where a printed page number (folio) may stand on a page: first and last rows, alone or at the end of a running head.

Every number found there is a candidate with a weight; which of them are folios is decided over the whole volume
(ocr.numbering), so that a year or a measure in a running head is welcome here and loses there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from metadata.text import Word
from ocr.numerals import Figures, numerals
from ocr.sight import Printed, Row, plain, spoken

LEAST_WEIGHT = 0.1

_ALONE, _PAIR, _APART, _IN_TEXT = 1.0, 0.9, 0.8, 0.4
_SECOND_ROW = 0.7
_YEARS = range(1400, 2101)
_YEAR = 0.4
# How many heights of type of white part a folio from its running head.
_WHITE = 2.0
_SAID_BEFORE = frozenset({
    "s", "str", "strana", "stran", "strany", "sl", "sp", "sloupec", "sloupce", "spalte", "seite", "pag", "page", "p",
    "fol", "col",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number that may be the page's folio, and how likely it looks by itself (0..1).

    `step` is by how much it grows from page to page: 2 where two columns, or the two pages of an unparted spread, are
    numbered; `value` is then the first of the two.
    """

    value: int
    figures: Figures
    weight: float
    step: int = 1


def candidates(page: Printed) -> tuple[Candidate, ...]:
    """What may be the folio of `page`: the best weight of each number, in the two first and two last rows."""
    best: dict[tuple[int, Figures, int], Candidate] = {}
    for found in _at_edges(page):
        key = found.value, found.figures, found.step
        if found.weight > (best[key].weight if key in best else LEAST_WEIGHT):
            best[key] = found
    return tuple(best.values())


def _at_edges(page: Printed) -> Iterator[Candidate]:
    for rows in (page.rows[:2], page.rows[:1:-1][:2]):
        for rank, row in enumerate(rows):
            yield from _in_row(row, rank)


def _in_row(row: Row, rank: int) -> Iterator[Candidate]:
    words = [word for word in row.words if spoken(word.text)]
    numbered = [word for word in words if plain(word.text).strip(".,:") not in _SAID_BEFORE]
    if not numbered:
        return
    if len(numbered) == 1:
        yield from _readings(numbered[0], _ALONE)
        return
    first, last = numbered[0], numbered[-1]
    yield from (replace(pair, weight=pair.weight * _rank(rank)) for pair in _pairs(first, last))
    for word, gap in ((first, _gap(numbered[0], numbered[1])), (last, _gap(numbered[-2], numbered[-1]))):
        place = _APART if gap > _WHITE * row.height else _IN_TEXT
        for found in _readings(word, place):
            yield replace(found, weight=found.weight * _rank(rank))


def _readings(word: Word, place: float) -> Iterator[Candidate]:
    trust = 0.6 + 0.4 * word.confidence
    for numeral in numerals(word.text):
        year = _YEAR if numeral.value in _YEARS else 1.0
        yield Candidate(numeral.value, numeral.figures, place * numeral.surety * trust * year)


def _pairs(first: Word, last: Word) -> Iterator[Candidate]:
    """Two numbers that follow each other at both ends of a row: columns, or a spread."""
    for left in _readings(first, _PAIR):
        for right in _readings(last, _PAIR):
            if left.figures is right.figures is Figures.ARABIC and right.value == left.value + 1:
                yield Candidate(left.value, left.figures, min(left.weight, right.weight), step=2)


def _gap(left: Word, right: Word) -> int:
    return right.box.left - left.box.right


def _rank(rank: int) -> float:
    return _SECOND_ROW**rank
