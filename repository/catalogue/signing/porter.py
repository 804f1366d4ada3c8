"""What the door knows between two requests: accounts, sessions ended, who asks how often, who is at the provider's."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from repository.catalogue.house import House, house_of
from repository.catalogue.rights.audience import PUBLIC, Audience
from repository.catalogue.signing.accounts import Account, Accounts
from repository.catalogue.signing.client import Client
from repository.catalogue.signing.openid import Provider
from repository.catalogue.signing.passwords import fits
from repository.catalogue.signing.rates import Pace, Rates
from repository.catalogue.signing.session import Ended, Session

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

BY_ADDRESS = Pace(1 / 6, 20)
"""Sign-ins tried from one address: twenty at once, then ten a minute (a reading room has one address for all)."""
BY_NAME = Pace(1 / 30, 8)
"""Sign-ins tried with one name, whether anybody bears it or not: eight at once, then two a minute."""
REFUSALS = Pace(1, 30)
"""Refused accesses of one address that are written down; more say nothing new and would fill the disk."""
_VISITOR = "kdr_visitor"
# Each takes 64 MB (Argon2id); threads of their own, so that many sign-ins keep no page waiting for a thread.
_hashing = ThreadPoolExecutor(2, "password")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: for whom is answered, from where, by which session or (of which account) API token."""

    audience: Audience
    client: Client
    session: Session | None = None
    account: Account | None = None

    def put(self, scope: dict[str, Any]) -> dict[str, Any]:
        """The request (ASGI scope) with its visitor."""
        return scope | {_VISITOR: self}


def visitor_of(request: Request) -> Visitor:
    """Who asks; the public from nowhere where the request passed no door."""
    found = request.scope.get(_VISITOR)
    return found if isinstance(found, Visitor) else Visitor(PUBLIC, Client("", on_premises=False, secure=False))


def actor(request: Request) -> dict[str, Any] | None:
    """Who is signed in, as Datasette calls it; never its "root", whatever somebody's name."""
    who = visitor_of(request).audience
    told = {"id": f"kdr:{who.name}", "name": who.name, "roles": sorted(who.roles)}
    return told | {"institutions": sorted(who.institutions)} if who.name else None


class Porter:
    """What is kept for one Datasette."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.accounts = Accounts(house.state)
        self.ended = Ended(house.state)
        self.rates = Rates()
        self.tried = Rates()
        self.provider = Provider(house.config.openid) if house.config.openid else None

    async def proved(self, name: str, password: str) -> Account | None:
        """The account of that name and password, not disabled; as slow when there is none.

        Raises:
            Problem: R030, the accounts cannot be read.
        """
        account = self.accounts.all().get(name)
        kept = account.password if account else None
        right = await asyncio.get_running_loop().run_in_executor(_hashing, fits, kept, password)
        return account if account and right and not account.disabled else None

    def wait(self, client: Client, name: str = "") -> float:
        """Seconds before a sign-in (with `name`) may be tried again from there; 0: now, and it counts as tried."""
        by_address = self.tried.take(("address", client.neighbourhood), BY_ADDRESS)
        return by_address or (self.tried.take(("name", name), BY_NAME) if name else 0.0)

    def welcome(self, client: Client, name: str = "") -> None:
        """Whoever came in may mistype again."""
        self.tried.forgive(("address", client.neighbourhood))
        self.tried.forgive(("name", name))


_PORTERS: WeakKeyDictionary[Datasette, Porter] = WeakKeyDictionary()


def porter_of(datasette: Datasette) -> Porter:
    """The porter of a Datasette that serves a house of ours."""
    if datasette not in _PORTERS:
        _PORTERS[datasette] = Porter(house_of(datasette))
    return _PORTERS[datasette]
