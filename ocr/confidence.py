"""How far the text of a page can be trusted, as its engine says."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.finding import Finding, finding
from metadata.text import PageText, Word

WEAK_WORD = 0.5
# Of 26 real pages in their own language and script the poorest, Czech of the 1840s, had 0.21; twelve pages upside down
# had 0.00 to 0.07.
_LEAST_KNOWN = 0.10
# A page in another language than told is read surely all the same (German and Latin read as Czech: means of 0.54 to
# 0.79); the pages upside down had 0.18 to 0.24.
_LOST_MEAN = 0.35
_ENOUGH_WORDS = 20


@dataclass(frozen=True, slots=True)
class Confidence:
    """Measures of a page: `words` read, `mean` confidence (0..1, -1 when there are no words), share of `weak` words.

    A word has a letter or a digit; specks read as dots and strokes are not counted. Long words say more than short
    ones: the mean is weighted by letters. Weak is a word below WEAK_WORD.
    """

    words: int
    mean: float
    weak: float


def confidence(text: PageText) -> Confidence:
    """The measures of `text`, to four decimals."""
    read = [(word, letters) for word in text.words() if (letters := _letters(word))]
    if not read:
        return Confidence(0, -1.0, 0.0)
    mean = sum(word.confidence * letters for word, letters in read) / sum(letters for _, letters in read)
    weak = sum(word.confidence < WEAK_WORD for word, _ in read) / len(read)
    return Confidence(len(read), round(mean, 4), round(weak, 4))


def findings(
    text: PageText,
    ink: float,
    subject: object,
    *,
    known: float = -1.0,
    letters: bool = False,
    least_ink: float = 0.15,
    least_mean: float = 0.55,
) -> tuple[Finding, ...]:
    """What a reader should know of the page's text: T001 ink but no word, T002 read unsurely, T003 nonsense, T004 lost.

    Args:
        text: as read, with confidence that is the chance of being right.
        subject: the page, as findings name it.
        ink: the inked share of the page in per mille; below `least_ink` the page is blank.
        known: the share of letters in words of the language (ocr.lexicon.sense); -1 when nobody knows.
        letters: whether shapes like letters in lines were seen on the page. Then a page on which no word was read, or
            nonsense that the engine itself doubts, is an error (T004): its text would be lost in silence.
        least_ink: see `ink`.
        least_mean: the mean confidence below which the page is told. Of 26 real pages two had less than 0.55, with 20
            and 31 % of their letters wrong; of eleven read in the wrong script eight.
    """
    measured = confidence(text)
    if not measured.words:
        return (finding("T004", subject),) if letters else (finding("T001", subject),) if ink >= least_ink else ()
    if 0 <= known < _LEAST_KNOWN and measured.words >= _ENOUGH_WORDS:
        lost = letters and measured.mean < _LOST_MEAN
        return (finding("T004", subject),) if lost else (finding("T003", subject, known=round(known * 100)),)
    if measured.mean < least_mean:
        return (finding("T002", subject, confidence=round(measured.mean * 100)),)
    return ()


def _letters(word: Word) -> int:
    return sum(c.isalnum() for c in word.text)
