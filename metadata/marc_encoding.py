"""In which encoding a MARC record really is: decided by evidence, refused when the evidence does not decide.

MARC 21 knows UTF-8 (leader/09 `a`) and MARC-8 (blank); Czech catalogues also hand out cp1250 and ISO 8859-2 under
either mark. Every reading must consist of words that fit the alphabet of one language; two readings that both do, and
differ, are refused rather than guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

from pymarc.marc8_mapping import CODESETS

from metadata.marc_record import BadRecord


class Encoding(StrEnum):
    """Encodings of an ISO 2709 record that are met in Czech libraries."""

    UTF8 = "utf-8"
    MARC8 = "marc-8"
    CP1250 = "cp1250"
    LATIN2 = "iso8859-2"


_ESCAPE = 0x1B
_LEGACY = (Encoding.MARC8, Encoding.CP1250, Encoding.LATIN2)

# Letters beyond ASCII in the languages of the region. Czech holds the umlauts of Bohemian German surnames (Müllerová).
# French has no â here: it is what cp1250 makes of the acute accent of MARC-8, so it must not look like a word.
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "áčďéěíňóřšťúůýžäöü",
        "áäčďéíĺľňóôŕšťúýž",
        "äöüß",
        "ąćęłńóśźż",
        "áéíóöőúüű",
        "čćđšž",
        "çéëîôüàèêïùûœ",
    )
)
_SIGNS = frozenset("„“”‚‘’–—…§°·×÷´©«»€\u00a0\u00ad")
_WORD = re.compile(r"[^\W\d_]+")
# What no text of these languages holds, but a wrong reading does: Slovak writes no ľ before e and i, Polish ą stands
# after a consonant or i and before no vowel, © belongs to a year, an accented letter touches no digit, and none that is
# small stands before a capital.
_NEVER = re.compile(
    r"(?i:ľ[eiéíě]|\bą|ą[aeiouyóáé]|[aeouyóáéíúý]ą|©(?!\s?\d)|\d[šžťľ]|[šžťľ]\d|€[^\W\d_])|[áéčäđęăâć][A-Z]"
)
# ISO 2022 as MARC 21 uses it (MARC 21 Specifications, Character Sets: MARC-8, "Technique 1" and "2").
_DESIGNATION = re.compile(rb"\x1b(?:(?P<set>[(,)\-]|\$[(,)\-]?)!?(?P<final>[\x30-\x7e])|(?P<short>[gbps]))", re.DOTALL)
_ASCII, _ANSEL, _EACC = 0x42, 0x45, 0x31
_SHORT = {b"g": 0x67, b"b": 0x62, b"p": 0x70, b"s": _ASCII}
# Non-sorting characters begin and end (MARC-8, C1 set); the other C1 codes stand in no Czech record.
_FILING_MARKS = b"\x88\x89"
# The halves of a ligature stand over two letters; no precomposed letter holds them.
_LIGATURES = "\ufe20\ufe21"


def recognised(content: bytes, *, unicode: bool) -> Encoding:
    """The encoding of the texts `content` of one record, parted by field or subfield separators.

    `unicode` says that the leader claims UTF-8. Where cp1250 and ISO 8859-2 read the same text, it is called cp1250.

    Raises:
        BadRecord: damaged UTF-8, no known encoding, or several readings that make sense.
    """
    if content.isascii() and _ESCAPE not in content:
        return Encoding.UTF8
    if _valid_utf8(content) and (unicode or not content.isascii()):
        return Encoding.UTF8
    if _ESCAPE in content:
        _refuse_unreadable(content, Encoding.MARC8)
        return Encoding.MARC8
    _refuse_damaged_utf8(content, unicode=unicode)
    return _by_words(content, unicode=unicode)


def decoded(content: bytes, encoding: Encoding) -> str:
    """`content` as NFC text without control characters.

    Raises:
        BadRecord: it is not in that encoding.
    """
    try:
        text = _marc8(content) if encoding is Encoding.MARC8 else content.decode(encoding)
    except ValueError:
        raise BadRecord("unreadable", encoding=encoding.value) from None
    # Control characters are left-overs: filing marks (0x88, 0x98), end-of-file marks, stray separators.
    return unicodedata.normalize("NFC", "".join(" " if each in "\t\n\r" else each for each in text if _kept(each)))


def _kept(char: str) -> bool:
    return char in "\t\n\r" or unicodedata.category(char) != "Cc"


def _valid_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _refuse_unreadable(content: bytes, encoding: Encoding) -> None:
    for part in _parts(content):
        decoded(part, encoding)


def _refuse_damaged_utf8(content: bytes, *, unicode: bool) -> None:
    """Where UTF-8 makes sense of a good part, a legacy reading of it would be mojibake."""
    text = content.decode("utf-8", "surrogateescape")
    broken = sum("\udc80" <= char <= "\udcff" for char in text)
    whole = sum(char > "\x7f" for char in text) - broken
    if 2 * whole >= broken or (unicode and whole):
        raise BadRecord("broken_utf8", count=broken)


def _by_words(content: bytes, *, unicode: bool) -> Encoding:
    readings = {encoding: text for encoding in _LEGACY if (text := _reading(content, encoding)) is not None}
    sensible = {encoding: text for encoding, text in readings.items() if not _misfits(text)}
    marc8 = readings.get(Encoding.MARC8, "")
    # A correct MARC-8 record may be in a language we have no alphabet of; it counts, so that nothing else is guessed.
    if marc8 and not _NEVER.search(marc8) and (sensible or _believed(readings, unicode=unicode)):
        sensible[Encoding.MARC8] = marc8
    if not sensible:
        raise BadRecord("unknown_encoding")
    if len(set(sensible.values())) > 1:
        raise BadRecord("undecidable", readings=_shown(sensible))
    return next(iter(sensible))


def _believed(readings: dict[Encoding, str], *, unicode: bool) -> bool:
    """Whether MARC-8 stands alone: its leader says so, and no other reading makes half sense."""
    others = (text for encoding, text in readings.items() if encoding is not Encoding.MARC8)
    return not unicode and all(_mostly_misfits(text) for text in others)


def _reading(content: bytes, encoding: Encoding) -> str | None:
    if encoding is Encoding.LATIN2 and any(0x80 <= byte < 0xA0 for byte in content):
        return None
    try:
        return "\n".join(decoded(part, encoding) for part in _parts(content))
    except BadRecord:
        return None


def _parts(content: bytes) -> list[bytes]:
    """Subfields: in MARC-8 each begins with the default character sets again."""
    return re.split(rb"[\x1d-\x1f]", content)


def _misfits(text: str) -> int:
    """How many words and signs of `text` belong to no language that we know."""
    signs = sum(char not in _SIGNS for char in text if char > "\x7f" and not char.isalpha())
    words = sum(not _fits(word) for word in _accented(text))
    return signs + words + len(_NEVER.findall(text)) + (text.count("«") != text.count("»"))


def _mostly_misfits(text: str) -> bool:
    return 2 * _misfits(text) >= len(list(_accented(text)))


def _accented(text: str) -> Iterator[str]:
    return (word for word in _WORD.findall(text.lower()) if not word.isascii())


def _fits(word: str) -> bool:
    letters = {char for char in word if char > "\x7f"}
    return any(letters <= alphabet for alphabet in _ALPHABETS)


def _shown(readings: dict[Encoding, str]) -> str:
    """One word in which the readings differ, as each reads it."""
    words = {encoding: text.split() for encoding, text in readings.items()}
    place = next(i for i, row in enumerate(zip(*words.values(), strict=False)) if len(set(row)) > 1)
    return ", ".join(f"{encoding} „{each[place]}“" for encoding, each in words.items())


def _marc8(content: bytes) -> str:
    """MARC-8 as text, strictly: unlike pymarc's converter it drops and replaces nothing.

    Raises:
        ValueError: an unknown character set or character, or a combining one without its letter.
    """
    sets = {0: _ASCII, 1: _ANSEL}
    text: list[str] = []
    marks = ""
    position = 0
    while position < len(content):
        if content[position] == _ESCAPE:
            position = _designate(content, position, sets)
            continue
        char, combining, position = _character(content, position, sets)
        if combining:
            marks += char
        elif char:
            text.append(_composed(char, marks))
            marks = ""
    if marks:
        raise ValueError("a combining character at the end")
    return "".join(text)


def _designate(content: bytes, position: int, sets: dict[int, int]) -> int:
    found = _DESIGNATION.match(content, position)
    chosen = _SHORT.get(found["short"]) or found["final"][0] if found else 0
    if not found or chosen not in CODESETS:
        raise ValueError("an unknown escape sequence")
    sets[1 if (found["set"] or b"")[-1:] in (b")", b"-") else 0] = chosen
    return found.end()


def _character(content: bytes, position: int, sets: dict[int, int]) -> tuple[str, bool, int]:
    """The character at `position` (empty for a control one), whether it combines, and where the next one begins."""
    byte = content[position]
    if byte == 0x20:
        return " ", False, position + 1
    if byte < 0x20 or byte in _FILING_MARKS:
        return "", False, position + 1
    chosen = sets[byte >> 7]
    width = 3 if chosen == _EACC else 1
    code = int.from_bytes(content[position : position + width])
    table = CODESETS.get(chosen, {})
    # A set designated to the other half of the code table has its codes there with the eighth bit turned.
    found = table.get(code) or table.get(code ^ (0x808080 if width == 3 else 0x80))
    if not found:
        raise ValueError(f"no character {code:#x} in set {chosen:#x}")
    return chr(found[0]), bool(found[1]), position + width


def _composed(char: str, marks: str) -> str:
    """The letter under its marks; MARC-8 writes the marks first.

    Raises:
        ValueError: there is no such letter.
    """
    if not marks:
        return char
    whole = unicodedata.normalize("NFC", char + marks)
    if not char.isalpha() or any(unicodedata.combining(each) and each not in _LIGATURES for each in whole):
        raise ValueError(f"no letter {char!r} with {marks!r}")
    return whole
