"""Which language a reader gets: the switch (?_lang=), else what was switched to before (cookie), else the house's.

The house's is Czech (KDR_LANGUAGE=en: English) whatever the browser asks for: a Czech library's readers use browsers in
all languages.
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from metadata.wording import Tongue, chosen_tongue
from repository.catalogue.house import house_of
from repository.catalogue.signing.client import client_of
from repository.catalogue.tongue import speaking

if TYPE_CHECKING:
    from datasette.app import Datasette

App = Callable[..., Any]
COOKIE = "kdr_lang"
SWITCH = "_lang"
"""Datasette takes parameters that begin otherwise for names of columns."""


def door(datasette: Datasette, app: App) -> App:
    """Answer every request in its reader's language; the switch is remembered and leads back to the bare address."""

    async def answer(scope: dict[str, Any], receive: App, send: App) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        chosen, rest = _switched(scope)
        if chosen and scope["method"] in ("GET", "HEAD"):
            secure = client_of(scope, house_of(datasette).config).secure
            headers = _remembered(chosen, scope, rest, secure=secure)
            await send({"type": "http.response.start", "status": 303, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        with speaking(_wished(scope)):
            await app(scope, receive, send)

    return answer


def switch(path: str, query: str, tongue: Tongue) -> str:
    """The address that shows the same page (its path and query) in `tongue`, and from then on every other."""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != SWITCH]
    return f"{path}?{urlencode([*kept, (SWITCH, tongue.value)])}"


def _switched(scope: dict[str, Any]) -> tuple[Tongue | None, str]:
    """What was switched to, and the query without it."""
    query = scope.get("query_string", b"").decode("latin-1")
    if SWITCH not in query:
        return None, query
    told = parse_qsl(query, keep_blank_values=True)
    wish = next((value for name, value in reversed(told) if name == SWITCH), "")
    return (Tongue(wish) if wish in tuple(Tongue) else None), urlencode([each for each in told if each[0] != SWITCH])


def _remembered(chosen: Tongue, scope: dict[str, Any], rest: str, *, secure: bool) -> list[tuple[bytes, bytes]]:
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    # Two slashes at the beginning would name another host (RFC 3986 4.2).
    bare = b"/" + path.split(b"?")[0].lstrip(b"/\\")
    cookie = f"{COOKIE}={chosen.value}; Path=/; Max-Age=31536000; SameSite=Lax" + "; Secure" * secure
    return [(b"location", bare + (b"?" + rest.encode() if rest else b"")), (b"set-cookie", cookie.encode())]


def _wished(scope: dict[str, Any]) -> Tongue:
    headers = {name.lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
    try:
        kept = SimpleCookie(headers.get(b"cookie", "")).get(COOKIE)
    except CookieError:
        kept = None
    if kept and kept.value in tuple(Tongue):
        return Tongue(kept.value)
    return chosen_tongue()
