"""Capacity: what is used and free, by place and institution, and on which day it will be full at the real rate.

Everything comes from the journal, and pages and owners from the catalogue where it knows them: no place is walked.
Sizes in bytes; one "copy" is all versions once.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from metadata.finding import Finding, finding
from metadata.model import VolumeId
from repository.canary import CANARY
from repository.catalogue.glance import glance
from repository.directory_place import DirectoryPlace
from repository.ledger import Kept, Ledger, read_ledger
from repository.place import HeldBag, Place, told_by
from repository.store import Store
from workflows.founding import open_store
from workflows.settings import Home

WINDOWS = (30, 90, 365)
"""Days over which the rate is measured."""
_USUAL = 90
_FARTHEST = 365 * 200
_SIGLA = re.compile(r"\(([A-Z]{3}\d{3})\)")
_PAGES = re.compile(r"(\d{1,6}) pages\b")


@dataclass(frozen=True, slots=True)
class Rate:
    """What was stored per day over the last `days` days, or since the first version where that is less."""

    days: int
    bytes_per_day: float
    pages_per_day: float


@dataclass(frozen=True, slots=True)
class Room:
    """Used and free of one place, or of the quota ("quota"); free is None where it cannot be told.

    `full` is the day when it is full at the rate of 90 days, `earliest` and `latest` at the fastest and slowest of the
    rates (ISO 8601); empty when that day is farther than two hundred years.
    """

    name: str
    used: int
    free: int | None
    full: str = ""
    earliest: str = ""
    latest: str = ""

    @property
    def percent(self) -> float:
        """How much of it is used, 0..100."""
        total = self.used + (self.free or 0)
        return 100.0 * self.used / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """What one institution has: `sigla` is empty where a package does not say whose it is."""

    sigla: str
    objects: int
    pages: int
    bytes: int

    @property
    def bytes_per_page(self) -> float:
        """Bytes that a page takes, all versions of it together; 0 when there are no pages."""
        return self.bytes / self.pages if self.pages else 0.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """All of it, as of `at` (ISO 8601), and what is to be said of it."""

    at: str
    quota: Room
    places: tuple[Room, ...]
    shares: tuple[Share, ...]
    rates: tuple[Rate, ...]
    findings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _About:
    sigla: str
    pages: int


def capacity(home: Home, at: dt.datetime | None = None) -> Capacity:
    """Measure now, or as if it were `at`.

    Raises:
        Problem: S020, the journal is not there.
    """
    store, moment = open_store(home), at or dt.datetime.now(dt.UTC)
    store.journal.require()
    ledger = read_ledger(store.journal)
    for version in [kept.version for kept in ledger.of(CANARY)]:  # nobody owns it
        del ledger.versions[CANARY, version]
    about = _about(home, store, ledger)
    rates = tuple(_rate(days, ledger, about, moment) for days in WINDOWS)
    whole = round(home.settings.capacity.quota_gb * 1e9)
    quota = _forecast(Room("quota", ledger.bytes, max(0, whole - ledger.bytes)), rates, moment)
    quotas = {each.name: each.quota_gb for each in home.settings.place}
    places = tuple(_forecast(_room(place, quotas[place.name], ledger), rates, moment) for place in store.places)
    findings = tuple(_findings(home, (quota, *places)))
    return Capacity(moment.isoformat(timespec="seconds"), quota, places, _shares(ledger, about), rates, findings)


def _findings(home: Home, rooms: Iterable[Room]) -> Iterable[Finding]:
    """S095 for what is fuller than the settings want it."""
    for room in rooms:
        if room.free is not None and room.percent >= home.settings.capacity.warn_percent:
            whole = round((room.used + room.free) / 1e9, 3)
            yield finding("S095", room.name, percent=round(room.percent, 1), quota=whole)


def _room(place: Place, quota_gb: float | None, ledger: Ledger) -> Room:
    used = sum(kept.bytes for kept in ledger.versions.values() if place.name in kept.replicas)
    bounds = [] if quota_gb is None else [max(0, round(quota_gb * 1e9) - used)]
    if isinstance(place, DirectoryPlace) and place.attached():
        disk = os.statvfs(place.root)
        bounds.append(disk.f_bavail * disk.f_frsize)
    return Room(place.name, used, min(bounds) if bounds else None)


def _about(home: Home, store: Store, ledger: Ledger) -> dict[VolumeId, _About]:
    """Whose each object is and how many pages it has: from the catalogue, else from its bag."""
    known = _catalogued(home.catalogue)
    here = store.attached()
    return {kept.object_id: known.get(kept.object_id) or _told(here, kept) for kept in ledger.newest()}


def _catalogued(database: Path) -> dict[str, _About]:
    """What the catalogue says, if it can be asked; bags say the same."""
    rows = glance(database, "select uuid, institution, pages from volume where institution is not null")
    return {str(uuid): _About(str(sigla), int(pages)) for uuid, sigla, pages in rows}


def _told(here: Sequence[Place], kept: Kept) -> _About:
    """What bag-info.txt of a version says in the first place that gives it; nothing when none does."""
    copies = (HeldBag(place, kept.object_id, kept.version) for place in here if place.name in kept.replicas)
    info = next(filter(None, map(told_by, copies)), dict[str, str]())
    sigla, pages = (
        pattern.search(info.get(label, ""))
        for pattern, label in ((_SIGLA, "Source-Organization"), (_PAGES, "Internal-Sender-Description"))
    )
    return _About(sigla.group(1) if sigla else "", int(pages.group(1)) if pages else 0)


def _shares(ledger: Ledger, about: Mapping[VolumeId, _About]) -> tuple[Share, ...]:
    sizes: dict[VolumeId, int] = dict.fromkeys(about, 0)
    for kept in ledger.versions.values():
        sizes[kept.object_id] += kept.bytes
    found = []
    for sigla in sorted({each.sigla for each in about.values()}):
        own = [name for name, each in about.items() if each.sigla == sigla]
        pages = sum(about[name].pages for name in own)
        found.append(Share(sigla, len(own), pages, sum(sizes[name] for name in own)))
    return tuple(found)


def _rate(days: int, ledger: Ledger, about: Mapping[VolumeId, _About], at: dt.datetime) -> Rate:
    """Bytes of every version, and pages of every object when its first version came."""
    ages = {key: (at - dt.datetime.fromisoformat(kept.stored)).total_seconds() / 86400 for key, kept in _dated(ledger)}
    span = min(float(days), max(1.0, max(ages.values(), default=1.0)))
    recent = [ledger.versions[key] for key, age in ages.items() if age <= days]
    first: dict[VolumeId, float] = {}
    for (name, _), age in ages.items():
        first[name] = max(first.get(name, 0.0), age)
    pages = sum(about[name].pages for name, age in first.items() if age <= days)
    return Rate(days, sum(kept.bytes for kept in recent) / span, pages / span)


def _dated(ledger: Ledger) -> Iterable[tuple[tuple[VolumeId, str], Kept]]:
    return ((key, kept) for key, kept in ledger.versions.items() if kept.stored)


def _forecast(room: Room, rates: Iterable[Rate], at: dt.datetime) -> Room:
    if room.free is None:
        return room
    days = {rate.days: _days(room.free, rate.bytes_per_day) for rate in rates}
    known = [each for each in days.values() if each is not None]
    if not known:
        return room
    ends = (days[_USUAL], min(known), max(known) if len(known) == len(days) else None)
    full, earliest, latest = (
        (at.date() + dt.timedelta(days=each)).isoformat() if each is not None else "" for each in ends
    )
    return Room(room.name, room.used, room.free, full, earliest, latest)


def _days(free: int, bytes_per_day: float) -> int | None:
    days = free / bytes_per_day if bytes_per_day > 0 else _FARTHEST + 1
    return int(days) if days <= _FARTHEST else None
