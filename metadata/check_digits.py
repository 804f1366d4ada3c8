"""Check digits of ISBN (ISO 2108), ISSN (ISO 3297) and ISMN (ISO 10957), and whether an identifier has the right one.

Numbers are given as bare signs: ASCII figures, no hyphens; the tenth of an old ISBN and the last of an ISSN may be X.
"""

from __future__ import annotations

import re

from metadata.description import Identifier, IdentifierKind

_OLD_ISBN = re.compile(r"[0-9]{9}[0-9X]")
_EAN = re.compile(r"[0-9]{13}")
_ISSN = re.compile(r"[0-9]{7}[0-9X]")


def isbn_fits(signs: str) -> bool:
    """Whether `signs` are an ISBN of ten or thirteen digits whose last one is right."""
    return _by_eleven(signs) if _OLD_ISBN.fullmatch(signs) else _by_ten(signs)


def issn_fits(signs: str) -> bool:
    """Whether `signs` are an ISSN whose last digit is right."""
    return bool(_ISSN.fullmatch(signs)) and _by_eleven(signs)


def ismn_fits(signs: str) -> bool:
    """Whether `signs` are an ISMN whose last digit is right; an older number begins with M instead of 979-0."""
    return _by_ten(signs.replace("M", "9790", 1))


def isbn13(signs: str) -> str:
    """The ISBN of thirteen digits for one of ten, `signs`, whose own check digit is not looked at."""
    body = f"978{signs[:9]}"
    return f"{body}{-_weighed(body) % 10}"


def sound(identifier: Identifier) -> bool:
    """Whether it is valid and its check digit fits; other kinds than ISBN, ISSN and ISMN have none."""
    if not identifier.valid or not identifier.value.isascii():
        return False
    fits = _FITS.get(identifier.kind)
    return fits is None or fits(identifier.value.replace("-", ""))


def _by_eleven(signs: str) -> bool:
    digits = (10 if sign == "X" else int(sign) for sign in signs)
    return sum(weight * digit for weight, digit in zip(range(len(signs), 0, -1), digits, strict=True)) % 11 == 0


def _by_ten(signs: str) -> bool:
    return bool(_EAN.fullmatch(signs)) and _weighed(signs) % 10 == 0


def _weighed(figures: str) -> int:
    return sum(int(figure) * (3 if place % 2 else 1) for place, figure in enumerate(figures))


_FITS = {IdentifierKind.ISBN: isbn_fits, IdentifierKind.ISSN: issn_fits, IdentifierKind.ISMN: ismn_fits}
