"""What a volume's pages are called and how it is divided: given, proposed from what was read, or confirmed.

Links from divisions into the text of pages are checked against that text as it is now: a page that was read anew has
other blocks than a correction of its volume once named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metadata.alto import from_alto
from metadata.description import VolumeKind
from metadata.file import describe, place_bytes
from metadata.finding import Finding, finding
from metadata.markup import parse
from metadata.model import BlockLink, Division, PageId, Source, Volume
from metadata.record import from_json, to_pretty_json
from ocr.headings import find_heading
from ocr.proposal import CONFIDENT, Guess, Proposal, Proposed, Why
from ocr.sight import PageSight, block_id, printed
from ocr.structure import propose
from workflows.closing import read_page
from workflows.corrections import Corrections, Head, current, head_of, headed, year_above
from workflows.step import Made, Step, perform

PROPOSAL = "proposal.json"
STEP = "structure"
_OWN_TYPES = {VolumeKind.MAP: "map", VolumeKind.SHEET_MUSIC: "sheetMusic"}
"""What a page of these kinds is when nothing says otherwise."""

_TITLE = "TITLE"


@dataclass(frozen=True, slots=True)
class Shape:
    """The volume as it is to be packaged, and what a person should know of its structure (V012, V015, V016)."""

    volume: Volume
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Link:
    """A link from a division into a page's text that holds no more; `found`: its heading was found elsewhere there."""

    page: int
    found: bool


def shape(
    volume: Volume,
    folder: Path,
    pages: Sequence[Path],
    *,
    proposing: bool,
    corrected: Mapping[PageId, Path] | None = None,
) -> Shape:
    """The volume as it is to be packaged: what is given stands, a proposal fills what is not, corrections overrule.

    Args:
        volume: as planned; its pages as they were finished.
        folder: the volume's folder in the batch.
        pages: the folders of its finished pages, in order.
        proposing: whether to propose at all.
        corrected: the ALTO of the pages whose text a person corrected.

    Raises:
        Problem: V014, a correction is damaged.
    """
    altos = [(corrected or {}).get(page.id) or _alto(place) for page, place in zip(volume.pages, pages, strict=True)]
    proposal = _proposed(volume, folder, pages, altos) if proposing else None
    corrections = Corrections.read(folder)
    known, head = current(volume, proposal, corrections), head_of(volume, proposal, corrections)
    if head is not None:
        known = replace(headed(known, head), year=year_above(volume, proposal.masthead if proposal else None))
    texts = _Texts({page.order: alto for page, alto in zip(volume.pages, altos, strict=True)})
    divisions, lost = _held(known.divisions, texts)
    whole = replace(known, divisions=divisions)
    proposed = unconfirmed(whole, head) if proposal else ()
    return Shape(whole, (*proposed, *outlived(whole, corrections), *_unlinked(whole, lost)))


def read_proposal(folder: Path) -> Proposal | None:
    """What was proposed for the volume in `folder`, or None."""
    try:
        return from_json(Proposal, (folder / STEP / PROPOSAL).read_bytes())
    except (OSError, ValueError):
        return None


def unconfirmed(volume: Volume, head: Head | None = None) -> tuple[Finding, ...]:
    """A finding that tells how much of the volume's structure nobody has confirmed; none when there is nothing.

    `head` is how an issue's number and date are known.
    """
    pages = sum(page.source is Source.PROPOSED for page in volume.pages)
    divisions = sum(division.source is Source.PROPOSED for division in _all(volume.divisions))
    masthead = head.proposed if head else 0
    if not pages and not divisions and not masthead:
        return ()
    return (finding("V012", volume.folder, pages=pages, divisions=divisions, masthead=masthead),)


def outlived(volume: Volume, corrections: Corrections) -> tuple[Finding, ...]:
    """A finding that names the scans whose corrections wait, for the volume has no such page any more."""
    gone = corrections.gone(volume)
    scans = ", ".join(page.scan for page in gone)
    return (finding("V015", volume.folder, scans=scans[:300]),) if gone else ()


def _proposed(volume: Volume, folder: Path, pages: Sequence[Path], altos: Sequence[Path]) -> Proposal | None:
    inputs = {
        place.name: f"{describe(alto, alto.parent, md5=False).sha512} {read_page(place).blank}"
        for place, alto in zip(pages, altos, strict=True)
    }
    step = Step(
        STEP, f"structure 2, {volume.description.kind}", inputs, lambda place: _propose(volume, pages, altos, place)
    )
    perform(step, folder, volume.folder)
    return read_proposal(folder)


def _propose(volume: Volume, pages: Sequence[Path], altos: Sequence[Path], place: Path) -> Made:
    sights = [
        PageSight(page.order, from_alto(alto.read_bytes()), read_page(folder).blank)
        for page, folder, alto in zip(volume.pages, pages, altos, strict=True)
    ]
    kind = volume.description.kind
    made = propose(sights, volume.id, periodical=kind.periodical, bound=not kind.loose)
    if kind.periodical:  # the standard has no article within an article
        made = replace(made, divisions=tuple(replace(each, children=()) for each in _all(made.divisions)))
    if kind in _OWN_TYPES:
        made = replace(made, pages=tuple(_of_kind(page, _OWN_TYPES[kind]) for page in made.pages))
    place_bytes(place / PROPOSAL, to_pretty_json(made), durable=False)
    return Made(kept={"proposal": PROPOSAL})


def _of_kind(page: Proposed, own: str) -> Proposed:
    usual = page.type.value == "normalPage"
    return replace(page, type=Guess(own, CONFIDENT, Why.KIND)) if usual else page


def _alto(folder: Path) -> Path:
    return folder / "read" / read_page(folder).alto.path


class _Texts:
    """The texts of pages as they are now, each read when it is first asked for; `altos` by the pages' orders."""

    def __init__(self, altos: Mapping[int, Path]) -> None:
        self._altos = altos
        self._blocks: dict[int, frozenset[str]] = {}

    def has(self, link: BlockLink) -> bool:
        """Whether the link leads to something."""
        if link.page not in self._altos:
            return False
        if link.page not in self._blocks:
            root = parse(self._altos[link.page].read_bytes())
            self._blocks[link.page] = frozenset(own for each in root.iter() if (own := each.get("ID")))
        return link.block in self._blocks[link.page]

    def titles(self, division: Division, page: int) -> tuple[BlockLink, ...]:
        """The blocks on the page in which the division's title stands as a heading."""
        if page not in self._altos or not division.title:
            return ()
        names = (division.title, f"{division.part_number} {division.title}".strip())
        heading = find_heading(names, printed(PageSight(page, from_alto(self._altos[page].read_bytes()))))
        blocks = heading.blocks if heading else ()
        return tuple(BlockLink(page, block_id(page, block), _TITLE) for block in blocks)


def _held(divisions: tuple[Division, ...], texts: _Texts) -> tuple[tuple[Division, ...], list[_Link]]:
    """The divisions with links that hold, and those that did not."""
    made, lost = [], []
    for division in divisions:
        children, below = _held(division.children, texts)
        blocks, own = _held_blocks(division, texts)
        made.append(replace(division, children=children, blocks=blocks))
        lost += [*own, *below]
    return tuple(made), lost


def _held_blocks(division: Division, texts: _Texts) -> tuple[tuple[BlockLink, ...], list[_Link]]:
    """A division's links that hold; one from its title that does not is replaced by where that is found now."""
    gone = [link for link in division.blocks if not texts.has(link)]
    headless = dict.fromkeys(link.page for link in gone if link.role == _TITLE)
    found = [link for page in headless for link in texts.titles(division, page)]
    taken = {(link.page, link.block) for link in found}
    again = {link.page for link in found}
    kept = [
        link
        for link in division.blocks
        if link not in gone
        and (link.page, link.block) not in taken
        and not (link.role == _TITLE and link.page in again)
    ]
    lost = [_Link(link.page, link.role == _TITLE and link.page in again) for link in gone]
    return (*found, *kept), lost


def _unlinked(volume: Volume, lost: Sequence[_Link]) -> Iterator[Finding]:
    """A finding that names the pages to whose text links did not hold any more."""
    if not lost:
        return
    scans = {page.order: page.scan for page in volume.pages}
    named = ", ".join(scans.get(order, str(order)) for order in sorted({link.page for link in lost}))
    found = sum(link.found for link in lost)
    yield finding("V016", volume.folder, scans=named[:300], dropped=len(lost) - found, found=found)


def _all(divisions: tuple[Division, ...]) -> list[Division]:
    return [each for division in divisions for each in (division, *_all(division.children))]
