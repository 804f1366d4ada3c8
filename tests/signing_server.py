"""A catalogue behind a real server, and those who sign in to it, for tests."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from argon2 import PasswordHasher
from datasette.app import Datasette

from repository.catalogue.house import Config, House
from repository.catalogue.rights.audience import Role
from repository.catalogue.serve import application
from repository.catalogue.signing.accounts import Account, Accounts, new_account
from tests.stored_volumes import Shelf, close

PASSWORD = "Kůň stojí u zvonice"  # noqa: S105 - of nobody
_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
HTML = {"accept": "text/html"}


@dataclass(frozen=True, slots=True)
class Served:
    """A running catalogue."""

    house: House
    datasette: Datasette
    address: str

    @property
    def accounts(self) -> Accounts:
        """Its accounts, as another process would see them."""
        return Accounts(self.house.state)

    def log(self) -> list[dict[str, Any]]:
        """What was written down of who came."""
        files = sorted((self.house.state / "access").glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text(encoding="ascii").splitlines()]

    def client(self, **more: Any) -> httpx.Client:  # noqa: ANN401 - httpx's
        """A browser of its own."""
        return httpx.Client(base_url=self.address, headers=HTML | more.pop("headers", {}), timeout=30, **more)

    def account(self, name: str = "jana", role: Role = Role.CURATOR, **more: Any) -> Account:  # noqa: ANN401
        """A new account with PASSWORD."""
        account = new_account(name, name.capitalize(), _QUICK.hash(PASSWORD), (role,), ("*",))
        account = replace(account, **more)
        self.accounts.add(account)
        return account


def token_in(page: str) -> str:
    """The form's token against forged requests."""
    found = re.search(r'name="csrftoken" value="([^"]+)"', page)
    assert found is not None, page[:400]
    return found[1]


def sign_in(
    client: httpx.Client, name: str = "jana", password: str = PASSWORD, onward: str = "/account"
) -> httpx.Response:
    """Fill in the form."""
    form = token_in(client.get("/sign-in").text)
    return client.post("/sign-in", data={"csrftoken": form, "name": name, "password": password, "next": onward})


@contextmanager
def serving(shelf: Shelf, **config: Any) -> Iterator[Served]:  # noqa: ANN401 - what Config takes
    """Serve the catalogue of `shelf`, configured so, by uvicorn as `serve` does."""
    with serving_house(replace(shelf.house, config=Config(**config))) as served:
        yield served


@contextmanager
def serving_house(house: House) -> Iterator[Served]:
    """Serve the catalogue of `house` as it is configured."""
    datasette = application(house)
    server = uvicorn.Server(
        uvicorn.Config(datasette.app(), port=0, log_level="error", lifespan="on", proxy_headers=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(house, datasette, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join()
        close(datasette)


def small_shelf(folder: Path) -> Shelf:
    """A catalogue of one volume."""
    shelf = Shelf(folder)
    shelf.keep("a")
    shelf.build()
    return shelf
