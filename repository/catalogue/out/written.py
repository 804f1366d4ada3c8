"""Rows as text that programs read: CSV (RFC 4180), JSON (RFC 8259), one JSON object a line; piece by piece.

Data are given as they are. `excel` is for spreadsheets: a byte order mark, semicolons, and an apostrophe before cells
that a spreadsheet would take for a formula (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Value = str | int | float | bytes | None

MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json", "ndjson": "application/x-ndjson"}
"""Format -> type of its answers."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Form:
    """How rows are written: a format of MEDIA, for spreadsheets or not, under the names `columns`."""

    format: str
    columns: tuple[str, ...]
    excel: bool = False

    def before(self) -> str:
        """What stands before the rows."""
        if self.format == "csv":
            return ("\ufeff" if self.excel else "") + self._csv([self.columns])
        return "[" if self.format == "json" else ""

    def rows(self, rows: Sequence[Sequence[Value]], *, first: bool) -> str:
        """Some rows; `first`: none were written before."""
        if self.format == "csv":
            return self._csv([[self._cell(value) for value in row] for row in rows])
        objects = [_json(dict(zip(self.columns, row, strict=True))) for row in rows]
        if self.format == "ndjson":
            return "".join(f"{each}\n" for each in objects)
        return ("" if first or not objects else ",") + ",".join(f"\n{each}" for each in objects)

    def after(self, *, empty: bool) -> str:
        """What stands behind them."""
        return ("]\n" if empty else "\n]\n") if self.format == "json" else ""

    def _cell(self, value: Value) -> Value:
        value = value.hex() if isinstance(value, bytes) else value
        formula = self.excel and isinstance(value, str) and value.startswith(_FORMULA)
        return f"'{value}" if formula else value

    def _csv(self, rows: Iterable[Sequence[Value]]) -> str:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";" if self.excel else ",").writerows(rows)
        return text.getvalue()


def _json(row: dict[str, Value]) -> str:
    told = {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
    return json.dumps(told, ensure_ascii=False)
