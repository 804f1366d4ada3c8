"""Batch folders as rows of the catalogue: what changed is written, nothing else; and progress while a batch runs."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.finding import Finding
from repository.catalogue import serve
from repository.catalogue.batch_rows import BatchRows, marks, write_batch
from repository.catalogue.database import Row, opened
from tests.engines import LingeringEngine, named
from tests.homes import KDR, delivery, environment, make_home, run
from tests.standing_home import OPERATOR, asked
from workflows import cataloguing
from workflows.batch import PLAN
from workflows.batch_rows import show_work
from workflows.cataloguing import IDLE, LIVE, Watching, catalogue
from workflows.settings import Home
from workflows.standing import standing

_OWN: Row = {
    "batch": "a",
    "delivery": "d",
    "claimed": "2026-11-23T08:00:00+00:00",
    "planned": "",
    "working": 1,
    "moving": 0,
    "pages_per_minute": None,
    "looked": "2026-11-23T08:00:00+00:00",
    "mark": "m",
}
_STEPS = st.dictionaries(
    st.tuples(st.sampled_from("uvw"), st.sampled_from(["read", "check"])), st.integers(0, 5), max_size=6
)


def _steps(found: dict[tuple[str, str], int]) -> list[Row]:
    return [
        {"batch": "a", "volume": volume, "step": step, "number": 1, "pages": pages, "seconds": 1.5, "longest": 1.0}
        for (volume, step), pages in found.items()
    ]


@contextmanager
def fresh() -> Iterator[sqlite3.Connection]:
    """A catalogue in memory."""
    with closing(opened(Path(":memory:"))) as connection:
        yield connection


class TestWriting:
    @given(_STEPS, _STEPS)
    def test_afterwards_the_rows_are_as_told_and_only_what_differs_was_written(
        self, before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]
    ) -> None:
        with fresh() as connection:
            write_batch(connection, BatchRows(_OWN, steps=_steps(before)))
            changed = write_batch(connection, BatchRows(_OWN, steps=_steps(after)))
            found = connection.execute("select volume, step, pages from batch_step").fetchall()
        assert {(volume, step): pages for volume, step, pages in found} == after
        other = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
        assert changed == len(other)

    def test_another_batch_is_left_alone(self) -> None:
        with fresh() as connection:
            write_batch(connection, BatchRows(_OWN, steps=_steps({("u", "read"): 1})))
            write_batch(connection, BatchRows(_OWN | {"batch": "b", "mark": "n"}))
            assert connection.execute("select count(*) from batch_step").fetchone() == (1,)
            assert marks(connection) == {"a": "m", "b": "n"}


class TestLooking:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Home:
        return make_home(tmp_path / "home")

    def rows(self, home: Home, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(home.catalogue)) as connection:
            return connection.execute(sql).fetchall()

    def test_a_batch_at_rest_is_read_once(self, home: Home, tmp_path: Path) -> None:
        ran = run(home, delivery(tmp_path / "dodavka", {"kniha": [1, 2]}))
        assert not show_work(home)
        before = self.rows(home, "select looked, working, mark from batch")
        time.sleep(1.1)
        assert not show_work(home)
        assert self.rows(home, "select looked, working, mark from batch") == before
        (ran.folder / PLAN).touch()
        show_work(home)
        assert self.rows(home, "select looked from batch") != [before[0][:1]]

    def test_a_batch_whose_folder_is_gone_is_forgotten(self, home: Home, tmp_path: Path) -> None:
        ran = run(home, delivery(tmp_path / "dodavka", {"kniha": [1]}))
        shutil.rmtree(ran.folder)
        show_work(home)
        counts = [
            self.rows(home, f"select count(*) from {table}")  # noqa: S608 - our own names
            for table in ("batch", "batch_volume", "batch_page")
        ]
        assert counts == [[(0,)]] * 3

    def test_a_barcode_of_the_delivery_is_known_whatever_else_the_file_says(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"kniha": [1], "jina": [2]})
        (given / "kniha" / "volume.toml").write_text('[record]\nbarcode = " 2610 "\n', encoding="utf-8")
        (given / "jina" / "volume.toml").write_text("[record\n", encoding="utf-8")
        run(home, given)
        assert self.rows(home, "select folder, barcode from batch_volume order by folder") == [
            ("jina", None),
            ("kniha", "2610"),
        ]

    def test_a_catalogue_that_cannot_be_written_is_told_once(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        def locked(_home: Home) -> bool:
            raise sqlite3.OperationalError("database is locked")

        catalogue(home)
        told: list[Finding] = []
        watch = Watching(home, told.append)
        assert watch() == IDLE
        with monkeypatch.context() as patch:
            patch.setattr(cataloguing, "show_work", locked)
            watch()
            watch()
        assert [found.code for found in told] == ["E004"]
        watch()
        assert len(told) == 1

    def test_the_server_looks_again_when_the_look_says(self) -> None:
        looks, ended = list[float](), threading.Event()

        def look() -> float:
            looks.append(time.monotonic())
            if len(looks) == 3:
                ended.set()
            return 0.05

        serve._watching(look, ended)
        assert len(looks) == 3
        assert looks[1] - looks[0] >= 0.05

    @pytest.mark.slow
    def test_a_running_batch_grows_before_ones_eyes(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home", ocr=named(LingeringEngine))
        catalogue(home)
        given = delivery(tmp_path / "dodavka", {"kniha": range(1, 7), "druha": range(11, 15)})
        words = [str(KDR), "--home", str(home.folder), "batch", "run", "--sync", str(given)]
        running = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        told: list[Finding] = []
        seen: list[dict[str, object]] = []
        watch = Watching(home, told.append)
        while running.poll() is None:
            pause = watch()
            name = next((path.name for path in home.batches.glob("[!.]*") if (path / PLAN).is_file()), "")
            if name and pause >= LIVE:
                (answer,) = asked(home, OPERATOR, f"/work/{name}.json")
                seen += [answer.json()] if answer.status_code == 200 else []
            time.sleep(0.3)
        assert running.returncode == 0
        watch()
        done = [int(str(each["done"])) for each in seen if each["working"]]
        assert done == sorted(done)
        assert len(set(done)) >= 3, done
        assert [each for each in seen if each["ready"] and "stran za minutu" in str(each["said"])]
        (end,) = asked(home, OPERATOR, f"/work/{name}.json")
        found = standing(home.batches / name)
        numbers = {each: end.json()[each] for each in ("pages", "done", "bad", "broken", "todo", "working", "stored")}
        assert numbers == {
            "pages": found.total,
            "done": found.done,
            "bad": found.bad,
            "broken": found.broken,
            "todo": found.left,
            "working": False,
            "stored": 2,
        }
        assert told == []
