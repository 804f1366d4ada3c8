"""/sitemap.xml and /robots.txt: what search engines may read, and where it is (sitemaps.org 0.9, RFC 9309).

The map is an index of pieces: volumes, then pages, at most PIECE addresses in each.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from datasette import Response
from datasette.utils.asgi import NotFound

from repository.catalogue.addresses import origin
from repository.catalogue.presentation import NAME
from repository.catalogue.reading.columns import Columns, columns_of
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

PIECE = 50_000
"""Addresses of one piece (sitemaps.org: at most so many)."""

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_BEGIN = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Along an index from the first volume of a piece to that of the next, never over those before it.
_VOLUMES = """
select '/volume/' || uuid as path, strftime('%Y-%m-%dT%H:%M:%SZ', stored) as stamp from volume
where uuid >= :first and uuid < :next order by uuid limit :most
"""
_PAGES = """
select '/volume/' || volume || '/page/' || position as path, null as stamp from page
where volume >= :first and volume < :next order by volume, position limit :most
"""
_KINDS = {"volumes": _VOLUMES, "pages": _PAGES}
_BEYOND = "~"
"""After every UUID."""
# Images are many and heavy, searches endless, and the tables say the same again.
_CLOSED = (
    "/iiif/3/", "/iiif/search/", "/search", "/catalogue", "/export/", "/-/", "/oai", "/sign-in", "/sign-out",
    "/account", "/propose", "/desk", "/safety", "/capacity", "/work", "/where", "/*?q=", "/*/volume.pdf", "/*.jp2$",
)  # fmt: skip


async def index(datasette: Datasette, request: Request) -> Response:
    """Where the pieces are."""
    columns, base = await columns_of(datasette), escape(origin(datasette, request))
    addresses = [
        f"{base}/sitemap/{kind}-{number}.xml"
        for kind in _KINDS
        for number, _ in enumerate(_firsts(columns, kind), start=1)
    ]
    pieces = "".join(f"<sitemap><loc>{address}</loc></sitemap>" for address in addresses)
    return _written(f'{_BEGIN}<sitemapindex xmlns="{_SITEMAP}">{pieces}</sitemapindex>')


async def piece(datasette: Datasette, request: Request) -> Response:
    """One piece.

    Raises:
        NotFound: there is no such piece.
    """
    number, kind = int(request.url_vars["number"]), request.url_vars["kind"]
    firsts = [*_firsts(await columns_of(datasette), kind), _BEYOND]
    if number >= len(firsts):
        raise NotFound("sitemap")
    values = {"first": firsts[number - 1], "next": firsts[number], "most": PIECE}
    base = escape(origin(datasette, request))

    def read(connection: sqlite3.Connection) -> str:
        return "".join(_url(base, path, stamp) for path, stamp in connection.execute(_KINDS[kind], values))

    urls = await datasette.get_database(NAME).execute_fn(read)
    return _written(f'{_BEGIN}<urlset xmlns="{_SITEMAP}">{urls}</urlset>')


def _firsts(columns: Columns, kind: str) -> list[str]:
    """The first volume of each piece: as many volumes, or volumes with as many pages, as go into one."""
    pages = columns.pages.tolist() if kind == "pages" else [1] * len(columns.uuids)
    told, room = [], 0
    for uuid, addresses in sorted(zip(columns.uuids, pages, strict=True)):
        if addresses > room:
            told.append(uuid)
            room = PIECE
        room -= addresses
    return told


def _url(base: str, path: str, stamp: str | None) -> str:
    changed = f"<lastmod>{stamp}</lastmod>" if stamp else ""
    return f"<url><loc>{base}{escape(path)}</loc>{changed}</url>"


async def robots(datasette: Datasette, request: Request) -> Response:
    """What may be crawled."""
    closed = "".join(f"Disallow: {path}\n" for path in _CLOSED)
    return Response.text(f"User-agent: *\n{closed}\nSitemap: {origin(datasette, request)}/sitemap.xml\n")


def _written(content: str) -> Response:
    return Response(content, content_type="application/xml; charset=utf-8")


ROUTES = (
    Route("sitemap", r"^/sitemap\.xml$", index, media="application/xml"),
    Route(
        "sitemap_piece",
        r"^/sitemap/(?P<kind>volumes|pages)-(?P<number>[1-9]\d{0,5})\.xml$",
        piece,
        media="application/xml",
    ),
    Route("robots", r"^/robots\.txt$", robots, media="text/plain"),
)
