"""One XML document over HTTP from a server that nobody answers for: bounded in time, size, hops and attempts."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from ingest.deadline import cut_off
from ingest.source.failure import silent, wrong

_HOPS = 3
_CODINGS = {"": None, "identity": None, "gzip": 31, "x-gzip": 31, "deflate": 15}
_HEADERS = {
    "User-Agent": "kdr",
    "Accept": "application/sru+xml, application/xml, text/xml",
    "Accept-Encoding": "identity",
}


class _Again(Exception):
    """This attempt failed in a way that another may not: `reason` and `facts` say how."""

    def __init__(self, reason: str, **facts: object) -> None:
        self.reason, self.facts = reason, facts
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited: seconds and bytes (unpacked) of one answer, attempts, seconds before the second attempt.

    Each further pause is twice as long.
    """

    seconds: float = 20.0
    size: int = 10_000_000
    attempts: int = 3
    pause: float = 1.0


def fetch(source: str, url: str, patience: Patience) -> bytes:
    """The XML document at `url`.

    Redirects are followed only to the same server. Time-outs, broken connections and HTTP 5xx and 429 are tried
    again, with growing pauses.

    Raises:
        Problem: C001, no attempt was answered; C002, the answer is not XML by its own words, too large, packed in an
            unknown way, or stands elsewhere.
    """
    for attempt in range(patience.attempts):
        if attempt:
            time.sleep(patience.pause * 2 ** (attempt - 1))
        try:
            return _attempt(source, url, patience)
        except _Again as failed:
            last = failed
    raise silent(source, last.reason, last.facts)


def _attempt(source: str, url: str, patience: Patience) -> bytes:
    ends = time.monotonic() + patience.seconds
    try:
        with (
            cut_off(patience.seconds) as mark,
            httpx.Client(timeout=patience.seconds, headers=_HEADERS, event_hooks={"request": [mark]}) as client,
        ):
            return _followed(client, source, url, patience, ends)
    except httpx.TimeoutException:
        raise _Again("timeout", seconds=f"{patience.seconds:g}") from None
    except httpx.InvalidURL as error:  # of a redirect, which httpx reads even when it shall not follow
        raise wrong(source, "redirect", {"target": error}) from None
    except httpx.TransportError as error:
        if time.monotonic() >= ends:
            raise _Again("timeout", seconds=f"{patience.seconds:g}") from None
        broken = isinstance(error, httpx.RemoteProtocolError)
        raise _Again("broken" if broken else "connection", detail=error) from None


def _followed(client: httpx.Client, source: str, url: str, patience: Patience, ends: float) -> bytes:
    start = url
    for _ in range(_HOPS + 1):
        with client.stream("GET", url) as answer:
            if not answer.has_redirect_location:
                return _content(source, answer, patience, ends)
            url = _next(source, start, url, answer.headers["location"])
    raise wrong(source, "redirect", {"target": url})


def _next(source: str, start: str, url: str, location: str) -> str:
    """Where a redirect leads, when that is the same server; from http to https is no other server."""
    try:
        target = urljoin(url, location)
        here, there = urlsplit(start), urlsplit(target)
        same = here.hostname == there.hostname and (here.port == there.port or there.port is None)
    except ValueError:
        raise wrong(source, "redirect", {"target": location}) from None
    if not same or there.scheme not in {here.scheme, "https"} or there.username is not None:
        raise wrong(source, "redirect", {"target": location})
    return target


def _content(source: str, answer: httpx.Response, patience: Patience, ends: float) -> bytes:
    if answer.status_code >= 500 or answer.status_code == 429:
        raise _Again("status", status=answer.status_code)
    if answer.status_code != 200:
        raise wrong(source, "status", {"status": answer.status_code})
    media = answer.headers.get("content-type", "-").partition(";")[0].strip().lower()
    if media.rpartition("/")[2].rpartition("+")[2] != "xml":
        raise wrong(source, "media", {"media": media})
    coding = answer.headers.get("content-encoding", "").strip().lower()
    if coding not in _CODINGS:
        raise wrong(source, "coding", {"coding": coding})
    content = bytearray()
    for part in _unpacked(source, answer, _CODINGS[coding], patience.size):
        content += part
        if len(content) > patience.size:
            raise wrong(source, "large", {"limit": patience.size})
        if time.monotonic() > ends:
            raise _Again("timeout", seconds=f"{patience.seconds:g}")
    if time.monotonic() >= ends:  # the connection was cut off, and a body of untold length seems whole
        raise _Again("timeout", seconds=f"{patience.seconds:g}")
    return bytes(content)


def _unpacked(source: str, answer: httpx.Response, window: int | None, size: int) -> Iterator[bytes]:
    """The parts of the answer's body; of a packed one never more than one byte over `size` at once."""
    if window is None:
        yield from answer.iter_raw()
        return
    unpack = zlib.decompressobj(window)
    for packed in answer.iter_raw():
        try:
            yield unpack.decompress(packed, size + 1)
        except zlib.error as error:
            raise wrong(source, "broken", {"detail": error}) from None
        if unpack.unconsumed_tail:
            raise wrong(source, "large", {"limit": size})
    if not unpack.eof:
        raise _Again("broken", detail="gzip")
