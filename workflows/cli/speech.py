"""How the commands speak: the reader's language, tables, findings, exit codes."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from metadata.finding import Finding, Severity
from metadata.problem import Problem
from metadata.record import plain
from metadata.wording import printable, wording
from workflows.settings import Home, find_home, load

_COLOURS = {Severity.INFO: "dim", Severity.WARNING: "yellow", Severity.ERROR: "red", Severity.FATAL: "bold red"}

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Chosen:
    """What the options before the command said: the repository's folder."""

    folder: Path | None = None


def say(key: str, **facts: object) -> str:
    """A sentence of the commands in the reader's language."""
    return wording("workflows", "messages.toml").say(key, None, **facts)


def home() -> Home:
    """The repository that the command works on.

    Raises:
        Problem: E006 there is none, E005 its settings are wrong.
    """
    return load(find_home(Chosen.folder))


def out() -> Console:
    """Where results are printed; not cut to a width when it is no terminal."""
    return Console(width=None if sys.stdout.isatty() else 200, soft_wrap=not sys.stdout.isatty(), highlight=False)


def show_json(value: object) -> None:
    """Print a value for programs."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=1) + "\n")


def moment(text: str) -> str:
    """A point in time (ISO 8601 with its offset) by this machine's clock, to the minute; other text as it is."""
    if not _MOMENT.fullmatch(text):
        return text
    return f"{dt.datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], titles: Callable[[str], str] = say) -> Table:
    """A table with its columns' titles from the wording: the commands' own, unless `titles` says them.

    Moments are told to the minute, so that narrow windows show them whole; programs get them by `--json`.
    """
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(titles(f"column.{column}"), overflow="fold")
    for row in rows:
        made.add_row(*(Text(printable(moment(str(cell)))) for cell in row))
    return made


def tell(found: Finding, console: Console, *, advise: bool = True) -> None:
    """One finding: code, text, and what to do."""
    line = Text(f"  {found.code} ", style=_COLOURS[found.severity])
    console.print(line.append(printable(found.text()), style="default"))
    if advise and found.advice():
        console.print(Text(f"       → {printable(found.advice())}", style="dim"))


def tell_grouped(findings: Iterable[Finding], console: Console) -> None:
    """Findings by code, each once, and what to do about a code once below them."""
    by_code: dict[str, dict[str, Finding]] = {}
    for found in findings:
        by_code.setdefault(found.code, {})[found.text()] = found
    for code in sorted(by_code):
        *others, last = by_code[code].values()
        for found in others:
            tell(found, console, advise=False)
        tell(last, console)


def stop(problem: Problem) -> int:
    """Say what stopped the command and give its exit code."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    tell(problem.finding, console)
    return problem.exit_code
