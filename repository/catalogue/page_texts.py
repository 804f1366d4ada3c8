"""What was read on the pages of a version: from its ALTO files, by several processes when there are many of them.

Reading ALTO takes three quarters of the time of building the catalogue, and needs nothing of the database.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context, parent_process
from threading import Thread

from metadata.alto import from_alto
from repository.catalogue.lemmas import words_of
from repository.catalogue.stored_version import StoredVersion
from repository.directory_place import DirectoryPlace

WORTH_SHARING = 100
"""Pages of a volume from which on it is read by several processes: they take half a second to start."""
_MOST_READERS = 4
"""What one process can write down."""
_CHUNK = 10


@dataclass(frozen=True, slots=True)
class Said:
    """A page as it is searched: its text, and its words with their language, each once."""

    text: str
    words: frozenset[tuple[str, str]]


def read_text(source: StoredVersion, path: str) -> Said | None:
    """What was read on the page; nothing when its ALTO is missing or is none."""
    try:
        text = from_alto(source.read(path))
    except (OSError, ValueError):
        return None
    return Said(text.joined(), frozenset(words_of(text)))


class Readers:
    """This process and, from the first long volume on, others; those end with the context."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._broken = (os.cpu_count() or 1) == 1

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def __call__(self, source: StoredVersion, paths: Sequence[str]) -> Iterator[Said | None]:
        """What the ALTO files `paths` of a version say, in order; nothing for one that is missing or is none."""
        done = 0
        if len(paths) >= WORTH_SHARING and not self._broken and isinstance(source.place, DirectoryPlace):
            try:
                for said in self._started().map(read_text, repeat(source), paths, chunksize=_CHUNK):
                    done += 1
                    yield said
            except BrokenExecutor:  # a reader was killed: without them it takes longer, and says the same
                self._broken = True
        for path in paths[done:]:
            yield read_text(source, path)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Not forked: a fork of a process with an open database and threads is not safe.
            count = min(os.cpu_count() or 1, _MOST_READERS)
            self._pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_begin)
        return self._pool


def _begin() -> None:
    """Of a helping process: leave Ctrl-C to the one that is helped, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
