"""Formats by PRONOM signature, never by file name."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pygfried


@dataclass(frozen=True, slots=True)
class Format:
    """What PRONOM calls a file: its PUID (empty when unknown), name and version."""

    puid: str
    name: str
    version: str


def identify(path: Path) -> Format:
    """Name the format of the file at `path` by its bytes.

    Never call this in a forked process: the Go runtime inside hangs there (spawn is fine).
    """
    try:
        match = _matched(path)
    except ValueError:  # its answer is JSON, which holds no control character and no name that is not UTF-8
        with tempfile.TemporaryDirectory(prefix="kdr-format-") as folder:
            plain = Path(folder) / "file"
            plain.symlink_to(path.absolute())
            match = _matched(plain)
    if match["id"] == "UNKNOWN" or "extension only" in match["warning"]:
        return Format("", "", "")
    return Format(match["id"], match["format"], match["version"])


def _matched(path: Path) -> dict[str, str]:
    """What the scanner says of a file. Raises ValueError: of a file of this name it can say nothing."""
    first: dict[str, str] = _scanner().identify(str(path), detailed=True)["files"][0]["matches"][0]
    return first


@cache
def _scanner() -> Any:  # noqa: ANN401 - pygfried has no types
    return pygfried.Scanner()
