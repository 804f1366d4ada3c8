"""Where copies lie. `Place` is the seam; `DirectoryPlace` is a folder on a disk: ``<root>/ab/cd/<uuid>/v0001/``.

A version is a whole, immutable bag. Its folder appears by one rename, after every byte was read back from the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol

from metadata.event import now
from metadata.file import copy_through, flush, place_bytes, read_through
from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from metadata.record import from_json, to_json, to_pretty_json
from repository.bag import payload_manifest, tag_manifest, walk
from repository.journal import Head
from repository.verify import HEAD, PLACE_MARKER, TAG_MANIFEST, Row, Verdict, verify_bag

_STAGING = ".staging"
_LOCK = "lock"
_VERSION = re.compile(r"v\d{4,}")


class Place(Protocol):
    """Keeps copies of versions; also remembers the journal's head (`repository.journal.Witness`).

    Every method but `attached` raises Problem S020 when the place is not attached.
    """

    @property
    def name(self) -> str:
        """What the settings and the journal call it."""
        ...

    @property
    def medium(self) -> str:
        """What it is made of: disk, tape, cloud."""
        ...

    @property
    def site(self) -> str:
        """Where it stands."""
        ...

    def attached(self) -> bool:
        """Whether it can be used now."""
        ...

    def free_bytes(self) -> int:
        """How many bytes can still be put there."""
        ...

    def objects(self) -> Iterator[VolumeId]:
        """Every object with at least one version, sorted."""
        ...

    def versions(self, object_id: VolumeId) -> tuple[str, ...]:
        """The versions of one object, oldest first; empty when it is not there."""
        ...

    def files(self, object_id: VolumeId, version: str) -> tuple[str, ...]:
        """The paths of all files of one version, relative to its bag."""
        ...

    def open(self, object_id: VolumeId, version: str, path: str) -> BinaryIO:
        """One file, to be read. Raises OSError as `open` does."""
        ...

    def faults(self, object_id: VolumeId, version: str) -> Sequence[Row]:
        """Read one version through; what is wrong with it."""
        ...

    def receive(self, bag: Path, object_id: VolumeId, version: str) -> None:
        """Take a copy of the bag in the folder `bag` and read it back; it appears whole or not at all.

        Raises:
            Problem: S001 no room; S002 it was read back differently; S003 the place refuses; V006 the bag is not what
                its manifests say.
            FileExistsError: the version is there already (and stays as it is).
        """
        ...

    def tidy(self) -> None:
        """Remove what dead processes left half received."""
        ...

    def remembered(self) -> Head | None:
        """The journal's head it was last told."""
        ...

    def remember(self, head: Head) -> None:
        """Keep the journal's head. Raises Problem S003."""
        ...


@dataclass(frozen=True, slots=True)
class DirectoryPlace:
    """A folder on a mounted disk; `quota` bounds in bytes what its versions may take together."""

    name: str
    root: Path
    medium: str = "disk"
    site: str = ""
    quota: int | None = None

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
            marker = json.loads((self.root / PLACE_MARKER).read_bytes())
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
        return free if self.quota is None else max(0, min(free, self.quota - self._used()))

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
        """The versions of one object, oldest first; empty when it is not there."""
        self.require()
        try:
            names = [entry.name for entry in os.scandir(self._home(object_id)) if _VERSION.fullmatch(entry.name)]
        except FileNotFoundError:
            return ()
        return tuple(sorted(names, key=lambda name: int(name[1:])))

    def files(self, object_id: VolumeId, version: str) -> tuple[str, ...]:
        """The paths of all files of one version, relative to its bag."""
        self.require()
        return tuple(path for path, regular in walk(self.folder(object_id, version)) if regular)

    def open(self, object_id: VolumeId, version: str, path: str) -> BinaryIO:
        """One file, to be read. Raises OSError as `open` does."""
        self.require()
        return (self.folder(object_id, version) / path).open("rb")

    def faults(self, object_id: VolumeId, version: str) -> list[Row]:
        """Read one version through; what is wrong with it."""
        self.require()
        rows = verify_bag(self.folder(object_id, version))
        return [row for row in rows if row.verdict is not Verdict.INTACT]

    def receive(self, bag: Path, object_id: VolumeId, version: str) -> None:
        """Take a copy of the bag in the folder `bag` and read it back; it appears whole or not at all.

        Raises:
            Problem: S001 no room; S002 it was read back differently; S003 the disk refuses; S020 not attached; V006 the
                bag is not what its manifests say.
            FileExistsError: the version is there already (and stays as it is).
        """
        self.require()
        target = self.folder(object_id, version)
        if target.exists():
            raise FileExistsError(target)
        with self._refusals(), self._staging() as staging:  # leftovers go before free space is measured
            self._need(sum((bag / path).stat().st_size for path, _ in walk(bag)))
            draft = staging / version
            digests = _copied(bag, draft, object_id)
            self._read_back(draft, digests, object_id)
            _settled(draft, target)

    def tidy(self) -> None:
        """Remove the staging folders of processes that are dead."""
        self.require()
        with self._refusals(), self._swept():
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
        with self._refusals():
            draft.parent.mkdir(exist_ok=True)
            draft.write_bytes(to_json(head))
            flush(draft)
            draft.replace(self.root / HEAD)
            flush(self.root)

    def _home(self, object_id: VolumeId) -> Path:
        return self.root / object_id[:2] / object_id[2:4] / object_id

    def _used(self) -> int:
        return sum(
            _bytes_of(self.folder(object_id, version))
            for object_id in self.objects()
            for version in self.versions(object_id)
        )

    def _need(self, needed: int) -> None:
        free = self.free_bytes()
        if needed > free:
            raise Problem("S001", self.name, free=free // 10**6, needed=-(-needed // 10**6))

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
        top.mkdir(exist_ok=True)
        with _locked(top / _LOCK):
            for folder in (path for path in top.iterdir() if path.is_dir()):
                _remove_if_dead(folder)
            yield top

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """What the disk refuses becomes Problem S003."""
        try:
            yield
        except OSError as error:
            raise Problem("S003", self.name, why=error.strerror or str(error)) from error

    def _read_back(self, draft: Path, digests: dict[str, str], object_id: VolumeId) -> None:
        for path, digest in digests.items():
            if read_through(draft / path, md5=False, cold=True).sha512 != digest:
                raise Problem("S002", f"{self.name}: {object_id}", file=path)


def _copied(bag: Path, draft: Path, object_id: VolumeId) -> dict[str, str]:
    """Copy every file of `bag`; path -> SHA-512. What its manifests do not say is refused (V006)."""
    try:
        listed = payload_manifest(bag) | tag_manifest(bag)
    except (FileNotFoundError, ValueError) as error:
        raise Problem("V006", object_id, why=str(error)) from error
    digests: dict[str, str] = {}
    for path, _ in walk(bag):
        (draft / path).parent.mkdir(parents=True, exist_ok=True)
        digests[path] = copy_through(bag / path, draft / path, md5=False).sha512
        (draft / path).chmod(0o444)
        if listed.get(path, digests[path] if path == TAG_MANIFEST else "") != digests[path]:
            raise Problem("V006", object_id, why=path)
    lost = sorted(set(listed) - set(digests))
    if lost:
        raise Problem("V006", object_id, why=lost[0])
    return digests


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
