"""Where the words of a question stand in a text, and the piece of it that shows most of them.

Of our own and not FTS5's snippet(): that one reads the whole index again for every page, which for the beginning of a
word takes a tenth of a second.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from repository.catalogue.lemmas import printed
from repository.catalogue.reading.hits import Piece

EXCERPT = 220
"""Characters of an excerpt, give or take a word."""

_BEFORE = 70
_WHITE = re.compile(r"\s+")
# Between the words of a phrase; and what a word may neither follow nor be followed by.
_BETWEEN, _LETTER = r"[\W_]+", r"[^\W_]"


class _Folding(dict[int, str]):
    """For str.translate: each letter as the index has it, one for one, so that places stay."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        plain = printed(letter)
        self[code] = told = plain if len(plain) == 1 else letter
        return told


_FOLDING = _Folding()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a text with the words marked, and how often they are in the whole text."""

    pieces: tuple[Piece, ...]
    hits: int


def marks(forms: Sequence[Sequence[str]]) -> re.Pattern[str]:
    """What finds, in folded text, the words, beginnings and phrases a question is asked in (`asked.Asked.forms`)."""
    texts = sorted({text for each in forms for text in each}, key=lambda text: (-len(text), text))
    told = "|".join(map(_pattern, texts)) or "(?!)"
    return re.compile(rf"(?<!{_LETTER})(?:{told})(?!{_LETTER})")


def excerpt(text: str, wanted: re.Pattern[str]) -> Excerpt:
    """The piece of `text` that has most of what is `wanted` (`marks`); its beginning where it has none."""
    text = unicodedata.normalize("NFC", text)
    spans = [found.span() for found in wanted.finditer(text.translate(_FOLDING))]
    best = _densest(spans) if spans else (0, 0)
    first = _after_space(text, best[0] - _BEFORE)
    last = max(_before_space(text, first + EXCERPT), best[1])
    shown = [span for span in spans if first <= span[0] and span[1] <= last]
    before = [Piece("… ")] * (first > 0)
    after = [Piece(" …")] * (last < len(text))
    return Excerpt((*before, *_cut(text, first, last, shown), *after), len(spans))


def _pattern(text: str) -> str:
    beginning = text.endswith("*")
    words = _BETWEEN.join(map(re.escape, text.removesuffix("*").split(" ")))
    return f"{words}{_LETTER}*" if beginning else words


def _densest(spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The hit that most others follow within an excerpt; the first of several."""
    begins = [begin for begin, _ in spans]
    room = EXCERPT - _BEFORE
    return max(enumerate(spans), key=lambda each: (bisect_left(begins, each[1][0] + room) - each[0], -each[0]))[1]


def _after_space(text: str, at: int) -> int:
    """The beginning of the first word from `at` on, if one begins before the excerpt would lose its hit."""
    if at <= 0:
        return 0
    found = _WHITE.search(text, at, at + _BEFORE)
    return found.end() if found else at


def _before_space(text: str, at: int) -> int:
    """The end of the last word before `at`."""
    if at >= len(text):
        return len(text)
    space = text.rfind(" ", at - _BEFORE, at)
    return space if space > 0 else at


def _cut(text: str, begin: int, end: int, lit: Sequence[tuple[int, int]]) -> list[Piece]:
    pieces, at = [], begin
    for first, last in lit:
        pieces += [Piece(_plain(text[at:first]))] * (at < first) + [Piece(_plain(text[first:last]), lit=True)]
        at = last
    return pieces + [Piece(_plain(text[at:end]))] * (at < end)


def _plain(text: str) -> str:
    return _WHITE.sub(" ", text)
