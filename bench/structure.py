"""How much of the sample book's structure is proposed rightly from what Tesseract reads, against its ground truth.

Run as ``.venv/bin/python -m bench.structure``; texts stay in memory. Needs Tesseract with Czech; about a minute.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from pathlib import Path

from ingest import deskew, image
from metadata.model import VolumeId
from metadata.text import PageText
from ocr.proposal import CONFIDENT, Proposal
from ocr.sight import PageSight
from ocr.structure import propose
from ocr.tesseract import Tesseract

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
BOOK, NEWSPAPER = "kniha-hodinar-a-knihovna", "noviny-modrinovske-listy"
# Not in pages.csv: how each kind of sample page is called by NDK, and on which pages the chapters begin.
_TYPES = {"title": "titlePage", "blank": "blank", "contents": "tableOfContents"}
_CHAPTERS = (3, 5, 8, 9, 10, 11)
_VOLUME = VolumeId("30d8f898-c91b-4d47-a1cf-a01e9910651c")


def read(path: Path) -> PageText:
    """The page on `path`, straightened first as the pipeline does. Raises as ingest.image and Tesseract.read."""
    facts = image.look(path)
    pixels = image.decode(path, 0, facts).pixels
    skew = deskew.measure(pixels, facts.x_dpi)
    if skew.angle:
        pixels, _ = deskew.turn(pixels, skew.angle)
    with tempfile.TemporaryDirectory() as folder:
        straight = Path(folder) / "page.pnm"
        image.write_pnm(straight, pixels)
        return Tesseract().read(straight, ("ces",), facts.x_dpi)


def main() -> int:
    """Read both samples, print what was proposed rightly; 1 when something proposed confidently is wrong."""
    with (SAMPLES / "ground_truth" / "pages.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["volume"] == BOOK]
    scans = sorted(path for path in (SAMPLES / "delivery" / BOOK).iterdir() if path.suffix != ".toml")
    pages = zip(scans, rows, strict=True)
    sights = [PageSight(int(row["order"]), read(path), row["blank"] == "yes") for path, row in pages]
    began = time.process_time()
    proposal = propose(sights, _VOLUME, periodical=False)
    took = time.process_time() - began
    front = PageSight(1, read(SAMPLES / "delivery" / NEWSPAPER / "0001.jpg"))
    print(f"masthead: {propose([front], _VOLUME, periodical=True).masthead}")
    print(f"proposed in {took * 1000:.0f} ms")
    return _compared(proposal, rows)


def _compared(proposal: Proposal, rows: list[dict[str, str]]) -> int:
    pages = list(zip(proposal.pages, rows, strict=True))
    numbers = [page.label.value.strip("[]") == (row["folio"] or row["order"]) for page, row in pages]
    read_surely = [right for right, (page, _) in zip(numbers, pages, strict=True) if page.label.confidence >= CONFIDENT]
    types = sum(page.type.value == _TYPES.get(row["kind"], "normalPage") for page, row in pages)
    begins = tuple(each.first for each in proposal.divisions)
    linked = sum(bool(each.blocks) for each in proposal.divisions)
    print(f"numbers: {sum(numbers)} of {len(numbers)} right, {len(read_surely)} confidently")
    print(f"types: {types} of {len(pages)} right")
    print(f"chapters: begin on {begins}, should on {_CHAPTERS}; {linked} headings linked; lost {proposal.unplaced}")
    return 0 if all(read_surely) else 1


if __name__ == "__main__":
    sys.exit(main())
