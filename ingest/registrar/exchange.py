"""One HTTP request to a registrar's server, bounded in time and size; no repetition, no redirect followed."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from functools import cache

import httpx

from ingest.deadline import cut_off

_HEADERS = {"User-Agent": "kdr", "Accept": "application/xml", "Accept-Encoding": "identity"}
_XML = {"Content-Type": "application/xml"}


class NoAnswer(Exception):
    """Nothing usable came back: `reason` is a key of reasons.toml, `facts` are what its sentence needs."""

    def __init__(self, reason: str, **facts: object) -> None:
        self.reason, self.facts = reason, facts
        super().__init__(reason, facts)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until an answer must be there whole, and its largest size in bytes."""

    seconds: float = 20.0
    size: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sent; `target` is where it points to, when it points elsewhere."""

    status: int
    content: bytes
    target: str = ""


def read(url: str, limits: Limits) -> Answer:
    """GET `url`.

    Raises:
        NoAnswer: `connection` (it was not reached), `timeout`, `broken` or `large`.
    """
    return _exchanged(httpx.Request("GET", url, headers=_HEADERS), limits, None)


def send(url: str, content: bytes, login: httpx.BasicAuth, limits: Limits) -> Answer:
    """POST the XML document `content` to `url`, with HTTP Basic authentication (RFC 7617).

    Raises:
        NoAnswer: `connection` (it was not reached, nothing was done), `timeout`, `broken` or `large`.
    """
    return _exchanged(httpx.Request("POST", url, headers=_HEADERS | _XML, content=content), limits, login)


def _exchanged(request: httpx.Request, limits: Limits, login: httpx.BasicAuth | None) -> Answer:
    ends = time.monotonic() + limits.seconds
    try:
        with (
            cut_off(limits.seconds) as mark,
            httpx.Client(verify=_trust(), timeout=limits.seconds, follow_redirects=False) as client,
        ):
            mark(request)
            answer = client.send(request, auth=login, stream=True)
            try:
                target = answer.headers.get("location", "-") if answer.is_redirect else ""
                return Answer(answer.status_code, _content(answer, limits, ends), target)
            finally:
                answer.close()
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NoAnswer("connection", detail=error) from None
    except httpx.TimeoutException:
        raise NoAnswer("timeout", seconds=f"{limits.seconds:g}") from None
    except httpx.TransportError as error:
        if time.monotonic() >= ends:
            raise NoAnswer("timeout", seconds=f"{limits.seconds:g}") from None
        raise NoAnswer("broken", detail=error) from None


@cache
def _trust() -> ssl.SSLContext:
    # Reading every certificate authority anew would take longer than the whole exchange.
    return httpx.create_ssl_context()


def _content(answer: httpx.Response, limits: Limits, ends: float) -> bytes:
    content = bytearray()
    for part in answer.iter_raw():
        content += part
        if len(content) > limits.size:
            raise NoAnswer("large", limit=limits.size)
        if time.monotonic() > ends:
            raise NoAnswer("timeout", seconds=f"{limits.seconds:g}")
    if time.monotonic() >= ends:  # the connection was cut off, and a body of untold length seems whole
        raise NoAnswer("timeout", seconds=f"{limits.seconds:g}")
    return bytes(content)
