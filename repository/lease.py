"""A note in a bucket that somebody is writing or removing one version: what dies half-way is known by it afterwards.

A disk has locks that die with their process; a bucket has not. So the note says who holds it, and is dead when that
process of this machine is gone, or, held from another machine, after a day.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from metadata.event import now
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import from_json, to_json
from repository.bucket import Bucket

STAGING = ".staging"
DEAD_AFTER = timedelta(hours=24)
_held: set[str] = set()
"""Tokens of what this process holds now."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who writes or removes a version since when (ISO 8601).

    `aside` is where what lay there is being copied to, empty when nothing is to be kept. With `emptied`, what lies
    there is not needed any more: it is half written, or safe in `aside`.
    """

    object_id: VolumeId
    version: str
    aside: str = ""
    emptied: bool = False
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    token: str = field(default_factory=lambda: uuid4().hex)
    since: str = field(default_factory=now)

    @property
    def key(self) -> str:
        """The object that it is written in: one a version."""
        return f"{STAGING}/{self.object_id}.{self.version}.json"

    @property
    def scratch(self) -> str:
        """The object that a large file is sent to before it becomes one of the version."""
        return f"{STAGING}/{self.object_id}.{self.version}.part"

    @property
    def dead(self) -> bool:
        """Whether nobody works on it any more."""
        if self.host == socket.gethostname():
            return self.token not in _held if self.pid == os.getpid() else not _alive(self.pid)
        try:
            since = datetime.fromisoformat(self.since)
        except ValueError:
            return True
        return datetime.now(UTC) - since.astimezone(UTC) > DEAD_AFTER

    def take(self, bucket: Bucket, *, committed: bool) -> Lease:
        """Hold it; when a dead one is found, go on where that stopped.

        A dead one may be of a work that was finished all the same: what lies there while the version is `committed` is
        never taken for half written.

        Raises:
            Problem: S025 somebody else holds it.
            OSError: the bucket refuses.
        """
        found = read_lease(bucket, self.key)
        if found is not None and not found.dead:
            raise self._taken(found)
        mine = self
        if found is not None:
            goes_on = bool(self.aside and found.aside) and not (committed and found.emptied)
            emptied = self.emptied or (found.emptied and not committed)
            mine = replace(self, aside=found.aside if goes_on else self.aside, emptied=emptied)
        bucket.delete([self.key])
        try:
            bucket.create(self.key, to_json(mine))
        except FileExistsError:
            raise self._taken(read_lease(bucket, self.key)) from None
        _held.add(mine.token)
        return mine

    def now_emptied(self, bucket: Bucket) -> None:
        """Write down that what lies there is not needed any more. Raises OSError."""
        bucket.replace(self.key, to_json(replace(self, emptied=True)))

    def end(self, bucket: Bucket) -> None:
        """Give it back: what was to be done is done, or undone."""
        bucket.delete([self.scratch, self.key])

    def drop(self) -> None:
        """Hold it no longer, whatever the bucket says: from now on it is ended, or dead."""
        _held.discard(self.token)

    def _taken(self, found: Lease | None) -> Problem:
        other = found or self
        return Problem("S025", f"{self.object_id} {self.version}", host=other.host, pid=other.pid, since=other.since)


def read_lease(bucket: Bucket, key: str) -> Lease | None:
    """What the note `key` says; nothing when there is none or it cannot be understood."""
    with suppress(FileNotFoundError, ValueError):
        return from_json(Lease, bucket.read(key))
    return None


def leases(bucket: Bucket) -> Iterator[Lease]:
    """Every lease in a bucket, dead or alive.

    Raises:
        OSError: the bucket refuses.
    """
    for key in [key for key, _ in bucket.below(STAGING) if key.endswith(".json")]:
        found = read_lease(bucket, key)
        if found is not None:
            yield found


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's, and there
        return True
    return True
