"""Dublin Core 1.1 in oai_dc: the twin of every MODS record, with the same identifiers (ndk.md §2).

Each level has its own elements (metadata/mods_levels.py); what a level has not is in its MODS only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metadata import mods
from metadata.description import Description, Identifier, IdentifierKind, OriginKind, VolumeKind
from metadata.elements import DC, OAI_DC, line
from metadata.markup import Element
from metadata.model import Division, Page, Title, Volume, Year
from metadata.mods_levels import YEAR, Level, of_division, of_title, of_volume
from metadata.mods_origin import issued
from metadata.mods_record import called, form
from metadata.page_types import page_types

_ROOT = OAI_DC.declaring(DC)

Terms = Iterable[tuple[str, str]]


def title_record(title: Title, kind: VolumeKind) -> Element:
    """The Dublin Core of the work in several volumes or of the periodical above a volume of `kind`."""
    about = title.description
    level = of_title(kind, about.record.rules)
    return _record(level, _described(about, level, mods.title_identifiers(title, kind)))


def year_record(year: Year, title: Title) -> Element:
    """The Dublin Core of a periodical's volume (ročník): the periodical's title, and its number where it has one."""
    number = line(year.number)
    name = mods.title(title.description) + (f", {number}" if number else "")
    own = Identifier(IdentifierKind.UUID, year.id)
    creators = (("creator", called(each)) for each in title.description.names)
    return _record(YEAR, [("title", name), *creators, ("date", mods.year_date(year)), *_identifiers((own,))])


def volume_record(volume: Volume) -> Element:
    """The Dublin Core of a volume, issue or supplement that is a package."""
    about = volume.description
    level = of_volume(about.kind, about.record.rules)
    return _record(level, _described(about, level, mods.identifiers(volume)))


def division_record(division: Division, code: str, volume: Volume) -> Element:
    """The Dublin Core of a chapter, article, picture or supplement inside `volume`; `code` as in its MODS.

    What kind of part it is stands as its subject too: the rules for periodicals want one of every article and picture.

    Raises:
        ValueError: the standard knows no such part in such a volume, or `code` is that of another level.
    """
    about = mods.division_description(division, volume)
    level = of_division(division.kind, about.kind, about.record.rules)
    if code.partition("_")[0] != level.code:
        raise ValueError(f"{code!r} is no code of a {division.kind}: {level.code}_NNNN")
    own = Identifier(IdentifierKind.UUID, division.id)
    kind = line(division.genre) or level.genre
    return _record(level, [*_described(about, level, (own,)), ("subject", kind)])


def page_record(page: Page, kind: VolumeKind) -> Element:
    """The Dublin Core of one page of a volume of `kind`; its coverage is the printed number, where there is one.

    Raises:
        ValueError: the page's type is none of `metadata.page_types`.
    """
    if page.type not in page_types(kind):
        raise ValueError(f"page {page.number}: {page.type!r} is no NDK page type of a {kind}")
    label = line(page.label)
    return _ROOT(
        "dc",
        DC("type", "model:page"),
        DC("identifier", f"uuid:{page.id}"),
        DC("coverage", label) if label else None,
    )


def _record(level: Level, terms: Terms) -> Element:
    told = dict.fromkeys((name, line(text)) for name, text in [("type", level.model), *terms] if name in level.dc)
    return _ROOT("dc", *(DC(name, text) for name, text in told if text))


def _identifiers(names: tuple[Identifier, ...]) -> Iterator[tuple[str, str]]:
    return (("identifier", f"{each.kind}:{each.value}") for each in names)


def _described(about: Description, level: Level, names: tuple[Identifier, ...]) -> Iterator[tuple[str, str]]:
    full_title = " : ".join(part for part in (mods.title(about), line(about.subtitle)) if part)
    part = ", ".join(filter(None, map(line, (about.part_number, about.part_name))))
    yield "title", ". ".join(filter(None, (full_title, part)))
    yield from (("creator", called(name)) for name in about.names)
    yield "publisher", about.publisher
    publications = (origin for origin in about.origins if origin.kind is OriginKind.PUBLICATION)
    yield from (("publisher", agent) for origin in publications for agent in origin.agents)
    yield "date", issued(about, level)
    yield from (("language", code) for code in mods.codes(about))
    yield "format", form(about)
    yield "format", about.extent
    yield from _identifiers(names)
    yield from _content(about)
    if line(about.shelf_mark):
        yield "source", about.institution.sigla
        yield "source", about.shelf_mark


def _content(about: Description) -> Iterator[tuple[str, str]]:
    yield "description", about.abstract
    yield from (("description", note) for note in about.notes)
    for subject in about.subjects:
        yield from (("subject", text) for text in (*subject.topics, *subject.names))
        yield from (("coverage", text) for text in (*subject.places, *subject.periods))
    yield from (("subject", each.value) for each in about.classifications)
    yield "coverage", about.cartography.scale
    yield "coverage", about.cartography.coordinates
