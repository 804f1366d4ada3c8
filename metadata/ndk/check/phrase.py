"""Rules that can be broken in more than one way: the way is a sentence of its own, and a fact of the complaint."""

from __future__ import annotations

from metadata.ndk.check.complaint import Complaint, Fact, Level
from metadata.wording import wording


class Phrase(str):
    """A fact in both languages: the rule's own sentence says it as `{what.cs}` and `{what.en}`; plain it is English."""

    __slots__ = ("cs", "en")
    cs: str
    en: str

    def __new__(cls, cs: str, en: str) -> Phrase:
        """The same thing said in Czech and in English."""
        made = super().__new__(cls, en)
        made.cs, made.en = cs, en
        return made

    def __reduce__(self) -> tuple[type[Phrase], tuple[str, str]]:
        return Phrase, (self.cs, self.en)


def wrong(
    rule: str, way: str, file: str = "", xpath: str = "", graded: Level | None = None, **facts: Fact
) -> Complaint:
    """A complaint about a rule of rules_mets.toml that is broken in the way [<rule>.<way>].

    Raises:
        KeyError: no such way, or a fact that its sentence needs was not given.
    """
    said: dict[str, str] = wording(__package__, "rules_mets.toml").sentences[rule][way]
    what = Phrase(said["cs"].format(**facts), said["en"].format(**facts))
    return Complaint(rule, file, xpath, {**facts, "what": what}, graded)
