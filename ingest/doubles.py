"""The same page scanned twice: known by its picture and its words, and never by its number alone."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.page_print import ALIKE, alike
from ingest.page_seen import PageSeen

NEAR = 4
"""How many scans apart the two may be where no number says that they are one page."""

_LEAST_WORDS = 20
_SAME_WORDS, _OTHER_WORDS = 0.55, 0.3
_SHARPER = 1.15


def likeness(one: PageSeen, other: PageSeen) -> float | None:
    """How alike two scans are (0..1; ALIKE or more: one page), by words where both have them, else by pictures.

    None: neither words nor pictures of both are known. Printed forms look alike and differ in their words, and a
    picture shifts where words do not, so words that say it clearly are believed; blank pages are never alike.
    """
    if one.blank or other.blank:
        return 0.0
    shared = _shared_words(one, other)
    if shared is not None and not _OTHER_WORDS <= shared < _SAME_WORDS:
        return shared if shared >= _SAME_WORDS else shared * ALIKE
    return alike(one.print, other.print) if one.print and other.print else shared


def same(one: PageSeen, other: PageSeen) -> bool:
    """Whether two scans are of one page."""
    measured = likeness(one, other)
    return measured is not None and measured >= ALIKE


def worse(pages: Sequence[PageSeen], one: int, other: int) -> tuple[int, int]:
    """The indices of two scans of a page: first that to delete (the less sharp one, else the later), then its twin."""
    first, second = pages[one].edge_mm, pages[other].edge_mm
    return (one, other) if second and first > _SHARPER * second else (other, one)


def _shared_words(one: PageSeen, other: PageSeen) -> float | None:
    """The share of words that both have of all that one of them has; None where one has too few."""
    if min(len(one.words), len(other.words)) < _LEAST_WORDS:
        return None
    return len(one.words & other.words) / len(one.words | other.words)
