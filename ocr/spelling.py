"""Old type in the letters of today, for those who want it: long s, ligatures, r rotunda, the e above a vowel.

Diplomatic is the text as it is printed; normalised changes letters only, never spelling: "daſz" becomes "dasz" and not
"daß". The signs are those of Unicode 15: Latin Extended-A and -D, Alphabetic Presentation Forms, U+0364, U+0366 and
U+2E17.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from metadata.text import Block, Line, PageText, Word
from ocr.rewording import instead

_LETTERS = str.maketrans(
    {
        "ſ": "s", "ꝛ": "r", "Ꝛ": "R", "⸗": "-",
        "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
    }
)  # fmt: skip
# A small e or o above a vowel was set where two dots or a ring stand today.
_ABOVE = ((re.compile("(?<=[aouAOU])\u0364"), "\u0308"), (re.compile("(?<=[uU])\u0366"), "\u030a"))


def normalised(text: PageText) -> PageText:
    """`text` in the letters of today and in Unicode's form C; boxes stay.

    Joined words and the hyphens of lines go with it. A word that is changed keeps what was printed among its `others`.
    """
    return replace(text, blocks=tuple(map(_block, text.blocks)))


def _block(block: Block) -> Block:
    return replace(block, lines=tuple(map(_line, block.lines)))


def _line(line: Line) -> Line:
    hyphen = line.hyphen and replace(line.hyphen, text=_today(line.hyphen.text))
    return replace(line, words=tuple(map(_word, line.words)), hyphen=hyphen)


def _word(word: Word) -> Word:
    return replace(instead(word, _today(word.text)), whole=_today(word.whole))


def _today(printed: str) -> str:
    # Apart first: the letter below a sign may have marks of its own.
    letters = unicodedata.normalize("NFD", printed)
    for above, sign in _ABOVE:
        letters = above.sub(sign, letters)
    return unicodedata.normalize("NFC", letters.translate(_LETTERS))
