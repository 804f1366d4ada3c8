"""Passwords: hashed by Argon2id (RFC 9106), compared in the same time whether or not the name is known."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from metadata.problem import Problem

LEAST, MOST = 12, 256
"""Letters of a password. NIST SP 800-63B-4, 3.1.1.2: length is what counts; no rules of composition."""
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str, subject: str) -> str:
    """What is kept of a new password of `subject`.

    Raises:
        Problem: R040, it is too short or too long.
    """
    if not LEAST <= len(password) <= MOST:
        raise Problem("R040", subject, least=LEAST, most=MOST)
    return _hasher.hash(_normal(password))


def fits(kept: str | None, password: str) -> bool:
    """Whether `password` is the one that `kept` is the hash of; as slow for none, and never true then."""
    try:
        _hasher.verify(kept or _NOBODY, _normal(password[: MOST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def _normal(password: str) -> str:
    """NIST SP 800-63B-4, 3.1.1.2: a keyboard's way of writing š must not matter."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
