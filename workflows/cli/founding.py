"""`kdr init` and `kdr doctor`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workflows.cli.speech import Chosen, out, say, table
from workflows.settings import find_home, load

if TYPE_CHECKING:
    from workflows.doctor import Check


def add_to(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("init", help=say("help.init"))(init)
    app.command("doctor", help=say("help.doctor"))(doctor)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=say("help.init.folder"))],
    schemas: Annotated[Path | None, typer.Option(help=say("help.init.schemas"))] = None,
) -> None:
    """Make a repository."""
    from workflows.founding import found

    home = found(folder, schemas)
    out().print(say("init.done", folder=home.folder))


def doctor() -> None:
    """Look at the machine and, where there is one, at the repository."""
    from metadata.problem import Problem
    from workflows.doctor import examine

    try:
        home = load(find_home(Chosen.folder))
    except Problem as problem:
        if Chosen.folder is not None or problem.finding.code != "E006":
            raise
        home = None
    checks = examine(home)
    rows = [(_mark(check), check.name(), check.found, "" if check.good else check.cure()) for check in checks]
    console = out()
    console.print(table(("mark", "check", "found", "todo"), rows))
    fit = all(check.good or not check.urgent for check in checks)
    console.print(say("doctor.good" if fit else "doctor.bad"))
    sys.exit(0 if fit else 69)


def _mark(check: Check) -> str:
    if check.good:
        return "✓"
    return "✗" if check.urgent else "!"
