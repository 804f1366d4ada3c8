"""A version put together out of what its copies still have right.

What is right is said by the journal: it holds the digests of both manifests, these the digest of every other file. So
the manifests may come from anywhere (the register, any copy), and each file from any copy whose bytes fit.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.journal import Json
from repository.ledger import Kept
from repository.place import HeldBag, Place, Source
from repository.reading import digest as sha512_in
from repository.register import DigestRegister
from repository.verify import MANIFEST, TAG_MANIFEST, parse_manifest

if TYPE_CHECKING:
    from typing_extensions import Buffer

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class PiecedBag:
    """A whole bag: `manifests` (name -> content) that the journal vouches for, every other file from one of `chosen`.

    Files that are not listed do not belong to it. What cannot be read is Problem S013, so that who copies it tells a
    source that fails from a target that refuses.
    """

    manifests: Mapping[str, bytes]
    chosen: Mapping[str, Source]

    def sizes(self) -> dict[str, int]:
        """Path relative to the bag -> bytes, of every file."""
        held: dict[int, Mapping[str, int]] = {}
        for source in self.chosen.values():
            if id(source) not in held:
                with unreadable(source):
                    held[id(source)] = source.sizes()
        files = {path: held[id(source)].get(path, 0) for path, source in self.chosen.items()}
        return {name: len(content) for name, content in self.manifests.items()} | files

    def open(self, path: str) -> BinaryIO:
        """One file, to be read."""
        if path in self.manifests:
            return io.BytesIO(self.manifests[path])
        return opened(self.chosen[path], path)


def opened(source: Source, path: str) -> BinaryIO:
    """One file of `source`, to be read; what fails, now or later, is Problem S013."""
    with unreadable(source, path):
        return io.BufferedReader(_Told(source.open(path), source, path), _CHUNK)


@contextmanager
def unreadable(source: Source, path: str = "") -> Iterator[None]:
    """What `source` cannot give within the block becomes Problem S013."""
    try:
        yield
    except OSError as error:
        raise Problem("S013", _named(source, path), why=error.strerror or str(error)) from error


def vouched(kept: Kept, register: DigestRegister, sources: Sequence[Source]) -> dict[str, bytes]:
    """Both manifests of a version as the journal knows them, from the register or else from any of `sources`.

    Raises:
        Problem: S044 one of them is nowhere.
    """
    found: dict[str, bytes] = {}
    folder = register.folder(kept.object_id, kept.version)
    for name in (MANIFEST, TAG_MANIFEST):
        for content in _contents(folder / name, sources):
            if hashlib.sha512(content).hexdigest() == kept.manifests.get(name):
                found[name] = content
                break
        else:
            raise Problem("S044", f"{kept.object_id} {kept.version}", file=name, lost=1, good="–")
    return found


def listed(manifests: Mapping[str, bytes]) -> dict[str, str]:
    """Path -> SHA-512 of every file but the manifests."""
    found: dict[str, str] = {}
    for content in manifests.values():
        found |= parse_manifest(content)
    return {path: digest for path, digest in found.items() if path not in manifests}


def whole(source: Source, manifests: Mapping[str, bytes]) -> PiecedBag:
    """The version as `source` alone has it."""
    return PiecedBag(manifests, dict.fromkeys(listed(manifests), source))


def put_together(kept: Kept, manifests: Mapping[str, bytes], sources: Mapping[str, Source]) -> tuple[PiecedBag, str]:
    """The version out of all `sources` (by name), every byte of them read now, and the names of those that it needs.

    Raises:
        Problem: S044 no source has the right bytes of some file; it says how much each of them has.
    """
    wanted, chosen, used = listed(manifests), dict[str, Source](), set[str]()
    good = dict.fromkeys(sources, 0)
    for path, digest in wanted.items():
        fitting = [name for name, source in sources.items() if _fits(source, path, digest)]
        for name in fitting:
            good[name] += 1
        if fitting:
            chosen[path] = sources[fitting[0]]
            used.add(fitting[0])
    lost = sorted(wanted.keys() - chosen.keys())
    if lost:
        told = ", ".join(f"{name} {count}/{len(wanted)}" for name, count in good.items()) or "–"
        shown = ", ".join(lost[:10]) + (" …" if len(lost) > 10 else "")
        raise Problem("S044", f"{kept.object_id} {kept.version}", file=shown, lost=len(lost), good=told)
    return PiecedBag(manifests, chosen), " + ".join(name for name in sources if name in used)


def holders(places: Sequence[Place], kept: Kept) -> list[Place]:
    """The attached places that are known to hold the version and have it, those found whole first."""
    there = [place for place in places if place.name in kept.replicas and _has(place, kept.object_id, kept.version)]
    return sorted(there, key=lambda place: kept.replicas[place.name].verdict.value != "intact")


def copied_facts(kept: Kept, place: str) -> dict[str, Json]:
    """What the journal keeps of a copy made of `kept` in `place`."""
    return {
        "version": kept.version,
        "place": place,
        "files": kept.files,
        "bytes": kept.bytes,
        "manifest": kept.manifests[MANIFEST],
        "tagmanifest": kept.manifests[TAG_MANIFEST],
    }


class _Told(io.RawIOBase):
    """A stream whose errors are told as the source's."""

    def __init__(self, stream: BinaryIO, source: Source, path: str) -> None:
        super().__init__()
        self._stream, self._source, self._path = stream, source, path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        with unreadable(self._source, self._path):
            chunk = self._stream.read(len(view))
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _has(place: Place, object_id: VolumeId, version: str) -> bool:
    return place.attached() and version in place.versions(object_id)


def _named(source: Source, path: str) -> str:
    where = source.place.name if isinstance(source, HeldBag) else str(getattr(source, "folder", source))
    return f"{where}: {path}" if path else where


def _contents(registered: Path, sources: Sequence[Source]) -> Iterator[bytes]:
    """A manifest as the register and every source have it; those that cannot be read are passed over."""
    with suppress(OSError):
        yield registered.read_bytes()
    for source in sources:
        with suppress(OSError, Problem), source.open(registered.name) as stream:
            yield stream.read()


def _fits(source: Source, path: str, digest: str) -> bool:
    """Whether a file of `source` can be read and has the digest."""
    try:
        with source.open(path) as stream:
            return sha512_in(stream).sha512 == digest
    except (OSError, Problem):
        return False
