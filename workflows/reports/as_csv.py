"""A report for a spreadsheet, as Czech ones read it: UTF-8 with a mark, semicolons, CRLF."""

from __future__ import annotations

import csv
import io

from metadata.wording import Tongue, printable
from workflows.reports.sheet import Cell, Mark, Moment, Report
from workflows.reports.words import made_from

_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")


def as_csv(report: Report) -> bytes:
    """Title, sums, then table by table with an empty line between; no cell is taken for a formula.

    Numbers have a decimal comma in Czech and no blanks between thousands; moments are ISO 8601, which sorts.
    """
    lines = io.StringIO()
    out = csv.writer(lines, delimiter=";", lineterminator="\r\n")

    def write(*cells: Cell) -> None:
        out.writerow([_cell(cell, report.tongue) for cell in cells])

    write(report.title)
    write(report.verdict)
    for label, value in report.facts:
        write(label, value)
    for table in report.tables:
        out.writerow([])
        write(table.title)
        write(*table.columns)
        for row in table.rows:
            write(*row)
    out.writerow([])
    for note in (*report.notes, *made_from(report.origin, report.tongue)):
        write(note)
    return lines.getvalue().encode("utf-8-sig")


def _cell(cell: Cell, tongue: Tongue) -> str:
    if isinstance(cell, bool | int):
        return str(cell)
    if isinstance(cell, float):
        return f"{cell:.2f}".replace(".", "," if tongue is Tongue.CS else ".")
    text = cell.text if isinstance(cell, Mark) else cell.iso if isinstance(cell, Moment) else cell
    clean = printable(text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean
