"""Put a valid bag of any kind, whole and untouched, into a bag of ours: ``data/<name>/…`` and what the gate saw.

Where a name in it cannot stand in a manifest of ours (not NFC, a blank at its end), the archive that it came in, or one
tar of it, is kept instead: no name is ever changed.
"""

from __future__ import annotations

import shutil
import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from metadata.event import now
from metadata.file import Digests, place_bytes, read_through
from metadata.model import VolumeId, volume_id
from metadata.record import to_pretty_json
from repository.archive import stem
from repository.bag import PROVENANCE, manifest_bytes, walk, write_bag
from repository.bag_rules import Judgement
from workflows.quarantine import BAG, NAMESPACE, Case, content_digest

_NO_DIGEST = "0" * 128


def object_of(digests: Mapping[str, str]) -> VolumeId:
    """The identifier of a bag by its content alone: path -> SHA-512 of every file of it."""
    return volume_id(str(uuid.uuid5(NAMESPACE, content_digest(digests))))


def holdable(paths: Mapping[str, object] | list[str]) -> bool:
    """Whether all these paths can stand in a manifest of ours as they are."""
    try:
        manifest_bytes(dict.fromkeys(paths, _NO_DIGEST))
    except ValueError:
        return False
    return True


def wrap(case: Case, bag: Path, judgement: Judgement, seen: object, info: Mapping[str, str]) -> Path:
    """Make the bag that is stored for the valid bag in the folder `bag`; the one that is there already if it is.

    `seen` is what the gate found and becomes ``data/provenance/gate.json``; `info` are labels for bag-info.txt.

    Raises:
        OSError: the disk refuses.
    """
    made, draft = case.folder / BAG, case.folder / f".{BAG}"
    if made.exists():
        return made
    shutil.rmtree(draft, ignore_errors=True)
    payload = _linked(case, bag, judgement, draft)
    note = f"data/{PROVENANCE}/gate.json"
    (draft / note).parent.mkdir(parents=True)
    place_bytes(draft / note, to_pretty_json(seen))
    payload[note] = read_through(draft / note)
    write_bag(draft, payload, {"Bagging-Date": now()[:10], **info})
    draft.rename(made)
    return made


def _linked(case: Case, bag: Path, judgement: Judgement, draft: Path) -> dict[str, Digests]:
    """The payload below `draft`: hard links to the files at the gate, or one archive; path -> size and SHA-512."""
    name = stem(case.delivery.name)
    folder = f"data/{name}" if holdable([f"data/{name}/x"]) and name != PROVENANCE else "data/bag"
    payload: dict[str, Digests] = {}
    if holdable([f"{folder}/{path}" for path in judgement.digests]):
        for path, digest in judgement.digests.items():
            target = draft / folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(bag / path)
            payload[f"{folder}/{path}"] = Digests(target.stat().st_size, digest, "")
        return payload
    (draft / folder).mkdir(parents=True)
    kept = f"{folder}/{case.delivery.name}" if case.delivery.archive else f"{folder}/bag.tar"
    if not holdable([kept]):
        kept = f"{folder}/bag{case.delivery.name[len(name) :]}"
    if case.delivery.archive:
        (draft / kept).hardlink_to(case.delivered)
    else:
        _tarred(bag, draft / kept)
    payload[kept] = read_through(draft / kept)
    return payload


def _tarred(bag: Path, target: Path) -> None:
    """All files of `bag` in one tar (POSIX pax), sorted, without dates and owners: equal bags give equal bytes."""
    with tarfile.open(target, "x", format=tarfile.PAX_FORMAT) as tar:
        for path, _ in walk(bag):
            entry = tarfile.TarInfo(path)
            entry.size = (bag / path).stat().st_size
            with (bag / path).open("rb") as stream:
                tar.addfile(entry, stream)
