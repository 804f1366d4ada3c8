"""Texts of pages are read by several processes as by one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from repository.catalogue import page_texts
from repository.catalogue.page_texts import Readers, Said, read_text
from repository.catalogue.stored_version import StoredVersion
from repository.directory_place import DirectoryPlace
from tests.page_texts import page_of
from tests.stored_volumes import BookPage, Shelf

PAGES = 25
BROKEN = 7
_LOOP = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from repository.catalogue.page_texts import _begin
if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin) as pool:
        import os
        print(pool.submit(os.getpid).result(), flush=True)
        time.sleep(600)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> StoredVersion:
    """A volume of which one page's ALTO is none."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    pages = [BookPage(page_of(f"strana {number} stojí")) for number in range(1, PAGES + 1)]
    pages[BROKEN] = BookPage(page_of("x"), alto=b"<alto>")
    object_id = shelf.keep("kniha", *pages)
    place = shelf.store.primary
    assert isinstance(place, DirectoryPlace)
    return StoredVersion(place, object_id, "v0001")


def paths_of(source: StoredVersion) -> list[str]:
    name = source.object_id
    return [f"data/{name}/alto/alto_{name}_{order:04d}.xml" for order in range(1, PAGES + 1)]


def test_a_page_is_its_text_and_its_words_once(source: StoredVersion) -> None:
    said = read_text(source, paths_of(source)[0])
    assert said is not None
    assert said.text == "strana 1 stojí"
    assert {word for _, word in said.words} == {"strana", "stojí"}


def test_what_is_missing_or_no_alto_says_nothing(source: StoredVersion) -> None:
    assert read_text(source, paths_of(source)[BROKEN]) is None
    assert read_text(source, "data/none.xml") is None


def test_several_processes_say_what_one_says_in_the_same_order(
    source: StoredVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_texts, "WORTH_SHARING", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    paths = paths_of(source)
    with Readers() as read:
        told = list(read(source, paths))
        again = list(read(source, paths[:3]))
    assert told == [read_text(source, path) for path in paths]
    assert [said is None for said in told].index(True) == BROKEN
    assert again == told[:3]


class _Killed:
    """A pool whose processes are killed after three pages."""

    started = 0

    def __init__(self, *_: object, **__: object) -> None:
        _Killed.started += 1

    def map(
        self, call: Callable[..., Said | None], *arguments: Iterator[object], chunksize: int
    ) -> Iterator[Said | None]:
        assert chunksize > 0
        for number, given in enumerate(zip(*arguments, strict=False)):
            if number == 3:
                raise BrokenExecutor
            yield call(*given)

    def shutdown(self, *, cancel_futures: bool) -> None:
        assert cancel_futures


def test_when_helpers_are_killed_the_rest_is_read_without_them(
    source: StoredVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_texts, "WORTH_SHARING", 2)
    monkeypatch.setattr(page_texts, "ProcessPoolExecutor", _Killed)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(_Killed, "started", 0)
    paths = paths_of(source)
    with Readers() as read:
        told = list(read(source, paths))
        assert list(read(source, paths)) == told
    assert told == [read_text(source, path) for path in paths]
    assert _Killed.started == 1


def test_a_short_volume_starts_no_process(source: StoredVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_texts, "ProcessPoolExecutor", _Killed)
    monkeypatch.setattr(_Killed, "started", 0)
    with Readers() as read:
        assert len(list(read(source, paths_of(source)))) == PAGES
    assert _Killed.started == 0


def test_helpers_end_when_who_they_help_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "loop.py"
    script.write_text(_LOOP)
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    ) as running:
        assert running.stdout is not None
        helper = int(running.stdout.readline())
        assert _alive(helper)
        running.send_signal(signal.SIGKILL)
        running.wait()
    until = time.monotonic() + 30
    while _alive(helper) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _alive(helper)


def _alive(process: int) -> bool:
    """Whether it runs; one that ended and nobody waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
