"""Rules that can be broken in more than one way: each way is a sentence of details_mets.toml."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.ndk.check.complaint import Complaint, Fact, Level
from metadata.wording import Tongue, wording


@dataclass(frozen=True, slots=True)
class Phrased(Complaint):
    """A complaint whose fact `sentence` names a sentence of details_mets.toml, told as `what` in that of its rule."""

    def text(self, tongue: Tongue | None = None) -> str:
        """What is wrong, in the reader's language."""
        what = wording(__package__, "details_mets.toml").say(str(self.facts["sentence"]), tongue, **self.facts)
        return wording(__package__, "rules_mets.toml").say(self.rule, tongue, **(self.facts | {"what": what}))


def wrong(
    rule: str, sentence: str, file: str = "", xpath: str = "", graded: Level | None = None, **facts: Fact
) -> Complaint:
    """A complaint about a rule of rules_mets.toml that is broken in the way that `sentence` tells with `facts`."""
    return Phrased(rule, file, xpath, facts | {"sentence": sentence}, graded)
