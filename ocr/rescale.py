"""Text read on a smaller or larger copy of a page, moved to the pixels of its master."""

from __future__ import annotations

from dataclasses import replace

from metadata.geometry import Box
from metadata.text import Block, Hyphen, Line, PageText, Word


def scaled(text: PageText, x: float, y: float, width: int, height: int) -> PageText:
    """`text` on a page of `width` x `height` pixels that is `x` times as wide and `y` times as high.

    Boxes grow outwards to whole pixels and stay on the page; sizes of type are in points and stay.
    """

    def box(old: Box) -> Box:
        return old.scaled(x, y).inside(width, height)

    def word(old: Word) -> Word:
        return replace(old, box=box(old.box))

    def line(old: Line) -> Line:
        hyphen = old.hyphen and Hyphen(old.hyphen.text, box(old.hyphen.box))
        return replace(old, box=box(old.box), words=tuple(map(word, old.words)), hyphen=hyphen)

    def block(old: Block) -> Block:
        return replace(old, box=box(old.box), lines=tuple(map(line, old.lines)))

    return replace(text, width=width, height=height, blocks=tuple(map(block, text.blocks)))
