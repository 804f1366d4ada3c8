"""`kdr gate`: check, take, list, back, clear, profile."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.wording import wording
from workflows.cli.speech import home, out, say, show_json, table, tell_grouped

if TYPE_CHECKING:
    from workflows.gate_report import Gated
    from workflows.gate_sight import Examined


def _says(key: str, **facts: object) -> str:
    return wording("workflows", "gate.toml").say(key, None, **facts)


app = typer.Typer(help=_says("help"), no_args_is_help=True)

Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help=_says("help.path"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="gate")


@app.command("check", help=_says("help.check"))
def check_bags(paths: Paths, *, as_json: AsJson = False) -> None:
    """Judge bags; exit code 1 when one must be refused, its warnings go to standard error."""
    from metadata.problem import Problem
    from workflows.gate_sight import check
    from workflows.settings import GateSettings

    try:
        here = home()
        settings, scratch = here.settings.gate, here.quarantine
    except Problem as problem:
        if problem.finding.code != "E006":
            raise
        settings, scratch = GateSettings(), None  # a bag can be checked where there is no repository
    seen = []
    for path in paths:
        seen.append(check(path, settings, scratch))
        if not as_json:
            _show(seen[-1])
        _warn(seen[-1])
    if as_json:
        show_json(seen)
    sys.exit(0 if all(each.accepted for each in seen) else 1)


@app.command("take", help=_says("help.take"))
def take_bags(
    paths: Paths,
    *,
    by: Annotated[str, typer.Option("--by", help=_says("help.by"))] = "",
    as_json: AsJson = False,
) -> None:
    """Take deliveries; exit code 1 when one is refused."""
    from workflows.gate import take
    from workflows.gate_report import ACCEPTED

    here, ended = home(), []
    for path in paths:
        ended.append(take(here, path, by))
        if not as_json:
            _show_end(ended[-1], here.quarantine)
    if as_json:
        show_json(ended)
    sys.exit(0 if all(each.verdict == ACCEPTED for each in ended) else 1)


@app.command("list", help=_says("help.list"))
def list_deliveries(*, as_json: AsJson = False) -> None:
    """List the deliveries at the gate."""
    from metadata.wording import printable
    from workflows.gate import waiting

    found = waiting(home())
    if as_json:
        show_json(found)
    elif not found:
        out().print(_says("none"))
    else:
        here = {True: say("word.yes"), False: say("word.no")}
        rows = [
            (
                each.id[:13],
                each.name,
                _says(f"verdict.{each.verdict}"),
                each.object_id,
                here[each.here],
                printable(each.findings[0].text()) if each.findings else "",
            )
            for each in found
        ]
        out().print(table(("id", "name", "verdict", "object", "here", "why"), rows, _says))


@app.command("back", help=_says("help.back"))
def give_back(
    delivery: Annotated[str, typer.Argument(metavar="ID", help=_says("help.id"))],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help=_says("help.target"))],
) -> None:
    """Give a refused delivery back."""
    from workflows.cli.targets import require_outside
    from workflows.gate import hand_back

    here = home()
    require_outside(here, target)
    out().print(_says("given_back", path=hand_back(here, delivery, target)))


@app.command("clear", help=_says("help.clear"))
def clear() -> None:
    """Remove the originals of what is stored and safe."""
    from workflows.gate import clear_safe

    out().print(_says("cleared", count=len(clear_safe(home()))))


@app.command("profile", help=_says("help.profile"))
def profile() -> None:
    """Print our BagIt profile."""
    from importlib.resources import files

    sys.stdout.write(files("repository").joinpath("profile.json").read_text(encoding="utf-8"))


def _show(seen: Examined) -> None:
    """One bag that was checked."""
    console = out()
    if seen.accepted:
        kept = _says(f"kept.{seen.kept}")
        facts = {"bagit": seen.bagit, "files": seen.files, "bytes": seen.bytes, "kept": kept}
        console.print(_says("valid", path=seen.path, **facts), markup=False)
    else:
        console.print(_says("invalid", path=seen.path), markup=False)
        tell_grouped([found for found in seen.findings if found.stops], console)
    if seen.left_out:
        console.print(_says("left_out", count=seen.left_out))


def _warn(seen: Examined) -> None:
    """What is unusual, on standard error."""
    from rich.console import Console

    from metadata.finding import Severity

    warnings = [found for found in seen.findings if found.severity is Severity.WARNING]
    tell_grouped(warnings, Console(stderr=True, highlight=False, soft_wrap=True))


def _show_end(ended: Gated, quarantine: Path) -> None:
    """One delivery that was taken."""
    console = out()
    if ended.object_id:
        state = _says("state.safe" if ended.safe else "state.stored")
        kept = _says(f"kept.{ended.seen.kept}")
        facts = {"object": ended.object_id, "version": ended.version, "state": state, "kept": kept}
        console.print(_says("accepted", name=ended.name, **facts), markup=False)
    else:
        console.print(_says("refused", name=ended.name, folder=quarantine / ended.id), markup=False)
    tell_grouped(ended.seen.findings, console)
    if ended.seen.left_out:
        console.print(_says("left_out", count=ended.seen.left_out))
