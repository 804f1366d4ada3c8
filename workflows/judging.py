"""What of the standard's complaints stands in the way of a package."""

from __future__ import annotations

from metadata.ndk.check.complaint import Complaint, Level
from metadata.ndk.check.report import Report

_NUMBER = "urnnbn"
_ABSENT = ("missing_element", "too_few")


def weighed(report: Report, *, numbered: bool) -> tuple[Complaint, ...]:
    """The complaints that count.

    Of an un`numbered` volume, whose institution chose not to wait for a number, those that miss it do not: that it has
    none was told before (V002).
    """
    return tuple(each for each in report.complaints if numbered or not _misses_number(each))


def refusing(complaints: tuple[Complaint, ...]) -> tuple[Complaint, ...]:
    """Those because of which a package is not stored: the errors."""
    return tuple(each for each in complaints if each.level is Level.ERROR)


def _misses_number(each: Complaint) -> bool:
    """Whether it says that a URN:NBN is missing: a rule for identifiers, or a line of a record's profile."""
    if "_MANDATORY_IDENTIFIERS_PRESENT_" in each.rule:
        return each.facts.get("kind") == _NUMBER
    return each.facts.get("sentence") in _ABSENT and _NUMBER in str(each.facts.get("name", ""))
