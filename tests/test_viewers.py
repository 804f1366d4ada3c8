"""Others' viewers, on a page of another site, open a volume of ours, find a word in it and light it where it stands."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.page_images import keep_pictures
from tests.servers import HERE
from tests.stored_volumes import Shelf
from tests.web import serving

pytestmark = pytest.mark.slow
INK = (0, 0, 40, 20)
"""Where the word "zvon" stands on the pages of `keep_pictures`."""
RED = (200, 0, 0)
_MIRADOR = """<!DOCTYPE html><html lang="cs"><meta charset="utf-8"><title>Mirador</title>
<div id="viewer" style="position:absolute;inset:0"></div><script src="mirador/dist/mirador.min.js"></script>
<script>Mirador.viewer({id: "viewer", windows: [{manifestId: %s, canvasIndex: 1}],
  window: {allowFullscreen: false, sideBarOpen: true, defaultSideBarPanel: "search", sideBarPanel: "search",
    panels: {search: true}}, workspaceControlPanel: {enabled: false},
  osdConfig: {crossOriginPolicy: "Anonymous"}});</script>"""
_UNIVERSAL = """<!DOCTYPE html><html lang="cs"><meta charset="utf-8"><title>UV</title>
<link rel="stylesheet" href="uv/dist/uv.css"><script src="uv/dist/umd/UV.js"></script>
<div id="uv" class="uv" style="position:absolute;inset:0"></div>
<script>UV.init("uv", {iiifManifestId: %s, canvasIndex: 0, embedded: true});</script>"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the manifest of a volume of two pages, the word in red ink on each."""
    shelf = Shelf(tmp_path_factory.mktemp("viewers"))
    picture = Image.new("RGB", (200, 300), (255, 255, 255))
    picture.paste(RED, INK)
    volume = keep_pictures(shelf, "Kniha se zvonem", [picture, picture])
    with serving(shelf.house) as address:
        yield f"{address}/iiif/manifest/{volume}"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, web_tools: Path, manifest: str) -> Iterator[str]:
    """The address of another site, which has the viewers."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name, tool, page in (("mirador", "mirador@4.0.0", _MIRADOR), ("uv", "universalviewer@4.4.0", _UNIVERSAL)):
        (folder / name).symlink_to(web_tools / tool)
        (folder / f"{name}.html").write_text(page % json.dumps(manifest))
    server = ThreadingHTTPServer((HERE, 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{HERE}:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield chromium
        chromium.close()


def shown(page: Page, area: tuple[int, int, int, int]) -> Image.Image:
    """A part of the screenshot (left, top, right, bottom)."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB").crop(area)


def alike(picture: Image.Image, colour: tuple[int, int, int], most: int = 24) -> int:
    """How many pixels of `picture` have about this colour."""
    apart = np.abs(np.asarray(picture).astype(int) - colour).max(axis=2)
    return int(np.count_nonzero(apart <= most))


def lit_on_ink_only(page: Page, area: tuple[int, int, int, int], light: tuple[int, int, int], part: float) -> None:
    """Wait until all the ink and nothing but ink bears `light`, of which `part` (0..1) is laid over it."""

    def laid(under: tuple[int, int, int]) -> tuple[int, int, int]:
        red, green, blue = (round(part * on + (1 - part) * below) for on, below in zip(light, under, strict=True))
        return red, green, blue

    for _ in range(40):
        picture = shown(page, area)
        ink, stray = alike(picture, laid(RED)), alike(picture, laid((255, 255, 255)))
        if ink > 1000 and alike(picture, RED) == 0 and stray < ink / 50:
            return
        page.wait_for_timeout(250)
    pytest.fail(f"lit ink {ink}, ink not lit {alike(picture, RED)}, lit paper {stray}")


def wait_for_ink(page: Page, area: tuple[int, int, int, int]) -> None:
    """Wait until the image of a page is shown."""
    for _ in range(80):
        if alike(shown(page, area), RED) > 1000:
            return
        page.wait_for_timeout(250)
    pytest.fail("the image of the page is not shown")


def test_mirador_finds_the_word_and_lights_it(browser: Browser, elsewhere: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    area = (295, 60, 1190, 715)
    page.goto(f"{elsewhere}/mirador.html")
    wait_for_ink(page, area)
    page.get_by_label("search terms").fill("ZVON")
    page.keyboard.press("Enter")
    found = page.get_by_role("complementary", name="Search")
    expect(found.get_by_text("1 of 2", exact=True)).to_be_visible(timeout=20_000)
    lit_on_ink_only(page, area, (255, 255, 0), 0.3)


def test_universal_viewer_finds_the_word_and_lights_it(browser: Browser, elsewhere: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    area = (285, 90, 1160, 570)
    page.goto(f"{elsewhere}/uv.html")
    wait_for_ink(page, area)
    asked = page.locator("#searchWithinInput")
    asked.fill("ZVON", timeout=20_000)
    asked.press("Enter")
    expect(page.get_by_text("results found for")).to_be_visible(timeout=20_000)
    lit_on_ink_only(page, area, (18, 212, 255), 0.5)
