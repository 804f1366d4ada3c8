"""What an engine's confidence is worth: the share of words that are right among those it is as sure of.

Made by least squares on a broken line through the knots `_SAID`, pooled to be monotone, over 9,900 words of 26 pages
with ground truth (Antiqua, Fraktur, typewriter; five languages) read as ocr.careful reads them; right is a word that
equals the truth with its marks. Words that the lexicon knows and others have a table each; one for each script gained
nothing on pages left out. Expected calibration error, ten classes: each of 15 sets of pages in turn left out 0.010; the
engine's own confidence on the same words 0.055. Single sets err more, by 0.03 to 0.18: a table knows no single book.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from metadata.text import PageText, Word
from ocr.lexicon import Lexicon
from ocr.rewording import reworded

_SAID = (0.0, 0.15, 0.40, 0.55, 0.65, 0.75, 0.86, 0.92, 0.957, 1.0)
_UNKNOWN = (0.078, 0.078, 0.251, 0.287, 0.328, 0.360, 0.511, 0.846, 0.974, 0.974)
_KNOWN = (0.287, 0.292, 0.432, 0.569, 0.600, 0.600, 0.731, 0.895, 0.974, 0.990)


def chance(word: Word, known: Lexicon) -> float:
    """How likely `word`, with the confidence its engine gave, is right (0..1). Never falls as that confidence grows."""
    right = _KNOWN if known.knows(word.text) else _UNKNOWN
    return float(np.interp(word.confidence, _SAID, right))


def calibrated(text: PageText, trust: Callable[[Word], float]) -> PageText:
    """`text` whose words' confidence is what `trust` says of them, to four decimals."""
    return reworded(text, lambda word: replace(word, confidence=round(trust(word), 4)))
