"""The work in two volumes: small books of legends, A6, three pages and two; see text/tales for their words."""

from __future__ import annotations

from dataclasses import dataclass

from samples.setting import BOLD, DISPLAY, ITALIC, ROMAN, TEXTS, Column, Face, Sheet

WIDTH, HEIGHT = 1240, 1748  # A6 at 300 dpi
_MEASURE, _LEADING = 920, 66
_TEXT, _HEADING, _FOLIO = Face(ROMAN, 11.5), Face(BOLD, 14), Face(ROMAN, 10)
_FACES = (Face(ROMAN, 11), Face(DISPLAY, 26), Face(ITALIC, 14), Face(ROMAN, 10), Face(ITALIC, 9.5))
_TOPS = (280, 560, 880, 1470, 1540)


@dataclass(frozen=True, slots=True)
class TalePage:
    """One page: its volume (1 or 2), its place in it from 1, its kind as in pages.csv, its printed number."""

    volume: int
    order: int
    kind: str = "text"
    folio: str = ""

    @property
    def paragraphs(self) -> list[str]:
        """The words of the page, paragraph by paragraph; a line feed inside one is kept."""
        path = TEXTS / "tales" / f"{self.volume}-{self.order:04d}.txt"
        return path.read_text(encoding="utf-8").rstrip("\n").split("\n\n")


def set_tale(page: TalePage) -> Sheet:
    """The page as a sheet of ink and its text."""
    sheet = Sheet(WIDTH, HEIGHT)
    if page.kind == "title":
        _title(sheet, page.paragraphs)
        return sheet
    heading, *rest = page.paragraphs
    sheet.block()
    sheet.line(heading.removeprefix("# "), _HEADING, WIDTH / 2, 240, "m")
    sheet.block()
    baseline, column = 380.0, Column((WIDTH - _MEASURE) / 2, _MEASURE, _LEADING)
    for number, words in enumerate(rest):
        baseline = sheet.paragraph(words, _TEXT, column, baseline, 60 if number else 0)
    sheet.block()
    sheet.line(page.folio, _FOLIO, WIDTH / 2, HEIGHT - 110, "m")
    return sheet


def _title(sheet: Sheet, paragraphs: list[str]) -> None:
    for words, face, baseline in zip(paragraphs, _FACES, _TOPS, strict=True):
        sheet.block()
        for number, line in enumerate(words.split("\n")):
            sheet.line(line, face, WIDTH / 2, baseline + number * face.points * 5, "m")
    for step in range(3):
        y = 1080 + 26 * step
        wave = [(WIDTH / 2 + x, y + (8 if x // 30 % 2 else -8)) for x in range(-150, 151, 30)]
        sheet.pen.line(wave, fill=255, width=5, joint="curve")
