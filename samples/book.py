"""The pages of the sample book, set as a printer of the thirties would have: see text/book for their words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from samples.drawing import engraving
from samples.setting import BOLD, DISPLAY, ITALIC, ROMAN, TEXTS, Column, Face, Sheet

WIDTH, HEIGHT = 1748, 2480  # A5 at 300 dpi
MEASURE = 1270
FOOT = 2330
TEXT = Face(ROMAN, 11.5)
LEADING = 67
SMALL = Face(ROMAN, 10.5)
HEADING = Face(BOLD, 14)
FOLIO = Face(ROMAN, 10.5)


@dataclass(frozen=True, slots=True)
class BookPage:
    """One page of the book: its text file's number, its kind as in pages.csv, and whether it opens a chapter."""

    number: int
    kind: str = "text"
    opening: bool = False

    @property
    def folio(self) -> str:
        """The printed page number; title page and blank page bear none."""
        return "" if self.kind in ("title", "blank") else str(self.number)

    @property
    def left(self) -> int:
        """Left edge of the type area: the outer margin is the wider one."""
        return 268 if self.number % 2 == 0 else WIDTH - 268 - MEASURE + 58

    @property
    def column(self) -> Column:
        """The type area for running text."""
        return Column(self.left, MEASURE, LEADING)

    @property
    def paragraphs(self) -> list[str]:
        """The words of the page, paragraph by paragraph; a line feed inside one is kept."""
        path: Path = TEXTS / "book" / f"{self.number:04d}.txt"
        return path.read_text(encoding="utf-8").rstrip("\n").split("\n\n")


def set_page(page: BookPage) -> Sheet:
    """The page as a sheet of ink and its text."""
    sheet = Sheet(WIDTH, HEIGHT)
    if page.kind == "blank":
        return sheet
    if page.folio and not page.opening:
        sheet.block()
        right = page.number % 2 == 1
        sheet.line(page.folio, FOLIO, page.left + (MEASURE if right else 0), 215, "r" if right else "l")
    {"title": _title, "picture": _picture, "columns": _columns, "contents": _contents}.get(page.kind, _text)(
        sheet, page
    )
    if page.opening:
        sheet.block()
        sheet.line(page.folio, FOLIO, page.left + MEASURE / 2, FOOT, "m")
    return sheet


def _title(sheet: Sheet, page: BookPage) -> None:
    faces = (Face(ROMAN, 13), Face(DISPLAY, 34), Face(ITALIC, 16), Face(ROMAN, 11), Face(ROMAN, 12), Face(ITALIC, 11))
    tops = (420, 780, 1090, 1240, 2080, 2150)
    for words, face, baseline in zip(page.paragraphs, faces, tops, strict=True):
        sheet.block()
        for number, line in enumerate(words.split("\n")):
            sheet.line(line, face, WIDTH / 2, baseline + number * face.points * 5, "m")
    sheet.pen.line((WIDTH / 2 - 150, 1350, WIDTH / 2 + 150, 1350), fill=255, width=4)
    sheet.pen.ellipse((WIDTH / 2 - 52, 1560, WIDTH / 2 + 52, 1664), outline=255, width=6)
    for end in ((WIDTH / 2, 1572), (WIDTH / 2 + 28, 1630)):
        sheet.pen.line((WIDTH / 2, 1612, *end), fill=255, width=6)


def _head(sheet: Sheet, words: str, page: BookPage) -> float:
    sheet.block()
    sheet.line(words.removeprefix("# "), HEADING, page.left + MEASURE / 2, 390, "m")
    return 530.0


def _text(sheet: Sheet, page: BookPage) -> None:
    baseline, first, flowing = 320.0, 0.0, False
    for words in page.paragraphs:
        if words.startswith("# "):
            baseline, first, flowing = _head(sheet, words, page), 0.0, False
            continue
        if words[:2] in ("| ", "> "):
            baseline, flowing = _flush(sheet, words, page, baseline), False
            continue
        if not flowing:
            sheet.block()
        baseline = sheet.paragraph(words, TEXT, page.column, baseline, first)
        first, flowing = 70.0, True


def _flush(sheet: Sheet, words: str, page: BookPage, baseline: float) -> float:
    """Lines of their own: the salutation of a letter (|) on the left, its signature (>) on the right."""
    sheet.block()
    right = words.startswith(">")
    for line in words.split("\n"):
        x = page.left + MEASURE - 70 if right else page.left + 70
        sheet.line(line[2:], Face(ITALIC, 11.5), x, baseline, "r" if right else "l")
        baseline += LEADING
    return baseline


def _picture(sheet: Sheet, page: BookPage) -> None:
    caption, below = page.paragraphs
    sheet.ink.paste(engraving(1848, 1130, 1290), (page.left + (MEASURE - 1130) // 2, 300))
    sheet.block()
    for number, line in enumerate(caption.split("\n")):
        sheet.line(line, Face(ITALIC, 11), page.left + MEASURE / 2, 1690 + number * 60, "m")
    sheet.block()
    sheet.paragraph(below, TEXT, page.column, 1900)


def _columns(sheet: Sheet, page: BookPage) -> None:
    heading, *entries = page.paragraphs
    top = _head(sheet, heading, page)
    gutter, half = 64, (len(entries) + 1) // 2
    width, lowest = (MEASURE - gutter) / 2, top
    for number, part in enumerate((entries[:half], entries[half:])):
        baseline, column = top, Column(page.left + number * (width + gutter), width, 60)
        sheet.block()
        for words in part:
            baseline = sheet.paragraph(words, SMALL, column, baseline, -44)
            baseline += 14
        lowest = max(lowest, baseline)
    middle = page.left + width + gutter / 2
    sheet.pen.line((middle, top - 40, middle, lowest - 60), fill=255, width=3)


def _contents(sheet: Sheet, page: BookPage) -> None:
    heading, chapters, printer = page.paragraphs
    baseline = _head(sheet, heading, page)
    sheet.block()
    left, right = page.left + 200, page.left + MEASURE - 200
    for line in chapters.split("\n"):
        title, number = line.split("\t")
        sheet.pen.text((right, baseline), number, font=TEXT.font, fill=255, anchor="rs")
        sheet.line(title, TEXT, left, baseline)
        sheet.blocks[-1][-1] += " " + number
        baseline += LEADING + 10
    sheet.block()
    sheet.paragraph(printer, SMALL, Column(page.left + 160, MEASURE - 320, 60), 2060)
