"""In which language a piece of text is, by its most frequent words and the letters that only it has.

Each word gives its weight to the languages it is frequent in: a short one little, since specks and scraps of misread
print look like short words, and none so much that it decides alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp

from metadata.text import Line
from ocr.frequent_words import ENDINGS, FREQUENT, LETTERS, MISREAD, folded
from ocr.lexicon import core

# An engine's confidence (0..1) below which a word is left out.
_DOUBTED = 0.3
_BY_LENGTH = (0.0, 0.3, 1.0)
_LONGER = 2.0
_LETTER = 1.0
_ENDING, _ENDED = 0.7, 5
_TRUST = 3.0
# A second language has the weight of three words in lines of its own, and a quarter of what the chief one has.
_SECOND_LEAST = 5.0
_SECOND_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Seen:
    """In which `languages` (ISO 639-2/T; one, or two with the chief one first; none: nothing tells) and how sure.

    `confidence` is 0..1: that the chief language is the right one.
    """

    languages: tuple[str, ...] = ()
    confidence: float = 0.0


def seen(lines: Iterable[Line], among: Sequence[str], expected: Mapping[str, float]) -> Seen:
    """The one or two languages of `among` that `lines` are in.

    `expected` is what each language is given beforehand, in the weights of this module (2 is a word of three letters).
    Without any word that tells, expectation says nothing.
    """
    told = [_weights(words, among) for words in map(_spoken, lines)]
    totals = {code: sum(line[code] for line in told) for code in among}
    if not any(totals.values()):
        return Seen()
    totals = {code: weight + expected.get(code, 0.0) for code, weight in totals.items()}
    chief = max(among, key=lambda code: totals[code])
    second = _second(told, chief)
    rest = max((weight for code, weight in totals.items() if code not in {chief, second}), default=0.0)
    return Seen((chief, second) if second else (chief,), round(1 - exp(-(totals[chief] - rest) / _TRUST), 4))


def _spoken(line: Line) -> list[str]:
    """The words of a line that may tell, folded."""
    return [folded(core(word.text)) for word in line.words if word.confidence >= _DOUBTED]


def _weights(words: Iterable[str], among: Sequence[str]) -> dict[str, float]:
    """How much `words` speak for each language; nothing for one that has no table."""
    totals = dict.fromkeys(among, 0.0)
    for word in words:
        for code in among:
            totals[code] += _weight(word, code)
    return totals


def _weight(word: str, code: str) -> float:
    weight = _BY_LENGTH[len(word)] if len(word) < len(_BY_LENGTH) else _LONGER
    if word in FREQUENT.get(code, ()):
        told = weight
    elif word in MISREAD.get(code, ()):
        told = weight / 2
    else:
        told = _ENDING if len(word) >= _ENDED and word.endswith(ENDINGS.get(code, ())) else 0.0
    return told + (0.0 if LETTERS.get(code, frozenset()).isdisjoint(word) else _LETTER)


def _second(told: Sequence[Mapping[str, float]], chief: str) -> str:
    """A second language of the text: the one that whole lines are in rather than in any other; empty for none."""
    own: dict[str, float] = {chief: 0.0}
    for line in told:
        best = max(line, key=lambda code: (line[code], code == chief))
        own[best] = own.get(best, 0.0) + line[best] - (line[chief] if best != chief else 0.0)
    second = max((code for code in own if code != chief), key=lambda code: own[code], default="")
    return second if second and own[second] >= max(_SECOND_LEAST, _SECOND_SHARE * own[chief]) else ""
