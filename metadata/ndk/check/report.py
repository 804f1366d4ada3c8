"""What the judgement of one package found, counted and grouped, and in a form for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from metadata.elements import clean
from metadata.ndk.check.complaint import Complaint, Level
from metadata.ndk.check.context import Dmf
from metadata.wording import Tongue


class Verdict(StrEnum):
    """As the National Library's validator says it: VALID unless something is an ERROR (ndk.md §6)."""

    VALID = "VALID"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class Group:
    """All complaints by one rule of one level."""

    rule: str
    level: Level
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The judgement of one package.

    `package` is its root folder's name; `checked` are lines of level INFO about what was asked and what was left out,
    so that nobody believes more than was done.
    """

    package: str
    dmf: Dmf
    complaints: tuple[Complaint, ...]
    checked: tuple[Complaint, ...]

    @property
    def counts(self) -> Mapping[Level, int]:
        """How many complaints of each level there are."""
        found = Counter(each.level for each in self.complaints)
        return {level: found[level] for level in Level}

    @property
    def verdict(self) -> Verdict:
        """VALID with any number of warnings; INVALID with one error."""
        return Verdict.INVALID if self.counts[Level.ERROR] else Verdict.VALID

    def groups(self, level: Level) -> tuple[Group, ...]:
        """The complaints of a level by rule, in the order in which the rules were asked."""
        found: dict[str, list[Complaint]] = {}
        for each in self.complaints:
            if each.level is level:
                found.setdefault(each.rule, []).append(each)
        return tuple(Group(rule, level, tuple(same)) for rule, same in found.items())

    def plain(self) -> dict[str, Any]:
        """For programs: package, standard, verdict, counts, complaints, what was checked; texts in both languages."""
        return {
            "package": clean(self.package),
            "dmf": {"family": self.dmf.family.value, "version": self.dmf.version, "rules": self.dmf.rules},
            "verdict": self.verdict.value,
            "counts": {level.value: count for level, count in self.counts.items()},
            "complaints": [as_plain(each) for each in self.complaints],
            "checked": [as_plain(each) for each in self.checked],
        }


def as_plain(found: Complaint) -> dict[str, str]:
    """A complaint for programs; what no XML and no JSON reader could take (halves of surrogates) becomes U+FFFD."""
    said = {tongue.value: clean(found.text(tongue)) for tongue in Tongue}
    return {
        "rule": found.rule,
        "level": found.level.value,
        "file": clean(found.file),
        "xpath": clean(found.xpath),
        **said,
    }
