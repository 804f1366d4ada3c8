"""Where a title of the table of contents stands as a heading: the rows of a page that read like it, errors forgiven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median

from ocr.sight import Printed, Row, plain

ALIKE = 0.72
"""From here on (0..1) a row reads like the title: two letters in seven may be wrong."""

_MOST_ROWS = 4
_LONGER = 1.5
_LARGER = 1.1
_ABOVE = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading found on page `order`: the blocks it stands in, how alike it is, and whether it heads its page.

    `heads` is false where more than three rows stand above it: there the part before ends on the same page.
    """

    order: int
    blocks: tuple[int, ...]
    alike: float
    heads: bool


def find_heading(titles: tuple[str, ...], page: Printed, *, larger: bool = False) -> Heading | None:
    """The rows of `page` most like one of `titles` (with and without its number); None when none is ALIKE.

    With `larger`, only rows in larger type than the page's count: on a page that the table of contents does not name,
    the same words may as well be a running head.
    """
    usual = median([row.height for row in page.rows] or [0])
    wanted = [text for title in titles if len(text := _letters(title)) >= 3]
    best: tuple[float, int, tuple[Row, ...]] | None = None
    for start, rows in _passages(page, max(map(len, wanted), default=0)):
        if larger and rows[0].height < _LARGER * usual:
            continue
        said = _letters(" ".join(row.text for row in rows))
        alike = max((_alike(title, said) for title in wanted), default=0.0)
        if alike >= ALIKE and (best is None or alike > best[0]):
            best = alike, start, rows
    if best is None:
        return None
    alike, start, rows = best
    blocks = tuple(dict.fromkeys(block for row in rows for block in row.blocks))
    return Heading(page.order, blocks, round(alike, 3), start <= _ABOVE)


def _passages(page: Printed, length: int) -> Iterator[tuple[int, tuple[Row, ...]]]:
    """One to four rows in succession, no longer than a title of `length` letters can be."""
    lengths = [len(row.text) for row in page.rows]
    for start in range(len(page.rows) if length else 0):
        total = 0
        for end in range(start, min(start + _MOST_ROWS, len(page.rows))):
            total += lengths[end]
            # Blanks and stops are counted here and not in the title: a third more.
            if total > _LONGER * 1.4 * length + 8:
                break
            yield start, page.rows[start : end + 1]


def _alike(title: str, said: str) -> float:
    if not title or not len(title) / _LONGER <= len(said) <= len(title) * _LONGER:
        return 0.0
    match = SequenceMatcher(None, title, said, autojunk=False)
    if match.real_quick_ratio() < ALIKE or match.quick_ratio() < ALIKE:
        return 0.0
    return match.ratio()


def _letters(text: str) -> str:
    return "".join(c for c in plain(text) if c.isalnum())
