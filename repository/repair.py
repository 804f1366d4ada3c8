"""Repair one damaged copy from the good ones.

Every copy of the version is read through first; the damaged one is set aside, never deleted; what takes its place was
read back. A repair that was killed is begun anew by the same command: it finds what is there, and finishes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from metadata.event import Agent
from metadata.file import placing
from metadata.problem import Problem
from repository.directory_place import DirectoryPlace
from repository.fixity import Check, check, record
from repository.incident import BEGUN, REPAIRED, Incident, close_incident, find, open_incident
from repository.journal import Json
from repository.ledger import KINDS, Kept, ledger_of
from repository.pieces import PiecedBag, copied_facts, holders, put_together, vouched, whole
from repository.place import FolderBag, HeldBag, Place, Source
from repository.refusal import refusals
from repository.store import Store
from repository.verify import PLACE_MARKER, Verdict
from repository.witness import Patient, patient

POLICY = "policy"
"""Who approves a repair that waits for no person."""
INTACT_AGAIN = "přečteno znovu: v pořádku / re-read: intact"
"""Why an incident is closed whose fault went away by itself."""
_SOURCE_FAILED = frozenset({"S013", "V006"})
_SPOOL = ".repairs"
"""Where versions are put together that have no whole copy, below the journal's root."""
_CHUNK = 1 << 20
_LOST = "S022"
"""The code of a version that is not there at all."""
_QUARANTINE = ".quarantine"
"""Where `Place.replace` sets damaged copies aside, below a place."""


@dataclass(frozen=True, slots=True)
class Repair:
    """How a repair ended: the incident as it is now, and what was found of every copy that could be compared."""

    incident: Incident
    compared: tuple[Check, ...] = field(default=())


def repair_copy(
    store: Store, incident: str, agent: Agent, approved_by: str = POLICY, *, force_unreadable: bool = False
) -> Repair:
    """Repair the copy that the open incident `incident` is about.

    A copy that is found whole again (a disk came back) is left alone and its incident closed. Copies that are found
    damaged on the way get incidents of their own.

    Args:
        store: the places and the journal.
        incident: its identifier.
        agent: who acts, for the journal.
        approved_by: `POLICY` or the name of a person.
        force_unreadable: replace also a copy that cannot be read, which may be the disk's fault.

    Raises:
        Problem: S040 no such incident; S041 it is not open; S004 the journal does not know the version, or it was
            disposed of; S043 the copy cannot be read; S044 no good copy is at hand (nothing is touched); S020 the place
            is not attached; S001, S002, S003 it refuses, and the damaged copy is still there or set aside.
    """
    found = find(store.journal, incident, still_open=True)
    with store.journal.alone(found.object_id[:2]):
        found = find(store.journal, incident, still_open=True)  # another process may have repaired it meanwhile
        kept = ledger_of(store.journal.entries(found.object_id, KINDS)).versions.get((found.object_id, found.version))
        if kept is None:
            raise Problem("S004", f"{found.object_id} {found.version}")
        return _Repairing(store, found, kept, agent, approved_by).run(forced=force_unreadable)


@dataclass(frozen=True, slots=True)
class _Repairing:
    """One repair, by who holds the object alone."""

    store: Store
    incident: Incident
    kept: Kept
    agent: Agent
    approved_by: str

    @property
    def _witnesses(self) -> tuple[Patient, ...]:
        """Places that hear of the journal's head; one that is full does not stop the repair of another."""
        return patient(self.store.attached())

    def run(self, *, forced: bool) -> Repair:
        target = self._target()
        checks = self._compared()
        damaged = checks[target.name]
        if damaged.verdict is Verdict.INTACT:
            ended = self._already_whole()
        else:
            self._refuse_unreadable(damaged, forced=forced)
            ended = self._replaced(target, checks)
        return Repair(ended, tuple(checks.values()))

    def _target(self) -> Place:
        place = next((place for place in self.store.places if place.name == self.incident.place), None)
        if place is None or not place.attached():
            raise Problem("S020", self.incident.place, marker=PLACE_MARKER)
        return place

    def _compared(self) -> dict[str, Check]:
        """Every attached copy read through, journalled, and its damage an incident."""
        checks = {}
        for place in self.store.places:
            if place.name not in self.kept.replicas or not place.attached():
                continue
            found = check(place, self.kept, self.store.register)
            if not place.attached():  # gone while it was read: nothing was found out about the copy
                continue
            record(self.store.journal, found, self.incident.id, self.agent, self._witnesses)
            if found.verdict is not Verdict.INTACT:
                open_incident(self.store.journal, found, self.incident.run, self.agent, self._witnesses)
            checks[place.name] = found
        if self.incident.place not in checks:
            raise Problem("S020", self.incident.place, marker=PLACE_MARKER)
        return checks

    def _refuse_unreadable(self, damaged: Check, *, forced: bool) -> None:
        if not forced and any(row.verdict is Verdict.UNREADABLE for row in damaged.faults):
            about = self.incident
            raise Problem("S043", about.object_id, version=about.version, place=about.place, incident=about.id)

    def _already_whole(self) -> Incident:
        """The copy is good: a repair of ours was killed before it was journalled, or the fault went away by itself."""
        about, journal = self.incident, self.store.journal
        self._target().tidy()  # a run that died after the renaming left its empty staging
        if about.attempted:
            lost = any(fault.startswith(f"{_LOST} ") for fault in about.faults)  # there was nothing to set aside
            self._journal(about.source, "" if lost else self._aside(self._target()), about.attempted)
            return find(journal, about.id)
        return close_incident(journal, about.id, INTACT_AGAIN, self.agent, self._witnesses, by=self.approved_by)

    def _replaced(self, target: Place, checks: Mapping[str, Check]) -> Incident:
        """Replace the copy from the first source that holds until the end."""
        failed: Problem | None = None
        for bag, source in self._sources(checks):
            about = self.incident
            begun: dict[str, Json] = {
                "incident": about.id, "version": about.version, "place": about.place,
                "source": source, "approved_by": self.approved_by,
            }  # fmt: skip
            self.store.journal.append(BEGUN, about.object_id, begun, self.agent, self._witnesses)
            try:
                aside = target.replace(bag, about.object_id, about.version, about.id)
            except Problem as problem:
                if problem.finding.code not in _SOURCE_FAILED:
                    raise
                failed = problem
                continue
            with refusals(self.store.journal.root):
                self.store.register.keep(bag, about.object_id, about.version)
            self._journal(source, aside, self.approved_by)
            return find(self.store.journal, about.id)
        raise failed or Problem("S044", f"{self.kept.object_id} {self.kept.version}", file="?", lost=0, good="–")

    def _sources(self, checks: Mapping[str, Check]) -> Iterator[tuple[PiecedBag, str]]:
        """Whole good copies first; where there is none, one put together out of all of them."""
        there = [place for place in holders(self.store.places, self.kept) if place.name in checks]
        held = {place.name: self._held(place) for place in there}
        manifests = vouched(self.kept, self.store.register, list(held.values()))
        good = [name for name, found in checks.items() if found.verdict is Verdict.INTACT and name in held]
        for name in good:
            yield whole(held[name], manifests), name
        if not good:
            bag, names = put_together(self.kept, manifests, held | self._set_aside())
            yield (bag if isinstance(self._target(), DirectoryPlace) else self._spooled(bag)), names

    def _held(self, place: Place) -> Source:
        return HeldBag(place, self.kept.object_id, self.kept.version)

    def _set_aside(self) -> dict[str, Source]:
        """What an earlier attempt put elsewhere already: it may hold the only good bytes of some file."""
        target = self._target()
        folder = Path(self._aside(target))
        found: dict[str, Source] = {}
        if isinstance(target, DirectoryPlace) and folder.is_dir():
            found[f"{target.name} ({_QUARANTINE})"] = FolderBag(folder)
        if self._spool.is_dir():
            found["spool"] = FolderBag(self._spool)
        return found

    @property
    def _spool(self) -> Path:
        return self.store.journal.root / _SPOOL / self.incident.id

    def _spooled(self, bag: PiecedBag) -> PiecedBag:
        """The same bag from a folder beside the journal, until it is repaired.

        A bucket empties a version before it writes the new one, which may need what the old one had right.
        """
        with refusals(self._spool):
            for path in bag.chosen:
                target = self._spool / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with bag.open(path) as stream, placing(target) as draft, draft.open("wb") as out:
                    shutil.copyfileobj(stream, out, _CHUNK)
        return whole(FolderBag(self._spool), bag.manifests)

    def _aside(self, target: Place) -> str:
        """Where `Place.replace` puts what it sets aside."""
        return f"{target.where}/{_QUARANTINE}/{self.incident.id}/{self.kept.object_id}/{self.kept.version}"

    def _journal(self, source: str, aside: str, approved_by: str) -> None:
        facts = copied_facts(self.kept, self.incident.place) | {
            "incident": self.incident.id,
            "source": source,
            "quarantine": aside,
            "approved_by": approved_by,
        }
        self.store.journal.append(REPAIRED, self.kept.object_id, facts, self.agent, self._witnesses)
        shutil.rmtree(self._spool, ignore_errors=True)
