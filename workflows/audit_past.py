"""What the journal says of audits: the ledger, the plan in force, past runs, how fast places were read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from metadata.event import now
from metadata.record import from_plain
from repository.journal import Entry, Journal
from repository.ledger import CHECKED, COPIED, KINDS, Ledger, ledger_of
from repository.verify import Verdict
from workflows.audit_plan import PLANNED, AuditPlan, plan_in_force
from workflows.settings import Home

BEGUN, ENDED = "audit begun", "audit ended"
"""Kinds of the entries around a run."""
_RECENT = 500
"""So many checks of a place tell how fast it is: what it was years ago does not."""
_MEGA = 1e6

Key = tuple[str, str, str]
"""Object, version, place."""


@dataclass(frozen=True, slots=True)
class Times:
    """The clock of the journal (ISO 8601) and the one that budgets are measured with (seconds)."""

    clock: Callable[[], str] = now
    ticks: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run reads: what is due, unless it names copies.

    `full`, `object_id` or `places` (or several of them) name copies, due or not; `sample` takes so many of them by
    chance (`seed`), each as likely as any other, of those that were there `as_of` (ISO 8601).
    """

    full: bool = False
    object_id: str = ""
    places: tuple[str, ...] = ()
    sample: int = 0
    seed: int = 0
    as_of: str = ""

    @property
    def due_only(self) -> bool:
        """Whether nothing is named."""
        return not (self.full or self.object_id or self.places or self.sample)

    def alike(self, other: Scope) -> bool:
        """Whether both name the same, by whatever chance."""
        mine = (self.full, self.object_id, self.places, self.sample)
        return mine == (other.full, other.object_id, other.places, other.sample)


@dataclass(frozen=True, slots=True)
class Run:
    """A run: number of its first entry, when begun and ended (empty when not), its scope, how it stood at its end."""

    id: str
    seq: int
    begun: str
    scope: Scope
    ended: str = ""
    facts: Mapping[str, object] | None = None

    @property
    def open(self) -> bool:
        """Whether it was interrupted; a run over named copies that its hours did not suffice for is, too."""
        if self.facts is None:
            return True
        return not self.scope.due_only and int(str(self.facts.get("left", 0))) > 0


@dataclass(frozen=True, slots=True)
class Past:
    """All of that at one moment."""

    ledger: Ledger
    plan: AuditPlan
    runs: tuple[Run, ...]
    speeds: Mapping[str, float]
    """MB/s of one worker by place."""
    readings: tuple[Entry, ...]
    """Every entry written after a copy was read whole, or was tried to be: on storing, repairing, auditing."""
    last_seq: int = 0

    def open_run(self, scope: Scope) -> Run | None:
        """The newest run to go on with when `scope` is wished: alike, or any when nothing is named."""
        fitting = (run for run in reversed(self.runs) if run.open and (scope.due_only or scope.alike(run.scope)))
        return next(fitting, None)

    def read_since(self, run: Run) -> frozenset[Key]:
        """Copies that were read (not: tried in vain) since the run began, by whichever run."""
        found = (entry for entry in self.readings if entry.seq > run.seq and _verdict(entry) != Verdict.UNREADABLE)
        return frozenset(map(key_of, found))

    def checked_in(self, run: str) -> dict[Key, Entry]:
        """The last check of every copy that the run has read or tried to."""
        mine = (entry for entry in self.readings if entry.kind == CHECKED and entry.facts.get("run") == run)
        return {key_of(entry): entry for entry in mine}


def read_past(home: Home, journal: Journal) -> Past:
    """What the journal says now.

    Raises:
        OSError: it cannot be read.
    """
    entries = list(journal.entries(kinds=(*KINDS, PLANNED, BEGUN, ENDED)))
    readings = tuple(entry for entry in entries if entry.kind in (CHECKED, *COPIED))
    speeds = _speeds([entry for entry in readings if entry.kind == CHECKED])
    last = entries[-1].seq if entries else 0
    return Past(ledger_of(entries), plan_in_force(home, entries), _runs(entries), speeds, readings, last)


def key_of(entry: Entry) -> Key:
    """Which copy an entry is about."""
    return entry.subject, str(entry.facts.get("version", "")), str(entry.facts.get("place", ""))


def _runs(entries: Sequence[Entry]) -> tuple[Run, ...]:
    runs: dict[str, Run] = {}
    for entry in entries:
        if entry.kind == BEGUN:
            runs[entry.subject] = Run(entry.subject, entry.seq, entry.time, _scope(entry))
        elif entry.kind == ENDED and entry.subject in runs:
            begun = runs[entry.subject]
            runs[entry.subject] = Run(begun.id, begun.seq, begun.begun, begun.scope, entry.time, entry.facts)
    return tuple(runs.values())


def _scope(entry: Entry) -> Scope:
    try:
        return from_plain(Scope, entry.facts.get("scope"))
    except ValueError:  # written by a later version
        return Scope(full=True)


def _speeds(checks: Sequence[Entry]) -> dict[str, float]:
    recent: dict[str, list[Entry]] = {}
    for entry in reversed(checks):
        mine = recent.setdefault(str(entry.facts.get("place", "")), [])
        if len(mine) < _RECENT:
            mine.append(entry)
    read = {place: (_sum(mine, "bytes"), _sum(mine, "seconds")) for place, mine in recent.items()}
    return {place: size / seconds / _MEGA for place, (size, seconds) in read.items() if size and seconds}


def _sum(entries: Sequence[Entry], fact: str) -> float:
    return sum(float(str(entry.facts.get(fact, 0))) for entry in entries)


def _verdict(entry: Entry) -> str:
    return str(entry.facts.get("verdict", ""))
