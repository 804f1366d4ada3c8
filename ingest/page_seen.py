"""A page as the judgement of its book sees it, without pixels, and what is noticed about a book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from metadata.finding import Fact

Begins = Literal["", "small", "large"]
"""The first letter of a page's running text: a small one goes on with a sentence."""
Ends = Literal["", "broken", "open", "closed"]
"""How a page's running text ends: with half a word, within a sentence, or with a sentence's end."""


@dataclass(frozen=True, slots=True)
class PageSeen:
    """One scan of a book; everything but `order` (from 1) and `subject` (its path) may be unknown.

    `folio` is the printed number as read ("12", "xii", "12-13", "7v"; "" unread; in square brackets: not printed, so
    it proves nothing); `folio_sure` says that the delivery gave it, or that it was read surely: others count only where
    they fit in a run. `side` is "left", "right" or "" as seen on the page (where the folio stands, the shadow of the
    binding), not concluded from its number. `print` is of `page_print.fingerprint`, `words` are hashes of its words.
    `paper` is the mean colour of its paper (0..255; three times the brightness on a grey scan). Sizes, the width of
    edges and the height of small letters are in millimetres, 0 where unknown. `begins` and `ends` say how the running
    text comes in from the page before and goes on to the page after, "" where that is not seen.
    """

    order: int
    subject: str
    folio: str = ""
    folio_sure: bool = False
    side: str = ""
    print: str = ""
    words: frozenset[int] = frozenset()
    blank: bool = False
    width_mm: float = 0.0
    height_mm: float = 0.0
    paper: tuple[float, float, float] | None = None
    edge_mm: float = 0.0
    letter_mm: float = 0.0
    dpi: float = 0.0
    begins: Begins = ""
    ends: Ends = ""


@dataclass(frozen=True, slots=True)
class Noticed:
    """A finding to be: its code, the `orders` of the scans it is about, its subject ("" the whole book), its facts."""

    code: str
    orders: tuple[int, ...]
    subject: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
