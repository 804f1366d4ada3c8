"""What a reader takes home: files of a page and of a volume as they are stored, and their text in one piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from datasette import Response
from datasette.utils.asgi import NotFound, Request

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.catalogue.house import House, house_of
from repository.catalogue.iiif.image_request import rendering
from repository.catalogue.iiif.image_routes import rendered
from repository.catalogue.presentation import Speech
from repository.catalogue.reading.rows import UUID, Row, mets_of, page_of, rows, volume_of
from repository.catalogue.reading.streamed import Streamed, file_name, sent
from repository.catalogue.routes import Route, View
from repository.catalogue.tongue import current_tongue

if TYPE_CHECKING:
    from datasette.app import Datasette

_TEXTS = "select position, label, txt from page where volume = ? order by position"
_PAGE = rf"^/volume/(?P<volume>{UUID})/page/(?P<page>[0-9]+)"
_VOLUME = rf"^/volume/(?P<volume>{UUID})"


async def stored(
    datasette: Datasette, request: Request, object_id: VolumeId, path: str, *, media: str, name: str
) -> Response:
    """The stored file `path` of a volume, sent under `name`.

    Its content never changes: versions are immutable, and so its path is its tag. A file that no attached place can
    give is said to be away for now, not to be unknown (RFC 9110, 15.6.4).
    """
    try:
        file = await asyncio.to_thread(house_of(datasette).open, object_id, path)
    except FileNotFoundError:
        return _away(Speech().say("reading.away"))
    return sent(request, file, media, name, f"{object_id}/{path}")


def _away(why: str) -> Response:
    return Response.text(f"{why}\n", status=503, headers={"retry-after": "60", "cache-control": "no-store"})


def _file_of_page(column: str, media: str, ending: str) -> View:
    async def answer(datasette: Datasette, request: Request) -> Response:
        page, volume = await page_of(datasette, request), await volume_of(datasette, request)
        name = file_name(volume["called"], f"{page['position']:04d}", ending=ending)
        return await stored(datasette, request, VolumeId(page["volume"]), page[column], media=media, name=name)

    return answer


async def _image(datasette: Datasette, request: Request) -> Response:
    """The whole page as a JPEG, from its access copy; as large as `Config.image_megapixels` lets images be."""
    page, volume = await page_of(datasette, request), await volume_of(datasette, request)
    most = int(house_of(datasette).config.image_megapixels * 1_000_000)
    wanted = rendering(("full", "max", "0", "default.jpg"), (page["width"], page["height"]), most)
    try:
        body = await rendered(datasette, page, wanted)
    except Problem as problem:
        return _away(problem.finding.text(current_tongue()))
    name = file_name(volume["called"], f"{page['position']:04d}", ending="jpg")
    return sent(request, BytesIO(body), "image/jpeg", name, f"{page['uuid']}/{page['user']}/{wanted.canonical}")


async def _mets(datasette: Datasette, request: Request) -> Response:
    volume = await volume_of(datasette, request)
    path = await mets_of(datasette, volume)
    if path is None:
        raise NotFound(request.path)
    name = file_name(volume["called"], "mets", ending="xml")
    return await stored(datasette, request, VolumeId(volume["uuid"]), path, media="text/xml", name=name)


async def _volume_text(datasette: Datasette, request: Request) -> Response:
    volume = await volume_of(datasette, request)
    pages = await rows(datasette, _TEXTS, volume["uuid"])
    body = _texts(house_of(datasette), VolumeId(volume["uuid"]), pages)
    return Streamed(body, "text/plain; charset=utf-8", file_name(volume["called"], ending="txt"))


async def _texts(house: House, object_id: VolumeId, pages: Sequence[Row]) -> AsyncIterator[bytes]:
    for page in pages:
        # Word processors and printers begin a new page at a form feed.
        begun = "\f" if page is not pages[0] else ""
        head = f"{begun}[{page['position']}] {page['label'] or ''}".rstrip()
        yield f"{head}\n\n".encode() + await asyncio.to_thread(_text, house, object_id, page["txt"]) + b"\n"


def _text(house: House, object_id: VolumeId, path: str) -> bytes:
    """A page's text; a mark in its place when no attached place can give it."""
    try:
        with house.open(object_id, path) as file:
            return file.read()
    except FileNotFoundError:
        return b"[?]\n"


ROUTES = (
    Route("page_image", rf"{_PAGE}/image\.jpg$", _image, media="image/jpeg"),
    Route(
        "page_master",
        rf"{_PAGE}/master\.jp2$",
        _file_of_page("master", "image/jp2", "jp2"),
        media="image/jp2",
    ),
    Route(
        "page_text",
        rf"{_PAGE}/text\.txt$",
        _file_of_page("txt", "text/plain; charset=utf-8", "txt"),
        media="text/plain",
    ),
    Route("page_alto", rf"{_PAGE}/alto\.xml$", _file_of_page("alto", "text/xml", "xml"), media="text/xml"),
    Route("volume_mets", rf"{_VOLUME}/mets\.xml$", _mets, media="text/xml"),
    Route("volume_text", rf"{_VOLUME}/text\.txt$", _volume_text, media="text/plain"),
)
