"""What facets are counted by: for every page that may be seen its volume and quality, for every volume its columns.

Held in memory (numpy) because joining tables of a million pages takes up to a second a facet, and this a millisecond:
four bytes a page and some 200 a volume. What one audience may not see is not in its columns, and so is neither found
nor counted. Kept for a few audiences; when volumes have changed they are read again while the old ones serve.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from repository.catalogue.lemmas import folded
from repository.catalogue.presentation import NAME
from repository.catalogue.remembered import Remembered
from repository.catalogue.rights.scoped import trusted

if TYPE_CHECKING:
    from datasette.app import Datasette

App = Callable[..., Any]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

BANDS = ("good", "fair", "weak", "none", "blank", "unreadable")
"""How well a page was read (page.quality), in the order of their numbers here."""

SILENT = ("none", "unreadable")
"""Pages on which there may be words that nobody can search."""

STRIDE = 8
"""A cell is volume * STRIDE + band."""

_NONE = -1
_VOLUMES = """
select rowid, uuid, called, year, type, institution, languages,
  case when title_above is null then null else title_id end, title_above from volume order by rowid
"""
# One row a group: a million rows one by one take four times as long, and keep every other reader waiting.
# The first goes along an index without a look at who may see the pages; the second, along another, says which are seen.
_OF_VOLUMES = "select volume, group_concat(rowid) from main.page group by volume"
_OF_BANDS = "select quality, group_concat(rowid) from page group by quality"
_INSTITUTIONS = "select sigla, name from institution"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of volumes with few values: `values` by number, and pairs of a volume and one of its values' numbers."""

    values: tuple[str, ...]
    volumes: Ints
    numbers: Ints

    def chosen(self, wanted: Iterable[str], count: int) -> npt.NDArray[np.bool_]:
        """Which of `count` volumes have one of the `wanted` values."""
        known = {value: number for number, value in enumerate(self.values)}
        numbers = [known[value] for value in wanted if value in known]
        told = np.zeros(count, dtype=bool)
        told[self.volumes[np.isin(self.numbers, numbers)]] = True
        return told

    def counted(self, hits: Longs) -> list[tuple[str, int]]:
        """The values with how many of the `hits` (a number for each volume) have them; most first."""
        sums = np.bincount(self.numbers, weights=hits[self.volumes], minlength=len(self.values)).astype(int)
        order = np.lexsort((np.arange(len(sums)), -sums))
        return [(self.values[number], int(sums[number])) for number in order if sums[number]]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What one audience may see.

    `cells[rowid - first]` says of a page its volume and band (`STRIDE`), or _NONE. All others go by the volume's
    number: its rowid and identifier, the numbers of its pages and of those without text, its year (0: none), its place
    in the order of names. `names` are what institutions and titles are called.
    """

    first: int
    cells: Ints
    rowids: Longs
    uuids: tuple[str, ...]
    pages: Ints
    silent: Ints
    years: Ints
    by_name: Ints
    facets: dict[str, Column]
    names: dict[str, str]

    def seen(self, rowids: Longs) -> tuple[Longs, Ints]:
        """Those of the pages `rowids` that may be seen, and their cells."""
        at = rowids - self.first
        inside = (at >= 0) & (at < len(self.cells))
        rowids, cells = rowids[inside], self.cells[at[inside]]
        visible = cells != _NONE
        return rowids[visible], cells[visible]

    def numbers(self, rowids: Longs) -> Longs:
        """The numbers of those of the volumes `rowids` that may be seen, in the same order."""
        if not len(self.rowids):
            return np.zeros(0, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.rowids, rowids), len(self.rowids) - 1)
        known: Longs = at[self.rowids[at] == rowids]
        return known

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        own = (self.cells, self.rowids, self.pages, self.silent, self.years, self.by_name)
        return sum(each.nbytes for each in own) + sum(
            column.volumes.nbytes + column.numbers.nbytes for column in self.facets.values()
        )


def read_columns(connection: sqlite3.Connection) -> Columns:
    """Read the columns of what `connection` shows; some half a second for a million pages.

    Raises:
        sqlite3.Error: it is to no catalogue.
    """
    volumes = connection.execute(_VOLUMES).fetchall()
    uuids = tuple(row[1] for row in volumes)
    first, cells = _cells(connection, uuids)
    known = cells[cells != _NONE]
    bands = np.bincount(known, minlength=len(uuids) * STRIDE).reshape(len(uuids), STRIDE)
    pages = bands.sum(axis=1).astype(np.int32)
    years = np.array([_year(row[3]) for row in volumes], dtype=np.int32)
    names = dict(connection.execute(_INSTITUTIONS).fetchall()) | {row[7]: row[8] for row in volumes if row[7]}
    decades = [[f"{year // 10 * 10}"] if year else [] for year in years.tolist()]
    return Columns(
        first,
        cells,
        np.array([row[0] for row in volumes], dtype=np.int64),
        uuids,
        pages,
        bands[:, [BANDS.index(band) for band in SILENT]].sum(axis=1).astype(np.int32),
        years,
        _places([folded(row[2]) for row in volumes]),
        {
            "institution": _column([_one(row[5]) for row in volumes]),
            "type": _column([_one(row[4]) for row in volumes]),
            "decade": _column(decades),
            "language": _column([_several(row[6]) for row in volumes]),
            "title": _column([_one(row[7]) for row in volumes]),
        },
        names,
    )


async def columns_of(datasette: Datasette) -> Columns:
    """The columns for whoever asks now; those of before while newer ones are being read.

    Raises:
        sqlite3.Error: the catalogue cannot be read.
    """
    return await _COLUMNS.of(datasette)


async def _read(datasette: Datasette) -> Columns:
    read: Columns = await datasette.get_database(NAME).execute_fn(read_columns)
    return read


_COLUMNS = Remembered(_read, late=True)


def door(datasette: Datasette, app: App) -> App:
    """Read the public's columns as soon as the server has started, beside the first answers."""
    begun: list[asyncio.Task[Columns]] = []

    async def answer(scope: dict[str, Any], receive: App, send: App) -> None:
        async def told(message: dict[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                begun.append(asyncio.create_task(columns_of(datasette)))

        await app(scope, receive, told if scope["type"] == "lifespan" else send)

    return answer


def _cells(connection: sqlite3.Connection, uuids: Sequence[str]) -> tuple[int, Ints]:
    """The first page's rowid, and from it on the cell of every page."""
    number = {uuid: at for at, uuid in enumerate(uuids)}
    with trusted(connection):
        told = connection.execute(_OF_VOLUMES).fetchall()
    listed = [(number[uuid], _listed(text)) for uuid, text in told if uuid in number]
    if not listed:
        return 0, np.zeros(0, dtype=np.int32)
    first = min(int(rowids.min()) for _, rowids in listed)
    volumes = np.full(max(int(rowids.max()) for _, rowids in listed) - first + 1, _NONE, dtype=np.int32)
    for at, rowids in listed:
        volumes[rowids - first] = at
    cells = np.full(len(volumes), _NONE, dtype=np.int32)
    for band, text in connection.execute(_OF_BANDS).fetchall():
        places = _listed(text) - first
        # A page that came in between the two questions is not known yet.
        places = places[(places >= 0) & (places < len(volumes))]
        places = places[volumes[places] != _NONE]
        cells[places] = volumes[places] * STRIDE + BANDS.index(band)
    return first, cells


def _listed(text: str) -> Longs:
    return np.fromstring(text, dtype=np.int64, sep=",")


def _column(told: Sequence[Sequence[str]]) -> Column:
    values = tuple(sorted({value for each in told for value in each}))
    known = {value: number for number, value in enumerate(values)}
    pairs = [(volume, known[value]) for volume, each in enumerate(told) for value in each]
    flat = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return Column(values, flat[:, 0].copy(), flat[:, 1].copy())


def _one(value: str | None) -> list[str]:
    return [value] if value else []


def _several(languages: str) -> list[str]:
    return sorted(set(map(str, json.loads(languages))))


def _year(text: str | None) -> int:
    """The year that a volume's year begins with ("1850", "1850-1855", "[1850]"); 0 where there is none."""
    digits = "".join(letter if letter in "0123456789" else " " for letter in text or "").split()
    return next((int(each) for each in digits if len(each) == 4), 0)


def _places(names: Sequence[str]) -> Ints:
    """The place of each in their alphabetical order."""
    order = sorted(range(len(names)), key=names.__getitem__)
    places = np.empty(len(names), dtype=np.int32)
    places[order] = np.arange(len(names), dtype=np.int32)
    return places
