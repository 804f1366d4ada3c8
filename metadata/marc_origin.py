"""Where, by whom and when, from MARC 21: 260, 264, 250, 310, and the coded dates and country of 008."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from metadata.description import Origin, OriginKind
from metadata.elements import line
from metadata.marc_record import MarcField, MarcRecord
from metadata.marc_text import ended, joined, trimmed, unbracketed

# 264, second indicator.
_BY_INDICATOR = {
    "0": OriginKind.PRODUCTION,
    "1": OriginKind.PUBLICATION,
    "2": OriginKind.DISTRIBUTION,
    "3": OriginKind.MANUFACTURE,
    "4": OriginKind.COPYRIGHT,
}
# 008/18 of continuing resources, in the words of MODS (authority marcfrequency).
_FREQUENCIES = {
    "a": "Annual", "b": "Bimonthly", "c": "Semiweekly", "d": "Daily", "e": "Biweekly", "f": "Semiannual",
    "g": "Biennial", "h": "Triennial", "i": "Three times a week", "j": "Three times a month",
    "k": "Continuously updated", "m": "Monthly", "q": "Quarterly", "s": "Semimonthly", "t": "Three times a year",
    "w": "Weekly",
}  # fmt: skip
_YEAR = re.compile(r"[0-9u]{4}")
_RANGES = "cdikmqu"


@dataclass(frozen=True, slots=True)
class Published:
    """The statement of publication and all other statements; `start` and `end` are the years of 008."""

    place: str
    publisher: str
    year: str
    start: str
    end: str
    others: tuple[Origin, ...]


def published(record: MarcRecord) -> Published:
    """The first statement of publication, and what else 260 and 264 say.

    Several places or publishers of one statement are joined by ISBD's semicolon; a publisher with a place of his own
    is a statement of his own.
    """
    told = [origin for field in record.all("260", "264") for origin in _statements(field)]
    main = next((origin for origin in told if origin.kind is OriginKind.PUBLICATION), Origin())
    start, end = _years(record)
    others = (origin for origin in told if origin is not main)
    return Published(
        " ; ".join(main.places), " ; ".join(main.agents), main.date, start, end, tuple(dict.fromkeys(others))
    )


def country(record: MarcRecord) -> str:
    """The MARC country code of 008/15-17, else of 044; empty when unknown (xx)."""
    codes = (code.strip().lower() for code in (record.coded(15, 18), *record.texts("044", "a")))
    return next((code for code in codes if re.fullmatch(r"[a-z]{2,3}", code) and code != "xx"), "")


def edition(record: MarcRecord) -> str:
    """The statement of edition (250) as written."""
    return "; ".join(filter(None, (trimmed(joined(field.all("ab"))) for field in record.all("250"))))


def frequency(record: MarcRecord) -> str:
    """How often it comes out: as written (310, a former one of 321), else as 008/18 of a serial codes it."""
    written = (trimmed(joined(field.all("ab"))) for tag in ("310", "321") for field in record.all(tag))
    coded = _FREQUENCIES.get(record.coded(18, 19), "") if record.leader[7] in "bis" else ""
    return next(filter(None, written), coded)


def created(record: MarcRecord) -> str:
    """The date of the record, 008/00-05 (yymmdd): the first MARC records are of 1968."""
    digits = record.coded(0, 6)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return ""
    century = "19" if digits[:2] >= "68" else "20"
    try:
        return date.fromisoformat(century + digits).isoformat()
    except ValueError:
        return ""


def changed(record: MarcRecord) -> str:
    """When the record was last changed, 005, in the local time of its catalogue (ISO 8601 without a zone)."""
    digits = record.control("005")[:14]
    if not re.fullmatch(r"[0-9]{14}", digits):
        return ""
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").isoformat()  # noqa: DTZ007 - 005 has no zone
    except ValueError:
        return ""


def _statements(field: MarcField) -> Iterator[Origin]:
    kind = OriginKind.PUBLICATION if field.tag == "260" else _BY_INDICATOR.get(field.indicators[1])
    if not kind:
        return
    when = _when(field.all("c"))
    groups = list(_groups(field)) or [((), ())]
    if when or groups != [((), ())]:
        yield from (Origin(kind, places, agents, when) for places, agents in groups)
    if field.tag == "260":
        yield from _printed(field)


def _groups(field: MarcField) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Places and agents as they belong together: a place after an agent begins anew."""
    places: list[str] = []
    agents: list[str] = []
    for code, text in field.subfields:
        if code not in "ab" or not trimmed(text):
            continue
        if code == "a" and agents:
            yield tuple(places), tuple(agents)
            places, agents = [], []
        (places if code == "a" else agents).append(ended(text))
    if places or agents:
        yield tuple(places), tuple(agents)


def _printed(field: MarcField) -> Iterator[Origin]:
    places, agents = (tuple(filter(None, map(unbracketed, field.all(code)))) for code in "ef")
    when = unbracketed(_when(field.all("g")))
    if places or agents or when:
        yield Origin(OriginKind.MANUFACTURE, places, agents, when)


def _when(texts: tuple[str, ...]) -> str:
    return trimmed(line(joined(texts)).rstrip(".,"))


def _years(record: MarcRecord) -> tuple[str, str]:
    """008/06-14: the first date, and the second one where the type says that both bound a span."""
    start, end = (year if _YEAR.fullmatch(year) else "" for year in (record.coded(7, 11), record.coded(11, 15)))
    kind = record.coded(6, 7)
    if kind in "bn":
        return "", ""
    return start, end if kind in _RANGES else ""
