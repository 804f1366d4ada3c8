"""The logical map of a package and its links to the pages (ndk.md §2; structMap LOGICAL and structLink of METS)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metadata import mods
from metadata.elements import METS, line
from metadata.markup import Element
from metadata.model import BlockLink, Division, DivisionKind, Page, Volume
from metadata.ndk.layout import GROUPS, Use
from metadata.ndk.levels import Part, Rung, every, ladder, pages_of
from metadata.ndk.sections import FROM, LINKING, TO, labels

_TYPES = {
    DivisionKind.CHAPTER: "CHAPTER",
    DivisionKind.ARTICLE: "ARTICLE",
    DivisionKind.PICTURE: "PICTURE",
    DivisionKind.SUPPLEMENT: "SUPPLEMENT",
}


def logical_map(volume: Volume, pages: Sequence[Page], parts: Sequence[Part]) -> Element:
    """The logical map: the titles, the volume or issue with its divisions, then its pages.

    Args:
        volume: what the package is of.
        pages: its pages.
        parts: its divisions with their codes.
    """
    *above, (rung, name) = zip(ladder(volume.description.kind), labels(volume), strict=True)
    whole = _rung(rung, name, [*map(_part, parts), *(_page(name, page) for page in pages)])
    for rung, name in reversed(above):
        whole = _rung(rung, name, [whole])
    return METS("structMap", whole, LABEL="Logical_Structure", TYPE="LOGICAL")


def links(volume: Volume, pages: Sequence[Page], parts: Sequence[Part]) -> Element:
    """The links from the volume or issue to every page, and from each division to its own pages.

    Rule PRIMARY-METS_STRUCT_LINKS_CORRECT: any division of the logical map may be linked, every page must be.
    """
    whole = ladder(volume.description.kind)[-1].code
    made = [_link(whole, page) for page in pages]
    made += [_link(part.code, page) for part in every(parts) for page in pages_of(part.division, pages)]
    return METS("structLink", *made)


def _link(code: str, page: Page) -> Element:
    return LINKING("smLink", {FROM: code, TO: f"DIV_P_PAGE_{page.number}"})


def _rung(rung: Rung, name: str, inner: Iterable[Element]) -> Element:
    described = {"DMDID": f"MODSMD_{rung.code}"} if rung.described else {}
    return METS("div", *inner, described, ID=rung.code, LABEL=name, TYPE=rung.type)


def _page(name: str, page: Page) -> Element:
    # Kramerius joins a page's division, record and file by their number (ndk.md §8).
    return METS("div", DMDID=f"MODSMD_PAGE_{page.number}", ID=f"PAGE_{page.number}", LABEL=name, TYPE="PAGE")


def _part(part: Part) -> Element:
    division = part.division
    blocks = (_block(part.code, number, link) for number, link in enumerate(division.blocks, 1))
    return METS(
        "div",
        *blocks,
        *map(_part, part.children),
        DMDID=f"MODSMD_{part.code}",
        ID=part.code,
        LABEL=_name(division),
        TYPE=_TYPES[division.kind],
    )


def _block(code: str, number: int, link: BlockLink) -> Element:
    area = METS("area", FILEID=f"{GROUPS[Use.ALTO].file}_{link.page:04d}", BEGIN=link.block, BETYPE="IDREF")
    return METS("div", METS("fptr", area), ID=f"{code}_{number:04d}", TYPE=link.role)


def _name(division: Division) -> str:
    known = (line(division.part_number), line(division.title))
    return " ".join(text for text in known if text) or mods.UNTITLED
