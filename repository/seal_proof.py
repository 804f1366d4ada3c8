"""A proof that one version, and what the journal says of it, stand under the Merkle roots of a sealed record.

The proof is one JSON file that needs neither repository nor journal: ``python verify.py --proof FILE [BAG]`` checks it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.journal import Journal
from repository.ledger import COPIED
from repository.place import version_number
from repository.seal import Day, days
from repository.verify import Register, journal_lines, learn, parse_entry, register_leaves, tree_hash


@dataclass(frozen=True, slots=True)
class _State:
    """The journal as it was when a record was made: entries' hashes, the register, the entries about one object."""

    leaves: list[bytes]
    register: Register
    entries: list[dict[str, Any]]


def merkle_paths(leaves: Sequence[bytes], indexes: Sequence[int]) -> Iterator[list[str]]:
    """Inclusion paths (RFC 6962 2.1.1) of the leaves at `indexes`: hexadecimal, from the leaf to the root."""
    levels = [[tree_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = [tree_hash(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
        levels.append(pairs + level[len(pairs) * 2 :])
    for index in indexes:
        steps = ((level, (index >> depth) ^ 1) for depth, level in enumerate(levels[:-1]))
        yield [level[beside].hex() for level, beside in steps if beside < len(level)]


def proof(journal: Journal, object_id: VolumeId, version: str = "", date: str = "") -> dict[str, Any]:
    """The proof for a version (the newest one when not given) under the record of `date` (the newest that has it).

    Raises:
        Problem: S057 no such record, or the object was not held when it was made.
    """
    ever = next(journal.entries(object_id, COPIED), None) is not None
    wanted = [day for day in days(journal) if ever and date in ("", day.name, day.fields.get("date"))]
    for day in reversed(wanted):
        state = _state(journal, day, object_id)
        held = [name for owner, name in state.register if owner == object_id]
        held = [name for name in held if not state.register[object_id, name].disposed and version in ("", name)]
        if held:
            return _proof(day, state, object_id, max(held, key=version_number))
    raise Problem("S057", f"{object_id} {version} {date}".strip())


def _proof(day: Day, state: _State, object_id: VolumeId, version: str) -> dict[str, Any]:
    known = state.register[object_id, version]
    leaves = register_leaves(state.register)
    (leaf,) = register_leaves({(object_id, version): known})
    index = leaves.index(leaf)
    files = {name: base64.b64encode((day.folder / name).read_bytes()).decode() for name in day.files()}
    about = [entry for entry in state.entries if entry["facts"].get("version", version) == version]
    paths = merkle_paths(state.leaves, [entry["seq"] - 1 for entry in about])
    (path,) = merkle_paths(leaves, [index])
    place = {"index": index, "size": len(leaves), "path": path}
    return {
        "format": "kdr-proof-1",
        "name": day.name,
        "version": {"object": object_id, "version": version, **known.manifests, **place},
        "entries": [{"entry": entry, "path": path} for entry, path in zip(about, paths, strict=True)],
        "files": files,
    }


def _state(journal: Journal, day: Day, object_id: VolumeId) -> _State:
    state = _State([], Register(), [])
    for _, _, line in journal_lines(journal.root):
        fields, sound = parse_entry(line)
        if not sound or len(state.leaves) >= day.fields["head"]["seq"]:
            break
        state.leaves.append(bytes.fromhex(fields["hash"]))
        learn(state.register, fields)
        if fields["subject"] == object_id:
            state.entries.append(fields)
    return state
