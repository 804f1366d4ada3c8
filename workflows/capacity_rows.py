"""The figures of `kdr capacity` as rows of the catalogue."""

from __future__ import annotations

from contextlib import closing

from repository.catalogue.batch_rows import RoomRows, write_room
from repository.catalogue.database import Row, opened
from workflows.capacity import Capacity, capacity
from workflows.settings import Home


def show_capacity(home: Home) -> None:
    """Measure, and bring the catalogue's rows up to date.

    Raises:
        Problem: S020, the journal is not there.
        sqlite3.Error: the catalogue cannot be written.
    """
    rows = capacity_rows(home, capacity(home))
    with closing(opened(home.catalogue)) as connection:
        write_room(connection, rows)


def capacity_rows(home: Home, now: Capacity) -> RoomRows:
    """The figures of `now`, and what the settings say of each place."""
    told = {each.name: each for each in home.settings.place}
    rooms: list[Row] = [
        {
            "name": room.name,
            "site": told[room.name].site or None if room.name in told else None,
            "medium": told[room.name].medium if room.name in told else None,
            "used": room.used,
            "free": room.free,
            "percent": room.percent,
            "warn_percent": home.settings.capacity.warn_percent,
            "full_on": room.full or None,
            "earliest": room.earliest or None,
            "latest": room.latest or None,
            "measured": now.at,
        }
        for room in (now.quota, *now.places)
    ]
    shares: list[Row] = [
        {"institution": each.sigla, "objects": each.objects, "pages": each.pages, "bytes": each.bytes}
        for each in now.shares
    ]
    rates: list[Row] = [
        {"days": each.days, "bytes_per_day": each.bytes_per_day, "pages_per_day": each.pages_per_day}
        for each in now.rates
    ]
    return RoomRows(rooms, shares, rates)
