"""Tables: rows of figures in columns, put outside running text as blocks of their own, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, Word

_FEWEST_ROWS = 4
_FEWEST_CELLS = 3
_GAP = 1.2  # sizes of type between two cells
_FIGURES = 0.4  # of the cells of a row
_ROOM = 3.0  # sizes of type between two rows


@dataclass(frozen=True, slots=True)
class _Row:
    """Lines that stand level, in which block the first of them is, and the boxes of their cells from left to right."""

    lines: tuple[Line, ...]
    block: int
    cells: tuple[Box, ...]
    figures: int

    @property
    def box(self) -> Box:
        """Around all of it."""
        return Box.around([line.box for line in self.lines])

    @property
    def tabular(self) -> bool:
        """Whether it has enough cells, and figures in enough of them."""
        return len(self.cells) >= _FEWEST_CELLS and self.figures >= _FIGURES * len(self.cells)


def with_tables(blocks: Sequence[Block], size: float) -> tuple[Block, ...]:
    """The blocks with every table as one TABLE block, where its first row stood; `size` is the height of type, pixels.

    A table is four rows or more, one below the other, of at least three cells of which many are figures. Lists with a
    price or a page number at the end are running text: they have two cells.
    """
    if size <= 0:
        return tuple(blocks)
    tables = [run for run in _runs(_rows(blocks, size), size) if len(run) >= _FEWEST_ROWS]
    if not tables:
        return tuple(blocks)
    taken = {id(line) for run in tables for row in run for line in row.lines}
    starts: dict[int, list[Block]] = {}
    for run in tables:
        lines = tuple(line for row in run for line in row.lines)
        table = Block(BlockKind.TABLE, Box.around([line.box for line in lines]), lines, blocks[run[0].block].language)
        starts.setdefault(run[0].block, []).append(table)
    return tuple(_placed(blocks, taken, starts))


def _placed(blocks: Sequence[Block], taken: set[int], starts: dict[int, list[Block]]) -> Iterator[Block]:
    for at, block in enumerate(blocks):
        rest = tuple(line for line in block.lines if id(line) not in taken)
        if len(rest) == len(block.lines):
            yield block
        tables = starts.get(at, [])
        top = min((table.box.top for table in tables), default=0)
        above = tuple(line for line in rest if not tables or line.box.top < top)
        below = tuple(line for line in rest if tables and line.box.top >= top)
        for part, follows in ((above, tables), (below, ())):
            if part and len(rest) < len(block.lines):
                yield replace(block, lines=part, box=Box.around([line.box for line in part]))
            yield from follows


def _rows(blocks: Sequence[Block], size: float) -> list[_Row]:
    lines = [(line, at) for at, block in enumerate(blocks) if block.kind is BlockKind.TEXT for line in block.lines]
    lines = [each for each in lines if each[0].words]
    groups: list[list[tuple[Line, int]]] = []
    for each in sorted(lines, key=lambda each: each[0].box.top + each[0].box.bottom):
        if not groups or _middle(each[0]) - _middle(groups[-1][0][0]) > size / 2:
            groups.append([])
        groups[-1].append(each)
    return [_row(sorted(group, key=lambda each: each[0].box.left), size) for group in groups]


def _middle(line: Line) -> float:
    return (line.box.top + line.box.bottom) / 2


def _row(group: Sequence[tuple[Line, int]], size: float) -> _Row:
    words = sorted((word for line, _ in group for word in line.words), key=lambda word: word.box.left)
    cells: list[list[Word]] = []
    for word in words:
        if not cells or word.box.left - cells[-1][-1].box.right > _GAP * size:
            cells.append([])
        cells[-1].append(word)
    figures = sum(any(any(map(str.isdigit, word.text)) for word in cell) for cell in cells)
    boxes = tuple(Box.around([word.box for word in cell]) for cell in cells)
    return _Row(tuple(line for line, _ in group), min(at for _, at in group), boxes, figures)


def _runs(rows: Sequence[_Row], size: float) -> Iterator[list[_Row]]:
    """Rows of figures that follow one another closely and whose cells stand below one another."""
    run: list[_Row] = []
    for row in rows:
        goes_on = run and row.box.top - run[-1].box.bottom <= _ROOM * size and _aligned(run[-1], row)
        if not row.tabular or not goes_on:
            yield run
            run = []
        if row.tabular:
            run.append(row)
    yield run


def _aligned(above: _Row, below: _Row) -> bool:
    met = sum(any(a.left < b.right and b.left < a.right for a in above.cells) for b in below.cells)
    return met >= _FEWEST_CELLS
