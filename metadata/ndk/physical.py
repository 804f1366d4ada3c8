"""The physical map of a package: one division a page, pointing to its five files (ndk.md §2)."""

from __future__ import annotations

from collections.abc import Sequence

from metadata.elements import METS, line
from metadata.markup import Element
from metadata.model import Page, Volume
from metadata.ndk.layout import GROUPS
from metadata.ndk.levels import ladder
from metadata.ndk.sections import label, pointers


def physical_map(volume: Volume, pages: Sequence[Page]) -> Element:
    """The physical map; a page is called by its printed number, or by its order in brackets where it has none."""
    kind = volume.description.kind
    # Samples of periodicals name the title here, those of monographs the volume; nothing checks it.
    record = ladder(kind)[0 if kind.periodical else -1]
    whole = METS(
        "div",
        *map(_page, pages),
        DMDID=f"MODSMD_{record.code}",
        ID="DIV_P_0000",
        LABEL=label(volume),
        TYPE="PERIODICAL" if kind.periodical else "MONOGRAPH",
    )
    return METS("structMap", whole, LABEL="Physical_Structure", TYPE="PHYSICAL")


def _page(page: Page) -> Element:
    return METS(
        "div",
        *pointers(page.number, *GROUPS),
        ID=f"DIV_P_PAGE_{page.number}",
        ORDER=str(page.order),
        ORDERLABEL=line(page.label) or f"[{page.order}]",
        TYPE=page.type,
    )
