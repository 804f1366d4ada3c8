"""Harm done on purpose, for fire drills and nothing else: one way each in which a copy can be lost or altered.

Only the canary may be harmed; anything else is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from repository.bag import manifest_bytes
from repository.canary import CANARY
from repository.directory_place import DirectoryPlace
from repository.s3_place import S3Place
from repository.verify import MANIFEST, TAG_MANIFEST, Verdict, object_folder, parse_manifest

_FIRST, _SECOND, _SMALL = "data/strany/0001.bin", "data/strany/0002.bin", "data/strany/0003.bin"


class Harm(StrEnum):
    """The ways."""

    FLIP = "flip"
    CUT = "cut"
    DELETE = "delete"
    ADD = "add"
    SWAP = "swap"
    RENAME = "rename"
    STALE_MANIFEST = "stale manifest"
    ALTERED_TOGETHER = "altered together"
    VERSION_LOST = "version lost"


EXPECTED: Mapping[Harm, frozenset[Verdict]] = {
    Harm.FLIP: frozenset({Verdict.DAMAGED}),
    Harm.CUT: frozenset({Verdict.DAMAGED}),
    Harm.DELETE: frozenset({Verdict.MISSING}),
    Harm.ADD: frozenset({Verdict.UNEXPECTED}),
    Harm.SWAP: frozenset({Verdict.DAMAGED}),
    Harm.RENAME: frozenset({Verdict.MISSING, Verdict.UNEXPECTED}),
    Harm.STALE_MANIFEST: frozenset({Verdict.MANIFEST_ALTERED}),
    Harm.ALTERED_TOGETHER: frozenset({Verdict.MANIFEST_ALTERED, Verdict.DAMAGED}),
    Harm.VERSION_LOST: frozenset({Verdict.VERSION_MISSING}),
}
"""What the rows about a copy must say, each at least once, after each harm; and nothing else."""


class Reach(Protocol):
    """A copy of the canary as somebody with a screwdriver reaches it, past everything that protects it."""

    def read(self, path: str) -> bytes:
        """One file of the copy."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Put other bytes there."""
        ...

    def delete(self, path: str) -> None:
        """Take one file away."""
        ...

    def lose(self) -> None:
        """Take the whole version away."""
        ...


@dataclass(frozen=True, slots=True)
class DirectoryReach:
    """The canary's copy in a folder."""

    place: DirectoryPlace
    version: str

    @property
    def _folder(self) -> Path:
        return self.place.folder(CANARY, self.version)

    def read(self, path: str) -> bytes:
        """One file of the copy."""
        return (self._folder / path).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Put other bytes there; a file that shares its bytes with another version leaves that one alone."""
        (self._folder / path).unlink(missing_ok=True)
        (self._folder / path).write_bytes(content)

    def delete(self, path: str) -> None:
        """Take one file away."""
        (self._folder / path).unlink()

    def lose(self) -> None:
        """Take the whole version away."""
        self.place.let_go(CANARY, self.version)


@dataclass(frozen=True, slots=True)
class BucketReach:
    """The canary's copy in a bucket."""

    place: S3Place
    version: str

    def _key(self, path: str) -> str:
        return f"{object_folder(CANARY)}/{self.version}/{path}"

    def read(self, path: str) -> bytes:
        """One file of the copy."""
        return self.place.bucket.read(self._key(path))

    def write(self, path: str, content: bytes) -> None:
        """Put other bytes there."""
        self.place.bucket.replace(self._key(path), content)

    def delete(self, path: str) -> None:
        """Take one file away."""
        self.place.bucket.delete([self._key(path)])

    def lose(self) -> None:
        """Take the whole version away."""
        self.place.let_go(CANARY, self.version)


def do_harm(harm: Harm, reach: Reach) -> None:
    """Harm the copy of the canary that `reach` reaches.

    Raises:
        OSError: it cannot be reached.
    """
    _WAYS[harm](reach)


def _flip(reach: Reach) -> None:
    content = bytearray(reach.read(_FIRST))
    content[len(content) // 2] ^= 1
    reach.write(_FIRST, bytes(content))


def _cut(reach: Reach) -> None:
    reach.write(_FIRST, reach.read(_FIRST)[:-1])


def _delete(reach: Reach) -> None:
    reach.delete(_SECOND)


def _add(reach: Reach) -> None:
    reach.write("data/strany/navíc.bin", b"nobody listed me")


def _swap(reach: Reach) -> None:
    first, second = reach.read(_FIRST), reach.read(_SECOND)
    reach.write(_FIRST, second)
    reach.write(_SECOND, first)


def _rename(reach: Reach) -> None:
    content = reach.read(_SMALL)
    reach.delete(_SMALL)
    reach.write("data/strany/0003.BIN", content)


def _stale_manifest(reach: Reach) -> None:
    """The manifest of some earlier state: it lists another digest than the file has."""
    listed = parse_manifest(reach.read(MANIFEST))
    reach.write(MANIFEST, manifest_bytes(listed | {_SMALL: hashlib.sha512(b"before").hexdigest()}))


def _altered_together(reach: Reach) -> None:
    """A file and all that speaks of it, so that the bag looks valid: only who keeps digests elsewhere can tell."""
    reach.write(_SMALL, b"forged!")
    listed = parse_manifest(reach.read(MANIFEST)) | {_SMALL: hashlib.sha512(b"forged!").hexdigest()}
    reach.write(MANIFEST, manifest_bytes(listed))
    tags = parse_manifest(reach.read(TAG_MANIFEST)) | {MANIFEST: hashlib.sha512(reach.read(MANIFEST)).hexdigest()}
    reach.write(TAG_MANIFEST, manifest_bytes(tags))


def _version_lost(reach: Reach) -> None:
    reach.lose()


_WAYS: Mapping[Harm, Callable[[Reach], None]] = {
    Harm.FLIP: _flip,
    Harm.CUT: _cut,
    Harm.DELETE: _delete,
    Harm.ADD: _add,
    Harm.SWAP: _swap,
    Harm.RENAME: _rename,
    Harm.STALE_MANIFEST: _stale_manifest,
    Harm.ALTERED_TOGETHER: _altered_together,
    Harm.VERSION_LOST: _version_lost,
}
