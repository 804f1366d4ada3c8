"""What searching, counting and showing a million pages take, beside the bare FTS5 query on the same file.

    .venv/bin/python -m bench.catalogue_million FILE [--queries 60] [--readers 50] [--quick] [--name NAME]

FILE is made by bench.czech_pages. Of every kind of question each one is asked in turn: of FTS5 alone as it was typed
("bare"), of FTS5 alone in all the forms that we ask ("bare, same question"), and of our search; then whole pages of
a server (bench.catalogue_served). CPU is of the thread that asks, so that what else runs on the machine weighs less.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from os import getloadavg
from pathlib import Path
from urllib.parse import quote

import numpy as np

from bench.catalogue_served import Asked, pages
from bench.czech_pages import vocabulary
from repository.catalogue import asking
from repository.catalogue.reading.asked import asked, read
from repository.catalogue.reading.columns import Columns, read_columns
from repository.catalogue.reading.found import Filters, Wanted, search

_BARE = "select rowid from page_fts where page_fts match ? order by rank limit 20"
_LARGEST = "select uuid from volume where access = 'public' order by pages desc limit 1"
_RESULTS = Path(__file__).parent / "results"
_FEW, _TIMES = 4, 20
_FILTERS = ({"institution": ("LIA001",)}, {"decade": ("1910", "1920")}, {"type": ("issue",), "quality": ("good",)})


@dataclass(slots=True)
class Times:
    """Milliseconds of wall time and of CPU of the same thing done again and again."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def take(self, what: Callable[[], object]) -> None:
        """Do it once."""
        begun, before = time.perf_counter(), time.thread_time()
        what()
        self.wall.append((time.perf_counter() - begun) * 1000)
        self.cpu.append((time.thread_time() - before) * 1000)

    def __str__(self) -> str:
        told = [*np.percentile(self.wall, (50, 95)), *(np.percentile(self.cpu, (50, 95)) if self.cpu else ())]
        return " | ".join(f"{each:.1f}" for each in told) + " | –" * (4 - len(told))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the table down if a name is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--queries", type=int, default=60, help="of each kind")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--quick", action="store_true", help="few of everything")
    parser.add_argument("--name", help="write bench/results/NAME.md")
    given = parser.parse_args(arguments)
    lines = []
    for line in _measured(given.file, _FEW if given.quick else given.queries, given.readers):
        print(line, flush=True)
        lines.append(line)
    if given.name:
        (_RESULTS / f"{given.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def _measured(database: Path, queries: int, readers: int) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        count, volumes = connection.execute(
            "select (select count(*) from page), (select count(*) from volume)"
        ).fetchone()
        yield f"# The catalogue of {count:,} pages in {volumes:,} volumes"
        busy = " ".join(f"{load:.1f}" for load in getloadavg())
        yield f"\n{database.stat().st_size >> 20} MB, load {busy}, `python -m bench.catalogue_million`; milliseconds."
        yield f"{queries} questions of a kind, each asked twice, the second time counts.\n"
        asking.prepare(connection)
        begun = time.perf_counter()
        columns = read_columns(connection)
        yield f"Columns for facets: read in {time.perf_counter() - begun:.1f} s, {columns.size / 1e6:.0f} MB.\n"
        yield "| question | wall p50 | wall p95 | CPU p50 | CPU p95 |\n|---|---:|---:|---:|---:|"
        kinds = _questions(connection, queries)
        for kind, typed in kinds.items():
            yield from _compared(connection, columns, kind, typed)
        uuid = connection.execute(
            "select uuid from volume where access = 'public' order by pages desc limit 1"
        ).fetchone()[0]
    searches = {kind: [f"/search?q={quote(typed)}" for typed in asks] for kind, asks in kinds.items()}
    yield from pages(database, Asked(searches, f"/volume/{uuid}", readers, min(queries, _TIMES)))


def _all(connection: sqlite3.Connection, expression: str) -> list[int]:
    return [row[0] for row in connection.execute(_BARE, (expression,))]


def _questions(connection: sqlite3.Connection, count: int) -> dict[str, list[str]]:
    """Questions of every kind; words are taken evenly from all ranks on a logarithmic scale, phrases off the pages."""
    chance, words = random.Random(0), [word for word in vocabulary().words if " " not in word]  # noqa: S311 - the same

    def word(first: int = 60, last: int = 60_000) -> str:
        return str(words[min(len(words) - 1, round(first * (last / first) ** chance.random()))])

    def phrase() -> str:
        sql = "select text from page_text where rowid >= ? limit 1"
        (most,) = connection.execute("select max(rowid) from page_text").fetchone()
        said = connection.execute(sql, (chance.randrange(most - 50),)).fetchone()[0].split()
        at = chance.randrange(len(said) - 3)
        return '"' + " ".join(said[at : at + 3]) + '"'

    return {
        "one word": [word() for _ in range(count)],
        "two words": [f"{word(last=5000)} {word(last=5000)}" for _ in range(count)],
        "phrase": [phrase() for _ in range(count)],
        "prefix": [word()[: chance.choice((3, 4, 5))] + "*" for _ in range(count)],
    }


def _compared(connection: sqlite3.Connection, columns: Columns, kind: str, typed: Sequence[str]) -> Iterator[str]:
    names = ("bare", "bare, same question", "search", "search with facets chosen")
    times = {name: Times() for name in names}
    for number, words in enumerate(typed):
        question = read(words)
        same = asked(connection, question).ranking
        plain = words.replace(" ", " AND ") if kind == "two words" else words.replace("*", " *")
        wanted, narrow = Wanted(question), Wanted(question, Filters(_FILTERS[number % len(_FILTERS)]))
        for _ in range(2):  # the first reads the pages of the file into memory
            taken = {name: Times() for name in names}
            taken["bare"].take(partial(_all, connection, plain))
            taken["bare, same question"].take(partial(_all, connection, same))
            taken["search"].take(partial(search, connection, columns, wanted))
            taken[names[3]].take(partial(search, connection, columns, narrow))
        for name in names:
            times[name].wall += taken[name].wall
            times[name].cpu += taken[name].cpu
    for name, told in times.items():
        yield f"| {kind}: {name} | {told} |"
    ratio = np.percentile(times["search"].cpu, 95) / np.percentile(times["bare"].cpu, 95)
    yield f"| {kind}: search / bare, CPU p95 | | | | {ratio:.2f} |"


if __name__ == "__main__":
    sys.exit(main())
