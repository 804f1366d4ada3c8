"""The pages of archivists and operators in a real browser: axe-core, phones, and progress that moves by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from repository.catalogue.signing.session import COOKIE, issue
from tests.signing_server import Served, serving_house
from tests.standing_home import ARCHIVIST, filled_home
from workflows.cataloguing import house
from workflows.settings import Home

pytestmark = pytest.mark.slow
_ARGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@dataclass(frozen=True, slots=True)
class Room:
    """The served catalogue of a home, a batch of it, and a browser."""

    home: Home
    batch: str
    served: Served
    browser: Browser

    def context(self, width: int, scheme: Literal["light", "dark"], *, script: bool = True) -> BrowserContext:
        made = self.browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True, java_script_enabled=script
        )
        cookie = issue(self.served.datasette, ARCHIVIST)
        made.add_cookies([{"name": COOKIE, "value": cookie, "url": self.served.address}])
        return made

    def write(self, sql: str, *values: str) -> None:
        """As whoever watches the batch folders does."""
        with closing(sqlite3.connect(self.home.catalogue)) as connection, connection:
            connection.execute(sql, values)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    home, batch, _ = filled_home(tmp_path_factory.mktemp("standing"))
    with serving_house(house(home)) as served, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGS)
        yield Room(home, batch, served, chromium)
        chromium.close()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (360, "dark")])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    room: Room, web_tools: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    axe = next(web_tools.glob("axe-core@*/axe.min.js")).read_text(encoding="utf-8")
    page = room.context(width, scheme).new_page()
    for path in ("/safety", "/capacity", "/work", f"/work/{room.batch}", "/where?q=kniha", "/where?q=sbirka", "/where"):
        page.goto(room.served.address + path)
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_progress_moves_by_itself_and_the_end_is_shown(room: Room) -> None:
    room.write("update batch set working = 1, moving = 1 where batch = ?", room.batch)
    room.write("update batch_volume set todo = 1, awaited = 1, done = 2 where folder = 'kniha'")
    page = room.context(1200, "light").new_page()
    page.goto(f"{room.served.address}/work")
    said = page.locator("[data-said]")
    expect(said).to_contain_text("Hotovo 3 z 5 stran, zbývá 1")
    expect(said).to_contain_text("Hotovo bude asi")
    room.write("update batch_volume set todo = 0, awaited = 0, done = 3 where folder = 'kniha'")
    expect(said).to_contain_text("Hotovo 4 z 5 stran, zbývá 0", timeout=15_000)
    assert page.get_by_role("progressbar").get_attribute("value") == "100"
    room.write("update batch set working = 0, moving = 0 where batch = ?", room.batch)
    expect(page.get_by_text("Nic se právě nezpracovává.")).to_be_visible(timeout=15_000)


def test_without_a_script_the_numbers_are_there_too(room: Room) -> None:
    page = room.context(360, "light", script=False).new_page()
    page.goto(f"{room.served.address}/work/{room.batch}")
    expect(page.locator("[data-said]")).to_contain_text("Hotovo 4 z 5 stran")
    page.get_by_label("S nálezem").select_option("P012")
    page.get_by_role("button", name="Vybrat").click()
    expect(page.locator(".sheet > li")).to_have_count(1)
