"""One run of a batch from plan to report: what `kdr batch run` and `kdr batch resume` do."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest.registrar import load_registrar
from metadata.file import place_bytes
from metadata.finding import Finding, Severity, exit_code
from metadata.model import VolumeId
from metadata.ndk.standard import Standard
from repository.store import Store
from workflows.agents import KDR
from workflows.batch import Batch, Options, State, VolumeEnd, plan, working_on
from workflows.cataloguing import catalogue
from workflows.drive import Job, Runner, carry_out
from workflows.founding import attached, open_store, require_room
from workflows.handing_on import hand_on
from workflows.holdings import bearer, stored_number
from workflows.keeping import keeper, recognised
from workflows.numbering import Numbering
from workflows.progress import BatchProgress
from workflows.report import write_report
from workflows.settings import Home

WAITING_EXIT = 65
"""Exit code when all work was done but a volume waits for a person (EX_DATAERR)."""
UNFINISHED_EXIT = 75
"""Exit code when something could not be done and `resume` may help (EX_TEMPFAIL)."""


Hire = Callable[[], AbstractContextManager[Runner]]
"""Gets somebody who makes pages: a cluster of processes, or `workflows.drive.Inline`."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: volumes by state, pages of the batch, seconds it took, what to look at, and the report."""

    stored: int
    waiting: int
    failed: int
    pages: int
    seconds: float
    pages_per_minute: float
    findings: tuple[Finding, ...]
    report: Path
    exit_code: int


def run_batch(home: Home, folder: Path, options: Options | None, hire: Hire) -> RunEnd:
    """Carry out the batch in `folder` as far as it goes, then bring catalogue and report up to date.

    Args:
        home: the repository.
        folder: the batch folder.
        options: what the operator said; None to go on as before.
        hire: gets the runner when the plan stands.

    Raises:
        Problem: D014 another run has it, S001/S020 places, E008 no scheduler, D001 nothing in it, E004 the catalogue
            could not be written (all else was done).
    """
    start = time.monotonic()
    with working_on(folder):
        batch = plan(home, folder, options)
        require_room(home, batch.pages)
        store = open_store(home)
        versions = home.settings.standard
        job = Job(
            batch,
            folder,
            home.schemas,
            partial(recognised, store),
            partial(hand_on, store, folder),
            numbering(home, folder, store),
            Standard(versions.monograph, versions.periodical),
            home.settings.structure.propose,
        )
        with (
            _own_temporary_folder(folder / "tmp"),
            hire() as runner,
            BatchProgress(batch.id, batch.pages) as progress,
        ):
            ends = carry_out(job, runner, keeper(store), progress)
        states = [end.state.value for end in ends]
        store.journal.append("batch", batch.id, {"volumes": len(batch.volumes), "states": states}, KDR, attached(home))
        catalogue(home)
    report = write_report(folder)
    return _ended(batch, ends, time.monotonic() - start, progress.pages_per_minute, report.html)


def numbering(home: Home, folder: Path, store: Store) -> Numbering:
    """How the volumes of the batch in `folder` get their URN:NBN.

    Raises:
        Problem: E005, [urnnbn] in kdr.toml is wrong.
    """
    given = home.settings.urnnbn
    registrar = (
        None
        if given.kind == "none"
        else load_registrar({**given.registrar, "folder": str(home.folder)}, partial(_keep, folder))
    )
    return Numbering(folder, registrar, given.wait, partial(stored_number, store), partial(bearer, home.catalogue))


def _keep(batch: Path, name: str, content: bytes) -> None:
    """Keep what was exchanged with a registrar, beside the batch it was exchanged for; the moment is in its name."""
    moment = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    (batch / "urnnbn").mkdir(exist_ok=True)
    place_bytes(batch / "urnnbn" / f"{moment}-{name}", content)


@contextmanager
def _own_temporary_folder(folder: Path) -> Iterator[None]:
    """Let temporary files of foreign programs lie in the batch: what a killed worker leaves there is cleared."""
    before = os.environ.get("TMPDIR")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    _use_for_temporary_files(str(folder))
    try:
        yield
    finally:
        _use_for_temporary_files(before)
        shutil.rmtree(folder, ignore_errors=True)


def _use_for_temporary_files(folder: str | None) -> None:
    if folder is None:
        os.environ.pop("TMPDIR", None)
    else:
        os.environ["TMPDIR"] = folder
    tempfile.tempdir = None


def _ended(batch: Batch, ends: tuple[VolumeEnd, ...], seconds: float, rate: float, report: Path) -> RunEnd:
    by_id: dict[VolumeId, VolumeEnd] = {end.volume: end for end in ends}
    states = [by_id[p.volume.id].state if p.volume.id in by_id else State.FAILED for p in batch.volumes]
    waiting = states.count(State.WAITING) + states.count(State.UNNUMBERED)
    every = [*batch.findings, *(found for end in ends for found in end.findings)]
    shown = [found for found in every if found.severity in (Severity.ERROR, Severity.FATAL)]
    fatal = next((found for found in shown if found.severity is Severity.FATAL), None)
    if fatal:
        code = exit_code(fatal.code)
    elif State.FAILED in states:
        code = UNFINISHED_EXIT
    else:
        code = WAITING_EXIT if waiting else 0
    return RunEnd(
        stored=states.count(State.STORED),
        waiting=waiting,
        failed=states.count(State.FAILED),
        pages=batch.pages,
        seconds=seconds,
        pages_per_minute=rate,
        findings=tuple(shown),
        report=report,
        exit_code=code,
    )
