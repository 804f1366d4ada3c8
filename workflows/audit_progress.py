"""Progress of an audit: bytes read, speed and time left on a terminal; a structured log line now and then elsewhere."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from metadata.wording import wording
from repository.fixity import Check
from repository.verify import Verdict
from workflows.log import log
from workflows.shown import QUIET_SECONDS, Shown


class AuditProgress(Shown):
    """Hears of every copy when it was read; `copies` and `size` (bytes) are what is to be read."""

    def __init__(self, run: str, copies: int, size: int) -> None:
        self._copies, self._size = copies, size
        self._read = self._bytes = self._faults = 0
        self._start = self._said = time.monotonic()
        self._log = log(audit=run)
        self._bar = _bar() if sys.stderr.isatty() else None
        title = wording("workflows", "auditing.toml").say("progress.reading")
        self._task = self._bar.add_task(title, total=size, copies=f"0/{copies}") if self._bar else None

    def __call__(self, done: Check, planned: int) -> None:
        """A copy of `planned` bytes was read."""
        self._read += 1
        self._bytes += planned
        self._faults += done.verdict is not Verdict.INTACT
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._bytes, copies=f"{self._read}/{self._copies}")
            return
        if done.verdict is not Verdict.INTACT:
            self._log.warning(
                "copy", object=done.object_id, version=done.version, place=done.place, verdict=done.verdict.value
            )
        if time.monotonic() - self._said > QUIET_SECONDS:
            self._said = time.monotonic()
            self._log.info(
                "progress", copies=self._read, of=self._copies, bytes=self._bytes, faults=self._faults,
                eta_seconds=self.seconds_left,
            )  # fmt: skip

    @property
    def seconds_left(self) -> int | None:
        """When the rest will have been read at this speed; None before the first byte."""
        passed = time.monotonic() - self._start
        return round(passed * (self._size - self._bytes) / self._bytes) if self._bytes else None


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[copies]}"), DownloadColumn(),
        TransferSpeedColumn(), TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip
