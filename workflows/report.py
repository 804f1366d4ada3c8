"""What happened to a batch, as one HTML page that opens anywhere offline, and as a table for a spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup

from metadata.event import now
from metadata.file import place_bytes
from metadata.finding import Finding, Severity
from metadata.wording import Tongue, printable
from workflows.batch import State
from workflows.contact_sheet import contact_sheet
from workflows.html_page import page_template
from workflows.proposals_shown import counts, structures
from workflows.report_table import as_csv
from workflows.report_words import both, duration, figure, number, pair, say, told, when, word
from workflows.standing import CHAIN, BatchStanding, PageStanding, PageState, standing

_MOST_TEXTS = 4
_MOST_SUBJECTS = 12
_MOST_UNREAD = 40
_MOST_OPEN = 25
"""Longer lists of unsure pages and of divisions are folded until somebody wants them."""

_SEVERITIES = (Severity.FATAL, Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Report:
    """Where the two files of a report lie."""

    html: Path
    csv: Path


@dataclass(frozen=True, slots=True)
class Kind:
    """All findings of one code: their texts and advice, each said once, and what they are about."""

    code: str
    severity: Severity
    count: int
    texts: tuple[Markup, ...]
    advice: tuple[Markup, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepTime:
    """What a step took (seconds): mean and longest over its pages, and all together; `share` of the longest mean."""

    step: str
    pages: int
    mean: float
    longest: float
    together: float
    share: float


@dataclass(frozen=True, slots=True)
class Bin:
    """How many pages were read with a confidence of `low` to `high` per cent; `share` of the fullest bin."""

    low: int
    high: int
    count: int
    share: float


def write_report(folder: Path, target: Path | None = None) -> Report:
    """Write the report of the batch in `folder`: report.html and, beside it, report.csv.

    Args:
        folder: the batch folder, in whatever state.
        target: another place for the HTML file; the table gets the same name with .csv.

    Raises:
        OSError: the files cannot be written.
    """
    found = standing(folder)
    page = target or folder / "report.html"
    report = Report(page, page.with_suffix(".csv"))
    place_bytes(report.csv, as_csv(found).encode("utf-8-sig"))
    place_bytes(report.html, as_html(found, now(), table=report.csv.name).encode())
    return report


def as_html(found: BatchStanding, made: str, *, table: str = "report.csv") -> str:
    """The page, in both languages.

    Args:
        found: how the batch stands.
        made: when it was looked at, ISO 8601.
        table: the name of the CSV file that lies beside it.
    """
    sheet, left_out = contact_sheet(found)
    structure, quiet = structures(found)
    shown = {card.page.subject: card.anchor for cards in sheet.values() for card in cards}
    text = _template().render(
        b=found,
        made=made,
        table=table,
        verdict=_verdict(found, made),
        states=Counter(volume.state for volume in found.volumes),
        rescan=[(volume, pages) for volume in found.volumes if (pages := [p for p in volume.pages if p.rescan])],
        sheet=sheet,
        left_out=left_out,
        structure=structure,
        linked={each.anchor for each in structure},
        quiet=quiet,
        shown=shown,
        kinds=_kinds(found),
        steps=_steps(found),
        bins=_bins(found),
        textless=sum(page.confidence < 0 for page in _done(found)),
        machine_seconds=sum(sum(page.seconds.values()) for page in _pages(found)),
        limits={"texts": _MOST_TEXTS, "subjects": _MOST_SUBJECTS, "unread": _MOST_UNREAD, "unsure": _MOST_OPEN},
    )
    return printable(text)


@cache
def _template() -> Template:
    known = {
        "t": both,
        "word": word,
        "n": figure,
        "told": told,
        "when": when,
        "duration": duration,
        "say": say,
        "pair": pair,
        "tongues": tuple(Tongue),
        "counts": counts,
    }
    return page_template("report.html", known, {"number": number})


def _verdict(found: BatchStanding, made: str) -> Markup:
    """The one sentence that an operator looks for."""
    states = {volume.state for volume in found.volumes}
    if found.working and found.eta_seconds is not None:
        ready = both("verdict_ready", time=duration(found.eta_seconds))
        return Markup("{} ({})").format(ready, when(made, found.eta_seconds))
    if found.working:
        return both("verdict_working")
    if states - {State.STORED, State.WAITING, State.UNNUMBERED}:
        return both("verdict_resume", batch=found.id)
    if State.WAITING in states:
        return both("verdict_rescan" if found.rescan else "verdict_waiting")
    return both("verdict_unnumbered" if State.UNNUMBERED in states else "verdict_stored" if states else "verdict_empty")


def _pages(found: BatchStanding) -> Iterator[PageStanding]:
    return (page for volume in found.volumes for page in volume.pages)


def _done(found: BatchStanding) -> list[PageStanding]:
    return [page for page in _pages(found) if page.state is PageState.DONE]


def _kinds(found: BatchStanding) -> list[Kind]:
    """All findings by code, those that stop first."""
    every = list(found.findings)
    for volume in found.volumes:
        every += [*volume.findings, *(f for page in volume.pages for f in page.findings)]
    by_code: dict[str, list[Finding]] = {}
    for one in every:
        by_code.setdefault(one.code, []).append(one)
    kinds = [
        Kind(
            code=code,
            severity=same[0].severity,
            count=len(same),
            texts=tuple(dict.fromkeys(told(f, about=_about(code)) for f in same)),
            advice=tuple(dict.fromkeys(text for f in same if (text := told(f, about=_about(code), advice=True)))),
            subjects=tuple(dict.fromkeys(f.subject for f in same)),
        )
        for code, same in by_code.items()
    ]
    return sorted(kinds, key=lambda kind: (_SEVERITIES.index(kind.severity), kind.code))


def _about(code: str) -> str:
    """What a sentence about many subjects says instead of each: page and text findings are about scans."""
    return "the_scan" if code[0] in "PT" else "each"


def _steps(found: BatchStanding) -> list[StepTime]:
    took: dict[str, list[float]] = {step: [] for step in CHAIN}
    for page in _pages(found):
        for step, seconds in page.seconds.items():
            took[step].append(seconds)
    times = {step: seconds for step, seconds in took.items() if seconds}
    most = max((sum(s) / len(s) for s in times.values()), default=0.0) or 1.0
    return [
        StepTime(step, len(s), sum(s) / len(s), max(s), sum(s), max(0.0, sum(s) / len(s) / most))
        for step, s in times.items()
    ]


def _bins(found: BatchStanding) -> list[Bin]:
    """Finished pages by confidence, five per cent a bin; empty when none has text."""
    read = [min(max(page.confidence, 0.0), 1.0) for page in _done(found) if page.confidence >= 0]
    counts = Counter(min(19, int(value * 20 + 1e-9)) for value in read)
    most = max(counts.values(), default=0)
    return [Bin(5 * i, 5 * i + 5, counts[i], counts[i] / most) for i in range(20)] if most else []
