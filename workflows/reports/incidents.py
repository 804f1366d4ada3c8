"""The report of incidents: what was found damaged, when, what mended it, who approved it (ISO 16363 5.1.1.3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from metadata.wording import Tongue
from repository.canary import CANARY
from repository.incident import Incident, State
from workflows.reports.known import Known
from workflows.reports.sheet import Bars, Cell, Mark, Moment, Report, Table, Tone
from workflows.reports.words import days_between, say, verdict_mark

_MINUTES = 24 * 60
_TONES = {State.OPEN: Tone.BAD, State.REPAIRED: Tone.GOOD, State.CLOSED: Tone.CALM}
_BY = {"policy": "by_policy", "drill": "by_drill"}
_COLUMNS = (
    "incident", "object", "version", "place", "verdict", "found", "state", "ended", "minutes", "source", "approved",
    "faults",
)  # fmt: skip


def incidents(known: Known, tongue: Tongue) -> Report:
    """Every incident, newest first; those of drills, on the canary, are counted and listed apart."""
    real = [each for each in known.incidents if each.object_id != CANARY]
    practised = [each for each in known.incidents if each.object_id == CANARY]
    titles = tuple(say(f"column.{name}", tongue) for name in _COLUMNS)
    still = sum(each.state is State.OPEN for each in real)
    mended = [_minutes(each) for each in real if each.state is State.REPAIRED]
    verdict = (
        Mark(say("incidents.open", tongue, open=still), Tone.BAD)
        if still
        else Mark(say("incidents.none_open", tongue), Tone.GOOD)
    )
    middle: Cell = round(median(mended), 1) if mended else "–"
    longest: Cell = round(max(mended), 1) if mended else "–"
    return Report(
        kind="incidents",
        title=say("incidents.title", tongue),
        tongue=tongue,
        verdict=verdict,
        facts=(
            (say("incidents.all", tongue), len(real)),
            (say("incidents.still", tongue), still),
            (say("incidents.repaired", tongue), len(mended)),
            (say("incidents.median", tongue), middle),
            (say("incidents.longest", tongue), longest),
            (say("incidents.practice", tongue), len(practised)),
        ),
        tables=(
            Table(say("incidents.list", tongue), titles, tuple(_row(each, tongue) for each in reversed(real))),
            Table(
                say("incidents.practice.list", tongue),
                titles,
                tuple(_row(each, tongue) for each in reversed(practised)),
                say("incidents.practice.note", tongue),
            ),
        ),
        origin=known.origin,
        bars=(Bars(say("incidents.places", tongue), say("unit.incidents", tongue), _by_place(real)),),
        notes=(say("incidents.note", tongue),),
    )


def _minutes(incident: Incident) -> float:
    """From found to mended."""
    return days_between(incident.opened, incident.ended) * _MINUTES


def _by_place(found: Sequence[Incident]) -> tuple[tuple[str, int], ...]:
    names = sorted({each.place for each in found})
    return tuple((name, sum(each.place == name for each in found)) for name in names)


def _row(each: Incident, tongue: Tongue) -> tuple[Cell, ...]:
    minutes: Cell = round(_minutes(each), 1) if each.ended else "–"
    by = say(_BY[each.by], tongue) if each.by in _BY else each.by
    return (
        each.id,
        each.object_id,
        each.version,
        each.place,
        verdict_mark(each.verdict, tongue),
        Moment(each.opened),
        Mark(say(f"state.{each.state}", tongue), _TONES[each.state]),
        Moment(each.ended),
        minutes,
        each.source or "–",
        "; ".join(part for part in (by, each.reason) if part) or "–",
        ", ".join(each.faults),
    )
