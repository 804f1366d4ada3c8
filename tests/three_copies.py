"""A store of three places, what is done to its copies, and what an auditor with the stand-alone verifier says of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from metadata.model import VolumeId
from repository.directory_place import DirectoryPlace
from repository.fixity import check
from repository.incident import Incident, open_incident
from repository.journal import Journal
from repository.ledger import Kept, read_ledger
from repository.place import Place, Source
from repository.register import DigestRegister
from repository.store import Store
from repository.verify import Known, Progress, Row, Verdict, verify_places
from tests.bags import AGENT, BOOK

NAMES = ("hlavni", "druha", "treti")


def three(root: Path) -> Store:
    """The store of three places below `root`, made when it is not there."""
    places = tuple(DirectoryPlace(name, root / name, site=name) for name in NAMES)
    journal = Journal(root / "journal")
    if not journal.attached():
        for place in places:
            place.create()
        journal.create()
    return Store(places, journal)


def only(store: Store, *names: str) -> Store:
    """The same store with some of its places."""
    return Store(tuple(place for place in store.places if place.name in names), store.journal)


def version(root: Path, place: str, number: int = 1, object_id: VolumeId = BOOK) -> Path:
    """The folder of a version in a place."""
    return root / place / object_id[:2] / object_id[2:4] / object_id / f"v{number:04d}"


def spoil(path: Path, content: bytes = b"damaged") -> Path:
    """Put other bytes where `path` is; a file that shares its bytes with another version leaves that one alone."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return path


def wrong(root: Path, *names: str) -> list[Verdict]:
    """What the stand-alone verifier finds wrong in the places (all when not given) and the journal."""
    places = [root / name for name in names or NAMES]
    return [row.verdict for row in verify_places(places, root / "journal") if row.verdict is not Verdict.INTACT]


def kinds(store: Store) -> list[str]:
    """What the journal tells, in order, without the readings."""
    return [entry.kind for entry in store.journal.entries() if entry.kind != "checked"]


def kept(store: Store, number: int = 1) -> Kept:
    """What the journal says of a version of BOOK."""
    return read_ledger(store.journal).versions[BOOK, f"v{number:04d}"]


def incident(store: Store, place: str, number: int = 1) -> Incident:
    """What an audit does that finds the copy of BOOK in `place` damaged."""
    where = next(each for each in store.places if each.name == place)
    found = check(where, kept(store, number), DigestRegister(store.journal.root))
    return open_incident(store.journal, found, "A-1", AGENT, store.attached())


@dataclass(slots=True)
class Failing:
    """A place whose files cannot be read any more after `good` of them were; while `sound`, an audit sees nothing."""

    place: DirectoryPlace
    good: int = 0
    opened: list[str] = field(default_factory=list)
    sound: bool = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.place, name)

    def faults(
        self, object_id: VolumeId, version: str, known: Known | None = None, on_read: Progress | None = None
    ) -> list[Row]:
        found = self.place.faults(object_id, version, known, on_read)
        if self.sound:
            return found
        page = str(self.place.folder(object_id, version) / "data/mets.xml")
        return [*found, Row(Verdict.UNREADABLE, page, {"why": "Input/output error", "object": object_id})]

    def open(self, object_id: VolumeId, version: str, path: str) -> BinaryIO:
        self.opened.append(path)
        if len(self.opened) > self.good:
            raise OSError(5, "Input/output error", path)
        return self.place.open(object_id, version, path)


@dataclass(slots=True)
class Emptying:
    """A place that cannot rename, like a bucket: it empties a version before it writes the new one."""

    place: DirectoryPlace

    def __getattr__(self, name: str) -> object:
        return getattr(self.place, name)

    def replace(self, bag: Source, object_id: VolumeId, version: str, incident: str) -> str:
        aside = self.place.root / ".quarantine" / incident / object_id / version
        if version in self.place.versions(object_id):
            shutil.copytree(self.place.folder(object_id, version), aside)
            self.place.let_go(object_id, version)
        self.place.receive(bag, object_id, version)
        return str(aside)


def with_bucket(store: Store, name: str) -> Store:
    """The same store, where one place is like a bucket."""
    places = [
        cast(Place, Emptying(place)) if isinstance(place, DirectoryPlace) and place.name == name else place
        for place in store.places
    ]
    return Store(tuple(places), store.journal)


def with_failing(store: Store, name: str, good: int = 0) -> Store:
    """The same store, where the disk of one place fails when it is read."""
    places: list[Place] = []
    for place in store.places:
        fails = place.name == name and isinstance(place, DirectoryPlace)
        places.append(cast(Place, Failing(cast(DirectoryPlace, place), good)) if fails else place)
    return Store(tuple(places), store.journal)
