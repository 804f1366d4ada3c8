"""Everything of a table, in formats that programs read back as it was, and nothing that may not be seen."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.model import new_volume_id
from repository.catalogue.out import export
from repository.catalogue.out.written import MEDIA, Form, Value
from repository.catalogue.rights.audience import PUBLIC
from repository.catalogue.serve import application
from tests.out_shelf import SECRET, kept
from tests.stored_volumes import Shelf, close

CELLS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=6)
COLUMNS = ("první", "druhý; sloupec")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return kept(tmp_path_factory.mktemp("shelf"))


def whole(form: Form, chunks: list[list[tuple[Value, ...]]]) -> str:
    """What is written of the rows in `chunks`."""
    text, first = form.before(), True
    for rows in chunks:
        text += form.rows(rows, first=first)
        first = first and not rows
    return text + form.after(empty=first)


def read(shelf: Shelf, path: str) -> Any:  # noqa: ANN401 - rows as they come
    """The rows that the public gets at `path`."""
    (answer,) = shelf.get(path, audience=PUBLIC)
    assert answer.status_code == 200, answer.text
    kind = path.partition("?")[0].rpartition(".")[2]
    if kind == "json":
        return answer.json()
    if kind == "ndjson":
        return [json.loads(line) for line in answer.text.splitlines()]
    return list(csv.DictReader(io.StringIO(answer.text)))


class TestWriting:
    @given(st.lists(ROWS, max_size=3))
    def test_json_is_read_back_as_it_was(self, chunks: list[list[tuple[Value, ...]]]) -> None:
        rows = [dict(zip(COLUMNS, row, strict=True)) for chunk in chunks for row in chunk]
        assert json.loads(whole(Form("json", COLUMNS), chunks)) == rows
        assert [json.loads(line) for line in whole(Form("ndjson", COLUMNS), chunks).split("\n")[:-1]] == rows

    @given(st.lists(ROWS, max_size=3))
    def test_csv_is_read_back_unaltered(self, chunks: list[list[tuple[Value, ...]]]) -> None:
        text = whole(Form("csv", COLUMNS), chunks)
        told = [["" if cell is None else str(cell) for cell in row] for chunk in chunks for row in chunk]
        assert list(csv.reader(io.StringIO(text, newline=""))) == [list(COLUMNS), *told]

    @given(st.lists(ROWS, max_size=3))
    def test_no_cell_of_a_spreadsheet_begins_a_formula(self, chunks: list[list[tuple[Value, ...]]]) -> None:
        text = whole(Form("csv", COLUMNS, excel=True), chunks)
        assert text.startswith("\ufeff")
        read_back = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))[1:]
        given_cells = [cell for chunk in chunks for row in chunk for cell in row]
        for cell, shown in zip(given_cells, [cell for row in read_back for cell in row], strict=True):
            assert not isinstance(cell, str) or not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert shown.removeprefix("'") == ("" if cell is None else str(cell)).removeprefix("'")


class TestExport:
    @pytest.mark.parametrize("format_", MEDIA)
    def test_all_visible_rows_come_once_however_they_are_read(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, format_: str
    ) -> None:
        for chunk in (1, 2, 4, 1000):
            monkeypatch.setattr(export, "CHUNK", chunk)
            uuids = [row["uuid"] for row in read(shelf, f"/export/volume.{format_}")]
            assert uuids == sorted(new_volume_id(name) for name in "abc")
        pages = read(shelf, f"/export/page.{format_}")
        assert len(pages) == 6
        assert SECRET not in {row["volume"] for row in pages}

    def test_staff_get_their_tables_and_views_whole(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        for table in ("event", "file", "journal", "holdings", "custody", "embargoed", "word_form"):
            monkeypatch.setattr(export, "CHUNK", 1000)
            at_once = shelf.json(f"/export/{table}.json")
            assert at_once, table
            monkeypatch.setattr(export, "CHUNK", max(1, len(at_once) // 3))
            in_pieces = shelf.json(f"/export/{table}.json")
            assert sorted(map(str, in_pieces)) == sorted(map(str, at_once)), table

    @pytest.mark.parametrize("table", ["event", "journal", "custody", "page_text", "nic", "sqlite_master", "page_fts"])
    def test_tables_of_others_do_not_exist(self, shelf: Shelf, table: str) -> None:
        assert shelf.get(f"/export/{table}.csv", audience=PUBLIC)[0].status_code == 404

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("title=Kniha+a+%26+%3Cspol%3E", 1),
            ("title__contains=Kniha", 3),
            ("title__startswith=Tajn", 0),
            ("year__gte=1919&languages__arraycontains=ces", 3),
            ("title=' or 1=1 --", 0),
            ("_search=kniha", 3),
            ("_search=tajna", 0),
            ("_facet=year&_sort=title", 3),
        ],
    )
    def test_rows_are_filtered_as_on_the_tables_page(self, shelf: Shelf, query: str, count: int) -> None:
        assert len(read(shelf, f"/export/volume.json?{query}")) == count

    def test_what_is_found_is_exported_in_pieces_too(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "CHUNK", 1)
        assert [row["position"] for row in read(shelf, "/export/page.json?_search=prvni")] == [1, 1, 1]

    @pytest.mark.parametrize("query", ["nic=1", "title__nic=1", "title);drop table volume=1"])
    def test_filters_that_are_none_are_refused(self, shelf: Shelf, query: str) -> None:
        assert shelf.get(f"/export/volume.csv?{query}", audience=PUBLIC)[0].status_code == 400

    def test_a_reader_who_hangs_up_is_not_read_for(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "CHUNK", 1)
        served, sent = application(shelf.house), list[bytes]()

        async def watch() -> None:
            asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

            async def receive() -> dict[str, Any]:
                return next(asked, {"type": "http.disconnect"})

            async def send(message: dict[str, Any]) -> None:
                await asyncio.sleep(0)
                sent.append(message.get("body", b""))

            path = "/export/page.ndjson"
            scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
            scope |= {"headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "http_version": "1.1"}
            await served.app()(scope | {"scheme": "http", "server": ("localhost", 80)}, receive, send)

        try:
            asyncio.run(watch())
        finally:
            close(served)
        assert 0 < sum(body.count(b"\n") for body in sent) < 6
