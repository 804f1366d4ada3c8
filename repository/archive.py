"""Unpack an archive from outside (tar, also gz, bz2, xz; zip) into an empty folder, or refuse it and leave nothing.

First all that the archive says of its files is examined, before a byte is written; then every file is written as a new
regular file. Links, devices, names that lead out or merge, encryption, bombs and truncation are refused, whole.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from metadata.file import flush
from metadata.problem import Problem
from metadata.wording import printable
from repository.names import impossible, leads_out, twins
from repository.tag_files import say

_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
_MOST_RATIO = 500
"""Deflate cannot pack tighter than about 1 to 1032; blank scans reach some hundreds, and never a whole book."""
_RATIO_FROM = 100_000_000
"""Bytes from which on the ratio matters."""
_MOST_HEADER = 1 << 24
"""Bytes of one header: tar would read names of any length into memory."""
_CHUNK = 1 << 20
_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, struct.error,
    ValueError, OverflowError,
)  # fmt: skip
"""What the libraries say of archives that are none, or no longer whole."""
_UTF8 = 0x800
"""Bit of a zip entry's flags: its name is UTF-8."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may become: bytes and files."""

    bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class _Member:
    """One entry: where it goes, whether it is a folder, its size."""

    path: str
    folder: bool
    size: int


class _Refused(Exception):
    """The archive is refused; the text says why, in the reader's language."""


class _Archive(Protocol):
    """What tar and zip have in common for us."""

    def members(self) -> Iterator[_Member]:
        """Every entry, examined; raises _Refused."""
        ...

    def contents(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Every file in order with its bytes, after `members` was gone through."""
        ...


def is_archive(path: Path) -> bool:
    """Whether `path` has the name of an archive that `unpack` knows."""
    return path.name.lower().endswith(_ENDINGS)


def stem(name: str) -> str:
    """The name of an archive without its ending; other names as they are."""
    found = [ending for ending in _ENDINGS if name.lower().endswith(ending)]
    return name[: -len(max(found, key=len))] if found else name


def media_type(path: Path) -> str:
    """What BagIt profiles call the form of the archive `path`; empty for a folder."""
    name = path.name.lower()
    if not is_archive(path):
        return ""
    return {"zip": "application/zip", "tar": "application/tar"}.get(name.rpartition(".")[2], "application/gzip")


def unpack(archive: Path, target: Path, limits: Limits) -> None:
    """Unpack `archive` into the empty or new folder `target`; flushed to disk at the end.

    Raises:
        Problem: S070 it is refused (its `why` says the reason); then `target` is not there.
        OSError: the disk refuses; then `target` is not there either.
    """
    target.mkdir(exist_ok=True)
    whole, named = False, printable(archive.name)
    try:
        with _opened(archive) as opened:
            _examine(list(_counted(opened.members(), limits)), archive.stat().st_size)
            for path, stream in opened.contents():
                _write(target / path, stream)
        for top, _, _ in os.walk(target, topdown=False):
            flush(Path(top))
        whole = True
    except _Refused as refused:
        raise Problem("S070", named, why=printable(str(refused))) from None
    except _BROKEN as error:
        raise Problem("S070", named, why=say("damaged", why=printable(str(error)))) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise Problem("S070", named, why=say("damaged", why=printable(str(error)))) from None  # gzip, bz2 say OSError
    finally:
        if not whole:
            shutil.rmtree(target, ignore_errors=True)


def _counted(members: Iterator[_Member], limits: Limits) -> Iterator[_Member]:
    """The entries, as long as they are not too many or too much."""
    size = 0
    for count, member in enumerate(members, 1):
        size += member.size
        if member.size < 0 or size > limits.bytes or count > 2 * limits.files:
            raise _Refused(say("too_much", why=f"{limits.bytes / 1e9:g} GB, {limits.files}"))
        yield member


def _examine(members: list[_Member], packed: int) -> None:
    """Refuse what only all entries together show: doubles, twins, files that are folders too, bombs."""
    size, files = sum(member.size for member in members), [member.path for member in members if not member.folder]
    if size > _RATIO_FROM and size > _MOST_RATIO * packed:
        raise _Refused(say("bomb", why=size // max(1, packed)))
    names = Counter(files)
    for name in (name for name, count in names.items() if count > 1):
        raise _Refused(say("doubled", path=name[:200]))
    folders = {member.path for member in members if member.folder}
    for name in files:
        parts = name.split("/")
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    both = sorted(set(names) & folders)
    if both:
        raise _Refused(say("doubled", path=both[0][:200]))
    for first, second in twins(sorted({*names, *folders})):
        raise _Refused(say("twins", path=first[:200], why=second[:200]))


def _write(path: Path, stream: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as out:
        shutil.copyfileobj(stream, out, _CHUNK)
        out.flush()
        os.fsync(out.fileno())


def _placed(name: str, *, folder: bool) -> str:
    """Where an entry goes below the target; empty for the target itself. Refuses what may not be."""
    plain = name
    while plain.startswith("./"):
        plain = plain[2:]
    plain = plain.rstrip("/") if folder else plain
    if folder and plain in ("", "."):
        return ""
    if leads_out(plain):
        raise _Refused(say("outside", path=name[:200]))
    if impossible(plain):
        raise _Refused(say("impossible", path=name[:200]))
    return plain


@contextmanager
def _opened(archive: Path) -> Iterator[_Archive]:
    """The archive, by its first bytes and not by its name."""
    with archive.open("rb") as stream:
        start = stream.read(6)
        stream.seek(0)
        if start.startswith(b"PK"):
            with zipfile.ZipFile(stream) as packed:
                yield _Zip(packed)
            return
        with _unpressed(stream, start) as plain:
            watched = _Watched(plain)
            with tarfile.open(fileobj=cast("IO[bytes]", watched), mode="r:") as tar:
                yield _Tar(tar, watched)


@contextmanager
def _unpressed(stream: IO[bytes], start: bytes) -> Iterator[IO[bytes]]:
    if start.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=stream, mode="rb") as plain:
            yield cast("IO[bytes]", plain)
    elif start.startswith(b"BZh"):
        with bz2.BZ2File(stream) as plain:
            yield cast("IO[bytes]", plain)
    elif start.startswith(b"\xfd7zXZ"):
        with lzma.LZMAFile(stream) as plain:
            yield cast("IO[bytes]", plain)
    else:
        yield stream


class _Watched:
    """A stream that remembers what was last read, and refuses to read headers of endless length into memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        """Read at most `size` bytes."""
        if not 0 <= size <= _MOST_HEADER:
            raise _Refused(say("damaged", why=f"{size} B"))
        self.last = self._stream.read(size)
        return self.last

    def drain(self) -> None:
        """Read what is left, so that a packed stream compares its checksum; after a tar only some padding is."""
        for _ in range(_MOST_HEADER // _CHUNK):
            if not self._stream.read(_CHUNK):
                return
        raise _Refused(say("too_much", why=f"+{_MOST_HEADER}"))

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return self._stream.seek(place, whence)

    def tell(self) -> int:
        """Where we are."""
        return self._stream.tell()


@dataclass(frozen=True, slots=True)
class _Tar:
    tar: tarfile.TarFile
    watched: _Watched

    def members(self) -> Iterator[_Member]:
        for entry in self.tar:
            if not (entry.isdir() or (entry.isreg() and not entry.issparse())):
                raise _Refused(say("not_a_file", path=entry.name[:200]))
            path = _placed(entry.name, folder=entry.isdir())
            if path:
                yield _Member(path, entry.isdir(), entry.size if entry.isreg() else 0)
        # tarfile takes a header that it cannot read for the end: an archive ends with a block of zeros.
        if self.watched.last != bytes(tarfile.BLOCKSIZE):
            raise _Refused(say("cut"))
        self.watched.drain()

    def contents(self) -> Iterator[tuple[str, IO[bytes]]]:
        for entry in self.tar.getmembers():
            stream = self.tar.extractfile(entry) if entry.isreg() else None
            if stream is not None:
                yield _placed(entry.name, folder=False), stream


@dataclass(frozen=True, slots=True)
class _Zip:
    zip: zipfile.ZipFile

    def members(self) -> Iterator[_Member]:
        for entry in self.zip.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            name = _zip_name(entry)
            if entry.flag_bits & 1:
                raise _Refused(say("encrypted", path=name[:200]))
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR) > entry.is_dir():
                raise _Refused(say("not_a_file", path=name[:200]))
            path = _placed(name, folder=entry.is_dir())
            if path:
                yield _Member(path, entry.is_dir(), entry.file_size)

    def contents(self) -> Iterator[tuple[str, IO[bytes]]]:
        for entry in self.zip.infolist():
            if not entry.is_dir():
                with self.zip.open(entry) as stream:
                    yield _placed(_zip_name(entry), folder=False), stream


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """The name of an entry: UTF-8, said so or not; any other encoding would be guessed, and is refused."""
    name = entry.orig_filename
    if entry.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        raise _Refused(say("not_encoded", why="UTF-8")) from None
