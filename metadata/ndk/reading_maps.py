"""What a main METS tells: its records, its files, its pages and divisions, and how they are linked (ndk.md §2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from metadata import mods
from metadata.description import Organisation, VolumeKind
from metadata.elements import METS, MODS, XLINK, line
from metadata.marc_record import BadRecord
from metadata.markup import Element
from metadata.model import (
    BlockLink,
    Division,
    DivisionKind,
    Page,
    PageId,
    Side,
    VolumeId,
    new_division_id,
    new_page_id,
    volume_id,
)
from metadata.mods_reading import description
from metadata.ndk.layout import GROUPS, Use
from metadata.ndk.reading_page import elements, whole

Gaps = list[tuple[str, str]]
"""What a package does not tell: what (one of `reading.GAPS`), and of which page or division; readers add to it."""

_KINDS = {
    "CHAPTER": DivisionKind.CHAPTER,
    "ARTICLE": DivisionKind.ARTICLE,
    "PICTURE": DivisionKind.PICTURE,
    "SUPPLEMENT": DivisionKind.SUPPLEMENT,
}
_SIDES = {side.value: side for side in Side}


@dataclass(frozen=True, slots=True)
class Filed:
    """A file that METS lists: its use, its path relative to the package's root, its MD5 as METS says it."""

    use: Use
    path: str
    md5: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of the physical map: the division's ID, the page without its scan, its files by use."""

    id: str
    page: Page
    files: Mapping[Use, Filed]


@dataclass(frozen=True, slots=True)
class Main:
    """A main METS: the MODS records by the ID of their section, the files by theirs, and both maps."""

    root: Element
    records: Mapping[str, Element]
    files: Mapping[str, Filed]
    physical: Element | None
    logical: Element | None

    def record(self, division: Element) -> Element | None:
        """The MODS that describes a division, if any does."""
        return next((self.records[name] for name in division.get("DMDID", "").split() if name in self.records), None)

    def links(self) -> dict[str, list[str]]:
        """For each division of the logical map the IDs of its pages, in the order of the links."""
        found: dict[str, list[str]] = {}
        for each in elements(self.root, "mets:structLink/mets:smLink"):
            found.setdefault(each.get(XLINK.tag("from"), ""), []).append(each.get(XLINK.tag("to"), ""))
        return found


def main(root: Element) -> Main:
    """Index the main METS `root`."""
    records = {}
    for section in elements(root, "mets:dmdSec[@ID]"):
        found = section.find(f".//{MODS.tag('mods')}")
        if found is not None:
            records[section.get("ID", "")] = found
    maps = {each.get("TYPE", "").upper(): each for each in reversed(elements(root, "mets:structMap"))}
    return Main(root, records, dict(_files(root)), _top(maps.get("PHYSICAL")), _top(maps.get("LOGICAL")))


def uuid(record: Element | None) -> str:
    """The UUID that a MODS record bears, in lower case; empty when it bears none."""
    found = [] if record is None else record.findall(f"{MODS.tag('identifier')}[@type='uuid']")
    for each in found:
        told = line(each.text or "").lower().removeprefix("uuid:").strip("{}")
        try:
            return volume_id(told)
        except ValueError:
            continue
    return ""


def leaves(mets: Main, volume: VolumeId, gaps: Gaps) -> tuple[Leaf, ...]:
    """The pages of the physical map in their order; their numbers are ORDER, or their places where these are unfit."""
    found = [] if mets.physical is None else mets.physical.findall(METS.tag("div"))
    orders = [whole(each.get("ORDER", "")) for each in found]
    if 0 in orders or len(set(orders)) < len(orders):
        orders = list(range(1, len(found) + 1))
    rows = sorted(zip(orders, found, strict=True), key=lambda row: row[0])
    return tuple(_leaf(mets, volume, order, division, gaps) for order, division in rows)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What the divisions of a volume are read with: whose they are, and how they find their pages.

    `links` are page divisions by logical division; `by_division` and `by_file` orders of pages.
    """

    volume: VolumeId
    kind: VolumeKind
    institution: Organisation
    links: Mapping[str, list[str]]
    by_division: Mapping[str, int]
    by_file: Mapping[str, int]


def whereabouts(
    mets: Main, found: Sequence[Leaf], volume: VolumeId, kind: VolumeKind, institution: Organisation
) -> Whereabouts:
    """How the divisions of the volume find its pages `found`."""
    by_path = {filed.path: leaf.page.order for leaf in found for filed in leaf.files.values()}
    by_file = {name: by_path[filed.path] for name, filed in mets.files.items() if filed.path in by_path}
    by_division = {leaf.id: leaf.page.order for leaf in found}
    return Whereabouts(volume, kind, institution, mets.links(), by_division, by_file)


def divisions(mets: Main, within: Iterable[Element], where: Whereabouts, gaps: Gaps) -> tuple[Division, ...]:
    """The chapters, articles, pictures and supplements among the elements `within`, and what is inside them.

    One of which nothing tells the pages is left out and noted in `gaps`.
    """
    found = (_division(mets, each, where, gaps) for each in within if _type(each) in _KINDS)
    return tuple(each for each in found if each is not None)


def _files(root: Element) -> Iterator[tuple[str, Filed]]:
    uses = {group.id: use for use, group in GROUPS.items()}
    for group in elements(root, "mets:fileSec//mets:fileGrp[@ID]"):
        use = uses.get(group.get("ID", ""))
        if use is None:
            continue
        for each in elements(group, "mets:file[mets:FLocat]"):
            place = each.find(METS.tag("FLocat"))
            href = "" if place is None else place.get(XLINK.tag("href"), "")
            path = href.replace("\\", "/").removeprefix("./").lstrip("/")
            yield each.get("ID", ""), Filed(use, path, each.get("CHECKSUM", "").lower())


def _top(structure: Element | None) -> Element | None:
    return None if structure is None else structure.find(METS.tag("div"))


def _type(division: Element) -> str:
    return division.get("TYPE", "").upper()


def _leaf(mets: Main, volume: VolumeId, order: int, division: Element, gaps: Gaps) -> Leaf:
    own = division.get("ID", "")
    # Pages and their records are joined by the number in their IDs (ndk.md §8).
    record = mets.record(division)
    if record is None:
        record = mets.records.get(f"MODSMD_{own.removeprefix('DIV_').removeprefix('P_')}")
    pointed = (each.get("FILEID", "") for each in elements(division, "mets:fptr"))
    by_use = {mets.files[name].use: mets.files[name] for name in pointed if name in mets.files}
    told = uuid(record)
    if not told:
        gaps.append(("page_uuid", own or str(order)))
    content = by_use[Use.MASTER].md5 if Use.MASTER in by_use else ""
    page = Page(
        id=PageId(told) if told else new_page_id(volume, f"{order} {content}"),
        order=order,
        scan="",
        label=_label(division, record, order),
        type=division.get("TYPE", ""),
        side=_side(record),
    )
    return Leaf(own, page, by_use)


def _label(division: Element, record: Element | None, order: int) -> str:
    """The printed number; maps bracket the place of a page that has none, its record then tells none either."""
    shown = line(division.get("ORDERLABEL", ""))
    if record is None:
        return shown
    path = f"{MODS.tag('part')}/{MODS.tag('detail')}[@type='pageNumber']/{MODS.tag('number')}"
    printed = line(record.findtext(path) or "")
    return printed or ("" if shown == f"[{order}]" else shown)


def _side(record: Element | None) -> Side | None:
    notes = [] if record is None else [line(each.text or "") for each in record.findall(MODS.tag("note"))]
    return next((_SIDES[note] for note in notes if note in _SIDES), None)


def _division(mets: Main, element: Element, where: Whereabouts, gaps: Gaps) -> Division | None:
    own = element.get("ID", "")
    record = mets.record(element)
    parts = [each for each in element if each.tag == METS.tag("div")]
    children = divisions(mets, parts, where, gaps)
    blocks = tuple(_blocks(element, where, "NORMAL_TEXT"))
    linked = [where.by_division[to] for to in where.links.get(own, ()) if to in where.by_division]
    orders = linked or [each.page for each in blocks] or [end for each in children for end in (each.first, each.last)]
    if not orders:
        gaps.append(("division_pages", own))
        return None
    known = uuid(record)
    if not known:
        gaps.append(("division_uuid", own))
    named = Division(known or new_division_id(where.volume, own), _KINDS[_type(element)], min(orders), max(orders))
    return _described(named, record, where, blocks, children)


def _described(
    named: Division,
    record: Element | None,
    where: Whereabouts,
    blocks: tuple[BlockLink, ...],
    children: tuple[Division, ...],
) -> Division:
    """The division with what its record says; one without a title is one without a name."""
    known = replace(named, blocks=blocks, children=children)
    try:
        told = None if record is None else description(record, where.institution, where.kind)
    except BadRecord:
        return known
    if told is None:
        return known
    return replace(
        known,
        title="" if told.title == mods.UNTITLED else told.title,
        subtitle=told.subtitle,
        part_number=told.part_number,
        names=told.names,
        languages=told.languages,
        genre=told.edition,
    )


def _blocks(element: Element, where: Whereabouts, role: str) -> Iterator[BlockLink]:
    """The blocks of a division: areas of its own, and those of the divisions in it that have no record."""
    for area in elements(element, "mets:fptr//mets:area[@BEGIN]"):
        page = where.by_file.get(area.get("FILEID", ""))
        if page is not None:
            yield BlockLink(page, area.get("BEGIN", ""), role)
    for each in elements(element, "mets:div[not(@DMDID)]"):
        if _type(each) not in _KINDS:
            yield from _blocks(each, where, _type(each) or role)
