"""The curators' forms in a real browser: by keyboard, without JavaScript, on a phone; and what axe-core says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from repository.catalogue.desk.proposal import Kind, Proposals
from repository.catalogue.rights.audience import Audience, Role
from repository.catalogue.signing.session import COOKIE, issue
from tests.page_records import LIBRARY
from tests.signing_server import Served, serving
from tests.stored_volumes import Shelf

pytestmark = pytest.mark.slow
_ARGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_JANA = Audience("jana", frozenset({Role.CURATOR}), frozenset({LIBRARY.sigla}))


@dataclass(frozen=True, slots=True)
class Room:
    """A served catalogue of one book of six pages, and a browser."""

    served: Served
    browser: Browser
    path: str

    def context(self, *, script: bool = True, width: int = 1200) -> BrowserContext:
        size = {"width": width, "height": 800}
        made = self.browser.new_context(java_script_enabled=script, viewport=size, bypass_csp=True)  # type: ignore[arg-type]
        cookie = issue(self.served.datasette, _JANA)
        made.add_cookies([{"name": COOKIE, "value": cookie, "url": self.served.address}])
        return made


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    shelf = Shelf(tmp_path_factory.mktemp("desk"))
    volume = shelf.keep("kniha", *(f"strana {number} textu" for number in range(1, 7)))
    shelf.build()
    with serving(shelf) as served, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGS)
        yield Room(served, chromium, f"{served.address}/propose/{volume}")
        chromium.close()


def test_pages_are_numbered_and_typed_by_keyboard(room: Room) -> None:
    page = room.context().new_page()
    page.goto(f"{room.path}/pages")
    cards = page.locator(".card")
    cards.first.focus()
    page.keyboard.press("ArrowRight")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("5")
    labels = [page.locator(f'[id="label.{order}"]').input_value() for order in range(1, 7)]
    assert labels == ["1", "15", "16", "17", "18", "19"]
    page.keyboard.press("t")
    expect(page.locator('[id="type.2"] option:checked')).to_contain_text("t")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator('[id="label.6"]')).to_be_focused()
    page.keyboard.type("xx")
    page.keyboard.press("Escape")
    expect(cards.nth(5)).to_be_focused()
    page.get_by_role("button", name="Ukázat změny").click()
    page.get_by_label("Důvod").fill("podle tisku")
    page.get_by_role("button", name="Podat návrh").click()
    expect(page.get_by_role("status")).to_contain_text("čeká na posouzení")
    found = [each.proposal for each in Proposals(room.served.house.state / "proposals").all()]
    labels = [each.after for each in found[0].changes if each.field == "label"]
    assert (found[0].kind, labels) == (Kind.PAGES, ["15", "16", "17", "18", "xx"])


def test_a_line_is_corrected_without_a_script(room: Room) -> None:
    page = room.context(script=False).new_page()
    page.goto(f"{room.path}/page/2/text")
    page.get_by_label("Řádek 1").fill("strana druhá textu")
    page.get_by_role("button", name="Ukázat změny").click()
    expect(page.locator("ins")).to_have_text("strana druhá textu")
    page.get_by_label("Důvod").fill("čte se tak")
    page.get_by_role("button", name="Podat návrh").click()
    expect(page.get_by_role("status")).to_contain_text("čeká na posouzení")


def test_a_line_with_another_number_of_words_says_so(room: Room) -> None:
    page = room.context().new_page()
    page.goto(f"{room.path}/page/1/text")
    line = page.get_by_label("Řádek 1")
    line.fill("strana prvního textu")
    expect(page.get_by_text("Jiný počet slov")).to_have_count(0)
    line.fill("strana prvního textu a víc")
    expect(page.get_by_text("Jiný počet slov")).to_be_visible()


@pytest.mark.parametrize("width", [1200, 360])
def test_axe_finds_nothing_and_nothing_is_cut_off(room: Room, web_tools: Path, width: int) -> None:
    axe = next(web_tools.glob("axe-core@*/axe.min.js")).read_text(encoding="utf-8")
    page = room.context(width=width).new_page()
    desk = f"{room.served.address}/desk"
    for address in (f"{room.path}/description", f"{room.path}/pages", f"{room.path}/page/1/text", desk):
        page.goto(address)
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{room.path}/description")
    page.get_by_label("Podnázev").first.fill("jinak")
    page.get_by_role("button", name="Ukázat změny").click()
    expect(page.locator("ins")).to_have_text("jinak")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    assert [each["id"] for each in found["violations"]] == []
