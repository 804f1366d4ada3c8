"""A corrected text on its whole way: dropped, packaged, read anew by another engine, handed on to the next batch."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from unittest.mock import patch

from metadata.ndk.layout import Use, path
from tests.homes import Ran, delivery, go_on, make_home, run
from tests.test_handing_on import described_anew, pages
from workflows.corrections import FOLDER
from workflows.founding import open_store
from workflows.settings import Home
from workflows.task import volume_folder


def text(home: Home, version: str) -> str:
    store = open_store(home)
    number = store.objects()[0]
    with store.primary.open(number, version, f"data/{number}/{path(number, Use.TXT, 1)}") as stream:
        return stream.read().decode()


def drop(ran: Ran, content: bytes) -> Path:
    place = volume_folder(ran.folder, ran.batch.volumes[0].volume.id) / FOLDER
    place.mkdir(exist_ok=True)
    (place / "0001.txt").write_bytes(content)
    # It was left a while ago: one of this moment may still be written to.
    os.utime(place / "0001.txt", (0, 0))
    return place / "0001.txt"


def test_a_dropped_file_makes_a_version_and_outlives_all(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    given = delivery(tmp_path / "dodavka", {"kniha": [1, 2]})
    first = run(home, given)
    assert first.volume("kniha").version == "v0001"
    file = drop(first, b"\xff")
    wrong = go_on(home, first.folder.name)
    assert ("V041" in wrong.codes("kniha"), wrong.volume("kniha").state.value, file.exists()) == (True, "waiting", True)
    drop(first, "Kniha je nepřítel\n".encode())
    again = go_on(home, first.folder.name)
    assert (again.volume("kniha").version, text(home, "v0002")) == ("v0002", "Kniha je nepřítel\n")
    record = pages(home, "v0002")[0]
    assert record.events[-1].detail == "modification/text_correction"
    assert "V047" not in again.codes("kniha")
    assert go_on(home, first.folder.name).records() == again.records()
    second = run(home, described_anew(given, "Jinak"))
    assert (second.volume("kniha").version, text(home, "v0003")) == ("v0003", "Kniha je nepřítel\n")
    shutil.rmtree(second.folder)
    shutil.rmtree(first.folder)
    third = run(home, described_anew(given, "Ještě jinak"))
    assert (third.volume("kniha").version, text(home, "v0004")) == ("v0004", "Kniha je nepřítel\n")


def test_a_page_of_which_nothing_was_read_is_stored_with_the_text_that_was_left_for_it(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", ocr="tests.test_reading:NothingRead")
    with patch("workflows.reading._has_lines", return_value=True):
        ran = run(home, delivery(tmp_path / "dodavka", {"kniha": [1]}))
        assert ("T004" in ran.codes("kniha"), ran.volume("kniha").state.value) == (True, "waiting")
        drop(ran, "Kniha je přítel\n".encode())
        again = go_on(home, ran.folder.name)
    assert (again.volume("kniha").version, text(home, "v0001")) == ("v0001", "Kniha je přítel\n")
    assert "T004" not in again.codes("kniha")
