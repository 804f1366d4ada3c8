"""Tesseract through pytesseract: one run a page, bounded in time and memory, its hOCR read into a PageText."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytesseract

from metadata.event import Agent
from metadata.file import read_through
from metadata.problem import Problem
from metadata.text import PageText
from metadata.tool import Limits, Tool, ToolFailed, ToolTimedOut
from ocr.hocr import from_hocr

TESSERACT = Tool("tesseract", "tesseract-ocr")

# To be raised whenever this module or ocr/hocr.py makes something else of the same run: pages are then read again.
_READING = 1

# What pages are printed in unless someone says otherwise; the languages' own models read it.
_USUAL_SCRIPTS = frozenset({"", "antiqua", "latin"})
_SCRIPT_PACKAGES = {
    "Fraktur": "script-frak",
    "Cyrillic": "script-cyrl",
    "Greek": "script-grek",
    "Hebrew": "script-hebr",
}
_FOLDER = re.compile(r'^List of available languages in "(?P<folder>.+)" \(\d+\):$', re.MULTILINE)

pytesseract.pytesseract.tesseract_cmd = str(Path(__file__).with_name("bounded_tesseract.sh"))


@dataclass(frozen=True, slots=True)
class Models:
    """The models Tesseract has: the folder of their files, and their names (`ces`, `Fraktur`, `script/Fraktur`)."""

    folder: Path
    names: tuple[str, ...]

    def digest(self, name: str) -> str:
        """The first 16 hex digits of the SHA-512 of the model's file; read once per process while it stays the same.

        Raises:
            ToolFailed: it cannot be read.
        """
        path = self.folder / f"{name}.traineddata"
        try:
            state = path.stat()
            return _digest(path, state.st_size, state.st_mtime_ns)
        except OSError as error:
            raise ToolFailed(TESSERACT.program, f"model {name}: {error}") from None


@dataclass(frozen=True, slots=True)
class Tesseract:
    """The engine "tesseract". `layout` is its page segmentation mode (3: find columns and paragraphs by yourself).

    `told` is the resolution in dpi by which it measures columns, where that is not to be the image's own (0).
    """

    limits: Limits = field(default_factory=Limits)
    layout: int = 3
    told: float = 0.0

    @property
    def agent(self) -> Agent:
        """Tesseract, its version and settings. Raises as Engine.agent."""
        return Agent("Tesseract", TESSERACT.version(), note=self._settings)

    def identity(self, languages: tuple[str, ...], script: str = "") -> str:
        """Version, settings and models for these languages. Raises as Engine.identity."""
        models = described(languages, script, installed())
        return f"tesseract {TESSERACT.version()} {self._settings} {models} reading {_READING}"

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """The text on `image` in its pixels. Raises as Engine.read."""
        told = self.told or dpi
        config = f"{self._settings} --dpi {round(told)}" if told > 0 else self._settings
        models = "+".join(models_for(languages, script, installed().names))
        content = self._hocr(image, models, config)
        settings = f"{config} {described(languages, script, installed())}"
        try:
            return from_hocr(content, self.agent, dpi=dpi, languages=languages, settings=settings)
        except ValueError as error:
            raise ToolFailed(TESSERACT.program, str(error)) from None

    @property
    def _settings(self) -> str:
        return f"--psm {self.layout}"

    def _hocr(self, image: Path, models: str, config: str) -> bytes:
        TESSERACT.require()
        try:
            with _memory(self.limits):
                # A path, never pixels: those it would write as PNG first.
                content: bytes = pytesseract.image_to_pdf_or_hocr(
                    str(image), lang=models, config=config, extension="hocr", timeout=self.limits.seconds
                )
        except pytesseract.pytesseract.TesseractNotFoundError:
            raise Problem("E001", TESSERACT.program, package=TESSERACT.package) from None
        except pytesseract.TesseractError as error:
            raise ToolFailed(TESSERACT.program, error.message[-300:] or f"exit {error.status}") from None
        except RuntimeError:  # so pytesseract says that time is over
            raise ToolTimedOut(TESSERACT.program, f"{self.limits.seconds:g} s") from None
        except (FileNotFoundError, UnicodeDecodeError) as error:  # it wrote no hOCR, or an error in unknown letters
            raise ToolFailed(TESSERACT.program, str(error)) from None
        return content


def installed() -> Models:
    """The models that Tesseract has; asked once per process (pytesseract's own list leaves out capital letters).

    Raises:
        Problem: E001, Tesseract is missing.
        ToolFailed: it does not say.
    """
    return _installed(os.environ.get("TESSDATA_PREFIX", ""))


def models_for(languages: tuple[str, ...], script: str, available: tuple[str, ...]) -> tuple[str, ...]:
    """The models to read `languages` (ISO 639-2/T) in `script` with.

    A special script (Fraktur) is read by its own model alone: together with that of Czech it read 15 % of letters
    wrong on two Czech pages of the 1840s, alone 12 %; on five German pages the two ways were equal. Latin is read by
    the model of the Latin script where it is installed: on three pages of 1500-1700 it read 14 % of letters wrong,
    that of the language 17 %.

    Raises:
        Problem: E002, one of them is not among `available`.
        ValueError: no language is given.
    """
    if not languages:
        raise ValueError("a page is read in at least one language")
    if script.lower() in _USUAL_SCRIPTS:
        return tuple(_first(_preferred(code, available), available) for code in dict.fromkeys(languages))
    name = script[:1].upper() + script[1:]
    return (_first((name, f"script/{name}"), available),)


def _preferred(code: str, available: tuple[str, ...]) -> tuple[str, ...]:
    """The models for a language, the best first; with none installed, the language's own is the one to ask for."""
    script = tuple(name for name in ("Latin", "script/Latin") if code == "lat" and name in available)
    return (*script, code)


def _first(names: tuple[str, ...], available: tuple[str, ...]) -> str:
    for name in names:
        if name in available:
            return name
    package = _SCRIPT_PACKAGES.get(names[0], names[0].lower().replace("_", "-"))
    raise Problem("E002", names[0], installed=", ".join(available), package=package)


def described(languages: tuple[str, ...], script: str, models: Models) -> str:
    """Which of `models` read these languages in that script, with their digests. Raises Problem E002."""
    names = models_for(languages, script, models.names)
    return f"-l {'+'.join(names)} ({', '.join(f'{name} {models.digest(name)}' for name in names)})"


@cache
def _installed(_prefix: str) -> Models:
    said = TESSERACT.run(["--list-langs"], Limits(seconds=30))
    found = _FOLDER.search(said)
    if found is None:
        raise ToolFailed(TESSERACT.program, f"--list-langs names no folder of models: {said[:200]!r}")
    names = sorted(line.strip() for line in said[found.end() :].splitlines() if line.strip() not in {"", "osd"})
    return Models(Path(found["folder"]), tuple(names))


@cache
def _digest(path: Path, _size: int, _changed: int) -> str:
    return read_through(path, md5=False).sha512[:16]


@contextmanager
def _memory(limits: Limits) -> Iterator[None]:
    """Tell the bounding script how much memory a run may use: the environment is all that pytesseract hands on."""
    before = os.environ.get("KDR_MEMORY")
    os.environ["KDR_MEMORY"] = str(limits.memory)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("KDR_MEMORY", None)
        else:
            os.environ["KDR_MEMORY"] = before
