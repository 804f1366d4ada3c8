"""Who is signed in: a signed cookie that expires, ends with a change of the account, and is ended by signing out.

OWASP Session Management Cheat Sheet: the cookie holds no secret, cannot be read by scripts (HttpOnly), is not sent
along with other sites' forms (SameSite=Lax), and is made anew at every sign-in.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datasette import Response
from itsdangerous import BadData

from metadata.file import given_bytes, place_bytes
from metadata.record import read_json
from repository.catalogue.house import house_of
from repository.catalogue.rights.audience import Audience, Role

if TYPE_CHECKING:
    from datasette.app import Datasette

    from repository.catalogue.signing.accounts import Account

COOKIE = "kdr_session"
TAKEN_AWAY = f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
"""The Set-Cookie header (RFC 6265 4.1) that ends a cookie which does not hold any more."""
_SPACE = "kdr-session"
_FILE = "ended.json"


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie says: `account` is the local one (empty: the provider's), `expires` in seconds since 1970."""

    id: str
    audience: Audience
    account: str
    changed: str
    expires: float


def issue(datasette: Datasette, audience: Audience, account: Account | None = None, hours: float | None = None) -> str:
    """The value of a new session's cookie, for `hours` (as configured when not given)."""
    lasts = house_of(datasette).config.session_hours if hours is None else hours
    told = {
        "id": secrets.token_hex(16),
        "name": audience.name,
        "roles": sorted(audience.roles),
        "institutions": sorted(audience.institutions),
        "account": account.name if account else "",
        "changed": account.changed if account else "",
        "expires": time.time() + lasts * 3600,
    }
    return str(datasette.sign(told, _SPACE))


def told_by(datasette: Datasette, cookie: str) -> Session | None:
    """The session of a cookie that we signed and that has not expired; whether its account still holds is not asked."""
    try:
        told = datasette.unsign(cookie, _SPACE)
        roles = frozenset(Role(each) for each in told["roles"])
        audience = Audience(str(told["name"]), roles, frozenset(told["institutions"]))
        session = Session(told["id"], audience, told["account"], told["changed"], float(told["expires"]))
    except (BadData, ValueError, KeyError, TypeError):
        return None
    return session if time.time() < session.expires else None


def keep(response: Response, value: str, *, secure: bool, seconds: int) -> Response:
    """`response` with the session's cookie; an empty value and 0 seconds take it away."""
    response.set_cookie(COOKIE, value, max_age=seconds, secure=secure, httponly=True, samesite="lax")
    return response


class Ended:
    """Sessions that were signed out before they expired, in people/ended.json, so that a restart keeps them ended."""

    def __init__(self, state: Path, clock: Callable[[], float] = time.time) -> None:
        self._file, self._clock = state / _FILE, clock
        self._lock = threading.Lock()
        self._ids = self._read()

    def __contains__(self, session: Session) -> bool:
        return session.id in self._ids

    def end(self, session: Session) -> None:
        """End `session`. Raises OSError: it cannot be written down."""
        with self._lock:
            now = self._clock()
            held = {each: until for each, until in self._ids.items() if until > now}
            self._ids = held | {session.id: session.expires}
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            place_bytes(self._file, json.dumps(self._ids, sort_keys=True).encode())

    def _read(self) -> dict[str, float]:
        try:
            told = read_json(given_bytes(self._file))
            return {str(each): float(until) for each, until in told.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}
