"""How a batch stands, read from its folder alone: what is done, what is left, which page to rescan, when it is ready.

Nothing here writes, and nothing here raises: a batch folder that is half written or partly broken still stands
somehow. What could not be read is named (`BatchStanding.unread`) and counts as not done.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from ingest.delivery import PlannedVolume
from ingest.inbox import read_claim
from metadata.event import Agent
from metadata.finding import Finding
from metadata.model import Page, VolumeId
from workflows.batch import OUTCOME, PLAN, Batch, State, VolumeEnd, is_worked_on, read_end, read_plan
from workflows.closing import STEPS
from workflows.images import THUMBNAIL
from workflows.step import RECORD, Record, Status, read_record
from workflows.task import page_folder, volume_folder

CHAIN = (*STEPS, "page")
"""The steps of a page, in order."""

_PAUSE = 600.0  # seconds without a page: the batch stood still, that is no working time
_RECENT = 200  # so many pages say how fast the batch goes now
_HUGE = 1e12  # no fact of a page is so large; json reads NaN and Infinity
_SCAN = re.compile(r"P0[0-2]\d")  # P00x-P02x judge the scan; P03x the copies made of it, P04x and P05x the machine

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

    @property
    def rescan(self) -> bool:
        """Whether its scan is at fault: stopped by a judgement on the scan, not by the machine."""
        return self.state is PageState.BAD and any(f.stops and _SCAN.fullmatch(f.code) for f in self.findings)


@dataclass(frozen=True, slots=True)
class VolumeStanding:
    """One volume; `state` is None where its files do not say. `findings` are its own, not those of its pages."""

    id: VolumeId
    folder: str
    title: str
    state: State | None
    version: str
    copies: tuple[str, ...]
    pages: tuple[PageStanding, ...]
    findings: tuple[Finding, ...]

    def count(self, state: PageState) -> int:
        """How many of its pages stand like that."""
        return sum(page.state == state for page in self.pages)


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """A batch; strings are empty where its files do not say.

    `settings` is the digest of the settings it was planned with. `pages_per_minute` is the pace of the pages that
    ended last, None when there are too few; `eta_seconds` is how long the pages that are left will take at that pace,
    None when nobody works on the batch or it stands still. `tools` are the agents its records name, by name. `unread`
    names the files that are there but are not whole, relative to the batch folder.
    """

    id: str
    delivery: str
    claimed: str
    planned: str
    settings: str
    languages: tuple[str, ...]
    working: bool
    volumes: tuple[VolumeStanding, ...]
    pages_per_minute: float | None
    eta_seconds: float | None
    findings: tuple[Finding, ...]
    tools: tuple[Agent, ...]
    unread: tuple[str, ...]

    @property
    def total(self) -> int:
        """All pages."""
        return sum(len(volume.pages) for volume in self.volumes)

    @property
    def done(self) -> int:
        """Pages that ended well."""
        return self._count(PageState.DONE)

    @property
    def bad(self) -> int:
        """Pages that wait for a person."""
        return self._count(PageState.BAD)

    @property
    def broken(self) -> int:
        """Pages that `resume` tries again."""
        return self._count(PageState.BROKEN)

    @property
    def left(self) -> int:
        """Pages nobody has finished yet."""
        return self._count(PageState.LEFT)

    @property
    def rescan(self) -> tuple[tuple[VolumeStanding, PageStanding], ...]:
        """The pages to put on the scanner again, in the order of the delivery."""
        return tuple((volume, page) for volume in self.volumes for page in volume.pages if page.rescan)

    def _count(self, state: PageState) -> int:
        return sum(volume.count(state) for volume in self.volumes)


def standing(folder: Path, moment: dt.datetime | None = None) -> BatchStanding:
    """How the batch in `folder` stands, from its files; never raises.

    Args:
        folder: the batch folder; it may be empty, half written or gone.
        moment: what time it is (now), for the estimate of the time left.
    """
    look = _Look(folder)
    plan = look.read(PLAN, partial(read_plan, folder))
    volumes = tuple(look.planned(v) for v in plan.volumes) if plan else look.found()
    working = _is_worked_on(folder)
    ended = sorted(page.ended for volume in volumes for page in volume.pages if page.ended)
    pace = _pace(ended)
    batch, delivery, claimed = _whence(folder, plan)
    return BatchStanding(
        id=batch,
        delivery=delivery,
        claimed=claimed,
        planned=plan.planned if plan else "",
        settings=plan.settings if plan else "",
        languages=plan.languages if plan else (),
        working=working,
        volumes=volumes,
        pages_per_minute=pace,
        eta_seconds=_eta(volumes, pace, ended, moment or dt.datetime.now(dt.UTC)) if working else None,
        findings=plan.findings if plan else (),
        tools=tuple(sorted(look.tools.values(), key=lambda agent: (agent.kind, agent.name.casefold(), agent.version))),
        unread=tuple(look.unread),
    )


class _Look:
    """One look at a batch folder: gathers on its way what could not be read and whom the records name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unread: list[str] = []
        self.tools: dict[tuple[str, str], Agent] = {}

    def read(self, name: str, reader: Callable[[], T | None]) -> T | None:
        """What `reader` makes of the file `name`; None, and remembered when the file is there, if it is not whole."""
        try:
            value = reader()
        except (AttributeError, TypeError, RecursionError):  # JSON, but of another shape than any dataclass
            value = None
        if value is None and (self.folder / name).exists():
            self.unread.append(name)
        return value

    def planned(self, planned: PlannedVolume) -> VolumeStanding:
        """A volume of the plan."""
        volume = planned.volume
        end, clear = self._end(volume.id)
        pages = tuple(
            self._page(page_folder(self.folder, volume.id, page), page.number, _subject(volume.folder, page), end)
            for page in volume.pages
        )
        name = volume.id, volume.folder, volume.description.title
        return _volume(name, pages, end, planned.findings, State.WORKING if clear else None)

    def found(self) -> tuple[VolumeStanding, ...]:
        """The volumes of a batch without a plan: whatever folders there are."""
        return tuple(self._found(VolumeId(place.name)) for place in _folders(self.folder / "volumes"))

    def _found(self, volume: VolumeId) -> VolumeStanding:
        end, _ = self._end(volume)
        name = end.folder if end else volume
        places = [place for place in _folders(volume_folder(self.folder, volume)) if place.name.isdecimal()]
        pages = tuple(self._page(place, place.name, f"{name}/{place.name}", end) for place in places)
        return _volume((volume, name, ""), pages, end, (), None)

    def _end(self, volume: VolumeId) -> tuple[VolumeEnd | None, bool]:
        """How the volume ended, None while it has not; and whether that is clear: no unreadable file."""
        known = len(self.unread)
        name = volume_folder(self.folder, volume).relative_to(self.folder) / OUTCOME
        end = self.read(name.as_posix(), partial(read_end, self.folder, volume))
        return end, len(self.unread) == known

    def _page(self, place: Path, number: str, subject: str, end: VolumeEnd | None) -> PageStanding:
        records = self._records(place)
        findings = tuple(found for record in records.values() for found in record.findings)
        state, step, told = _stopped(records, subject, end.findings if end else ())
        last = records.get(step)
        examined, turned, read = (_Facts(records.get(name)) for name in ("examine", "deskew", "read"))
        decision = turned.get("", "skew", "decision")
        skew = turned.get(0.0, "skew", "angle") if decision == "turned" else 0.0
        pictures = (place / step / THUMBNAIL for step in ("page", "examine"))
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
            seconds={name: r.seconds for name, r in records.items() if abs(r.seconds) < _HUGE},
            width=turned.get(0, "width") or examined.get(0, "image", "width"),
            height=turned.get(0, "height") or examined.get(0, "image", "height"),
            thumbnail=next((picture for picture in pictures if picture.is_file()), None),
            ended=_ended(last) if last and state is not PageState.LEFT else None,
        )

    def _records(self, place: Path) -> dict[str, Record]:
        found = {}
        for step in CHAIN:
            name = (place / step / RECORD).relative_to(self.folder).as_posix()
            record = self.read(name, partial(read_record, place / step))
            if record is not None:
                found[step] = record
                self.tools.update({(e.agent.name, e.agent.version): e.agent for e in record.events})
        return found


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


def _volume(
    name: tuple[VolumeId, str, str],
    pages: tuple[PageStanding, ...],
    end: VolumeEnd | None,
    planned: tuple[Finding, ...],
    otherwise: State | None,
) -> VolumeStanding:
    if end and _is_old(end, pages):
        end = None
    about_pages = {page.subject for page in pages}
    return VolumeStanding(
        id=name[0],
        folder=name[1],
        title=name[2],
        state=end.state if end else otherwise,
        version=end.version if end else "",
        copies=end.copies if end else (),
        pages=pages,
        findings=tuple(f for f in (end.findings if end else planned) if f.subject not in about_pages),
    )


def _is_old(end: VolumeEnd, pages: Iterable[PageStanding]) -> bool:
    """Whether pages were worked on after the volume had ended: a later run took it up again. Stored is stored."""
    when = _moment(end.ended)
    if end.state is State.STORED or when is None:
        return False
    # Ends are written to the second.
    return any(page.ended and page.ended >= when + dt.timedelta(seconds=1) for page in pages)


def _pace(ended: list[dt.datetime]) -> float | None:
    """Pages per minute, from the gaps between the last pages; pauses are left out."""
    last = ended[-_RECENT:]
    gaps = [(after - before).total_seconds() for before, after in pairwise(last)]
    working = [gap for gap in gaps if gap < _PAUSE]
    return 60.0 * len(working) / sum(working) if sum(working) > 0 else None


def _eta(
    volumes: tuple[VolumeStanding, ...], pace: float | None, ended: list[dt.datetime], moment: dt.datetime
) -> float | None:
    if not pace or (moment - ended[-1]).total_seconds() > _PAUSE:
        return None
    live = (v for v in volumes if v.state is State.WORKING and not any(f.stops for f in v.findings))
    return 60.0 * sum(v.count(PageState.LEFT) for v in live) / pace


def _whence(folder: Path, plan: Batch | None) -> tuple[str, str, str]:
    """Identifier, delivery and time of the claim: from the plan, else from the claim, else the folder's name."""
    if plan:
        return plan.id, plan.delivery, plan.claimed
    try:
        claim = read_claim(folder)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return folder.name, "", ""
    return claim.batch, claim.source, claim.claimed


def _is_worked_on(folder: Path) -> bool:
    try:
        return (folder / "lock").is_file() and is_worked_on(folder)
    except OSError:
        return False


def _folders(place: Path) -> list[Path]:
    try:
        return sorted(path for path in place.iterdir() if path.is_dir())
    except OSError:
        return []


def _subject(folder: str, page: Page) -> str:
    """As workflows.task.PageTask.subject says it."""
    frame = f" [{page.frame + 1}]" if page.frame else ""
    return f"{folder}/{page.scan}{frame}"


def _ended(record: Record) -> dt.datetime | None:
    started = _moment(record.started)
    try:
        return started + dt.timedelta(seconds=record.seconds) if started else None
    except (ValueError, OverflowError):  # seconds that are no number, or past the calendar's end
        return started


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
