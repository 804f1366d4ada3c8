"""The restore drill: give back one object, or everything, from each single place alone into an empty one, timed.

Whether a copy can be read is one thing; whether the house could be built again from it is another (ISO 16363 5.2.4).
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from metadata.event import now
from metadata.finding import Finding, finding
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import plain
from repository.bag import problems
from repository.canary import CANARY
from repository.directory_place import DirectoryPlace
from repository.ledger import Kept, Ledger, read_ledger
from repository.place import HeldBag, Place
from repository.verify import Verdict, verify_bag
from workflows.agents import KDR
from workflows.founding import attached, open_store, places
from workflows.settings import Home


@dataclass(frozen=True, slots=True)
class Restored:
    """What one place alone gave back: versions, files, bytes, seconds (copying with reading back; verifying), failures.

    A failure is the version and why; `missing` versions are known to the journal but were never copied to this place.
    """

    place: str
    objects: int
    versions: int
    files: int
    bytes: int
    seconds_to_copy: float
    seconds_to_verify: float
    missing: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all that was asked for came back whole."""
        return self.versions > 0 and not self.failures and not self.missing


@dataclass(frozen=True, slots=True)
class RestoreDrill:
    """A whole restore drill: its name, when, what was asked for ("*" everything), how long, and each place."""

    id: str
    begun: str
    scope: str
    seconds: float
    places: tuple[Restored, ...]

    @property
    def passed(self) -> bool:
        """Whether every place passed."""
        return bool(self.places) and all(each.passed for each in self.places)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to restore: one object, everything, or (neither) an object drawn by lot; from which place; to where.

    Without `target` a temporary folder is used and removed; with it, each place's objects stay in ``<target>/<place>``.
    """

    object_id: VolumeId | None = None
    everything: bool = False
    place: str = ""
    target: Path | None = None


def run_restore_drill(home: Home, wish: Wish, tell: Callable[[Restored], None] | None = None) -> RestoreDrill:
    """Restore from every attached place (or `wish.place`); `tell` hears of each when it is done.

    Raises:
        Problem: S004 there is no such object, or none at all; S005 the target is there already; S020 the place wished
            for, or the journal, is not there; S001 and S003 the target has no room or refuses.
    """
    store, begun, clock = open_store(home), now(), time.monotonic()
    ledger = read_ledger(store.journal)
    chosen = _chosen(ledger, wish)
    sources = _sources(home, wish.place)
    done = []
    for place in sources:
        with _ground(wish.target, place) as ground:
            done.append(_restored(place, chosen, ground))
        if tell is not None:
            tell(done[-1])
    scope = "*" if wish.everything else chosen[0].object_id
    drill = RestoreDrill(f"R-{begun}", begun, scope, time.monotonic() - clock, tuple(done))
    facts = {"passed": drill.passed, "scope": scope, "seconds": round(drill.seconds, 3), "places": plain(drill.places)}
    store.journal.append("drilled", drill.id, facts, KDR, attached(home))
    return drill


def failures(drill: RestoreDrill) -> Iterator[Finding]:
    """What did not come back, as findings."""
    for each in drill.places:
        for why in (*each.missing, *each.failures):
            yield finding("S048", each.place, why=why)


def _chosen(ledger: Ledger, wish: Wish) -> list[Kept]:
    """The versions to restore, oldest first."""
    objects = sorted({object_id for object_id, _ in ledger.versions})
    if wish.object_id is not None:
        objects = [each for each in objects if each == wish.object_id]
    elif not wish.everything and objects:
        objects = [random.SystemRandom().choice([each for each in objects if each != CANARY] or objects)]
    if not objects:
        raise Problem("S004", wish.object_id or "*")
    return [kept for object_id in objects for kept in ledger.of(object_id)]


def _sources(home: Home, name: str) -> Sequence[Place]:
    if not name:
        return attached(home)
    found = [place for place in places(home) if place.name == name]
    if not found or not found[0].attached():
        raise Problem("S020", name, marker=found[0].where if found else "-")
    return found


class _ground:  # noqa: N801 - reads as a word after `with`
    """An empty place to restore into; a temporary one goes again."""

    def __init__(self, target: Path | None, source: Place) -> None:
        self._kept = target is not None
        self._folder = target / source.name if target is not None else Path(tempfile.mkdtemp(prefix="kdr-restore-"))
        if self._kept and self._folder.exists():
            raise Problem("S005", self._folder)

    def __enter__(self) -> DirectoryPlace:
        place = DirectoryPlace("obnova", self._folder)
        place.create()
        return place

    def __exit__(self, *_: object) -> None:
        if not self._kept:
            shutil.rmtree(self._folder, ignore_errors=True)


def _restored(source: Place, chosen: Sequence[Kept], ground: DirectoryPlace) -> Restored:
    missing, failed, back = [], [], []
    begun = time.monotonic()
    for kept in chosen:
        name = f"{kept.object_id} {kept.version}"
        if source.name not in kept.replicas:
            missing.append(name)
            continue
        try:
            ground.receive(HeldBag(source, kept.object_id, kept.version), kept.object_id, kept.version)
            back.append(kept)
        except Problem as problem:
            if problem.finding.code in ("S001", "S003"):
                raise
            failed.append(f"{name}: {problem.finding.text()}")
        except OSError as error:
            failed.append(f"{name}: {error.strerror or error}")
    copied = time.monotonic()
    for kept in back:
        failed += [f"{kept.object_id} {kept.version}: {why}" for why in _wrong(ground, kept)]
    return Restored(
        place=source.name,
        objects=len({kept.object_id for kept in back}),
        versions=len(back),
        files=sum(kept.files for kept in back),
        bytes=sum(kept.bytes for kept in back),
        seconds_to_copy=round(copied - begun, 3),
        seconds_to_verify=round(time.monotonic() - copied, 3),
        missing=tuple(missing),
        failures=tuple(failed),
    )


def _wrong(ground: DirectoryPlace, kept: Kept) -> Iterator[str]:
    """What the auditor's file and the bagit library say of a restored version."""
    folder = ground.folder(kept.object_id, kept.version)
    yield from (row.text() for row in verify_bag(folder, kept.known) if row.verdict is not Verdict.INTACT)
    yield from problems(folder, contents=False)
