"""When what a time stamp is made of grows old: its certificates end, its hash function or keys are no longer trusted.

The dates of the small table are those of NIST SP 800-131A rev. 2 and SP 800-57 part 1 rev. 5 (112-bit strength ends
with 2030) and, for SHA-1, of the first public collision. A stamp is renewed before its date (RFC 4998 5.2), not after.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from repository.seal_cms import StampFacts

_BROKEN = dt.date(2017, 2, 23)
_WEAK = dt.date(2030, 12, 31)
HASHES: dict[str, dt.date | None] = {"sha1": _BROKEN, "sha256": None, "sha384": None, "sha512": None}
"""Hash function -> the last day it may be trusted, if there is one; what is not here is not trusted at all."""
RSA_BITS: tuple[tuple[int, dt.date | None], ...] = ((3000, None), (2048, _WEAK), (0, dt.date(2013, 12, 31)))
"""From so many bits of an RSA key on, the last day it may be trusted."""
CURVE_BITS: tuple[tuple[int, dt.date | None], ...] = ((250, None), (224, _WEAK), (0, dt.date(2013, 12, 31)))
"""The same of elliptic curves."""


@dataclass(frozen=True, slots=True, order=True)
class End:
    """The last day of something, and what it is."""

    day: dt.date
    why: str


def end_of(stamp: StampFacts) -> End:
    """The first day on which something that a time stamp rests on ends."""
    ends = [End(each.not_valid_after_utc.date(), _name(each)) for each in stamp.signed.certificates]
    aged = [(stamp.algorithm, HASHES.get(stamp.algorithm, _BROKEN))]
    aged += [(stamp.signed.digest, HASHES.get(stamp.signed.digest, _BROKEN))]
    aged += [_key(each) for each in stamp.signed.certificates]
    return min(ends + [End(day, name) for name, day in aged if day is not None])


def _key(certificate: x509.Certificate) -> tuple[str, dt.date | None]:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "key", _BROKEN
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}", _day(RSA_BITS, key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.key_size}", _day(CURVE_BITS, key.key_size)
    return type(key).__name__, None


def _day(table: tuple[tuple[int, dt.date | None], ...], bits: int) -> dt.date | None:
    return next(day for least, day in table if bits >= least)


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
