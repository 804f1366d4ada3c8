"""Do once, record, never half done: the frame every piece of work on a page runs in."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from metadata.event import Event, now
from metadata.file import FileRef, describe, intact, place_bytes
from metadata.finding import Finding, finding
from metadata.problem import Problem
from metadata.record import from_json, to_json, to_pretty_json
from metadata.tool import ToolFailed, ToolTimedOut

RECORD = "record.json"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Status(StrEnum):
    """How a step ended. BAD is a judgement on the page and stands; BROKEN could not look and is tried again."""

    GOOD = "good"
    BAD = "bad"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Output:
    """A file a step left: its role, its reference relative to the step's folder, and whether it outlives the page."""

    role: str
    file: FileRef
    keep: bool


@dataclass(frozen=True, slots=True)
class Made:
    """What a step's work hands back: files in its folder (role -> name, kept or not), events, findings and facts."""

    kept: Mapping[str, str] = field(default_factory=dict)
    passing: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """What a step left on disk: enough to know whether it must be done again, and to build METS from."""

    step: str
    status: Status
    fingerprint: str
    identity: str
    inputs: dict[str, str]
    outputs: tuple[Output, ...]
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    facts: dict[str, Any]
    started: str
    seconds: float

    def output(self, role: str) -> FileRef:
        """The file in that role.

        Raises:
            KeyError: the step left none.
        """
        return next((o.file for o in self.outputs if o.role == role), None) or _missing(self.step, role)

    def has(self, role: str) -> bool:
        """Whether the step left a file in that role."""
        return any(o.role == role for o in self.outputs)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one step of one page ended: small enough to travel between machines."""

    subject: str
    step: str
    status: Status
    reused: bool
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def good(self) -> bool:
        """Whether the next step may go on."""
        return self.status is Status.GOOD


@dataclass(frozen=True, slots=True)
class Step:
    """A named piece of work: `identity` is all of tool, model and settings that changes its result.

    `work` gets the step's empty folder and leaves its files there. `inputs` are digests by name.
    """

    name: str
    identity: str
    inputs: dict[str, str]
    work: Callable[[Path], Made]

    @property
    def fingerprint(self) -> str:
        """Digest of everything that decides the result: equal fingerprints may share one result."""
        return hashlib.sha256(to_json([self.name, self.identity, self.inputs])).hexdigest()


def perform(step: Step, folder: Path, subject: str) -> Outcome:
    """Do `step` in its place below the page's `folder`, or reuse what it left there; never raises for a bad page.

    A record with the same fingerprint whose files are intact is reused, whether the page was good or bad. Anything else
    is cleared away and done anew.
    """
    place = folder / step.name
    before = read_record(place)
    if before and _still_right(before, step, place):
        return Outcome(subject, step.name, before.status, True, before.findings, before.seconds)
    try:
        record = _anew(step, place, subject)
    except OSError as error:  # not even a record could be written
        refused = finding("E004", subject, why=error.strerror or str(error))
        return Outcome(subject, step.name, Status.BROKEN, False, (refused,), 0.0)
    return Outcome(subject, step.name, record.status, False, record.findings, record.seconds)


def _anew(step: Step, place: Path, subject: str) -> Record:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    started, clock = now(), time.perf_counter()
    status, made, outputs = _attempt(step, place, subject)
    record = Record(
        step=step.name,
        status=status,
        fingerprint=step.fingerprint,
        identity=step.identity,
        inputs=step.inputs,
        outputs=outputs,
        events=made.events,
        findings=made.findings,
        facts=dict(made.facts),
        started=started,
        seconds=round(time.perf_counter() - clock, 3),
    )
    place_bytes(place / RECORD, to_pretty_json(record), durable=False)
    return record


def read_record(place: Path) -> Record | None:
    """The record in a step's folder; None when there is none or it is not whole."""
    try:
        return from_json(Record, (place / RECORD).read_bytes())
    except (OSError, ValueError):
        return None


def _still_right(record: Record, step: Step, place: Path) -> bool:
    if record.fingerprint != step.fingerprint or record.status is Status.BROKEN:
        return False
    return all(intact(output.file, place) for output in record.outputs)


def _attempt(step: Step, place: Path, subject: str) -> tuple[Status, Made, tuple[Output, ...]]:
    try:
        made = step.work(place)
        outputs = _described(made, place)
    except ToolTimedOut as error:
        seconds = error.why.removesuffix(" s")
        return _broken(finding("P041", subject, program=error.program, seconds=seconds))
    except ToolFailed as error:
        return _broken(finding("P040", subject, program=error.program, why=error.why))
    except Problem as problem:
        return _broken(problem.finding)
    except Exception as error:  # noqa: BLE001 - the one place where a page's crash becomes its outcome
        if isinstance(error, OSError) and error.errno in _FULL:
            return _broken(finding("E004", subject, why=os.strerror(error.errno)))
        place.joinpath("traceback.txt").write_text(traceback.format_exc(), encoding="utf-8")
        return _broken(finding("P050", subject, step=step.name, why=f"{type(error).__name__}: {error}"[:300]))
    return (Status.BAD if any(f.stops for f in made.findings) else Status.GOOD), made, outputs


def _broken(why: Finding) -> tuple[Status, Made, tuple[Output, ...]]:
    return Status.BROKEN, Made(findings=(why,)), ()


def _described(made: Made, place: Path) -> tuple[Output, ...]:
    kept = [Output(role, describe(place / name, place), True) for role, name in made.kept.items()]
    passing = [Output(role, describe(place / name, place, md5=False), False) for role, name in made.passing.items()]
    return (*kept, *passing)


def _missing(step: str, role: str) -> FileRef:
    raise KeyError(f"step {step} left no {role}")
