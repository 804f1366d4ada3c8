"""Format migration that keeps the original: a new version with the converted file beside it (PREMIS `mig`).

What was converted lies in ``data/provenance/migrated/`` under the original's path with a suffix more, and every
conversion in ``data/provenance/migrations.jsonl``. A conversion counts when the pixels read back are the same.
Rules: ISO 16363 4.3.3; spisovna.md §6 (migration keeps the original).
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips

from ingest.encode import Use, differing_pixels, encoder_for, make_copy
from ingest.identify import identify
from ingest.image import BadScan, Scan, decode, frames, look, write_pnm
from metadata.event import Agent, Event, now
from metadata.file import Digests, FileRef, describe
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import from_json, to_json
from metadata.tool import Limits, ToolFailed
from repository import bag
from repository.journal import Json
from repository.ledger import Kept, read_ledger
from repository.pieces import holders
from repository.store import Store
from repository.verify import MANIFEST, TAG_MANIFEST
from workflows.agents import KDR
from workflows.formats import formats_of
from workflows.founding import attached, open_store, require_quota
from workflows.settings import Home

KIND = "migrated"
"""Kind of the journal entry: one an object."""
FOLDER = f"data/{bag.PROVENANCE}/migrated"
RECORD = f"data/{bag.PROVENANCE}/migrations.jsonl"
JP2, TIFF = "x-fmt/392", "fmt/353"

Convert = Callable[[Path, Path, Limits], Agent]


class ConversionRefused(Exception):
    """A file cannot be converted without losing something; says why."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file converted: both paths in the bag, their PUIDs and SHA-512, and the event."""

    source: str
    source_puid: str
    source_sha512: str
    target: str
    target_puid: str
    target_sha512: str
    event: Event


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of an object: its newest version, whether it is a new one, and how many files were converted."""

    object_id: VolumeId
    version: str
    new: bool
    files: int


def conversions() -> tuple[tuple[str, str], ...]:
    """The pairs of PUIDs, from and to, that can be converted."""
    return tuple(_CONVERTERS)


def migrate(home: Home, object_id: VolumeId, source: str, target: str) -> Migrated:
    """Convert the files of format `source` in the newest version of an object, and store that as its next version.

    Files converted before are not converted again; when all were, nothing is done.

    Raises:
        Problem: S094 no such conversion, nothing to convert, or a file would lose something; S096 no room; S004 no
            such object; S006, S020 no good copy at hand; as `Store.take`.
    """
    if (source, target) not in _CONVERTERS:
        raise Problem("S094", object_id, why=f"{source} → {target}: ?")
    store = open_store(home)
    kept = read_ledger(store.journal).of(object_id)
    if not kept:
        raise Problem("S004", object_id)
    place = next(iter(holders(store.places, kept[-1])), None)
    if place is None:
        raise Problem("S020", store.primary.name, marker=object_id)
    wanted = [path for path, puid in formats_of(place, kept[-1]).items() if puid == source]
    wanted = [path for path in wanted if path.startswith("data/") and not path.startswith(FOLDER)]
    with _working(home, object_id) as work:
        folder = store.export(object_id, work / "bag", kept[-1].version)
        before = _recorded(folder)
        done = {each.source for each in before if each.target_puid == target}
        if not wanted:
            raise Problem("S094", object_id, why=f"{source}: 0")
        todo = [path for path in wanted if path not in done]
        if not todo:
            _journal_once(home, store, kept[-1], before, (source, target))
            return Migrated(object_id, kept[-1].version, new=False, files=0)
        made = [_converted(folder, path, (source, target), home) for path in todo]
        _rebuild(folder, object_id, (*before, *made))
        require_quota(home, sum((folder / path).stat().st_size for path, _ in bag.walk(folder)))
        stored = store.take(folder, object_id, KDR)
    after = next(each for each in read_ledger(store.journal).of(object_id) if each.version == stored.version)
    _journal_once(home, store, after, (*before, *made), (source, target))
    return Migrated(object_id, stored.version, stored.new, len(made))


@contextmanager
def _working(home: Home, object_id: VolumeId) -> Iterator[Path]:
    """An empty folder for the work on one object; what a dead run left in it goes first."""
    folder = home.batches.parent / "migrations" / object_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _recorded(folder: Path) -> tuple[Migration, ...]:
    try:
        lines = (folder / RECORD).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    return tuple(from_json(Migration, line) for line in lines)


def _converted(folder: Path, path: str, pair: tuple[str, str], home: Home) -> Migration:
    convert, suffix = _CONVERTERS[pair]
    name = f"{FOLDER}/{path.removeprefix('data/')}{suffix}"
    result = folder / name
    result.parent.mkdir(parents=True, exist_ok=True)
    limits = Limits(home.settings.limits.seconds, home.settings.limits.memory_mb << 20)
    try:
        _require_small(folder / path, home.settings.page.max_megapixels)
        agent = convert(folder / path, result, limits)
    except (ConversionRefused, BadScan, ToolFailed, pyvips.Error, OSError) as error:
        raise Problem("S094", folder.parent.name, why=f"{path}: {error}"[:300]) from error
    found = identify(result).puid
    if found != pair[1]:
        raise Problem("S094", folder.parent.name, why=f"{path}: {pair[1]} ≠ {found or '?'}")
    original, copy = (describe(each, folder, md5=False).sha512 for each in (folder / path, result))
    note = "pixels read back and compared: equal"
    event = Event("migration", now(), f"migration/{pair[0]}_{pair[1]}", agent, subject=name, note=note)
    return Migration(path, pair[0], original, name, pair[1], copy, event)


def _require_small(path: Path, megapixels: int) -> None:
    facts = look(path)
    if facts.width * facts.height > megapixels * 1_000_000:
        raise ConversionRefused(f"{facts.width} × {facts.height} > {megapixels} Mpx")


def _rebuild(folder: Path, object_id: VolumeId, migrations: tuple[Migration, ...]) -> None:
    """Make a bag of the folder again: the files that were in it, unread, and the new ones.

    Raises:
        Problem: S094, the bag has tag files or manifests of a stranger, which could not be kept.
    """
    own = {"bagit.txt", bag.INFO, MANIFEST, TAG_MANIFEST}
    foreign = [path for path, _ in bag.walk(folder) if not path.startswith("data/") and path not in own]
    if foreign:
        raise Problem("S094", object_id, why=foreign[0])
    payload: dict[str, FileRef | Digests] = {
        path: Digests((folder / path).stat().st_size, sha512, "")
        for path, sha512 in bag.payload_manifest(folder).items()
    }
    (folder / RECORD).unlink(missing_ok=True)
    (folder / RECORD).parent.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_bytes(b"".join(to_json(each) + b"\n" for each in migrations))
    for path in (RECORD, *(each.target for each in migrations)):
        if path == RECORD or path not in payload:
            payload[path] = describe(folder / path, folder, md5=False)
    info = {key: text for key, text in bag.bag_info(folder).items() if key not in ("Payload-Oxum", "Bag-Size")}
    info["Bagging-Date"] = dt.datetime.now(dt.UTC).date().isoformat()
    bag.write_bag(folder, payload, info)


def _journal_once(
    home: Home, store: Store, kept: Kept, migrations: tuple[Migration, ...], pair: tuple[str, str]
) -> None:
    """Write down the migration of a version, unless that was done before a crash."""
    for entry in store.journal.entries(kept.object_id, (KIND,)):
        if (entry.facts.get("from"), entry.facts.get("to")) == pair and entry.facts.get("version") == kept.version:
            return
    mine = [each for each in migrations if (each.source_puid, each.target_puid) == pair]
    agents = sorted({f"{each.event.agent.name} {each.event.agent.version}".strip() for each in mine})
    facts: dict[str, Json] = {
        "version": kept.version, "from": pair[0], "to": pair[1], "files": len(mine), "event": "mig",
        "converters": agents, "outcome": "success",
    }  # fmt: skip
    store.journal.append(KIND, kept.object_id, facts, KDR, attached(home))


def _read(path: Path) -> Scan:
    """A picture without loss: 8 bits, no colours converted, its colour profile understood."""
    facts = look(path)
    scan = decode(path, 0, facts)
    if frames(path) > 1:
        raise ConversionRefused(f"{frames(path)} ×")
    if facts.bits != 8 or scan.converted or (facts.icc and not scan.icc):
        raise ConversionRefused(scan.converted or f"{facts.colour} {facts.bits} bit")
    return scan


def _jp2_to_tiff(source: Path, target: Path, _limits: Limits) -> Agent:
    """JPEG 2000 to TIFF 6.0 without compression."""
    scan = _read(source)
    dpi = (scan.facts.x_dpi / 25.4 or 1.0, scan.facts.y_dpi / 25.4 or 1.0)
    image = pyvips.Image.new_from_array(scan.pixels).copy(xres=dpi[0], yres=dpi[1])
    if scan.icc:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", scan.icc)
    image.tiffsave(str(target), compression="none", resunit="inch")
    again = _read(target)
    if not np.array_equal(again.pixels, scan.pixels) or again.icc != scan.icc:
        raise ConversionRefused("≠")
    return Agent("libvips", ".".join(str(pyvips.version(part)) for part in range(3)), note="tiffsave compression=none")


def _tiff_to_jp2(source: Path, target: Path, limits: Limits) -> Agent:
    """TIFF to JPEG 2000 in the profile of the NDK's archival master, which is lossless (ndk.md §4)."""
    scan, pnm = _read(source), target.with_suffix(".pnm")
    height, width = scan.pixels.shape[:2]
    encoder = encoder_for("auto", (width, height))
    try:
        write_pnm(pnm, scan.pixels)
        dpi = (scan.facts.x_dpi, scan.facts.y_dpi)
        make_copy(encoder, pnm, target, Use.MASTER, dpi=dpi, icc=scan.icc, ratio=1.0, limits=limits)
    finally:
        pnm.unlink(missing_ok=True)
    if differing_pixels(target, scan.pixels):
        raise ConversionRefused("≠")
    return encoder.agent


_CONVERTERS: dict[tuple[str, str], tuple[Convert, str]] = {
    (JP2, TIFF): (_jp2_to_tiff, ".tif"),
    (TIFF, JP2): (_tiff_to_jp2, ".jp2"),
}
