"""The boxes of a JP2 file: what is written is read back, nothing else is touched, damage is a ValueError."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpylyzer import jpylyzer
from PIL import Image

from ingest.jp2_box import SIGNATURE, Header, may_be_embedded, read_header, resolution_box, rewrite_header
from tests.pictures import encoded, grey_profile, noise, put, srgb, table_profile

PLAIN = encoded(Image.fromarray(noise(20, 30, 3)), "JPEG2000", irreversible=False)
GREY = encoded(Image.fromarray(noise(20, 30)), "JPEG2000", irreversible=False)
AT = PLAIN.index(b"jp2h") - 4
LENGTH = struct.unpack(">I", PLAIN[AT : AT + 4])[0]
CODESTREAM = PLAIN[PLAIN.index(b"jp2c") - 4 :]


def box(kind: bytes, body: bytes) -> bytes:
    """A box (I.4)."""
    return struct.pack(">I4s", 8 + len(body), kind) + body


def with_header(*boxes: bytes) -> bytes:
    """The picture with other boxes in its header superbox."""
    return PLAIN[:AT] + box(b"jp2h", b"".join(boxes)) + CODESTREAM


IHDR = box(b"ihdr", struct.pack(">IIHBBBB", 20, 30, 3, 7, 7, 0, 0))
COLR = box(b"colr", struct.pack(">BBBI", 1, 0, 0, 16))


class TestReading:
    def test_size_components_and_depth(self, tmp_path: Path) -> None:
        assert read_header(put(tmp_path / "a.jp2", PLAIN)) == Header(30, 20, 3, 8, 0.0, 0.0, b"")
        assert read_header(put(tmp_path / "b.jp2", GREY)).components == 1

    def test_a_display_resolution_stands_in_for_a_capture_one(self, tmp_path: Path) -> None:
        shown = box(b"resd", struct.pack(">HHHHbb", 15000, 254, 30000, 254, 2, 2))
        taken = box(b"resc", struct.pack(">HHHHbb", 11811, 1, 11811, 1, 0, 0))
        both = put(tmp_path / "both.jp2", with_header(IHDR, COLR, box(b"res ", shown + taken)))
        only = put(tmp_path / "only.jp2", with_header(IHDR, COLR, box(b"res ", shown)))
        assert (read_header(only).x_dpi, read_header(only).y_dpi) == (300, 150)
        assert read_header(both).x_dpi == read_header(both).y_dpi == pytest.approx(300, abs=0.01)

    def test_boxes_before_the_header_are_passed_over(self, tmp_path: Path) -> None:
        before = PLAIN[:AT] + box(b"xml ", b"<a/>") + PLAIN[AT:]
        assert read_header(put(tmp_path / "a.jp2", before)).width == 30

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"toto neni obraz",
            SIGNATURE,
            PLAIN[:40],
            PLAIN[: AT + 20],
            PLAIN.replace(b"jp2h", b"jp2x"),
            PLAIN.replace(b"ihdr", b"ihdx"),
            with_header(box(b"ihdr", b"\0\0")),
            with_header(IHDR, struct.pack(">I4s", 3, b"colr")),
            with_header(IHDR, struct.pack(">I4s", 4000, b"colr")),
            with_header(IHDR, COLR, box(b"res ", box(b"resc", b"\0\1"))),
            SIGNATURE + struct.pack(">I4s", 0xFFFFFFFF, b"jp2h"),
        ],
    )
    def test_what_does_not_hang_together_is_a_value_error(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(ValueError, match=r"JP2|latin|width|\w"):
            read_header(put(tmp_path / "a.jp2", content))

    @given(st.binary(max_size=80))
    @settings(max_examples=60, deadline=None)
    def test_any_bytes_behind_a_good_start_are_a_header_or_a_value_error(
        self, tmp_path_factory: pytest.TempPathFactory, body: bytes
    ) -> None:
        folder = tmp_path_factory.mktemp("any")
        for content in (SIGNATURE + body, with_header(body), with_header(IHDR, body), with_header(IHDR, COLR, body)):
            try:
                read_header(put(folder / "a.jp2", content))
            except ValueError:
                continue
            assert b"ihdr" in content


class TestRewriting:
    @given(st.floats(1, 655).map(lambda dpi: round(dpi, 2)), st.floats(1, 655).map(lambda dpi: round(dpi, 2)))
    @settings(max_examples=40, deadline=None)
    def test_fractions_of_a_pixel_per_inch_are_kept(
        self, tmp_path_factory: pytest.TempPathFactory, x: float, y: float
    ) -> None:
        folder = tmp_path_factory.mktemp("dpi")
        rewrite_header(put(folder / "a.jp2", PLAIN), folder / "b.jp2", x, y)
        assert (read_header(folder / "b.jp2").x_dpi, read_header(folder / "b.jp2").y_dpi) == pytest.approx(
            (x, y), abs=0.006
        )

    @pytest.mark.parametrize("dpi", [655.35, 655.36, 800, 1200, 6000, 6553.5, 6553.6, 20_000, 65_535])
    def test_large_ones_to_the_tenth_or_the_whole(self, tmp_path: Path, dpi: float) -> None:
        rewrite_header(put(tmp_path / "a.jp2", PLAIN), tmp_path / "b.jp2", dpi, dpi)
        assert read_header(tmp_path / "b.jp2").x_dpi == pytest.approx(dpi, abs=0.5 if dpi > 6553.5 else 0.05)

    def test_out_of_reach_is_a_value_error(self) -> None:
        with pytest.raises(ValueError, match="out of reach"):
            resolution_box(100_000, 300)

    def test_the_box_is_that_of_the_standard(self) -> None:
        """I.5.3.7.1: vertical first; 300 dpi are 30000/254 times ten squared pixels a metre."""
        values = struct.unpack(">I4sHHHHbb", resolution_box(300, 400))
        assert values == (18, b"resc", 40000, 254, 30000, 254, 2, 2)

    def test_the_codestream_stays_byte_for_byte(self, tmp_path: Path) -> None:
        rewrite_header(put(tmp_path / "a.jp2", PLAIN), tmp_path / "b.jp2", 300, 300, srgb())
        content = (tmp_path / "b.jp2").read_bytes()
        assert content.endswith(CODESTREAM)
        assert content.startswith(PLAIN[:AT])

    def test_writing_twice_changes_nothing_more(self, tmp_path: Path) -> None:
        rewrite_header(put(tmp_path / "a.jp2", PLAIN), tmp_path / "b.jp2", 300, 300, srgb())
        rewrite_header(tmp_path / "b.jp2", tmp_path / "c.jp2", 300, 300, srgb())
        assert (tmp_path / "b.jp2").read_bytes() == (tmp_path / "c.jp2").read_bytes()

    @pytest.mark.parametrize(("content", "icc"), [(PLAIN, srgb()), (GREY, grey_profile()), (PLAIN, b""), (GREY, b"")])
    def test_jpylyzer_finds_the_result_valid(self, tmp_path: Path, content: bytes, icc: bytes) -> None:
        rewrite_header(put(tmp_path / "a.jp2", content), tmp_path / "b.jp2", 299.72, 300, icc)
        report = jpylyzer.checkOneFile(str(tmp_path / "b.jp2"))
        assert report.findtext("isValid") == "True"
        assert float(report.findtext(".//hRescInPixelsPerInch")) == pytest.approx(299.72, abs=0.01)
        assert read_header(tmp_path / "b.jp2").icc == icc
        with Image.open(tmp_path / "b.jp2") as read, Image.open(io.BytesIO(content)) as wanted:
            assert read.tobytes() == wanted.tobytes()

    def test_what_is_no_jp2_is_a_value_error(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="not a JP2"):
            rewrite_header(put(tmp_path / "a.jp2", b"nic"), tmp_path / "b.jp2", 300, 300)


class TestRestrictedProfiles:
    """I.5.3.3: input or display, one curve or matrix and curves, nothing with tables."""

    def test_matrix_and_curves_may_be_embedded(self) -> None:
        assert may_be_embedded(srgb())
        assert may_be_embedded(grey_profile())

    def test_tables_may_not(self) -> None:
        assert not may_be_embedded(table_profile())

    @pytest.mark.parametrize(("at", "value"), [(12, b"prtr"), (12, b"link"), (16, b"CMYK"), (16, b"Lab ")])
    def test_printers_and_other_colours_may_not(self, at: int, value: bytes) -> None:
        assert not may_be_embedded(srgb()[:at] + value + srgb()[at + 4 :])

    @given(st.binary(max_size=300))
    @settings(deadline=None)
    def test_any_bytes_can_be_asked(self, content: bytes) -> None:
        if content[16:20] not in (b"RGB ", b"GRAY"):
            assert not may_be_embedded(content)

    @given(st.integers(0, 131))
    @settings(deadline=None)
    def test_a_stump_may_not(self, length: int) -> None:
        assert not may_be_embedded(srgb()[:length])
