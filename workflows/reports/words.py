"""How reports speak: sentences of workflows/reports.toml, numbers, sizes and moments in the report's language."""

from __future__ import annotations

import datetime as dt

from metadata.wording import Tongue, wording
from repository.verify import Verdict
from workflows.report_words import number
from workflows.reports.sheet import Cell, Mark, Moment, Origin, Tone

_WORDS = wording("workflows", "reports.toml")
_TONES = {Verdict.INTACT: Tone.GOOD, Verdict.UNREADABLE: Tone.WARN, Verdict.UNKNOWN: Tone.WARN}
DAY = 86_400.0


def say(key: str, tongue: Tongue | None = None, **facts: object) -> str:
    """The sentence `key`; numbers among its facts as the tongue writes them."""
    spoken = {name: number(fact, tongue) if tongue else fact for name, fact in facts.items()}
    return _WORDS.say(key, tongue, **spoken)


def known(key: str) -> bool:
    """Whether there is a sentence `key`."""
    return key in _WORDS.sentences


def shown(cell: Cell, tongue: Tongue) -> str:
    """A cell as people read it."""
    if isinstance(cell, Mark):
        return cell.text
    return moment(cell.iso, tongue) if isinstance(cell, Moment) else number(cell, tongue)


def moment(iso: str, tongue: Tongue) -> str:
    """A point in time by this machine's clock: 23. 11. 2026 10:00 or 2026-11-23 10:00; a dash for never."""
    try:
        local = dt.datetime.fromisoformat(iso).astimezone()
    except (ValueError, OverflowError):
        return iso or "–"
    return (
        f"{local.day}. {local.month}. {local.year} {local:%H:%M}" if tongue is Tongue.CS else f"{local:%Y-%m-%d %H:%M}"
    )


def size(count: float, tongue: Tongue) -> str:
    """Bytes as people read them: 12,3 MB (powers of ten, as disks are sold)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{number(count if unit != 'B' else int(count), tongue)} {unit}"
        count /= 1000
    return f"{number(float(count), tongue, 2)} TB"


def days_between(earlier: str, later: str) -> float:
    """Days from one moment (ISO 8601) to another; infinite when one of them is none."""
    try:
        begun, ended = dt.datetime.fromisoformat(earlier), dt.datetime.fromisoformat(later)
        return (ended - begun).total_seconds() / DAY
    except (ValueError, TypeError):  # empty; one with, one without offset
        return float("inf")


def verdict_mark(verdict: Verdict, tongue: Tongue) -> Mark:
    """What a reading found, as a word."""
    return Mark(say(f"verdict.{verdict.name.lower()}", tongue), _TONES.get(verdict, Tone.BAD))


def made_from(origin: Origin, tongue: Tongue) -> tuple[str, ...]:
    """The lines under every report: where, when, by whom, and from which state of the journal it was made."""
    return (
        say("origin.where", tongue, repository=origin.repository, institution=origin.institution),
        say("origin.when", tongue, when=moment(origin.made, tongue), maker=origin.maker),
        say("origin.journal", tongue, seq=origin.seq, hash=origin.hash or "–"),
    )
