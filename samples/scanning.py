"""From ink on a sheet to what a scanner would have delivered: paper, light, noise, skew, and the file formats."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from samples.setting import DPI

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

PAPER = (241.0, 232.0, 212.0)
INK = (38.0, 33.0, 31.0)


@dataclass(frozen=True, slots=True)
class Look:
    """How a page looks on the scanner's glass.

    `skew` in degrees, clockwise positive as seen on screen; `noise` the standard deviation of the sensor's noise in
    grey levels; `specks` how many flecks of dust; `through` how much of the other side shines through (0..1); `gutter`
    on which side the book's fold throws its shadow: -1 left, 1 right, 0 none.
    """

    skew: float = 0.0
    noise: float = 0.9
    specks: int = 25
    through: float = 0.0
    gutter: int = 0


def cloud(rng: np.random.Generator, width: int, height: int, cell: int) -> Plane:
    """Smooth random unevenness, about -1..1, in blots of `cell` pixels; height x width."""
    coarse = rng.normal(0, 0.5, (height // cell + 3, width // cell + 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def turned(plane: Plane, degrees: float) -> Plane:
    """`plane` turned clockwise about its centre, what comes in from outside being 0."""
    if not degrees:
        return plane
    height, width = plane.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(plane, matrix, (width, height), flags=cv2.INTER_CUBIC), np.float32)


def printed(ink: Image.Image, rng: np.random.Generator) -> Plane:
    """Ink as it sits on paper, 0..1: edges softened, the colour uneven over the page."""
    plane = np.asarray(cv2.GaussianBlur(np.asarray(ink, np.float32) / 255, (0, 0), 0.75), np.float32)
    height, width = plane.shape
    return np.clip(plane * (0.93 + 0.05 * cloud(rng, width, height, 160)), 0, 1).astype(np.float32)


def light(rng: np.random.Generator, width: int, height: int, gutter: int) -> Plane:
    """Brightness over the glass, about 1: the lamp's slope, stains of age, and the shadow of the fold."""
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    slope = rng.uniform(-0.02, 0.02, 2)
    field = 1 + slope[0] * across + slope[1] * down + 0.012 * cloud(rng, width, height, 420)
    if gutter:
        field = field - 0.3 * np.exp(-(1 - gutter * across) / 0.045)
    return np.asarray(field, np.float32)


def _dusted(plane: Plane, rng: np.random.Generator, count: int) -> Plane:
    height, width = plane.shape
    for _ in range(count):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(plane, (x, y), int(rng.integers(1, 3)), float(rng.uniform(0.3, 0.8)), -1, cv2.LINE_AA)
    return plane


def scanned(ink: Image.Image, look: Look, seed: int, back: Image.Image | None = None) -> Pixels:
    """The colour scan of a printed sheet, height x width x 3; `back` is the ink of its other side."""
    rng = np.random.default_rng(seed)
    width, height = ink.size
    black = turned(_dusted(printed(ink, rng), rng, look.specks), look.skew)
    if back is not None and look.through:
        ghost = cv2.GaussianBlur(np.asarray(back, np.float32)[:, ::-1] / 255, (0, 0), 4)
        black = np.maximum(black, look.through * turned(np.asarray(ghost, np.float32), look.skew))
    black = np.clip(black, 0, 1)
    brightness = turned(light(rng, width, height, look.gutter) - 1, look.skew) + 1
    grain = rng.normal(0, look.noise, (height, width)).astype(np.float32)
    page = np.empty((height, width, 3), np.uint8)
    for channel, (paper, pigment) in enumerate(zip(PAPER, INK, strict=True)):
        plane = (paper + (pigment - paper) * black) * brightness + grain
        page[:, :, channel] = np.clip(np.rint(plane), 0, 255)
    return page


def grey(page: Pixels, step: int = 1) -> Image.Image:
    """The scan without its colour; `step` rounds the grey levels, as frugal scanner drivers do."""
    plane = np.asarray(Image.fromarray(page).convert("L"), np.uint8)
    return Image.fromarray(np.minimum(plane // step * step + step // 2, 255).astype(np.uint8))


def bitonal(page: Pixels) -> Image.Image:
    """The scan in black and white at a fixed threshold."""
    return grey(page).point(lambda level: 255 if level > 150 else 0).convert("1")


def srgb() -> bytes:
    """An sRGB colour profile whose date is fixed, so that each run writes the same bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = b"".join(part.to_bytes(2, "big") for part in (2026, 1, 1, 0, 0, 0))
    return bytes(profile)


def jpeg(image: Image.Image, quality: int, dpi: int = DPI, icc: bytes | None = None) -> bytes:
    """A JPEG file that says its resolution."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, dpi=(dpi, dpi), icc_profile=icc, optimize=True)
    return stream.getvalue()


def tiff(image: Image.Image, compression: str, dpi: tuple[int, int] | None = (DPI, DPI)) -> bytes:
    """A TIFF file; `compression` in Pillow's words (group4, tiff_lzw, raw); without `dpi` it says no resolution."""
    stream = io.BytesIO()
    extra = {} if dpi is None else {"dpi": dpi}
    image.save(stream, "TIFF", compression=compression, **extra)
    return stream.getvalue()


def png(image: Image.Image, dpi: int | None = DPI) -> bytes:
    """A PNG file; without `dpi` it says no resolution."""
    stream = io.BytesIO()
    extra = {} if dpi is None else {"dpi": (dpi, dpi)}
    image.save(stream, "PNG", optimize=True, **extra)
    return stream.getvalue()


def put(path: Path, content: bytes) -> None:
    """Write a file, its folders with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
