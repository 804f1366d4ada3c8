"""What the journal says of every version and copy: kept where, since when, and when and how it was last read through.

The ledger is read from the journal each time it is asked for, and is never written: the journal is the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from metadata.model import VolumeId, volume_id
from repository.journal import Entry, Journal
from repository.place import version_number
from repository.verify import MANIFEST, TAG_MANIFEST, Known, Verdict

COPIED = ("stored", "replicated", "repaired")
"""Kinds of entries written after a copy was read back whole from where it lies."""
CHECKED = "checked"
"""Kind of the entry written after a copy was read through by an audit: one a copy."""
LETTING_GO = "disposal begun"
"""Kind of the entry written before the first copy of an object is lawfully deleted: from here on none is expected."""
DISPOSED = "disposed"
"""Kind of the entry written after copies of an object were lawfully let go (repository.disposal)."""
KINDS = (*COPIED, CHECKED, LETTING_GO, DISPOSED)


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of one version in one place, as the journal has it.

    `since`: when it was first read back there; `read`: when all of it was last read, or was tried to be; `intact`: when
    it was last read and found whole (ISO 8601); `verdict`: what the last reading found; `run`: the audit that read it,
    empty when it was read back on being stored or repaired.
    """

    object_id: VolumeId
    version: str
    place: str
    since: str
    read: str
    intact: str
    verdict: Verdict = Verdict.INTACT
    run: str = ""


@dataclass(slots=True)
class Kept:
    """One version: when first stored, its bytes and files (tag files too), its manifests' digests, its copies."""

    object_id: VolumeId
    version: str
    stored: str
    bytes: int
    files: int
    manifests: dict[str, str]
    replicas: dict[str, Replica] = field(default_factory=dict)

    @property
    def known(self) -> Known:
        """The same for the verifier."""
        return Known(dict(self.manifests), set(self.replicas))


@dataclass(slots=True)
class Ledger:
    """Every version the journal knows and that was not disposed of, by object and version."""

    versions: dict[tuple[VolumeId, str], Kept] = field(default_factory=dict)
    disposed: dict[VolumeId, str] = field(default_factory=dict)
    """Objects that were let go, and when."""

    def of(self, object_id: VolumeId) -> tuple[Kept, ...]:
        """The versions of one object, oldest first."""
        found = [kept for (owner, _), kept in self.versions.items() if owner == object_id]
        return tuple(sorted(found, key=_number))

    def newest(self) -> tuple[Kept, ...]:
        """The newest version of every object, by identifier."""
        return tuple(versions[-1] for _, versions in sorted(self.objects().items()))

    def objects(self) -> dict[VolumeId, list[Kept]]:
        """Every object with its versions, oldest first."""
        found: dict[VolumeId, list[Kept]] = {}
        for kept in sorted(self.versions.values(), key=_number):
            found.setdefault(kept.object_id, []).append(kept)
        return found

    @property
    def bytes(self) -> int:
        """What every version takes together, once: one whole copy of the repository."""
        return sum(kept.bytes for kept in self.versions.values())

    def replicas(self) -> Iterator[Replica]:
        """Every copy."""
        return (replica for kept in self.versions.values() for replica in kept.replicas.values())


def read_ledger(journal: Journal) -> Ledger:
    """What the sound lines of the journal say now.

    Raises:
        OSError: it cannot be read.
    """
    return ledger_of(journal.entries(kinds=KINDS))


def ledger_of(entries: Iterable[Entry]) -> Ledger:
    """What `entries`, in their order, say."""
    ledger = Ledger()
    for entry in entries:
        try:
            object_id = volume_id(entry.subject)
        except ValueError:
            continue
        if entry.kind in COPIED:
            _copied(ledger, object_id, entry)
        elif entry.kind == CHECKED:
            _checked(ledger, object_id, entry)
        elif entry.kind in (LETTING_GO, DISPOSED):
            _let_go(ledger, object_id, entry)
    return ledger


def _number(kept: Kept) -> int:
    return version_number(kept.version)


def _let_go(ledger: Ledger, object_id: VolumeId, entry: Entry) -> None:
    """Forget the versions that the entry names (all when it names none); what was stored anew since then stays."""
    named = entry.facts.get("versions")
    gone = {str(version) for version in named} if isinstance(named, list | tuple) else None
    mine = [key for key in ledger.versions if key[0] == object_id]
    for key in mine:
        if gone is None or key[1] in gone:
            del ledger.versions[key]
    if not any(key in ledger.versions for key in mine):
        ledger.disposed[object_id] = entry.time


def _copied(ledger: Ledger, object_id: VolumeId, entry: Entry) -> None:
    ledger.disposed.pop(object_id, None)
    version, place = str(entry.facts.get("version", "")), str(entry.facts.get("place", ""))
    kept = ledger.versions.get((object_id, version))
    if kept is None:
        manifests = {
            MANIFEST: str(entry.facts.get("manifest", "")),
            TAG_MANIFEST: str(entry.facts.get("tagmanifest", "")),
        }
        size, files = int(str(entry.facts.get("bytes", 0))), int(str(entry.facts.get("files", 0)))
        kept = Kept(object_id, version, entry.time, size, files, manifests)
        ledger.versions[object_id, version] = kept
    earlier = kept.replicas.get(place)
    since = earlier.since if earlier is not None else entry.time
    kept.replicas[place] = Replica(object_id, version, place, since, entry.time, entry.time)


def _checked(ledger: Ledger, object_id: VolumeId, entry: Entry) -> None:
    facts = entry.facts
    kept = ledger.versions.get((object_id, str(facts.get("version", ""))))
    place = str(facts.get("place", ""))
    if kept is None or place not in kept.replicas:
        return
    verdict, before = Verdict(str(facts.get("verdict", Verdict.UNKNOWN))), kept.replicas[place]
    intact = entry.time if verdict is Verdict.INTACT else before.intact
    kept.replicas[place] = Replica(
        object_id, kept.version, place, before.since, entry.time, intact, verdict, str(facts.get("run", ""))
    )
