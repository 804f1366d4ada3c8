"""What a reader sees when a page cannot be shown: a Datasette plugin in the place of Datasette's own.

Datasette 0.65 prints every error, a mistyped address included, with all local variables (cookies among them) when rich
is installed. Here only a failure of the catalogue itself is logged, and what Python says of it stays in the log: it may
tell of files and statements (OWASP Error Handling Cheat Sheet).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils.asgi import Request
from datasette.views.base import DatasetteError

from metadata.problem import Problem
from repository.catalogue.presentation import NAME, Speech
from repository.catalogue.signing import refusal

Answer = Callable[[], Awaitable[Response]]

_REPLACED = "datasette.handle_exception"
_NAME = "kdr.catalogue.errors"
_THEIRS = f"/{NAME}/"
# What Datasette 0.65 raises when parameters of its own pages (_facet_size=², _through=[) make no sense.
_SENSELESS = (ValueError, OverflowError, TypeError, KeyError)
_log = logging.getLogger(__name__)


def take_over() -> None:
    """Answer errors in the place of Datasette's own plugin, in this process."""
    if pm.has_plugin(_REPLACED):
        pm.unregister(name=_REPLACED)
    if not pm.has_plugin(_NAME):
        pm.register(_Errors(), name=_NAME)


class _Errors:
    """The plugin: status and reason as Datasette gives them, as JSON or as a page in the reader's language."""

    __name__ = _NAME

    @hookimpl  # type: ignore[untyped-decorator]
    def handle_exception(self, datasette: Datasette, request: Request, exception: Exception) -> Answer:
        status = int(getattr(exception, "status", 500))
        senseless = isinstance(exception, _SENSELESS) and request.path.startswith(_THEIRS) and request.query_string
        if senseless or isinstance(exception, DatasetteError):
            status = 400 if status == 500 else status  # its 500 is a request that makes no sense (_sort=nothing)
        if isinstance(exception, Problem):
            _log.error("%s: %s", request.path, exception)
            return _answer(datasette, request, 503, exception.finding.code)
        if status >= 500:
            _log.error("%s", request.path, exc_info=exception)
        elif senseless:
            _log.warning("%s: %.200r", request.path, exception)
        reason = getattr(exception, "message", None) or (exception.args or ("",))[0]
        return _answer(datasette, request, status, "" if senseless or status >= 500 else str(reason))

    @hookimpl  # type: ignore[untyped-decorator]
    def forbidden(self, datasette: Datasette, request: Request) -> Awaitable[Response]:
        return refusal.forbidden(datasette, request)


def _answer(datasette: Datasette, request: Request, status: int, reason: str) -> Answer:
    async def answer() -> Response:
        told = {"ok": False, "status": status, "error": reason}
        if request.path.endswith(".json"):
            said = reason or Speech().say("error.400" if status < 500 else "error.500")
            return Response.json(told | {"error": said}, status=status)
        page = datasette.jinja_env.get_template("error.html")
        shown = await page.render_async(told | {"urls": datasette.urls, "request": request})
        return Response.html(shown, status=status)

    return answer
