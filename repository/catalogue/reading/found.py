"""The search itself: which pages have what was asked, counted by facets, the volumes in order, their best pages.

The full text gives all hits (rowids, in one row), `columns` those that may be seen and what they are counted by. Up to
MOST_RANKED hits are ranked by bm25. Beyond that ranking all would take as long as everything else ten times over: then
volumes are ordered by how sure it is that many of their pages are hits, and of a volume those pages are shown, of a few
spread over it, that have the words most often.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from datasette.utils import sqlite_timelimit

from repository.catalogue.presentation import MOST_RANKED
from repository.catalogue.reading.asked import Asked, Question, asked
from repository.catalogue.reading.columns import BANDS, STRIDE, Columns, Longs
from repository.catalogue.reading.marks import Excerpt, excerpt, marks
from repository.catalogue.rights.scoped import trusted

Bools = npt.NDArray[np.bool_]

LIMIT_MS = 2000
"""Milliseconds after which a search is stopped."""

PER_PAGE = 10
"""Volumes on one page of results."""

FIRST_TITLES = 3
"""Volumes shown above the others because their title, author or contents have the words."""

HITS_SHOWN = 3
"""Pages shown of a volume."""

_LOOKED_AT = 5
_MOST_TITLES = 20_000
_MATCHED = "select group_concat(rowid) from page_fts where page_fts match ?"
_RANKED = "select rowid, rank from page_fts where page_fts match ? limit ?"
_TITLES = f"""
select rowid, bm25(volume_fts, 10.0, 5.0, 5.0, 5.0, 8.0, 4.0, 1.0, 1.0, 2.0) as score from volume_fts
where volume_fts match ? order by score, rowid limit {_MOST_TITLES}
"""  # noqa: S608 - a constant of ours
_PAGES = """
select page.rowid as number, page.uuid, page.position, page.label, page.quality, page_text.text
from page join page_text on page_text.page = page.uuid where page.rowid in ({marks})
"""
_VOLUMES = """
select uuid, called, title, subtitle, authors, year, date, type, institution, publisher, place, pages from volume
where uuid in ({marks})
"""


class Slow(Exception):
    """A search took longer than LIMIT_MS and was stopped."""


class Sort(StrEnum):
    """In which order volumes are shown."""

    RELEVANCE = "relevance"
    OLDEST = "oldest"
    NEWEST = "newest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Filters:
    """What is left of the hits: those with one of the values `chosen` of each facet, of years `since` to `until`."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search: what is asked, of what, in which order, which page of results (from 1); `titles`: only titles."""

    question: Question
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.RELEVANCE
    number: int = 1
    titles: bool = False


@dataclass(frozen=True, slots=True)
class PageFound:
    """A page that has the words: identifier, order, printed number, quality, and the piece that has most of them."""

    uuid: str
    position: int
    label: str
    quality: str
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class VolumeFound:
    """A volume: its row, how many of its pages have the words and how many have no text, its best pages."""

    row: Mapping[str, Any]
    hits: int
    silent: int
    pages: tuple[PageFound, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: `pages` in so many `volumes`, of which so many pages are `weak` and so many others `silent`.

    `titles` are the first of `title_count` volumes found by their description. `shown` are the volumes of the page of
    results asked for. `facets` are counts of hits by value, most first, each as if nothing were chosen in it.
    `ranked` says whether the words' weight decided or, with very many hits, how many of a volume's pages have them.
    """

    pages: int = 0
    volumes: int = 0
    weak: int = 0
    silent: int = 0
    ranked: bool = True
    title_count: int = 0
    titles: tuple[VolumeFound, ...] = ()
    shown: tuple[VolumeFound, ...] = ()
    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Hits:
    """Hits that are left: rowids and volumes of pages, hits of each volume, and ranks (less is better) if ranked."""

    rowids: Longs
    volumes: Longs
    counts: Longs
    ranks: npt.NDArray[np.float64] | None

    def of(self, volume: int) -> Longs:
        """Where the hits of a volume stand."""
        return np.flatnonzero(self.volumes == volume)


def search(connection: sqlite3.Connection, columns: Columns, wanted: Wanted) -> Found:
    """Find what is `wanted` among what the audience of `columns` may see, which `connection` shows.

    Raises:
        Slow: it takes too long.
        sqlite3.Error: `connection` is to no catalogue.
    """
    try:
        with trusted(connection):
            # Outside the limit: the first word of a language may take simplemma seconds.
            question = asked(connection, wanted.question)
            with sqlite_timelimit(connection, LIMIT_MS):
                return _found(connection, columns, wanted, question) if question.matching else Found()
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise Slow from error
        raise


def _found(connection: sqlite3.Connection, columns: Columns, wanted: Wanted, question: Asked) -> Found:
    titles = _titles(connection, columns, wanted, question)
    if wanted.titles:
        named = dict.fromkeys(map(int, _slice(titles, wanted.number)), 0)
        told = _told(connection, columns, named, {})
        return Found(volumes=len(titles), title_count=len(titles), shown=told)
    matched, ranks = _matched(connection, question, ranked=wanted.sort is Sort.RELEVANCE)
    rowids, cells = columns.seen(matched)
    bands = cells % STRIDE
    # Hits by volume and band; all else is counted from this, whatever the number of hits.
    table = np.bincount(cells, minlength=len(columns.uuids) * STRIDE).reshape(-1, STRIDE).astype(np.int64)
    band_mask = _bands(wanted.filters)
    left = _left(columns, wanted.filters)
    counts = np.where(left, table[:, band_mask].sum(axis=1), 0)
    volumes = cells // STRIDE
    keep = left[volumes] & band_mask[bands] if len(cells) else np.zeros(0, dtype=bool)
    rowids = rowids[keep]
    left_ranks = ranks[np.searchsorted(matched, rowids)] if ranks is not None else None
    hits = _Hits(rowids, volumes[keep].astype(np.int64), counts, left_ranks)
    order = _order(columns, hits, wanted.sort)
    shown = {int(at): int(counts[at]) for at in _slice(order, wanted.number)}
    best = _best(connection, hits, list(shown), marks(question.forms))
    first = [int(at) for at in titles[:FIRST_TITLES]] if wanted.number == 1 else []
    return Found(
        pages=int(counts.sum()),
        volumes=len(order),
        weak=int(table[left][:, BANDS.index("weak")].sum()) if band_mask[BANDS.index("weak")] else 0,
        silent=int(columns.silent[order].sum()),
        ranked=hits.ranks is not None or wanted.sort is not Sort.RELEVANCE or not len(order),
        title_count=len(titles),
        titles=_told(connection, columns, {at: int(counts[at]) for at in first}, {}),
        shown=_told(connection, columns, shown, best),
        facets=_facets(columns, wanted.filters, table, band_mask),
    )


def _matched(
    connection: sqlite3.Connection, question: Asked, *, ranked: bool
) -> tuple[Longs, npt.NDArray[np.float64] | None]:
    """The rowids of all hits in order, and their ranks if wanted and they are not too many."""
    # Looking a phrase up takes long and few pages have it: then the ranks come with the hits.
    if ranked and question.phrase and len(told := _ranked(connection, question)) <= MOST_RANKED:
        return told[:, 0].astype(np.int64), told[:, 1]
    (text,) = connection.execute(_MATCHED, (question.matching,)).fetchone()
    rowids = np.fromstring(text or "", dtype=np.int64, sep=",")
    few = ranked and len(rowids) <= MOST_RANKED
    return rowids, _ranked(connection, question)[:, 1] if few else None


def _ranked(connection: sqlite3.Connection, question: Asked) -> npt.NDArray[np.float64]:
    """Rowid and rank of the first hits, one more than are ranked."""
    rows = connection.execute(_RANKED, (question.ranking, MOST_RANKED + 1)).fetchall()
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _titles(connection: sqlite3.Connection, columns: Columns, wanted: Wanted, question: Asked) -> Longs:
    """The volumes whose description has the words, best first."""
    rows = connection.execute(_TITLES, (question.ranking,)).fetchall()
    numbers = columns.numbers(np.array([row[0] for row in rows], dtype=np.int64))
    return numbers[_left(columns, wanted.filters)[numbers]]


def _bands(filters: Filters) -> Bools:
    wanted = filters.chosen.get("quality", ())
    return np.array([not wanted or band in wanted for band in (*BANDS, *[""] * (STRIDE - len(BANDS)))], dtype=bool)


def _left(columns: Columns, filters: Filters, but: str = "") -> Bools:
    """The volumes that have what was chosen, in all facets `but` one."""
    count = len(columns.uuids)
    left = np.ones(count, dtype=bool)
    for name, values in filters.chosen.items():
        if values and name != but and name in columns.facets:
            left &= columns.facets[name].chosen(values, count)
    if filters.since is not None:
        left &= columns.years >= filters.since
    if filters.until is not None:
        left &= (columns.years <= filters.until) & (columns.years > 0)
    return left


def _facets(
    columns: Columns, filters: Filters, table: Longs, band_mask: Bools
) -> dict[str, tuple[tuple[str, int], ...]]:
    hits = table[:, band_mask].sum(axis=1)
    all_left = _left(columns, filters)
    told: dict[str, tuple[tuple[str, int], ...]] = {}
    for name, column in columns.facets.items():
        left = _left(columns, filters, but=name) if filters.chosen.get(name) else all_left
        told[name] = tuple(column.counted(np.where(left, hits, 0)))
    bands = table[all_left].sum(axis=0).tolist()
    told["quality"] = tuple((band, bands[number]) for number, band in enumerate(BANDS) if bands[number])
    return told


def _order(columns: Columns, hits: _Hits, sort: Sort) -> Longs:
    """The volumes with hits, in order."""
    volumes = np.flatnonzero(hits.counts)
    names = columns.by_name[volumes]
    if sort is Sort.TITLE:
        return volumes[np.argsort(names)]
    if sort is Sort.RELEVANCE:
        return volumes[np.lexsort((names, -hits.counts[volumes], _scores(columns, hits)[volumes]))]
    years = columns.years[volumes]
    # Those of no known year come last either way.
    return volumes[np.lexsort((names, years if sort is Sort.OLDEST else -years, years == 0))]


def _scores(columns: Columns, hits: _Hits) -> npt.NDArray[np.float64]:
    """What the best page weighs, or what share of the pages has the words at least (Wilson); less is better."""
    if hits.ranks is not None:
        best = np.zeros(len(hits.counts))
        np.minimum.at(best, hits.volumes, hits.ranks)
        return best
    pages = np.maximum(columns.pages, hits.counts).clip(min=1)
    share, z = hits.counts / pages, 1.96
    spread = z * np.sqrt(share * (1 - share) / pages + z * z / (4 * pages * pages))
    sure: npt.NDArray[np.float64] = (share + z * z / (2 * pages) - spread) / (1 + z * z / pages)
    return -sure


def _slice(order: Longs, number: int) -> Longs:
    return order[(number - 1) * PER_PAGE : number * PER_PAGE]


def _best(
    connection: sqlite3.Connection, hits: _Hits, volumes: Sequence[int], wanted: re.Pattern[str]
) -> dict[int, tuple[PageFound, ...]]:
    """The pages shown of each of the `volumes`, best first."""
    looked_at = {volume: _candidates(hits, hits.of(volume)) for volume in volumes}
    pages = _pages(connection, [rowid for rowids in looked_at.values() for rowid in rowids], wanted)
    told = {}
    for volume, rowids in looked_at.items():
        known = [pages[rowid] for rowid in rowids if rowid in pages]
        if hits.ranks is None:
            known.sort(key=lambda page: (-page.excerpt.hits, page.position))
        told[volume] = tuple(known[:HITS_SHOWN])
    return told


def _candidates(hits: _Hits, at: Longs) -> list[int]:
    """The rowids of the best hits of a volume, or of some spread over it."""
    if hits.ranks is not None:
        at = at[np.lexsort((hits.rowids[at], hits.ranks[at]))][:HITS_SHOWN]
    elif len(at) > _LOOKED_AT:
        at = at[np.linspace(0, len(at) - 1, _LOOKED_AT).astype(np.int64)]
    return [int(rowid) for rowid in hits.rowids[at]]


def _pages(connection: sqlite3.Connection, rowids: Sequence[int], wanted: re.Pattern[str]) -> dict[int, PageFound]:
    told = {}
    for number, uuid, position, label, quality, text in connection.execute(_for(_PAGES, rowids), rowids):
        told[int(number)] = PageFound(uuid, position, label or "", quality, excerpt(text, wanted))
    return told


def _told(
    connection: sqlite3.Connection,
    columns: Columns,
    hits: Mapping[int, int],
    pages: Mapping[int, tuple[PageFound, ...]],
) -> tuple[VolumeFound, ...]:
    uuids = [columns.uuids[at] for at in hits]
    cursor = connection.execute(_for(_VOLUMES, uuids), uuids)
    names = [each[0] for each in cursor.description]
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in cursor}
    return tuple(
        VolumeFound(rows[uuid], count, int(columns.silent[at]), pages.get(at, ()))
        for (at, count), uuid in zip(hits.items(), uuids, strict=True)
        if uuid in rows
    )


def _for(sql: str, values: Sequence[object]) -> str:
    return sql.format(marks=", ".join("?" * len(values)))
