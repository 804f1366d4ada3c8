"""Findings: coded, with severity, subject and facts; their text in Czech and English lies in findings.toml."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from metadata.wording import Tongue, chosen_tongue, wording

Fact = str | int | float


class Severity(StrEnum):
    """How much a finding stops: nothing, nothing but it is shown first, the page or volume, the whole command."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed: `code` as in findings.toml, `subject` what it is about (a path or an identifier), `facts`."""

    code: str
    subject: str
    facts: dict[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in _table():
            raise ValueError(f"no finding {self.code} in findings.toml")

    @property
    def severity(self) -> Severity:
        """As findings.toml says for the code."""
        return Severity(_table()[self.code]["severity"])

    @property
    def stops(self) -> bool:
        """Whether what it is about cannot go on."""
        return self.severity in (Severity.ERROR, Severity.FATAL)

    def text(self, tongue: Tongue | None = None) -> str:
        """What is wrong and where, in the reader's language."""
        return self._say("", tongue)

    def advice(self, tongue: Tongue | None = None) -> str:
        """What to do next; empty when there is nothing to do."""
        return self._say("_do", tongue)

    def _say(self, ending: str, tongue: Tongue | None) -> str:
        spoken = tongue or chosen_tongue()
        sentence = _table()[self.code].get(spoken + ending, "")
        return sentence.format(subject=self.subject, **{key: _shown(fact, spoken) for key, fact in self.facts.items()})


def finding(code: str, subject: object, **facts: Fact) -> Finding:
    """A finding in one line: ``finding("P012", page.id, dpi=72)``."""
    return Finding(code, str(subject), facts)


def codes() -> tuple[str, ...]:
    """Every code that findings.toml knows."""
    return tuple(_table())


def exit_code(code: str) -> int:
    """How a command ends that is stopped by this finding (sysexits.h where one fits, else 1)."""
    return int(_table()[code].get("exit", 1))


def _table() -> dict[str, dict[str, str]]:
    return wording("metadata", "findings.toml").sentences


def _shown(fact: Fact, tongue: Tongue) -> str:
    """A fact as people write it: Czech has a decimal comma."""
    text = f"{fact:g}" if isinstance(fact, float) else str(fact)
    return text.replace(".", ",") if isinstance(fact, float) and tongue is Tongue.CS else text
