"""What follows damage: an incident, its repair when the policy lets it, a protocol; and replicas where they lack."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from metadata.file import place_bytes
from metadata.finding import Finding, finding
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import plain, to_pretty_json
from metadata.wording import Tongue, printable, wording
from repository.fixity import Check, check, code_of, record
from repository.incident import Incident, State, close_incident, find, incidents, open_incident
from repository.ledger import Kept, Ledger, Replica, read_ledger
from repository.persons import Person, require_said
from repository.register import DigestRegister
from repository.repair import INTACT_AGAIN, POLICY, Repair, repair_copy
from repository.replica import Replicated, replicate
from repository.verify import Verdict
from repository.witness import patient
from workflows.agents import KDR
from workflows.documents import write_documents
from workflows.founding import attached, open_store
from workflows.letting_go import signed
from workflows.reports.protocols import repair_protocol
from workflows.settings import Home
from workflows.verifying import as_finding

AUTOMATIC = "automatic"
AWAY_EXIT = 75
"""How a command ends that could not do all because a place is away (sysexits.h EX_TEMPFAIL)."""
_AWAY = "S020"
_SHOWN = 3

Tell = Callable[[Finding], None]


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is written down of one repair: the incident, the copies compared, what stopped it (if so), seconds."""

    incident: Incident
    compared: tuple[Check, ...]
    refused: tuple[Finding, ...]
    seconds: float


def attend(home: Home, kept: Kept, found: Check, run: str, tell: Tell | None = None) -> Incident | None:
    """A copy was read and is not intact: open its incident and, if the policy says so, repair it at once.

    `kept` is the version that `found` is about. Nothing is done about a copy that is intact, that the journal does not
    know, or whose place is away. What keeps it from being repaired is told, and the incident stays open.

    Raises:
        Problem: S015, S016, S020, S003 the journal cannot be written.
    """
    away = any(code_of(row) == _AWAY for row in found.faults)
    if found.verdict in (Verdict.INTACT, Verdict.UNKNOWN) or away or found.place not in kept.replicas:
        return None
    hear = tell or (lambda _: None)
    opened = open_incident(open_store(home).journal, found, run, KDR, patient(attached(home)))
    hear(incident_finding(opened))
    if home.settings.policy.repair != AUTOMATIC:
        return opened
    return _unless_ended(home, opened.id, lambda: mend(home, opened.id, None, hear))


def catch_up(home: Home, tell: Tell | None = None) -> tuple[Incident, ...]:
    """Attend to what an audit found and, killed, could not see to the end; what is done before and after every audit.

    Incidents whose copy was read through since and found whole are closed. Where the policy repairs, other open ones
    are tried again, but for unreadable copies, which wait for a person. Copies whose last reading found them not intact
    and that have no incident are read again and attended to.

    Raises:
        Problem: S015, S016, S020, S003 the journal cannot be written.
    """
    store, hear = open_store(home), tell or (lambda _: None)
    store.journal.require()
    ledger = read_ledger(store.journal)
    there = {place.name for place in store.attached()}
    last = {(each.object_id, each.version, each.place): each for each in ledger.replicas() if each.place in there}
    waiting = {each.copy: each for each in open_incidents(home)}
    again = [
        _unless_ended(home, each.id, partial(_again, home, each, last[about], hear))
        for about, each in waiting.items()
        if about in last
    ]
    fresh = [_afresh(home, ledger, each, hear) for about, each in last.items() if about not in waiting]
    return tuple(each for each in again + fresh if each is not None)


def _unless_ended(home: Home, incident: str, do: Callable[[], Incident | None]) -> Incident | None:
    """What `do` makes of an incident; when another process ended it meanwhile, the incident as it is."""
    try:
        return do()
    except Problem as problem:
        if problem.finding.code != "S041":
            raise
        return find(open_store(home).journal, incident)


def _again(home: Home, incident: Incident, last: Replica, hear: Tell) -> Incident | None:
    """An open incident once more, by what the last reading of its copy found."""
    if last.verdict is Verdict.INTACT and last.read > incident.opened:
        journal = open_store(home).journal
        return close_incident(journal, incident.id, INTACT_AGAIN, KDR, patient(attached(home)), by=POLICY)
    if last.verdict is Verdict.UNREADABLE or home.settings.policy.repair != AUTOMATIC:
        return None
    return mend(home, incident.id, None, hear)


def _afresh(home: Home, ledger: Ledger, last: Replica, hear: Tell) -> Incident | None:
    """A copy without an incident, read again if the last reading found it not intact."""
    if last.verdict in (Verdict.INTACT, Verdict.UNKNOWN):
        return None
    store, kept = open_store(home), ledger.versions[last.object_id, last.version]
    place = next(place for place in store.places if place.name == last.place)
    seen = check(place, kept, DigestRegister(home.journal))
    record(store.journal, seen, "", KDR, patient(attached(home)))
    return attend(home, kept, seen, last.run, hear)


def mend(home: Home, incident: str, by: Person | None, tell: Tell, *, force_unreadable: bool = False) -> Incident:
    """Repair the copy an incident is about, and write its protocol; `by` is who approved it, nobody: the policy.

    What keeps it from being repaired is told, and the incident stays open.

    Raises:
        Problem: S040 no such incident, S041 it has ended; S015, S016 the journal is not what it was.
    """
    store, agent = open_store(home), by.agent if by else KDR
    approved = agent.name if by else POLICY
    start = time.monotonic()
    try:
        done = repair_copy(store, incident, agent, approved, force_unreadable=force_unreadable)
    except Problem as problem:
        if problem.finding.code in ("S015", "S016", "S040", "S041"):
            raise
        tell(problem.finding)
        left = Repair(find(store.journal, incident))
        _write(home, Protocol(left.incident, (), (problem.finding,), round(time.monotonic() - start, 3)), tell)
        return left.incident
    _write(home, Protocol(done.incident, done.compared, (), round(time.monotonic() - start, 3)), tell)
    if done.incident.state is State.REPAIRED:
        tell(repaired_finding(done.incident))
    return done.incident


def mend_all(home: Home, by: Person, tell: Tell, *, force_unreadable: bool = False) -> tuple[Incident, ...]:
    """Repair every open incident; those that a repair discovers too, each once.

    Raises:
        Problem: as `mend`.
    """
    ended: dict[str, Incident] = {}
    while wanted := [each for each in open_incidents(home) if each.id not in ended]:
        for each in wanted:
            ended[each.id] = mend(home, each.id, by, tell, force_unreadable=force_unreadable)
    return tuple(ended.values())


def close(home: Home, incident: str, reason: str, by: Person) -> Incident:
    """Close an incident without a repair of ours.

    Raises:
        Problem: S040, S041; S092 reason or name say nothing.
    """
    require_said(incident, reason=reason, by=by.name)
    return close_incident(open_store(home).journal, incident, reason, by.agent, attached(home), by=by.name)


def open_incidents(home: Home) -> tuple[Incident, ...]:
    """The incidents that wait, in the order of opening."""
    return tuple(each for each in incidents(open_store(home).journal) if each.state is State.OPEN)


def person(name: str) -> Person:
    """Who approves, as given on the command line.

    Raises:
        Problem: S092, no name was given.
    """
    require_said("--by", by=name)
    return signed(name.strip())


def supply(home: Home, only: VolumeId | None, tell: Tell) -> Replicated:
    """Copy what places lack, then read and attend to every copy that was found not to be what the journal says.

    Raises:
        Problem: as `repository.replica.replicate`.
    """
    store = open_store(home)
    done = replicate(store, KDR, tell, only)
    for row in done.registered:
        tell(as_finding(row))
    places = {place.name: place for place in store.places}
    for kept, name in done.doubtful:
        seen = check(places[name], kept, DigestRegister(home.journal))
        record(store.journal, seen, "", KDR, patient(attached(home)))
        attend(home, kept, seen, "", tell)
    return done


def incident_finding(incident: Incident) -> Finding:
    """An incident that was opened, as a finding."""
    shown = ", ".join(incident.faults[:_SHOWN]) + (" …" if len(incident.faults) > _SHOWN else "")
    return finding(
        "S042", incident.object_id,
        incident=incident.id, version=incident.version, place=incident.place, faults=shown or incident.verdict.value,
    )  # fmt: skip


def repaired_finding(incident: Incident) -> Finding:
    """An incident that was repaired, as a finding."""
    return finding(
        "S045", incident.object_id, incident=incident.id, version=incident.version, place=incident.place,
        source=incident.source or "–", quarantine=incident.quarantine or "–",
    )  # fmt: skip


def protocol_paths(home: Home, incident: str) -> tuple[Path, Path]:
    """Where the protocol of an incident lies, once it was tried to repair it: for programs, and for people."""
    folder = home.protocols / "incidents"
    return folder / f"{incident}.json", folder / f"{incident}.txt"


def protocol_text(protocol: Protocol) -> str:
    """A protocol for people: Czech first, then English."""
    return f"\n{'-' * 100}\n\n".join(_told(protocol, tongue) for tongue in (Tongue.CS, Tongue.EN))


def _write(home: Home, protocol: Protocol, tell: Tell) -> None:
    about = protocol.incident
    machine, people = protocol_paths(home, about.id)
    machine.parent.mkdir(parents=True, exist_ok=True)
    place_bytes(machine, to_pretty_json(_sayable(plain(protocol))))
    place_bytes(people, printable(protocol_text(protocol)).encode())
    draw = partial(repair_protocol, about, protocol.compared, protocol.refused)
    write_documents(home, machine.with_suffix(""), about.object_id, draw, tell)


def _sayable(value: object) -> object:
    """The same with names that can be written in UTF-8."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _sayable(each) for key, each in value.items()}
    return [_sayable(each) for each in value] if isinstance(value, list | tuple) else value


def incident_text(about: Incident, tongue: Tongue) -> str:
    """An incident for people."""
    words = wording("workflows", "repairing.toml")
    told = {
        "object": f"{about.object_id} {about.version}",
        "place": about.place,
        "verdict": words.say(f"verdict.{about.verdict.value}", tongue),
        "opened": about.opened,
        "run": about.run,
        "state": words.say(f"state.{about.state.value}", tongue),
        "ended": about.ended,
        "by": words.say("by.policy", tongue) if about.by == POLICY else about.by,
        "source": about.source,
        "quarantine": about.quarantine,
        "reason": about.reason,
    }
    lines = [f"{words.say(f'protocol.{key}', tongue):<26}{value or '–'}" for key, value in told.items()]
    title = words.say("protocol.title", tongue, incident=about.id)
    return "\n".join([title, "", *lines, *_section("faults", about.faults, tongue)]) + "\n"


def _told(protocol: Protocol, tongue: Tongue) -> str:
    seconds = wording("workflows", "repairing.toml").say("protocol.seconds", tongue)
    lines = [
        *_section("compared", [_compared(each, tongue) for each in protocol.compared], tongue),
        *_section("refused", [f"{each.code} {each.text(tongue)}" for each in protocol.refused], tongue),
        "",
        f"{seconds:<26}{protocol.seconds}",
    ]
    return incident_text(protocol.incident, tongue) + "\n".join(lines) + "\n"


def _section(key: str, rows: Sequence[str], tongue: Tongue) -> list[str]:
    title = wording("workflows", "repairing.toml").say(f"protocol.{key}", tongue)
    return ["", title, *(f"  {row}" for row in rows)] if rows else []


def _compared(seen: Check, tongue: Tongue) -> str:
    verdict = wording("workflows", "repairing.toml").say(f"verdict.{seen.verdict.value}", tongue)
    return f"{seen.place}: {verdict} · {seen.files} · {seen.bytes / 1e6:.1f} MB · {seen.seconds:.1f} s"
