"""Every JPEG 2000 encoder: the suite that each must pass to be one (ingest.encode.Encoder)."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpylyzer import jpylyzer
from PIL import Image

from ingest import image, jp2_box
from ingest.codestream import unnumbered_packets
from ingest.encode import GRK_COMPRESS, OPJ_COMPRESS, Encoder, Grok, OpenJpeg, Use, differing_pixels, make_copy
from ingest.image import Pixels
from metadata.ndk.jp2 import LEAST_USER_RATIO, MC, UC, misses
from metadata.problem import Problem
from metadata.tool import Limits, Tool, ToolFailed, ToolTimedOut
from tests.pictures import grey_profile, noise, slopes, srgb

ENOUGH = Limits(seconds=60, memory=2 << 30)
PROGRAMS: dict[str, tuple[Encoder, Tool]] = {"openjpeg": (OpenJpeg(), OPJ_COMPRESS), "grok": (Grok(), GRK_COMPRESS)}


@pytest.fixture(params=sorted(PROGRAMS), scope="module")
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """The encoder under test."""
    made, tool = PROGRAMS[request.param]
    if not tool.present():
        pytest.skip(f"{tool.program} (Debian package {tool.package}) is not on this machine")
    return made


def page(height: int = 700, width: int = 500) -> Pixels:
    """A page in colour with some grain."""
    grain = noise(height, width, 3).astype(int) % 24
    return np.asarray(np.clip(slopes(height, width).astype(int) + grain, 0, 255), np.uint8)


def copied(
    encoder: Encoder,
    folder: Path,
    pixels: Pixels,
    use: Use,
    *,
    dpi: tuple[float, float] = (300.0, 300.0),
    icc: bytes = b"",
    ratio: float = 10.0,
    limits: Limits = ENOUGH,
) -> Path:
    """A finished copy of some pixels."""
    source, target = folder / "page.pnm", folder / f"{use}.jp2"
    image.write_pnm(source, pixels)
    make_copy(encoder, source, target, use, dpi=dpi, icc=icc, ratio=ratio, limits=limits)
    return target


def report(path: Path) -> Element:
    """What jpylyzer says of a file."""
    found = jpylyzer.checkOneFile(str(path))
    assert isinstance(found, Element)
    return found


class TestProfiles:
    """ndk.md §4: the two profiles of the national standard, judged by jpylyzer."""

    @pytest.mark.parametrize("grey", [False, True], ids=["colour", "grey"])
    def test_a_copy_keeps_every_rule(self, encoder: Encoder, tmp_path: Path, grey: bool) -> None:
        pixels = page()[:, :, 1] if grey else page()
        for use, profile in ((Use.MASTER, MC), (Use.USER, UC)):
            assert misses(report(copied(encoder, tmp_path, pixels, use)), profile) == ()

    def test_a_page_larger_than_its_tiles_keeps_them_too(self, encoder: Encoder, tmp_path: Path) -> None:
        pixels = page(1030, 600)
        for use, profile in ((Use.MASTER, MC), (Use.USER, UC)):
            assert misses(report(copied(encoder, tmp_path, pixels, use)), profile) == ()

    def test_profiled_copies_keep_them_too(self, encoder: Encoder, tmp_path: Path) -> None:
        for use, profile in ((Use.MASTER, MC), (Use.USER, UC)):
            assert misses(report(copied(encoder, tmp_path, page(), use, icc=srgb())), profile) == ()


class TestMaster:
    """The master is the scan: every sample of it, for ever."""

    @given(st.lists(st.integers(1, 40), min_size=2, max_size=2), st.booleans(), st.integers(0, 99))
    @settings(max_examples=15, deadline=None)
    def test_any_picture_decodes_to_itself(
        self, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory, size: list[int], grey: bool, seed: int
    ) -> None:
        pixels = noise(*size, seed=seed) if grey else noise(*size, 3, seed=seed)
        copy = copied(encoder, tmp_path_factory.mktemp("master"), pixels, Use.MASTER)
        assert differing_pixels(copy, pixels) == 0

    @pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (1, 1, 3), (1, 200, 3), (65, 64, 3)])
    def test_so_do_the_thinnest(self, encoder: Encoder, tmp_path: Path, shape: tuple[int, ...]) -> None:
        pixels = noise(*shape)
        assert differing_pixels(copied(encoder, tmp_path, pixels, Use.MASTER), pixels) == 0

    @pytest.mark.parametrize("grey", [False, True], ids=["colour", "grey"])
    def test_every_packet_has_its_number(self, encoder: Encoder, tmp_path: Path, grey: bool) -> None:
        """ISO/IEC 15444-1, A.8.1: Nsop counts the packets of a tile from 0."""
        pixels = page(4200, 300)[:, :, 1] if grey else page(4200, 300)
        assert unnumbered_packets(copied(encoder, tmp_path, pixels, Use.MASTER)) == 0

    def test_it_is_the_codestream_that_openjpeg_writes(self, encoder: Encoder, tmp_path: Path) -> None:
        """Byte for byte from the first tile on; only the comment before it names another program."""
        tiles = b"\xff\x90\x00\x0a"
        reference = tmp_path / "reference"
        reference.mkdir()
        expected = copied(OpenJpeg(), reference, page(), Use.MASTER).read_bytes()
        written = copied(encoder, tmp_path, page(), Use.MASTER).read_bytes()
        assert written[written.index(tiles) :] == expected[expected.index(tiles) :]

    def test_what_was_written_is_read_as_a_scan(self, encoder: Encoder, tmp_path: Path) -> None:
        copy = copied(encoder, tmp_path, page(), Use.MASTER, dpi=(299.72, 400.5), icc=srgb())
        facts = image.look(copy)
        scan = image.decode(copy, 0, facts)
        assert np.array_equal(scan.pixels, page())
        assert (facts.width, facts.height, facts.samples, facts.bits) == (500, 700, 3, 8)
        assert (scan.icc, scan.facts.icc) == (srgb(), "sRGB built-in")
        assert (facts.x_dpi, facts.y_dpi) == (299.72, 400.5)


class TestUserCopy:
    @pytest.mark.parametrize("ratio", [8.0, 16.0])
    def test_it_is_as_small_as_was_asked(self, encoder: Encoder, tmp_path: Path, ratio: float) -> None:
        pixels = page(800, 600)
        copy = copied(encoder, tmp_path, pixels, Use.USER, ratio=ratio)
        assert pixels.nbytes / copy.stat().st_size == pytest.approx(ratio, rel=0.12)
        assert ratio > LEAST_USER_RATIO

    def test_it_still_looks_like_the_page(self, encoder: Encoder, tmp_path: Path) -> None:
        pixels = slopes(400, 300)
        with Image.open(copied(encoder, tmp_path, pixels, Use.USER, ratio=10)) as copy:
            assert np.abs(np.asarray(copy).astype(int) - pixels).mean() < 3


class TestHeader:
    """ISO/IEC 15444-1, I.5.3: what neither encoder writes and NDK asks for."""

    @pytest.mark.parametrize(
        "dpi", [(300.0, 300.0), (299.72, 300.28), (655.35, 655.36), (1200.0, 2400.0), (4800.0, 72.5)]
    )
    def test_resolution_is_kept(self, encoder: Encoder, tmp_path: Path, dpi: tuple[float, float]) -> None:
        copy = copied(encoder, tmp_path, noise(64, 64, 3), Use.MASTER, dpi=dpi)
        head = jp2_box.read_header(copy)
        assert (head.x_dpi, head.y_dpi) == pytest.approx(dpi, abs=0.06 if max(dpi) > 655 else 0.006)
        across = report(copy).findtext(".//captureResolutionBox/hRescInPixelsPerInch")
        assert float(across or 0) == pytest.approx(dpi[0], abs=0.1)

    @pytest.mark.parametrize(("icc", "grey"), [(srgb(), False), (grey_profile(), True)], ids=["rgb", "grey"])
    def test_a_profile_is_embedded(self, encoder: Encoder, tmp_path: Path, icc: bytes, grey: bool) -> None:
        pixels = page()[:, :, 0] if grey else page()
        copy = copied(encoder, tmp_path, pixels, Use.MASTER, icc=icc)
        assert jp2_box.read_header(copy).icc == icc
        assert report(copy).findtext(".//isValid") == "True"
        assert differing_pixels(copy, pixels) == 0


class TestFailing:
    def test_a_missing_program_is_e001(self, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(Problem) as refused:
            copied(encoder, tmp_path, noise(64, 64), Use.MASTER)
        assert refused.value.finding.code == "E001"

    def test_time_runs_out(self, encoder: Encoder, tmp_path: Path) -> None:
        with pytest.raises(ToolTimedOut):
            copied(encoder, tmp_path, noise(1500, 1500, 3), Use.MASTER, limits=Limits(seconds=0.01))
        assert [path.name for path in tmp_path.iterdir()] == ["page.pnm"]

    def test_memory_runs_out(self, encoder: Encoder, tmp_path: Path) -> None:
        with pytest.raises(ToolFailed):
            copied(encoder, tmp_path, noise(3000, 3000, 3), Use.MASTER, limits=Limits(seconds=60, memory=60 << 20))
        assert not (tmp_path / "master.jp2").exists()

    def test_a_source_that_is_no_picture_is_refused(self, encoder: Encoder, tmp_path: Path) -> None:
        (tmp_path / "text.pnm").write_text("toto není obraz")
        with pytest.raises((ToolFailed, FileNotFoundError)):
            make_copy(
                encoder, tmp_path / "text.pnm", tmp_path / "a.jp2", Use.MASTER,
                dpi=(300, 300), icc=b"", ratio=10, limits=ENOUGH,
            )  # fmt: skip
        assert not (tmp_path / "a.jp2").exists()


class TestIdentity:
    def test_it_says_who_it_is(self, encoder: Encoder) -> None:
        assert encoder.agent.name in ("OpenJPEG", "Grok")
        assert encoder.agent.version[0].isdigit()

    def test_it_travels_between_processes(self, encoder: Encoder) -> None:
        assert pickle.load(io.BytesIO(pickle.dumps(encoder))) == encoder  # noqa: S301 - our own bytes

    def test_only_the_user_copy_depends_on_the_ratio(self, encoder: Encoder) -> None:
        assert encoder.arguments(Use.MASTER, 8) == encoder.arguments(Use.MASTER, 20)
        assert encoder.arguments(Use.USER, 8) != encoder.arguments(Use.USER, 20)
