"""The same page scanned twice: known by its picture and its words, and never by its number alone."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.page_print import ALIKE, alike
from ingest.page_seen import PageSeen

NEAR = 4
"""How many scans apart the two may be where no number says that they are one page."""

CERTAIN = 0.9
"""From here on two pictures without words are of one page; no two pages of any kind reach it."""

_LEAST_WORDS = 20
_SAME_WORDS, _OTHER_WORDS = 0.55, 0.3
_HARDLY = 0.33
"""Less alike than this are two pages whose text is the same, as printed forms are."""
_SHARPER = 1.15
_APART = 3
_FEWEST_PAIRS, _MOST_PAIRS = 4, 40
_USUAL, _ABOVE = 0.9, 0.15


def likeness(one: PageSeen, other: PageSeen) -> float:
    """How alike two scans are (0..1): their pictures, or their words where one of them has no picture.

    Printed forms look alike and differ in their words, so words that clearly differ put off a likeness of pictures.
    Blank pages are never alike.
    """
    if one.blank or other.blank:
        return 0.0
    shared = _shared_words(one, other)
    if not one.print or not other.print:
        return shared or 0.0
    pictures = alike(one.print, other.print)
    return pictures if shared is None or shared >= _OTHER_WORDS else shared * ALIKE


def same(one: PageSeen, other: PageSeen, enough: float = ALIKE) -> bool:
    """Whether two scans are of one page: their words say so and their pictures do not deny it, or their pictures alone.

    `enough` is how alike pictures must be to say so without words: see `enough_alike`.
    """
    if one.blank or other.blank:
        return False
    shared = _shared_words(one, other)
    if shared is not None and shared < _OTHER_WORDS:
        return False
    agree = shared is not None and shared >= _SAME_WORDS
    if not one.print or not other.print:
        return agree
    pictures = alike(one.print, other.print)
    return pictures >= (_HARDLY if agree else enough)


def enough_alike(pages: Sequence[PageSeen]) -> float:
    """How alike two pictures of a book must be, to be of one page: well above what its different pages reach.

    Typed pages with ragged lines are hardly alike and so little is enough; forms, tables and verse are, of a book that
    has too few pages to tell, nothing is known, and only CERTAIN is enough.
    """
    known = [page for page in pages if page.print and not page.blank]
    apart = [
        (one, other) for step in range(_APART, len(known)) for one, other in zip(known, known[step:], strict=False)
    ]
    chosen = apart[:: max(1, len(apart) // _MOST_PAIRS)]
    if len(chosen) < _FEWEST_PAIRS:
        return CERTAIN
    reached = sorted(alike(one.print, other.print) for one, other in chosen)
    # Pages may lie in the book twice, far apart: the most alike pairs do not count.
    return min(CERTAIN, max(ALIKE, reached[min(len(reached) - 2, int(_USUAL * len(reached)))] + _ABOVE))


def worse(pages: Sequence[PageSeen], one: int, other: int) -> tuple[int, int]:
    """The indices of two scans of a page: first that to delete (the less sharp one, else the later), then its twin."""
    first, second = pages[one].edge_mm, pages[other].edge_mm
    return (one, other) if second and first > _SHARPER * second else (other, one)


def _shared_words(one: PageSeen, other: PageSeen) -> float | None:
    """The share of words that both have of all that one of them has; None where one has too few."""
    if min(len(one.words), len(other.words)) < _LEAST_WORDS:
        return None
    return len(one.words & other.words) / len(one.words | other.words)
