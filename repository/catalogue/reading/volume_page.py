"""The page of a volume: what it is, who may use it, what is inside, all its pages, words looked for in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import NotFound, Request

from repository.catalogue.addresses import origin, sheet_asked
from repository.catalogue.house import house_of
from repository.catalogue.out.schema_org import volume_data
from repository.catalogue.presentation import Speech
from repository.catalogue.reading.cite import AUTHORS, cited, page_path
from repository.catalogue.reading.contents import contents
from repository.catalogue.reading.hits import MOST_PAGES, pages_with, typed_in
from repository.catalogue.reading.rows import UUID, Row, mets_of, rows, volume_of
from repository.catalogue.rights.audience import current
from repository.catalogue.rights.database import today
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette

SHOWN = 60
"""Pages on one sheet of the strip."""

_STRIP = """
select uuid, position, label, type, quality, words, blank from page where volume = ? order by position limit ? offset ?
"""
_SUMS = """
select count(*) as seen, sum(blank) as blank, sum(quality = 'weak') as weak,
  sum(quality in ('none', 'unreadable')) as mute, min(position) as first, max(position) as last
from page where volume = ?
"""
_COVER = """
select uuid, position, width, height from page where volume = ?
order by type not in ('frontCover', 'titlePage'), type != 'frontCover', position limit 1
"""
_PEOPLE = "select text, role from name where volume = ? and division is null order by number"
_TITLE = "select * from title where id = ?"
_VOLUMES = """
select volume.uuid, volume.called, volume.title, volume.part_number, volume.part_name, volume.year, volume.date,
  volume.year_number, volume.type, volume.pages
from volume where volume.title_id = ?
order by coalesce(volume.date, volume.year), cast(volume.part_number as integer), volume.called, volume.uuid limit 10000
"""
_NUMBERS = ("urnnbn", "isbn", "issn", "ismn", "ccnb", "shelf_mark")


@dataclass(frozen=True, slots=True)
class Year:
    """A year of a periodical: its months (1 to 12, 0 not known) with their issues (rows)."""

    year: str
    months: tuple[tuple[int, tuple[Row, ...]], ...]


async def _volume(datasette: Datasette, request: Request) -> Response:
    volume = await volume_of(datasette, request)
    uuid, speech = volume["uuid"], Speech()
    typed = typed_in(request.args.get("q"))
    (sums,) = await rows(datasette, _SUMS, uuid)
    sheets = max(1, -(-sums["seen"] // SHOWN))
    sheet = sheet_asked(request.args.get("strip"), sheets)
    names = await rows(datasette, AUTHORS, uuid)
    hits = await pages_with(datasette, uuid, typed)
    told: dict[str, Any] = {
        "volume": volume,
        "numbers": [name for name in _NUMBERS if volume[name]],
        "people": _by_name(await rows(datasette, _PEOPLE, uuid)),
        "above": next(iter(await rows(datasette, _TITLE, volume["title_id"])), None),
        "cover": next(iter(await rows(datasette, _COVER, uuid)), None),
        "sums": sums,
        "strip": await rows(datasette, _STRIP, uuid, SHOWN, (sheet - 1) * SHOWN),
        "sheet": sheet,
        "sheets": sheets,
        "contents": await contents(datasette, speech, uuid),
        "typed": typed,
        "hits": hits,
        "more_hits": len(hits) == MOST_PAGES,
        "citation": cited(volume, names, speech, f"{origin(datasette, request)}/volume/{uuid}"),
        "embargoed": (volume["embargo"] or "") > today(),
        "mets": await mets_of(datasette, volume) is not None,
        "pdf": house_of(datasette).pdf is not None,
        "staff": current().works_for(volume["institution"]),
        "page_path": page_path,
        "origin": origin(datasette, request),
        "schema_org": volume_data(volume, origin(datasette, request)),
    }
    return Response.html(await datasette.render_template("volume_page.html", told, request=request))


async def _title(datasette: Datasette, request: Request) -> Response:
    """A title and what there is of it: a periodical's issues by year and month, the volumes of a work."""
    found = await rows(datasette, _TITLE, request.url_vars["title"])
    if not found:
        raise NotFound(request.path)
    volumes = await rows(datasette, _VOLUMES, found[0]["id"])
    issues = [row for row in volumes if row["type"] in ("issue", "supplement")]
    told = {
        "title": found[0],
        "years": by_year(issues),
        "volumes": [row for row in volumes if row["type"] not in ("issue", "supplement")],
    }
    return Response.html(await datasette.render_template("title_page.html", told, request=request))


def by_year(issues: Sequence[Row]) -> tuple[Year, ...]:
    """Issues (rows with date ISO 8601 or empty, year) by year and month, as they come."""
    years: dict[str, dict[int, list[Row]]] = {}
    for issue in issues:
        date = issue["date"] or issue["year"] or ""
        month = int(date[5:7]) if date[5:7].isdecimal() and 1 <= int(date[5:7]) <= 12 else 0
        years.setdefault(date[:4], {}).setdefault(month, []).append(issue)
    return tuple(
        Year(year, tuple((month, tuple(rows)) for month, rows in sorted(months.items())))
        for year, months in years.items()
    )


def _by_name(people: Sequence[Row]) -> dict[str, list[str]]:
    """Who had a part in it, each once, with all of their roles."""
    told: dict[str, list[str]] = {}
    for row in people:
        told.setdefault(row["text"], []).extend([row["role"]] * bool(row["role"]))
    return told


ROUTES = (
    Route("volume", rf"^/volume/(?P<volume>{UUID})$", _volume, parameters=("q", "strip")),
    Route("title", r"^/title/(?P<title>[^/]{1,200})$", _title),
)
