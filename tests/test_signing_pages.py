"""The pages of signing in as people meet them: without JavaScript, on a phone, judged by axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from repository.catalogue.house import OpenId
from repository.catalogue.rights.audience import Role
from tests.signing_server import PASSWORD, Served, serving, small_shelf

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A catalogue with an account, and an identity provider that nobody goes to."""
    shelf = small_shelf(tmp_path_factory.mktemp("pages"))
    with serving(shelf, openid=OpenId("http://127.0.0.1:9", "kdr")) as running:
        running.account("jana", roles=(Role.CURATOR, Role.ARCHIVIST))
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def test_somebody_signs_in_makes_a_token_and_signs_out_without_javascript(served: Served, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="cs")
    page = context.new_page()
    page.goto(f"{served.address}/account")
    page.get_by_label("Přihlašovací jméno").fill("jana")
    page.get_by_label("Heslo").fill("wrong password")
    page.locator("main button").click()
    assert "Jméno nebo heslo nesouhlasí" in page.get_by_role("alert").inner_text()
    page.get_by_label("Heslo").fill(PASSWORD)
    page.locator("main button").click()
    assert page.url == f"{served.address}/account"
    page.get_by_label("K čemu slouží").fill("noční sklizeň")
    page.get_by_role("button", name="Vytvořit klíč").click()
    assert page.get_by_label("Nový klíč.").input_value().startswith("kdr_")
    page.get_by_role("button", name="Zrušit klíč noční sklizeň").click()
    assert page.get_by_text("noční sklizeň").count() == 0
    page.get_by_role("button", name="Odhlásit se").click()
    assert page.get_by_role("link", name="Přihlásit se").is_visible()
    context.close()


@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing(served: Served, chromium: Browser, web_tools: Path, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 740}, bypass_csp=True)
    page = context.new_page()
    axe = next(web_tools.glob("axe-core@*")) / "axe.min.js"

    def judged() -> list[str]:
        page.add_script_tag(path=axe)
        found = page.evaluate(
            "axe.run().then(found => found.violations.map(each => each.id + ' ' + each.nodes[0].html))"
        )
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return [*found, *(["wider than the window"] if wide else [])]

    page.goto(f"{served.address}/sign-in")
    assert judged() == []
    page.get_by_label("Přihlašovací jméno").fill("jana")
    page.get_by_label("Heslo").fill("wrong password")
    page.locator("main button").click()
    assert judged() == []
    page.get_by_label("Heslo").fill(PASSWORD)
    page.locator("main button").click()
    page.goto(f"{served.address}/account")
    page.get_by_label("K čemu slouží").fill("denní sklizeň")
    page.get_by_role("button", name="Vytvořit klíč").click()
    assert judged() == []
    page.goto(f"{served.address}/-/permissions")
    assert "nemáte oprávnění" in page.content()
    assert judged() == []
    context.close()
