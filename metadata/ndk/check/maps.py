"""The structural maps of main and secondary METS and their links (ndk.md §2, §3, §6; fDMF "Strukturální mapy").

The National Library's validator asks for names and references; where a division may stand, that a division of the text
has a record, and that pages agree everywhere, only this module asks (KDR_...).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from metadata.description import VolumeKind
from metadata.elements import METS, XLINK
from metadata.markup import Element
from metadata.ndk.check.complaint import Complaint, Level, complaint, wrong
from metadata.ndk.check.context import Check, Context, Family
from metadata.ndk.check.mets import packaged
from metadata.ndk.check.page import Page, PageCheck, place, section
from metadata.ndk.layout import GROUPS, Use
from metadata.page_types import page_types

_FROM, _TO, _HREF = XLINK.tag("from"), XLINK.tag("to"), XLINK.tag("href")
_LOGICAL = "PRIMARY-METS_LOGICAL_STRUCTURAL_MAP_CORRECT"
_PHYSICAL = "PRIMARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT"
_LINKS = "PRIMARY-METS_STRUCT_LINKS_CORRECT"
_SECONDARY = "SECONDARY-METS_PHYSICAL_STRUCTURAL_MAP_CORRECT"
_PAGE_TYPE = {Family.MONOGRAPH: "MONOGRAPH_PAGE", Family.PERIODICAL: "PERIODICAL_PAGE"}
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")

# What a text or a picture is made of: blocks of its ALTO (div_types_allowed of the rule on the logical map).
_BLOCKS = frozenset({
    "TITLE", "SUBTITLE", "AUTHOR", "TRANSLATOR", "NORMAL_TEXT", "CAPTION", "PICT_AUTHOR", "PICT_TITLE", "IMAGE", "NOTE",
})  # fmt: skip
_MONOGRAPH: Mapping[str, frozenset[str]] = {
    "": frozenset({"MONOGRAPH"}),
    "MONOGRAPH": frozenset({"VOLUME"}),
    "VOLUME": frozenset({"CHAPTER", "SUPPLEMENT", "PICTURE", "PAGE"}),
    "SUPPLEMENT": frozenset({"CHAPTER", "SUPPLEMENT", "PICTURE", "PAGE"}) | _BLOCKS,
    "CHAPTER": frozenset({"CHAPTER", "PICTURE", "PAGE", "CHAPTER_PART"}) | _BLOCKS,
    "CHAPTER_PART": frozenset({"CHAPTER_PART", "PICTURE"}) | _BLOCKS,
    "PICTURE": frozenset({"PICTURE", "PAGE", "CHAPTER_PART"}) | _BLOCKS,
    "PAGE": _BLOCKS,
}
_PERIODICAL: Mapping[str, frozenset[str]] = {
    "": frozenset({"PERIODICAL_TITLE"}),
    "PERIODICAL_TITLE": frozenset({"PERIODICAL_VOLUME"}),
    "PERIODICAL_VOLUME": frozenset({"ISSUE", "SUPPLEMENT"}),
    "ISSUE": frozenset({"ARTICLE", "SUPPLEMENT", "PICTURE", "PAGE"}),
    "SUPPLEMENT": frozenset({"ARTICLE", "SUPPLEMENT", "PICTURE", "PAGE"}) | _BLOCKS,
    "ARTICLE": frozenset({"ARTICLE", "PICTURE", "PAGE", "ARTICLE_PART"}) | _BLOCKS,
    "ARTICLE_PART": frozenset({"ARTICLE_PART", "PICTURE"}) | _BLOCKS,
    "PICTURE": frozenset({"PICTURE", "PAGE", "ARTICLE_PART"}) | _BLOCKS,
    "PAGE": _BLOCKS,
}
_INSIDE = {Family.MONOGRAPH: _MONOGRAPH, Family.PERIODICAL: _PERIODICAL}
_ALLOWED = {family: frozenset(table) - {""} | _BLOCKS for family, table in _INSIDE.items()}
# Parts of a text are named by their blocks, and need neither a label nor a record.
_PARTS = _BLOCKS | {"CHAPTER_PART", "ARTICLE_PART"}
# The title of a monograph in one volume has no record (ndk.md §2).
_NO_RECORD = _PARTS | {"MONOGRAPH"}
PAGE_TYPES = {
    Family.MONOGRAPH: page_types(VolumeKind.MONOGRAPH),
    Family.PERIODICAL: page_types(VolumeKind.ISSUE),
}
"""The closed lists of page types: PPP 2.3 for monographs, PPP 8.6 for periodicals (ndk.md §2)."""


# --- the logical map --------------------------------------------------------------------------------------------------


def logical(context: Context) -> Iterator[Complaint]:
    """Every division has an ID and an allowed TYPE, and its DMDID names a dmdSec."""
    if context.main is None:
        return
    if not structure(context.main, "LOGICAL"):
        yield wrong(_LOGICAL, "no_logical_map", context.main_path)
    records, allowed = _records(context.main), _ALLOWED[context.dmf.family]
    for each in divisions(context.main, "LOGICAL"):
        where, kind = place(each), each.get("TYPE", "")
        if not each.get("ID"):
            yield wrong(_LOGICAL, "division_without_id", context.main_path, where)
        if kind not in allowed:
            yield wrong(_LOGICAL, "division_type", context.main_path, where, found=kind or "-")
        for name in each.get("DMDID", "").split():
            if name not in records:
                yield wrong(_LOGICAL, "division_no_record", context.main_path, where, found=name)


def nesting(context: Context) -> Iterator[Complaint]:
    """Divisions stand where ndk.md §2 puts them, have a label, and a record where they are works (ours)."""
    if context.main is None:
        return
    inside, allowed = _INSIDE[context.dmf.family], _ALLOWED[context.dmf.family]
    for each in divisions(context.main, "LOGICAL"):
        above, kind = _type_above(each), each.get("TYPE", "")
        # An unknown TYPE is told once, by the rule above.
        if kind not in allowed or above not in allowed | {""}:
            continue
        where = place(each)
        if kind not in inside.get(above, ()):
            yield complaint("KDR_LOGICAL_NESTING", context.main_path, where, found=kind, above=above or "structMap")
        if not each.get("LABEL", "").strip() and kind not in _PARTS:
            yield complaint("KDR_LOGICAL_LABEL", context.main_path, where, found=kind)
        if not each.get("DMDID") and kind not in _NO_RECORD:
            yield complaint("KDR_LOGICAL_RECORD", context.main_path, where, found=kind)


def areas(context: Context) -> Iterator[Complaint]:
    """What divisions point to are blocks of ALTO files of the package (ours; whether the blocks exist asks `texts`)."""
    if context.main is None:
        return
    named = _files(context.main, Use.ALTO)
    for division in divisions(context.main, "LOGICAL"):
        for area in section(division, "fptr", "area"):
            where, file = place(area), area.get("FILEID", "")
            if file not in named:
                yield wrong("KDR_ALTO_BLOCK_LINK", "block_no_alto", context.main_path, where, found=file or "-")
            elif area.get("BETYPE") != "IDREF" or not area.get("BEGIN"):
                yield wrong("KDR_ALTO_BLOCK_LINK", "block_unnamed", context.main_path, where, found=file)


def linked_blocks(context: Context) -> dict[str, list[tuple[str, str]]]:
    """By the path of an ALTO: which of its blocks the logical map names, each with the ID of the naming division."""
    linked: dict[str, list[tuple[str, str]]] = {}
    if context.main is None:
        return linked
    named = _files(context.main, Use.ALTO)
    for division in divisions(context.main, "LOGICAL"):
        for area in section(division, "fptr", "area"):
            file, block = area.get("FILEID", ""), area.get("BEGIN", "")
            if file in named and block and area.get("BETYPE") == "IDREF":
                linked.setdefault(named[file], []).append((block, division.get("ID", "")))
    return linked


# --- the physical map -------------------------------------------------------------------------------------------------


def physical(context: Context) -> Iterator[Complaint]:
    """The physical map: one division with a record, in it the pages, each with its file of every group."""
    main, file = context.main, context.main_path
    if main is None:
        return
    whole = next(
        (each for each in structure(main, "PHYSICAL") for each in section(each, "div") if each.get("TYPE")), None
    )
    if whole is None:
        yield wrong(_PHYSICAL, "no_physical_map", file)
        return
    if whole.get("DMDID", "") not in _records(main):
        yield wrong(_PHYSICAL, "whole_no_record", file, place(whole), found=whole.get("DMDID", "-"))
    found = section(whole, "div")
    if not found:
        yield wrong(_PHYSICAL, "no_pages", file, place(whole))
    groups = {name: group.get("ID", "") for group in section(main, "fileSec", "fileGrp") for name in _named(group)}
    for each in found:
        yield from _page(each, groups, context)


def _page(page: Element, groups: Mapping[str, str], context: Context) -> Iterator[Complaint]:
    where, file, name = place(page), context.main_path, page.get("ID", "-")
    for attribute in ("ID", "TYPE", "ORDER", "ORDERLABEL"):
        if not page.get(attribute):
            yield wrong(_PHYSICAL, "page_without", file, where, page=name, attribute=attribute)
    kind, order = page.get("TYPE", ""), page.get("ORDER", "")
    if kind and kind not in PAGE_TYPES[context.dmf.family]:
        yield wrong(_PHYSICAL, "page_type", file, where, Level.WARNING, page=name, found=kind)
    if order and not _NUMBER.fullmatch(order):
        yield wrong(_PHYSICAL, "page_order", file, where, page=name, found=order)
    files = [pointer.get("FILEID", "") for pointer in section(page, "fptr")]
    for each in files:
        if each not in groups:
            yield wrong(_PHYSICAL, "page_unknown_file", file, where, page=name, found=each or "-")
    present = {groups.get(each) for each in files}
    for group in GROUPS.values():
        # A group that is not there at all is told once, by the rule on file groups.
        if group.id in groups.values() and group.id not in present:
            yield wrong(_PHYSICAL, "page_no_file", file, where, page=name, group=group.id)


def links(context: Context) -> Iterator[Complaint]:
    """Links lead from divisions of the logical map to pages of the physical map, and every page is linked."""
    main, file = context.main, context.main_path
    if main is None:
        return
    sources = {each.get("ID") for each in divisions(main, "LOGICAL")}
    unlinked = {each.get("ID", ""): None for each in page_divisions(main)}
    targets = frozenset(unlinked)
    for link in section(main, "structLink", "smLink"):
        start, end = link.get(_FROM, ""), link.get(_TO, "")
        # Where there is no logical map at all, the rule on it says so once.
        if start not in sources and (sources or not start):
            yield wrong(_LINKS, "link_from", file, place(link), found=start or "-")
        if end not in targets:
            yield wrong(_LINKS, "link_to", file, place(link), found=end or "-")
        elif start:
            unlinked.pop(end, None)
    for name in unlinked:
        yield wrong(_LINKS, "page_unlinked", file, page=name or "-")


def counts(context: Context) -> Iterator[Complaint]:
    """As many pages in both maps as files; no order twice, none left out of its rank (ours, ndk.md §2)."""
    if context.main is None:
        return
    rule, file = "KDR_PAGE_COUNTS", context.main_path
    found = page_divisions(context.main)
    for use in Use:
        if len(context.files(use)) != len(found):
            yield wrong(
                rule, "count_files", file, group=GROUPS[use].id, found=len(context.files(use)), pages=len(found)
            )
    logical_pages = sum(each.get("TYPE") == "PAGE" for each in divisions(context.main, "LOGICAL"))
    if logical_pages not in (0, len(found)):
        yield wrong(rule, "count_logical", file, found=logical_pages, pages=len(found))
    orders = Counter(order for each in found if _NUMBER.fullmatch(order := each.get("ORDER", "")))
    for order in (order for order, count in orders.items() if count > 1):
        yield wrong(rule, "order_twice", file, order=order, found=orders[order])
    pointed = Counter(pointer.get("FILEID", "") for each in found for pointer in section(each, "fptr"))
    for name in (name for name, count in pointed.items() if count > 1):
        yield wrong(rule, "file_shared", file, name=name, found=pointed[name])


# --- a page's own METS ------------------------------------------------------------------------------------------------


def page_map(page: Page) -> Iterator[Complaint]:
    """The physical map of a secondary METS: one division of the page's TYPE, a pointer to each of its four files."""
    if page.amd is None:
        return
    file, kind = page.path(Use.AMD), _PAGE_TYPE[page.dmf.family]
    found = next(
        (each for each in structure(page.amd, "PHYSICAL") for each in section(each, "div") if each.get("TYPE") == kind),
        None,
    )
    if found is None:
        yield wrong(_SECONDARY, "no_page_division", file, wanted=kind)
        return
    named = {name for group in section(page.amd, "fileSec", "fileGrp") for name in _named(group)}
    pointed = {pointer.get("FILEID", "") for pointer in section(found, "fptr")}
    for name in sorted(named - pointed):
        yield wrong(_SECONDARY, "no_pointer", file, place(found), found=name)
    for name in sorted(pointed - named):
        yield wrong(_SECONDARY, "unknown_pointer", file, place(found), found=name or "-")


# --- reading maps -----------------------------------------------------------------------------------------------------


def structure(root: Element, kind: str) -> list[Element]:
    """The structural maps of a METS of a kind: PHYSICAL, LOGICAL."""
    return [each for each in section(root, "structMap") if each.get("TYPE") == kind]


def divisions(root: Element, kind: str) -> Iterator[Element]:
    """All divisions of a map, each before those inside it."""
    return (division for each in structure(root, kind) for division in each.iter(METS.tag("div")))


def page_divisions(root: Element) -> list[Element]:
    """The pages of the physical map."""
    return [page for each in structure(root, "PHYSICAL") for page in section(each, "div", "div")]


def _records(root: Element) -> frozenset[str]:
    return frozenset(each.get("ID", "") for each in section(root, "dmdSec"))


def _named(group: Element) -> list[str]:
    return [entry.get("ID", "") for entry in section(group, "file") if entry.get("ID")]


def _type_above(division: Element) -> str:
    parent = division.getparent()
    return parent.get("TYPE", "") if parent is not None and parent.tag == METS.tag("div") else ""


def _files(root: Element, use: Use) -> dict[str, str]:
    """By the ID of a file entry of a use the path that it names."""
    groups = (group for group in section(root, "fileSec", "fileGrp") if group.get("ID") == GROUPS[use].id)
    entries = (entry for group in groups for entry in section(group, "file"))
    return {each.get("ID", ""): packaged(place.get(_HREF, "")) for each in entries for place in section(each, "FLocat")}


CHECKS: tuple[Check, ...] = (logical, nesting, areas, physical, links, counts)
PAGE_CHECKS: tuple[PageCheck, ...] = (page_map,)
