"""Every page in Czech and English: the switch, and what remembers it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from repository.catalogue.serve import application
from tests.stored_volumes import Shelf, close


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.keep("a", "zvon", "kniha")
    shelf.build()
    return shelf


def asked(shelf: Shelf, path: str, **headers: str) -> Any:  # noqa: ANN401 - httpx' answer, as Datasette gives it
    """One answer, redirections not followed."""
    served = application(shelf.house)
    try:
        return asyncio.run(served.client.get(path, headers=headers))
    finally:
        close(served)


class TestSwitch:
    def test_czech_comes_first_whatever_the_browser_wishes(self, shelf: Shelf) -> None:
        page = asked(shelf, "/", **{"accept-language": "en-GB,en;q=0.9"})
        assert '<html lang="cs">' in page.text
        assert 'href="/?_lang=en"' in page.text

    def test_the_switch_is_remembered_and_leads_back_to_the_same_page(self, shelf: Shelf) -> None:
        turned = asked(shelf, "/catalogue/volume?year=1888&_lang=en&_sort=year")
        assert (turned.status_code, turned.headers["location"]) == (303, "/catalogue/volume?year=1888&_sort=year")
        cookie = turned.headers["set-cookie"].split(";")[0]
        page = asked(shelf, turned.headers["location"], cookie=cookie)
        assert '<html lang="en">' in page.text
        assert "<h1>Volumes</h1>" in page.text

    def test_pages_of_tables_keep_their_question_in_the_switch(self, shelf: Shelf) -> None:
        page = asked(shelf, "/catalogue/volume?year=1888&_sort=year")
        assert "/catalogue/volume?year=1888&amp;_sort=year&amp;_lang=en" in page.text

    def test_error_pages_are_switched_too(self, shelf: Shelf) -> None:
        page = asked(shelf, "/catalogue/nic", cookie="kdr_lang=en")
        assert page.status_code == 404
        assert '<html lang="en">' in page.text

    @pytest.mark.parametrize(
        "path", ["//zly.example/x?_lang=en", "/%5Czly.example?_lang=en", "/\\zly.example?_lang=en"]
    )
    def test_the_switch_leads_to_no_other_host(self, shelf: Shelf, path: str) -> None:
        served = application(shelf.house)
        try:
            turned = asyncio.run(_raw(served.app(), path))
        finally:
            close(served)
        assert turned.status_code == 303
        assert httpx.URL("https://katalog.example/").join(turned.headers["location"]).host == "katalog.example"

    @pytest.mark.parametrize("cookie", ["kdr_lang=xx", "kdr_lang=", 'a="b', "kdr_lang=en\\\x7f; ="])
    def test_a_strange_cookie_means_czech(self, shelf: Shelf, cookie: str) -> None:
        assert '<html lang="cs">' in asked(shelf, "/", cookie=cookie).text

    def test_over_https_it_is_remembered_for_https(self, shelf: Shelf) -> None:
        served = application(shelf.house)
        try:
            turned = asyncio.run(_raw(served.app(), "/?_lang=en"))
        finally:
            close(served)
        assert "; Secure" in turned.headers["set-cookie"]
        assert "; Secure" not in asked(shelf, "/?_lang=en").headers["set-cookie"]

    def test_a_switch_to_no_language_is_no_switch(self, shelf: Shelf) -> None:
        assert asked(shelf, "/?_lang=klingon").status_code == 200


async def _raw(app: Any, path: str) -> httpx.Response:  # noqa: ANN401 - an ASGI application
    url = httpx.URL(scheme="https", host="katalog.example", raw_path=path.encode())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        return await client.send(httpx.Request("GET", url))
