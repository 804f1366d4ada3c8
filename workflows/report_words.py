"""The words of the batch report: every sentence, number and moment in Czech and English, side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from metadata.finding import Finding
from metadata.wording import Tongue, wording

_WORDS = wording("workflows", "report.toml")
_OF_VOLUMES = wording("workflows", "volume.toml")
_PAGE_TYPES = wording("metadata", "page_types.toml")


def say(key: str, tongue: Tongue, **facts: object) -> str:
    """The sentence `key` of report.toml with its facts; numbers as the tongue writes them."""
    return _WORDS.say(key, tongue, **{name: number(value, tongue) for name, value in facts.items()})


def pair(cs: str, en: str) -> Markup:
    """Czech and English side by side; the page shows one of them. What is the same in both is said once."""
    if cs == en:
        return Markup.escape(cs)
    return Markup('<span lang="cs">{}</span><span lang="en">{}</span>').format(cs, en)


def both(key: str, **facts: object) -> Markup:
    """The sentence `key` in both languages."""
    return pair(say(key, Tongue.CS, **facts), say(key, Tongue.EN, **facts))


def known_word(kind: str, value: str, tongue: Tongue) -> str:
    """The word for `value` of that kind; the value itself where there is none (a step of a later version)."""
    said = _sentence_of(kind, value)
    return str(said[tongue]) if said else value


def word(kind: str, value: str) -> Markup:
    """The word for `value` of that kind in both languages."""
    return pair(known_word(kind, value, Tongue.CS), known_word(kind, value, Tongue.EN))


def _sentence_of(kind: str, value: str) -> Mapping[str, Any] | None:
    """Ours; else that of `kdr volume`, which speaks of pages and divisions too; else the name of a page type."""
    own = _WORDS.sentences.get(f"{kind}_{value}") or _OF_VOLUMES.sentences.get(f"{kind}.{value}")
    return own or (_PAGE_TYPES.sentences.get(value) if kind == "type" else None)


def number(value: object, tongue: Tongue, digits: int = 1) -> str:
    """Numbers as the language writes them: 1 234,5 and 1,234.5; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"
    return text.translate({ord(","): "\xa0", ord("."): ","}) if tongue is Tongue.CS else text


def figure(value: float, digits: int = 1) -> Markup:
    """A number in both languages."""
    return pair(number(value, Tongue.CS, digits), number(value, Tongue.EN, digits))


def duration(seconds: float) -> str:
    """Hours and minutes, minutes, or seconds: the same in both languages."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60}\xa0h {minutes % 60:02d}\xa0min"
    return f"{minutes}\xa0min" if minutes >= 10 else f"{minutes}\xa0min {rest}\xa0s" if minutes else f"{rest}\xa0s"


def when(text: str, ahead: float = 0.0) -> Markup:
    """The moment `text` (ISO 8601), or `ahead` seconds after it, by this machine's clock; as it is when it is none."""
    try:
        moment = (dt.datetime.fromisoformat(text) + dt.timedelta(seconds=ahead)).astimezone()
    except (ValueError, OverflowError):
        return Markup.escape(text)
    return pair(f"{moment.day}. {moment.month}. {moment.year} {moment:%H:%M}", f"{moment:%Y-%m-%d %H:%M}")


def sentence(found: Finding, tongue: Tongue, *, advice: bool = False) -> str:
    """What a finding says; its code and subject where it lacks a fact that its sentence needs."""
    try:
        return found.advice(tongue) if advice else found.text(tongue)
    except (LookupError, ValueError, TypeError, AttributeError):
        return f"{found.code} {found.subject}"


def told(found: Finding, *, about: str = "", advice: bool = False) -> Markup:
    """A finding, or its advice, in both languages; with `about` (a key of our words) instead of its subject.

    Where the subject stands beside it, "The scan" is easier to read than a path; many findings become one sentence.
    """
    cs, en = (
        sentence(replace(found, subject=say(about, tongue)) if about else found, tongue, advice=advice)
        for tongue in Tongue
    )
    return pair(cs, en)
