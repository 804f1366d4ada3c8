"""`kdr shelf`: tapes and cold disks – write, read, move, list, restore."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from metadata.wording import printable, wording
from workflows.cli.speech import home, out, show_json, table, tell

if TYPE_CHECKING:
    from metadata.finding import Finding
    from repository.unbundling import PartCheck
    from workflows.shelving import Wrote

_USAGE = 64
_SHOWN = 20
"""Faults of one part that are told one by one."""


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "shelf.toml").say(key, None, **facts)


app = typer.Typer(help=say("help.shelf"), no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]
Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help=say("help.paths"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="shelf")


@app.command("write", help=say("help.write"))
def write(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help=say("help.write.target"))],
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help=say("help.write.ids"))] = None,
    *,
    label: Annotated[str, typer.Option("--label", help=say("help.label"))],
    location: Annotated[str, typer.Option("--location", help=say("help.location"))],
    size: Annotated[str, typer.Option("--size", help=say("help.size"))] = "100GB",
    kind: Annotated[str, typer.Option("--kind", metavar="lto|disk", help=say("help.kind"))] = "lto",
    again: Annotated[bool, typer.Option("--again", help=say("help.again"))] = False,
) -> None:
    """Write versions to a medium; exit code 1 when a version has no intact copy."""
    from repository.bundling import Order
    from repository.shelf import Kind
    from workflows import shelving
    from workflows.cli.targets import require_outside
    from workflows.holdings import identified
    from workflows.progress import counted

    part, where = shelving.size_of(size), home()
    require_outside(where, target)
    wrong = {
        say("usage_label", label=printable(label)): not shelving.LABEL.fullmatch(label),
        say("usage_size", size=printable(size)): not part,
        say("help.kind"): kind not in list(Kind),
        say("usage_location"): not location.strip(),
    }
    for why in (why for why, found in wrong.items() if found):
        _stop(why)
    order, only = Order(label, location.strip(), Kind(kind), part or 0), [identified(each) for each in ids or []]
    with counted(say("writing")) as progress:
        seen = 0

        def on_file(_name: str, _size: int) -> None:
            nonlocal seen
            seen += 1
            progress(seen, 0)

        done = shelving.write(where, target, order, only, again=again, on_file=on_file)
    _tell_written(done, target)
    sys.exit(1 if done.refused else 0)


@app.command("read", help=say("help.read"))
def read(paths: Paths, *, as_json: AsJson = False) -> None:
    """Read bundles through; exit code 1 on any fault."""
    from repository.verify import Verdict
    from workflows import shelving

    done = shelving.read(home(), paths)
    if as_json:
        show_json({"parts": [_plain(part) for part in done.parts], "missing": [f.text() for f in done.missing]})
    else:
        for part in done.parts:
            _tell_part(part)
        for fault in done.missing:
            tell(fault, out())
        intact = sum(part.verdict is Verdict.INTACT for part in done.parts)
        out().print(say("read_end", parts=len(done.parts), intact=intact, faults=len(done.faults)))
    sys.exit(1 if done.faults else 0)


@app.command("move", help=say("help.move"))
def move(
    label: Annotated[str, typer.Argument(metavar="LABEL", help=say("help.move.label"))],
    *,
    location: Annotated[str, typer.Option("--location", help=say("help.location"))],
    by: Annotated[str, typer.Option("--by", help=say("help.by"))],
) -> None:
    """Write down where a medium lies now."""
    from workflows import shelving

    if not location.strip() or not by.strip():
        _stop(say("usage_location"))
    found = shelving.move(home(), label, location.strip(), by.strip())
    out().print(say("moved", label=label, location=printable(location.strip()), count=len(found)), markup=False)


@app.command("list", help=say("help.list"))
def list_media(*, as_json: AsJson = False) -> None:
    """List the media, and what is overdue."""
    from workflows import shelving

    where = home()
    found = shelving.standings(where)
    if as_json:
        show_json(found)
        return
    if not found:
        out().print(say("none"))
        return
    columns = ("label", "bundle", "kind", "location", "versions", "parts", "size", "read", "state")
    rows = []
    for each in found:
        state = say(f"word.{each.verdict}") + (f", {say('word.overdue')}" if each.overdue else "")
        size = f"{each.bytes / 1e6:.1f} MB"
        rows.append(
            (each.label, each.bundle, each.kind, each.location, each.versions, len(each.parts), size, each.read, state)
        )
    out().print(table(columns, rows, say))
    for alarm in shelving.alarms(where):
        tell(alarm, out())


@app.command("restore", help=say("help.restore"))
def restore(
    paths: Annotated[list[str], typer.Argument(metavar="PATH... [ID]", help=say("help.paths"))],
    *,
    to: Annotated[Path, typer.Option("--to", help=say("help.restore.to"))],
    as_json: AsJson = False,
) -> None:
    """Take versions out of bundles; exit code 1 when something is not whole."""
    from workflows import shelving
    from workflows.cli.targets import require_outside
    from workflows.holdings import identified

    where = home()
    require_outside(where, to)
    last = paths[-1]
    only = identified(last) if len(paths) > 1 and not Path(last).exists() and "/" not in last else None
    given = [Path(each) for each in (paths[:-1] if only else paths)]
    done = shelving.take_out(where, given, to, only)
    if as_json:
        parts = [_plain(part) for part in done.parts]
        show_json({"versions": [str(path) for path in done.versions], "broken": done.broken, "parts": parts})
    else:
        for part in done.parts:
            _tell_faults(part.faults)
        for path in done.versions:
            out().print(say("restored", path=printable(str(path))), markup=False)
        for what in done.broken:
            out().print(say("broken", what=what), markup=False)
        out().print(say("restore_end", whole=len(done.versions), broken=len(done.broken)))
    sys.exit(1 if done.broken or not done.versions else 0)


def _tell_written(done: Wrote, target: Path) -> None:
    for refused in done.refused:
        tell(refused, out())
    if done.bundle is not None:
        made = done.bundle
        facts = {"bundle": made.id, "label": made.label, "location": printable(made.location)}
        counts = {"versions": len(made.versions), "parts": len(made.parts), "megabytes": f"{made.size / 1e6:.1f}"}
        out().print(say("written", **facts, **counts), markup=False)
        for each in made.parts.values():
            out().print(f"  {printable(str(target / each.file if target.is_dir() else target))}", markup=False)
    else:
        out().print(say("none_written" if done.refused else "nothing"))
    if done.refused:
        out().print(say("refused", count=len(done.refused)))
    if done.left:
        out().print(say("left", count=done.left))


def _tell_part(part: PartCheck) -> None:
    if part.bundle:
        facts = {"part": part.number, "parts": part.parts, "bundle": part.bundle, "files": part.files}
        verdict = say(f"word.{part.verdict.value}")
        line = say(
            "read_part", path=printable(str(part.path)), megabytes=f"{part.bytes / 1e6:.1f}", verdict=verdict, **facts
        )
        out().print(line, markup=False)
    _tell_faults(part.faults)


def _tell_faults(faults: Sequence[Finding]) -> None:
    for fault in faults[:_SHOWN]:
        tell(fault, out())
    if len(faults) > _SHOWN:
        out().print(say("more", count=len(faults) - _SHOWN))


def _plain(part: PartCheck) -> dict[str, object]:
    """A part for programs."""
    return {
        "path": printable(str(part.path)),
        "bundle": part.bundle,
        "part": part.number,
        "parts": part.parts,
        "verdict": part.verdict.value,
        "files": part.files,
        "bytes": part.bytes,
        "seconds": round(part.seconds, 3),
        "faults": [{"code": fault.code, "text": fault.text()} for fault in part.faults],
    }


def _stop(why: str) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(why, markup=False)
    sys.exit(_USAGE)
