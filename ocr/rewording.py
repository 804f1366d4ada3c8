"""Words of a page changed one by one; lines, blocks and their boxes stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from metadata.text import PageText, Word


def reworded(text: PageText, change: Callable[[Word], Word]) -> PageText:
    """`text` with every word put through `change`."""
    return replace(
        text,
        blocks=tuple(
            replace(block, lines=tuple(replace(line, words=tuple(map(change, line.words))) for line in block.lines))
            for block in text.blocks
        ),
    )


def instead(word: Word, text: str) -> Word:
    """`word` now reading `text`; what it read before is the likeliest of its other readings."""
    return word if text == word.text else replace(word, text=text, others=others(text, word.text, *word.others))


def others(believed: str, *readings: str) -> tuple[str, ...]:
    """The `readings` that differ from the one believed, each once, in their order; an empty one is none."""
    return tuple(dict.fromkeys(reading for reading in readings if reading and reading != believed))
