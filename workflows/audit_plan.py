"""The plan of audits: within how many days each place is read, for how many hours a day, how fast, by how many workers.

The newest entry "audit planned" of the journal is in force; without one the table ``[audit]`` of the settings is.
ISO 16363 4.4.1.2 asks for monitoring that is planned, done and evidenced.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from metadata.event import Agent
from metadata.problem import Problem
from repository.journal import Entry, Journal, Json, Witness
from workflows.settings import Home

PLANNED = "audit planned"
"""Kind of the entry that holds a plan."""
_MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """Days within which every copy of a place is read (by its name), hours a day, MB/s (0 no limit), workers.

    `saved` is when the plan was put into the journal, empty for the settings' one; 0 workers are one a core.
    """

    days: Mapping[str, int] = field(default_factory=dict)
    hours: float = 8.0
    mb_per_s: float = 0.0
    workers: int = 0
    saved: str = ""

    @property
    def hands(self) -> int:
        """How many copies are read at once."""
        return self.workers or os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class PlanWish:
    """What a person wants changed: days for all places, "NAME=DAYS" for single ones; nothing where it stays."""

    days: int | None = None
    places: Sequence[str] = ()
    hours: float | None = None
    mb_per_s: float | None = None
    workers: int | None = None


def plan_in_force(home: Home, entries: Iterable[Entry]) -> AuditPlan:
    """The newest plan among `entries`, else the settings' one; places it does not name are read as the settings say."""
    given = home.settings.audit
    usual = {place.name: given.days for place in home.settings.place}
    newest = next((entry for entry in reversed(list(entries)) if entry.kind == PLANNED), None)
    if newest is None:
        return AuditPlan(usual, given.hours, given.mb_per_s, given.workers)
    facts = newest.facts
    named = facts.get("places")
    days = {str(name): int(str(value)) for name, value in named.items()} if isinstance(named, Mapping) else {}
    return AuditPlan(
        {name: days.get(name, usual[name]) for name in usual},
        float(str(facts.get("hours", given.hours))),
        float(str(facts.get("mb_per_s", given.mb_per_s))),
        int(str(facts.get("workers", given.workers))),
        newest.time,
    )


def changed(plan: AuditPlan, wish: PlanWish) -> AuditPlan:
    """The plan as the wish has it.

    Raises:
        Problem: S030, a wish for a place names none, or no number of days.
    """
    days = dict(plan.days) if wish.days is None else dict.fromkeys(plan.days, wish.days)
    for text in wish.places:
        name, _, number = text.partition("=")
        if name not in days or not number.isdecimal() or not 1 <= int(number) <= _MOST_DAYS:
            raise Problem("S030", text, places=", ".join(days))
        days[name] = int(number)
    return replace(
        plan,
        days=days,
        hours=plan.hours if wish.hours is None else wish.hours,
        mb_per_s=plan.mb_per_s if wish.mb_per_s is None else wish.mb_per_s,
        workers=plan.workers if wish.workers is None else wish.workers,
    )


def save(journal: Journal, plan: AuditPlan, agent: Agent, witnesses: Sequence[Witness]) -> Entry:
    """Put the plan into force.

    Raises:
        Problem: as `Journal.append`.
    """
    facts: dict[str, Json] = {
        "places": dict(plan.days), "hours": plan.hours, "mb_per_s": plan.mb_per_s, "workers": plan.workers,
    }  # fmt: skip
    return journal.append(PLANNED, "*", facts, agent, witnesses)
