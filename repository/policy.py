"""How safe is safe: as many verified copies, on as many sites and media, as the policy asks (NDSA storage levels)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def safety(kept: Kept, places: Mapping[str, Standing], policy: Policy) -> Safety:
    """How safe a version is: a copy counts when its place is known and its last reading found it whole."""
    verified = [r.place for r in kept.replicas.values() if r.verdict is Verdict.INTACT and r.place in places]
    standing = [places[name] for name in verified]
    return Safety(
        policy,
        tuple(sorted(verified)),
        _different(each.site for each in standing),
        _different(each.medium for each in standing),
        _different(each.threat for each in standing),
    )


def _different(values: Iterable[str]) -> int:
    """How many different ones; what is not told may be any of the others and counts only when it is alone."""
    told = set(values)
    return len(told - {""}) or len(told)
