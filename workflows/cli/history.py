"""`kdr store history`: the life of one object."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.wording import printable, wording
from workflows.cli.speech import home, out, show_json, table
from workflows.cli.store import AsJson, ObjectId, app

if TYPE_CHECKING:
    from workflows.history import History

_say = wording("workflows", "history.toml").say


def add_to(_main: typer.Typer) -> None:
    """The command is one of `kdr store`; importing this module added it."""


@app.command("history", help=_say("help"))
def history_of(
    object_id: ObjectId,
    *,
    pages: Annotated[bool, typer.Option("--pages", help=_say("help.pages"))] = False,
    premis: Annotated[Path | None, typer.Option("--premis", metavar="FILE", help=_say("help.premis"))] = None,
    as_json: AsJson = False,
) -> None:
    """Tell all that ever happened to an object."""
    from metadata.file import place_bytes
    from metadata.problem import Problem
    from workflows.cli.targets import require_outside
    from workflows.history import history, premis_of
    from workflows.holdings import identified

    where = home()
    require_outside(where, premis)
    found = history(where, identified(object_id), pages=pages)
    if premis is not None:
        if premis.exists():
            raise Problem("S005", premis)
        place_bytes(premis, premis_of(found))
    if as_json:
        show_json(found)
        return
    _show(found)
    if premis is not None:
        out().print(_say("written", path=premis))


def _show(found: History) -> None:
    from workflows.history import by_whom, detail_of, kind_word

    console = out()
    console.print(
        _say("title", title=printable(found.title) or "–", object=found.object_id), style="bold", markup=False
    )
    if found.disposed:
        console.print(_say("disposed", when=found.disposed), style="bold")
    rows = [
        (
            each.when,
            kind_word(each.kind, each.detail),
            each.version,
            each.place,
            _say(f"outcome.{each.outcome}") if each.outcome in ("success", "failure", "warning") else each.outcome,
            by_whom(each),
            detail_of(each),
        )
        for each in found.moments
    ]
    console.print(table(("when", "what", "version", "place", "outcome", "who", "detail"), rows, _say))
    if not found.pages_from:
        console.print(_say("pages_unread"), style="dim")
