"""The report of fixity: which copies were read in a period, what that found, what is overdue (ISO 16363 4.4.1.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from metadata.wording import Tongue
from repository.canary import CANARY
from repository.journal import Entry
from repository.ledger import CHECKED, Replica
from repository.verify import Verdict
from workflows.reports.known import Known
from workflows.reports.sheet import Bars, Cell, Mark, Moment, Report, Table, Tone
from workflows.reports.words import days_between, say, size, verdict_mark

RUN_BEGUN, RUN_ENDED = "audit begun", "audit ended"
_MOST = 500
"""Overdue copies that are named one by one."""


def fixity(known: Known, tongue: Tongue, days: int = 365) -> Report:
    """What was read in the last `days` days; overdue copies as they stand now."""
    recent = [each for each in known.of(CHECKED, RUN_BEGUN, RUN_ENDED) if days_between(each.time, known.at) <= days]
    read_through = [each for each in recent if each.kind == CHECKED]
    checks = [each for each in read_through if each.subject != CANARY]
    practised = [each for each in read_through if each.subject == CANARY]
    replicas = [each for each in known.ledger.replicas() if each.object_id != CANARY]
    verdicts = Counter(_verdict(each) for each in checks)
    late = [replica for replica in replicas if known.overdue(replica)]
    unwell = [replica for replica in replicas if replica.verdict is not Verdict.INTACT]
    read = sum(_number(each, "bytes") for each in checks)
    return Report(
        kind="fixity",
        title=say("fixity.title", tongue),
        tongue=tongue,
        verdict=_sentence(len(late), len(unwell), tongue),
        facts=(
            (say("fixity.period", tongue), say("days", tongue, days=days)),
            (say("fixity.runs", tongue), len({str(e.facts.get("run", "")) for e in checks} - {""})),
            (say("fixity.read", tongue), len(checks)),
            (say("fixity.bytes", tongue), size(read, tongue)),
            (say("sum.overdue", tongue), len(late)),
            (say("fixity.unwell", tongue), len(unwell)),
            (say("fixity.practice", tongue), _practice(practised, tongue)),
        ),
        tables=(
            _verdicts(verdicts, tongue),
            _places(known, checks, tongue),
            _months(checks, tongue),
            _named(unwell, "fixity.unwell_now", tongue),
            _named(sorted(late, key=lambda each: each.intact)[:_MOST], "fixity.overdue_now", tongue),
            _runs(recent, tongue),
        ),
        origin=known.origin,
        bars=(Bars(say("fixity.months", tongue), say("unit.readings", tongue), _by_month(checks)),),
        notes=(say("fixity.note", tongue),),
    )


def _practice(checks: Sequence[Entry], tongue: Tongue) -> str:
    """What was read of the canary: in drills and, between them, in audits."""
    wrong = sum(_verdict(each) is not Verdict.INTACT for each in checks)
    return say("fixity.practice.told", tongue, read=len(checks), wrong=wrong)


def _verdict(entry: Entry) -> Verdict:
    try:
        return Verdict(str(entry.facts.get("verdict", "")))
    except ValueError:
        return Verdict.UNKNOWN


def _number(entry: Entry, name: str) -> float:
    return float(str(entry.facts.get(name) or 0))


def _sentence(late: int, unwell: int, tongue: Tongue) -> Mark:
    if unwell:
        return Mark(say("fixity.damaged", tongue, unwell=unwell, late=late), Tone.BAD)
    if late:
        return Mark(say("fixity.late", tongue, late=late), Tone.WARN)
    return Mark(say("fixity.well", tongue), Tone.GOOD)


def _verdicts(counts: Counter[Verdict], tongue: Tongue) -> Table:
    rows = tuple((verdict_mark(each, tongue), counts[each]) for each in Verdict if counts[each])
    return Table(say("fixity.verdicts", tongue), _titles(("verdict", "readings"), tongue), rows)


def _places(known: Known, checks: Sequence[Entry], tongue: Tongue) -> Table:
    replicas = [replica for replica in known.ledger.replicas() if replica.object_id != CANARY]
    copies = Counter(replica.place for replica in replicas)
    late = Counter(replica.place for replica in replicas if known.overdue(replica))
    oldest: dict[str, str] = {}
    for replica in replicas:
        oldest[replica.place] = min(oldest.get(replica.place, replica.intact), replica.intact)
    rows: list[tuple[Cell, ...]] = []
    for name in known.standings:
        own = [each for each in checks if each.facts.get("place") == name]
        seconds, count = sum(_number(each, "seconds") for each in own), sum(_number(each, "bytes") for each in own)
        wrong = sum(_verdict(each) is not Verdict.INTACT for each in own)
        speed: Cell = round(count / seconds / 1e6, 1) if seconds else "–"
        period = say("days", tongue, days=int(known.periods[name]))
        rows.append(
            (name, period, copies[name], len(own), int(count), wrong, late[name], Moment(oldest.get(name, "")), speed)
        )
    columns = ("place", "period", "versions", "readings", "bytes", "faulty", "overdue", "oldest", "speed")
    return Table(say("fixity.places", tongue), _titles(columns, tongue), tuple(rows))


def _by_month(checks: Iterable[Entry]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(each.time[:7] for each in checks).items()))


def _months(checks: Sequence[Entry], tongue: Tongue) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for month, count in _by_month(checks):
        own = [each for each in checks if each.time[:7] == month]
        wrong = sum(_verdict(each) is not Verdict.INTACT for each in own)
        rows.append((month, count, int(sum(_number(each, "bytes") for each in own)), wrong))
    return Table(say("fixity.months", tongue), _titles(("month", "readings", "bytes", "faulty"), tongue), tuple(rows))


def _named(replicas: Sequence[Replica], key: str, tongue: Tongue) -> Table:
    rows = tuple(
        (
            each.object_id,
            each.version,
            each.place,
            verdict_mark(each.verdict, tongue),
            Moment(each.read),
            Moment(each.intact),
        )
        for each in sorted(replicas, key=lambda replica: (replica.intact, replica.object_id, replica.place))
    )
    return Table(say(key, tongue), _titles(("object", "version", "place", "verdict", "read", "proved"), tongue), rows)


def _runs(recent: Sequence[Entry], tongue: Tongue) -> Table:
    ended = {each.subject: each for each in recent if each.kind == RUN_ENDED}
    rows: list[tuple[Cell, ...]] = []
    for each in (entry for entry in recent if entry.kind == RUN_BEGUN):
        end = ended.get(each.subject)
        counts = [int(_number(end, name)) if end else "–" for name in ("intact", "faults", "unread")]
        rows.append(
            (
                each.subject,
                Moment(each.time),
                Moment(end.time if end else ""),
                str(each.facts.get("scope", "")),
                *counts,
            )
        )
    columns = ("run", "begun", "ended", "scope", "intact", "faulty", "unread")
    return Table(say("fixity.runs_held", tongue), _titles(columns, tongue), tuple(rows))


def _titles(names: Iterable[str], tongue: Tongue) -> tuple[str, ...]:
    return tuple(say(f"column.{name}", tongue) for name in names)
