"""Stops and commas as the word they belong to has them: no word of their own, and no glue between two words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from metadata.geometry import Box
from metadata.text import Line, PageText, Word

_MARKS = frozenset(",.;:!?")
_GLUED = re.compile(r"(?<=[^\W\d_])[,;](?=[^\W\d_])")
# In old print a thin space stands before a mark; a mark farther off than so many heights of the line is a speck.
_NEAR = 0.8


def tidied(text: PageText) -> PageText:
    """`text` with lone marks joined to the word before them, and "one,two" parted after the comma.

    What the engine read stands among the `others` of the word, or of the first of those that were one.
    """
    return replace(
        text,
        blocks=tuple(replace(block, lines=tuple(map(_line, block.lines))) for block in text.blocks),
    )


def _line(line: Line) -> Line:
    words: list[Word] = []
    for word in line.words:
        if words and _belongs(words[-1], word, line.box.height):
            words[-1] = _joined(words[-1], word)
        else:
            words.append(word)
    return replace(line, words=tuple(part for word in words for part in _parted(word)))


def _belongs(before: Word, mark: Word, height: int) -> bool:
    lone = len(mark.text) == 1 and mark.text in _MARKS
    return lone and before.text[-1:].isalnum() and mark.box.left - before.box.right <= _NEAR * height


def _joined(word: Word, mark: Word) -> Word:
    # A mark is often doubted where its word is not: the letters decide.
    letters = len(word.text)
    sure = round((word.confidence * letters + mark.confidence) / (letters + 1), 4)
    whole = replace(word, box=Box.around([word.box, mark.box]), confidence=sure, others=_read(word, mark))
    return replace(whole, text=word.text + mark.text)


def _read(word: Word, mark: Word) -> tuple[str, ...]:
    return tuple(f"{text} {mark.text}" for text in (word.text, *word.others))


def _parted(word: Word) -> Iterator[Word]:
    ends = [found.end() for found in _GLUED.finditer(word.text)]
    if not ends:
        yield word
        return
    share = word.box.width / len(word.text)
    for start, end in _spans(ends, len(word.text)):
        left, right = word.box.left + round(start * share), word.box.left + round(end * share)
        box = Box(left, word.box.top, right - left, word.box.height)
        others = () if start else (word.text, *word.others)
        yield replace(word, text=word.text[start:end], box=box, others=others)


def _spans(ends: Sequence[int], length: int) -> list[tuple[int, int]]:
    return list(zip([0, *ends], [*ends, length], strict=True))
