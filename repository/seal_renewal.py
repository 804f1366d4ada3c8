"""Which time stamps must be renewed, by when, and doing it (RFC 4998 5.2).

The record of the next day names every file of the day before, so its stamp keeps the older ones alive: only a stamp
that no later record names, or whose later record is not stamped itself, has to be renewed on its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from repository.refusal import refusals
from repository.seal import Day, Sealer, days, stamp
from repository.seal_ageing import End, end_of
from repository.seal_cms import read_stamp


@dataclass(frozen=True, slots=True)
class Life:
    """How long the evidence of a day lasts: the end of what its newest stamp rests on, and the record that keeps it.

    `kept_by` is the name of the last of the later records that cover it, or its own.
    """

    day: Day
    end: End
    kept_by: str

    def due(self, today: dt.date, restamp_days: int) -> bool:
        """Whether it should be renewed now."""
        return self.kept_by == self.day.name and today >= self.end.day - dt.timedelta(days=restamp_days)


def lives(known: Sequence[Day]) -> tuple[Life, ...]:
    """The same for every stamped day, oldest first; days whose stamp cannot be read are left out."""
    found: list[Life] = []
    after: Life | None = None
    for day in reversed(known):
        own = _own(day)
        if own is None:
            after = None
            continue
        kept = after if after is not None and covers(after.day, day.stamps[-1]) else None
        after = Life(day, kept.end, kept.kept_by) if kept is not None else Life(day, own, day.name)
        found.append(after)
    return tuple(reversed(found))


def covers(later: Day, path: Path) -> bool:
    """Whether a later record names a stamp of the day before."""
    before = later.fields.get("before")
    return isinstance(before, dict) and path.name in before


def renew(sealer: Sealer, today: dt.date, restamp_days: int) -> tuple[Path, ...]:
    """Put a new stamp over every day whose evidence ends within `restamp_days`; the new stamps.

    Raises:
        Problem: S052 there is no authority; S053 it gave no usable stamp; S020, S003.
    """
    sealer.journal.require()
    with refusals(sealer.journal.root), sealer.journal.alone("seal"):
        due = [life.day for life in lives(days(sealer.journal)) if life.due(today, restamp_days)]
        return tuple(stamp(sealer, day) for day in due)


def _own(day: Day) -> End | None:
    if not day.stamps:
        return None
    try:
        return end_of(read_stamp(day.stamps[-1].read_bytes()))
    except ValueError:
        return None
