"""Pages set for tests as a printer would: rows of words at given places, in pixels of a page of 1600 x 2400."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metadata.event import Agent
from metadata.geometry import Box
from metadata.model import VolumeId
from metadata.text import Block, BlockKind, Line, PageText, Word
from ocr.proposal import Proposed
from ocr.sight import PageSight
from ocr.structure import propose

WIDTH, HEIGHT = 1600, 2400
LEFT, RIGHT = 200, 1400
SIZE = 30
LEADING = 60
ENGINE = Agent("set", "1")
BODY = (
    "Věž není krásná. Zedníci ji stavěli z toho, co našli v korytě",
    "řeky, a proto se v jejím zdivu střídají oblázky, břidlice a kusy",
    "pískovce. Nahoře má dřevěnou pavlač, odkud hlásný vyhlížel",
    "požáry, a pod ní bílý ciferník, jehož ručičky jsou vidět až od",
)


def line(text: str, top: int, left: int = LEFT, size: int = SIZE, confidence: float = 0.89) -> Line:
    """A line of type `size` pixels high, letters half as wide."""
    words, right = [], left
    for token in text.split():
        box = Box(right, top, max(1, len(token) * size // 2), size)
        words.append(Word(token, box, confidence))
        right = box.right + size // 2
    return Line(Box.around([word.box for word in words]), tuple(words))


def across(text: str, top: int, size: int = SIZE) -> Iterator[Line]:
    """A row whose parts, between tabs, stand at the left, in the middle and at the right; one alone in the middle."""
    parts = text.split("\t")
    places = {1: "m", 2: "lr", 3: "lmr"}[len(parts)]
    for part, place in zip(parts, places, strict=True):
        wide = len(part) * size // 2
        left = {"l": LEFT, "m": (WIDTH - wide) // 2, "r": RIGHT - wide}[place]
        if part.strip():
            yield line(part, top, left, size)


def page_text(lines: Sequence[Line], width: int = WIDTH, height: int = HEIGHT) -> PageText:
    """A page with a block for each line."""
    blocks = tuple(Block(BlockKind.TEXT, each.box, (each,)) for each in lines)
    return PageText(width, height, blocks, ENGINE)


def sight(
    order: int, head: str = "", foot: str = "", body: Sequence[str] = BODY * 4, *, width: int = WIDTH
) -> PageSight:
    """A page of text between its head and its foot."""
    lines = [line(text, 300 + place * LEADING) for place, text in enumerate(body)]
    lines = [*across(head, 150), *lines, *across(foot, 2300)]
    return PageSight(order, page_text(lines, width))


def blank(order: int) -> PageSight:
    """A page without ink."""
    return PageSight(order, page_text([]), blank=True)


def picture(order: int) -> PageSight:
    """A page with ink and no word."""
    return PageSight(order, page_text([]))


def table(order: int, *rows: tuple[int, str, str], heading: str = "Obsah", head: str = "") -> PageSight:
    """A page of contents: rows of indentation in ems, title and page number, with leaders between; then its folio."""
    lines = [*across(head, 150), *(across(heading, 250, 45) if heading else ())]
    for place, (ems, title, number) in enumerate(rows):
        top = 400 + place * LEADING
        lines.append(line(f"{title} . . . . ." if number else title, top, LEFT + ems * SIZE))
        if number:
            lines.append(line(number, top, RIGHT - len(number) * SIZE // 2))
    return PageSight(order, page_text(lines))


def chapter(order: int, title: str, foot: str = "", *, above: int = 0) -> PageSight:
    """A page on which a chapter begins, below `above` rows of the one before; its folio stands at the foot."""
    before = [line(BODY[place % 4], 150 + place * LEADING) for place in range(above)]
    top = 250 + above * LEADING
    after = [line(BODY[place % 4], top + 120 + place * LEADING) for place in range(8)]
    return PageSight(order, page_text([*before, *across(title, top, 42), *after, *across(foot, 2300)]))


def propose_pages(pages: Sequence[PageSight], *, bound: bool = True) -> tuple[Proposed, ...]:
    """What is proposed for the pages of a book."""
    return propose(pages, VolumeId("6b1c2f0e-7d3a-4e58-9a41-0c5d2e8f7b16"), periodical=False, bound=bound).pages
