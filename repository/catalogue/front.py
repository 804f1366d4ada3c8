"""The front page: what the repository holds, where to look for a word, what came last, how safe it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import Request

from repository.catalogue.presentation import NAME
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette

_HELD = """
select count(*) as volumes, coalesce(sum(pages), 0) as pages, coalesce(sum(words), 0) as words,
  coalesce(sum(bytes), 0) as bytes, min(copies) as fewest_copies
from volume
"""
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


async def held(datasette: Datasette) -> dict[str, Any]:
    """What the reader may see of what the repository holds: numbers in all, and institutions with theirs."""
    database = datasette.get_database(NAME)
    sums = dict((await database.execute(_HELD)).first())
    institutions = [dict(row) for row in (await database.execute(_INSTITUTIONS)).rows]
    return sums | {"institutions": institutions}


async def _front(datasette: Datasette, request: Request) -> Response:
    added = [dict(row) for row in (await datasette.get_database(NAME).execute(_ADDED)).rows]
    told = {"held": await held(datasette), "added": added}
    return Response.html(await datasette.render_template("front.html", told, request=request))


ROUTES = (Route("front", r"^/$", _front),)
