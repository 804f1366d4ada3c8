"""The engine "careful": Tesseract read with judgement.

A page is read once. Where much of it is doubted, preparations of its pixels are tried on the worst part of it; the page
is read again with the one that reads that part best, and the two readings are joined word by word. In each reading
marks are put to their words and look-alike letters of old type are put right by the lexicon; in the end confidence is
made to mean what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import PageText
from metadata.tool import Limits, ToolFailed
from ocr.calibration import calibrated, chance
from ocr.lexicon import Lexicon, lexicon
from ocr.look_alikes import Type, settled
from ocr.preparation import Pixels, darkest, is_bitonal, levelled, softened
from ocr.punctuation import tidied
from ocr.second_opinion import Trust, joined, worth
from ocr.tesseract import Tesseract

# To be raised whenever this module or what it calls makes something else of the same page.
_JUDGEMENT = 1

_GREY: tuple[Callable[[Pixels], Pixels], ...] = (levelled, darkest)
_BITONAL: tuple[Callable[[Pixels], Pixels], ...] = (softened,)
_DOUBTFUL = 0.88
_STRIP = 0.2


@dataclass(frozen=True, slots=True)
class Careful:
    """Reads with Tesseract, doubtful pages twice; at most about 2.5 times the time of one reading, mostly one."""

    limits: Limits = field(default_factory=Limits)

    @property
    def agent(self) -> Agent:
        """Tesseract as it reads, with a note that it was judged. Raises as Engine.agent."""
        plain = self._reader.agent
        return replace(plain, note=f"{plain.note}, careful {_JUDGEMENT}")

    def identity(self, languages: tuple[str, ...], script: str = "") -> str:
        """The reader's identity and the state of the judgement. Raises as Engine.identity."""
        return f"careful {_JUDGEMENT} {self._reader.identity(languages, script)}"

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """The text on `image` in its pixels, with confidence that is a probability. Raises as Engine.read."""
        kind = Type(script.lower() == "fraktur", languages[0] if languages else "")
        page = _Page(self._reader, languages, dpi, script, lexicon(languages), kind)
        first = page.read(image)
        text = first if kind.read_once or _sure(first, page.trust) else _again(page, image, first)
        return calibrated(replace(text, engine=self.agent), page.trust)

    @property
    def _reader(self) -> Tesseract:
        return Tesseract(self.limits)


@dataclass(frozen=True, slots=True)
class _Page:
    """How this page is read, and what is known of its words."""

    reader: Tesseract
    languages: tuple[str, ...]
    dpi: float
    script: str
    known: Lexicon
    kind: Type

    @property
    def trust(self) -> Trust:
        """How likely a word of this page is right."""
        return partial(chance, known=self.known)

    def read(self, image: Path) -> PageText:
        """One reading, its marks and letters settled."""
        raw = self.reader.read(image, self.languages, self.dpi, self.script)
        return settled(tidied(raw), self.known, self.kind)


def _sure(text: PageText, trust: Trust) -> bool:
    """Whether the page was read so well that a second reading would win little; a page without words is left too."""
    letters = sum(len(word.text) for word in text.words())
    return sum(trust(word) * len(word.text) for word in text.words()) >= _DOUBTFUL * letters


def _again(page: _Page, image: Path, first: PageText) -> PageText:
    """The page joined with a second reading of it, of pixels prepared in the most promising way."""
    grey = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return first
    pixels = np.asarray(grey, np.uint8)
    with TemporaryDirectory(prefix="kdr-reading-") as place:
        file = Path(place, "page.pgm")
        try:
            prepare = _promising(page, pixels, first, file)
            cv2.imwrite(str(file), prepare(pixels))
            second = page.read(file)
        except ToolFailed:  # the first reading stands
            return first
    settings = f"{first.settings}; again {prepare.__name__}"
    return replace(joined(first, second, page.trust).text, settings=settings)


def _promising(page: _Page, pixels: Pixels, first: PageText, file: Path) -> Callable[[Pixels], Pixels]:
    """The preparation that reads the worst strip of the page best."""
    candidates = _BITONAL if is_bitonal(pixels) else _GREY
    if len(candidates) == 1:
        return candidates[0]
    strip = _worst(first, page.trust)

    def won(prepare: Callable[[Pixels], Pixels]) -> float:
        cv2.imwrite(str(file), np.ascontiguousarray(prepare(pixels)[strip.top : strip.bottom]))
        return worth(page.read(file), page.trust)

    return max(candidates, key=won)


def _worst(text: PageText, trust: Trust) -> Box:
    """The strip of the page, as wide as it, in which most letters are doubted."""
    height = max(1, round(text.height * _STRIP))
    words = [(word.box.top, word.box.bottom, (1 - trust(word)) * len(word.text)) for word in text.words()]
    tops = range(0, max(1, text.height - height + 1), max(1, height // 8))
    top = max(tops, key=lambda top: sum(doubt for a, b, doubt in words if a >= top and b <= top + height))
    return Box(0, top, text.width, height)
