"""Which copies are due, which overdue, and whether a plan keeps its promise: ledger, plan and time in, figures out.

A copy's *deadline* is its last reading plus the period of its place. A copy that could not be read counts as last read
when it was last found whole. *Overdue*: the deadline is over. *Due*: the deadline comes before the next daily run has
ended, or the last reading failed, or so much else has its deadline before then that not beginning now would make
something overdue at the plan's speed (four fifths of it: nights fail). So a place filled in one day is read over many.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from metadata.finding import Finding, finding
from repository.ledger import Kept, Ledger, Replica
from repository.verify import Verdict
from workflows.audit_plan import AuditPlan

DAY = dt.timedelta(days=1)
_CAREFUL = 0.8
_MEGA = 1e6
_FAR = 1_000_000
"""Days: no plan is told to last longer, and the calendar ends after the year 9999."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One copy in the queue: last reading (UTC), deadline, and whether the last try to read it failed."""

    kept: Kept
    place: str
    read: dt.datetime
    deadline: dt.datetime
    failed: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """Object, version, place."""
        return self.kept.object_id, self.kept.version, self.place


@dataclass(frozen=True, slots=True)
class PlaceForecast:
    """One place under a plan; MB/s, hours of reading, dates in ISO 8601. Nothing where it is not known.

    `needed` keeps the period within the plan's hours; `measured` is what past checks read, one worker; `full_hours` a
    whole pass; `read_by` the day when every byte of it will have been read.
    """

    place: str
    days: int
    copies: int
    bytes: int
    due: int
    overdue: int
    oldest: str
    needed: float
    measured: float | None
    full_hours: float | None
    read_by: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan means: MB/s needed and possible over all places, hours of a whole pass, whether it keeps its word.

    `kept` is nothing as long as no speed is known. `least_days` and `least_hours` (of reading a day) would keep it.
    """

    plan: AuditPlan
    places: tuple[PlaceForecast, ...]
    needed: float
    possible: float | None
    full_hours: float | None
    read_by: str
    kept: bool | None
    least_days: int
    least_hours: float


def turns(ledger: Ledger, plan: AuditPlan, places: Collection[str] | None = None) -> list[Turn]:
    """Every copy in a place of the plan (or of `places` only): whose deadline comes first is first."""
    found = [
        _turn(kept, replica, plan.days[replica.place])
        for kept in ledger.versions.values()
        for replica in kept.replicas.values()
        if replica.place in plan.days and (places is None or replica.place in places)
    ]
    return sorted(found, key=lambda turn: (turn.deadline, turn.read, turn.key))


def overdue(queue: Iterable[Turn], now: dt.datetime) -> list[Turn]:
    """Those whose deadline is over."""
    return [turn for turn in queue if turn.deadline < now]


def overdue_findings(plan: AuditPlan, late: Sequence[Turn]) -> list[Finding]:
    """The alarm: a finding for every place with copies whose deadline is over."""
    found = []
    for name, days in plan.days.items():
        mine = [turn for turn in late if turn.place == name]
        if mine:
            oldest = min(turn.read for turn in mine).date().isoformat()
            found.append(finding("S033", name, copies=len(mine), oldest=oldest, days=days))
    return found


def due(queue: Sequence[Turn], now: dt.datetime, hours: float, daily_bytes: float | None) -> list[Turn]:
    """Those to be read in the run that begins `now`; `queue` is of `turns`, `daily_bytes` what a day's run reads."""
    horizon = now + DAY + dt.timedelta(hours=hours)
    ahead = _must_begin(queue, now, daily_bytes)
    chosen, before = [], 0
    for turn in queue:
        if turn.failed or turn.deadline <= horizon or before < ahead:
            chosen.append(turn)
        before += turn.kept.bytes
    return chosen


def daily_bytes(sizes: Mapping[str, int], plan: AuditPlan, speeds: Mapping[str, float]) -> float | None:
    """How many bytes a day's run reads by the plan, `sizes` of the places in bytes; nothing when no speed is known."""
    seconds = _pass_seconds(sizes, plan, speeds)
    whole = sum(sizes.values())
    return None if not seconds else plan.hours * 3600 * whole / seconds


def forecast(queue: Sequence[Turn], plan: AuditPlan, speeds: Mapping[str, float], now: dt.datetime) -> Forecast:
    """What the plan means for the copies in `queue`; `speeds`: MB/s of one worker by place, as measured."""
    sizes = {place: sum(turn.kept.bytes for turn in queue if turn.place == place) for place in plan.days}
    a_day = daily_bytes(sizes, plan, speeds)
    load = sum(sizes[place] / days for place, days in plan.days.items())
    kept = None if a_day is None and load else load <= (a_day or 0)
    hours = plan.hours * 3600
    seconds = _pass_seconds(sizes, plan, speeds)
    finished = None if kept is not False else now + DAY * math.ceil(min((seconds or 0) / hours, _FAR))
    now_due = due(queue, now, plan.hours, a_day)
    places = tuple(
        _place(name, queue, now_due, plan=plan, speeds=speeds, now=now, finished=finished) for name in plan.days
    )
    share = load / a_day if a_day else 0.0
    return Forecast(
        plan,
        places,
        needed=load / hours / _MEGA,
        possible=None if a_day is None else a_day / hours / _MEGA,
        full_hours=None if seconds is None else seconds / 3600,
        read_by=max((each.read_by for each in places), default=""),
        kept=kept,
        least_days=math.ceil(min(max(plan.days.values(), default=1) * max(share, 1.0), _FAR)),
        least_hours=plan.hours * share,
    )


def _turn(kept: Kept, replica: Replica, days: int) -> Turn:
    failed = replica.verdict is Verdict.UNREADABLE
    read = dt.datetime.fromisoformat(replica.intact if failed else replica.read)
    return Turn(kept, replica.place, read, read + days * DAY, failed)


def _must_begin(queue: Sequence[Turn], now: dt.datetime, daily: float | None) -> float:
    """How many bytes from the head of the queue later runs would not manage before their deadlines."""
    ahead, whole = 0.0, 0
    for turn in queue if daily is not None else ():
        whole += turn.kept.bytes
        later = max(0, (turn.deadline - now) // DAY)
        ahead = max(ahead, whole - _CAREFUL * (daily or 0.0) * later)
    return ahead


def _pass_seconds(sizes: Mapping[str, int], plan: AuditPlan, speeds: Mapping[str, float]) -> float | None:
    """Seconds of reading everything once; a place never measured is taken for as fast as the others are."""
    total = 0.0
    for place, size in sizes.items():
        speed = _speed(place, plan, speeds)
        if size and speed is None:
            return None
        total += size / _MEGA / speed if size and speed else 0.0
    return total


def _speed(place: str, plan: AuditPlan, speeds: Mapping[str, float]) -> float | None:
    """MB/s at which a place can be read by the plan."""
    one = speeds.get(place) or min(speeds.values(), default=None)
    possible = [*([one * plan.hands] if one else []), *([plan.mb_per_s] if plan.mb_per_s else [])]
    return min(possible, default=None)


def _place(
    name: str,
    queue: Sequence[Turn],
    now_due: Sequence[Turn],
    *,
    plan: AuditPlan,
    speeds: Mapping[str, float],
    now: dt.datetime,
    finished: dt.datetime | None,
) -> PlaceForecast:
    mine = [turn for turn in queue if turn.place == name]
    size, days, speed = sum(turn.kept.bytes for turn in mine), plan.days[name], _speed(name, plan, speeds)
    last = finished or max([now, *(turn.deadline for turn in mine)])
    return PlaceForecast(
        place=name,
        days=days,
        copies=len(mine),
        bytes=size,
        due=sum(turn.place == name for turn in now_due),
        overdue=len(overdue(mine, now)),
        oldest=min((turn.read for turn in mine), default=now).isoformat() if mine else "",
        needed=size / _MEGA / (days * plan.hours * 3600),
        measured=speeds.get(name),
        full_hours=None if speed is None else size / _MEGA / speed / 3600,
        read_by=last.date().isoformat() if mine else "",
    )
