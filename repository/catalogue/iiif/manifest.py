"""A volume as IIIF has it: a Manifest (Presentation API 3.0, 5.2)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from metadata.description import VolumeKind
from repository.catalogue.iiif.canvas import CONTEXT, Json, canvas, canvas_id, linked, thumbnail
from repository.catalogue.iiif.contents import contents
from repository.catalogue.iiif.language_map import column_called, printed, said, value_called
from repository.catalogue.reading.rows import Row

_TOLD = (
    "title_above", "part_number", "part_name", "authors", "contributors", "publisher", "place", "date", "year",
    "languages", "type", "shelf_mark", "urnnbn", "isbn", "issn", "ismn", "ccnb", "copyright", "licence", "holder",
)  # fmt: skip
_CODED = ("type", "copyright")
# 3.2: rights is a URI of one of these, and always with http.
_LICENCE = re.compile(r"https?://((?:creativecommons\.org/(?:licenses|publicdomain)|rightsstatements\.org/vocab)/\S+)")
_LOOSE = frozenset(kind.value for kind in VolumeKind if kind.loose)
_METS = "http://www.loc.gov/METS/"


def manifest_id(base: str, volume: str) -> str:
    """The address of the Manifest of a volume (its UUID); `base` is our address without a slash at its end."""
    return f"{base}/iiif/manifest/{volume}"


def manifest(base: str, volume: Row, pages: Sequence[Row], divisions: Sequence[Row]) -> Json:
    """The Manifest of `volume` with its `pages` in order and what is inside it.

    The row has `institution_name`, and `mets` for whoever may see all of it.
    """
    made: Json = {
        "@context": CONTEXT,
        "id": manifest_id(base, volume["uuid"]),
        "type": "Manifest",
        "label": printed(volume["called"]),
        "summary": said("manifest.summary", pages=volume["pages"], institution=_owner(volume)),
        "metadata": list(_pairs(volume)),
        "requiredStatement": {"label": said("manifest.provided"), "value": printed(_owner(volume))},
        **_rights(volume),
        **_dated(volume),
        "provider": [_provider(base, volume)],
        "viewingDirection": "left-to-right",
        "behavior": [_behaviour(volume, pages)],
        **_linked(base, volume),
        "items": [canvas(base, page) for page in pages],
    }
    structures = contents(base, volume["uuid"], pages, divisions)
    title_page = next((page for page in pages if page["type"] == "titlePage"), None)
    if title_page:
        made["start"] = {"id": canvas_id(base, title_page["uuid"]), "type": "Canvas"}
    if pages:
        made["thumbnail"] = [thumbnail(base, title_page or pages[0])]
    return made | ({"structures": structures} if structures else {})


def nav_date(day: str | None) -> str | None:
    """A day, month or year (ISO 8601) as a moment (3.1, navDate); nothing for what is none of them."""
    try:
        # The first day of a month or year.
        return f"{dt.date.fromisoformat(f'{day}-01-01'[:10])}T00:00:00Z"
    except ValueError:
        return None


def _linked(base: str, volume: Row) -> Json:
    """Where else it is: in our reading room, as other data, to take away, and what can be asked of it."""
    home = f"{base}/volume/{volume['uuid']}"
    mets = linked(f"{home}/mets.xml", "Dataset", said("manifest.mets"), "text/xml") | {"profile": _METS}
    return {
        "homepage": [linked(home, "Text", printed(volume["called"]), "text/html")],
        "seeAlso": [
            *([mets] if volume.get("mets") else []),
            linked(f"{base}/dcat.jsonld", "Dataset", said("manifest.dcat"), "application/ld+json"),
        ],
        "rendering": [
            linked(f"{home}/volume.pdf", "Text", said("manifest.pdf"), "application/pdf"),
            linked(f"{home}/text.txt", "Text", said("manifest.text"), "text/plain"),
        ],
        "partOf": [{"id": _above(base, volume), "type": "Collection"}],
        "service": [
            {"id": f"{base}/iiif/search/2/{volume['uuid']}", "type": "SearchService2"},
            {
                "@context": "http://iiif.io/api/search/1/context.json",
                "@id": f"{base}/iiif/search/1/{volume['uuid']}",
                "@type": "SearchService1",
                "profile": "http://iiif.io/api/search/1/search",
            },
        ],
    }


def _above(base: str, volume: Row) -> str:
    if volume["title_above"]:
        return f"{base}/iiif/collection/title/{quote(volume['title_id'], safe='')}"
    return f"{base}/iiif/collection/institution/{quote(volume['institution'] or '', safe='')}"


def _pairs(volume: Row) -> Iterator[Json]:
    for column in _TOLD:
        value = volume[column]
        values = json.loads(value) if column == "languages" else [value] if value else []
        if values:
            coded = column in (*_CODED, "languages")
            told = value_called(column, *values) if coded else printed(*values)
            yield {"label": column_called(column), "value": told}


def _owner(volume: Row) -> str:
    return volume["institution_name"] or volume["owner"] or volume["institution"] or "–"


def _rights(volume: Row) -> Json:
    found = _LICENCE.fullmatch(volume["licence"] or "")
    return {"rights": f"http://{found[1]}"} if found else {}


def _dated(volume: Row) -> Json:
    moment = nav_date(volume["date"])
    return {"navDate": moment} if moment else {}


def _provider(base: str, volume: Row) -> Json:
    return {
        "id": f"{base}/iiif/collection/institution/{quote(volume['institution'] or '', safe='')}#provider",
        "type": "Agent",
        "label": printed(_owner(volume)),
        "homepage": [linked(f"{base}/", "Text", said("home.title"), "text/html")],
    }


def _behaviour(volume: Row, pages: Sequence[Row]) -> str:
    """Whether its pages lie side by side when it is open (3.4): the first one of a book stands alone, on the right."""
    bound = volume["type"] not in _LOOSE and len(pages) > 1
    return "paged" if bound and pages[0]["side"] != "left" else "individuals"
