"""What a request may be at most, and how often: refused before anything of ours reads it."""

from __future__ import annotations

import asyncio
import re
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from repository.catalogue.signing.rates import Pace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from repository.catalogue.house import Config

    Receive = Callable[[], Awaitable[dict[str, Any]]]

MOST_URL, MOST_HEADERS, MOST_BODY = 8 << 10, 32 << 10, 1 << 20
"""Bytes: path and query; all headers; what a form may send."""
SLOWEST = 30.0
"""Seconds in which a form's bytes must have come."""
_ONCE = frozenset((b"authorization", b"content-type", b"content-length", b"host", b"x-csrftoken"))
_BURST = 10
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")
_FOREIGN_SESSION = "ds_actor"
_SEARCHES = re.compile(r"/search(/|$)|/iiif/search/|/catalogue/find_|/export/|/catalogue(\.\w+)?$")
_IMAGES = re.compile(r"/iiif/3/|.*/(image\.jpg|master\.jp2)$")
_ASKS = re.compile(rb"(?:^|&)(_search(_\w+)?|sql|_where)=")


class Refused(Exception):
    """A request that goes no further: its `status`, and the key of the sentence that says why."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(status, key)
        self.status, self.key = status, key


def check(scope: dict[str, Any]) -> None:
    """Let a request (ASGI scope) pass that is not too large and whose every part can be read.

    Raises:
        Refused: 414, 431, 400.
    """
    raw, query = scope.get("raw_path") or scope["path"].encode(), scope.get("query_string", b"")
    headers: list[tuple[bytes, bytes]] = scope.get("headers", [])
    if len(raw) + len(query) > MOST_URL:
        raise Refused(414, "signing.limit_url")
    if sum(len(name) + len(value) for name, value in headers) > MOST_HEADERS:
        raise Refused(431, "signing.limit_headers")
    names = [name.lower() for name, _ in headers]
    twice = any(names.count(each) > 1 for each in _ONCE)
    strange = not (raw.isascii() and query.isascii()) or b"%00" in raw + b"&" + query or "\0" in scope["path"]
    # Another host, to whoever redirects to it: a whole address (RFC 9112 3.2.2) is for proxies.
    strange = strange or not raw.startswith(b"/") or raw.startswith((b"//", b"/\\"))
    # It stands in the addresses that we give to harvesters (RFC 9110 7.2; CWE-644).
    strange = strange or not all(_HOST.fullmatch(value) for name, value in headers if name.lower() == b"host")
    if twice or strange or not all(value.isascii() for name, value in headers if name.lower() in _ONCE):
        raise Refused(400, "signing.limit_strange")


def cookies(headers: list[tuple[bytes, bytes]]) -> tuple[list[tuple[bytes, bytes]], dict[str, str]]:
    """The headers with only those cookies that everybody behind the door can read, and these by name.

    One that cannot be read (RFC 6265 4.1.1) would make the reader of all the others fail. Datasette's own session
    cookie is not ours.
    """
    told = b"; ".join(value for name, value in headers if name.lower() == b"cookie").decode("latin-1")
    held: dict[str, str] = {}
    for each in told.split(";"):
        read = _cookie(each.strip())
        held |= {name: value for name, value in read.items() if name != _FOREIGN_SESSION and value.isascii()}
    others = [(name, value) for name, value in headers if name.lower() != b"cookie"]
    if not held:
        return others, {}
    line = SimpleCookie(held).output(header="", sep=";", attrs=[]).strip()
    return [*others, (b"cookie", line.encode("ascii"))], held


def _cookie(text: str) -> dict[str, str]:
    try:
        return {name: found.value for name, found in SimpleCookie(text).items()}
    except CookieError:
        return {}


async def body(scope: dict[str, Any], receive: Receive) -> Receive:
    """What gives the request's body again, all of it read, not too large, a form's fields readable.

    Raises:
        Refused: 413, 408, 400 (also of a form that broke off), 415 (files are sent by none of our forms).
    """
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return receive
    headers = {name.lower(): value for name, value in scope["headers"]}
    told = headers.get(b"content-length", b"0")
    if not told.isdigit() or int(told) > MOST_BODY:
        raise Refused(413, "signing.limit_body")
    try:
        async with asyncio.timeout(SLOWEST):
            content = await _whole(receive)
    except TimeoutError:
        raise Refused(408, "signing.limit_slow") from None
    _check_form(headers.get(b"content-type", b"").partition(b";")[0].strip().lower(), content)
    left = [{"type": "http.request", "body": content, "more_body": False}]

    async def again() -> dict[str, Any]:
        return left.pop() if left else await receive()

    return again


async def _whole(receive: Receive) -> bytes:
    parts, size, more = list[bytes](), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":  # half a form is none
            raise Refused(400, "signing.limit_strange")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > MOST_BODY:
            raise Refused(413, "signing.limit_body")
    return b"".join(parts)


def _check_form(kind: bytes, content: bytes) -> None:
    if kind == b"multipart/form-data":
        raise Refused(415, "signing.limit_kind")
    if kind != b"application/x-www-form-urlencoded":
        return
    try:
        fields = dict(parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise Refused(400, "signing.limit_strange") from None
    if not fields.get("csrftoken", "").isascii():
        raise Refused(400, "signing.limit_strange")


def pace(scope: dict[str, Any], config: Config) -> tuple[str, Pace] | None:
    """What kind of request is counted, and at which pace it may come; nothing for those that cost little."""
    path = scope["path"]
    if _IMAGES.match(path):
        return "images", _burst(config.images_per_second)
    if _SEARCHES.match(path) or _ASKS.search(scope.get("query_string", b"")):
        return "searches", _burst(config.searches_per_second)
    return None


def _burst(per_second: float) -> Pace:
    return Pace(per_second, max(1.0, per_second * _BURST))
