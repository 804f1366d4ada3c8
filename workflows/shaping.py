"""What a volume's pages are called and how it is divided: given, proposed from what was read, or confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from metadata.alto import from_alto
from metadata.description import VolumeKind
from metadata.file import describe, place_bytes
from metadata.finding import Finding, finding
from metadata.model import Division, Source, Volume
from metadata.record import from_json, to_pretty_json
from ocr.proposal import Masthead, Proposal
from ocr.sight import PageSight
from ocr.structure import propose
from workflows.closing import read_page
from workflows.corrections import Corrections, current
from workflows.step import Made, Step, perform

PROPOSAL = "proposal.json"
STEP = "structure"
_LOOSE = frozenset({VolumeKind.MAP, VolumeKind.GRAPHIC})
"""Kinds that are no bound volumes: their pages have neither left nor right."""


def shaped(volume: Volume, folder: Path, pages: Sequence[Path], *, proposing: bool) -> Volume:
    """The volume as it is to be packaged: what is given stands, a proposal fills what is not, corrections overrule.

    Args:
        volume: as planned; its pages as they were finished.
        folder: the volume's folder in the batch.
        pages: the folders of its finished pages, in order.
        proposing: whether to propose at all.
    """
    proposal = _proposed(volume, folder, pages) if proposing else None
    corrections = Corrections.read(folder)
    known = current(volume, proposal, corrections)
    return _dated(known, proposal.masthead) if proposal and proposal.masthead else known


def read_proposal(folder: Path) -> Proposal | None:
    """What was proposed for the volume in `folder`, or None."""
    try:
        return from_json(Proposal, (folder / STEP / PROPOSAL).read_bytes())
    except (OSError, ValueError):
        return None


def unconfirmed(volume: Volume) -> tuple[Finding, ...]:
    """A finding that tells how much of the volume's structure nobody has confirmed; none when there is nothing."""
    pages = sum(page.source is Source.PROPOSED for page in volume.pages)
    divisions = sum(division.source is Source.PROPOSED for division in _all(volume.divisions))
    if not pages and not divisions:
        return ()
    return (finding("V012", volume.folder, pages=pages, divisions=divisions),)


def outlived(volume: Volume, folder: Path) -> tuple[Finding, ...]:
    """A finding that names the scans whose corrections wait, for the volume in `folder` has no such page any more.

    Raises:
        Problem: V014, a correction is damaged.
    """
    gone = Corrections.read(folder).gone(volume)
    scans = ", ".join(page.scan for page in gone)
    return (finding("V015", volume.folder, scans=scans[:300]),) if gone else ()


def _proposed(volume: Volume, folder: Path, pages: Sequence[Path]) -> Proposal | None:
    inputs = {place.name: describe(place / "page" / "page.json", place, md5=False).sha512 for place in pages}
    step = Step(STEP, f"structure 1, {volume.description.kind}", inputs, lambda place: _propose(volume, pages, place))
    perform(step, folder, volume.folder)
    return read_proposal(folder)


def _propose(volume: Volume, pages: Sequence[Path], place: Path) -> Made:
    sights = [_sight(folder) for folder in pages]
    kind = volume.description.kind
    made = propose(sights, volume.id, periodical=kind.periodical, bound=kind not in _LOOSE)
    if kind.periodical:  # the standard has no article within an article
        made = replace(made, divisions=tuple(replace(each, children=()) for each in _all(made.divisions)))
    place_bytes(place / PROPOSAL, to_pretty_json(made), durable=False)
    return Made(kept={"proposal": PROPOSAL})


def _sight(folder: Path) -> PageSight:
    record = read_page(folder)
    text = from_alto((folder / "read" / record.alto.path).read_bytes())
    return PageSight(record.page.order, text, record.blank)


def _dated(volume: Volume, masthead: Masthead) -> Volume:
    """An issue that nobody numbered or dated gets what stands in its masthead."""
    about = volume.description
    if not about.kind.periodical:
        return volume
    number, date = about.part_number or masthead.number, about.year or masthead.date
    return replace(volume, description=replace(about, part_number=number, year=date))


def _all(divisions: tuple[Division, ...]) -> list[Division]:
    return [each for division in divisions for each in (division, *_all(division.children))]
