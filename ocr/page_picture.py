"""A page's picture for people to look at: decoded no larger than needed, and written as JPEG."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, Jpeg2KImagePlugin

Pixels = NDArray[np.uint8]

_DEEPEST = 5  # resolution levels below the full one that NDK's JPEG 2000 has
_JP2 = frozenset({".jp2", ".j2k", ".jpx"})


def decode(path: Path, long_edge: int) -> Pixels:
    """The picture in the file `path`, 8 bits a sample: (height, width) grey or (height, width, 3) RGB.

    JPEG 2000 and JPEG are decoded at the smallest of their own resolutions whose longer side still has `long_edge`
    pixels, other formats whole. Colours are taken as they are: a user copy is grey or sRGB.

    Raises:
        OSError: it cannot be read or decoded.
    """
    if path.suffix.lower() in _JP2:
        try:
            return _decode_jp2(path, long_edge)
        except SyntaxError as error:
            # So says Pillow of a file that is no JPEG 2000.
            raise OSError(f"{path}: {error}") from None
    with Image.open(path) as image:
        share = long_edge / max(image.size)
        if share < 1:
            image.draft(None, (max(1, int(image.width * share)), max(1, int(image.height * share))))
        return _pixels(image)


def fitted(pixels: Pixels, long_edge: int) -> Pixels:
    """`pixels` with a longer side of at most `long_edge` pixels; never enlarged."""
    height, width = pixels.shape[:2]
    scale = long_edge / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def jpeg(pixels: Pixels, quality: int) -> bytes:
    """Baseline JPEG of grey or RGB pixels: equal pixels give equal bytes."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _decode_jp2(path: Path, long_edge: int) -> Pixels:
    # Not Image.open: its limit against bombs is below a newspaper's page, and this file is one that we wrote.
    with Jpeg2KImagePlugin.Jpeg2KImageFile(str(path)) as image:
        smaller = max(0, min(_DEEPEST, (max(image.size) // long_edge).bit_length() - 1))
    try:
        return _decode_jp2_at(path, smaller)
    except OSError:
        # A file of a stranger may have fewer levels than that.
        return _decode_jp2_at(path, 0)


def _decode_jp2_at(path: Path, levels: int) -> Pixels:
    with Jpeg2KImagePlugin.Jpeg2KImageFile(str(path)) as image:
        image.reduce = levels
        return _pixels(image)


def _pixels(image: Image.Image) -> Pixels:
    image.load()
    if image.mode.startswith("I"):
        return (np.asarray(image, np.uint16) >> 8).astype(np.uint8)
    plain = "L" if image.mode in ("1", "L", "LA") else "RGB"
    return np.array(image.convert(plain), np.uint8)
