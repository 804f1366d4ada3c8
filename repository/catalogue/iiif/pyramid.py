"""Make an access copy: a pyramidal TIFF (tiles of 512 pixels, JPEG) in sRGB or grey, of a stored page image.

A program of its own (python -m repository.catalogue.iiif.pyramid SOURCE TARGET WIDTH HEIGHT), because a decoder that
meets a hostile or enormous picture must be stopped without stopping whoever serves readers. libvips from PyPI reads no
JPEG 2000; Pillow does.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, Jpeg2KImagePlugin

from repository.catalogue.iiif.vips import BLOB, Failed, Picture, open_file, open_pixels

TILE = 512
"""Side of a tile in pixels."""

_SMALL = 256
"""Tiles that are much larger than their picture libvips writes, but does not read."""
_JP2 = bytes.fromhex("0000000c6a5020200d0a870a")
_CODESTREAM = bytes.fromhex("ff4fff51")
_HEAD = 4 << 20
_QUALITY = 85
_BANDS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


def make(source: Path, target: Path, size: tuple[int, int]) -> None:
    """Write the access copy of the picture `source` (JPEG 2000, TIFF, JPEG or PNG) to `target`.

    Raises:
        ValueError: it is no picture that can be read, or not of `size` (width, height): words would be lit elsewhere.
        OSError: the disk refuses.
    """
    tile = TILE if max(size) > _SMALL else _SMALL
    try:
        seen(_decoded(source, size), size).tiffsave(
            str(target),
            tile=True,
            pyramid=True,
            compression="jpeg",
            Q=_QUALITY,
            tile_width=tile,
            tile_height=tile,
            keep="none",
        )
    except (Failed, SyntaxError) as error:
        raise ValueError(str(error)) from error


def seen(picture: Picture, size: tuple[int, int]) -> Picture:
    """The picture as screens show it: 8 bits, sRGB or grey by its own colour profile, nothing transparent.

    Raises:
        ValueError: it is not of `size`.
    """
    if (picture.width, picture.height) != size:
        raise ValueError(f"{picture.width} x {picture.height}, not {size[0]} x {size[1]}")
    if picture.hasalpha():
        picture = picture.flatten(background=[255])
    grey = picture.bands == 1
    if "icc-profile-data" in picture.get_fields():
        try:
            picture = picture.icc_transform("srgb", embedded=True)
        except Failed:  # a profile that is none: the numbers are shown as they are
            picture = picture.copy()
            picture.remove("icc-profile-data")
    return picture.colourspace("b-w" if grey else "srgb").cast("uchar")


def _decoded(source: Path, size: tuple[int, int]) -> Picture:
    with source.open("rb") as stream:
        head = stream.read(12)
    if head != _JP2 and not head.startswith(_CODESTREAM):
        return open_file(str(source), access="sequential", fail_on="error")
    Image.MAX_IMAGE_PIXELS = None  # how large it may be is checked before it is decoded
    with Jpeg2KImagePlugin.Jpeg2KImageFile(str(source)) as image:
        if image.size != size:
            raise ValueError(f"{image.width} x {image.height}, not {size[0]} x {size[1]}")
        if image.mode == "I;16":
            picture = open_pixels(image.tobytes(), *size, 1, "ushort").copy(interpretation="grey16")
        else:
            told = image if image.mode in _BANDS else image.convert("RGB")
            bands = _BANDS[told.mode]
            colour = "b-w" if bands < 3 else "srgb"
            picture = open_pixels(told.tobytes(), *size, bands, "uchar").copy(interpretation=colour)
    profile = _profile(source)
    if profile:
        picture.set_type(BLOB, "icc-profile-data", profile)
    return picture


def _profile(source: Path) -> bytes:
    """The ICC profile in a JP2 file's header (ISO/IEC 15444-1 I.5.3.3); empty when there is none."""
    with source.open("rb") as stream:
        header = dict(_boxes(stream.read(_HEAD))).get(b"jp2h", b"")
    colour = dict(_boxes(header)).get(b"colr", b"")
    return colour[3:] if colour[:1] in (b"\x02", b"\x03") else b""


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes that lie whole in `content`: kind and body (I.4)."""
    at = 0
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        if length < 8 or at + length > len(content):
            return
        yield kind, content[at + 8 : at + length]
        at += length


if __name__ == "__main__":
    try:
        make(Path(sys.argv[1]), Path(sys.argv[2]), (int(sys.argv[3]), int(sys.argv[4])))
    except (ValueError, OSError, MemoryError) as problem:
        sys.exit(f"{type(problem).__name__}: {problem}")
