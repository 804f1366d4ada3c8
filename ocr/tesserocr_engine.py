"""The engine "tesserocr": Tesseract as a library in a Python wheel, where no program of that name is installed.

It needs the optional extra `engines` of kdr, and models: those of the installed Tesseract, or of TESSDATA_PREFIX. The
library runs in a child process (ocr/tesserocr_page.py), bounded as every foreign program is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from metadata.event import Agent
from metadata.problem import Problem
from metadata.text import PageText
from metadata.tool import Limits, Tool, ToolFailed, ToolTimedOut
from ocr.hocr import from_hocr
from ocr.tesseract import TESSERACT, Models, described, installed, models_for

LIBRARY = "tesserocr"
EXTRA = "kdr[engines]"

# To be raised whenever this module, its child or ocr/hocr.py makes something else of the same run.
_READING = 1

_CHILD = Path(__file__).with_name("tesserocr_page.py")
_TESSDATA = ("/usr/share/tesseract-ocr/*/tessdata", "/usr/share/tessdata", "/usr/local/share/tessdata")


@dataclass(frozen=True, slots=True)
class Tesserocr:
    """The engine "tesserocr". `layout` is Tesseract's page segmentation mode (3: find columns and paragraphs)."""

    limits: Limits = field(default_factory=Limits)
    layout: int = 3

    @property
    def agent(self) -> Agent:
        """The library, its version, the Tesseract inside it and the settings. Raises as Engine.agent."""
        return Agent("tesserocr", library_version(), note=f"Tesseract {_inside(library_version())}, {self._settings}")

    def identity(self, languages: tuple[str, ...], script: str = "") -> str:
        """Versions, settings and digests of the models for these languages. Raises as Engine.identity."""
        known, agent = models(), self.agent
        return f"tesserocr {agent.version} {agent.note} {described(languages, script, known)} reading {_READING}"

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """The text on `image` in its pixels. Raises as Engine.read."""
        agent, known = self.agent, models()
        names = "+".join(models_for(languages, script, known.names))
        resolution = max(0, round(dpi))
        settings = f"{self._settings} --dpi {resolution} {described(languages, script, known)}"
        with TemporaryDirectory(prefix="kdr-reading-") as place:
            hocr = Path(place, "page.hocr")
            _run([image, hocr, known.folder, names, self.layout, resolution], self.limits)
            try:
                return from_hocr(hocr.read_bytes(), agent, dpi=dpi, languages=languages, settings=settings)
            except (OSError, ValueError) as error:  # it ended well and wrote nothing, or no page
                raise ToolFailed(LIBRARY, str(error)) from None

    @property
    def _settings(self) -> str:
        return f"--psm {self.layout}"


def present() -> bool:
    """Whether the library is installed."""
    try:
        library_version()
    except Problem:
        return False
    return True


def library_version() -> str:
    """The version of the installed tesserocr; it is not imported for that.

    Raises:
        Problem: E001, it is missing.
    """
    try:
        return metadata.version(LIBRARY)
    except metadata.PackageNotFoundError:
        raise Problem("E001", LIBRARY, package=EXTRA) from None


def models() -> Models:
    """The models to read with, none when there is no folder of them.

    TESSDATA_PREFIX is believed when it has models, in itself or in its `tessdata`; then the folder that an installed
    Tesseract names, so that both engines read with the same models; then where distributions put them.
    """
    for folder in _folders():
        found = sorted(path.relative_to(folder).with_suffix("") for path in folder.rglob("*.traineddata"))
        names = tuple(str(path) for path in found if path.name != "osd")
        if names:
            return Models(folder, names)
    return Models(Path(), ())


def _folders() -> Iterator[Path]:
    if told := os.environ.get("TESSDATA_PREFIX", ""):
        yield from (Path(told), Path(told, "tessdata"))
    if TESSERACT.present() and (folder := _of_tesseract()):
        yield folder
    for pattern in _TESSDATA:
        # The newest of Tesseract 4 and 5, should both be there.
        yield from sorted(Path("/").glob(pattern.removeprefix("/")), reverse=True)


def _of_tesseract() -> Path | None:
    try:
        return installed().folder
    except ToolFailed:  # a program that is broken is just what this engine is for
        return None


@cache
def _inside(_library: str) -> str:
    """The version of the Tesseract that the wheel carries."""
    said = _run(["--version"], Limits(seconds=30)).split()
    return said[1] if said[:1] == ["tesseract"] and len(said) > 1 else "unknown"


def _run(arguments: Sequence[object], limits: Limits) -> str:
    """The child's output; its failures bear the library's name, as nobody has heard of a program called python."""
    child = Tool(sys.executable, EXTRA)
    try:
        # -P: a folder `ocr` where the command was started is none of ours.
        return child.run(["-P", str(_CHILD), *map(str, arguments)], limits)
    except ToolTimedOut as slow:
        raise ToolTimedOut(LIBRARY, slow.why) from None
    except ToolFailed as failed:
        raise ToolFailed(LIBRARY, failed.why) from None
