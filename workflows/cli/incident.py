"""`kdr incident`: list, show, repair, close; and `kdr store replicate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.wording import wording
from workflows.cli.speech import home, out, show_json, table, tell
from workflows.cli.store import AsJson
from workflows.cli.store import app as store_app

if TYPE_CHECKING:
    from metadata.finding import Finding


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "repairing.toml").say(key, None, **facts)


app = typer.Typer(help=say("help.incident"), no_args_is_help=True)
IncidentId = Annotated[str, typer.Argument(metavar="ID", help=say("help.incident.id"))]
By = Annotated[str, typer.Option("--by", help=say("help.incident.by"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="incident")


@app.command("list", help=say("help.incident.list"))
def list_incidents(
    *,
    only_open: Annotated[bool, typer.Option("--open", help=say("help.incident.open"))] = False,
    drills: Annotated[bool, typer.Option("--drills", help=say("help.incident.drills"))] = False,
    as_json: AsJson = False,
) -> None:
    """List the incidents; an open one is listed, a drill's too."""
    from repository.canary import CANARY
    from repository.incident import State, incidents
    from workflows.founding import open_store

    told = [each for each in incidents(open_store(home()).journal) if each.state is State.OPEN or not only_open]
    found = [each for each in told if drills or each.object_id != CANARY or each.state is State.OPEN]
    if as_json:
        show_json(found)
    elif not found:
        out().print(say("incident.none"))
    else:
        columns = ("incident", "object", "version", "place", "verdict", "opened", "state", "ended")
        rows = [
            (
                each.id, each.object_id, each.version, each.place, say(f"verdict.{each.verdict.value}"),
                each.opened, say(f"state.{each.state.value}"), each.ended,
            )
            for each in found
        ]  # fmt: skip
        out().print(table(columns, rows, say))
    if not as_json and len(found) < len(told):
        out().print(say("incident.drills", count=len(told) - len(found)))


@app.command("show", help=say("help.incident.show"))
def show(incident: IncidentId, *, as_json: AsJson = False) -> None:
    """Show one incident."""
    from metadata.wording import chosen_tongue, printable
    from repository.incident import find
    from workflows.founding import open_store
    from workflows.repairing import incident_text, protocol_paths

    where = home()
    found = find(open_store(where).journal, incident)
    if as_json:
        show_json(found)
        return
    out().print(printable(incident_text(found, chosen_tongue())), markup=False, end="")
    people = protocol_paths(where, found.id)[1]
    for path in (people, people.with_suffix(".html"), people.with_suffix(".pdf")):
        if path.is_file():
            out().print(say("incident.protocol", path=path))


@app.command("repair", help=say("help.incident.repair"))
def repair(
    incidents: Annotated[list[str] | None, typer.Argument(metavar="ID...", help=say("help.incident.id"))] = None,
    *,
    by: By,
    everything: Annotated[bool, typer.Option("--all", help=say("help.incident.all"))] = False,
    force_unreadable: Annotated[bool, typer.Option("--force-unreadable", help=say("help.incident.force"))] = False,
    as_json: AsJson = False,
) -> None:
    """Repair incidents; exit code 1 when one is left open."""
    from repository.incident import State
    from workflows.repairing import mend, mend_all, person

    if bool(incidents) == everything:
        raise typer.BadParameter(say("incident.which"))
    where, who, console = home(), person(by), out()

    def hear(found: Finding) -> None:
        if not as_json:
            tell(found, console)

    if everything:
        ended = mend_all(where, who, hear, force_unreadable=force_unreadable)
    else:
        ended = tuple(mend(where, each, who, hear, force_unreadable=force_unreadable) for each in incidents or ())
    if as_json:
        show_json(ended)
    else:
        count = {state: sum(each.state is state for each in ended) for state in State}
        console.print(
            say(
                "incident.repaired",
                repaired=count[State.REPAIRED], closed=count[State.CLOSED], left=count[State.OPEN],
            )
        )  # fmt: skip
    sys.exit(1 if any(each.state is State.OPEN for each in ended) else 0)


@app.command("close", help=say("help.incident.close"))
def close(
    incident: IncidentId, *, reason: Annotated[str, typer.Option(help=say("help.incident.reason"))], by: By
) -> None:
    """Close an incident without a repair."""
    from workflows.repairing import close as close_it
    from workflows.repairing import person

    out().print(say("incident.closed", incident=close_it(home(), incident, reason, person(by)).id))


@store_app.command("replicate", help=say("help.store.replicate"))
def replicate(
    object_id: Annotated[str, typer.Argument(metavar="ID", help=say("help.store.replicate.id"))] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Copy what places lack; exit code 1 on anything wrong, 75 when a place is away."""
    from workflows.holdings import identified
    from workflows.repairing import AWAY_EXIT, supply

    console = out()
    done = supply(home(), identified(object_id) if object_id else None, lambda f: None if as_json else tell(f, console))
    if as_json:
        show_json(done)
    else:
        columns = ("object", "version", "place", "source", "size")
        rows = [
            (each.object_id, each.version, each.place, each.source or say("replicate.journalled"), _size(each.bytes))
            for each in done.copied
        ]
        if rows:
            console.print(table(columns, rows, say))
        console.print(
            say(
                "replicate.done", copied=len(done.copied), doubtful=len(done.doubtful),
                failed=len(done.failed), away=", ".join(done.away) or 0,
            )
        )  # fmt: skip
    if done.failed or done.doubtful or done.registered:
        sys.exit(1)
    sys.exit(AWAY_EXIT if done.away else 0)


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
