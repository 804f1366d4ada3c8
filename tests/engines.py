"""Tiny engines that fail in one way each, named in the settings as ``page.ocr = "tests.engines:DyingEngine"``.

They fail on pages that are MAGIC pixels wide. What one must remember from one process to the next lies in the folder
that the variable KDR_TEST_PLACE names.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from ingest.image import read_pnm
from metadata.problem import Problem
from metadata.text import PageText
from metadata.tool import ToolFailed
from tests.page_texts import FixedEngine

__all__ = ["MAGIC", "PLACE", "FixedEngine", "named", "place"]

MAGIC = 777
"""Width in pixels of the page that an engine fails on."""

PLACE = "KDR_TEST_PLACE"


def named(engine: type[FixedEngine]) -> str:
    """What the settings call an engine of this file."""
    return f"tests.engines:{engine.__name__}"


def place() -> Path:
    """The folder of what engines remember."""
    return Path(os.environ[PLACE])


class _Failing(FixedEngine):
    """Reads as FixedEngine does, but fails on the page of the magic width."""

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        if read_pnm(image).shape[1] == MAGIC:
            self.fail()
        return FixedEngine.read(self, image, languages, dpi, script)

    def fail(self) -> None:
        raise NotImplementedError


class CrashingEngine(_Failing):
    """Has a fault of its own, until the file `mended` lies in the place."""

    def fail(self) -> None:
        """Crash."""
        if not (place() / "mended").exists():
            raise ZeroDivisionError("no letters a line")


class ToollessEngine(_Failing):
    """Its program ends with an error."""

    def fail(self) -> None:
        """Do what a Tool does."""
        raise ToolFailed("reader", "exit 3")


class DyingEngine(_Failing):
    """Takes its whole process with it."""

    def fail(self) -> None:
        """Do what the kernel does when memory runs out."""
        os._exit(137)


class WaitingEngine(_Failing):
    """Says its process number in the file `pid` and waits to be killed; the next time it reads on."""

    def fail(self) -> None:
        """Wait, but only once."""
        told = place() / "pid"
        if not told.exists():
            told.with_suffix(".draft").write_text(str(os.getpid()))
            told.with_suffix(".draft").rename(told)
            time.sleep(120)


@dataclass(frozen=True, slots=True)
class SlowEngine(FixedEngine):
    """Needs more time than any limit gives."""

    takes: float = 1e9


class LingeringEngine(FixedEngine):
    """Takes half a second for a page, so that one can watch it."""

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """Linger, then read."""
        time.sleep(0.5)
        return FixedEngine.read(self, image, languages, dpi, script)


class CountingEngine(FixedEngine):
    """Writes a line into the file `reads` of the place for every page it begins to read."""

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """Count, then read."""
        with (place() / "reads").open("a") as lines:
            lines.write(f"{image.parent.parent.name}\n")
        return FixedEngine.read(self, image, languages, dpi, script)


class VanishingEngine(FixedEngine):
    """Is no longer installed as soon as a page was read."""

    def identity(self, languages: tuple[str, ...], script: str = "") -> str:
        """Complain when the place says so."""
        if (place() / "gone").exists():
            raise Problem("E001", "reader", package="reader")
        return FixedEngine.identity(self, languages, script)

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """Read, for the last time."""
        (place() / "gone").touch()
        return FixedEngine.read(self, image, languages, dpi, script)
