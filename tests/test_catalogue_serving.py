"""The catalogue as readers meet it: searched, counted and shown, in Czech and English, and nothing more."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.description import Name, Organisation
from metadata.finding import finding
from metadata.geometry import Box
from metadata.problem import Problem
from metadata.text import Block, BlockKind, Line, PageText, Part, Word
from metadata.wording import Tongue, wording
from repository.catalogue import database as file
from repository.catalogue.house import House
from repository.catalogue.presentation import Speech
from repository.catalogue.rights.audience import PUBLIC
from repository.catalogue.serve import application, serve
from tests.page_texts import page_of
from tests.stored_volumes import ALL, BookPage, Shelf, close

MUSEUM = Organisation("LIG501", "Severočeské muzeum")
LETTERS = st.characters(
    categories=["Lu", "Ll"], max_codepoint=0x24F, include_characters="αβγΔжщЯёß", exclude_characters="İ"
)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


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
        shelf.keep("b", names=(Name("Čapek, Karel"),))
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
        shelf.keep("a", "zvon", BookPage(page_of("šum"), 0.15))
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
            "quality": {"good": 1, "none": 1, "weak": 1},
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
        (answer,) = three.get(path, audience=PUBLIC)
        assert answer.status_code in (401, 403)

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
            foreign = re.findall(r"\b(?:Apply|Suggested|This data as|rows|contains|Records?|where)\b", shown)
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
            ("/catalogue/page?_sort=nic", 400, "nerozumí"),
            ("/catalogue?sql=select+1", 401, "Nejprve se"),
        ],
    )
    def test_errors_are_told_in_czech_and_print_nothing(
        self, three: Shelf, capfd: pytest.CaptureFixture[str], path: str, status: int, said: str
    ) -> None:
        (answer,) = three.get(path, audience=PUBLIC)
        assert answer.status_code == status
        assert said in answer.text
        assert capfd.readouterr().out == ""

    def test_a_running_catalogue_shows_what_was_stored_meanwhile(self, three: Shelf) -> None:
        served = application(three.house)

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
            close(served)

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
            application(House(tmp_path / "none.db", tmp_path, tmp_path))

    @pytest.mark.slow
    def test_the_server_answers_on_this_machine_and_ends_when_told(self, three: Shelf) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        folders = [str(three.database), str(three.root / "images"), str(three.root / "people")]
        code = (
            "from pathlib import Path; from repository.catalogue.serve import serve; "
            "from repository.catalogue.house import House; "
            f"serve(House(*map(Path, {folders!r})), port={port})"
        )
        server = subprocess.Popen([sys.executable, "-c", code])
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
    @pytest.fixture
    def columns(self) -> dict[str, list[str]]:
        with closing(file.opened(Path(":memory:"))) as connection:
            return {table: [row[1] for row in connection.execute(f"pragma table_info({table})")] for table in ALL}

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
            own = {"generation"}
            assert {name for (name,) in listed if "_fts" not in name and "sqlite_" not in name} == set(columns) | own

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


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Problem) as told:
            serve(House(tmp_path / "none.db", tmp_path, tmp_path), port=port)
    assert told.value.finding.code == "R001"
    assert f"127.0.0.1:{port}" in told.value.finding.text(Tongue.CS)


class TestHowSafe:
    def test_a_visitor_is_told_of_copies_and_the_last_audit(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path)
        shelf.keep("a", "zvon")
        shelf.build()
        page = shelf.get("/", audience=PUBLIC)[0].text
        assert "Nejmenší počet kopií, které svazek má: 2." in page
        assert "Kontrola neporušenosti zatím neproběhla." in page
        with closing(sqlite3.connect(shelf.database)) as connection, connection:
            ended = "insert into audit (run, begun, ended) values ('R', '2026-11-01', '2026-11-02T08:00:00Z')"
            connection.execute(ended)
        assert "Poslední kontrola neporušenosti skončila 2." in shelf.get("/", audience=PUBLIC)[0].text
