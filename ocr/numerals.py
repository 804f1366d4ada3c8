"""Numbers as printers set them, read from one token: arabic and roman, with the mistakes that OCR makes in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

MOST_ROMAN = 400
"""The highest roman page number believed: above it, words as short as "mi" or "dl" would be numbers."""

_AROUND = "-–—=~.,:;·•*()[]{}<>«»„“”‚‘’'\"_^°/\\+"
_MISTAKEN = str.maketrans(
    {"O": "0", "o": "0", "Q": "0", "l": "1", "I": "1", "i": "1", "|": "1", "!": "1", "Z": "2", "z": "2"}
    | {"S": "5", "s": "5", "G": "6", "b": "6", "B": "8", "g": "9", "q": "9"}
)
_ROMAN = re.compile(r"(c{0,4})(xc|xl|l?x{0,4})(ix|iv|v?i{0,4})")
_ROMAN_MISTAKEN = str.maketrans({"l": "i", "1": "i", "|": "i", "!": "i", "j": "i", "ı": "i", "y": "v", "u": "v"})
_LETTERS = {"c": 100, "l": 50, "x": 10, "v": 5, "i": 1}
_SIGNS = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


class Figures(StrEnum):
    """In which figures a number is set."""

    ARABIC = "arabic"
    LOWER = "roman"
    UPPER = "ROMAN"


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number and how surely the token says it (0..1)."""

    value: int
    figures: Figures
    surety: float


@lru_cache(maxsize=4096)
def numerals(token: str) -> tuple[Numeral, ...]:
    """Every number that `token` may be, marks around it left aside; none for anything with other letters in it.

    Arabic numbers have at most four figures. A roman i may also be an arabic 1 that was misread, and the other way
    round, so there may be several.
    """
    core = token.strip(_AROUND)
    found = [*_arabic(core), *_roman(core)]
    return tuple(sorted(found, key=lambda numeral: -numeral.surety))


def roman_value(text: str) -> int | None:
    """The value of a roman number of one case up to MOST_ROMAN, also in the old way (iiii); None when it is none."""
    small = text.lower()
    if not small or text not in {small, text.upper()} or not _ROMAN.fullmatch(small):
        return None
    values = [_LETTERS[c] for c in small]
    pairs = zip(values, [*values[1:], 0], strict=True)
    total = sum(-value if value < after else value for value, after in pairs)
    return total if total <= MOST_ROMAN else None


def written(value: int, figures: Figures) -> str:
    """`value` (from 1) as it would be printed in `figures`."""
    if figures is Figures.ARABIC:
        return str(value)
    text = ""
    for worth, sign in _SIGNS:
        times, value = divmod(value, worth)
        text += sign * times
    return text if figures is Figures.LOWER else text.upper()


def _arabic(core: str) -> list[Numeral]:
    if re.fullmatch(r"\d{1,4}", core, re.ASCII):
        return [Numeral(int(core), Figures.ARABIC, 1.0)] if int(core) else []
    found = []
    bare = core.strip("|!")
    if bare != core and re.fullmatch(r"\d{1,4}", bare, re.ASCII) and int(bare):
        found.append(Numeral(int(bare), Figures.ARABIC, 0.6))
    mended = core.translate(_MISTAKEN)
    if re.fullmatch(r"[1-9]\d{0,3}", mended, re.ASCII):
        figures = sum(c in "0123456789" for c in core)
        # A token without one true figure is more often a short word than a number.
        found.append(Numeral(int(mended), Figures.ARABIC, 0.4 + 0.3 * figures / len(core) if figures else 0.2))
    return found


def _roman(core: str) -> list[Numeral]:
    value = roman_value(core)
    if value is not None:
        # "i", "v" are words of Czech and "l", "c" are specks as often as numbers.
        surety = 0.9 if len(core) > 1 else 0.6 if value <= 10 else 0.2
        return [Numeral(value, _case(core), surety)]
    mended = roman_value(core.lower().translate(_ROMAN_MISTAKEN))
    if mended is None or len(core) < 2:
        return []
    return [Numeral(mended, _case(core), 0.4)]


def _case(core: str) -> Figures:
    return Figures.UPPER if core[0].isupper() and core[-1].isupper() else Figures.LOWER
