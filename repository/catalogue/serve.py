"""Serve the catalogue: Datasette with our words, settings and templates, reading only, without a network."""

from __future__ import annotations

import datetime as dt
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette, DatasetteClient
from datasette.utils.asgi import Request

from metadata.problem import Problem
from metadata.wording import Tongue
from repository.catalogue import asking, errors
from repository.catalogue.house import House, settle
from repository.catalogue.how_safe import QUESTION, Answer, answers, worst
from repository.catalogue.language import switch
from repository.catalogue.out.serving import HOW, log_requests
from repository.catalogue.presentation import NAME, SETTINGS, TABLES, VIEWS, Speech, described, link
from repository.catalogue.rights.audience import Role, current
from repository.catalogue.rights.database import ScopedDatabase
from repository.catalogue.signing.secret import kept_secret

REFRESHED = 60.0
"""Seconds between two looks whether the journal has grown."""
_HERE = Path(__file__).parent


class _Served(Datasette):  # type: ignore[misc]
    """Datasette without its own list of every database's tables, which knows of no audience and nobody asks for."""

    async def refresh_schemas(self) -> None:
        """Nothing to do."""


def application(house: House) -> Datasette:
    """Datasette over the catalogue of `house`.

    Raises:
        FileNotFoundError: it has not been built.
        sqlite3.Error: it is no database.
        Problem: R031, the secret that sessions are signed with cannot be read or made.
    """
    database = house.database
    if not database.is_file():
        raise FileNotFoundError(database)
    errors.take_over()
    asking.take_over(NAME)
    speech = Speech()
    told = described(database, speech)
    served = _Served(
        metadata=told,
        settings=SETTINGS,
        secret=kept_secret(house.state),
        template_dir=str(_HERE / "templates"),
        static_mounts=[("assets", str(_HERE / "static"))],
    )
    settle(served, house)
    served.remove_database("_memory")  # in which staff could ask for a gigabyte of zeros
    own = frozenset(query["sql"].strip() for query in told["databases"][NAME]["queries"].values())
    scoped = ScopedDatabase(served, str(database), house.config.unknown_access, own)
    served.add_database(scoped, name=NAME)
    served.jinja_env.globals.update(
        speech=speech,
        link=link,
        audience=current,
        switch=_switch,
        safe=partial(_safe, served, speech),
        catalogue=NAME,
        main_tables=TABLES,
        main_views=VIEWS,
    )
    # Made when Datasette was, before it was known that it serves a catalogue: without our pages and doors.
    served.client = DatasetteClient(served)
    return served


def serve(
    house: House,
    host: str = "127.0.0.1",
    port: int = 8001,
    refresh: Callable[[], None] | None = None,
    watch: Callable[[], float] | None = None,
) -> None:
    """Serve the catalogue of `house` at `host` and `port` until the process is told to end (SIGINT, SIGTERM).

    `refresh` is called now and every REFRESHED seconds, beside the answers, and keeps its failures to itself: so what
    audits, drills and repairs wrote into the journal is shown without their knowing of the catalogue. `watch` is called
    likewise, as soon again as it says (seconds): it follows what is being worked on.

    Raises:
        FileNotFoundError: it has not been built.
        Problem: R001, somebody else listens there, or nobody may.
    """
    door = _listening(host, port)
    if refresh is not None:
        refresh()
    log_requests()
    served = application(house)
    # The first word of a language takes simplemma up to three seconds: longer than a question may.
    with closing(sqlite3.connect(f"file:{house.database}?mode=ro", uri=True)) as connection:
        asking.prepare(connection)
    ended = threading.Event()
    if refresh is not None:
        threading.Thread(target=_refreshing, args=(refresh, ended), name="refresh", daemon=True).start()
    if watch is not None:
        threading.Thread(target=_watching, args=(watch, ended), name="watch", daemon=True).start()
    try:
        uvicorn.Server(uvicorn.Config(served.app(), **HOW)).run(sockets=[door])
    finally:
        ended.set()


def _listening(host: str, port: int) -> socket.socket:
    try:
        ((family, kind, protocol, _, address), *_) = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with ExitStack() as failing:
            # asyncio turns off Nagle's algorithm (40 ms an answer) only where the protocol is told.
            door = failing.enter_context(socket.socket(family, kind, protocol))
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(address)
            failing.pop_all()
        return door
    except OSError as error:
        raise Problem("R001", f"{host}:{port}", why=error.strerror or str(error)) from error


def _refreshing(refresh: Callable[[], None], ended: threading.Event) -> None:
    while not ended.wait(REFRESHED):
        refresh()


def _watching(watch: Callable[[], float], ended: threading.Event) -> None:
    while not ended.wait(watch()):
        pass


def _switch(request: Request | None, tongue: str) -> str:
    """The address of this page in `tongue`; of the front page where the page at hand has no address to come back to."""
    if request is None or request.method != "GET":
        return switch("/", "", Tongue(tongue))
    return switch(request.path, request.query_string, Tongue(tongue))


async def _safe(served: Datasette, speech: Speech) -> dict[str, Any]:
    """How safely everything is kept: the answers, the worst of them, the journal's last entry.

    No answers for those who may not see all of it: what is said of a part would be taken for the whole.
    """
    if not (current().everywhere and current().has(Role.ARCHIVIST)):
        return {"answers": (), "worst": worst(()), "entry": None}
    rows = (await served.get_database(NAME).execute(QUESTION)).rows
    given: tuple[Answer, ...] = ()
    last: dict[str, Any] = {"entry": None}
    for row in rows:
        last = {"entry": row["entry"], "entry_time": row["entry_time"]}
        given = answers(dict(row), speech, dt.datetime.now(dt.UTC))
    return {"answers": given, "worst": worst(given), **last}
