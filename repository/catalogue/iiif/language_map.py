"""Words of ours and words of the print as IIIF has them: language maps (Presentation API 3.0, 4.1)."""

from __future__ import annotations

from functools import cache, lru_cache

from metadata.wording import Tongue
from repository.catalogue.presentation import Speech

LanguageMap = dict[str, list[str]]
"""A language (BCP 47) to what is said in it; "none" for what has none."""


@cache
def _speeches() -> tuple[tuple[str, Speech], ...]:
    return tuple((tongue.value, Speech(tongue)) for tongue in Tongue)


@lru_cache(maxsize=256)  # every page of a volume says the same
def said(key: str, **facts: object) -> LanguageMap:
    """The sentence `key` in every tongue, not to be changed. Raises KeyError: there is none."""
    return {code: [_plain(speech.say(key, **facts))] for code, speech in _speeches()}


def column_called(column: str) -> LanguageMap:
    """What a column of the table of volumes is called."""
    return {code: [speech.label(column, "volume")] for code, speech in _speeches()}


def value_called(column: str, *values: str) -> LanguageMap:
    """What coded values of a column mean."""
    return {code: [_plain(str(speech.meaning(column, value))) for value in values] for code, speech in _speeches()}


def printed(*texts: str) -> LanguageMap:
    """What is written somewhere, as it is: its language is not known."""
    return {"none": [_plain(text) for text in texts]}


def _plain(text: str) -> str:
    """A text that is not taken for HTML: what begins with < and ends with > would be (4.5: white space behind it)."""
    return f"{text} " if text.startswith("<") and text.endswith(">") else text
