"""What of the standard's complaints stands in the way of a package."""

from __future__ import annotations

from metadata.ndk.check.complaint import Complaint, Level
from metadata.ndk.check.report import Report
from metadata.wording import Tongue

_NUMBER = "urnnbn"


def weighed(report: Report, *, numbered: bool) -> tuple[Complaint, ...]:
    """The complaints that count.

    Of an un`numbered` volume, whose institution chose not to wait for a number, those that miss it do not: that it has
    none was told before (V002).
    """
    return tuple(each for each in report.complaints if numbered or _NUMBER not in each.text(Tongue.EN))


def refusing(complaints: tuple[Complaint, ...]) -> tuple[Complaint, ...]:
    """Those because of which a package is not stored: the errors."""
    return tuple(each for each in complaints if each.level is Level.ERROR)
