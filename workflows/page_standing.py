"""How a page stands, read from the records that its steps left; records of any kind are borne, nothing here raises."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from metadata.finding import Finding
from metadata.model import Page
from workflows.closing import STEPS
from workflows.examining import THUMBNAIL
from workflows.step import Record, Status
from workflows.structure_standing import PageStructure

CHAIN = (*STEPS, "page")
"""The steps of a page, in order."""

_HUGE = 1e12  # no fact of a page is so large; json reads NaN and Infinity
# P00x-P02x, P06x and P07x judge the scan; P03x the copies made of it, P04x and P05x the machine, P08x the geometry.
_SCAN = re.compile(r"P0[0-267]\d")
_EARLIER = "deskew"
"""A step of kdr 0.1.0: where it stands, a closed page is done whatever steps there are today."""

T = TypeVar("T")


class PageState(StrEnum):
    """How a page stands. BAD is a judgement on it, BROKEN could not look and is tried again by `resume`."""

    DONE = "done"
    BAD = "bad"
    BROKEN = "broken"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class PageStanding:
    """One page.

    `subject` is the page as people know it (folder/scan); `step` the one that stopped it, the next one for a page that
    is left. `angle`: degrees it was turned, clockwise as shown is positive, 0 when it was not; `decision` what deskew
    decided, empty before. `confidence` 0..1, -1 when there is none. `seconds` by step; `width` and `height` of the
    upright page in pixels, 0 when not known. `ended`: when its last step ended, None while it is left.
    `structure`: its printed number, type and side as they stand, None where no plan describes it.
    """

    number: str
    subject: str
    state: PageState
    step: str
    findings: tuple[Finding, ...]
    angle: float
    decision: str
    confidence: float
    words: int
    blank: bool
    seconds: dict[str, float]
    width: int
    height: int
    thumbnail: Path | None
    ended: dt.datetime | None
    structure: PageStructure | None

    @property
    def rescan(self) -> bool:
        """Whether its scan is at fault: stopped by a judgement on the scan, not by the machine."""
        return self.state is PageState.BAD and any(f.stops and _SCAN.fullmatch(f.code) for f in self.findings)


def page_standing(
    name: tuple[str, str],
    place: Path,
    records: Mapping[str, Record],
    ends: tuple[Finding, ...],
    structure: PageStructure | None,
) -> PageStanding:
    """How the page stands by its records.

    Args:
        name: its number and what people call it (folder/scan).
        place: its folder in the batch.
        records: those of its steps that are whole, by step, in the order of CHAIN.
        ends: what its volume's end says, of this page or another.
        structure: its printed number, type and side, where they are known.
    """
    number, subject = name
    findings = tuple(found for record in records.values() for found in record.findings)
    if (place / _EARLIER).is_dir() and (closed := records.get(CHAIN[-1])) and closed.status is Status.GOOD:
        records = dict.fromkeys(CHAIN, closed) | dict(records)
    state, step, told = _stopped(records, subject, ends)
    last = records.get(step)
    examined, turned, read = (_Facts(records.get(each)) for each in ("examine", "straighten", "read"))
    decision = turned.get("", "skew", "decision")
    skew = turned.get(0.0, "skew", "angle") if decision in ("turned", "edges") else 0.0
    pictures = (place / each / THUMBNAIL for each in ("page", "examine"))
    return PageStanding(
        number=number,
        subject=subject,
        state=state,
        step=step,
        findings=findings + told,
        angle=-skew if skew else 0.0,
        decision=decision,
        confidence=read.get(-1.0, "confidence"),
        words=read.get(0, "words"),
        blank=examined.get(False, "blank"),
        seconds={each: r.seconds for each, r in records.items() if abs(r.seconds) < _HUGE},
        width=turned.get(0, "width") or examined.get(0, "image", "width"),
        height=turned.get(0, "height") or examined.get(0, "image", "height"),
        thumbnail=next((picture for picture in pictures if picture.is_file()), None),
        ended=_ended(last) if last and state is not PageState.LEFT else None,
        structure=structure,
    )


def subject_of(folder: str, page: Page) -> str:
    """What people call the page, as workflows.task.PageTask.subject says it."""
    frame = f" [{page.frame + 1}]" if page.frame else ""
    return f"{folder}/{page.scan}{frame}"


def moment_of(text: str) -> dt.datetime | None:
    """The moment `text` (ISO 8601; UTC where it does not say), None where it is none."""
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


class _Facts:
    """The facts of a record that may not be there, whose values may be of any kind."""

    def __init__(self, record: Record | None) -> None:
        self._facts = record.facts if record else {}

    def get(self, otherwise: T, *path: str) -> T:
        """The value at `path` when it is of the kind of `otherwise`, else `otherwise`."""
        value: Any = self._facts
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if type(value) is int and type(otherwise) is float and abs(value) < _HUGE:
            value = float(value)
        sound = not isinstance(value, int | float) or abs(value) < _HUGE  # neither of them holds for NaN
        return value if sound and type(value) is type(otherwise) else otherwise


def _stopped(
    records: Mapping[str, Record], subject: str, ends: tuple[Finding, ...]
) -> tuple[PageState, str, tuple[Finding, ...]]:
    """How a page stands, at which step, and what only its volume's end says of it (a step that killed its process)."""
    for step, record in records.items():
        if record.status is not Status.GOOD:
            return PageState(record.status.value), step, ()
    missing = next((step for step in CHAIN if step not in records), "")
    if not missing:
        return PageState.DONE, CHAIN[-1], ()
    told = tuple(found for found in ends if found.stops and found.subject == subject)
    if told:
        return PageState.BROKEN, str(told[0].facts.get("step", missing)), told
    return PageState.LEFT, missing, ()


def _ended(record: Record) -> dt.datetime | None:
    started = moment_of(record.started)
    try:
        return started + dt.timedelta(seconds=record.seconds) if started else None
    except (ValueError, OverflowError):  # seconds that are no number, or past the calendar's end
        return started
