"""Open any scan: look at its header without decoding, then decode it to 8-bit grey or RGB pixels."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageCms, Jpeg2KImagePlugin, PngImagePlugin, TiffImagePlugin

from ingest import jp2_box
from ingest.identify import identify
from metadata.finding import Fact
from metadata.geometry import Transform
from metadata.model import ImageFacts

Pixels = NDArray[np.uint8]


class Kind(StrEnum):
    """Image formats that a delivery may bring, by their first bytes."""

    TIFF = "image/tiff"
    JPEG = "image/jpeg"
    PNG = "image/png"
    JP2 = "image/jp2"


SUFFIXES = {
    ".tif": Kind.TIFF, ".tiff": Kind.TIFF, ".jpg": Kind.JPEG, ".jpeg": Kind.JPEG, ".png": Kind.PNG, ".jp2": Kind.JP2,
}  # fmt: skip

_MAGIC = (
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0", Kind.TIFF),
    (b"MM\0+", Kind.TIFF),
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (jp2_box.SIGNATURE, Kind.JP2),
)
# libjpeg paints grey what it cannot read and only warns; libtiff warns of many a tag that harms nothing.
_LOADERS = {Kind.TIFF: ("tiffload", "error"), Kind.JPEG: ("jpegload", "warning"), Kind.PNG: ("pngload", "error")}
# TIFF 6.0 tags 259 and 262, in the words of MIX 2.0.
_TIFF_COMPRESSION = {
    1: "Uncompressed",
    2: "CCITT 1D",
    3: "CCITT Group 3",
    4: "CCITT Group 4",
    5: "LZW",
    6: "JPEG",
    7: "JPEG",
    8: "Deflate",
    32773: "PackBits",
    32946: "Deflate",
}
_PHOTOMETRIC = {
    0: "WhiteIsZero",
    1: "BlackIsZero",
    2: "RGB",
    3: "PaletteColor",
    5: "CMYK",
    6: "YCbCr",
    8: "CIELab",
}
_PROFILE_SPACES = {"b-w": b"GRAY", "grey16": b"GRAY", "srgb": b"RGB ", "rgb": b"RGB ", "rgb16": b"RGB "}
_DEPTHS = {"uchar": 255, "ushort": 65535}
_COMPRESSION = {Kind.JPEG: "JPEG", Kind.PNG: "Deflate", Kind.JP2: "JPEG 2000"}
_THUMBNAIL_WIDTH = 260


class BadScan(Exception):
    """A scan that cannot become a page: the finding's code and facts say why."""

    def __init__(self, code: str, **facts: Fact) -> None:
        self.code, self.facts = code, facts
        super().__init__(code, facts)


@dataclass(frozen=True, slots=True)
class Scan:
    """A decoded scan, upright as its orientation tag says.

    `pixels` is (height, width) grey or (height, width, 3) RGB, 8 bits a sample. `facts` describe the file as it was
    delivered. `turn` maps its stored pixels to `pixels`. `icc` is the profile in which `pixels` are to be read (may be
    empty); `converted` says from what colours they were converted, or is empty.
    """

    pixels: Pixels
    facts: ImageFacts
    turn: Transform
    icc: bytes
    converted: str


def sniff(path: Path) -> Kind | None:
    """The image format of the file at `path` by its first bytes; None when it is none of ours.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(12)
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def frames(path: Path) -> int:
    """How many images the file holds: pages of a TIFF, else 1. A file that cannot be opened counts as 1."""
    try:
        if sniff(path) is not Kind.TIFF:
            return 1
        pages = _vips(path, Kind.TIFF).get("n-pages")
    except (pyvips.Error, OSError):
        return 1
    return max(1, int(pages))


def look(path: Path, frame: int = 0) -> ImageFacts:
    """What the header says, without decoding: safe on a decompression bomb.

    Raises:
        BadScan: P001 empty, P002 no image, P003 its header is damaged.
        OSError: it cannot be read.
    """
    if path.stat().st_size == 0:
        raise BadScan("P001")
    kind = sniff(path)
    known = identify(path)
    if kind is None:
        raise BadScan("P002", format=known.name or "?")
    try:
        facts = _jp2_facts(path) if kind is Kind.JP2 else _vips_facts(_vips(path, kind, frame), kind)
    except (pyvips.Error, ValueError) as error:
        raise BadScan("P003", why=_first_line(error)) from None
    if kind is Kind.TIFF:
        facts = _with_tags(facts, path, frame)
    if kind is Kind.PNG and not _png_says_resolution(path):
        facts = replace(facts, x_dpi=0.0, y_dpi=0.0)
    return replace(facts, puid=known.puid, format_version=known.version)


def decode(path: Path, frame: int, facts: ImageFacts) -> Scan:
    """Decode the whole scan; any damage to its end is an error, not a grey patch.

    Args:
        path: the scan.
        frame: which of its images, from 0.
        facts: what `look` said of it; the caller has judged its size.

    Raises:
        BadScan: P003, it cannot be decoded to its end.
        OSError: it cannot be read.
    """
    try:
        if facts.format == Kind.JP2:
            return _decode_jp2(path, facts)
        return _decode_vips(_vips(path, Kind(facts.format), frame), facts)
    except (pyvips.Error, OSError, ValueError, SyntaxError) as error:
        raise BadScan("P003", why=_first_line(error)) from None


def write_pnm(path: Path, pixels: Pixels) -> None:
    """Write pixels as binary PGM or PPM: what every encoder reads without guessing."""
    height, width = pixels.shape[:2]
    with path.open("wb") as out:
        out.write(b"P%d\n%d %d\n255\n" % (5 if pixels.ndim == 2 else 6, width, height))
        out.write(np.ascontiguousarray(pixels).data)


def read_pnm(path: Path) -> Pixels:
    """The pixels of a PNM file that `write_pnm` wrote, mapped from disk."""
    with path.open("rb") as stream:
        magic, size = stream.readline().strip(), stream.readline().split()
        stream.readline()
        start = stream.tell()
    width, height = int(size[0]), int(size[1])
    shape = (height, width) if magic == b"P5" else (height, width, 3)
    return np.memmap(path, np.uint8, "r", start, shape)


def write_thumbnail(path: Path, pixels: Pixels) -> None:
    """Write a small JPEG of the page, for reports: 260 pixels wide."""
    scale = min(1.0, _THUMBNAIL_WIDTH / pixels.shape[1])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if small.ndim == 3:
        small = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(path), small, [cv2.IMWRITE_JPEG_QUALITY, 55])


def grey(pixels: Pixels) -> Pixels:
    """Luma of RGB pixels (Rec. 601, as Tesseract's own conversion); grey ones as they are."""
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _vips(path: Path, kind: Kind, frame: int = 0) -> Any:  # noqa: ANN401 - pyvips has no types
    options = {"page": frame} if kind is Kind.TIFF else {}
    loader, strictness = _LOADERS[kind]
    return getattr(pyvips.Image, loader)(str(path), access="sequential", fail_on=strictness, **options)


def _vips_facts(image: Any, kind: Kind) -> ImageFacts:  # noqa: ANN401 - pyvips has no types
    fields = set(image.get_fields())
    said = kind is Kind.PNG or "resolution-unit" in fields or "exif-ifd0-XResolution" in fields
    # libvips stands for "not said" with one pixel a millimetre.
    has_dpi = said and not (image.xres == 1.0 and image.yres == 1.0)
    bits = int(image.get("bits-per-sample")) if "bits-per-sample" in fields else (16 if "16" in image.format else 8)
    return ImageFacts(
        format=kind.value,
        format_version="",
        puid="",
        width=image.width,
        height=image.height,
        samples=image.bands,
        bits={"ushort": 16, "uchar": min(bits, 8)}.get(image.format, bits),
        colour=_colour(image),
        x_dpi=round(image.xres * 25.4, 2) if has_dpi else 0.0,
        y_dpi=round(image.yres * 25.4, 2) if has_dpi else 0.0,
        compression=_COMPRESSION.get(kind, "Uncompressed"),
        icc="embedded" if "icc-profile-data" in fields else "",
        orientation=int(image.get("orientation")) if "orientation" in fields else 1,
        captured=_when(_exif(image, fields, "exif-ifd0-DateTime")),
        make=_exif(image, fields, "exif-ifd0-Make"),
        model=_exif(image, fields, "exif-ifd0-Model"),
        software=_exif(image, fields, "exif-ifd0-Software"),
    )


def _colour(image: Any) -> str:  # noqa: ANN401 - pyvips has no types
    names = {"b-w": "BlackIsZero", "grey16": "BlackIsZero", "cmyk": "CMYK", "lab": "CIELab"}
    return names.get(image.interpretation, "RGB")


def _with_tags(facts: ImageFacts, path: Path, frame: int) -> ImageFacts:
    """Add what libvips keeps to itself: compression, photometry, byte order and the scanner's own words."""
    try:
        with warnings.catch_warnings(action="ignore"), TiffImagePlugin.TiffImageFile(str(path)) as image:
            image.seek(frame)
            tags, order = dict(image.tag_v2), image.tag_v2.prefix
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError):
        return facts
    return replace(
        facts,
        compression=_TIFF_COMPRESSION.get(tags.get(259, 1), f"TIFF {tags.get(259)}"),
        colour=_PHOTOMETRIC.get(tags.get(262, -1), facts.colour),
        byte_order="little endian" if order == b"II" else "big endian",
        captured=_when(str(tags.get(306, ""))),
        make=str(tags.get(271, "")).strip(),
        model=str(tags.get(272, "")).strip(),
        software=str(tags.get(305, "")).strip(),
    )


def _png_says_resolution(path: Path) -> bool:
    # libvips stands for "not said" with 72 pixels an inch, which a file may also say.
    try:
        with PngImagePlugin.PngImageFile(str(path)) as image:
            return "dpi" in image.info
    except (OSError, ValueError, SyntaxError):
        return True


def _exif(image: Any, fields: set[str], name: str) -> str:  # noqa: ANN401 - pyvips has no types
    return str(image.get(name)).split(" (", 1)[0].strip() if name in fields else ""


def _when(exif: str) -> str:
    date, _, time = exif.partition(" ")
    plausible = len(date) == 10 and len(time) == 8 and date[:4].isdigit() and date[:4] > "1980"
    return f"{date.replace(':', '-')}T{time}" if plausible else ""


def _jp2_facts(path: Path) -> ImageFacts:
    head = jp2_box.read_header(path)
    return ImageFacts(
        format=Kind.JP2.value,
        format_version="",
        puid="",
        width=head.width,
        height=head.height,
        samples=head.components,
        bits=head.bits,
        colour="sRGB" if head.components >= 3 else "greyscale",
        x_dpi=head.x_dpi,
        y_dpi=head.y_dpi,
        compression="JPEG 2000",
        icc="embedded" if head.icc else "",
    )


def _decode_vips(image: Any, facts: ImageFacts) -> Scan:  # noqa: ANN401 - pyvips has no types
    icc = bytes(image.get("icc-profile-data")) if facts.icc else b""
    source = f"{facts.colour} {facts.bits} bit"
    converted = ""
    if image.format not in _DEPTHS:
        raise ValueError(f"{image.format} samples")
    space = _PROFILE_SPACES.get(image.interpretation)
    if icc[16:20] != space:
        icc = b""  # a profile of other colours says nothing about these
    if space is None or (icc and not jp2_box.may_be_embedded(icc)):
        image, icc, converted = _to_srgb(image), b"", source
    if image.hasalpha():
        image, converted = image.flatten(background=_DEPTHS[image.format]), converted or f"{source} + alpha"
    if image.format != "uchar":
        image, converted = (image >> 8).cast("uchar"), converted or source
    upright, turn = _upright(_pixels(image), facts.orientation)
    return Scan(upright, replace(facts, icc=_profile_name(icc) or facts.icc), turn, icc, converted)


def _pixels(image: Any) -> Pixels:  # noqa: ANN401 - pyvips has no types
    # Not image.numpy(): that makes a number of a picture of one pixel.
    shape = (image.height, image.width, image.bands) if image.bands > 1 else (image.height, image.width)
    return np.frombuffer(image.write_to_memory(), np.uint8).reshape(shape)


def _to_srgb(image: Any) -> Any:  # noqa: ANN401 - pyvips has no types
    # Without a profile of its own, CMYK is read in libvips' built-in press profile.
    if image.interpretation == "cmyk" or "icc-profile-data" in image.get_fields():
        return image.icc_transform("srgb", embedded=True, input_profile="cmyk", intent="relative")
    return image.colourspace("srgb")


def _decode_jp2(path: Path, facts: ImageFacts) -> Scan:
    # Not Image.open: that would apply Pillow's own bomb limit instead of the one the caller has just applied.
    with Jpeg2KImagePlugin.Jpeg2KImageFile(str(path)) as image:
        image.load()
        icc, mode = jp2_box.read_header(path).icc, image.mode
        if mode.startswith("I"):
            # Pillow stretches any depth above 8 to 16 bits.
            pixels = (np.asarray(image, np.uint16) >> 8).astype(np.uint8)
        elif mode == "RGB" and 8 < facts.bits <= 16:
            pixels = _deep_colours(path, facts.bits)
        else:
            pixels = np.asarray(_on_white(image), np.uint8)
    converted = "" if mode in ("L", "RGB") and facts.bits <= 8 else f"{mode} {facts.bits} bit"
    if icc[16:20] != (b"GRAY" if pixels.ndim == 2 else b"RGB "):
        icc = b""
    if icc and not jp2_box.may_be_embedded(icc):
        picture = pyvips.Image.new_from_array(pixels).copy()
        picture.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
        pixels, icc, converted = _pixels(_to_srgb(picture)), b"", converted or f"{mode} {facts.bits} bit"
    return Scan(pixels, replace(facts, icc=_profile_name(icc) or facts.icc), Transform(), icc, converted)


def _deep_colours(path: Path, bits: int) -> Pixels:
    """RGB of more than 8 bits by OpenCV: Pillow rounds such samples up and turns the brightest white into black."""
    deep = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if deep is None or deep.ndim != 3:
        raise ValueError(f"{bits} bit colours")
    return np.ascontiguousarray((np.asarray(deep, np.uint16)[:, :, 2::-1] >> (bits - 8)).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    """The picture in grey or RGB, what is transparent in white."""
    plain = "L" if image.mode in ("L", "LA") else "RGB"
    if image.mode in ("LA", "RGBA"):
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert(plain)


def _profile_name(icc: bytes) -> str:
    if not icc:
        return ""
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip()
    except (OSError, ImageCms.PyCMSError):
        return "unnamed"


def _upright(pixels: Pixels, orientation: int) -> tuple[Pixels, Transform]:
    """Apply an EXIF/TIFF orientation (TIFF 6.0, tag 274) and say how points move."""
    height, width = pixels.shape[:2]
    w, h = width - 1, height - 1
    turned: dict[int, tuple[Pixels, Transform]] = {
        2: (pixels[:, ::-1], Transform(-1, 0, w, 0, 1, 0)),
        3: (pixels[::-1, ::-1], Transform(-1, 0, w, 0, -1, h)),
        4: (pixels[::-1], Transform(1, 0, 0, 0, -1, h)),
        5: (pixels.swapaxes(0, 1), Transform(0, 1, 0, 1, 0, 0)),
        6: (pixels[::-1].swapaxes(0, 1), Transform(0, -1, h, 1, 0, 0)),
        7: (pixels[::-1, ::-1].swapaxes(0, 1), Transform(0, -1, h, -1, 0, w)),
        8: (pixels[:, ::-1].swapaxes(0, 1), Transform(0, 1, 0, -1, 0, w)),
    }
    upright, turn = turned.get(orientation, (pixels, Transform()))
    return np.ascontiguousarray(upright), turn


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:200]
