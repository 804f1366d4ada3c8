"""A served catalogue under attack over its socket: too much, too slow, too many, and what is no HTTP at all."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import product
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from metadata.description import Rights
from metadata.model import new_page_id, new_volume_id
from repository.catalogue.house import Config
from repository.catalogue.plugin import ROUTES
from tests.attacks import addresses, leaked
from tests.page_images import keep_pictures
from tests.rights_shelf import OUTSIDE, RightsShelf
from tests.web import serving

pytestmark = pytest.mark.slow

RATES = {"searches_per_second": 1e6, "images_per_second": 1e6}


@pytest.fixture(scope="module")
def rights(tmp_path_factory: pytest.TempPathFactory) -> RightsShelf:
    shelf = RightsShelf(tmp_path_factory.mktemp("rights"))
    keep_pictures(shelf, "obrazy", [Image.new("RGB", (3000, 2000))], rights=Rights("pd"))
    return shelf


@pytest.fixture(scope="module")
def address(rights: RightsShelf) -> Iterator[str]:
    with serving(rights.housed(Config(premises=(), image_megapixels=4, **RATES))) as where:  # type: ignore[arg-type]
        yield where


@pytest.fixture(autouse=True)
def alive(address: str) -> Iterator[None]:
    """After every attack the catalogue is well and answers at once."""
    yield
    begun = time.monotonic()
    assert httpx.get(f"{address}/healthz", timeout=30).json()["status"] == "ok"
    assert time.monotonic() - begun < 10


def connected(address: str) -> socket.socket:
    """A bare connection."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=30)


def said(address: str, request: bytes) -> bytes:
    """What the server answers to bytes before it hangs up or has said its head."""
    with closing(connected(address)) as line:
        try:
            line.sendall(request)
            return line.recv(65536)
        except (ConnectionError, TimeoutError):
            return b""


class TestTooMuch:
    @pytest.mark.parametrize("megabytes", [1, 10])
    def test_an_address_of_megabytes_is_refused(self, address: str, megabytes: int) -> None:
        got = said(address, b"GET /search?q=" + b"a" * (megabytes << 20) + b" HTTP/1.1\r\nhost: x\r\n\r\n")
        assert got[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 414"), got[:200]

    def test_headers_of_megabytes_are_refused(self, address: str) -> None:
        lines = b"".join(b"x-%d: %s\r\n" % (number, b"a" * 1000) for number in range(2000))
        got = said(address, b"GET / HTTP/1.1\r\nhost: x\r\n" + lines + b"\r\n")
        assert got[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 431"), got[:200]

    @pytest.mark.parametrize("path", ["/sign-in", "/oai", "/desk", "/", "/search", "/iiif/collection", "/nothing"])
    def test_a_form_of_megabytes_is_refused(self, address: str, path: str) -> None:
        answer = httpx.post(f"{address}{path}", content=b"a=" + b"b" * (10 << 20), timeout=30)
        assert answer.status_code in (400, 403, 405, 413)

    @pytest.mark.parametrize(
        "request_line",
        [
            b"GET /%00 HTTP/1.1", b"GET http://evil.example/ HTTP/1.1", b"GET //evil.example/ HTTP/1.1",
            b"GET /../../etc/passwd HTTP/1.1", b"GET /assets/../serve.py HTTP/1.1", b"\x16\x03\x01\x02\x00\x01",
            b"GET /assets/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1", b"TRACE / HTTP/1.1",
            b"CONNECT evil.example:443 HTTP/1.1",
            b"PRI * HTTP/2.0", b"GET / HTTP/9.9", b"GET \xff\xfe HTTP/1.1", b"DELETE /volume/x HTTP/1.1",
            b"PROPFIND / HTTP/1.1", b"GET /-/static/..%2fapp.py HTTP/1.1", b"GET ?q HTTP/1.1", b"GET * HTTP/1.1",
        ],
    )  # fmt: skip
    def test_what_is_hardly_http_gets_nothing(self, address: str, request_line: bytes) -> None:
        got = said(address, request_line + b"\r\nhost: katalog.example.cz\r\nconnection: close\r\n\r\n")
        assert got[9:10] in (b"", b"3", b"4") or (b" / " in request_line and got[9:10] == b"2"), got[:300]
        assert b"evil.example" not in got.partition(b"\r\n\r\n")[0]
        assert b"root:" not in got

    @pytest.mark.parametrize(
        "more", [b"content-length: 5\r\ntransfer-encoding: chunked", b"content-length: 1\r\ncontent-length: 2"]
    )
    def test_a_request_smuggled_behind_another_is_not_answered(self, address: str, more: bytes) -> None:
        inner = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
        got = said(address, b"POST /sign-in HTTP/1.1\r\nhost: x\r\n" + more + b"\r\n\r\n0\r\n\r\n" + inner)
        assert b'"status"' not in got


class TestTooMany:
    def test_those_who_send_slowly_keep_nobody_waiting(self, address: str) -> None:
        with ExitStack() as lines:
            for number in range(300):
                line = lines.enter_context(closing(connected(address)))
                line.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nx-a: b\r\n" if number % 2 else b"")
            forms = [lines.enter_context(closing(connected(address))) for _ in range(50)]
            for form in forms:
                form.sendall(b"POST /sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\na")
            begun = time.monotonic()
            assert httpx.get(f"{address}/search?q=zvonice", timeout=30).status_code == 200
            assert time.monotonic() - begun < 5

    def test_those_who_go_away_leave_nothing_behind(self, address: str, rights: RightsShelf) -> None:
        volume = rights.kept["volny"].id
        paths = ["/export/page.csv", f"/volume/{volume}/text.txt", "/search?q=zvonice", "/oai?verb=ListIdentifiers"]
        for path in paths * 25:
            with closing(connected(address)) as line:
                line.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())

    def test_bombs_of_images_at_once(self, address: str) -> None:
        page = new_page_id(new_volume_id("obrazy"), "1.tif")
        regions = (
            "full",
            "0,0,999999999,999999999",
            "0,0,1,1",
            "pct:0,0,100,100",
            "pct:0,0,0.000001,0.000001",
            "square",
        )
        sizes = (
            "max",
            "^max",
            "^999999999,",
            "^pct:99999",
            "^!16383,16383",
            "^16383,1",
            "16384,16384",
            "pct:0.0001",
            "0,0",
        )
        lasts = ("0/default.jpg", "359.999999999/gray.png", "!45/bitonal.gif", "720/color.tif", "1e9/default.webp")
        paths = [f"/iiif/3/{page}/{'/'.join(parts)}" for parts in product(regions, sizes, lasts)][::7]
        with httpx.Client(base_url=address, timeout=120) as client, ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(client.get, paths))
        for answer in answers:
            assert answer.status_code in (200, 400, 501, 503), answer.url
            assert len(answer.content) < 40_000_000, answer.url
        assert {200, 400} <= {answer.status_code for answer in answers}

    def test_hard_questions_at_once_are_stopped(self, address: str) -> None:
        hard = ["a*%20" * 100, "%22zvonice%20" * 100, "zv*%20OR%20" * 31, "-a%20" * 30, "(" * 900, "zvonice%20" * 32]
        with httpx.Client(base_url=address, timeout=60) as client, ThreadPoolExecutor(12) as threads:
            for answer in threads.map(lambda asked: client.get(f"/search.json?q={asked}"), hard * 4):
                assert answer.status_code in (200, 400, 414), answer.text


def test_whatever_is_asked_over_the_wire_nothing_breaks(address: str, rights: RightsShelf) -> None:
    volume = new_volume_id("obrazy")
    good = {
        "volume": str(volume),
        "uuid": str(new_page_id(volume, "1.tif")),
        "page": "1",
        "table": "page",
        "format": "csv",
    }
    good |= {"region": "full", "size": "10,", "rotation": "0", "last": "default.jpg", "kind": "pages", "number": "1"}
    paths = [path for route in ROUTES for path in list(addresses(route, good | {"form": "csv", "title": "t"}))[::23]]
    house = rights.house
    with httpx.Client(base_url=address, timeout=60) as client:
        for path in paths:
            answer = client.get(path)
            assert answer.status_code < 500 or answer.status_code == 501, path
            assert leaked(answer, house, path) == [], path
            rights.assert_hidden(answer.text, OUTSIDE, asked=path)


def test_the_machine_is_not_told(address: str) -> None:
    answer = httpx.get(f"{address}/")
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
