"""Pixels come back as they were written: every depth, colour, profile and orientation."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ingest import image, jp2_box
from ingest.image import Pixels, Scan
from samples.damaged import jp2 as jp2_bytes
from tests.pictures import encoded, grey_profile, noise, put, slopes, srgb, table_profile

GREY, COLOUR = noise(21, 34), noise(21, 34, 3)
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", jp2_box.SIGNATURE)
SAMPLES = Path(__file__).resolve().parent.parent / "samples"


def opened(path: Path, frame: int = 0) -> Scan:
    """Look, then decode, as the page path does."""
    return image.decode(path, frame, image.look(path, frame))


def tiff(picture: Image.Image, **settings: object) -> bytes:
    """The picture as a TIFF."""
    return encoded(picture, "TIFF", **settings)


def vips(pixels: NDArray[Any], interpretation: str = "") -> Any:  # noqa: ANN401 - pyvips has no types
    """The pixels as a libvips image."""
    made = pyvips.Image.new_from_array(pixels)
    return made.copy(interpretation=interpretation) if interpretation else made


def deep_jp2(folder: Path, pixels: NDArray[np.uint16], bits: int) -> Path:
    """A lossless JP2 of more than 8 bits, by OpenJPEG."""
    kind, (height, width) = (6 if pixels.ndim == 3 else 5), pixels.shape[:2]
    head = b"P%d\n%d %d\n%d\n" % (kind, width, height, 2**bits - 1)
    source = put(folder / ("deep.ppm" if kind == 6 else "deep.pgm"), head + pixels.astype(">u2").tobytes())
    command = ["opj_compress", "-i", str(source), "-o", str(folder / "deep.jp2")]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("opj_compress (Debian package libopenjp2-tools) is not on this machine")
    return folder / "deep.jp2"


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
        vips(COLOUR).tiffsave(
            str(path), bigtiff=big, tile=tile, tile_width=16, tile_height=16, xres=11.811, yres=11.811
        )
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
        content = encoded(
            Image.fromarray(pixels, mode), kind, **({"irreversible": False} if kind == "JPEG2000" else {})
        )
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

    CORNERS: ClassVar = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}

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
        assert np.array_equal(self._scan(tmp_path, GREY, orientation, "PNG").pixels, GREY)

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
        assert (scan.icc, scan.converted) == (b"", "RGB 8 bit")

    def test_a_plain_profile_in_jp2_is_kept(self, tmp_path: Path) -> None:
        plain = put(tmp_path / "plain.jp2", jp2_bytes(Image.fromarray(COLOUR)))
        jp2_box.rewrite_header(plain, tmp_path / "a.jp2", 300, 300, srgb())
        scan = opened(tmp_path / "a.jp2")
        assert (scan.icc, scan.converted) == (srgb(), "")
        assert np.array_equal(scan.pixels, COLOUR)

    def test_the_profiles_of_these_tests_are_profiles(self) -> None:
        for content, space in ((srgb(), "RGB "), (grey_profile(), "GRAY"), (table_profile(), "RGB ")):
            assert ImageCms.ImageCmsProfile(io.BytesIO(content)).profile.xcolor_space == space


def test_a_flat_picture_has_a_thumbnail(tmp_path: Path) -> None:
    image.write_thumbnail(tmp_path / "flat.jpg", np.full((20, 20000), 200, np.uint8))
    with Image.open(tmp_path / "flat.jpg") as small:
        assert small.size == (260, 1)
