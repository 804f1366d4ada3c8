"""The addresses of images as others must write them: whole, as readers reach them from outside."""

from __future__ import annotations

from datasette.utils.asgi import Request

from repository.catalogue.house import House


def outside(house: House, request: Request) -> str:
    """Scheme and host of the catalogue (https://katalog.example.cz): as set up, else as the request came."""
    return house.config.address.rstrip("/") or f"{request.scheme}://{request.host}"


def image_service(base: str, page: str) -> str:
    """The base URI of the image service of a page (IIIF Image API 3.0 §2.1), `base` being what `outside` gave."""
    return f"{base}/iiif/3/{page}"
