"""A page of a volume: its image beside its text, with the words looked for lit on both, and all that leads on."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.utils.asgi import NotFound, Request

from metadata.text import PageText
from repository.catalogue.addresses import origin
from repository.catalogue.house import house_of
from repository.catalogue.presentation import Speech
from repository.catalogue.reading.cite import AUTHORS, cited, page_path
from repository.catalogue.reading.contents import contents
from repository.catalogue.reading.hits import around, pages_with, typed_in
from repository.catalogue.reading.page_lines import shown
from repository.catalogue.reading.page_words import Lit, asked_forms, lit, page_text
from repository.catalogue.reading.provenance import provenance
from repository.catalogue.reading.rows import UUID, Row, page_of, rows, volume_of
from repository.catalogue.rights.database import today
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette

NEAR = 6
"""So many pages before and after the one at hand are on its strip."""

_STRIP = """
select uuid, position, label, type, side, width, height from page
where volume = ? and position between ? and ? order by position
"""
_ENDS = "select min(position) as first, max(position) as last, count(*) as seen from page where volume = ?"
_LABELLED = """
select position, label, type from page where volume = ? and label is not null
  and (label = ? or trim(label, '[]') = trim(?, '[]')) order by position limit 100
"""
_WHOSE = "select volume, position from page where uuid = ?"
# BCP 47 (RFC 5646, 2.2.1) asks for the shorter code where a language has two.
_SHORT = {"ces": "cs", "deu": "de", "slk": "sk", "eng": "en", "lat": "la", "fra": "fr", "pol": "pl", "ita": "it"}


@dataclass(frozen=True, slots=True)
class Turning:
    """Where pages lead: rows of the strip, the page before and after, the other page of an opened book."""

    strip: tuple[Row, ...]
    first: int
    last: int
    seen: int
    before: Row | None
    after: Row | None
    partner: Row | None
    before_both: Row | None
    after_both: Row | None


def language_of(volume: Row) -> str:
    """The language of a volume's text for HTML's lang; empty (not known, HTML 3.2.6.2) where it has several or none."""
    told = json.loads(volume["languages"] or "[]")
    return _SHORT.get(told[0], told[0]) if len(told) == 1 else ""


async def _page(datasette: Datasette, request: Request) -> Response:
    page, volume = await page_of(datasette, request), await volume_of(datasette, request)
    typed, speech = typed_in(request.args.get("q")), Speech()
    text = await asyncio.to_thread(page_text, house_of(datasette), page)
    found = await _lit(datasette, text, typed)
    before, after = around(hits := await pages_with(datasette, volume["uuid"], typed), page["position"])
    path = page_path(volume["uuid"], page["position"], typed)
    names = await rows(datasette, AUTHORS, volume["uuid"])
    label = page["label"] or f"[{page['position']}]"
    told: dict[str, Any] = {
        "volume": volume,
        "page": page,
        "label": label,
        "typed": typed,
        "blocks": shown(text, found) if text else (),
        "unreadable": text is None,
        "lit": found,
        "hits": hits,
        "hit_before": before,
        "hit_after": after,
        "turning": await _turning(datasette, page),
        "contents": await contents(datasette, speech, volume["uuid"]),
        "citation": cited(volume, names, speech, origin(datasette, request) + path, label),
        "provenance": await provenance(datasette, speech, volume, page, text),
        "language": language_of(volume),
        "embargoed": (page["embargo"] or "") > today(),
        "page_path": page_path,
        "pdf": house_of(datasette).pdf is not None,
    }
    return Response.html(await datasette.render_template("page_view.html", told, request=request))


async def _lit(datasette: Datasette, text: PageText | None, typed: str) -> tuple[Lit, ...]:
    return lit(text, await asked_forms(datasette, typed)) if text and typed else ()


async def _turning(datasette: Datasette, page: Row) -> Turning:
    volume, position = page["volume"], page["position"]
    (ends,) = await rows(datasette, _ENDS, volume)
    strip = await rows(datasette, _STRIP, volume, position - NEAR, position + NEAR)
    here = next(number for number, row in enumerate(strip) if row["position"] == position)

    def near(by: int) -> Row | None:
        return strip[here + by] if 0 <= here + by < len(strip) else None

    to_right = page["side"] == "left"
    other = near(1 if to_right else -1)
    opened = other is not None and {page["side"], other["side"]} == {"left", "right"}
    skip = (-1, 2) if to_right else (-2, 1)
    before, after = skip if opened else (-1, 1)
    return Turning(
        tuple(strip),
        ends["first"],
        ends["last"],
        ends["seen"],
        near(-1),
        near(1),
        other if opened else None,
        near(before),
        near(after),
    )


async def _go(datasette: Datasette, request: Request) -> Response:
    """To the page with a printed number; a list where several bear it, and what to do where none does."""
    volume = await volume_of(datasette, request)
    typed, words = (request.args.get("label") or "").strip()[:40], typed_in(request.args.get("q"))
    found = await rows(datasette, _LABELLED, volume["uuid"], typed, typed) if typed else []
    if len(found) == 1:
        return Response.redirect(page_path(volume["uuid"], found[0]["position"], words))
    told = {"volume": volume, "typed": typed, "words": words, "found": found, "page_path": page_path}
    page = await datasette.render_template("choose_page.html", told, request=request)
    return Response.html(page, status=200 if found else 404)


async def _whose(datasette: Datasette, request: Request) -> Response:
    found = await rows(datasette, _WHOSE, request.url_vars["page"])
    if not found:
        raise NotFound(request.path)
    return Response.redirect(page_path(found[0]["volume"], found[0]["position"], typed_in(request.args.get("q"))))


ROUTES = (
    Route("page", rf"^/volume/(?P<volume>{UUID})/page/(?P<page>[0-9]+)$", _page, parameters=("q",)),
    Route("page_by_label", rf"^/volume/(?P<volume>{UUID})/go$", _go, parameters=("label", "q")),
    Route("page_by_uuid", rf"^/page/(?P<page>{UUID})$", _whose, parameters=("q",)),
)
