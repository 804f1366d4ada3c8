"""How long an object must be kept: years by type of document, from its last version or a later trigger.

What the settings do not name, and what they name with 0, is kept for ever.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from metadata.model import VolumeId
from metadata.problem import Problem


@dataclass(frozen=True, slots=True)
class Retention:
    """The period of one object: its type, its years (0 for ever), the day it is counted from."""

    type: str
    years: int
    start: dt.date

    @property
    def until(self) -> dt.date | None:
        """The first day on which the object may go; None is never."""
        if self.years == 0:
            return None
        year = self.start.year + self.years
        if year > dt.MAXYEAR:
            return None
        try:
            return self.start.replace(year=year)
        except ValueError:  # 29 February
            return dt.date(year, 3, 1)

    def over(self, today: dt.date) -> bool:
        """Whether the object may go on the day `today`."""
        return self.until is not None and today >= self.until


def retention(years: Mapping[str, int], kind: str, stored: str, trigger: str = "") -> Retention:
    """The period of an object of type `kind` whose newest version was stored at `stored` (ISO 8601).

    `years` are the settings' years by type. A `trigger` (ISO 8601 date: end of a contract, of a case) delays the
    beginning; it never makes it earlier.

    Raises:
        ValueError: a date is none.
    """
    days = [dt.date.fromisoformat(each[:10]) for each in (stored, trigger) if each]
    return Retention(kind, years.get(kind, 0), max(days))


def require_over(object_id: VolumeId, period: Retention, today: dt.date) -> None:
    """Make sure that the period of an object is over.

    Raises:
        Problem: S089; its `until` is a date, or ∞ for ever.
    """
    if not period.over(today):
        until = period.until.isoformat() if period.until else "∞"
        raise Problem("S089", object_id, type=period.type or "–", until=until)
