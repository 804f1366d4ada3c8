"""An object with all its versions as an OCFL 1.1 object (https://ocfl.io/1.1/spec/): one folder any OCFL tool reads.

Equal content is stored once, in the version that brought it (forward delta, section 3.5.2); the logical paths of a
version are those of our bag, so that each of them comes out of OCFL as the valid bag that it was.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from metadata.event import Agent
from metadata.file import copy_stream, flush
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.journal import Journal
from repository.ledger import COPIED, Kept, read_ledger
from repository.pieces import holders
from repository.place import Place
from repository.refusal import refusals
from repository.verify import MANIFEST, TAG_MANIFEST, parse_manifest

_TYPE = "https://ocfl.io/1.1/spec/#inventory"
_OBJECT, _ROOT = "ocfl_object_1.1", "ocfl_1.1"
_LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
_INVENTORY = "inventory.json"


@dataclass(frozen=True, slots=True)
class OcflVersion:
    """One version: ours, where it is read from, when and by whom it was stored, path -> SHA-512 of all its files."""

    version: str
    place: Place
    created: str
    agent: Agent
    state: Mapping[str, str]


def versions_of(places: Sequence[Place], journal: Journal, object_id: VolumeId) -> tuple[OcflVersion, ...]:
    """Every version of an object, oldest first, each from a place whose copy the journal last found whole.

    Raises:
        Problem: S004 the journal knows no such object; S006 no attached place holds a version as the journal has it.
    """
    kept = read_ledger(journal).of(object_id)
    if not kept:
        raise Problem("S004", object_id)
    first: dict[str, Agent] = {}
    for entry in journal.entries(object_id, COPIED):
        first.setdefault(str(entry.facts.get("version", "")), entry.agent)
    return tuple(_version(each, places, first[each.version]) for each in kept)


def export_object(versions: Sequence[OcflVersion], object_id: VolumeId, target: Path, address: str) -> Path:
    """Write an OCFL object to the new folder `target`; it appears whole or not at all.

    Every byte is hashed on its way and compared with the manifests. `address` is a URI that stands for who stored it.

    Raises:
        Problem: S005 `target` is there; S003 the disk refuses; S006 a stored file is not what its manifest says.
    """
    if target.exists() or target.is_symlink():
        raise Problem("S005", target)
    with refusals(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
        try:
            _write_object(versions, object_id, draft, address)
            draft.chmod(0o755)
            draft.rename(target)
            flush(target.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target


def storage_root(folder: Path) -> Path:
    """Make `folder` an OCFL storage root (section 4) with layout 0003, or find that it is one.

    Raises:
        Problem: S003 the disk refuses; S005 something else is there.
    """
    with refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / f"0={_ROOT}").is_file():
            return folder
        if any(folder.iterdir()):
            raise Problem("S005", folder)
        told = {
            "extension": _LAYOUT,
            "description": "SHA-256 of the identifier: 3 folders of 3 characters, then the identifier",
        }
        settings = {"extensionName": _LAYOUT, "digestAlgorithm": "sha256", "tupleSize": 3, "numberOfTuples": 3}
        (folder / "extensions" / _LAYOUT).mkdir(parents=True)
        _write(folder / "extensions" / _LAYOUT / "config.json", _pretty(settings))
        _write(folder / "ocfl_layout.json", _pretty(told))
        _write(folder / f"0={_ROOT}", f"{_ROOT}\n".encode())
        flush(folder)
    return folder


def object_path(object_id: VolumeId) -> Path:
    """Where an object lies in a storage root (OCFL extension 0003)."""
    name = _identifier(object_id)
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Path(digest[:3], digest[3:6], digest[6:9], name.replace(":", "%3a"))


def _version(kept: Kept, places: Sequence[Place], agent: Agent) -> OcflVersion:
    """A version from the first place, of those found whole before the others, with the manifests the journal knows."""
    here = holders(places, kept)
    for place in here:
        state = _listed(place, kept)
        if state is not None:
            return OcflVersion(kept.version, place, kept.stored, agent, state)
    names = ", ".join(place.name for place in here) or "-"
    raise Problem("S006", kept.object_id, version=kept.version, place=names)


def _listed(place: Place, kept: Kept) -> dict[str, str] | None:
    """Path -> SHA-512 of every file of a version; None when the manifests there are not those of the journal."""
    state = {TAG_MANIFEST: kept.manifests[TAG_MANIFEST]}
    for name in (MANIFEST, TAG_MANIFEST):
        try:
            with place.open(kept.object_id, kept.version, name) as stream:
                content = stream.read()
        except OSError:
            return None
        if hashlib.sha512(content).hexdigest() != kept.manifests[name]:
            return None
        state |= parse_manifest(content)
    return state


def _write_object(versions: Sequence[OcflVersion], object_id: VolumeId, draft: Path, address: str) -> None:
    manifest: dict[str, list[str]] = {}
    told: dict[str, object] = {}
    for number, version in enumerate(versions, 1):
        for path, digest in sorted(version.state.items()):
            if digest in manifest:
                continue
            manifest[digest] = [f"v{number}/content/{path}"]
            _copy(version, object_id, path, draft / manifest[digest][0])
        told[f"v{number}"] = {
            "created": version.created,
            "message": f"{version.version}: {version.place.name}",
            "state": _state(version.state),
            "user": {"name": version.agent.name, "address": address},
        }
        inventory = _pretty(
            {
                "id": _identifier(object_id),
                "type": _TYPE,
                "digestAlgorithm": "sha512",
                "head": f"v{number}",
                "manifest": manifest,
                "versions": told,
            }
        )
        (draft / f"v{number}").mkdir(exist_ok=True)
        _inventory(draft / f"v{number}", inventory)
    _inventory(draft, inventory)
    _write(draft / f"0={_OBJECT}", f"{_OBJECT}\n".encode())
    for folder in sorted((path for path in draft.rglob("*") if path.is_dir()), reverse=True):
        flush(folder)
    flush(draft)


def _copy(version: OcflVersion, object_id: VolumeId, path: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with version.place.open(object_id, version.version, path) as stream:
        if copy_stream(stream, target, md5=False).sha512 != version.state[path]:
            raise Problem("S006", object_id, version=version.version, place=version.place.name)


def _state(state: Mapping[str, str]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for path, digest in sorted(state.items()):
        paths.setdefault(digest, []).append(path)
    return paths


def _identifier(object_id: VolumeId) -> str:
    return f"urn:uuid:{object_id}"


def _inventory(folder: Path, content: bytes) -> None:
    _write(folder / _INVENTORY, content)
    _write(folder / f"{_INVENTORY}.sha512", f"{hashlib.sha512(content).hexdigest()} {_INVENTORY}\n".encode())


def _pretty(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    flush(path)
