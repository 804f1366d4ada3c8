"""Fixity of one copy of one version: read it through, give a verdict, write it into the journal.

A copy has one verdict, made of its rows. What could not be looked at is *unreadable*, never *damaged* (ISO 16363 4.4.1:
content is monitored, and what was found is told as what it is).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from metadata.event import Agent
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.wording import printable
from repository.journal import Entry, Journal, Witness
from repository.ledger import CHECKED, Kept
from repository.place import Place
from repository.register import DigestRegister
from repository.verify import MANIFEST, PLACE_MARKER, TAG_MANIFEST, Progress, Row, Verdict, parse_manifest

_CHUNK = 1 << 20
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
_UNTRUE = (Verdict.MANIFEST_ALTERED, Verdict.NOT_A_BAG)
"""The manifests are not there or not what they were: what they say of the files is no evidence."""
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

    Where the manifests are gone or not what the journal says, `register` says what they were, and rows tell that: files
    whose bytes are not what was stored are DAMAGED, whatever the manifests say now. A place that is away, or goes away
    meanwhile, makes the copy UNREADABLE (finding S020).
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
    try:
        rows = list(place.faults(kept.object_id, kept.version, kept.known, on_read))
        if register is not None and any(row.verdict in _UNTRUE for row in rows):
            rows = _against_register(place, kept, register, rows, on_read)
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


def _against_register(
    place: Place, kept: Kept, register: DigestRegister, rows: list[Row], on_read: Progress
) -> list[Row]:
    """The rows of a copy whose manifests were altered, told against what was stored instead of against them."""
    try:
        stored = register.digests(kept.object_id, kept.version, kept.manifests)
    except (OSError, ValueError):  # not there, or altered itself: what the manifests say is all there is
        return rows
    first = next(row for row in rows if row.verdict in _UNTRUE)
    top = (first.path if first.verdict is Verdict.NOT_A_BAG else first.path.rpartition("/")[0]) + "/"
    altered = {row.path.removeprefix(top) for row in rows if row.verdict is Verdict.MANIFEST_ALTERED}
    unlooked = any(row.verdict is Verdict.NOT_A_BAG for row in rows)  # then no file was
    now = {} if unlooked else _listed(place, kept)
    doubtful = {path for path in stored.keys() | now.keys() if stored.get(path) != now.get(path)} - altered
    kept_rows = [row for row in rows if row.path.removeprefix(top) not in doubtful or row.verdict is Verdict.UNREADABLE]
    told = {row.path for row in kept_rows}
    facts: dict[str, str | int] = {"object": kept.object_id}
    for path, verdict, why in _looked(place, kept, stored, sorted(doubtful), on_read):
        if top + path not in told:
            kept_rows.append(Row(verdict, top + path, facts | why))
    return kept_rows


def _listed(place: Place, kept: Kept) -> dict[str, str]:
    """What the manifests say now; nothing of one that cannot be read."""
    listed: dict[str, str] = {}
    for name in (MANIFEST, TAG_MANIFEST):
        try:
            with place.open(kept.object_id, kept.version, name) as stream:
                listed |= parse_manifest(stream.read())
        except (OSError, ValueError):  # told already: NOT_A_BAG, UNREADABLE
            continue
    return listed


def _looked(
    place: Place, kept: Kept, stored: Mapping[str, str], paths: Sequence[str], on_read: Progress
) -> Iterator[tuple[str, Verdict, dict[str, str | int]]]:
    """What is wrong with each of `paths`, by the digests that were stored; what was not stored is UNEXPECTED."""
    present = place.sizes(kept.object_id, kept.version)
    for path in paths:
        if path not in stored:
            if path in present:
                yield path, Verdict.UNEXPECTED, {}
            continue
        if path not in present:
            yield path, Verdict.MISSING, {}
            continue
        try:
            digest, size = _digest(place, kept, path)
        except OSError as error:
            yield path, Verdict.UNREADABLE, {"why": error.strerror or str(error)}
            continue
        on_read(path, size)
        if digest != stored[path]:
            yield path, Verdict.DAMAGED, {}


def _digest(place: Place, kept: Kept, path: str) -> tuple[str, int]:
    digest, size = hashlib.sha512(), 0
    with place.open(kept.object_id, kept.version, path) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
