"""The fire drill: the canary is damaged on purpose, in every way and in every place; is it found, is it mended?

The real places, programs and rights are used, not a copy of them. Only the journal, which may never be touched, is
practised on in a copy.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from metadata.event import now
from metadata.finding import Finding, finding
from metadata.problem import Problem
from metadata.record import plain
from repository.canary import CANARY, make_canary
from repository.directory_place import DirectoryPlace
from repository.fixity import Check, check, record
from repository.harm import EXPECTED, BucketReach, DirectoryReach, Harm, Reach, do_harm
from repository.incident import REPAIRED, open_incident
from repository.journal import Journal
from repository.ledger import Kept, read_ledger
from repository.pieces import copied_facts
from repository.place import FolderBag, Place
from repository.repair import repair_copy
from repository.s3_place import S3Place
from repository.store import Store
from repository.verify import Verdict, verify_journal
from workflows.agents import KDR
from workflows.founding import attached, open_store
from workflows.settings import Home

JOURNAL_EDITED, JOURNAL_CUT = "journal edited", "journal cut"
DRILL = "drill"
"""Who approves repairs of the canary."""
CANARY_MADE = "made anew"
"""Where its bytes come from when no place has them any more."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """One harm in one place: what was found, whether that was all of it, and whether it was mended; seconds each."""

    place: str
    harm: str
    found: tuple[str, ...]
    recognised: bool
    mended: bool
    seconds_to_find: float
    seconds_to_mend: float
    why: str = ""

    @property
    def passed(self) -> bool:
        """Whether it was found and mended."""
        return self.recognised and self.mended


@dataclass(frozen=True, slots=True)
class Drill:
    """A whole drill: its name, when, how long (seconds), and every exercise."""

    id: str
    begun: str
    seconds: float
    exercises: tuple[Exercise, ...]

    @property
    def passed(self) -> bool:
        """Whether every harm was found and mended."""
        return bool(self.exercises) and all(each.passed for each in self.exercises)


def run_drill(home: Home, only: str = "", tell: Callable[[Exercise], None] | None = None) -> Drill:
    """Hold a fire drill in every attached place (or in the place `only`); `tell` hears of each exercise.

    Raises:
        Problem: S049 there is nothing to mend from; S020 a place or the journal is not there; S006 the canary is
            damaged everywhere; others as `repository.store.Store.take`.
    """
    store, begun, clock = open_store(home), now(), time.monotonic()
    with store.journal.alone("drill"):
        places = attached(home)
        if len(places) < 2:
            raise Problem("S049", home.folder, places=len(places))
        if only and only not in {place.name for place in places}:
            raise Problem("S020", only, marker="-")
        identity = f"D-{begun}"
        kept = _canary(store)
        done = []
        for exercise in _exercises(home, store, kept, identity, only):
            done.append(exercise)
            if tell is not None:
                tell(exercise)
        drill = Drill(identity, begun, time.monotonic() - clock, tuple(done))
        facts = {"passed": drill.passed, "seconds": round(drill.seconds, 3), "exercises": plain(drill.exercises)}
        store.journal.append("drilled", identity, facts, KDR, attached(home))
    return drill


def failures(drill: Drill) -> Iterator[Finding]:
    """What did not go as it must, as findings."""
    for each in drill.exercises:
        if not each.passed:
            found = ", ".join(each.found) or "–"
            yield finding("S047", f"{each.place}: {each.harm}", found=found, why=each.why or "–")


def _canary(store: Store) -> Kept:
    """The canary, whole in every attached place."""
    with tempfile.TemporaryDirectory(prefix="kdr-canary-") as folder:
        bag = make_canary(Path(folder) / "bag")
        kept = read_ledger(store.journal).of(CANARY)
        if kept:
            for place in store.places:
                _see_whole(store, place, kept[-1], bag)
        store.take(bag, CANARY, KDR)
    return read_ledger(store.journal).of(CANARY)[-1]


def _see_whole(store: Store, place: Place, kept: Kept, bag: Path) -> None:
    """Mend what a drill that was killed left damaged; where no copy is good any more, from `bag`, which is known."""
    if not (place.attached() and place.name in kept.replicas):
        return
    found = check(place, kept, store.register)
    if found.verdict is Verdict.INTACT or not _mend(store, place, kept, found, "D-interrupted"):
        return
    incident = open_incident(store.journal, found, "D-interrupted", KDR, store.attached())
    aside = place.replace(FolderBag(bag), CANARY, kept.version, incident.id)
    facts = {"incident": incident.id, "source": CANARY_MADE, "quarantine": aside, "approved_by": DRILL}
    store.journal.append(REPAIRED, CANARY, copied_facts(kept, place.name) | facts, KDR, store.attached())


def _exercises(home: Home, store: Store, kept: Kept, identity: str, only: str) -> Iterator[Exercise]:
    for place in attached(home):
        if only in ("", place.name):
            for harm in Harm:
                yield _exercise(store, place, kept, harm, identity)
    yield from _journal_exercises(store.journal)


def _exercise(store: Store, place: Place, kept: Kept, harm: Harm, identity: str) -> Exercise:
    reach = _reach(place, kept.version)
    do_harm(harm, reach)
    begun = time.monotonic()
    found = check(place, kept, store.register)
    saw = time.monotonic()
    verdicts = {row.verdict for row in found.faults}
    why = _mend(store, place, kept, found, identity)
    after = check(place, kept, store.register)
    return Exercise(
        place=place.name,
        harm=harm.value,
        found=tuple(sorted(verdict.value for verdict in verdicts)),
        recognised=verdicts == EXPECTED[harm],
        mended=after.verdict is Verdict.INTACT,
        seconds_to_find=round(saw - begun, 3),
        seconds_to_mend=round(time.monotonic() - saw, 3),
        why=why,
    )


def _mend(store: Store, place: Place, kept: Kept, found: Check, identity: str) -> str:
    """Journal what was found and repair the copy as an audit would; why it could not be, empty when it was."""
    if found.verdict is Verdict.INTACT:
        return ""
    try:
        record(store.journal, found, identity, KDR, store.attached())
        incident = open_incident(store.journal, found, identity, KDR, store.attached())
        repair_copy(store, incident.id, KDR, DRILL)
    except Problem as problem:
        return problem.finding.text()
    return ""


def _reach(place: Place, version: str) -> Reach:
    if isinstance(place, DirectoryPlace):
        return DirectoryReach(place, version)
    if isinstance(place, S3Place):
        return BucketReach(place, version)
    raise TypeError(f"no way to harm {place.where}")


def _journal_exercises(journal: Journal) -> Iterator[Exercise]:
    """Edit and cut a copy of the journal; the chain must tell. The journal itself was not touched: nothing to mend."""
    for harm, wanted in ((JOURNAL_EDITED, Verdict.JOURNAL_EDITED), (JOURNAL_CUT, Verdict.JOURNAL_CUT)):
        with tempfile.TemporaryDirectory(prefix="kdr-drill-") as folder:
            copy = Path(folder) / "journal"
            shutil.copytree(journal.root, copy, ignore=shutil.ignore_patterns(".locks", "register"))
            entries = list(journal.entries())
            last = entries[-1]
            _spoil(copy, cut=harm == JOURNAL_CUT)
            begun = time.monotonic()
            verdicts = {row.verdict for row in verify_journal(copy, [(last.seq, last.hash)])}
            took = round(time.monotonic() - begun, 3)
        names = tuple(sorted(verdict.value for verdict in verdicts))
        yield Exercise("–", harm, names, wanted in verdicts, True, took, 0.0)


def _spoil(journal: Path, *, cut: bool) -> None:
    path = sorted(journal.glob("*.jsonl"))[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    if cut:
        lines = lines[:-1]
    else:
        lines[-1] = lines[-1].replace(b'"seq":', b'"seq": ', 1)
    path.write_bytes(b"".join(lines))
