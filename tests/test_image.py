"""Any scan is opened as it was meant: every kind, depth, colour and orientation; damage is named, never painted over."""

from __future__ import annotations

import io
import resource
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from ingest import image, jp2_box
from ingest.image import SUFFIXES, BadScan, Kind, Pixels, Scan
from metadata.model import ImageFacts
from samples.damaged import jp2 as jp2_bytes
from samples.damaged import white_g4
from tests.pictures import encoded, grey_profile, noise, put, slopes, srgb, table_profile

GREY, COLOUR = noise(21, 34), noise(21, 34, 3)
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


def vips(pixels: Any, interpretation: str = "") -> Any:
    """The pixels as a libvips image."""
    made = pyvips.Image.new_from_array(pixels)
    return made.copy(interpretation=interpretation) if interpretation else made


def deep_jp2(folder: Path, pixels: np.ndarray[Any, np.dtype[np.uint16]], bits: int) -> Path:
    """A lossless JP2 of more than 8 bits, by OpenJPEG."""
    kind, (height, width) = (6 if pixels.ndim == 3 else 5), pixels.shape[:2]
    source = put(folder / "deep.pnm", b"P%d\n%d %d\n%d\n" % (kind, width, height, 2**bits - 1))
    source.rename(folder / "deep.ppm") if kind == 6 else source.rename(folder / "deep.pgm")
    source = folder / ("deep.ppm" if kind == 6 else "deep.pgm")
    with source.open("ab") as out:
        out.write(pixels.astype(">u2").tobytes())
    command = ["opj_compress", "-i", str(source), "-o", str(folder / "deep.jp2")]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("opj_compress (Debian package libopenjp2-tools) is not on this machine")
    return folder / "deep.jp2"


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

    @pytest.mark.parametrize("content", [b"", b"II", b"toto neni obraz", b"GIF89a" + bytes(20), b"%PDF-1.7", b"\xff\xd8"])
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

    @pytest.mark.parametrize("magic", [b"II*\0", b"MM\0*", b"II+\0", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", jp2_box.SIGNATURE])
    def test_a_good_start_and_nothing_behind_it_is_p003(self, tmp_path: Path, magic: bytes) -> None:
        assert refusal(put(tmp_path / "scan.bin", magic + b"\x07\x01" * 40)).code == "P003"

    @pytest.mark.parametrize("pixels", [noise(9, 9).astype(np.float32), noise(9, 9).astype(np.int32)], ids=["float", "int"])
    def test_samples_that_are_no_shades_are_p003(self, tmp_path: Path, pixels: Any) -> None:
        path = put(tmp_path / "0001.tif", tiff(Image.fromarray(pixels)))
        assert "samples" in str(refusal(path).facts["why"])

    def test_a_missing_frame_is_p003(self, tmp_path: Path) -> None:
        path = put(tmp_path / "0001.tif", tiff(Image.fromarray(GREY)))
        with pytest.raises(BadScan) as refused:
            image.look(path, 1)
        assert refused.value.code == "P003"

    @given(st.binary(max_size=60), st.sampled_from([b"II*\0", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", jp2_box.SIGNATURE, b""]))
    @settings(max_examples=40, deadline=None)
    def test_any_bytes_are_a_scan_or_refused(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes, magic: bytes
    ) -> None:
        assert refusal(put(tmp_path_factory.mktemp("any") / "scan.tif", magic + content)).code in {"P001", "P002", "P003"}


# --- What its pixels are ----------------------------------------------------------------------------------------------


class TestPixels:
    """Lossless kinds give back exactly the pixels that were written."""

    @pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
    @pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "rgb"])
    def test_tiff(self, tmp_path: Path, compression: str | None, pixels: Pixels) -> None:
        scan = opened(put(tmp_path / "a.tif", tiff(Image.fromarray(pixels), compression=compression)))
        assert np.array_equal(scan.pixels, pixels)
        assert scan.converted == ""

    @pytest.mark.parametrize("tile", [False, True])
    @pytest.mark.parametrize("big", [False, True])
    def test_big_and_tiled_tiff(self, tmp_path: Path, tile: bool, big: bool) -> None:
        path = tmp_path / "a.tif"
        vips(COLOUR).tiffsave(str(path), bigtiff=big, tile=tile, tile_width=16, tile_height=16, xres=11.811, yres=11.811)
        scan = opened(path)
        assert np.array_equal(scan.pixels, COLOUR)
        assert scan.facts.x_dpi == pytest.approx(300, abs=0.02)

    @pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "rgb"])
    def test_png_and_jp2(self, tmp_path: Path, pixels: Pixels) -> None:
        picture = Image.fromarray(pixels)
        for path in (put(tmp_path / "a.png", encoded(picture, "PNG")), put(tmp_path / "a.jp2", jp2_bytes(picture))):
            scan = opened(path)
            assert np.array_equal(scan.pixels, pixels)
            assert scan.converted == ""

    @pytest.mark.parametrize("grey", [False, True])
    @pytest.mark.parametrize("progressive", [False, True])
    def test_jpeg_comes_near(self, tmp_path: Path, grey: bool, progressive: bool) -> None:
        pixels = slopes(60, 80)[:, :, 0] if grey else slopes(60, 80)
        content = encoded(Image.fromarray(pixels), "JPEG", quality=98, progressive=progressive, subsampling=0)
        scan = opened(put(tmp_path / "a.jpg", content))
        assert scan.pixels.shape == pixels.shape
        assert np.abs(scan.pixels.astype(int) - pixels).max() < 12

    @pytest.mark.parametrize("photometric", [0, 1])
    @pytest.mark.parametrize("compression", ["group4", "group3", None])
    def test_bitonal_ink_is_black_whichever_number_stands_for_it(
        self, tmp_path: Path, photometric: int, compression: str | None
    ) -> None:
        picture = Image.fromarray(GREY > 99)
        path = put(tmp_path / "a.tif", tiff(picture, compression=compression, tiffinfo={262: photometric}))
        scan = opened(path)
        assert np.array_equal(scan.pixels, np.where(GREY > 99, 255, 0))
        assert (scan.facts.bits, scan.facts.samples) == (1, 1)
        assert scan.facts.colour == ("WhiteIsZero", "BlackIsZero")[photometric]

    @pytest.mark.parametrize("bits", [2, 4])
    def test_few_greys_are_stretched_to_all(self, tmp_path: Path, bits: int) -> None:
        path = tmp_path / "a.tif"
        vips(GREY).tiffsave(str(path), bitdepth=bits)
        scan = opened(path)
        step = 255 // (2**bits - 1)
        assert scan.facts.bits == bits
        assert set(np.unique(scan.pixels)) == set(range(0, 256, step))
        assert np.abs(scan.pixels.astype(int) - GREY).max() <= 2 ** (8 - bits)

    @pytest.mark.parametrize("kind", ["tif", "png"])
    @pytest.mark.parametrize("shape", [(40, 50), (40, 50, 3)], ids=["grey", "rgb"])
    def test_sixteen_bits_become_eight_and_white_stays_white(
        self, tmp_path: Path, kind: str, shape: tuple[int, ...]
    ) -> None:
        deep = np.random.default_rng(2).integers(0, 65536, shape, np.uint16)
        deep[0, 0], deep[-1, -1] = 65535, 0
        path = tmp_path / f"a.{kind}"
        vips(deep, "grey16" if len(shape) == 2 else "rgb16").write_to_file(str(path))
        scan = opened(path)
        assert np.array_equal(scan.pixels, deep >> 8)
        assert scan.facts.bits == 16
        assert scan.converted.endswith("16 bit")

    @pytest.mark.parametrize("bits", [12, 16])
    @pytest.mark.parametrize("shape", [(40, 50), (40, 50, 3)], ids=["grey", "rgb"])
    def test_deep_jp2_becomes_eight_bits_and_white_stays_white(
        self, tmp_path: Path, bits: int, shape: tuple[int, ...]
    ) -> None:
        deep = np.random.default_rng(3).integers(0, 2**bits, shape, np.uint16)
        deep[:5] = 2**bits - 1
        scan = opened(deep_jp2(tmp_path, deep, bits))
        assert np.array_equal(scan.pixels, deep >> (bits - 8))
        assert scan.facts.bits == bits
        assert f"{bits} bit" in scan.converted

    @pytest.mark.parametrize("kind", ["TIFF", "PNG"])
    def test_a_palette_is_looked_up(self, tmp_path: Path, kind: str) -> None:
        picture = Image.fromarray(COLOUR).quantize(12)
        scan = opened(put(tmp_path / "a.bin", encoded(picture, kind)))
        assert np.array_equal(scan.pixels, np.asarray(picture.convert("RGB")))

    @pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
    def test_cmyk_becomes_srgb(self, tmp_path: Path, kind: str) -> None:
        inks = np.zeros((40, 60, 4), np.uint8)
        inks[:, 20:40] = (0, 0, 0, 255)
        inks[:, 40:] = (0, 255, 255, 0)
        scan = opened(put(tmp_path / "a.bin", encoded(Image.fromarray(inks, "CMYK"), kind)))
        paper, black, red = (scan.pixels[20, x].astype(int) for x in (10, 30, 50))
        assert paper.min() > 240
        assert black.max() < 60
        assert red[0] > red[1] + 80 > 100
        assert scan.converted == "CMYK 8 bit"

    @pytest.mark.parametrize("kind", ["TIFF", "PNG", "JPEG2000"])
    @pytest.mark.parametrize("mode", ["LA", "RGBA"])
    def test_what_is_transparent_is_paper(self, tmp_path: Path, kind: str, mode: str) -> None:
        pixels = np.full((20, 30, len(mode)), 90, np.uint8)
        pixels[:10, :, -1], pixels[10:, :, -1] = 255, 0
        content = encoded(Image.fromarray(pixels, mode), kind, **({"irreversible": False} if kind == "JPEG2000" else {}))
        scan = opened(put(tmp_path / "a.bin", content))
        assert np.unique(scan.pixels[:10]).tolist() == [90]
        assert np.unique(scan.pixels[10:]).tolist() == [255]
        assert scan.pixels.ndim == (2 if mode == "LA" else 3)
        assert scan.converted

    def test_what_is_transparent_in_sixteen_bits_is_paper_too(self, tmp_path: Path) -> None:
        deep = np.full((20, 30, 4), 30000, np.uint16)
        deep[:10, :, 3], deep[10:, :, 3] = 65535, 0
        vips(deep, "rgb16").pngsave(str(tmp_path / "a.png"))
        scan = opened(tmp_path / "a.png")
        assert np.unique(scan.pixels[:10]).tolist() == [30000 >> 8]
        assert np.unique(scan.pixels[10:]).tolist() == [255]

    @pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (1, 1, 3), (1, 9, 3)])
    @pytest.mark.parametrize("kind", ["TIFF", "PNG"])
    def test_the_smallest_pictures_are_pictures(self, tmp_path: Path, shape: tuple[int, ...], kind: str) -> None:
        pixels = noise(*shape)
        assert np.array_equal(opened(put(tmp_path / "a.bin", encoded(Image.fromarray(pixels), kind))).pixels, pixels)


class TestFrames:
    def test_every_page_of_a_tiff_is_a_picture(self, tmp_path: Path) -> None:
        pages = [Image.fromarray(noise(10 + n, 20, seed=n)) for n in range(3)]
        path = put(tmp_path / "a.tif", tiff(pages[0], save_all=True, append_images=pages[1:]))
        assert image.frames(path) == 3
        for frame, page in enumerate(pages):
            assert np.array_equal(opened(path, frame).pixels, np.asarray(page))
            assert image.look(path, frame).height == 10 + frame

    def test_all_else_counts_as_one(self, tmp_path: Path) -> None:
        jpeg = put(tmp_path / "a.jpg", encoded(Image.fromarray(GREY), "JPEG"))
        broken = put(tmp_path / "b.tif", b"II*\0" + bytes(4))
        assert [image.frames(path) for path in (jpeg, broken, tmp_path / "missing.tif")] == [1, 1, 1]


# --- Which way is up --------------------------------------------------------------------------------------------------


class TestOrientation:
    """TIFF 6.0 and Exif 2.3, tag 274: where row 0 and column 0 of the stored picture belong."""

    CORNERS = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["TIFF", "PNG"])
    def test_stored_corner_comes_where_the_standard_puts_it(self, tmp_path: Path, orientation: int, kind: str) -> None:
        scan = self._scan(tmp_path, GREY, orientation, kind)
        assert scan.pixels[self.CORNERS[orientation]] == GREY[0, 0]
        assert scan.pixels.shape == (GREY.shape if orientation < 5 else GREY.shape[::-1])
        assert scan.facts.orientation == orientation
        assert (scan.facts.width, scan.facts.height) == (34, 21)

    @given(st.integers(1, 8), st.integers(1, 9), st.integers(1, 9), st.data())
    @settings(max_examples=40, deadline=None)
    def test_a_pixel_lies_where_the_transform_says(
        self, tmp_path_factory: pytest.TempPathFactory, orientation: int, height: int, width: int, data: st.DataObject
    ) -> None:
        pixels = noise(height, width, seed=height * 10 + width)
        scan = self._scan(tmp_path_factory.mktemp("turned"), pixels, orientation, "TIFF")
        x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        across, down = scan.turn.apply(x, y)
        assert scan.pixels[int(down), int(across)] == pixels[y, x]
        assert scan.turn.inverse().apply(across, down) == (x, y)

    @pytest.mark.parametrize("orientation", [3, 6, 8])
    def test_jpeg_turns_as_pillow_turns_it(self, tmp_path: Path, orientation: int) -> None:
        exif = Image.Exif()
        exif[274] = orientation
        path = put(tmp_path / "a.jpg", encoded(Image.fromarray(slopes(40, 60)), "JPEG", exif=exif, quality=95))
        with Image.open(path) as stored:
            turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
            wanted = np.asarray(stored.transpose(turns[orientation]))
        assert np.abs(opened(path).pixels.astype(int) - wanted).max() <= 4

    @pytest.mark.parametrize("orientation", [0, 9, 400])
    def test_a_tag_that_means_nothing_turns_nothing(self, tmp_path: Path, orientation: int) -> None:
        assert np.array_equal(self._scan(tmp_path, GREY, orientation, "TIFF").pixels, GREY)

    @staticmethod
    def _scan(folder: Path, pixels: Pixels, orientation: int, kind: str) -> Scan:
        exif = Image.Exif()
        exif[274] = orientation
        settings: dict[str, object] = {"tiffinfo": {274: orientation}} if kind == "TIFF" else {"exif": exif}
        return opened(put(folder / "a.bin", encoded(Image.fromarray(pixels), kind, **settings)))


# --- Colours ----------------------------------------------------------------------------------------------------------


class TestProfiles:
    """ISO/IEC 15444-1, I.5.3.3: only input or display profiles without tables may enter a JP2 file."""

    @pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG"])
    def test_a_plain_profile_is_kept_and_named(self, tmp_path: Path, kind: str) -> None:
        scan = opened(put(tmp_path / "a.bin", encoded(Image.fromarray(COLOUR), kind, icc_profile=srgb())))
        assert (scan.icc, scan.converted) == (srgb(), "")
        assert scan.facts.icc == "sRGB built-in"

    @pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG"])
    def test_a_grey_profile_is_kept_with_a_grey_picture(self, tmp_path: Path, kind: str) -> None:
        scan = opened(put(tmp_path / "a.bin", encoded(Image.fromarray(GREY), kind, icc_profile=grey_profile())))
        assert (scan.icc, scan.pixels.ndim, scan.facts.icc) == (grey_profile(), 2, "made for tests")

    @pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
    def test_a_profile_of_other_colours_is_not_kept(self, tmp_path: Path, kind: str) -> None:
        """RGB curves in a one-component JP2 file would make it invalid."""
        for pixels, profile in ((GREY, srgb()), (COLOUR, grey_profile()), (COLOUR, b"junk" * 60), (GREY, b"junk" * 60)):
            settings = {} if kind == "TIFF" else {"quality": 100, "subsampling": 0}
            plain = opened(put(tmp_path / "p.bin", encoded(Image.fromarray(pixels), kind, **settings)))
            content = encoded(Image.fromarray(pixels), kind, icc_profile=profile, **settings)
            scan = opened(put(tmp_path / f"{len(profile)}{pixels.ndim}.bin", content))
            assert (scan.icc, scan.converted) == (b"", "")
            assert np.array_equal(scan.pixels, plain.pixels)

    @pytest.mark.parametrize("kind", ["TIFF", "JP2"])
    def test_a_table_is_applied_because_it_cannot_be_kept(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "a.bin"
        if kind == "TIFF":
            put(path, tiff(Image.fromarray(COLOUR), icc_profile=table_profile()))
        else:
            plain = put(tmp_path / "plain.jp2", jp2_bytes(Image.fromarray(COLOUR)))
            jp2_box.rewrite_header(plain, path, 300, 300, table_profile())
        scan = opened(path)
        # The table of this profile answers L* 50 to every colour, sRGB 119.
        assert np.abs(scan.pixels.astype(int) - 119).max() <= 2
        assert (scan.icc, scan.converted) == (b"", "RGB 8 bit" if kind == "TIFF" else "RGB 8 bit")

    def test_a_plain_profile_in_jp2_is_kept(self, tmp_path: Path) -> None:
        plain = put(tmp_path / "plain.jp2", jp2_bytes(Image.fromarray(COLOUR)))
        jp2_box.rewrite_header(plain, tmp_path / "a.jp2", 300, 300, srgb())
        scan = opened(tmp_path / "a.jp2")
        assert (scan.icc, scan.converted) == (srgb(), "")
        assert np.array_equal(scan.pixels, COLOUR)

    def test_the_profiles_of_these_tests_are_profiles(self) -> None:
        for content, space in ((srgb(), "RGB "), (grey_profile(), "GRAY"), (table_profile(), "RGB ")):
            assert ImageCms.ImageCmsProfile(io.BytesIO(content)).profile.xcolor_space == space


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
        assert (facts.x_dpi, facts.width, facts.height, facts.samples) == (pytest.approx(400, abs=0.02), 34, 21, 3)

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
        stored = {"tif": tiff(Image.fromarray(GREY), tiffinfo=words), "jpg": encoded(Image.fromarray(GREY), "JPEG", exif=exif)}
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
        assert image.look(put(tmp_path / "a.bin", content)).puid.split("/")[0] == puid.split("/")[0]

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
        crc = struct.pack(">I", __import__("zlib").crc32(head))
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


@pytest.mark.parametrize("name", ["jpeg", "progressive jpeg", "png", "lzw tiff", "deflated tiff"])
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
            ("ndk_scantailor_input.tif", (2124, 1323), "RGB 8 bit + alfa"),
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


def test_facts_of_a_page_we_made(tmp_path: Path) -> None:
    facts = image.look(SAMPLES / "delivery" / "kniha-hodinar-a-knihovna" / "0004.tif")
    assert isinstance(facts, ImageFacts)
    assert (facts.width, facts.height, facts.bits, facts.compression) == (1748, 2480, 1, "CCITT Group 4")
    assert sys.getsizeof(facts) < 1000
