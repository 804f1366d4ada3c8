"""Letters of old type that a model takes for others, put right where the language knows only one word that fits.

Long s was taken for f, Fraktur k for f, d for v: the shapes differ by a hair, and the models were made from other
founts. A word that the lexicon knows stays untouched. An unknown one is tried with letters that look alike in its kind
of type; it changes only when exactly one known word is nearest. Nothing is changed in modern type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from metadata.text import PageText
from ocr.lexicon import Lexicon, core
from ocr.rewording import instead, reworded

# What was read, and what may have been printed. From the errors of Tesseract's Fraktur model on German and Czech pages
# of 1798-1852, kept where the shapes explain them; the first of a row is the likeliest.
_FRAKTUR: Mapping[str, tuple[str, ...]] = {
    "f": ("s", "k"), "s": ("f",), "v": ("d",), "d": ("b", "v"), "b": ("d", "h"), "h": ("b",), "x": ("r",), "c": ("e",),
    "u": ("n",), "n": ("u",), "é": ("e",), "è": ("e",), "l": ("i",), "N": ("R",), "V": ("B",), "B": ("V",),
    "J": ("I",), "F": ("K",), "E": ("K", "C"), "g": ("a",), "ü": ("u",), "ä": ("a",), "ö": ("o",), "y": ("n",),
}  # fmt: skip
_CZECH: Mapping[str, tuple[str, ...]] = {
    "f": ("s", "k"), "é": ("ě", "č"), "z": ("ž",), "r": ("ř",), "t": ("ř", "č", "ť"), "ä": ("á",), "n": ("u", "ň"),
    "u": ("n", "ů"), "i": ("j",), "j": ("ž",), "ê": ("ě",), "è": ("ě", "ž"), "ë": ("ě", "č"), "ÿ": ("ý",), "k": ("ř",),
    "ü": ("ů",), "ú": ("ů",), "ù": ("ů",), "h": ("ý", "b"), "ï": ("ř",), "c": ("č", "e"), "d": ("ď",), "x": ("r",),
    "y": ("ý",), "V": ("B",), "ñ": ("ň",), "à": ("á",),
}  # fmt: skip
_CZECH_SPELT = frozenset({"ces", "slk"})
_LONG_S: Mapping[str, tuple[str, ...]] = {"f": ("s",), "ſ": ("s",)}
# Ligatures for which a model has only a sign; no sign stands between letters.
_LIGATURES = {"<": "ch", ">": "ck", "{": "sch", "&": "ct"}
_SIGN = re.compile(r"(?<=\w)[<>]h?|[<>{]h?(?=\w)")
_AMPERSAND = re.compile(r"(?<=[^\W\d_])&(?=[^\W\d_])")
# Letters that Czech does not have: the model, made for German and French, means the Czech ones.
_FOREIGN = str.maketrans({"ä": "á", "ê": "ě", "è": "ě", "ë": "ě", "ù": "ů", "ÿ": "ý", "ñ": "ň", "à": "á"})
# One letter with its mark, read as two.
_TWICE = ((re.compile("[êèëé][éêè]"), "ě"), (re.compile("[äá][àáä]"), "á"))
_MOST_CHANGES = 3
_MOST_PLACES = 7


@dataclass(frozen=True, slots=True)
class Type:
    """What is known of a page's type: `fraktur`, and the language it is set in (ISO 639-2/T)."""

    fraktur: bool
    language: str

    @property
    def read_once(self) -> bool:
        """Whether a second reading is not worth its time.

        Latin is read by the model of the Latin script, which costs 1.5 times as much; on three pages a second reading
        made the character error 0.1264 of 0.1277.
        """
        return self.language == "lat" and not self.fraktur

    @property
    def alike(self) -> Mapping[str, tuple[str, ...]]:
        """Letters read, and those that may have been printed."""
        if not self.fraktur:
            return _LONG_S
        return _CZECH if self.language in _CZECH_SPELT else _FRAKTUR


def settled(text: PageText, known: Lexicon, kind: Type) -> PageText:
    """`text` with look-alike letters put right: all of them in Fraktur, f for long s where the page has long s.

    A word that is changed keeps what the engine read among its `others`.
    """
    if not kind.fraktur and not has_long_s(text, known):
        return text
    return reworded(text, lambda word: instead(word, _settled(word.text, known, kind)))


def has_long_s(text: PageText, known: Lexicon) -> bool:
    """Whether the page is set with long s: many words are none until their f is an s, or long s itself was read."""
    words = [core(word.text) for word in text.words()]
    told = sum("ſ" in word for word in words)
    hidden = sum("f" in word and not known.knows(word) and known.knows(word.replace("f", "s")) for word in words)
    return told + hidden >= max(4, 0.02 * len(words))


def _settled(printed: str, known: Lexicon, kind: Type) -> str:
    signs = _SIGN if kind.fraktur else _AMPERSAND
    printed = signs.sub(lambda sign: _LIGATURES[sign[0][0]], printed)
    if kind.fraktur and kind.language in _CZECH_SPELT:
        for twice, once in _TWICE:
            printed = twice.sub(once, printed)
    bare = core(printed)
    if len(bare) < 2 or _knows(bare, known, kind):
        return printed
    nearest = _nearest(bare, known, kind)
    if nearest is None:
        nearest = _by_rule(bare, kind)
    return printed.replace(bare, nearest, 1)


def _nearest(bare: str, known: Lexicon, kind: Type) -> str | None:
    """The one known word with the fewest changes; None when there is none, or more than one."""
    places = [at for at, letter in enumerate(bare) if letter in kind.alike]
    if not places or len(places) > _MOST_PLACES:
        return None
    for changes in range(1, min(_MOST_CHANGES, len(places), max(1, len(bare) // 2)) + 1):
        found = sorted({word for word in _changed(bare, places, changes, kind) if _knows(word, known, kind)})
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _changed(bare: str, places: list[int], changes: int, kind: Type) -> Iterator[str]:
    for chosen in combinations(places, changes):
        for letters in product(*(kind.alike[bare[at]] for at in chosen)):
            new = list(bare)
            for at, letter in zip(chosen, letters, strict=True):
                new[at] = letter
            yield "".join(new)


def _knows(word: str, known: Lexicon, kind: Type) -> bool:
    plain = word.replace("ſ", "s")
    if known.knows(plain):
        return True
    return kind.fraktur and kind.language in _CZECH_SPELT and any(map(known.knows, _modern(plain)))


def _modern(word: str) -> Iterator[str]:
    """Czech as it has been written since 1849: w was v, au was ou, g was j, j was í, ss was š."""
    new = word.lower().replace("w", "v").replace("ss", "š")
    new = "ou" + new[2:] if new.startswith("au") else new.replace("au", "ou")
    yield new
    yield new.replace("j", "í").replace("g", "j")
    yield re.sub(r"(?<=[^aeiouyáéíóúůýě])j", "í", new).replace("g", "j")


def _by_rule(bare: str, kind: Type) -> str:
    """Unknown words: what no word of the language has. Latin f stands before a vowel, l, r or f only."""
    if kind.fraktur:
        return bare.translate(_FOREIGN) if kind.language in _CZECH_SPELT else bare
    return re.sub(r"f(?=[^aeiouyæœlrf\W])|f$", "s", bare) if kind.language == "lat" else bare
