"""The head of a newspaper's first page: its title, the number of the issue and of the year, and the date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ocr.dates import Dated, dates, names_month
from ocr.proposal import Masthead
from ocr.sight import Printed, Row

# Titles of newspapers stand in the upper part; number and date of some stand under a wide title with its ornament.
_HEAD = 0.4
_MOST_ROWS = 24
# A title's words are this large against its largest, and its largest against the page's usual type.
_TITLE_WORD, _TITLE = 0.6, 1.6
_LETTERS = 3
_WORD = re.compile(r"[^\W\d_]+")

_NUMBER = re.compile(
    r"(?<!\w)(?:číslo|číslem|čislo|čís|čis|č|nummer|numero|num|nro|nr|no|n°|№)\s*[.:]?\s*(?P<value>\d{1,4})\b",
    re.IGNORECASE,
)
_VALUE = r"(?P<value>\d{1,4}|[IVXLC]{1,9})"
_YEAR = (
    re.compile(rf"(?<!\w)(?i:ročník|ročn|roč|rocnik|jahrgang|jahrg|jg)\s*[.:]?\s*{_VALUE}\b"),
    re.compile(rf"(?<!\w){_VALUE}\s*[.:]?\s*(?i:ročník|roč|jahrgang|jahrg|jg)\b"),
)


@dataclass(frozen=True, slots=True)
class _Text:
    """The head's text in two ways: its rows across the page, and the engine's lines, which keep columns apart."""

    rows: tuple[Row, ...]
    lines: tuple[str, ...]

    def everywhere(self) -> tuple[str, ...]:
        """Lines first: a row may mix two columns."""
        return (*self.lines, " ".join(self.lines), *(row.text for row in self.rows))


def masthead(page: Printed) -> Masthead | None:
    """What the head of `page` says; None when it has no two of number, number of the year, and date.

    The confidence (0..1) is mostly that of the date: a printed day of the week that agrees makes it nearly sure, one
    that does not makes it doubtful.
    """
    text = _head(page)
    number, year, dated = _number(text), _first(_YEAR, text.everywhere()), _date(text)
    if bool(number) + bool(year) + (dated is not None) < 2:
        return None
    title, surety = _title(page, text.rows)
    confidence = 0.5 * _date_surety(dated) + 0.2 * bool(number) + 0.1 * bool(year) + 0.2 * surety
    return Masthead(number, year, dated.date.isoformat() if dated else "", title, round(confidence, 3))


def _head(page: Printed) -> _Text:
    height = page.sight.text.height
    rows = tuple(row for row in page.rows if row.box.top < _HEAD * height)[:_MOST_ROWS]
    foot = max((row.box.bottom for row in rows), default=0)
    lines = [line for line in page.sight.text.lines() if line.box.top < foot]
    return _Text(rows, tuple(" ".join(word.text for word in line.words) for line in lines))


def _number(text: _Text) -> str:
    """The number beside the date or the year's number, else the first: a head may also say a house or a telephone."""
    parts = text.everywhere()
    beside = [part for part in parts if any(pattern.search(part) for pattern in _YEAR) or dates(part)]
    return _first((_NUMBER,), beside) or _first((_NUMBER,), parts)


def _first(patterns: Sequence[re.Pattern[str]], parts: Sequence[str]) -> str:
    found = (match for part in parts for pattern in patterns for match in pattern.finditer(part))
    return next((match["value"] for match in found if not _day(match)), "")


def _day(match: re.Match[str]) -> bool:
    """Whether what follows is a month: where the number itself was not read, the date's day stands in its place."""
    after = _WORD.search(match.string, match.end())
    return after is not None and after.start() - match.end() < _LETTERS and names_month(after[0])


def _date(text: _Text) -> Dated | None:
    """The first date; one whose day of the week agrees comes before all others."""
    found = [dated for part in text.everywhere() for dated in dates(part)]
    agreeing = [dated for dated in found if dated.weekday]
    return next(iter([*agreeing, *found]), None)


def _date_surety(dated: Dated | None) -> float:
    if dated is None:
        return 0.0
    return {True: 1.0, None: 0.75, False: 0.3}[dated.weekday]


def _title(page: Printed, rows: Sequence[Row]) -> tuple[str, float]:
    """The words of the largest type, where it is larger than the page's; and how surely they were read."""
    large = [word for row in rows for word in row.words if sum(c.isalpha() for c in word.text) >= _LETTERS]
    usual = median([row.height for row in page.rows] or [0])
    size = max((word.box.height for word in large), default=0)
    words = [word for word in large if word.box.height >= _TITLE_WORD * size]
    if size < _TITLE * usual or not words:
        return "", 0.0
    return " ".join(word.text for word in words), sum(word.confidence for word in words) / len(words)
