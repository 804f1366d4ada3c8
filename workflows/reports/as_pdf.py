"""A report as PDF/A-2b (ISO 19005-2): fonts embedded, colours defined, language said, text that can be searched."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from metadata.problem import Problem
from metadata.record import to_json
from metadata.wording import printable
from workflows.reports.sheet import Cell, Report, Table
from workflows.reports.words import made_from, say, shown

_PACKAGE = "font_source_sans_pro"
_FONTS = (("SourceSansPro-Regular.ttf", "SourceSansPro-Bold.ttf"), ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
_DEBIAN = Path("/usr/share/fonts/truetype/dejavu")
"""fonts-dejavu-core; where the Python package of Source Sans is not installed."""
_MARGIN, _LINE, _SMALL, _PAD = 12.0, 4.2, 8.0, 1.6
"""Millimetres, the last of a cell's sides; _SMALL is the size of letters in tables, in points."""

_CHANGED = re.compile(rb'(xmp:(?:ModifyDate|MetadataDate)=")[^"]{25}"')

# fontTools tells of every table that it leaves out of a subset.
logging.getLogger("fontTools").setLevel(logging.ERROR)


def fonts() -> tuple[Path, Path]:
    """Regular and bold letters with all of Czech.

    Raises:
        Problem: S099, there are none on this machine.
    """
    spec = find_spec(_PACKAGE)
    folders = [Path(place) / "files" for place in (spec.submodule_search_locations or ())] if spec else []
    for folder, names in zip([*folders[:1], _DEBIAN], _FONTS if folders else _FONTS[1:], strict=True):
        regular, bold = (folder / name for name in names)
        if regular.is_file() and bold.is_file():
            return regular, bold
    raise Problem("S099", _DEBIAN)


def as_pdf(report: Report) -> bytes:
    """The report, A4 across; the same report always gives the same bytes.

    Raises:
        Problem: S099, no font.
    """
    paper = _Paper(report)
    paper.add_page()
    paper.text_line(report.origin.institution, _SMALL)
    paper.text_line(report.title, 17, bold=True)
    paper.text_line(report.verdict.text, 11, bold=True)
    paper.ln(2)
    for label, value in report.facts:
        paper.text_line(f"{label}: {shown(value, report.tongue)}", 9)
    for bars in report.bars:
        paper.rows_of_bars(
            bars.title, bars.unit, [(label, count, shown(count, report.tongue)) for label, count in bars.rows]
        )
    for table in report.tables:
        paper.whole_table(table)
    paper.ln(4)
    for note in (*report.notes, *made_from(report.origin, report.tongue)):
        paper.text_line(note, _SMALL)
    # fpdf2 takes the clock's time as that of the last change; put in as long a string, so that no offset moves.
    made = _utc(report.origin.made).isoformat(timespec="seconds").encode()
    return _CHANGED.sub(lambda found: found[1] + made + b'"', bytes(paper.output()))


def _utc(iso: str) -> dt.datetime:
    return dt.datetime.fromisoformat(iso).astimezone(dt.UTC)


class _Paper(FPDF):
    """Sheets with a page number; what the font cannot draw is a question mark (ISO 19005-2 6.2.11.8: no .notdef)."""

    def __init__(self, report: Report) -> None:
        super().__init__(orientation="landscape", format="A4", enforce_compliance="PDF/A-2B")
        regular, bold = fonts()
        self._tongue = report.tongue
        self._identity = hashlib.sha256(to_json(report)).hexdigest()[:32].upper()
        self._widths: dict[tuple[str, str], float] = {}
        self.add_font("report", "", regular)
        self.add_font("report", "B", bold)
        own = [set(font.cmap) for font in self.fonts.values() if isinstance(font, TTFFont)]
        self._drawn = frozenset(set.intersection(*own))
        self.set_title(self.drawable(report.title))
        self.set_author(self.drawable(report.origin.institution))
        self.set_creator(report.origin.maker)
        self.set_lang(report.tongue.value)
        self.set_creation_date(_utc(report.origin.made))
        self.set_margin(_MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=True, margin=_MARGIN + 4)

    def file_id(self) -> str:
        """The file's identifier (ISO 32000-1 14.4), from what the report says; fpdf2's has the clock's time in it."""
        return f"<{self._identity}><{self._identity}>"

    def footer(self) -> None:
        """The page's number."""
        self.set_y(-_MARGIN)
        self.set_font("report", "", _SMALL)
        self.cell(0, _LINE, say("page", self._tongue, number=self.page_no()), align="R")

    def drawable(self, text: str) -> str:
        """The text with what the font lacks replaced."""
        clean = printable(text).replace("\xa0", " ").replace("\n", " ")
        return "".join(letter if ord(letter) in self._drawn else "?" for letter in clean)

    def text_line(self, text: str, points: float, *, bold: bool = False) -> None:
        """A paragraph over the whole width."""
        self.set_font("report", "B" if bold else "", points)
        self.multi_cell(0, points * 0.47, self.drawable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def rows_of_bars(self, title: str, unit: str, rows: Sequence[tuple[str, int, str]]) -> None:
        """The picture: label, bar and number."""
        most = max((count for _, count, _ in rows), default=0) or 1
        self._heading(f"{title} ({unit})", _LINE * (len(rows) + 1))
        self.set_font("report", "", _SMALL)
        self.set_fill_color(47, 113, 150)
        for label, count, told in rows:
            top, long = self.get_y(), 120 * count / most
            self.text(_MARGIN, top + 3.1, self.drawable(label))
            if long:
                self.rect(_MARGIN + 62, top + 0.5, long, _LINE - 1, style="F")
            self.text(_MARGIN + 64 + long, top + 3.1, self.drawable(told))
            self.set_y(top + _LINE)

    def whole_table(self, table: Table) -> None:
        """The table; its head is repeated on every sheet, and no row is torn."""
        self._heading(table.title, 5 * _LINE)
        if table.note:
            self.text_line(table.note, 9)
        if not table.rows:
            self.text_line(say("none", self._tongue), 9)
            return
        rows = [[self.drawable(shown(cell, self._tongue)) for cell in row] for row in table.rows]
        head = [self.drawable(column) for column in table.columns]
        widths = self._columns(head, rows)
        self._row(head, widths, "B")
        for cells, values in zip(rows, table.rows, strict=True):
            if self._row(cells, widths, "", values, dry=True) + self.get_y() > self.page_break_trigger:
                self.add_page()
                self._row(head, widths, "B")
            self._row(cells, widths, "", values)

    def _heading(self, title: str, below: float) -> None:
        self.ln(4)
        if self.get_y() + 8 + below > self.page_break_trigger:
            self.add_page()
        self.text_line(title, 12, bold=True)
        self.ln(1)

    def _columns(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
        """Widths (mm), together the page's: narrow columns get what they need, wide ones share what is left."""
        wish = []
        for number, title in enumerate(head):
            longest = max((self._width(row[number], "") for row in rows), default=0.0)
            word = max((self._width(each, "B") for each in title.split()), default=0.0)
            wish.append(max(longest, word) + _PAD)
        widths, left = list(wish), self.epw
        for done, number in enumerate(sorted(range(len(wish)), key=wish.__getitem__)):
            widths[number] = min(wish[number], left / (len(wish) - done))
            left -= widths[number]
        return [width + max(left, 0.0) / len(widths) for width in widths]

    def _width(self, text: str, style: str) -> float:
        known = self._widths.get((text, style))
        if known is None:
            self.set_font("report", style, _SMALL)
            known = self._widths[text, style] = self.get_string_width(text)
        return known

    def _row(
        self,
        cells: Sequence[str],
        widths: Sequence[float],
        style: str,
        values: Sequence[Cell] = (),
        *,
        dry: bool = False,
    ) -> float:
        """Draw a row and go below it; its height (mm). With `dry` it is only measured."""
        lines = [list(self._wrapped(cell, width - _PAD, style)) for cell, width in zip(cells, widths, strict=True)]
        height = max(map(len, lines)) * _LINE * 0.85 + 1.2
        if dry:
            return height
        left, top = _MARGIN, self.get_y()
        self.set_font("report", style, _SMALL)
        for number, (wrapped, width) in enumerate(zip(lines, widths, strict=True)):
            right = bool(values) and number > 0 and isinstance(values[number], int | float)
            for order, text in enumerate(wrapped):
                at = left + width - _PAD - self._width(text, style) if right else left
                self.set_font("report", style, _SMALL)
                self.text(at, top + 3 + order * _LINE * 0.85, text)
            left += width
        self.set_draw_color(200)
        self.line(_MARGIN, top + height, left, top + height)
        self.set_y(top + height)
        return height

    def _wrapped(self, text: str, width: float, style: str) -> Iterator[str]:
        """The text in lines no longer than `width` (mm); a word that is too long is cut."""
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if self._width(longer, style) <= width:
                line = longer
                continue
            if line:
                yield line
            line = word
            while self._width(line, style) > width and len(line) > 1:
                fits = max(1, int(len(line) * width / self._width(line, style)))
                while fits > 1 and self._width(line[:fits], style) > width:
                    fits -= 1
                yield line[:fits]
                line = line[fits:]
        yield line
