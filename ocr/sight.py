"""What is known of a page when its volume's structure is proposed: its text, as rows of type across the page.

Engines cut a row of type into several lines where columns, leaders or a running head leave white between its words;
a folio, a chapter and its page number belong together all the same, so rows are put together again by their height.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from metadata.geometry import Box
from metadata.text import PageText, Word


@dataclass(frozen=True, slots=True)
class PageSight:
    """A page as it was read: its physical `order` in the volume from 1, its text, and whether it carries no ink."""

    order: int
    text: PageText
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Words side by side on a page, left to right; `blocks` are the numbers (from 1) of the blocks they stand in."""

    words: tuple[Word, ...]
    box: Box
    blocks: tuple[int, ...]

    @property
    def text(self) -> str:
        """The words with a blank between them."""
        return " ".join(word.text for word in self.words)

    @property
    def height(self) -> float:
        """The height of its type in pixels: the median of its words, specks and leaders left out."""
        return float(median(word.box.height for word in self.words if spoken(word.text)))


@dataclass(frozen=True, slots=True)
class Printed:
    """A page as the proposals see it: the sight and its rows from head to foot, those with a letter or a figure."""

    sight: PageSight
    rows: tuple[Row, ...]

    @property
    def order(self) -> int:
        """The page's physical order."""
        return self.sight.order


@dataclass(frozen=True, slots=True)
class _Piece:
    block: int
    box: Box
    words: tuple[Word, ...]

    @property
    def middle(self) -> float:
        return self.box.top + self.box.height / 2


def printed(sight: PageSight) -> Printed:
    """The page with its rows put together."""
    pieces = sorted(_pieces(sight.text), key=lambda piece: piece.middle)
    rows: list[list[_Piece]] = []
    for piece in pieces:
        if rows and _beside(rows[-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return Printed(sight, tuple(_row(row) for row in rows))


def spoken(text: str) -> bool:
    """Whether there is a letter or a figure in `text`."""
    return any(c.isalnum() for c in text)


def plain(text: str) -> str:
    """`text` for comparing: lower case, without accents, ß and long s opened, blanks made one."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())


def block_id(order: int, block: int) -> str:
    """The identifier that metadata.alto gives to block number `block` (from 1) of page `order`."""
    return f"BLOCK_{order:04d}_{block:04d}"


def _pieces(text: PageText) -> Iterator[_Piece]:
    for number, block in enumerate(text.blocks, start=1):
        for line in block.lines:
            if any(spoken(word.text) for word in line.words):
                yield _Piece(number, line.box, line.words)


def _beside(row: list[_Piece], piece: _Piece) -> bool:
    """Whether `piece` stands in the row: its middle within the last one's height, and not over or under a word."""
    last = row[-1].box
    if not last.top <= piece.middle < last.bottom:
        return False
    return all(piece.box.left >= other.box.right or piece.box.right <= other.box.left for other in row)


def _row(pieces: list[_Piece]) -> Row:
    words = sorted((word for piece in pieces for word in piece.words), key=lambda word: word.box.left)
    blocks = tuple(dict.fromkeys(piece.block for piece in pieces))
    return Row(tuple(words), Box.around([piece.box for piece in pieces]), blocks)
