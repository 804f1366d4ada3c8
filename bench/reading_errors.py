"""How wrong a page was read: character and word error as jiwer counts, one that does not ask for order, calibration.

Texts are compared as the ground truth's own README (scans/README.md) says: see `plain`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

BINS = 10
"""Bars of the reliability diagram, and classes of the expected calibration error."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("„“”‟«»〟〞", '"'),
        **dict.fromkeys("‚‘’‛‹›", "'"),
        **dict.fromkeys("‐‑‒–—―−⸗⹀=", "-"),
        "\u00ad": None,
        "ſ": "s",
        "ß": "ss",
        "\u0364": "\u0308",
    }
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Errors:
    """How far a reading is from the truth; 0 is perfect, more than 1 is possible.

    `cer` and `wer` are edits (Levenshtein) of characters and of words over their number in the truth. `bag` is `wer`
    without order: the two texts as bags of words; a word too many and a word missing together are one edit. It is
    never above `wer`; the distance of the two is what wrong reading order costs.
    """

    cer: float
    wer: float
    bag: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A word that was read: how sure the engine was (0..1), and whether it stands in the truth."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Words of about the same confidence: how many, their mean confidence and the share of right ones (both 0..1)."""

    count: int
    confidence: float
    right: float


def errors(truth: str, read: str) -> Errors:
    """The errors of the text `read` on a page whose text is `truth`; both are made plain first.

    An empty truth counts as one character and one word, as in jiwer 4.
    """
    truth, read = plain(truth), plain(read)
    words, found = truth.split(), read.split()
    return Errors(
        distance(truth, read) / max(1, len(truth)),
        distance(words, found) / max(1, len(words)),
        _bag_distance(words, found) / max(1, len(words)),
    )


def plain(text: str) -> str:
    """The text as it is compared.

    NFC; typographic quotes and dashes plain, and so the double hyphen, also where it was read as "="; no soft hyphen;
    runs of white space one blank, none at the ends; long s as s, sharp s as ss, an e above a letter as its two dots.
    """
    even = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_PLAIN))
    return _SPACE.sub(" ", even).strip()


def distance(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Levenshtein's distance: the fewest insertions, deletions and replacements that make `second` of `first`.

    A column of the table is one integer, a bit an element (Myers 1999, in Hyyrö's form of 2003): quick also for the
    ten thousand characters of a newspaper page.
    """
    if not first:
        return len(second)
    places: dict[Hashable, int] = {}
    for at, element in enumerate(first):
        places[element] = places.get(element, 0) | 1 << at
    every, last = (1 << len(first)) - 1, 1 << len(first) - 1
    up, down, count = every, 0, len(first)
    for element in second:
        here = places.get(element, 0)
        same = (((here & up) + up) ^ up) | here | down
        more, less = down | (every & ~(same | up)), up & same
        count += bool(more & last) - bool(less & last)
        more, less = more << 1 | 1, less << 1
        up, down = (less | ~(same | more)) & every, more & same & every
    return count


def _bag_distance(truth: Iterable[str], read: Iterable[str]) -> int:
    wanted, found = Counter(truth), Counter(read)
    return max((wanted - found).total(), (found - wanted).total())


def judged(truth: str, read: Sequence[tuple[str, float]]) -> tuple[Judged, ...]:
    """Which of the words `read` (text as printed, confidence) are right.

    Words with neither letter nor digit are left out, as in ocr.confidence. A word is right when it stands in a run that
    is the same in both texts, or else is among the truth's words outside of such runs (a column may stand elsewhere);
    each word of the truth serves once.
    """
    told = [(word, sure) for text, sure in read for word in plain(text).split()]
    wanted, found = plain(truth).split(), [word for word, _ in told]
    right, used = [False] * len(found), [False] * len(wanted)
    for run in SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks():
        right[run.b : run.b + run.size] = [True] * run.size
        used[run.a : run.a + run.size] = [True] * run.size
    spare = Counter(word for word, taken in zip(wanted, used, strict=True) if not taken)
    for at, word in enumerate(found):
        if not right[at] and spare[word] > 0:
            spare[word] -= 1
            right[at] = True
    return tuple(
        Judged(sure, good) for (word, sure), good in zip(told, right, strict=True) if any(map(str.isalnum, word))
    )


def reliability(words: Iterable[Judged], bins: int = BINS) -> tuple[Bin, ...]:
    """Words by confidence in `bins` equal classes, the lowest first; a class without words has only zeros."""
    classes: list[list[Judged]] = [[] for _ in range(bins)]
    for word in words:
        classes[min(bins - 1, int(word.confidence * bins))].append(word)
    return tuple(_bin(each) for each in classes)


def _bin(words: Sequence[Judged]) -> Bin:
    if not words:
        return Bin(0, 0.0, 0.0)
    count = len(words)
    return Bin(count, sum(word.confidence for word in words) / count, sum(word.right for word in words) / count)


def calibration_error(words: Iterable[Judged], bins: int = BINS) -> float:
    """Expected calibration error: |mean confidence - share of right words| of each class, weighted by its words.

    0 without words (Naeini, Cooper, Hauskrecht 2015, with classes of equal width).
    """
    classes = reliability(words, bins)
    total = sum(each.count for each in classes)
    return sum(each.count * abs(each.confidence - each.right) for each in classes) / max(1, total)
