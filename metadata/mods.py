"""MODS 3.8 records of every level of a package (ndk.md §2; DMF Monografie 2.2, DMF Periodika 2.1; RDA and AACR2).

What each level may say is in metadata/mods_levels.py, how a description becomes sections in metadata/mods_record.py.
Identifiers and DC's twins of these records: `identifiers` here and metadata/dc.py.
"""

from __future__ import annotations

from dataclasses import replace

from metadata.check_digits import sound
from metadata.description import Description, Identifier, IdentifierKind, VolumeKind
from metadata.elements import MODS, line
from metadata.markup import Element
from metadata.model import Division, Page, Title, Volume, Year
from metadata.mods_levels import YEAR, Level, of_division, of_title, of_volume
from metadata.mods_origin import UNKNOWN_YEAR
from metadata.mods_record import (
    UNKNOWN_LANGUAGE,
    UNTITLED,
    VERSION,
    codes,
    name_sections,
    record,
    title,
    title_info,
)
from metadata.page_types import page_types

__all__ = [
    "UNKNOWN_LANGUAGE", "UNKNOWN_YEAR", "UNTITLED", "VERSION", "codes", "division_description", "division_record",
    "identifiers", "page_record", "title", "title_identifiers", "title_record", "volume_record",
    "year_date", "year_record",
]  # fmt: skip

# The rules for the genre of a periodical's page have another list than those for its part and the physical map
# (fdmf/periodical_2.1: mods/page_*, PRIMARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT): here what the genre says instead.
_GENRES_IN_PERIODICALS = {"flyleaf": "flyLeaf"} | dict.fromkeys(
    ("preface", "introduction", "afterword", "conclusion", "colophon"), "normalPage"
)


def identifiers(volume: Volume) -> tuple[Identifier, ...]:
    """What names the volume in its package: its own UUID first, then one of each kind that its level allows.

    Left out: a URN:NBN that has not been assigned yet (ndk.md §9.3), a cancelled one, one with a wrong check digit,
    and one that the title above bears already, for no identifier may stand twice in a package.
    """
    about = volume.description
    level = of_volume(about.kind, about.record.rules)
    above = title_identifiers(volume.title, about.kind) if volume.title else ()
    return _named(volume.id, about, level, above)


def title_identifiers(title: Title, kind: VolumeKind) -> tuple[Identifier, ...]:
    """What names the title above volumes of `kind`: its own UUID first, then one of each allowed kind."""
    about = title.description
    return _named(title.id, about, of_title(kind, about.record.rules), ())


def title_record(title: Title, kind: VolumeKind, created: str) -> Element:
    """The MODS of the work in several volumes or of the periodical above a volume of `kind`.

    `created` is the moment of the record (ISO 8601). A work's title may not name related works, editions or its kind
    of resource (fdmf/monograph_2.2, title): related works and, by RDA, editions become notes.
    """
    about = title.description
    return record(about, of_title(kind, about.record.rules), "0001", title_identifiers(title, kind), created)


def year_record(year: Year, title: Title) -> Element:
    """The MODS of a periodical's volume (ročník): its number, its date, and who made the periodical `title`."""
    return MODS(
        "mods",
        title_info(number=year.number),
        *(each for each in name_sections(title.description.names, YEAR) if not isinstance(each, str)),
        MODS("genre", YEAR.genre),
        MODS("originInfo", MODS("dateIssued", year_date(year))),
        MODS("identifier", year.id, type="uuid"),
        ID="MODS_VOLUME_0001",
        version=VERSION,
    )


def year_date(year: Year) -> str:
    """The date of a periodical's volume; it must not be missing, so an unknown one says that."""
    return line(year.date) or UNKNOWN_YEAR


def volume_record(volume: Volume, created: str) -> Element:
    """The MODS of a volume, issue or supplement that is a package; `created` is the moment of the record (ISO 8601).

    An issue has neither recordInfo nor form, classification, edition nor places as subjects (fdmf/periodical_2.1,
    issue): what is known of them becomes notes, except for the record's own history, which is left out.
    """
    about = volume.description
    return record(about, of_volume(about.kind, about.record.rules), "0001", identifiers(volume), created)


def division_description(division: Division, volume: Volume) -> Description:
    """What is known of a part inside a volume; languages, institution and rules are the volume's where it has none."""
    about = volume.description
    return Description(
        title=division.title,
        institution=about.institution,
        kind=about.kind,
        subtitle=division.subtitle,
        part_number=division.part_number,
        names=division.names,
        languages=division.languages or about.languages,
        edition=division.genre,
        record=replace(about.record, id="", created="", changed=""),
    )


def division_record(division: Division, code: str, volume: Volume, created: str) -> Element:
    """The MODS of a chapter, article, picture or supplement inside `volume`.

    `code` is its name in the package ("CHAP_0001"), `created` the moment of the record (ISO 8601), which the standard
    wants in every part's recordInfo.

    Raises:
        ValueError: the standard knows no such part in such a volume, or `code` is that of another level.
    """
    about = division_description(division, volume)
    level = of_division(division.kind, about.kind, about.record.rules)
    name, _, number = code.partition("_")
    if name != level.code:
        raise ValueError(f"{code!r} is no code of a {division.kind}: {level.code}_NNNN")
    own = Identifier(IdentifierKind.UUID, division.id)
    return record(about, level, number, (own,), created)


def page_record(page: Page, kind: VolumeKind, *, representative: bool) -> Element:
    """The MODS of one page of a volume of `kind`; the `representative` page is the one that stands for the volume.

    Where the two lists for periodicals differ, the genre says `normalPage` and the part keeps the page's type.

    Raises:
        ValueError: the page's type is none of `metadata.page_types`.
    """
    if page.type not in page_types(kind):
        raise ValueError(f"page {page.number}: {page.type!r} is no NDK page type of a {kind}")
    genre = _GENRES_IN_PERIODICALS.get(page.type, page.type) if kind.periodical else page.type
    return MODS(
        "mods",
        MODS("typeOfResource", of_volume(kind, "rda").resource),
        MODS("genre", "reprePage" if representative else "page", type=genre),
        MODS("identifier", page.id, type="uuid"),
        _printed_number(page),
        MODS("part", MODS("detail", MODS("number", page.order), type="pageIndex")),
        MODS("note", page.side.value) if page.side else None,
        ID=f"MODS_PAGE_{page.number}",
        version=VERSION,
    )


def _named(uuid: str, about: Description, level: Level, above: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    own = Identifier(IdentifierKind.UUID, uuid)
    borne = {(each.kind, each.value) for each in above}
    usable = [_spelled(each) for each in about.identifiers if sound(each)]
    free = [each for each in usable if (each.kind, each.value) not in borne]
    firsts = (next((each for each in free if each.kind is kind), None) for kind in level.identifiers)
    return (own, *(each for each in firsts if each))


def _spelled(identifier: Identifier) -> Identifier:
    """An ISBN hyphenated into four or five parts stays as it is, any other is written without hyphens.

    The rules for periodicals refuse an ISBN with other groups (fdmf/periodical_2.1, issue and supplement).
    """
    value = identifier.value
    if identifier.kind is not IdentifierKind.ISBN or value.count("-") == (4 if len(value) > 13 else 3):
        return identifier
    return Identifier(identifier.kind, value.replace("-", ""), identifier.valid)


def _printed_number(page: Page) -> Element | None:
    label = line(page.label)
    if not label:
        return None
    number = MODS("detail", MODS("number", label), type="pageNumber")
    extent = MODS("extent", MODS("start", label), unit="pages")
    return MODS("part", number, extent, type=page.type)
