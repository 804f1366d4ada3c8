"""A place that is a folder on a mounted disk or share: ``<root>/ab/cd/<uuid>/v0001/``.

The folder of a version appears by one rename, after every byte was read back from the disk.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import BinaryIO

from metadata.event import now
from metadata.file import copy_stream, flush, place_bytes, read_through
from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from metadata.record import from_json, read_json, to_json, to_pretty_json
from repository.bag import walk
from repository.journal import Head
from repository.place import Source, version_number
from repository.refusal import refusals
from repository.sharing import shared
from repository.verify import (
    HEAD,
    MANIFEST,
    PLACE_MARKER,
    TAG_MANIFEST,
    Known,
    Progress,
    Row,
    Verdict,
    object_folder,
    parse_manifest,
    stray_rows,
    verify_bag,
)  # fmt: skip

_STAGING = ".staging"
_QUARANTINE = ".quarantine"
_LOCK = "lock"
_VERSION = re.compile(r"v\d{4,}")


@dataclass(frozen=True, slots=True)
class DirectoryPlace:
    """A folder on a mounted disk; `quota` bounds in bytes what its versions may take together."""

    name: str
    root: Path
    medium: str = "disk"
    site: str = ""
    quota: int | None = None
    threat: str = ""

    @property
    def where(self) -> str:
        """Its folder."""
        return str(self.root)

    def create(self) -> None:
        """Make `root` a place (what ``kdr init`` does).

        Raises:
            FileExistsError: it is one already.
        """
        if (self.root / PLACE_MARKER).exists():
            raise FileExistsError(self.root / PLACE_MARKER)
        (self.root / _STAGING).mkdir(parents=True, exist_ok=True)
        marker = {"name": self.name, "medium": self.medium, "site": self.site, "made": now()}
        place_bytes(self.root / PLACE_MARKER, to_pretty_json(marker))

    def attached(self) -> bool:
        """Whether the marker with this place's name is there; below an unmounted disk it is not."""
        try:
            marker = read_json((self.root / PLACE_MARKER).read_bytes())
        except (OSError, ValueError):
            return False
        return isinstance(marker, dict) and marker.get("name") == self.name

    def require(self) -> None:
        """Make sure that the place is attached.

        Raises:
            Problem: S020.
        """
        if not self.attached():
            raise Problem("S020", f"{self.name} ({self.root})", marker=PLACE_MARKER)

    def folder(self, object_id: VolumeId, version: str) -> Path:
        """Where a version lies or would lie."""
        return self._home(object_id) / version

    def free_bytes(self) -> int:
        """Free bytes of the disk, or what the quota leaves of them."""
        self.require()
        disk = os.statvfs(self.root)
        free = disk.f_bavail * disk.f_frsize
        return free if self.quota is None else max(0, min(free, self.quota - self.used_bytes()))

    def used_bytes(self) -> int:
        """How many bytes its versions take together, a file that several versions share counted in each."""
        return sum(
            _bytes_of(self.folder(object_id, version))
            for object_id in self.objects()
            for version in self.versions(object_id)
        )

    def objects(self) -> Iterator[VolumeId]:
        """Every object with at least one version, sorted."""
        self.require()
        for home in sorted(self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
            try:
                object_id = volume_id(home.name)
            except ValueError:
                continue
            if self.versions(object_id):
                yield object_id

    def versions(self, object_id: VolumeId) -> tuple[str, ...]:
        """The versions of one object, oldest first; empty when it is not there. What lies behind a link is not here."""
        self.require()
        home = self._home(object_id)
        if any(map(_strange, _way(home))):
            return ()
        try:
            names = [each.name for each in os.scandir(home) if _VERSION.fullmatch(each.name) and not _strange(each)]
        except FileNotFoundError:
            return ()
        return tuple(sorted(names, key=version_number))

    def sizes(self, object_id: VolumeId, version: str) -> dict[str, int]:
        """Path relative to the bag -> bytes, of every file of one version."""
        self.require()
        folder = self.folder(object_id, version)
        return {path: (folder / path).stat().st_size for path, regular in walk(folder) if regular}

    def open(self, object_id: VolumeId, version: str, path: str) -> BinaryIO:
        """One file, to be read. Raises OSError as `open` does."""
        self.require()
        return (self.folder(object_id, version) / path).open("rb")

    def faults(
        self, object_id: VolumeId, version: str, known: Known | None = None, on_read: Progress | None = None
    ) -> list[Row]:
        """Read one version through; what is wrong with it."""
        self.require()
        folder = self.folder(object_id, version)
        if version not in self.versions(object_id):
            return [Row(Verdict.VERSION_MISSING, str(folder), {"object": object_id})]
        rows = verify_bag(folder, known, on_read)
        return [Row(row.verdict, row.path, row.facts | {"object": object_id}) for row in rows if row.code]

    def strays(self) -> list[Row]:
        """What lies in the place and belongs to nothing, and what could not be listed."""
        self.require()
        return list(stray_rows(self.root))

    def receive(self, bag: Source, object_id: VolumeId, version: str) -> None:
        """Take a copy of `bag` and read it back; it appears whole or not at all.

        Payload files that the version before holds too are reflinks or hard links to its files, read back all the same.

        Raises:
            Problem: S001 no room; S002 it was read back differently; S003 the disk refuses; S020 not attached; V006 the
                bag is not what its manifests say.
            FileExistsError: the version is there already (and stays as it is).
        """
        self.require()
        target = self.folder(object_id, version)
        self._refuse_strange(*_way(target.parent), target)
        if target.exists():
            raise FileExistsError(target)
        with self._staged(bag, object_id, version) as draft:
            _settled(draft, target)

    def replace(self, bag: Source, object_id: VolumeId, version: str, incident: str) -> str:
        """As `receive`, but what lies there is set aside first; where it lies now, empty when nothing did.

        Raises:
            Problem: as `receive`.
        """
        self.require()
        target = self.folder(object_id, version)
        self._refuse_strange(*_way(target.parent)[:2], self.root / _QUARANTINE)
        aside = self.root / _QUARANTINE / incident / object_id / version
        with self._staged(bag, object_id, version) as draft:
            in_the_way = target.parent if _strange(target.parent) else target
            if os.path.lexists(in_the_way):
                aside = _free(aside)
                aside.parent.mkdir(parents=True, exist_ok=True)
                in_the_way.rename(aside)
                flush(aside.parent)
            _settled(draft, target)
        return str(aside) if os.path.lexists(aside) else ""

    def let_go(self, object_id: VolumeId, version: str) -> None:
        """Delete one version: it vanishes by one rename; then its bytes go, and what repairs set aside."""
        self.require()
        self._refuse_strange(*_way(self._home(object_id)), self.root / _QUARANTINE)
        with refusals(self.name), self._staging() as staging:
            with suppress(FileNotFoundError):
                self.folder(object_id, version).rename(staging / version)
                flush(self._home(object_id))
            home = self._home(object_id)
            with suppress(OSError):  # others lie there
                for folder in (home, *home.parents[:2]):
                    folder.rmdir()
            for gone in ((staging / version), *self._set_aside(object_id, version)):
                if _strange(gone):
                    gone.unlink()
                elif gone.exists():
                    shutil.rmtree(gone)

    def tidy(self) -> None:
        """Remove the staging folders of processes that are dead."""
        self.require()
        with refusals(self.name), self._swept():
            pass

    def remembered(self) -> Head | None:
        """The journal's head it was last told; nothing when it was never told one or is not attached."""
        try:
            return from_json(Head, (self.root / HEAD).read_bytes()) if self.attached() else None
        except (OSError, ValueError):
            return None

    def remember(self, head: Head) -> None:
        """Keep the journal's head, whole or not at all. Raises Problem S003 or S020."""
        self.require()
        draft = self.root / _STAGING / HEAD  # a crash must not leave a draft where an audit finds it
        with refusals(self.name, self.require):
            draft.parent.mkdir(exist_ok=True)
            draft.write_bytes(to_json(head))
            flush(draft)
            draft.replace(self.root / HEAD)
            flush(self.root)

    def _home(self, object_id: VolumeId) -> Path:
        return self.root / object_folder(object_id)

    def _refuse_strange(self, *folders: Path) -> None:
        """Refuse (S003) to write where a link or a file stands for a folder of ours: it would lead out of the place."""
        for folder in filter(_strange, folders):
            raise Problem("S003", self.name, why=f"{folder}: {os.strerror(errno.ENOTDIR)}")

    def _need(self, needed: int) -> None:
        free = self.free_bytes()
        if needed > free:
            raise Problem("S001", self.name, free=free // 10**6, needed=-(-needed // 10**6))

    def _set_aside(self, object_id: VolumeId, version: str) -> list[Path]:
        """Where `replace` put earlier copies of a version (see `_free`)."""
        numbered = re.compile(rf"{version}(-\d+)?")
        there = (self.root / _QUARANTINE).glob(f"*/{object_id}/*")
        return [folder for folder in there if numbered.fullmatch(folder.name)]

    @contextmanager
    def _staged(self, bag: Source, object_id: VolumeId, version: str) -> Iterator[Path]:
        """A copy of `bag` below ``.staging`` that was read back; who does not move it away loses it."""
        with refusals(self.name), self._staging() as staging:  # leftovers go before free space is measured
            self._need(sum(bag.sizes().values()))
            draft = staging / version
            self._read_back(draft, _copied(bag, draft, object_id, self._earlier(object_id, version)), object_id)
            yield draft

    def _earlier(self, object_id: VolumeId, version: str) -> dict[str, Path]:
        """SHA-512 -> payload file of the newest version before `version` that lies here, as its manifest has it."""
        before = [held for held in self.versions(object_id) if version_number(held) < version_number(version)]
        if not before:
            return {}
        folder = self.folder(object_id, before[-1])
        try:
            listed = parse_manifest((folder / MANIFEST).read_bytes())
        except (OSError, ValueError):  # an audit will tell
            return {}
        return {digest: folder / path for path, digest in listed.items() if path.startswith("data/")}

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        """A folder of its own below ``.staging``, locked while this process lives; those of the dead are removed."""
        with self._swept() as top:
            own = Path(tempfile.mkdtemp(dir=top))
            lock = (own / _LOCK).open("wb")
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield own
        finally:
            shutil.rmtree(own, ignore_errors=True)
            lock.close()

    @contextmanager
    def _swept(self) -> Iterator[Path]:
        """The folder ``.staging`` without what the dead left there; nobody else sweeps meanwhile."""
        top = self.root / _STAGING
        self._refuse_strange(top)  # what lies behind a link was never ours, and would be swept away
        top.mkdir(exist_ok=True)
        with _locked(top / _LOCK):
            for folder in filter(Path.is_dir, top.iterdir()):
                _remove_if_dead(folder)
            yield top

    def _read_back(self, draft: Path, digests: dict[str, str], object_id: VolumeId) -> None:
        for path, digest in digests.items():
            if read_through(draft / path, md5=False, cold=True).sha512 != digest:
                raise Problem("S002", f"{self.name}: {object_id}", file=path)


def _copied(bag: Source, draft: Path, object_id: VolumeId, earlier: Mapping[str, Path]) -> dict[str, str]:
    """Copy every file of `bag`; path -> SHA-512 of those to be read back. What its manifests do not say is V006."""
    try:
        listed = _listed(bag)
    except (FileNotFoundError, ValueError) as error:
        raise Problem("V006", object_id, why=str(error)) from error
    digests: dict[str, str] = {}
    sizes = bag.sizes()
    lost = sorted(set(listed) - set(sizes))
    if lost:
        raise Problem("V006", object_id, why=lost[0])
    for path, size in sizes.items():
        target, wanted = draft / path, listed.get(path, "")
        target.parent.mkdir(parents=True, exist_ok=True)
        if shared(earlier.get(wanted), target, size, wanted):
            continue
        with bag.open(path) as stream:
            digests[path] = copy_stream(stream, target, md5=False).sha512
        target.chmod(0o444)
        if digests[path] != wanted and path != TAG_MANIFEST:
            raise Problem("V006", object_id, why=path)
    return digests


def _listed(bag: Source) -> dict[str, str]:
    """Path -> SHA-512 of all that the manifests of a bag list."""
    listed: dict[str, str] = {}
    for name in (MANIFEST, TAG_MANIFEST):
        with bag.open(name) as stream:
            listed |= parse_manifest(stream.read())
    return listed


def _free(path: Path) -> Path:
    """`path`, or with a number behind it the first that nothing lies at."""
    names = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return path if not os.path.lexists(path) else next(name for name in names if not os.path.lexists(name))


def _way(home: Path) -> tuple[Path, Path, Path]:
    """The folders from a place down to that of an object."""
    return home.parents[1], home.parents[0], home


def _strange(folder: Path | os.DirEntry[str]) -> bool:
    """Whether a link, or a file, stands where a folder of ours would."""
    return folder.is_symlink() or (os.path.lexists(folder) and not folder.is_dir())


def _settled(draft: Path, target: Path) -> None:
    """Flush the folders of `draft`, rename it to `target`, flush the folders above: from here on it is stored."""
    for top, _, _ in os.walk(draft, topdown=False):
        flush(Path(top))
    missing = [folder for folder in (target.parent, *target.parents[1:3]) if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.rename(target)
    flush(target.parent)
    for folder in missing:
        flush(folder.parent)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_if_dead(folder: Path) -> None:
    """Remove a staging folder unless the process that made it still holds its lock."""
    try:
        with (folder / _LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held by the living, or just removed by its owner
        return
    shutil.rmtree(folder, ignore_errors=True)


@cache
def _bytes_of(version: Path) -> int:
    """Bytes of a stored version; remembered, because a version never changes."""
    return sum((version / path).stat().st_size for path, _ in walk(version))
