"""Manifests, collections and text lines as viewers of IIIF take them, by the IIIF project's own schema."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import datasette.app  # noqa: F401 - first of all: it loads our plugin, which imports what is tested
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.description import Rights
from metadata.model import Volume
from repository.catalogue import database
from repository.catalogue.house import Config
from repository.catalogue.iiif.canvas import canvas_id
from repository.catalogue.iiif.manifest import manifest, nav_date
from repository.catalogue.rights.audience import PUBLIC
from tests.described import full
from tests.iiif_schema import check, schema
from tests.page_texts import MODEST, page_of
from tests.stored_volumes import BookPage, Shelf

BASE = "http://localhost"
LD = 'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"'
WRITTEN = {"called", "authors", "year", "date", "type", "title_above", "licence", "owner", "label", "title", "kind"}
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.fixture(scope="session")
def models(web_tools: Path) -> ModuleType:
    return schema(web_tools)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def shelved(shelf: Shelf, volume: Volume, *texts: str) -> Any:  # noqa: ANN401 - JSON
    """The manifest of a volume that is stored."""
    uuid = shelf.shelve(volume, *texts)
    shelf.build()
    return shelf.json(f"/iiif/manifest/{uuid}")


def labels(ranges: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """The labels of ranges, those inside others after theirs, each with what kinds of things are in it."""
    for each in ranges:
        yield next(iter(each["label"].values()))[0], [item["type"] for item in each["items"]]
        yield from labels([item for item in each["items"] if item["type"] == "Range"])


class TestManifest:
    @pytest.mark.parametrize("case", ["monograph", "monograph-volume", "issue", "map"])
    def test_it_is_valid_and_its_canvases_are_the_pages(self, shelf: Shelf, models: ModuleType, case: str) -> None:
        told = shelved(shelf, full(case), "první slova", "", "třetí")
        check(models, told)
        assert [canvas["label"]["none"] for canvas in told["items"]] == [["[1]"], ["[i]"], ["[3]"], ["xii"], ["2, 3"]]
        assert {(canvas["width"], canvas["height"]) for canvas in told["items"]} == {(2400, 3400)}
        assert ["annotations" in canvas for canvas in told["items"]] == [True, False, True, False, False]
        (page,) = shelf.rows("select uuid from page where position = 2")
        assert told["start"] == {"id": canvas_id(BASE, page[0]), "type": "Canvas"}
        image = told["items"][1]["items"][0]["items"][0]["body"]
        assert image["service"] == [{"id": f"{BASE}/iiif/3/{page[0]}", "type": "ImageService3", "profile": "level2"}]
        assert told["behavior"] == ["individuals" if case == "map" else "paged"]

    def test_it_is_told_in_both_languages_and_printed_words_in_none(self, shelf: Shelf) -> None:
        told = shelved(shelf, full())
        pairs = {pair["label"]["cs"][0]: pair["value"] for pair in told["metadata"]}
        assert pairs["Druh"] == {"cs": ["monografie"], "en": ["monograph"]}
        assert pairs["Autoři"] == {"none": ["Němcová, Božena; Novák, Jan"]}
        assert set(told["summary"]) == set(told["requiredStatement"]["label"]) == {"cs", "en"}
        assert told["requiredStatement"]["value"] == {"none": ["Krajská vědecká knihovna v Liberci"]}

    def test_contents_are_ranges_within_ranges(self, shelf: Shelf) -> None:
        told = shelved(shelf, full())
        assert list(labels(told["structures"])) == [
            ("Obsah", ["Range", "Range", "Range"]),
            ("I O počasí: a jiných věcech", ["Canvas", "Range"]),
            ("kapitola", ["Canvas"]),
            ("Pohled na město", ["Canvas"]),
            ("Příloha", ["Canvas"]),
        ]
        canvases = {canvas["id"] for canvas in told["items"]}
        inner = told["structures"][0]["items"][0]["items"][1]
        assert inner["items"][0]["id"] in canvases

    def test_it_leads_to_the_reading_room_its_files_and_its_searches(self, shelf: Shelf) -> None:
        told = shelved(shelf, full())
        home = f"{BASE}/volume/{told['id'].rpartition('/')[2]}"
        assert [each["id"] for each in told["homepage"]] == [home]
        assert [each["id"] for each in told["rendering"]] == [f"{home}/volume.pdf", f"{home}/text.txt"]
        assert told["seeAlso"][0]["id"] == f"{home}/mets.xml"
        assert [each.get("type") or each["@type"] for each in told["service"]] == ["SearchService2", "SearchService1"]

    @pytest.mark.parametrize(
        ("licence", "said"),
        [
            ("https://creativecommons.org/licenses/by/4.0/", "http://creativecommons.org/licenses/by/4.0/"),
            ("http://rightsstatements.org/vocab/NoC-NC/1.0/", "http://rightsstatements.org/vocab/NoC-NC/1.0/"),
            ("https://example.org/licence", None),
            ("CC BY", None),
        ],
    )
    def test_only_licences_that_iiif_knows_are_rights(
        self, shelf: Shelf, models: ModuleType, licence: str, said: str | None
    ) -> None:
        told = shelved(shelf, replace(full(), rights=Rights("pd", licence=licence)))
        check(models, told)
        assert told.get("rights") == said
        assert {"none": [licence]} in [pair["value"] for pair in told["metadata"]]

    def test_it_may_be_read_from_any_site(self, shelf: Shelf) -> None:
        uuid = shelf.keep("a")
        shelf.build()
        (answer,) = shelf.get(f"/iiif/manifest/{uuid}")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["content-type"] == LD

    def test_addresses_are_those_that_the_settings_tell(self, shelf: Shelf) -> None:
        uuid = shelf.keep("a", "slovo")
        shelf.build()
        told = Config(address="https://katalog.example.cz/", unknown_access="public")
        (answer,) = shelf.get(f"/iiif/manifest/{uuid}", config=told)
        assert answer.json()["id"] == f"https://katalog.example.cz/iiif/manifest/{uuid}"
        assert BASE not in answer.text

    def test_a_page_or_volume_that_may_not_be_seen_is_not_there(self, shelf: Shelf) -> None:
        volume = full()
        hidden = replace(volume.pages[2], rights=Rights("copyrighted", embargo="2999-01-01"))
        seen = shelf.shelve(replace(volume, pages=(*volume.pages[:2], hidden, *volume.pages[3:])))
        unseen = shelf.shelve(replace(full("map"), rights=Rights("copyrighted", embargo="2999-01-01")))
        shelf.build()
        told = shelf.get(f"/iiif/manifest/{seen}", audience=PUBLIC)[0].json()
        assert hidden.id not in json.dumps(told)
        assert len(told["items"]) == 4
        assert "Pohled na město" not in [label for label, _ in labels(told["structures"])]
        paths = [f"/iiif/{kind}/{hidden.id}" for kind in ("canvas", "lines")]
        paths += [f"/iiif/{kind}/{unseen}" for kind in ("manifest", "search/1", "search/2")]
        assert {answer.status_code for answer in shelf.get(*paths, audience=PUBLIC)} == {404}
        assert unseen not in shelf.get("/iiif/collection/institution/LIA001", audience=PUBLIC)[0].text

    def test_markup_in_titles_is_text(self, shelf: Shelf) -> None:
        uuid = shelf.keep("a", title="<b onclick='x()'>Titul</b>")
        shelf.build()
        assert shelf.json(f"/iiif/manifest/{uuid}")["label"] == {"none": ["<b onclick='x()'>Titul</b> "]}

    @MODEST
    @given(st.data())
    def test_whatever_a_volume_is_called_its_manifest_is_valid(self, models: ModuleType, data: st.DataObject) -> None:
        volume, pages, divisions = (data.draw(rows(name)) for name in ("volume", "page", "division"))
        told = manifest("https://katalog.example.cz", volume[0], pages, divisions)
        check(models, json.loads(json.dumps(told)))
        assert len(told["items"]) == len(pages)

    @pytest.mark.parametrize(
        ("day", "moment"),
        [
            ("1919", "1919-01-01"),
            ("1919-05", "1919-05-01"),
            ("1919-05-14", "1919-05-14"),
            ("1919-13", None),
            ("", None),
            (None, None),
            ("0000", None),
        ],
    )
    def test_dates_are_moments(self, day: str | None, moment: str | None) -> None:
        assert nav_date(day) == (f"{moment}T00:00:00Z" if moment else None)

    def test_a_thick_book_is_quick(self) -> None:
        volume, page = sample("volume"), sample("page")
        pages = [page | {"uuid": str(number), "position": number} for number in range(1, 1001)]
        begun = time.perf_counter()
        content = json.dumps(manifest(BASE, volume, pages, []))
        assert len(content) > 1_000_000
        assert time.perf_counter() - begun < 1, "a thousand pages take some 50 ms on a quiet machine"


def sample(table: str) -> dict[str, Any]:
    """A row of a table with nothing in it but what must be."""
    needed: dict[str, dict[str, Any]] = {
        "volume": {
            "uuid": "v",
            "languages": "[]",
            "institution_name": None,
            "pages": 1,
            "title_id": "t",
            "called": "Kniha",
        },
        "page": {
            "uuid": "p",
            "volume": "v",
            "position": 1,
            "width": 2400,
            "height": 3400,
            "words": 9,
            "type": "normalPage",
        },
        "division": {"id": "d", "volume": "v", "position": 1, "kind": "chapter", "first_page": 1, "last_page": 1},
    }
    connection = database.opened(Path(":memory:"))
    names = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    connection.close()
    return dict.fromkeys(names) | needed[table]


@st.composite
def rows(draw: st.DrawFn, table: str) -> list[dict[str, Any]]:
    """Rows of a table with anything in them where text stands; ten pages at most."""
    bare = sample(table)
    made: list[dict[str, Any]] = []
    for number in range(1, draw(st.integers(1, 1 if table == "volume" else 10)) + 1):
        row = bare | {key: draw(ANYTHING) for key in WRITTEN & set(bare)}
        first = draw(st.integers(1, 12))
        row |= {"page": {"uuid": f"p{number}", "position": number, "width": draw(st.integers(1, 9000))}}.get(table, {})
        if table == "division":
            parent = draw(st.sampled_from([None, *(each["id"] for each in made)]))
            row |= {
                "id": f"d{number}",
                "parent": parent,
                "first_page": first,
                "last_page": draw(st.integers(first, 12)),
            }
        made.append(row)
    return made


class TestLines:
    def test_lines_stand_where_they_are_printed(self, shelf: Shelf, models: ModuleType) -> None:
        shelf.keep("a", "Kůň stojí\nu zvonice")
        shelf.build()
        ((page,),) = shelf.rows("select uuid from page")
        told = shelf.json(f"/iiif/lines/{page}")
        check(models, told)
        said = [(each["body"]["value"], each["target"].partition("#")[2]) for each in told["items"]]
        assert said == [("Kůň stojí", "xywh=0,0,90,20"), ("u zvonice", "xywh=0,30,90,20")]

    def test_a_page_that_cannot_be_read_has_none(self, shelf: Shelf, models: ModuleType) -> None:
        shelf.keep("a", BookPage(page_of("slovo"), alto=b"?"))
        shelf.build()
        ((page,),) = shelf.rows("select uuid from page")
        told = shelf.json(f"/iiif/lines/{page}")
        check(models, told)
        assert told["items"] == []

    def test_a_canvas_may_be_asked_for_alone(self, shelf: Shelf, models: ModuleType) -> None:
        uuid = shelf.keep("a", "slovo")
        shelf.build()
        (canvas,) = shelf.json(f"/iiif/manifest/{uuid}")["items"]
        path = canvas["id"].removeprefix(BASE)
        told = shelf.json(path)
        check(models, told)
        assert {key: value for key, value in told.items() if key != "@context"} == canvas


class TestCollections:
    def test_everything_is_reached_from_the_root(self, shelf: Shelf, models: ModuleType) -> None:
        kept = {
            shelf.shelve(full(case)) for case in ("monograph", "issue", "issue-supplement", "monograph-volume", "map")
        }
        shelf.build()
        reached, waiting, seen = set(), ["/iiif/collection"], []
        while waiting:
            seen.append(waiting.pop())
            told = shelf.json(seen[-1])
            check(models, told)
            assert told["id"] == BASE + seen[-1]
            reached |= {each["id"].rpartition("/")[2] for each in told["items"] if each["type"] == "Manifest"}
            waiting += [each["id"].removeprefix(BASE) for each in told["items"] if each["type"] == "Collection"]
        assert reached == kept
        assert len(seen) == 5, "root, institution, periodical, its year, work in volumes"

    def test_a_manifest_is_part_of_the_collection_that_holds_it(self, shelf: Shelf) -> None:
        for case in ("monograph", "issue", "monograph-volume"):
            shelf.shelve(full(case))
        shelf.build()
        for (uuid,) in shelf.rows("select uuid from volume"):
            (above,) = shelf.json(f"/iiif/manifest/{uuid}")["partOf"]
            assert shelf.get(above["id"].removeprefix(BASE))[0].status_code == 200

    @pytest.mark.parametrize("path", ["institution/XXX000", "institution/'", "title/nic", "title/nic/1919", "x/../.."])
    def test_what_is_not_there_is_not_there(self, shelf: Shelf, path: str) -> None:
        shelf.keep("a")
        shelf.build()
        assert shelf.get(f"/iiif/collection/{path}")[0].status_code == 404

    def test_an_empty_repository_is_an_empty_collection(self, shelf: Shelf, models: ModuleType) -> None:
        shelf.build()
        told = shelf.json("/iiif/collection")
        check(models, told)
        assert told["items"] == []
