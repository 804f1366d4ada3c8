"""originInfo: where, by whom and when it came to be, in the form each level and each cataloguing rules want.

By RDA each statement (publication, production ...) is an originInfo of its own with an eventType; by AACR2, and in an
issue, all of them share one (fdmf/*/biblioProfiles/mods). What has no place of its own comes out as text for a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from metadata.description import Description, Origin, OriginKind
from metadata.elements import MODS, line
from metadata.markup import Element
from metadata.mods_levels import Level, Place

# How MARC 21 writes a year that nobody knows (008/07-10); dateIssued must not be missing.
UNKNOWN_YEAR = "uuuu"

_ROLES = {
    OriginKind.PUBLICATION: "publisher",
    OriginKind.PRODUCTION: "producer",
    OriginKind.DISTRIBUTION: "distributor",
    OriginKind.MANUFACTURE: "manufacturer",
}
_CZECH = {
    OriginKind.PUBLICATION: "vydání",
    OriginKind.PRODUCTION: "vytvoření",
    OriginKind.DISTRIBUTION: "distribuce",
    OriginKind.MANUFACTURE: "výroba",
    OriginKind.COPYRIGHT: "copyright",
}
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
_MARC_COUNTRY = re.compile(r"[a-z]{2,3}")


def issue_date(text: str) -> str:
    """The date of an issue as NDK writes it: 1919-05-14 -> 14.05.1919, 1919-05 -> 05.1919, 1919-05-14/15 as a range.

    A range is written 1919-05-14/1919-05-15 and becomes 14.-15.05.1919; one over months or years keeps both dates
    whole. What is no ISO 8601 date stays as it is. Source: fdmf/monograph_2.2, supplement_aacr2, dateIssued.
    """
    parts = [part.split("-") for part in line(text).split("/") if _is_date(part)]
    if not 1 <= len(parts) <= 2 or len(parts) != text.count("/") + 1:
        return line(text)
    first, last = parts[0], parts[-1]
    whole = ".".join(reversed(last))
    if first == last:
        return whole
    if len(first) == len(last) > 1 and first[:-1] == last[:-1]:
        return f"{first[-1]}.-{whole}"
    return f"{'.'.join(reversed(first))}-{whole}"


def issued(about: Description, level: Level) -> str:
    """The main date as its MODS and Dublin Core write it; empty where nothing is known and nothing must be said."""
    dated = line(about.year) or _coded(about.date_start, about.date_end)
    if Place.MARC_DATES in level.places:
        return dated or UNKNOWN_YEAR
    return issue_date(dated)


def origins(about: Description, level: Level) -> Iterator[Element | str]:
    """Every originInfo, and as text what is left over; nothing where the level has none."""
    if not level.has(Place.ORIGIN):
        return
    others = [origin for origin in about.origins if _told(origin)]
    if level.has(Place.EVENTS):
        yield from _event(_main(about), about, level, main=True)
        for origin in others:
            yield from _event(origin, about, level, main=False)
    else:
        yield from _together(about, others, level)
    if about.frequency.strip() and not level.has(Place.FREQUENCY):
        yield f"Periodicita: {line(about.frequency)}"


def _main(about: Description) -> Origin:
    agents, places = (about.publisher,), (about.place,)
    return Origin(OriginKind.PUBLICATION, places, agents, edition=about.statement_of_edition)


def _event(origin: Origin, about: Description, level: Level, *, main: bool) -> Iterator[Element | str]:
    parts = [
        *_places(origin.places, level),
        *(_country(about, level) if main else ()),
        *_agents(origin),
        *(_issued(about, level) if main else _dates(origin, level)),
    ]
    yield from _edition(origin, level, parts)
    if parts:
        parts += [*_issuance(about, level), *(_frequency(about, level) if main else ())]
        yield MODS("originInfo", *parts, eventType=origin.kind.value)


def _together(about: Description, others: list[Origin], level: Level) -> Iterator[Element | str]:
    main = _main(about)
    parts = [*_places((*main.places, *(place for each in others for place in each.places)), level)]
    parts += _country(about, level)
    parts += [agent for each in (main, *others) for agent in _agents(each, together=True)]
    parts += _issued(about, level)
    yield from _edition(main, level, parts)
    for origin in others:
        yield from _other_date(origin, level, parts)
        if edition := line(origin.edition):
            yield f"Vydání: {edition}"
    if parts:
        yield MODS("originInfo", *parts, *_issuance(about, level), *_frequency(about, level))


def _other_date(origin: Origin, level: Level, parts: list[Element]) -> Iterator[str]:
    text = _date(origin)
    if not text:
        return
    if level.has(Place.OTHER_DATES) and origin.kind in (OriginKind.MANUFACTURE, OriginKind.COPYRIGHT):
        parts.append(_other(origin.kind, text))
    else:
        yield f"Datum ({_CZECH[origin.kind]}): {text}"


def _places(names: tuple[str, ...], level: Level) -> Iterator[Element]:
    for name in dict.fromkeys(filter(None, map(line, names))):
        term = MODS("placeTerm", name, type="text")
        if level.has(Place.PLACE_AUTHORITY):
            # The rules for maps by AACR2 refuse a place without one; the name stands as the source has it.
            term.set("authority", "local")
        yield MODS("place", term)


def _country(about: Description, level: Level) -> Iterator[Element]:
    code = line(about.country)
    if _MARC_COUNTRY.fullmatch(code):
        yield MODS("place", MODS("placeTerm", code, type="code", authority="marccountry"))
    else:
        yield from _places((code,), level)


def _agents(origin: Origin, *, together: bool = False) -> Iterator[Element]:
    role = _ROLES.get(origin.kind, "")
    if together and role != "manufacturer":
        role = "publisher"
    for name in dict.fromkeys(filter(None, map(line, origin.agents))):
        term = MODS("role", MODS("roleTerm", role)) if role else None
        yield MODS("agent", MODS("namePart", name), term)


def _issued(about: Description, level: Level) -> Iterator[Element]:
    text = issued(about, level)
    if not level.has(Place.MARC_DATES):
        if text:
            yield MODS("dateIssued", text)
        return
    if line(about.year):
        yield MODS("dateIssued", text)
    start, end = line(about.date_start), line(about.date_end)
    if start and end:
        yield MODS("dateIssued", start, encoding="marc", point="start")
        yield MODS("dateIssued", end, encoding="marc", point="end")
    elif start or end or not line(about.year):
        yield MODS("dateIssued", start or end or UNKNOWN_YEAR, encoding="marc")


def _dates(origin: Origin, level: Level) -> Iterator[Element]:
    text = _date(origin)
    if origin.kind is not OriginKind.PUBLICATION:
        if text:
            yield _other(origin.kind, text)
    elif text or level.has(Place.MARC_DATES):
        yield MODS("dateIssued", text or UNKNOWN_YEAR)


def _other(kind: OriginKind, text: str) -> Element:
    if kind is OriginKind.COPYRIGHT:
        return MODS("copyrightDate", text)
    return MODS("dateOther", text, type=kind.value)


def _date(origin: Origin) -> str:
    return line(origin.date) or _coded(origin.start, origin.end)


def _coded(start: str, end: str) -> str:
    return "-".join(dict.fromkeys(filter(None, map(line, (start, end)))))


def _edition(origin: Origin, level: Level, parts: list[Element]) -> Iterator[str]:
    text = line(origin.edition)
    if text and level.has(Place.EDITION):
        parts.append(MODS("edition", text))
    elif text:
        yield f"Vydání: {text}"


def _issuance(about: Description, level: Level) -> Iterator[Element]:
    if level.issuance:
        told = line(about.issuance)
        yield MODS("issuance", told if told in level.issuance else level.issuance[0])


def _frequency(about: Description, level: Level) -> Iterator[Element]:
    if about.frequency.strip() and level.has(Place.FREQUENCY):
        yield MODS("frequency", line(about.frequency))


def _told(origin: Origin) -> bool:
    return any(map(line, (*origin.places, *origin.agents, origin.date, origin.start, origin.end, origin.edition)))


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        return False
    return True
