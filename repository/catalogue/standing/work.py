"""Batches in work as whoever asks may see them: numbers of their own volumes, what waits and why, when it is ready."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from repository.catalogue.presentation import Speech
from repository.catalogue.reading.rows import Row, rows

if TYPE_CHECKING:
    from datasette.app import Datasette

MOST = 200
"""Batches in one list, the newest."""

_BATCHES = """
select batch.*, count(own.volume) as volumes, coalesce(sum(own.pages), 0) as pages, coalesce(sum(own.done), 0) as done,
  coalesce(sum(own.bad), 0) as bad, coalesce(sum(own.broken), 0) as broken, coalesce(sum(own.todo), 0) as todo,
  coalesce(sum(own.awaited), 0) as awaited, coalesce(sum(own.state = 'stored'), 0) as stored,
  coalesce(sum(own.state in ('waiting', 'unnumbered')), 0) as waiting, coalesce(sum(own.state = 'failed'), 0) as failed
from batch left join batch_volume as own on own.batch = batch.batch
where ?1 is null or batch.batch = ?1
group by batch.batch order by batch.working desc, batch.claimed desc, batch.batch limit ?2
"""
_WAITING = """
select own.*, batch.working from batch_volume as own join batch on batch.batch = own.batch
where own.state in ('waiting', 'unnumbered', 'failed') and (?1 is null or own.batch = ?1)
order by own.ended, own.batch, own.folder limit ?2
"""
_WHY = """
select batch, volume, position, code, subject, text_cs, text_en, do_cs, do_en from batch_finding
where severity in ('error', 'fatal') and batch || '/' || volume in (select value from json_each(?))
order by batch, volume, number limit 2000
"""
_REASONS = 4
"""So many reasons of one volume are told; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: its row with the sums of its volumes, and when it will be ready (ISO 8601; empty: nobody knows)."""

    row: Row
    ready: str

    @property
    def percent(self) -> int:
        """How much of its pages needs no more work of the machine, 0..100."""
        pages = self.row["pages"]
        return 100 * (pages - self.row["todo"]) // pages if pages else 0

    @property
    def state(self) -> str:
        """How it stands, as "standing.batch.<state>" says it."""
        row = self.row
        if row["working"]:
            return "working"
        if row["waiting"]:
            return "waiting"
        if row["failed"] or row["todo"] or row["broken"]:
            return "stopped"
        return "stored" if row["volumes"] else "claimed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A volume that waits: its row, the first findings that stop it (rows), and how many more there are."""

    row: Row
    why: tuple[Row, ...]
    more: int


async def batches(datasette: Datasette, name: str | None = None) -> tuple[Batch, ...]:
    """The newest batches, those in work first; with `name` that one, if there is one to be seen."""
    return tuple(Batch(row, ready(row)) for row in await rows(datasette, _BATCHES, name, MOST))


def ready(row: Row) -> str:
    """When the pages that are left will have been processed at the pace of the last ones (ISO 8601, UTC); or empty."""
    if not (row["working"] and row["moving"] and row["pages_per_minute"]):
        return ""
    left = dt.timedelta(minutes=row["awaited"] / row["pages_per_minute"])
    return (dt.datetime.fromisoformat(row["looked"]) + left).isoformat(timespec="seconds")


async def waiting(datasette: Datasette, name: str | None = None) -> tuple[Waiting, ...]:
    """The volumes that wait for a person, those that wait longest first; with `name` those of that batch."""
    found = await rows(datasette, _WAITING, name, MOST)
    told = await reasons(datasette, found)
    return tuple(
        Waiting(row, tuple(own[:_REASONS]), max(0, len(own) - _REASONS))
        for row in found
        for own in [told.get((row["batch"], row["volume"]), [])]
    )


async def reasons(datasette: Datasette, volumes: Sequence[Row]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The findings that stop `volumes` (rows with batch and volume), by batch and volume."""
    names = json.dumps([f"{row['batch']}/{row['volume']}" for row in volumes])
    told: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in await rows(datasette, _WHY, names):
        told.setdefault((row["batch"], row["volume"]), []).append(row)
    return told


def spent(seconds: float, speech: Speech) -> str:
    """A length of time as people say it: days and hours, hours and minutes, or minutes."""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return speech.say("standing.minutes", minutes=minutes)
    if minutes < 48 * 60:
        return speech.say("standing.hours", hours=minutes // 60, minutes=minutes % 60)
    return speech.say("standing.days", days=minutes // 1440, hours=minutes % 1440 // 60)
