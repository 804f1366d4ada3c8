"""The pages of signing in and out: /sign-in, /sign-out, and the way to the identity provider and back."""

from __future__ import annotations

import asyncio
import math
import re
from typing import TYPE_CHECKING

from datasette import Response
from datasette.utils.asgi import Forbidden

from metadata.problem import Problem
from repository.catalogue.routes import Route
from repository.catalogue.signing.access_log import note
from repository.catalogue.signing.porter import Porter, Visitor, porter_of, visitor_of
from repository.catalogue.signing.refusal import said
from repository.catalogue.signing.session import issue, keep
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


_STATE = "kdr_openid"
_STATE_LASTS = 600
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_MOST_NEXT = 2000


def onward(told: str | None) -> str:
    """The local page somebody wanted; the front page in the place of anything that could lead elsewhere.

    A path alone: two slashes, and whatever holds a backslash, blank or control, is read as another host by some browser
    (OWASP: unvalidated redirects; URL standard 4.4).
    """
    fits = bool(told) and len(str(told)) <= _MOST_NEXT and _LOCAL.fullmatch(str(told)) is not None
    return str(told) if fits else "/"


async def _sign_in(datasette: Datasette, request: Request) -> Response:
    if request.method != "POST":
        return await _form(datasette, request, onward(request.args.get("next")))
    # A form of another site's brings no cookie at all (SameSite), and without one asgi_csrf does not look.
    if "ds_csrftoken" not in request.cookies:
        raise Forbidden("csrf")
    given = await request.post_vars()
    name, wanted = given.get("name", "").strip().lower()[:64], onward(given.get("next"))
    try:
        return await _tried(datasette, request, name, given.get("password", ""), wanted)
    except Problem as problem:
        return await _form(datasette, request, wanted, 503, problem=problem, name=name)


async def _tried(datasette: Datasette, request: Request, name: str, password: str, wanted: str) -> Response:
    """The answer to a name and a password.

    Raises:
        Problem: R030 accounts cannot be read, R032 the log cannot be written: then nobody is let in.
    """
    porter, visitor = porter_of(datasette), visitor_of(request)
    wait = porter.wait(visitor.client, name)
    if wait:
        await _note(porter, visitor, "sign-in-slowed", name)
        seconds = math.ceil(wait)
        sentence = said("signing.too_often", seconds=seconds)
        shown = await _form(datasette, request, wanted, 429, sentence=sentence, name=name)
        shown.headers["retry-after"] = str(seconds)
        return shown
    account = await porter.proved(name, password)
    if account is None:
        await _note(porter, visitor, "sign-in-refused", name)
        return await _form(datasette, request, wanted, 403, sentence=said("signing.wrong"), name=name)
    await _note(porter, visitor, "signed-in", account.name)
    porter.welcome(visitor.client, name)
    return _let_in(datasette, visitor, issue(datasette, account.audience(), account), wanted, porter)


def _let_in(datasette: Datasette, visitor: Visitor, cookie: str, wanted: str, porter: Porter) -> Response:
    seconds = int(porter.house.config.session_hours * 3600)
    return keep(Response.redirect(wanted, status=303), cookie, secure=visitor.client.secure, seconds=seconds)


async def _form(
    datasette: Datasette,
    request: Request,
    wanted: str,
    status: int = 200,
    *,
    problem: Problem | None = None,
    sentence: str = "",
    name: str = "",
) -> Response:
    finding = problem.finding if problem else None
    told = {
        "next": wanted,
        "name": name,
        "sentence": f"{finding.code}: {finding.text(current_tongue())}" if finding else sentence,
        "advice": finding.advice(current_tongue()) if finding else "",
        "openid": porter_of(datasette).provider is not None,
    }
    page = await datasette.render_template("sign_in.html", told, request=request)
    return Response.html(page, status=status, headers={"cache-control": "no-store"})


async def _sign_out(datasette: Datasette, request: Request) -> Response:
    porter, visitor = porter_of(datasette), visitor_of(request)
    if visitor.session is not None:
        await asyncio.to_thread(porter.ended.end, visitor.session)
        await _note(porter, visitor, "signed-out", _called(visitor))
    return keep(Response.redirect("/", status=303), "", secure=visitor.client.secure, seconds=0)


def _called(visitor: Visitor) -> str:
    return visitor.account.name if visitor.account else visitor.audience.name


async def _to_provider(datasette: Datasette, request: Request) -> Response:
    porter, visitor = porter_of(datasette), visitor_of(request)
    wanted = onward(request.args.get("next"))
    if porter.provider is None:
        return Response.redirect("/sign-in", status=303)
    wait = porter.wait(visitor.client)
    if wait:
        return await _form(datasette, request, wanted, 429, sentence=said("signing.too_often", seconds=math.ceil(wait)))
    try:
        address, state = await porter.provider.begin(_back(porter, visitor, request), wanted)
    except Problem as problem:
        return await _form(datasette, request, wanted, 503, problem=problem)
    sent = Response.redirect(address, status=303)
    secure = visitor.client.secure
    sent.set_cookie(_STATE, state, max_age=_STATE_LASTS, path="/sign-in", secure=secure, httponly=True, samesite="lax")
    return sent


async def _from_provider(datasette: Datasette, request: Request) -> Response:
    porter, visitor = porter_of(datasette), visitor_of(request)
    if porter.provider is None:
        return Response.redirect("/sign-in", status=303)
    told = {name: str(request.args.get(name)) for name in ("state", "code", "iss", "error") if name in request.args}
    try:
        found, wanted = await porter.provider.finish(told, request.cookies.get(_STATE, ""))
        address = visitor.client.address
        facts = {"issuer": porter.provider.config.issuer, "subject": found.subject}
        await asyncio.to_thread(note, porter.house, "signed-in", found.audience.name, address, **facts)
    except Problem as problem:
        await _note(porter, visitor, "sign-in-refused", "", code=problem.finding.code)
        return await _form(datasette, request, "/", 503 if problem.finding.code == "R037" else 403, problem=problem)
    taken = {each.casefold() for a in porter.accounts.all().values() for each in (a.name, a.shown)}
    audience = found.named_apart(taken)
    porter.welcome(visitor.client)
    answer = _let_in(datasette, visitor, issue(datasette, audience), wanted, porter)
    answer.set_cookie(_STATE, "", max_age=0, path="/sign-in", secure=visitor.client.secure, httponly=True)
    return answer


def _back(porter: Porter, visitor: Visitor, request: Request) -> str:
    """Our address that the provider returns to; it knows which ones are ours, so a forged Host gets nowhere."""
    scheme = "https" if visitor.client.secure else "http"
    ours = porter.house.config.address.rstrip("/") or f"{scheme}://{request.host}"
    return f"{ours}/sign-in/openid/back"


async def _note(porter: Porter, visitor: Visitor, what: str, who: str, **facts: str) -> None:
    await asyncio.to_thread(note, porter.house, what, who, visitor.client.address, **facts)


ROUTES: tuple[Route, ...] = (
    Route("sign_in", r"^/sign-in$", _sign_in, methods=("GET", "POST"), parameters=("next",)),
    Route("sign_out", r"^/sign-out$", _sign_out, methods=("POST",)),
    Route("sign_in_openid", r"^/sign-in/openid$", _to_provider, parameters=("next",)),
    Route(
        "sign_in_openid_back", r"^/sign-in/openid/back$", _from_provider, parameters=("code", "state", "error", "iss")
    ),
)
"""Every address of signing in and out."""
