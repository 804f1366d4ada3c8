"""How somebody is turned away: a page for people, JSON for programs, in their language, with the right status."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from datasette import Response

from metadata.problem import Problem
from metadata.wording import wording
from repository.catalogue.rights.audience import current
from repository.catalogue.signing.access_log import note
from repository.catalogue.signing.porter import REFUSALS, porter_of, visitor_of
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_log = logging.getLogger(__name__)
Headers = Mapping[str, str]


def said(key: str, **facts: object) -> str:
    """A sentence of the sign-in, in the language of the request."""
    return wording("repository.catalogue.words", "signing.toml").say(key, current_tongue(), **facts)


def reads_pages(headers: Headers) -> bool:
    """Whether a person's browser asks (RFC 9110 12.5.1), not a program."""
    return "text/html" in headers.get("accept", "")


async def refuse(
    datasette: Datasette, asked: Headers, status: int, sentence: str, headers: dict[str, str] | None = None
) -> Response:
    """The answer `status` that says `sentence`; `asked` are the request's headers."""
    told: dict[str, Any] = {"ok": False, "status": status, "error": sentence}
    more = {"content-language": current_tongue().value} | (headers or {})
    if not reads_pages(asked):
        return Response.json(told, status=status, headers=more)
    page = datasette.jinja_env.get_template("turned_away.html")
    return Response.html(await page.render_async(told | {"urls": datasette.urls}), status=status, headers=more)


async def forbidden(datasette: Datasette, request: Request) -> Response:
    """The answer to whoever may not: to sign in for people who have not, 401 for programs, 403 for those known."""
    await _noted(datasette, request)
    if current().name:
        return await refuse(datasette, request.headers, 403, said("signing.forbidden"))
    if request.method in ("GET", "HEAD") and reads_pages(request.headers):
        return Response.redirect(f"/sign-in?next={quote(request.full_path)}", status=303)
    if request.method == "POST" and reads_pages(request.headers):
        return await refuse(datasette, request.headers, 403, said("signing.sign_in_first"))
    known = {"www-authenticate": "Bearer"}  # RFC 6750 3
    return await refuse(datasette, request.headers, 401, said("signing.sign_in_first"), known)


async def _noted(datasette: Datasette, request: Request) -> None:
    porter, visitor = porter_of(datasette), visitor_of(request)
    if porter.rates.take(("refused", visitor.client.neighbourhood), REFUSALS):
        return
    who, where = visitor.audience.name, visitor.client.address
    try:
        await asyncio.to_thread(note, porter.house, "refused", who, where, method=request.method, path=request.path)
    except Problem as problem:
        _log.error("%s", problem)
