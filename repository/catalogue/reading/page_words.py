"""The words of a page where they are printed: its text with boxes, and the words of a question lit on it.

Which words those are is asked of SQLite itself (FTS5 `highlight`), with the tokenizer of the index: so what the search
finds on a page is lit on it, and nothing is lit where it finds nothing. Boxes are not kept in the catalogue; reading a
page's ALTO takes a few milliseconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from metadata.alto import from_alto
from metadata.geometry import Box
from metadata.model import VolumeId
from metadata.text import PageText, Part
from repository.catalogue.house import House
from repository.catalogue.presentation import NAME
from repository.catalogue.reading.asked import TooMuch, asked, read
from repository.catalogue.reading.rows import Row
from repository.catalogue.rights.scoped import trusted

if TYPE_CHECKING:
    from datasette.app import Datasette

MOST_BYTES = 64_000_000
"""An ALTO file of more bytes is not read for a reader: a page of a newspaper has some two million."""

_KEPT = 64
_AROUND = 60
# XML 1.0 (2.2) knows neither of them, so that no page has them.
_OPENED, _CLOSED = "\x02", "\x03"
_BARE = str.maketrans({"\0": " ", _OPENED: " ", _CLOSED: " "})
_INDEX = "create virtual table page using fts5 (text, tokenize='unicode61 remove_diacritics 2')"
_LIT = "select highlight(page, 0, ?, ?) from page where page match ?"


@dataclass(frozen=True, slots=True)
class Lit:
    """A word or phrase that was asked for, as printed.

    `boxes` are those of its words in pixels of the master, two of a word broken at a line end; `before` and `after`
    the text around it; `line` the number of the line where it begins, from 0 in reading order.
    """

    text: str
    boxes: tuple[Box, ...]
    before: str
    after: str
    line: int


@dataclass(frozen=True, slots=True)
class _Printed:
    """A word in the text that is searched: from `start` to before `end`, on which line, and where on the page."""

    start: int
    end: int
    line: int
    boxes: tuple[Box, ...]


def page_text(house: House, page: Row) -> PageText | None:
    """What was read on `page` (its row: volume, alto); nothing where its ALTO is missing or is none."""
    try:
        return _read(house, VolumeId(page["volume"]), page["alto"])
    except (OSError, ValueError):
        return None


async def asked_forms(datasette: Datasette, typed: str) -> str:
    """What was `typed` as the full text is asked it, each word in all its forms: an FTS5 expression.

    Empty where there is nothing to ask, or more than the search answers.
    """

    def told(connection: sqlite3.Connection) -> str:
        with trusted(connection):
            return asked(connection, read(typed)).matching

    try:
        expression: str = await datasette.get_database(NAME).execute_fn(told)
    except TooMuch:
        return ""
    return expression


def lit(text: PageText, expression: str) -> tuple[Lit, ...]:
    """What the FTS5 `expression` finds on a page, in reading order; nothing when the page is not found by it."""
    words = tuple(_printed(text))
    if not expression or not words:
        return ()
    plain = text.joined().translate(_BARE)
    return tuple(_lit(plain, words, span) for span in _spans(plain, expression))


@lru_cache(maxsize=_KEPT)
def _read(house: House, volume: VolumeId, path: str) -> PageText:
    with house.open(volume, path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(path)
    return from_alto(content)


def _printed(text: PageText) -> Iterator[_Printed]:
    """Every word of `PageText.joined()`, in its order."""
    words = [(word, number) for number, line in enumerate(text.lines()) for word in line.words]
    start = 0
    for at, (word, line) in enumerate(words):
        if word.part is Part.SECOND:
            continue
        broken = word.part is Part.FIRST
        end = start + len(word.whole if broken else word.text)
        rest = (after.box for after, _ in words[at + 1 : at + 2] if broken and after.part is Part.SECOND)
        yield _Printed(start, end, line, (word.box, *rest))
        start = end + 1


def _spans(plain: str, expression: str) -> Iterator[tuple[int, int]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(_INDEX)
        connection.execute("insert into page values (?)", (plain,))
        found = connection.execute(_LIT, (_OPENED, _CLOSED, expression)).fetchone()
    at = 0
    for number, piece in enumerate((found[0] if found else "").split(_OPENED)):
        shown, _, behind = piece.rpartition(_CLOSED) if number else ("", "", piece)
        if shown:
            yield at, at + len(shown)
        at += len(shown) + len(behind)


def _lit(plain: str, words: Sequence[_Printed], span: tuple[int, int]) -> Lit:
    start, end = span
    touched = [word for word in words if word.start < end and word.end > start]
    first, last = touched[0], touched[-1]
    boxes = tuple(box for word in touched for box in word.boxes)
    return Lit(plain[first.start : last.end], boxes, _before(plain, first.start), _after(plain, last.end), first.line)


def _before(plain: str, end: int) -> str:
    piece = plain[max(0, end - _AROUND) : end]
    return piece if end <= _AROUND else piece.partition(" ")[2]


def _after(plain: str, start: int) -> str:
    piece = plain[start : start + _AROUND]
    return piece if start + _AROUND >= len(plain) else piece.rpartition(" ")[0]
