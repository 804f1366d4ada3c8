"""How often somebody may ask: a bucket of tokens for each who asks, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MOST = 20_000
"""Buckets kept; the one asked least lately is forgotten first, which is full again by then."""


@dataclass(frozen=True, slots=True)
class Pace:
    """So many a second on average, so many at once."""

    per_second: float
    at_once: float


class Rates:
    """Buckets by key: each fills at its pace and is emptied by one a request."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._clock, self._most = clock, most
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: Hashable, pace: Pace) -> float:
        """Take one from the bucket `key`; seconds to wait when it is empty, 0 when there was one."""
        now = self._clock()
        with self._lock:
            left, when = self._buckets.pop(key, (pace.at_once, now))
            left = min(pace.at_once, left + max(0.0, now - when) * pace.per_second)
            wait = 0.0 if left >= 1 else (1 - left) / pace.per_second
            self._buckets[key] = (left if wait else left - 1, now)
            while len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return wait

    def forgive(self, key: Hashable) -> None:
        """Fill the bucket `key`."""
        with self._lock:
            self._buckets.pop(key, None)
