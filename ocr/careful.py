"""The engine "careful": Tesseract read with judgement.

Tesseract is told a resolution that fits the letters seen on the page: it measures columns by it, and a wrong one
mixes them. A page is read once. Where much of it is doubted, preparations of its pixels are tried on the worst part of
it; the page is read again with the one that reads that part best, and the two readings are joined word by word. In each
reading marks are put to their words and look-alike letters of old type are put right by the lexicon; in the end
confidence is made to mean what it says.
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
from ocr.type_height import TypeSeen, type_seen

# To be raised whenever this module or what it calls makes something else of the same page.
_JUDGEMENT = 2

_GREY: tuple[Callable[[Pixels], Pixels], ...] = (levelled, darkest)
_BITONAL: tuple[Callable[[Pixels], Pixels], ...] = (softened,)
# With 0.88 and a fifth of the page it costs a fifth more and wins 0.0007 of the character error.
_DOUBTFUL = 0.86
_STRIP = 0.14
# The resolution told, in dots per inch for each pixel of the letters' height; 14 is that of ten-point type. On 26 pages
# the first reading was as good with 5 to 9 and worse with more, and worse above 300 dpi. The second is told another:
# columns that one mixes are rarely mixed by the other (a newspaper page of 1798: 28 % of letters wrong when both were
# told 300, then 12 to 14 %; the other pages gained 1 %).
# Of shapes like letters 0.86 to 1.33 were letters on 26 pages.
_LEAST_READ = 0.6
_FIRST, _AGAIN = 7.0, 14.0
_LOWEST, _HIGHEST = 100.0, 300.0


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
        page = _Page(self.limits, languages, dpi, script, lexicon(languages), kind)
        grey = _grey(image)
        type_ = TypeSeen() if grey is None else type_seen(grey)
        first = page.read(image, _told(type_.height, _FIRST))
        enough = grey is None or _enough(first, page, type_)
        text = first if enough or grey is None else _again(page, grey, first, _told(type_.height, _AGAIN))
        return calibrated(replace(text, engine=self.agent), page.trust)

    @property
    def _reader(self) -> Tesseract:
        return Tesseract(self.limits)


@dataclass(frozen=True, slots=True)
class _Page:
    """How this page is read, and what is known of its words."""

    limits: Limits
    languages: tuple[str, ...]
    dpi: float
    script: str
    known: Lexicon
    kind: Type

    @property
    def trust(self) -> Trust:
        """How likely a word of this page is right."""
        return partial(chance, known=self.known)

    def read(self, image: Path, told: float) -> PageText:
        """One reading, its marks and letters settled; `told` is the resolution for the layout, 0 for the page's own."""
        raw = Tesseract(self.limits, told=told).read(image, self.languages, self.dpi, self.script)
        return settled(tidied(raw), self.known, self.kind)


def _grey(image: Path) -> Pixels | None:
    pixels = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)
    return None if pixels is None else np.asarray(pixels, np.uint8)


def _told(height: float, dots: float) -> float:
    return min(_HIGHEST, max(_LOWEST, dots * height)) if height else 0.0


def _enough(text: PageText, page: _Page, type_: TypeSeen) -> bool:
    """Whether a second reading would win too little. A page with type of which hardly any was read is read again."""
    letters = sum(len(word.text) for word in text.words())
    sure = sum(page.trust(word) * len(word.text) for word in text.words())
    whole = letters >= _LEAST_READ * type_.count
    return page.kind.read_once or (whole and sure >= _DOUBTFUL * letters)


def _again(page: _Page, grey: Pixels, first: PageText, told: float) -> PageText:
    """The page joined with a second reading of it, of pixels prepared in the most promising way."""
    with TemporaryDirectory(prefix="kdr-reading-") as place:
        file = Path(place, "page.pgm")
        try:
            prepare = _promising(lambda: page.read(file, told), page.trust, grey, first, file)
            cv2.imwrite(str(file), prepare(grey))
            second = page.read(file, told)
        except ToolFailed:  # the first reading stands
            return first
    both = joined(first, second, page.trust)
    settings = f"{first.settings}; again {prepare.__name__}, {both.dropped} lines left out"
    return replace(both.text, settings=settings)


def _promising(
    read: Callable[[], PageText], trust: Trust, grey: Pixels, first: PageText, file: Path
) -> Callable[[Pixels], Pixels]:
    """The preparation with which `read`, of `file`, reads the worst strip of the page best."""
    candidates = _BITONAL if is_bitonal(grey) else _GREY
    if len(candidates) == 1:
        return candidates[0]
    strip = _worst(first, trust)

    def won(prepare: Callable[[Pixels], Pixels]) -> float:
        cv2.imwrite(str(file), np.ascontiguousarray(prepare(grey)[strip.top : strip.bottom]))
        return worth(read(), trust)

    return max(candidates, key=won)


def _worst(text: PageText, trust: Trust) -> Box:
    """The strip of the page, as wide as it, in which most letters are doubted."""
    height = max(1, round(text.height * _STRIP))
    words = [(word.box.top, word.box.bottom, (1 - trust(word)) * len(word.text)) for word in text.words()]
    tops = range(0, max(1, text.height - height + 1), max(1, height // 8))
    top = max(tops, key=lambda top: sum(doubt for a, b, doubt in words if a >= top and b <= top + height))
    return Box(0, top, text.width, height)
