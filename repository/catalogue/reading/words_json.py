"""The text of a page with its places, and where the words of a question stand on it: what a viewer lights."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import Request

from metadata.geometry import Box
from metadata.text import PageText
from repository.catalogue.house import House, house_of
from repository.catalogue.reading.hits import typed_in
from repository.catalogue.reading.page_words import asked_forms, lit, page_text
from repository.catalogue.reading.rows import UUID, Row, page_of
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette


def words(page: Row, text: PageText | None, expression: str) -> dict[str, Any]:
    """`page` as viewers take it: its size, its lines, and what the FTS5 `expression` finds.

    Boxes are [x, y, width, height] in pixels of the master, which are those of the IIIF image in full size. Lines bear
    the identifiers that our ALTO gives them.
    """
    order, width, height = page["position"], page["width"], page["height"]
    told: dict[str, Any] = {"width": width, "height": height, "lines": [], "lit": []}
    if text is None:
        return told
    told["lines"] = [
        {"id": _id(order, number), "box": _four(line.box), "text": line.plain()}
        for number, line in enumerate(text.lines())
    ]
    told["lit"] = [
        {"text": each.text, "boxes": [_four(box) for box in each.boxes], "line": _id(order, each.line)}
        for each in lit(text, expression)
    ]
    return told


async def _view(datasette: Datasette, request: Request) -> Response:
    page, typed = await page_of(datasette, request), typed_in(request.args.get("q"))
    expression = await asked_forms(datasette, typed)
    content = await asyncio.to_thread(_content, house_of(datasette), page, expression)
    return Response(content, content_type="application/json; charset=utf-8")


def _content(house: House, page: Row, expression: str) -> str:
    return json.dumps(words(page, page_text(house, page), expression), ensure_ascii=False)


def _id(order: int, number: int) -> str:
    return f"LINE_{order:04d}_{number + 1:04d}"


def _four(box: Box) -> list[int]:
    return [box.left, box.top, box.width, box.height]


ROUTES = (
    Route(
        "page_words",
        rf"^/volume/(?P<volume>{UUID})/page/(?P<page>[0-9]+)/words\.json$",
        _view,
        media="application/json",
        shared=True,
        parameters=("q",),
    ),
)
