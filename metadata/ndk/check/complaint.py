"""What a package does wrong: the rule of the standard, where, and in words (rules_*.toml, details_*.toml here)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files

from metadata.wording import Tongue, Wording, wording


class Level(StrEnum):
    """As the National Library's validator grades: only an ERROR makes a package INVALID."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


Fact = str | int | float

_NAMED = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One rule not kept.

    `rule` is the rule's id in the standard's machine-readable form (fDMF), or one of ours beginning with KDR_;
    `file` is relative to the package's root (empty: the package itself), `xpath` the place in it or empty.
    """

    rule: str
    file: str = ""
    xpath: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)
    graded: Level | None = None

    def __post_init__(self) -> None:
        if self.rule not in _table():
            raise ValueError(f"no rule {self.rule} in rules_*.toml")

    @property
    def level(self) -> Level:
        """As the rule says; some rules grade each complaint themselves."""
        return self.graded or Level(_table()[self.rule].sentences[self.rule]["level"])

    def text(self, tongue: Tongue | None = None) -> str:
        """What is wrong, in the reader's language."""
        return _table()[self.rule].say(self.rule, tongue, **self._told(tongue))

    def _told(self, tongue: Tongue | None) -> dict[str, Fact]:
        """The facts; a fact `sentence` names a sentence of details_*.toml, which is told as one more fact: `what`.

        Where the fact `wanted` says <name>, the words of content_name there take its place.
        """
        if "sentence" not in self.facts:
            return self.facts
        named = str(self.facts.get("wanted", ""))
        wanted = _NAMED.sub(lambda found: _detail(f"content_{found[1]}", tongue, {}), named)
        return self.facts | {"what": _detail(str(self.facts["sentence"]), tongue, self.facts | {"wanted": wanted})}


def complaint(rule: str, file: str = "", xpath: str = "", **facts: Fact) -> Complaint:
    """A complaint in one line: ``complaint("CHECKSUM_FILE_ALL_CHECKSUMS_MATCH", path, found=a, wanted=b)``."""
    return Complaint(rule, file, xpath, facts)


def wrong(
    rule: str, sentence: str, file: str = "", xpath: str = "", graded: Level | None = None, **facts: Fact
) -> Complaint:
    """A complaint about a rule that can be broken in more than one way: `sentence` names the way in details_*.toml."""
    return Complaint(rule, file, xpath, facts | {"sentence": sentence}, graded)


def rules() -> tuple[str, ...]:
    """Every rule that is checked."""
    return tuple(_table())


def _detail(sentence: str, tongue: Tongue | None, facts: dict[str, Fact]) -> str:
    return _worded("details_")[sentence].say(sentence, tongue, **facts)


def _table() -> dict[str, Wording]:
    return _worded("rules_")


@cache
def _worded(start: str) -> dict[str, Wording]:
    """Every sentence of the files whose names begin with `start`, with the file that it is in."""
    names = sorted(each.name for each in files(__package__).iterdir() if each.name.startswith(start))
    told = [wording(__package__, name) for name in names]
    return {key: words for words in told for key in words.sentences}
