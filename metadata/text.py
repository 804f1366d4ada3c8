"""What was read on a page: PageText > Block > Line > Word, always in pixels of the archival master."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from metadata.event import Agent
from metadata.geometry import Box


class BlockKind(StrEnum):
    """What a block of a page is made of (ALTO 2.0 block types)."""

    TEXT = "text"
    PICTURE = "picture"
    SEPARATOR = "separator"
    TABLE = "table"


class Part(StrEnum):
    """Which part of a word broken at a line end stands here (ALTO SUBS_TYPE)."""

    WHOLE = "whole"
    FIRST = "first"
    SECOND = "second"


# Enum members are slow to look up in Python 3.11; a book has a hundred thousand words.
_WHOLE, _FIRST, _SECOND = Part


@dataclass(frozen=True, slots=True)
class Style:
    """How a line is set: size of type in points, 0 when unknown."""

    size: float = 0.0
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word as printed, without the hyphen that breaks it.

    `confidence` is 0..1; `language` an ISO 639-2/T code or empty; `whole` is the joined word when `part` says broken.
    `others` are other readings of the same place that were not believed, the likelier first.
    """

    text: str
    box: Box
    confidence: float
    language: str = ""
    part: Part = Part.WHOLE
    whole: str = ""
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence of {self.text!r} is {self.confidence}, not within 0..1")
        if (self.part is _WHOLE) == bool(self.whole):
            raise ValueError(f"{self.text!r}: a joined word belongs to a broken word and to no other")


@dataclass(frozen=True, slots=True)
class Hyphen:
    """The printed mark at a line end that breaks a word."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Line:
    """One line of words, left to right; `hyphen` when its last word goes on below."""

    box: Box
    words: tuple[Word, ...]
    style: Style = Style()
    hyphen: Hyphen | None = None

    def plain(self) -> str:
        """The line as printed, with the mark that breaks its last word."""
        return " ".join(word.text for word in self.words) + (self.hyphen.text if self.hyphen else "")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, picture, separator or table, in reading order on its page."""

    kind: BlockKind
    box: Box
    lines: tuple[Line, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class PageText:
    """All that was read on one page, and by whom.

    `width` and `height` are those of the archival master in pixels; `settings` are the engine's, for the record.
    """

    width: int
    height: int
    blocks: tuple[Block, ...]
    engine: Agent
    settings: str = ""
    languages: tuple[str, ...] = field(default=())

    def lines(self) -> Iterator[Line]:
        """Every line in reading order."""
        for block in self.blocks:
            yield from block.lines

    def words(self) -> Iterator[Word]:
        """Every word in reading order."""
        for line in self.lines():
            yield from line.words

    def plain(self) -> str:
        """The text as printed, a line each, an empty line between blocks; hyphens stay where they are."""
        blocks = ("\n".join(line.plain() for line in block.lines) for block in self.blocks if block.lines)
        text = "\n\n".join(blocks)
        return text + "\n" if text else ""

    def joined(self) -> str:
        """The text for searching: words broken at a line end put together where they begin."""
        return " ".join(
            word.whole if word.part is _FIRST else word.text for word in self.words() if word.part is not _SECOND
        )
