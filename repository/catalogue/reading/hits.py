"""Where words that a reader typed stand in a volume: page by page, with a snippet of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from repository.catalogue.presentation import NAME
from repository.catalogue.reading.asked import MOST_TYPED
from repository.catalogue.reading.page_words import asked_forms

if TYPE_CHECKING:
    from datasette.app import Datasette

MOST_PAGES = 500
"""So many pages with hits of one volume are listed, the first ones."""

_OPENED, _CLOSED = "\x02", "\x03"
WITHIN = """
from page_fts join page on page.rowid = page_fts.rowid
where page_fts match :asked and page.volume = :volume
  and page_fts.rowid between (select min(rowid) from page where volume = :volume)
  and (select max(rowid) from page where volume = :volume)
order by page.position limit :most
"""
"""The pages of a volume that an FTS5 expression finds, for a statement to be asked trusted.

The pages of a volume are written together: their range of rowids keeps the full text from reading all hits.
"""

_HITS = f"""
select page.position, page.label, page.uuid,
  snippet(page_fts, 0, '{_OPENED}', '{_CLOSED}', '…', 24) as snippet
{WITHIN}"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text: as it stands, `lit` when it is what was looked for."""

    text: str
    lit: bool = False


@dataclass(frozen=True, slots=True)
class PageHit:
    """A page that has what was looked for: its order, printed number, identifier, and the first place in the text."""

    position: int
    label: str
    page: str
    snippet: tuple[Piece, ...]


def typed_in(words: str | None) -> str:
    """What a reader typed, fit to be asked: short, and nothing but characters."""
    return " ".join((words or "").replace("\0", " ")[:MOST_TYPED].split())


async def pages_with(datasette: Datasette, volume: str, typed: str) -> tuple[PageHit, ...]:
    """The pages of `volume` that have the words, in order, at most MOST_PAGES; none where nothing can be asked.

    Raises:
        datasette.database.QueryInterrupted: it takes too long.
    """
    if not typed:
        return ()
    told = await asked_forms(datasette, typed)
    if not told:
        return ()
    values = {"asked": told, "volume": volume, "most": MOST_PAGES}
    found = await datasette.get_database(NAME).execute_trusted(_HITS, values)
    return tuple(_hit(row) for row in found.rows)


def pieces(snippet: str) -> tuple[Piece, ...]:
    """A snippet of SQLite's cut at the marks around what was found."""
    parts: list[Piece] = []
    for number, text in enumerate(snippet.split(_OPENED)):
        lit, _, after = text.rpartition(_CLOSED) if number else ("", "", text)
        parts += [Piece(lit, lit=True)] * bool(lit) + [Piece(after)] * bool(after)
    return tuple(parts)


def around(hits: Sequence[PageHit], position: int) -> tuple[PageHit | None, PageHit | None]:
    """The nearest page with a hit before the page `position`, and the nearest after it."""
    before = [hit for hit in hits if hit.position < position]
    after = [hit for hit in hits if hit.position > position]
    return (before[-1] if before else None, after[0] if after else None)


def _hit(row: sqlite3.Row) -> PageHit:
    return PageHit(row["position"], row["label"] or "", row["uuid"], pieces(row["snippet"]))
