"""How audits stand: what a plan means before it is saved, what is due and overdue now, and the last runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from metadata.finding import Finding, finding
from repository.journal import Journal
from workflows.agents import KDR
from workflows.audit_due import Forecast, forecast, overdue, overdue_findings, turns
from workflows.audit_past import Past, Run, Times, read_past
from workflows.audit_plan import PlanWish, changed, save
from workflows.founding import attached
from workflows.settings import Home


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run: when begun and ended (empty: interrupted), copies to be read and what became of them, bytes, seconds."""

    run: str
    begun: str
    ended: str
    due: int
    intact: int
    faults: int
    unread: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class AuditStatus:
    """What is due and overdue by place, the last run, the one to be gone on with, the copy unread for longest."""

    forecast: Forecast
    due: int
    overdue: int
    last: RunShown | None
    interrupted: str
    oldest: str
    findings: tuple[Finding, ...]


def plan_audit(home: Home, wish: PlanWish, *, keep: bool = False, times: Times | None = None) -> Forecast:
    """What the plan in force means with what is wished; `keep` puts it into the journal.

    Raises:
        Problem: S020 the journal is not there, S030 no such place or period; as `Journal.append`.
    """
    journal = Journal(home.journal, (times or Times()).clock)
    journal.require()
    past = read_past(home, journal)
    plan = changed(past.plan, wish)
    now = dt.datetime.fromisoformat(journal.clock())
    made = forecast(turns(past.ledger, plan), plan, past.speeds, now)
    if keep:
        save(journal, plan, KDR, attached(home))
    return made


def status(home: Home, times: Times | None = None) -> AuditStatus:
    """How audits stand now.

    Raises:
        Problem: S020 the journal is not there.
    """
    journal = Journal(home.journal, (times or Times()).clock)
    journal.require()
    past = read_past(home, journal)
    now = dt.datetime.fromisoformat(journal.clock())
    queue = turns(past.ledger, past.plan)
    made = forecast(queue, past.plan, past.speeds, now)
    interrupted = next((run.id for run in reversed(past.runs) if run.open), "")
    late = overdue(queue, now)
    return AuditStatus(
        made,
        due=sum(place.due for place in made.places),
        overdue=len(late),
        last=_shown(past, past.runs[-1]) if past.runs else None,
        interrupted=interrupted,
        oldest=min((turn.read.isoformat() for turn in queue), default=""),
        findings=(*overdue_findings(past.plan, late), *promise_findings(made)),
    )


def promise_findings(made: Forecast) -> list[Finding]:
    """The warning that a plan cannot keep its promise, if it cannot."""
    if made.kept is not False:
        return []
    last = max(made.places, key=lambda place: (place.read_by or "", place.bytes))
    return [
        finding(
            "S031", last.place, needed=f"{made.needed:.2f}", possible=f"{made.possible or 0:.2f}", date=last.read_by,
            days=made.least_days, hours=f"{made.least_hours:.1f}",
        )
    ]  # fmt: skip


def _shown(past: Past, run: Run) -> RunShown:
    facts = run.facts or {}
    checked = past.checked_in(run.id).values()
    intact = sum(entry.facts.get("verdict") == "intact" for entry in checked)

    def number(name: str, otherwise: float) -> float:
        return float(str(facts.get(name, otherwise)))

    return RunShown(
        run.id,
        run.begun,
        run.ended,
        due=int(number("due", 0)),
        intact=int(number("intact", intact)),
        faults=int(number("faults", len(checked) - intact)),
        unread=int(number("unread", 0)),
        bytes=int(number("bytes", sum(float(str(entry.facts.get("bytes", 0))) for entry in checked))),
        seconds=number("seconds", 0),
    )
