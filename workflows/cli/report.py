"""`kdr report`: what an archivist hands on; each report as a page, a table and PDF/A."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.wording import Tongue, chosen_tongue, wording
from workflows.cli.speech import home, out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from workflows.reports.known import Known
    from workflows.reports.sheet import Report
    from workflows.settings import Home

_say = wording("workflows", "reports.toml").say
app = typer.Typer(help=_say("help"), no_args_is_help=True)


class Format(StrEnum):
    """In which form; `all` is every one."""

    HTML = "html"
    CSV = "csv"
    PDF = "pdf"
    JSON = "json"
    ALL = "all"


Wanted = Annotated[Format, typer.Option("--format", help=_say("help.format"))]
Language = Annotated[Tongue | None, typer.Option("--language", help=_say("help.language"))]
Target = Annotated[Path | None, typer.Option("--to", metavar="DIR", help=_say("help.to"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="report")


@app.command("holdings", help=_say("help.holdings"))
def holdings_report(wanted: Wanted = Format.HTML, language: Language = None, to: Target = None) -> None:
    """What we have, where, how many copies, when proved."""
    _write(_whole("holdings"), wanted, language, to)


@app.command("fixity", help=_say("help.fixity"))
def fixity_report(
    wanted: Wanted = Format.HTML,
    language: Language = None,
    to: Target = None,
    days: Annotated[int, typer.Option("--days", min=1, max=36500, help=_say("help.fixity.days"))] = 365,
) -> None:
    """Which copies were read, what that found, what is overdue."""
    from workflows.reports.fixity import fixity

    _write(lambda known, tongue: fixity(known, tongue, days), wanted, language, to)


@app.command("incidents", help=_say("help.incidents"))
def incidents_report(wanted: Wanted = Format.HTML, language: Language = None, to: Target = None) -> None:
    """What was found damaged and what mended it."""
    _write(_whole("incidents"), wanted, language, to)


@app.command("drills", help=_say("help.drills"))
def drills_report(wanted: Wanted = Format.HTML, language: Language = None, to: Target = None) -> None:
    """All drills: what passed, how long each harm took, when the next is due."""
    _write(_whole("drills"), wanted, language, to)


@app.command("ndsa", help=_say("help.ndsa"))
def ndsa_report(wanted: Wanted = Format.HTML, language: Language = None, to: Target = None) -> None:
    """NDSA levels, with what is missing for the next."""
    _write(_whole("ndsa"), wanted, language, to)


@app.command("coretrustseal", help=_say("help.coretrustseal"))
def coretrustseal_report(wanted: Wanted = Format.HTML, language: Language = None, to: Target = None) -> None:
    """The evidence page for CoreTrustSeal."""
    _write(_whole("coretrustseal"), wanted, language, to)


@app.command("deletable", help=_say("help.deletable"))
def deletable_report(
    batch: Annotated[str, typer.Argument(metavar="BATCH|DELIVERY", help=_say("help.deletable.batch"))],
    wanted: Wanted = Format.HTML,
    language: Language = None,
    to: Target = None,
    days: Annotated[int, typer.Option("--days", min=1, max=36500, help=_say("help.deletable.days"))] = 90,
) -> None:
    """Which raw scans may be deleted; exit code 1 when not all of them."""
    from workflows.reports.deletable import deletable

    made = _write(lambda known, tongue: deletable(known, batch, days, tongue), wanted, language, to)
    sys.exit(1 if made.tables[1].rows or not made.tables[0].rows else 0)


def _whole(kind: str) -> Callable[[Known, Tongue], Report]:
    from workflows.reports.writing import KINDS

    return KINDS[kind]


def _write(make: Callable[[Known, Tongue], Report], wanted: Format, language: Tongue | None, to: Path | None) -> Report:
    from metadata.event import now
    from workflows.cli.targets import require_outside
    from workflows.reports.known import gather
    from workflows.reports.writing import FORMATS, write_report

    where = home()
    require_outside(where, to)
    report = make(gather(where, now()), language or chosen_tongue())
    formats = list(FORMATS) if wanted is Format.ALL else [wanted.value]
    console = out()
    console.print(report.verdict.text, markup=False)
    written = write_report(report, formats, to or where.protocols)
    for path in written:
        console.print(_say("written", path=path), markup=False)
    if where.settings.seal.pkcs12 is None and not where.settings.seal.tsa:
        console.print(_say("unsealed"), style="dim", markup=False)
    else:
        _seal(where, written, console)
    return report


def _seal(where: Home, written: Sequence[Path], console: Console) -> None:
    from repository.seal_key import is_test
    from workflows.sealing import seal_beside, sealer

    means = sealer(where)
    for path in seal_beside(written, means):
        console.print(_say("sealed", path=path), markup=False)
    if means.key is None:
        console.print(_say("unsealed"), style="dim", markup=False)
    elif is_test(means.key.certificate):
        console.print(_say("test_seal"), style="bold", markup=False)
