"""The report of drills: what was practised, what passed, how long each harm took, when the next is due."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from metadata.wording import Tongue, wording
from repository.journal import Entry
from workflows.drill_record import DAMAGE, RESTORE, Due, Held, due, held_of
from workflows.reports import words
from workflows.reports.known import Known
from workflows.reports.protocols import harm_word, passed_mark, say, titles
from workflows.reports.sheet import Bars, Cell, Mark, Moment, Report, Table, Tone

_DRILL = wording("workflows", "drill.toml")


def drills(known: Known, tongue: Tongue) -> Report:
    """Every drill, newest first, with the schedule and the times of each harm and place."""
    entries = known.of("drilled")
    held = tuple(held_of(entry) for entry in entries)
    since = known.entries[0].time if known.entries else known.at
    coming = due(known.home, held, since, dt.datetime.fromisoformat(known.at).date())
    good = sum(each.passed for each in held)
    return Report(
        kind="drills",
        title=say("drills.title", tongue),
        tongue=tongue,
        verdict=_verdict(held, coming, tongue),
        facts=(
            (say("drills.period", tongue), words.say("days", tongue, days=known.home.settings.audit.drill_days)),
            (say("drills.held", tongue), len(held)),
            (say("drills.good", tongue), good),
            (say("drills.bad", tongue), len(held) - good),
        ),
        tables=(
            _schedule(held, coming, tongue),
            _harms(entries, tongue),
            _restores(entries, tongue),
            _list(held, tongue),
        ),
        origin=known.origin,
        bars=(Bars(say("drills.bars", tongue), say("unit.drills", tongue), _by_month(held)),),
        notes=(say("drills.note", tongue),),
    )


def _kind(letter: str, tongue: Tongue) -> str:
    return _DRILL.say(f"kind.{letter}", tongue)


def _verdict(held: Sequence[Held], coming: Sequence[Due], tongue: Tongue) -> Mark:
    last = {each.kind: each for each in held}
    failed = [each.kind for each in last.values() if not each.passed]
    if failed:
        kinds = ", ".join(_kind(kind, tongue) for kind in failed)
        return Mark(say("drills.failed_last", tongue, kinds=kinds), Tone.BAD)
    late = [each.kind for each in coming if each.overdue or each.kind not in last]
    if late:
        return Mark(say("drills.late", tongue, kinds=", ".join(_kind(kind, tongue) for kind in late)), Tone.WARN)
    return Mark(say("drills.well", tongue), Tone.GOOD)


def _schedule(held: Sequence[Held], coming: Sequence[Due], tongue: Tongue) -> Table:
    passed = {each.kind: each.when for each in held if each.passed}
    rows: list[tuple[Cell, ...]] = []
    for each in coming:
        last: Cell = Moment(passed[each.kind]) if each.kind in passed else say("drills.never", tongue)
        word, tone = ("overdue", Tone.BAD) if each.overdue else ("due", Tone.GOOD)
        rows.append((_kind(each.kind, tongue), last, each.by, Mark(say(f"drills.{word}", tongue), tone)))
    return Table(say("drills.schedule", tongue), titles(("kind", "last", "by", "state"), tongue), tuple(rows))


def _harms(entries: Sequence[Entry], tongue: Tongue) -> Table:
    told: dict[str, list[Mapping[str, object]]] = {}
    for each in (each for entry in entries if entry.subject.startswith(DAMAGE) for each in _parts(entry, "exercises")):
        told.setdefault(str(each.get("harm", "")), []).append(each)
    rows: list[tuple[Cell, ...]] = []
    for harm, trials in told.items():
        find = [_minutes(each, "seconds_to_find") for each in trials]
        mend = [_minutes(each, "seconds_to_mend") for each in trials]
        good = sum(bool(each.get("recognised")) and bool(each.get("mended")) for each in trials)
        longest = max(map(sum, zip(find, mend, strict=True)))
        times = [round(each, 3) for each in (median(find), median(mend), longest)]
        rows.append((harm_word(harm, tongue), len(trials), good, *times))
    columns = ("harm", "trials", "good", "find_middle", "mend_middle", "longest")
    return Table(say("drills.harms", tongue), titles(columns, tongue), tuple(rows))


def _restores(entries: Sequence[Entry], tongue: Tongue) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for entry in reversed([entry for entry in entries if entry.subject.startswith(RESTORE)]):
        for each in _parts(entry, "places"):
            minutes = _minutes(each, "seconds_to_copy") + _minutes(each, "seconds_to_verify")
            passed = bool(each.get("versions")) and not each.get("missing") and not each.get("failures")
            counts = [int(str(each.get(name, 0))) for name in ("versions", "bytes")]
            mark = passed_mark(passed, tongue)
            rows.append((Moment(entry.time), str(each.get("place", "")), *counts, round(minutes, 3), mark))
    columns = ("when", "place", "versions", "bytes", "minutes", "result")
    return Table(say("drills.restores", tongue), titles(columns, tongue), tuple(rows))


def _list(held: Sequence[Held], tongue: Tongue) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for each in reversed(held):
        minutes, mark = round(each.seconds / 60, 2), passed_mark(each.passed, tongue)
        rows.append((each.id, _kind(each.kind, tongue), Moment(each.when), minutes, mark))
    return Table(
        say("drills.list", tongue), titles(("drill", "kind", "when", "minutes", "result"), tongue), tuple(rows)
    )


def _by_month(held: Sequence[Held]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(each.when[:7] for each in held).items()))


def _parts(entry: Entry, name: str) -> list[Mapping[str, object]]:
    told = entry.facts.get(name)
    return [each for each in told if isinstance(each, Mapping)] if isinstance(told, list | tuple) else []


def _minutes(part: Mapping[str, object], name: str) -> float:
    return float(str(part.get(name) or 0)) / 60
