"""/feed.xml: what was added last (Atom, RFC 4287)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datasette import Response
from lxml import etree

from metadata.elements import Namespace, line
from metadata.markup import Element
from repository.catalogue.addresses import host_of, origin
from repository.catalogue.house import house_of
from repository.catalogue.presentation import NAME, Speech
from repository.catalogue.routes import Route
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

NEWEST = 50
"""Additions in the feed."""

ATOM = Namespace("", "http://www.w3.org/2005/Atom", {None: "http://www.w3.org/2005/Atom"})  # type: ignore[dict-item]
_ADDED = """
select uuid, called, authors, year, owner, pages, strftime('%Y-%m-%dT%H:%M:%SZ', stored) as stamp
from volume where stored is not null order by stored desc, uuid limit :most
"""
_NEVER = "1970-01-01T00:00:00Z"


async def feed(datasette: Datasette, request: Request) -> Response:
    """The newest volumes, the last one first."""
    rows = (await datasette.get_database(NAME).execute(_ADDED, {"most": NEWEST})).rows
    base, speech = origin(datasette, request), Speech()
    publisher = house_of(datasette).config.publisher or host_of(base)
    root = ATOM(
        "feed",
        {"{http://www.w3.org/XML/1998/namespace}lang": current_tongue().value},
        ATOM("id", f"{base}/feed.xml"),
        ATOM("title", speech.say("out.feed.title", publisher=publisher)),
        ATOM("updated", rows[0]["stamp"] if rows else _NEVER),
        ATOM("author", ATOM("name", publisher)),
        ATOM("link", rel="self", href=f"{base}/feed.xml", type="application/atom+xml"),
        ATOM("link", rel="alternate", href=f"{base}/", type="text/html"),
        *(_entry(dict(row), base, speech) for row in rows),
    )
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Response(content, content_type="application/atom+xml; charset=utf-8")


def _entry(row: Mapping[str, Any], base: str, speech: Speech) -> Element:
    told = (row["authors"], row["year"], row["owner"], speech.say("out.feed.pages", pages=row["pages"]))
    return ATOM(
        "entry",
        ATOM("id", f"urn:uuid:{row['uuid']}"),
        ATOM("title", line(row["called"])),
        ATOM("updated", row["stamp"]),
        ATOM("link", rel="alternate", href=f"{base}/volume/{row['uuid']}", type="text/html"),
        ATOM("summary", ", ".join(filter(None, told))),
    )


ROUTES = (Route("feed", r"^/feed\.xml$", feed, media="application/atom+xml", shared=True),)
