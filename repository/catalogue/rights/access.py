"""Who may see a work by its rights: told outright, else as the law and its licence say, else as the house decides.

The catalogue stores what the package says ("unknown" where it says nothing), and the setting `unknown_access` is asked
when a page is shown: changing it needs no new catalogue. Nothing garbled opens a door.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum

from metadata.description import Rights


class Access(StrEnum):
    """From where one may see it, the widest first."""

    PUBLIC = "public"
    PREMISES = "premises"
    STAFF = "staff"


UNKNOWN = "unknown"
"""In the catalogue: nobody told, the setting decides."""

PREMISES_UNKNOWN = "premises_unknown"
"""In the catalogue: a page for premises in a volume of which nobody told, or the reverse."""

STORED = (*Access, UNKNOWN, PREMISES_UNKNOWN)
"""All that the columns `access` hold."""

_ORDER = tuple(Access)
_FREE = frozenset({"pd", "pd_expired"})
# Licences that let everybody read (Creative Commons 1.0 to 4.0, CC0, Public Domain Mark), by name or by URI.
_TERMS = "by(?:-nc)?(?:-nd|-sa)?"
_OPEN = re.compile(
    rf"https?://creativecommons\.org/(?:licenses/{_TERMS}|publicdomain/(?:zero|mark))(?:/[\w./-]*)?"
    rf"|(?:cc[ -])?{_TERMS}(?:[ -]\d\.\d(?: [a-z]{{2,4}})?)?"
    r"|cc[ -]?0(?:[ -]1\.0)?|public domain mark(?: 1\.0)?|pdm(?: 1\.0)?",
    re.IGNORECASE,
)


def effective(rights: Rights | None, unknown_access: str) -> Access:
    """Who may see it once no embargo is in the way; `unknown_access` where the rights do not say."""
    return _resolved(stored(rights)[0], unknown_access)


def stored(rights: Rights | None) -> tuple[str, str]:
    """What the catalogue keeps: the access (of `STORED`) and the day before which only staff may see it (or empty).

    An access that is none of `Access`, or an embargo that is no day (ISO 8601), is for staff only.
    """
    if rights is None:
        return UNKNOWN, ""
    told, embargo = rights.access.strip().lower(), rights.embargo.strip()
    try:
        day = dt.date.fromisoformat(embargo).isoformat() if embargo else ""
    except ValueError:
        return Access.STAFF.value, embargo
    if told:
        return (told if told in _ORDER else Access.STAFF.value), day
    free = rights.copyright in _FREE or bool(_OPEN.fullmatch(rights.licence.strip()))
    return (Access.PUBLIC.value if free else UNKNOWN), day


def within(volume: Rights | None, page: Rights | None) -> tuple[str, str]:
    """The same of a page: its own rights stand in place of the volume's, but it is seen only where its volume is."""
    outer = stored(volume)
    if page is None:
        return outer
    inner = stored(page)
    parts = {*outer[0].split("_"), *inner[0].split("_")}
    return _narrowest(parts), max(outer[1], inner[1])


def seen(*, on_premises: bool, unknown_access: str) -> tuple[str, ...]:
    """What the column `access` says of works that a reader may see."""
    most = _ORDER.index(Access.PREMISES if on_premises else Access.PUBLIC)
    return tuple(told for told in STORED if _ORDER.index(_resolved(told, unknown_access)) <= most)


def _narrowest(parts: set[str]) -> str:
    if Access.STAFF in parts:
        return Access.STAFF.value
    closed = parts - {Access.PUBLIC.value}
    return "_".join(sorted(closed)) or Access.PUBLIC.value


def _resolved(told: str, unknown_access: str) -> Access:
    parts = {unknown_access if part == UNKNOWN else part for part in told.split("_")}
    known = [Access(part) if part in _ORDER else Access.STAFF for part in parts]
    return max(known, key=_ORDER.index)
