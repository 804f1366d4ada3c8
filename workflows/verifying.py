"""Verify the store: every byte of every copy, against digests and journal."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console

from metadata.finding import Fact, Finding, codes, finding
from metadata.wording import wording
from repository.journal import Json
from repository.verify import PLACE_MARKER, Row, Verdict, verify_places
from workflows.agents import KDR
from workflows.founding import attached, disks, open_store, places
from workflows.holdings import identified
from workflows.settings import Home


@dataclass(frozen=True, slots=True)
class Verified:
    """What reading everything found: files and bytes read, versions intact, faults as findings."""

    files: int
    bytes: int
    intact: int
    faults: tuple[Finding, ...] = field(default=())


def verify_store(home: Home, object_id: str, tell: Callable[[Finding], None] | None) -> Verified:
    """Read all places (or one object in them) and the journal; every fault is told at once and journalled at the end.

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
    away = [place for place in places(home) if not place.attached()]
    read = _Reading()
    faults = [finding("S020", f"{place.name} ({place.where})", marker=PLACE_MARKER) for place in away]
    tally: Counter[bool] = Counter()
    for row in verify_places([place.root for place in disks(home) if place.attached()], home.journal, only, read):
        tally[row.verdict is Verdict.INTACT] += 1
        if row.verdict is not Verdict.INTACT:
            faults.append(as_finding(row))
            if tell is not None:
                tell(faults[-1])
    read.end()
    for fault in faults[: len(away)]:
        if tell is not None:
            tell(fault)
    _journal(home, only or "*", tally, faults)
    return Verified(read.files, read.bytes, tally[True], tuple(faults))


def as_finding(row: Row) -> Finding:
    """A fault that the auditor's file names, as one of our findings."""
    code = row.code if row.code in codes() else "S013"
    facts: dict[str, Fact] = {"object": "", "why": "", "line": 0, "expected": 0, "found": 0}
    return finding(code, row.path, **(facts | dict(row.facts)))


def _journal(home: Home, subject: str, tally: Counter[bool], faults: list[Finding]) -> None:
    """Write down that it was verified, unless the journal itself is what is wrong."""
    if any(fault.code in ("S015", "S016") for fault in faults):
        return
    store = open_store(home)
    facts: dict[str, Json] = {"intact": tally[True], "faults": [f"{f.code} {f.subject}" for f in faults][:100]}
    store.journal.append("verified", subject, facts, KDR, attached(home))


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
