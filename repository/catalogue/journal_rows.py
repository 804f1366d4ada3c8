"""From the journal to rows: every entry, and what it says of copies and of their being read through."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress

from metadata.model import volume_id
from repository.canary import CANARY
from repository.catalogue.database import Row, put
from repository.journal import Entry, Journal, Json
from repository.ledger import CHECKED, COPIED

_VERIFIED = "verified"
"""Kind of the entry written after everything was read at once (`kdr store verify`)."""
_COPIES = """
update version set (stored, copies, files, bytes) = (
  select min(case when kind = 'stored' then time end), count(distinct place), max(files), max(bytes)
  from fixity where fixity.object = version.object and fixity.version = version.version
  and fixity.kind in ('stored', 'replicated')
)
"""
_NEWEST = """
update volume set (stored, copies) = (
  select stored, copies from version where version.object = volume.uuid and version.version = volume.version
)
"""


def read_journal(connection: sqlite3.Connection, journal: Journal) -> int:
    """Write the entries that are not in the catalogue yet; the number of all entries.

    A journal that does not go on from what is known is read again from its start. Edited lines are left out
    (`repository.verify` names them); should two sound lines bear one number, the first counts.

    Raises:
        OSError: the journal cannot be read.
    """
    known = connection.execute("select seq, hash from journal order by seq desc limit 1").fetchone() or (0, "")
    if known[0] and not any((entry.seq, entry.hash) == known for entry in journal.entries()):
        connection.execute("delete from fixity")
        connection.execute("delete from journal")
        known = (0, "")
    last = int(known[0])
    for entry in journal.entries():
        if entry.seq > last:
            last = entry.seq
            put(connection, "journal", _entry(entry))
            for row in _fixity(entry):
                put(connection, "fixity", row)
    return last


def settle_copies(connection: sqlite3.Connection) -> None:
    """Tell every version (and volume) when it was stored and how many places hold it, as the journal has it."""
    connection.execute(_COPIES)
    connection.execute(_NEWEST)


def _entry(entry: Entry) -> Row:
    return {
        "seq": entry.seq,
        "time": entry.time,
        "kind": entry.kind,
        "subject": entry.subject,
        "agent": f"{entry.agent.name} {entry.agent.version}".strip(),
        "facts": json.dumps(entry.facts, sort_keys=True, ensure_ascii=False),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _fixity(entry: Entry) -> Iterator[Row]:
    """What an entry says of a copy (it names version and place), or of a whole reading (`verified`; "*": of all)."""
    facts = entry.facts
    copy = isinstance(facts.get("version"), str) and isinstance(facts.get("place"), str)
    if entry.kind != _VERIFIED and not (copy and entry.kind in (*COPIED, CHECKED)):
        return
    faults = facts.get("faults", [])
    found = [str(fault) for fault in faults] if isinstance(faults, list) else []
    sound = entry.kind in COPIED or (entry.kind == _VERIFIED and not found)
    yield {
        "seq": entry.seq,
        "time": entry.time,
        "kind": entry.kind,
        "object": _object(entry.subject),
        "version": _text(facts.get("version")),
        "place": _text(facts.get("place")),
        "verdict": _text(facts.get("verdict")) or ("intact" if sound else "faulty" if found else "unknown"),
        "intact": _whole(facts.get("intact")),
        "faults": len(found),
        "detail": "\n".join(found) or None,
        "files": _whole(facts.get("files")),
        "bytes": _whole(facts.get("bytes")),
        "run": _text(facts.get("run")) or None,
        "practice": entry.subject == CANARY,
    }


def _object(subject: str) -> str | None:
    with suppress(ValueError):
        return volume_id(subject)
    return None


def _text(fact: Json) -> str | None:
    return fact if isinstance(fact, str) else None


def _whole(fact: Json) -> int | None:
    return fact if isinstance(fact, int) else None
