"""MODS 3.x -> Description: what a catalogue or another system says in MODS, and what our own records say.

The way back of metadata/mods_record.py. Notes stay notes: what our records could only say in a note is not taken out of
it again, except the script of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from metadata.description import (
    Cartography,
    Classification,
    Description,
    Identifier,
    IdentifierKind,
    Name,
    NameKind,
    Organisation,
    Origin,
    OriginKind,
    OtherTitle,
    RecordOrigin,
    Related,
    Subject,
    VolumeKind,
)
from metadata.elements import MODS, line
from metadata.language import terminology
from metadata.marc_identifiers import checked
from metadata.marc_record import BadRecord
from metadata.markup import Element

ROOT = MODS.tag("mods")

_NS = {MODS.prefix: MODS.uri}
_SCRIPT = "Písmo: "
_RESOURCES = {
    "cartographic": VolumeKind.MAP,
    "still image": VolumeKind.GRAPHIC,
    "three dimensional object": VolumeKind.GRAPHIC,
    "notated music": VolumeKind.SHEET_MUSIC,
}
_GENRES = {
    "cartographic": VolumeKind.MAP,
    "graphic": VolumeKind.GRAPHIC,
    "sheetmusic": VolumeKind.SHEET_MUSIC,
    "issue": VolumeKind.ISSUE,
    "supplement": VolumeKind.SUPPLEMENT,
}
_DATES = {
    OriginKind.PUBLICATION: "dateIssued",
    OriginKind.COPYRIGHT: "copyrightDate",
}
# Where the rules before RDA put the printer and the copyright into the one originInfo.
_MAKERS = "mods:agent[mods:role/mods:roleTerm[.='manufacturer' or .='printer']]/mods:namePart"
_UNKNOWN_YEAR = "uuuu"
_CZECH_DATE = re.compile(r"(?:([0-3][0-9])\.)?([01][0-9])\.([0-9]{4})")


def description(root: Element, institution: Organisation, kind: VolumeKind) -> Description:
    """What the record `root` (a mods element) says, held by `institution`, as the description of a volume of `kind`.

    Raises:
        BadRecord: it has no title.
    """
    main = _main_title(root)
    if main is None:
        raise BadRecord("no_title")
    origins = list(_origins(root))
    published = next((origin for origin in origins if origin.kind is OriginKind.PUBLICATION), Origin())
    return Description(
        title=_first(main, "mods:title"),
        institution=institution,
        kind=kind,
        subtitle=_first(main, "mods:subTitle"),
        part_number=_first(main, "mods:partNumber"),
        part_name=_first(main, "mods:partName"),
        non_sort=_first(main, "mods:nonSort"),
        other_titles=tuple(_other_titles(root)),
        names=tuple(_names(root)),
        year=_day(published.date, kind),
        publisher=" ; ".join(published.agents),
        place=" ; ".join(published.places),
        country=_first(root, "mods:originInfo/mods:place/mods:placeTerm[@authority='marccountry']"),
        date_start=published.start,
        date_end=published.end,
        statement_of_edition=published.edition,
        issuance=_first(root, "mods:originInfo/mods:issuance"),
        frequency=_first(root, "mods:originInfo/mods:frequency"),
        origins=tuple(origin for origin in origins if origin is not published),
        languages=_languages(root),
        script=_first(root, f"mods:physicalDescription/mods:note[starts-with(., '{_SCRIPT}')]").removeprefix(_SCRIPT),
        form=_first(root, "mods:physicalDescription/mods:form"),
        extent="; ".join(_texts(root, "mods:physicalDescription/mods:extent")),
        abstract=" ".join(_texts(root, "mods:abstract")),
        notes=_texts(root, "mods:note"),
        subjects=tuple(_subjects(root)),
        classifications=tuple(_classifications(root)),
        related=tuple(_related(root)),
        cartography=_cartography(root),
        edition=_first(root, "mods:genre/@type"),
        shelf_mark=_shelf_mark(root, institution),
        identifiers=identifiers(root),
        record=_record(root),
    )


def proposed_kind(root: Element) -> VolumeKind:
    """What the record describes, by genre, type of resource and issuance; a periodical as the kind of its issues."""
    told = [_GENRES.get(text) for text in _texts(root, "mods:genre")]
    told += [_RESOURCES.get(text.lower()) for text in _texts(root, "mods:typeOfResource")]
    found = next(filter(None, told), None)
    if found:
        return found
    issuance = _first(root, "mods:originInfo/mods:issuance")
    if issuance in ("serial", "continuing", "integrating resource"):
        return VolumeKind.ISSUE
    return VolumeKind.MONOGRAPH_VOLUME if issuance == "multipart monograph" else VolumeKind.MONOGRAPH


def record_id(root: Element) -> str:
    """The system number (recordInfo/recordIdentifier)."""
    return _first(root, "mods:recordInfo/mods:recordIdentifier")


def title_line(root: Element) -> str:
    """The title on one line for a list of hits; empty when there is none."""
    main = _main_title(root)
    if main is None:
        return ""
    tags = ("nonSort", "title", "subTitle", "partNumber", "partName")
    article, title, subtitle, number, name = (_first(main, f"mods:{tag}") for tag in tags)
    whole = " ".join(filter(None, (article, title)))
    return ". ".join(filter(None, (" : ".join(filter(None, (whole, subtitle))), number, name)))


def identifiers(root: Element) -> tuple[Identifier, ...]:
    """The identifiers of the kinds that the standard knows, each once; cancelled and wrong ones as not valid."""
    kinds = {kind.value: kind for kind in IdentifierKind}
    found: dict[Identifier, None] = {}
    for element in _elements(root, "mods:identifier[@type]"):
        kind = kinds.get(element.get("type", "").lower())
        told = checked(kind, _own(element), valid=element.get("invalid") != "yes") if kind else None
        if told:
            found[told] = None
    return tuple(found)


def _elements(root: Element, path: str) -> list[Element]:
    found = root.xpath(path, namespaces=_NS)
    return [each for each in found if isinstance(each, etree._Element)] if isinstance(found, list) else []


def _texts(root: Element, path: str) -> tuple[str, ...]:
    """The texts or attribute values at `path`, each on one line, empty ones left out."""
    found = root.xpath(path, namespaces=_NS)
    told = found if isinstance(found, list) else []
    texts = (_own(each) if isinstance(each, etree._Element) else line(str(each)) for each in told)
    return tuple(filter(None, texts))


def _own(element: Element) -> str:
    return line(str(element.xpath("string()")))


def _first(root: Element, path: str) -> str:
    return next(iter(_texts(root, path)), "")


def _main_title(root: Element) -> Element | None:
    """The titleInfo without a type, else the one marked as primary."""
    found = _elements(root, "mods:titleInfo[not(@type)]") + _elements(root, "mods:titleInfo[@usage='primary']")
    return next((each for each in found if _first(each, "mods:title")), None)


def _other_titles(root: Element) -> Iterator[OtherTitle]:
    for each in _elements(root, "mods:titleInfo[@type]"):
        tags = ("title", "subTitle", "partNumber", "partName")
        title, subtitle, number, name = (_first(each, f"mods:{tag}") for tag in tags)
        if title and each.get("usage") != "primary":
            yield OtherTitle(each.get("type", ""), title, subtitle, number, name)


def _names(root: Element) -> Iterator[Name]:
    kinds = {kind.value: kind for kind in NameKind}
    for each in _elements(root, "mods:name"):
        family, given = _first(each, "mods:namePart[@type='family']"), _first(each, "mods:namePart[@type='given']")
        whole = " ".join(_texts(each, "mods:namePart[not(@type)]"))
        text = whole or ", ".join(filter(None, (family, given)))
        if text:
            yield Name(
                text,
                kinds.get(each.get("type", ""), NameKind.PERSONAL),
                family,
                given,
                ", ".join(_texts(each, "mods:namePart[@type='date']")),
                ", ".join(_texts(each, "mods:namePart[@type='termsOfAddress']")),
                _first(each, "mods:nameIdentifier"),
                tuple(dict.fromkeys(_texts(each, "mods:role/mods:roleTerm[@type='code']"))),
                primary=each.get("usage") == "primary",
            )


def _origins(root: Element) -> Iterator[Origin]:
    kinds = {kind.value: kind for kind in OriginKind}
    for each in _elements(root, "mods:originInfo"):
        event = each.get("eventType", "")
        yield _origin(each, kinds.get(event, OriginKind.PUBLICATION))
        if event:
            continue
        makers, made = _texts(each, _MAKERS), _first(each, "mods:dateOther[@type='manufacture']")
        if makers or made:
            yield Origin(OriginKind.MANUFACTURE, agents=makers, date=made)
        if claimed := _first(each, "mods:copyrightDate"):
            yield Origin(OriginKind.COPYRIGHT, date=claimed)


def _origin(element: Element, kind: OriginKind) -> Origin:
    dates = f"mods:{_DATES.get(kind, 'dateOther')}"
    makers = () if element.get("eventType") else _texts(element, _MAKERS)
    # Before MODS 3.8 a publisher was an element of its own.
    agents = (*_texts(element, "mods:agent/mods:namePart"), *_texts(element, "mods:publisher"))
    coded = f"{dates}[@encoding='marc' and not(.='{_UNKNOWN_YEAR}')]"
    return Origin(
        kind,
        _texts(element, "mods:place/mods:placeTerm[not(@authority='marccountry') and not(@type='code')]"),
        tuple(agent for agent in agents if agent not in makers),
        _first(element, f"{dates}[not(@encoding='marc')]") or _first(element, "mods:dateCreated"),
        _first(element, f"{coded}[not(@point='end')]"),
        _first(element, f"{coded}[@point='end']"),
        _first(element, "mods:edition"),
    )


def _day(text: str, kind: VolumeKind) -> str:
    """The date of an issue, which NDK writes 14.05.1919, as ISO 8601; other dates as they are."""
    found = _CZECH_DATE.fullmatch(text) if kind.periodical else None
    return "-".join(filter(None, reversed(found.groups()))) if found else text


def _languages(root: Element) -> tuple[str, ...]:
    codes = _texts(root, "mods:language[not(@objectPart)]/mods:languageTerm[@type='code']")
    return tuple(dict.fromkeys(terminology(code.lower()) for code in codes if code != "und"))


def _subjects(root: Element) -> Iterator[Subject]:
    for each in _elements(root, "mods:subject"):
        parts = ("topic", "geographic", "temporal", "name")
        topics, places, periods, names = (_texts(each, f"mods:{part}") for part in parts)
        topics += _texts(each, "mods:genre") + _texts(each, "mods:titleInfo")
        if topics or places or periods or names:
            yield Subject(each.get("authority", ""), topics, places, periods, names)


def _classifications(root: Element) -> Iterator[Classification]:
    for each in _elements(root, "mods:classification"):
        if value := _own(each):
            yield Classification(value, each.get("authority", "udc"), each.get("edition", ""))


def _related(root: Element) -> Iterator[Related]:
    for each in _elements(root, "mods:relatedItem"):
        title = _first(each, "mods:titleInfo/mods:title")
        if title:
            number = _first(each, "mods:titleInfo/mods:partNumber")
            issn = _first(each, "mods:identifier[@type='issn']")
            yield Related(each.get("type") or each.get("otherType") or "", title, number, issn)


def _cartography(root: Element) -> Cartography:
    place = "mods:subject/mods:cartographics/mods:"
    return Cartography(*(_first(root, place + part) for part in ("scale", "projection", "coordinates")))


def _shelf_mark(root: Element, institution: Organisation) -> str:
    """The shelf mark in the institution's own location; one that names no library is its own."""
    for each in _elements(root, "mods:location"):
        if _first(each, "mods:physicalLocation") in (institution.sigla, ""):
            found = _first(each, ".//mods:shelfLocator")
            if found:
                return found
    return ""


def _record(root: Element) -> RecordOrigin:
    info = "mods:recordInfo/mods:"
    return RecordOrigin(
        rules="rda" if "rda" in _first(root, info + "descriptionStandard").lower() else "aacr",
        source=_first(root, info + "recordContentSource"),
        id=record_id(root),
        created=_first(root, info + "recordCreationDate"),
        changed=_first(root, info + "recordChangeDate"),
    )
