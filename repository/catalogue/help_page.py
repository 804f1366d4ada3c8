"""The help: how to search, read and cite, what rights mean, how to get data out, and how accessible all of this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasette import Response
from datasette.utils.asgi import Request

from repository.catalogue.house import house_of
from repository.catalogue.reading.asked import MOST_TERMS, SHORTEST_PREFIX
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette

SECTIONS = ("search", "read", "keys", "cite", "rights", "data", "accessible", "contact")
"""In this order, each at an address of its own (/help#search)."""

_EXAMPLES = {
    "words": "kůň zvonice",
    "phrase": '"na zvonici"',
    "prefix": "zvon*",
    "or": "zvon OR kostel",
    "not": "zvon -kostel",
}
_ADDRESSES = {
    "iiif_collection": "/iiif/collection",
    "oai": "/oai?verb=Identify",
    "dcat": "/dcat.jsonld",
    "localities": "/localities.geojson",
    "feed": "/feed.xml",
    "openapi": "/openapi.json",
}
"""The interfaces that are worth a link, by the names of their routes."""


async def _help(datasette: Datasette, request: Request) -> Response:
    config = house_of(datasette).config
    told = {
        "sections": SECTIONS,
        "examples": _EXAMPLES,
        "addresses": _ADDRESSES,
        "most_terms": MOST_TERMS,
        "shortest": SHORTEST_PREFIX,
        "publisher": config.publisher,
        "contact": config.contact,
    }
    return Response.html(await datasette.render_template("help.html", told, request=request))


ROUTES = (Route("help", r"^/help$", _help),)
