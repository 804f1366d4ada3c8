"""The search over stored volumes: found, counted, narrowed, ordered; in arrays that know only what one may see."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.description import Name, Organisation
from repository.catalogue import database as file
from repository.catalogue.reading import columns, found
from repository.catalogue.reading.asked import read
from repository.catalogue.reading.columns import BANDS, Columns, columns_of, read_columns
from repository.catalogue.reading.found import Filters, Found, Slow, Sort, Wanted, search
from repository.catalogue.rights.audience import PUBLIC, answering
from repository.catalogue.serve import application
from tests.page_texts import MODEST, page_of
from tests.stored_volumes import KEEPER, BookPage, Shelf, close

MUSEUM = Organisation("LIG501", "Severočeské muzeum")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Three volumes: 1850 in the museum, 1919 with weak and unread pages, 1921 in German."""
    shelf = Shelf(tmp_path_factory.mktemp("search"))
    shelf.keep("old", "Kůň stojí u zvonice", title="Stará zvonice", year="1850", institution=MUSEUM, names=())
    weak = BookPage(page_of("koně a zvonice a kůň"), 0.3)
    unread = BookPage(page_of("x"), alto=b"<alto")
    shelf.keep("new", weak, "nic tu není", unread, BookPage(page_of()), title="Nová kniha", year="1919")
    named = (Name("Kůň, Jan", roles=("aut",), primary=True),)
    shelf.keep("german", "das Pferd", "kůň kůň kůň", title="Allerlei", year="1921", languages=("deu",), names=named)
    shelf.build()
    return shelf


@pytest.fixture
def connection(shelf: Shelf) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{shelf.database}?mode=ro", uri=True)) as opened:
        yield opened


def names(volumes: Sequence[found.VolumeFound]) -> list[str]:
    return [volume.row["title"] for volume in volumes]


class TestSearching:
    def ask(self, connection: sqlite3.Connection, typed: str, **how: object) -> Found:
        return search(connection, read_columns(connection), replace(Wanted(read(typed)), **how))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("typed", "pages", "volumes"),
        [
            ("kun", 3, 3),
            ("zvonici", 2, 2),
            ("kůň zvonice", 2, 2),
            ("kůň -zvonice", 1, 1),
            ("Pferd OR stojí", 2, 2),
            ('"u zvonice"', 1, 1),
            ('"zvonice u"', 0, 0),
            ("zvon*", 2, 2),
            ("nebe", 0, 0),
        ],
    )
    def test_finds(self, connection: sqlite3.Connection, typed: str, pages: int, volumes: int) -> None:
        told = self.ask(connection, typed)
        assert (told.pages, told.volumes) == (pages, volumes)
        assert sum(volume.hits for volume in told.shown) == pages

    def test_groups_by_volume_with_the_words_marked(self, connection: sqlite3.Connection) -> None:
        told = self.ask(connection, "koněm")
        best = {volume.row["title"]: volume.pages[0] for volume in told.shown}
        assert best["Allerlei"].position == 2
        assert [piece.text for piece in best["Stará zvonice"].excerpt.pieces if piece.lit] == ["Kůň"]
        assert best["Nová kniha"].quality == "weak"

    def test_says_what_could_not_be_searched(self, connection: sqlite3.Connection) -> None:
        told = self.ask(connection, "zvonice")
        assert (told.weak, told.silent) == (1, 2)
        assert {volume.row["title"]: volume.silent for volume in told.shown} == {"Stará zvonice": 0, "Nová kniha": 2}

    def test_volumes_called_so_come_first(self, connection: sqlite3.Connection) -> None:
        told = self.ask(connection, "zvonice")
        assert names(told.titles) == ["Stará zvonice"]
        assert (told.titles[0].hits, told.title_count) == (1, 1)
        alone = self.ask(connection, "kůň", titles=True)
        assert names(alone.shown) == ["Allerlei"]

    def test_counts_by_facets_and_narrows_by_them_together(self, connection: sqlite3.Connection) -> None:
        told = self.ask(connection, "kůň")
        assert dict(told.facets["institution"]) == {"LIG501": 1, "LIA001": 2}
        assert dict(told.facets["decade"]) == {"1850": 1, "1910": 1, "1920": 1}
        assert dict(told.facets["language"]) == {"ces": 2, "deu": 3}
        assert dict(told.facets["quality"]) == {"good": 2, "weak": 1}
        assert dict(told.facets["type"]) == {"monograph": 3}
        narrow = self.ask(connection, "kůň", filters=Filters({"institution": ("LIA001",), "quality": ("good",)}))
        assert names(narrow.shown) == ["Allerlei"]
        assert dict(narrow.facets["institution"]) == {"LIG501": 1, "LIA001": 1}, "as if nothing were chosen in it"
        assert dict(narrow.facets["quality"]) == {"good": 1, "weak": 1}
        assert dict(narrow.facets["decade"]) == {"1920": 1}
        several = self.ask(connection, "kůň", filters=Filters({"decade": ("1850", "1910")}))
        assert set(names(several.shown)) == {"Stará zvonice", "Nová kniha"}
        assert self.ask(connection, "kůň", filters=Filters({"institution": ("NIC",)})).pages == 0

    @pytest.mark.parametrize(
        ("since", "until", "left"),
        [(1900, None, 2), (None, 1900, 1), (1919, 1919, 1), (1922, None, 0), (1921, 1850, 0)],
    )
    def test_narrows_by_years(
        self, connection: sqlite3.Connection, since: int | None, until: int | None, left: int
    ) -> None:
        assert self.ask(connection, "kůň", filters=Filters(since=since, until=until)).volumes == left

    def test_orders(self, connection: sqlite3.Connection) -> None:
        told = {sort: names(self.ask(connection, '"kůň"', sort=sort).shown) for sort in Sort}
        assert told[Sort.OLDEST] == ["Stará zvonice", "Nová kniha", "Allerlei"]
        assert told[Sort.NEWEST] == told[Sort.OLDEST][::-1]
        assert told[Sort.TITLE] == ["Allerlei", "Nová kniha", "Stará zvonice"]
        assert told[Sort.RELEVANCE][0] == "Allerlei"

    def test_turns_pages(self, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(found, "PER_PAGE", 2)
        pages = [names(self.ask(connection, "kůň", sort=Sort.TITLE, number=number).shown) for number in (1, 2, 3)]
        assert pages == [["Allerlei", "Nová kniha"], ["Stará zvonice"], []]

    def test_very_many_hits_are_ordered_by_their_share_and_it_says_so(
        self, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.ask(connection, "kůň")
        monkeypatch.setattr(found, "MOST_RANKED", 1)
        told = self.ask(connection, "kůň")
        assert (whole.ranked, told.ranked) == (True, False)
        assert (told.pages, told.facets) == (whole.pages, whole.facets)
        assert names(told.shown) == ["Stará zvonice", "Allerlei", "Nová kniha"], "1 of 1, 1 of 2, 1 of 4"

    def test_too_slow_a_search_is_stopped(
        self, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        endless = """
        with recursive n (x) as (select 1 union all select x + 1 from n) select group_concat(?1) from n where x < 0
        """
        monkeypatch.setattr(found, "_MATCHED", endless)
        monkeypatch.setattr(found, "LIMIT_MS", 50)
        with pytest.raises(Slow):
            self.ask(connection, "kůň")


class TestColumns:
    @MODEST
    @given(st.lists(st.lists(st.sampled_from(BANDS), max_size=4), max_size=5), st.integers(1, 9))
    def test_know_every_page_and_what_it_is_counted_by(self, volumes: list[list[str]], gap: int) -> None:
        with closing(file.opened(Path(":memory:"))) as connection:
            told = list(_filled(connection, volumes, gap))
            read = read_columns(connection)
        rowids, cells = read.seen(np.arange(-5, 200, dtype=np.int64))
        assert [
            (int(rowid), *divmod(int(cell), columns.STRIDE)) for rowid, cell in zip(rowids, cells, strict=True)
        ] == told
        assert read.pages.tolist() == [len(bands) for bands in volumes]
        assert read.silent.tolist() == [sum(band in columns.SILENT for band in bands) for bands in volumes]

    def test_are_small(self) -> None:
        with closing(file.opened(Path(":memory:"))) as connection:
            list(_filled(connection, [["good"] * 400] * 5, 1))
            assert read_columns(connection).size < 2000 * 8

    def test_values_are_counted_as_often_as_their_volumes_have_hits(self, shelf: Shelf) -> None:
        with closing(sqlite3.connect(shelf.database)) as connection:
            read = read_columns(connection)
            rows = connection.execute("select languages, rowid from volume order by rowid").fetchall()
        hits = np.array([3, 1, 2], dtype=np.int64)
        wanted: Counter[str] = Counter()
        for (languages, _), count in zip(rows, hits.tolist(), strict=True):
            wanted.update(
                dict.fromkeys(("ces", "deu"), 0) | {name: count for name in ("ces", "deu") if name in languages}
            )
        assert dict(read.facets["language"].counted(hits)) == dict(wanted)

    def test_old_ones_serve_while_new_ones_are_read(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path)
        shelf.keep("a")
        shelf.build()
        served = application(shelf.house)

        async def watch() -> list[Columns]:
            with answering(KEEPER):
                first = await columns_of(served)
                same = await columns_of(served)
                shelf.keep("b")
                shelf.build()
                old = await columns_of(served)
                for _ in range(200):
                    await asyncio.sleep(0.01)
                    if (new := await columns_of(served)) is not old:
                        break
                return [first, same, old, new]

        try:
            first, same, old, new = asyncio.run(watch())
        finally:
            close(served)
        assert first is same is old
        assert (len(first.uuids), len(new.uuids)) == (1, 2)

    def test_each_audience_has_its_own(self, shelf: Shelf) -> None:
        served = application(replace(shelf.house, config=replace(shelf.house.config, unknown_access="staff")))

        async def both() -> tuple[Columns, Columns]:
            with answering(KEEPER):
                keeper = await columns_of(served)
            with answering(PUBLIC):
                return keeper, await columns_of(served)

        try:
            keeper, public = asyncio.run(both())
        finally:
            close(served)
        assert (len(keeper.uuids), len(public.uuids)) == (3, 0)
        assert len(public.seen(np.arange(100, dtype=np.int64))[0]) == 0


def _filled(connection: sqlite3.Connection, volumes: list[list[str]], gap: int) -> Iterator[tuple[int, int, int]]:
    """Rows of volumes with pages of such quality; the rowid, volume and band of each page."""
    rowid = gap
    for number, bands in enumerate(volumes):
        row: file.Row = {"uuid": f"v{number}", "called": "x", "title": "x", "languages": "[]", "version": "v0001"}
        row |= dict.fromkeys(("pages", "blank_pages", "words", "pages_to_check", "warnings", "bytes", "versions"), 0)
        file.put(connection, "volume", row | {"access": "public"})
        for position, band in enumerate(bands):
            page: file.Row = {
                "rowid": rowid,
                "uuid": f"p{rowid}",
                "volume": f"v{number}",
                "quality": band,
                "access": "public",
            }
            page |= dict.fromkeys(("type", "source", "scan", "master", "user", "alto", "txt"), "x")
            page |= dict.fromkeys(("words", "blank", "warnings", "attention", "width", "height", "turned"), 0)
            file.put(connection, "page", page | {"position": position})
            yield rowid, number, BANDS.index(band)
            rowid += gap
