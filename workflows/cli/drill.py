"""`kdr drill`: damage, restore, list."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.wording import wording
from workflows.cli.speech import home, out, show_json, table, tell
from workflows.cli.speech import say as common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metadata.finding import Finding


def say(key: str, **facts: object) -> str:
    """A sentence of the drills in the reader's language."""
    return wording("workflows", "drill.toml").say(key, None, **facts)


app = typer.Typer(help=say("help"), invoke_without_command=True)

PlaceName = Annotated[str, typer.Option("--place", help=say("help.place"))]
AsJson = Annotated[bool, typer.Option("--json", help=common("help.json"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="drill")


@app.callback()
def drill(context: typer.Context) -> None:
    """Without a command: the damage drill."""
    if context.invoked_subcommand is None:
        damage()


@app.command("damage", help=say("help.damage"))
def damage(*, place: PlaceName = "", as_json: AsJson = False) -> None:
    """Damage the canary, find it, mend it."""
    from workflows.documents import write_documents
    from workflows.drill import failures, run_drill
    from workflows.drill_record import stem, write_protocol
    from workflows.reports.protocols import drill_protocol

    repository, console = home(), out()
    done = run_drill(repository, place)
    path = write_protocol(repository, done.id, done)
    troubles: list[Finding] = []
    papers = write_documents(
        repository, repository.protocols / stem(done.id), done.id, partial(drill_protocol, done), troubles.append
    )
    if as_json:
        show_json(done)
        sys.exit(0 if done.passed else 1)
    rows = [
        (
            each.place, say(f"harm.{each.harm}"), ", ".join(say(f"verdict.{found}") for found in each.found),
            f"{each.seconds_to_find:.2f} s", f"{each.seconds_to_mend:.2f} s", say(f"passed.{str(each.passed).lower()}"),
        )
        for each in done.exercises
    ]  # fmt: skip
    console.print(table(("place", "harm", "found", "find", "mend", "result"), rows, say))
    for failure in failures(done):
        tell(failure, console)
    good = sum(each.passed for each in done.exercises)
    console.print(say("summary.damage", good=good, all=len(done.exercises), seconds=f"{done.seconds:.1f}"))
    _show_papers((path, *papers), troubles)
    sys.exit(0 if done.passed else 1)


@app.command("restore", help=say("help.restore"))
def restore(
    *,
    place: PlaceName = "",
    object_id: Annotated[str, typer.Option("--object", metavar="ID", help=say("help.object"))] = "",
    everything: Annotated[bool, typer.Option("--all", help=say("help.all"))] = False,
    target: Annotated[Path | None, typer.Option("--to", metavar="DIR", help=say("help.to"))] = None,
    as_json: AsJson = False,
) -> None:
    """Restore from each place alone."""
    from workflows.cli.targets import require_outside
    from workflows.documents import write_documents
    from workflows.drill_record import stem, write_protocol
    from workflows.holdings import identified
    from workflows.reports.protocols import restore_protocol
    from workflows.restore_drill import Wish, failures, run_restore_drill

    repository, console = home(), out()
    require_outside(repository, target)
    wish = Wish(identified(object_id) if object_id else None, everything, place, target)
    done = run_restore_drill(repository, wish)
    path = write_protocol(repository, done.id, done)
    troubles: list[Finding] = []
    papers = write_documents(
        repository, repository.protocols / stem(done.id), done.id, partial(restore_protocol, done), troubles.append
    )
    if as_json:
        show_json(done)
        sys.exit(0 if done.passed else 1)
    rows = [
        (
            each.place, each.versions, each.files, f"{each.bytes / 1e6:.1f} MB", f"{each.seconds_to_copy:.2f} s",
            f"{each.seconds_to_verify:.2f} s", f"{each.bytes / 1e6 / max(each.seconds_to_copy, 0.001):.0f} MB/s",
            say(f"passed.{str(each.passed).lower()}"),
        )
        for each in done.places
    ]  # fmt: skip
    console.print(table(("place", "versions", "files", "size", "copy", "verify", "rate", "result"), rows, say))
    for failure in failures(done):
        tell(failure, console)
    scope = say("everything") if done.scope == "*" else done.scope
    good = sum(each.passed for each in done.places)
    console.print(say("summary.restore", scope=scope, good=good, all=len(done.places), seconds=f"{done.seconds:.1f}"))
    _show_papers((path, *papers), troubles)
    sys.exit(0 if done.passed else 1)


@app.command("list", help=say("help.list"))
def list_drills(*, as_json: AsJson = False) -> None:
    """Show the drills that were held and what is due."""
    import datetime as dt

    from metadata.event import now
    from workflows.drill_record import due, held
    from workflows.founding import open_store

    repository, console = home(), out()
    journal = open_store(repository).journal
    done = held(journal)
    first = next((entry.time for entry in journal.entries()), now())
    coming = due(repository, done, first, dt.datetime.now(dt.UTC).date())
    if as_json:
        show_json({"held": done, "due": coming})
    else:
        rows = [(each.id, say(f"kind.{each.kind}"), each.when, f"{each.seconds:.1f} s",
                 say(f"passed.{str(each.passed).lower()}")) for each in done]  # fmt: skip
        console.print(table(("drill", "kind", "when", "seconds", "result"), rows, say) if rows else say("none"))
        for each in coming:
            console.print(say("overdue" if each.overdue else "next", kind=say(f"kind.{each.kind}"), date=each.by))
    sys.exit(1 if any(each.overdue for each in coming) else 0)


def _show_papers(paths: Sequence[Path], troubles: Sequence[Finding]) -> None:
    console = out()
    for path in paths:
        console.print(say("protocol", path=path), markup=False)
    for trouble in troubles:
        tell(trouble, console)
