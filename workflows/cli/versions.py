"""`kdr store diff`; what `kdr export --ocfl` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.model import VolumeId
from metadata.wording import printable, wording
from workflows.cli.speech import home, out, show_json, table
from workflows.cli.store import app as store_app

if TYPE_CHECKING:
    from repository.difference import Difference
    from repository.store import Store


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "versions.toml").say(key, None, **facts)


def add_to(_main: typer.Typer) -> None:
    """Add `diff` to `kdr store`."""
    if all(command.name != "diff" for command in store_app.registered_commands):
        store_app.command("diff", help=say("help.diff"))(diff)


def diff(
    object_id: Annotated[str, typer.Argument(metavar="ID", help=say("help.id"))],
    old: Annotated[str, typer.Argument(metavar="[V1]", help=say("help.old"))] = "",
    new: Annotated[str, typer.Argument(metavar="[V2]", help=say("help.new"))] = "",
    *,
    text: Annotated[bool, typer.Option("--text", help=say("help.text"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=say("help.json"))] = False,
) -> None:
    """Show what changed between two versions; exit code 1 when they differ, as `diff` ends."""
    from metadata.record import plain
    from repository.difference import difference, unified
    from workflows.founding import open_store
    from workflows.holdings import identified

    store, wanted = open_store(home()), identified(object_id)
    held = store.versions(wanted)
    newest = new or held[-1]
    before = held[: held.index(newest)] if newest in held else held
    if not old and not before:
        out().print(say("single", id=wanted, version=newest))
        return
    earlier = old or before[-1]
    here = [place for place in store.places if place.attached()]
    place = next((each for each in here if {earlier, newest} <= set(each.versions(wanted))), store.primary)
    told = difference(place, wanted, earlier, newest)
    lines = [printable(line) for line in unified(place, told)] if text else []
    if as_json:
        show_json(plain(told) | ({"text": lines} if text else {}))
    else:
        _tell(told)
        for line in lines:
            out().print(line, markup=False)
    sys.exit(0 if told.same else 1)


def _tell(told: Difference) -> None:
    console = out()
    console.print(say("title", id=told.object, old=told.old, new=told.new), markup=False)
    groups = {"added": told.added, "removed": told.removed, "changed": told.changed, "moved": told.moved}
    rows = [
        (
            say(f"word.{what}"),
            f"{each.before} → {each.after}" if what == "moved" else each.after or each.before,
            each.bytes_before if each.before else "",
            each.bytes_after if each.after else "",
        )
        for what, group in groups.items()
        for each in group
    ]
    if rows:
        console.print(table(("what", "path", "before", "after"), rows, say))
    if told.labels:
        console.print(
            table(("label", "was", "now"), [(each.name, each.before, each.after) for each in told.labels], say)
        )
    if told.same:
        console.print(say("same"))
    counts = {what: len(group) for what, group in groups.items()}
    console.print(say("sum", files=told.unchanged_files, megabytes=f"{told.unchanged_bytes / 1e6:.1f}", **counts))


def export_ocfl(store: Store, object_id: str, target: Path, sigla: str, *, root: bool) -> int:
    """Write one object in the folder `target`, or below it as an OCFL storage root; the exit code."""
    from repository.ocfl import export_object, object_path, storage_root, versions_of

    wanted = VolumeId(object_id)
    versions = versions_of(store.places, store.journal, wanted)
    where = storage_root(target) / object_path(wanted) if root else target / wanted
    # ISO 15511: the sigla of a Czech library with the prefix CZ is its ISIL.
    made = export_object(versions, wanted, where, f"urn:isil:CZ-{sigla}")
    files = [path.stat().st_size for path in made.rglob("*") if path.is_file()]
    size = f"{sum(files) / 1e6:.1f}"
    path = printable(str(made))
    out().print(
        say("exported", id=wanted, versions=len(versions), files=len(files), megabytes=size, path=path), markup=False
    )
    return 0
