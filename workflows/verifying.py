"""Verify the store: every byte of every copy, against digests and journal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from metadata.finding import Fact, Finding, codes, finding
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.wording import printable, wording
from repository.fixity import away, check, code_of, record
from repository.journal import Entry, Journal, Json, Witness
from repository.ledger import Kept, Ledger, read_ledger
from repository.place import Place
from repository.register import DigestRegister
from repository.verify import HEAD, Row, Verdict
from workflows.agents import KDR
from workflows.audit_reading import beside
from workflows.founding import attached, disks, open_store, places
from workflows.holdings import identified
from workflows.settings import Home

RUN = "store verify"
"""What entries "checked" of this command bear instead of an audit's name."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What reading everything found: files and bytes read, versions intact, faults as findings."""

    files: int
    bytes: int
    intact: int
    faults: tuple[Finding, ...] = field(default=())


def verify_store(home: Home, object_id: str, tell: Callable[[Finding], None] | None) -> Verified:
    """Read all places (or one object in them) and the journal; every fault is told at once.

    Every copy is journalled when it was read, and at the end that it was verified; a journal that is not what it was is
    not written to.

    Args:
        home: the repository.
        object_id: an object's identifier, or empty for all.
        tell: hears of each fault as it is found.

    Raises:
        Problem: S004, `object_id` is none.
    """
    only = identified(object_id) if object_id else None
    if only:
        open_store(home).show(only)
    return _Verifying(home, only, tell or (lambda _: None)).go()


def as_finding(row: Row) -> Finding:
    """A fault that the auditor's file names, as one of our findings."""
    code = code_of(row) if code_of(row) in codes() else "S013"
    facts: dict[str, Fact] = {"object": "", "why": "", "line": 0, "expected": 0, "found": 0}
    return finding(code, row.path, **(facts | dict(row.facts)))


def written(home: Home, journal: Journal, write: Callable[[Sequence[Witness]], Entry]) -> Entry | Finding:
    """Let `write` write an entry that the attached places witness; what a place says that cannot remember the head.

    The entry stands even then: one bad disk must not stop what is said of the others.

    Raises:
        Problem: the journal refuses.
    """
    try:
        return write(attached(home))
    except Problem as problem:
        if problem.finding.code not in ("S003", "S020") or problem.finding.subject == str(journal.root):
            raise
        return problem.finding


class _Verifying:
    """One reading of everything."""

    def __init__(self, home: Home, only: VolumeId | None, tell: Callable[[Finding], None]) -> None:
        self._home, self._only, self._tell = home, only, tell
        self._journal = Journal(home.journal)
        self._faults: list[Finding] = []
        self._intact = 0

    def go(self) -> Verified:
        """Journal first: it says what the copies are compared with."""
        rows = [*_heads(self._home), *self._journal.check(attached(self._home))]
        self._say(*rows)
        edited = any(row.verdict in (Verdict.JOURNAL_EDITED, Verdict.JOURNAL_CUT) for row in rows)
        readable = self._journal.attached()
        self._intact += not any(row.path.startswith(str(self._journal.root)) for row in rows)
        read = _Reading()
        self._say(*self._register())
        try:
            for place in places(self._home):
                self._place(place, read, writes=readable and not edited)
        finally:
            read.end()
        if not edited:
            facts: dict[str, Json] = {
                "intact": self._intact, "faults": [printable(f"{f.code} {f.subject}") for f in self._faults][:100],
            }  # fmt: skip
            about = self._only or "*"
            self._write(lambda witnesses: self._journal.append("verified", about, facts, KDR, witnesses))
        return Verified(read.files, read.bytes, self._intact, tuple(self._faults))

    def _place(self, place: Place, read: _Reading, *, writes: bool) -> None:
        if not place.attached():
            self._say(away(place))
            return
        ledger = self._ledger()
        for kept in ledger.versions.values():
            if place.name in kept.replicas and self._only in (None, kept.object_id):
                self._copy(place, kept, read, writes=writes)
        for row in beside(place, self._journal, ledger, self._only):
            self._say(row)
            if row.verdict is Verdict.UNKNOWN:
                self._unknown(place, row, read)

    def _register(self) -> Iterator[Row]:
        """What the register of digests no longer has as the journal says."""
        register = DigestRegister(self._home.journal)
        for kept in self._ledger().versions.values():
            if self._only in (None, kept.object_id):
                yield from register.faults(kept.object_id, kept.version, kept.manifests).values()

    def _copy(self, place: Place, kept: Kept, read: _Reading, *, writes: bool) -> None:
        done = check(place, kept, DigestRegister(self._home.journal), read)
        self._intact += done.verdict is Verdict.INTACT
        self._say(*done.faults)
        if writes:
            self._write(lambda witnesses: record(self._journal, done, RUN, KDR, witnesses))

    def _unknown(self, place: Place, row: Row, read: _Reading) -> None:
        """A version that the journal does not know may still be whole by its own manifests."""
        object_id, version = row.path.split("/")[-2:]
        kept = Kept(identified(object_id), version, "", 0, 0, {})
        done = check(place, kept, None, read)
        self._intact += done.verdict is Verdict.INTACT
        self._say(*done.faults)

    def _ledger(self) -> Ledger:
        return read_ledger(self._journal) if self._journal.attached() else Ledger()

    def _write(self, write: Callable[[Sequence[Witness]], Entry]) -> None:
        refused = written(self._home, self._journal, write)
        if isinstance(refused, Finding) and refused not in self._faults:
            self._faults.append(refused)
            self._tell(refused)

    def _say(self, *rows: Row) -> None:
        for row in rows:
            self._faults.append(as_finding(row))
            self._tell(self._faults[-1])


def _heads(home: Home) -> Iterator[Row]:
    """Places that remember something that is no head of a journal."""
    for place in disks(home):
        if place.attached() and (place.root / HEAD).exists() and place.remembered() is None:
            yield Row(Verdict.DAMAGED, str(place.root / HEAD), {"object": HEAD})


class _Reading:
    """Counts what was read, and shows it on a terminal."""

    def __init__(self) -> None:
        self.files = self.bytes = 0
        words = wording("workflows", "messages.toml")
        console = Console(stderr=True)
        self._status = console.status(words.say("verify.reading")) if sys.stderr.isatty() else None
        self._words = words
        if self._status is not None:
            self._status.start()

    def __call__(self, _path: str, size: int) -> None:
        self.files += 1
        self.bytes += size
        if self._status is not None and self.files % 50 == 0:
            self._status.update(f"{self._words.say('verify.reading')} {self.files} · {self.bytes / 1e9:.2f} GB")

    def end(self) -> None:
        """Take the line away."""
        if self._status is not None:
            self._status.stop()
