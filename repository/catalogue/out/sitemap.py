"""/sitemap.xml and /robots.txt: what search engines may read, and where it is (sitemaps.org 0.9, RFC 9309).

The map is an index of pieces: volumes, then pages, at most PIECE addresses in each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasette import Response
from datasette.utils.asgi import NotFound
from lxml import etree

from metadata.elements import Namespace
from metadata.markup import Element
from repository.catalogue.addresses import origin
from repository.catalogue.presentation import NAME
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

PIECE = 50_000
"""Addresses of one piece (sitemaps.org: at most so many)."""

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
MAP = Namespace("", _SITEMAP, {None: _SITEMAP})  # type: ignore[dict-item]
_PARTS = "select count(*) as volumes, (select count(*) from page) as pages from volume"
_VOLUMES = """
select '/volume/' || uuid as path, strftime('%Y-%m-%dT%H:%M:%SZ', stored) as stamp from volume
order by uuid limit :most offset :start
"""
_PAGES = """
select '/volume/' || volume || '/page/' || position as path, null as stamp from page
order by volume, position limit :most offset :start
"""
_KINDS = {"volumes": _VOLUMES, "pages": _PAGES}
# Images are many and heavy, searches endless, and the tables say the same again.
_CLOSED = (
    "/iiif/3/", "/iiif/search/", "/search", "/catalogue", "/export/", "/-/", "/oai", "/sign-in", "/sign-out",
    "/account", "/propose", "/desk", "/safety", "/capacity", "/work", "/where", "/*?q=", "/*/volume.pdf", "/*.jp2$",
)  # fmt: skip


async def index(datasette: Datasette, request: Request) -> Response:
    """Where the pieces are."""
    row = (await datasette.get_database(NAME).execute(_PARTS)).first()
    base = origin(datasette, request)
    pieces = [f"{base}/sitemap/{kind}-{piece}.xml" for kind in _KINDS for piece in range(1, -(-row[kind] // PIECE) + 1)]
    return _written(MAP("sitemapindex", *(MAP("sitemap", MAP("loc", address)) for address in pieces)))


async def piece(datasette: Datasette, request: Request) -> Response:
    """One piece.

    Raises:
        NotFound: it has no addresses.
    """
    number = int(request.url_vars["number"])
    values = {"most": PIECE, "start": (number - 1) * PIECE}
    rows = (await datasette.get_database(NAME).execute(_KINDS[request.url_vars["kind"]], values)).rows
    if not rows:
        raise NotFound("sitemap")
    base = origin(datasette, request)
    urls = (
        MAP("url", MAP("loc", base + row["path"]), MAP("lastmod", row["stamp"]) if row["stamp"] else None)
        for row in rows
    )
    return _written(MAP("urlset", *urls))


async def robots(datasette: Datasette, request: Request) -> Response:
    """What may be crawled."""
    closed = "".join(f"Disallow: {path}\n" for path in _CLOSED)
    return Response.text(f"User-agent: *\n{closed}\nSitemap: {origin(datasette, request)}/sitemap.xml\n")


def _written(root: Element) -> Response:
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
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
