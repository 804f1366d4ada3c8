"""The MODS of one thing, from its description and its level: each section as elements, what has no place as notes.

A section yields elements, and text where the level (metadata/mods_levels.py) has no element for what is known: that
text becomes a note, so that nothing which the catalogue knew is lost. Labels of such notes are Czech, the language of
the records. Not written: the scanner (it is in MIX) and the name of a thesaurus that the standard does not list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from metadata import lists
from metadata.check_digits import sound
from metadata.description import Description, Identifier, Name, OtherTitle, Related, Subject
from metadata.elements import MODS, line
from metadata.language import bibliographic
from metadata.markup import Element
from metadata.mods_levels import Level, Place
from metadata.mods_origin import origins

VERSION = "3.8"
UNTITLED = "[bez názvu]"
UNKNOWN_LANGUAGE = "und"

_TITLE_TYPES = ("alternative", "translated", "uniform", "abbreviated")
_RELATED_TYPES = frozenset({
    "preceding", "succeeding", "original", "host", "constituent", "series", "otherVersion", "otherFormat",
    "isReferencedBy",
})  # fmt: skip
# Which list of MARC a word for the physical form comes from (physicalDescription/form/@authority).
_FORMS = {
    "marcform": frozenset({"braille", "electronic", "large print", "microfiche", "microfilm", "print"}),
    "marccategory": frozenset({
        "electronic resource", "globe", "kit", "map", "microform", "motion picture", "nonprojected graphic",
        "notated music", "projected graphic", "remote-sensing image", "sound recording", "tactile material", "text",
        "videorecording",
    }),
}  # fmt: skip
_SEQUENCE = re.compile(r"sequence_[0-9]+")
_DAY = r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_CLOCK = r"T(?:2[0-3]|[01][0-9]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{3})?)?"
_ZONE = r"(?:Z|[+-](?:2[0-3]|[01][0-9])(?::[0-5][0-9])?)?"
_MOMENT = re.compile(_DAY + f"(?P<time>{_CLOCK}{_ZONE})?")

Section = Iterator[Element | str]


def title(description: Description) -> str:
    """The title on one line; a description that holds none says so in brackets."""
    return line(description.title) or UNTITLED


def codes(description: Description) -> tuple[str, ...]:
    """The languages as ISO 639-2/B codes, each once; `und` when none is known."""
    known = dict.fromkeys(
        code for code in map(bibliographic, description.languages) if code in lists.codes("languages")
    )
    return tuple(known) or (UNKNOWN_LANGUAGE,)


def form(about: Description) -> str:
    """The physical form by one of MARC's lists; `print` where the description has no word of them."""
    told = line(about.form)
    return told if any(told in words for words in _FORMS.values()) else "print"


def genre_type(about: Description, level: Level) -> str:
    """The type of the genre, or an empty string: only what the standard lists for the level."""
    return _listed_type(line(about.edition), level) or level.type


def record(about: Description, level: Level, number: str, names: tuple[Identifier, ...], created: str) -> Element:
    """The MODS of a title, volume, issue, supplement or part of one.

    Args:
        about: what is known of it.
        level: which of the standard's records it becomes.
        number: the four digits of its ID.
        names: its identifiers, UUID first.
        created: the moment of the record (ISO 8601), written where the catalogue's record tells none.
    """
    told = [
        *_titles(about, level),
        *name_sections(about.names, level),
        MODS("typeOfResource", level.resource) if level.has(Place.RESOURCE) else None,
        *_genre(about, level),
        *origins(about, level),
        *_languages(about, level),
        *_physical(about, level),
        *_abstract(about),
        *(note for note in map(line, about.notes) if note),
        *_own(about),
        *_cartography(about, level),
        *(part for subject in about.subjects for part in _subject(subject, level)),
        *_classifications(about, level),
        *(part for each in about.related for part in _related(each, level)),
        *(MODS("identifier", each.value, type=each.kind.value) for each in names),
        *_spare_identifiers(about, names),
        *_location(about, level),
    ]
    notes = dict.fromkeys(each for each in told if isinstance(each, str))
    return MODS(
        "mods",
        *(each for each in told if not isinstance(each, str)),
        *(MODS("note", each) for each in notes),
        record_info(about, level, created),
        ID=f"MODS_{level.code}_{number}",
        version=VERSION,
    )


def title_info(
    main: str = "", *, subtitle: str = "", number: str = "", name: str = "", non_sort: str = "", kind: str = ""
) -> Element:
    """A titleInfo; `kind` is its type or empty."""
    parts = (("nonSort", non_sort), ("title", main), ("subTitle", subtitle), ("partNumber", number), ("partName", name))
    found = [MODS(tag, line(text)) for tag, text in parts if line(text)]
    return MODS("titleInfo", {"type": kind} if kind else None, *found)


def name_sections(names: tuple[Name, ...], level: Level) -> Section:
    """The names with their parts, roles and authority numbers; roles that MARC does not list as text."""
    primary = next((name for name in names if name.primary), None)
    for name in names:
        parts = list(_name_parts(name, level))
        if not parts:
            continue
        roles = dict.fromkeys(map(line, name.roles or ("aut",)))
        authority = line(name.authority)
        element = MODS(
            "name",
            *parts,
            MODS("nameIdentifier", authority) if authority else None,
            *(_role(role) for role in roles if role in lists.codes("relators")),
            type=name.kind.value,
        )
        if name is primary:
            element.set("usage", "primary")
        yield element
        yield from (f"{called(name)}: {role}" for role in roles if role and role not in lists.codes("relators"))


def called(name: Name) -> str:
    """The whole name on one line, from its parts where the record has no whole one."""
    return line(name.text) or ", ".join(filter(None, map(line, (name.family, name.given))))


def record_info(about: Description, level: Level, created: str) -> Element | None:
    """Who made the record, when and by which rules; None where the level has no such section."""
    if not level.has(Place.RECORD):
        return None
    origin = about.record
    source = line(origin.source)
    maker = MODS("recordContentSource", source if source in lists.codes("sigla") else about.institution.sigla)
    if level.has(Place.SIGLA):
        maker.set("authority", "siglaADR")
    changed = _moment(origin.changed)
    catalogued = level.has(Place.CATALOGUE)
    return MODS(
        "recordInfo",
        MODS("descriptionStandard", "rda" if origin.rules == "rda" else "aacr") if level.has(Place.STANDARD) else None,
        maker,
        MODS("recordCreationDate", _moment(origin.created) or created, encoding="iso8601"),
        MODS("recordChangeDate", changed, encoding="iso8601") if changed else None,
        _record_identifier(line(origin.id), source) if catalogued and line(origin.id) else None,
        MODS("recordOrigin", "machine generated"),
        MODS("languageOfCataloging", MODS("languageTerm", "cze", authority="iso639-2b")) if catalogued else None,
    )


def _titles(about: Description, level: Level) -> Section:
    yield title_info(
        title(about),
        subtitle=about.subtitle,
        number=about.part_number,
        name=about.part_name,
        non_sort=about.non_sort,
    )
    for other in about.other_titles:
        if not line(other.title):
            continue
        kind = other.kind if other.kind in _TITLE_TYPES else _TITLE_TYPES[0]
        if level.has(Place.TYPED_TITLES):
            parts = {"subtitle": other.subtitle, "number": other.part_number, "name": other.part_name}
            yield title_info(other.title, **parts, kind=kind)
        else:
            yield f"Další název: {_one_line(other)}"


def _one_line(other: OtherTitle) -> str:
    whole = " : ".join(filter(None, map(line, (other.title, other.subtitle))))
    return ". ".join(filter(None, (whole, line(other.part_number), line(other.part_name))))


def _name_parts(name: Name, level: Level) -> Iterator[Element]:
    whole, dates = called(name), line(name.dates)
    if not whole:
        return
    family, given = line(name.family), line(name.given)
    if not level.has(Place.ANY_DATES_OF_NAMES) and dates and not re.fullmatch("[0-9]{4}-[0-9]{4}", dates):
        # The title of a monograph takes two years only; other dates stand behind the whole name.
        family, given, whole, dates = "", "", f"{whole}, {dates}", ""
    if not family and not given:
        yield MODS("namePart", whole)
    parts = (("family", family), ("given", given), ("termsOfAddress", line(name.terms)), ("date", dates))
    yield from (MODS("namePart", part, type=kind) for kind, part in parts if part)


def _role(code: str) -> Element:
    return MODS("role", MODS("roleTerm", code, type="code", authority="marcrelator"))


def _genre(about: Description, level: Level) -> Section:
    told = line(about.edition)
    kind = genre_type(about, level)
    yield MODS("genre", {"type": kind} if kind else None, level.genre)
    if told and not _listed_type(told, level):
        yield f"Druh: {told}"


def _listed_type(told: str, level: Level) -> str:
    if told in level.types or (level.code == "ISSUE" and _SEQUENCE.fullmatch(told)):
        return told
    # Earlier versions of the standard wrote table_of_content.
    plain = {each.lower(): each for each in level.types}
    letters = told.replace("_", "").lower()
    return plain.get(letters) or plain.get(letters + "s", "")


def _languages(about: Description, level: Level) -> Section:
    for code in codes(about):
        if level.has(Place.LANGUAGE):
            yield MODS("language", MODS("languageTerm", code, type="code", authority="iso639-2b"))
    unknown = (line(code) for code in about.languages if bibliographic(code) not in lists.codes("languages"))
    yield from (f"Jazyk: {code}" for code in unknown if code)


def _physical(about: Description, level: Level) -> Section:
    parts: list[Element] = []
    told = form(about)
    if level.has(Place.MEDIA):
        parts.append(MODS("form", "bez média", authority="rdamedia", type="media"))
    elif level.has(Place.FORM):
        parts.append(MODS("form", told, authority=next(key for key, words in _FORMS.items() if told in words)))
    if extent := line(about.extent):
        parts.append(MODS("extent", extent))
    if script := line(about.script):
        parts.append(MODS("note", f"Písmo: {script}"))
    if parts and level.dc:
        yield MODS("physicalDescription", *parts)
    if line(about.form) not in ("", told):
        yield f"Forma: {line(about.form)}"


def _abstract(about: Description) -> Section:
    if text := line(about.abstract):
        yield MODS("abstract", text)


def _own(about: Description) -> Section:
    for name, value in about.own:
        if text := line(value):
            yield f"{line(name)}: {text}" if line(name) else text


def _cartography(about: Description, level: Level) -> Section:
    scale, coordinates = line(about.cartography.scale), line(about.cartography.coordinates)
    projection = line(about.cartography.projection)
    if level.has(Place.CARTOGRAPHICS) and (scale or coordinates):
        told = (("scale", scale), ("coordinates", coordinates))
        yield MODS("subject", MODS("cartographics", *(MODS(tag, text) for tag, text in told if text)))
    else:
        yield from (f"{label}: {text}" for label, text in (("Měřítko", scale), ("Souřadnice", coordinates)) if text)
    if projection:
        yield f"Zobrazení: {projection}"


def _subject(subject: Subject, level: Level) -> Section:
    places = [place for place in map(line, subject.places) if place]
    geographic = level.has(Place.GEOGRAPHIC)
    parts = [
        *(MODS("topic", text) for text in map(line, subject.topics) if text),
        *(MODS("geographic", text) for text in places if geographic),
        *(MODS("temporal", text) for text in map(line, subject.periods) if text),
        *(MODS("name", MODS("namePart", text)) for text in map(line, subject.names) if text),
    ]
    if parts:
        known = subject.authority in level.thesauri
        yield MODS("subject", {"authority": subject.authority} if known else None, *parts)
    if not geographic:
        yield from (f"Místo: {place}" for place in places)


def _classifications(about: Description, level: Level) -> Section:
    for each in about.classifications:
        value = line(each.value)
        if not value:
            continue
        if level.has(Place.CLASSIFICATION) and each.authority in ("udc", "Konspekt"):
            edition = {"edition": "Konspekt"} if each.edition == "Konspekt" else None
            yield MODS("classification", edition, value, authority=each.authority)
        else:
            yield f"Klasifikace ({line(each.authority)}): {value}"


def _related(related: Related, level: Level) -> Section:
    name, kind, issn = line(related.title), line(related.kind), line(related.issn)
    if not name:
        return
    if not level.has(Place.RELATED):
        number = line(related.part_number)
        yield f"Související dokument ({kind}): " + ", ".join(filter(None, (name, number, issn)))
        return
    yield MODS(
        "relatedItem",
        ({"type": kind} if kind in _RELATED_TYPES else {"otherType": kind}) if kind else None,
        title_info(name, number=related.part_number),
        MODS("identifier", issn, type="issn") if issn else None,
    )


def _spare_identifiers(about: Description, names: tuple[Identifier, ...]) -> Section:
    # No type may stand twice in a record, and a cancelled one must not look like a valid one (ndk.md §2).
    kept = {(each.kind, each.value.replace("-", "")) for each in names}
    for each in about.identifiers:
        value = line(each.value)
        if value and (each.kind, value.replace("-", "")) not in kept:
            yield f"{each.kind.value.upper()}: {value}" + ("" if sound(each) else " (chybné)")


def _location(about: Description, level: Level) -> Section:
    shelf_mark = line(about.shelf_mark)
    # A location must have a shelf mark (ndk.md §2), so without one there is no location.
    if shelf_mark and level.has(Place.LOCATION):
        sigla = MODS("physicalLocation", about.institution.sigla, authority="siglaADR")
        yield MODS("location", sigla, MODS("shelfLocator", shelf_mark))


def _record_identifier(number: str, source: str) -> Element:
    return MODS("recordIdentifier", {"source": source} if source else None, number)


def _moment(text: str) -> str:
    # The standard wants a time of day; catalogues often know the day only.
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return ""
    try:
        date.fromisoformat(found["day"])
    except ValueError:
        return ""
    return found[0] if found["time"] else f"{found[0]}T00:00:00"
