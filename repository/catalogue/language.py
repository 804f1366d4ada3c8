"""Which language a reader gets: the switch (?lang=), else what was switched to before (cookie), else the browser's.

Czech where nothing tells (KDR_LANGUAGE=en: English).
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from metadata.wording import Tongue, chosen_tongue
from repository.catalogue.tongue import speaking

if TYPE_CHECKING:
    from datasette.app import Datasette

App = Callable[..., Any]
COOKIE = "kdr_lang"


def door(_datasette: Datasette, app: App) -> App:
    """Answer every request in its reader's language."""

    async def answer(scope: dict[str, Any], receive: App, send: App) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        chosen = _switched(scope)

        async def told(message: dict[str, Any]) -> None:
            if chosen and message["type"] == "http.response.start":
                cookie = f"{COOKIE}={chosen.value}; Path=/; Max-Age=31536000; SameSite=Lax"
                message = message | {"headers": [*message.get("headers", ()), (b"set-cookie", cookie.encode())]}
            await send(message)

        with speaking(chosen or _wished(scope)):
            await app(scope, receive, told)

    return answer


def _switched(scope: dict[str, Any]) -> Tongue | None:
    told = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[-1]
    return Tongue(told) if told in tuple(Tongue) else None


def _wished(scope: dict[str, Any]) -> Tongue:
    headers = {name.lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
    try:
        kept = SimpleCookie(headers.get(b"cookie", "")).get(COOKIE)
    except CookieError:
        kept = None
    if kept and kept.value in tuple(Tongue):
        return Tongue(kept.value)
    # The browser's list is in its reader's order (RFC 9110 12.5.4); weights against that order are not met in practice.
    for wish in headers.get(b"accept-language", "").split(","):
        name = wish.split(";")[0].strip().lower()[:2]
        if name in (*tuple(Tongue), "sk"):
            return Tongue.EN if name == "en" else Tongue.CS
    return chosen_tongue()
