"""From what is read to one's own desk: corrections are proposed, searches saved and lists filled where one stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape

import pytest
from playwright.sync_api import expect

from metadata.model import VolumeId
from repository.catalogue.rights.audience import PUBLIC, Audience, Role
from tests.browsing import chromium
from tests.page_records import LIBRARY
from tests.rights_shelf import MUSEUM
from tests.signing_server import Served, serving, sign_in, token_in
from tests.stored_volumes import Shelf

_CURATOR = Audience("jana", frozenset({Role.CURATOR}), frozenset({LIBRARY.sigla}))
_ELSEWHERE = replace(_CURATOR, institutions=frozenset({MUSEUM.sigla}))
_ARCHIVIST = replace(_CURATOR, roles=frozenset({Role.ARCHIVIST}))


@dataclass(frozen=True, slots=True)
class Library:
    """A shelf with one book, served."""

    shelf: Shelf
    book: VolumeId
    served: Served


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    shelf = Shelf(tmp_path_factory.mktemp("library"))
    book = shelf.keep("kniha", "Kůň stojí u zvonice", "druhá strana", "třetí strana")
    shelf.build()
    with serving(shelf, unknown_access="public") as served:
        served.account()
        yield Library(shelf, book, served)


def leads(page: str) -> set[str]:
    """The proposals that a page leads to."""
    return set(re.findall(r'href="(/propose/[^"]+)"', page))


def fields(page: str, act: str) -> dict[str, str]:
    """What the page's form for `act` sends when nothing is typed."""
    (form,) = (each for each in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'value="{act}"' in each)
    inputs = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form)
    return {name: unescape(value) for name, value in inputs}


class TestProposing:
    def test_a_curator_of_the_library_is_led_to_the_forms(self, library: Library) -> None:
        start, book = f"/propose/{library.book}", library.book
        volume, page = library.shelf.get(f"/volume/{book}", f"/volume/{book}/page/2", audience=_CURATOR)
        assert leads(volume.text) == {f"{start}/description", f"{start}/pages"}
        assert leads(page.text) == {f"{start}/description", f"{start}/pages", f"{start}/page/2/text"}
        forms = library.shelf.get(*sorted(leads(page.text)), audience=_CURATOR)
        assert [form.status_code for form in forms] == [200] * 3

    @pytest.mark.parametrize("audience", [PUBLIC, _ELSEWHERE, _ARCHIVIST])
    def test_nobody_else_is(self, library: Library, audience: Audience) -> None:
        paths = (f"/volume/{library.book}", f"/volume/{library.book}/page/2")
        assert [leads(page.text) for page in library.shelf.get(*paths, audience=audience)] == [set(), set()]


class TestKeeping:
    def test_a_search_is_saved_where_it_was_asked(self, library: Library) -> None:
        with library.served.client(follow_redirects=True) as browser:
            sign_in(browser)
            form = fields(browser.get("/search?q=k%C5%AF%C5%88+zvonice&sort=oldest&page=1").text, "search")
            assert form["name"] == "kůň zvonice"
            desk = browser.post("/desk", data=form)
            assert desk.status_code == 200
            (kept,) = re.findall(r'href="(/search\?[^"]+)">kůň zvonice<', desk.text)
            again = browser.get(unescape(kept))
        assert "sort=oldest" in kept
        assert "Strany s nálezem: 1" in again.text

    def test_a_page_is_put_on_a_list_where_it_is_read(self, library: Library) -> None:
        path = f"/volume/{library.book}/page/3"
        with library.served.client(follow_redirects=True) as browser:
            sign_in(browser)
            page = browser.get(path).text
            form = fields(page, "entry") | {"name": "K výstavě"}
            assert form["csrftoken"] == token_in(page)
            desk = browser.post("/desk", data=form)
        assert desk.status_code == 200
        assert "K výstavě" in desk.text
        assert f'href="{path}"' in desk.text

    def test_readers_are_offered_neither(self, library: Library) -> None:
        paths = ("/search?q=zvonice", f"/volume/{library.book}", f"/volume/{library.book}/page/1")
        assert ['action="/desk"' in page.text for page in library.shelf.get(*paths, audience=PUBLIC)] == [False] * 3


@pytest.mark.slow
def test_turning_a_page_turns_what_is_proposed_for_it(library: Library) -> None:
    with chromium() as browser:
        page = browser.new_page()
        served = library.served
        page.goto(f"{served.address}/sign-in?next=/volume/{library.book}/page/1")
        page.get_by_label("Přihlašovací jméno").fill("jana")
        page.get_by_label("Heslo").fill("Kůň stojí u zvonice")
        page.get_by_role("button", name="Přihlásit se").click()
        link = page.get_by_role("link", name="Navrhnout opravu textu")
        expect(link).to_have_attribute("href", f"/propose/{library.book}/page/1/text")
        expect(page.locator("html[data-reading]")).to_have_count(1)
        page.keyboard.press("ArrowRight")
        expect(link).to_have_attribute("href", f"/propose/{library.book}/page/2/text")
        page.close()
