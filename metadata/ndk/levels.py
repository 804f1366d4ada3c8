"""The levels that a package describes, and the code by which its records, divisions and links find each other.

A code is a level and a number of four digits (ndk.md §2): its records are MODSMD_<code> and DCMD_<code>, its division
in the logical map has the ID <code>.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metadata.description import VolumeKind
from metadata.model import Division, DivisionKind, Page, Volume

MOST = 9999
"""Codes have four digits (ndk.md §2)."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LEVELS = {
    DivisionKind.CHAPTER: "CHAP",
    DivisionKind.ARTICLE: "ART",
    DivisionKind.PICTURE: "PICT",
    DivisionKind.SUPPLEMENT: "SUPPL",
}
# div_types_allowed of the rule PRIMARY-METS_LOGICAL_STRUCTURAL_MAP_CORRECT, without those that have records.
_ROLES = frozenset({
    "TITLE", "SUBTITLE", "AUTHOR", "TRANSLATOR", "NORMAL_TEXT", "CAPTION", "PICT_AUTHOR", "PICT_TITLE", "IMAGE", "NOTE",
})  # fmt: skip
# By whether it is a periodical: chapters are the monograph's, articles the periodical's.
_PIECE = {False: "CHAPTER_PART", True: "ARTICLE_PART"}
FOREIGN = {False: DivisionKind.ARTICLE, True: DivisionKind.CHAPTER}
"""The kind of division that a volume cannot have, by whether it is a periodical's."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One division around the pages: its ID, its TYPE, and whether records of that code describe it."""

    code: str
    type: str
    described: bool = True


_SINGLE = (Rung("MONOGRAPH_0001", "MONOGRAPH", described=False), Rung("VOLUME_0001", "VOLUME"))
_YEAR = (Rung("TITLE_0001", "PERIODICAL_TITLE"), Rung("VOLUME_0001", "PERIODICAL_VOLUME"))
_LADDERS = {
    VolumeKind.MONOGRAPH_VOLUME: (Rung("TITLE_0001", "MONOGRAPH"), Rung("VOLUME_0001", "VOLUME")),
    VolumeKind.ISSUE: (*_YEAR, Rung("ISSUE_0001", "ISSUE")),
    VolumeKind.SUPPLEMENT: (*_YEAR, Rung("SUPPL_0001", "SUPPLEMENT")),
}


def ladder(kind: VolumeKind) -> tuple[Rung, ...]:
    """The divisions around the pages, outermost first; the last one is the volume, issue or supplement itself."""
    return _LADDERS.get(kind, _SINGLE)


@dataclass(frozen=True, slots=True)
class Part:
    """A division with its code ("CHAP_0001") and those inside it."""

    code: str
    division: Division
    children: tuple[Part, ...]


def parts(volume: Volume) -> tuple[Part, ...]:
    """The volume's divisions with their codes; each level is numbered in the order of reading.

    How deep they stand within each other is the caller's, as it is to the national validator.

    Raises:
        ValueError: a division cannot be written: more than `MOST` of a level, a kind of division or role of a block
            that the standard does not have for this kind of volume, an identifier that is no UUID or names two things,
            pages or blocks on pages that the volume does not have.
    """
    orders = frozenset(page.order for page in volume.pages)
    kind = volume.description.kind
    # Within a supplement that is a package of its own the number 0001 is its own.
    counts = Counter(rung.code.partition("_")[0] for rung in ladder(kind) if rung.described)

    def coded(divisions: Sequence[Division]) -> Iterator[Part]:
        for division in divisions:
            _refuse(division, kind, orders)
            level = _LEVELS[division.kind]
            counts[level] += 1
            if counts[level] > MOST:
                raise ValueError(f"volume {volume.id}: more than {MOST} divisions {level}")
            code = f"{level}_{counts[level]:04d}"
            yield Part(code, division, tuple(coded(division.children)))

    made = tuple(coded(volume.divisions))
    _refuse_twins(volume, made)
    return made


def every(several: Sequence[Part]) -> Iterator[Part]:
    """All of them and all inside them, in the order of reading."""
    for part in several:
        yield part
        yield from every(part.children)


def pages_of(division: Division, pages: Sequence[Page]) -> Iterator[Page]:
    """Those of `pages` that belong to the division."""
    return (page for page in pages if division.first <= page.order <= division.last)


def _refuse(division: Division, kind: VolumeKind, orders: frozenset[int]) -> None:
    if division.kind is FOREIGN[kind.periodical]:
        raise ValueError(f"division {division.id}: no {division.kind} within a {kind}")
    if not _UUID.fullmatch(division.id):
        raise ValueError(f"division {division.id!r}: its identifier is no UUID")
    first, last = division.first, division.last
    # A page within may be missing from the book, if somebody accepted the gap.
    inside = any(first <= order <= last for order in orders)
    if not inside or first < min(orders) or last > max(orders):
        raise ValueError(f"division {division.id}: the volume has no pages {first} to {last}")
    for link in division.blocks:
        if link.page not in orders:
            raise ValueError(f"division {division.id}: block {link.block!r} on page {link.page}, which is not there")
        if link.role not in _ROLES | {_PIECE[kind.periodical]} or not link.block.strip():
            raise ValueError(f"division {division.id}: block {link.block!r} cannot be its {link.role!r}")
    if len(division.blocks) > MOST:
        raise ValueError(f"division {division.id}: more than {MOST} blocks")


def _refuse_twins(volume: Volume, made: Sequence[Part]) -> None:
    names = [volume.id, *(page.id for page in volume.pages), *(part.division.id for part in every(made))]
    names += [above.id for above in (volume.title, volume.year) if above is not None]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"volume {volume.id}: {twice[0]} names two things")
