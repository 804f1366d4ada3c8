"""What the catalogue must show in a real browser over real pages: finding, signing in, hiding, no scripts, axe."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from repository.catalogue.plugin import ROUTES
from repository.catalogue.rights.audience import EVERYWHERE, Audience, Role
from tests.browsing import axe_findings, walked
from tests.real_catalogue import GROUP, WORD, Library, library
from tests.signing_server import PASSWORD

# oidc-provider-mock 0.3.4 leans on parts of authlib that are to go; ours does not.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")]
CURATOR = Audience("jana", frozenset({Role.CURATOR}), frozenset(GROUP.institutions))
ARCHIVIST = Audience("archivář", frozenset({Role.ARCHIVIST}), frozenset({EVERYWHERE}))
WHO = {"reader": None, "curator": CURATOR, "archivist": ARCHIVIST}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with library(tmp_path_factory.mktemp("acceptance")) as made:
        yield made


def drawn(page: Page) -> None:
    """Wait until the image is drawn and its words are lit."""
    still = page.locator("#still")
    expect(page.locator("html")).to_have_attribute("data-reading", still.get_attribute("data-page") or "")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)


def seen(page: Page, *, lights: bool) -> np.ndarray:
    """The screen in grey, with or without the lights."""
    hidden = "" if lights else "hidden"
    page.evaluate("(how) => document.querySelectorAll('.lit').forEach((each) => each.style.visibility = how)", hidden)
    page.wait_for_timeout(100)
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L")).astype(int)


class TestFinding:
    def test_from_the_front_page_to_the_lit_ink_and_by_the_cited_link_again(self, held: Library) -> None:
        with held.visitor.window() as page:
            page.goto("/")
            page.locator("#q").fill(WORD)
            page.keyboard.press("Enter")
            expect(page.get_by_role("status")).to_contain_text("Strany s nálezem")
            page.locator("main a[href*='/page/']").first.click()
            drawn(page)
            lit, bare = seen(page, lights=True), seen(page, lights=False)
            changed = np.argwhere(np.abs(lit - bare) > 4)
            assert len(changed) > 200, "the light is to be seen on the screen"
            box = page.locator("div.lit").first.bounding_box()
            assert box is not None
            top, left = round(box["y"]), round(box["x"])
            word = bare[top : top + round(box["height"]), left : left + round(box["width"])]
            paper = np.percentile(word, 90)
            assert (word < paper - 60).mean() > 0.08, "there is ink under the light"
            assert (lit[top:, left:][: word.shape[0], : word.shape[1]] < paper - 60).mean() > 0.08, (
                "and it is still read"
            )

            link = page.locator("#share").input_value()
            words, leaf = page.locator("#lines mark").all_inner_texts(), page.locator("h1").inner_text()
        with held.visitor.window() as fresh:
            fresh.goto(link)
            drawn(fresh)
            assert fresh.locator("h1").inner_text() == leaf
            assert fresh.locator("#lines mark").all_inner_texts() == words
            assert fresh.locator("div.lit").count() >= len(words) > 0

    def test_a_facet_narrows_and_the_switch_says_it_in_english(self, held: Library) -> None:
        with held.visitor.window() as page:
            page.goto(f"/search?q={WORD}")
            before = page.get_by_role("status").inner_text()
            page.locator(".narrow a").filter(has_text="1930").first.click()
            expect(page.get_by_role("status")).to_have_text(before)
            page.get_by_role("link", name="English").click()
            expect(page.locator("html")).to_have_attribute("lang", "en")
            assert "decade=" in page.url or "from=" in page.url
            page.goto("/")
            expect(page.locator("html")).to_have_attribute("lang", "en")


class TestSigningIn:
    def test_a_curator_signs_in_at_the_provider_sees_theirs_and_after_signing_out_nothing(self, held: Library) -> None:
        asked: list[str] = []
        later, other = held.path("budouci"), held.path("cizi")
        with held.visitor.window() as page:
            page.on("request", lambda sent: asked.append(sent.url))
            assert page.request.get(later).status == 404
            page.goto("/")
            page.get_by_role("link", name="Přihlásit se").click()
            page.get_by_role("link", name="poskytovatele identity").click()
            page.get_by_placeholder("sub").fill("jana")
            page.get_by_role("button", name="Authorize").click()
            expect(page.locator(".who")).to_contain_text("Jana Nová")
            sent = next(parse_qs(urlsplit(each).query) for each in asked if "code_challenge" in each)
            assert (sent["response_type"], sent["code_challenge_method"]) == (["code"], ["S256"])

            page.goto(later)
            expect(page.get_by_role("heading", level=1)).to_contain_text("Pověsti z Podbřežska")
            image = page.request.get(f"{later}/page/1/image.jpg")
            assert (image.status, image.headers["content-type"]) == (200, "image/jpeg")
            assert page.request.get(other).status == 404, "another institution's"
            page.goto("/account")
            page.get_by_role("button", name="Odhlásit se").click()
            expect(page.locator(".who")).to_contain_text("Přihlásit se")
            self._assert_gone(page, held)

    @staticmethod
    def _assert_gone(page: Page, held: Library) -> None:
        later, uuid = held.path("budouci"), held.volumes["budouci"]
        tails = ("", "/page/1", "/page/1/image.jpg", "/page/1/alto.xml", "/mets.xml", "/volume.pdf", "/text.txt")
        paths = [later + tail for tail in tails] + [f"/iiif/manifest/{uuid}", f"/catalogue/volume/{uuid}.json"]
        assert [page.request.get(path).status for path in paths] == [404] * len(paths)
        page.goto(later, wait_until="load")
        page.go_back()
        page.go_back()
        assert "Podbřežska" not in page.inner_text("main"), "nor by going back"
        page.goto("/search?q=Podbřežska&in=titles")
        assert uuid not in page.content()

    def test_somebody_in_no_group_reads_what_everybody_reads(self, held: Library) -> None:
        with held.visitor.window() as page:
            page.goto("/sign-in")
            page.get_by_role("link", name="poskytovatele identity").click()
            page.get_by_placeholder("sub").fill("karel")
            page.get_by_role("button", name="Authorize").click()
            expect(page.locator(".who")).to_contain_text("Karel Čtenář")
            told = [page.request.get(path).status for path in (held.path("kniha"), held.path("budouci"))]
            assert told == [200, 404]
            assert page.goto("/desk").status == 403  # type: ignore[union-attr]


def test_without_scripts_one_signs_in_searches_reads_turns_proposes_and_takes_away(held: Library) -> None:
    held.visitor.served.account("anna", Role.CURATOR)
    with held.visitor.window(java_script_enabled=False, accept_downloads=True) as page:
        page.goto("/sign-in")
        page.get_by_label("Přihlašovací jméno").fill("anna")
        page.get_by_label("Heslo").fill(PASSWORD)
        page.get_by_role("button", name="Přihlásit se").click()
        expect(page.locator(".who")).to_contain_text("Anna")
        page.goto("/")
        page.locator("#q").fill(WORD)
        page.get_by_role("button", name="Hledat").click()
        page.locator("main a[href*='/page/2?']").first.click()
        assert page.locator("#lines mark").count() > 0
        assert page.locator("#still img").evaluate("(each) => each.naturalWidth") > 500
        page.get_by_role("link", name="Další", exact=True).click()
        assert "/page/3" in page.url
        proposed(page, held.path("kniha").removeprefix("/volume/"))
        page.goto("/catalogue/page")
        with page.expect_download() as saved:
            page.locator("a[href*='/export/page.csv']").first.click()
        rows = saved.value.path().read_text(encoding="utf-8").splitlines()
        assert len(rows) == 1 + 5, "all pages of all volumes: she works everywhere"


def proposed(page: Page, volume: str) -> str:
    """Propose that a line of the book's first page reads otherwise; the address of the proposal."""
    page.goto(f"/propose/{volume}/page/1/text")
    line = page.get_by_label("Řádek 1", exact=True)
    line.fill(" ".join("x" + word for word in line.input_value().split()))
    page.get_by_role("button", name="Ukázat změny").click()
    page.get_by_label("Důvod").fill("čte se tak")
    page.get_by_role("button", name="Podat návrh").click()
    expect(page.get_by_role("status")).to_contain_text("je podán")
    page.goto("/desk")
    return str(page.locator("a[href*='/desk/proposal/']").first.get_attribute("href"))


def pages(held: Library) -> dict[str, list[str]]:
    """Addresses of all pages, by who looks at them: ours in each of their states, and Datasette's."""
    book = held.path("kniha")
    uuid = held.volumes["kniha"]
    propose = f"/propose/{uuid}"
    reader = [
        "/",
        "/search",
        f"/search?q={WORD}",
        "/search?q=nicnikde",
        f"{book}?q={WORD}",
        f"{book}/page/1",
        f"{book}/page/2?q={WORD}",
        f"{book}/go?label=nic",
        f"{book}/volume.pdf?last=x",
        "/sign-in",
        "/help",
        "/nic",
        "/desk",
        "/catalogue",
        "/catalogue/volume",
        "/catalogue/page?quality=good",
        "/catalogue/division",
        "/catalogue/holdings",
        f"/catalogue/volume/{uuid}",
        f"/catalogue/find_word?word={WORD}",
        "/catalogue/page?_sort=nothing",
    ]
    curator = [
        "/",
        "/account",
        "/desk",
        f"{propose}/description",
        f"{propose}/pages",
        f"{propose}/page/2/text",
        book,
        "/catalogue?sql=select+1+as+one",
        "/catalogue?sql=nonsense",
        "/catalogue/event",
        "/work",
        "/where?q=A+1934%2F17",
    ]
    archivist = ["/", "/safety", "/capacity", "/work", f"/work/{held.batch}", "/where", "/where?q=nic"]
    archivist += [f"/catalogue/{table}" for table in ("journal", "copy", "fixity", "word_form", "custody")]
    return {"reader": reader, "curator": curator, "archivist": archivist}


@pytest.mark.parametrize("who", WHO)
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(held: Library, web_tools: Path, who: str) -> None:
    axe = next(web_tools.glob("axe-core@*/axe.min.js")).read_text(encoding="utf-8")
    found: list[str] = []
    with held.visitor.window(WHO[who]) as page:
        extra = [proposed(page, held.volumes["kniha"])] if who == "curator" else []
        extra += _titles(page) if who == "reader" else []
        for path in [*pages(held)[who], *extra]:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto(path)
            page.wait_for_load_state("networkidle")
            for width in (1280, 360):
                page.set_viewport_size({"width": width, "height": 800})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    found += [f"{path} {width} {scheme}: {said}" for said in axe_findings(page, axe)]
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    found.append(f"{path}: wider than {width}")
    assert found == []


def _titles(page: Page) -> list[str]:
    """The pages of works in several volumes that everybody may see."""
    told = json.loads(page.request.get("/catalogue/title.json?_shape=array").text())
    return [f"/title/{each['id']}" for each in told[:1]]


@pytest.mark.parametrize("who", WHO)
def test_every_page_can_be_walked_with_the_keyboard(held: Library, who: str) -> None:
    wrong: list[str] = []
    with held.visitor.window(WHO[who]) as page:
        for path in pages(held)[who]:
            page.goto(path)
            page.wait_for_load_state("networkidle")
            wrong += [f"{path}: {said}" for said in walked(page)]
    assert wrong == []


def test_no_page_of_ours_is_left_out(held: Library) -> None:
    looked_at = {urlsplit(path).path for paths in pages(held).values() for path in paths}
    looked_at |= {"/desk/proposal/x", "/title/x"}
    elsewhere = {"sign_out", "sign_in_openid", "sign_in_openid_back", "page_by_uuid", "propose_save"}  # they lead on
    left_out = {
        route.name
        for route in ROUTES
        if route.media == "text/html" and not any(re.search(route.pattern, path) for path in looked_at)
    }
    assert left_out == elsewhere
