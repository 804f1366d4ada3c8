"""What happened to a batch, as one HTML page that opens anywhere offline, and as a table for a spreadsheet."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from metadata.event import now
from metadata.file import place_bytes
from metadata.finding import Finding, Severity
from metadata.wording import Tongue, printable, wording
from workflows.batch import State
from workflows.standing import CHAIN, BatchStanding, PageStanding, PageState, VolumeStanding, standing

MOST_PICTURES = 600
"""So many pages are on the contact sheet: about 14 MB with pictures of 260 pixels, which a phone still opens."""

_LARGEST_PICTURE = 256 << 10
_MOST_TEXTS = 4
_MOST_SUBJECTS = 12
_MOST_UNREAD = 40
_WORDS = wording("workflows", "report.toml")
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
_SEVERITIES = (Severity.FATAL, Severity.ERROR, Severity.WARNING, Severity.INFO)
_COLUMNS = (
    "volume", "number", "scan", "state", "step", "confidence", "words", "angle", "blank", "seconds", "codes", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """Where the two files of a report lie."""

    html: Path
    csv: Path


@dataclass(frozen=True, slots=True)
class Card:
    """A page on the contact sheet: its volume, its anchor, and its picture as a data: URI or empty."""

    anchor: str
    volume: VolumeStanding
    page: PageStanding
    picture: str


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


def as_csv(found: BatchStanding) -> str:
    """One row a page, in Czech, as Czech spreadsheets read it: semicolons, decimal commas, CRLF.

    Cells of text that a spreadsheet would compute (= + - @ first) get a leading apostrophe.
    """
    lines = io.StringIO()
    table = csv.writer(lines, delimiter=";", lineterminator="\r\n")
    table.writerow([_say(f"column_{name}", Tongue.CS) for name in _COLUMNS])
    for volume in found.volumes:
        table.writerows(_row(volume, page) for page in volume.pages)
    return lines.getvalue()


def as_html(found: BatchStanding, made: str, *, table: str = "report.csv") -> str:
    """The page, in both languages.

    Args:
        found: how the batch stands.
        made: when it was looked at, ISO 8601.
        table: the name of the CSV file that lies beside it.
    """
    sheet, left_out = _sheet(found)
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
        shown=shown,
        kinds=_kinds(found),
        steps=_steps(found),
        bins=_bins(found),
        textless=sum(page.confidence < 0 for page in _done(found)),
        machine_seconds=sum(sum(page.seconds.values()) for page in _pages(found)),
        limits={"texts": _MOST_TEXTS, "subjects": _MOST_SUBJECTS, "unread": _MOST_UNREAD},
    )
    return printable(text)


@cache
def _template() -> Template:
    world = Environment(
        loader=PackageLoader("workflows"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    world.globals.update(
        t=_both, word=_word, n=_figure, told=_told, when=_when, duration=_duration, say=_say, tongues=tuple(Tongue)
    )
    world.filters["number"] = _number
    return world.get_template("report.html")


# --- words ------------------------------------------------------------------------------------------------------------


def _say(key: str, tongue: Tongue, **facts: object) -> str:
    return _WORDS.say(key, tongue, **{name: _number(value, tongue) for name, value in facts.items()})


def _pair(cs: str, en: str) -> Markup:
    """Czech and English side by side; the page shows one of them. What is the same in both is said once."""
    if cs == en:
        return Markup.escape(cs)
    return Markup('<span lang="cs">{}</span><span lang="en">{}</span>').format(cs, en)


def _both(key: str, **facts: object) -> Markup:
    return _pair(_say(key, Tongue.CS, **facts), _say(key, Tongue.EN, **facts))


def _word(kind: str, value: str) -> Markup:
    """The word for `value` of that kind; the value itself where there is none (a step of a later version)."""
    key = f"{kind}_{value}"
    return _both(key) if key in _WORDS.sentences else Markup.escape(value)


def _number(value: object, tongue: Tongue, digits: int = 1) -> str:
    """Numbers as the language writes them: 1 234,5 and 1,234.5; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"
    return text.translate({ord(","): "\xa0", ord("."): ","}) if tongue is Tongue.CS else text


def _figure(value: float, digits: int = 1) -> Markup:
    return _pair(_number(value, Tongue.CS, digits), _number(value, Tongue.EN, digits))


def _duration(seconds: float) -> str:
    """Hours and minutes, minutes, or seconds: the same in both languages."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60}\xa0h {minutes % 60:02d}\xa0min"
    return f"{minutes}\xa0min" if minutes >= 10 else f"{minutes}\xa0min {rest}\xa0s" if minutes else f"{rest}\xa0s"


def _when(text: str, ahead: float = 0.0) -> Markup:
    """The moment `text` (ISO 8601), or `ahead` seconds after it, by this machine's clock; as it is when it is none."""
    try:
        moment = (dt.datetime.fromisoformat(text) + dt.timedelta(seconds=ahead)).astimezone()
    except (ValueError, OverflowError):
        return Markup.escape(text)
    return _pair(f"{moment.day}. {moment.month}. {moment.year} {moment:%H:%M}", f"{moment:%Y-%m-%d %H:%M}")


def _sentence(found: Finding, tongue: Tongue, *, advice: bool = False) -> str:
    """What a finding says; its code and subject where it lacks a fact that its sentence needs."""
    try:
        return found.advice(tongue) if advice else found.text(tongue)
    except (LookupError, ValueError, TypeError, AttributeError):
        return f"{found.code} {found.subject}"


def _told(found: Finding, *, about: str = "", advice: bool = False) -> Markup:
    """A finding, or its advice, in both languages; with `about` (a key of our words) instead of its subject.

    Where the subject stands beside it, "The scan" is easier to read than a path; many findings become one sentence.
    """
    cs, en = (
        _sentence(replace(found, subject=_say(about, tongue)) if about else found, tongue, advice=advice)
        for tongue in Tongue
    )
    return _pair(cs, en)


def _verdict(found: BatchStanding, made: str) -> Markup:
    """The one sentence that an operator looks for."""
    states = {volume.state for volume in found.volumes}
    if found.working and found.eta_seconds is not None:
        time = _duration(found.eta_seconds)
        ready = _when(made, found.eta_seconds)
        return Markup("{} ({})").format(_both("verdict_ready", time=time), ready)
    if found.working:
        return _both("verdict_working")
    if states - {State.STORED, State.WAITING, State.UNNUMBERED}:
        return _both("verdict_resume", batch=found.id)
    if State.WAITING in states:
        return _both("verdict_rescan" if found.rescan else "verdict_waiting")
    return _both(
        "verdict_unnumbered" if State.UNNUMBERED in states else "verdict_stored" if states else "verdict_empty"
    )


# --- what the page shows ----------------------------------------------------------------------------------------------


def _pages(found: BatchStanding) -> Iterator[PageStanding]:
    return (page for volume in found.volumes for page in volume.pages)


def _done(found: BatchStanding) -> list[PageStanding]:
    return [page for page in _pages(found) if page.state is PageState.DONE]


def _rank(page: PageStanding) -> str:
    """In which part of the contact sheet a page is."""
    if page.state is not PageState.DONE:
        return "stopped"
    return "warning" if any(f.severity is Severity.WARNING for f in page.findings) else "fine"


def _worth(page: PageStanding) -> float:
    """How little a page needs a look: none with ink but no text, the less the less sure its text, most when blank."""
    return 2.0 if page.blank else page.confidence


def _sheet(found: BatchStanding) -> tuple[dict[str, list[Card]], int]:
    """The contact sheet, worst first, in its three parts; and how many pages it leaves out."""
    pages = [
        (page, volume, f"s-{number}-{page.number}")
        for number, volume in enumerate(found.volumes, 1)
        for page in volume.pages
        if page.state is not PageState.LEFT
    ]
    sheet: dict[str, list[Card]] = {"stopped": [], "warning": [], "fine": []}
    pages.sort(key=lambda each: (list(sheet).index(_rank(each[0])), _worth(each[0])))
    for page, volume, anchor in pages[:MOST_PICTURES]:
        sheet[_rank(page)].append(Card(anchor, volume, page, _picture(page.thumbnail)))
    return sheet, max(0, len(pages) - MOST_PICTURES)


def _picture(path: Path | None) -> str:
    """A JPEG as a data: URI; empty when there is none, or it is not one, or too large to travel in a report."""
    if path is None:
        return ""
    try:
        content = path.read_bytes() if path.stat().st_size <= _LARGEST_PICTURE else b""
    except OSError:
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}" if content[:3] == b"\xff\xd8\xff" else ""


def _kinds(found: BatchStanding) -> list[Kind]:
    """All findings by code, those that stop first."""
    told = list(found.findings)
    for volume in found.volumes:
        told += [*volume.findings, *(f for page in volume.pages for f in page.findings)]
    by_code: dict[str, list[Finding]] = {}
    for one in told:
        by_code.setdefault(one.code, []).append(one)
    kinds = [
        Kind(
            code=code,
            severity=same[0].severity,
            count=len(same),
            texts=tuple(dict.fromkeys(_told(f, about=_about(code)) for f in same)),
            advice=tuple(dict.fromkeys(text for f in same if (text := _told(f, about=_about(code), advice=True)))),
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


def _row(volume: VolumeStanding, page: PageStanding) -> list[str]:
    said = " | ".join(_sentence(found, Tongue.CS) for found in page.findings)
    state = _say(f"page_{page.state}", Tongue.CS)
    step = _say(f"step_{page.step}", Tongue.CS) if page.step in CHAIN else page.step
    return [
        _harmless(volume.folder),
        page.number,
        _harmless(page.subject.removeprefix(f"{volume.folder}/")),
        state,
        _harmless(step),
        _decimal(page.confidence * 100, 1) if page.confidence >= 0 else "",
        str(page.words),
        _decimal(page.angle, 2),
        _say("yes", Tongue.CS) if page.blank else "",
        _decimal(sum(page.seconds.values()), 1),
        " ".join(found.code for found in page.findings),
        _harmless(said),
    ]


def _decimal(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")


def _harmless(text: str) -> str:
    """Text that a spreadsheet takes as text."""
    clean = printable(text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean
