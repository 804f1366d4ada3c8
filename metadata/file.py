"""Describe a file in one read; put a file in place whole."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

MOST_GIVEN = 32 << 20
"""What a person gives of one page or list is smaller: an ALTO has some hundred kilobytes."""
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file as it was when all of it was last read.

    `path` is relative to the folder that its owner names, with forward slashes; `size` in bytes; digests are lower-case
    hex. `md5` is there because the NDK package asks for it (ndk.md §0); it is empty for working files that never
    enter a package.
    """

    path: str
    size: int
    sha512: str
    md5: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Digests:
    """What one pass over some bytes said of them."""

    size: int
    sha512: str
    md5: str


class Reader:
    """Takes bytes as they pass by and describes them at the end."""

    def __init__(self, *, md5: bool = True) -> None:
        self._size = 0
        self._sha512 = hashlib.sha512()
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None

    def take(self, chunk: bytes | memoryview) -> None:
        """Count and digest `chunk`."""
        self._size += len(chunk)
        self._sha512.update(chunk)
        if self._md5 is not None:
            self._md5.update(chunk)

    def digests(self) -> Digests:
        """Size and digests of all that was taken."""
        return Digests(self._size, self._sha512.hexdigest(), self._md5.hexdigest() if self._md5 is not None else "")


def read_through(path: Path, *, md5: bool = True, cold: bool = False) -> Digests:
    """Read all of `path` once and say its size and digests.

    With `cold`, the page cache is advised away first, so that what is read is what the disk holds.

    Raises:
        OSError: it cannot be read.
    """
    reader = Reader(md5=md5)
    with path.open("rb", buffering=0) as stream:
        if cold:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        buffer = bytearray(CHUNK)
        view = memoryview(buffer)
        while count := stream.readinto(buffer):
            reader.take(view[:count])
    return reader.digests()


def describe(path: Path, root: Path, media_type: str = "", *, md5: bool = True) -> FileRef:
    """Read all of `path` once; the reference names it relative to `root`.

    Raises:
        OSError: it cannot be read.
        ValueError: it does not lie below `root`.
    """
    digests = read_through(path, md5=md5)
    return FileRef(path.relative_to(root).as_posix(), digests.size, digests.sha512, digests.md5, media_type)


def copy_through(source: Path, target: Path, *, md5: bool = True) -> Digests:
    """Copy `source` to the new file `target` and describe the bytes on their way; flushed to disk at the end.

    Raises:
        OSError: reading or writing failed; FileExistsError when `target` is there already.
    """
    with source.open("rb", buffering=0) as stream:
        return copy_stream(stream, target, md5=md5)


def copy_stream(stream: BinaryIO | FileIO, target: Path, *, md5: bool = True) -> Digests:
    """Copy what is left of `stream` to the new file `target`, as `copy_through` does.

    Raises:
        OSError: reading or writing failed; FileExistsError when `target` is there already.
    """
    reader = Reader(md5=md5)
    with target.open("xb", buffering=0) as out:
        while chunk := stream.read(CHUNK):
            reader.take(chunk)
            view = memoryview(chunk)
            while view:
                view = view[out.write(view) :]
        os.fsync(out.fileno())
    return reader.digests()


def intact(ref: FileRef, root: Path) -> bool:
    """Whether the file `ref` names below `root` still has the size and SHA-512 it had."""
    path = root / ref.path
    try:
        return path.stat().st_size == ref.size and read_through(path, md5=False).sha512 == ref.sha512
    except OSError:
        return False


@contextmanager
def placing(target: Path, *, durable: bool = True) -> Iterator[Path]:
    """Give a temporary name beside `target`; when the block ends well, the file appears as `target`, whole.

    With `durable` the file and its folder are flushed to disk before and after the renaming. Working files, whose
    digests are checked before they are used again, can do without.

    Raises:
        OSError: the disk refuses.
    """
    handle, name = tempfile.mkstemp(prefix=".draft-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        if durable:
            flush(draft)
        draft.replace(target)
        if durable:
            flush(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def place_bytes(target: Path, content: bytes, *, durable: bool = True) -> None:
    """Write `content` to `target`, whole or not at all."""
    with placing(target, durable=durable) as draft:
        draft.write_bytes(content)
        draft.chmod(0o644)


def flush(path: Path) -> None:
    """Make the disk keep what was written to the file or folder `path`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def given_bytes(path: Path, most: int = MOST_GIVEN) -> bytes:
    """What a person's file holds, if it is a file and no larger than `most` bytes: no link, pipe or device is followed.

    Raises:
        OSError: it is none, too large (EFBIG), or cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content
