"""The catalogue of a repository: built from primary place and journal, measured by the settings, kept up to date."""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from metadata.finding import Finding, finding
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.catalogue.build import Built, build, refresh
from repository.catalogue.database import usable
from repository.catalogue.house import House
from repository.catalogue.safety_rows import Promises
from repository.journal import Journal
from workflows.audit_plan import PLANNED, plan_in_force
from workflows.batch_rows import show_work
from workflows.capacity_rows import show_capacity
from workflows.founding import open_store, standings
from workflows.pdf import Wanted, export_pdf
from workflows.settings import Home

Tell = Callable[[Finding], None]

LIVE = 2.0
"""Seconds between two looks at a batch that is being worked on, at least."""

IDLE = 5.0
"""The same when none is."""

_SHARE = 5.0
"""A look that takes long is followed by a pause so many times as long: reading records must not slow down readers."""
_LONGEST = 120.0


def promises(home: Home) -> Promises:
    """What settings and the audit plan in force promise.

    Raises:
        OSError: the journal cannot be read.
    """
    plan = plan_in_force(home, Journal(home.journal).entries(kinds=(PLANNED,)))
    given = home.settings
    return Promises(
        home.policy,
        standings(home),
        plan.days,
        given.audit.days,
        given.audit.drill_days,
        seals=given.seal.pkcs12 is not None,
        stamps=bool(given.seal.tsa),
    )


def catalogue(home: Home, *, anew: bool = False) -> Built:
    """Bring the catalogue up to date, or build it anew.

    Raises:
        Problem: S020 the primary place or the journal is not there; E004 the catalogue cannot be written.
    """
    store = open_store(home)
    try:
        built = build(home.catalogue, store.primary, store.journal, promises(home), anew=anew)
        show_work(home)
        show_capacity(home)
    except sqlite3.Error as error:
        raise Problem("E004", home.catalogue, why=str(error)) from error
    return built


def house(home: Home) -> House:
    """What the catalogue of `home` is served with.

    Raises:
        Problem: S020 the primary place or the journal is not there.
    """
    store = open_store(home)

    def pdf(object_id: VolumeId, version: str, first: int, last: int, folder: Path) -> Path:
        return export_pdf(store, object_id, folder, Wanted(first, last), version=version).path

    config = home.settings.catalogue.config()
    config = replace(config, publisher=config.publisher or home.settings.institution.name)
    return House(home.catalogue, home.images, home.people, config, store.attached, pdf)


class Refreshing:
    """Shows in the catalogue what the journal has said since it was last looked at; a failure is only told.

    Whoever serves the catalogue calls it now and then: so audits, drills, repairs, and whatever writes the journal in
    times to come, on this machine or another, need not know that there is a catalogue.
    """

    def __init__(self, home: Home, tell: Tell) -> None:
        self._home, self._tell = home, tell
        self._seen: frozenset[tuple[str, int, int]] = frozenset()

    def __call__(self) -> None:
        """Look once; nothing is done while the journal's files are as they were."""
        home = self._home
        try:
            # What is due, and the day when it is full, are other every day.
            now = frozenset([*_marks(home), (dt.date.today().isoformat(), 0, 0)])  # noqa: DTZ011 - of this machine
            if now == self._seen or not usable(home.catalogue):
                return
            refresh(home.catalogue, Journal(home.journal), promises(home))
            show_capacity(home)
            self._seen = now
        except Problem as problem:
            self._tell(problem.finding)
        except (OSError, sqlite3.Error) as error:
            self._tell(finding("E004", home.catalogue, why=str(error)))


class Watching:
    """Shows in the catalogue how batches go on, while they do; a failure is only told, once."""

    def __init__(self, home: Home, tell: Tell) -> None:
        self._home, self._tell = home, tell
        self._failed = False

    def __call__(self) -> float:
        """Look once; seconds until the next look is due."""
        home, begun, running = self._home, time.monotonic(), False
        try:
            if usable(home.catalogue):
                running = show_work(home)
            self._failed = False
        except (OSError, sqlite3.Error) as error:
            if not self._failed:
                self._tell(finding("E004", home.catalogue, why=str(error)))
            self._failed = True
        pause = (time.monotonic() - begun) * _SHARE
        return min(max(pause, LIVE if running else IDLE), _LONGEST)


def _marks(home: Home) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of change of every file of the journal: other when it has grown."""
    for path in home.journal.glob("*.jsonl"):
        stat = path.stat()
        yield path.name, stat.st_size, stat.st_mtime_ns
