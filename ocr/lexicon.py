"""Words of a language, as its Tesseract model knows them: to tell a word from a string of letters.

The lists are those inside the installed models (`lstm-word-dawg`), unpacked by the tools that come with Tesseract: no
list of ours to keep, and a language that can be read has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from metadata.text import PageText
from metadata.tool import Limits, Tool, ToolFailed
from ocr.tesseract import installed

COMBINE = Tool("combine_tessdata", "tesseract-ocr", ("-v",))
UNPACK = Tool("dawg2wordlist", "tesseract-ocr", ("-v",))

_AROUND = "\"'„“”‚‘’«»‹›()[]{}.,;:!?*-–—⸗=¬\u00ad…"
_LONG = 4
_LIMITS = Limits(seconds=60)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words in their usual spelling; an empty one knows no word and says nothing."""

    words: frozenset[str] = frozenset()

    def knows(self, printed: str) -> bool:
        """Whether `printed`, without the marks around it, is a word of at least two letters in the list.

        Capitals that are too many or missing are forgiven.
        """
        bare = core(printed)
        return len(bare) > 1 and any(form in self.words for form in (bare, bare.lower(), bare.capitalize()))


def core(printed: str) -> str:
    """`printed` without quotes, brackets and stops around it."""
    return printed.strip(_AROUND)


def sense(text: PageText, known: Lexicon) -> float:
    """The share of letters that stand in known words, among words of four letters and more without figures (0..1).

    -1 where there is no such word or no lexicon. Nonsense read from handwriting, a map or a page upside down has
    little of it, however sure the engine is.
    """
    words = [word for printed in text.words() if len(word := core(printed.text)) >= _LONG and word.isalpha()]
    letters = sum(map(len, words))
    if not letters or not known.words:
        return -1.0
    return sum(len(word) for word in words if known.knows(word)) / letters


def lexicon(languages: tuple[str, ...]) -> Lexicon:
    """The words of the installed models of `languages` (ISO 639-2/T); about 0.3 CPU s a language, once per process.

    A language whose list cannot be had (no model, no tools) adds none: the text is then read with less knowledge.

    Raises:
        Problem: E001, Tesseract is missing.
    """
    return Lexicon(frozenset().union(*(_words(code) for code in dict.fromkeys(languages))))


@cache
def _words(code: str) -> frozenset[str]:
    models = installed()
    if code not in models.names or not COMBINE.present() or not UNPACK.present():
        return frozenset()
    with TemporaryDirectory(prefix="kdr-words-") as place:
        letters, packed, plain = (Path(place, f"x.{end}") for end in ("lstm-unicharset", "lstm-word-dawg", "txt"))
        try:
            COMBINE.run(["-e", str(models.folder / f"{code}.traineddata"), str(letters), str(packed)], _LIMITS)
            UNPACK.run([str(letters), str(packed), str(plain)], _LIMITS)
            said = plain.read_text(encoding="utf-8")
        except (ToolFailed, OSError, UnicodeDecodeError):
            return frozenset()
    return frozenset(said.split("\n")) - {""}
