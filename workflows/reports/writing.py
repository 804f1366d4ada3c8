"""Reports become files: <date>-<kind>.html, .csv, .pdf, .json among the protocols, never one over another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from itertools import count
from pathlib import Path

from metadata.file import place_bytes
from metadata.problem import Problem
from metadata.record import to_pretty_json
from metadata.wording import Tongue
from repository.refusal import refusals
from workflows.reports.coretrustseal import coretrustseal
from workflows.reports.drills import drills
from workflows.reports.fixity import fixity
from workflows.reports.holdings import holdings
from workflows.reports.incidents import incidents
from workflows.reports.known import Known
from workflows.reports.ndsa import ndsa
from workflows.reports.sheet import Report

KINDS: Mapping[str, Callable[[Known, Tongue], Report]] = {
    "holdings": holdings,
    "fixity": fixity,
    "incidents": incidents,
    "drills": drills,
    "ndsa": ndsa,
    "coretrustseal": coretrustseal,
}
"""The reports about the whole repository."""
FORMATS = ("html", "csv", "pdf", "json")
"""But for JSON, each is made by the function as_<format> of workflows.reports.as_<format>."""


def write_report(report: Report, formats: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """Write a report into `folder` in each of `formats` (of FORMATS); a second one of a day gets a number.

    Raises:
        Problem: S003, the folder cannot be written; S099, no font for the PDF.
    """
    contents = {name: _content(report, name) for name in formats}
    stem = f"{report.origin.made[:10]}-{report.kind}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        chosen = next(
            name for name in _names(stem) if not any((folder / f"{name}.{each}").exists() for each in FORMATS)
        )
        for name, content in contents.items():
            place_bytes(folder / f"{chosen}.{name}", content)
    except OSError as error:
        raise Problem("S003", folder, why=error.strerror or str(error)) from error
    return tuple(folder / f"{chosen}.{name}" for name in contents)


def write_as(report: Report, formats: Iterable[str], folder: Path, stem: str) -> tuple[Path, ...]:
    """Write a report as `stem`.<format> into `folder`, over an earlier one of the same name.

    Raises:
        Problem: as `write_report`.
    """
    paths = []
    for name in formats:
        content = _content(report, name)
        with refusals(folder):
            folder.mkdir(parents=True, exist_ok=True)
            place_bytes(folder / f"{stem}.{name}", content)
        paths.append(folder / f"{stem}.{name}")
    return tuple(paths)


def _content(report: Report, name: str) -> bytes:
    """The report in one format; only that one's library is loaded (a PDF's takes as long as reading the journal)."""
    if name == "json":
        return to_pretty_json(report)
    write: Callable[[Report], str | bytes] = getattr(import_module(f"workflows.reports.as_{name}"), f"as_{name}")
    made = write(report)
    return made.encode() if isinstance(made, str) else made


def _names(stem: str) -> Iterable[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))
