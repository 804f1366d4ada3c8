"""What a person corrected of a page's text, put back into the layout of what was read there.

An unchanged word keeps its box and all that is known of it, also where its line was broken anew or carried elsewhere;
a changed one gets the place of what it replaces, confidence 1.0, and what was read as its first other reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import chain, repeat

from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, PageText, Style, Word
from ocr.corrected_words import CERTAIN, Found, ReadLine, aligned, other_readings, read_lines, shared
from ocr.hyphenation import join

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class _Page:
    """What was read, and its lines as they are compared."""

    text: PageText
    lines: tuple[ReadLine, ...]

    def clipped(self, box: Box) -> Box:
        """The part of the box that lies on the page."""
        return box.inside(self.text.width, self.text.height)


def printed(plain: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Blocks, lines and words of a plain text in which an empty line parts blocks; blanks are normalised."""
    blocks: list[list[tuple[str, ...]]] = [[]]
    for line in _LINE_END.split(plain):
        words = tuple(line.split())
        if words:
            blocks[-1].append(words)
        elif blocks[-1]:
            blocks.append([])
    return tuple(tuple(block) for block in blocks if block)


def with_lines(text: PageText, plain: str) -> PageText:
    """The page `text` with its words as the edited `plain` has them: a line each, an empty line between blocks.

    Blocks of text are those of `plain`; pictures and separators stay where they are. Every box lies on the page. Equal
    but for blanks, it is `text` itself.
    """
    groups = printed(plain)
    if groups == printed(text.plain()):
        return text
    page = _Page(text, tuple(read_lines(text)))
    words = [line for group in groups for line in group]
    owners = [number for number, group in enumerate(groups) for _ in group]
    found = aligned(page.lines, words)
    blocks = _blocks(page, list(zip(owners, found, _lines(page, found), strict=True)))
    return join(replace(text, blocks=tuple(blocks)))


def compared(read: PageText, edited: PageText) -> PageText:
    """`edited`, a layout of its own for the page that was `read`: its words told apart into read and corrected ones.

    A word that stands in both keeps what is known of it, any other has confidence 1.0. Where a stretch has another
    number of words than before, the first of them says what was read in place of all.
    """
    before, after = tuple(read.words()), tuple(edited.words())
    same = SequenceMatcher(None, [word.text for word in before], [word.text for word in after], autojunk=False)
    known: list[Word] = []
    for tag, low, high, first, last in same.get_opcodes():
        ours, theirs = before[low:high], after[first:last]
        # The whole stretch at each of its words would make a page written anew grow with the square of its words.
        pairs = ((each,) for each in ours) if len(ours) == len(theirs) else chain([ours], repeat(()))
        known += [_judged(word, pair, equal=tag == "equal") for word, pair in zip(theirs, pairs, strict=False)]
    rest = iter(known)
    return replace(
        edited,
        blocks=tuple(
            replace(
                block, lines=tuple(replace(line, words=tuple(next(rest) for _ in line.words)) for line in block.lines)
            )
            for block in edited.blocks
        ),
    )


def _judged(word: Word, read: Sequence[Word], *, equal: bool) -> Word:
    if equal:
        return replace(word, confidence=read[0].confidence, others=read[0].others)
    return replace(word, confidence=CERTAIN, others=other_readings(read))


def _lines(page: _Page, found: Sequence[list[Found]]) -> list[Line]:
    """The corrected lines; one that has no word with a place stands below the line before it."""
    uses = Counter(number for line in found for number in {each.line for each in line})
    made = [_line(page, line, uses) for line in found]
    first = next((line for line in made if line is not None), None)
    for number, line in enumerate(made):
        if line is None:
            near = made[number - 1] if number else first
            box = _below(page, near.box) if near else _strip(page, number, len(made))
            made[number] = _all_new(page, box, [each.text for each in found[number]])
    return [line for line in made if line is not None]


def _line(page: _Page, found: Sequence[Found], uses: Counter[int]) -> Line | None:
    """The line; None when none of its words has a place. `uses` is in how many lines each old one went on."""
    origins = Counter(each.line for each in found if each.word is not None)
    if not origins:
        return None
    words = tuple(_placed(page, found))
    own = page.lines[origins.most_common(1)[0][0]].line
    whole = len(origins) == 1 and uses[next(iter(origins))] == 1
    boxes = [word.box for word in words]
    return Line(page.clipped(Box.around([own.box, *boxes] if whole else boxes)), words, own.style)


def _placed(page: _Page, found: Sequence[Found]) -> Iterator[Word]:
    """The words of a line of which at least one has a place; the added ones are put between their neighbours."""
    added: list[str] = []
    before: Found | None = None
    for each in found:
        if each.word is None:
            added.append(each.text)
            continue
        yield from _added(page, added, before, each)
        yield replace(each.word, box=page.clipped(each.word.box))
        before, added = each, []
    yield from _added(page, added, before, None)


def _added(page: _Page, texts: Sequence[str], before: Found | None, after: Found | None) -> Iterator[Word]:
    ends = [found.word for found in (before, after) if found and found.word]
    if not texts or not ends:
        return
    box = page.clipped(_gap(before, after, len(" ".join(texts))))
    near = ends[0].box if box.width == 0 else box
    for text, own in zip(texts, shared(page.clipped(near), texts), strict=True):
        yield Word(text, own, CERTAIN, ends[0].language)


def _gap(before: Found | None, after: Found | None, letters: int) -> Box:
    """Where so many letters were added: between two words of a line, else beside the one there is."""
    left, right = before.word if before else None, after.word if after else None
    if left and right and before and after and before.line == after.line and right.box.left > left.box.right:
        return Box(left.box.right, left.box.top, right.box.left - left.box.right, left.box.height)
    near = left or right
    if near is None:
        raise ValueError("a word is added beside nothing")
    width = round(near.box.width * letters / max(1, len(near.text)))
    return Box(near.box.right if left else near.box.left - width, near.box.top, width, near.box.height)


def _below(page: _Page, box: Box) -> Box:
    below = page.clipped(Box(box.left, box.bottom, box.width, box.height))
    return below if below.height else box


def _strip(page: _Page, number: int, lines: int) -> Box:
    """A line's share of a page on which nothing was read."""
    top, bottom = (page.text.height * step // lines for step in (number, number + 1))
    return Box(0, top, page.text.width, bottom - top)


def _all_new(page: _Page, box: Box, texts: Sequence[str]) -> Line:
    language = next((block.language for block in page.text.blocks if block.language), "")
    words = tuple(Word(text, own, CERTAIN, language) for text, own in zip(texts, shared(box, texts), strict=True))
    return Line(box, words, Style())


def _blocks(page: _Page, made: Sequence[tuple[int, list[Found], Line]]) -> Iterator[Block]:
    """The blocks of the corrected page; what has no text stays before the block that it stood before."""
    groups = [[entry for entry in made if entry[0] == number] for number in dict.fromkeys(entry[0] for entry in made)]
    origins = [_origins(page, group) for group in groups]
    uses = Counter(block for own in origins for block in own)
    waiting = [(number, block) for number, block in enumerate(page.text.blocks) if not block.lines]
    for group, own in zip(groups, origins, strict=True):
        first = min(own, default=-1)
        while waiting and waiting[0][0] < first:
            yield waiting.pop(0)[1]
        yield _block(page, [line for _, _, line in group], own, uses)
    yield from (block for _, block in waiting)


def _origins(page: _Page, group: Sequence[tuple[int, list[Found], Line]]) -> Counter[int]:
    """From which blocks the words of a block come, and how many."""
    return Counter(page.lines[each.line].block for _, found, _ in group for each in found if each.word is not None)


def _block(page: _Page, lines: Sequence[Line], origins: Counter[int], uses: Counter[int]) -> Block:
    boxes = [line.box for line in lines]
    if not origins:
        language = next((word.language for line in lines for word in line.words), "")
        return Block(BlockKind.TEXT, Box.around(boxes), tuple(lines), language)
    number = origins.most_common(1)[0][0]
    own = page.text.blocks[number]
    whole = len(origins) == 1 and uses[number] == 1
    box = page.clipped(Box.around([own.box, *boxes] if whole else boxes))
    return Block(own.kind, box, tuple(lines), own.language)
