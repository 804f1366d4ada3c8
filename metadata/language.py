"""Languages: ISO 639-2/T codes as Tesseract and we use them, and the /B codes that MODS and NDK want."""

from __future__ import annotations

import re

# ISO 639-2 has twenty languages with two codes; all others have one. Terminology code -> bibliographic code.
_BIBLIOGRAPHIC = {
    "sqi": "alb", "hye": "arm", "eus": "baq", "mya": "bur", "zho": "chi", "ces": "cze", "nld": "dut", "fra": "fre",
    "kat": "geo", "deu": "ger", "ell": "gre", "isl": "ice", "mkd": "mac", "mri": "mao", "msa": "may", "fas": "per",
    "ron": "rum", "slk": "slo", "bod": "tib", "cym": "wel",
}  # fmt: skip
_TERMINOLOGY = {b: t for t, b in _BIBLIOGRAPHIC.items()}
_CODE = re.compile(r"[a-z]{3}")


def bibliographic(code: str) -> str:
    """The ISO 639-2/B code for a /T code: ces -> cze; a code without a second form stays as it is."""
    return _BIBLIOGRAPHIC.get(code, code)


def terminology(code: str) -> str:
    """The ISO 639-2/T code for either form: cze -> ces."""
    return _TERMINOLOGY.get(code, code)


def languages(text: str) -> tuple[str, ...]:
    """The /T codes in "ces+deu", in order.

    Raises:
        ValueError: a part is no three-letter code.
    """
    parts = [terminology(part.strip()) for part in text.split("+")]
    wrong = [part for part in parts if not _CODE.fullmatch(part)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no ISO 639-2 language code")
    return tuple(dict.fromkeys(parts))
