"""Time stamps (RFC 3161): asked of an authority over HTTP, and judged twice, by rfc3161-client and by `openssl ts`."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from metadata.problem import Problem
from metadata.tool import Limits, Tool, ToolFailed
from repository.seal_cms import read_stamp
from repository.seal_key import pem

OPENSSL = Tool("openssl", "openssl", ("version",))
UNREAD = "unread"
"""What rfc3161-client says of a stamp that is not strict DER (certificates unsorted): it could not look."""
_LARGEST = 256 * 1024
_LIMITS = Limits(seconds=30, memory=1 << 30)


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority: its address, the certificates that are trusted (PEM), and how long it may take (s)."""

    url: str
    trusted: Path
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Opinions:
    """What both judges say of a stamp: empty is good, else why it is not; `UNREAD` when the first could not look."""

    client: str
    openssl: str

    @property
    def good(self) -> bool:
        """Whether it may be believed: openssl says so, and rfc3161-client too unless it could not look."""
        return not self.openssl and self.client in ("", UNREAD)

    @property
    def why(self) -> str:
        """What speaks against it."""
        return "; ".join(f"{who}: {why}" for who, why in (("rfc3161", self.client), ("openssl", self.openssl)) if why)


@dataclass(frozen=True, slots=True)
class Trusted:
    """The certificates in a PEM file: self-issued ones are roots, the others stand between."""

    roots: tuple[x509.Certificate, ...]
    between: tuple[x509.Certificate, ...]


def read_trusted(file: Path) -> Trusted:
    """The certificates that are trusted.

    Raises:
        Problem: S055 the file cannot be read or has no self-issued certificate.
    """
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise Problem("S055", file, why=error.strerror or str(error)) from error
    except ValueError as error:
        raise Problem("S055", file, why=str(error)) from error
    roots = tuple(each for each in found if each.issuer == each.subject)
    if not roots:
        raise Problem("S055", file, why="0 CA")
    return Trusted(roots, tuple(each for each in found if each.issuer != each.subject))


def obtain(authority: Authority, data: bytes) -> bytes:
    """The authority's raw response with a stamp over `data`: SHA-512, with nonce and certificates, judged good.

    Raises:
        Problem: S053 it did not answer, refused, or gave a stamp that is not good; S055 no trusted certificates.
    """
    trusted = read_trusted(authority.trusted)
    builder = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA512)
    request = builder.cert_request(cert_request=True).nonce(nonce=True).build()
    answer = _posted(authority, request.as_bytes())
    said = judge(answer, data, trusted, None, nonce=request.nonce, query=request.as_bytes())
    if not said.good:
        raise Problem("S053", authority.url, why=said.why)
    try:
        read_stamp(answer)
    except ValueError as error:
        raise Problem("S053", authority.url, why=str(error)) from error
    return answer


def judge(
    response: bytes,
    data: bytes,
    trusted: Trusted,
    at: dt.datetime | None,
    *,
    nonce: int | None = None,
    query: bytes = b"",
) -> Opinions:
    """Ask both judges whether `response` is a good stamp over `data`, its certificates valid `at` that time (or now).

    `nonce` and `query` are what was asked, when that is still known.
    """
    return Opinions(_client(response, data, trusted, nonce), _openssl(response, data, trusted, at, query))


def _client(response: bytes, data: bytes, trusted: Trusted, nonce: int | None) -> str:
    try:
        decoded = decode_timestamp_response(response)
    except ValueError as error:
        return UNREAD if "SetOrdering" in str(error) else str(error)[:200]
    try:
        if PKIStatus(decoded.status) is not PKIStatus.GRANTED:
            return f"{PKIStatus(decoded.status).name} {' '.join(decoded.status_string)}".strip()
        builder = VerifierBuilder(roots=list(trusted.roots), intermediates=list(trusted.between), nonce=nonce)
        builder.build().verify_message(decoded, data)
    except (VerificationError, ValueError) as error:
        return str(error)[:200] or type(error).__name__
    return ""


def _openssl(response: bytes, data: bytes, trusted: Trusted, at: dt.datetime | None, query: bytes) -> str:
    with tempfile.TemporaryDirectory(prefix="kdr-stamp-") as name:
        folder = Path(name)
        parts = {"response.tsr": response, "data": data, "roots.pem": pem(trusted.roots), "query.tsq": query}
        for part, content in parts.items():
            (folder / part).write_bytes(content)
        (folder / "between.pem").write_bytes(pem(trusted.between))
        common = ["ts", "-verify", "-in", str(folder / "response.tsr"), "-CAfile", str(folder / "roots.pem")]
        common += ["-untrusted", str(folder / "between.pem")] if trusted.between else []
        common += ["-attime", str(int(at.timestamp()))] if at is not None else []
        asked = [["-data", str(folder / "data")]] + ([["-queryfile", str(folder / "query.tsq")]] if query else [])
        return next((why for why in (_said([*common, *more]) for more in asked) if why), "")


def _said(arguments: list[str]) -> str:
    """Why openssl ends badly, if it does."""
    try:
        OPENSSL.run(arguments, _LIMITS)
    except ToolFailed as failed:
        return failed.why
    return ""


def _posted(authority: Authority, request: bytes) -> bytes:
    """The body of the answer, no larger than is sensible and within the time given."""
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    half = authority.seconds / 2
    ends = time.monotonic() + authority.seconds
    try:
        with httpx.stream("POST", authority.url, content=request, headers=headers, timeout=half) as answer:
            answer.raise_for_status()
            return _bounded(authority, answer.iter_raw(), ends)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Problem("S053", authority.url, why=str(error) or type(error).__name__) from error


def _bounded(authority: Authority, chunks: Iterator[bytes], ends: float) -> bytes:
    content = b""
    for chunk in chunks:
        content += chunk
        if len(content) > _LARGEST or time.monotonic() > ends:
            raise Problem("S053", authority.url, why=f"{len(content)} B, {authority.seconds:g} s")
    return content
