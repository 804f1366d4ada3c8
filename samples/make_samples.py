"""Make the samples: three good volumes with ground truth, and the bad deliveries. ``python -m samples.make_samples``.

The same machine writes the same bytes each time (fixed seeds). Needs what the project's environment has (Pillow,
numpy, OpenCV) and three Debian packages of typefaces: fonts-linuxlibertine, fonts-junicode, fonts-liberation. The words
are in text/, written for this project. volume.toml of the good volumes is written by hand and left alone.
"""

from __future__ import annotations

import csv
import shutil
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from PIL import Image

from samples.book import BookPage, set_page
from samples.damaged import make_bad
from samples.scanning import Look, Pixels, bitonal, grey, jpeg, png, put, scanned, srgb, tiff
from samples.setting import Sheet
from samples.single import CAPTION, mounted, newspaper

HERE = Path(__file__).resolve().parent
BOOK, NEWSPAPER, PHOTOGRAPH = "kniha-hodinar-a-knihovna", "noviny-modrinovske-listy", "fotografie-udoli-brezky"
COLUMNS = ("volume", "file", "order", "skew_degrees", "blank", "kind", "folio")

Saved = Callable[[Pixels], bytes]


@dataclass(frozen=True, slots=True)
class Scan:
    """One page of the book as delivered: file name, how it lay on the glass, how the scanner saved it."""

    page: BookPage
    name: str
    skew: float
    saved: Saved


@dataclass(frozen=True, slots=True)
class Truth:
    """One line of pages.csv and the text of the page."""

    volume: str
    file: str
    order: int
    skew: float
    kind: str
    folio: str
    text: str

    @property
    def row(self) -> tuple[str, ...]:
        """The line of pages.csv."""
        blank = "yes" if self.kind == "blank" else "no"
        return self.volume, self.file, str(self.order), f"{self.skew:.1f}", blank, self.kind, self.folio


def _colour(page: Pixels) -> bytes:
    return jpeg(Image.fromarray(page), 80)


def _profiled(page: Pixels) -> bytes:
    return jpeg(Image.fromarray(page), 80, icc=srgb())


def _bitonal(page: Pixels) -> bytes:
    return tiff(bitonal(page), "group4")


def _grey_tiff(page: Pixels) -> bytes:
    return tiff(grey(page, 8), "tiff_lzw")


def _grey_png(page: Pixels) -> bytes:
    return png(grey(page, 12))


DECOMPOSED = unicodedata.normalize("NFD", "0010_latinský-nápis.jpg")
SCANS = (
    Scan(BookPage(1, "title"), "0001.jpg", 0.0, _profiled),
    Scan(BookPage(2, "blank"), "0002.jpg", 0.0, _colour),
    Scan(BookPage(3, opening=True), "0003.jpg", 1.3, _colour),
    Scan(BookPage(4), "0004.tif", -0.9, _bitonal),
    Scan(BookPage(5, opening=True), "0005.jpg", 2.4, _colour),
    Scan(BookPage(6, "picture"), "0006.jpg", 0.0, _colour),
    Scan(BookPage(7), "0007.tif", -1.8, _grey_tiff),
    Scan(BookPage(8, "columns", opening=True), "0008.jpg", 0.6, _colour),
    Scan(BookPage(9, opening=True), "0009.png", 0.0, _grey_png),
    Scan(BookPage(10, opening=True), DECOMPOSED, -3.3, _colour),
    Scan(BookPage(11, opening=True), "0011.jpg", 3.5, _colour),
    Scan(BookPage(12, "contents"), "0012.jpg", 0.0, _colour),
)


def make_book(folder: Path) -> list[Truth]:
    """Write the scans of the book into `folder`."""
    sheets: list[Sheet] = [set_page(scan.page) for scan in SCANS]
    truths = []
    for index, (scan, sheet) in enumerate(zip(SCANS, sheets, strict=True)):
        number, bare = scan.page.number, scan.page.kind == "blank"
        other = index + 1 if number % 2 else index - 1
        look = Look(
            skew=scan.skew,
            specks=0 if bare else 25,
            through=0.0 if bare else 0.035,
            gutter=0 if bare else (-1 if number % 2 else 1),
        )
        put(folder / scan.name, scan.saved(scanned(sheet.ink, look, 1000 + number, sheets[other].ink)))
        truths.append(Truth(BOOK, scan.name, index + 1, scan.skew, scan.page.kind, scan.page.folio, sheet.text))
    return truths


def make_newspaper(folder: Path) -> list[Truth]:
    """Write the scan of the newspaper into `folder`."""
    sheet = newspaper()
    page = scanned(sheet.ink, Look(noise=0.6, specks=30, skew=0.4), 1929)
    put(folder / "0001.jpg", jpeg(grey(page), 68))
    return [Truth(NEWSPAPER, "0001.jpg", 1, 0.4, "newspaper", "", sheet.text)]


def make_photograph(folder: Path) -> list[Truth]:
    """Write the scan of the photograph into `folder`."""
    put(folder / "0001.jpg", jpeg(Image.fromarray(mounted(1908)), 80, 400))
    return [Truth(PHOTOGRAPH, "0001.jpg", 1, 0.0, "photograph", "", CAPTION + "\n")]


def write_truth(root: Path, truths: list[Truth]) -> None:
    """Write pages.csv and the text of each page."""
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(truth.row for truth in truths)
    put(root / "pages.csv", table.getvalue().encode())
    for truth in truths:
        put(root / truth.volume / f"{Path(truth.file).stem}.txt", truth.text.encode())


def cleared(root: Path) -> None:
    """Take away what an earlier run made below `root`; hand-written descriptions stay."""
    for folder in (root / "bad", root / "ground_truth"):
        shutil.rmtree(folder, ignore_errors=True)
    for path in (root / "delivery").glob("*/*"):
        if path.name != "volume.toml":
            path.unlink()


def make(root: Path) -> None:
    """Make all samples below `root`."""
    cleared(root)
    delivery = root / "delivery"
    truths = make_book(delivery / BOOK)
    truths += make_newspaper(delivery / NEWSPAPER)
    truths += make_photograph(delivery / PHOTOGRAPH)
    write_truth(root / "ground_truth", truths)
    make_bad(root / "bad")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
