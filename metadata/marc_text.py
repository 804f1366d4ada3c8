"""Texts of catalogue records without the punctuation that ISBD puts between areas (ISBD 2011, A.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from metadata.elements import line

_EDGES = re.compile(r"^[\s/:;,=]+|[\s/:;,=]+$")
# A full stop that belongs to the word before it: up to three letters (vyd., roč., J.) or a longer usual abbreviation.
_ABBREVIATION = re.compile(
    r"(?:^|\W)(?:\w{1,3}|nakl|tisk|knih|spol|vydav|ilustr|rozš|přeprac|oprav|uprav|dopl|souč|bros|něm|angl|česk)\.$",
    re.IGNORECASE,
)


def trimmed(text: str) -> str:
    """`text` on one line without ISBD separators and lonely brackets at its ends; a full stop stays."""
    text = _EDGES.sub("", line(text))
    for opening, closing in ("[]", "()"):
        if text.count(opening) > text.count(closing):
            text = text.removeprefix(opening)
        elif text.count(opening) < text.count(closing):
            text = text.removesuffix(closing)
    return text.strip()


def ended(text: str) -> str:
    """`text` trimmed, without a closing full stop either; that of an abbreviation and an ellipsis stay."""
    text = trimmed(text)
    if not text.endswith(".") or text.endswith("..") or _ABBREVIATION.search(text):
        return text
    return trimmed(text[:-1])


def unbracketed(text: str) -> str:
    """`text` trimmed, without round brackets around the whole of it."""
    text = trimmed(text)
    return trimmed(text[1:-1]) if text.startswith("(") and text.endswith(")") else text


def joined(texts: Iterable[str], separator: str = " ") -> str:
    """What is not empty of `texts`, each on one line, with `separator` between them."""
    return separator.join(filter(None, map(line, texts)))
