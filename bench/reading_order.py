"""What the reading order and the regions of a page win: the same reading before and after, page by page.

Run as ``.venv/bin/python -m bench.reading_order [--scans FOLDER] [--cache FOLDER]``. Every page is read once by plain
Tesseract (hOCR, kept in the cache); what is measured is only what is done with that reading afterwards. Where `bag`
(words without order) is small and the character error large, the order is wrong.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from bench.measure import measured
from bench.read_pages import Sheet, sheets
from bench.reading_errors import Errors, errors
from ingest import image
from metadata.event import Agent
from metadata.language import languages
from metadata.text import PageText
from ocr.hocr import from_hocr
from ocr.lexicon import lexicon
from ocr.reading_order import in_order
from ocr.regions import without_noise
from ocr.tesseract import TESSERACT

ROOT = Path(__file__).resolve().parent.parent
_TIMES = 3


@dataclass(frozen=True, slots=True)
class Ordered:
    """One reading as it was, put in order, and put in order without noise; CPU milliseconds of the two."""

    name: str
    before: Errors
    ordered: Errors
    clean: Errors
    order_ms: float
    clean_ms: float
    note: str


def compared(sheet: Sheet, dpi: str, cache: Path) -> Ordered:
    """The page's reading, before and after."""
    text = reading(sheet, dpi, cache)
    grey = image.grey(image.decode(sheet.path, 0, image.look(sheet.path)).pixels)
    known = lexicon(sheet.languages)
    order_ms, ordered = _timed(lambda: in_order(text))
    clean_ms, clean = _timed(lambda: in_order(without_noise(text, grey, known)))
    before, after, last = (errors(sheet.truth, each.plain()) for each in (text, ordered, clean))
    return Ordered(sheet.name, before, after, last, order_ms, clean_ms, clean.settings)


def reading(sheet: Sheet, dpi: str, cache: Path) -> PageText:
    """The page as `tesseract --psm 3` reads it; the hOCR is kept in `cache` and serves again."""
    kept = cache / f"{sheet.name.replace('/', '__')}.hocr"
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        out = cache / f"{kept.stem}.part"
        said = ["--dpi", dpi] if dpi else []
        command = ["tesseract", sheet.path, out, "-l", sheet.models, "--psm", "3", *said, "hocr"]
        measured(command, cache / "log.txt", OMP_THREAD_LIMIT="1")
        Path(f"{out}.hocr").rename(kept)
    agent = Agent("Tesseract", TESSERACT.version())
    return from_hocr(kept.read_bytes(), agent, dpi=float(dpi or 0), languages=sheet.languages)


def scans(folder: Path) -> Iterator[tuple[Sheet, str]]:
    """Pages with ground truth and the resolution that the manifest says (empty when it says none)."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        said = {row["file"]: row["dpi_metadata"] for row in csv.DictReader(rows)}
    yield from ((sheet, said[sheet.name]) for sheet in sheets(folder))


def samples(folder: Path) -> Iterator[tuple[Sheet, str]]:
    """The pages of our own samples with their ground truth, read as Czech."""
    for path in sorted(folder.glob("ground_truth/*/*.txt")):
        place = folder / "delivery" / path.parent.name
        truth = path.read_text(encoding="utf-8")
        for scan in sorted(place.glob(f"{path.stem}.*")):
            if truth.strip():
                yield Sheet(f"{path.parent.name}/{scan.name}", scan, truth, languages("ces"), "", "sample", "ces"), ""


def table(pages: Sequence[Ordered]) -> str:
    """A row a page, and the means."""
    rows = [
        "| page | CER | in order | clean | WER | in order | clean | bag | in order | clean | ms | ms | |",
        "|---|" + "---:|" * 11 + "---|",
    ]
    for page in pages:
        tried = (page.before, page.ordered, page.clean)
        cells = [f"{each.cer:.4f}" for each in tried]
        cells += [f"{each.wer:.3f}" for each in tried] + [f"{each.bag:.3f}" for each in tried]
        rows.append(f"| {page.name} | {' | '.join(cells)} | {page.order_ms:.0f} | {page.clean_ms:.0f} | {page.note} |")
    means = [statistics.fmean(each.cer for each in column) for column in zip(*map(_tried, pages), strict=True)]
    return "\n".join([*rows, f"| mean of {len(pages)} | {' | '.join(f'{mean:.4f}' for mean in means)} |"])


def _tried(page: Ordered) -> tuple[Errors, Errors, Errors]:
    return page.before, page.ordered, page.clean


def _timed(work: Callable[[], PageText]) -> tuple[float, PageText]:
    """CPU milliseconds of this thread, the least of three: the first also pays for what was not loaded yet."""
    spent = []
    for _ in range(_TIMES):
        began = time.thread_time()
        made = work()
        spent.append(1000 * (time.thread_time() - began))
    return min(spent), made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison on the scans, then on our samples."""
    cv2.setNumThreads(1)
    ask = argparse.ArgumentParser(prog="bench.reading_order", description="What reading order and regions win.")
    ask.add_argument("--scans", type=Path, default=ROOT.parent / "shared/scans", help="folder with manifest.csv")
    ask.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "kdr-reading-order")
    ask.add_argument("--only", default="", help="pages with this in their name")
    wishes = ask.parse_args(arguments)
    for pages in (scans(wishes.scans), samples(ROOT / "samples")):
        wanted = [(sheet, dpi) for sheet, dpi in pages if wishes.only in sheet.name]
        if wanted:
            print(table([compared(sheet, dpi, wishes.cache) for sheet, dpi in wanted]), end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
