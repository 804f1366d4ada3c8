"""How much access copies take on disk: those looked at least lately go when there are too many."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from repository.catalogue.house import House

_GB = 1_000_000_000
_LEFT = 0.9
_SEEN_EVERY = 3600.0
_STALE = 3600.0


class Shelf:
    """The folder of access copies `root`, which may hold `most` bytes.

    When a copy was last looked at is its time of change, to the hour; so several processes agree on what is least used.
    """

    DRAFT = ".making-"
    """How the names of unfinished ones begin: they are nobody's to throw away while they are young."""

    _shelves: ClassVar[dict[tuple[Path, float], Shelf]] = {}

    def __init__(self, root: Path, most: float) -> None:
        self.root, self.most = root, most
        self._lock = threading.Lock()
        self._held: int | None = None
        self._seen: dict[Path, float] = {}

    @classmethod
    def of(cls, house: House) -> Shelf:
        """The shelf of `house`, one in this process."""
        key = house.images, house.config.image_cache_gb * _GB
        return cls._shelves.setdefault(key, cls(*key))

    def used(self, path: Path) -> bool:
        """Whether the copy `path` is there; somebody looks at it."""
        now = time.time()
        if now - self._seen.get(path, 0.0) < _SEEN_EVERY:
            return path.is_file()
        try:
            os.utime(path)
        except OSError:
            return False
        if len(self._seen) > 100_000:
            self._seen.clear()
        self._seen[path] = now
        return True

    def full(self) -> bool:
        """Whether another copy would soon cost an older one its place."""
        with self._lock:
            if self._held is None:
                self._held = self._sum()
            return self._held > self.most * _LEFT

    def added(self, path: Path) -> None:
        """A copy was put in its place: make room if there are now too many."""
        with self._lock:
            size = path.stat().st_size
            self._held = self._sum() if self._held is None else self._held + size
            if self._held > self.most:
                self._held = self._cleared(path)

    def _sum(self) -> int:
        return sum(size for _, size, _ in self._copies())

    def _cleared(self, newest: Path) -> int:
        """Throw away what was looked at least lately, never `newest`; how many bytes are left."""
        copies = sorted(self._copies())
        held = sum(size for _, size, _ in copies)
        for _, size, path in copies:
            if held <= self.most * _LEFT:
                break
            if path != newest:
                path.unlink(missing_ok=True)
                self._seen.pop(path, None)
                held -= size
        for draft in self.root.glob(f"{self.DRAFT}*"):
            with suppress(OSError):
                if time.time() - draft.stat().st_mtime > _STALE:
                    shutil.rmtree(draft, ignore_errors=True)
        return held

    def _copies(self) -> Iterator[tuple[float, int, Path]]:
        """When each was last looked at, its bytes, and itself."""
        for path in self.root.glob("??/??/*.tif"):
            with suppress(OSError):
                stat = path.stat()
                yield stat.st_mtime, stat.st_size, path
