"""What the store holds: every object in a line, and who bears which URN:NBN."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ingest.delivery import PlannedVolume
from metadata.description import IdentifierKind
from metadata.model import Provenance, VolumeId, volume_id
from metadata.problem import Problem
from metadata.record import from_json
from repository.bag import INFO, PROVENANCE, parse_info
from repository.catalogue.database import opened, usable
from repository.store import Store


@dataclass(frozen=True, slots=True)
class Holding:
    """The newest version of one object: title as its bag says, bytes and files, number of copies that are there."""

    id: VolumeId
    title: str
    version: str
    copies: int
    bytes: int
    files: int
    stored: str


def holdings(store: Store) -> tuple[Holding, ...]:
    """Every object of the store, sorted by its identifier.

    Raises:
        Problem: S020, the primary place is not attached.
    """
    return tuple(_holding(store, object_id) for object_id in store.objects())


def identified(text: str) -> VolumeId:
    """Accept an object's identifier as a person types it.

    Raises:
        Problem: S004, it can be none.
    """
    try:
        return volume_id(text.strip().lower().removeprefix("uuid:"))
    except ValueError:
        raise Problem("S004", text) from None


def provenance(store: Store, object_id: VolumeId, version: str) -> Provenance | None:
    """What the primary copy of a version says of itself; None when it cannot be read or says nothing."""
    try:
        with store.open(object_id, version, f"data/{PROVENANCE}/volume.json") as stream:
            return from_json(Provenance, stream.read())
    except (OSError, ValueError):
        return None


def stored_number(store: Store, planned: PlannedVolume) -> str:
    """The URN:NBN that a volume bears in the repository; empty when it is not there or has none."""
    object_id = planned.volume.id
    try:
        kept = provenance(store, object_id, store.versions(object_id)[-1])
    except (Problem, OSError, LookupError):
        return ""
    return (kept and kept.volume.description.identifier(IdentifierKind.URNNBN)) or ""


def bearer(catalogue: Path, number: str, volume: VolumeId) -> str:
    """Which other volume than `volume` bears the URN:NBN `number`, as the catalogue knows; empty when none does."""
    if not (catalogue.is_file() and usable(catalogue)):
        return ""
    question = "select uuid from volume where urnnbn = ? and uuid <> ?"
    with closing(opened(catalogue)) as connection:
        row = connection.execute(question, (number, volume)).fetchone()
    return str(row[0]) if row else ""


def _holding(store: Store, object_id: VolumeId) -> Holding:
    held = store.show(object_id)[-1]
    copies = sum(copy.present is True for copy in held.copies)
    title = _title(store, object_id, held.version)
    return Holding(object_id, title, held.version, copies, held.bytes, held.files, held.stored)


def _title(store: Store, object_id: VolumeId, version: str) -> str:
    try:
        with store.open(object_id, version, INFO) as stream:
            return parse_info(stream.read()).get("External-Description", "")
    except (OSError, ValueError):
        return ""
