"""Protocols of one drill or one repair as documents: evidence that an archivist files (ISO 16363 5.2.4, 5.1.1.3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metadata.finding import Finding
from metadata.wording import Tongue, wording
from repository.canary import CANARY
from repository.fixity import Check
from repository.incident import Incident, State
from repository.repair import POLICY
from workflows.drill import Drill
from workflows.reports import words
from workflows.reports.sheet import Cell, Mark, Moment, Origin, Report, Table, Tone
from workflows.reports.words import verdict_mark
from workflows.restore_drill import RestoreDrill

_WORDS, _DRILL = wording("workflows", "protocols.toml"), wording("workflows", "drill.toml")
_TONES = {State.OPEN: Tone.BAD, State.REPAIRED: Tone.GOOD, State.CLOSED: Tone.CALM}


def say(key: str, tongue: Tongue, **facts: object) -> str:
    """A sentence of the protocols."""
    return _WORDS.say(key, tongue, **facts)


def titles(names: Iterable[str], tongue: Tongue) -> tuple[str, ...]:
    """Titles of columns."""
    return tuple(say(f"column.{name}", tongue) for name in names)


def harm_word(harm: str, tongue: Tongue) -> str:
    """A harm as people say it."""
    return _DRILL.say(f"harm.{harm}", tongue) if f"harm.{harm}" in _DRILL.sentences else harm


def passed_mark(passed: bool, tongue: Tongue) -> Mark:
    """Whether something passed."""
    return Mark(_DRILL.say(f"passed.{str(passed).lower()}", tongue), Tone.GOOD if passed else Tone.BAD)


def drill_protocol(drill: Drill, origin: Origin, tongue: Tongue) -> Report:
    """What was damaged where, what was found, how long it took to find and to mend it."""
    good, told = sum(each.passed for each in drill.exercises), len(drill.exercises)
    rows: list[tuple[Cell, ...]] = []
    for each in drill.exercises:
        found = ", ".join(_DRILL.say(f"verdict.{verdict}", tongue) for verdict in each.found) or "–"
        times = each.seconds_to_find, each.seconds_to_mend
        cells = (each.place, harm_word(each.harm, tongue), found, *times, passed_mark(each.passed, tongue))
        rows.append((*cells, each.why or "–"))
    columns = ("place", "harm", "found", "find", "mend", "result", "why")
    practised = say("fact.canary", tongue, object=CANARY)
    places = ", ".join(dict.fromkeys(each.place for each in drill.exercises if each.place != "–"))
    return Report(
        kind="drill",
        title=say("drill.title", tongue),
        tongue=tongue,
        verdict=_verdict("drill", drill.passed, good, told, tongue),
        facts=(
            *_held(drill.id, drill.begun, drill.seconds, tongue),
            (say("fact.places", tongue), places),
            (say("fact.practised_on", tongue), practised),
        ),
        tables=(Table(say("table.exercises", tongue), titles(columns, tongue), tuple(rows)),),
        origin=origin,
        notes=(say("drill.note", tongue),),
    )


def restore_protocol(drill: RestoreDrill, origin: Origin, tongue: Tongue) -> Report:
    """What each place alone gave back, and how long it took."""
    good = sum(each.passed for each in drill.places)
    rows: list[tuple[Cell, ...]] = []
    for each in drill.places:
        rate = round(each.bytes / 1e6 / max(each.seconds_to_copy, 0.001), 1)
        counts = each.versions, each.files, each.bytes, each.seconds_to_copy, each.seconds_to_verify, rate
        rows.append((each.place, *counts, passed_mark(each.passed, tongue)))
    columns = ("place", "versions", "files", "bytes", "copy", "verify", "rate", "result")
    failed = tuple((each.place, why) for each in drill.places for why in (*each.missing, *each.failures))
    scope = say("scope.all", tongue) if drill.scope == "*" else drill.scope
    return Report(
        kind="drill",
        title=say("restore.title", tongue),
        tongue=tongue,
        verdict=_verdict("restore", drill.passed, good, len(drill.places), tongue),
        facts=(*_held(drill.id, drill.begun, drill.seconds, tongue), (say("fact.scope", tongue), scope)),
        tables=(
            Table(say("table.places", tongue), titles(columns, tongue), tuple(rows)),
            Table(say("table.failures", tongue), titles(("place", "why"), tongue), failed),
        ),
        origin=origin,
        notes=(say("restore.note", tongue),),
    )


def repair_protocol(
    incident: Incident, compared: Sequence[Check], refused: Sequence[Finding], origin: Origin, tongue: Tongue
) -> Report:
    """What was found wrong with a copy, which copies were compared, what became of it and who approved that."""
    practice = ".practice" if incident.object_id == CANARY else ""
    by = words.say("by_policy", tongue) if incident.by == POLICY else incident.by
    told: dict[str, Cell] = {
        "object": f"{incident.object_id} {incident.version}",
        "place": incident.place,
        "verdict": verdict_mark(incident.verdict, tongue),
        "opened": Moment(incident.opened),
        "run": incident.run or "–",
        "ended": Moment(incident.ended),
        "by": by or "–",
        "source": incident.source or "–",
        "quarantine": incident.quarantine or "–",
        "reason": incident.reason or "–",
    }
    copies = tuple(
        (each.place, verdict_mark(each.verdict, tongue), each.files, each.bytes, round(each.seconds, 2))
        for each in compared
    )
    hindered = tuple((each.code, each.text(tongue)) for each in refused)
    return Report(
        kind="repair",
        title=say(f"repair.title{practice}", tongue, incident=incident.id),
        tongue=tongue,
        verdict=Mark(say(f"repair.{incident.state}", tongue), _TONES[incident.state]),
        facts=tuple((say(f"fact.{key}", tongue), value) for key, value in told.items()),
        tables=(
            Table(say("table.faults", tongue), titles(("fault",), tongue), tuple((each,) for each in incident.faults)),
            Table(
                say("table.compared", tongue),
                titles(("place", "found", "files", "bytes", "seconds"), tongue),
                copies,
            ),
            *([Table(say("table.refused", tongue), titles(("code", "why"), tongue), hindered)] if hindered else []),
        ),
        origin=origin,
        notes=(say("repair.note", tongue),),
    )


def _held(name: str, begun: str, seconds: float, tongue: Tongue) -> tuple[tuple[str, Cell], ...]:
    return (
        (say("fact.name", tongue), name),
        (say("fact.begun", tongue), Moment(begun)),
        (say("fact.seconds", tongue), round(seconds, 1)),
    )


def _verdict(key: str, passed: bool, good: int, told: int, tongue: Tongue) -> Mark:
    word = "passed" if passed else "failed"
    return Mark(say(f"{key}.{word}", tongue, good=good, all=told), Tone.GOOD if passed else Tone.BAD)
