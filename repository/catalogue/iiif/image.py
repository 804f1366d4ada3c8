"""Cut an image out of an access copy: the level of the pyramid just above what is asked, cropped, scaled, turned.

Scales that are powers of two are the pyramid's own pixels.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from repository.catalogue.iiif.image_request import Rendering
from repository.catalogue.iiif.vips import Picture, open_file

_MOST_OPEN = 128
_WHITE = 255
_THRESHOLD = 128
_SAVED: dict[str, dict[str, Any]] = {
    "jpg": {"Q": 80},
    "png": {"compression": 4},
    "webp": {"Q": 75, "effort": 2},
    "tif": {"compression": "lzw", "predictor": "horizontal"},
    "gif": {"effort": 3},
}
_open: OrderedDict[tuple[Path, int], Picture] = OrderedDict()
_lock = threading.Lock()


def render(copy: Path, wanted: Rendering) -> bytes:
    """The image `wanted` of the page whose access copy is `copy`, as the bytes of a file.

    Raises:
        repository.catalogue.iiif.vips.Failed: the copy is not there (any more), or is none.
    """
    picture = _turned(_scaled(copy, wanted), wanted)
    options = dict(_SAVED[wanted.format])
    if wanted.quality in ("gray", "bitonal"):
        picture = _grey(picture)
    if wanted.quality == "bitonal":
        picture = (_flat(picture) >= _THRESHOLD).copy(interpretation="b-w")
        options |= {"bitdepth": 1} if wanted.format in ("png", "tif") else {}
    if wanted.format == "tif" and "bitdepth" in options:
        options["predictor"] = "none"
    return bytes(picture.write_to_buffer(f".{wanted.format}", keep="none", **options))


def forget(copy: Path) -> None:
    """Close the access copy `copy`."""
    with _lock:
        for key in [key for key in _open if key[0] == copy]:
            del _open[key]


def _level(copy: Path, level: int) -> Picture:
    """A level of the pyramid (0: whole), kept open while it is used."""
    key = copy, level
    with _lock:
        picture = _open.get(key)
        if picture is not None:
            _open.move_to_end(key)
            return picture
    picture = open_file(str(copy), access="random", page=level)
    with _lock:
        _open[key] = picture
        while len(_open) > _MOST_OPEN:
            _open.popitem(last=False)
    return picture


def _scaled(copy: Path, wanted: Rendering) -> Picture:
    x, y, width, height = wanted.region
    whole = _level(copy, 0)
    shrink = max(1.0, min(width / wanted.size[0], height / wanted.size[1]))
    levels = int(whole.get("n-pages")) if "n-pages" in whole.get_fields() else 1
    level = min(int(math.log2(shrink)), levels - 1)
    picture = _level(copy, level) if level else whole
    # Levels round down: the last row and column may have none of their own.
    left, top = min(x >> level, picture.width - 1), min(y >> level, picture.height - 1)
    right = min(max(left + 1, -(-(x + width) >> level)), picture.width)
    bottom = min(max(top + 1, -(-(y + height) >> level)), picture.height)
    cut = picture.crop(left, top, right - left, bottom - top)
    if (cut.width, cut.height) == wanted.size:
        return cut
    return cut.resize(wanted.size[0] / cut.width, vscale=wanted.size[1] / cut.height)


def _turned(picture: Picture, wanted: Rendering) -> Picture:
    if wanted.mirrored:
        picture = picture.fliphor()
    degrees = float(wanted.turn)
    if degrees % 90 == 0:
        return picture.rot(f"d{int(degrees)}") if degrees else picture
    # Corners: nothing where the format can say so, else paper.
    if wanted.format in ("png", "webp"):
        return picture.addalpha().rotate(degrees)
    return picture.rotate(degrees, background=[_WHITE] * picture.bands)


def _grey(picture: Picture) -> Picture:
    return picture.colourspace("b-w")


def _flat(picture: Picture) -> Picture:
    return picture.flatten(background=[_WHITE]) if picture.hasalpha() else picture
