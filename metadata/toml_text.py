"""TOML that people write, read in bounded time whatever stands in it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

MOST_PARTS = 100
"""So many parts a key may have (`a.b.c` has three); the time that tomllib takes grows with their square."""

_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_PARTS}}}")


def read_toml(text: str) -> dict[str, Any]:
    """The table that `text` says (TOML 1.0).

    Raises:
        ValueError: it is no TOML, or nested as nobody nests by hand.
    """
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
