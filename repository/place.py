"""Where copies lie. `Place` is the seam: a folder on a disk (directory_place), a bucket (s3_place).

A version is a whole, immutable bag. It appears in a place at one moment, after every byte was read back from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.bag import INFO, parse_info, walk
from repository.journal import Head
from repository.verify import Known, Progress, Row


def version_number(version: str) -> int:
    """Which version a name like ``v0002`` is, from 1: names sort wrongly from v10000 on."""
    return int(version[1:])


class Source(Protocol):
    """A whole bag that can be copied: a folder (`FolderBag`) or a copy that a place holds (`HeldBag`)."""

    def sizes(self) -> Mapping[str, int]:
        """Path relative to the bag -> bytes, of every file."""
        ...

    def open(self, path: str) -> BinaryIO:
        """One file, to be read. Raises OSError as `open` does."""
        ...


class Place(Protocol):
    """Keeps copies of versions; also remembers the journal's head (`repository.journal.Witness`).

    Every method but `attached` and `remembered` raises Problem S020 when the place is not attached.
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

    @property
    def threat(self) -> str:
        """Which disaster would take it: copies of different classes outlive each other (NDSA storage level 3)."""
        ...

    @property
    def where(self) -> str:
        """Its address as a person reads it: a folder, ``s3://bucket/prefix``."""
        ...

    def create(self) -> None:
        """Make it a place, empty and marked with its name. Raises FileExistsError when it is one already."""
        ...

    def attached(self) -> bool:
        """Whether it can be used now."""
        ...

    def free_bytes(self) -> int:
        """How many bytes can still be put there."""
        ...

    def used_bytes(self) -> int:
        """How many bytes its versions take together (no file's content is read)."""
        ...

    def objects(self) -> Iterator[VolumeId]:
        """Every object with at least one version, sorted."""
        ...

    def versions(self, object_id: VolumeId) -> tuple[str, ...]:
        """The versions of one object, oldest first; empty when it is not there."""
        ...

    def sizes(self, object_id: VolumeId, version: str) -> Mapping[str, int]:
        """Path relative to the bag -> bytes, of every file of one version."""
        ...

    def open(self, object_id: VolumeId, version: str, path: str) -> BinaryIO:
        """One file, to be read. Raises OSError as `open` does."""
        ...

    def faults(
        self, object_id: VolumeId, version: str, known: Known | None = None, on_read: Progress | None = None
    ) -> Sequence[Row]:
        """Read one version through, every byte from where it lies; what is wrong with it.

        `known` is what the journal says of the version; `on_read` hears each file's path and size when it was read. A
        version that is not there is one row VERSION_MISSING; what could not be looked at is UNREADABLE, not DAMAGED.
        Paths in rows are those a person would open.
        """
        ...

    def strays(self) -> Sequence[Row]:
        """What lies in the place and belongs to nothing (UNEXPECTED), or could not be listed (UNREADABLE)."""
        ...

    def receive(self, bag: Source, object_id: VolumeId, version: str) -> None:
        """Take a copy of `bag` and read it back; it appears whole or not at all.

        Raises:
            Problem: S001 no room; S002 it was read back differently; S003 the place refuses; V006 the bag is not what
                its manifests say.
            FileExistsError: the version is there already (and stays as it is).
        """
        ...

    def replace(self, bag: Source, object_id: VolumeId, version: str, incident: str) -> str:
        """As `receive`, but whatever lies there is set aside first, and where it lies now is given back.

        The new copy is staged and read back before the old one is moved to ``.quarantine/<incident>/<id>/<version>``,
        so that a kill at any moment leaves the old one, or the new one, or the new one missing and the old one set
        aside: nothing is lost and doing it again finishes it. Empty when nothing had to be set aside.

        Raises:
            Problem: as `receive`.
        """
        ...

    def let_go(self, object_id: VolumeId, version: str) -> None:
        """Delete one version: only `repository.disposal` may call this. No error when it is not there.

        Raises:
            Problem: S003 the place refuses.
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
class FolderBag:
    """A bag in a folder of this machine."""

    folder: Path

    def sizes(self) -> dict[str, int]:
        """Path relative to the bag -> bytes, of every file; links and pipes are not files."""
        return {path: (self.folder / path).stat().st_size for path, regular in walk(self.folder) if regular}

    def open(self, path: str) -> BinaryIO:
        """One file, to be read."""
        return (self.folder / path).open("rb", buffering=0)


def told_by(bag: Source) -> dict[str, str]:
    """What the bag-info.txt of `bag` says (RFC 8493 2.2.2); nothing when it cannot be read."""
    try:
        with bag.open(INFO) as stream:
            return parse_info(stream.read())
    except (OSError, ValueError, Problem):
        return {}


@dataclass(frozen=True, slots=True)
class HeldBag:
    """A copy of a version that a place holds."""

    place: Place
    object_id: VolumeId
    version: str

    def sizes(self) -> Mapping[str, int]:
        """Path relative to the bag -> bytes, of every file."""
        return self.place.sizes(self.object_id, self.version)

    def open(self, path: str) -> BinaryIO:
        """One file, to be read."""
        return self.place.open(self.object_id, self.version, path)
