"""What every answer tells browsers to be careful about (CSP Level 3; RFC 6797; OWASP Secure Headers)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from repository.catalogue.house import Config, house_of

if TYPE_CHECKING:
    from datasette.app import Datasette

App = Callable[..., Any]
_CONTENT = "content-security-policy"
# OpenSeadragon makes an empty style sheet, whose rules it then writes through the object model.
_EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_CACHE = b"cache-control"
_FOR_WHOM = (b"public", b"private", b"no-store")
# What is shown depends on who asks and in which language; style sheets and scripts are the same for all.
_OWN, _SAME = b"private, no-cache", b"public, max-age=3600"
_OPEN = (b"access-control-allow-origin", b"*")


def careful(config: Config) -> dict[str, str]:
    """The headers of every answer that does not bear them itself."""
    # Browsers hold a form's redirects to form-action too: signing in leads to the identity provider.
    issuer = urlsplit(config.openid.issuer) if config.openid else None
    provider = f" {issuer.scheme}://{issuer.netloc}" if issuer else ""
    policy = (
        f"default-src 'self'; style-src 'self' {_EMPTY}; img-src 'self' data: blob:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; "
        f"form-action 'self'{provider}; frame-ancestors 'none'"
    )
    told = {
        _CONTENT: policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    # A name that is served by https once would be unreachable by http: only the settings can say that it always is.
    return told | ({"strict-transport-security": "max-age=31536000"} if config.address.startswith("https:") else {})


def door(datasette: Datasette, app: App) -> App:
    """Add to every answer what it does not say itself."""
    told = [(name.encode(), value.encode()) for name, value in careful(house_of(datasette).config).items()]

    async def answer(scope: dict[str, Any], receive: App, send: App) -> None:
        async def finished(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                kept = _SAME if scope["path"].startswith("/assets/") else _OWN
                message = message | {"headers": _with(message.get("headers", ()), told, kept)}
            await send(message)

        await app(scope, receive, finished)

    return answer


def _with(given: Any, told: list[tuple[bytes, bytes]], kept: bytes) -> list[tuple[bytes, bytes]]:  # noqa: ANN401 - ASGI
    headers = [(bytes(name).lower(), bytes(value)) for name, value in given]
    # Datasette lets caches between keep its pages, which would show them to others: only who says for whom is heard.
    headers = [each for each in headers if each[0] != _CACHE or any(word in each[1] for word in _FOR_WHOM)]
    there = {name for name, _ in headers}
    # What may be read by scripts of other sites may be shown on them; anything else is for our pages alone.
    resource = b"cross-origin" if _OPEN in headers else b"same-origin"
    more = [*told, (b"cross-origin-resource-policy", resource), (_CACHE, kept)]
    return [*headers, *(each for each in more if each[0] not in there)]
