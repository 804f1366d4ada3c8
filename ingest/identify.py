"""Formats by PRONOM signature, never by file name."""

from __future__ import annotations

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
    (match, *_) = _scanner().identify(str(path), detailed=True)["files"][0]["matches"]
    if match["id"] == "UNKNOWN" or "extension only" in match["warning"]:
        return Format("", "", "")
    return Format(match["id"], match["format"], match["version"])


@cache
def _scanner() -> Any:  # noqa: ANN401 - pygfried has no types
    return pygfried.Scanner()
