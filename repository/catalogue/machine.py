"""What Datasette tells of the machine it runs on: files, versions, plugins, threads, permissions. For admins alone.

Its pages below /-/ are for those who develop with it, and it shows most of them to everybody (OWASP ASVS 4.0, 14.3:
unintended security disclosure). Left open are its style sheets and scripts, our own metrics, and who one is oneself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datasette.utils.asgi import Request

from repository.catalogue.rights.audience import Role, current
from repository.catalogue.signing import refusal

if TYPE_CHECKING:
    from datasette.app import Datasette

App = Callable[..., Any]
_OPEN = re.compile(r"/-/(static|static-plugins)/|/-/(actor(\.json)?|metrics)$")


def door(datasette: Datasette, app: App) -> App:
    """Turn those away who are no admins, whatever of /-/ they ask for."""

    async def answer(scope: dict[str, Any], receive: App, send: App) -> None:
        if scope["type"] != "http" or not _closed(scope):
            await app(scope, receive, send)
            return
        given = await refusal.forbidden(datasette, Request(scope, receive))
        await given.asgi_send(send)

    return answer


def _closed(scope: dict[str, Any]) -> bool:
    """Whether whoever asks may not see it; Datasette looks at the path as it came, not decoded."""
    raw = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    inside = raw.startswith("/-/") and _OPEN.match(raw) is None
    return inside and not (current().everywhere and current().has(Role.ADMIN))
