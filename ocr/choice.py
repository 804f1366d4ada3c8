"""The languages and the script to read a page in when nobody told: chosen by reading a strip or three of it.

A strip of 3.5 % of the page, where lines are densest, is read by the model of the usual language. Its frequent words
tell the language even where it is another: models of Latin script misread foreign letters, not whole words. Where one
strip leaves doubt, and does not say the same as the page before, up to two more are read. (Reading it by the model of
the page before made mistakes stick: the Slovak model reads Czech as Slovak.) What is found on pages whose language is
known, and what it costs: `python -m bench.choice`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from metadata.problem import Problem
from metadata.text import Line, PageText
from metadata.tool import Limits, ToolFailed
from ocr.frequent_words import LANGUAGES
from ocr.language_seen import Seen, seen
from ocr.preparation import Pixels, reduced
from ocr.sample_strip import strips
from ocr.script_seen import FRAKTUR, Read, in_its_script
from ocr.tesseract import TESSERACT, Tesseract, installed, models_for

# To be raised whenever this module or what it calls chooses otherwise on the same page.
_CHOOSING = 1

_SHARE, _STRIPS = 0.035, 3
_ENOUGH_DPI = 300.0
# Lines one under the other, whatever stands beside them: on so few lines columns cannot be told from words far apart.
_LAYOUT = 6
_SURE = 0.8
# What is usual weighs less than a word of three letters; the language of a sure page before less than two.
_FIRST_USUAL, _USUAL, _BEFORE = 1.5, 1.0, 1.5


class Why(StrEnum):
    """What a choice rests on: the page itself, or - as it does not tell - the page before or what is usual."""

    SEEN = "seen"
    BEFORE = "before"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Choice:
    """The `languages` (ISO 639-2/T, the chief one first) and `script` (empty or "Fraktur") to read a page in.

    `confidence` (0..1) is 0 where the page does not tell: it is empty, a picture, a list of names.
    """

    languages: tuple[str, ...]
    script: str
    confidence: float
    why: Why


@dataclass(frozen=True, slots=True)
class _Chooser:
    """What can be chosen on a page, and what is expected there."""

    readable: tuple[str, ...]
    usual: tuple[str, ...]
    before: Choice | None
    fraktur: bool
    reader: Tesseract

    @property
    def expected(self) -> Choice:
        """What is chosen when the page does not tell."""
        if self.before:
            return Choice(self.before.languages, self.before.script, 0.0, Why.BEFORE)
        return Choice(self.usual, "", 0.0, Why.USUAL)

    @property
    def weights(self) -> dict[str, float]:
        """What expected languages are given beforehand, as ocr.language_seen weighs words."""
        more = _BEFORE * self.before.confidence if self.before else 0.0
        return {code: more + (_USUAL if at else _FIRST_USUAL) for at, code in enumerate(self.expected.languages)}

    def enough(self, found: Seen, lines: list[Line]) -> bool:
        """Whether no other strip need be read: it is clear, or `lines` alone say the same as the page before."""
        if found.confidence >= _SURE:
            return True
        return self.before is not None and seen(lines, self.readable, {}).languages == self.before.languages


def choose(
    image: Path,
    dpi: float,
    usual: tuple[str, ...],
    *,
    available: tuple[str, ...] | None = None,
    before: Choice | None = None,
    limits: Limits | None = None,
) -> Choice:
    """The languages and script to read `image` (grey PNM, upright) in.

    Args:
        image: the page.
        dpi: its resolution, 0 when unknown.
        usual: the languages (ISO 639-2/T) of most of the library's books; those without a model are passed over.
        available: the names of Tesseract's models; asked of it when not given.
        before: what was chosen on the page before in the same volume.
        limits: of one reading of a strip.

    A page that cannot be read, or on which nothing tells, is said to be as the page before, or as usual.

    Raises:
        Problem: E001, Tesseract is missing; E002, none of the usual languages has a model.
    """
    models = installed().names if available is None else available
    chooser = _chooser(usual, models, before, Tesseract(limits or Limits(), _LAYOUT))
    grey = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)
    return chooser.expected if grey is None else _chosen(chooser, np.asarray(grey, np.uint8), dpi)


def choice_identity() -> str:
    """What changes a choice: how it is made, Tesseract's version and every model it could choose. For fingerprints.

    Raises:
        Problem: E001, Tesseract is missing.
    """
    models = installed()
    ours = {*LANGUAGES, "Latin", "script/Latin", FRAKTUR, f"script/{FRAKTUR}"}
    names = " ".join(f"{name} {models.digest(name)}" for name in models.names if name in ours)
    return f"choice {_CHOOSING} tesseract {TESSERACT.version()} {names}"


def _chooser(usual: tuple[str, ...], models: tuple[str, ...], before: Choice | None, reader: Tesseract) -> _Chooser:
    ours = tuple(code for code in dict.fromkeys(usual) if _readable(code, "", models))
    if not ours:
        models_for(usual, "", models)
    tellable = [code for code in LANGUAGES if _readable(code, "", models)]
    fraktur = _readable(ours[0], FRAKTUR, models)
    if before and not (set(before.languages) <= {*ours, *tellable} and (fraktur or not before.script)):
        before = None
    # Of languages that as much speaks for, the first is taken.
    readable = tuple(dict.fromkeys([*(before.languages if before else ()), *ours, *tellable]))
    return _Chooser(readable, ours, before, fraktur, reader)


def _readable(code: str, script: str, models: tuple[str, ...]) -> bool:
    try:
        models_for((code,), script, models)
    except Problem:
        return False
    return True


def _chosen(chooser: _Chooser, grey: Pixels, dpi: float) -> Choice:
    """What the best strips of the page say, as many as it takes."""
    lines: list[Line] = []
    found, script, surety = Seen(), "", 1.0
    try:
        for read in _read(chooser, grey, dpi):
            script, surety = read.script, min(surety, read.surety)
            lines += read.text.lines()
            found = seen(lines, chooser.readable, chooser.weights)
            if chooser.enough(found, lines):
                break
    except ToolFailed:  # whoever reads the page afterwards will say so
        return chooser.expected
    if not found.languages:
        return chooser.expected
    return Choice(found.languages, script, round(min(found.confidence, surety), 4), Why.SEEN)


def _read(chooser: _Chooser, grey: Pixels, dpi: float) -> Iterator[Read]:
    """The best strips of the page, read one after the other in the script that suits the first. Raises ToolFailed."""
    factor = min(1.0, _ENOUGH_DPI / dpi) if dpi > 0 else 1.0
    script = None if chooser.fraktur else ""
    with TemporaryDirectory(prefix="kdr-choice-") as place:
        file = Path(place, "strip.pgm")
        reader = partial(_read_file, chooser, file, dpi * factor)
        for strip in strips(grey, _SHARE, _STRIPS):
            cv2.imwrite(str(file), reduced(strip, factor))
            one = (
                in_its_script(reader, chooser.expected.script) if script is None else Read(reader(script), script, 1.0)
            )
            script = one.script
            yield one


def _read_file(chooser: _Chooser, file: Path, dpi: float, script: str) -> PageText:
    return chooser.reader.read(file, chooser.usual[:1], dpi, script)
