"""Run an audit: read what is due (or what is named), journal every copy when it was read, tell every fault at once.

A run lies between the entries "audit begun" and "audit ended". What was killed in between is open: the next run goes on
with it and reads only what no entry "checked" since says, so that nothing is skipped and nothing counts twice. The
journal is written here, never by a worker.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from metadata.finding import Finding, finding
from metadata.problem import Problem
from metadata.record import plain
from repository.fixity import Check, code_of, record, unread
from repository.journal import Entry, Journal, Json, Witness
from repository.ledger import KINDS, Kept, Ledger, ledger_of
from repository.registering import mend_register
from repository.verify import Row, Verdict
from workflows.agents import KDR
from workflows.audit_due import Turn, daily_bytes, due, overdue, overdue_findings, turns
from workflows.audit_past import BEGUN, ENDED, Key, Past, Run, Scope, Times, read_past
from workflows.audit_progress import AuditProgress
from workflows.audit_reading import CopyJob, beside, read_copy
from workflows.founding import attached, open_store, places
from workflows.graph import spread
from workflows.settings import Home
from workflows.verifying import as_finding, written

SMALL_BYTES = 2_000_000_000
"""What is less is read by this process: a cluster takes as long to start."""
TEMPORARY = 75
"""sysexits.h: nothing is wrong, but not all could be done; try again."""
_AWAY = "S020"

Tell = Callable[[Finding], None]
Attend = Callable[[Kept, Check, str], None]
"""Hears of every copy that is not intact, after it was journalled, with the run's name: workflows.repairing."""


@dataclass(frozen=True, slots=True)
class AuditWish:
    """What a person wants read, for how many hours at most and by how many workers (nothing: as planned), where."""

    scope: Scope = field(default_factory=Scope)
    hours: float | None = None
    workers: int | None = None
    scheduler: str = ""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended, what it read before it was interrupted included.

    `due`: copies to be read; `intact`, `faults` and `unread` are what became of them, `left` those of the unread that
    nobody tried to read (the time was over, the place is away); `overdue`: copies whose deadline is over now, the run's
    or not; `due_next`: copies due, wished and not begun, as an interrupted run came first; bytes and seconds of
    reading, all workers together.
    """

    run: str
    scope: Scope
    resumed: bool = False
    due: int = 0
    intact: int = 0
    faults: int = 0
    unread: int = 0
    left: int = 0
    overdue: int = 0
    due_next: int = 0
    bytes: int = 0
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all of it was read and is intact, nothing is overdue; 1 something is wrong; 75 not all could be read."""
        if self.faults or any(found.stops and found.code not in (_AWAY, "S033") for found in self.findings):
            return 1
        return TEMPORARY if self.unread or self.overdue or self.due_next else 0


def run_audit(
    home: Home, wish: AuditWish, tell: Tell, attend: Attend | None = None, times: Times | None = None
) -> RunEnd:
    """Read what is due or wished, the longest unread first, within hours and speed of the plan.

    `tell` hears of every finding at once. A journal that is not what it was stops all: nothing is read by it or
    written into it.

    Raises:
        Problem: S020 the journal is not there; S030 no such place; S004 no such object; S032 another audit runs; S003,
            S015, S016 the journal cannot be written; E008 nobody listens at the scheduler's address.
    """
    journal = Journal(home.journal, (times or Times()).clock)
    journal.require()
    with _only_one(home):
        rows = journal.check(attached(home))
        if rows:
            found = tuple(as_finding(row) for row in rows)
            for each in found:
                tell(each)
            return RunEnd("", wish.scope, findings=found)
        return _Audit(home, journal, wish, tell, attend, times or Times()).go()


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    """Be the only audit of this repository; a killed one lets go by dying."""
    path = home.batches.parent / "audit.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem("S032", path) from None
        yield


@dataclass(slots=True)
class _Audit:
    """One run in this process."""

    home: Home
    journal: Journal
    wish: AuditWish
    tell: Tell
    attend: Attend | None
    times: Times
    start: float = 0.0
    away: set[str] = field(default_factory=set)
    found: list[Finding] = field(default_factory=list)
    gone: set[Key] = field(default_factory=set)
    """Copies lawfully disposed of since they were planned to be read."""

    def go(self) -> RunEnd:
        self.start = self.times.ticks()
        past = read_past(self.home, self.journal)
        _require_known(past, self.wish.scope)
        run, pending, resumed = self._begun(past)
        self._tell_away()
        # First: the register names the files that were altered together with their manifests.
        self._look_at_register(run.scope, past.ledger)
        self._read(run, past, pending)
        self._look_beside(run.scope)
        return self._ended(run, pending, resumed=resumed)

    def _begun(self, past: Past) -> tuple[Run, list[Turn], bool]:
        """The run, and what it has still to read; an open one is gone on with."""
        moment = self.journal.clock()
        earlier = past.open_run(self.wish.scope)
        if earlier is not None:
            pending = [
                turn for turn in _chosen(past, earlier.scope, moment) if turn.key not in past.read_since(earlier)
            ]
            done = len(past.checked_in(earlier.id))
            self._say(finding("S035", earlier.id, begun=earlier.begun, done=done, left=len(pending)))
            return earlier, pending, True
        scope = replace(self.wish.scope, seed=secrets.randbits(48) if self.wish.scope.sample else 0, as_of=moment)
        pending = _chosen(past, scope, moment)
        name = f"audit-{moment[:19].replace(':', '')}-{secrets.token_hex(2)}"
        facts: dict[str, Json] = {
            "scope": plain(scope), "due": len(pending), "bytes": sum(turn.kept.bytes for turn in pending),
            "settings": self.home.digest,
        }  # fmt: skip
        entry = self._write(lambda witnesses: self.journal.append(BEGUN, name, facts, KDR, witnesses))
        return Run(name, entry.seq if entry else past.last_seq + 1, moment, scope), pending, False

    def _read(self, run: Run, past: Past, pending: Sequence[Turn]) -> None:
        whole = sum(turn.kept.bytes for turn in pending)
        hands = self.wish.workers or past.plan.hands
        workers = hands if whole >= SMALL_BYTES and len(pending) > 1 else 1
        hours = past.plan.hours if self.wish.hours is None else self.wish.hours
        jobs = self._jobs(pending, hours * 3600, past.plan.mb_per_s)
        with AuditProgress(run.id, len(pending), whole) as progress:
            for job, ended in spread(read_copy, jobs, workers, self.wish.scheduler):
                if isinstance(ended, ConnectionError):
                    self._say(finding("S034", self.wish.scheduler or "dask", why=str(ended)))
                    return
                done = _failed(job, ended) if isinstance(ended, BaseException) else ended
                self._one(run, job.kept, done)
                progress(done, job.kept.bytes)

    def _jobs(self, pending: Sequence[Turn], seconds: float, mb_per_s: float) -> Iterator[CopyJob]:
        """What is to be read, as long as there is time and its place is there."""
        for turn in pending:
            if self.times.ticks() - self.start >= seconds:
                return
            if turn.place not in self.away:
                only = replace(turn.kept, replicas={turn.place: turn.kept.replicas[turn.place]})
                yield CopyJob(self.home.folder, only, turn.place, mb_per_s)

    def _one(self, run: Run, kept: Kept, done: Check) -> None:
        """A copy was read: journal, faults, repair."""
        if done.verdict is Verdict.MISSING and self._let_go(done):
            return
        self._write(lambda witnesses: record(self.journal, done, run.id, KDR, witnesses))
        for row in done.faults:
            if code_of(row) == _AWAY:
                self._lose(done.place, row)
            else:
                self._say(as_finding(row))
        if self.attend is not None and done.verdict is not Verdict.INTACT and done.place not in self.away:
            self.attend(kept, done, run.id)

    def _let_go(self, done: Check) -> bool:
        """Whether the version was lawfully disposed of since the run began."""
        ledger = ledger_of(self.journal.entries(done.object_id, KINDS))
        if (done.object_id, done.version) in ledger.versions:
            return False
        self.gone.add((done.object_id, done.version, done.place))
        return True

    def _tell_away(self) -> None:
        for place in places(self.home):
            if not place.attached():
                self.away.add(place.name)
                self._say(finding(_AWAY, f"{place.name} ({place.where})", marker="kdr-place.json"))

    def _lose(self, place: str, row: Row) -> None:
        if place not in self.away:
            self.away.add(place)
            self._say(as_finding(row))

    def _look_beside(self, scope: Scope) -> None:
        """What the places hold that the journal knows nothing of."""
        ledger = ledger_of(self.journal.entries(kinds=KINDS))
        for place in attached(self.home):
            if scope.places and place.name not in scope.places:
                continue
            only = next((key for key, _ in ledger.versions if key == scope.object_id), None)
            for row in beside(place, self.journal, ledger, only):
                if code_of(row) == _AWAY:
                    self._lose(place.name, row)
                else:
                    self._say(as_finding(row))

    def _look_at_register(self, scope: Scope, ledger: Ledger) -> None:
        """What the register of digests no longer has as the journal says; it is mended at once."""
        wanted = [kept for kept in ledger.versions.values() if scope.object_id in ("", kept.object_id)]
        try:
            for row in mend_register(open_store(self.home), wanted):
                self._say(as_finding(row))
        except Problem as problem:
            self._say(problem.finding)

    def _ended(self, run: Run, pending: Sequence[Turn], *, resumed: bool) -> RunEnd:
        """Count what the journal says of the run, and write it down."""
        past = read_past(self.home, self.journal)
        checked = past.checked_in(run.id)
        wanted = (checked.keys() | {turn.key for turn in pending}) - self.gone
        verdicts = {key: str(entry.facts["verdict"]) for key, entry in checked.items() if key in wanted}
        intact = sum(verdict == Verdict.INTACT for verdict in verdicts.values())
        unreadable = sum(verdict == Verdict.UNREADABLE for verdict in verdicts.values())
        moment = dt.datetime.fromisoformat(self.journal.clock())
        queue = turns(past.ledger, past.plan)
        late = overdue(queue, moment)
        other = self.wish.scope.due_only and not run.scope.due_only
        end = RunEnd(
            run.id, run.scope, resumed,
            due=len(wanted), intact=intact, faults=len(verdicts) - intact - unreadable,
            unread=len(wanted) - len(verdicts) + unreadable, left=len(wanted) - len(verdicts), overdue=len(late),
            due_next=len(_due(past, queue, moment)) if other else 0,
            bytes=sum(int(str(entry.facts.get("bytes", 0))) for entry in checked.values()),
            seconds=round(sum(float(str(entry.facts.get("seconds", 0))) for entry in checked.values()), 3),
        )  # fmt: skip
        facts: dict[str, Json] = {
            "scope": plain(run.scope), "due": end.due, "intact": end.intact, "faults": end.faults,
            "unread": end.unread, "left": end.left, "overdue": end.overdue, "bytes": end.bytes, "seconds": end.seconds,
            "beside": sum(found.code in ("S012", "S017") for found in self.found),
        }  # fmt: skip
        self._write(lambda witnesses: self.journal.append(ENDED, run.id, facts, KDR, witnesses))
        if end.left + end.due_next:
            self._say(finding("S036", run.id, left=end.left + end.due_next))
        for found in overdue_findings(past.plan, late):
            self._say(found)
        return replace(end, findings=tuple(self.found))

    def _say(self, found: Finding) -> None:
        self.found.append(found)
        self.tell(found)

    def _write(self, write: Callable[[Sequence[Witness]], Entry]) -> Entry | None:
        """Write into the journal; a place that cannot remember its head is told of, the entry stands."""
        entry = written(self.home, self.journal, write)
        if isinstance(entry, Entry):
            return entry
        if entry not in self.found:
            self._say(entry)
        return None


def _require_known(past: Past, scope: Scope) -> None:
    for name in scope.places:
        if name not in past.plan.days:
            raise Problem("S030", name, places=", ".join(past.plan.days))
    if scope.object_id and not any(owner == scope.object_id for owner, _ in past.ledger.versions):
        raise Problem("S004", scope.object_id)


def _chosen(past: Past, scope: Scope, moment: str) -> list[Turn]:
    """What a run of the scope reads, the longest unread first."""
    queue = turns(past.ledger, past.plan)
    if scope.due_only:
        return _due(past, queue, dt.datetime.fromisoformat(moment))
    named = [
        turn
        for turn in queue
        if (not scope.places or turn.place in scope.places) and scope.object_id in ("", turn.kept.object_id)
    ]
    if scope.sample:
        then = sorted(
            (turn for turn in named if turn.kept.replicas[turn.place].since <= scope.as_of), key=lambda turn: turn.key
        )
        named = random.Random(scope.seed).sample(then, min(scope.sample, len(then)))  # noqa: S311 - repeatable on purpose
    return sorted(named, key=lambda turn: (turn.read, turn.key))


def _due(past: Past, queue: Sequence[Turn], moment: dt.datetime) -> list[Turn]:
    sizes: dict[str, int] = dict.fromkeys(past.plan.days, 0)
    for turn in queue:
        sizes[turn.place] += turn.kept.bytes
    return due(queue, moment, past.plan.hours, daily_bytes(sizes, past.plan, past.speeds))


def _failed(job: CopyJob, error: BaseException) -> Check:
    """A copy whose reader ended before it."""
    subject = f"{job.place}: {job.kept.object_id}/{job.kept.version}"
    why = f"{type(error).__name__}: {error}"[:200]
    return unread(job.place, job.kept, Row(Verdict.UNREADABLE, subject, {"finding": "S034", "why": why}))
