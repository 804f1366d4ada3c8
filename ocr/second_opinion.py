"""Two readings of the same page joined word by word: where they differ, the one more likely to be right is kept.

Words answer to each other when their boxes overlap; a run of words that overlap in either reading is decided as one,
so that "ve likém" of one and "velikém" of the other are a choice and not a mixture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, PageText, Word
from ocr.rewording import others

Trust = Callable[[Word], float]
"""How likely a word is right, 0..1."""

_BEST_WITHOUT_OTHER = 0.5
_JUNK = 0.1
_SAME_COLUMN = 0.3
# The reading that stands must be beaten by so much: its words have lines and neighbours that fit.
_MARGIN = 0.03


@dataclass(frozen=True, slots=True)
class Joined:
    """The joined text, and how many lines of either reading were left out as junk."""

    text: PageText
    dropped: int


def worth(text: PageText, trust: Trust) -> float:
    """Letters that are probably right minus letters that are probably wrong."""
    return sum((2 * trust(word) - 1) * len(word.text) for word in text.words())


def joined(first: PageText, second: PageText, trust: Trust) -> Joined:
    """The better of `first` and `second`, with the words and lines in which the other is the better.

    What the other reading has in place of a run of words stands in `others` of the run's first word, ahead of what
    stood there before. Lines that only one reading has stay when they are trusted (words around 0.5), and go when they
    are junk. The reading order is that of the better reading.
    """
    base, other = (first, second) if worth(first, trust) >= worth(second, trust) else (second, first)
    lines, extra = list(base.lines()), list(other.lines())
    match = _match(lines, extra)
    merged: dict[int, Line] = {}
    for at, line in enumerate(lines):
        against = [word for place, answer in match.items() if answer == at for word in extra[place].words]
        if against:
            merged[at] = _with_words(line, _decided(line.words, against, trust))
        elif _mean(line.words, trust) >= _JUNK:
            merged[at] = line
    found = _added(extra, match, lines, trust)
    dropped = len(lines) - len(merged) + len(extra) - len(match) - sum(map(len, found.values()))
    return Joined(replace(base, blocks=tuple(_blocks(base, merged, found))), dropped)


def _match(lines: Sequence[Line], extra: Sequence[Line]) -> dict[int, int]:
    """For each line of the other reading, by its place, the line whose words it shares most ground with."""
    if not lines or not extra:
        return {}
    mine, theirs = _boxes(lines), _boxes(extra)
    shared = _overlaps(mine, theirs)
    ground = np.zeros((len(lines), len(extra)))
    owner = np.repeat(np.arange(len(lines)), [len(line.words) for line in lines])
    guest = np.repeat(np.arange(len(extra)), [len(line.words) for line in extra])
    np.add.at(ground, (owner[:, None], guest[None, :]), shared)
    best = ground.argmax(axis=0)
    own = [sum(max(1, word.box.width) * max(1, word.box.height) for word in line.words) for line in extra]
    return {place: int(best[place]) for place in range(len(extra)) if ground[best[place], place] > 0.15 * own[place]}


def _boxes(lines: Sequence[Line]) -> NDArray[np.float64]:
    """Left, top, right, bottom of every word, a row each."""
    boxes = [word.box for line in lines for word in line.words]
    return np.array([(b.left, b.top, max(b.right, b.left + 1), max(b.bottom, b.top + 1)) for b in boxes], float)


def _overlaps(mine: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = mine[:, None, :], theirs[None, :, :]
    wide = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    high = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    return np.asarray(np.clip(wide, 0, None) * np.clip(high, 0, None), float)


def _decided(own: Sequence[Word], other: Sequence[Word], trust: Trust) -> tuple[Word, ...]:
    words: list[Word] = []
    for mine, theirs in _runs(own, other):
        if [word.text for word in mine] == [word.text for word in theirs]:
            words += map(_agreed, mine, theirs)
        elif _better(mine, theirs, trust):
            words += _instead_of(mine, theirs)
        else:
            words += _instead_of(theirs, mine)
    return tuple(words)


def _agreed(mine: Word, theirs: Word) -> Word:
    both = others(mine.text, *mine.others, *theirs.others)
    return replace(mine, confidence=max(mine.confidence, theirs.confidence), others=both)


def _instead_of(lost: Sequence[Word], kept: Sequence[Word]) -> list[Word]:
    """The words kept; the first of them carries the reading that lost."""
    if not kept:
        return []
    head = kept[0]
    believed = _printed(kept) if len(kept) == 1 else ""
    return [replace(head, others=others(believed, _printed(lost), *head.others)), *kept[1:]]


def _better(mine: Sequence[Word], theirs: Sequence[Word], trust: Trust) -> bool:
    if not theirs:
        return False
    if not mine:
        return _mean(theirs, trust) >= _BEST_WITHOUT_OTHER
    return _mean(theirs, trust) > _mean(mine, trust) + _MARGIN


def _runs(own: Sequence[Word], other: Sequence[Word]) -> list[tuple[list[Word], list[Word]]]:
    """The words of both in order, cut where a gap runs through both."""
    told = sorted([(w, 0) for w in own] + [(w, 1) for w in other], key=lambda each: (each[0].box.left, each[1]))
    runs: list[tuple[list[Word], list[Word]]] = []
    reach = -1.0
    for word, whose in told:
        if not runs or word.box.left + _SAME_COLUMN * min(word.box.width, word.box.height) >= reach:
            runs.append(([], []))
        runs[-1][whose].append(word)
        reach = max(reach, word.box.right)
    return runs


def _mean(words: Sequence[Word], trust: Trust) -> float:
    letters = sum(len(word.text) for word in words)
    return sum(trust(word) * len(word.text) for word in words) / max(1, letters)


def _printed(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _with_words(line: Line, words: tuple[Word, ...]) -> Line:
    return replace(line, words=words, box=Box.around([line.box, *(word.box for word in words)]))


def _added(
    extra: Sequence[Line], match: Mapping[int, int], lines: Sequence[Line], trust: Trust
) -> dict[int, list[Line]]:
    """Trusted lines that only the other reading has, by the place of the line they follow (-1: before all)."""
    found: defaultdict[int, list[Line]] = defaultdict(list)
    for place, line in enumerate(extra):
        if place in match or _mean(line.words, trust) < _BEST_WITHOUT_OTHER:
            continue
        found[_place_of(line, lines)].append(line)
    return found


def _place_of(line: Line, lines: Sequence[Line]) -> int:
    """The line just above in the same column, as the eye goes; else the first."""
    above = [
        (at, other.box.bottom)
        for at, other in enumerate(lines)
        if other.box.top < line.box.top and min(other.box.right, line.box.right) > max(other.box.left, line.box.left)
    ]
    return max(above, key=lambda each: each[1])[0] if above else -1


def _blocks(base: PageText, merged: Mapping[int, Line], found: Mapping[int, Sequence[Line]]) -> list[Block]:
    blocks = [Block(BlockKind.TEXT, line.box, (line,)) for line in found.get(-1, ())]
    at = 0
    for block in base.blocks:
        lines: list[Line] = []
        for _ in block.lines:
            lines += [merged[at]] if at in merged else []
            lines += found.get(at, ())
            at += 1
        if lines:
            blocks.append(replace(block, lines=tuple(lines), box=Box.around([line.box for line in lines])))
        elif not block.lines:
            blocks.append(block)
    return blocks
