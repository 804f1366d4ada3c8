"""`kdr validate`: is a package as the National Library's standard wants it?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from metadata.problem import Problem
from metadata.wording import wording
from workflows.cli.speech import Chosen, out, show_json
from workflows.settings import find_home, load

# sysexits.h: data not acceptable, no such input, cannot be read or written.
_NOT_A_PACKAGE, _ABSENT, _UNREADABLE, _NO_SCHEMAS = 65, 66, 74, 66


def say(key: str, **facts: object) -> str:
    """A sentence of this command in the reader's language."""
    return wording("workflows", "validation.toml").say(key, None, **facts)


def add_to(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("validate", help=say("help.validate"))(validate)


def validate(
    path: Annotated[Path, typer.Argument(metavar="PATH", help=say("help.validate.path"))],
    *,
    as_json: Annotated[bool, typer.Option("--json", help=say("help.validate.json"))] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help=say("help.validate.html"))] = None,
    no_images: Annotated[bool, typer.Option("--no-images", help=say("help.validate.no_images"))] = False,
    schemas: Annotated[Path | None, typer.Option("--schemas", metavar="DIR", help=say("help.validate.schemas"))] = None,
) -> None:
    """Check a package and say whether it is valid."""
    from metadata.event import now
    from metadata.file import place_bytes
    from metadata.ndk.check.psp import NotAPackage
    from metadata.ndk.check.report import Verdict
    from metadata.ndk.check.validate import check
    from metadata.wording import printable
    from workflows.validation import as_html, as_text

    given = _schemas(schemas)
    try:
        report = check(path, schemas=given, images=not no_images)
        if html is not None:
            place_bytes(html, as_html(report, now()).encode())
    except FileNotFoundError as error:
        if not path.exists():
            _stop(_ABSENT, say("absent", path=printable(str(path))))
        _stop(_UNREADABLE, say("unreadable", path=printable(str(error.filename or path)), why=error.strerror or ""))
    except NotAPackage as refusal:
        why = printable(refusal.complaint.text())
        _stop(_NOT_A_PACKAGE, f"{refusal.complaint.rule} {say('not_a_package', path=printable(str(path)), why=why)}")
    except OSError as error:
        _stop(_UNREADABLE, say("unreadable", path=printable(str(error.filename or path)), why=error.strerror or error))
    if as_json:
        show_json(report.plain())
    else:
        for line in as_text(report):
            out().print(line, markup=False)
    if html is not None and not as_json:
        out().print(say("written", path=html), markup=False)
    sys.exit(0 if report.verdict is Verdict.VALID else 1)


def _schemas(given: Path | None) -> Path | None:
    """The folder of schemas: as given, else that of the repository, if there is one."""
    if given is None:
        return _at_home()
    if not (given / "ndk" / "ndk-combined.xsd").is_file():
        _stop(_NO_SCHEMAS, say("no_schemas", path=given))
    return given


def _at_home() -> Path | None:
    try:
        return load(find_home(Chosen.folder)).schemas
    except Problem as problem:
        # No repository here is no hindrance; one that was named, or whose settings are wrong, is.
        if Chosen.folder is not None or problem.finding.code != "E006":
            raise
        return None


def _stop(code: int, why: str) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(why, markup=False)
    sys.exit(code)
