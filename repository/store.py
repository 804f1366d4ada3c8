"""Take packages, give them versions, and say what is kept where.

*Stored* means: the primary place has read every byte back and the journal says so. Each replica follows likewise. A
crash at any moment leaves either nothing or whole versions, and taking the same bag again finishes what is missing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from metadata.event import Agent
from metadata.file import flush
from metadata.finding import Finding, finding
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.bag import bag_info, identity, problems, walk
from repository.journal import Entry, Journal, Json
from repository.ledger import COPIED, LETTING_GO
from repository.pieces import opened, unreadable
from repository.place import FolderBag, HeldBag, Place, version_number
from repository.refusal import refusals
from repository.register import DigestRegister
from repository.verify import MANIFEST, TAG_MANIFEST, Known, Row, Verdict, verify_bag

Tell = Callable[[Finding], None]
"""Hears of what was noticed on the way."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a bag: its version, whether it is a new one, and the places that hold it verified now."""

    object_id: VolumeId
    version: str
    new: bool
    copies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of one version: journalled at `since` (ISO 8601, empty when it is not), and whether it is there now.

    `present` is nothing when the place is not attached: it could not be looked at.
    """

    place: str
    medium: str
    site: str
    since: str
    present: bool | None


@dataclass(frozen=True, slots=True)
class Held:
    """One version: payload and tag files as the journal counts them (0 and no date when it does not know them)."""

    version: str
    stored: str
    bytes: int
    files: int
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """Places (the first is the primary one, the others hold replicas) and the journal that speaks of them."""

    places: Sequence[Place]
    journal: Journal

    def __post_init__(self) -> None:
        if not self.places or len({place.name for place in self.places}) < len(self.places):
            raise ValueError("a store needs a place, and every place a name of its own")

    @property
    def primary(self) -> Place:
        """The place that holds every version."""
        return self.places[0]

    def take(self, bag: Path, object_id: VolumeId, agent: Agent) -> Stored:
        """Store the bag in the folder `bag` as the newest version of `object_id`, or find that it is stored.

        What an earlier run left undone (a journal entry, a replica) is done now. A replica that is not attached is
        passed over; `Stored.copies` says which places hold the version.

        Raises:
            Problem: V006 it is no valid bag of this object; S006 a stored copy of it is damaged; S001, S002, S003 a
                place or the journal refuses; S015, S016 the journal is not what it was; S020 the primary place or the
                journal is not attached.
        """
        self.journal.require()
        _refuse_wrong(bag, object_id)
        with self.journal.alone(object_id[:2]):
            self._refuse_disposed(object_id)
            copied = self._copied(object_id)
            version, new = self._version(bag, object_id, copied)
            copies = []
            for place in self._attached():
                self._keep(place, bag, object_id, version=version, copied=copied, agent=agent)
                copies.append(place.name)
        return Stored(object_id, version, new, tuple(copies))

    def objects(self) -> tuple[VolumeId, ...]:
        """Every object that the primary place holds, sorted; while it is away, those of all the others.

        Raises:
            Problem: S020 no place is attached.
        """
        if self.primary.attached():
            return tuple(self.primary.objects())
        return tuple(sorted({object_id for place in self._readable() for object_id in place.objects()}))

    def versions(self, object_id: VolumeId) -> tuple[str, ...]:
        """The versions of an object that any attached place holds, oldest first.

        Raises:
            Problem: S004 there is no such object; S020 no place is attached.
        """
        versions = {version for place in self._readable() for version in place.versions(object_id)}
        if not versions:
            raise Problem("S004", object_id)
        return tuple(sorted(versions, key=version_number))

    def open(self, object_id: VolumeId, version: str, path: str) -> BinaryIO:
        """One file of a version, from the first place that can give it; its digest is not looked at.

        Raises:
            OSError: no attached place can; FileNotFoundError when none has it.
            Problem: S020 no place is attached.
        """
        refused: OSError = FileNotFoundError(path)
        for place in self._readable():
            try:
                return place.open(object_id, version, path)
            except OSError as error:
                refused = error
        raise refused

    def show(self, object_id: VolumeId) -> tuple[Held, ...]:
        """What is held of an object, on disk and in the journal, oldest version first; no payload is read.

        Raises:
            Problem: S004 neither disk nor journal knows it.
        """
        entries = self._copied(object_id)
        present = {place.name: place.versions(object_id) for place in self.places if place.attached()}
        versions = {str(entry.facts["version"]) for entry in entries}.union(*present.values())
        if not versions:
            raise Problem("S004", object_id)
        return tuple(self._held(version, entries, present) for version in sorted(versions, key=version_number))

    def export(self, object_id: VolumeId, target: Path, version: str | None = None, tell: Tell | None = None) -> Path:
        """Copy a version (the newest when not given) to the new folder `target` and read it back there.

        It comes from the first place whose copy is good; `tell` hears of those that were passed over (S046).

        Raises:
            Problem: S004 no such object or version; S005 `target` is there; S006 every stored copy at hand is damaged;
                S003 the target cannot be written; S020 no place is attached.
        """
        versions, copied = self.versions(object_id), self._copied(object_id)
        known_ones = [held for held in versions if _registered(copied, held)]  # a stray folder is no newer version
        chosen = version or (known_ones or versions)[-1]
        if chosen not in versions:
            raise Problem("S004", f"{object_id} {chosen}")
        known = Known(_registered(copied, chosen))
        holding = [place for place in self._readable() if chosen in place.versions(object_id)]
        with refusals(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            raise Problem("S005", target)
        for place in holding:
            why = _copied_out(HeldBag(place, object_id, chosen), target, known)
            if not why:
                return target
            if tell is not None and len(holding) > 1:
                tell(finding("S046", object_id, version=chosen, place=place.name, why=why))
        raise Problem("S006", object_id, version=chosen, place=", ".join(place.name for place in holding))

    def check_journal(self) -> list[Row]:
        """Every fault of the journal, against what the attached places remember; nothing when it is whole."""
        return self.journal.check(self.attached())

    @property
    def register(self) -> DigestRegister:
        """The register of digests beside the journal."""
        return DigestRegister(self.journal.root)

    def attached(self) -> tuple[Place, ...]:
        """The places that can be used now: they witness what the journal says."""
        return tuple(place for place in self.places if place.attached())

    def _attached(self) -> list[Place]:
        """The places that can be used; an absent primary one is asked all the same, to say S020."""
        return [place for place in self.places if place is self.primary or place.attached()]

    def _readable(self) -> Sequence[Place]:
        """The attached places; when there is none, the primary one says S020."""
        return self.attached() or (self.primary,)

    def _refuse_disposed(self, object_id: VolumeId) -> None:
        """What was lawfully let go does not come back by itself, say by resuming an old batch."""
        for entry in self.journal.entries(object_id, (LETTING_GO,)):
            raise Problem("S007", object_id, disposal=str(entry.facts.get("disposal", "-")), when=entry.time)

    def _copied(self, object_id: VolumeId) -> list[Entry]:
        """What the journal says of the copies of an object."""
        return list(self.journal.entries(object_id, COPIED))

    def _version(self, bag: Path, object_id: VolumeId, copied: list[Entry]) -> tuple[str, bool]:
        """The version that `bag` is or becomes, and whether it is new."""
        held = self.primary.versions(object_id)
        if held and identity(bag) in (_identity(self.primary, object_id, held[-1]), _registered(copied, held[-1])):
            return held[-1], False
        everywhere = {version for place in self._attached() for version in place.versions(object_id)}
        spoken = {str(entry.facts["version"]) for entry in copied}
        return f"v{max(map(version_number, everywhere | spoken), default=0) + 1:04d}", True

    def _keep(
        self, place: Place, bag: Path, object_id: VolumeId, *, version: str, copied: list[Entry], agent: Agent
    ) -> None:
        """See that `place` holds the version, intact, and that the journal says so."""
        if version in place.versions(object_id):
            place.tidy()  # a run that died after the renaming left its empty staging
            same = _identity(place, object_id, version) == identity(bag)
            if not same or place.faults(object_id, version):
                raise Problem("S006", object_id, version=version, place=place.name)
        else:
            place.receive(FolderBag(bag), object_id, version)
        with refusals(self.journal.root):
            self.register.keep(FolderBag(bag), object_id, version)
        if not any((entry.facts["version"], entry.facts["place"]) == (version, place.name) for entry in copied):
            kind = "stored" if place is self.primary else "replicated"
            self.journal.append(kind, object_id, _facts(bag, version, place.name), agent, self._attached())

    def _held(self, version: str, entries: list[Entry], present: dict[str, tuple[str, ...]]) -> Held:
        mine = {str(entry.facts["place"]): entry for entry in entries if entry.facts["version"] == version}
        first = next(iter(mine.values()), None)
        copies = tuple(
            Copy(
                place.name,
                place.medium,
                place.site,
                mine[place.name].time if place.name in mine else "",
                version in present[place.name] if place.name in present else None,
            )
            for place in self.places
        )
        size, files = (first.facts["bytes"], first.facts["files"]) if first else (0, 0)
        return Held(version, first.time if first else "", int(str(size)), int(str(files)), copies)


def _refuse_wrong(bag: Path, object_id: VolumeId) -> None:
    """Refuse (V006) what is no valid bag of this object. Payload digests are compared when it is copied."""
    wrong = problems(bag, contents=False)
    if wrong:
        raise Problem("V006", object_id, why="; ".join(wrong[:5]))
    try:
        named = bag_info(bag).get("External-Identifier", "")
        identity(bag)
    except (OSError, ValueError) as error:
        raise Problem("V006", object_id, why=str(error)) from error
    if named.removeprefix("urn:").removeprefix("uuid:") != object_id:
        raise Problem("V006", object_id, why=f"External-Identifier: {named or '-'}")


def _copied_out(bag: HeldBag, target: Path, known: Known) -> str:
    """Copy a bag to the new folder `target` and read it back; why it is not good, and then nothing is left of it.

    Raises:
        Problem: S003 the target cannot be written.
    """
    try:
        with refusals(target):
            _copy_files(bag, target)
            wrong = [row for row in verify_bag(target, known) if row.verdict is not Verdict.INTACT]
    except Problem as problem:
        shutil.rmtree(target, ignore_errors=True)
        if problem.finding.code not in ("S013", "S020"):
            raise
        return problem.finding.subject
    if wrong:
        shutil.rmtree(target, ignore_errors=True)
        return f"{wrong[0].code} {Path(wrong[0].path).relative_to(target)}"
    return ""


def _copy_files(bag: HeldBag, target: Path) -> None:
    """Every file of a bag into the new folder `target`, flushed to disk. What cannot be read is Problem S013."""
    target.mkdir()
    with unreadable(bag):
        sizes = bag.sizes()
    for path in sizes:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        with opened(bag, path) as stream, (target / path).open("xb") as out:
            shutil.copyfileobj(stream, out, _CHUNK)
            out.flush()
            os.fsync(out.fileno())
    for top, _, _ in os.walk(target, topdown=False):
        flush(Path(top))


def _identity(place: Place, object_id: VolumeId, version: str) -> dict[str, str]:
    """SHA-512 of the manifests of a stored version; empty where one cannot be read."""
    digests = {}
    for name in (MANIFEST, TAG_MANIFEST):
        try:
            with place.open(object_id, version, name) as stream:
                digests[name] = hashlib.sha512(stream.read()).hexdigest()
        except OSError:
            digests[name] = ""
    return digests


def _registered(entries: list[Entry], version: str) -> dict[str, str]:
    """SHA-512 of the manifests of a version as the journal has them; nothing when it does not know the version."""
    for entry in entries:
        if entry.facts.get("manifest") and entry.facts.get("version") == version:
            return {MANIFEST: str(entry.facts["manifest"]), TAG_MANIFEST: str(entry.facts["tagmanifest"])}
    return {}


def _facts(bag: Path, version: str, place: str) -> dict[str, Json]:
    """The digest register: what the journal keeps of a copy, apart from the objects."""
    sizes = [(bag / path).stat().st_size for path, _ in walk(bag)]
    digests = identity(bag)
    return {
        "version": version,
        "place": place,
        "files": len(sizes),
        "bytes": sum(sizes),
        "manifest": digests[MANIFEST],
        "tagmanifest": digests[TAG_MANIFEST],
    }
