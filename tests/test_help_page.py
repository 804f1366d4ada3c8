"""What stands around every page: the help, its links, titles of tabs, the mark on the tab, the way on from an error."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from repository.catalogue.help_page import SECTIONS
from repository.catalogue.rights.audience import PUBLIC
from tests.rights_shelf import ARCHIVIST, CURATOR
from tests.stored_volumes import Shelf

_LINK = re.compile(r'href="(/[^"#?]*)')


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path)
    made.keep("kniha", "Kůň stojí u zvonice", "druhá strana", title="Kůň a zvonice")
    made.build()
    return made


def title_of(page: str) -> str:
    """What the tab is called."""
    (found,) = re.findall(r"<title>(.*?)</title>", page.partition("</head>")[0])
    return str(found)


class TestHelp:
    def test_every_section_is_listed_and_is_there(self, shelf: Shelf) -> None:
        (page,) = shelf.get("/help", audience=PUBLIC)
        assert page.status_code == 200
        assert re.findall(r'<a href="#([a-z]+)"', page.text) == list(SECTIONS)
        assert re.findall(r'<h2 id="([a-z]+)"', page.text) == list(SECTIONS)

    def test_what_it_points_to_is_there(self, shelf: Shelf) -> None:
        (page,) = shelf.get("/help", audience=PUBLIC)
        pointed = sorted(set(_LINK.findall(page.text)) - {"/oai"})
        assert len(pointed) > 10
        told = shelf.get(*pointed, "/oai?verb=Identify", audience=PUBLIC)
        assert [path for path, answer in zip(pointed, told, strict=False) if answer.status_code != 200] == []
        assert told[-1].status_code == 200

    def test_its_examples_are_searches_that_are_understood(self, shelf: Shelf) -> None:
        (page,) = shelf.get("/help", audience=PUBLIC)
        examples = re.findall(r'href="(/search\?q=[^"]+)"', page.text)
        assert len(examples) == 5
        assert [answer.status_code for answer in shelf.get(*examples, audience=PUBLIC)] == [200] * 5

    def test_it_says_whom_to_write_to_or_that_the_library_answers(self, shelf: Shelf) -> None:
        config = replace(shelf.house.config, contact="digi@knihovna.example", publisher="Knihovna & synové")
        (known,) = shelf.get("/help", config=config)
        (nobody,) = shelf.get("/help")
        assert 'href="mailto:digi@knihovna.example"' in known.text
        assert "Knihovna &amp; synové" in known.text
        assert "mailto:" not in nobody.text
        assert "Obraťte se na knihovnu" in nobody.text


class TestAroundEveryPage:
    def test_tabs_are_told_apart(self, shelf: Shelf) -> None:
        (volume,) = (row[0] for row in shelf.rows("select uuid from volume"))
        paths = (
            "/", "/help", "/search", "/search?q=zvonice", f"/volume/{volume}", f"/volume/{volume}?q=zvonice",
            f"/volume/{volume}/page/1", f"/volume/{volume}/page/2", f"/volume/{volume}/page/1?q=zvonice", "/catalogue",
            "/catalogue/volume", f"/catalogue/volume/{volume}", "/catalogue/find_word?word=zvonice", "/sign-in",
            "/desk", "/work", "/safety", "/capacity", "/where", f"/propose/{volume}/description",
            f"/propose/{volume}/pages", f"/propose/{volume}/page/1/text", f"/propose/{volume}/page/2/text", "/nic",
        )  # fmt: skip
        told = shelf.get(*paths, audience=replace(ARCHIVIST, roles=ARCHIVIST.roles | CURATOR.roles))
        titles = [title_of(answer.text) for answer in told]
        assert len(set(titles)) == len(paths)
        assert all(each.endswith("Katalog krajského digitálního repozitáře") for each in titles)

    def test_the_tab_has_its_mark(self, shelf: Shelf) -> None:
        (page,) = shelf.get("/", audience=PUBLIC)
        (mark,) = shelf.get(*re.findall(r'rel="icon"[^>]* href="([^"]+)"', page.text), audience=PUBLIC)
        assert (mark.status_code, mark.headers["content-type"]) == (200, "image/svg+xml")

    def test_a_mistyped_address_leads_on_and_prints_nothing_of_ours(self, shelf: Shelf) -> None:
        (page,) = shelf.get("/nic", audience=PUBLIC)
        assert page.status_code == 404
        assert "Database" not in page.text
        assert {"/search", "/help", "/catalogue/volume"} <= set(_LINK.findall(page.text.partition("<main")[2]))

    def test_a_row_is_called_by_its_title_and_leads_to_the_reading_room(self, shelf: Shelf) -> None:
        (volume,) = (row[0] for row in shelf.rows("select uuid from volume"))
        (page,) = shelf.get(f"/catalogue/volume/{volume}", audience=PUBLIC)
        assert "<h1>Kůň a zvonice</h1>" in page.text
        assert f'<a class="button" href="/volume/{volume}">' in page.text
