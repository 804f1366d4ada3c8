"""`kdr formats`: list, check, migrate."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from metadata.wording import wording
from workflows.cli.speech import home, out, show_json, table, tell
from workflows.cli.store import AsJson


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "formats.toml").say(key, None, **facts)


app = typer.Typer(help=say("help.formats"), no_args_is_help=True)


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="formats")


@app.command("list", help=say("help.list"))
def list_formats(*, as_json: AsJson = False) -> None:
    """List the stored formats with their risk."""
    from workflows.formats import inventory
    from workflows.migration import conversions

    found = inventory(home())
    if as_json:
        show_json(found)
        return
    rows = [
        (use.puid or "–", use.name, say(f"risk.{use.risk}"), use.files, f"{use.bytes / 1e6:.1f}", use.objects, use.why,
         use.advice)
        for use in found.formats
    ]  # fmt: skip
    console = out()
    if rows:
        console.print(table(("puid", "format", "risk", "files", "size", "objects", "why", "todo"), rows, say))
    else:
        console.print(say("none"))
    pairs = ", ".join(f"{source} → {target}" for source, target in conversions())
    console.print(say("counted", objects=found.objects, unread=found.unread, conversions=pairs))


@app.command("check", help=say("help.check"))
def check_formats(
    *,
    puid: Annotated[str, typer.Option("--puid", help=say("help.check.puid"))] = "",
    sample: Annotated[int | None, typer.Option("--sample", min=1, help=say("help.check.sample"))] = None,
    as_json: AsJson = False,
) -> None:
    """Judge stored files again; exit code 1 on a fault, or when an object could not be read."""
    from workflows.revalidation import revalidate

    seen = revalidate(home(), puid, sample)
    if as_json:
        show_json(seen)
    else:
        console = out()
        for fault in seen.faults:
            tell(fault, console)
        files, unjudged = sum(each.files for each in seen.objects), sum(each.unjudged for each in seen.objects)
        console.print(say("checked", files=files, unjudged=unjudged, faults=len(seen.faults), unread=seen.unread))
    sys.exit(1 if seen.faults or seen.unread else 0)


@app.command("migrate", help=say("help.migrate"))
def migrate_objects(
    objects: Annotated[list[str], typer.Argument(metavar="ID...", help=say("help.migrate.id"))],
    *,
    source: Annotated[str, typer.Option("--from", help=say("help.migrate.from"))],
    target: Annotated[str, typer.Option("--to", help=say("help.migrate.to"))],
) -> None:
    """Convert files as a new version of each object."""
    from workflows.holdings import identified
    from workflows.migration import migrate

    where = home()
    for object_id in [identified(each) for each in objects]:
        made = migrate(where, object_id, source, target)
        key = "migrated" if made.files else "nothing_new"
        out().print(say(key, object=made.object_id, version=made.version, files=made.files))
