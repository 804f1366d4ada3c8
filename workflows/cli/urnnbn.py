"""`kdr urnnbn`: which volumes wait for their URN:NBN, and finishing those whose number has come."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Annotated

import typer

from workflows.cli.speech import home, out, say, show_json, table, tell_grouped

app = typer.Typer(help=say("help.urnnbn"), no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="urnnbn")


@app.command("list", help=say("help.urnnbn.list"))
def list_waiting(*, as_json: AsJson = False) -> None:
    """List the volumes that wait for a number."""
    from workflows.unnumbered import unnumbered

    found = unnumbered(home())
    if as_json:
        show_json(found)
    elif not found:
        out().print(say("urnnbn.none"))
    else:
        rows = [(each.batch, each.folder, each.volume, each.title) for each in found]
        out().print(table(("batch", "volume", "object", "title"), rows))


@app.command("poll", help=say("help.urnnbn.poll"))
def poll() -> None:
    """Ask the registrar again, and finish the volumes whose number has come."""
    from workflows.batch import batch_folder
    from workflows.drive import Inline
    from workflows.running import UNFINISHED_EXIT, run_batch
    from workflows.unnumbered import unnumbered

    where = home()
    before = unnumbered(where)
    for batch in dict.fromkeys(each.batch for each in before):
        run_batch(where, batch_folder(where, batch), None, lambda: nullcontext(Inline()))
    left = unnumbered(where)
    tell_grouped((found for each in left for found in each.findings), out())
    out().print(say("urnnbn.polled", come=len(before) - len(left), left=len(left)))
    sys.exit(UNFINISHED_EXIT if left else 0)
