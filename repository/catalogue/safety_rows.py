"""How safely everything is kept, as rows: copies and their deadlines, incidents, audits, drills, seals, the policy.

All of it is what the journal says, measured by what the settings promise; it is written anew as a whole, so that it
never depends on what was there before.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from repository.canary import CANARY
from repository.catalogue.database import Row, put
from repository.incident import KINDS as OF_INCIDENTS
from repository.incident import incidents_of
from repository.journal import Entry, Journal
from repository.ledger import KINDS as OF_COPIES
from repository.ledger import Ledger, Replica, ledger_of
from repository.policy import Policy, Standing, safety
from repository.seal import SEALED, STAMPED
from repository.shelf import Shelf, shelf_of
from repository.verify import Verdict

_BEGUN, _ENDED, _DRILLED = "audit begun", "audit ended", "drilled"
_TABLES = ("promise", "copy", "safety", "incident", "audit", "drill", "seal")
_RESULTS = ("due", "intact", "faults", "unread", "bytes", "seconds")


@dataclass(frozen=True, slots=True)
class Promises:
    """What the institution promised itself, as plain values of its settings and its audit plan.

    `standings` of the places by name (a place that is not there does not count as safe), `periods` days within which
    every copy of a place is read (`period` where a place has none), `drill_days` between drills; whether days are
    sealed and stamped.
    """

    policy: Policy = field(default_factory=Policy)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    periods: Mapping[str, int] = field(default_factory=dict)
    period: int = 90
    drill_days: int = 90
    seals: bool = False
    stamps: bool = False


def settle_safety(connection: sqlite3.Connection, journal: Journal, promises: Promises, *, built: int) -> None:
    """Write all of it; `built` is the number of the last entry when the volumes of the catalogue were looked at.

    Raises:
        OSError: the journal cannot be read.
    """
    entries = list(journal.entries())
    ledger = ledger_of(entry for entry in entries if entry.kind in OF_COPIES)
    for table in _TABLES:
        connection.execute(f"delete from {table}")  # noqa: S608 - our own names
    rows: Mapping[str, Iterator[Row]] = {
        "promise": iter([_promise(promises, entries, built)]),
        "copy": _copies(ledger, promises),
        "safety": _safety(ledger, promises, shelf_of(entries)),
        "incident": _incidents(entries),
        "audit": _audits(entries),
        "drill": _drills(entries),
        "seal": _seals(entries),
    }
    for table, found in rows.items():
        for row in found:
            put(connection, table, row)


def _promise(promises: Promises, entries: Sequence[Entry], built: int) -> Row:
    asked = promises.policy
    return {
        "copies": asked.copies,
        "sites": asked.sites,
        "media": asked.media,
        "drill_days": promises.drill_days,
        "seals": promises.seals,
        "stamps": promises.stamps,
        "since": entries[0].time if entries else None,
        "built": built,
    }


def _copies(ledger: Ledger, promises: Promises) -> Iterator[Row]:
    for (object_id, version), kept in sorted(ledger.versions.items()):
        for replica in kept.replicas.values() if object_id != CANARY else ():
            days = promises.periods.get(replica.place, promises.period)
            yield {
                "object": object_id,
                "version": version,
                "place": replica.place,
                "since": replica.since,
                "last_read": replica.read,
                "verdict": replica.verdict.value,
                "last_intact": replica.intact,
                "period": days,
                "deadline": _deadline(replica, days),
                "bytes": kept.bytes,
            }


def _deadline(replica: Replica, days: int) -> str:
    """When it must have been read again (UTC): a copy that could not be read counts from when it last could."""
    read = dt.datetime.fromisoformat(replica.intact if replica.verdict is Verdict.UNREADABLE else replica.read)
    return (read + dt.timedelta(days=days)).astimezone(dt.UTC).isoformat(timespec="seconds")


def _safety(ledger: Ledger, promises: Promises, shelf: Shelf) -> Iterator[Row]:
    shelved = shelf.copies()
    for (object_id, version), kept in sorted(ledger.versions.items()):
        if object_id == CANARY:
            continue
        found = safety(kept, promises.standings, promises.policy, shelved.get((object_id, version), ()))
        yield {
            "object": object_id,
            "version": version,
            "copies": found.copies,
            "sites": found.sites,
            "media": found.media,
            "safe": found.safe,
            "places": ", ".join(found.places) or None,
        }


def _incidents(entries: Sequence[Entry]) -> Iterator[Row]:
    for each in incidents_of(entry for entry in entries if entry.kind in OF_INCIDENTS):
        yield {
            "incident": each.id,
            "object": each.object_id,
            "version": each.version,
            "place": each.place,
            "verdict": each.verdict.value,
            "opened": each.opened,
            "state": each.state.value,
            "ended": each.ended or None,
            "run": each.run or None,
            "approved": each.by or None,
            "source": each.source or None,
            "reason": each.reason or None,
            "faults": len(each.faults),
            "detail": "\n".join(each.faults) or None,
            "practice": each.object_id == CANARY,
        }


def _audits(entries: Sequence[Entry]) -> Iterator[Row]:
    ended = {entry.subject: entry for entry in entries if entry.kind == _ENDED}
    begun = {entry.subject: entry for entry in entries if entry.kind == _BEGUN}
    for run, entry in begun.items():
        end = ended.get(run)
        results = {name: _number(end, name) for name in _RESULTS}
        yield {"run": run, "begun": entry.time, "ended": end.time if end else None, **results}


def _drills(entries: Sequence[Entry]) -> Iterator[Row]:
    for entry in (entry for entry in entries if entry.kind == _DRILLED):
        trials = entry.facts.get("exercises") or entry.facts.get("places")
        told = [each for each in trials if isinstance(each, Mapping)] if isinstance(trials, list | tuple) else []
        yield {
            "drill": entry.subject,
            "exercise": "restore" if entry.subject.startswith("R") else "damage",
            "time": entry.time,
            "passed": entry.facts.get("passed") is True,
            "trials": len(told),
            "failed": sum(_failed(each) for each in told),
            "seconds": _number(entry, "seconds"),
        }


def _failed(trial: Mapping[str, object]) -> bool:
    """Whether an exercise of a damage drill, or a place of a restore drill, did not go as it must."""
    if "harm" in trial:
        return not (trial.get("recognised") and trial.get("mended"))
    return bool(trial.get("missing") or trial.get("failures")) or not trial.get("versions")


def _seals(entries: Sequence[Entry]) -> Iterator[Row]:
    rows: dict[str, Row] = {}
    stamps: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind == SEALED:
            first = rows.get(entry.subject, {})
            rows[entry.subject] = {
                "record": entry.subject,
                "time": first.get("time", entry.time),
                "sealed": entry.facts.get("sealed") is True,
                "test": entry.facts.get("test") is True,
            }
        elif entry.kind == STAMPED:
            stamps.setdefault(entry.subject, []).append(entry)
    for name, row in rows.items():
        own = stamps.get(name, [])
        last = own[-1].facts if own else {}
        told = {"stamped": str(last["time"]) if "time" in last else None, "ends": str(last.get("ends", "")) or None}
        yield {**row, "stamps": len(own), **told}


def _number(entry: Entry | None, name: str) -> int | float | None:
    value = entry.facts.get(name) if entry is not None else None
    return value if isinstance(value, int | float) else None
