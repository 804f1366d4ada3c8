"""The packets of a JPEG 2000 codestream (ISO/IEC 15444-1): are they numbered, and number them."""

from __future__ import annotations

import mmap
import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ingest import jp2_box

# A packet's data never holds a code above FF8F (B.10.1), so within a tile-part these bytes are the marker itself.
_SOP = re.compile(rb"\xff\x91\x00\x04")
_SOC_SIZ, _SOT, _SOD, _EOC = b"\xff\x4f\xff\x51", 0xFF90, 0xFF93, 0xFFD9


def unnumbered_packets(path: Path) -> int:
    """How many SOP markers of the JP2 file at `path` do not count the packets of their tile from 0 (A.8.1).

    Raises:
        ValueError: its tile-parts do not hang together.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return sum(content[at : at + 2] != wanted for at, wanted in _numbers(content, path))


def number_packets(path: Path) -> None:
    """Number the packets of the JP2 file at `path` in place, where SOP markers are used.

    Grok 10.0.5 leaves numbers out; the rest of what it writes is, byte for byte, what OpenJPEG writes (a contract test
    compares them). A decoder that trusts the numbers, Grok's own among them, would miss packets.

    Raises:
        ValueError: its tile-parts do not hang together.
        OSError: it cannot be read or written.
    """
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as content:
        for at, wanted in list(_numbers(content, path)):
            content[at : at + 2] = wanted


def _numbers(content: mmap.mmap, path: Path) -> Iterator[tuple[int, bytes]]:
    """Where each SOP marker has its number, and what it should be."""
    counts: dict[int, int] = defaultdict(int)
    for tile, start, end in _tile_parts(content, path):
        for marker in _SOP.finditer(content, start, end):
            yield marker.end(), struct.pack(">H", counts[tile] & 0xFFFF)
            counts[tile] += 1


def _tile_parts(content: mmap.mmap, path: Path) -> Iterator[tuple[int, int, int]]:
    """Tile index, and where the packets of each tile-part begin and end."""
    at = content.find(_SOC_SIZ, len(jp2_box.SIGNATURE)) + 2
    if at < 2:
        raise ValueError(f"{path.name}: no codestream")
    try:
        while (marker := _word(content, at)) != _EOC:
            if marker != _SOT:
                at += 2 + _word(content, at + 2)
                continue
            tile, length = struct.unpack(">HI", content[at + 4 : at + 10])
            end = at + length if length else len(content) - 2
            yield tile, _packets(content, at), end
            at = end
    except struct.error as error:
        raise ValueError(f"{path.name}: {error}") from None


def _packets(content: mmap.mmap, tile_part: int) -> int:
    at = tile_part
    while _word(content, at) != _SOD:
        at += 2 + _word(content, at + 2)
    return at + 2


def _word(content: mmap.mmap, at: int) -> int:
    return int(struct.unpack(">H", content[at : at + 2])[0])
