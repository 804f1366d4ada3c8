"""Closed lists of the standard: sigla of libraries, MARC relators, languages (ISO 639-2), countries (ISO 3166-1).

They say what the dictionaries of the National Library's fDMF say (2.5, 2025-02): relators include the obsolete codes,
languages are those of ISO 639-2, terminology and bibliographic codes alike. In lists/<name>.txt codes stand between
blanks; `ABA 000-003 007` is short for ABA000, ABA001, ABA002, ABA003, ABA007; `#` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

LISTS = ("countries", "languages", "relators", "sigla")

_RUN = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")


@cache
def codes(name: str) -> frozenset[str]:
    """Every code of the closed list `name`, one of LISTS.

    Raises:
        KeyError: there is no such list.
    """
    if name not in LISTS:
        raise KeyError(name)
    text = files(__package__).joinpath("lists", f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0] for line in text.splitlines())
    return frozenset(code for line in lines for code in _codes(line.split()))


def _codes(words: list[str]) -> Iterator[str]:
    """The codes of one line, runs of numbers written out behind the letters that the line begins with."""
    if len(words) < 2 or not _RUN.fullmatch(words[1]):
        yield from words
        return
    for word in words[1:]:
        run = _RUN.fullmatch(word)
        if run is None:
            raise ValueError(f"{word!r} is no run of numbers")
        first, last = int(run[1]), int(run[2] or run[1])
        yield from (f"{words[0]}{number:03}" for number in range(first, last + 1))
