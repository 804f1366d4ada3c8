"""Corrections outlive their batch: the same volume delivered again gets what a person corrected before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from metadata.file import flush, place_bytes
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.store import Store
from repository.verify import MANIFEST, parse_manifest
from workflows.corrections import FOLDER
from workflows.task import volume_folder

KEPT = f"data/provenance/{FOLDER}/"
"""Where a package keeps the corrections that it was made with."""
UNFINISHED = ".handing"
"""The empty file beside corrections of which some may still be missing."""


def hand_on(store: Store, batch: Path, volume: VolumeId) -> None:
    """Give the volume of the batch in the folder `batch` the corrections it had before, unless it has some already.

    They come from the newest other batch that has any, else from the newest version in the repository. While they are
    placed a mark (UNFINISHED) stands beside them: killed in between, the next call places them all.

    Raises:
        Problem: V014, somebody corrected the volume after such a kill under a number that is to be handed on.
        OSError: the disk refuses.
    """
    target = volume_folder(batch, volume) / FOLDER
    if _has_all(target):
        return
    files = dict(_of_batches(batch, volume) or _of_store(store, volume))
    if not files:
        return
    target.mkdir(parents=True, exist_ok=True)
    place_bytes(target / UNFINISHED, b"")
    for name in sorted(files):
        _place(target / name, files[name], volume)
    (target / UNFINISHED).unlink()
    flush(target)


def _has_all(folder: Path) -> bool:
    """Whether corrections lie there, and not a part of those that were to be handed on."""
    return any(folder.glob("[0-9]*.json")) and not (folder / UNFINISHED).exists()


def _place(target: Path, content: bytes, volume: VolumeId) -> None:
    # Nobody's work is written over.
    if target.exists() and target.read_bytes() != content:
        raise Problem("V014", volume, why=f"{FOLDER}/{target.name} (2×)")
    place_bytes(target, content)


def _of_batches(batch: Path, volume: VolumeId) -> list[tuple[str, bytes]]:
    others = [
        folder
        for folder in batch.parent.glob(f"*/{volume_folder(Path(), volume)}/{FOLDER}")
        if not folder.is_relative_to(batch) and _has_all(folder)
    ]
    newest = max(others, key=lambda folder: folder.stat().st_mtime_ns, default=None)
    return [(file.name, file.read_bytes()) for file in newest.glob("[0-9]*.json")] if newest else []


def _of_store(store: Store, volume: VolumeId) -> Iterator[tuple[str, bytes]]:
    try:
        version = store.versions(volume)[-1]
        with store.primary.open(volume, version, MANIFEST) as stream:
            listed = parse_manifest(stream.read())
    except (Problem, OSError, ValueError, LookupError):
        return
    for path in listed:
        if path.startswith(KEPT):
            with store.primary.open(volume, version, path) as stream:
                yield path.removeprefix(KEPT), stream.read()
