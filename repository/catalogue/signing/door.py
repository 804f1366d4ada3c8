"""The door: who asks is found here, once, before anything is answered; too much or too often goes no further."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import math
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from metadata.problem import Problem
from repository.catalogue.rights.audience import PUBLIC, answering
from repository.catalogue.signing import limits
from repository.catalogue.signing.access_log import note
from repository.catalogue.signing.client import Client, client_of
from repository.catalogue.signing.porter import BY_ADDRESS, Porter, Visitor, porter_of
from repository.catalogue.signing.refusal import refuse, said
from repository.catalogue.signing.session import COOKIE, TAKEN_AWAY, told_by

if TYPE_CHECKING:
    from datasette.app import Datasette

App = Callable[..., Any]
_log = logging.getLogger(__name__)
_INSIDE: ContextVar[bool] = ContextVar("inside", default=False)
_NOTED_EVERY = dt.timedelta(hours=1)


class _TurnedAway(Exception):
    """What the door itself answers: status, sentence, headers."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str]) -> None:
        self.status, self.sentence, self.headers = status, sentence, headers
        super().__init__(status)


def door(datasette: Datasette, app: App) -> App:
    """Answer every request for whoever it is that asks."""

    async def answer(scope: dict[str, Any], receive: App, send: App) -> None:
        # A page that asks another page of ours asks for its own reader, not from this machine.
        if scope["type"] != "http" or _INSIDE.get():
            await app(scope, receive, send)
            return
        porter = porter_of(datasette)
        client = client_of(scope, porter.house.config)
        cleaned, cookies = limits.cookies(scope.get("headers", []))
        scope = scope | {"headers": cleaned}
        asked = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in cleaned}
        dropped = False

        async def told(message: dict[str, Any]) -> None:
            await send(_finished(message, client, dropped=dropped))

        try:
            limits.check(scope)
            receive = await limits.body(scope, receive)
            _not_too_often(porter, scope, client)
            visitor = await _visitor(porter, datasette, client, asked.get("authorization", ""), cookies.get(COOKIE, ""))
        except limits.Refused as refused:
            given = await refuse(datasette, asked, refused.status, said(refused.key))
            await given.asgi_send(told)
            return
        except _TurnedAway as away:
            given = await refuse(datasette, asked, away.status, away.sentence, away.headers)
            await given.asgi_send(told)
            return
        dropped = bool(cookies.get(COOKIE)) and not visitor.audience.name
        token = _INSIDE.set(True)
        try:
            with answering(visitor.audience):
                await app(visitor.put(scope), receive, told)
        finally:
            _INSIDE.reset(token)

    return answer


def _finished(message: dict[str, Any], client: Client, *, dropped: bool) -> dict[str, Any]:
    """The beginning of an answer: cookies as they must be, and a session's that holds no more taken away."""
    if message["type"] != "http.response.start":
        return message
    headers = [(name, _tightened(name, value, client)) for name, value in message.get("headers", ())]
    signs_in = any(name.lower() == b"set-cookie" and value.startswith(COOKIE.encode()) for name, value in headers)
    if dropped and not signs_in:
        headers.append((b"set-cookie", TAKEN_AWAY.encode()))
    return message | {"headers": headers}


def _tightened(name: bytes, value: bytes, client: Client) -> bytes:
    """Cookies of others (the form's token) over https alone, where that is how readers come."""
    if name.lower() != b"set-cookie":
        return value
    if value.startswith(b"ds_csrftoken=") and b"HttpOnly" not in value:
        value += b"; HttpOnly"
    return value + b"; Secure" if client.secure and b"secure" not in value.lower().split(b"; ") else value


def _not_too_often(porter: Porter, scope: dict[str, Any], client: Client) -> None:
    counted = limits.pace(scope, porter.house.config)
    wait = porter.rates.take((counted[0], client.neighbourhood), counted[1]) if counted else 0
    if wait:
        raise _too_often(wait)


def _too_often(wait: float) -> _TurnedAway:
    seconds = math.ceil(wait)
    return _TurnedAway(429, said("signing.too_often", seconds=seconds), {"retry-after": str(seconds)})


async def _visitor(porter: Porter, datasette: Datasette, client: Client, authorization: str, cookie: str) -> Visitor:
    """Who it is: by API token, else by session, else nobody.

    Raises:
        _TurnedAway: 401 the token is none of ours or has expired (RFC 6750 3.1), 429 too many such were tried.
    """
    scheme, _, value = authorization.partition(" ")
    try:
        if scheme.lower() == "bearer":
            found = await _by_token(porter, client, value.strip())
        else:
            found = _by_session(porter, datasette, client, cookie)
    except Problem as problem:  # nobody is let in by accounts that cannot be read
        _log.error("%s", problem)
        found = Visitor(PUBLIC, client)
    return replace(found, audience=replace(found.audience, on_premises=client.on_premises))


def _by_session(porter: Porter, datasette: Datasette, client: Client, cookie: str) -> Visitor:
    session = told_by(datasette, cookie) if cookie else None
    accounts = porter.accounts.all()
    if session is None or session in porter.ended:
        return Visitor(PUBLIC, client)
    if not session.account:
        return Visitor(session.audience, client, session)
    account = accounts.get(session.account)
    if account is None or account.disabled or account.changed != session.changed:
        return Visitor(PUBLIC, client)
    return Visitor(account.audience(), client, session, account)


async def _by_token(porter: Porter, client: Client, value: str) -> Visitor:
    now = dt.datetime.now(dt.UTC)
    found = porter.accounts.bearer(value, now)
    if found is None:
        wait = porter.tried.take(("bearer", client.neighbourhood), BY_ADDRESS)
        if wait:
            raise _too_often(wait)
        await asyncio.to_thread(note, porter.house, "token-refused", "", client.address)
        invalid = {"www-authenticate": 'Bearer error="invalid_token"'}
        raise _TurnedAway(401, said("signing.token_refused"), invalid)
    account, token = found
    if not token.used or now - dt.datetime.fromisoformat(token.used) >= _NOTED_EVERY:
        await asyncio.to_thread(porter.accounts.used, account.name, token.id, now)
        await asyncio.to_thread(note, porter.house, "token-used", account.name, client.address, token=token.id)
    return Visitor(account.audience(token.roles), client, account=account)
