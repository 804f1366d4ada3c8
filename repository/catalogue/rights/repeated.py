"""Answers to questions that every reader's page asks again, kept until anything is written into the catalogue.

Counting a million rows takes a tenth of a second, and Datasette's page of a table counts five times.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 128
"""So many answers are kept, those asked for last."""


class Repeated(Generic[T]):
    """Answers from one file of SQLite; whoever asks what is just being asked waits for the same answer.

    Those that are `small` are kept: nobody shall fill the memory by asking.
    """

    def __init__(self, path: Path, small: Callable[[T], bool]) -> None:
        self._path, self._small = path, small
        self._lock = threading.Lock()
        self._watch: sqlite3.Connection | None = None
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._asking: dict[Hashable, asyncio.Task[T]] = {}

    async def told(self, question: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to `question`, which `ask` gives.

        Raises:
            Whatever `ask` raises; that is not kept.
        """
        key = (self._version(), question)
        if key[0] is None:
            return await ask()
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        task = self._asking.get(key)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = asyncio.create_task(self._asked(key, ask))
            self._asking[key] = task
        return await asyncio.shield(task)

    def close(self) -> None:
        """Let go of the file."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    async def _asked(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        try:
            told = await ask()
        finally:
            self._asking.pop(key, None)
        if self._small(told):
            self._kept[key] = told
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return told

    def _version(self) -> int | None:
        """A number that changes with every write of anybody's (sqlite.org/pragma.html#pragma_data_version).

        It is that of one connection, which is asked before the question: the answer may be newer, never older. Nothing
        while the file is locked.
        """
        with self._lock:
            try:
                if self._watch is None:
                    uri = f"file:{self._path}?mode=ro"
                    self._watch = sqlite3.connect(uri, uri=True, timeout=0, check_same_thread=False)
                return int(self._watch.execute("pragma data_version").fetchone()[0])
            except sqlite3.OperationalError:
                return None
