"""Where the words of a corrected text stand on the page: what was read there, and the place of each.

Lines find their lines, words their words, and where words were split, merged or rewritten, letters their letters
(difflib). A line that was carried elsewhere takes its places along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from metadata.geometry import Box
from metadata.text import Line, PageText, Part, Word

_MOST_LETTERS = 400_000
"""Product of two lengths above which letters are not compared but shared out: a whole page was written anew."""
CERTAIN = 1.0
"""The confidence of what a person says."""
_NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Spot:
    """A word that was read, as printed, and the number of its line on the page."""

    word: Word
    line: int


@dataclass(frozen=True, slots=True)
class Found:
    """A word of the corrected text, and the line that was read where it stands; None while it has no place."""

    text: str
    word: Word | None = None
    line: int = _NOWHERE


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line that was read: its words as printed (no hyphen is apart), and the number of its block."""

    line: Line
    block: int
    spots: tuple[Spot, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Its words as text."""
        return tuple(spot.word.text for spot in self.spots)


def read_lines(text: PageText) -> Iterator[ReadLine]:
    """Every line that was read, in the order of reading."""
    number = 0
    for place, block in enumerate(text.blocks):
        for line in block.lines:
            spots = tuple(Spot(word, number) for each in _unbroken(line) for word in _singly(each))
            yield ReadLine(line, place, spots)
            number += 1


def _unbroken(line: Line) -> tuple[Word, ...]:
    """The line's words as printed: a hyphen stands with the word that it breaks."""
    words = tuple(replace(word, part=Part.WHOLE, whole="") for word in line.words)
    if line.hyphen is None or not words:
        return words
    last = words[-1]
    box = Box.around([last.box, line.hyphen.box])
    return (*words[:-1], replace(last, text=last.text + line.hyphen.text, box=box))


def _singly(word: Word) -> Iterator[Word]:
    """A word with a blank in it counts as several."""
    texts = word.text.split()
    boxes = shared(word.box, texts)
    return (replace(word, text=text, box=box) for text, box in zip(texts, boxes, strict=True))


def aligned(old: Sequence[ReadLine], new: Sequence[tuple[str, ...]]) -> list[list[Found]]:
    """Where every word of every new line stands: equal lines first, moved ones next, then what is left between them."""
    found: dict[int, list[Found]] = {}
    stretches: list[tuple[list[int], list[int]]] = []
    same = SequenceMatcher(None, [line.key for line in old], list(new), autojunk=False)
    for tag, low, high, first, last in same.get_opcodes():
        if tag == "equal":
            found |= {first + step: _kept(old[low + step].spots) for step in range(high - low)}
        else:
            stretches.append((list(range(low, high)), list(range(first, last))))
    moved = _moved(old, new, stretches)
    found |= {number: _kept(old[origin].spots) for number, origin in moved.items()}
    taken = set(moved.values())
    for gone, come in stretches:
        left = [number for number in come if number not in moved]
        mended = _mended([old[n].spots for n in gone if n not in taken], [new[n] for n in left])
        found |= dict(zip(left, mended, strict=True))
    return [found[number] for number in range(len(new))]


def _kept(spots: Sequence[Spot]) -> list[Found]:
    return [Found(spot.word.text, spot.word, spot.line) for spot in spots]


def _moved(
    old: Sequence[ReadLine], new: Sequence[tuple[str, ...]], stretches: Sequence[tuple[list[int], list[int]]]
) -> dict[int, int]:
    """Which new lines are old ones at another place: somebody mended the order of reading."""
    waiting: dict[tuple[str, ...], list[int]] = {}
    for gone, _ in stretches:
        for number in gone:
            waiting.setdefault(old[number].key, []).append(number)
    come = (number for _, numbers in stretches for number in numbers)
    return {number: waiting[new[number]].pop(0) for number in come if waiting.get(new[number])}


def _mended(old: Sequence[Sequence[Spot]], new: Sequence[tuple[str, ...]]) -> list[list[Found]]:
    """Lines that were changed: one by one if as many words agree that way, else as one run of words."""
    spots, texts = [spot for line in old for spot in line], [text for line in new for text in line]
    if len(old) == len(new):
        one_by_one = sum(_agreeing(line, words) for line, words in zip(old, new, strict=True))
        if one_by_one >= _agreeing(spots, texts):
            return [_words(line, words) for line, words in zip(old, new, strict=True)]
    run = iter(_words(spots, texts))
    return [[next(run) for _ in line] for line in new]


def _matcher(old: Sequence[Spot], new: Sequence[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, [spot.word.text for spot in old], list(new), autojunk=False)


def _agreeing(old: Sequence[Spot], new: Sequence[str]) -> int:
    return sum(block.size for block in _matcher(old, new).get_matching_blocks())


def _words(old: Sequence[Spot], new: Sequence[str]) -> list[Found]:
    found: list[Found] = []
    for tag, low, high, first, last in _matcher(old, new).get_opcodes():
        ours, theirs = old[low:high], new[first:last]
        if tag == "equal":
            found += _kept(ours)
        elif len(ours) == len(theirs):
            found += [_replaced(text, [(spot, spot.word.box)]) for text, spot in zip(theirs, ours, strict=True)]
        else:
            found += _by_letters(ours, theirs)
    return found


def _replaced(text: str, pieces: Sequence[tuple[Spot, Box]]) -> Found:
    """The word in the place of `pieces` of words that were read, on the line that has most of them."""
    widths: Counter[int] = Counter()
    for spot, box in pieces:
        widths[spot.line] += max(1, box.width)
    line = max(widths, key=lambda number: widths[number])
    box = Box.around([box for spot, box in pieces if spot.line == line])
    read = [spot.word for spot, _ in pieces]
    return Found(text, Word(text, box, CERTAIN, read[0].language, others=other_readings(read)), line)


def _by_letters(old: Sequence[Spot], new: Sequence[str]) -> list[Found]:
    """Words that were split, merged, added: each gets the place of the letters that it replaces."""
    if not old:
        return [Found(text) for text in new]
    steps = _steps(" ".join(spot.word.text for spot in old), " ".join(new))
    found, start = [], 0
    for text in new:
        end = start + len(text)
        pieces = list(_pieces(old, _first(steps, start), _last(steps, end)))
        found.append(_replaced(text, pieces) if pieces else Found(text))
        start = end + 1
    return found


_Step = tuple[int, int, int, int]
"""A stretch of letters that was read, from and to, and the stretch that stands there now."""


def _steps(before: str, after: str) -> list[_Step]:
    if len(before) * len(after) > _MOST_LETTERS:
        return [(0, len(before), 0, len(after))]
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [(low, high, first, last) for _, low, high, first, last in opcodes if last > first]


def _first(steps: Sequence[_Step], letter: int) -> float:
    low, high, first, last = next(step for step in steps if step[2] <= letter < step[3])
    return low + (letter - first) * (high - low) / (last - first)


def _last(steps: Sequence[_Step], letter: int) -> float:
    low, high, first, last = next(step for step in steps if step[2] < letter <= step[3])
    return low + (letter - first) * (high - low) / (last - first)


def _pieces(old: Sequence[Spot], low: float, high: float) -> Iterator[tuple[Spot, Box]]:
    """The parts of words that stand between two places in the letters of all of them."""
    start = 0
    for spot in old:
        length = len(spot.word.text)
        first, last = max(low, start) - start, min(high, start + length) - start
        if first < last:
            yield spot, _cut(spot.word.box, first / length, last / length)
        start += length + 1


def _cut(box: Box, first: float, last: float) -> Box:
    return Box.between(box.left + round(box.width * first), box.top, box.left + round(box.width * last), box.bottom)


def shared(box: Box, texts: Sequence[str]) -> list[Box]:
    """The box shared out to words by their letters, with a blank between them."""
    boxes, start, whole = [], 0, len(" ".join(texts))
    for text in texts:
        boxes.append(_cut(box, start / whole, (start + len(text)) / whole))
        start += len(text) + 1
    return boxes


def other_readings(read: Sequence[Word]) -> tuple[str, ...]:
    """What stood here before; a single word's other readings follow."""
    said = (" ".join(word.text for word in read), *(read[0].others if len(read) == 1 else ()))
    return tuple(dict.fromkeys(filter(None, said)))
