"""What can be proposed for a volume from what was read on its pages: numbers, sides, types, chapters, masthead.

Pure: the same pages give the same proposal, and no page is too strange for it; what cannot be told is proposed with
little confidence. A person confirms or corrects it.
"""

from __future__ import annotations

from collections.abc import Sequence

from metadata.model import DivisionKind, VolumeId
from ocr.chapters import chapters
from ocr.folios import candidates
from ocr.masthead import masthead
from ocr.numbering import Numbers, Place, numbering
from ocr.page_kinds import page_kinds
from ocr.proposal import Proposal, Proposed
from ocr.sides import sides
from ocr.sight import PageSight, Printed, printed


def propose(pages: Sequence[PageSight], volume: VolumeId, periodical: bool, *, bound: bool = True) -> Proposal:
    """All that is proposed for the volume of these pages, in order; every page gets a `Proposed`.

    Parts of a `periodical` are articles, of anything else chapters; only a periodical has a masthead. The pages of a
    volume that is not `bound` (maps, photographs) have no sides.
    """
    seen = _seen(pages)
    places = _places(seen)
    proposed = _proposed(seen, places, bound=bound)
    kind = DivisionKind.ARTICLE if periodical else DivisionKind.CHAPTER
    tree = chapters(seen, places, [page.type.value for page in proposed], volume, kind)
    head = masthead(seen[0]) if periodical and seen else None
    return Proposal(proposed, tree.divisions, head, tree.unplaced)


def _seen(pages: Sequence[PageSight]) -> list[Printed]:
    return [printed(page) for page in sorted(pages, key=lambda page: page.order)]


def _places(seen: Sequence[Printed]) -> tuple[Place, ...]:
    return numbering([Numbers(page.order, candidates(page), not page.rows) for page in seen])


def _proposed(seen: Sequence[Printed], places: Sequence[Place], *, bound: bool) -> tuple[Proposed, ...]:
    turned = sides([page.sight for page in seen], places, bound=bound)
    kinds = page_kinds(seen)
    return tuple(
        Proposed(page.order, place.label, side, kind)
        for page, place, side, kind in zip(seen, places, turned, kinds, strict=True)
    )
