"""Progress of a batch: a line that moves on a terminal, structured log lines everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from metadata.finding import Severity
from metadata.wording import wording
from workflows.batch import State, VolumeEnd
from workflows.log import log
from workflows.shown import QUIET_SECONDS, Shown
from workflows.task import PageEnd


class BatchProgress(Shown):
    """Hears of pages and volumes as they end (workflows.drive.Tell); knows pages per minute and what is left."""

    def __init__(self, batch: str, pages: int) -> None:
        self._pages = pages
        self._done = self._fresh = self._bad = 0
        self._start = self._said = time.monotonic()
        self._words = wording("workflows", "messages.toml")
        self._log = log(batch=batch)
        console = Console(stderr=True)
        self._bar = _bar(console) if sys.stderr.isatty() else None
        self._task = self._bar.add_task(self._words.say("progress.pages"), total=pages, rate="") if self._bar else None

    def __call__(self, ended: PageEnd | VolumeEnd) -> None:
        """Count a page, tell of a volume."""
        if isinstance(ended, PageEnd):
            self._page(ended)
        else:
            self._volume(ended)

    @property
    def pages_per_minute(self) -> float:
        """Pages made in this run per minute; reused ones do not count."""
        return 60.0 * self._fresh / max(time.monotonic() - self._start, 1e-6)

    @property
    def seconds_left(self) -> float | None:
        """When the rest will be done at this pace; None before the first page."""
        rate = self.pages_per_minute
        return 60.0 * (self._pages - self._done) / rate if rate else None

    def _page(self, end: PageEnd) -> None:
        self._done += 1
        self._fresh += not end.reused
        self._bad += not end.good
        if not end.good:
            stops = [found for found in end.findings if found.stops]
            self._say("page stopped", page=end.subject, step=end.step, codes=[f.code for f in stops])
            for found in stops:
                self._print(f"[red]{found.code}[/red] {_plain(found.text())}")
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, rate=self._rate())
        elif time.monotonic() - self._said > QUIET_SECONDS:
            self._said = time.monotonic()
            left = self.seconds_left
            self._say(
                "progress", done=self._done, pages=self._pages, bad=self._bad,
                pages_per_minute=round(self.pages_per_minute, 1), eta_seconds=None if left is None else round(left),
            )  # fmt: skip

    def _volume(self, end: VolumeEnd) -> None:
        codes = sorted({f.code for f in end.findings if f.severity is not Severity.INFO})
        self._say("volume", volume=end.folder, state=end.state.value, version=end.version, codes=codes)
        colour = "green" if end.state is State.STORED else "yellow"
        state = self._words.say(f"state.{end.state}")
        self._print(f"[{colour}]{state}[/{colour}] {_plain(end.folder)} {end.version}")

    def _rate(self) -> str:
        left = self.seconds_left
        eta = "–" if left is None else time.strftime("%H:%M:%S", time.gmtime(left))
        return self._words.say("progress.rate", rate=f"{self.pages_per_minute:.1f}", eta=eta)

    def _print(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(text, highlight=False)

    def _say(self, event: str, **facts: object) -> None:
        if self._bar is None:
            self._log.info(event, **facts)


@contextmanager
def counted(title: str) -> Iterator[Callable[[int, int], None]]:
    """Progress of something that is counted: called with how many are done, and of how many."""
    if not sys.stderr.isatty():
        yield _Quietly(title)
        return
    with _bar(Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, rate="")
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


class _Quietly:
    """A log line now and then."""

    def __init__(self, title: str) -> None:
        self._title, self._said = title, time.monotonic()

    def __call__(self, done: int, whole: int) -> None:
        if time.monotonic() - self._said >= QUIET_SECONDS:
            self._said = time.monotonic()
            log().info("progress", what=self._title, done=done, of=whole)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        console=console,
    )  # fmt: skip


def _plain(text: str) -> str:
    """File names are not markup."""
    return text.replace("[", "\\[")
