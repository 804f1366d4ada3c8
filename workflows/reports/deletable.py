"""The certificate of raw scans: which of a batch may be deleted because the repository keeps them, and why others not.

It deletes nothing and has no effect in law: it says what the journal and the stored packages say at one moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.delivery import PlannedVolume
from ingest.inbox import read_claim
from metadata.file import FileRef
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import read_json
from metadata.wording import Tongue
from repository.incident import State
from repository.ledger import Kept
from repository.policy import safety
from repository.verify import Verdict
from workflows.batch import read_plan
from workflows.founding import places
from workflows.reports.holdings import missing, policy_line
from workflows.reports.known import Known
from workflows.reports.sheet import Cell, Mark, Moment, Report, Table, Tone
from workflows.reports.words import say, size
from workflows.settings import Home

_LOSSLESS = "JPEG 2000 Lossless"
_COLUMNS = ("scan", "bytes", "sha512", "object", "version", "copies", "proved", "pixels", "deletable", "why")


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a scan is recorded: the version, its pages made of the scan, and the copies read within the time."""

    kept: Kept
    pages: tuple[Mapping[str, Any], ...]


def batches_named(home: Home, name: str) -> tuple[Path, ...]:
    """Folders of the batches that bear this identifier, or that a delivery of this name (or path) was claimed as.

    Raises:
        Problem: S098, there is none with a plan.
    """
    found = []
    for folder in sorted(path.parent for path in home.batches.glob("[!.]*/claim.json")):
        try:
            source = read_claim(folder).source
        except (OSError, ValueError):
            continue
        known = {folder.name, source, Path(source).name}
        if (name in known or str(Path(name).absolute()) == source) and read_plan(folder) is not None:
            found.append(folder)
    if not found:
        raise Problem("S098", name)
    return tuple(found)


def deletable(known: Known, name: str, days: int, tongue: Tongue) -> Report:
    """The certificate for a batch or delivery; a copy counts that was read and found whole within `days` days.

    Raises:
        Problem: S098, nobody knows the batch or delivery.
    """
    folders = batches_named(known.home, name)
    rows = [row for folder in folders for row in _batch(known, folder, days, tongue)]
    free = [row for row in rows if row[0]]
    freed = sum(ref.size for may, ref, _ in rows if may)
    tone = Tone.GOOD if rows and len(free) == len(rows) else Tone.WARN if free else Tone.BAD
    return Report(
        kind="deletable",
        title=say("deletable.title", tongue, name=", ".join(folder.name for folder in folders)),
        tongue=tongue,
        verdict=Mark(say("deletable.verdict", tongue, free=len(free), all=len(rows)), tone),
        facts=(
            (say("deletable.free", tongue), len(free)),
            (say("deletable.kept", tongue), len(rows) - len(free)),
            (say("deletable.bytes", tongue), size(freed, tongue)),
            (say("deletable.within", tongue), say("days", tongue, days=days)),
        ),
        tables=tuple(
            Table(
                say(f"deletable.{key}", tongue),
                tuple(say(f"column.{each}", tongue) for each in _COLUMNS),
                tuple(cells for may, _, cells in rows if may is wanted),
            )
            for key, wanted in (("may", True), ("may_not", False))
        ),
        origin=known.origin,
        notes=(say("deletable.note", tongue), say("deletable.pixels_note", tongue), policy_line(known, tongue)),
    )


def _batch(known: Known, folder: Path, days: int, tongue: Tongue) -> Iterator[tuple[bool, FileRef, tuple[Cell, ...]]]:
    """Every scan of a batch: whether it may be deleted, its file, its row."""
    plan = read_plan(folder)
    for planned in plan.volumes if plan else ():
        recorded = _recorded(known, planned.volume.id)
        for scan, ref in sorted(planned.scans.items()):
            yield _scan(known, planned, (scan, ref), recorded.get(ref.sha512), (days, tongue))


def _recorded(known: Known, object_id: VolumeId) -> dict[str, _Found]:
    """SHA-512 of scans -> the newest version whose pages record it."""
    found: dict[str, _Found] = {}
    for kept in reversed(known.ledger.of(object_id)):
        pages: dict[str, list[Mapping[str, Any]]] = {}
        for record in _records(known.home, kept):
            pages.setdefault(str(record["scan"]["sha512"]), []).append(record)
        for digest, own in pages.items():
            found.setdefault(digest, _Found(kept, tuple(own)))
    return found


def _records(home: Home, kept: Kept) -> list[Mapping[str, Any]]:
    """The page records of a version, from the first copy that was found whole and can be read; none when none can."""
    for place in places(home):
        replica = kept.replicas.get(place.name)
        if replica is None or replica.verdict is not Verdict.INTACT or not place.attached():
            continue
        try:
            with place.open(kept.object_id, kept.version, "data/provenance/pages.jsonl") as stream:
                return [read_json(line) for line in stream]
        except (OSError, ValueError, Problem):
            continue
    return []


def _scan(
    known: Known, planned: PlannedVolume, scan: tuple[str, FileRef], found: _Found | None, asked: tuple[int, Tongue]
) -> tuple[bool, FileRef, tuple[Cell, ...]]:
    (name, ref), (days, tongue) = scan, asked
    label = f"{planned.volume.folder}/{name}"
    if found is None:
        why = say("why.unrecorded", tongue)
        return False, ref, (label, ref.size, ref.sha512, planned.volume.id, "–", 0, Moment(""), "–", _no(tongue), why)
    kept = found.kept
    recent = replace(kept, replicas={n: r for n, r in kept.replicas.items() if known.age(r) <= days})
    safe = safety(recent, known.standings, known.policy, known.on_shelf(kept, days))
    wanted = sum(page.scan == name for page in planned.volume.pages)
    pixels, lossless = _pixels(found.pages, tongue)
    whys = []
    if len(found.pages) < wanted or not wanted:
        whys.append(say("why.pages", tongue, found=len(found.pages), wanted=wanted))
    if not lossless:
        whys.append(say("why.lossy", tongue))
    if not safe.safe:
        whys.append(say("why.unsafe", tongue, days=days, missing=missing(safe, tongue)))
    if any(each.object_id == kept.object_id and each.state is State.OPEN for each in known.incidents):
        whys.append(say("why.incident", tongue))
    proved = min((kept.replicas[name].intact for name in safe.places if name in kept.replicas), default="")
    may = Mark(say("yes", tongue), Tone.GOOD) if not whys else _no(tongue)
    why = "; ".join(whys) or say("why.kept", tongue, places=", ".join(safe.places))
    cells = (label, ref.size, ref.sha512, kept.object_id, kept.version, safe.copies, Moment(proved), pixels, may, why)
    return not whys, ref, cells


def _pixels(pages: tuple[Mapping[str, Any], ...], tongue: Tongue) -> tuple[str, bool]:
    """How the masters keep the scan's pixels, and whether without loss."""
    lossless = all(page["master_image"].get("compression") == _LOSSLESS for page in pages)
    if not lossless:
        return say("pixels.lossy", tongue), False
    whole = all(_untouched(page) for page in pages)
    return say("pixels.whole" if whole else "pixels.part", tongue), True


def _untouched(page: Mapping[str, Any]) -> bool:
    """Whether nothing was cut off, turned, or brought to fewer bits a sample."""
    scan, master = page["scan_image"], page["master_image"]
    same = all(scan.get(name) == master.get(name) for name in ("width", "height", "samples", "bits"))
    return same and not page["transform"].get("links")


def _no(tongue: Tongue) -> Mark:
    return Mark(say("no", tongue), Tone.BAD)
