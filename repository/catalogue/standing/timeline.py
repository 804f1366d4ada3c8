"""The life of one volume in one line of time: claimed, processed, waiting, stored, copied, read again, repaired."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from repository.catalogue.presentation import NAME, Speech
from repository.catalogue.reading.rows import Row, rows
from repository.catalogue.standing.work import batches, reasons, spent

if TYPE_CHECKING:
    from datasette.app import Datasette

_WORK = """
select own.*, batch.claimed, batch.planned, batch.delivery, batch.working, batch.looked
from batch_volume as own join batch on batch.batch = own.batch where own.volume = ? order by batch.claimed desc
"""
_STEPS = "select step, pages from batch_step where batch = ? and volume = ? order by number"
# Whoever works for the volume's institution may know what befell it; the rest of the journal is the archivists'.
_JOURNAL = """
select told.seq, told.time, told.kind, told.agent, told.facts
from volume join main.journal as told on told.subject = volume.uuid where volume.uuid = ? order by told.seq desc limit ?
"""
_COPIES = """
select kept.place, kept.verdict, kept.last_intact, kept.last_read, kept.deadline
from volume join main.copy as kept on kept.object = volume.uuid and kept.version = volume.version
where volume.uuid = ? order by kept.place
"""
_TOOK = """
select claimed, stored from volume where claimed is not null and stored is not null order by stored desc limit 500
"""
_MOST_ENTRIES = 1000
_FACTS = ("verdict", "version", "place", "source", "by", "approved_by", "reason", "hold", "legal_basis")
_OFTEN = frozenset({"checked", "verified"})
"""Kinds of entries of which only the last of each place is told, with how many there were."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: when (ISO 8601), what in words, by whom, and more in words; `bad` asks for attention."""

    when: str
    said: str
    by: str = ""
    more: tuple[str, ...] = ()
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Where a volume is: sentences for people first, then every event, the newest first; `do` is what waits."""

    title: str
    folder: str
    said: tuple[str, ...]
    do: tuple[Row, ...]
    batch: str
    stored: bool
    events: tuple[Event, ...] = field(default=())


async def timeline(datasette: Datasette, uuid: str, volume: Row | None) -> Told | None:
    """Where the volume `uuid` is; `volume` is its row where it is stored. Nothing when nobody knows it."""
    speech = Speech()
    work = await rows(datasette, _WORK, uuid)
    if volume is None and not work:
        return None
    why = await reasons(datasette, work)
    newest = work[0] if work else None
    stops = tuple(why.get((newest["batch"], uuid), ())) if newest and newest["state"] != "stored" else ()
    said = [*(await _in_work(datasette, newest, speech) if newest else ())]
    events: list[Event] = []
    for row in work:
        events += await _worked(datasette, row, why.get((row["batch"], uuid), []), speech)
    if volume is not None:
        said = [*said, *await _kept(datasette, uuid, speech)]
        events += [*await _journal(datasette, uuid, speech), *_packaged(volume, work, speech)]
    events.sort(key=lambda event: event.when[:19], reverse=True)
    known = volume or newest or {}
    name = volume["called"] if volume else known["title"]
    batch = newest["batch"] if newest else ""
    return Told(name, known["folder"] or "", tuple(said), stops, batch, volume is not None, tuple(events))


async def _in_work(datasette: Datasette, row: Row, speech: Speech) -> tuple[str, ...]:
    """How it stands in its newest batch, and when it will be ready."""
    numbers = {name: speech.grouped(row[name]) for name in ("pages", "done")}
    state = row["state"]
    if state == "stored":
        return ()
    if state != "working":
        return (speech.say(f"standing.is.{state}", moment=speech.moment(row["ended"] or row["looked"])),)
    if row["working"]:
        (batch,) = await batches(datasette, row["batch"])
        told = speech.say("standing.is.working", **numbers)
        if batch.ready:
            return told, speech.say("standing.ready", moment=speech.moment(batch.ready))
    else:
        told = speech.say("standing.is.stopped", **numbers)
    return told, *await _usually(datasette, row, speech)


async def _usually(datasette: Datasette, row: Row, speech: Speech) -> tuple[str, ...]:
    """How long it takes from the claim to the store, learned from those that are there: the median of the last."""
    took = [length for each in await rows(datasette, _TOOK) if (length := _length(each["claimed"], each["stored"])) > 0]
    if not took:
        return ()
    usual = median(took)
    due = dt.datetime.fromisoformat(row["claimed"]) + dt.timedelta(seconds=usual)
    late = due < dt.datetime.now(dt.UTC)
    key = "standing.usually_late" if late else "standing.usually"
    return (speech.say(key, time=spent(usual, speech), moment=speech.moment(due.isoformat())),)


def _length(start: str, end: str) -> float:
    try:
        return (dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError):  # a package of another program tells moments without an offset, or otherwise
        return 0.0


async def _worked(datasette: Datasette, row: Row, why: Sequence[Row], speech: Speech) -> list[Event]:
    """What its batch knows: claimed, planned, the steps so far, how it ended."""
    told = [Event(row["claimed"], speech.say("standing.event.claimed", delivery=row["delivery"] or row["batch"]))]
    if row["planned"]:
        told.append(Event(row["planned"], speech.say("standing.event.planned", pages=speech.grouped(row["pages"]))))
    steps = await rows(datasette, _STEPS, row["batch"], row["volume"])
    done = tuple(
        speech.say(
            "standing.event.step", step=speech.meaning("step", each["step"]), pages=each["pages"], of=row["pages"]
        )
        for each in steps
    )
    if done and row["state"] != "stored":
        told.append(Event(row["looked"], speech.say("standing.event.steps"), more=done))
    if row["ended"] and row["state"] != "stored":
        texts = tuple(each[f"text_{speech.tongue}"] for each in why)
        told.append(Event(row["ended"], str(speech.meaning("state", row["state"])), more=texts, bad=True))
    return told


def _packaged(volume: Row, work: Sequence[Row], speech: Speech) -> Iterator[Event]:
    """What its package says of its making; the claim only where no batch folder says it."""
    if volume["claimed"] and not any(row["batch"] == volume["batch"] for row in work):
        told = volume["delivery"] or volume["batch"] or ""
        name = told.rsplit("/", 1)[-1]
        yield Event(volume["claimed"], speech.say("standing.event.claimed", delivery=name))
    if volume["created"]:
        version = volume["version"]
        yield Event(volume["created"], speech.say("standing.event.packaged", version=version))


async def _kept(datasette: Datasette, uuid: str, speech: Speech) -> tuple[str, ...]:
    """In how many copies its newest version lies, and when they were last read and found intact."""
    found = (await datasette.get_database(NAME).execute_trusted(_COPIES, [uuid])).rows
    good = [row for row in found if row["verdict"] == "intact"]
    bad = [row for row in found if row["verdict"] != "intact"]
    told = []
    if good:
        last, first = (speech.day(pick(row["last_intact"] for row in good)) for pick in (max, min))
        places = ", ".join(row["place"] for row in good)
        told.append(speech.say("standing.kept", count=len(good), places=places, last=last, first=first))
    for row in bad:
        verdict = speech.meaning("verdict", row["verdict"])
        told.append(speech.say("standing.kept_badly", place=row["place"], verdict=verdict))
    return tuple(told) or (speech.say("standing.not_kept"),)


async def _journal(datasette: Datasette, uuid: str, speech: Speech) -> list[Event]:
    """What the journal says of it; readings that repeat themselves once, with their number."""
    found = (await datasette.get_database(NAME).execute_trusted(_JOURNAL, [uuid, _MOST_ENTRIES])).rows
    told: dict[tuple[Any, ...], tuple[Event, int]] = {}
    for row in found:
        facts = json.loads(row["facts"])
        same = (row["kind"], facts.get("place"), facts.get("verdict")) if row["kind"] in _OFTEN else (row["seq"],)
        event, count = told.get(same, (_entry(row, facts, speech), 0))
        told[same] = event, count + 1
    return [event if count == 1 else _counted(event, count, speech) for event, count in told.values()]


def _entry(row: Row, facts: dict[str, Any], speech: Speech) -> Event:
    more = tuple(
        speech.say("standing.event.fact", name=speech.label(name, "incident"), value=speech.meaning(name, facts[name]))
        for name in _FACTS
        if isinstance(facts.get(name), str | int) and facts[name] != ""
    )
    bad = row["kind"] == "incident" or facts.get("verdict") in ("damaged", "missing", "unexpected")
    return Event(row["time"], str(speech.meaning("kind", row["kind"])), row["agent"], more, bad=bad)


def _counted(event: Event, count: int, speech: Speech) -> Event:
    often = speech.say("standing.event.often", count=speech.grouped(count))
    return Event(event.when, event.said, event.by, (*event.more, often), event.bad)
