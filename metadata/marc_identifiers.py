"""Identifiers of MARC 21 records: 015, 020, 022, 024; well formed and with the right check digit, else not valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from metadata.check_digits import sound
from metadata.description import Identifier, IdentifierKind
from metadata.elements import line
from metadata.marc_record import MarcRecord

_HYPHENS = str.maketrans("‐‑‒–—", "-----")
# Before the qualifier that 020 $a may carry: "80-85605-10-4 (váz.) :".
_NUMBER = re.compile(r"[0-9Mm][0-9Xx-]*")
_CCNB = re.compile(r"cnb\s*([0-9]{9})\b", re.IGNORECASE)


def identifiers(record: MarcRecord) -> tuple[Identifier, ...]:
    """What names the title: ČNB, ISBN, ISSN and ISMN, each once; cancelled and wrong ones as not valid."""
    found = (*_ccnb(record), *_isbn(record), *_issn(record), *_ismn(record))
    return tuple(dict.fromkeys(found))


def checked(kind: IdentifierKind, text: str, *, valid: bool = True) -> Identifier | None:
    """`text` as an identifier of `kind`, not valid where its form or check digit is wrong; None if it holds no number.

    Qualifiers behind the number are left out; an ISSN gets its hyphen, a ČNB number loses its blanks.
    """
    value = _value(kind, line(text).translate(_HYPHENS))
    if not value:
        return None
    with suppress(ValueError):
        told = Identifier(kind, value)
        return told if valid and sound(told) else Identifier(kind, value, valid=False)
    return Identifier(kind, value, valid=False)


def _value(kind: IdentifierKind, text: str) -> str:
    if kind is IdentifierKind.CCNB:
        found = _CCNB.search(text)
        return f"cnb{found[1]}" if found else ""
    if kind in (IdentifierKind.UUID, IdentifierKind.URNNBN):
        return text.lower().removeprefix("uuid:")
    start = _NUMBER.match(text.upper().removeprefix(kind.value.upper()).lstrip(": "))
    number = start[0].strip("-") if start else ""
    if kind is IdentifierKind.ISSN and re.fullmatch(r"[0-9]{7}[0-9X]", number):
        return f"{number[:4]}-{number[4:]}"
    return number


def _all(record: MarcRecord, tag: str, kind: IdentifierKind, cancelled: str) -> Iterator[Identifier]:
    for field in record.all(tag):
        for code, text in field.subfields:
            if code not in "a" + cancelled:
                continue
            found = checked(kind, text, valid=code == "a")
            if found:
                yield found


def _ccnb(record: MarcRecord) -> Iterator[Identifier]:
    return _all(record, "015", IdentifierKind.CCNB, "z")


def _isbn(record: MarcRecord) -> Iterator[Identifier]:
    return _all(record, "020", IdentifierKind.ISBN, "z")


def _issn(record: MarcRecord) -> Iterator[Identifier]:
    return _all(record, "022", IdentifierKind.ISSN, "yz")


def _ismn(record: MarcRecord) -> Iterator[Identifier]:
    numbers = tuple(field for field in record.all("024") if field.indicators[:1] == "2")
    return _all(MarcRecord(record.leader, numbers), "024", IdentifierKind.ISMN, "z")
