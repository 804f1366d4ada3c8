"""What the assessments (NDSA, CoreTrustSeal) measure in the repository: numbers and dates, each from live data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

from repository.canary import CANARY
from repository.incident import State
from repository.ledger import CHECKED
from repository.policy import Safety
from repository.verify import MANIFEST, TAG_MANIFEST
from workflows.drill_record import DAMAGE, RESTORE
from workflows.founding import disks
from workflows.reports.known import Known, about
from workflows.reports.words import days_between


@dataclass(frozen=True, slots=True)
class Measured:
    """Least over all versions: `copies`, `sites`, `media`, `threats` (0 when nothing is kept). Others as they say.

    `chain` says that every entry follows the one before; `same_disk` names places on the journal's own disk; `drill`
    and `restore` are when the last drill that passed was held (empty: never), `drilled` and `restored` whether it is
    recent.
    """

    objects: int
    versions: int
    replicas: int
    safe: int
    copies: int
    sites: int
    media: int
    threats: int
    undigested: int
    untold: int
    overdue: int
    checks: int
    last_check: str
    open: int
    repaired: int
    chain: bool
    entries: int
    same_disk: str
    drill: str
    drilled: bool
    restore: str
    restored: bool
    gated: int
    revalidated: int
    migrated: int
    sealed: int
    disposed: int

    @property
    def facts(self) -> dict[str, object]:
        """For sentences: every number and date by its name; a dash for never."""
        return {each.name: "–" if getattr(self, each.name) == "" else getattr(self, each.name) for each in fields(self)}


def measured(known: Known) -> Measured:
    """Measure; the canary counts for nothing."""
    kept = known.real()
    found = [known.safety(each) for each in kept]
    checks = [each for each in known.of(CHECKED, "verified") if each.subject != CANARY]
    newest = [versions[-1] for name, versions in known.objects() if name != CANARY]
    told = about(known.home, newest)
    last = dict(_drills(known))
    year = [each for each in known.of("revalidated") if days_between(each.time, known.at) <= 365]
    real = [each for each in known.incidents if each.object_id != CANARY]
    return Measured(
        objects=len(newest),
        versions=len(kept),
        replicas=sum(len(each.replicas) for each in kept),
        safe=sum(each.safe for each in found),
        copies=_least(each.copies for each in found),
        sites=_least(_told(known, each, "site") for each in found),
        media=_least(_told(known, each, "medium") for each in found),
        threats=_least(_told(known, each, "threat") for each in found),
        undigested=sum(not all(each.manifests.get(name) for name in (MANIFEST, TAG_MANIFEST)) for each in kept),
        untold=sum(not each.title or each.pages < 0 for each in told.values()),
        overdue=sum(known.overdue(replica) for each in kept for replica in each.replicas.values()),
        checks=len(checks),
        last_check=checks[-1].time[:10] if checks else "",
        open=sum(each.state is State.OPEN for each in real),
        repaired=sum(each.state is State.REPAIRED for each in real),
        chain=_chained(known),
        entries=len(known.entries),
        same_disk=", ".join(_beside(known)),
        drill=last.get(DAMAGE, "")[:10],
        drilled=_recent(known, last.get(DAMAGE, "")),
        restore=last.get(RESTORE, "")[:10],
        restored=_recent(known, last.get(RESTORE, "")),
        gated=len(known.of("gated")),
        revalidated=len(year),
        migrated=len(known.of("migrated")),
        sealed=sum(e.facts.get("sealed") is True and e.facts.get("test") is not True for e in known.of("sealed")),
        disposed=len(known.ledger.disposed),
    )


def _drills(known: Known) -> list[tuple[str, str]]:
    """The first letter of the name of each drill that passed (workflows.drill_record), and when it ended."""
    return [(each.subject[:1], each.time) for each in known.of("drilled") if each.facts.get("passed") is True]


def _least(values: Iterable[int]) -> int:
    return min(values, default=0)


def _told(known: Known, found: Safety, name: str) -> int:
    """How many different sites, media or threats of a version's copies are told: what is not told proves nothing."""
    standings = dict(known.standings) | {
        copy.label: copy.standing for copies in known.shelved.values() for copy in copies
    }
    return len({str(getattr(standings[place], name)) for place in found.places} - {""})


def _recent(known: Known, when: str) -> bool:
    return days_between(when, known.at) <= known.home.settings.audit.drill_days


def _chained(known: Known) -> bool:
    entries = known.entries
    begun = not entries or (entries[0].seq == 1 and not entries[0].previous)
    return begun and all(b.seq == a.seq + 1 and b.previous == a.hash for a, b in pairwise(entries))


def _beside(known: Known) -> list[str]:
    """Places on the same disk as the journal: with it they would be lost together."""
    own = _device(known.home.journal)
    return [place.name for place in disks(known.home) if own and _device(place.root) == own]


def _device(folder: Path) -> int:
    try:
        return folder.stat().st_dev
    except OSError:
        return 0
