"""Which encoder is taken, and whether a copy that differs from its source is found out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ingest import encode, image, jp2_box
from ingest.encode import GRK_COMPRESS, Grok, OpenJpeg, Use, differing_pixels, encoder_for, make_copy
from metadata.event import Agent
from metadata.tool import Limits, ToolFailed
from tests.pictures import encoded, noise, put


@dataclass(frozen=True, slots=True)
class PillowEncoder:
    """Encodes by Pillow: the seam needs no program."""

    failing: bool = False

    @property
    def agent(self) -> Agent:
        """Pillow."""
        return Agent("Pillow")

    def arguments(self, use: Use, ratio: float) -> tuple[str, ...]:
        """None."""
        return (use, f"{ratio:g}")

    def encode(self, source: Path, target: Path, use: Use, ratio: float, limits: Limits) -> None:
        """Encode, or leave half a file behind and fail."""
        if self.failing:
            target.write_bytes(b"half")
            raise ToolFailed("pillow", "killed")
        with Image.open(source) as picture:
            target.write_bytes(encoded(picture, "JPEG2000", irreversible=False, no_jp2=False))


def copied(folder: Path, encoder: encode.Encoder) -> Path:
    """A master of some noise by that encoder."""
    image.write_pnm(folder / "page.ppm", noise(60, 50, 3))
    target = folder / "mc_0001.jp2"
    make_copy(
        encoder, folder / "page.ppm", target, Use.MASTER, dpi=(300, 300), icc=b"", ratio=10, limits=Limits(),
    )  # fmt: skip
    return target


class TestChoice:
    def test_a_wish_is_granted(self) -> None:
        assert encoder_for("openjpeg") == OpenJpeg()
        assert encoder_for("grok") == Grok()

    def test_grok_where_it_is_and_not_for_stamps(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert encoder_for() == OpenJpeg()
        put(tmp_path / GRK_COMPRESS.program, b"#!/bin/sh\n").chmod(0o755)
        assert encoder_for() == Grok()
        assert encoder_for("auto", (60, 900)) == OpenJpeg()
        assert encoder_for("auto", (1490, 2049)) == OpenJpeg()
        assert encoder_for("auto", (2048, 1600)) == Grok()

    @pytest.mark.parametrize("wish", ["", "kakadu", "OpenJPEG"])
    def test_another_wish_is_an_error(self, wish: str) -> None:
        with pytest.raises(ValueError, match="no encoder"):
            encoder_for(wish)

    @given(st.floats(6, 100))
    @settings(deadline=None)
    def test_twelve_layers_end_at_the_ratio(self, ratio: float) -> None:
        """ndk.md §4: a user copy has twelve quality layers."""
        for encoder in (OpenJpeg(), Grok()):
            arguments = encoder.arguments(Use.USER, ratio)
            rates = [float(rate) for rate in arguments[arguments.index("-r") + 1].split(",")]
            assert len(rates) == 12
            assert rates == sorted(rates, reverse=True)
            assert rates[-1] == pytest.approx(ratio, abs=0.006)


class TestCopy:
    def test_any_encoder_fits_the_seam(self, tmp_path: Path) -> None:
        copy = copied(tmp_path, PillowEncoder())
        assert differing_pixels(copy, noise(60, 50, 3)) == 0
        assert jp2_box.read_header(copy).x_dpi == 300

    def test_after_a_failure_no_half_copy_remains(self, tmp_path: Path) -> None:
        with pytest.raises(ToolFailed):
            copied(tmp_path, PillowEncoder(failing=True))
        assert [path.name for path in tmp_path.iterdir()] == ["page.ppm"]

    def test_nothing_but_the_copy_is_left(self, tmp_path: Path) -> None:
        copied(tmp_path, PillowEncoder())
        assert sorted(path.name for path in tmp_path.iterdir()) == ["mc_0001.jp2", "page.ppm"]


class TestDiffering:
    """P030: a master that does not decode to its source is never used."""

    @given(st.integers(0, 29), st.integers(0, 39), st.integers(0, 2), st.integers(1, 255))
    @settings(max_examples=20, deadline=None)
    def test_one_changed_sample_is_noticed(
        self, tmp_path_factory: pytest.TempPathFactory, y: int, x: int, band: int, by: int
    ) -> None:
        pixels = noise(30, 40, 3)
        copy = put(tmp_path_factory.mktemp("one") / "a.jp2", encoded(Image.fromarray(pixels), "JPEG2000"))
        changed = pixels.copy()
        changed[y, x, band] = (int(changed[y, x, band]) + by) % 256
        assert differing_pixels(copy, pixels) == 0
        assert differing_pixels(copy, changed) == 1

    def test_another_size_or_kind_differs_everywhere(self, tmp_path: Path) -> None:
        copy = put(tmp_path / "a.jp2", encoded(Image.fromarray(noise(30, 40, 3)), "JPEG2000"))
        for other in (noise(40, 30, 3), noise(30, 41, 3), noise(30, 40)):
            assert differing_pixels(copy, other) == other.size

    @pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.1, 0.5, 0.9, 0.99])
    def test_a_cut_copy_differs_everywhere(self, tmp_path: Path, share: float) -> None:
        pixels = noise(100, 80, 3)
        whole = encoded(Image.fromarray(pixels), "JPEG2000")
        copy = put(tmp_path / "a.jp2", whole[: int(len(whole) * share)])
        assert differing_pixels(copy, pixels) == pixels.size

    def test_what_is_no_jp2_or_not_there_differs_everywhere(self, tmp_path: Path) -> None:
        pixels = noise(9, 9)
        png = put(tmp_path / "a.jp2", encoded(Image.fromarray(pixels), "PNG"))
        assert differing_pixels(png, pixels) == differing_pixels(tmp_path / "none.jp2", pixels) == pixels.size

    def test_a_lossy_copy_differs(self, tmp_path: Path) -> None:
        pixels = noise(100, 80, 3)
        lossy = encoded(
            Image.fromarray(pixels), "JPEG2000", irreversible=True, quality_mode="rates", quality_layers=[20]
        )
        assert differing_pixels(put(tmp_path / "a.jp2", lossy), pixels) > pixels.size // 2

    def test_pictures_beyond_pillows_own_limit_are_compared(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
        pixels = np.zeros((40, 40), np.uint8)
        copy = put(tmp_path / "a.jp2", encoded(Image.fromarray(pixels), "JPEG2000"))
        assert differing_pixels(copy, pixels) == 0
