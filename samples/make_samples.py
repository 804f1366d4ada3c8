"""Make the samples: a mixed delivery with ground truth, and the bad deliveries. ``python -m samples.make_samples``.

The same machine writes the same bytes each time (fixed seeds). Needs what the project's environment has (Pillow,
numpy, OpenCV) and three Debian packages of typefaces: fonts-linuxlibertine, fonts-junicode, fonts-liberation. The words
are in text/, written for this project. What lies beside the scans of the good volumes (volume.toml, pages.csv,
structure.toml, record.xml) is written by hand and left alone.
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
from samples.music import sheet_of_music
from samples.newspaper import front_page
from samples.photographs import CAPTIONS, mounted
from samples.scanning import Look, Pixels, bitonal, grey, jpeg, png, put, scanned, srgb, tiff
from samples.setting import Sheet
from samples.survey import surveyed
from samples.tales import TalePage, set_tale

HERE = Path(__file__).resolve().parent
BOOK, PHOTOGRAPHS, MAP = "kniha-hodinar-a-knihovna", "fotografie-udoli-brezky", "mapa-modrinov-a-okoli"
MUSIC = "noty-tikava-polka"
TALES = ("povesti-z-podbrezska-1", "povesti-z-podbrezska-2")
ISSUES = ("noviny-modrinovske-listy", "noviny-modrinovske-listy-38")
SUPPLEMENT = "noviny-modrinovske-listy-38-besidka"
SCANS_END = (".jpg", ".tif", ".png")
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


TALE_PAGES = (
    (TalePage(1, 1, "title"), 0.0),
    (TalePage(1, 2, "preface", "II"), 0.8),
    (TalePage(1, 3, folio="1"), -1.2),
    (TalePage(2, 1, "title"), 0.0),
    (TalePage(2, 2, folio="2"), 1.6),
)
"""The pages of the work in two volumes, and by how many degrees each lay crooked."""


def make_tales(delivery: Path) -> list[Truth]:
    """Write the scans of the work in two volumes, each volume into its folder below `delivery`."""
    truths = []
    for page, skew in TALE_PAGES:
        volume, name, sheet = TALES[page.volume - 1], f"{page.order:04d}.jpg", set_tale(page)
        look = Look(skew=skew, noise=0.6, specks=15, gutter=-1 if page.order % 2 else 1)
        scan = scanned(sheet.ink, look, 3600 + 10 * page.volume + page.order)
        put(delivery / volume / name, jpeg(grey(scan), 72))
        truths.append(Truth(volume, name, page.order, skew, page.kind, page.folio, sheet.text))
    return truths


def make_newspapers(delivery: Path) -> list[Truth]:
    """Write the scans of the two issues and of the supplement, each into its folder below `delivery`."""
    truths = []
    for volume, text, kind, skew, seed in (
        (ISSUES[0], "0001", "newspaper", 0.4, 1929),
        (ISSUES[1], "0002", "newspaper", -0.7, 1930),
        (SUPPLEMENT, "besidka", "supplement", 0.0, 1931),
    ):
        sheet = front_page(text)
        scan = scanned(sheet.ink, Look(noise=0.6, specks=30, skew=skew), seed)
        put(delivery / volume / "0001.jpg", jpeg(grey(scan), 68))
        truths.append(Truth(volume, "0001.jpg", 1, skew, kind, "", sheet.text))
    return truths


def make_photographs(folder: Path) -> list[Truth]:
    """Write the scans of the photographs into `folder`."""
    truths = []
    for order, (seed, caption) in enumerate(CAPTIONS.items(), start=1):
        name = f"{order:04d}.jpg"
        put(folder / name, jpeg(Image.fromarray(mounted(seed)), 80, 400))
        truths.append(Truth(PHOTOGRAPHS, name, order, 0.0, "photograph", "", caption + "\n"))
    return truths


def make_map(folder: Path) -> list[Truth]:
    """Write the scan of the map into `folder`."""
    page, text = surveyed(25)
    put(folder / "0001.jpg", jpeg(Image.fromarray(page), 75))
    return [Truth(MAP, "0001.jpg", 1, 0.0, "map", "", text)]


def make_music(folder: Path) -> list[Truth]:
    """Write the scan of the sheet of music into `folder`."""
    sheet = sheet_of_music()
    page = scanned(sheet.ink, Look(noise=0.4, specks=8), 1931)
    put(folder / "0001.tif", tiff(grey(page, 16), "tiff_adobe_deflate"))
    return [Truth(MUSIC, "0001.tif", 1, 0.0, "music", "", sheet.text)]


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
    """Take away what an earlier run made below `root`; what was written by hand stays."""
    for folder in (root / "bad", root / "ground_truth"):
        shutil.rmtree(folder, ignore_errors=True)
    for path in (root / "delivery").glob("*/*"):
        if path.suffix in SCANS_END:
            path.unlink()


def make(root: Path) -> None:
    """Make all samples below `root`."""
    cleared(root)
    delivery = root / "delivery"
    truths = make_book(delivery / BOOK)
    truths += make_tales(delivery)
    truths += make_newspapers(delivery)
    truths += make_photographs(delivery / PHOTOGRAPHS)
    truths += make_map(delivery / MAP)
    truths += make_music(delivery / MUSIC)
    write_truth(root / "ground_truth", truths)
    make_bad(root / "bad")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
