"""A place in a bucket of an S3 service: ``<prefix>/ab/cd/<uuid>/v0001/<path>``, named as in a folder.

A version is there when its commit object ``.committed/<uuid>/<version>.json`` is, and that is written last, after every
object was read back and its SHA-512 compared: never trusted for an ETag, nor for the service's own checksum.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import BinaryIO

from metadata.event import now
from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from metadata.record import from_json, read_json, to_json, to_pretty_json
from metadata.wording import wording
from repository.bucket import Bucket, fits
from repository.journal import Head
from repository.lease import STAGING, Lease, leases
from repository.place import HeldBag, Source, version_number
from repository.reading import digest, judge, wanted_digests
from repository.refusal import refusals
from repository.s3_version import COMMITTED, S3Version
from repository.verify import (
    HEAD,
    PLACE_MARKER,
    TAG_MANIFEST,
    Known,
    Progress,
    Row,
    Verdict,
)  # fmt: skip

_QUARANTINE = ".quarantine"
_ENDLESS = 1 << 62
_COMMIT = re.compile(r"\.committed/([0-9a-f-]{36})/(v\d{4,})\.json")
_FILE = re.compile(r"(([0-9a-f]{2})/([0-9a-f]{2})/(\2\3[0-9a-f-]{32})/(v\d{4,}))/.+", re.DOTALL)
_Version = tuple[VolumeId, str]


_HANGING: dict[Bucket, tuple[float, str]] = {}
"""Services that let us wait: until when (monotonic) they are taken for away, and why. Every object asks anew."""
_HANGS = 1.0
_AGAIN = 10
"""Seconds that are too long, and how many times as long nobody waits again."""


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket; `quota` bounds in bytes what its versions may take together."""

    name: str
    bucket: Bucket
    medium: str = "cloud"
    site: str = ""
    quota: int | None = None
    threat: str = ""

    @property
    def where(self) -> str:
        """Its address, ``s3://bucket/prefix``."""
        return self.bucket.url.rstrip("/")

    def create(self) -> None:
        """Make the bucket, which is there, a place.

        Raises:
            FileExistsError: it is one already.
            Problem: S003 the service refuses, or would overwrite what is there.
        """
        marker = {"name": self.name, "medium": self.medium, "site": self.site, "made": now()}
        with refusals(f"{self.name} ({self.where})"):
            there = self.bucket.holds(PLACE_MARKER)
            if not there:
                self.bucket.create(PLACE_MARKER, to_pretty_json(marker))
                self._refuse_careless()
        if there:
            raise FileExistsError(f"{self.where}/{PLACE_MARKER}")

    def attached(self) -> bool:
        """Whether the marker with this place's name can be fetched within seconds."""
        return not self.why_not()

    def why_not(self) -> str:
        """Why it is not attached, in the reader's language; empty when it is."""
        until, why = _HANGING.get(self.bucket, (0.0, ""))
        if time.monotonic() < until:
            return why
        words, begun = wording("repository", "s3_place.toml"), time.monotonic()
        try:
            marker = read_json(self.bucket.read(PLACE_MARKER, quick=True))
        except FileNotFoundError:
            return words.say("no_marker", marker=PLACE_MARKER)
        except PermissionError as error:
            return words.say("denied", why=error.strerror)
        except OSError as error:
            why, waited = words.say("unreachable", why=error.strerror), time.monotonic() - begun
            if waited > _HANGS:
                _HANGING[self.bucket] = (time.monotonic() + _AGAIN * waited, why)
            return why
        except ValueError:
            return words.say("foul_marker", marker=PLACE_MARKER)
        named = marker.get("name", "–") if isinstance(marker, dict) else "–"
        return "" if named == self.name else words.say("other_place", name=named)

    def require(self) -> None:
        """Make sure that the place is attached.

        Raises:
            Problem: S020.
        """
        if not self.attached():
            raise Problem("S020", f"{self.name} ({self.where})", marker=PLACE_MARKER)

    def free_bytes(self) -> int:
        """What the quota leaves; without one, more than anybody needs."""
        self.require()
        return _ENDLESS if self.quota is None else max(0, self.quota - self.used_bytes())

    def used_bytes(self) -> int:
        """How many bytes its versions take together, as their commit objects say."""
        self.require()
        return sum(self._bytes_of(object_id, version) for object_id, version in self._commits())

    def objects(self) -> Iterator[VolumeId]:
        """Every object with at least one version, sorted."""
        self.require()
        for name in self.bucket.folders(COMMITTED):
            try:
                object_id = volume_id(name)
            except ValueError:
                continue
            if self._versions(object_id):
                yield object_id

    def versions(self, object_id: VolumeId) -> tuple[str, ...]:
        """The versions of one object, oldest first; empty when it is not there."""
        self.require()
        return self._versions(object_id)

    def sizes(self, object_id: VolumeId, version: str) -> dict[str, int]:
        """Path relative to the bag -> bytes, of every file of one version, as the service lists them."""
        with self._asked():
            return self._at(object_id, version).lying()

    def open(self, object_id: VolumeId, version: str, path: str) -> BinaryIO:
        """One file, to be read as it comes. Raises OSError as `open` does."""
        with self._asked():
            return self.bucket.open(f"{self._at(object_id, version).folder}/{path}")

    def faults(
        self, object_id: VolumeId, version: str, known: Known | None = None, on_read: Progress | None = None
    ) -> list[Row]:
        """Read one version through; what is wrong with it."""
        self.require()
        at = self._at(object_id, version)
        where = f"{self.where}/{at.folder}"
        try:
            if not at.committed():
                return [Row(Verdict.VERSION_MISSING, where, {"object": object_id})]
            rows = [*self._commit_faults(at, known)]
        except OSError as error:
            return [Row(Verdict.UNREADABLE, where, {"why": error.strerror or str(error), "object": object_id})]
        rows += judge(HeldBag(self, object_id, version), where, known, on_read)
        return [Row(row.verdict, row.path, row.facts | {"object": object_id}) for row in rows if row.code]

    def strays(self) -> list[Row]:
        """What lies in the bucket below the prefix and belongs to nothing; a version without commit object is one."""
        self.require()
        try:
            at_work = {(lease.object_id, lease.version) for lease in leases(self.bucket)}
            known = at_work | set(self._commits())
            astray = {name for key, _ in self.bucket.below() if (name := _stray(key, known))}
        except OSError as error:
            return [Row(Verdict.UNREADABLE, self.where, {"why": error.strerror or str(error)})]
        return [Row(Verdict.UNEXPECTED, f"{self.where}/{name}") for name in sorted(astray)]

    def receive(self, bag: Source, object_id: VolumeId, version: str) -> None:
        """Take a copy of `bag` and read it back; it appears whole or not at all.

        Files that the version before holds too are copied within the service and read back all the same. What a killed
        call left is read back and, where it is right, kept.

        Raises:
            Problem: S001 no room; S002 it was read back differently; S003 the service refuses; S020 not attached; S024
                a name cannot be kept; S025 somebody else is storing it; V006 the bag is not what its manifests say.
            FileExistsError: the version is there already (and stays as it is).
        """
        self.require()
        at = self._at(object_id, version)
        with refusals(self.name):
            there = at.committed()
            fresh = not there and not at.lying()
        if not there:
            with refusals(self.name), self._leased(Lease(object_id, version, emptied=fresh)) as lease:
                there = at.committed()  # by somebody who held the lease before
                if not there:
                    at.write(bag, self._wanted(bag, lease), lease, self._earlier(lease))
        if there:
            raise FileExistsError(f"{self.where}/{at.folder}")

    def replace(self, bag: Source, object_id: VolumeId, version: str, incident: str) -> str:
        """As `receive`, but what lies there is set aside first; where it lies now, empty when nothing did.

        A bucket cannot rename. So `bag` is read through first; then what lies there is copied to
        ``.quarantine/<incident>/<uuid>/<version>``, and only when all of it is there are the commit object and then the
        old objects deleted and the new ones written. The lease says how far that came; doing it again goes on there.

        Raises:
            Problem: as `receive`.
        """
        self.require()
        at = self._at(object_id, version)
        first = f"{_QUARANTINE}/{incident}/{object_id}/{version}"
        with refusals(self.name):
            old = at.lying()
            aside = self._free(first) if old else first
            with self._leased(Lease(object_id, version, aside=aside)) as lease:
                wanted = self._wanted(bag, lease, spare=sum(old.values()))
                if not lease.emptied:
                    self._refuse_wrong(bag, object_id)
                    at.set_aside(lease.aside)
                    lease.now_emptied(self.bucket)
                at.remove()
                at.write(bag, wanted, lease, self._earlier(lease))
            kept = any(self.bucket.below(lease.aside))
        return f"{self.where}/{lease.aside}" if kept else ""

    def let_go(self, object_id: VolumeId, version: str) -> None:
        """Delete one version: with its commit object it is gone; then its bytes go, and what repairs set aside."""
        self.require()
        aside = re.compile(rf"{_QUARANTINE}/[^/]+/{object_id}/{version}(-\d+)?/.*")
        with refusals(self.name), self._leased(Lease(object_id, version, emptied=True)):
            self._at(object_id, version).remove()
            self.bucket.delete([key for key, _ in self.bucket.below(f"{_QUARANTINE}/") if aside.fullmatch(key)])

    def tidy(self) -> None:
        """Remove what dead processes left half written or half removed; nothing that nobody was writing."""
        self.require()
        with refusals(self.name):
            for lease in [lease for lease in leases(self.bucket) if lease.dead]:
                at = self._at(lease.object_id, lease.version)
                if lease.emptied and not at.committed():
                    at.remove()
                lease.end(self.bucket)

    def remembered(self) -> Head | None:
        """The journal's head it was last told; nothing when it was never told one or is not attached."""
        try:
            return from_json(Head, self.bucket.read(HEAD)) if self.attached() else None
        except (OSError, ValueError):
            return None

    def remember(self, head: Head) -> None:
        """Keep the journal's head, whole or not at all. Raises Problem S003 or S020."""
        self.require()
        with refusals(self.name):
            self.bucket.replace(HEAD, to_json(head))

    def _refuse_careless(self) -> None:
        """Refuse a service that does not know create-only writes or copies: some ignore what we ask for."""
        again: tuple[Callable[[], None], ...] = (
            lambda: self.bucket.create(PLACE_MARKER, self.bucket.read(PLACE_MARKER)),
            lambda: self.bucket.copy(PLACE_MARKER, PLACE_MARKER),
        )
        for write in again:
            try:
                write()
            except FileExistsError:
                continue
            self.bucket.delete([PLACE_MARKER])
            why = wording("repository", "s3_place.toml").say("careless")
            raise Problem("S003", f"{self.name} ({self.where})", why=why)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """A question that costs no look at the marker while all is well."""
        try:
            yield
        except OSError:
            self.require()
            raise

    def _versions(self, object_id: VolumeId) -> tuple[str, ...]:
        found = (_COMMIT.fullmatch(key) for key, _ in self.bucket.below(f"{COMMITTED}/{object_id}"))
        return tuple(sorted((match.group(2) for match in found if match), key=version_number))

    def _commits(self) -> list[_Version]:
        found = (_COMMIT.fullmatch(key) for key, _ in self.bucket.below(COMMITTED))
        return [(VolumeId(match.group(1)), match.group(2)) for match in found if match]

    def _bytes_of(self, object_id: VolumeId, version: str) -> int:
        try:
            return _committed_bytes(self.bucket, self._at(object_id, version).commit)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return sum(self.sizes(object_id, version).values())

    def _commit_faults(self, at: S3Version, known: Known | None) -> Iterator[Row]:
        """Whether the commit object is whole and speaks of the tag manifest that lies here."""
        try:
            said = str(read_json(self.bucket.read(at.commit))["tagmanifest"])
        except (ValueError, KeyError, TypeError):
            yield Row(Verdict.DAMAGED, f"{self.where}/{at.commit}")
            return
        try:
            with self.bucket.open(f"{at.folder}/{TAG_MANIFEST}") as stream:
                found = digest(stream).sha512
        except FileNotFoundError:
            return
        told = known is not None and known.manifests.get(TAG_MANIFEST, found) != found  # the judge will say it
        if found != said and not told:
            yield Row(Verdict.MANIFEST_ALTERED, f"{self.where}/{at.folder}/{TAG_MANIFEST}")

    @contextmanager
    def _leased(self, wish: Lease) -> Iterator[Lease]:
        """The lease of a version; what is half written when the block fails is the next call's, or `tidy`'s.

        When it is the bag that is refused, nothing of it stays.
        """
        lease = wish.take(self.bucket, committed=self._at(wish.object_id, wish.version).committed())
        try:
            yield lease
            lease.end(self.bucket)
        except Problem:
            if wish.emptied:  # all that lies there was written here
                self._at(lease.object_id, lease.version).remove()
                lease.end(self.bucket)
            raise
        finally:
            lease.drop()

    def _wanted(self, bag: Source, lease: Lease, spare: int = 0) -> dict[str, str]:
        """Path -> SHA-512 of what is to be written, if there is room (`spare` bytes of it will be made) and it fits."""
        sizes, folder = bag.sizes(), self._at(lease.object_id, lease.version).folder
        wanted = wanted_digests(bag, sizes, lease.object_id)
        unfit = next((path for path in wanted if not fits(f"{folder}/{path}")), None)
        if unfit is not None:
            raise Problem("S024", f"{self.name}: {lease.object_id}", file=repr(unfit)[1:-1])
        free, needed = self.free_bytes() + spare, sum(sizes.values())
        if needed > free:
            raise Problem("S001", self.name, free=free // 10**6, needed=-(-needed // 10**6))
        return wanted

    def _refuse_wrong(self, bag: Source, object_id: VolumeId) -> None:
        """Refuse (V006) a bag before anything is moved for it."""
        wrong = next((row for row in judge(bag, object_id) if row.code), None)
        if wrong is not None:
            raise Problem("V006", object_id, why=wrong.text())

    def _at(self, object_id: VolumeId, version: str) -> S3Version:
        return S3Version(self.bucket, self.name, object_id, version)

    def _earlier(self, lease: Lease) -> S3Version | None:
        """The newest version before that of `lease`."""
        before = [
            held for held in self._versions(lease.object_id) if version_number(held) < version_number(lease.version)
        ]
        return self._at(lease.object_id, before[-1]) if before else None

    def _free(self, folder: str) -> str:
        """`folder`, or with a number behind it the first that nothing lies below."""
        names = (f"{folder}-{number}" for number in count(2))
        return folder if not any(self.bucket.below(folder)) else next(n for n in names if not any(self.bucket.below(n)))


def _stray(key: str, known: set[_Version]) -> str:
    """What of the place a key makes superfluous: itself, or the version that it lies in; empty when it belongs."""
    if key in (PLACE_MARKER, HEAD) or key.startswith((f"{STAGING}/", f"{_QUARANTINE}/")) or _COMMIT.fullmatch(key):
        return ""
    match = _FILE.fullmatch(key)
    if match is None:
        return key
    return "" if (VolumeId(match.group(4)), match.group(5)) in known else match.group(1)


@lru_cache(maxsize=100_000)
def _committed_bytes(bucket: Bucket, key: str) -> int:
    """Bytes of a version by its commit object; remembered, because a version never changes."""
    return int(read_json(bucket.read(key))["bytes"])
