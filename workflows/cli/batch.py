"""`kdr batch`: run, list, status, resume, report."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from metadata.finding import Severity
from workflows.cli.speech import home, out, say, show_json, table, tell, tell_grouped
from workflows.settings import Home

if TYPE_CHECKING:
    from workflows.batch import Options, State
    from workflows.drive import Runner
    from workflows.standing import BatchStanding

app = typer.Typer(help=say("help.batch"), no_args_is_help=True)

Language = Annotated[str, typer.Option("--language", help=say("help.batch.language"))]
Dpi = Annotated[int, typer.Option("--dpi", min=0, max=6000, help=say("help.batch.dpi"))]
WorkerCount = Annotated[int, typer.Option("--workers", min=0, help=say("help.batch.workers"))]
Scheduler = Annotated[str, typer.Option("--scheduler", metavar="tcp://…", help=say("help.batch.scheduler"))]
Sync = Annotated[bool, typer.Option("--sync", help=say("help.batch.sync"))]
BatchId = Annotated[str, typer.Argument(metavar="BATCH", help=say("help.batch.id"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="batch")


@app.command("run", help=say("help.batch.run"))
def run(
    delivery: Annotated[Path, typer.Argument(metavar="DELIVERY", help=say("help.batch.run.delivery"))],
    *,
    language: Language = "",
    dpi: Dpi = 0,
    workers: WorkerCount = 0,
    scheduler: Scheduler = "",
    sync: Sync = False,
) -> None:
    """Claim a delivery and carry it out."""
    from ingest.inbox import claim
    from workflows.batch import Options
    from workflows.preflight import require_tools

    where = home()
    require_tools(where.settings, language)
    made, new = claim(delivery, where.batches, where.settings.inbox.settle_seconds)
    if not new:
        tell(made.findings[-1], Console(stderr=True))
    _carry_out(where, made.batch, Options(language, dpi), _Means(workers, scheduler, sync))


@app.command("resume", help=say("help.batch.resume"))
def resume(
    batch: BatchId,
    *,
    workers: WorkerCount = 0,
    scheduler: Scheduler = "",
    sync: Sync = False,
) -> None:
    """Go on with a batch."""
    from workflows.preflight import require_tools

    where = home()
    require_tools(where.settings, "")
    _carry_out(where, batch, None, _Means(workers, scheduler, sync))


@app.command("list", help=say("help.batch.list"))
def list_batches(*, as_json: AsJson = False) -> None:
    """List the batches."""
    from workflows.standing import standing

    folders = sorted(p for p in home().batches.glob("[!.]*") if (p / "claim.json").is_file())
    found = [standing(folder) for folder in folders]
    if as_json:
        show_json(found)
    elif not found:
        out().print(say("batch.none"))
    else:
        rows = [(s.id, s.delivery, s.total, s.done, s.bad + s.broken, len(s.volumes), _states(s)) for s in found]
        out().print(table(("batch", "delivery", "pages", "done", "bad", "volumes", "state"), rows))


@app.command("status", help=say("help.batch.status"))
def status(batch: BatchId, *, as_json: AsJson = False) -> None:
    """What is done, what is left, what to rescan, and when it will be ready."""
    from workflows.batch import batch_folder
    from workflows.standing import PageState, standing

    found = standing(batch_folder(home(), batch))
    if as_json:
        show_json(found)
        return
    console = out()
    rows = [
        (v.folder, v.id, len(v.pages), v.count(PageState.DONE), v.count(PageState.BAD), _state(v.state), v.version)
        for v in found.volumes
    ]
    console.print(table(("volume", "object", "pages", "done", "bad", "state", "version"), rows))
    if found.eta_seconds is not None:
        eta = time.strftime("%H:%M:%S", time.gmtime(found.eta_seconds))
        console.print(say("batch.eta", rate=f"{found.pages_per_minute:.1f}", eta=eta))
    if found.rescan:
        console.print(say("batch.rescan"), style="bold")
        tell_grouped((f for _, page in found.rescan for f in page.findings if f.stops), console)
    rest = [f for v in found.volumes for f in v.findings if f.severity is not Severity.INFO]
    rest += [f for f in found.findings if f.severity is not Severity.INFO]
    if rest:
        console.print(say("batch.attention"), style="bold")
        tell_grouped(rest, console)


def _state(state: State | None) -> str:
    return say(f"state.{state}") if state else "?"


def _states(found: BatchStanding) -> str:
    """The states of a batch's volumes, each once, with how many are in it."""
    counts = Counter(_state(volume.state) for volume in found.volumes)
    return ", ".join(f"{count}× {state}" for state, count in counts.items())


@app.command("report", help=say("help.batch.report"))
def report(batch: BatchId) -> None:
    """Write the report again."""
    from workflows.batch import batch_folder
    from workflows.report import write_report

    out().print(say("batch.report", path=write_report(batch_folder(home(), batch)).html))


@dataclass(frozen=True, slots=True)
class _Means:
    """By what a batch is carried out: worker processes here, a cluster, or this process alone."""

    workers: int
    scheduler: str
    sync: bool

    def hire(self, default: int) -> AbstractContextManager[Runner]:
        from workflows.drive import Inline

        if self.sync:
            return nullcontext(Inline())
        from workflows.graph import Cluster

        return Cluster(self.workers or default or os.cpu_count() or 1, self.scheduler)


def _carry_out(where: Home, batch: str, options: Options | None, means: _Means) -> None:
    from workflows.batch import batch_folder
    from workflows.running import run_batch

    count = where.settings.workers.count
    ended = run_batch(where, batch_folder(where, batch), options, lambda: means.hire(count))
    console = out()
    console.print(
        say(
            "batch.ended", stored=ended.stored, waiting=ended.waiting, failed=ended.failed,
            pages=ended.pages, minutes=f"{ended.seconds / 60:.1f}", rate=f"{ended.pages_per_minute:.1f}",
        )
    )  # fmt: skip
    tell_grouped(ended.findings, console)
    console.print(say("batch.report", path=ended.report))
    sys.exit(ended.exit_code)
