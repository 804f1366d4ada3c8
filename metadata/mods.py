"""MODS 3.8 records of a single-volume monograph and of its pages (ndk.md §2; PPP for monographs 2.3, RDA)."""

from __future__ import annotations

from metadata.description import Description, Identifier, IdentifierKind
from metadata.elements import MODS, line
from metadata.language import bibliographic
from metadata.markup import Element
from metadata.model import Page, Volume

VERSION = "3.8"
UNTITLED = "[bez názvu]"
# How MARC 21 writes a year that nobody knows (008/07-10); dateIssued must not be missing.
UNKNOWN_YEAR = "uuuu"
UNKNOWN_LANGUAGE = "und"

PAGE_TYPES = frozenset({
    "frontJacket", "cover", "frontCover", "backCover", "frontEndSheet", "backEndSheet", "frontEndPaper",
    "backEndPaper", "titlePage", "preface", "introduction", "normalPage", "blank", "illustration", "map", "table",
    "advertisement", "impressum", "colophon", "frontispiece", "imprimatur", "dedication", "errata", "sheetMusic",
    "appendix", "bibliography", "afterword", "conclusion", "tableOfContents", "index", "listOfIllustrations",
    "listOfMaps", "listOfTables", "edge", "spine", "jacket", "flyLeaf",
})  # fmt: skip
"""Page types of monographs (ndk.md §2)."""

# Identifiers of a volume besides its UUID; ISSN is forbidden at this level (ndk.md §2).
_ALLOWED = (IdentifierKind.URNNBN, IdentifierKind.ISBN, IdentifierKind.ISMN, IdentifierKind.CCNB)


def title(description: Description) -> str:
    """The title on one line; a description that holds none says so in brackets."""
    return line(description.title) or UNTITLED


def codes(description: Description) -> tuple[str, ...]:
    """The languages as ISO 639-2/B codes, each once; `und` when none is known."""
    known = dict.fromkeys(bibliographic(code) for code in description.languages)
    return tuple(known) or (UNKNOWN_LANGUAGE,)


def identifiers(volume: Volume) -> tuple[Identifier, ...]:
    """What names the volume in its package: its own UUID first, then one of each allowed kind.

    A URN:NBN that has not been assigned yet is simply not there (ndk.md §9.3).
    """
    own = Identifier(IdentifierKind.UUID, volume.id)
    others = ((kind, volume.description.identifier(kind)) for kind in _ALLOWED)
    return (own, *(Identifier(kind, value) for kind, value in others if value))


def volume_record(volume: Volume, created: str) -> Element:
    """The MODS of a single-volume monograph; `created` is the moment of the record (ISO 8601)."""
    about = volume.description
    return MODS(
        "mods",
        _title_info(about),
        *(_author(name) for name in map(line, about.authors) if name),
        MODS("typeOfResource", "text"),
        MODS("genre", "volume"),
        _publication(about),
        *(MODS("language", _language_term(code, type="code")) for code in codes(about)),
        MODS("physicalDescription", MODS("form", "print", authority="marcform")),
        *(MODS("identifier", each.value, type=each.kind.value) for each in identifiers(volume)),
        _location(about),
        _record_info(about, created),
        ID="MODS_VOLUME_0001",
        version=VERSION,
    )


def page_record(page: Page, *, representative: bool) -> Element:
    """The MODS of one page; the `representative` page is the one that stands for the volume.

    Raises:
        ValueError: the page's type is none of `PAGE_TYPES`.
    """
    if page.type not in PAGE_TYPES:
        raise ValueError(f"page {page.number}: {page.type!r} is no NDK page type")
    return MODS(
        "mods",
        MODS("typeOfResource", "text"),
        MODS("genre", "reprePage" if representative else "page", type=page.type),
        MODS("identifier", page.id, type="uuid"),
        _printed_number(page),
        MODS("part", MODS("detail", MODS("number", page.order), type="pageIndex")),
        ID=f"MODS_PAGE_{page.number}",
        version=VERSION,
    )


def _title_info(about: Description) -> Element:
    subtitle = line(about.subtitle)
    return MODS("titleInfo", MODS("title", title(about)), MODS("subTitle", subtitle) if subtitle else None)


def _author(name: str) -> Element:
    role = MODS("role", MODS("roleTerm", "aut", type="code", authority="marcrelator"))
    return MODS("name", MODS("namePart", name), role, type="personal")


def _publication(about: Description) -> Element:
    place, publisher, year = line(about.place), line(about.publisher), line(about.year)
    return MODS(
        "originInfo",
        MODS("place", MODS("placeTerm", place, type="text")) if place else None,
        MODS("issuance", "single unit"),
        MODS("dateIssued", year) if year else MODS("dateIssued", UNKNOWN_YEAR, encoding="marc"),
        _publisher(publisher) if publisher else None,
        eventType="publication",
    )


def _publisher(name: str) -> Element:
    return MODS("agent", MODS("namePart", name), MODS("role", MODS("roleTerm", "publisher")))


def _language_term(code: str, **attributes: str) -> Element:
    return MODS("languageTerm", code, authority="iso639-2b", **attributes)


def _location(about: Description) -> Element | None:
    shelf_mark = line(about.shelf_mark)
    # A location must have a shelf mark (ndk.md §2), so without one there is no location.
    if not shelf_mark:
        return None
    sigla = MODS("physicalLocation", about.institution.sigla, authority="siglaADR")
    return MODS("location", sigla, MODS("shelfLocator", shelf_mark))


def _record_info(about: Description, created: str) -> Element:
    return MODS(
        "recordInfo",
        MODS("descriptionStandard", "rda"),
        MODS("recordContentSource", about.institution.sigla, authority="siglaADR"),
        MODS("recordCreationDate", created, encoding="iso8601"),
        MODS("recordOrigin", "machine generated"),
        MODS("languageOfCataloging", _language_term("cze")),
    )


def _printed_number(page: Page) -> Element | None:
    label = line(page.label)
    if not label:
        return None
    number = MODS("detail", MODS("number", label), type="pageNumber")
    return MODS("part", number, MODS("extent", MODS("start", label), unit="pages"), type=page.type)
