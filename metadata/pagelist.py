"""The list of a volume's pages as a file that people edit: one row a page, in CSV or JSON.

Written as Czech spreadsheets open it (UTF-8 with its mark, semicolons, Czech headers); read as they save it: any of
UTF-8, UTF-16 and windows-1250, with semicolons, tabulators or commas, Czech or English headers. A cell that a
spreadsheet would take for a formula bears an apostrophe in the file and loses it on reading. Columns that are missing
leave what they are about unchanged; so do rows that are missing.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import PurePosixPath

from metadata.bad_list import BadList, read_json, read_text
from metadata.copyrightmd import ACCESSES, STATUSES
from metadata.description import Rights, VolumeKind
from metadata.elements import clean, line
from metadata.model import Page, Side, Source
from metadata.page_types import page_types
from metadata.wording import wording

_HEADERS = {
    "order": "pořadí", "scan": "sken", "frame": "obraz", "label": "číslo", "type": "typ", "side": "poloha",
    "copyright": "práva", "embargo": "embargo", "licence": "licence", "access": "přístup",
}  # fmt: skip
_ALIASES = {
    "image": "frame", "číslo strany": "label", "page type": "type", "typ strany": "type", "rights": "copyright",
    "license": "licence", "soubor": "scan", "file": "scan",
}  # fmt: skip
_TITLES = ", ".join(f"{czech} ({column})" if czech != column else column for column, czech in _HEADERS.items())
_PASSED_OVER = frozenset({"", "id", "source", "zdroj", "note", "poznámka"})
_SIDES = {
    "levá": Side.LEFT, "vlevo": Side.LEFT, "pravá": Side.RIGHT, "vpravo": Side.RIGHT, "jednotlivá": Side.SINGLE,
    "samostatná": Side.SINGLE, "single": Side.SINGLE, **{side.value.lower(): side for side in Side},
}  # fmt: skip
MOST_ROWS = 100_000
"""A volume has at most 9,999 pages; a spreadsheet may save empty rows below them."""

_FORMULA = re.compile(r"'*[=+\-@]")
_NUMBER = re.compile(r"[0-9]{1,9}")
_CZECH_DAY = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})")


@dataclass(frozen=True, slots=True)
class PageRow:
    """One row: `order` and `frame` count from 1, 0 where not said; None is a column that is not there.

    `row` is its number in the file `name` as a spreadsheet counts (the header is 1), in JSON its place from 1.
    """

    name: str
    row: int
    order: int = 0
    scan: str = ""
    frame: int = 0
    label: str | None = None
    type: str | None = None
    side: str | None = None
    copyright: str | None = None
    embargo: str | None = None
    licence: str | None = None
    access: str | None = None


def write_csv(pages: Sequence[Page]) -> bytes:
    """The list of `pages` for a spreadsheet; the column of images within a file only where a file has several."""
    several = any(page.frame for page in pages)
    columns = [column for column in _HEADERS if several or column != "frame"]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADERS[column] for column in columns)
    for page in pages:
        cells = cells_of(page)
        writer.writerow(_harmless(str(cells[column])) for column in columns)
    return codecs.BOM_UTF8 + stream.getvalue().encode()


def cells_of(page: Page) -> dict[str, str | int]:
    """What stands in the row of `page`, by the English names of the columns."""
    rights = page.rights
    return {
        "order": page.order,
        "scan": _plain(page.scan),
        "frame": page.frame + 1,
        "label": _plain(page.label),
        "type": _plain(page.type),
        "side": page.side.value if page.side else "",
        "copyright": _plain(rights.copyright) if rights else "",
        "embargo": _plain(rights.embargo) if rights else "",
        "licence": _plain(rights.licence) if rights else "",
        "access": _plain(rights.access) if rights else "",
    }


def read_pages(content: bytes, name: str) -> tuple[PageRow, ...]:
    """The rows of the list in the file `name`: JSON when it is called so or begins as JSON does, else CSV.

    Raises:
        BadList: it is neither, or a row says something that no list can say.
    """
    text = read_text(content, name)
    is_json = PurePosixPath(name).suffix.lower() == ".json" or text.lstrip().startswith(("[", "{"))
    found = _json_rows(text, name) if is_json else _csv_rows(text, name)
    rows = tuple(islice(found, MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise BadList(name, 0, "too_long", most=MOST_ROWS)
    if not rows:
        raise BadList(name, 0, "empty")
    return rows


def applied(pages: tuple[Page, ...], rows: Sequence[PageRow], kind: VolumeKind, source: Source) -> tuple[Page, ...]:
    """`pages` as `rows` say; those that are mentioned come from `source`, the others stay as they are.

    A row is joined to its page by the scan's name (and image), else by the order.

    Args:
        pages: the volume's, by order.
        rows: from `read_pages`.
        kind: whose closed list of page types holds (`metadata.page_types`).
        source: who says it.

    Raises:
        BadList: a row is about no page or about one that another row has; a type, side, right or date does not exist.
    """
    if len(rows) > len(pages):
        raise BadList(rows[0].name, 0, "too_many", count=len(rows), pages=len(pages))
    index = _Index(pages)
    said: dict[int, PageRow] = {}
    for row in rows:
        page = index.page(row)
        other = said.setdefault(page.order, row)
        if other is not row:
            raise BadList(row.name, row.row, "twice", order=page.order, scan=page.scan, other=other.row)
    return tuple(_changed(page, said[page.order], kind, source) if page.order in said else page for page in pages)


class _Index:
    """Finds the page that a row is about."""

    def __init__(self, pages: tuple[Page, ...]) -> None:
        self.pages = pages
        self.by_order = {page.order: page for page in pages}
        self.by_scan: dict[str, list[Page]] = {}
        for page in pages:
            self.by_scan.setdefault(_key(page.scan), []).append(page)

    def page(self, row: PageRow) -> Page:
        """The page of `row`.

        Raises:
            BadList: there is none.
        """
        if row.order and row.order not in self.by_order:
            raise BadList(row.name, row.row, "no_order", value=row.order, count=len(self.pages))
        if not row.scan:
            return self.by_order[row.order]
        page = self._scanned(row)
        if row.order and page.order != row.order:
            raise BadList(row.name, row.row, "order_of_scan", scan=row.scan, order=page.order, value=row.order)
        return page

    def _scanned(self, row: PageRow) -> Page:
        found = self.by_scan.get(_key(row.scan), [])
        if not found:
            allowed = _shortened([page.scan for page in self.pages])
            raise BadList(row.name, row.row, "no_scan", value=row.scan, allowed=allowed)
        count = len(found)
        for narrower in (
            [page for page in found if page.scan == row.scan],
            [page for page in found if page.frame == row.frame - 1],
            [page for page in found if page.order == row.order],
        ):
            found = narrower if narrower and len(found) > 1 else found
        if row.frame and found[0].frame != row.frame - 1:
            raise BadList(row.name, row.row, "no_frame", value=row.scan, frame=row.frame, count=count)
        if len(found) > 1:
            raise BadList(row.name, row.row, "which_frame", value=row.scan, count=count)
        return found[0]


def _key(scan: str) -> str:
    # Scans are NFC or NFD by the system they come from; Windows does not tell cases apart.
    return unicodedata.normalize("NFC", _plain(scan)).casefold()


def _changed(page: Page, row: PageRow, kind: VolumeKind, source: Source) -> Page:
    label = page.label if row.label is None else row.label
    side = page.side if row.side is None else _side(row)
    return replace(page, label=label, type=_type(page, row, kind), side=side, rights=_rights(page, row), source=source)


def _type(page: Page, row: PageRow, kind: VolumeKind) -> str:
    if not row.type:
        return page.type
    allowed = page_types(kind)
    told = wording("metadata", "page_types.toml").sentences
    # A person may write what the report and the catalogue show: the type's name in either language.
    types = {said.casefold(): name for name in allowed for said in (*told.get(name, {}).values(), name)}
    if row.type.casefold() not in types:
        raise BadList(row.name, row.row, "type", value=row.type, allowed=", ".join(sorted(allowed)))
    return types[row.type.casefold()]


def _side(row: PageRow) -> Side | None:
    if not row.side:
        return None
    if row.side.casefold() not in _SIDES:
        raise BadList(row.name, row.row, "side", value=row.side, allowed=", ".join(Side))
    return _SIDES[row.side.casefold()]


def _rights(page: Page, row: PageRow) -> Rights | None:
    """The page's own rights; none when all the list says of them is nothing."""
    told = (row.copyright, row.embargo, row.licence, row.access)
    if all(cell is None for cell in told):
        return page.rights
    old = page.rights or Rights(copyright="")
    status, embargo, licence, access = (
        before if cell is None else cell
        for before, cell in zip((old.copyright, old.embargo, old.licence, old.access), told, strict=True)
    )
    if not (status or embargo or licence or access):
        return None
    if (status or "unknown") not in STATUSES:
        raise BadList(row.name, row.row, "copyright", value=status, allowed=", ".join(STATUSES))
    if access and access.lower() not in ACCESSES:
        raise BadList(row.name, row.row, "access", value=access, allowed=", ".join(ACCESSES))
    told_day = _day(row, embargo)
    return replace(old, copyright=status or "unknown", embargo=told_day, licence=licence, access=access.lower())


def _day(row: PageRow, text: str) -> str:
    # A Czech spreadsheet saves 2030-12-31 as 31.12.2030.
    czech = _CZECH_DAY.fullmatch(text)
    iso = f"{czech[3]}-{int(czech[2]):02}-{int(czech[1]):02}" if czech else text
    try:
        return dt.date.fromisoformat(iso).isoformat() if iso else ""
    except ValueError:
        raise BadList(row.name, row.row, "day", value=text) from None


def _csv_rows(text: str, name: str) -> Iterator[PageRow]:
    header = text.partition("\n")[0]
    delimiter = max(";\t,", key=header.count)
    columns: list[str] | None = None
    for number, cells in enumerate(_csv_lines(text, delimiter, name), start=1):
        if not any(map(str.strip, cells)):
            continue
        if columns is None:
            columns = _columns(cells, name, number)
            continue
        if any(map(str.strip, cells[len(columns) :])):
            raise BadList(name, number, "cells", count=len(cells), columns=len(columns))
        told = zip(columns, map(_restored, cells), strict=False)
        yield _row(name, number, {column: cell for column, cell in told if column})


def _csv_lines(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise BadList(name, 0, "csv", why=str(error)) from None


def _json_rows(text: str, name: str) -> Iterator[PageRow]:
    value = read_json(text, name)
    listed = value.get("pages") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise BadList(name, 0, "no_list")
    for number, entry in enumerate(listed, start=1):
        if not isinstance(entry, dict):
            raise BadList(name, number, "no_list")
        columns = _columns(list(entry), name, number)
        cells = (_json_cell(cell, column, name, number) for column, cell in entry.items())
        yield _row(name, number, {column: cell for column, cell in zip(columns, cells, strict=True) if column})


def _json_cell(cell: object, column: str, name: str, number: int) -> str:
    if cell is None or isinstance(cell, str):
        return _plain(cell or "")
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    raise BadList(name, number, "text", column=_plain(column), value=_plain(json.dumps(cell))[:100])


def _columns(names: Sequence[str], name: str, number: int) -> list[str]:
    """The column of each name in the header, empty for those that are passed over."""
    known = {column: column for column in _HEADERS} | {czech: column for column, czech in _HEADERS.items()} | _ALIASES
    plain = {_bare(alias): column for alias, column in known.items()}
    passed_over = set(map(_bare, _PASSED_OVER))
    columns: list[str] = []
    for title in names:
        bare = _bare(title)
        if bare in plain and plain[bare] in columns:
            raise BadList(name, number, "column_twice", column=_plain(title))
        if bare not in plain and bare not in passed_over:
            raise BadList(name, number, "column", column=_plain(title), allowed=_TITLES)
        columns.append(plain.get(bare, ""))
    if not {"order", "scan"} & set(columns):
        raise BadList(name, number, "no_key")
    return columns


def _row(name: str, number: int, cells: Mapping[str, str]) -> PageRow:
    counted = {column: _count(name, number, column, cells.get(column, "")) for column in ("order", "frame")}
    if not counted["order"] and not cells.get("scan"):
        raise BadList(name, number, "no_key")
    texts = {column: cell for column, cell in cells.items() if column not in counted}
    return PageRow(name, number, order=counted["order"], frame=counted["frame"], **texts)


def _count(name: str, number: int, column: str, cell: str) -> int:
    if not cell:
        return 0
    if not _NUMBER.fullmatch(cell) or not int(cell):
        raise BadList(name, number, "number", column=_HEADERS[column], value=cell[:50])
    return int(cell)


@lru_cache(maxsize=256)  # a spreadsheet may save thousands of empty columns
def _bare(title: str) -> str:
    """A column's title without case, accents and blanks around it."""
    apart = unicodedata.normalize("NFD", _plain(title)).casefold()
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _plain(text: str) -> str:
    return clean(line(text))


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _restored(cell: str) -> str:
    plain = _plain(cell)
    return plain[1:] if plain.startswith("'") and _FORMULA.match(plain) else plain


def _shortened(scans: Sequence[str]) -> str:
    names = list(dict.fromkeys(scans))
    return ", ".join(names) if len(names) <= 6 else ", ".join((*names[:3], "…", *names[-2:]))
