"""Reports become files: <date>-<kind>.html, .csv, .pdf, .json among the protocols, never one over another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path

from metadata.file import place_bytes
from metadata.problem import Problem
from metadata.record import to_pretty_json
from metadata.wording import Tongue
from repository.refusal import refusals
from repository.seal import Sealer
from repository.seal_stamp import obtain
from workflows.reports.as_csv import as_csv
from workflows.reports.as_html import as_html
from workflows.reports.as_pdf import as_pdf
from workflows.reports.coretrustseal import coretrustseal
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
    "ndsa": ndsa,
    "coretrustseal": coretrustseal,
}
"""The reports about the whole repository."""
FORMATS: Mapping[str, Callable[[Report], bytes]] = {
    "html": lambda report: as_html(report).encode(),
    "csv": as_csv,
    "pdf": as_pdf,
    "json": to_pretty_json,
}


def write_report(report: Report, formats: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """Write a report into `folder` in each of `formats` (keys of FORMATS); a second one of a day gets a number.

    Raises:
        Problem: S003, the folder cannot be written; S099, no font for the PDF.
    """
    contents = {name: FORMATS[name](report) for name in formats}
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


def seal_beside(paths: Iterable[Path], sealer: Sealer) -> tuple[Path, ...]:
    """Seal each file: beside it its detached CMS signature (.p7s) and a stamp over its bytes (.tsr), as far as set up.

    Raises:
        Problem: S053 the authority gave no usable stamp, S055 no trusted certificates, S003 the folder refuses.
    """
    made = []
    for path in paths:
        content = path.read_bytes()
        signed = {".p7s": sealer.key.sign(content)} if sealer.key else {}
        stamped = {".tsr": obtain(sealer.authority, content)} if sealer.authority else {}
        for suffix, token in (signed | stamped).items():
            beside = path.with_name(path.name + suffix)
            with refusals(path.parent):
                place_bytes(beside, token)
            made.append(beside)
    return tuple(made)


def _names(stem: str) -> Iterable[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))
