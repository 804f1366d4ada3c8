"""What a report is made from: the journal, read once; the settings; titles from the catalogue or else from the bags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import read_json
from repository.canary import CANARY
from repository.catalogue.glance import glance
from repository.incident import KINDS as OF_INCIDENTS
from repository.incident import Incident, incidents_of
from repository.journal import Entry, Head, Journal
from repository.ledger import KINDS as OF_COPIES
from repository.ledger import Kept, Ledger, Replica, ledger_of
from repository.place import HeldBag, Place, told_by
from repository.policy import Policy, Safety, ShelvedCopy, Standing, safety
from repository.shelf import KINDS as OF_SHELF
from repository.shelf import shelf_of
from repository.verify import Verdict
from workflows.agents import KDR
from workflows.founding import places, standings
from workflows.reports.sheet import Origin
from workflows.reports.words import days_between
from workflows.settings import Home

PLANNED = "audit planned"
_ABOUT = """
select uuid, version, called, type, case when quality = 'unreadable' then -1 else pages end from volume
"""


@dataclass(frozen=True, slots=True)
class About:
    """What an object is: its title, its type (metadata.description.VolumeKind), and its pages (-1: not known)."""

    title: str = ""
    type: str = ""
    pages: int = -1


@dataclass(frozen=True, slots=True)
class Known:
    """The repository at the moment `at` (ISO 8601), as journal and settings have it.

    `periods` says for each place within how many days every copy is promised to be read.
    """

    home: Home
    at: str
    head: Head
    entries: tuple[Entry, ...]
    ledger: Ledger
    incidents: tuple[Incident, ...]
    standings: Mapping[str, Standing]
    attached: frozenset[str]
    periods: Mapping[str, float]
    shelved: Mapping[tuple[VolumeId, str], tuple[ShelvedCopy, ...]]

    @property
    def policy(self) -> Policy:
        """What makes a version safe."""
        return self.home.policy

    def of(self, *kinds: str) -> list[Entry]:
        """The entries of these kinds, in order."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def objects(self) -> list[tuple[VolumeId, list[Kept]]]:
        """Every object with its versions, oldest first; the canary last."""
        return sorted(self.ledger.objects().items(), key=lambda each: (each[0] == CANARY, each[0]))

    def real(self) -> list[Kept]:
        """Every version that is no canary's."""
        return [kept for (object_id, _), kept in self.ledger.versions.items() if object_id != CANARY]

    def safety(self, kept: Kept) -> Safety:
        """How safe a version is by the policy."""
        return safety(kept, self.standings, self.policy, self.on_shelf(kept))

    def on_shelf(self, kept: Kept, days: float = float("inf")) -> tuple[ShelvedCopy, ...]:
        """Copies of a version on tapes and cold disks that were read within so many days."""
        copies = self.shelved.get((kept.object_id, kept.version), ())
        return tuple(each for each in copies if days_between(each.read, self.at) <= days)

    def age(self, replica: Replica) -> float:
        """Days since a copy was last read and found whole."""
        return days_between(replica.intact, self.at)

    def overdue(self, replica: Replica) -> bool:
        """Whether a copy that is not known to be damaged was not read and found whole within its place's period."""
        late = self.age(replica) > self.periods.get(replica.place, self.home.settings.audit.days)
        return late and replica.verdict in (Verdict.INTACT, Verdict.UNREADABLE)

    @property
    def origin(self) -> Origin:
        """What stands under every report."""
        own = self.home.settings.institution
        institution = f"{own.name} ({own.sigla})"
        maker = f"{KDR.name} {KDR.version}"
        return Origin(str(self.home.folder), institution, self.at, maker, self.head.seq, self.head.hash)


def gather(home: Home, at: str) -> Known:
    """Read the journal once and look which places are there.

    Raises:
        Problem: S020 the journal is not there; S015 a line of it was altered, S016 it was cut.
    """
    journal = Journal(home.journal)
    journal.require()
    entries = tuple(journal.entries())
    given = places(home)
    _require_chain(journal, entries, [place for place in given if place.attached()])
    return Known(
        home=home,
        at=at,
        head=Head(entries[-1].seq, entries[-1].hash) if entries else Head(),
        entries=entries,
        ledger=ledger_of(entry for entry in entries if entry.kind in OF_COPIES),
        incidents=incidents_of(entry for entry in entries if entry.kind in OF_INCIDENTS),
        standings=standings(home),
        attached=frozenset(place.name for place in given if place.attached()),
        periods=_periods(home, [place.name for place in given], entries),
        shelved=shelf_of(entry for entry in entries if entry.kind in OF_SHELF).copies(),
    )


def _require_chain(journal: Journal, entries: Sequence[Entry], here: Sequence[Place]) -> None:
    """Altered lines are left out of `entries`: a report must not tell of what is left as if it were all."""
    before = ""
    for number, entry in enumerate(entries, 1):
        if (entry.seq, entry.previous) != (number, before):
            raise Problem("S015", journal.root, line=number)
        before = entry.hash
    for head in (place.remembered() for place in here):
        if head is not None and head.seq > len(entries):
            raise Problem("S016", journal.root, expected=head.seq, found=len(entries))


def about(home: Home, wanted: Iterable[Kept]) -> dict[VolumeId, About]:
    """Titles, types and pages of objects: from the catalogue where it knows this very version, else from the bags."""
    versions = {kept.object_id: kept for kept in wanted}
    known = _catalogued(home, {name: kept.version for name, kept in versions.items()})
    here = [] if known.keys() >= versions.keys() else [place for place in places(home) if place.attached()]
    return {name: known.get(name) or _read(here, kept) for name, kept in versions.items()}


def _periods(home: Home, names: Sequence[str], entries: Sequence[Entry]) -> dict[str, float]:
    usual = float(home.settings.audit.days)
    planned = next((entry for entry in reversed(entries) if entry.kind == PLANNED), None)
    said = planned.facts.get("places", {}) if planned else {}
    days = said if isinstance(said, Mapping) else {}
    return {name: float(str(days.get(name, usual))) for name in names}


def _catalogued(home: Home, versions: Mapping[VolumeId, str]) -> dict[VolumeId, About]:
    """What the catalogue says of these versions; one of an earlier schema too, for a version never changes."""
    rows = glance(home.catalogue, _ABOUT)
    return {row[0]: About(row[2], row[3] or "", row[4]) for row in rows if versions.get(row[0]) == row[1]}


def _read(here: Sequence[Place], kept: Kept) -> About:
    """What the first copy that can be read says of itself."""
    for place in here:
        if place.name not in kept.replicas:
            continue
        info = told_by(HeldBag(place, kept.object_id, kept.version))
        if not info:
            continue
        title = info.get("External-Description", "")
        try:
            with place.open(kept.object_id, kept.version, "data/provenance/volume.json") as stream:
                volume = read_json(stream.read())["volume"]
            return About(title, str(volume["description"].get("kind", "")), len(volume["pages"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, Problem):
            return About(title)
    return About()
