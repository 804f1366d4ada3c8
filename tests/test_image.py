"""Any scan is opened as it was meant; what it says of itself is kept; damage is named, never painted over."""

from __future__ import annotations

import resource
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from ingest import image, jp2_box
from ingest.image import SUFFIXES, BadScan, Kind, Scan
from samples.damaged import jp2 as jp2_bytes
from samples.damaged import white_g4
from tests.pictures import encoded, noise, put, slopes

GREY, COLOUR = noise(21, 34), noise(21, 34, 3)
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", jp2_box.SIGNATURE)
SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def opened(path: Path, frame: int = 0) -> Scan:
    """Look, then decode, as the page path does."""
    return image.decode(path, frame, image.look(path, frame))


def refusal(path: Path) -> BadScan:
    """Why a scan cannot become a page."""
    with pytest.raises(BadScan) as refused:
        opened(path)
    return refused.value


def tiff(picture: Image.Image, **settings: object) -> bytes:
    """The picture as a TIFF."""
    return encoded(picture, "TIFF", **settings)


def vips(pixels: NDArray[Any], interpretation: str = "") -> Any:  # noqa: ANN401 - pyvips has no types
    """The pixels as a libvips image."""
    made = pyvips.Image.new_from_array(pixels)
    return made.copy(interpretation=interpretation) if interpretation else made


# --- What it is -------------------------------------------------------------------------------------------------------


class TestKind:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("image/tiff", tiff(Image.fromarray(GREY))),
            ("image/tiff", vips(GREY).tiffsave_buffer(bigtiff=True)),
            ("image/tiff", b"MM\0*" + bytes(20)),
            ("image/tiff", b"MM\0+" + bytes(20)),
            ("image/jpeg", encoded(Image.fromarray(GREY), "JPEG")),
            ("image/png", encoded(Image.fromarray(GREY), "PNG")),
            ("image/jp2", jp2_bytes(Image.fromarray(GREY))),
        ],
    )
    def test_it_is_known_by_its_first_bytes(self, tmp_path: Path, name: str, content: bytes) -> None:
        assert image.sniff(put(tmp_path / "scan.txt", content)) == name

    @pytest.mark.parametrize(
        "content", [b"", b"II", b"toto neni obraz", b"GIF89a" + bytes(20), b"%PDF-1.7", b"\xff\xd8"]
    )
    def test_anything_else_is_no_scan(self, tmp_path: Path, content: bytes) -> None:
        assert image.sniff(put(tmp_path / "scan.tif", content)) is None

    def test_every_kind_has_its_suffixes(self) -> None:
        assert set(SUFFIXES.values()) == set(Kind)


class TestRefused:
    def test_an_empty_file_is_p001(self, tmp_path: Path) -> None:
        assert refusal(put(tmp_path / "0001.tif", b"")).code == "P001"

    def test_text_named_tif_is_p002_and_says_what_it_is(self, tmp_path: Path) -> None:
        assert refusal(put(tmp_path / "0001.tif", b"toto neni obraz")).code == "P002"
        pdf = put(tmp_path / "0002.tif", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
        assert "Portable Document" in str(refusal(pdf).facts["format"])

    @pytest.mark.parametrize("magic", MAGIC)
    def test_a_good_start_and_nothing_behind_it_is_p003(self, tmp_path: Path, magic: bytes) -> None:
        assert refusal(put(tmp_path / "scan.bin", magic + b"\x07\x01" * 40)).code == "P003"

    @pytest.mark.parametrize("samples", [np.float32, np.int32])
    def test_samples_that_are_no_shades_are_p003(self, tmp_path: Path, samples: type[np.generic]) -> None:
        path = put(tmp_path / "0001.tif", tiff(Image.fromarray(noise(9, 9).astype(samples))))
        assert "samples" in str(refusal(path).facts["why"])

    def test_a_missing_frame_is_p003(self, tmp_path: Path) -> None:
        path = put(tmp_path / "0001.tif", tiff(Image.fromarray(GREY)))
        with pytest.raises(BadScan) as refused:
            image.look(path, 1)
        assert refused.value.code == "P003"

    @given(st.binary(max_size=60), st.sampled_from((*MAGIC, b"")))
    @settings(max_examples=40, deadline=None)
    def test_any_bytes_are_a_scan_or_refused(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes, magic: bytes
    ) -> None:
        assert refusal(put(tmp_path_factory.mktemp("any") / "scan.tif", magic + content)).code in {
            "P001",
            "P002",
            "P003",
        }


# --- What the header says ---------------------------------------------------------------------------------------------


class TestFacts:
    """What MIX 2.0 will say of the scan."""

    @pytest.mark.parametrize(
        ("kind", "settings", "dpi"),
        [
            ("TIFF", {}, 0),
            ("TIFF", {"tiffinfo": {282: 300.0, 283: 300.0, 296: 2}}, 300),
            ("TIFF", {"tiffinfo": {282: 120.0, 283: 120.0, 296: 3}}, 304.8),
            ("TIFF", {"tiffinfo": {282: 300.0, 283: 300.0, 296: 1}}, 0),
            ("JPEG", {}, 0),
            ("JPEG", {"dpi": (300, 300)}, 300),
            ("PNG", {}, 0),
            ("PNG", {"dpi": (300, 300)}, 300),
            ("PNG", {"dpi": (72, 72)}, 72.01),
        ],
    )
    def test_resolution_is_what_the_file_says_or_nothing(
        self, tmp_path: Path, kind: str, settings: dict[str, Any], dpi: float
    ) -> None:
        facts = image.look(put(tmp_path / "a.bin", encoded(Image.fromarray(GREY), kind, **settings)))
        assert (facts.x_dpi, facts.y_dpi) == pytest.approx((dpi, dpi), abs=0.02)

    def test_unequal_resolutions_are_kept_apart(self, tmp_path: Path) -> None:
        facts = image.look(put(tmp_path / "a.tif", tiff(Image.fromarray(GREY), dpi=(300, 400))))
        assert (facts.x_dpi, facts.y_dpi) == (300, 400)

    def test_jp2_says_its_resolution_and_size(self, tmp_path: Path) -> None:
        facts = image.look(put(tmp_path / "a.jp2", jp2_bytes(Image.fromarray(COLOUR), 400)))
        assert facts.x_dpi == pytest.approx(400, abs=0.02)
        assert (facts.width, facts.height, facts.samples) == (34, 21, 3)

    @pytest.mark.parametrize(
        ("compression", "name"),
        [
            (None, "Uncompressed"),
            ("tiff_lzw", "LZW"),
            ("group4", "CCITT Group 4"),
            ("tiff_adobe_deflate", "Deflate"),
            ("packbits", "PackBits"),
        ],
    )
    def test_compression_in_the_words_of_mix(self, tmp_path: Path, compression: str | None, name: str) -> None:
        facts = image.look(put(tmp_path / "a.tif", tiff(Image.fromarray(GREY > 99), compression=compression)))
        assert (facts.compression, facts.byte_order) == (name, "little endian")

    def test_the_scanners_own_words_are_kept(self, tmp_path: Path) -> None:
        words = {271: "Zeutschel", 272: "OS 14000", 305: "OmniScan 12", 306: "2026:11:20 08:00:00"}
        exif = Image.Exif()
        exif.update(words)
        stored = {
            "tif": tiff(Image.fromarray(GREY), tiffinfo=words),
            "jpg": encoded(Image.fromarray(GREY), "JPEG", exif=exif),
        }
        for suffix, content in stored.items():
            facts = image.look(put(tmp_path / f"a.{suffix}", content))
            assert (facts.make, facts.model, facts.software) == ("Zeutschel", "OS 14000", "OmniScan 12")
            assert facts.captured == "2026-11-20T08:00:00"

    @pytest.mark.parametrize("date", ["0000:00:00 00:00:00", "    :  :     :  :  ", "kdysi", ""])
    def test_a_clock_that_was_never_set_says_nothing(self, tmp_path: Path, date: str) -> None:
        assert image.look(put(tmp_path / "a.tif", tiff(Image.fromarray(GREY), tiffinfo={306: date}))).captured == ""

    def test_words_that_are_no_utf8_do_no_harm(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[271] = b"Kn\xedhovna"
        facts = image.look(put(tmp_path / "a.jpg", encoded(Image.fromarray(GREY), "JPEG", exif=exif)))
        assert facts.make.encode().startswith(b"Kn")

    @pytest.mark.parametrize(
        ("kind", "puid"), [("TIFF", "fmt/353"), ("JPEG", "fmt/43"), ("PNG", "fmt/11"), ("JPEG2000", "x-fmt/392")]
    )
    def test_pronom_knows_it(self, tmp_path: Path, kind: str, puid: str) -> None:
        content = encoded(Image.fromarray(GREY), kind, **({"dpi": (300, 300)} if kind == "JPEG" else {}))
        assert image.look(put(tmp_path / "a.bin", content)).puid.split("/")[0] == puid.split("/", maxsplit=1)[0]

    def test_a_bomb_is_measured_without_being_opened(self, tmp_path: Path) -> None:
        path = put(tmp_path / "bomb.tif", white_g4(30_000, 30_000))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        facts = image.look(path)
        assert (facts.width, facts.height) == (30_000, 30_000)
        # 900 million pixels would be 900 MB; ru_maxrss is in KB.
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000

    def test_a_png_bomb_too(self, tmp_path: Path) -> None:
        small = encoded(Image.fromarray(GREY), "PNG")
        at = small.index(b"IHDR")
        head = b"IHDR" + struct.pack(">II", 60_000, 60_000) + small[at + 12 : at + 17]
        crc = struct.pack(">I", zlib.crc32(head))
        facts = image.look(put(tmp_path / "bomb.png", small[:at] + head + crc + small[at + 21 :]))
        assert (facts.width, facts.height) == (60_000, 60_000)


# --- Damage -----------------------------------------------------------------------------------------------------------


def _wholes() -> dict[str, bytes]:
    page = Image.fromarray(np.clip(slopes(300, 400).astype(int) + noise(300, 400, 3) % 30, 0, 255).astype(np.uint8))
    colour = vips(np.asarray(page))
    return {
        "jpeg": encoded(page, "JPEG", quality=85),
        "progressive jpeg": encoded(page, "JPEG", quality=85, progressive=True),
        "png": encoded(page, "PNG"),
        "plain tiff": tiff(page),
        "lzw tiff": tiff(page, compression="tiff_lzw"),
        "g4 tiff": tiff(page.convert("1"), compression="group4"),
        "deflated tiff": colour.tiffsave_buffer(compression="deflate"),
        "tiled jpeg tiff": colour.tiffsave_buffer(compression="jpeg", tile=True),
        "big tiff": colour.tiffsave_buffer(bigtiff=True),
        "jp2": jp2_bytes(page),
        "tiled jp2": encoded(page, "JPEG2000", irreversible=False, tile_size=(128, 128), progression="RPCL"),
    }


WHOLES = _wholes()


@pytest.mark.parametrize("name", WHOLES)
class TestTruncation:
    """A copy that stopped is P003: what is missing must never be kept for ever as a grey patch."""

    @pytest.mark.parametrize("share", [0.02, 0.1, 0.35, 0.6, 0.85, 0.97])
    def test_a_cut_file_is_refused(self, tmp_path: Path, name: str, share: float) -> None:
        whole = WHOLES[name]
        assert refusal(put(tmp_path / "cut.bin", whole[: int(len(whole) * share)])).code == "P003"

    @pytest.mark.parametrize("missing", [1, 2, 12, 60, 400])
    def test_without_its_last_bytes_it_is_refused_or_nothing_is_lost(
        self, tmp_path: Path, name: str, missing: int
    ) -> None:
        whole = opened(put(tmp_path / "whole.bin", WHOLES[name]))
        path = put(tmp_path / "cut.bin", WHOLES[name][:-missing])
        try:
            scan = opened(path)
        except BadScan as refused:
            assert refused.code == "P003"  # noqa: PT017 - either way is right, a changed picture is not
            return
        assert np.array_equal(scan.pixels, whole.pixels)


@pytest.mark.parametrize("name", ["jpeg", "progressive jpeg", "png", "lzw tiff"])
def test_a_hole_in_the_middle_is_refused(tmp_path: Path, name: str) -> None:
    whole = WHOLES[name]
    at = len(whole) // 2
    assert refusal(put(tmp_path / "hole.bin", whole[:at] + bytes(400) + whole[at + 400 :])).code == "P003"


def test_tags_of_old_scanners_do_no_harm(tmp_path: Path) -> None:
    """Text without its final zero, private tags, tags out of order: libtiff warns, the picture is whole."""
    pixels = noise(10, 20)
    tags = [(257, 4, 1, 10), (256, 4, 1, 20), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (271, 2, 4, 0x44434241)]
    behind = 8 + 2 + 12 * 11 + 4
    tags += [(273, 4, 1, behind), (277, 3, 1, 1), (278, 4, 1, 10), (279, 4, 1, 200), (65000, 4, 1, 7)]
    directory = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    content = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + directory + bytes(4) + pixels.tobytes()
    assert np.array_equal(opened(put(tmp_path / "old.tif", content)).pixels, pixels)


# --- PNM, grey, real scans --------------------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(1, 30), st.booleans())
@settings(max_examples=25, deadline=None)
def test_pnm_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, grey: bool
) -> None:
    pixels = noise(height, width) if grey else noise(height, width, 3)
    path = tmp_path_factory.mktemp("pnm") / "a.pnm"
    image.write_pnm(path, pixels[:, ::-1])
    assert np.array_equal(image.read_pnm(path), pixels[:, ::-1])
    with Image.open(path) as read:
        assert np.array_equal(np.asarray(read), pixels[:, ::-1])


def test_grey_is_the_luma_of_rec_601() -> None:
    assert np.abs(image.grey(COLOUR).astype(int) - (COLOUR @ [0.299, 0.587, 0.114])).max() <= 1
    assert image.grey(GREY) is GREY


class TestRealScans:
    @pytest.mark.parametrize(
        ("name", "size", "converted"),
        [
            ("exif6_sokol_1906_474.jpg", (2450, 1500), ""),
            ("ndk_scantailor_input.tif", (2124, 1323), "RGB 8 bit + alpha"),
            ("synth_rgb16_icc.tif", (2764, 1666), "RGB 16 bit"),
            ("synth_cmyk.tif", (2764, 1666), "CMYK 8 bit"),
            ("ndk_weekly_pictures.jp2", (3885, 2582), ""),
            ("tb_microfilm_newspaper.jpg", (2079, 1500), ""),
        ],
    )
    def test_hard_ones_are_opened(self, scans: Path, name: str, size: tuple[int, int], converted: str) -> None:
        scan = opened(scans / "hard" / name)
        assert (scan.pixels.shape[:2], scan.converted) == (size, converted)
        assert scan.pixels.dtype == np.uint8
        # A page is mostly paper: brighter than its middle.
        assert image.grey(scan.pixels).mean() > 100

    def test_a_fax_of_three_pages(self, scans: Path) -> None:
        path = scans / "hard" / "g4-multi.tiff"
        assert image.frames(path) == 3
        assert image.look(path, 2).compression == "CCITT Group 4"
        for frame in range(3):
            assert (opened(path, frame).pixels > 127).mean() > 0.5

    def test_an_upright_page_turned_by_its_tag_equals_the_page(self, scans: Path) -> None:
        turned = opened(scans / "hard" / "exif6_sokol_1906_474.jpg").pixels
        straight = opened(scans / "cs-antiqua-textbite" / "sokol_1906_474.jpg").pixels
        assert turned.shape == straight.shape
        assert np.abs(turned.astype(int) - straight).mean() < 6


def test_facts_of_a_page_we_made() -> None:
    facts = image.look(SAMPLES / "delivery" / "kniha-hodinar-a-knihovna" / "0004.tif")
    assert (facts.width, facts.height, facts.bits, facts.compression) == (1748, 2480, 1, "CCITT Group 4")
