"""Reading for an audit: one copy in some worker; and what lies in a place that the journal knows nothing of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.fixity import Check, away, check
from repository.journal import Journal
from repository.ledger import KINDS, Kept, Ledger, ledger_of
from repository.place import Place
from repository.register import DigestRegister
from repository.verify import Row, Verdict, object_folder
from workflows.founding import places
from workflows.settings import NAME, load

_MEGA = 1e6


@dataclass(frozen=True, slots=True)
class CopyJob:
    """One copy to read: the repository's folder, the version, the place's name, MB/s for all readers (0 no limit)."""

    home: Path
    kept: Kept
    place: str
    mb_per_s: float = 0.0


def read_copy(job: CopyJob, hands: int) -> Check:
    """Read one copy, wherever this runs; `hands` readers share the speed.

    Raises:
        Problem: E005 the settings are wrong here, or have no such place.
        OSError: the repository is not here.
    """
    home = load(job.home)
    place = next((each for each in places(home) if each.name == job.place), None)
    if place is None:
        raise Problem("E005", job.home / NAME, why=f"[[place]] {job.place}: –")
    return check(place, job.kept, DigestRegister(home.journal), Pace(job.mb_per_s / hands))


class Pace:
    """Keeps reading at a speed: waits after each file until its bytes may have been read. MB/s, 0 never waits."""

    def __init__(
        self,
        mb_per_s: float,
        ticks: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._ticks, self._wait = mb_per_s * _MEGA, ticks, wait
        self._start, self._bytes = ticks(), 0

    def __call__(self, _path: str, size: int) -> None:
        """A file of `size` bytes was read."""
        self._bytes += size
        ahead = self._bytes / self._rate - (self._ticks() - self._start) if self._rate else 0.0
        if ahead > 0:
            self._wait(ahead)


def beside(place: Place, journal: Journal, ledger: Ledger, only: VolumeId | None = None) -> Iterator[Row]:
    """What lies in a place and is no copy that the journal knows: unknown versions, strays; of one object if `only`.

    A place that cannot be listed, or goes away meanwhile, is a row too.
    """
    try:
        for object_id in [only] if only else place.objects():
            yield from _unknown(place, journal, ledger, object_id)
        yield from (row for row in place.strays() if only is None or only in row.path)
    except Problem as problem:
        yield (
            away(place)
            if problem.finding.code == "S020"
            else Row(
                Verdict.UNREADABLE, place.where, {"why": str(problem.finding.facts.get("why", problem.finding.code))}
            )
        )
    except OSError as error:
        yield Row(Verdict.UNREADABLE, place.where, {"why": error.strerror or str(error)})


def _unknown(place: Place, journal: Journal, ledger: Ledger, object_id: VolumeId) -> Iterator[Row]:
    for version in place.versions(object_id):
        if not _known(place, journal, ledger, object_id, version):
            yield Row(Verdict.UNKNOWN, f"{_home(place, object_id)}/{version}", {"object": object_id})


def _home(place: Place, object_id: VolumeId) -> str:
    return f"{place.where.rstrip('/')}/{object_folder(object_id)}"


def _known(place: Place, journal: Journal, ledger: Ledger, object_id: VolumeId, version: str) -> bool:
    """Whether the journal knows the copy; who stores it right now is waited for."""
    if _expected(ledger, place.name, object_id, version):
        return True
    if not journal.attached():
        return False
    with journal.alone(object_id[:2]):  # as Store.take does
        fresh = ledger_of(journal.entries(object_id, KINDS))
    return _expected(fresh, place.name, object_id, version)


def _expected(ledger: Ledger, place: str, object_id: VolumeId, version: str) -> bool:
    kept = ledger.versions.get((object_id, version))
    return kept is not None and place in kept.replicas
