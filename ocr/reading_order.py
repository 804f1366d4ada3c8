"""The order in which a person reads what was read: column after column, what spans the columns above them first.

A page is cut at its gutters (ocr.gutters): what lies above where a gutter begins, the column left of it, the column
right of it, what lies below; and each of these again. Lines that the engine read across a gutter are cut there. A page
without gutters is left exactly as the engine ordered it. Words are neither lost nor changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, PageText
from ocr.gutters import Gutter, gutter, usual_type

_DEEPEST = 24
# Letters that are believed, of all. Chosen on two newspapers (1798, 1852) read at twelve resolutions and shades each:
# above it no order got worse, and character error fell by up to 0.6; below it most got worse. Not tried on others.
_BELIEVED = 0.38
_LEVEL = 0.4  # sizes of type by which pieces of one printed line may differ in height


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line and the block (by its place on the page) that the engine put it in."""

    line: Line
    block: int


def in_order(text: PageText) -> PageText:
    """The page with blocks, and lines where a block spans columns, in reading order.

    Only running text is moved; pictures, rules and tables follow it as they came. `settings` says what was done. A
    page of one column comes back as it is.
    """
    placed = [
        _Placed(line, at)
        for at, block in enumerate(text.blocks)
        if block.kind is BlockKind.TEXT
        for line in block.lines
    ]
    lines = [each.line for each in placed]
    if not _trusted(lines):
        return text
    page = _Page(lines, text.blocks)
    ordered = page.ordered(placed)
    if not page.gutters:
        return text
    cut = len(ordered) - len(placed)
    blocks = (*_blocks(ordered, text.blocks), *(block for block in text.blocks if block.kind is not BlockKind.TEXT))
    said = f"reading order: {len(page.gutters)} gutters, {cut} lines cut at them"
    return replace(text, blocks=blocks, settings=f"{text.settings}; {said}" if text.settings else said)


def _trusted(lines: Sequence[Line]) -> bool:
    """Whether places of words mean something: the page was read, more or less, and not turned by a quarter."""
    words = [word for line in lines for word in line.words]
    letters = sum(len(word.text) for word in words)
    believed = sum(word.confidence * len(word.text) for word in words)
    long = [line for line in lines if len(line.words) > 2]
    upright = sum(line.box.width > line.box.height for line in long)
    return believed > _BELIEVED * letters and 2 * upright >= len(long)


class _Page:
    """Cuts a page into columns and remembers where."""

    def __init__(self, lines: Sequence[Line], blocks: Sequence[Block]) -> None:
        self._type = usual_type(lines, blocks)
        wide = max((line.box.right for line in lines), default=0) - min((line.box.left for line in lines), default=0)
        self._rules = [block.box for block in blocks if _lies_across(block, self._type.size, wide)]
        self.gutters: list[Gutter] = []

    def ordered(
        self, placed: Sequence[_Placed], depth: int = 0, *, known: Sequence[int] = (), column: bool = False
    ) -> list[_Placed]:
        """The lines in reading order; a line across a gutter becomes two.

        `known` are gutters that may go on here. Lines without a gutter are put from top to bottom where they are a
        `column`, else left as the engine ordered them.
        """
        found = None
        if depth < _DEEPEST:
            found = gutter([each.line for each in placed], self._type, self._rules, known)
        if found is None:
            return _down(placed, self._type.size) if column else list(placed)
        self.gutters.append(found)
        above = [each for each in placed if _middle(each.line) < found.top]
        below = [each for each in placed if _middle(each.line) >= found.bottom]
        within = [each for each in placed if found.top <= _middle(each.line) < found.bottom]
        captions = {id(placed[at]) for at in found.between}
        between = [each for each in within if id(each) in captions]
        within = [each for each in within if id(each) not in captions]
        left = [part for each in within if (part := _part(each, found.x, right=False))]
        right = [part for each in within if (part := _part(each, found.x, right=True))]
        # Gutters go on below, in advertisements say; a masthead above columns has none, though its words may look so.
        deeper = depth + 1
        return [
            *self.ordered(above, deeper, known=known),
            *self.ordered(left, deeper, known=known, column=True),
            *self.ordered(right, deeper, known=known, column=True),
            *self.ordered(between, deeper),
            *self.ordered(below, deeper, known=[each.x for each in self.gutters], column=True),
        ]


def _lies_across(block: Block, size: float, wide: int) -> bool:
    """Whether the block ends columns: a rule, or a picture as wide as half of the text, often a title not read."""
    if block.box.width <= 3 * max(block.box.height, size):
        return False
    return block.kind is BlockKind.SEPARATOR or (block.kind is BlockKind.PICTURE and 2 * block.box.width > wide)


def _middle(line: Line) -> float:
    return (line.box.top + line.box.bottom) / 2


def _part(placed: _Placed, x: int, *, right: bool) -> _Placed | None:
    """What of a line lies on one side of `x`; None when nothing does. A line without words lies where its box does."""
    line = placed.line
    if not line.words:
        return placed if (line.box.left + line.box.right > 2 * x) is right else None
    words = tuple(word for word in line.words if (word.box.left + word.box.right > 2 * x) is right)
    if len(words) == len(line.words):
        return placed
    if not words:
        return None
    hyphen = line.hyphen if words[-1] is line.words[-1] else None
    box = Box.around([word.box for word in words])
    return replace(placed, line=replace(line, box=box, words=words, hyphen=hyphen))


# --- Within a column --------------------------------------------------------------------------------------------------


def _down(placed: Sequence[_Placed], size: float) -> list[_Placed]:
    """The lines of one column from top to bottom; what stands level, from left to right."""
    rows: list[list[_Placed]] = []
    for each in sorted(placed, key=lambda each: _middle(each.line)):
        if not rows or _middle(each.line) - _middle(rows[-1][0].line) > _LEVEL * size:
            rows.append([])
        rows[-1].append(each)
    return [each for row in rows for each in sorted(row, key=lambda each: each.line.box.left)]


# --- Blocks again -----------------------------------------------------------------------------------------------------


def _blocks(ordered: Sequence[_Placed], blocks: Sequence[Block]) -> Iterator[Block]:
    """Lines that follow one another and were of one block are one block again."""
    runs: list[list[_Placed]] = []
    for each in ordered:
        if not runs or runs[-1][-1].block != each.block:
            runs.append([])
        runs[-1].append(each)
    for run in runs:
        whole, lines = blocks[run[0].block], tuple(each.line for each in run)
        yield (
            whole if lines == whole.lines else replace(whole, lines=lines, box=Box.around([line.box for line in lines]))
        )
