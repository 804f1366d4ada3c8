"""Repositories with small objects stored at a given moment, and clocks that stand where they are put, for audits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from metadata.model import VolumeId, volume_id
from repository.journal import Entry, Journal
from repository.store import Store
from tests.bags import AGENT, make_bag
from workflows.audit_past import Times
from workflows.founding import found, places
from workflows.settings import Home

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
BOOKS: tuple[VolumeId, ...] = tuple(volume_id(f"3fa2c1de-0000-4000-8000-{number:012x}") for number in range(1, 40))


@dataclass(slots=True)
class Clock:
    """Says the same time until it is moved; `seconds` is what budgets are measured with, `step` what a look takes."""

    days: float = 0.0
    seconds: float = 0.0
    step: float = 0.0
    looks: list[float] = field(default_factory=list)

    def __call__(self) -> str:
        return (START + dt.timedelta(days=self.days)).isoformat(timespec="seconds")

    def ticks(self) -> float:
        self.seconds += self.step
        self.looks.append(self.seconds)
        return self.seconds

    @property
    def times(self) -> Times:
        return Times(self, self.ticks)


def library(folder: Path, books: Sequence[VolumeId] = BOOKS[:3], *, each: float = 0.0, size: int = 100) -> Home:
    """A repository in ``folder/home`` with small books, one stored every `each` days from START on, in two places."""
    home = found(folder / "home", None)
    clock = Clock()
    for book in books:
        add(home, folder / "bags" / book, book, clock, size=size)
        clock.days += each
    return home


def add(home: Home, bag: Path, book: VolumeId, clock: Clock, *, size: int = 100) -> None:
    """Store one more book now."""
    files = {"data/mets.xml": b"<mets/>", "data/mc/mc_0001.jp2": book.encode()[-4:] * (size // 4)}
    Store(places(home), Journal(home.journal, clock)).take(make_bag(bag, book, files), book, AGENT)


def checked(home: Home) -> list[Entry]:
    """Every entry about a copy that was read by an audit."""
    return list(Journal(home.journal).entries(kinds=["checked"]))


def copies(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Object and place of entries, in their order."""
    return [(entry.subject, str(entry.facts["place"])) for entry in entries]


def everywhere(home: Home, books: Sequence[VolumeId]) -> Iterator[tuple[str, str]]:
    """Object and place of every copy of `books`."""
    for book in books:
        yield from ((book, place.name) for place in places(home))
