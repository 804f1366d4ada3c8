"""ingest.codestream: packets are numbered, or it is said how many are not."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import jp2_box
from ingest.codestream import number_packets, unnumbered_packets

SOC_SIZ = b"\xff\x4f\xff\x51" + struct.pack(">H", 4) + b"\0\0"
Part = tuple[int, list[int]]


def codestream(parts: list[Part], *, open_end: bool = False) -> bytes:
    """A JP2 file with nothing but the skeleton of tile-parts: tile index and the numbers of its packets."""
    body = SOC_SIZ
    for place, (tile, numbers) in enumerate(parts):
        packets = b"".join(b"\xff\x91\x00\x04" + struct.pack(">H", n) + b"data\xff\x8f" for n in numbers)
        last = open_end and place == len(parts) - 1
        length = 0 if last else 14 + len(packets)
        body += b"\xff\x90" + struct.pack(">HHIBB", 10, tile, length, 0, 1) + b"\xff\x93" + packets
    return jp2_box.SIGNATURE + b"jp2h" + body + b"\xff\xd9"


def numbers(content: bytes) -> list[int]:
    return [struct.unpack(">H", found)[0] for found in re.findall(rb"\xff\x91\x00\x04(..)", content, re.DOTALL)]


def put(folder: Path, content: bytes) -> Path:
    path = folder / "copy.jp2"
    path.write_bytes(content)
    return path


class TestNumbers:
    """ISO/IEC 15444-1, A.8.1: the first packet of a tile has number 0, each next one more, over all its tile-parts."""

    def test_a_gap_is_counted_and_closed(self, tmp_path: Path) -> None:
        path = put(tmp_path, codestream([(0, [0, 1, 2, 6, 7]), (0, [11])]))
        assert unnumbered_packets(path) == 3
        number_packets(path)
        assert numbers(path.read_bytes()) == [0, 1, 2, 3, 4, 5]
        assert unnumbered_packets(path) == 0

    def test_tiles_count_for_themselves(self, tmp_path: Path) -> None:
        path = put(tmp_path, codestream([(0, [9, 9]), (1, [9]), (0, [9])], open_end=True))
        number_packets(path)
        assert numbers(path.read_bytes()) == [0, 1, 0, 2]

    def test_after_65535_comes_0(self, tmp_path: Path) -> None:
        path = put(tmp_path, codestream([(0, [0] * 65537)]))
        number_packets(path)
        assert numbers(path.read_bytes())[-2:] == [65535, 0]

    @given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 65535), max_size=4)), max_size=6))
    def test_nothing_else_changes(self, tmp_path_factory: pytest.TempPathFactory, parts: list[Part]) -> None:
        content = codestream(parts)
        path = put(tmp_path_factory.mktemp("copy"), content)
        number_packets(path)
        blank = re.compile(rb"(\xff\x91\x00\x04)..", re.DOTALL)
        assert blank.sub(rb"\1", path.read_bytes()) == blank.sub(rb"\1", content)
        assert unnumbered_packets(path) == 0


@pytest.mark.parametrize("cut", [0.2, 0.6, 0.95])
def test_what_does_not_hang_together_is_an_error(tmp_path: Path, cut: float) -> None:
    content = codestream([(0, [0, 1, 2]), (0, [3, 4])])
    with pytest.raises(ValueError, match=r"copy\.jp2"):
        unnumbered_packets(put(tmp_path, content[: int(len(content) * cut)]))
