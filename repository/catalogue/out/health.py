"""/healthz: whether the catalogue can answer, for whoever watches the machine. It says what fails and nothing else."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from typing import TYPE_CHECKING

from datasette import Response
from datasette.database import QueryInterrupted

from repository.catalogue.database import usable
from repository.catalogue.house import House, house_of
from repository.catalogue.presentation import NAME
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_WAIT = 5.0


async def health(datasette: Datasette, _request: Request) -> Response:
    """200 when all is well, else 503; each check with "ok" or "failed"."""
    found = {"database": await _answers(datasette)} | await asyncio.to_thread(_looked, house_of(datasette))
    well = all(found.values())
    told = {"status": "ok" if well else "failed"} | {name: "ok" if good else "failed" for name, good in found.items()}
    return Response.json(told, status=200 if well else 503, headers={"cache-control": "no-store"})


async def _answers(datasette: Datasette) -> bool:
    """Whether the database answers in time."""
    try:
        await asyncio.wait_for(datasette.get_database(NAME).execute("select 1 from volume limit 1"), _WAIT)
    except (sqlite3.Error, QueryInterrupted, TimeoutError):
        return False
    return True


def _looked(house: House) -> dict[str, bool]:
    """The catalogue has today's schema, a place with the packages is attached, and people's work can be written."""
    return {
        "schema": house.database.is_file() and usable(house.database),
        "place": bool(house.places()),
        "state": _writable(house),
    }


def _writable(house: House) -> bool:
    there = next(path for path in (house.state, *house.state.parents) if path.exists())
    return os.access(there, os.W_OK)


ROUTES = (Route("health", r"^/healthz$", health, media="application/json"),)
