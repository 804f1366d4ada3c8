"""What changed between two versions of an object: told from their manifests alone, no payload is read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.bag import INFO, parse_info
from repository.place import Place
from repository.verify import MANIFEST, parse_manifest

MOST_TEXT = 1 << 20
"""Bytes of the largest file that is compared line by line."""
_TEXT = re.compile(r".*\.(xml|txt)", re.IGNORECASE | re.DOTALL)
_BETWEEN_TAGS = re.compile(r">[ \t\r\n]*<")


@dataclass(frozen=True, slots=True)
class Changed:
    """One payload file: its path and bytes before and after; an empty path: it was not there."""

    before: str
    after: str
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True, slots=True)
class Label:
    """One label of bag-info.txt that says something else; empty: it was not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """From version `old` to `new`, payload only: each file is in one of the lists, or unchanged.

    `moved`: the same content at another path; `changed`: another content at the same path.
    """

    object: VolumeId
    old: str
    new: str
    added: tuple[Changed, ...]
    removed: tuple[Changed, ...]
    changed: tuple[Changed, ...]
    moved: tuple[Changed, ...]
    unchanged_files: int
    unchanged_bytes: int
    labels: tuple[Label, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.moved or self.labels)


@dataclass(frozen=True, slots=True)
class _State:
    """The payload of one version: path -> SHA-512 and bytes; the labels of its bag-info.txt."""

    digests: Mapping[str, str]
    sizes: Mapping[str, int]
    info: Mapping[str, str]


def difference(place: Place, object_id: VolumeId, old: str, new: str) -> Difference:
    """What changed from `old` to `new`, by the manifests that `place` holds.

    Raises:
        Problem: S004 a version is not there; S006 its manifest or bag-info.txt cannot be read; S020.
    """
    before, after = (_state(place, object_id, version) for version in (old, new))
    gone = sorted(set(before.digests) - set(after.digests))
    fresh = sorted(set(after.digests) - set(before.digests))
    kept = sorted(set(before.digests) & set(after.digests))
    moved = dict(_moves({path: before.digests[path] for path in gone}, {path: after.digests[path] for path in fresh}))
    same = [path for path in kept if before.digests[path] == after.digests[path]]
    other = [path for path in kept if before.digests[path] != after.digests[path]]
    came = set(moved.values())
    return Difference(
        object_id,
        old,
        new,
        tuple(Changed("", path, 0, after.sizes[path]) for path in fresh if path not in came),
        tuple(Changed(path, "", before.sizes[path], 0) for path in gone if path not in moved),
        tuple(Changed(path, path, before.sizes[path], after.sizes[path]) for path in other),
        tuple(Changed(was, now, before.sizes[was], after.sizes[now]) for was, now in moved.items()),
        len(same),
        sum(after.sizes[path] for path in same),
        tuple(_labels(before.info, after.info)),
    )


def unified(place: Place, told: Difference) -> Iterator[str]:
    """The changed XML and TXT files of `told` line by line, as `diff -u` writes it; elements of XML stand on lines.

    Files of more than 1 MB, or not in UTF-8, are left out.
    """
    for each in told.changed:
        if not _TEXT.fullmatch(each.after) or max(each.bytes_before, each.bytes_after) > MOST_TEXT:
            continue
        try:
            before = _lines(place, told.object, told.old, each.before)
            after = _lines(place, told.object, told.new, each.after)
        except (OSError, UnicodeDecodeError):
            continue
        names = (f"{told.old}/{each.before}", f"{told.new}/{each.after}")
        yield from difflib.unified_diff(before, after, *names, lineterm="")


def _state(place: Place, object_id: VolumeId, version: str) -> _State:
    if version not in place.versions(object_id):
        raise Problem("S004", f"{object_id} {version}")
    try:
        with place.open(object_id, version, MANIFEST) as stream:
            digests = parse_manifest(stream.read())
        with place.open(object_id, version, INFO) as stream:
            info = parse_info(stream.read())
    except (OSError, ValueError) as error:
        raise Problem("S006", object_id, version=version, place=place.name) from error
    sizes = place.sizes(object_id, version)
    return _State(digests, {path: sizes.get(path, 0) for path in digests}, info)


def _moves(gone: Mapping[str, str], fresh: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Old path, new path of what lies elsewhere now; equal contents are paired in the order of their paths."""
    waiting: dict[str, list[str]] = {}
    for path, digest in fresh.items():
        waiting.setdefault(digest, []).append(path)
    for path, digest in gone.items():
        if waiting.get(digest):
            yield path, waiting[digest].pop(0)


def _labels(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Label]:
    for name in sorted(set(before) | set(after)):
        was, now = before.get(name, ""), after.get(name, "")
        if was != now:
            yield Label(name, was, now)


def _lines(place: Place, object_id: VolumeId, version: str, path: str) -> list[str]:
    with place.open(object_id, version, path) as stream:
        text = stream.read(MOST_TEXT + 1).decode()
    if path.lower().endswith(".xml"):
        text = _BETWEEN_TAGS.sub(">\n<", text)
    return text.splitlines()
