"""One version in a bucket: where its objects lie, how they are written, read back, set aside and removed."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from metadata.event import now
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import to_json
from repository.bucket import Bucket
from repository.lease import Lease
from repository.place import Source
from repository.reading import digest
from repository.verify import MANIFEST, TAG_MANIFEST, object_folder, parse_manifest

COMMITTED = ".committed"


@dataclass(frozen=True, slots=True)
class S3Version:
    """A version that is or is to be in `bucket`, which the settings call the place `place`."""

    bucket: Bucket
    place: str
    object_id: VolumeId
    version: str

    @property
    def folder(self) -> str:
        """What all its keys begin with, but for a slash."""
        return f"{object_folder(self.object_id)}/{self.version}"

    @property
    def commit(self) -> str:
        """The key of its commit object: with that it is there."""
        return f"{COMMITTED}/{self.object_id}/{self.version}.json"

    def committed(self) -> bool:
        """Whether it is there. Raises OSError."""
        return self.bucket.holds(self.commit)

    def lying(self) -> dict[str, int]:
        """Path relative to the bag -> bytes of all that lies where it belongs, committed or not. Raises OSError."""
        return {key.removeprefix(f"{self.folder}/"): size for key, size in self.bucket.below(self.folder)}

    def remove(self) -> None:
        """Delete the commit object, then all else. Raises OSError."""
        self.bucket.delete([self.commit])
        self.bucket.delete(f"{self.folder}/{path}" for path in self.lying())

    def set_aside(self, aside: str) -> None:
        """Copy all that lies there to the keys below `aside`, and see that it arrived. Raises OSError."""
        old = self.lying()
        for path in old:
            with suppress(FileExistsError):  # a call that was killed came so far
                self.bucket.copy(f"{self.folder}/{path}", f"{aside}/{path}")
        arrived = {key.removeprefix(f"{aside}/"): size for key, size in self.bucket.below(aside)}
        if any(arrived.get(path) != size for path, size in old.items()):
            raise OSError(errno.EIO, os.strerror(errno.EIO), aside)

    def write(self, bag: Source, wanted: Mapping[str, str], lease: Lease, earlier: S3Version | None) -> None:
        """Write what is not there yet, read every object back, see that there is nothing else, and commit.

        Args:
            bag: what is to be copied.
            wanted: path -> SHA-512 of all of it.
            lease: held by this process.
            earlier: a version whose payload can be copied within the service.

        Raises:
            Problem: V006 the bag is not what was `wanted`; S002 something else was read back.
            OSError: the service refuses, or the bag cannot be read.
        """
        lying, sizes = self.lying(), bag.sizes()
        self.bucket.delete(f"{self.folder}/{path}" for path in lying if path not in wanted)
        held = earlier.payload() if earlier is not None else {}
        for path, sha512 in wanted.items():
            key = f"{self.folder}/{path}"
            if path in lying:
                if self._digest(key) == sha512:
                    continue
                self.bucket.delete([key])
            if sha512 in held and self._reused(held[sha512], key, sha512):
                continue
            with bag.open(path) as stream:
                sent = self.bucket.create_from(key, stream, sizes[path], lease.scratch)
            if sent == sha512 == self._digest(key):
                continue
            self.bucket.delete([key])
            if sent != sha512:
                raise Problem("V006", self.object_id, why=path)
            raise Problem("S002", f"{self.place}: {self.object_id}", file=path)
        self._settle(sizes, wanted[TAG_MANIFEST])

    def payload(self) -> dict[str, str]:
        """SHA-512 -> key of its payload, as its manifest has it; nothing when that cannot be read (an audit tells)."""
        try:
            listed = parse_manifest(self.bucket.read(f"{self.folder}/{MANIFEST}"))
        except (OSError, ValueError):
            return {}
        return {sha512: f"{self.folder}/{path}" for path, sha512 in listed.items() if path.startswith("data/")}

    def _settle(self, sizes: Mapping[str, int], tagmanifest: str) -> None:
        """From here on it is stored."""
        differing = set(self.lying().items()) ^ set(sizes.items())
        if differing:
            raise Problem("S002", f"{self.place}: {self.object_id}", file=min(differing)[0])
        said = {"bytes": sum(sizes.values()), "made": now(), "sizes": dict(sizes), "tagmanifest": tagmanifest}
        self.bucket.create(self.commit, to_json(said))

    def _reused(self, held: str, key: str, sha512: str) -> bool:
        """Copy an object of an earlier version, if what is read back is what is wanted."""
        try:
            self.bucket.copy(held, key)
            if self._digest(key) == sha512:
                return True
        except OSError:  # it is sent instead
            pass
        self.bucket.delete([key])
        return False

    def _digest(self, key: str) -> str:
        with self.bucket.open(key) as stream:
            return digest(stream).sha512
