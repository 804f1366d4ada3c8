"""The catalogue: built from bags and journal alone, the same every time, and searched as readers search."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote

import pytest
from datasette.app import Datasette
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.finding import finding
from metadata.geometry import Box
from metadata.model import Organisation, VolumeId
from metadata.problem import Problem
from metadata.text import Block, BlockKind, Line, PageText, Part, Word
from metadata.wording import Tongue, wording
from repository.catalogue import database as file
from repository.catalogue.bag_rows import quality
from repository.catalogue.build import Built, build
from repository.catalogue.presentation import TABLES, VIEWS, Speech
from repository.catalogue.serve import application
from repository.place import DirectoryPlace
from repository.store import Store
from tests.bags import AGENT, make_store
from tests.page_records import description
from tests.page_texts import page_of
from tests.stored_volumes import BookPage, book

MUSEUM = Organisation("LIG501", "Severočeské muzeum")
ALL = (*TABLES, *VIEWS)
LETTERS = st.characters(
    categories=["Lu", "Ll"], max_codepoint=0x24F, include_characters="αβγΔжщЯёß", exclude_characters="İ"
)


class Shelf:
    """A store and its catalogue in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store: Store = make_store(root)
        self.database = root / "catalogue" / "catalogue.db"

    def keep(self, name: str, *pages: BookPage | str, **about: object) -> VolumeId:
        """Store a volume; another one of the same name is a new version of it. `about` changes its description."""
        bag = self.root / "bag"
        told = replace(description(), **about)  # type: ignore[arg-type]
        object_id = book(bag, name, pages or ("Kůň stojí u zvonice", "druhá strana"), told)
        self.store.take(bag, object_id, AGENT)
        shutil.rmtree(bag)
        return object_id

    def build(self, *, anew: bool = False) -> Built:
        return build(self.database, self.store.primary, self.store.journal, anew=anew)

    def folder(self, object_id: VolumeId, version: str = "v0001") -> Path:
        place = self.store.primary
        assert isinstance(place, DirectoryPlace)
        return place.folder(object_id, version)

    def spoil(self, object_id: VolumeId, path: str, content: bytes) -> bytes:
        """Write over a stored file; what was in it."""
        target = self.folder(object_id) / path
        before = target.read_bytes()
        target.chmod(0o644)
        target.write_bytes(content)
        return before

    def rows(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql, values).fetchall()

    def dump(self, order: str = "") -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table and view, as it lies or in `order`."""
        return {table: self.rows(f"select * from {table} {order}") for table in ALL}  # noqa: S608 - our own names

    def get(self, *paths: str) -> list[Any]:
        """Datasette's answers."""
        served = application(self.database)
        try:
            return asyncio.run(_answers(served, paths))
        finally:
            served.executor.shutdown()
            for each in served.databases.values():
                each.close()

    def json(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self.get(path)[0].json()

    def found(self, words: str) -> int:
        return int(self.json(f"/catalogue/page.json?_search={quote(words)}")["filtered_table_rows_count"])


async def _answers(served: Datasette, paths: tuple[str, ...]) -> list[Any]:
    return [await served.client.get(path) for path in paths]


@pytest.fixture(autouse=True, scope="module")
def _no_flushing() -> Iterator[None]:
    """What a power cut does to a store is tested elsewhere; here hundreds of flushes would only take time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _handle: None)
        yield


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def alto_of(object_id: VolumeId, order: int = 1) -> str:
    return f"data/{object_id}/alto/alto_{object_id}_{order:04d}.xml"


class TestBuilding:
    def test_a_volume_is_described_as_its_bag_has_it(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a", BookPage(page_of("jedno dvě"), 0.5), BookPage(page_of("tři"), 0.8))
        built = shelf.build()
        assert (built.volumes, built.pages, built.described, built.unreadable) == (1, 2, 1, 0)
        about = ("Zkušební svazek", "Novák, Jan; Černá, Marie", "1919", '["ces", "deu"]', "LIA001", "80-85605-10-4")
        assert shelf.rows(
            "select uuid, title, authors, year, languages, institution, isbn, pages, words, confidence,"
            " worst_confidence, pages_to_check, copies, version, versions, batch from volume"
        ) == [(object_id, *about, 2, 3, 0.6, 0.5, 1, 2, "v0001", 1, "2026-11-22-01")]
        assert shelf.rows("select position, quality, institution, year from page order by position") == [
            (1, "weak", "LIA001", "1919"),
            (2, "good", "LIA001", "1919"),
        ]

    def test_every_file_of_the_bag_is_listed_with_its_size_and_digests(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a")
        shelf.build()
        home = shelf.folder(object_id).parent
        listed = {path: (size, md5) for path, size, md5 in shelf.rows("select path, size, md5 from file")}
        on_disk = {p.relative_to(home).as_posix(): p.stat().st_size for p in home.rglob("*") if p.is_file()}
        assert {path: size for path, (size, _) in listed.items()} == on_disk
        assert sum(on_disk.values()) == shelf.rows("select bytes from volume")[0][0]
        assert all(md5 for path, (_, md5) in listed.items() if "/mastercopy/" in path or "/mets_" in path)
        uses = {use for (use,) in shelf.rows("select use from file")}
        assert uses == {"master", "user", "alto", "txt", "amd", "mets", "info", "md5", "provenance", "sidecar", "bag"}

    def test_pages_point_at_files_that_are_there(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a")
        shelf.build()
        for paths in shelf.rows("select master, user, alto, txt from page"):
            assert all((shelf.folder(object_id).parent / path).is_file() for path in paths)

    def test_events_and_findings_are_told_in_both_tongues(self, shelf: Shelf) -> None:
        shelf.keep("a", BookPage(page_of("x"), findings=(finding("T002", "001.tif", confidence=41),)))
        shelf.build()
        ((severity, czech, english),) = shelf.rows("select severity, text_cs, text_en from finding")
        assert severity == "warning"
        assert "nejistě" in czech
        assert "41" in english
        assert shelf.rows("select count(*) from event where agent = 'OpenJPEG' and agent_note like '%-t%'") == [(2,)]

    def test_a_finding_of_an_older_kdr_is_shown_by_its_facts(self, shelf: Shelf) -> None:
        shelf.keep("a", BookPage(page_of("x"), findings=(finding("T002", "001.tif", mean=41),)))
        assert shelf.build().unreadable == 0
        assert shelf.rows("select text_cs from finding") == [('T002 001.tif {"mean":41}',)]

    def test_thrown_away_and_built_again_it_has_the_same_rows_in_the_same_order(self, shelf: Shelf) -> None:
        for name in ("b", "a", "c"):
            shelf.keep(name)
        shelf.build()
        before = shelf.dump()
        shelf.database.unlink()
        shelf.build()
        assert shelf.dump() == before

    def test_what_grew_bit_by_bit_equals_what_is_built_anew(self, shelf: Shelf) -> None:
        kept = shelf.keep("b")
        gone = shelf.keep("a", institution=MUSEUM)
        shelf.build()
        shelf.keep("a newcomer", "Docela jiná strana")
        shelf.keep("b", "Opravený text")
        shutil.rmtree(shelf.folder(gone).parent)
        built = shelf.build()
        assert (built.described, built.kept, built.removed) == (2, 0, 1)
        before = shelf.dump("order by 1, 2, 3")
        shelf.build(anew=True)
        assert shelf.dump("order by 1, 2, 3") == before
        assert [version for _, version, *_ in before["version"] if version == "v0002"] == ["v0002"]
        assert shelf.rows("select version, versions from volume where uuid = ?", kept) == [("v0002", 2)]

    def test_only_what_is_new_is_read(self, shelf: Shelf) -> None:
        shelf.keep("a")
        shelf.build()
        shelf.keep("b")
        heard: list[tuple[str, int]] = []
        built = build(
            shelf.database, shelf.store.primary, shelf.store.journal, on_progress=lambda *told: heard.append(told)
        )
        assert (built.described, built.kept) == (1, 1)
        assert [pages for _, pages in heard] == [2]

    def test_a_new_version_takes_the_place_of_the_old_one(self, shelf: Shelf) -> None:
        shelf.keep("a", "staré slovo")
        shelf.build()
        shelf.keep("a", "nové slovo", "přibyla strana")
        shelf.build()
        assert (shelf.found("staré"), shelf.found("nové"), shelf.found("slovo")) == (0, 1, 1)
        assert shelf.rows("select version, newest, state from version") == [
            ("v0001", 0, "listed"),
            ("v0002", 1, "described"),
        ]

    def test_what_is_no_longer_held_goes_with_all_that_hung_on_it(self, shelf: Shelf) -> None:
        shelf.keep("a")
        gone = shelf.keep("b", "zapomenuté", institution=MUSEUM, title="Jiná", identifiers=())
        shelf.build()
        shutil.rmtree(shelf.folder(gone).parent)
        assert shelf.build().removed == 1
        assert shelf.found("zapomenuté") == 0
        assert shelf.rows("select sigla from institution") == [("LIA001",)]
        assert len(shelf.rows("select id from title")) == 1
        assert shelf.rows("select object, place from missing") == [(gone, "hlavní")]

    def test_a_build_that_was_stopped_goes_on_where_it_was(self, shelf: Shelf) -> None:
        for name in ("a", "b", "c"):
            shelf.keep(name)

        def stop(_object: VolumeId, _pages: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build(shelf.database, shelf.store.primary, shelf.store.journal, on_progress=stop)
        built = shelf.build()
        assert (built.volumes, built.described, built.kept) == (3, 2, 1)

    def test_volumes_described_alike_belong_to_one_title(self, shelf: Shelf) -> None:
        shelf.keep("a", identifiers=(), title="Zkušební  svazek")
        shelf.keep("b", identifiers=(), title="zkušební svazek", institution=MUSEUM)
        shelf.keep("c", identifiers=(), title="Jiný svazek")
        shelf.build()
        assert sorted(shelf.rows("select count(*) from volume group by title_id")) == [(1,), (2,)]

    def test_an_institution_is_called_as_its_newest_package_calls_it(self, shelf: Shelf) -> None:
        names = ["Knihovna", "Vědecká knihovna"]
        volumes = {shelf.keep(name, institution=Organisation("LIA001", name)): name for name in names}
        shelf.build()
        assert shelf.rows("select name from institution") == [(volumes[max(volumes)],)]

    def test_links_between_tables_lead_somewhere(self, shelf: Shelf) -> None:
        shelf.keep("a", BookPage(page_of("x"), findings=(finding("T002", "001.tif", confidence=41),)))
        shelf.keep("b")
        shelf.build()
        assert shelf.rows("pragma foreign_key_check") == []

    def test_the_full_text_agrees_with_the_text_after_every_change(self, shelf: Shelf) -> None:
        gone = shelf.keep("a")
        shelf.keep("b", "první", "druhá")
        shelf.build()
        shelf.keep("b", "třetí")
        shutil.rmtree(shelf.folder(gone).parent)
        shelf.build()
        with closing(sqlite3.connect(shelf.database)) as connection:
            for index in ("page_fts", "volume_fts"):  # raises when it does not
                connection.execute(f"insert into {index} ({index}, rank) values ('integrity-check', 1)")  # noqa: S608

    @pytest.mark.parametrize(
        ("confidence", "blank", "band"),
        [
            (0.8, False, "good"),
            (0.62, False, "fair"),
            (0.61, False, "weak"),
            (-1.0, False, "none"),
            (None, False, "none"),
            (-1.0, True, "blank"),
            (0.3, True, "blank"),
        ],
    )
    def test_bands_of_quality(self, confidence: float | None, blank: bool, band: str) -> None:
        assert quality(confidence, blank=blank) == band


class TestPuttingInPlace:
    def test_whoever_reads_sees_the_old_rows_and_then_the_new_ones(self, shelf: Shelf) -> None:
        shelf.keep("a")
        shelf.build()
        with closing(sqlite3.connect(f"file:{shelf.database}?mode=ro", uri=True, isolation_level=None)) as reader:
            reader.execute("begin")
            assert reader.execute("select count(*) from page").fetchone() == (2,)
            shelf.keep("b")
            shelf.build(anew=True)
            assert reader.execute("select count(*) from page").fetchone() == (2,)
            reader.execute("commit")
            assert reader.execute("select count(*) from page").fetchone() == (4,)
        assert [path.name for path in shelf.database.parent.iterdir()] == [shelf.database.name]

    def test_a_build_anew_that_fails_leaves_the_old_one(self, shelf: Shelf) -> None:
        shelf.keep("a")
        shelf.build()
        before = shelf.dump()

        def stop(_object: VolumeId, _pages: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build(shelf.database, shelf.store.primary, shelf.store.journal, anew=True, on_progress=stop)
        assert shelf.dump() == before
        assert [path.name for path in shelf.database.parent.iterdir()] == [shelf.database.name]

    @pytest.mark.parametrize("content", [b"this is no database" * 500, b""])
    def test_a_file_that_is_no_database_is_replaced(self, shelf: Shelf, content: bytes) -> None:
        shelf.keep("a")
        shelf.database.parent.mkdir()
        shelf.database.write_bytes(content)
        Path(f"{shelf.database}-wal").write_bytes(b"leftover")
        assert shelf.build().pages == 2
        assert shelf.rows("select count(*) from page") == [(2,)]

    def test_a_catalogue_of_another_schema_is_built_anew(self, shelf: Shelf) -> None:
        shelf.keep("a")
        shelf.build()
        with closing(sqlite3.connect(shelf.database)) as connection:
            connection.execute(f"pragma user_version = {file.SCHEMA + 1}")
            connection.execute("drop table finding")
        assert shelf.build().described == 1
        assert shelf.rows("select count(*) from finding") == [(0,)]
        assert shelf.rows("pragma user_version") == [(file.SCHEMA,)]

    def test_without_the_place_nothing_is_taken_out(self, shelf: Shelf) -> None:
        shelf.keep("a")
        shelf.build()
        (shelf.root / "primary" / "kdr-place.json").unlink()
        with pytest.raises(Problem, match="S020"):
            shelf.build()
        assert shelf.rows("select count(*) from page") == [(2,)]


class TestDamage:
    @pytest.mark.parametrize("content", [b"", b"<alto/>", b"\xff\x00", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
    def test_a_page_whose_alto_is_none_is_marked_and_the_others_are_found(self, shelf: Shelf, content: bytes) -> None:
        object_id = shelf.keep("a", "ztracené slovo", "druhé slovo")
        good = shelf.spoil(object_id, alto_of(object_id), content)
        assert (shelf.build().unreadable, shelf.found("slovo"), shelf.found("ztracené")) == (0, 1, 0)
        assert shelf.rows("select position, quality from weak_pages") == [(1, "unreadable")]
        shelf.spoil(object_id, alto_of(object_id), good)
        assert shelf.build().described == 1, "an unreadable page is tried again"
        assert (shelf.found("ztracené"), shelf.build().described) == (1, 0)

    def test_a_missing_alto_is_marked(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a")
        (shelf.folder(object_id) / alto_of(object_id, 2)).unlink()
        shelf.build()
        assert shelf.rows("select position from page where quality = 'unreadable'") == [(2,)]

    @pytest.mark.parametrize("path", ["data/provenance/volume.json", "data/provenance/pages.jsonl"])
    @pytest.mark.parametrize("content", [b"[]", b"{}", b"null", b"\xff", b"[" * 5000, b'"\\ud800"'])
    def test_a_volume_that_cannot_be_understood_is_listed(self, shelf: Shelf, path: str, content: bytes) -> None:
        object_id = shelf.keep("a", title="Ztracená kniha")
        other = shelf.keep("b")
        good = shelf.spoil(object_id, path, content)
        built = shelf.build()
        assert (built.volumes, built.unreadable) == (2, 1)
        assert shelf.rows("select title, pages, quality from volume where uuid = ?", object_id) == [
            ("Ztracená kniha", 0, "unreadable")
        ]
        ((state, problem),) = shelf.rows("select state, problem from version where object = ?", object_id)
        assert state == "unreadable"
        assert problem
        assert str(shelf.root) not in problem
        assert shelf.rows("select distinct volume from page") == [(other,)]
        shelf.spoil(object_id, path, good)
        assert shelf.build().unreadable == 0
        assert shelf.rows("select pages from volume where uuid = ?", object_id) == [(2,)]

    def test_a_bag_of_another_volume_is_not_believed(self, shelf: Shelf) -> None:
        object_id, other = shelf.keep("a"), shelf.keep("b")
        stolen = (shelf.folder(other) / "data/provenance/volume.json").read_bytes()
        shelf.spoil(object_id, "data/provenance/volume.json", stolen)
        assert shelf.build().unreadable == 1

    def test_pages_that_another_volume_has_are_not_taken_from_it(self, shelf: Shelf) -> None:
        first, second = sorted([shelf.keep("a", "první"), shelf.keep("b", "druhá")])
        pages = json.loads((shelf.folder(first) / "data/provenance/pages.jsonl").read_bytes())
        own = json.loads((shelf.folder(second) / "data/provenance/pages.jsonl").read_bytes())
        own["page"]["id"] = pages["page"]["id"]
        shelf.spoil(second, "data/provenance/pages.jsonl", json.dumps(own).encode())
        assert shelf.build().unreadable == 1
        assert shelf.rows("select volume from page") == [(first,)]


class TestJournal:
    def test_every_entry_is_listed_with_its_hash(self, shelf: Shelf) -> None:
        shelf.keep("a")
        assert shelf.build().entries == 2
        entries = [(e.seq, e.time, e.kind, e.subject, e.hash) for e in shelf.store.journal.entries()]
        assert shelf.rows("select seq, time, kind, subject, hash from journal") == entries
        shelf.keep("b")
        assert shelf.build().entries == 4
        assert len(shelf.rows("select seq from journal")) == 4

    def test_copies_and_their_last_sound_reading(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a")
        shelf.store.journal.append("verified", "*", {"intact": 2, "faults": []}, AGENT)
        shelf.store.journal.append("verified", object_id, {"intact": 1, "faults": ["S010 x"]}, AGENT)
        shelf.build()
        assert shelf.rows("select place, version from custody") == [("hlavní", "v0001"), ("kopie", "v0001")]
        last = list(shelf.store.journal.entries())[2].time
        assert {when for (when,) in shelf.rows("select last_intact from custody")} == {last}
        assert shelf.rows("select kind, verdict, faults, detail from fixity where seq > 2") == [
            ("verified", "intact", 0, None),
            ("verified", "faulty", 1, "S010 x"),
        ]
        assert shelf.rows("select copies, stored is not null, bytes > 0 from version") == [(2, 1, 1)]

    def test_a_replica_that_comes_later_is_counted_though_the_bag_is_known(self, shelf: Shelf) -> None:
        bag = shelf.root / "bag"
        object_id = book(bag, "a", ["text"])
        Store((shelf.store.primary,), shelf.store.journal).take(bag, object_id, AGENT)
        shelf.build()
        assert shelf.rows("select copies from volume") == [(1,)]
        shelf.store.take(bag, object_id, AGENT)
        assert shelf.build().described == 0
        assert shelf.rows("select copies from volume") == [(2,)]

    def test_another_journal_takes_the_place_of_the_first(self, shelf: Shelf) -> None:
        shelf.keep("a")
        shelf.build()
        shutil.rmtree(shelf.store.journal.root)
        shelf.store.journal.create()
        shelf.store.journal.append("founded", "x", {}, AGENT)
        assert shelf.build().entries == 1
        assert shelf.rows("select kind from journal") == [("founded",)]
        assert shelf.rows("select copies, stored from volume") == [(0, None)]


class TestSearching:
    def test_words_are_found_whatever_their_diacritics_and_case(self, shelf: Shelf) -> None:
        shelf.keep("a", "Příliš žluťoučký KŮŇ", "jiná strana")
        shelf.build()
        for words in ("kuň", "kůň", "KUN", "prilis zlutoucky", '"žluťoučký kůň"'):
            assert shelf.found(words) == 1, words
        assert shelf.found('"kůň žluťoučký"') == 0
        assert shelf.found("strana OR kůň") == 0, "operators are words"

    def test_a_word_broken_at_a_line_end_is_found_whole(self, shelf: Shelf) -> None:
        box = Box(0, 0, 50, 20)
        first = Line(box, (Word("zvo", box, 0.9, "ces", Part.FIRST, "zvonice"),))
        second = Line(box, (Word("nice", box, 0.9, "ces", Part.SECOND, "zvonice"),))
        block = Block(BlockKind.TEXT, box, (first, second), "ces")
        shelf.keep("a", BookPage(PageText(100, 100, (block,), page_of("x").engine)))
        shelf.build()
        assert (shelf.found("zvonice"), shelf.found("nice")) == (1, 0)

    def test_the_excerpt_shows_the_word_where_it_stands(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a", "Na kopci stojí Zvonička a pod ní dům", year="1888")
        shelf.build()
        (hit,) = shelf.json("/catalogue/find_word.json?word=zvonicka&_shape=array")
        assert hit["excerpt"] == "Na kopci stojí [Zvonička] a pod ní dům"
        assert (hit["volume"], hit["position"], hit["year"]) == (object_id, 1, "1888")
        for nothing in ("", quote('"'), quote(".,"), "neznámé"):
            assert shelf.json(f"/catalogue/find_word.json?word={nothing}&_shape=array") == []

    def test_the_page_with_more_of_the_word_comes_first(self, shelf: Shelf) -> None:
        shelf.keep("a", "jednou zvon a mnoho jiných slov kolem dokola", "zvon zvon zvon", "nic")
        shelf.build()
        hits = shelf.json("/catalogue/find_word.json?word=zvon&_shape=array")
        assert [hit["position"] for hit in hits] == [2, 1]

    def test_volumes_are_found_by_title_and_author(self, shelf: Shelf) -> None:
        shelf.keep("a", title="Krakonošova zahrádka")
        shelf.keep("b", authors=("Čapek, Karel",))
        shelf.build()
        for words, count in (("krakonosova", 1), ("capek", 1), ("novak", 1), ("nikdo", 0)):
            assert shelf.json(f"/catalogue/volume.json?_search={words}")["filtered_table_rows_count"] == count

    @pytest.mark.parametrize("asked", ["8085605104", "80-85605-10-4", "cnb000123456", "A 1", "uuid", "page"])
    def test_volumes_and_pages_are_found_by_identifier(self, shelf: Shelf, asked: str) -> None:
        object_id = shelf.keep("a")
        shelf.keep("b", identifiers=(), shelf_mark="B 2")
        shelf.build()
        page = shelf.rows("select uuid from page where volume = ? and position = 2", object_id)[0][0]
        asked = {"uuid": object_id, "page": page}.get(asked, asked)
        (hit,) = shelf.json(f"/catalogue/find_identifier.json?identifier={quote(asked)}&_shape=array")
        assert hit["volume"] == object_id
        assert hit["page"] == (page if asked == page else None)

    @settings(max_examples=8, deadline=None)
    @given(pages=st.lists(st.lists(st.text(LETTERS, min_size=1, max_size=10), min_size=1, max_size=5), max_size=3))
    def test_every_word_read_is_found_on_its_page(
        self, tmp_path_factory: pytest.TempPathFactory, pages: list[list[str]]
    ) -> None:
        shelf = Shelf(tmp_path_factory.mktemp("shelf"))
        object_id = shelf.keep("a", "jistota", *(" ".join(words) for words in pages))
        shelf.build()
        asked = [(order, word) for order, words in enumerate(pages, start=2) for word in words]
        paths = [f"/catalogue/page.json?_search={quote(word)}&_shape=array&_size=max" for _, word in asked]
        for (order, word), answer in zip(asked, shelf.get(*paths), strict=True):
            assert (object_id, order) in {(hit["volume"], hit["position"]) for hit in answer.json()}, word


class TestServing:
    @pytest.fixture
    def three(self, shelf: Shelf) -> Shelf:
        shelf.keep("a", "zvon", BookPage(page_of("šum"), 0.3))
        shelf.keep("b", "zvon", year="1850", institution=MUSEUM, languages=("ces",))
        shelf.keep("c", BookPage(page_of(), kind="blank", blank=True), year="1850")
        shelf.build()
        return shelf

    @staticmethod
    def facets(answer: dict[str, Any]) -> dict[str, dict[str, int]]:
        results = answer["facet_results"].values()
        return {facet["name"]: {hit["value"]: hit["count"] for hit in facet["results"]} for facet in results}

    def test_volumes_are_counted_by_facets(self, three: Shelf) -> None:
        assert self.facets(three.json("/catalogue/volume.json")) == {
            "institution": {"LIA001": 2, "LIG501": 1},
            "year": {"1850": 2, "1919": 1},
            "type": {"monograph": 3},
            "languages": {"ces": 3, "deu": 2},
            "quality": {"fair": 1, "good": 1, "none": 1},
        }

    def test_hits_are_counted_by_facets(self, three: Shelf) -> None:
        facets = self.facets(three.json("/catalogue/page.json?_search=zvon"))
        assert facets["institution"] == {"LIA001": 1, "LIG501": 1}
        assert facets["year"] == {"1850": 1, "1919": 1}
        assert self.facets(three.json("/catalogue/page.json"))["quality"] == {"good": 2, "weak": 1, "blank": 1}

    def test_weak_pages_come_worst_first_and_blank_ones_not_at_all(self, shelf: Shelf) -> None:
        found = (finding("T002", "x", confidence=1),)
        told = [(0.9, "a"), (0.5, "a"), (0.3, "a"), (0.9, "")]
        pages = [BookPage(page_of(*text), confidence, findings=found * (text == "a")) for confidence, text in told]
        shelf.keep("a", *pages, BookPage(page_of(), blank=True))
        shelf.build()
        assert [row["position"] for row in shelf.json("/catalogue/weak_pages.json?_shape=array")] == [4, 3, 2, 1]

    def test_holdings_add_up(self, three: Shelf) -> None:
        rows = three.json("/catalogue/holdings.json?_shape=array")
        assert [(r["institution"], r["year"], r["volumes"], r["pages"]) for r in rows] == [
            ("LIA001", "1850", 1, 1),
            ("LIA001", "1919", 1, 2),
            ("LIG501", "1850", 1, 1),
        ]

    @pytest.mark.parametrize(
        "path", ["/catalogue.json?sql=select+1", "/catalogue/page.json?_where=1=1", "/catalogue.db", "/_internal.json"]
    )
    def test_nobody_asks_in_sql_or_takes_the_file(self, three: Shelf, path: str) -> None:
        (answer,) = three.get(path)
        assert answer.status_code == 403

    @pytest.mark.parametrize(("language", "word"), [("cs", "Katalog"), ("en", "Catalogue")])
    def test_every_page_speaks_the_readers_language(
        self, three: Shelf, monkeypatch: pytest.MonkeyPatch, language: str, word: str
    ) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", language)
        uuid, page = three.rows("select volume, uuid from page")[0]
        tables = [f"/catalogue/{name}" for name in (*ALL, "find_word?word=zvon", "find_identifier")]
        rows = [f"/catalogue/volume/{uuid}", f"/catalogue/page/{page}", f"/catalogue/event/{uuid},1"]
        for answer in three.get("/", "/catalogue", *tables, *rows):
            assert answer.status_code == 200, answer.url
            assert f'<html lang="{language}">' in answer.text
            assert word in answer.text
            shown = re.sub(r"<[^>]+>", " ", answer.text)
            foreign = re.findall(r"\b(?:Apply|Suggested|This data as|rows|contains|volume)\b", shown)
            assert language == "en" or not foreign, f"{answer.url} {foreign}"
            assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//(?!localhost)""", answer.text)

    def test_the_home_page_says_what_is_held(self, three: Shelf) -> None:
        text = re.sub(r"<[^>]+>|\s+", " ", three.get("/")[0].text)
        for said in ("Svazky: 3", "Strany: 4", "Instituce: 2"):
            assert said in re.sub(r"\s+", " ", text), said
        assert "kB" in text

    def test_a_record_names_what_belongs_to_it(self, three: Shelf) -> None:
        uuid = three.rows("select uuid from volume where year = '1919'")[0][0]
        text = three.get(f"/catalogue/volume/{uuid}")[0].text
        for said in ("Krajská vědecká knihovna", "Události", "Soubory", "Rok vydání", "monografie"):
            assert said in text, said

    @pytest.mark.parametrize(
        ("path", "status", "said"),
        [
            ("/catalogue/nic", 404, "Tady nic není"),
            ("/catalogue/page?_sort=nic", 400, "nezná"),
            ("/catalogue?sql=select+1", 403, "oprávnění"),
        ],
    )
    def test_errors_are_told_in_czech_and_print_nothing(
        self, three: Shelf, capfd: pytest.CaptureFixture[str], path: str, status: int, said: str
    ) -> None:
        (answer,) = three.get(path)
        assert answer.status_code == status
        assert said in answer.text
        assert capfd.readouterr().out == ""

    def test_a_running_catalogue_shows_what_was_stored_meanwhile(self, three: Shelf) -> None:
        served = application(three.database)

        async def watch() -> list[int]:
            counts = []
            for anew in (False, True):
                three.keep(f"new {anew}")
                three.build(anew=anew)
                answer = await served.client.get("/catalogue/volume.json?_size=0")
                counts.append(answer.json()["filtered_table_rows_count"])
            return counts

        try:
            assert asyncio.run(watch()) == [4, 5]
        finally:
            served.executor.shutdown()
            for each in served.databases.values():
                each.close()

    def test_the_address_does_not_depend_on_the_files_name(self, three: Shelf) -> None:
        three.database = three.database.rename(three.database.with_name("jiný název.sqlite"))
        assert three.get("/catalogue/volume.json")[0].status_code == 200

    def test_the_style_sheet_is_ours_and_asks_for_nothing(self, three: Shelf) -> None:
        (sheet,) = three.get("/assets/catalogue.css")
        assert sheet.status_code == 200
        assert "url(" not in sheet.text
        assert "@import" not in sheet.text

    def test_without_a_catalogue_nothing_is_served(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            application(tmp_path / "none.db")

    @pytest.mark.slow
    def test_the_server_answers_on_this_machine_and_ends_when_told(self, three: Shelf) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        code = "import pathlib; from repository.catalogue.serve import serve; serve(pathlib.Path({!r}), port={})"
        server = subprocess.Popen([sys.executable, "-c", code.format(str(three.database), port)])
        try:
            assert "Svazky" in _patiently(f"http://127.0.0.1:{port}/")
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) in (0, -signal.SIGTERM)


def _patiently(address: str) -> str:
    """What `address` answers, which may take a while to open."""
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own server
                return str(answer.read().decode())
        except URLError:
            assert time.monotonic() < until, "the server did not open its door"
            time.sleep(0.1)


class TestWords:
    @pytest.fixture(scope="class")
    def columns(self) -> Iterator[dict[str, list[str]]]:
        with closing(file.opened(Path(":memory:"))) as connection:
            yield {
                table: [row[1] for row in connection.execute(f"pragma table_info({table})")]  # our own names
                for table in ALL
            }

    @pytest.mark.parametrize("tongue", Tongue)
    def test_every_table_and_column_has_a_name(self, columns: dict[str, list[str]], tongue: Tongue) -> None:
        speech = Speech(tongue)
        for table, names in columns.items():
            assert names
            assert speech.titled(table) != table
            assert speech.about(table)
            sentences = wording("repository.catalogue", "catalogue.toml").sentences
            assert not [name for name in names if f"column.{name}" not in sentences]

    def test_no_table_is_forgotten(self, columns: dict[str, list[str]]) -> None:
        with closing(file.opened(Path(":memory:"))) as connection:
            listed = connection.execute("select name from sqlite_master where type in ('table', 'view')")
            assert {name for (name,) in listed if "_fts" not in name and "sqlite_" not in name} == set(columns)

    def test_every_sentence_has_both_tongues(self) -> None:
        for key, sentence in wording("repository.catalogue", "catalogue.toml").sentences.items():
            assert set(sentence) == {"cs", "en"}, key
            assert all(sentence.values()), key

    @pytest.mark.parametrize(
        ("count", "czech", "english"),
        [(999, "999 B", "999 B"), (1500, "1,5 kB", "1.5 kB"), (10**13, "10,0 TB", "10.0 TB")],
    )
    def test_sizes_are_said_as_people_say_them(self, count: int, czech: str, english: str) -> None:
        assert (Speech(Tongue.CS).sized(count), Speech(Tongue.EN).sized(count)) == (czech, english)

    def test_thousands_stand_apart(self) -> None:
        assert (Speech(Tongue.CS).grouped(1234567), Speech(Tongue.EN).grouped(1234567)) == (
            "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567",
            "1,234,567",
        )
