"""Master and user copies in JPEG 2000, exactly to the NDK profiles (ndk.md §4), by OpenJPEG or Grok."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Jpeg2KImagePlugin

from ingest import codestream, jp2_box
from ingest.image import Pixels
from metadata.event import Agent
from metadata.tool import Limits, Tool

OPJ_COMPRESS = Tool("opj_compress", "libopenjp2-tools", ("-h",), r"openjp2 library v(\d+\.\d+\.\d+)")
GRK_COMPRESS = Tool("grk_compress", "grokj2k-tools", ("-h",), r"libgrokj2k v(\d+\.\d+\.\d+)")

# Precincts are listed for all six resolutions: a shorter list is halved downwards by both encoders.
_SHARED = (
    "-c",
    "[256,256],[256,256],[128,128],[128,128],[128,128],[128,128]",
    "-b",
    "64,64",
    "-p",
    "RPCL",
    "-n",
    "6",
    "-M",
    "1",
)
_LAYERS = 12
_COARSEST = 12.0
_TILE = 1024
_GROK_SIDE = 128
_GROK_REST = 64
"""Grok 10.0.5 fails on user copies of stamps, and on some whose last tile is only a few pixels wide or high."""


class Use(StrEnum):
    """What a copy is for: the master is kept for ever, the user copy is looked at."""

    MASTER = "master"
    USER = "user"


class Encoder(Protocol):
    """Writes a PNM file as JPEG 2000 in one of the two NDK profiles. Runs in a worker process."""

    @property
    def agent(self) -> Agent:
        """Who encodes, with its version."""
        ...

    def arguments(self, use: Use, ratio: float) -> tuple[str, ...]:
        """The settings for `use`; `ratio` is the user copy's compression (10 = one tenth)."""
        ...

    def encode(self, source: Path, target: Path, use: Use, ratio: float, limits: Limits) -> None:
        """Encode the PNM file `source` to the JP2 file `target`.

        Raises:
            ToolFailed, ToolTimedOut: the program failed.
            Problem: E001, it is missing.
        """
        ...


@dataclass(frozen=True, slots=True)
class OpenJpeg:
    """`opj_compress` of the OpenJPEG project, the reference software."""

    @property
    def agent(self) -> Agent:
        """OpenJPEG with its version."""
        return Agent("OpenJPEG", OPJ_COMPRESS.version(), note="opj_compress")

    def arguments(self, use: Use, ratio: float) -> tuple[str, ...]:
        """The settings for `use`."""
        if use is Use.MASTER:
            return (*_SHARED, "-TP", "R", "-t", "4096,4096", "-SOP", "-EPH")
        return (*_SHARED, "-TP", "R", "-t", "1024,1024", "-I", "-r", _rates(ratio))

    def encode(self, source: Path, target: Path, use: Use, ratio: float, limits: Limits) -> None:
        """Encode `source` to `target`."""
        OPJ_COMPRESS.run(("-i", str(source), "-o", str(target), *self.arguments(use, ratio), "-threads", "1"), limits)


@dataclass(frozen=True, slots=True)
class Grok:
    """`grk_compress` of the Grok project: the same codestreams in less time.

    Masters take three quarters, user copies less than half of what OpenJPEG takes. The masters come out with wrong
    packet numbers, which are set right here.
    """

    @property
    def agent(self) -> Agent:
        """Grok with its version."""
        return Agent("Grok", GRK_COMPRESS.version(), note="grk_compress")

    def arguments(self, use: Use, ratio: float) -> tuple[str, ...]:
        """The settings for `use`."""
        if use is Use.MASTER:
            return (*_SHARED, "-u", "R", "-t", "4096,4096", "-S", "-E")
        return (*_SHARED, "-u", "R", "-t", "1024,1024", "-I", "-r", _rates(ratio))

    def encode(self, source: Path, target: Path, use: Use, ratio: float, limits: Limits) -> None:
        """Encode `source` to `target`."""
        GRK_COMPRESS.run(("-i", str(source), "-o", str(target), *self.arguments(use, ratio), "-H", "1"), limits)
        if use is Use.MASTER:
            codestream.number_packets(target)


def encoder_for(wish: str = "auto", size: tuple[int, int] = (_TILE, _TILE)) -> Encoder:
    """The encoder to take: "openjpeg", "grok", or "auto"; `size` is the picture's width and height in pixels.

    Auto takes Grok where it is installed (bench/page_path shows what that saves), OpenJPEG otherwise and for
    pictures that Grok fails on.

    Raises:
        ValueError: no such encoder.
    """
    if wish == "auto":
        fit = min(size) >= _GROK_SIDE and all(side % _TILE == 0 or side % _TILE >= _GROK_REST for side in size)
        return Grok() if fit and GRK_COMPRESS.present() else OpenJpeg()
    if wish not in ("openjpeg", "grok"):
        raise ValueError(f"no encoder {wish!r}")
    return Grok() if wish == "grok" else OpenJpeg()


def make_copy(
    encoder: Encoder,
    source: Path,
    target: Path,
    use: Use,
    *,
    dpi: tuple[float, float],
    icc: bytes,
    ratio: float,
    limits: Limits,
) -> None:
    """Encode the PNM file `source` as a finished copy: profile, resolution box, colour profile.

    Args:
        encoder: who encodes.
        source: 8-bit PGM or PPM.
        target: the JP2 file to write.
        use: which of the two profiles.
        dpi: pixels per inch across and down.
        icc: restricted ICC profile of the pixels, or empty (then sRGB or grey).
        ratio: the user copy's compression.
        limits: of the encoder's run.

    Raises:
        ToolFailed, ToolTimedOut, Problem: as `Encoder.encode`.
    """
    raw = target.with_suffix(".raw.jp2")
    try:
        encoder.encode(source, raw, use, ratio, limits)
        jp2_box.rewrite_header(raw, target, *dpi, icc)
    finally:
        raw.unlink(missing_ok=True)


def differing_pixels(copy: Path, pixels: Pixels) -> int:
    """Decode `copy` (by the OpenJPEG inside Pillow, not by its encoder) and count the samples that differ.

    A picture of another size differs in all of them; so does one that cannot be decoded.
    """
    try:
        with Jpeg2KImagePlugin.Jpeg2KImageFile(str(copy)) as image:
            decoded = np.asarray(image)
    except (OSError, ValueError, SyntaxError):
        return int(pixels.size)
    if decoded.shape != pixels.shape:
        return int(pixels.size)
    return int(np.count_nonzero(decoded != pixels))


def _rates(ratio: float) -> str:
    """Twelve falling compression ratios that end at `ratio`: one quality layer each."""
    steps = np.geomspace(ratio * _COARSEST, ratio, _LAYERS)
    return ",".join(f"{rate:.2f}" for rate in steps)
