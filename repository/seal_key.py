"""The institution's key (PKCS#12, RFC 7292): loaded, made for trying, and used to seal."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import NameOID

from metadata.file import given_bytes, placing
from metadata.problem import Problem

TEST = "TEST"
"""What the subject of a key for trying begins with; everything sealed with it is called so."""
_YEARS = 3


@dataclass(frozen=True, slots=True)
class SealKey:
    """A private key, its certificate and the certificates above it."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def sign(self, content: bytes) -> bytes:
        """A detached CMS signature with SHA-512 over `content`, DER."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        builder = builder.add_signer(self.certificate, self.key, hashes.SHA512())
        for above in self.chain:
            builder = builder.add_certificate(above)
        detached = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        return builder.sign(serialization.Encoding.DER, detached)

    def pem(self) -> bytes:
        """The certificates, the key's own first, as PEM."""
        return pem((self.certificate, *self.chain))


def pem(certificates: tuple[x509.Certificate, ...]) -> bytes:
    """Certificates as PEM, each once."""
    return b"".join(dict.fromkeys(each.public_bytes(serialization.Encoding.PEM) for each in certificates))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-512 of a certificate, hexadecimal."""
    return certificate.fingerprint(hashes.SHA512()).hex()


def subject(certificate: x509.Certificate) -> str:
    """Whose a certificate is (RFC 4514)."""
    return certificate.subject.rfc4514_string()


def is_test(certificate: x509.Certificate) -> bool:
    """Whether it belongs to a key for trying."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(str(name.value).startswith(TEST) for name in names)


def load_key(file: Path, password: str, now: dt.datetime) -> SealKey:
    """The key in a PKCS#12 file; `password` may be empty.

    Raises:
        Problem: S051 it cannot be read, its kind cannot seal, or its certificate is not valid `now`.
    """
    try:
        content = given_bytes(file)
        key, certificate, above = pkcs12.load_key_and_certificates(content, password.encode() or None)
    except OSError as error:
        raise Problem("S051", file, why=error.strerror or str(error)) from error
    except ValueError as error:
        raise Problem("S051", file, why=str(error)) from error
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Problem("S051", file, why=type(key).__name__)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        span = f"{certificate.not_valid_before_utc:%Y-%m-%d} – {certificate.not_valid_after_utc:%Y-%m-%d}"
        raise Problem("S051", file, why=span)
    return SealKey(key, certificate, tuple(above))


def make_test_key(file: Path, password: str, institution: str, now: dt.datetime) -> x509.Certificate:
    """Write a self-signed key for trying to the new PKCS#12 file `file`, which only its owner may read.

    Raises:
        FileExistsError: there is one.
        OSError: the disk refuses.
    """
    if file.exists():
        raise FileExistsError(17, os.strerror(17), str(file))
    key = ec.generate_private_key(ec.SECP384R1())
    names = [(NameOID.COMMON_NAME, f"{TEST} kdr"), (NameOID.ORGANIZATION_NAME, f"{TEST} {institution}"[:64])]
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA384())
    )
    hidden = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    with placing(file) as draft:  # a draft is made readable by its owner only
        draft.write_bytes(pkcs12.serialize_key_and_certificates(TEST.encode(), key, certificate, None, hidden))
    return certificate
