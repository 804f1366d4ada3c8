"""Read signed data (CMS, RFC 5652): whose it is, what it covers, and whether its signature fits.

`cryptography` writes CMS but does not check it, and rfc3161-client reads strict DER only, which some authorities do not
write. So the few fields that are needed are read here, leniently in order but never in length.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.utils import CryptographyDeprecationWarning

_HASHES: dict[bytes, str] = {
    bytes.fromhex("2b0e03021a"): "sha1",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
"""Object identifiers (as DER has them) of the hash functions that are known here."""
_SIGNING: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_SEQUENCE, _SET, _OCTETS, _TIME, _CONTEXT_0 = 0x30, 0x31, 0x04, 0x18, 0xA0


@dataclass(frozen=True, slots=True)
class Signed:
    """Signed data with one signer: `content` is empty when detached, `digest` names the hash function."""

    certificates: tuple[x509.Certificate, ...]
    signer: x509.Certificate
    content: bytes
    digest: str
    attributes: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class StampFacts:
    """What a time stamp says: when, over which digest by which function, and who signed it."""

    time: dt.datetime
    algorithm: str
    imprint: bytes
    signed: Signed


@dataclass(frozen=True, slots=True)
class _Item:
    """One DER value: its tag, its content, and all of it."""

    tag: int
    body: bytes
    whole: bytes


def read_signed(der: bytes) -> Signed:
    """Read a ContentInfo that holds signed data.

    Raises:
        ValueError: it is none, or its signer's certificate is not in it.
    """
    try:
        return _read_signed(der)
    except (IndexError, StopIteration) as error:
        raise ValueError("too short") from error


def _read_signed(der: bytes) -> Signed:
    data = _children(_inside(_one(der, _SEQUENCE), 1))
    fields = list(_children(next(data).body))
    content = list(_children(fields[2].body))
    carried = next(_children(content[1].body)).body if len(content) > 1 else b""
    bag = next((each.body for each in fields[3:] if each.tag == _CONTEXT_0), b"")
    certificates = tuple(_certificate(each.whole) for each in _children(bag) if each.tag == _SEQUENCE)
    (info,) = _children(fields[-1].body)
    parts = list(_children(info.body))
    attributes = next((each.body for each in parts[3:4] if each.tag == _CONTEXT_0), b"")
    signature = next(each.body for each in parts[3:] if each.tag == _OCTETS)
    digest = _HASHES.get(next(_children(parts[2].body)).body, "unknown")
    return Signed(certificates, _signer(parts[1], certificates), carried, digest, attributes, signature)


def read_stamp(response: bytes) -> StampFacts:
    """What a time-stamp response (RFC 3161 2.4.2) says.

    Raises:
        ValueError: it holds no time stamp.
    """
    parts = list(_children(_one(response, _SEQUENCE).body))
    if len(parts) < 2:
        raise ValueError("no time stamp")
    signed = read_signed(parts[1].whole)
    told = list(_children(_one(signed.content, _SEQUENCE).body))
    times = [each.body.decode() for each in told if each.tag == _TIME]
    if len(told) < 5 or not times:
        raise ValueError("no TSTInfo")
    algorithm, imprint = _children(told[2].body)
    time = dt.datetime.strptime(times[0].split(".")[0].rstrip("Z"), "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    return StampFacts(time, _HASHES.get(_first(algorithm), "unknown"), imprint.body, signed)


def signature_fault(signed: Signed, content: bytes) -> str:
    """Why a detached signature does not fit `content` (RFC 5652 5.4, 5.6); empty when it does."""
    function = _SIGNING.get(signed.digest)
    if function is None:
        return signed.digest
    covered = content
    if signed.attributes:
        said = [_inside(each, 1) for each in _children(signed.attributes) if _first(each) == _MESSAGE_DIGEST]
        found = hashlib.new(signed.digest, content).digest()
        if len(said) != 1 or not hmac.compare_digest(_one(said[0], _OCTETS).body, found):
            return "messageDigest"
        covered = bytes([_SET]) + _length(len(signed.attributes)) + signed.attributes
    return _fault(signed.signer, signed.signature, covered, function)


def _fault(certificate: x509.Certificate, signature: bytes, covered: bytes, function: hashes.HashAlgorithm) -> str:
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, covered, padding.PKCS1v15(), function)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, covered, ec.ECDSA(function))
        else:
            return type(key).__name__
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        return type(error).__name__
    return ""


def _certificate(der: bytes) -> x509.Certificate:
    """One certificate; what `cryptography` only warns of (RFC 5280 forbids it) is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        try:
            return x509.load_der_x509_certificate(der)
        except (CryptographyDeprecationWarning, x509.InvalidVersion) as error:
            raise ValueError(str(error)) from error


def _signer(identifier: _Item, certificates: tuple[x509.Certificate, ...]) -> x509.Certificate:
    issuer, serial = _children(identifier.body)
    number = int.from_bytes(serial.body, "big", signed=True)
    for each in certificates:
        if each.serial_number == number and each.issuer.public_bytes() == issuer.whole:
            return each
    raise ValueError("the signer's certificate is missing")


def _first(item: _Item) -> bytes:
    return _inside(item, 0)


def _inside(item: _Item, index: int) -> bytes:
    children = list(_children(item.body))
    if len(children) <= index:
        raise ValueError("too short")
    return children[index].body


def _one(der: bytes, tag: int) -> _Item:
    items = list(_children(der))
    if len(items) != 1 or items[0].tag != tag:
        raise ValueError("not one value")
    return items[0]


def _children(der: bytes) -> Iterator[_Item]:
    """The values that `der` is made of, one after another; definite lengths only."""
    at = 0
    while at < len(der):
        if len(der) < at + 2:
            raise ValueError("cut off")
        size, start = der[at + 1], at + 2
        if size & 0x80:
            start += size & 0x7F
            if size == 0x80 or size > 0x84 or start > len(der):
                raise ValueError("length")
            size = int.from_bytes(der[at + 2 : start], "big")
        if start + size > len(der):
            raise ValueError("cut off")
        yield _Item(der[at], der[start : start + size], der[at : start + size])
        at = start + size


def _length(size: int) -> bytes:
    """A length as DER writes it."""
    if size < 0x80:
        return bytes([size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(digits)]) + digits
