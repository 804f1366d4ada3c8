"""How many faults of a page are noticed, and how many good pages are blamed: seeded faults in copies of real scans.

Run as ``.venv/bin/python -m bench.page_quality [--scans FOLDER] [--half tuning|held-out|all] [--fault NAME ...]``.
Pages stay in memory. Needs Tesseract with `osd`. Some minutes: every page is looked over once
as it is and once per fault.

Pages are dealt in turn to two halves by name: thresholds were chosen on *tuning*, the rates that count are those of
*held-out*. A page's resolution is what the manifest says; where it says nothing or 72, which no scanner means, 300.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ingest import image
from ingest.image import Pixels, grey
from ingest.look import Looked, look_over
from ingest.material import Material
from ingest.page_view import view
from ingest.quality import LEAST_DPI

SCANS = Path(__file__).resolve().parent.parent.parent / "shared" / "scans"
_TOLD = frozenset({"P070"})
_SHARP = frozenset({"P060", "P061", "P062"})
# What is truly wrong with scans as they came, each looked at: no false alarms.
KNOWN = {
    # Says 150 dpi, which would make it a page of 65 by 90 cm; its edges are too wide in millimetres for that reason.
    "EHRI-BF-19380906_SK_01": frozenset({"P060", "P061", "P076"}),
    # A detail of a page on white: its lines do run out of the picture, and so does its black frame.
    "ndk_scantailor_input": frozenset({"P066", "P068", "P076"}),
    # A photograph by daylight: ΔE is about 10.
    "img-colorchecker": frozenset({"P071"}),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A real scan: its name, pixels, resolution and what it is of."""

    name: str
    pixels: Pixels
    dpi: float
    material: Material

    @property
    def bitonal(self) -> bool:
        """Whether it has two values only: no later exposure can change what it holds."""
        return len(np.unique(grey(self.pixels)[::7, ::7])) <= 2


@dataclass(frozen=True, slots=True)
class Fault:
    """How a fault is put into a copy of a page, and by which codes it counts as noticed ("blank": Looked.blank)."""

    seed: Callable[[Page], tuple[Pixels, float]]
    codes: frozenset[str]
    applies: Callable[[Page], bool] = lambda _: True


def pages(folder: Path) -> Iterator[Page]:
    """All scans of a folder in the form of ../shared/scans and of its `hard`, without orientation tags and profiles."""
    for manifest in (folder / "manifest.csv", folder / "hard" / "manifest.csv"):
        with manifest.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        for row in rows:
            path = manifest.parent / row["file"]
            pixels = image.decode(path, 0, image.look(path)).pixels
            yield Page(path.stem, pixels, _dpi(row["dpi_metadata"]), _material(row))


def _dpi(said: str) -> float:
    return float(said) if said and float(said) != 72 else 300.0


def _material(row: dict[str, str]) -> Material:
    words = row.get("page_type", "") + row.get("tags", "")
    if "newspaper" in words:
        return Material.NEWSPAPER
    return Material.PHOTOGRAPH if "photograph" in words else Material.BOOK


def blurred(page: Page) -> tuple[Pixels, float]:
    """Out of focus by a Gaussian of 0.21 mm (2.5 pixels at 300 dpi)."""
    return np.asarray(cv2.GaussianBlur(page.pixels, (0, 0), 0.21 / 25.4 * page.dpi), np.uint8), page.dpi


def moved(page: Page) -> tuple[Pixels, float]:
    """Moved across by 1.1 mm while it was taken (13 pixels at 300 dpi)."""
    length = round(1.1 / 25.4 * page.dpi) | 1
    return np.asarray(cv2.blur(page.pixels, (length, 1)), np.uint8), page.dpi


def cut(page: Page) -> tuple[Pixels, float]:
    """Cut on the left through the text, at an eighth of its width."""
    seen = view(page.pixels, page.dpi)
    left, right = np.percentile(seen.letters[:, 0], (5, 95)) / seen.scale
    return page.pixels[:, int(left + (right - left) / 8) :], page.dpi


def cut_below(page: Page) -> tuple[Pixels, float]:
    """Cut at the foot through the line of text with most ink near seven eighths of its height."""
    seen = view(page.pixels, page.dpi)
    top, bottom = np.percentile(seen.letters[:, 1], (5, 95))
    first = int(top + (bottom - top) * 0.82)
    rows = seen.ink[first : int(top + (bottom - top) * 0.93)].sum(axis=1)
    return page.pixels[: int((first + int(rows.argmax())) / seen.scale)], page.dpi


def blank(page: Page) -> tuple[Pixels, float]:
    """The page's own paper, shading and grain, without what stands on it."""
    small = cv2.resize(page.pixels, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((15, 15), np.uint8)), (0, 0), 8)
    height, width = page.pixels.shape[:2]
    smooth = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    grain = np.random.default_rng(1).normal(0, 3, (height, width)).astype(np.float32)
    return (smooth + (grain if smooth.ndim == 2 else grain[:, :, None])).clip(0, 255).astype(np.uint8), page.dpi


def halved(page: Page) -> tuple[Pixels, float]:
    """Taken at half the resolution, and saying so."""
    return np.asarray(cv2.resize(page.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8), 149.0


def stretched(page: Page) -> tuple[Pixels, float]:
    """Taken at 100 dpi and stretched to the resolution that is asked for."""
    return _stretched(page, 100.0, cv2.INTER_CUBIC), page.dpi


def stretched_straight(page: Page) -> tuple[Pixels, float]:
    """The same by straight lines between pixels, which is what most programs do."""
    return _stretched(page, 100.0, cv2.INTER_LINEAR), page.dpi


def stretched_saved(page: Page) -> tuple[Pixels, float]:
    """Stretched as at first and saved as JPEG of quality 85."""
    _, stored = cv2.imencode(".jpg", _stretched(page, 100.0, cv2.INTER_CUBIC), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_UNCHANGED), np.uint8), page.dpi


def stretched_less(page: Page) -> tuple[Pixels, float]:
    """Taken at 200 dpi and stretched by straight lines: where a letter is 20 pixels high this is a milder fault."""
    return _stretched(page, 200.0, cv2.INTER_LINEAR), page.dpi


def _stretched(page: Page, dpi: float, method: int) -> Pixels:
    factor = dpi / page.dpi
    small = cv2.resize(page.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, page.pixels.shape[1::-1], interpolation=method), np.uint8)


def mistold(page: Page) -> tuple[Pixels, float]:
    """Its resolution said three times too high."""
    return page.pixels, 3 * page.dpi


def mistold_low(page: Page) -> tuple[Pixels, float]:
    """Its resolution said three times too low."""
    return page.pixels, page.dpi / 3


def jpeg(page: Page) -> tuple[Pixels, float]:
    """Saved once as JPEG of quality 10."""
    _, stored = cv2.imencode(".jpg", page.pixels, [cv2.IMWRITE_JPEG_QUALITY, 10])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_UNCHANGED), np.uint8), page.dpi


def _lit(gain: float, offset: float) -> Callable[[Page], tuple[Pixels, float]]:
    return lambda page: (np.asarray((page.pixels * gain + offset).clip(0, 255), np.uint8), page.dpi)


def _laid(turn: Callable[[Pixels], Pixels]) -> Callable[[Page], tuple[Pixels, float]]:
    return lambda page: (np.ascontiguousarray(turn(page.pixels)), page.dpi)


def _has_text(page: Page) -> bool:
    return page.material is not Material.PHOTOGRAPH and view(page.pixels, page.dpi).has_text


def _can_be_mistold(page: Page) -> bool:
    """Without letters nothing is known of a page's real size; and what is told wrongly already may come right."""
    return _has_text(page) and "P076" not in KNOWN.get(page.name, frozenset())


_TURNED, _MIRRORED = frozenset({"P072", "P073"}), frozenset({"P074", "P075"})
FAULTS = {
    "blur": Fault(blurred, _SHARP),
    "motion": Fault(moved, _SHARP),
    "cut left": Fault(cut, frozenset({"P066"}), _has_text),
    "cut below": Fault(cut_below, frozenset({"P066"}), _has_text),
    "upside down": Fault(_laid(lambda pixels: pixels[::-1, ::-1]), _TURNED, _has_text),
    "turned right": Fault(_laid(lambda pixels: np.rot90(pixels, -1)), _TURNED, _has_text),
    "turned left": Fault(_laid(np.rot90), _TURNED, _has_text),
    "mirrored": Fault(_laid(lambda pixels: pixels[:, ::-1]), _MIRRORED, _has_text),
    "blank": Fault(blank, frozenset({"blank"}), lambda page: page.material is not Material.PHOTOGRAPH),
    "half resolution": Fault(halved, frozenset({"P012"})),
    "stretched": Fault(stretched, _SHARP | {"P078"}, lambda page: page.dpi >= 200),
    "stretched, straight": Fault(stretched_straight, _SHARP | {"P078"}, lambda page: page.dpi >= 200),
    "stretched, JPEG": Fault(stretched_saved, _SHARP | {"P078"}, lambda page: page.dpi >= 200),
    "stretched from 200": Fault(stretched_less, _SHARP | {"P078"}, lambda page: page.dpi >= 300),
    "resolution mistold": Fault(mistold, frozenset({"P076"}), _can_be_mistold),
    "resolution a third": Fault(mistold_low, frozenset({"P076"}), _can_be_mistold),
    "underexposed": Fault(_lit(0.4, 0), frozenset({"P063"})),
    "overexposed": Fault(_lit(1.6, 40), frozenset({"P064"}), lambda page: not page.bitonal),
    "JPEG": Fault(jpeg, frozenset({"P069"})),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a fault was noticed, and on which pages it was not."""

    name: str
    found: int
    seeded: int
    missed: tuple[str, ...]

    @property
    def row(self) -> str:
        """The row of a table."""
        share = 100 * self.found / max(1, self.seeded)
        return f"| {self.name} | {self.found} / {self.seeded} | {share:.1f} % | {', '.join(self.missed)} |"


def noticed(seen: Looked, dpi: float) -> frozenset[str]:
    """The codes told of a page, P012 as the header's judgement would, and "blank"."""
    told = {fault.code for fault in seen.faults} - _TOLD
    low = {"P012"} if dpi < LEAST_DPI else set()
    return frozenset(told | low | ({"blank"} if seen.blank else set()))


def judged(page: Page, pixels: Pixels, dpi: float) -> frozenset[str]:
    """What is said of a page or a spoiled copy of it."""
    return noticed(look_over(pixels, dpi, page.material), dpi)


def main(arguments: list[str]) -> int:
    """Print what good pages are blamed for, then a table of rates; 1 when under 95 % are found or over 2 % blamed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scans", type=Path, default=SCANS)
    options.add_argument("--half", choices=("tuning", "held-out", "all"), default="all")
    options.add_argument("--fault", nargs="*", choices=sorted(FAULTS), default=None)
    asked = options.parse_args(arguments)
    cv2.setNumThreads(1)
    chosen = sorted(pages(asked.scans), key=lambda page: page.name)
    if asked.half != "all":
        chosen = chosen[0::2] if asked.half == "tuning" else chosen[1::2]
    blamed = blamed_wrongly(chosen)
    print(f"\n{asked.half}: {len(chosen)} pages, {blamed} blamed wrongly ({100 * blamed / len(chosen):.1f} %)\n")
    rates = []
    for name in asked.fault or FAULTS:
        rates.append(rate_of(name, chosen))
        print(rates[-1].row, flush=True)
    found, seeded = sum(rate.found for rate in rates), sum(rate.seeded for rate in rates)
    print(Rate("all", found, seeded, ()).row)
    return 0 if found >= 0.95 * seeded and blamed <= 0.02 * len(chosen) else 1


def blamed_wrongly(chosen: list[Page]) -> int:
    """How many good pages something is said of that is not wrong with them; prints what is said of any."""
    blamed, took = 0, 0.0
    for page in chosen:
        began = time.process_time()
        told = judged(page, page.pixels, page.dpi) - {"P012", "blank"}
        took += time.process_time() - began
        wrong = told - KNOWN.get(page.name, frozenset())
        blamed += bool(wrong)
        if told:
            print(f"{page.name}: {' '.join(sorted(told))}{' (known)' if not wrong else ''}", flush=True)
    print(f"{1000 * took / len(chosen):.0f} ms of CPU a page, Tesseract not counted")
    return blamed


def rate_of(name: str, chosen: list[Page]) -> Rate:
    """How often the fault `name`, seeded in each page that it can be seeded in, is noticed."""
    fault = FAULTS[name]
    told = [(page.name, judged(page, *fault.seed(page))) for page in chosen if fault.applies(page)]
    missed = [page for page, codes in told if not codes & fault.codes]
    return Rate(name, len(told) - len(missed), len(told), tuple(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
