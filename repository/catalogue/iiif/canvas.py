"""A page as IIIF has it: a Canvas as large as its master, painted with its image (Presentation API 3.0, 5.3)."""

from __future__ import annotations

from typing import Any

from metadata.geometry import Box
from metadata.text import PageText
from repository.catalogue.addresses import image_service
from repository.catalogue.iiif.language_map import LanguageMap, printed, said
from repository.catalogue.reading.rows import Row

Json = dict[str, Any]

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
MEDIA = f'application/ld+json;profile="{CONTEXT}"'
"""The media type of everything of Presentation API 3.0 (6.2)."""

_ALTO = "http://www.loc.gov/standards/alto/ns-v2#"
_THUMBNAIL = (200, 300)


def canvas_id(base: str, page: str) -> str:
    """How the page (its UUID) is named as a Canvas; `base` is our address without a slash at its end."""
    return f"{base}/iiif/canvas/{page}"


def place(base: str, page: Row, box: Box) -> str:
    """A box of a page, in pixels of its master, as the target of an annotation (Media Fragments 1.0, 4.2.2)."""
    within = box.inside(page["width"], page["height"])
    left, top = min(within.left, page["width"] - 1), min(within.top, page["height"] - 1)
    # A target without extent is none.
    return f"{canvas_id(base, page['uuid'])}#xywh={left},{top},{max(within.width, 1)},{max(within.height, 1)}"


def canvas(base: str, page: Row) -> Json:
    """The Canvas of a row of the table of pages."""
    name, address = canvas_id(base, page["uuid"]), f"{base}/volume/{page['volume']}/page/{page['position']}"
    size = {"width": page["width"], "height": page["height"]}
    image = f"{image_service(base, page['uuid'])}/full/max/0/default.jpg"
    painting = {
        "id": f"{name}/image",
        "type": "Annotation",
        "motivation": "painting",
        "body": {"id": image, "type": "Image", "format": "image/jpeg", **size, "service": [_service(base, page)]},
        "target": name,
    }
    made: Json = {"id": name, "type": "Canvas", "label": label(page), **size, "thumbnail": [thumbnail(base, page)]}
    made["homepage"] = [linked(address, "Text", said("manifest.page"), "text/html")]
    made["items"] = [{"id": f"{name}/painting", "type": "AnnotationPage", "items": [painting]}]
    if page["words"]:
        alto = linked(f"{address}/alto.xml", "Dataset", said("manifest.alto"), "text/xml")
        made["seeAlso"] = [alto | {"profile": _ALTO}]
        made["rendering"] = [linked(f"{address}/text.txt", "Text", said("manifest.text"), "text/plain")]
        made["annotations"] = [{"id": lines_id(base, page), "type": "AnnotationPage", "label": said("manifest.lines")}]
    return made


def lines_id(base: str, page: Row) -> str:
    """How the annotation page of the text lines of a page is named."""
    return f"{base}/iiif/lines/{page['uuid']}"


def lines(base: str, page: Row, text: PageText | None) -> Json:
    """The lines of a page's text, each where it is printed: an AnnotationPage."""
    name = lines_id(base, page)
    items = [
        {
            "id": f"{name}/{number}",
            "type": "Annotation",
            "motivation": "supplementing",
            "body": {"type": "TextualBody", "value": line.plain(), "format": "text/plain"},
            "target": place(base, page, line.box),
        }
        for number, line in enumerate(text.lines() if text else (), start=1)
    ]
    return {"@context": CONTEXT, "id": name, "type": "AnnotationPage", "items": items}


def label(page: Row) -> LanguageMap:
    """The printed number of a page, else its order in brackets."""
    return printed(page["label"] or f"[{page['position']}]")


def thumbnail(base: str, page: Row) -> Json:
    """The small image of a page."""
    scale = min(most / side for most, side in zip(_THUMBNAIL, (page["width"], page["height"]), strict=True))
    return {
        "id": f"{image_service(base, page['uuid'])}/full/!200,300/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": max(1, round(page["width"] * min(scale, 1))),
        "height": max(1, round(page["height"] * min(scale, 1))),
        "service": [_service(base, page)],
    }


def linked(address: str, kind: str, called: LanguageMap, media: str) -> Json:
    """A thing elsewhere (3.3: homepage, seeAlso, rendering)."""
    return {"id": address, "type": kind, "label": called, "format": media}


def _service(base: str, page: Row) -> Json:
    return {"id": image_service(base, page["uuid"]), "type": "ImageService3", "profile": "level2"}
