"""`kdr seal`: the daily record, its seal and time stamps, their check and renewal, proofs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from metadata.wording import wording
from workflows.cli.speech import home, out, show_json, table, tell

_USAGE = 2


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "seal.toml").say(key, None, **facts)


app = typer.Typer(help=say("help.seal"), no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help=say("help.seal.json"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="seal")


@app.command("run", help=say("help.seal.run"))
def run(
    *, again: Annotated[bool, typer.Option("--again", help=say("help.seal.again"))] = False, as_json: AsJson = False
) -> None:
    """Write, seal and stamp today's record; 75 when the authority gave no stamp."""
    from metadata.finding import exit_code
    from workflows.sealing import seal_today

    done, console = seal_today(home(), again=again), out()
    if as_json:
        show_json(done)
    else:
        console.print(say("written" if done.new else "already", name=done.name))
        if done.signer:
            console.print(say("signed", signer=done.signer), markup=False)
        if done.test:
            console.print(say("test"))
        if done.stamped:
            console.print(say("stamped", time=done.stamped))
        for found in done.findings:
            tell(found, console)
    sys.exit(max((exit_code(found.code) for found in done.findings if found.stops), default=0))


@app.command("check", help=say("help.seal.check"))
def check(*, as_json: AsJson = False) -> None:
    """Check all records; 1 on any fault."""
    from workflows.sealing import check as checked_home
    from workflows.sealing import faults

    checked = checked_home(home())
    found = faults(checked)
    if as_json:
        show_json({"good": checked.good, "days": checked.days, "findings": found})
        sys.exit(0 if checked.good else 1)
    console = out()
    words = {"": say("word.good"), "unread": say("word.unread")}
    rows = [
        (
            day.name,
            each.file,
            each.by,
            each.time,
            *(words.get(said, said) for said in (each.python, each.openssl)),
            until,
        )
        for day in checked.days
        for each, until in zip(day.judged, ["", *[day.lasts_until] * len(day.judged)], strict=False)
    ]
    if rows:
        console.print(table(("record", "file", "by", "time", "python", "openssl", "until"), rows, say))
    if any(day.test for day in checked.days):
        console.print(say("test"))
    for each in found:
        tell(each, console)
    wrong = len(checked.rows) + sum(each.stops for each in checked.findings)
    console.print(say("checked", days=len(checked.days), faults=wrong))
    sys.exit(0 if checked.good else 1)


@app.command("renew", help=say("help.seal.renew"))
def renew() -> None:
    """Put new stamps over what ends soon."""
    from workflows.sealing import renew_stamps

    made = renew_stamps(home())
    for path in made:
        out().print(str(path), markup=False)
    out().print(say("renewed", count=len(made)))


@app.command("key", help=say("help.seal.key"))
def key(
    *,
    test: Annotated[bool, typer.Option("--test", help=say("help.seal.test"))] = False,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help=say("help.seal.file"))] = None,
) -> None:
    """Make a key for trying."""
    from workflows.sealing import new_test_key

    if not test:
        out().print(say("key.test_only"))
        sys.exit(_USAGE)
    here = home()
    path, subject = new_test_key(here, file)
    name = path.relative_to(here.folder) if path.is_relative_to(here.folder) else path.resolve()
    out().print(say("key.made", path=path, subject=subject, name=name), markup=False)


@app.command("proof", help=say("help.seal.proof"))
def proof(
    object_id: Annotated[str, typer.Argument(metavar="ID", help=say("help.seal.id"))],
    *,
    version: Annotated[str, typer.Option(help=say("help.seal.version"))] = "",
    date: Annotated[str, typer.Option(help=say("help.seal.date"))] = "",
    target: Annotated[Path | None, typer.Option("--out", metavar="FILE", help=say("help.seal.out"))] = None,
) -> None:
    """Show that a version stands under a sealed root."""
    from metadata.file import place_bytes
    from workflows.cli.targets import require_outside
    from workflows.sealing import proof_of

    where = home()
    require_outside(where, target)
    made = proof_of(where, object_id, version, date)
    content = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if target is None:
        sys.stdout.write(content)
        return
    place_bytes(target, content.encode())
    out().print(say("proof.written", path=target), markup=False)
