"""The evidence page for CoreTrustSeal 2023-2025: its 16 requirements with live facts and statements."""

from __future__ import annotations

from metadata.wording import Tongue, wording
from workflows.reports.known import Known
from workflows.reports.measured import measured
from workflows.reports.ndsa import spoken
from workflows.reports.sheet import Cell, Mark, Report, Table, Tone
from workflows.reports.statements import NAME, read_statements
from workflows.reports.words import say

REQUIREMENTS = tuple(f"R{number:02d}" for number in range(1, 17))
_WORDS = wording("workflows", "coretrustseal.toml")


def coretrustseal(known: Known, tongue: Tongue) -> Report:
    """A row a requirement: what the software shows now, and what a person says of it. It judges nothing.

    Raises:
        Problem: S097, evidence.toml is wrong.
    """
    said = read_statements(known.home, "coretrustseal")
    facts = measured(known).facts | _more(known)
    rows: list[tuple[Cell, ...]] = []
    for key in REQUIREMENTS:
        live = _WORDS.say(f"{key}.live", tongue, **facts) if f"{key}.live" in _WORDS.sentences else "–"
        own = said.get(key)
        word = spoken(own, tongue) if own else _WORDS.say("fill", tongue, criterion=key, file=NAME)
        state = Mark(say("stated" if own else "to_fill", tongue), Tone.GOOD if own else Tone.WARN)
        rows.append((key, _WORDS.say(key, tongue), live, state, word))
    told = sum(key in said for key in REQUIREMENTS)
    return Report(
        kind="coretrustseal",
        title=say("coretrustseal.title", tongue),
        tongue=tongue,
        verdict=Mark(
            say("coretrustseal.verdict", tongue, told=told, all=len(REQUIREMENTS)),
            Tone.GOOD if told == len(REQUIREMENTS) else Tone.WARN,
        ),
        facts=((say("coretrustseal.told", tongue), told),),
        tables=(
            Table(
                say("coretrustseal.table", tongue),
                tuple(say(f"column.{name}", tongue) for name in ("requirement", "about", "live", "state", "statement")),
                tuple(rows),
            ),
        ),
        origin=known.origin,
        notes=(say("coretrustseal.note", tongue, file=NAME),),
    )


def _more(known: Known) -> dict[str, object]:
    asked, settings = known.policy, known.home.settings
    return {
        "places": ", ".join(known.standings),
        "wanted_copies": asked.copies,
        "wanted_sites": asked.sites,
        "wanted_media": asked.media,
        "monograph": settings.standard.monograph,
        "periodical": settings.standard.periodical,
        "digest": known.home.digest[:16],
        "retention": ", ".join(f"{name}: {years}" for name, years in settings.retention.items()) or "–",
    }
