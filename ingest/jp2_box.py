"""The boxes of a JP2 file (ISO/IEC 15444-1 annex I): read the header, add resolution and colour profile."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SIGNATURE = bytes.fromhex("0000000c6a5020200d0a870a")
_HEADER_LIMIT = 16 << 20


@dataclass(frozen=True, slots=True)
class Header:
    """What the header boxes say: size in pixels, components, bits per sample, pixels per inch (0: not said), ICC."""

    width: int
    height: int
    components: int
    bits: int
    x_dpi: float
    y_dpi: float
    icc: bytes


def read_header(path: Path) -> Header:
    """Read the header boxes of the JP2 file at `path`; the picture itself is not touched.

    Raises:
        ValueError: it is no JP2 file, or its header is cut or does not hang together.
    """
    with path.open("rb") as stream:
        try:
            content, _ = _find_header(stream)
            boxes = dict(_boxes(content))
            height, width, components, depth = struct.unpack(">IIHB", boxes[b"ihdr"][:11])
            x_dpi, y_dpi = _resolution(boxes.get(b"res ", b""))
        except (KeyError, struct.error) as error:
            raise ValueError(f"JP2 header: {error}") from None
    return Header(width, height, components, (depth & 0x7F) + 1, x_dpi, y_dpi, _profile(boxes.get(b"colr", b"")))


def rewrite_header(source: Path, target: Path, x_dpi: float, y_dpi: float, icc: bytes = b"") -> None:
    """Copy the JP2 file `source` to `target` with a capture resolution box and, when given, a restricted ICC profile.

    OpenJPEG and Grok write neither from PNM input, NDK asks for the first (ndk.md §4). The codestream stays the
    same bytes.

    Raises:
        ValueError: `source` is no JP2 file.
    """
    with source.open("rb") as stream, target.open("wb") as out:
        content, start = _find_header(stream)
        stream.seek(0)
        out.write(stream.read(start))
        kept = [(kind, body) for kind, body in _boxes(content) if kind != b"res " and not (icc and kind == b"colr")]
        if icc:
            kept.append((b"colr", struct.pack(">BBB", 2, 0, 0) + icc))
        kept.append((b"res ", resolution_box(x_dpi, y_dpi)))
        out.write(_box(b"jp2h", b"".join(_box(kind, body) for kind, body in kept)))
        stream.seek(start + 8 + len(content))
        shutil.copyfileobj(stream, out, 1 << 20)


def resolution_box(x_dpi: float, y_dpi: float) -> bytes:
    """Body of a `res ` box with one capture resolution box (I.5.3.7.1): vertical first, in pixels per metre."""
    v_num, v_den, v_exp = _per_metre(y_dpi)
    h_num, h_den, h_exp = _per_metre(x_dpi)
    return _box(b"resc", struct.pack(">HHHHbb", v_num, v_den, h_num, h_den, v_exp, h_exp))


def may_be_embedded(icc: bytes) -> bool:
    """Whether a profile is a *restricted* one, the only kind Part 1 allows (I.5.3.3): input or display, no tables."""
    if len(icc) < 132 or icc[12:16] not in (b"scnr", b"mntr") or icc[16:20] not in (b"RGB ", b"GRAY"):
        return False
    count = struct.unpack(">I", icc[128:132])[0]
    tags = {icc[132 + 12 * i : 136 + 12 * i] for i in range(min(count, 200))}
    return not tags & {b"A2B0", b"A2B1", b"A2B2"}


def _per_metre(dpi: float) -> tuple[int, int, int]:
    # p per inch = (100 p / 254) * 10^2 per metre; the numerator has 16 bits, so coarser steps above 655 dpi.
    for step, exponent in ((100, 2), (10, 3), (1, 4)):
        numerator = round(dpi * step)
        if numerator <= 0xFFFF:
            return numerator, 254, exponent
    raise ValueError(f"resolution of {dpi} dpi is out of reach")


def _resolution(body: bytes) -> tuple[float, float]:
    for wanted in (b"resc", b"resd"):
        found = dict(_boxes(body)).get(wanted)
        if found:
            v_num, v_den, h_num, h_den, v_exp, h_exp = struct.unpack(">HHHHbb", found[:10])
            x, y = h_num / max(h_den, 1) * 10.0**h_exp, v_num / max(v_den, 1) * 10.0**v_exp
            return round(x * 0.0254, 2), round(y * 0.0254, 2)
    return 0.0, 0.0


def _profile(colr: bytes) -> bytes:
    return colr[3:] if colr[:1] in (b"\x02", b"\x03") else b""


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        length = struct.unpack(">I", content[at : at + 4])[0]
        if length < 8 or at + length > len(content):
            raise ValueError(f"JP2 box at {at} has length {length}")
        yield content[at + 4 : at + 8], content[at + 8 : at + length]
        at += length


def _find_header(stream: BinaryIO) -> tuple[bytes, int]:
    if stream.read(12) != SIGNATURE:
        raise ValueError("not a JP2 file")
    while len(head := stream.read(8)) == 8:
        length = struct.unpack(">I", head[:4])[0]
        if length < 8 or length > _HEADER_LIMIT:
            break
        if head[4:] == b"jp2h":
            start = stream.tell() - 8
            content = stream.read(length - 8)
            if len(content) == length - 8:
                return content, start
            break
        stream.seek(length - 8, 1)
    raise ValueError("JP2 header box is missing or cut")
