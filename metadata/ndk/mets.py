"""The main METS of a package of any kind (ndk.md §2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from metadata import dc, mods
from metadata.elements import METS
from metadata.file import FileRef
from metadata.markup import Element
from metadata.model import Page, VolumeRecord
from metadata.ndk.layout import GROUPS, Use
from metadata.ndk.levels import Part, every, ladder, parts
from metadata.ndk.logical import links, logical_map
from metadata.ndk.physical import physical_map
from metadata.ndk.sections import document, file, file_group, wrapped


def main_mets(
    record: VolumeRecord, files: Sequence[Mapping[Use, FileRef]], created: Sequence[Mapping[Use, str]]
) -> Element:
    """The main METS.

    Args:
        record: the volume.
        files: for each of its pages, in order, the five files with paths relative to the package's root.
        created: for each page, when each of these files came to be (ISO 8601).

    Raises:
        ValueError: a page has a type that the standard does not have for this kind of volume, or a division cannot be
            written (`levels.parts`).
    """
    volume = record.volume
    divisions = parts(volume)
    return document(
        record,
        *_descriptions(record, divisions),
        METS("fileSec", *(_group(use, volume.pages, files, created) for use in GROUPS)),
        physical_map(volume, volume.pages),
        logical_map(volume, volume.pages, divisions),
        links(volume, volume.pages, divisions),
    )


def representative(pages: Sequence[Page]) -> Page | None:
    """The page that stands for the volume: its title page, else its first."""
    return next((page for page in pages if page.type == "titlePage"), pages[0] if pages else None)


def _descriptions(record: VolumeRecord, divisions: Sequence[Part]) -> Iterator[Element]:
    """Every level's pair of records, MODS and DC, from the title down to the pages."""
    volume, kind = record.volume, record.volume.description.kind
    for code, in_mods, in_dc in (*_above(record), *_whole(record)):
        yield from _pair(code, in_mods, in_dc)
    for part in every(divisions):
        in_mods = mods.division_record(part.division, part.code, volume, record.created)
        yield from _pair(part.code, in_mods, dc.division_record(part.division, part.code, volume))
    front = representative(volume.pages)
    for page in volume.pages:
        in_mods = mods.page_record(page, kind, representative=page is front)
        yield from _pair(f"PAGE_{page.number}", in_mods, dc.page_record(page, kind))


def _above(record: VolumeRecord) -> Iterator[tuple[str, Element, Element]]:
    volume, kind = record.volume, record.volume.description.kind
    if volume.title is not None:
        in_mods = mods.title_record(volume.title, kind, record.created)
        yield "TITLE_0001", in_mods, dc.title_record(volume.title, kind)
    if volume.title is not None and volume.year is not None:
        yield (
            "VOLUME_0001",
            mods.year_record(volume.year, volume.title),
            dc.year_record(volume.year, volume.title),
        )


def _whole(record: VolumeRecord) -> Iterator[tuple[str, Element, Element]]:
    code = ladder(record.volume.description.kind)[-1].code
    yield code, mods.volume_record(record.volume, record.created), dc.volume_record(record.volume)


def _pair(code: str, in_mods: Element, in_dc: Element) -> tuple[Element, Element]:
    # MDTYPEVERSION is mandatory on MODS and forbidden on DC in DMF 2.3 and 2.2 (ndk.md §0).
    return (
        wrapped("dmdSec", f"MODSMD_{code}", "MODS", in_mods, mods.VERSION),
        wrapped("dmdSec", f"DCMD_{code}", "DC", in_dc),
    )


def _group(
    use: Use, pages: Sequence[Page], files: Sequence[Mapping[Use, FileRef]], created: Sequence[Mapping[Use, str]]
) -> Element:
    rows = zip(pages, files, created, strict=True)
    entries = (
        file(use, page.number, refs[use], sequence=n, created=when[use]) for n, (page, refs, when) in enumerate(rows)
    )
    return file_group(use, *entries)
