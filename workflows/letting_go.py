"""Keeping and letting go as the settings order it: who decides, for how long, and what is kept of what goes.

The rules themselves are those of repository.hold, repository.retention and repository.disposal.
"""

from __future__ import annotations

import datetime as dt
import os
import pwd
from collections.abc import Sequence
from pathlib import Path

from metadata.model import Provenance, VolumeId
from metadata.problem import Problem
from metadata.record import from_json
from repository.bag import INFO, parse_info
from repository.catalogue.bag_rows import VOLUME
from repository.disposal import Disposal, Disposals
from repository.ledger import read_ledger
from repository.persons import Person
from repository.retention import Retention, retention
from repository.store import Store
from repository.tombstone import FOLDER, Header, Tombstone
from workflows.agents import KDR
from workflows.founding import open_store
from workflows.settings import Home


def signed(name: str) -> Person:
    """The person of that name, at the account of the operating system that this process runs under."""
    try:
        return Person(name, pwd.getpwuid(os.getuid()).pw_name)
    except KeyError:
        return Person(name, str(os.getuid()))


def disposals(home: Home) -> Disposals:
    """The disposals of a repository."""
    store = open_store(home)
    return Disposals(store.journal, store.places)


def periods(home: Home, objects: Sequence[VolumeId], trigger: str = "") -> dict[VolumeId, Retention]:
    """How long each of `objects` must be kept, by its type and the settings; `trigger` is a later day to count from.

    Raises:
        Problem: S004, one is not kept; S020.
    """
    store = open_store(home)
    ledger = read_ledger(store.journal)
    found = {}
    for object_id in dict.fromkeys(objects):
        kept = ledger.of(object_id)
        if not kept:
            raise Problem("S004", object_id)
        kind = header(store, object_id, kept[-1].version).type
        found[object_id] = retention(home.settings.retention, kind, kept[-1].stored, trigger)
    return found


def execute(home: Home, disposal_id: str) -> Disposal:
    """Delete what was approved, in every place that is attached.

    Raises:
        Problem: as `Disposals.execute`; S006 what identifies an object cannot be read from any copy; S020 no place is
            attached.
    """
    known = disposals(home)
    store = open_store(home)
    items = [item for item in known.one(disposal_id).items if not item.begun]
    headers = {item.object_id: header(store, item.object_id, item.versions[-1]) for item in items}
    for item in items:  # a header that cannot be read now could never be read again
        if headers[item.object_id].type != item.type:
            raise Problem("S006", item.object_id, version=item.versions[-1], place="*")
    return known.execute(disposal_id, headers, home.settings.retention, KDR, today=today())


def tombstones(home: Home, disposal: Disposal) -> tuple[tuple[Path, Tombstone], ...]:
    """The tombstones that a disposal left, and where they lie.

    Raises:
        ValueError: one is not what was written.
    """
    found = []
    for path in sorted((home.journal / FOLDER).glob("*.json")):
        stone = from_json(Tombstone, path.read_bytes()) if _about(path, disposal) else None
        if stone is not None and stone.disposal == disposal.id:
            found.append((path.with_suffix(".xml"), stone))
    return tuple(found)


def _about(path: Path, disposal: Disposal) -> bool:
    return path.stem.startswith(tuple(item.object_id for item in disposal.items))


def today() -> dt.date:
    """This day in UTC, as the journal counts."""
    return dt.datetime.now(dt.UTC).date()


def header(store: Store, object_id: VolumeId, version: str) -> Header:
    """What identifies an object: from its provenance, of a stranger's bag what bag-info.txt says; no type then."""
    try:
        with store.open(object_id, version, VOLUME) as stream:
            told = from_json(Provenance, stream.read())
    except (OSError, ValueError):
        return _from_outside(store, object_id, version)
    about = told.volume.description
    identifiers = {("uuid", str(object_id)): None}
    identifiers |= {(str(each.kind), each.value): None for each in about.identifiers if each.valid}
    above = told.volume.title
    title = ": ".join(filter(None, (above.description.title if above else "", about.title, about.subtitle)))
    return Header(
        title=" ".join(filter(None, (title, about.part_number))),
        type=str(about.kind),
        creators=about.authors,
        identifiers=tuple(identifiers),
        publisher=about.publisher,
        place=about.place,
        date=about.year,
        institution=f"{about.institution.name} ({about.institution.sigla})",
        shelf_mark=about.shelf_mark,
        pages=len(told.volume.pages),
        batch=told.batch,
        created=told.created,
    )


def _from_outside(store: Store, object_id: VolumeId, version: str) -> Header:
    identifiers = (("uuid", str(object_id)),)
    try:
        with store.open(object_id, version, INFO) as stream:
            info = parse_info(stream.read())
    except (OSError, ValueError):
        return Header(identifiers=identifiers)
    return Header(
        title=info.get("External-Description", ""),
        identifiers=identifiers,
        institution=info.get("Source-Organization", ""),
        created=info.get("Bagging-Date", ""),
    )
