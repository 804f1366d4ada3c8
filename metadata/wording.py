"""What people read, in Czech and English: one TOML table a sentence, looked up by its key."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


class Tongue(StrEnum):
    """The two languages of everything that is shown; Czech first."""

    CS = "cs"
    EN = "en"


def chosen_tongue() -> Tongue:
    """The reader's language: KDR_LANGUAGE when it says `cs` or `en`, else Czech."""
    wish = os.environ.get("KDR_LANGUAGE", "").strip().lower()[:2]
    return Tongue.EN if wish == "en" else Tongue.CS


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one file; every sentence has both languages (a test reads them all)."""

    sentences: dict[str, dict[str, Any]]

    def say(self, key: str, tongue: Tongue | None = None, **facts: object) -> str:
        """The sentence `key` in `tongue` (the reader's when not given) with its facts filled in.

        Raises:
            KeyError: no such sentence, or a fact that it needs was not given.
        """
        return str(self.sentences[key][tongue or chosen_tongue()]).format(**facts)


def printable(text: str) -> str:
    """`text` with what no document may hold, and what turns the direction of writing, replaced by U+FFFD.

    File names and foreign records may hold control characters, halves of surrogates and marks that make a name be read
    backwards.
    """
    return _UNPRINTABLE.sub("\ufffd", text)


@cache
def wording(package: str, name: str) -> Wording:
    """The sentences in the TOML file `name` of the import package `package`."""
    return Wording(tomllib.loads(files(package).joinpath(name).read_text(encoding="utf-8")))
