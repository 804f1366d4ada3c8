"""Pages on many processes: a page that kills its process ends alone, and any process may die at any time."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metadata.problem import Problem
from tests.engines import MAGIC, PLACE, DyingEngine, WaitingEngine, named
from tests.homes import KDR, Ran, delivery, environment, go_on, make_home, run, scan, told
from workflows.batch import State
from workflows.founding import open_store
from workflows.graph import Cluster
from workflows.settings import load

pytestmark = pytest.mark.slow


def clustered(folder: Path, engine: str, volumes: dict[str, list[int]], *, magic: str) -> Ran:
    """A delivery worked on by two processes; the page `magic` has the magic width."""
    given = delivery(folder / "dodavka", volumes)
    scan(given / f"{magic}.tif", 99, width=MAGIC)
    return run(make_home(folder / "home", ocr=engine), given, hire=lambda: Cluster(2))


def alive(ended: Path) -> list[str]:
    """Worker processes that still live for the batch folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"{ended}/tmp".encode() in (process / "environ").read_bytes()
            if ours and b"spawn_main" in (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


class TestWorkersThatDie:
    def test_a_page_that_kills_its_process_is_its_own_end_and_no_other_pages(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(PLACE, str(tmp_path))
        ran = clustered(tmp_path, named(DyingEngine), {"a": [1, 2], "b": [3, 4, 5]}, magic="a/0002")
        assert (ran.volume("a").state, ran.volume("b").state) == (State.FAILED, State.STORED)
        stops = [found for found in ran.volume("a").findings if found.stops]
        assert told(stops) == ["V001", "P051"]
        assert (stops[1].subject, stops[1].facts) == ("a/0002.tif", {"step": "read"})
        assert (ran.pages("a")[0] / "page" / "record.json").is_file()
        assert ran.end.exit_code == 75
        assert alive(ran.folder) == []

    def test_a_process_that_is_killed_costs_one_retry(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(PLACE, str(tmp_path))
        killed: list[int] = []
        murderer = threading.Thread(target=_kill_the_first, args=(tmp_path / "pid", killed))
        murderer.start()
        ran = clustered(tmp_path, named(WaitingEngine), {"a": [1, 2], "b": [3]}, magic="a/0001")
        murderer.join()
        assert len(killed) == 1
        assert (ran.end.stored, ran.end.exit_code, ran.end.findings) == (2, 0, ())
        assert alive(ran.folder) == []
        assert go_on(load(tmp_path / "home"), ran.folder.name).records() == ran.records()


class TestExistingCluster:
    @pytest.mark.parametrize(
        "address",
        ["tcp://127.0.0.1:1", "127.0.0.1:1", "tcp://somewhere.invalid:8786", "tcp://host", "somewhere", "tcp://h:x"],
    )
    def test_a_scheduler_that_does_not_answer(self, address: str) -> None:
        with pytest.raises(Problem) as caught:
            Cluster(1, address)
        assert (caught.value.finding.code, caught.value.exit_code) == ("E008", 69)
        assert caught.value.finding.subject == address

    def test_a_cluster_that_is_there_does_the_work_and_stays(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home")
        given = delivery(tmp_path / "dodavka", {"a": [1, 2]})
        with _dask(tmp_path) as address:
            ran = run(home, given, hire=lambda: Cluster(0, address))
            assert (ran.end.stored, ran.end.exit_code) == (1, 0)
            with Cluster(0, address) as cluster:
                assert (cluster.workers, cluster.width) == (1, 4)
        assert len(open_store(home).objects()) == 1


def _kill_the_first(told: Path, killed: list[int]) -> None:
    """Wait until a process says its number, then kill it."""
    end = time.monotonic() + 90
    while time.monotonic() < end and not told.exists():
        time.sleep(0.05)
    if told.exists():
        killed.append(int(told.read_text()))
        os.kill(killed[0], signal.SIGKILL)


@contextmanager
def _dask(folder: Path) -> Iterator[str]:
    """A scheduler and one worker of their own, as on another machine; their address."""
    dask, found = str(KDR.with_name("dask")), folder / "scheduler.json"
    where = ["--scheduler-file", str(found)]
    commands = (
        [dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", *where],
        [dask, "worker", "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--local-directory", str(folder), *where],
    )
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        started = [subprocess.Popen(command, env=environment(), stdout=nowhere, stderr=nowhere) for command in commands]
    try:
        yield _address(found)
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _address(told: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            text = told.read_text(encoding="utf-8")
            return next(part for part in text.split('"') if part.startswith("tcp://"))
        except (OSError, StopIteration):
            time.sleep(0.1)
    raise TimeoutError(told)
