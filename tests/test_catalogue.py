"""The catalogue: built from bags and journal alone, the same every time, whatever is damaged."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from metadata.description import Organisation
from metadata.finding import finding
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.catalogue import database as file
from repository.catalogue.build import build
from repository.catalogue.volume_rows import quality
from repository.store import Store
from tests.bags import AGENT
from tests.page_texts import page_of
from tests.stored_volumes import BookPage, Shelf, book

MUSEUM = Organisation("LIG501", "Severočeské muzeum")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def alto_of(object_id: VolumeId, order: int = 1) -> str:
    return f"data/{object_id}/alto/alto_{object_id}_{order:04d}.xml"


class TestBuilding:
    def test_a_volume_is_described_as_its_bag_has_it(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a", BookPage(page_of("jedno dvě"), 0.5), BookPage(page_of("tři"), 0.86))
        built = shelf.build()
        assert (built.volumes, built.pages, built.described, built.unreadable) == (1, 2, 1, 0)
        about = ("Zkušební svazek", "Novák, Jan; Černá, Marie", "1919", '["ces", "deu"]', "LIA001", "80-85605-10-4")
        assert shelf.rows(
            "select uuid, title, authors, year, languages, institution, isbn, pages, words, confidence,"
            " worst_confidence, pages_to_check, copies, version, versions, batch from volume"
        ) == [(object_id, *about, 2, 3, 0.62, 0.5, 1, 2, "v0001", 1, "2026-11-22-01")]
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
        before = shelf.dump("order by 1, 2")
        shelf.build(anew=True)
        assert shelf.dump("order by 1, 2") == before
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

    def test_volumes_of_which_only_a_title_is_known_are_not_thrown_together(self, shelf: Shelf) -> None:
        nothing = {"subtitle": "", "names": (), "year": "", "publisher": "", "place": "", "identifiers": ()}
        for name in ("a", "b"):
            shelf.keep(name, title="001", **nothing)
        shelf.build()
        assert len(shelf.rows("select id from title")) == 2

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
            (0.85, False, "good"),
            (0.84, False, "fair"),
            (0.55, False, "fair"),
            (0.54, False, "weak"),
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
            assert reader.execute("pragma integrity_check").fetchone() == ("ok",)
        shelf.rows("select 1 from page")
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

    @pytest.mark.parametrize("schema", [1, file.SCHEMA - 1, -1], ids=["kdr 0.1.0", "another", "not ours"])
    def test_a_catalogue_of_another_schema_is_built_anew(self, shelf: Shelf, schema: int) -> None:
        shelf.keep("a")
        shelf.build()
        with closing(sqlite3.connect(shelf.database)) as connection:
            connection.execute(f"pragma user_version = {schema}")
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
