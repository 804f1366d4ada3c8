"""Batches in work and the room in places, as rows: written only where they changed, so that one may look every second.

What the rows say is read from batch folders and journal by `workflows.batch_rows`; this module knows only the tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from repository.catalogue.database import Row, Value, put, transaction

_OF_BATCH = ("batch_finding", "batch_step", "batch_page", "batch_volume", "batch")
_OF_ROOM = ("capacity", "capacity_share", "capacity_rate")
_KEYS = {
    "batch": ("batch",),
    "batch_volume": ("batch", "volume"),
    "batch_page": ("batch", "volume", "position"),
    "batch_step": ("batch", "volume", "step"),
    "batch_finding": ("batch", "volume", "number"),
    "capacity": ("name",),
    "capacity_share": ("institution",),
    "capacity_rate": ("days",),
}


@dataclass(frozen=True, slots=True)
class BatchRows:
    """One batch: its own row, and those of its volumes, pages, steps and findings (columns as in schema.sql)."""

    batch: Row
    volumes: Sequence[Row] = field(default=())
    pages: Sequence[Row] = field(default=())
    steps: Sequence[Row] = field(default=())
    findings: Sequence[Row] = field(default=())


@dataclass(frozen=True, slots=True)
class RoomRows:
    """What is used and free by place, by institution, and how fast it grows."""

    rooms: Sequence[Row]
    shares: Sequence[Row]
    rates: Sequence[Row]


def marks(connection: sqlite3.Connection) -> dict[str, str]:
    """The batches in the catalogue, each with the mark of its folder when its rows were written."""
    return dict(connection.execute("select batch, mark from batch").fetchall())


def write_batch(connection: sqlite3.Connection, rows: BatchRows) -> int:
    """Make the catalogue say of one batch what `rows` say; how many rows changed.

    Raises:
        sqlite3.Error: the database cannot be written.
    """
    name = rows.batch["batch"]
    told: Mapping[str, Sequence[Row]] = {
        "batch": [rows.batch],
        "batch_volume": rows.volumes,
        "batch_page": rows.pages,
        "batch_step": rows.steps,
        "batch_finding": rows.findings,
    }
    with transaction(connection):
        return sum(_settle(connection, table, own, "where batch = ?", (name,)) for table, own in told.items())


def forget_batches(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Take out batches whose folders are gone."""
    with transaction(connection):
        for name in names:
            for table in _OF_BATCH:
                connection.execute(f"delete from {table} where batch = ?", (name,))  # noqa: S608 - our own names


def write_room(connection: sqlite3.Connection, rows: RoomRows) -> int:
    """Make the catalogue say of capacity what `rows` say; how many rows changed.

    Raises:
        sqlite3.Error: the database cannot be written.
    """
    with transaction(connection):
        told = zip(_OF_ROOM, (rows.rooms, rows.shares, rows.rates), strict=True)
        return sum(_settle(connection, table, own, "", ()) for table, own in told)


def _settle(
    connection: sqlite3.Connection, table: str, rows: Sequence[Row], where: str, values: tuple[Value, ...]
) -> int:
    """Write what is other in `table` than in `rows`, and take out what is not in them; how many rows that were."""
    keys = _KEYS[table]
    cursor = connection.execute(f"select * from {table} {where}", values)  # noqa: S608 - our own names
    names = [column[0] for column in cursor.description]
    before = {tuple(row[names.index(key)] for key in keys): row for row in cursor}
    after = {tuple(row[key] for key in keys): row for row in rows}
    gone = [key for key in before if key not in after]
    other = [key for key, row in after.items() if before.get(key) != tuple(row.get(name) for name in names)]
    one = " and ".join(f"{key} = ?" for key in keys)
    # Of a row that changed the old one goes first.
    leaving = [*gone, *(key for key in other if key in before)]
    connection.executemany(f"delete from {table} where {one}", leaving)  # noqa: S608 - our own names
    for key in other:
        put(connection, table, after[key])
    return len(gone) + len(other)
