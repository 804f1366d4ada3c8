"""Dates as newspapers print them, in Czech, Slovak and German: "sobota 14. září 1929", "Mittwoch, den 3. März 1897"."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain

from ocr.numerals import Figures, numerals
from ocr.sight import plain

EARLIEST, LATEST = 1600, 2100

# Nominative and genitive, Czech, Slovak, German with the Austrian forms; without accents.
_MONTHS = (
    "leden ledna januar januara janner jenner januarius",
    "unor unora februar februara feber hornung",
    "brezen brezna marec marca marz maerz",
    "duben dubna april aprila",
    "kveten kvetna maj maja mai",
    "cerven cervna jun juna juni junius",
    "cervenec cervence jul jula juli julius",
    "srpen srpna august augusta augustmonat",
    "zari september septembra",
    "rijen rijna oktober oktobra october",
    "listopad listopadu november novembra",
    "prosinec prosince december decembra dezember",
)
_DAYS = (
    "pondeli pondelek pondelok montag",
    "utery uterek utorok dienstag",
    "streda stredu mittwoch",
    "ctvrtek stvrtok donnerstag",
    "patek piatok freitag",
    "sobota sobotu samstag sonnabend",
    "nedele nedeli nedela nedelu sonntag",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_DAY = {name: number for number, names in enumerate(_DAYS) for name in names.split()}
_LIKE = 0.8
# Shorter words are like too many others: "cena" is four fifths of "červen".
_LONG = 5

_TOKEN = re.compile(r"[^\W_]+")
_AROUND_YEAR = 3


@dataclass(frozen=True, slots=True)
class Dated:
    """A date found in a text. `weekday` says whether the printed day of the week is that of the date; None without."""

    date: dt.date
    weekday: bool | None


def dates(text: str) -> tuple[Dated, ...]:
    """Every whole date (day, month, year) in `text`, in order; dates that no calendar has are left out.

    Months may be names, also misread by a letter or two, roman or arabic figures ("14. V. 1919"). The day of the week
    is looked for within six words before the date.
    """
    tokens = [plain(token) for token in _TOKEN.findall(text)]
    return tuple(chain.from_iterable(_at(tokens, place) for place in range(len(tokens))))


def names_month(token: str) -> bool:
    """Whether `token` is the name of a month, perhaps misread."""
    return _name(plain(token)) is not None


def _at(tokens: list[str], place: int) -> Iterator[Dated]:
    """The date whose month is the token at `place`."""
    month = _month(tokens[place])
    if month is None or place == 0:
        return
    day = _number(tokens[place - 1])
    years = (_number(token) for token in tokens[place + 1 : place + 1 + _AROUND_YEAR])
    year = next((year for year in years if year is not None and EARLIEST <= year <= LATEST), None)
    if day is None or year is None or not _close(tokens, place):
        return
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return
    said = [day for token in tokens[max(0, place - 7) : place - 1] if (day := _weekday(token)) is not None]
    yield Dated(date, said[-1] == date.weekday() if said else None)


def _close(tokens: list[str], place: int) -> bool:
    """A month in figures is believed only with its year beside it: "14. 5. 1919", not "14 5 Stück 1919"."""
    if _name(tokens[place]) is not None:
        return True
    year = _number(tokens[place + 1]) if place + 1 < len(tokens) else None
    return year is not None and EARLIEST <= year <= LATEST


@lru_cache(maxsize=4096)
def _month(token: str) -> int | None:
    name = _name(token)
    if name is not None:
        return name
    values = (each.value for each in numerals(token) if each.surety >= 0.6 and each.value <= 12)
    return next(values, None)


@lru_cache(maxsize=4096)
def _name(token: str) -> int | None:
    return _likest(token, _MONTH)


@lru_cache(maxsize=4096)
def _weekday(token: str) -> int | None:
    return _likest(token, _DAY)


def _likest(token: str, known: dict[str, int]) -> int | None:
    if token in known:
        return known[token]
    if len(token) < _LONG:
        return None
    like = get_close_matches(token, known, 1, _LIKE)
    return known[like[0]] if like else None


def _number(token: str) -> int | None:
    sure = (each.value for each in numerals(token) if each.figures is Figures.ARABIC and each.surety >= 0.6)
    return next(sure, None)
