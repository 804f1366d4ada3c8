"""Carry out a batch: pages, packages, storing, to its end, however often it is interrupted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ingest.delivery import PlannedVolume
from metadata.event import now
from metadata.file import place_bytes
from metadata.finding import Finding, Severity, finding
from metadata.model import VolumeId
from metadata.ndk.standard import USUAL, Standard
from metadata.problem import Problem
from metadata.record import to_pretty_json
from workflows.batch import OUTCOME, Batch, State, VolumeEnd, read_end, tasks
from workflows.corrected_pages import pending_digest
from workflows.corrections import FOLDER
from workflows.numbering import Numbered
from workflows.page import finished, run_page
from workflows.task import PageEnd, PageTask, volume_folder
from workflows.volume import PackageEnd, PackageJob, package

Keep = Callable[[PackageEnd, PlannedVolume], VolumeEnd]
"""Stores a finished package and says how that ended; a Problem when it could not."""

Tell = Callable[[PageEnd | VolumeEnd], None]
"""Hears of every page and volume that ended."""

_TECHNICAL = frozenset({"P006", "P030", "P031", "P040", "P041", "P050", "P051", "V008", "E001", "E004"})
"""Faults of the machine, not of the scan: `resume` is the cure, not a rescan."""

REFUSED = frozenset({"C012", "C013", "C014"})
"""What a person must mend before a volume can have a URN:NBN."""

_DESCRIPTION = frozenset({"V010", "V013", "V014", *(f"V{number:03d}" for number in range(40, 47))})
"""Faults of a volume's description: a person mends them."""


@dataclass(frozen=True, slots=True)
class Job:
    """A batch to be carried out: its plan, its folder, and the folder of XML schemas (None: no check by XSD).

    `recognise` says how a volume stands that was stored before with the very same content, `hand_on` gives it
    the corrections it had in an earlier batch, `number` its URN:NBN; `standard` says by which versions packages are
    written, `propose` whether structure is proposed.
    """

    batch: Batch
    folder: Path
    schemas: Path | None
    recognise: Callable[[PlannedVolume], VolumeEnd | None] = lambda _: None
    hand_on: Callable[[VolumeId], None] = lambda _: None
    number: Callable[[PlannedVolume], Numbered] = Numbered
    standard: Standard = USUAL
    propose: bool = True


class Runner(Protocol):
    """Somebody who makes pages and packages: workflows.graph.Cluster, or Inline."""

    @property
    def width(self) -> int:
        """How many jobs are worth having in flight."""
        ...

    def start_page(self, task: PageTask) -> None:
        """Begin a page."""
        ...

    def start_package(self, job: PackageJob) -> None:
        """Begin a package."""
        ...

    def wait(self) -> PageEnd | PackageEnd:
        """Give back the next job that has ended."""
        ...


class Inline:
    """Everything in this process, in order: for a debugger, and for machines without spare memory."""

    width = 1

    def __init__(self) -> None:
        self._jobs: deque[PageTask | PackageJob] = deque()

    def start_page(self, task: PageTask) -> None:
        """Put a page in the queue."""
        self._jobs.append(task)

    def start_package(self, job: PackageJob) -> None:
        """Put a package in the queue."""
        self._jobs.append(job)

    def wait(self) -> PageEnd | PackageEnd:
        """Do the next job."""
        job = self._jobs.popleft()
        return package(job) if isinstance(job, PackageJob) else run_page(job)


def carry_out(job: Job, runner: Runner, keep: Keep, tell: Tell) -> tuple[VolumeEnd, ...]:
    """Do what is left of the batch: pages, packages, storing.

    A volume with a bad page waits, the others go on. A fatal finding (disk full, program gone) stops the feeding; what
    is in flight is finished.

    Returns:
        The volumes that have ended, in the order of the delivery.
    """
    return _Drive(job, runner, keep, tell).run()


class _Drive:
    """One run over a batch: which pages are left of each volume, and how the volumes ended."""

    def __init__(self, job: Job, runner: Runner, keep: Keep, tell: Tell) -> None:
        self.job, batch = job, job.batch
        self.batch, self.folder, self.schemas = batch, job.folder, job.schemas
        self.runner, self.keep, self.tell = runner, keep, tell
        self.planned = {p.volume.id: p for p in batch.volumes}
        self.left = {p.volume.id: len(p.volume.pages) for p in batch.volumes}
        self.ends: dict[VolumeId, VolumeEnd] = {}
        self.pages: dict[VolumeId, list[PageEnd]] = {p.volume.id: [] for p in batch.volumes}
        self.stopped = False
        self.in_flight = 0

    def run(self) -> tuple[VolumeEnd, ...]:
        waiting = self._waiting()
        while True:
            while not self.stopped and self.in_flight < self.runner.width and (task := next(waiting, None)):
                self.runner.start_page(task)
                self.in_flight += 1
            if not self.in_flight:
                break
            ended = self.runner.wait()
            self.in_flight -= 1
            if isinstance(ended, PageEnd):
                self._page_ended(ended)
            else:
                self._package_ended(ended)
        return tuple(self.ends[p.volume.id] for p in self.batch.volumes if p.volume.id in self.ends)

    def _waiting(self) -> Iterator[PageTask]:
        """Pages that must be worked on; what is done already is told at once."""
        for planned in self.batch.volumes:
            before = read_end(self.folder, planned.volume.id)
            place = volume_folder(self.folder, planned.volume.id)
            known = None if before or (place / FOLDER).exists() else self.job.recognise(planned)
            safe = before is not None and _is_safe(before)
            try:
                if not known and not safe:
                    self.job.hand_on(planned.volume.id)
                corrected = pending_digest(place)
            except Problem as problem:
                self._ended(planned, State.WAITING, (*planned.findings, problem.finding))
                continue
            if before and safe and before.corrections == corrected:
                self._volume_ended(before, fresh=False)
            elif known:
                self._volume_ended(known, fresh=True)
            elif any(found.stops for found in planned.findings):
                self._ended(planned, State.WAITING, planned.findings)
            else:
                yield from self._unfinished(planned)

    def _unfinished(self, planned: PlannedVolume) -> Iterator[PageTask]:
        for task in tasks(self.batch, self.folder, planned):
            end = finished(task)
            if end is None:
                yield task
            else:
                self._page_ended(end)

    def _page_ended(self, end: PageEnd) -> None:
        self.tell(end)
        self.pages[end.volume].append(end)
        self.left[end.volume] -= 1
        self._stop_if_fatal(end.findings)
        if self.left[end.volume]:
            return
        planned, pages = self.planned[end.volume], self.pages[end.volume]
        bad = [page for page in pages if not page.good]
        if not bad:
            self._pages_ended(planned)
            return
        missing = finding("V001", planned.volume.folder, missing=len(bad), pages=len(pages))
        found = tuple(f for page in bad for f in page.findings)
        broken = all(f.code in _TECHNICAL for page in bad for f in page.findings if f.stops)
        self._ended(planned, State.FAILED if broken else State.WAITING, (*planned.findings, missing, *found))

    def _pages_ended(self, planned: PlannedVolume) -> None:
        numbered = self.job.number(planned)
        found = (*planned.findings, *numbered.findings)
        if numbered.waits:
            refused = any(each.code in REFUSED for each in numbered.findings)
            self._ended(planned, State.WAITING if refused else State.UNNUMBERED, found)
            return
        self.planned[planned.volume.id] = replace(numbered.planned, findings=found)
        self.runner.start_package(self._job(self.planned[planned.volume.id]))
        self.in_flight += 1

    def _job(self, planned: PlannedVolume) -> PackageJob:
        return PackageJob(
            batch=str(self.folder),
            batch_id=self.batch.id,
            delivery=self.batch.delivery,
            claimed=self.batch.claimed,
            planned=planned,
            schemas=str(self.schemas or ""),
            standard=self.job.standard,
            propose=self.job.propose,
        )

    def _package_ended(self, end: PackageEnd) -> None:
        planned = self.planned[end.volume]
        if not end.good:
            described = all(found.code in _DESCRIPTION for found in end.findings if found.stops)
            self._ended(planned, State.WAITING if described else State.FAILED, (*planned.findings, *end.findings))
            return
        try:
            kept = self.keep(end, planned)
        except Problem as problem:
            self._ended(planned, State.FAILED, (*planned.findings, problem.finding))
            return
        self._volume_ended(kept, fresh=True)

    def _ended(self, planned: PlannedVolume, state: State, findings: tuple[Finding, ...]) -> None:
        end = VolumeEnd(planned.volume.id, planned.volume.folder, state, "", (), findings, now())
        self._volume_ended(end, fresh=True)

    def _volume_ended(self, end: VolumeEnd, *, fresh: bool) -> None:
        if fresh:
            place = volume_folder(self.folder, end.volume)
            place.mkdir(parents=True, exist_ok=True)
            place_bytes(place / OUTCOME, to_pretty_json(end))
        self.ends[end.volume] = end
        self._stop_if_fatal(end.findings)
        self.tell(end)

    def _stop_if_fatal(self, findings: tuple[Finding, ...]) -> None:
        # A volume whose own language is missing waits alone; everything else fatal is the machine's.
        self.stopped = self.stopped or any(f.severity is Severity.FATAL and f.code != "E002" for f in findings)


def _is_safe(end: VolumeEnd) -> bool:
    """Whether nothing is left to do for a volume: stored, and in as many copies as the policy asks (no S019)."""
    return end.state is State.STORED and not any(found.code == "S019" for found in end.findings)
