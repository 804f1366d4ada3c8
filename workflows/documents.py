"""Protocols of drills and repairs as documents: HTML and PDF/A among the protocols, sealed when a key is set up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from metadata.event import now
from metadata.finding import Finding
from metadata.problem import Problem
from metadata.wording import Tongue, chosen_tongue
from repository.journal import Journal
from workflows.agents import KDR
from workflows.reports.sheet import Origin, Report
from workflows.reports.writing import write_as
from workflows.sealing import seal_beside, sealer
from workflows.settings import Home

FORMATS = ("html", "pdf")
Draw = Callable[[Origin, Tongue], Report]


def write_documents(
    home: Home, target: Path, subject: str, draw: Draw, tell: Callable[[Finding], None]
) -> tuple[Path, ...]:
    """Write what `draw` makes as `target`.html and `target`.pdf, in the reader's language; seals beside.

    The documents name the last entry of the journal about `subject`. What happened is journalled already, so that a
    missing font, a full disk or a silent time authority is only told.
    """
    try:
        report = draw(_origin(home, subject), chosen_tongue())
        paths = write_as(report, FORMATS, target.parent, target.name)
        given = home.settings.seal
        return (*paths, *seal_beside(paths, sealer(home))) if given.pkcs12 or given.tsa else paths
    except Problem as problem:
        tell(problem.finding)
        return ()


def _origin(home: Home, subject: str) -> Origin:
    entries = list(Journal(home.journal).entries(subject))
    seq, digest = (entries[-1].seq, entries[-1].hash) if entries else (0, "")
    own = home.settings.institution
    maker = f"{KDR.name} {KDR.version}"
    return Origin(str(home.folder), f"{own.name} ({own.sigla})", now(), maker, seq, digest)
