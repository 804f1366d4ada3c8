"""The addresses of IIIF Presentation 3.0 and Content Search 1.0 and 2.0: manifests, collections, lines, words found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from datasette import Response
from datasette.utils.asgi import BadRequest, NotFound, Request

from repository.catalogue.addresses import origin
from repository.catalogue.house import House, house_of
from repository.catalogue.iiif import collection
from repository.catalogue.iiif.canvas import CONTEXT, MEDIA, Json, canvas, lines
from repository.catalogue.iiif.content_search import (
    CONTEXT_2,
    FOUND,
    PAGES,
    Answer,
    question,
    version_1,
    version_2,
)
from repository.catalogue.iiif.manifest import manifest
from repository.catalogue.presentation import NAME
from repository.catalogue.reading.hits import typed_in
from repository.catalogue.reading.page_words import Lit, asked_forms, lit, page_text
from repository.catalogue.reading.rows import UUID, Row, mets_of, rows, volume_of
from repository.catalogue.routes import Route, View

if TYPE_CHECKING:
    from datasette.app import Datasette

_SEARCH_MEDIA = f'application/ld+json;profile="{CONTEXT_2}"'
_PAGES = "select * from page where volume = ? order by position"
_DIVISIONS = "select * from division where volume = ? order by position"
_PAGE = "select * from page where uuid = ?"
_INSTITUTION = "select sigla, name from institution where sigla = ? and sigla in (select institution from volume)"


async def _manifest(datasette: Datasette, request: Request) -> Response:
    volume = dict(await volume_of(datasette, request))
    volume["mets"] = await mets_of(datasette, volume)
    pages = await rows(datasette, _PAGES, volume["uuid"])
    divisions = await rows(datasette, _DIVISIONS, volume["uuid"])
    # A thick book takes a fifth of a second, in which others want answers too.
    return await asyncio.to_thread(_told, origin(datasette, request), volume, pages, divisions)


async def _canvas(datasette: Datasette, request: Request) -> Response:
    page = await _page(datasette, request)
    return _answered({"@context": CONTEXT} | canvas(origin(datasette, request), page))


async def _lines(datasette: Datasette, request: Request) -> Response:
    page = await _page(datasette, request)
    text = await asyncio.to_thread(page_text, house_of(datasette), page)
    return _answered(lines(origin(datasette, request), page, text))


async def _collection(datasette: Datasette, request: Request) -> Response:
    return _answered(collection.root(origin(datasette, request), await rows(datasette, collection.INSTITUTIONS)))


async def _institution(datasette: Datasette, request: Request) -> Response:
    sigla = unquote(request.url_vars["sigla"])
    found = await rows(datasette, _INSTITUTION, sigla)
    if not found:
        raise NotFound(request.path)
    titles = await rows(datasette, collection.TITLES, sigla)
    single = await rows(datasette, collection.SINGLE, sigla)
    return _answered(collection.of_institution(origin(datasette, request), found[0], titles, single))


async def _title(datasette: Datasette, request: Request) -> Response:
    title, year = unquote(request.url_vars["title"]), unquote(request.url_vars["year"] or "")
    volumes = await rows(datasette, collection.VOLUMES, title)
    base = origin(datasette, request)
    made = None
    if volumes:
        made = collection.of_year(base, title, year, volumes) if year else collection.of_title(base, title, volumes)
    if made is None:
        raise NotFound(request.path)
    return _answered(made)


async def _search_1(datasette: Datasette, request: Request) -> Response:
    return _answered(version_1(await _found(datasette, request)), "application/ld+json")


async def _search_2(datasette: Datasette, request: Request) -> Response:
    return _answered(version_2(await _found(datasette, request)), _SEARCH_MEDIA)


async def _found(datasette: Datasette, request: Request) -> Answer:
    volume = (await volume_of(datasette, request))["uuid"]
    told = {name: request.args.get(name) or "" for name in request.args}
    address = origin(datasette, request) + request.path
    asked = question(address, typed_in(told.get("q")), told, _number(told.get("page", "")))
    expression = await asked_forms(datasette, asked.typed) if asked.ours else ""
    if not expression:
        return Answer(origin(datasette, request), asked, (), more=False)
    values = {"asked": expression, "volume": volume, "most": PAGES + 1, "passed": (asked.number - 1) * PAGES}
    found = (await datasette.get_database(NAME).execute_trusted(FOUND, values)).rows
    hits = await asyncio.to_thread(_lit, house_of(datasette), found[:PAGES], expression)
    return Answer(origin(datasette, request), asked, hits, more=len(found) > PAGES)


def _lit(house: House, pages: list[Row], expression: str) -> tuple[tuple[Row, tuple[Lit, ...]], ...]:
    texts = ((page, page_text(house, page)) for page in pages)
    return tuple((page, lit(text, expression)) for page, text in texts if text)


def _told(base: str, volume: Row, pages: Sequence[Row], divisions: Sequence[Row]) -> Response:
    return _answered(manifest(base, volume, pages, divisions))


async def _page(datasette: Datasette, request: Request) -> Row:
    found = await rows(datasette, _PAGE, request.url_vars["uuid"])
    if not found:
        raise NotFound(request.path)
    return found[0]


def _number(told: str) -> int:
    if told and not (told.isascii() and told.isdecimal() and 0 < len(told) <= 6 and int(told)):
        raise BadRequest("page")
    return int(told or 1)


def _answered(made: Json, media: str = MEDIA) -> Response:
    return Response(json.dumps(made, ensure_ascii=False, separators=(",", ":")), content_type=media)


def _route(name: str, pattern: str, view: View, media: str = MEDIA, parameters: tuple[str, ...] = ()) -> Route:
    return Route(name, rf"^/iiif/{pattern}$", view, media=media, shared=True, parameters=parameters)


_ASKED = ("q", "motivation", "page")
ROUTES = (
    _route("iiif_manifest", rf"manifest/(?P<volume>{UUID})", _manifest),
    _route("iiif_canvas", rf"canvas/(?P<uuid>{UUID})", _canvas),
    _route("iiif_lines", rf"lines/(?P<uuid>{UUID})", _lines),
    _route("iiif_collection", "collection", _collection),
    _route("iiif_institution", r"collection/institution/(?P<sigla>[^/]+)", _institution),
    _route("iiif_title", r"collection/title/(?P<title>[^/]+)(?:/(?P<year>[^/]+))?", _title),
    _route("iiif_search_1", rf"search/1/(?P<volume>{UUID})", _search_1, "application/ld+json", _ASKED),
    _route("iiif_search_2", rf"search/2/(?P<volume>{UUID})", _search_2, _SEARCH_MEDIA, _ASKED),
)
