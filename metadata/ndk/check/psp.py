"""A package to be judged, wherever it lies: a folder, a bag of ours around it, or a ZIP with one folder in it.

Nothing is unpacked beside the package, links are not followed, and a ZIP is refused before anything is read from it
when its list of entries says that unpacking it would do harm.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

from metadata.file import CHUNK
from metadata.ndk.check.complaint import Complaint, Fact
from metadata.ndk.check.zip_list import entries_listed
from metadata.ndk.layout import Use

MOST_FILES = 100_000
"""Five files a page and 9,999 pages are 50,000 (ndk.md §1): twice that is no package."""
MOST_BYTES = 1 << 40
LARGEST_DOCUMENT = 256 << 20
"""Bytes of a document that is read at once; the METS of 10,000 pages has about 60 MB."""

_MOST_RATIO, _ALWAYS_ALLOWED = 100, 64 << 20
# In LZMA the sender says how much memory unpacking takes.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_LONGEST_LIST, _LONGEST_NAME, _MOST_PARTS = 64 << 20, 500, 12
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
_PART = re.compile(r"(info|mets|md5)([_.].*)?\.(xml|md5)", re.IGNORECASE)


class NotAPackage(Exception):
    """There is nothing that could be judged; `complaint` says why (KDR_NOT_A_PACKAGE..., KDR_ZIP_UNSAFE...)."""

    def __init__(self, rule: str, **facts: Fact) -> None:
        self.complaint = Complaint(rule, facts=facts)
        super().__init__(self.complaint.text())


class Source(Protocol):
    """Where the bytes of a package's files come from; paths are relative to the package's root."""

    def opened(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The file as a stream."""
        ...

    def local(self, path: str) -> AbstractContextManager[Path]:
        """The file as one on this disk."""
        ...


@dataclass(frozen=True, slots=True)
class Psp:
    """A package.

    `name` is its root folder's name; `files` maps paths relative to the root, with forward slashes, to sizes in bytes;
    `folders` are the paths of all folders below the root; `odd` are paths that are neither (links, devices).
    Names that are no UTF-8 hold surrogates, as `os.fsdecode` makes them.
    """

    name: str
    files: Mapping[str, int]
    folders: frozenset[str]
    odd: tuple[str, ...]
    _source: Source = field(repr=False)
    _digests: dict[str, str] = field(default_factory=dict, repr=False)

    def read(self, path: str) -> bytes:
        """All of a document.

        Raises:
            OSError: it is not there, or cannot be read.
            ValueError: it is larger than any document of a package.
        """
        if self.files.get(path, 0) > LARGEST_DOCUMENT:
            raise ValueError(f"{self.files[path]} B > {LARGEST_DOCUMENT} B")
        with self.opened(path) as stream:
            return stream.read(LARGEST_DOCUMENT)

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        """A file as a stream, closed afterwards.

        Raises:
            OSError: it is not there or cannot be read, from the start or from some byte on.
        """
        if path not in self.files:
            raise FileNotFoundError(path)
        with self._source.opened(path) as stream:
            yield stream

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        """A file for programs that want a path; of a ZIP a temporary copy, deleted afterwards.

        Raises:
            OSError: it is not there, cannot be read, or there is no room for the copy.
        """
        if path not in self.files:
            raise FileNotFoundError(path)
        with self._source.local(path) as where:
            yield where

    def digest(self, path: str) -> str:
        """MD5 of a file in lower-case hex, read through once and remembered.

        Raises:
            OSError: it is not there or cannot be read.
        """
        if path not in self._digests:
            md5 = hashlib.md5(usedforsecurity=False)
            with self.opened(path) as stream:
                while chunk := stream.read(CHUNK):
                    md5.update(chunk)
            self._digests[path] = md5.hexdigest()
        return self._digests[path]


@contextmanager
def open_psp(path: Path) -> Iterator[Psp]:
    """The package at `path`: a package's folder, a bag around one (data/<id>/), or a ZIP with one root folder.

    Raises:
        FileNotFoundError: nothing is there.
        NotAPackage: it is something else, or a ZIP that must not be unpacked.
        OSError: the disk refuses.
    """
    if path.is_dir():
        yield _from_folder(path)
    elif path.is_file():
        with path.open("rb") as stream:
            yield _from_zip(stream, path.stat().st_size)
    elif path.exists():
        raise NotAPackage("KDR_NOT_A_PACKAGE_ZIP", detail=path.name)
    else:
        raise FileNotFoundError(path)


# --- a folder ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Folder:
    root: Path

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        # The listing held no link; one put there since is not followed either.
        with os.fdopen(os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
            yield stream

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        yield self.root / path


def _from_folder(path: Path) -> Psp:
    root = _inside_bag(path) if (path / "bagit.txt").is_file() else path.resolve()
    files, folders, odd = _listing(root)
    _require_likeness(files, folders)
    return Psp(root.name, files, frozenset(folders), tuple(odd), _Folder(root))


def _inside_bag(path: Path) -> Path:
    found = [each for each in (path / "data").iterdir() if each.is_dir()] if (path / "data").is_dir() else []
    likely = [each for each in found if any(_PART.fullmatch(name.name) for name in each.iterdir())]
    if len(likely) != 1:
        raise NotAPackage("KDR_NOT_A_PACKAGE_BAG", found=len(likely))
    return likely[0].resolve()


def _listing(root: Path) -> tuple[dict[str, int], list[str], list[str]]:
    files: dict[str, int] = {}
    folders: list[str] = []
    odd: list[str] = []
    waiting = [""]
    while waiting:
        where = waiting.pop()
        for entry in _entries(root / where):
            path = f"{where}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
                waiting.append(f"{path}/")
            elif entry.is_file(follow_symlinks=False):
                files[path] = entry.stat(follow_symlinks=False).st_size
            else:
                odd.append(path)
    return files, folders, odd


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda each: each.name)


def _require_likeness(files: Mapping[str, int], folders: list[str]) -> None:
    """Something of a package must be there, however broken; else any folder would be an invalid package."""
    top = [path for path in files if "/" not in path]
    if not any(_PART.fullmatch(name) for name in top) and not set(Use) & {name.lower() for name in folders}:
        raise NotAPackage("KDR_NOT_A_PACKAGE", found=len(files))


# --- a ZIP ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Archive:
    archive: zipfile.ZipFile
    prefix: str

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        try:
            with self.archive.open(self.prefix + path) as stream:
                yield cast("BinaryIO", stream)
        except _BROKEN as error:
            raise OSError(f"{path}: {error}") from None

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="kdr-zip-") as folder:
            target = Path(folder, f"file{PurePosixPath(path).suffix}")
            with self.opened(path) as stream, target.open("wb") as out:
                shutil.copyfileobj(stream, out, CHUNK)
            yield target


def _from_zip(stream: BinaryIO, size: int) -> Psp:
    count = entries_listed(stream, size, longest=_LONGEST_LIST)
    if count is None or count > MOST_FILES:
        raise NotAPackage("KDR_ZIP_UNSAFE_COUNT", count=count or f"> {MOST_FILES}")
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise NotAPackage("KDR_NOT_A_PACKAGE_ZIP", detail=str(error)) from None
    entries = archive.infolist()
    _refuse_harm(entries, size)
    root, rest = _one_root(entries)
    files = {name: entry.file_size for name, entry in rest.items() if not entry.is_dir()}
    folders = {str(parent) for name in rest for parent in PurePosixPath(name).parents} - {"."}
    folders |= {name.rstrip("/") for name, entry in rest.items() if entry.is_dir()}
    if clash := next(iter(sorted(folders & set(files))), ""):
        raise NotAPackage("KDR_ZIP_UNSAFE_DOUBLE", entry=clash)
    _require_likeness(files, sorted(folders))
    return Psp(root.rstrip("/").rpartition("/")[2], files, frozenset(folders), (), _Archive(archive, root))


def _refuse_harm(entries: list[zipfile.ZipInfo], size: int) -> None:
    seen: set[str] = set()
    for entry in entries:
        harm = _harm(entry, seen)
        if harm:
            raise NotAPackage(f"KDR_ZIP_UNSAFE_{harm}", entry=entry.filename[:_LONGEST_NAME])
        seen.add(entry.filename.rstrip("/"))
    total = sum(entry.file_size for entry in entries)
    # Measured against the archive as it lies on disk: entries that overlap one another count once there.
    if total > MOST_BYTES or total > max(_ALWAYS_ALLOWED, _MOST_RATIO * size):
        raise NotAPackage("KDR_ZIP_UNSAFE_BOMB", total=total, packed=size)


def _harm(entry: zipfile.ZipInfo, seen: set[str]) -> str:
    """What is dangerous about an entry; empty when nothing is."""
    name, mode = entry.filename, entry.external_attr >> 16
    parts = name.rstrip("/").split("/")
    tests = {
        "PATH": name.startswith("/") or bool({"", ".", ".."} & set(parts)) or "\\" in name or parts[0].endswith(":"),
        "LENGTH": len(name) > _LONGEST_NAME or len(parts) > _MOST_PARTS,
        "LINK": stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR),
        "ENCRYPTED": bool(entry.flag_bits & _ENCRYPTED),
        "METHOD": entry.compress_type not in _METHODS,
        "DOUBLE": name.rstrip("/") in seen,
    }
    return next((why for why, found in tests.items() if found), "")


def _one_root(entries: list[zipfile.ZipInfo]) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """The prefix of the package's folder and the entries below it, without the prefix."""
    tops = {entry.filename.split("/")[0] for entry in entries}
    if len(tops) != 1 or any("/" not in entry.filename for entry in entries):
        raise NotAPackage("KDR_NOT_A_PACKAGE_ROOTS", found=len(tops))
    root = f"{tops.pop()}/"
    if any(entry.filename == f"{root}bagit.txt" for entry in entries):
        root = _root_in_bag(root, entries)
    inside = {entry.filename.removeprefix(root): entry for entry in entries if entry.filename.startswith(root)}
    return root, {name: entry for name, entry in inside.items() if name}


def _root_in_bag(bag: str, entries: list[zipfile.ZipInfo]) -> str:
    depth = len((bag + "data/x").split("/"))
    parts = [entry.filename.split("/") for entry in entries if entry.filename.startswith(f"{bag}data/")]
    likely = {each[depth - 1] for each in parts if len(each) == depth + 1 and _PART.fullmatch(each[depth])}
    if len(likely) != 1:
        raise NotAPackage("KDR_NOT_A_PACKAGE_BAG", found=len(likely))
    return f"{bag}data/{likely.pop()}/"
