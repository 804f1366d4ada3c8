"""Fixity of one copy of one version: read it through, give a verdict, write it into the journal.

A copy has one verdict, made of its rows. What could not be looked at is *unreadable*, never *damaged* (ISO 16363 4.4.1:
content is monitored, and what was found is told as what it is).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from metadata.event import Agent
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.wording import printable
from repository.journal import Entry, Journal, Witness
from repository.ledger import CHECKED, Kept
from repository.place import Place
from repository.register import DigestRegister
from repository.verify import PLACE_MARKER, Progress, Row, Verdict

_TOLD = 100
"""Faults of one copy that the journal's entry names; a copy that lost more is read again before it is mended."""
_WEIGHT = {
    Verdict.DAMAGED: Verdict.DAMAGED,
    Verdict.MANIFEST_ALTERED: Verdict.DAMAGED,
    Verdict.NOT_A_BAG: Verdict.DAMAGED,
    Verdict.MISSING: Verdict.MISSING,
    Verdict.VERSION_MISSING: Verdict.MISSING,
    Verdict.UNEXPECTED: Verdict.UNEXPECTED,
    Verdict.UNKNOWN: Verdict.UNKNOWN,
}
_WORST = (Verdict.DAMAGED, Verdict.MISSING, Verdict.UNEXPECTED, Verdict.UNKNOWN)
_ABSENT = (Verdict.MISSING, Verdict.VERSION_MISSING, Verdict.NOT_A_BAG)
"""What a place looks like, too, that was taken away while it was read."""


@dataclass(frozen=True, slots=True)
class Check:
    """What reading one copy found: its verdict, files looked at, bytes read, seconds it took, a row a fault."""

    object_id: VolumeId
    version: str
    place: str
    verdict: Verdict
    files: int
    bytes: int
    seconds: float
    faults: tuple[Row, ...] = ()


def check(place: Place, kept: Kept, register: DigestRegister | None = None, on_read: Progress | None = None) -> Check:
    """Read the copy of the version `kept` that `place` holds, every byte; nothing is written.

    With the `register` every file is judged by what was stored, whatever the copy's own manifests say now. A place that
    is away, or goes away meanwhile, makes the copy UNREADABLE (finding S020).
    """
    files = size = 0

    def read(path: str, count: int) -> None:
        nonlocal files, size
        files, size = files + 1, size + count
        if on_read is not None:
            on_read(path, count)

    start = time.monotonic()
    rows = _rows(place, kept, register, read)
    seconds = time.monotonic() - start
    return Check(kept.object_id, kept.version, place.name, verdict_of(rows), files, size, seconds, tuple(rows))


def unread(place: str, kept: Kept, row: Row) -> Check:
    """A copy that could not be read at all, and why."""
    return Check(kept.object_id, kept.version, place, Verdict.UNREADABLE, 0, 0, 0.0, (row,))


def away(place: Place) -> Row:
    """The row of a place that is not attached."""
    return Row(
        Verdict.UNREADABLE,
        f"{place.name} ({place.where})",
        {"finding": "S020", "marker": PLACE_MARKER, "why": PLACE_MARKER},
    )


def verdict_of(rows: Sequence[Row]) -> Verdict:
    """One verdict for a copy from all that is wrong with it: what was seen outweighs what could not be looked at."""
    found = {_WEIGHT.get(row.verdict, Verdict.UNREADABLE) for row in rows if row.verdict is not Verdict.INTACT}
    if not found:
        return Verdict.INTACT
    return next((verdict for verdict in _WORST if verdict in found), Verdict.UNREADABLE)


def code_of(row: Row) -> str:
    """The code of the finding (metadata/findings.toml) that tells a row."""
    return str(row.facts.get("finding", row.code))


def record(journal: Journal, done: Check, run: str, agent: Agent, witnesses: Sequence[Witness] = ()) -> Entry:
    """Write down that a copy was read in the audit `run`, and what was found.

    Raises:
        Problem: as `Journal.append`.
    """
    facts = {
        "version": done.version,
        "place": done.place,
        "verdict": done.verdict.value,
        "run": run,
        "files": done.files,
        "bytes": done.bytes,
        "seconds": round(done.seconds, 3),
        # Names on a disk need not be UTF-8; the journal is.
        "faults": [printable(f"{code_of(row)} {row.path}") for row in done.faults[:_TOLD]],
    }
    return journal.append(CHECKED, done.object_id, facts, agent, witnesses)


def _rows(place: Place, kept: Kept, register: DigestRegister | None, on_read: Progress) -> list[Row]:
    """All faults of a copy; what went wrong on the way is one of them."""
    rows: list[Row] = []
    folder = register.folder(kept.object_id, kept.version) if register is not None else None
    try:
        rows = list(place.faults(kept.object_id, kept.version, replace(kept.known, register=folder), on_read))
    except Problem as problem:
        rows.append(_refused(place, problem))
    except OSError as error:
        rows.append(Row(Verdict.UNREADABLE, place.where, {"why": error.strerror or str(error)}))
    if rows and not place.attached():
        gone = away(place)
        rows = [row for row in rows if row.verdict not in _ABSENT and row.path != gone.path] + [gone]
    return rows


def _refused(place: Place, problem: Problem) -> Row:
    found = problem.finding
    if found.code == "S020":
        return away(place)
    return Row(Verdict.UNREADABLE, found.subject, {"why": str(found.facts.get("why", found.code))})
