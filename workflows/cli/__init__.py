"""The commands: `kdr`, its options, and how it ends."""

from __future__ import annotations

import errno
import gc
import os
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from metadata.problem import Problem
from workflows.cli.speech import Chosen, say, stop

_REFUSED = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTDIR,
    errno.ENOENT, errno.EISDIR, errno.EIO, errno.ELOOP, errno.ENAMETOOLONG, errno.ESTALE, errno.EXDEV, errno.EMLINK,
    errno.ENOTEMPTY, errno.EINVAL, errno.EBUSY, errno.ENODEV, errno.ENXIO, errno.EMFILE, errno.ENOTCONN,
)  # fmt: skip
"""What a disk says that is full, broken, gone, or that we must not write to."""
_COLLECT_AT = 50_000
"""So many new objects before cycles among them are looked for; Python's own 700 is for small programs."""

app = typer.Typer(
    name="kdr",
    help=say("help.kdr"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"kdr {version('kdr')}\n")
        raise typer.Exit


@app.callback()
def options(
    folder: Annotated[Path | None, typer.Option("--home", help=say("help.home"))] = None,
    show_version: Annotated[
        bool, typer.Option("--version", help=say("help.version"), callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the command."""
    Chosen.folder = folder


@cache
def complete() -> typer.Typer:
    """The command line with all its commands."""
    from workflows.cli import (
        account,
        audit,
        batch,
        capacity,
        catalogue,
        disposal,
        drill,
        exchange,
        formats,
        founding,
        gate,
        history,
        incident,
        places,
        proposal,
        report,
        seal,
        shelf,
        store,
        urnnbn,
        validate,
        versions,
        volume,
    )

    parts = (
        founding, batch, volume, urnnbn, store, places, versions, history, audit, incident, drill, seal, shelf, gate,
        disposal, formats, capacity, report, exchange, validate, catalogue, proposal, account,
    )  # fmt: skip
    for part in parts:
        part.add_to(app)
    return app


def main() -> None:
    """Run the command line; a Problem is told in the reader's language and becomes its exit code."""
    # One thread per process: oversubscription costs a factor of three (shared by every child).
    for name in ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "VIPS_CONCURRENCY", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # A big journal is a million lasting objects: looking through them again and again for cycles costs a third.
    gc.freeze()
    gc.set_threshold(_COLLECT_AT, 20, 50)
    try:
        complete()()
    except Problem as problem:
        sys.exit(stop(problem))
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        sys.exit(stop(Problem("E004", error.filename or "?", why=error.strerror or str(error))))
