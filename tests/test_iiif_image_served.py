"""The image service over a real server: judged by the validator of the IIIF, and by many readers at once."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from repository.catalogue.house import Config
from tests.page_images import keep_pictures, squares
from tests.stored_volumes import Shelf
from tests.web import serving

pytestmark = pytest.mark.slow
VALIDATOR = Path(sys.executable).with_name("iiif-validate.py")
READERS = 1000
NOT_OURS = {"format_pdf", "format_jp2", "format_webp", "size_up"}
"""Options ("level 3") that we do not offer, or that the validator cannot judge.

Its test of WebP is written for Python 2, and it takes ^max for the page's own size ("needs a bit more thought").
"""


def fetched(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, of a path that nothing rewrites on its way."""
    with closing(HTTPConnection(urlsplit(address).netloc, timeout=120)) as connection:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def page_of(shelf: Shelf) -> str:
    return str(shelf.rows("select uuid from page order by volume, position")[0][0])


def test_the_validator_of_the_iiif_passes_level_2_and_what_else_we_offer(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    keep_pictures(shelf, "squares", [squares()])
    with serving(shelf.house) as address:
        arguments = ["-s", urlsplit(address).netloc, "-p", "iiif/3", "-i", page_of(shelf), "--version=3.0", "--level=3"]
        done = subprocess.run(
            [sys.executable, str(VALIDATOR), *arguments], capture_output=True, text=True, check=False, timeout=120
        )
    verdicts = dict(re.findall(r"test (\w+) (PASS|FAIL)", done.stdout + done.stderr))
    assert len(verdicts) >= 33, done.stderr
    assert {name for name, verdict in verdicts.items() if verdict == "FAIL"} <= NOT_OURS, done.stderr


def test_a_thousand_first_sights_make_one_copy(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    keep_pictures(shelf, "squares", [squares()])
    page = page_of(shelf)
    unlimited = shelf.housed(Config(unknown_access="public", images_per_second=READERS))
    with serving(unlimited) as address, ThreadPoolExecutor(100) as readers:
        paths = [f"/iiif/3/{page}/{x % 10 * 100},{x // 100 * 100},100,100/max/0/default.jpg" for x in range(READERS)]
        answers = list(readers.map(lambda path: fetched(address, path), paths))
    assert {status for status, _, _ in answers} == {200}
    assert all(Image.open(io.BytesIO(body)).size == (100, 100) for _, _, body in answers)
    assert len([path for path in shelf.house.images.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/iiif/3/..%2F..%2Fcatalogue.db/info.json", 404),
        ("/iiif/3/../../catalogue.db/full/max/0/default.jpg", 404),
        ("/iiif/3/{page}%00/info.json", 400),
        ("/iiif/3/{page}%2F..%2F{page}/info.json", 404),
        ("/iiif/3/{page}%FF/info.json", 404),
        ("/iiif/3/%27%20or%201=1--/info.json", 404),
        ("/iiif/3/{page}/full/%00/0/default.jpg", 400),
        ("/iiif/3/{page}/full%0A/max/0/default.jpg", 400),
        ("/iiif/3/{page}/full/max/0/default.jpg%0A", 400),
        ("/iiif/3/{page}/full/max/0/default.jpg%00.png", 400),
        ("/iiif/3/{page}/full/max/0/..%2F..%2Fdefault.jpg", 400),
        ("/iiif/3/{page}/full/99999999,99999999/0/default.jpg", 400),
        ("/iiif/3/{page}/full/%5E99999999,99999999/0/default.jpg", 400),
        ("/iiif/3/{page}/0,0,1,1/%5E16384,1/0/default.jpg", 400),
        (f"/iiif/3/{{page}}/full/{'9' * 60_000},/0/default.jpg", 414),
        ("/iiif/3/{page}/-1,0,10,10/max/0/default.jpg", 400),
        ("/iiif/3/{page}/full/max/NaN/default.jpg", 400),
        ("/iiif/3/{page}/full/max/1e9/default.jpg", 400),
        ("/iiif/3/{page}/full/max/1000000000/default.jpg", 400),
        ("/iiif/3/{page}/full/pct:0/0/default.jpg", 400),
        ("/iiif/3/{page}/full/%D9%A1%D9%A0,/0/default.jpg", 400),
        ("/iiif/3/{page}/full/max/0/default.pdf", 501),
    ],
)
def test_hostile_requests_are_refused_plainly(hostile: tuple[str, str], path: str, status: int) -> None:
    address, page = hostile
    told, _, body = fetched(address, path.replace("{page}", page))
    assert told == status
    assert b"Traceback" not in body
    assert fetched(address, f"/iiif/3/{page}/info.json")[0] == 200, "the server is up"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    keep_pictures(shelf, "squares", [squares(10)])
    with serving(shelf.house) as address:
        yield address, page_of(shelf)


def test_asking_for_the_head_gives_the_head(hostile: tuple[str, str]) -> None:
    address, page = hostile
    path = f"/iiif/3/{page}/full/max/0/default.jpg"
    whole, alone = fetched(address, path), fetched(address, path, "HEAD")
    assert alone[2] == b""
    assert alone[0] == 200
    assert {n: v for n, v in alone[1].items() if n != "date"} == {n: v for n, v in whole[1].items() if n != "date"}
    assert whole[1]["content-length"] == str(len(whole[2]))


def test_a_warm_tile_comes_at_once(hostile: tuple[str, str]) -> None:
    address, page = hostile
    path = f"/iiif/3/{page}/0,0,64,64/max/0/default.jpg"
    fetched(address, path)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        assert fetched(address, path)[0] == 200
        times.append(time.perf_counter() - start)
    assert sorted(times)[10] < 0.25, "far above what bench/iiif_tiles.py measures on a quiet machine"
