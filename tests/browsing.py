"""A real browser for tests: Debian's Chromium, its windows, what axe-core says, and walking a page by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from repository.catalogue.rights.audience import Audience
from repository.catalogue.signing.session import COOKIE, issue
from tests.signing_server import Served

CHROMIUM = Path("/usr/bin/chromium")
_ARGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_AXE = """
axe.run().then((told) => told.violations.map((each) => {
  const nodes = each.nodes.map((node) => `${node.target.join(" ")} ${node.html.slice(0, 160)}`);
  return `${each.id}: ${nodes.join(" | ")}`;
}))
"""
# What is focused now: how it is called, whether it shows that it is, and whether it is on the screen.
_FOCUSED = """
async () => {
  await new Promise(requestAnimationFrame);
  const at = document.activeElement;
  if (!at || at === document.body || at === document.documentElement) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const middle = [box.left + box.width / 2, box.top + box.height / 2];
  const seen = box.width > 0 && box.height > 0 && middle[0] >= 0 && middle[0] <= innerWidth
    && box.bottom > 0 && box.top < innerHeight;
  at.dataset.walked = "1";
  return {name: at.outerHTML.slice(0, 120), shown: ring || style.boxShadow !== "none", seen};
}
"""
_MISSED = """
[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(
  (each) => !each.dataset.walked && !each.disabled && each.tabIndex >= 0 && each.type !== "radio"
    && each.checkVisibility({visibilityProperty: true}))
  .map((each) => each.outerHTML.slice(0, 120))
"""
MOST_STOPS = 600


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; the test is skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=str(CHROMIUM), args=_ARGS)
        yield started
        started.close()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody before a screen: who they are to `served` (nobody: not signed in)."""

    browser: Browser
    served: Served

    @contextmanager
    def window(self, audience: Audience | None = None, width: int = 1280, **how: Any) -> Iterator[Page]:  # noqa: ANN401
        """A window that knows of no other; what its pages' scripts cannot do, or may not, fails the test."""
        size: Any = {"width": width, "height": 900}
        address = self.served.address
        context = self.browser.new_context(
            viewport=size, base_url=address, locale="cs-CZ", reduced_motion="reduce", **how
        )
        if audience is not None:
            session = issue(self.served.datasette, audience)
            context.add_cookies([{"name": COOKIE, "value": session, "url": address}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
        yield page
        context.close()
        assert errors == []


def axe_findings(page: Page, axe: str) -> list[str]:
    """What axe-core (its source is `axe`) has against the page as it is shown now."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe)
    return list(page.evaluate(_AXE))


def walked(page: Page) -> list[str]:
    """What is wrong when somebody goes through the page with Tab alone, from its beginning to its end."""
    wrong: list[str] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = page.evaluate(_FOCUSED)
        if at is None:
            return wrong + [f"not reached: {each}" for each in page.evaluate(_MISSED)]
        if not at["shown"]:
            wrong.append(f"focus not visible: {at['name']}")
        if not at["seen"]:
            page.wait_for_timeout(300)  # the scrolling of a wide table takes its time
            at = page.evaluate(_FOCUSED)
        if not at["seen"]:
            wrong.append(f"focused off the screen: {at['name']}")
    return [*wrong, f"no way out after {MOST_STOPS} stops"]
