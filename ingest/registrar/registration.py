"""The document that registers a volume at the ČIDLO resolver: what it is, and which digital document represents it.

Facts of the registration schemas of its interface, versions 3 to 6 (namespace http://resolver.nkp.cz/vN/): `import`
holds one intellectual entity and `digitalDocument`; a document without `urnNbn` is registered in the mode BY_RESOLVER:
the resolver gives the number. Maps, graphics and sheet music are `otherEntity`, issues and supplements
`periodicalIssue`; which of a volume's parts names it there follows what other systems register, for the resolver joins
equal entities of several libraries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from metadata.description import Description, IdentifierKind, Name, NameKind, VolumeKind
from metadata.elements import Namespace, line
from metadata.markup import Element
from metadata.model import Volume

MASTER = "image/jp2"

_ENTITIES = {
    VolumeKind.MONOGRAPH: "monograph",
    VolumeKind.MONOGRAPH_VOLUME: "monographVolume",
    VolumeKind.MAP: "otherEntity",
    VolumeKind.GRAPHIC: "otherEntity",
    VolumeKind.SHEET_MUSIC: "otherEntity",
    VolumeKind.ISSUE: "periodicalIssue",
    VolumeKind.SUPPLEMENT: "periodicalIssue",
}
_TYPES = {
    VolumeKind.MAP: "cartographic",
    VolumeKind.GRAPHIC: "graphic",
    VolumeKind.SHEET_MUSIC: "sheetmusic",
    VolumeKind.SUPPLEMENT: "supplement",
}
_ORIGINATORS = {
    NameKind.PERSONAL: "AUTHOR",
    NameKind.FAMILY: "AUTHOR",
    NameKind.CORPORATE: "CORPORATION",
    NameKind.CONFERENCE: "EVENT",
}
_YEAR = re.compile(r"(?<!\d)(?:1\d{3}|20\d{2})(?!\d)")


def namespace(version: int) -> Namespace:
    """The namespace of that version of the interface."""
    return Namespace("czidlo", f"http://resolver.nkp.cz/v{version}/")


def registration(volume: Volume, x: Namespace, identifier: str, archiver: int | None = None) -> Element:
    """The registration of `volume` in the namespace `x`.

    `identifier` is the type under which its uuid stands among the registrar's own identifiers: by that it is found
    again, and the resolver takes no second document with it. `archiver` is the number of the institution that keeps
    the document, when that is not the registrar.
    """
    return x("import", _entity(volume, x), _document(volume, x, identifier, archiver))


def _entity(volume: Volume, x: Namespace) -> Element:
    about = volume.description
    told = [about, volume.title.description] if volume.title else [about]
    standard = IdentifierKind.ISSN if about.kind.periodical else IdentifierKind.ISBN
    ismn = about.identifier(IdentifierKind.ISMN) if about.kind is VolumeKind.SHEET_MUSIC else ""
    return x(
        _ENTITIES[about.kind],
        x("titleInfo", *_titles(volume, x)),
        _text(x, "ccnb", _first(each.identifier(IdentifierKind.CCNB) for each in told)),
        _text(x, standard.value, _first(each.identifier(standard) for each in told)),
        _text(x, "otherId", ismn),
        _text(x, "documentType", _TYPES.get(about.kind, "")),
        x("digitalBorn", "false"),
        *_originators(next((each.names for each in told if each.names), ()), x),
        _publication(told, x),
    )


def _titles(volume: Volume, x: Namespace) -> list[Element | None]:
    """The title with its part; what the schema wants filled falls back on what there is, at last on the folder."""
    about, above = volume.description, volume.title
    own = _whole_title(about) or volume.folder
    part = _first((about.part_number, about.part_name))
    if above is None:
        return [_text(x, "title", own), _text(x, "subTitle", about.subtitle)]
    title = _whole_title(above.description) or own
    if volume.year is None:
        return [_text(x, "monographTitle", title), _text(x, "volumeTitle", part or own)]
    return [
        _text(x, "periodicalTitle", title),
        _text(x, "volumeTitle", _first((volume.year.number, volume.year.date))),
        _text(x, "issueTitle", _first((part, about.year, own))),
    ]


def _originators(names: Sequence[Name], x: Namespace) -> list[Element | None]:
    """The main entry, else the first name, and the first of the others."""
    ordered = sorted(names, key=lambda name: not name.primary)
    if not ordered or not line(ordered[0].text):
        return []
    first, others = ordered[0], ordered[1:]
    main = x("primaryOriginator", line(first.text), type=_ORIGINATORS[first.kind])
    return [main, _text(x, "otherOriginator", _first(name.text for name in others))]


def _publication(told: Sequence[Description], x: Namespace) -> Element | None:
    """Publisher, place and year of four digits: the resolver drops a year that is no number."""
    year = next((found.group() for each in told if (found := _YEAR.search(f"{each.year} {each.date_start}"))), "")
    parts = [
        _text(x, "publisher", _first(each.publisher for each in told)),
        _text(x, "place", _first(each.place for each in told)),
        _text(x, "year", year),
    ]
    return x("publication", *parts) if any(part is not None for part in parts) else None


def _document(volume: Volume, x: Namespace, identifier: str, archiver: int | None) -> Element:
    extent = f"{len(volume.pages)} x {MASTER}"
    return x(
        "digitalDocument",
        None if archiver is None else x("archiverId", archiver),
        x("registrarScopeIdentifiers", x("id", str(volume.id), type=identifier)),
        x("technicalMetadata", x("format", MASTER), x("extent", extent)),
    )


def _whole_title(about: Description) -> str:
    return line(f"{about.non_sort} {about.title}")


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if line(value)), "")


def _text(x: Namespace, name: str, value: str) -> Element | None:
    return x(name, line(value)) if line(value) else None
