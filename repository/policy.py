"""How safe is safe: as many verified copies, on as many sites and media, as the policy asks (NDSA storage levels)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from repository.ledger import Kept
from repository.verify import Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """What a place is made of, where it stands, and which disaster would take it."""

    medium: str
    site: str
    threat: str = ""


@dataclass(frozen=True, slots=True)
class ShelvedCopy:
    """A copy of a version on an offline medium, found whole when it was last read.

    `label` names the medium; `since`: when it was first read back from there; `read`: when it was last read (ISO 8601).
    """

    label: str
    standing: Standing
    since: str
    read: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The least number of verified copies, of different sites and of different media that make a version *safe*."""

    copies: int = 3
    sites: int = 2
    media: int = 2


@dataclass(frozen=True, slots=True)
class Safety:
    """How a version stands against the policy: how many verified copies, sites, media, threat classes it has."""

    policy: Policy
    places: tuple[str, ...]
    sites: int
    media: int
    threats: int

    @property
    def copies(self) -> int:
        """Verified copies."""
        return len(self.places)

    @property
    def safe(self) -> bool:
        """Whether nothing is missing."""
        asked = self.policy
        return self.copies >= asked.copies and self.sites >= asked.sites and self.media >= asked.media


def safety(kept: Kept, places: Mapping[str, Standing], policy: Policy, shelved: Sequence[ShelvedCopy] = ()) -> Safety:
    """How safe a version is: a copy counts when its place is known and its last reading found it whole.

    `shelved` are its copies on offline media (`repository.shelf.copies_on_shelf`): each medium counts once.
    """
    verified = [r.place for r in kept.replicas.values() if r.verdict is Verdict.INTACT and r.place in places]
    media = {copy.label: copy.standing for copy in shelved}
    standing = [places[name] for name in verified] + list(media.values())
    return Safety(
        policy,
        tuple(sorted([*verified, *media])),
        _different(each.site for each in standing),
        _different(each.medium for each in standing),
        _different(each.threat for each in standing),
    )


def _different(values: Iterable[str]) -> int:
    """How many different ones; what is not told may be any of the others and counts only when it is alone."""
    told = set(values)
    return len(told - {""}) or len(told)
