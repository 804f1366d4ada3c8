"""A full and a bare volume of every kind the standard knows, for tests: `FULL` and `BARE`, by the name of the case.

A case is a volume kind, or a kind with the type that its record gets (a sequence is an issue, an issue supplement and a
volume supplement are supplements). Full: no field of the description is empty that its kind can have. Bare: only what
the standard cannot do without (title, institution, URN:NBN, one page), in the other cataloguing rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from metadata import dc, mods
from metadata.description import (
    Cartography,
    Classification,
    Description,
    Identifier,
    IdentifierKind,
    Name,
    NameKind,
    Origin,
    OriginKind,
    OtherTitle,
    RecordOrigin,
    Related,
    Rights,
    Subject,
    VolumeKind,
)
from metadata.markup import Element, violations
from metadata.model import (
    BlockLink,
    Division,
    DivisionKind,
    Page,
    Side,
    Title,
    Volume,
    VolumeRecord,
    Year,
    new_division_id,
    new_page_id,
    new_title_id,
    new_volume_id,
)
from tests.fdmf import Rules
from tests.page_records import CREATED, KDR, LIBRARY, page_record

CASES: dict[str, VolumeKind] = {kind.value: kind for kind in VolumeKind if kind is not VolumeKind.SUPPLEMENT} | {
    "sequence": VolumeKind.ISSUE,
    "issue-supplement": VolumeKind.SUPPLEMENT,
    "volume-supplement": VolumeKind.SUPPLEMENT,
}
"""The kind of each case."""

_EDITIONS = {
    "issue": "morning",
    "sequence": "sequence_2",
    "issue-supplement": "issue_supplement",
    "volume-supplement": "volume_supplement",
}
_FORMS = {VolumeKind.MAP: "map", VolumeKind.SHEET_MUSIC: "notated music"}


def identifiers(case: str) -> tuple[Identifier, ...]:
    """One identifier of each kind, and one cancelled; every case has another URN:NBN."""
    number = sorted(CASES).index(case)
    return (
        Identifier(IdentifierKind.URNNBN, f"urn:nbn:cz:li001-00000{number}"),
        Identifier(IdentifierKind.ISBN, "80-85605-10-4"),
        Identifier(IdentifierKind.ISMN, "M-66056-110-2"),
        Identifier(IdentifierKind.CCNB, f"cnb00012345{number}"),
        Identifier(IdentifierKind.ISSN, "0317-8471"),
        Identifier(IdentifierKind.ISBN, "80-85605-10-3", valid=False),
    )


def about(case: str = "monograph") -> Description:
    """A description with every field filled."""
    kind = CASES[case]
    return Description(
        title="Zkušební svazek & jiné povídky",
        institution=LIBRARY,
        kind=kind,
        subtitle="s podnázvem",
        part_number="3",
        part_name="Podzim",
        non_sort="Ten",
        other_titles=(OtherTitle("alternative", "Povídky", "výbor", "2", "Zima"), OtherTitle("uniform", "Babička")),
        names=_names(),
        year="1919-05-14" if kind.periodical else "[1919]",
        publisher="Vydavatel & syn",
        place="Liberec",
        country="xr",
        date_start="1919",
        date_end="1921",
        statement_of_edition="2., rozšířené vydání",
        frequency="týdeník",
        origins=_origins(),
        languages=("ces", "deu"),
        script="Fraktur",
        form=_FORMS.get(kind, "print"),
        extent="24 s. ; 21 cm",
        abstract="O čem to je.",
        notes=("Vazba poškozená.", "Přívazek."),
        subjects=_subjects(),
        classifications=(Classification("821.162.3-3"), Classification("25", "Konspekt", "Konspekt")),
        related=(Related("series", "Knihovnička", "12", "0317-8471"), Related("preceding", "Starší list")),
        cartography=Cartography("1:75 000", "kuželová", "E 15°00'--E 15°30'/N 50°45'--N 50°30'"),
        edition=_EDITIONS.get(case, ""),
        shelf_mark="A 1",
        scanner="Zeutschel OS 14000",
        identifiers=identifiers(case),
        record=RecordOrigin("rda", "ABA001", "nkc20010012345", "1998-05-03", "2020-01-31T12:30:00"),
        own=(("Inventární číslo", "H-123/4"), ("Fotograf", "neznámý")),
    )


def title(case: str = "monograph-volume") -> Title:
    """The title above a case: the same for all cases of periodicals."""
    kind = CASES[case]
    name = "Zkušební noviny" if kind.periodical else "Zkušební dílo"
    wanted = {IdentifierKind.ISSN} if kind.periodical else {IdentifierKind.ISMN}
    described = replace(
        about(case),
        title=name,
        year="1919-1938",
        edition="",
        identifiers=tuple(each for each in identifiers(case) if each.kind in wanted),
    )
    return Title(new_title_id(name), described)


def year() -> Year:
    """The year of all issues and supplements."""
    return Year(new_title_id("Zkušební noviny 1919"), "1", "1919")


def pages(folder: str) -> tuple[Page, ...]:
    """A cover, a title page, a blank one, a right and a left page; numbered by brackets, roman, arabic or not."""
    volume = new_volume_id(folder)
    rows = (
        ("", "frontCover", Side.SINGLE),
        ("[i]", "titlePage", Side.RIGHT),
        ("", "blank", Side.LEFT),
        ("xii", "normalPage", Side.RIGHT),
        ("2, 3", "normalPage", Side.LEFT),
    )
    return tuple(
        Page(new_page_id(volume, f"{n}"), n, f"{n:03d}.tif", label=label, type=kind, side=side)
        for n, (label, kind, side) in enumerate(rows, 1)
    )


def divisions(case: str = "monograph") -> tuple[Division, ...]:
    """A chapter with a chapter in it (an article), a picture and a supplement."""
    volume = new_volume_id(case)
    text = DivisionKind.ARTICLE if CASES[case].periodical else DivisionKind.CHAPTER
    inner = Division(new_division_id(volume, "inner"), text, 3, 3)
    return (
        Division(
            id=new_division_id(volume, "text"),
            kind=text,
            first=2,
            last=3,
            title="O počasí",
            subtitle="a jiných věcech",
            part_number="I",
            names=_names(),
            languages=("ces",),
            genre="introduction",
            blocks=(BlockLink(2, "block_0001", "TITLE"), BlockLink(3, "block_0001")),
            children=() if CASES[case].periodical else (inner,),
        ),
        Division(new_division_id(volume, "picture"), DivisionKind.PICTURE, 3, 3, "Pohled na město", genre="photograph"),
        Division(new_division_id(volume, "supplement"), DivisionKind.SUPPLEMENT, 4, 4, "Příloha", names=_names()),
    )


def full(case: str = "monograph") -> Volume:
    """A volume about which everything is known."""
    return _volume(case, about(case), divisions(case), pages(case))


def bare(case: str = "monograph") -> Volume:
    """A volume about which nothing is known but what must be, catalogued by AACR2."""
    kind = CASES[case]
    urn = tuple(each for each in identifiers(case) if each.kind is IdentifierKind.URNNBN)
    described = Description("Svazek", LIBRARY, kind, identifiers=urn, record=RecordOrigin("aacr"))
    volume = _volume(case, described, (), pages(case)[:1])
    above = replace(described, title="Titul", identifiers=())
    return replace(
        volume,
        title=volume.title and Title(volume.title.id, above),
        year=volume.year and Year(volume.year.id),
        rights=None,
    )


def finished(volume: Volume) -> VolumeRecord:
    """The record of a finished book, from which its package is made."""
    return VolumeRecord(volume, tuple(page_record(page, volume.id) for page in volume.pages), KDR, CREATED)


def _volume(case: str, described: Description, parts: tuple[Division, ...], held: tuple[Page, ...]) -> Volume:
    kind = CASES[case]
    titled = kind.periodical or kind is VolumeKind.MONOGRAPH_VOLUME
    return Volume(
        id=new_volume_id(case),
        folder=case,
        description=described,
        pages=held,
        title=title(case) if titled else None,
        year=year() if kind.periodical else None,
        divisions=parts,
        rights=Rights("pd", "published"),
    )


def _names() -> tuple[Name, ...]:
    return (
        Name("Němcová, Božena", NameKind.PERSONAL, "Němcová", "Božena", "1820-1862", "", "jk01083020", ("aut",), True),
        Name("Václav, svatý", terms="svatý", dates="asi 907-935", roles=("dte", "oth")),
        Name("Národní muzeum", NameKind.CORPORATE, roles=("pbl",)),
        Name("Novák, Jan"),
    )


def _origins() -> tuple[Origin, ...]:
    return tuple(Origin(kind, ("Praha",), ("Někdo",), "1920", "1920", "1921", "1. vydání") for kind in OriginKind)


def _subjects() -> tuple[Subject, ...]:
    return (
        Subject("czenas", ("ovoce", "zelenina"), ("Liberec (Česko)",), ("1918-1938",), ("Němcová, Božena",)),
        Subject("Konspekt", ("Česká próza",)),
        Subject("lcsh", ("fruit",)),
    )


@dataclass(frozen=True)
class Pair:
    """The MODS and the Dublin Core of one thing, and what the rules call its level (`volume_graphic`)."""

    level: str
    mods: Element
    dc: Element
    family: str
    rules: str


def pairs(volume: Volume) -> Iterator[Pair]:
    """Every pair of records of a volume: its own, those of what stands above it, of its parts and of its pages."""
    kind, about = volume.description.kind, volume.description
    family = "periodical_2.1" if kind.periodical else "monograph_2.2"

    def pair(level: str, in_mods: Element, in_dc: Element, by: Description = about) -> Pair:
        return Pair(level, in_mods, in_dc, family, "rda" if by.record.rules == "rda" else "aacr2")

    yield pair(_LEVELS[kind], mods.volume_record(volume, CREATED), dc.volume_record(volume))
    if above := volume.title:
        records = mods.title_record(above, kind, CREATED), dc.title_record(above, kind)
        yield pair("title", *records, above.description)
        if volume.year:
            yield pair("volume", mods.year_record(volume.year, above), dc.year_record(volume.year, above))
    for number, part in enumerate(volume.divisions, 1):
        code, level = _PARTS[part.kind]
        code = f"{code}_{number:04d}"
        described = mods.division_record(part, code, volume, CREATED), dc.division_record(part, code, volume)
        yield pair(level, *described)
    for page in volume.pages:
        yield pair("page", mods.page_record(page, kind, representative=False), dc.page_record(page, kind))


def wrongs(pair: Pair, schemas: Path) -> list[str]:
    """What the XML Schemas and the National Library's rules have to say against a pair; warnings too."""
    rules = Rules(schemas / "ndk" / "fdmf" / pair.family)
    found = [*violations(pair.mods, schemas / "mods" / "mods-3-8.xsd")]
    found += violations(pair.dc, schemas / "dc" / "oai_dc.xsd")
    told = [f"{pair.level}: {each}" for each in found]
    for twin, root in (("mods", pair.mods), ("dc", pair.dc)):
        profile = f"biblioProfiles/{twin}/{pair.level}_{pair.rules}"
        told += [f"{twin} {pair.level}: {each}" for each in rules.complaints(profile, root)]
    return told


def by_rules(volume: Volume, rules: str) -> Volume:
    """The same volume, it and its title catalogued by "rda" or "aacr"."""

    def ruled(described: Description) -> Description:
        return replace(described, record=replace(described.record, rules=rules))

    above = volume.title and replace(volume.title, description=ruled(volume.title.description))
    return replace(volume, description=ruled(volume.description), title=above)


_LEVELS = {
    VolumeKind.MONOGRAPH: "volume_singlevolume",
    VolumeKind.MONOGRAPH_VOLUME: "volume_multivolume",
    VolumeKind.MAP: "volume_cartographic",
    VolumeKind.GRAPHIC: "volume_graphic",
    VolumeKind.SHEET_MUSIC: "volume_sheetmusic",
    VolumeKind.ISSUE: "issue",
    VolumeKind.SUPPLEMENT: "supplement",
}
_PARTS = {
    DivisionKind.CHAPTER: ("CHAP", "internalpart_chapter"),
    DivisionKind.ARTICLE: ("ART", "internalpart_article"),
    DivisionKind.PICTURE: ("PICT", "internalpart_picture"),
    DivisionKind.SUPPLEMENT: ("SUPPL", "supplement"),
}

FULL: dict[str, Volume] = {case: full(case) for case in CASES}
BARE: dict[str, Volume] = {case: bare(case) for case in CASES}
