"""Serve the catalogue: Datasette with our words, settings and templates, reading only, without a network."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette, DatasetteClient
from datasette.utils.asgi import Request

from metadata.wording import Tongue
from repository.catalogue import asking, errors
from repository.catalogue.house import House, settle
from repository.catalogue.how_safe import QUESTION, Answer, answers, worst
from repository.catalogue.language import switch
from repository.catalogue.presentation import NAME, SETTINGS, TABLES, VIEWS, Speech, described, link
from repository.catalogue.rights.audience import current

REFRESHED = 60.0
"""Seconds between two looks whether the journal has grown."""
_HERE = Path(__file__).parent


def application(house: House) -> Datasette:
    """Datasette over the catalogue of `house`.

    Raises:
        FileNotFoundError: it has not been built.
        sqlite3.Error: it is no database.
    """
    database = house.database
    if not database.is_file():
        raise FileNotFoundError(database)
    errors.take_over()
    asking.take_over(NAME)
    speech = Speech()
    served = Datasette(
        [str(database)],
        metadata=described(database, speech),
        settings=SETTINGS,
        template_dir=str(_HERE / "templates"),
        static_mounts=[("assets", str(_HERE / "static"))],
    )
    settle(served, house)
    file = served.get_database()
    if file.name != NAME:
        served.remove_database(file.name)
        served.add_database(file, name=NAME)
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


def serve(house: House, host: str = "127.0.0.1", port: int = 8001, refresh: Callable[[], None] | None = None) -> None:
    """Serve the catalogue of `house` at `host` and `port` until the process is told to end (SIGINT, SIGTERM).

    `refresh` is called now and every REFRESHED seconds, beside the answers, and keeps its failures to itself: so what
    audits, drills and repairs wrote into the journal is shown without their knowing of the catalogue.

    Raises:
        FileNotFoundError: it has not been built.
    """
    if refresh is not None:
        refresh()
    served = application(house)
    # The first word of a language takes simplemma up to three seconds: longer than a question may.
    with closing(sqlite3.connect(f"file:{house.database}?mode=ro", uri=True)) as connection:
        asking.prepare(connection)
    ended = threading.Event()
    if refresh is not None:
        threading.Thread(target=_refreshing, args=(refresh, ended), name="refresh", daemon=True).start()
    try:
        uvicorn.run(served.app(), host=host, port=port, lifespan="on", workers=1, log_level="warning")
    finally:
        ended.set()


def _refreshing(refresh: Callable[[], None], ended: threading.Event) -> None:
    while not ended.wait(REFRESHED):
        refresh()


def _switch(request: Request | None, tongue: str) -> str:
    """The address of this page in `tongue`; of the front page where the page at hand has no address to come back to."""
    if request is None or request.method != "GET":
        return switch("/", "", Tongue(tongue))
    return switch(request.path, request.query_string, Tongue(tongue))


async def _safe(served: Datasette, speech: Speech) -> dict[str, Any]:
    """How safely everything is kept: the answers, the worst of them, the journal's last entry."""
    rows = (await served.get_database(NAME).execute(QUESTION)).rows
    given: tuple[Answer, ...] = ()
    last: dict[str, Any] = {"entry": None}
    for row in rows:
        last = {"entry": row["entry"], "entry_time": row["entry_time"]}
        given = answers(dict(row), speech, dt.datetime.now(dt.UTC))
    return {"answers": given, "worst": worst(given), **last}
