"""The catalogue's file: opened for writing, filled in transactions, and put in place as a whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from zlib import crc32

_SCRIPT = files("repository.catalogue").joinpath("schema.sql").read_text(encoding="utf-8")
_ROWS = 3
"""Raise it when the same bag gives other rows though schema.sql stays as it was."""

SCHEMA = crc32(f"{_ROWS}\n{_SCRIPT}\n{version('simplemma')}".encode()) >> 1
"""Number of the schema in schema.sql; SQLite keeps 31 bits of it.

A file with another one, or with lemmas of another simplemma, is built anew.
"""

_WAIT = 60.0
Value = str | int | float | None
Row = dict[str, Value]


def opened(database: Path) -> sqlite3.Connection:
    """Open the catalogue `database` for writing (WAL); an empty or new file gets its tables.

    Raises:
        sqlite3.Error: it is no database, or cannot be written.
    """
    connection = sqlite3.connect(database, timeout=_WAIT, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma journal_size_limit = 67108864")
    connection.execute("pragma cache_size = -65536")
    if _schema(connection) == 0:
        connection.executescript(f"begin immediate; {_SCRIPT} pragma user_version = {SCHEMA}; commit;")
    return connection


def usable(database: Path) -> bool:
    """Whether `database` is a catalogue of today's schema, or nothing yet that stands in the way of one."""
    if not database.exists():
        return True
    try:
        with closing(sqlite3.connect(database, timeout=_WAIT)) as connection:
            return _schema(connection) in (0, SCHEMA)
    except sqlite3.DatabaseError:
        return False


def put_in_place(draft: Path, database: Path) -> None:
    """Make `database` what the finished catalogue `draft` is, in one step.

    Into a usable catalogue it is copied page by page in one transaction: whoever reads goes on with the old rows and
    then sees the new ones, without opening the file again. Renaming would leave readers with the old file, and the old
    write-ahead log beside the new one. Only what is no usable catalogue is replaced by renaming.

    Raises:
        OSError: the disk refuses.
        sqlite3.Error: likewise.
    """
    if database.exists() and usable(database):
        with closing(sqlite3.connect(draft)) as new, closing(opened(database)) as old:
            new.backup(old)
        return
    for leftover in (f"{database.name}-wal", f"{database.name}-shm"):
        database.with_name(leftover).unlink(missing_ok=True)
    draft.replace(database)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written within appears at once at its end, or not at all."""
    connection.execute("begin immediate")
    with _undone_on_failure(connection, "rollback"):
        yield
    connection.execute("commit")


@contextmanager
def attempt(connection: sqlite3.Connection) -> Iterator[None]:
    """A part of a transaction that is taken back alone when it fails."""
    connection.execute("savepoint attempt")
    with _undone_on_failure(connection, "rollback to attempt"):
        yield
    connection.execute("release attempt")


def put(connection: sqlite3.Connection, table: str, row: Mapping[str, Value]) -> int:
    """Write one row; its hidden rowid (of no meaning for tables without one)."""
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    # Names of tables and columns are those of our own code, never of what is catalogued.
    cursor = connection.execute(f"insert into {table} ({names}) values ({marks})", row)  # noqa: S608
    return cursor.lastrowid or 0


@contextmanager
def _undone_on_failure(connection: sqlite3.Connection, undo: str) -> Iterator[None]:
    done = False
    try:
        yield
        done = True
    finally:
        if not done and connection.in_transaction:
            connection.execute(undo)


def _schema(connection: sqlite3.Connection) -> int:
    """The number of the schema; 0 for a file without tables, -1 for a database of something else."""
    number = int(connection.execute("pragma user_version").fetchone()[0])
    tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    return number or -1 if tables else 0
