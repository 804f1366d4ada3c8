"""How a batch stands, read from its folder alone: what is done, what is left, which page to rescan, when it is ready.

Nothing here writes, and nothing here raises: a batch folder that is half written or partly broken still stands
somehow. What could not be read is named (`BatchStanding.unread`) and counts as not done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from ingest.delivery import PlannedVolume
from ingest.inbox import read_claim
from metadata.event import Agent
from metadata.finding import Finding
from metadata.model import Volume, VolumeId
from metadata.problem import Problem
from workflows.batch import OUTCOME, PLAN, Batch, State, VolumeEnd, is_worked_on, read_end, read_plan
from workflows.corrected_pages import pending_digest
from workflows.corrections import FOLDER as CORRECTIONS
from workflows.corrections import Corrections
from workflows.page_standing import CHAIN, PageStanding, PageState, moment_of, page_standing, subject_of
from workflows.shaping import PROPOSAL, STEP, read_proposal
from workflows.step import RECORD, Record, read_record
from workflows.structure_standing import PageStructure, VolumeStructure, structure
from workflows.task import page_folder, volume_folder

__all__ = ["CHAIN", "BatchStanding", "PageStanding", "PageState", "VolumeStanding", "standing"]

_PAUSE = 600.0  # seconds without a page: the batch stood still, that is no working time
_RECENT = 200  # so many pages say how fast the batch goes now

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VolumeStanding:
    """One volume; `state` is None where its files do not say. `findings` are its own, not those of its pages.

    `structure` is None for a volume that no plan describes.
    """

    id: VolumeId
    folder: str
    title: str
    state: State | None
    version: str
    copies: tuple[str, ...]
    pages: tuple[PageStanding, ...]
    findings: tuple[Finding, ...]
    structure: VolumeStructure | None = None

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
        known, told = self._structure(volume, end)
        pages = tuple(
            self._page(
                page_folder(self.folder, volume.id, page), (page.number, subject_of(volume.folder, page)), end, own
            )
            for page, own in zip(volume.pages, known.pages, strict=True)
        )
        name = volume.id, volume.folder, volume.description.title
        stands = _volume(name, pages, end, planned.findings, State.WORKING if clear else None)
        return replace(stands, structure=known, findings=(*stands.findings, *told))

    def found(self) -> tuple[VolumeStanding, ...]:
        """The volumes of a batch without a plan: whatever folders there are."""
        return tuple(self._found(VolumeId(place.name)) for place in _folders(self.folder / "volumes"))

    def _found(self, volume: VolumeId) -> VolumeStanding:
        end, _ = self._end(volume)
        name = end.folder if end else volume
        places = [place for place in _folders(volume_folder(self.folder, volume)) if place.name.isdecimal()]
        pages = tuple(self._page(place, (place.name, f"{name}/{place.name}"), end) for place in places)
        return _volume((volume, name, ""), pages, end, (), None)

    def _end(self, volume: VolumeId) -> tuple[VolumeEnd | None, bool]:
        """How the volume ended, None while it has not; and whether that is clear: no unreadable file."""
        known = len(self.unread)
        name = volume_folder(self.folder, volume).relative_to(self.folder) / OUTCOME
        end = self.read(name.as_posix(), partial(read_end, self.folder, volume))
        return end, len(self.unread) == known

    def _page(
        self, place: Path, name: tuple[str, str], end: VolumeEnd | None, shape: PageStructure | None = None
    ) -> PageStanding:
        return page_standing(name, place, self._records(place), end.findings if end else (), shape)

    def _structure(self, volume: Volume, end: VolumeEnd | None) -> tuple[VolumeStructure, tuple[Finding, ...]]:
        """How the volume's pages and divisions stand; a finding when somebody's corrections cannot be read."""
        place = volume_folder(self.folder, volume.id)
        name = place.relative_to(self.folder).as_posix()
        told: list[Finding] = []

        def corrected() -> Corrections | None:
            try:
                return Corrections.read(place)
            except Problem as problem:
                told.append(problem.finding)
                return None

        proposal = self.read(f"{name}/{STEP}/{PROPOSAL}", partial(read_proposal, place))
        corrections = self.read(f"{name}/{CORRECTIONS}", corrected) or Corrections(place)
        packaged = end.corrections if end and end.state is State.STORED else None
        held = _held(place, corrections)
        return structure(volume, proposal, corrections, packaged, held), tuple(told)

    def _records(self, place: Path) -> dict[str, Record]:
        found = {}
        for step in CHAIN:
            name = (place / step / RECORD).relative_to(self.folder).as_posix()
            record = self.read(name, partial(read_record, place / step))
            if record is not None:
                found[step] = record
                self.tools.update({(e.agent.name, e.agent.version): e.agent for e in record.events})
        return found


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
    when = moment_of(end.ended)
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


def _held(place: Path, corrections: Corrections) -> str:
    """The digest of all corrections, those of the text included where they can be read."""
    try:
        return pending_digest(place)
    except Problem:
        return corrections.digest
