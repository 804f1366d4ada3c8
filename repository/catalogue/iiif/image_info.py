"""What an image service says of itself: info.json (IIIF Image API 3.0 §5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from repository.catalogue.iiif.image_request import LONGEST, TYPES
from repository.catalogue.iiif.pyramid import TILE

CONTEXT = "http://iiif.io/api/image/3/context.json"
PROFILE = "http://iiif.io/api/image/3/level2.json"
"""The document of the compliance level, for the Link header (§6)."""
# What we do beyond level 2 (§5.7, and the compliance document).
_FEATURES = ("canonicalLinkHeader", "mirroring", "profileLinkHeader", "rotationArbitrary", "sizeUpscaling")
_REGISTERED = ("creativecommons.org", "rightsstatements.org")


def image_info(service: str, page: Mapping[str, Any], area: int) -> dict[str, Any]:
    """The description of the image service `service` (its base URI) of the page with that row.

    `area` is how many pixels an image may have.
    """
    width, height = int(page["width"]), int(page["height"])
    factors = [1 << power for power in range(levels(width, height))]
    sizes = [(max(1, width // factor), max(1, height // factor)) for factor in reversed(factors)]
    told: dict[str, Any] = {
        "@context": CONTEXT,
        "id": service,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level2",
        "width": width,
        "height": height,
        "maxWidth": LONGEST,
        "maxHeight": LONGEST,
        "maxArea": area,
        "sizes": [{"width": w, "height": h} for w, h in sizes if w * h <= area and max(w, h) <= LONGEST],
        "tiles": [{"width": TILE, "height": TILE, "scaleFactors": factors}],
        "preferredFormats": ["jpg"],
        "extraFormats": [name for name in TYPES if name not in ("jpg", "png")],
        "extraQualities": ["color", "gray", "bitonal"],
        "extraFeatures": [
            "canonicalLinkHeader",
            "mirroring",
            "profileLinkHeader",
            "rotationArbitrary",
            "sizeUpscaling",
        ],
    }
    licence = page["licence"] or ""
    return told | ({"rights": licence} if _registered(licence) else {})


def levels(width: int, height: int) -> int:
    """How many levels the pyramid of a picture has: halved until it is one tile."""
    return 1 + max(0, math.ceil(math.log2(max(width, height) / TILE)))


def _registered(licence: str) -> bool:
    """Whether a licence is a URI that may stand as `rights` (§5.6)."""
    told = urlsplit(licence) if licence.startswith(("http://", "https://")) else None
    return told is not None and (told.hostname or "").removeprefix("www.") in _REGISTERED
