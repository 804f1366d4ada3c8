"""The addresses of the IIIF Image API 3.0 (level 2): images of pages and what the service says of them.

A page that one may not see answers as one that does not exist. What everybody may see may be kept by anybody; the rest
only by the reader's own browser, which asks each time whether it still may be shown.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from datasette import Response
from datasette.utils.asgi import Request

from metadata.problem import Problem
from repository.catalogue.addresses import image_service, origin
from repository.catalogue.house import House, house_of
from repository.catalogue.iiif import access_copies, image
from repository.catalogue.iiif.image_info import CONTEXT, PROFILE, image_info
from repository.catalogue.iiif.image_request import TYPES, Refused, Rendering, rendering
from repository.catalogue.iiif.vips import Failed
from repository.catalogue.presentation import NAME, Speech
from repository.catalogue.reading.streamed import is_known
from repository.catalogue.rights.audience import PUBLIC, answering, current
from repository.catalogue.rights.scoped import audience_key
from repository.catalogue.routes import Route
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette

App = Callable[..., Any]

KEPT = 3600
"""Seconds for which what everybody may see may be shown without asking again."""

_AGAIN = 5
_PAGE = "select * from page where uuid = :page"
_JSON_LD = "application/ld+json"
_KEEP = b"kdr-keep"
_renderers = ThreadPoolExecutor(os.cpu_count() or 1, "image")
_speech = Speech()


async def image_service_of(datasette: Datasette, request: Request) -> Response:
    """The base URI of a page's images: see info.json (§2.1)."""
    row = await _seen(datasette, request)
    if row is None:
        return _absent()
    where = f"{image_service(origin(datasette, request), row['uuid'])}/info.json"
    return Response("", status=303, headers={"location": where})


async def info(datasette: Datasette, request: Request) -> Response:
    """What the image service of a page says of itself, as JSON or as JSON-LD (§5.1)."""
    row = await _seen(datasette, request)
    if row is None:
        return _absent()
    house = house_of(datasette)
    service = image_service(origin(datasette, request), row["uuid"])
    told = json.dumps(image_info(service, row, _area(house)), ensure_ascii=False)
    linked = _JSON_LD in request.headers.get("accept", "")
    headers = await _kept(datasette, row, told)
    headers |= {"link": f'<{PROFILE}>;rel="profile"', "vary": "Accept"}
    if is_known(request, headers["etag"]):
        return Response("", status=304, headers=headers)
    media = f'{_JSON_LD};profile="{CONTEXT}"' if linked else "application/json"
    return Response(told, headers=headers, content_type=media)


async def page_image(datasette: Datasette, request: Request) -> Response:
    """An image of a page or a part of it (§4)."""
    row = await _seen(datasette, request)
    if row is None:
        return _absent()
    house = house_of(datasette)
    asked = [unquote(request.url_vars[part]) for part in ("region", "size", "rotation", "last")]
    try:
        wanted = rendering((asked[0], asked[1], asked[2], asked[3]), (row["width"], row["height"]), _area(house))
        copy = (await access_copies.stored(datasette, row)).copy(house)
        headers = await _kept(datasette, row, f"{copy.name} {wanted.canonical}")
        canonical = f"{image_service(origin(datasette, request), row['uuid'])}/{wanted.canonical}"
        headers["link"] = f'<{canonical}>;rel="canonical", <{PROFILE}>;rel="profile"'
        if is_known(request, headers["etag"]):
            return Response("", status=304, headers=headers)
        body = await rendered(datasette, row, wanted)
    except Refused as refused:
        return _sentence(refused.status, _speech.say(refused.sentence, **refused.facts))
    except Problem as problem:
        found = problem.finding
        said = f"{found.code} {found.text(current_tongue())}"
        return _sentence(503, said, {"retry-after": str(_AGAIN)} if found.code == "R022" else {})
    headers["content-length"] = str(len(body))
    return Response(body, headers=headers, content_type=TYPES[wanted.format])


async def rendered(datasette: Datasette, page: Mapping[str, Any], wanted: Rendering) -> bytes:
    """The image `wanted` of the page with the row `page`, as the bytes of a file.

    Raises:
        Problem: R020, R021, R022 as `access_copy`.
    """
    house, loop = house_of(datasette), asyncio.get_running_loop()
    copy = await access_copies.access_copy(house, datasette, page)
    try:
        return await loop.run_in_executor(_renderers, image.render, copy, wanted)
    except Failed:  # thrown away meanwhile, or spoilt: it can always be made again
        image.forget(copy)
    source = await access_copies.stored(datasette, page)
    # Shielded, as in `access_copy`: others may wait for the same copy.
    copy = await asyncio.shield(asyncio.wrap_future(access_copies.ordered(house, source, anew=True)))
    try:
        return await loop.run_in_executor(_renderers, image.render, copy, wanted)
    except Failed as failed:
        raise Problem("R021", page["uuid"], why=str(failed)) from failed


def door(_datasette: Datasette, app: App) -> App:
    """Let what everybody may see be kept though a reader is known.

    Datasette calls every answer to a request with a cookie private and not to be stored. Of images that all may see
    that is not so, and readers who chose a language would fetch every tile again.
    """

    async def answer(scope: dict[str, Any], receive: App, send: App) -> None:
        async def told(message: dict[str, Any]) -> None:
            headers = message.get("headers", ())
            keep = next((value for name, value in headers if name.lower() == _KEEP), None)
            if message["type"] == "http.response.start" and keep is not None:
                own = any(name.lower() == b"set-cookie" for name, _ in headers)
                message = message | {"headers": _keeping(headers, keep, own=own)}
            await send(message)

        await app(scope, receive, told if scope["type"] == "http" else send)

    return answer


def _keeping(headers: Any, keep: bytes, *, own: bool) -> list[tuple[bytes, bytes]]:  # noqa: ANN401 - ASGI
    """The headers without our mark; with what it says, unless the answer sets a cookie of its `own`."""
    kept = [(name, value) for name, value in headers if name.lower() != _KEEP]
    if own:
        return kept
    kept = [(name, value) for name, value in kept if name.lower() not in (b"cache-control", b"vary")]
    return [*kept, (b"cache-control", keep), (b"vary", b"Accept")]


async def _seen(datasette: Datasette, request: Request) -> Mapping[str, Any] | None:
    """The row of the page that is asked for; nothing when there is none for whoever asks."""
    return await _row(datasette, unquote(request.url_vars["page"]))


async def _row(datasette: Datasette, page: str) -> Mapping[str, Any] | None:
    found = await datasette.get_database(NAME).execute(_PAGE, {"page": page})
    return dict(found.rows[0]) if found.rows else None


def _area(house: House) -> int:
    return int(house.config.image_megapixels * 1_000_000)


async def _kept(datasette: Datasette, page: Mapping[str, Any], content: str) -> dict[str, str]:
    """Who may keep the answer and for how long (RFC 9111 5.2.2), and what it is known by: `content` says all of it."""
    mark = hashlib.sha256(content.encode()).hexdigest()[:32]
    if not await _everyones(datasette, page):
        return {"etag": f'"{mark}"', "cache-control": "private, no-cache"}
    keep = f"public, max-age={KEPT}"
    return {"etag": f'"{mark}"', "cache-control": keep, _KEEP.decode(): keep}


async def _everyones(datasette: Datasette, page: Mapping[str, Any]) -> bool:
    """Whether a page that is seen now may be seen by all."""
    if audience_key(current()) == audience_key(PUBLIC):
        return True
    with answering(PUBLIC):
        return await _row(datasette, page["uuid"]) is not None


def _absent() -> Response:
    return _sentence(HTTPStatus.NOT_FOUND, _speech.say("iiif.absent"))


def _sentence(status: int, said: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response.text(f"{said}\n", status=int(status), headers={"cache-control": "no-store", **(headers or {})})


_SERVICE = r"^/iiif/3/(?P<page>[^/]+)"
ROUTES = (
    Route("image_info", rf"{_SERVICE}/info\.json$", info, media="application/json", shared=True),
    Route(
        "image",
        rf"{_SERVICE}/(?P<region>[^/]+)/(?P<size>[^/]+)/(?P<rotation>[^/]+)/(?P<last>[^/]+)$",
        page_image,
        media="image/jpeg",
        shared=True,
    ),
    Route("image_service", rf"{_SERVICE}/?$", image_service_of, media="application/json", shared=True),
)
