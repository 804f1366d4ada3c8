"""`kdr store`: list, show, verify, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from workflows.cli.speech import home, out, say, show_json, table, tell

app = typer.Typer(help=say("help.store"), no_args_is_help=True)

ObjectId = Annotated[str, typer.Argument(metavar="ID", help=say("help.store.id"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="store")


@app.command("list", help=say("help.store.list"))
def list_objects(*, as_json: AsJson = False) -> None:
    """List the stored objects."""
    from workflows.founding import open_store
    from workflows.holdings import holdings

    found = holdings(open_store(home()))
    if as_json:
        show_json(found)
    elif not found:
        out().print(say("store.none"))
    else:
        rows = [(h.id, h.title, h.version, h.copies, f"{h.bytes / 1e6:.1f} MB", h.files, h.stored) for h in found]
        out().print(table(("object", "title", "version", "copies", "size", "files", "stored"), rows))


@app.command("show", help=say("help.store.show"))
def show(object_id: ObjectId, *, as_json: AsJson = False) -> None:
    """Show the versions and copies of one object."""
    from workflows.founding import open_store
    from workflows.holdings import identified

    held = open_store(home()).show(identified(object_id))
    if as_json:
        show_json(held)
        return
    here = {True: say("word.yes"), False: say("word.no"), None: say("word.unknown")}
    rows = [
        (
            version.version,
            f"{version.bytes / 1e6:.1f} MB",
            version.files,
            copy.place,
            copy.medium,
            copy.since,
            here[copy.present],
        )
        for version in held
        for copy in version.copies
    ]
    out().print(table(("version", "size", "files", "place", "medium", "stored", "here"), rows))


@app.command("verify", help=say("help.store.verify"))
def verify(
    object_id: Annotated[str, typer.Argument(metavar="ID", help=say("help.store.id"))] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Read every byte of all copies; exit code 1 on any fault."""
    from workflows.verifying import verify_store

    console = out()
    found = verify_store(home(), object_id, None if as_json else lambda fault: tell(fault, console))
    if as_json:
        show_json(found)
    else:
        console.print(
            say(
                "store.verified", files=found.files, gigabytes=f"{found.bytes / 1e9:.2f}",
                intact=found.intact, faults=len(found.faults),
            )
        )  # fmt: skip
    sys.exit(1 if found.faults else 0)


@app.command("export", help=say("help.store.export"))
def export(
    object_id: ObjectId,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help=say("help.store.target"))],
    version: Annotated[str, typer.Option(help=say("help.store.version"))] = "",
) -> None:
    """Copy an object out and verify it there."""
    from workflows.cli.targets import require_outside
    from workflows.founding import open_store
    from workflows.holdings import identified

    console, where = out(), home()
    require_outside(where, target)
    path = open_store(where).export(identified(object_id), target, version or None, lambda found: tell(found, console))
    console.print(say("store.exported", path=path))
