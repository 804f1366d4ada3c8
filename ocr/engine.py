"""What every OCR engine promises, and how one is found by its name."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from metadata.event import Agent
from metadata.problem import Problem
from metadata.text import PageText
from metadata.tool import Limits

GROUP = "kdr.ocr"


class Engine(Protocol):
    """Reads one page image. Travels to a worker process: an implementation can be pickled.

    It is made by calling its class with the keyword `limits` (metadata.tool.Limits). The suite that every
    implementation passes is tests/contracts/test_engines.py.
    """

    @property
    def agent(self) -> Agent:
        """Who reads, for PREMIS and ALTO: name, version and settings.

        Raises:
            Problem: E001, a program it needs is missing.
        """
        ...

    def identity(self, languages: tuple[str, ...], script: str = "") -> str:
        """All that changes what is read in these languages: engine, version, settings, digests of the models used.

        It goes into a step's fingerprint. Models of other languages are left out, so that a new Slovak model makes
        only Slovak books be read again.

        Raises:
            Problem: E001, a program it needs is missing; E002, it does not know a language or the script.
        """
        ...

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """The text on `image`, in pixels of that image.

        `languages` are ISO 639-2/T codes (at least one), `script` is the name of a script ("Fraktur") or empty, `dpi`
        the resolution of `image` (0 when unknown). A page without text has no words and is no failure; every line
        has a word.

        Raises:
            ToolFailed: the engine could not read the image (or the image is not there).
            ToolTimedOut: it did not end in time.
            Problem: E001, a program it needs is missing; E002, it does not know a language or the script.
        """
        ...


def load_engine(name: str, limits: Limits | None = None) -> Engine:
    """The engine called `name` in the entry points "kdr.ocr", or the one at "module:attribute".

    Raises:
        Problem: E009, there is none.
    """
    return _kind(name)(limits=limits or Limits())


def _kind(name: str) -> Callable[..., Engine]:
    found = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    place = found.get(name, name)
    if ":" not in place:
        raise Problem("E009", name, installed=", ".join(sorted(found)))
    try:
        kind: Callable[..., Engine] = pkgutil.resolve_name(place)
    except (ImportError, AttributeError, ValueError):
        raise Problem("E009", name, installed=", ".join(sorted(found))) from None
    if not isinstance(kind, type):
        raise Problem("E009", name, installed=", ".join(sorted(found)))
    return kind
