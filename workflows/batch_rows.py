"""Batch folders as rows of the catalogue: what its pages about work show, read from the records that steps leave.

Nothing is written here but the catalogue. A batch whose folder is as it was is not read again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from ingest.sidecar import NAME as SIDECAR
from metadata.description import Description, IdentifierKind
from metadata.event import now
from metadata.finding import Finding
from metadata.model import VolumeId
from metadata.wording import Tongue, printable
from repository.catalogue.batch_rows import BatchRows, forget_batches, marks, write_batch
from repository.catalogue.database import Row, opened
from workflows.batch import OUTCOME, PLAN, State, is_worked_on, read_end
from workflows.contact_sheet import rank, worth
from workflows.page_standing import CHAIN, PageState
from workflows.settings import Home
from workflows.standing import BatchStanding, VolumeStanding, standing

_MOST = 1 << 20


def batch_folders(home: Home) -> Iterator[Path]:
    """The folders of all claimed batches."""
    return (path.parent for path in sorted(home.batches.glob("[!.]*/claim.json")))


def show_work(home: Home) -> bool:
    """Bring the catalogue's rows of batches up to date; whether any batch is worked on right now.

    Raises:
        sqlite3.Error: the catalogue cannot be written.
        OSError: the folder of batches cannot be read.
    """
    folders = {folder.name: folder for folder in batch_folders(home)}
    running = False
    with closing(opened(home.catalogue)) as connection:
        known = marks(connection)
        gone = known.keys() - folders.keys()
        if gone:
            forget_batches(connection, sorted(gone))
        for name, folder in folders.items():
            running |= _shown(connection, name, folder, known)
    return running


def _shown(connection: sqlite3.Connection, name: str, folder: Path, known: Mapping[str, str]) -> bool:
    """Write the rows of one batch where they may have changed; whether it is worked on."""
    working = is_worked_on(folder)
    mark = _mark(folder, working=working)
    if working or known.get(name) != mark:
        write_batch(connection, batch_rows(folder, mark))
    return working


def batch_rows(folder: Path, mark: str) -> BatchRows:
    """The rows of the batch in `folder`, which stands as `mark` says."""
    found = standing(folder)
    own: Row = {
        "batch": folder.name,
        "delivery": printable(Path(found.delivery).name),
        "claimed": found.claimed,
        "planned": found.planned,
        "working": found.working,
        "moving": found.eta_seconds is not None,
        "pages_per_minute": found.pages_per_minute,
        "looked": now(),
        "mark": mark,
    }
    return BatchRows(
        own,
        [_volume(folder, volume) for volume in found.volumes],
        [row for volume in found.volumes for row in _pages(folder.name, volume)],
        [row for volume in found.volumes for row in _steps(folder.name, volume)],
        [*_findings(folder.name, found)],
    )


def _mark(folder: Path, *, working: bool) -> str:
    """What changes when a batch that nobody works on stands otherwise: its plan, and how its volumes ended."""
    files = [folder / PLAN, *folder.glob(f"volumes/*/{OUTCOME}")]
    told = [f"{path.relative_to(folder)} {_changed(path)}" for path in sorted(files)]
    return hashlib.sha256("\n".join([str(working), *told]).encode()).hexdigest()[:16]


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _volume(folder: Path, volume: VolumeStanding) -> Row:
    about = volume.structure.volume.description if volume.structure else None
    end = read_end(folder, volume.id) if volume.state not in (None, State.WORKING) else None
    goes_on = volume.state is State.WORKING and not any(found.stops for found in volume.findings)
    left = volume.count(PageState.LEFT)
    return {
        "batch": folder.name,
        "volume": volume.id,
        "folder": printable(volume.folder),
        "title": printable(volume.title or volume.folder),
        **_known_by(about),
        "barcode": _barcode(folder / "delivery" / volume.folder / SIDECAR),
        "state": _state(volume),
        "version": volume.version or None,
        "pages": len(volume.pages),
        "done": volume.count(PageState.DONE),
        "bad": volume.count(PageState.BAD),
        "broken": volume.count(PageState.BROKEN),
        "todo": left,
        "awaited": left if goes_on else 0,
        "ended": end.ended if end else None,
    }


def _state(volume: VolumeStanding) -> str:
    """As its files say; a volume in the plan that cannot go on waits, whoever may be working on the others."""
    if volume.state is State.WORKING and any(found.stops for found in volume.findings):
        return State.WAITING.value
    return volume.state.value if volume.state else "unknown"


def _known_by(about: Description | None) -> Row:
    """Whose it is, and its numbers; nothing of a volume that no plan describes."""
    return {
        "institution": about.institution.sigla if about else None,
        "shelf_mark": (about.shelf_mark if about else "") or None,
        "urnnbn": (about.identifier(IdentifierKind.URNNBN) if about else "") or None,
    }


def _barcode(sidecar: Path) -> str | None:
    """The barcode by which volume.toml asks for a record; nothing when there is none, or no such file."""
    try:
        told = tomllib.loads(sidecar.read_text(encoding="utf-8")) if sidecar.stat().st_size < _MOST else {}
    except (OSError, ValueError):
        return None
    record = told.get("record")
    barcode = record.get("barcode") if isinstance(record, dict) else None
    return printable(barcode.strip()) or None if isinstance(barcode, str) else None


def _pages(batch: str, volume: VolumeStanding) -> Iterator[Row]:
    for position, page in enumerate(volume.pages, 1):
        if page.state is PageState.LEFT:
            continue
        yield {
            "batch": batch,
            "volume": volume.id,
            "position": position,
            "subject": printable(page.subject),
            "page": page.structure.page.id if page.structure else None,
            "state": page.state.value,
            "step": page.step,
            "standing": rank(page),
            "worth": worth(page),
            "confidence": page.confidence if page.confidence >= 0 else None,
            "words": page.words,
            "blank": page.blank,
            "turned": page.angle,
            "width": page.width,
            "height": page.height,
            "ended": page.ended.isoformat(timespec="seconds") if page.ended else None,
        }


def _steps(batch: str, volume: VolumeStanding) -> Iterator[Row]:
    for number, step in enumerate(CHAIN, 1):
        took = [page.seconds[step] for page in volume.pages if step in page.seconds]
        if took:
            told: Row = {"number": number, "pages": len(took), "seconds": round(sum(took), 3)}
            yield {"batch": batch, "volume": volume.id, "step": step, **told, "longest": round(max(took), 3)}


def _findings(batch: str, found: BatchStanding) -> Iterator[Row]:
    yield from _told(batch, "", enumerate((None, each) for each in found.findings))
    for volume in found.volumes:
        of_pages = [(at, each) for at, page in enumerate(volume.pages, 1) for each in page.findings]
        yield from _told(batch, volume.id, enumerate([*((None, each) for each in volume.findings), *of_pages]))


def _told(
    batch: str, volume: VolumeId | str, findings: Iterator[tuple[int, tuple[int | None, Finding]]]
) -> Iterator[Row]:
    for number, (position, each) in findings:
        yield {
            "batch": batch,
            "volume": volume,
            "number": number,
            "position": position,
            "code": each.code,
            "severity": each.severity.value,
            "subject": printable(each.subject),
            "text_cs": printable(each.text(Tongue.CS)),
            "text_en": printable(each.text(Tongue.EN)),
            "do_cs": printable(each.advice(Tongue.CS)) or None,
            "do_en": printable(each.advice(Tongue.EN)) or None,
        }
