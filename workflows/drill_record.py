"""Drills on record: protocols as files, results from the journal, and when the next one is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from metadata.file import place_bytes
from metadata.record import to_pretty_json
from repository.journal import Entry, Journal
from workflows.settings import Home

DAMAGE, RESTORE = "D", "R"
"""The first letter of a drill's name: harm and repair, or restoring."""


@dataclass(frozen=True, slots=True)
class Held:
    """A drill that was held: its name, its kind, when it ended, whether it passed, seconds."""

    id: str
    kind: str
    when: str
    passed: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Due:
    """When the next drill of a kind must be held (ISO date), and whether that day is over."""

    kind: str
    by: str
    overdue: bool


def held(journal: Journal) -> tuple[Held, ...]:
    """Every drill, oldest first."""
    return tuple(held_of(entry) for entry in journal.entries(kinds=("drilled",)))


def held_of(entry: Entry) -> Held:
    """The drill that an entry "drilled" tells of."""
    seconds = float(str(entry.facts.get("seconds", 0)))
    return Held(entry.subject, entry.subject[:1], entry.time, entry.facts.get("passed") is True, seconds)


def due(home: Home, drills: tuple[Held, ...], since: str, today: dt.date) -> tuple[Due, ...]:
    """When each kind of drill is due: `drill_days` after the last one that passed, or after `since` (ISO 8601)."""
    last: Mapping[str, str] = {each.kind: each.when for each in drills if each.passed}
    found = []
    for kind in (DAMAGE, RESTORE):
        day = dt.datetime.fromisoformat(last.get(kind, since)).date()
        by = day + dt.timedelta(days=home.settings.audit.drill_days)
        found.append(Due(kind, by.isoformat(), by < today))
    return tuple(found)


def stem(identity: str) -> str:
    """What the files about a drill are called, but for their suffixes."""
    return f"drill-{identity.replace(':', '')}"


def write_protocol(home: Home, identity: str, drill: object) -> Path:
    """Write down a drill as a file for people and programs; the file.

    Raises:
        OSError: the disk refuses.
    """
    home.protocols.mkdir(parents=True, exist_ok=True)
    path = home.protocols / f"{stem(identity)}.json"
    place_bytes(path, to_pretty_json(drill))
    return path
