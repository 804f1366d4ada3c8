"""The journal: append-only, hash-chained JSON lines by month, in a root of its own, on other storage than the objects.

A line is one entry in canonical JSON. Each carries the hash of the one before (across files), so an edited or removed
line is found; the head is witnessed outside (see `Witness`), so that a cut or wholly rewritten journal is found too.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

from metadata.event import Agent, now
from metadata.file import flush, place_bytes
from metadata.problem import Problem
from metadata.record import from_plain, plain, to_pretty_json
from repository.refusal import refusals
from repository.sound_lines import sound_entries
from repository.verify import JOURNAL_MARKER, Row, canonical, entry_hash, parse_entry, verify_journal

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

_LOCKS = ".locks"
_CHUNK = 1 << 16
_FIELDS = itemgetter("seq", "time", "kind", "subject", "facts", "agent", "previous", "hash")


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a journal at some moment; number 0 and no hash when it is empty."""

    seq: int = 0
    hash: str = ""


class Witness(Protocol):
    """Somebody outside the journal who remembers its head."""

    def remembered(self) -> Head | None:
        """The head it was last told, or nothing."""
        ...

    def remember(self, head: Head) -> None:
        """Keep `head` instead of the one before."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: number from 1, time (ISO 8601), what happened to what, its facts, by whom, and the chain."""

    seq: int
    time: str
    kind: str
    subject: str
    facts: dict[str, Json]
    agent: Agent
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal in the folder `root`; `clock` says the time in ISO 8601."""

    root: Path
    clock: Callable[[], str] = now

    def create(self) -> None:
        """Begin an empty journal in `root`, which is made when it is not there.

        Raises:
            FileExistsError: there is a journal already.
        """
        if self.attached():
            raise FileExistsError(self.root)
        (self.root / _LOCKS).mkdir(parents=True, exist_ok=True)
        place_bytes(self.root / JOURNAL_MARKER, to_pretty_json({"made": self.clock()}))

    def attached(self) -> bool:
        """Whether the journal is there: an unmounted disk must not begin a second one."""
        return (self.root / JOURNAL_MARKER).is_file()

    def require(self) -> None:
        """Make sure that the journal is there.

        Raises:
            Problem: S020.
        """
        if not self.attached():
            raise Problem("S020", self.root, marker=JOURNAL_MARKER)

    def append(
        self,
        kind: str,
        subject: str,
        facts: Mapping[str, Json],
        agent: Agent,
        witnesses: Sequence[Witness] = (),
    ) -> Entry:
        """Write one entry, flushed to disk when this returns, and tell its head to `witnesses`.

        Raises:
            Problem: S020 the journal is not there; S015 its last line, or S016 its length, is not what it was;
                S003 the disk refuses.
            ValueError: the facts cannot be written as JSON in UTF-8.
        """
        self.require()
        with refusals(self.root), self.alone("journal"):
            return self._append(kind, subject, facts, agent, witnesses)

    def entries(self, subject: str | None = None, kinds: Sequence[str] = ()) -> Iterator[Entry]:
        """Every entry in order, or those about `subject` and of `kinds`; altered lines are left out."""
        if isinstance(kinds, str):  # a string is a sequence of strings too, and would find nothing
            raise TypeError(f"kinds: {kinds!r}")
        about = b"" if subject is None else canonical({"subject": subject})[1:-1]
        of = re.compile(b"|".join(re.escape(canonical({"kind": kind})[1:-1]) for kind in kinds)).search
        wanted = sound_entries(self.root, lambda line: about in line and of(line) is not None, marking=subject is None)
        for fields in wanted:
            if subject in (None, fields["subject"]) and (not kinds or fields["kind"] in kinds):
                yield _entry(fields)

    def check(self, witnesses: Sequence[Witness] = ()) -> list[Row]:
        """Every fault of the chain and against what `witnesses` remember; nothing when it is whole."""
        heads = [head for head in (witness.remembered() for witness in witnesses) if head is not None]
        rows = verify_journal(self.root, [(head.seq, head.hash) for head in heads])
        return [row for row in rows if row.code]

    def require_whole(self, witnesses: Sequence[Witness] = ()) -> None:
        """Make sure that no line was altered or lost before something is done that cannot be undone.

        Raises:
            Problem: S015, S016 and what else `check` finds, the first of it; S020 the journal is not there.
        """
        self.require()
        for row in self.check(witnesses):
            facts: dict[str, str | int] = {"why": "", "line": 0, "expected": 0, "found": 0}
            raise Problem(row.code, row.path, **(facts | row.facts))

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Be the only process (and thread) that is within ``alone(name)`` of this journal."""
        folder = self.root / _LOCKS
        with refusals(self.root):
            folder.mkdir(exist_ok=True)
            lock = (folder / name).open("wb")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _append(
        self, kind: str, subject: str, facts: Mapping[str, Json], agent: Agent, witnesses: Sequence[Witness]
    ) -> Entry:
        torn = self._set_torn_aside()
        head = self._head()
        self._compare(head, witnesses)
        if torn:
            head = _head_of(self._write(head, "torn", str(torn["file"]), torn, agent))
        entry = self._write(head, kind, subject, facts, agent)
        for witness in witnesses:
            witness.remember(_head_of(entry))
        return entry

    def _months(self) -> list[Path]:
        return sorted(self.root.glob("*.jsonl"))

    def _head(self) -> Head:
        for path in reversed(self._months()):
            line = _last_line(path)
            if not line:
                continue
            fields, sound = parse_entry(line)
            if not sound:
                raise Problem("S015", path, line=path.read_bytes().count(b"\n"))
            return Head(fields["seq"], fields["hash"])
        return Head()

    def _compare(self, head: Head, witnesses: Sequence[Witness]) -> None:
        """Refuse to go on, and so to make every witness forget, when one remembers what is no longer there."""
        for told in (witness.remembered() for witness in witnesses):
            if told is None or told == head:
                continue
            if told.seq > head.seq:
                raise Problem("S016", self.root, expected=told.seq, found=head.seq)
            if all((entry.seq, entry.hash) != (told.seq, told.hash) for entry in self.entries()):
                raise Problem("S015", self.root, line=told.seq)

    def _set_torn_aside(self) -> dict[str, Json]:
        """Move what a crash left after the last whole line into a file of its own; the facts, or nothing."""
        months = self._months()
        path = months[-1] if months else None
        torn = _after_last_line(path) if path is not None else b""
        if path is None or not torn:
            return {}
        aside = self.root / f"torn-{path.stem}-{time.time_ns()}.txt"
        place_bytes(aside, torn)
        with path.open("r+b") as stream:
            stream.truncate(path.stat().st_size - len(torn))
            os.fsync(stream.fileno())
        return {"finding": "S021", "journal": path.name, "file": aside.name, "bytes": len(torn)}

    def _write(self, head: Head, kind: str, subject: str, facts: Mapping[str, Json], agent: Agent) -> Entry:
        """One write and one flush; a line that did not get whole is taken back."""
        fields: dict[str, Any] = {
            "seq": head.seq + 1,
            "time": self.clock(),
            "kind": kind,
            "subject": subject,
            "facts": facts,
        }
        fields |= {"agent": plain(agent), "previous": head.hash}
        fields["hash"] = entry_hash(fields)
        line = canonical(fields) + b"\n"
        # A clock set back must not put a later entry into an earlier file.
        path = max([self.root / f"{str(fields['time'])[:7]}.jsonl", *self._months()[-1:]])
        fresh = not path.exists()
        with path.open("ab", buffering=0) as stream:
            before = os.fstat(stream.fileno()).st_size
            try:
                if stream.write(line) != len(line):
                    raise OSError(f"{path.name}: only a part of a line was written")
                os.fsync(stream.fileno())
            except OSError:
                stream.truncate(before)
                raise
        if fresh:
            flush(self.root)
        return _entry(fields)


def _entry(fields: Mapping[str, Any]) -> Entry:
    seq, when, kind, subject, facts, agent, previous, own = _FIELDS(fields)
    return Entry(seq, when, kind, subject, facts, _agent(*agent.items()), previous, own)


@cache
def _agent(*said: tuple[str, str]) -> Agent:
    """An agent of a line; a hundred thousand lines name a handful."""
    return from_plain(Agent, dict(said))


def _head_of(entry: Entry) -> Head:
    return Head(entry.seq, entry.hash)


def _after_last_line(path: Path) -> bytes:
    """What stands behind the last line end of a file."""
    return _tail(path, 1)[-1]


def _last_line(path: Path) -> bytes:
    """The last whole line of a file, without its end; empty when there is none."""
    lines = _tail(path, 2)
    return lines[-2] if len(lines) > 1 else b""


def _tail(path: Path, ends: int) -> list[bytes]:
    """The end of a file cut at line ends, read backwards until it holds more than `ends` of them or all of it."""
    with path.open("rb") as stream:
        start = stream.seek(0, os.SEEK_END)
        content = b""
        while start > 0 and content.count(b"\n") <= ends:
            step = min(_CHUNK, start)
            start -= step
            stream.seek(start)
            content = stream.read(step) + content
    return content.split(b"\n")
