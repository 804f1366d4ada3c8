"""Files that people edit, and the refusal of one that cannot be used: where in it, and why, in both languages."""

from __future__ import annotations

import codecs
import json

from metadata.finding import Fact
from metadata.wording import Tongue, wording

MOST_BYTES = 4 << 20
"""A row a page and 9,999 pages are not one of them."""


class BadList(ValueError):
    """A list of pages or a structure that cannot be used: `reason` is a key of bad_list.toml.

    `name` is the file's, `place` the row (a number) or the path within it (divisions[2].title); empty for all of it.
    """

    def __init__(self, name: str, place: int | str, reason: str, /, **facts: Fact) -> None:
        self.name, self.place, self.reason, self.facts = name, place, reason, facts
        super().__init__(name, place, reason)

    def text(self, tongue: Tongue | None = None) -> str:
        """Where and why it cannot be used, in the reader's language."""
        sentences = wording("metadata", "bad_list.toml")
        why = sentences.say(self.reason, tongue, **self.facts)
        where = "whole" if not self.place else "row" if isinstance(self.place, int) else "path"
        return sentences.say(where, tongue, name=self.name, number=self.place, why=why)

    def __str__(self) -> str:
        return self.text()

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.name, self.place, self.reason, self.facts)


def _again(name: str, place: int | str, reason: str, facts: dict[str, Fact]) -> BadList:
    return BadList(name, place, reason, **facts)


def read_text(content: bytes, name: str) -> str:
    """The text of a file that people edited: UTF-8, UTF-16 with its mark, or windows-1250.

    Raises:
        BadList: it is too large or none of them.
    """
    if len(content) > MOST_BYTES:
        raise BadList(name, 0, "too_large", most=MOST_BYTES >> 20)
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1250"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadList(name, 0, "encoding")


def read_json(text: str, name: str) -> object:
    """The JSON in `text`.

    Raises:
        BadList: it is none.
    """
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadList(name, 0, "json", why=str(error)[:200]) from None
    return value
