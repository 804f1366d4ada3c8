"""How well skew is measured, set by set, beside what a user would pick.

    python -m bench.skew [--scans FOLDER] [--turns N] [--only SET] [--finders ours,leptonica,jdeskew]

Every page of `samples/` (its skew is known) and of a folder of real scans (one folder for each set) is turned by N
angles within ±15 degrees, on a canvas of its own size filled with paper or on a larger white one. A real page's own
skew is unknown; differences are not: the error is ``found(turned by a) - found(as it is) - a``. Angles are drawn from
the page's name, so a run is repeatable and a new set is as good a test as the old ones.

Columns: tries; median, 95th percentile and worst error in degrees; tries without an answer ("left"; not in the
errors); pages that were straight or without lines and yet turned by more than 0.1 degree ("false"); milliseconds of
CPU a page, from decoded pixels to an angle. Beside ours: Leptonica's sweep at ±20 degrees (liblept of the system, as
Tesseract has it) and jdeskew, where installed. Issue 4 allows 0.03 / 0.10 / 0.3 degrees, none false, 40 ms at 300 dpi.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from csv import DictReader
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from ingest import deskew, image
from ingest.image import Pixels

ROOT = Path(__file__).resolve().parent.parent
SCANS = ROOT.parent / "shared" / "scans"
NO_LINES = ("g4-multi.tiff", "img-colorchecker.jpg", "warped_paper.jpg", "blank")
"""Names of pages, and kinds of sample pages, on which no line of text can be found."""
LIMITS = (0.03, 0.10, 0.3, 40.0)
STRAIGHT = 0.1

Finder = Callable[[Pixels, float], float | None]
"""Skew of a page at a resolution, degrees, clockwise positive; None: no answer."""


@dataclass(frozen=True, slots=True)
class Case:
    """A page: `name`, grey `pixels`, `dpi`, its `known` skew in degrees, whether it has `lines`."""

    name: str
    pixels: Pixels
    dpi: float
    known: float | None
    lines: bool


@dataclass(slots=True)
class Tally:
    """What was counted for one set and one finder; `errors` in degrees, `cpu` in milliseconds a try."""

    errors: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    left: int = 0
    false: int = 0

    def line(self) -> str:
        """The columns of the table, as text."""
        spread = np.percentile(self.errors, (50, 95, 100)) if self.errors else [np.nan] * 3
        cpu = float(np.median(self.cpu)) if self.cpu else np.nan
        figures = " ".join(f"{each:7.3f}" for each in spread)
        return f"{len(self.errors) + self.left:5d} {figures} {self.left:5d} {self.false:5d} {cpu:7.1f}"


def ours(pixels: Pixels, dpi: float) -> float | None:
    """The skew that ingest.deskew trusts, also where it is too little to turn for; None where it leaves the page."""
    skew = deskew.measure(pixels, dpi)
    return skew.profile if skew.decision in {deskew.Decision.TURNED, deskew.Decision.STRAIGHT} else None


def leptonica() -> Finder | None:
    """Leptonica's pixFindSkewSweepAndSearch at ±20 degrees (reductions 4 and 2, steps 1 and 0.01), where it is."""
    try:
        library = ctypes.CDLL("liblept.so.5")
    except OSError:
        return None
    for name in ("pixReadMem", "pixConvertTo1"):
        getattr(library, name).restype = ctypes.c_void_p

    def find(pixels: Pixels, dpi: float) -> float | None:
        del dpi
        head = f"P5 {pixels.shape[1]} {pixels.shape[0]} 255\n".encode()
        stored = head + np.ascontiguousarray(pixels).tobytes()
        grey = ctypes.c_void_p(library.pixReadMem(stored, ctypes.c_size_t(len(stored))))
        page = ctypes.c_void_p(library.pixConvertTo1(grey, 130))
        angle, trust = ctypes.c_float(), ctypes.c_float()
        sweep, steps = (ctypes.c_float(20.0), ctypes.c_float(1.0)), ctypes.c_float(0.01)
        failed = library.pixFindSkewSweepAndSearch(page, ctypes.byref(angle), ctypes.byref(trust), 4, 2, *sweep, steps)
        for each in (grey, page):
            library.pixDestroy(ctypes.byref(each))
        # It says by how much to turn, and below 3 not to believe it (skew.c, MIN_ALLOWED_CONFIDENCE).
        return None if failed or trust.value < 3.0 else -angle.value

    return find


def jdeskew() -> Finder | None:
    """Jdeskew's adaptive radial projection with its defaults; None: not installed."""
    try:
        estimate = importlib.import_module("jdeskew.estimator").get_angle
    except ImportError:
        return None
    # It takes colour in OpenCV's order and says by how much to turn, anticlockwise as OpenCV counts.
    return lambda pixels, _dpi: float(estimate(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)))


def cases(scans: Path) -> Iterator[tuple[str, Case]]:
    """Each page with the name of its set: those of samples/, then those of the folders in `scans`."""
    with (ROOT / "samples" / "ground_truth" / "pages.csv").open(encoding="utf-8", newline="") as lines:
        for row in DictReader(lines):
            path = ROOT / "samples" / "delivery" / row["volume"] / row["file"]
            name = f"{row['volume']}/{row['file']}"
            yield "samples", _case(path, name, float(row["skew_degrees"]), row["kind"] not in NO_LINES)
    suffixes = tuple(image.SUFFIXES)
    for path in sorted(each for each in scans.glob("*/*") if each.suffix.lower() in suffixes):
        lines_on_it = path.name not in NO_LINES
        yield path.parent.name if lines_on_it else "no lines", _case(path, path.name, None, lines_on_it)


def _case(path: Path, name: str, known: float | None, lines: bool) -> Case:
    facts = image.look(path)
    dpi = facts.x_dpi if facts.x_dpi >= 150 else 300.0
    return Case(name, image.grey(image.decode(path, 0, facts).pixels), dpi, known, lines)


def turned(pixels: Pixels, degrees: float, *, larger: bool) -> Pixels:
    """The page turned clockwise on screen: on its own canvas with its own paper, or on a `larger` white one."""
    height, width = pixels.shape
    if larger:
        # The canvas of deskew.turn, but white as scanning programs leave it.
        whole, way = deskew.turn(np.zeros((height, width), np.uint8), -degrees)
        matrix, size, paper = np.array([[way.a, way.b, way.c], [way.d, way.e, way.f]]), whole.shape[::-1], 255.0
    else:
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
        size, paper = (width, height), float(np.median(pixels[::8, ::8]))
    return np.asarray(cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderValue=paper), np.uint8)


def tried(case: Case, find: Finder, turns: int, tally: Tally) -> None:
    """Count in `tally` what `find` says of the page as it is and turned `turns` times."""
    as_is = _timed(case.pixels, case.dpi, find, tally)
    own = case.known if case.known is not None else as_is
    if not case.lines or case.known == 0:
        tally.false += as_is is not None and abs(as_is) > STRAIGHT
    if not case.lines:
        return
    if own is None:
        tally.left += 1
        return
    draw = np.random.default_rng(zlib.crc32(case.name.encode()))
    for turn, angle in enumerate(draw.uniform(-15, 15, turns)):
        found = _timed(turned(case.pixels, float(angle), larger=turn % 2 == 1), case.dpi, find, tally)
        if found is None:
            tally.left += 1
        else:
            tally.errors.append(abs(found - own - angle))


def _timed(pixels: Pixels, dpi: float, find: Finder, tally: Tally) -> float | None:
    began = time.process_time()
    found = find(pixels, dpi)
    tally.cpu.append(1000 * (time.process_time() - began))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when ours breaks a limit on all pages together."""
    parser = argparse.ArgumentParser(description="Skew error and cost")
    parser.add_argument("--scans", type=Path, default=SCANS)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--only", default="", help="part of a set's name")
    parser.add_argument("--finders", default="ours,leptonica,jdeskew")
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    known = {"ours": ours, "leptonica": leptonica(), "jdeskew": jdeskew()}
    finders = {name: find for name, find in known.items() if find is not None and name in given.finders.split(",")}
    tallies: dict[tuple[str, str], Tally] = {}
    for group, case in cases(given.scans):
        for name, find in finders.items():
            if given.only in group:
                tried(case, find, given.turns, tallies.setdefault((name, group), Tally()))
    print(f"{'':10} {'set':22} tries  median     p95   worst  left false  CPU ms")
    failed = False
    for name in finders:
        rows = {group: tally for (finder, group), tally in tallies.items() if finder == name}
        for group, tally in rows.items():
            print(f"{name:10} {group:22} {tally.line()}")
        whole = _together(list(rows.values()))
        if rows:
            print(f"{name:10} {'ALL':22} {whole.line()}\n")
        if name == "ours" and whole.errors:
            reached = (*np.percentile(whole.errors, (50, 95, 100)), float(np.median(whole.cpu)))
            failed = whole.false > 0 or any(value > limit for value, limit in zip(reached, LIMITS, strict=True))
    return int(failed)


def _together(tallies: list[Tally]) -> Tally:
    errors = [each for tally in tallies for each in tally.errors]
    cpu = [each for tally in tallies for each in tally.cpu]
    return Tally(errors, cpu, sum(t.left for t in tallies), sum(t.false for t in tallies))


if __name__ == "__main__":
    sys.exit(main())
