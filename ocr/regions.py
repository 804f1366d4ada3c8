"""What was read where there is no text: in pictures, on rules, at the edges of the page and in specks; and tables.

Nothing is dropped because it was read badly. It goes when three things come together: the engine doubts it, the lexicon
knows none of it, and the place speaks against it. `PageText.settings` says how many words went, and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, PageText, Word
from ocr.gutters import usual_type
from ocr.lexicon import Lexicon
from ocr.picture_ground import pictures
from ocr.preparation import Pixels
from ocr.tables import with_tables

NO_WORDS = Lexicon()

_DOUBTED = 0.5
_EDGE = 0.004  # of the page's width and height
_WITHIN = 0.7
_LOW = 0.4
_HIGH = 2.5
_LONG = 10
_SPECK_LETTERS = 3
_AROUND_NUMBERS = ".,-–—*()[]"
_LONG_WORD = 3
_KNOWN = 0.25


def without_noise(text: PageText, pixels: Pixels | None, known: Lexicon = NO_WORDS) -> PageText:
    """The page without words that are surely none, its tables as TABLE blocks.

    Args:
        text: what was read, in pixels of the image that was read.
        pixels: that image in grey, (height, width); None when it is not at hand: pictures are then those that the
            engine found.
        known: the words of the page's languages; an empty one protects no word.
    """
    found = pictures(text, pixels) if pixels is not None else ()
    seen = [Block(BlockKind.PICTURE, box) for box in found]
    page = _Page.of(text, known, found)
    dropped: Counter[str] = Counter()
    blocks = tuple(block for each in text.blocks for block in page.cleaned(each, dropped))
    blocks = with_tables((*blocks, *seen), page.size)
    if not dropped and blocks == text.blocks:
        return text
    return replace(text, blocks=blocks, settings="; ".join(filter(None, [text.settings, *_said(dropped)])))


def _said(dropped: Counter[str]) -> Iterator[str]:
    if dropped:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()))
        yield f"left out as no text: {why}"


@dataclass(frozen=True, slots=True)
class _Page:
    """What speaks for and against the words of a page."""

    text: PageText
    known: Lexicon
    size: float
    pictures: tuple[Box, ...]
    rules: tuple[Box, ...]

    @classmethod
    def of(cls, text: PageText, known: Lexicon, found: Sequence[Box]) -> _Page:
        """The page with its own pictures and those that were `found` besides."""
        said = tuple(block.box for block in text.blocks if block.kind is BlockKind.PICTURE)
        rules = tuple(block.box for block in text.blocks if block.kind is BlockKind.SEPARATOR)
        return cls(text, known, usual_type(text.lines()).size, (*said, *found), rules)

    def cleaned(self, block: Block, dropped: Counter[str]) -> Iterator[Block]:
        """The block without what is no text; nothing when nothing is left. Counts what is dropped by its reason."""
        if block.kind is not BlockKind.TEXT:
            yield block
            return
        lines = []
        for line in block.lines:
            reason = self._against(line)
            if reason:
                dropped[reason] += len(line.words)
            else:
                lines.append(line)
        if len(lines) == len(block.lines):
            yield block
        elif lines:
            yield replace(block, lines=tuple(lines), box=Box.around([line.box for line in lines]))

    def _against(self, line: Line) -> str:
        """Why the line is no text; empty when it may be some."""
        if _trust(line.words) >= _DOUBTED or self._has_words(line):
            return ""
        if any(_share(line.box, box) >= _WITHIN for box in self.pictures):
            return "in pictures"
        if any(_share(line.box, box) >= _WITHIN for box in self.rules):
            return "on rules"
        if self._at_edge(line.box):
            return "at the edge"
        return "specks" if self._is_speck(line) else ""

    def _has_words(self, line: Line) -> bool:
        """Whether the lexicon knows a word of three letters in it, or a quarter of its letters."""
        letters = [sum(map(str.isalpha, word.text)) if self.known.knows(word.text) else 0 for word in line.words]
        return max(letters, default=0) >= _LONG_WORD or sum(letters) >= _KNOWN * sum(len(w.text) for w in line.words)

    def _at_edge(self, box: Box) -> bool:
        wide, high = _EDGE * self.text.width, _EDGE * self.text.height
        right, bottom = self.text.width - wide, self.text.height - high
        return box.left <= wide or box.top <= high or box.right >= right or box.bottom >= bottom

    def _is_speck(self, line: Line) -> bool:
        """Whether it is much lower or higher than type here, or has hardly a letter."""
        letters = sum(map(str.isalnum, "".join(word.text for word in line.words)))
        height = max((word.box.height for word in line.words), default=0)
        low, high = height < _LOW * self.size, height > _HIGH * self.size
        # Skewed lines read as one are high too, and long.
        odd = low or (high and line.box.width < _LONG * self.size)
        if (odd and letters <= 2 * _SPECK_LETTERS * len(line.words)) or not letters:
            return True
        # A page's number stands alone, and is all that tells a missing page.
        return letters < _SPECK_LETTERS and not all(word.text.strip(_AROUND_NUMBERS).isdecimal() for word in line.words)


def _trust(words: Sequence[Word]) -> float:
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / max(1, letters)


def _share(box: Box, other: Box) -> float:
    """How much of `box` lies on `other`, 0..1."""
    wide = min(box.right, other.right) - max(box.left, other.left)
    high = min(box.bottom, other.bottom) - max(box.top, other.top)
    area = box.width * box.height
    return max(0, wide) * max(0, high) / area if area else 0.0
