"""`kdr store add-place`."""

from __future__ import annotations

from typing import Annotated

import typer

from metadata.wording import wording
from workflows.cli.speech import home, out
from workflows.cli.store import app


def _say(key: str, **facts: object) -> str:
    return wording("workflows", "places.toml").say(key, None, **facts)


def add_to(main: typer.Typer) -> None:
    """Nothing of its own: the command belongs to `kdr store`, which is there already."""


@app.command("add-place", help=_say("help.add_place"))
def add_place(name: Annotated[str, typer.Argument(metavar="NAME", help=_say("help.add_place.name"))]) -> None:
    """Make a place that was added to kdr.toml."""
    from workflows import founding

    place = founding.add_place(home(), name)
    out().print(_say("made", name=place.name, where=place.where))
