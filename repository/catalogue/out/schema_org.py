"""A volume in the words of schema.org (JSON-LD), for search engines that read its page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TYPES = {
    "monograph": "Book",
    "monograph-volume": "Book",
    "map": "Map",
    "graphic": "VisualArtwork",
    "sheetmusic": "SheetMusic",
    "issue": "PublicationIssue",
    "supplement": "PublicationIssue",
}


def volume_data(row: Mapping[str, Any], base: str) -> dict[str, Any]:
    """A volume by its row of the catalogue; `base` is what stands before the path of every address."""
    kind = _TYPES.get(row["type"] or "", "CreativeWork")
    authors = [{"@type": "Person", "name": name} for name in (row["authors"] or "").split("; ") if name]
    numbers = [f"urn:uuid:{row['uuid']}", *filter(None, (row["urnnbn"], row["ccnb"]))]
    above = {"@type": "Periodical", "name": row["title_above"], "issn": row["issn"]}
    told = {
        "@context": "https://schema.org",
        "@type": kind,
        "@id": f"{base}/volume/{row['uuid']}",
        "url": f"{base}/volume/{row['uuid']}",
        "name": row["called"],
        "author": authors,
        "datePublished": row["date"] or row["year"],
        "publisher": {"@type": "Organization", "name": row["publisher"]} if row["publisher"] else None,
        "inLanguage": json.loads(row["languages"]),
        "identifier": numbers,
        "isbn": row["isbn"] if kind == "Book" else None,
        "numberOfPages": row["pages"] if kind == "Book" else None,
        "license": row["licence"],
        "isPartOf": _present(above) if kind == "PublicationIssue" and row["title_above"] else None,
        "provider": {"@type": "Organization", "name": row["owner"]} if row["owner"] else None,
        "thumbnailUrl": f"{base}/volume/{row['uuid']}/page/1/image.jpg",
    }
    return _present(told)


def _present(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value}
