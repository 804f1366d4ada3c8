"""The text of a page as it is shown beside its image: blocks and lines, with the words looked for marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metadata.geometry import Box
from metadata.text import Line, PageText
from repository.catalogue.reading.page_words import Lit


@dataclass(frozen=True, slots=True)
class ShownWord:
    """A word as printed; `hit` is the number (from 1) of what was looked for that it belongs to, 0 for none."""

    text: str
    box: str
    hit: int = 0


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line: its words, and where it stands: "left,top,width,height" in pixels of the master."""

    number: int
    box: str
    words: tuple[ShownWord, ...]


def shown(text: PageText, found: Sequence[Lit]) -> tuple[tuple[ShownLine, ...], ...]:
    """The lines of each block that has any; the words whose boxes are among those `found` bear their number."""
    hits = {box: number for number, each in reversed(tuple(enumerate(found, 1))) for box in each.boxes}
    blocks: list[tuple[ShownLine, ...]] = []
    begun = 1
    for block in text.blocks:
        lines = tuple(_line(line, number, hits) for number, line in enumerate(block.lines, begun))
        begun += len(lines)
        blocks += [lines] * bool(lines)
    return tuple(blocks)


def _line(line: Line, number: int, hits: dict[Box, int]) -> ShownLine:
    return ShownLine(number, _corners(line.box), tuple(_words(line, hits)))


def _words(line: Line, hits: dict[Box, int]) -> Iterator[ShownWord]:
    for word in line.words:
        mark = line.hyphen.text if line.hyphen and word is line.words[-1] else ""
        yield ShownWord(word.text + mark, _corners(word.box), hits.get(word.box, 0))


def _corners(box: Box) -> str:
    return f"{box.left},{box.top},{box.width},{box.height}"
