"""The reading room in a real browser: from a search to the ink, by mouse, keyboard and phone, and without scripts."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytesseract
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from repository.catalogue.house import House
from repository.catalogue.lemmas import folded
from tests.homes import ROOT, make_home, run
from tests.signing_server import serving
from workflows.cataloguing import catalogue, house

if TYPE_CHECKING:
    from tests.stored_volumes import Shelf

pytestmark = pytest.mark.slow
CHROMIUM = Path("/usr/bin/chromium")
SCANS = ROOT / "samples" / "delivery" / "kniha-hodinar-a-knihovna"
PAGES = ("0003.jpg", "0005.jpg", "0008.jpg")
WORD = "hodinář"
_WIDTH = "(each) => each.getBoundingClientRect().width"


@dataclass(frozen=True, slots=True)
class _Held:
    """A repository as `serving` takes it."""

    house: House


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The served catalogue of a repository that took three real pages through the real pipeline."""
    if not shutil.which("tesseract"):
        pytest.skip("tesseract is not installed")
    folder = tmp_path_factory.mktemp("reading")
    given = folder / "dodavka" / "kniha"
    given.mkdir(parents=True)
    for name in (*PAGES, "volume.toml"):
        shutil.copy(SCANS / name, given / name)
    home = make_home(folder / "home", ocr="tesseract")
    assert run(home, folder / "dodavka").codes("kniha") is not None
    catalogue(home)
    with serving(
        cast("Shelf", _Held(house(home))), unknown_access="public", images_per_second=1000, searches_per_second=1000
    ) as served:
        yield served.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a drawing board of its own."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as play:
        given = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        started = play.chromium.launch(executable_path=str(CHROMIUM), args=given)
        yield started
        started.close()


@contextmanager
def opened(browser: Browser, address: str, width: int = 1400, **how: Any) -> Iterator[Page]:  # noqa: ANN401
    """A window of its own; what the page's scripts cannot do fails the test."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 900}, base_url=address, locale="cs-CZ", reduced_motion="reduce", **how
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert errors == []
    context.close()


def shown(page: Page) -> str:
    """Wait until the image of the page at hand is drawn and its words are lit; its identifier."""
    expect(page.locator("html")).to_have_attribute(
        "data-reading", page.locator("#still").get_attribute("data-page") or ""
    )
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    return str(page.locator("#still").get_attribute("data-page"))


def under(page: Page, mark: Locator) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """The screen as it is without the lights, in grey, and the box of the light `mark` on it."""
    box = mark.bounding_box()
    assert box is not None
    page.evaluate("for (const each of document.querySelectorAll('.lit')) each.style.visibility = 'hidden'")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("L")
    page.evaluate("for (const each of document.querySelectorAll('.lit')) each.style.visibility = ''")
    left, top = round(box["x"]), round(box["y"])
    return picture, (left, top, left + round(box["width"]), top + round(box["height"]))


def assert_chosen_on_ink(page: Page) -> None:
    """The light of the hit at hand is on its word: ink within, none in the gaps beside it, and read again that word."""
    word = page.locator("#lines mark.chosen").first.inner_text().strip(".,-„“")
    picture, (left, top, right, bottom) = under(page, page.locator("div.lit.chosen").first)
    assert 0 < left < right < picture.width
    assert 0 < top < bottom < picture.height
    pixels = np.asarray(picture)
    around = pixels[top - (bottom - top) : bottom + (bottom - top), left - 60 : right + 60]
    dark = pixels < (np.percentile(around, 90) + around.min()) / 2
    within = dark[top:bottom, left:right].mean()
    gap = max(2, (bottom - top) // 8)
    beside = [dark[top:bottom, left - gap : left], dark[top:bottom, right : right + gap]]
    assert within > 0.08
    assert max(side.mean() for side in beside) < within / 2
    crop = picture.crop((left - 6, top - 6, right + 6, bottom + 6))
    crop = crop.resize((crop.width * 3, crop.height * 3))
    read = str(pytesseract.image_to_string(crop, lang="ces", config="--psm 8"))
    assert folded(word) in folded(read)


def test_from_a_search_to_the_ink_to_the_next_hit_to_the_citation(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.goto(f"/search?q={WORD}")
        page.locator("main a[href*='/page/2?']").first.click()
        first = shown(page)
        lit = page.locator("div.lit")
        expect(lit.first).to_be_visible()
        assert folded(page.locator("#lines mark").first.inner_text()).startswith(folded(WORD))

        page.get_by_role("button", name="Další nález").click()
        page.wait_for_timeout(500)
        assert_chosen_on_ink(page)
        for _ in range(12):
            page.keyboard.press("n")
            page.wait_for_timeout(300)
            if page.locator("#still").get_attribute("data-page") != first:
                break
        assert shown(page) != first, "the next hit is on another page"
        assert_chosen_on_ink(page)

        link = page.locator("#share").input_value()
        words, number = page.locator("#lines mark").all_inner_texts(), page.url
        assert link == number
        assert link in page.locator("#citation").inner_text()
        with opened(browser, address) as other:
            other.goto(link)
            assert shown(other) == page.locator("#still").get_attribute("data-page")
            assert other.locator("#lines mark").all_inner_texts() == words
            assert other.locator("div.lit").count() == len(words)


def test_a_line_of_the_text_and_of_the_image_are_one(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.goto(_page(browser, address, 2))
        shown(page)
        line = page.locator(".line").nth(3)
        line.click()
        page.wait_for_timeout(300)
        spot = page.locator(".line-here").bounding_box()
        stage = page.locator("#stage").bounding_box()
        assert spot is not None
        assert stage is not None
        assert stage["x"] <= spot["x"] < spot["x"] + spot["width"] <= stage["x"] + stage["width"] + 1
        assert spot["width"] > stage["width"] / 3, "the image moved to the line"
        page.mouse.click(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
        expect(line).to_have_class(re.compile("here"))
        page.locator("#lines").focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator(".line").nth(4)).to_have_class(re.compile("here"))


def test_pages_are_turned_by_the_keyboard_and_typing_turns_none(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.goto(_page(browser, address, 1))
        shown(page)
        for key, number in (("ArrowRight", 2), ("PageDown", 3), ("ArrowLeft", 2), ("End", 3), ("Home", 1)):
            page.keyboard.press(key)
            page.wait_for_url(re.compile(rf"/page/{number}$"))
            shown(page)
        page.go_back()
        page.wait_for_url(re.compile("/page/3$"))
        shown(page)
        assert page.title().startswith("strana")

        page.keyboard.press("g")
        expect(page.locator("#label")).to_be_focused()
        page.keyboard.type("nf-0")
        page.keyboard.press("ArrowLeft")
        assert page.locator("#label").input_value() == "nf-0"
        assert page.url.endswith("/page/3")

        page.locator("#keys-on").uncheck()
        page.locator("h1").focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(300)
        assert page.url.endswith("/page/3"), "shortcuts can be switched off (WCAG 2.1.4)"


def test_zooming_by_buttons(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        page.goto(_page(browser, address, 2, WORD))
        shown(page)
        before = page.locator("div.lit").first.bounding_box()
        assert before is not None
        page.get_by_role("button", name="Přiblížit").click()
        for _ in range(30):
            page.wait_for_timeout(100)
            width = page.locator("div.lit").first.evaluate(_WIDTH)
            if width > before["width"] * 1.4:
                break
        assert width == pytest.approx(before["width"] * 1.5, rel=0.1)


def test_without_scripts(browser: Browser, address: str) -> None:
    with opened(browser, address, java_script_enabled=False) as page:
        page.goto(_page(browser, address, 2))
        assert page.locator("#still img").evaluate("each => each.naturalWidth") > 500
        page.locator("#in-volume").fill(WORD)
        page.get_by_role("button", name="Hledat").last.click()
        picture, box = under_still(page)
        assert folded(WORD) in folded(read_again(picture, box))
        page.get_by_role("link", name="Další", exact=True).click()
        assert "/page/3" in page.url
        assert page.locator("#lines .line").count() > 5
        page.locator("#label").fill("3")
        page.get_by_role("button", name="Přejít").click()
        assert page.get_by_role("heading", level=1).inner_text()
        assert not page.get_by_role("button", name="Přiblížit").is_visible(), "what needs scripts is not offered"


def under_still(page: Page) -> tuple[Image.Image, Any]:
    """The image that is shown without scripts, and the box drawn on it."""
    rect, still = page.locator("rect.lit").first.bounding_box(), page.locator("#still img").bounding_box()
    assert rect is not None
    assert still is not None
    answer = page.request.get(str(page.locator("#still img").get_attribute("src")))
    picture = Image.open(io.BytesIO(answer.body())).convert("L")
    scale = picture.width / still["width"]
    left, top = (rect["x"] - still["x"]) * scale, (rect["y"] - still["y"]) * scale
    return picture, (left, top, left + rect["width"] * scale, top + rect["height"] * scale)


def read_again(picture: Image.Image, box: Any) -> str:  # noqa: ANN401 - four numbers
    """What stands in a box of a picture, by Tesseract."""
    left, top, right, bottom = map(round, box)
    crop = picture.crop((left - 6, top - 6, right + 6, bottom + 6))
    return str(
        pytesseract.image_to_string(crop.resize((crop.width * 3, crop.height * 3)), lang="ces", config="--psm 8")
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, address: str, web_tools: Path, scheme: Any) -> None:  # noqa: ANN401
    axe = next(web_tools.glob("axe-core@*/axe.min.js")).read_text(encoding="utf-8")
    leaf = _page(browser, address, 2, WORD)
    volume = leaf.partition("/page/")[0]
    with opened(browser, address, color_scheme=scheme) as page:
        for path in (leaf, f"{volume}?q={WORD}", f"{volume}/go?label=nic", f"{volume}/volume.pdf?last=x"):
            page.goto(path)
            if path == leaf:
                shown(page)
            page.evaluate(axe)
            found = page.evaluate("axe.run().then((told) => told.violations)")
            assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == [], path


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, address: str) -> None:
    leaf = _page(browser, address, 2, WORD)
    volume = leaf.partition("/page/")[0]
    with opened(browser, address, width=360, has_touch=True) as page:
        for path in (leaf, f"{volume}?q={WORD}", f"{volume}/go?label=nic"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.goto(leaf)
        shown(page)
        small = page.evaluate(
            "[...document.querySelectorAll('main :is(button, .turn, .strip a)')].filter((each) => each.offsetParent)"
            ".map((each) => each.getBoundingClientRect()).filter((box) => box.width < 24 || box.height < 24).length"
        )
        assert small == 0, "targets are 24 px and more (WCAG 2.5.8)"


def _page(browser: Browser, address: str, number: int, typed: str = "") -> str:
    """The path of a page of the only volume."""
    with opened(browser, address) as page:
        told = page.request.get("/catalogue/volume.json?_shape=array").json()
    return f"/volume/{told[0]['uuid']}/page/{number}" + (f"?q={typed}" if typed else "")
