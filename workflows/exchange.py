"""Packages handed to others: to the National Library as the standard wants them, to Kramerius as its import takes them.

Every byte comes from a stored version whose manifest is the one that the journal knows, is compared with that manifest
on its way out and read back from the target. A target appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from metadata.file import CHUNK, flush, read_through
from metadata.markup import parse
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.wording import Tongue, wording
from repository.bag import package_folders
from repository.reading import digest
from repository.store import Store
from repository.verify import MANIFEST, parse_manifest
from workflows.holdings import provenance
from workflows.kramerius import Fitted, Unfit, fitted

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the earliest moment a ZIP can tell: equal packages become equal ZIPs
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def say(key: str, tongue: Tongue | None = None, **facts: object) -> str:
    """A sentence about exchange; in the reader's language when none is given."""
    return wording("workflows", "exchange.toml").say(key, tongue, **facts)


@dataclass(frozen=True, slots=True)
class Exported:
    """A package as it was handed out: where it lies now, of how many files and bytes.

    `embargo` is the date before which nobody but staff may see it (ISO 8601), as the stored version says, or empty;
    `strangers` are pages to which Kramerius would give identifiers of its own.
    """

    object_id: VolumeId
    version: str
    path: Path
    files: int
    bytes: int
    embargo: str = ""
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A package within a stored version: `name` is its folder, `digests` are SHA-512 by path within that folder."""

    store: Store
    object_id: VolumeId
    version: str
    name: str
    digests: Mapping[str, str]

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        """A file of the package as a stream, closed afterwards.

        Raises:
            Problem: S006, it cannot be opened.
        """
        try:
            stream = self.store.primary.open(self.object_id, self.version, f"data/{self.name}/{path}")
        except OSError as error:
            raise self.damaged() from error
        with stream:
            yield stream

    def read(self, path: str) -> bytes:
        """All of a document.

        Raises:
            Problem: S006, it is not what was stored.
        """
        with self.opened(path) as stream:
            content = stream.read()
        self.require(path, hashlib.sha512(content).hexdigest())
        return content

    def pour(self, path: str, out: IO[bytes]) -> str:
        """Write a file of the package to `out`; its SHA-512.

        Raises:
            Problem: S006, it is not what was stored.
        """
        sha512 = hashlib.sha512()
        with self.opened(path) as stream:
            while chunk := stream.read(CHUNK):
                sha512.update(chunk)
                out.write(chunk)
        self.require(path, sha512.hexdigest())
        return sha512.hexdigest()

    def require(self, path: str, sha512: str) -> None:
        """Raises Problem S006 when the file `path` was read as something else than what was stored."""
        if sha512 != self.digests[path]:
            raise self.damaged()

    def damaged(self) -> Problem:
        """That this version cannot be handed out."""
        return Problem("S006", self.object_id, version=self.version, place=self.store.primary.name)


def kept(store: Store, object_id: VolumeId, version: str | None = None) -> Kept:
    """The package in a stored version, the newest when none is named; its list of digests is the journal's.

    Raises:
        Problem: S004 no such object or version; S006 the version is damaged; S020 the primary place is not attached.
    """
    versions = store.versions(object_id)
    chosen = version or versions[-1]
    if chosen not in versions:
        raise Problem("S004", f"{object_id} {chosen}")
    nothing = Kept(store, object_id, chosen, "", {})
    try:
        with store.primary.open(object_id, chosen, MANIFEST) as stream:
            content = stream.read()
        listed = parse_manifest(content)
    except (OSError, ValueError) as error:
        raise nothing.damaged() from error
    stored = (entry for entry in store.journal.entries(object_id) if entry.kind == "stored")
    registered = next((entry.facts["manifest"] for entry in stored if entry.facts.get("version") == chosen), "")
    packages = package_folders(listed)
    if registered != hashlib.sha512(content).hexdigest() or len(packages) != 1:
        raise nothing.damaged()
    name = packages.pop()
    start = f"data/{name}/"
    inside = {path.removeprefix(start): digest for path, digest in listed.items() if path.startswith(start)}
    return Kept(store, object_id, chosen, name, inside)


def export_psp(
    store: Store, object_id: VolumeId, target: Path, *, version: str | None = None, zipped: bool = False
) -> Exported:
    """Write the package of a stored version into the folder `target`, as the folder `<packageid>/`.

    With `zipped` as `<packageid>.zip` with that one folder in it, nothing compressed; equal packages give equal ZIPs.

    Raises:
        Problem: as `kept`; S005 there is something in its place; S003 it cannot be written.
    """
    package = kept(store, object_id, version)
    place = target / (f"{package.name}.zip" if zipped else package.name)
    write = _write_zip if zipped else _write_folder
    return _placed(package, place, Fitted(tuple(sorted(package.digests))), write)


def export_kramerius(store: Store, object_id: VolumeId, target: Path, *, version: str | None = None) -> Exported:
    """Write what Kramerius' METS import takes of a stored version into `target`/<packageid>/: all but the masters.

    Raises:
        Problem: as `export_psp`.
        Unfit: its import would stop at this package.
    """
    package = kept(store, object_id, version)
    name = next((path for path in package.digests if "/" not in path and path.startswith("mets_")), "")
    if not name:
        raise Unfit("no_mets")
    try:
        main = parse(package.read(name))
    except ValueError as error:
        raise Unfit("no_mets") from error
    return _placed(package, target / package.name, fitted(main, name, package.digests), _write_folder)


# --- writing ----------------------------------------------------------------------------------------------------------

_Write = Callable[[Kept, Fitted, Path], int]


@contextmanager
def draft_beside(place: Path) -> Iterator[Path]:
    """A folder for drafts beside `place`, gone afterwards; when anything fails, so are folders made for nothing.

    Raises:
        Problem: S005 there is something in its place; S003 the disk refuses, within the block too.
    """
    fresh = place.parent
    try:
        fresh = next((each for each in (place.parent, *place.parent.parents) if each.exists()), place.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        if _taken(place):
            raise Problem("S005", place)
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=place.parent, ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except OSError as error:
        _drop_empty(place.parent, fresh)
        raise Problem("S003", place, why=error.strerror or str(error)) from error
    except Problem:
        _drop_empty(place.parent, fresh)
        raise


def _placed(package: Kept, place: Path, wanted: Fitted, write: _Write) -> Exported:
    """Let `write` make a draft beside `place`, and give it that name when it is whole."""
    with draft_beside(place) as folder:
        draft = folder / place.name
        size = write(package, wanted, draft)
        if _taken(place):
            raise Problem("S005", place)
        draft.replace(place)
        flush(place.parent)
    count, embargo = len(wanted.paths), _embargo(package)
    return Exported(package.object_id, package.version, place, count, size, embargo, wanted.strangers)


def _taken(place: Path) -> bool:
    """Whether something would be lost if the package got this name; an empty folder is not."""
    if place.is_dir() and not place.is_symlink():
        return any(place.iterdir())
    return place.exists() or place.is_symlink()


def _drop_empty(folder: Path, kept_above: Path) -> None:
    """Remove the empty folders that were made for nothing."""
    with suppress(OSError):
        while folder != kept_above:
            folder.rmdir()
            folder = folder.parent


def _embargo(package: Kept) -> str:
    """Until when the stored version may not be seen; a version that does not say is not under embargo."""
    told = provenance(package.store, package.object_id, package.version)
    return told.volume.rights.embargo if told and told.volume.rights else ""


def _write_folder(package: Kept, wanted: Fitted, draft: Path) -> int:
    draft.mkdir()
    size = 0
    for path in wanted.paths:
        target = draft / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            digest = _poured(package, wanted, path, out)
            out.flush()
            os.fsync(out.fileno())
        _require(path, digest, read_through(target, md5=False, cold=True).sha512)
        size += target.stat().st_size
    for top, _, _ in os.walk(draft, topdown=False):
        flush(Path(top))
    return size


def _write_zip(package: Kept, wanted: Fitted, draft: Path) -> int:
    digests = {}
    with zipfile.ZipFile(draft, "x", zipfile.ZIP_STORED) as archive:
        for path in wanted.paths:
            entry = zipfile.ZipInfo(f"{package.name}/{path}", _EARLIEST)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            with package.opened(path) as stream:
                entry.file_size = stream.seek(0, os.SEEK_END)
            with archive.open(entry, "w") as out:
                digests[entry.filename] = _poured(package, wanted, path, out)
    flush(draft)
    with draft.open("rb") as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        _require_entries(stream, digests)
    return draft.stat().st_size


def _require_entries(stream: BinaryIO, digests: Mapping[str, str]) -> None:
    with zipfile.ZipFile(stream) as archive:
        for name, wanted in digests.items():
            with archive.open(name) as entry:
                _require(name, wanted, digest(entry).sha512)


def _require(name: str, wanted: str, found: str) -> None:
    if wanted != found:
        raise OSError(say("read_back", file=name))


def _poured(package: Kept, wanted: Fitted, path: str, out: IO[bytes]) -> str:
    """Write one file to `out`; its SHA-512."""
    changed = wanted.changed.get(path)
    if changed is not None:
        out.write(changed)
        return hashlib.sha512(changed).hexdigest()
    return package.pour(path, out)
