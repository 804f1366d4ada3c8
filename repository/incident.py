"""Incidents: a copy that was found other than it was stored, from the finding to its repair (ISO 16363 5.1.1.3.1).

An incident is what the journal says of it: entries "incident", "repair begun", then "repaired" or "incident closed".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from metadata.event import Agent
from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from metadata.wording import printable
from repository.fixity import Check, code_of
from repository.journal import Entry, Journal, Json, Witness
from repository.ledger import DISPOSED
from repository.verify import Verdict

INCIDENT = "incident"
BEGUN = "repair begun"
"""Kind of the entry written before a damaged copy is replaced: after a kill it tells that the repair was ours."""
REPAIRED = "repaired"
CLOSED = "incident closed"
KINDS = (INCIDENT, BEGUN, REPAIRED, CLOSED, DISPOSED)
_TOLD = 100
_ALONE = "incidents"


class State(StrEnum):
    """How far an incident is."""

    OPEN = "open"
    REPAIRED = "repaired"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Incident:
    """One copy found damaged, and what became of it.

    `faults` are "CODE path"; `opened` and `ended` ISO 8601; `run` is the audit that found it; `by` who approved the
    repair ("policy" or a person) or closed it; `source` the places the good bytes came from; `quarantine` where the
    damaged copy lies now; `reason` why it was closed; `attempted` who had approved a repair that was begun.
    """

    id: str
    object_id: VolumeId
    version: str
    place: str
    verdict: Verdict
    faults: tuple[str, ...]
    opened: str
    run: str = ""
    state: State = State.OPEN
    ended: str = ""
    by: str = ""
    source: str = ""
    quarantine: str = ""
    reason: str = ""
    attempted: str = ""

    @property
    def copy(self) -> tuple[VolumeId, str, str]:
        """Object, version and place: what it is about."""
        return self.object_id, self.version, self.place


def incidents(journal: Journal, object_id: VolumeId | None = None) -> tuple[Incident, ...]:
    """Every incident (of one object), in the order of opening.

    Raises:
        OSError: the journal cannot be read.
    """
    return incidents_of(journal.entries(object_id, KINDS))


def incidents_of(entries: Iterable[Entry]) -> tuple[Incident, ...]:
    """The incidents that `entries`, in their order, tell of."""
    known: dict[str, Incident] = {}
    for entry in entries:
        if entry.kind == DISPOSED:
            for each in [each for each in known.values() if each.object_id == entry.subject]:
                known[each.id] = _ended(each, entry)
            continue
        name = str(entry.facts.get("incident", ""))
        if entry.kind == INCIDENT:
            known[name] = _opened(name, entry)
        elif name in known:
            known[name] = _ended(known[name], entry)
    return tuple(known.values())


def find(journal: Journal, incident: str, *, still_open: bool = False) -> Incident:
    """The incident with the identifier `incident`, as a person types it.

    Raises:
        Problem: S040 there is none; S041 it is not open, when it must be.
    """
    name = incident.strip().upper()
    for each in incidents(journal):
        if each.id == name:
            if still_open and each.state is not State.OPEN:
                raise Problem("S041", name, ended=each.ended)
            return each
    raise Problem("S040", incident)


def open_incident(
    journal: Journal, found: Check, run: str, agent: Agent, witnesses: Iterable[Witness] = ()
) -> Incident:
    """Open an incident about the copy that `found` is about, or give back the one that is open already.

    Raises:
        Problem: as `Journal.append`.
        ValueError: the copy is intact.
    """
    if found.verdict is Verdict.INTACT:
        raise ValueError(f"{found.object_id} {found.version} {found.place} is intact")
    with journal.alone(_ALONE):
        about = found.object_id, found.version, found.place
        for each in incidents(journal, found.object_id):
            if each.state is State.OPEN and each.copy == about:
                return each
        facts: dict[str, Json] = {
            "incident": _next(journal),
            "version": found.version,
            "place": found.place,
            "verdict": found.verdict.value,
            "faults": [printable(f"{code_of(row)} {row.path}") for row in found.faults[:_TOLD]],
            "run": run,
        }
        entry = journal.append(INCIDENT, found.object_id, facts, agent, tuple(witnesses))
    return _opened(str(facts["incident"]), entry)


def close_incident(
    journal: Journal, incident: str, reason: str, agent: Agent, witnesses: Iterable[Witness] = (), *, by: str
) -> Incident:
    """Close an open incident without a repair of ours; the reason and who it is from stay in the journal.

    Raises:
        Problem: S040 there is none, S041 it is not open; as `Journal.append`.
    """
    with journal.alone(_ALONE):
        found = find(journal, incident, still_open=True)
        facts: dict[str, Json] = {"incident": found.id, "reason": printable(reason), "by": printable(by)}
        return _ended(found, journal.append(CLOSED, found.object_id, facts, agent, tuple(witnesses)))


def _next(journal: Journal) -> str:
    """The next free identifier of the day: I-20261123-0001."""
    day = f"I-{journal.clock()[:10].replace('-', '')}-"
    taken = [str(entry.facts.get("incident", "")) for entry in journal.entries(kinds=(INCIDENT,))]
    numbers = [int(name.removeprefix(day)) for name in taken if name.startswith(day)]
    return f"{day}{max(numbers, default=0) + 1:04d}"


def _opened(name: str, entry: Entry) -> Incident:
    facts = entry.facts
    faults = facts.get("faults", ())
    return Incident(
        name,
        volume_id(entry.subject),
        str(facts["version"]),
        str(facts["place"]),
        Verdict(str(facts["verdict"])),
        tuple(map(str, faults)) if isinstance(faults, list | tuple) else (),
        entry.time,
        str(facts.get("run", "")),
    )


def _ended(incident: Incident, entry: Entry) -> Incident:
    """The incident after one more entry about it; what has ended stays as it is."""
    facts = entry.facts
    if incident.state is not State.OPEN:
        return incident
    if entry.kind == BEGUN:
        return replace(incident, source=str(facts["source"]), attempted=str(facts["approved_by"]))
    if entry.kind == REPAIRED:
        return replace(
            incident,
            state=State.REPAIRED,
            ended=entry.time,
            by=str(facts.get("approved_by", "")),
            source=str(facts.get("source", "")),
            quarantine=str(facts.get("quarantine", "")),
        )
    by = facts.get("by", "")
    persons = ", ".join(map(str, by)) if isinstance(by, list | tuple) else str(by)
    reason = str(facts.get("reason", ""))
    return replace(incident, state=State.CLOSED, ended=entry.time, by=persons, reason=reason)
