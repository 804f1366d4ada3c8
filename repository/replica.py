"""Replicate: every version that a place lacks is copied there from a good copy, read back, and journalled.

A copy that the journal says is there, and is not, is no missing replica but a loss: it is named, for an incident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from metadata.event import Agent
from metadata.finding import Finding, finding
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.fixity import check
from repository.ledger import KINDS, Kept, ledger_of, read_ledger
from repository.pieces import copied_facts, holders, vouched, whole
from repository.place import HeldBag, Place
from repository.refusal import refusals
from repository.registering import mend_register
from repository.store import Store
from repository.verify import Row, Verdict

REPLICATED = "replicated"
_SOURCE_FAILED = frozenset({"S013", "V006"})

Tell = Callable[[Finding], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is there now: which, where, from which place (empty: it was there and only not journalled), bytes."""

    object_id: VolumeId
    version: str
    place: str
    source: str
    bytes: int


@dataclass(slots=True)
class Replicated:
    """What replicating did: copies made, copies that are not what the journal says, what failed, places away."""

    copied: list[Copied] = field(default_factory=list)
    doubtful: list[tuple[Kept, str]] = field(default_factory=list)
    """Version and place: lost or damaged copies, each of which wants a check and an incident."""
    failed: list[Finding] = field(default_factory=list)
    registered: list[Row] = field(default_factory=list)
    """What was wrong in the register of digests, which was mended first."""
    away: list[str] = field(default_factory=list)


def replicate(store: Store, agent: Agent, tell: Tell | None = None, only: VolumeId | None = None) -> Replicated:
    """Give every attached place every version (or those of one object) that the journal knows.

    A place that refuses is left out from then on; the others go on. `tell` hears of each finding as it comes.

    Raises:
        Problem: S004 the journal knows no such object; S015, S016, S020 the journal is not what, or where, it was.
    """
    store.journal.require()
    ledger = read_ledger(store.journal)
    versions = ledger.objects()
    objects = [object_id for object_id in sorted(versions) if only in (None, object_id)]
    if only is not None and not objects:
        raise Problem("S004", only)
    done = Replicated(away=[place.name for place in store.places if not place.attached()])
    work = _Replicating(store, agent, tell or (lambda _: None), done)
    if not store.check_journal():
        wanted = [kept for kept in ledger.versions.values() if only in (None, kept.object_id)]
        done.registered += mend_register(store, wanted)
    for object_id in objects:
        if any(map(work.lacks, versions[object_id])):
            with store.journal.alone(object_id[:2]):
                work.supply(object_id)
    return done


@dataclass(frozen=True, slots=True)
class _Replicating:
    """One run over the store; `done` grows."""

    store: Store
    agent: Agent
    tell: Tell
    done: Replicated
    refusing: set[str] = field(default_factory=set)

    def lacks(self, kept: Kept) -> bool:
        """Whether there is anything to do for a version."""
        return any(True for _ in self._lacking(kept))

    def supply(self, object_id: VolumeId) -> None:
        """Do it for every version of an object, the oldest first: later ones share its bytes."""
        for kept in ledger_of(self.store.journal.entries(object_id, KINDS)).of(object_id):
            for place in list(self._lacking(kept)):
                self._one(place, kept)

    def _lacking(self, kept: Kept) -> Iterator[Place]:
        """The places where journal or disk has no copy."""
        for place in self.store.attached():
            there = place.name not in self.refusing and kept.version in place.versions(kept.object_id)
            if place.name not in self.refusing and not (there and place.name in kept.replicas):
                yield place

    def _one(self, place: Place, kept: Kept) -> None:
        """One version in one place; what fails is told and kept."""
        if place.name in kept.replicas:
            self.done.doubtful.append((kept, place.name))
            return
        try:
            if kept.version in place.versions(kept.object_id):
                self._found(place, kept)
            else:
                self._copy(place, kept)
        except Problem as problem:
            if not self.store.journal.attached() or problem.finding.code in ("S015", "S016"):
                raise
            if problem.finding.code != "S044":  # that is about the version, the others are about the place
                self.refusing.add(place.name)
            self._failed(problem.finding)

    def _found(self, place: Place, kept: Kept) -> None:
        """A copy that a crash kept from being journalled: read through, then journalled."""
        place.tidy()  # a run that died after the renaming left its empty staging
        seen = check(place, kept, self.store.register)
        if seen.verdict is Verdict.INTACT:
            self._journal(place, kept, "")
        else:
            self._failed(finding("S006", kept.object_id, version=kept.version, place=place.name))

    def _copy(self, place: Place, kept: Kept) -> None:
        """Copy from the first source that holds until the end."""
        register = self.store.register
        there = holders(self.store.places, kept)
        held = [HeldBag(each, kept.object_id, kept.version) for each in there]
        manifests = vouched(kept, register, held)
        for source in held:
            bag = whole(source, manifests)
            try:
                place.receive(bag, kept.object_id, kept.version)
            except Problem as problem:
                if problem.finding.code not in _SOURCE_FAILED and source.place.attached():
                    raise
                self._doubt(source.place, kept, problem)
                continue
            with refusals(self.store.journal.root):
                register.keep(bag, kept.object_id, kept.version)
            self._journal(place, kept, source.place.name)
            return
        none = ", ".join(f"{each.name} –" for each in there) or "–"
        raise Problem("S044", f"{kept.object_id} {kept.version}", file="?", lost=kept.files, good=none)

    def _doubt(self, place: Place, kept: Kept, problem: Problem) -> None:
        why = str(problem.finding.facts.get("why", problem.finding.code))
        self.tell(finding("S046", kept.object_id, version=kept.version, place=place.name, why=why))
        if place.attached() and (kept, place.name) not in self.done.doubtful:
            self.done.doubtful.append((kept, place.name))

    def _journal(self, place: Place, kept: Kept, source: str) -> None:
        facts = copied_facts(kept, place.name)
        self.store.journal.append(REPLICATED, kept.object_id, facts, self.agent, self.store.attached())
        self.done.copied.append(Copied(kept.object_id, kept.version, place.name, source, kept.bytes))

    def _failed(self, found: Finding) -> None:
        self.done.failed.append(found)
        self.tell(found)
