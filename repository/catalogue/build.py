"""Build the catalogue from the bags of a place and the journal, and from nothing else.

One volume at a time, one transaction a volume. What is in the catalogue already with the same tag manifest is left as
it is; the same bags and journal always give the same rows.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from metadata.model import VolumeId
from repository.canary import CANARY
from repository.catalogue.bag_rows import describe, stand_in
from repository.catalogue.database import Row, attempt, opened, put, put_in_place, transaction, usable
from repository.catalogue.journal_rows import read_journal, settle_copies
from repository.catalogue.page_texts import Readers
from repository.catalogue.safety_rows import Promises, settle_safety
from repository.catalogue.stored_version import StoredVersion
from repository.journal import Journal
from repository.place import Place

Progress = Callable[[VolumeId, int], None]

_DESCRIBED, _LISTED, _UNREADABLE = "described", "listed", "unreadable"
_OF_VOLUME = ("file", "event", "finding", "name", "division", "title_in_package", "volume_words", "page")
_KNOWN = "select version, tagmanifest, state from version where object = ?"
_UNREAD = "select exists (select 1 from page where volume = ? and quality = 'unreadable')"
# `created` is when the package was made: its newest description counts.
_INSTITUTION = """
insert into institution select institution, owner from volume
where institution = :key order by created desc, uuid desc limit 1
"""
_TITLE = """
insert into title select title_id, kind, title, subtitle, authors, year, publisher, place, issn, ccnb from (
  select 1 as above, title_id, kind, title, subtitle, authors, year, publisher, place, issn, ccnb,
    created, volume from title_in_package where title_id = :key
  union all
  select 0, title_id, 'single', title, subtitle, authors, year, publisher, place, issn, ccnb,
    '', uuid from volume where title_id = :key and title_above is null
) order by above desc, created desc, volume limit 1
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What the catalogue holds now (`volumes`, `pages`, `entries` of the journal) and what this run did.

    `described` volumes were read, `kept` were known already, `removed` are no longer in the place, `unreadable` are
    listed without their pages because their bag could not be understood (they are tried again next time).
    """

    volumes: int
    pages: int
    entries: int
    described: int
    kept: int
    removed: int
    unreadable: int


def build(
    database: Path,
    place: Place,
    journal: Journal,
    promises: Promises | None = None,
    *,
    anew: bool = False,
    on_progress: Progress | None = None,
) -> Built:
    """Make `database` say what `place` and `journal` say. `on_progress` hears of every volume read, and its pages.

    What is kept is measured by `promises` (the usual ones when none are given).

    With `anew`, or when `database` is no catalogue of today's schema, all of it is built beside and then put in its
    place in one step; until then readers see the old one.

    Raises:
        Problem: S020, place or journal is not attached.
        OSError: the journal cannot be read, or the disk refuses.
        sqlite3.Error: the database cannot be written.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    told = promises or Promises()
    if not anew and usable(database):
        return _filled(database, place, journal, told, on_progress)
    with tempfile.TemporaryDirectory(prefix=".catalogue-", dir=database.parent) as folder:
        draft = Path(folder) / database.name
        built = _filled(draft, place, journal, told, on_progress)
        with closing(opened(draft)) as connection:
            _changed(connection, closed=True)
        put_in_place(draft, database)
    return built


def refresh(database: Path, journal: Journal, promises: Promises) -> int:
    """Bring what the journal says up to date in a catalogue that was built; no bag is read. The number of entries.

    Raises:
        Problem: S020, the journal is not attached.
        OSError: it cannot be read.
        sqlite3.Error: the database cannot be written.
    """
    journal.require()
    with closing(opened(database)) as connection, transaction(connection):
        entries = read_journal(connection, journal)
        settle_copies(connection)
        built = connection.execute("select built from promise").fetchone()
        settle_safety(connection, journal, promises, built=int(built[0]) if built else 0)
    return entries


def _filled(database: Path, place: Place, journal: Journal, promises: Promises, on_progress: Progress | None) -> Built:
    journal.require()
    with closing(opened(database)) as connection, Readers() as read:
        with transaction(connection):
            entries = read_journal(connection, journal)
        known = {row[0] for row in connection.execute("select uuid from volume")}
        held, described, unreadable = set(), 0, 0
        for source in _newest(place):
            held.add(source.object_id)
            pages = _refreshed(connection, source, read)
            if pages is None:
                continue
            described += 1
            unreadable += pages < 0
            if on_progress is not None:
                on_progress(source.object_id, max(pages, 0))
        for gone in sorted(known - held):
            with transaction(connection):
                _remove(connection, gone)
                _changed(connection, closed=True)
        with transaction(connection):
            settle_copies(connection)
            settle_safety(connection, journal, promises, built=entries)
        connection.execute("pragma optimize")
        volumes, pages = connection.execute("select count(*), coalesce(sum(pages), 0) from volume").fetchone()
    return Built(volumes, pages, entries, described, volumes - described, len(known - held), unreadable)


def _newest(place: Place) -> Iterator[StoredVersion]:
    for object_id in place.objects():
        if object_id == CANARY:  # practised on, and not to be read
            continue
        yield StoredVersion(place, object_id, place.versions(object_id)[-1])


def _refreshed(connection: sqlite3.Connection, newest: StoredVersion, read: Readers) -> int | None:
    """Describe an object if it is not known as it is: its pages, -1 if it cannot be read, nothing if it was known."""
    versions = newest.place.versions(newest.object_id)
    prints = {version: StoredVersion(newest.place, newest.object_id, version).fingerprint() for version in versions}
    known = {version: (mark, state) for version, mark, state in connection.execute(_KNOWN, (newest.object_id,))}
    states = dict.fromkeys(versions, _LISTED) | {newest.version: _DESCRIBED}
    whole = not connection.execute(_UNREAD, (newest.object_id,)).fetchone()[0]
    if whole and known == {version: (mark, states[version]) for version, mark in prints.items()}:
        return None
    with transaction(connection):
        touched = _remove(connection, newest.object_id)
        pages, problem = _described(connection, newest, read)
        for version, mark in prints.items():
            current = version == newest.version
            row: Row = {"object": newest.object_id, "version": version, "tagmanifest": mark, "newest": current}
            row["state"] = _UNREADABLE if current and problem else states[version]
            row["problem"] = problem if current else None
            put(connection, "version", row)
        number = {"versions": len(versions), "uuid": newest.object_id}
        connection.execute("update volume set versions = :versions where uuid = :uuid", number)
        _settle(connection, touched | _belongs(connection, newest.object_id))
        _changed(connection, closed=bool(known))
    return pages


def _described(connection: sqlite3.Connection, source: StoredVersion, read: Readers) -> tuple[int, str | None]:
    """Write the volume, or a stand-in for it and why (in words without the place's path, so that a copy says alike)."""
    try:
        with attempt(connection):
            return describe(connection, source, read), None
    except OSError as error:
        why = error.strerror or type(error).__name__
    except (ValueError, OverflowError, sqlite3.IntegrityError) as error:
        why = str(error)
    stand_in(connection, source)
    return -1, why[:400]


def _remove(connection: sqlite3.Connection, object_id: str) -> set[tuple[str, str]]:
    """Take every row of an object out; what it belonged to."""
    belonged = _belongs(connection, object_id)
    connection.execute("delete from page_text where page in (select uuid from page where volume = ?)", (object_id,))
    for table in _OF_VOLUME:
        connection.execute(f"delete from {table} where volume = ?", (object_id,))  # noqa: S608 - our own names
    connection.execute("delete from version where object = ?", (object_id,))
    connection.execute("delete from volume where uuid = ?", (object_id,))
    _settle(connection, belonged)
    return belonged


def _changed(connection: sqlite3.Connection, *, closed: bool) -> None:
    """Say that rows of volumes changed, and with `closed` that some which were there did; later than any before it."""
    connection.execute("update generation set number = max(number + 1, ?)", (time.time_ns(),))
    if closed:
        connection.execute("update generation set closed = number")


def _belongs(connection: sqlite3.Connection, object_id: str) -> set[tuple[str, str]]:
    row = connection.execute("select institution, title_id from volume where uuid = ?", (object_id,)).fetchone()
    return {(kind, key) for kind, key in zip(("institution", "title"), row or (), strict=False) if key is not None}


def _settle(connection: sqlite3.Connection, touched: set[tuple[str, str]]) -> None:
    """Write institutions and titles as their volumes have them now; those without volumes go."""
    for kind, key in sorted(touched):
        key_column, statement = ("sigla", _INSTITUTION) if kind == "institution" else ("id", _TITLE)
        connection.execute(f"delete from {kind} where {key_column} = ?", (key,))  # noqa: S608 - our own names
        connection.execute(statement, {"key": key})
