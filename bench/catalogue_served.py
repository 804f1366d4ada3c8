"""The pages of a large catalogue as readers get them: a server in a process of its own, asked over HTTP.

Part of bench.catalogue_million. The reader comes from outside, so that every row is looked at for its rights. CPU is
that of the server's process, so that what else runs on the machine weighs less.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.measure import cpu_of
from repository.catalogue.house import Config, House
from repository.catalogue.serve import serve
from tests.servers import HERE, free_port

_PATIENCE = 300.0
_PIECE = 1 << 16
_EACH = 4


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its process, its port, and the seconds it took until it answered."""

    process: int
    port: int
    started: float

    def memory(self, what: str) -> float:
        """MB it holds (VmRSS) or held at most (VmHWM)."""
        lines = Path(f"/proc/{self.process}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024

    @contextmanager
    def connected(self) -> Iterator[HTTPConnection]:
        """A connection that is kept alive."""
        with closing(HTTPConnection(HERE, self.port, timeout=_PATIENCE)) as connection:
            yield connection


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a catalogue (the process that is measured)."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    given = parser.parse_args(arguments)
    config = Config(premises=(), searches_per_second=1e6, images_per_second=1e6)
    serve(House(given.file, given.folder / "images", given.folder / "people", config), HERE, given.port)
    return 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: `searches` (addresses by kind) once each, the pages of a `volume` and others `times` each."""

    searches: Mapping[str, Sequence[str]]
    volume: str
    readers: int
    times: int


def pages(file: Path, asked: Asked) -> Iterator[str]:
    """The lines of the table, and what is told below it."""
    searches, volume, times = asked.searches, asked.volume, asked.times
    with tempfile.TemporaryDirectory() as folder, _running(file, Path(folder)) as served:
        yield "\n| page over HTTP | wall p50 | wall p95 | server's CPU | must: p95 |\n|---|---:|---:|---:|---:|"
        begun = time.perf_counter()
        with served.connected() as connection:
            _fetch(connection, "/search?q=praha")
        first = time.perf_counter() - begun
        for kind, addresses in searches.items():
            yield _line(served, f"search: {kind}", addresses, "150")
        for name, address, most in _addresses(volume):
            yield _line(served, name, [address] * times, most)
        yield f"\nServer: answered after {served.started:.1f} s, its first search {first:.1f} s later."
        yield f"It holds {served.memory('VmRSS'):.0f} MB, at most {served.memory('VmHWM'):.0f} MB."
        yield from _export(served, whole=times > _EACH)
        mixed = [each for addresses in searches.values() for each in addresses]
        yield _crowd(served, [*mixed, "/", volume, f"{volume}/page/1", "/catalogue/volume"], asked.readers)


def _addresses(volume: str) -> tuple[tuple[str, str, str], ...]:
    uuid = volume.rpartition("/")[2]
    return (
        ("front page", "/", "100"),
        ("volume page", volume, "100"),
        ("page view", f"{volume}/page/2", "100"),
        ("table of pages, 4 facets", "/catalogue/page", "300"),
        ("table of volumes, 5 facets", "/catalogue/volume", "300"),
        ("facets of /search", "/search.json?q=praha&type=issue", "300"),
        ("manifest", f"/iiif/manifest/{uuid}", "300"),
        ("OAI list", "/oai?verb=ListRecords&metadataPrefix=oai_dc", ""),
        ("site map, piece of volumes", "/sitemap/volumes-1.xml", ""),
        ("site map, piece of 50,000 pages", "/sitemap/pages-3.xml", ""),
    )


@contextmanager
def _running(file: Path, folder: Path) -> Iterator[Served]:
    port, begun = free_port(), time.perf_counter()
    command = [sys.executable, "-m", "bench.catalogue_served", str(file), str(folder), str(port)]
    process = subprocess.Popen(command)
    try:
        while True:
            try:
                with closing(HTTPConnection(HERE, port, timeout=_PATIENCE)) as connection:
                    _fetch(connection, "/healthz")
                break
            except (OSError, HTTPException):
                if process.poll() is not None or time.perf_counter() - begun > _PATIENCE:
                    raise
                time.sleep(0.05)
        yield Served(process.pid, port, time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(30)


def _fetch(connection: HTTPConnection, address: str) -> int:
    """The status; the whole answer is read."""
    connection.request("GET", address)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _line(served: Served, name: str, addresses: Sequence[str], most: str) -> str:
    """Each address once to warm it, then once more, timed."""
    walls, wrong = [], 0
    with served.connected() as connection:
        for address in dict.fromkeys(addresses):
            _fetch(connection, address)
        before = cpu_of(served.process)
        for address in addresses:
            begun = time.perf_counter()
            wrong += _fetch(connection, address) != 200
            walls.append((time.perf_counter() - begun) * 1000)
        cpu = (cpu_of(served.process) - before) / len(addresses) * 1000
    failed = f", {wrong} errors" * bool(wrong)
    return f"| {name}{failed} | {_percent(walls, 50):.0f} | {_percent(walls, 95):.0f} | {cpu:.0f} | {most} |"


def _export(served: Served, *, whole: bool) -> Iterator[str]:
    """All pages as CSV; of a quick run only the first megabytes."""
    before, begun, size = served.memory("VmRSS"), time.perf_counter(), 0
    with served.connected() as connection:
        connection.request("GET", "/export/page.csv")
        answer = connection.getresponse()
        while piece := answer.read(_PIECE):
            size += len(piece)
            if not whole and size > 20e6:
                break
    spent, grown = time.perf_counter() - begun, served.memory("VmRSS") - before
    yield f"Pages as CSV: {size / 1e6:.0f} MB at {size / 1e6 / spent:.1f} MB/s, the server grew by {grown:.0f} MB."


def _crowd(served: Served, addresses: Sequence[str], readers: int) -> str:
    """So many readers at once, each on a connection of their own, each asking for some pages one after the other."""
    chance = random.Random(1)  # noqa: S311 - the same every time

    def reads(wanted: Sequence[str]) -> list[tuple[float, int]]:
        told = []
        with served.connected() as connection:
            for address in wanted:
                begun = time.perf_counter()
                status = _fetch(connection, address)
                told.append(((time.perf_counter() - begun) * 1000, status))
        return told

    asked, begun = [chance.sample(addresses, _EACH) for _ in range(readers)], time.perf_counter()
    with ThreadPoolExecutor(readers) as pool:
        told = [each for part in pool.map(reads, asked) for each in part]
    spent, walls = time.perf_counter() - begun, [wall for wall, _ in told]
    wrong = sorted({status for _, status in told if status != 200})
    errors = sum(status != 200 for _, status in told)
    return (
        f"{readers} readers at once, {_EACH} pages each: {len(told)} answers in {spent:.1f} s, p50 "
        f"{_percent(walls, 50):.0f} ms, p95 {_percent(walls, 95):.0f} ms, {errors} errors {wrong or ''}"
    )


def _percent(times: Sequence[float], percent: int) -> float:
    return statistics.quantiles([*times, *times], n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    sys.exit(main())
