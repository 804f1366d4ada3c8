"""The register of offline media: which bundles lie where, and when each was last read back. Read from the journal.

Entries: "bundled" when a bundle was written and read back, "bundle moved", "bundle read" (per part). A version on a
medium that was found whole at its last reading counts as a copy for the policy (`repository.policy.safety`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from metadata.model import VolumeId, volume_id
from metadata.record import from_plain
from repository.journal import Entry, Journal, Json
from repository.policy import ShelvedCopy, Standing
from repository.verify import Verdict

BUNDLED, MOVED, READ = "bundled", "bundle moved", "bundle read"
KINDS = (BUNDLED, MOVED, READ)


class Kind(StrEnum):
    """What an offline medium is."""

    LTO = "lto"
    DISK = "disk"

    @property
    def medium(self) -> str:
        """As the policy counts media."""
        return "tape" if self is Kind.LTO else "disk"


@dataclass(slots=True)
class Part:
    """One part: its file, bytes, SHA-512 of all of it and of its index; when it was last read, and what was found.

    `broken`: the versions ("<uuid> v0001") of which a file was damaged or could not be reached.
    """

    number: int
    file: str
    size: int
    sha512: str
    index: str
    read: str = ""
    intact: str = ""
    verdict: Verdict = Verdict.INTACT
    broken: tuple[str, ...] = ()

    def holds(self, object_id: str, version: str) -> bool:
        """Whether its last reading found what it holds of a version whole.

        Damage that is no single file's (a part cut short before its index, an altered index) is every version's.
        """
        return self.verdict is Verdict.INTACT or (bool(self.broken) and f"{object_id} {version}" not in self.broken)


@dataclass(frozen=True, slots=True)
class Shelved:
    """One version in a bundle, and the parts that hold its files."""

    object: VolumeId
    version: str
    parts: tuple[int, ...]


@dataclass(slots=True)
class Bundle:
    """One bundle: the medium's label, where it is kept, what it is, since when; its parts and versions."""

    id: str
    label: str
    location: str
    kind: Kind
    since: str
    parts: dict[int, Part] = field(default_factory=dict)
    versions: tuple[Shelved, ...] = ()
    moved: str = ""

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts.values())

    @property
    def read(self) -> str:
        """When all of it had last been read: the longest unread part decides (ISO 8601)."""
        return min(part.read for part in self.parts.values())

    @property
    def verdict(self) -> Verdict:
        """What the last reading found: the first part that was not intact decides."""
        found = [part.verdict for part in self.parts.values() if part.verdict is not Verdict.INTACT]
        return found[0] if found else Verdict.INTACT

    def age(self, when: str) -> int:
        """Whole days since all of it had last been read, at `when` (ISO 8601)."""
        return (dt.datetime.fromisoformat(when) - dt.datetime.fromisoformat(self.read)).days


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every bundle that the journal knows, by its identifier, oldest first."""

    bundles: Mapping[str, Bundle]

    def labelled(self, label: str) -> tuple[Bundle, ...]:
        """The bundles on the medium `label`."""
        return tuple(bundle for bundle in self.bundles.values() if bundle.label == label)

    def overdue(self, when: str, days: int) -> tuple[Bundle, ...]:
        """The bundles that at `when` (ISO 8601) had not wholly been read for more than `days`; longest unread first."""
        late = [bundle for bundle in self.bundles.values() if bundle.age(when) > days]
        return tuple(sorted(late, key=lambda bundle: (bundle.read, bundle.id)))

    def copies(self) -> dict[tuple[VolumeId, str], tuple[ShelvedCopy, ...]]:
        """The verified copies on the shelf, of every version."""
        found: dict[tuple[VolumeId, str], list[ShelvedCopy]] = {}
        for bundle in self.bundles.values():
            standing = Standing(bundle.kind.medium, bundle.location)
            for version in bundle.versions:
                parts = [bundle.parts[number] for number in version.parts if number in bundle.parts]
                if parts and all(part.holds(version.object, version.version) for part in parts):
                    copy = ShelvedCopy(bundle.label, standing, bundle.since, min(part.read for part in parts))
                    found.setdefault((version.object, version.version), []).append(copy)
        return {key: tuple(copies) for key, copies in found.items()}


def read_shelf(journal: Journal) -> Shelf:
    """What the sound lines of the journal say of bundles.

    Raises:
        OSError: it cannot be read.
    """
    return shelf_of(journal.entries(kinds=KINDS))


def copies_on_shelf(journal: Journal) -> dict[tuple[VolumeId, str], tuple[ShelvedCopy, ...]]:
    """The verified copies on offline media, of every version: what `repository.policy.safety` counts.

    Raises:
        OSError: the journal cannot be read.
    """
    return read_shelf(journal).copies()


def shelf_of(entries: Iterable[Entry]) -> Shelf:
    """What `entries`, in their order, say."""
    bundles: dict[str, Bundle] = {}
    for entry in entries:
        if entry.kind == BUNDLED:
            made = _bundled(entry)
            if made is not None:
                bundles[made.id] = made
            continue
        bundle = bundles.get(entry.subject)
        if bundle is not None and entry.kind == MOVED:
            bundle.location, bundle.moved = str(entry.facts.get("location", "")), entry.time
        elif bundle is not None and entry.kind == READ:
            _read(bundle, entry)
    return Shelf(bundles)


def bundled_facts(bundle: Bundle, written: Sequence[Part], versions: Sequence[Shelved]) -> dict[str, Json]:
    """The facts of an entry "bundled"."""
    return {
        "label": bundle.label,
        "location": bundle.location,
        "kind": bundle.kind.value,
        "parts": [
            {"number": part.number, "file": part.file, "size": part.size, "sha512": part.sha512, "index": part.index}
            for part in written
        ],
        "versions": [{"object": each.object, "version": each.version, "parts": list(each.parts)} for each in versions],
    }


def _bundled(entry: Entry) -> Bundle | None:
    """A bundle as it was written; None when the entry is none of ours."""
    facts = entry.facts
    try:
        parts = from_plain(tuple[Part, ...], facts["parts"])
        versions = from_plain(tuple[Shelved, ...], facts["versions"])
        for each in versions:
            volume_id(each.object)
        kind = Kind(str(facts["kind"]))
    except (KeyError, ValueError):
        return None
    if not parts:
        return None
    for part in parts:
        part.read = part.intact = entry.time
    by_number = {part.number: part for part in parts}
    label, location = str(facts.get("label", "")), str(facts.get("location", ""))
    return Bundle(entry.subject, label, location, kind, entry.time, by_number, versions)


def _read(bundle: Bundle, entry: Entry) -> None:
    verdicts, told = entry.facts.get("parts"), entry.facts.get("broken")
    broken = tuple(map(str, told)) if isinstance(told, Sequence) and not isinstance(told, str) else ()
    for number, verdict in verdicts.items() if isinstance(verdicts, Mapping) else ():
        part = bundle.parts.get(int(number))
        if part is None:
            continue
        part.read, part.verdict, part.broken = entry.time, Verdict(str(verdict)), broken
        if part.verdict is Verdict.INTACT:
            part.intact = entry.time
