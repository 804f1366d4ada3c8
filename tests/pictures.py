"""Pictures and colour profiles that tests draw themselves."""

from __future__ import annotations

import io
import struct
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms

from ingest.image import Pixels


def noise(*shape: int, seed: int = 1) -> Pixels:
    """Pixels of any value."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def slopes(height: int, width: int) -> Pixels:
    """RGB in which every row and column differs from its neighbours, softly: JPEG keeps it nearly as it is."""
    y, x = np.mgrid[0:height, 0:width]
    across, down = 40 + 160 * x // max(width - 1, 1), 30 + 200 * y // max(height - 1, 1)
    return np.stack([across, down, (across + down) // 2], axis=2).astype(np.uint8)


def text_page(height: int = 1200, width: int = 850, lines: int = 30) -> Pixels:
    """A grey page at about 150 dpi with lines that look like type: letters of unequal width and height on one foot."""
    rng = np.random.default_rng(5)
    page = np.full((height, width), 235, np.uint8)
    for line in range(lines):
        foot, x = 100 + line * (height - 200) // lines, width // 9
        while x < width * 8 // 9:
            letter, tall = int(rng.integers(4, 10)), int(rng.choice([9, 9, 9, 14]))
            page[foot - tall : foot, x : x + letter] = 40
            x += letter + (9 if rng.random() < 0.18 else 3)
    return page


def rotated(pixels: Pixels, degrees: float) -> Pixels:
    """The page turned clockwise on screen about its centre, on a canvas of its own size with its own paper."""
    height, width = pixels.shape[:2]
    # OpenCV counts angles anticlockwise.
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    paper = [float(value) for value in np.atleast_1d(np.median(pixels.reshape(-1, *pixels.shape[2:]), axis=0))]
    return np.asarray(
        cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=paper), np.uint8
    )


def encoded(image: Image.Image, kind: str, **settings: object) -> bytes:
    """The picture as a file of the kind Pillow calls so."""
    stream = io.BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


def put(path: Path, content: bytes) -> Path:
    """Write a file and give its path back."""
    path.write_bytes(content)
    return path


@cache
def srgb() -> bytes:
    """The sRGB profile: matrix and curves, a restricted one (ISO/IEC 15444-1, I.5.3.3).

    Cached, because it bears the second it was made in.
    """
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def grey_profile() -> bytes:
    """A monochrome input profile of one curve, gamma 2.2 (ICC.1:2010, 8.3.4)."""
    curve = struct.pack(">4sIIH2x", b"curv", 0, 1, round(2.2 * 256))
    return _profile(b"scnr", b"GRAY", b"XYZ ", {b"kTRC": curve})


def table_profile() -> bytes:
    """An RGB display profile that is a table (ICC.1:2010, 8.4.2, 10.10): whatever is asked, the answer is mid-grey."""
    head = struct.pack(">4sI3BB9i2H", b"mft2", 0, 3, 3, 2, 0, *(65536 * int(n % 4 == 0) for n in range(9)), 2, 2)
    straight = struct.pack(">2H", 0, 0xFFFF) * 3
    # L* 50, a* 0, b* 0 in the 16 bits of version 2.
    grid = struct.pack(">3H", 0x7F80, 0x8000, 0x8000) * 8
    return _profile(b"mntr", b"RGB ", b"Lab ", {b"A2B0": head + straight + grid + straight})


def _profile(device: bytes, space: bytes, connection: bytes, tables: dict[bytes, bytes]) -> bytes:
    name = b"made for tests\0"
    description = struct.pack(">4sII", b"desc", 0, len(name)) + name + bytes(78)
    white = struct.pack(">4sI3i", b"XYZ ", 0, 63190, 65536, 54061)
    tags = {b"desc": description, b"cprt": b"text\0\0\0\0none\0", b"wtpt": white, **tables}
    at, index, body = 128 + 4 + 12 * len(tags), b"", b""
    for kind, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        index += struct.pack(">4sII", kind, at + len(body), len(content))
        body += padded
    size = at + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, device, space, connection)
    head += struct.pack(">6H4s", 2026, 11, 22, 0, 0, 0, b"acsp") + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + index + body
