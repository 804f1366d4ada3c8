"""How a volume or a page of it is cited: ISO 690:2021 (6.4, digital documents) with an address that stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from repository.catalogue.presentation import Speech
from repository.catalogue.reading.rows import Row

_MOST_AUTHORS = 3
_RESOLVER = "https://resolver.nkp.cz/"
_AUTHORS = "select text, kind from name where volume = ? and division is null and role in ('aut', 'cmp', 'art', 'ctg')"
AUTHORS = f"{_AUTHORS} order by number"
"""Asks for the names that stand first in a citation: creators, in the order of the record."""


@dataclass(frozen=True, slots=True)
class Citation:
    """`text` is the whole citation, `address` what it leads to, `urn` the national identifier if there is one."""

    text: str
    address: str
    urn: str = ""

    @property
    def resolver(self) -> str:
        """The national resolver's address of the `urn`; empty without one."""
        return _RESOLVER + self.urn if self.urn else ""


def page_path(volume: str, position: int, typed: str = "") -> str:
    """The address of a page, with the words lit on it."""
    return f"/volume/{volume}/page/{position}" + (f"?{urlencode({'q': typed})}" if typed else "")


def cited(volume: Row, names: Sequence[Row], speech: Speech, address: str, label: str = "") -> Citation:
    """The citation of `volume`, or of its page with the printed number `label`, as seen today at `address`."""
    told = [
        _sentence(_creators(names)),
        _sentence(f"{_titles(volume)} [online]"),
        _sentence(_imprint(volume, label, speech)),
    ]
    seen = speech.say("reading.cited_day", day=speech.day(dt.datetime.now(dt.UTC).isoformat()))
    numbers = [f"{kind.upper()} {volume[kind]}." for kind in ("isbn", "issn") if volume[kind]]
    urn = volume["urnnbn"] or ""
    words = [
        *filter(None, told),
        seen,
        *numbers,
        *([f"{urn}."] if urn else []),
        speech.say("reading.cited_at", address=address),
    ]
    return Citation(" ".join(words), address, urn)


def _creators(names: Sequence[Row]) -> str:
    said = list(dict.fromkeys(_inverted(row["text"], row["kind"]) for row in names))
    more = " et al" if len(said) > _MOST_AUTHORS else ""
    return "; ".join(said[: 1 if more else _MOST_AUTHORS]) + more


def _inverted(text: str, kind: str) -> str:
    """A name as ISO 690 (5.2) writes it, the family name first and in capitals; one we cannot part stays as it is."""
    if kind != "personal":
        return text
    family, comma, given = text.partition(",")
    if comma:
        return f"{family.strip().upper()},{given.rstrip(' ,')}"
    words = text.split()
    if len(words) < 2 or any(word[0].islower() for word in words):
        return text
    return f"{words[-1].upper()}, {' '.join(words[:-1])}"


def _titles(volume: Row) -> str:
    periodical = volume["type"] in ("issue", "supplement")
    if periodical and volume["title_above"]:
        return str(volume["title_above"])
    subtitle = f": {volume['subtitle']}" if volume["subtitle"] else ""
    part = ", ".join(filter(None, (volume["part_number"], volume["part_name"])))
    above = volume["title_above"] if volume["title_above"] != volume["title"] else None
    return ". ".join(filter(None, (above, f"{volume['title']}{subtitle}", part)))


def _imprint(volume: Row, label: str, speech: Speech) -> str:
    issue = ""
    if volume["type"] in ("issue", "supplement"):
        number = f"({volume['part_number']})" if volume["part_number"] else ""
        issue = f"{volume['year_number'] or ''}{number}"
    when = (volume["date"] if issue else "") or volume["year"] or volume["date"]
    made = ": ".join(filter(None, (volume["place"], volume["publisher"])))
    leaf = speech.say("reading.cited_page", label=label) if label else ""
    return ", ".join(filter(None, (made, when, issue, leaf)))


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}." if text else ""
