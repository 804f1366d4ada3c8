"""The search in a real browser: without JavaScript, by keyboard, on a phone, and what axe-core says of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.page_texts import page_of
from tests.stored_volumes import BookPage, Shelf
from tests.web import serving

pytestmark = pytest.mark.slow
_ARGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_STATES = (
    "/search",
    "/search?q=kůň",
    "/search?q=kůň&institution=LIA001&from=1900",
    "/search?q=z*",
    "/search?q=kniha&in=titles",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    shelf = Shelf(tmp_path_factory.mktemp("search"))
    shelf.keep("one", "Kůň stojí u zvonice", BookPage(page_of("kůň"), 0.3), BookPage(page_of()), title="Zvonice")
    for number in range(12):
        shelf.keep(f"more {number}", "kůň", title=f"Kniha {number:02d}")
    shelf.build()
    with serving(shelf.house) as told:
        yield told


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGS)
        yield chromium
        chromium.close()


def test_words_lead_to_hits_facets_and_the_page_without_a_script(browser: Browser, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{address}/search")
    page.get_by_label("Slova, která hledáte").fill("kůň")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Strany s nálezem: 14")
    page.get_by_role("link", name="nejistá").click()
    expect(page.get_by_role("status")).to_contain_text("Strany s nálezem: 1 ")
    expect(page.locator("mark")).to_have_text(["kůň"])
    link = page.get_by_role("link", name="strana 2")
    assert "/page/2?q=k%C5%AF%C5%88" in str(link.get_attribute("href"))


def test_a_phone_scrolls_one_way_and_targets_are_large_enough(browser: Browser, address: str) -> None:
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{address}/search?q=kůň")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.evaluate(
        "[...document.querySelectorAll('.found a, .found button, .found summary')]"
        ".filter(each => each.offsetParent).map(each => each.getBoundingClientRect().height)"
    )
    assert sizes
    assert min(sizes) >= 24


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(browser: Browser, address: str, web_tools: Path, dark: bool) -> None:
    axe = next(web_tools.glob("axe-core@*/axe.min.js"))
    page = browser.new_context(color_scheme="dark" if dark else "light", bypass_csp=True).new_page()
    for state in _STATES:
        page.goto(f"{address}{state}")
        page.add_script_tag(path=axe)
        found = page.evaluate("axe.run().then(result => result.violations)")
        told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
        assert not told, (state, told)
