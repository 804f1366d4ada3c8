"""What a tile of a page costs over HTTP, beside the bare libvips call that cuts it.

    python -m bench.iiif_tiles [--tiles 400] [--side 10000 7000] [--readers 1 8] [--quick] [--name NAME]

Stores a volume of one made-up page, serves its catalogue in a process of its own, makes the access copy by a first
sight (told as such), then asks for tiles of 512 pixels at all scales in random order over kept-alive connections, by
one reader and by several at once. The same tiles are cut by libvips alone, in this process. Ends with 1 when the 95th
percentile of one reader is over 15 ms.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from os import getloadavg
from pathlib import Path

import numpy as np
from PIL import Image

from bench.measure import cpu_of
from repository.catalogue.house import Config, House
from repository.catalogue.iiif.image_info import levels
from repository.catalogue.iiif.image_request import rendering
from repository.catalogue.iiif.pyramid import TILE
from repository.catalogue.iiif.vips import open_file
from repository.catalogue.serve import serve
from repository.directory_place import DirectoryPlace
from tests.page_images import keep_pictures, written
from tests.servers import HERE, free_port
from tests.stored_volumes import Shelf

MOST_MS = 15.0
_RESULTS = Path(__file__).parent / "results"
_SMALL, _FEW = (3000, 4000), 100
_SEED = 20261123


def main() -> int:
    """Measure and print; 1 when the bound is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=400)
    parser.add_argument("--side", type=int, nargs=2, default=(10_000, 7_000))
    parser.add_argument("--readers", type=int, nargs="+", default=(1, 8))
    parser.add_argument("--quick", action="store_true", help="a smaller page, fewer tiles")
    parser.add_argument("--name", help="write bench/results/NAME.md")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        serve(_house(Path(told.serve[0])), HERE, int(told.serve[1]))
        return 0
    side, count = (_SMALL, _FEW) if told.quick else ((told.side[0], told.side[1]), told.tiles)
    with tempfile.TemporaryDirectory() as folder:
        lines, kept = _measured(Path(folder), side, count, told.readers)
    print("\n".join(lines))
    if told.name:
        (_RESULTS / f"{told.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0 if kept else 1


def _measured(folder: Path, side: tuple[int, int], count: int, readers: Sequence[int]) -> tuple[list[str], bool]:
    """The lines of the table, and whether the bound is kept."""
    shelf, picture = Shelf(folder), _printed(*side)
    files = written(picture, "TIFF", compression="tiff_lzw"), written(Image.new("L", (1, 1)))
    keep_pictures(shelf, "bench", [picture], files)
    (page,) = shelf.rows("select uuid from page")[0]
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "bench.iiif_tiles", "--serve", str(folder), str(port)])
    try:
        base = f"/iiif/3/{page}"
        first = _patiently(port, base) * 1000
        (copy,) = (folder / "images").rglob("*.tif")
        asked = _tiles(side, count)
        bare = _bare(copy, asked, side)
        ranges = [bare, *(_over_http(server.pid, (port, base), asked, number) for number in readers)]
    finally:
        server.terminate()
        server.wait(30)
    busy = " ".join(f"{load:.1f}" for load in getloadavg())
    lines = [
        f"# Tiles of 512 pixels of a page of {side[0]} x {side[1]}",
        f"\nLoad {busy}, `python -m bench.iiif_tiles`; milliseconds; {count} tiles at all scales in random order.",
        f"First sight {first:.0f} ms; access copy {copy.stat().st_size / 1e6:.1f} MB.\n",
        "| | wall p50 | wall p95 | p95 / libvips alone | CPU mean |\n|---|---:|---:|---:|---:|",
    ]
    most = _percentile(bare[1], 95)
    for title, times, cpu in ranges:
        last = _percentile(times, 95)
        lines.append(f"| {title} | {_percentile(times, 50):.2f} | {last:.2f} | {last / most:.2f} | {cpu:.2f} |")
    return lines, _percentile(ranges[1][1], 95) <= MOST_MS


def _house(folder: Path) -> House:
    """What `Shelf` left in `folder`, in another process, to readers who are never told to wait."""
    config = Config(unknown_access="public", images_per_second=1e6)
    place = DirectoryPlace("hlavní", folder / "primary", site="Liberec")
    database = folder / "catalogue" / "catalogue.db"
    return House(database, folder / "images", folder / "people", config, places=lambda: (place,))


def _printed(width: int, height: int) -> Image.Image:
    """Paper with grain and dark lines, which JPEG finds neither too easy nor too hard."""
    grain = np.random.default_rng(_SEED).integers(-12, 12, (height, width, 1), dtype=np.int16)
    paper = np.full((height, width, 3), (236, 228, 208), dtype=np.int16) + grain
    rows = np.arange(height) % 60 < 22
    strokes = np.random.default_rng(_SEED).random((height // 4 + 1, width // 4 + 1)) < 0.45
    ink = np.kron(strokes, np.ones((4, 4), dtype=bool))[:height, :width] & rows[:, None]
    paper[ink] -= 170
    return Image.fromarray(paper.clip(0, 255).astype(np.uint8))


def _tiles(side: tuple[int, int], count: int) -> list[str]:
    """Tiles as a viewer asks for them, at all scales, in random order."""
    chance = random.Random(_SEED)  # noqa: S311 - no secret
    asked = []
    for _ in range(count):
        span = TILE << chance.randrange(levels(*side))
        x, y = (chance.randrange(0, length, span) for length in side)
        width, height = min(span, side[0] - x), min(span, side[1] - y)
        shrunk = -(-width * TILE // span), -(-height * TILE // span)
        asked.append(f"{x},{y},{width},{height}/{shrunk[0]},{shrunk[1]}/0/default.jpg")
    return asked


def _bare(copy: Path, asked: Sequence[str], side: tuple[int, int]) -> tuple[str, list[float], float]:
    """Without us: crop of the right level and JPEG; the rare tile at an edge is scaled by a pixel."""
    open_levels = [open_file(str(copy), access="random", page=level) for level in range(levels(*side))]

    def cut(tile: str) -> None:
        region, size, turn, last = tile.split("/")
        wanted = rendering((region, size, turn, last), side, 25_000_000)
        level = max(0, (wanted.region[2] // wanted.size[0]).bit_length() - 1)
        picture = open_levels[level]
        left, top = wanted.region[0] >> level, wanted.region[1] >> level
        width = min(wanted.size[0], picture.width - left)
        height = min(wanted.size[1], picture.height - top)
        picture.crop(left, top, width, height).jpegsave_buffer(Q=80, keep="none")

    before = time.process_time()
    times = _timed(cut, asked)
    return "libvips alone", times, (time.process_time() - before) / len(asked) * 1000


def _over_http(
    process: int, where: tuple[int, str], asked: Sequence[str], readers: int
) -> tuple[str, list[float], float]:
    """By so many at once, of the server `process` at the port and below the address `where`; its CPU for a tile."""
    port, base = where

    def read(part: Sequence[str]) -> list[float]:
        with closing(HTTPConnection(HERE, port, timeout=60)) as connection:
            return _timed(lambda tile: _fetch(connection, f"{base}/{tile}"), part)

    read(asked[:50])
    before = cpu_of(process)
    with ThreadPoolExecutor(readers) as pool:
        times = [
            each for part in pool.map(read, [asked[number::readers] for number in range(readers)]) for each in part
        ]
    return f"HTTP, readers at once: {readers}", times, (cpu_of(process) - before) / len(asked) * 1000


def _fetch(connection: HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status} {body[:200]!r}")


def _timed(ask: Callable[[str], None], asked: Sequence[str]) -> list[float]:
    """Milliseconds of each."""
    times = []
    for tile in asked:
        start = time.perf_counter()
        ask(tile)
        times.append((time.perf_counter() - start) * 1000)
    return times


def _percentile(times: Sequence[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1]


def _patiently(port: int, base: str) -> float:
    """Seconds that the first sight of the page takes, once the server stands."""
    until = time.monotonic() + 60
    while True:
        try:
            with closing(HTTPConnection(HERE, port, timeout=120)) as connection:
                _fetch(connection, f"{base}/info.json")
                start = time.monotonic()
                _fetch(connection, f"{base}/full/!200,300/0/default.jpg")
                return time.monotonic() - start
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
