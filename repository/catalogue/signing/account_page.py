"""The page of whoever is signed in: who they are here, their password, their API tokens."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from datasette import Response
from datasette.utils.asgi import Forbidden

from metadata.problem import Problem
from repository.catalogue.rights.audience import Role
from repository.catalogue.routes import Route
from repository.catalogue.signing.access_log import note
from repository.catalogue.signing.passwords import LEAST, hashed
from repository.catalogue.signing.porter import Porter, Visitor, porter_of, visitor_of
from repository.catalogue.signing.refusal import said
from repository.catalogue.signing.session import issue, keep
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

    from repository.catalogue.signing.accounts import Account

DAYS = (30, 90, 365)
"""How long a token can be asked for."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form sent: by whom, of which account, with which fields."""

    datasette: Datasette
    request: Request
    visitor: Visitor
    account: Account
    fields: dict[str, list[str]]

    @property
    def porter(self) -> Porter:
        return porter_of(self.datasette)

    def field(self, name: str) -> str:
        return self.fields.get(name, [""])[0]

    async def note(self, what: str, **facts: str) -> None:
        address = self.visitor.client.address
        await asyncio.to_thread(note, self.porter.house, what, self.account.name, address, **facts)

    async def shown(self, status: int = 200, *, made: str = "", sentence: str = "") -> Response:
        return await _shown(self.datasette, self.request, self.visitor, status, made=made, sentence=sentence)


async def _account(datasette: Datasette, request: Request) -> Response:
    visitor = visitor_of(request)
    if request.method != "POST":
        return await _shown(datasette, request, visitor)
    # What a program holds must not make more of itself: people change accounts, signed in by password.
    if visitor.session is None or visitor.account is None:
        raise Forbidden("account")
    fields = parse_qs((await request.post_body()).decode("ascii"), keep_blank_values=True)
    asked = _Asked(datasette, request, visitor, visitor.account, fields)
    done = _DONE.get(asked.field("do"))
    try:
        return await done(asked) if done else await asked.shown(400, sentence=said("signing.limit_strange"))
    except Problem as problem:
        return await asked.shown(400, sentence=f"{problem.finding.code}: {problem.finding.text(current_tongue())}")


async def _made(asked: _Asked) -> Response:
    """A new token, shown this once."""
    days = int(next((each for each in asked.fields.get("days", []) if each in map(str, DAYS)), DAYS[0]))
    roles = tuple(role for role in Role if role in asked.fields.get("role", []))
    make, label = asked.porter.accounts.make_token, asked.field("label").strip()
    secret, token = await asyncio.to_thread(make, asked.account.name, label, roles, days)
    await asked.note("token-made", token=token.id, roles=" ".join(token.roles))
    return await asked.shown(made=secret)


async def _revoked(asked: _Asked) -> Response:
    await asyncio.to_thread(asked.porter.accounts.revoke, asked.account.name, asked.field("token"))
    await asked.note("token-revoked", token=asked.field("token"))
    return Response.redirect("/account", status=303)


async def _changed(asked: _Asked) -> Response:
    """A new password: all sessions end, but the one that asks goes on under a new cookie."""
    porter, client, name = asked.porter, asked.visitor.client, asked.account.name
    if porter.wait(client, name) or not await porter.proved(name, asked.field("old")):
        await asked.note("password-refused")
        return await asked.shown(403, sentence=said("signing.wrong_old"))
    kept = await asyncio.to_thread(hashed, asked.field("new"), name)
    now = await asyncio.to_thread(porter.accounts.change, name, lambda each: replace(each, password=kept))
    await asked.note("password-changed")
    porter.welcome(client, name)
    seconds = int(porter.house.config.session_hours * 3600)
    cookie = issue(asked.datasette, now.audience(), now)
    return keep(Response.redirect("/account", status=303), cookie, secure=client.secure, seconds=seconds)


_DONE: dict[str, Callable[[_Asked], Awaitable[Response]]] = {"make": _made, "revoke": _revoked, "password": _changed}


async def _shown(
    datasette: Datasette, request: Request, visitor: Visitor, status: int = 200, *, made: str = "", sentence: str = ""
) -> Response:
    """The page; the account is read anew, since a token may just have been made."""
    account = porter_of(datasette).accounts.get(visitor.account.name) if visitor.account else None
    until = dt.datetime.fromtimestamp(visitor.session.expires, dt.UTC).isoformat() if visitor.session else ""
    told = {
        "who": visitor.audience,
        "account": account,
        "until": until,
        "made": made,
        "sentence": sentence,
        "days": DAYS,
        "least": LEAST,
        "now": dt.datetime.now(dt.UTC),
        "institutions": sorted(visitor.audience.institutions),
        "roles": [role for role in Role if role in visitor.audience.roles],
    }
    page = await datasette.render_template("account.html", told, request=request)
    return Response.html(page, status=status, headers={"cache-control": "no-store"})


ROUTES: tuple[Route, ...] = (Route("account", r"^/account$", _account, roles=tuple(Role), methods=("GET", "POST")),)
"""The page of one's own account."""
