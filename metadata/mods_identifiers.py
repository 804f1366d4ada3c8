"""Which identifiers a record may bear: check digits (ISBN: ISO 2108, ISSN: ISO 3297) and spelling."""

from __future__ import annotations

from metadata.description import Identifier, IdentifierKind


def sound(identifier: Identifier) -> bool:
    """Whether it is valid and its check digit fits; other kinds than ISBN and ISSN have none here."""
    if not identifier.valid or not identifier.value.isascii():
        return False
    digits = [10 if sign == "X" else int(sign) for sign in identifier.value if sign.isdecimal() or sign == "X"]
    if identifier.kind is IdentifierKind.ISSN or (identifier.kind is IdentifierKind.ISBN and len(digits) == 10):
        return sum(weight * digit for weight, digit in zip(range(len(digits), 0, -1), digits, strict=True)) % 11 == 0
    if identifier.kind is IdentifierKind.ISBN:
        return digits[-1] < 10 and sum(d * (3 if n % 2 else 1) for n, d in enumerate(digits)) % 10 == 0
    return True


def spelled(identifier: Identifier) -> Identifier:
    """An ISBN hyphenated into four or five parts stays as it is, any other is written without hyphens.

    The rules for periodicals refuse an ISBN with other groups (fdmf/periodical_2.1, issue and supplement).
    """
    value = identifier.value
    if identifier.kind is not IdentifierKind.ISBN or value.count("-") == (4 if len(value) > 13 else 3):
        return identifier
    return Identifier(identifier.kind, value.replace("-", ""), identifier.valid)
