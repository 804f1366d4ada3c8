"""Searches take turns: as many at once as the machine has processors, a bounded number waits, others are told when.

More at once would each take longer, run into the time one search may take, and leave no thread for other pages.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

AT_ONCE = max(2, os.cpu_count() or 1)
"""Searches answered at once."""

MOST_WAITING = 100
"""Searches that wait for their turn; at some 70 ms each, all of them have had it within RETRY_AFTER."""

RETRY_AFTER = 5
"""Seconds after which one who was turned away may come again."""


class Busy(Exception):
    """Too many wait already."""


class Turns:
    """`at_once` of those who ask have their turn, up to `waiting` others wait in order."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = MOST_WAITING) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most, self._here = at_once + waiting, 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and have it.

        Raises:
            Busy: too many wait.
        """
        if self._here >= self._most:
            raise Busy
        self._here += 1
        try:
            async with self._free:
                yield
        finally:
            self._here -= 1


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns() -> Turns:
    """Those of this server."""
    return _TURNS.setdefault(asyncio.get_running_loop(), Turns())
