"""The main METS of a single-volume monograph (ndk.md §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metadata import dc, mods
from metadata.elements import METS, line
from metadata.file import FileRef
from metadata.markup import Element
from metadata.model import Page, VolumeRecord
from metadata.ndk.layout import GROUPS, Use
from metadata.ndk.sections import FROM, LINKING, TO, document, file, file_group, label, pointers, wrapped

_VOLUME = "MODSMD_VOLUME_0001"
_DIVISION = "VOLUME_0001"


def main_mets(
    record: VolumeRecord, files: Sequence[Mapping[Use, FileRef]], created: Sequence[Mapping[Use, str]]
) -> Element:
    """The main METS.

    Args:
        record: the volume.
        files: for each of its pages, in order, the five files with paths relative to the package's root.
        created: for each page, when each of these files came to be (ISO 8601).

    Raises:
        ValueError: a page has a type that NDK does not know.
    """
    pages = [each.page for each in record.pages]
    return document(
        record,
        *_descriptions(record, pages),
        METS("fileSec", *(_group(use, pages, files, created) for use in GROUPS)),
        _physical(record, pages),
        _logical(record, pages),
        METS("structLink", *(LINKING("smLink", {FROM: _DIVISION, TO: f"DIV_P_PAGE_{p.number}"}) for p in pages)),
    )


def representative(pages: Sequence[Page]) -> Page | None:
    """The page that stands for the volume: its title page, else its first."""
    return next((page for page in pages if page.type == "titlePage"), pages[0] if pages else None)


def _descriptions(record: VolumeRecord, pages: Sequence[Page]) -> list[Element]:
    front = representative(pages)
    volume = mods.volume_record(record.volume, record.created)
    sections = [
        wrapped("dmdSec", _VOLUME, "MODS", volume, mods.VERSION),
        wrapped("dmdSec", "DCMD_VOLUME_0001", "DC", dc.volume_record(record.volume)),
    ]
    for page in pages:
        described = mods.page_record(page, representative=page is front)
        sections.append(wrapped("dmdSec", f"MODSMD_PAGE_{page.number}", "MODS", described, mods.VERSION))
        sections.append(wrapped("dmdSec", f"DCMD_PAGE_{page.number}", "DC", dc.page_record(page)))
    return sections


def _group(
    use: Use, pages: Sequence[Page], files: Sequence[Mapping[Use, FileRef]], created: Sequence[Mapping[Use, str]]
) -> Element:
    rows = zip(pages, files, created, strict=True)
    entries = (
        file(use, page.number, refs[use], sequence=n, created=when[use]) for n, (page, refs, when) in enumerate(rows)
    )
    return file_group(use, *entries)


def _physical(record: VolumeRecord, pages: Sequence[Page]) -> Element:
    divisions = (
        METS(
            "div",
            *pointers(page.number, *GROUPS),
            ID=f"DIV_P_PAGE_{page.number}",
            ORDER=str(page.order),
            ORDERLABEL=line(page.label) or f"[{page.order}]",
            TYPE=page.type,
        )
        for page in pages
    )
    whole = METS("div", *divisions, DMDID=_VOLUME, ID="DIV_P_0000", LABEL=label(record), TYPE="MONOGRAPH")
    return METS("structMap", whole, LABEL="Physical_Structure", TYPE="PHYSICAL")


def _logical(record: VolumeRecord, pages: Sequence[Page]) -> Element:
    name = label(record)
    # Kramerius joins a page's division, record and file by their number (ndk.md §8).
    divisions = (
        METS("div", DMDID=f"MODSMD_PAGE_{p.number}", ID=f"PAGE_{p.number}", LABEL=name, TYPE="PAGE") for p in pages
    )
    volume = METS("div", *divisions, DMDID=_VOLUME, ID=_DIVISION, LABEL=name, TYPE="VOLUME")
    # The outer division of a single-volume monograph has no record of its own (ndk.md §2).
    whole = METS("div", volume, ID="MONOGRAPH_0001", LABEL=name, TYPE="MONOGRAPH")
    return METS("structMap", whole, LABEL="Logical_Structure", TYPE="LOGICAL")
