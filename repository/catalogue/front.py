"""The front page: what the repository holds, where to look for a word, what came last, how safe it is."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import Request

from repository.catalogue.presentation import NAME
from repository.catalogue.remembered import Remembered
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette

_HELD = """
select count(*) as volumes, coalesce(sum(pages), 0) as pages, coalesce(sum(words), 0) as words,
  coalesce(sum(bytes), 0) as bytes, min(copies) as copies
from volume
"""
_AUDITED = "select max(ended) as audited from main.audit"
_INSTITUTIONS = """
select institution.sigla, institution.name, count(*) as volumes, sum(volume.pages) as pages
from volume join institution on institution.sigla = volume.institution
group by institution.sigla order by sum(volume.pages) desc, institution.sigla
"""
_ADDED = """
select volume.uuid, volume.called, volume.authors, volume.year, volume.pages, volume.stored,
  (select page.uuid from page where page.volume = volume.uuid
   order by page.type not in ('titlePage', 'frontCover'), page.type = 'frontCover', page.position limit 1) as page
from volume where volume.stored is not null order by volume.stored desc, volume.uuid limit 12
"""


async def _front(datasette: Datasette, request: Request) -> Response:
    # Readers see no table of audits, but they may know that there was one, and when.
    audited = (await datasette.get_database(NAME).execute_trusted(_AUDITED)).first()
    told = await _TOLD.of(datasette) | dict(audited)
    return Response.html(await datasette.render_template("front.html", told, request=request))


async def _read(datasette: Datasette) -> dict[str, Any]:
    told: dict[str, Any] = await datasette.get_database(NAME).execute_fn(_told)
    return told


def _told(connection: sqlite3.Connection) -> dict[str, Any]:
    """What there is, in all and by institution, and what came last. Added up once, so it may take its time."""
    (sums,), institutions, added = (
        [dict(row) for row in connection.execute(sql)] for sql in (_HELD, _INSTITUTIONS, _ADDED)
    )
    return {"held": sums | {"institutions": institutions}, "added": added}


_TOLD = Remembered(_read)

ROUTES = (Route("front", r"^/$", _front),)
