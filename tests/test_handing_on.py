"""What a person corrected outlives the batch it was corrected in: the same volume described anew keeps it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from metadata.file import place_bytes
from metadata.model import PageRecord, Source, VolumeId
from metadata.problem import Problem
from metadata.record import from_json
from repository.store import Store
from tests.homes import Ran, delivery, go_on, make_home, run
from workflows import handing_on
from workflows.corrections import FOLDER, Corrections
from workflows.founding import open_store
from workflows.handing_on import hand_on
from workflows.settings import Home
from workflows.task import volume_folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A repository."""
    return make_home(tmp_path / "home")


def correct(ran: Ran, label: str) -> None:
    """A person gives the first page another number."""
    volume = ran.batch.volumes[0].volume
    page = replace(volume.pages[0], label=label)
    Corrections.read(volume_folder(ran.folder, volume.id)).add("Marie", [page])


def pages(home: Home, version: str) -> list[PageRecord]:
    """The pages of the only object's version."""
    store = open_store(home)
    with store.primary.open(store.objects()[0], version, "data/provenance/pages.jsonl") as stream:
        return [from_json(PageRecord, line) for line in stream]


def described_anew(folder: Path, title: str) -> Path:
    """The delivery with another title in its volume.toml."""
    (folder / "kniha" / "volume.toml").write_text(f"title = {json.dumps(title)}", encoding="utf-8")
    return folder


class TestAgain:
    def test_a_correction_makes_a_version_and_the_next_delivery_keeps_it(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"kniha": [1, 2]})
        first = run(home, given)
        correct(first, "xii")
        assert go_on(home, first.folder.name).volume("kniha").version == "v0002"
        second = run(home, described_anew(given, "Jinak"))
        assert (second.folder != first.folder, second.volume("kniha").version) == (True, "v0003")
        for version in ("v0002", "v0003"):
            page = pages(home, version)[0].page
            assert (page.label, page.source) == ("xii", Source.CONFIRMED)

    def test_they_come_from_the_repository_when_the_batch_is_gone(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"kniha": [1]})
        first = run(home, given)
        correct(first, "xii")
        go_on(home, first.folder.name)
        shutil.rmtree(first.folder)
        run(home, described_anew(given, "Jinak"))
        assert pages(home, "v0003")[0].page.label == "xii"

    def test_the_newest_ones_are_handed_on(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"kniha": [1]})
        for title, label in (("Jedna", "i"), ("Dvě", "ii")):
            ran = run(home, described_anew(given, title))
            correct(ran, label)
        last = run(home, described_anew(given, "Tři"))
        assert pages(home, last.volume("kniha").version)[0].page.label == "ii"

    def test_the_same_delivery_again_makes_nothing_and_copies_nothing(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"kniha": [1]})
        first = run(home, given)
        correct(first, "xii")
        go_on(home, first.folder.name)
        shutil.copytree(given, tmp_path / "znovu")
        again = run(home, tmp_path / "znovu")
        assert (again.volume("kniha").version, "V004" in again.codes("kniha")) == ("v0002", True)
        assert not list(again.folder.rglob(FOLDER))

    def test_a_batch_that_found_it_stored_makes_nothing_when_resumed(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"kniha": [1], "noviny": [2]})
        first = run(home, given)
        (given / "noviny" / "volume.toml").write_text('title = "Noviny"', encoding="utf-8")
        second = run(home, given)
        correct(first, "xii")
        again = (go_on(home, first.folder.name), go_on(home, second.folder.name))
        assert [ran.volume("kniha").version for ran in again] == ["v0002", "v0001"]

    def test_a_damaged_correction_lets_its_volume_wait(self, home: Home, tmp_path: Path) -> None:
        ran = run(home, delivery(tmp_path / "dodavka", {"kniha": [1], "noviny": [2]}))
        correct(ran, "xii")
        (file,) = ran.folder.rglob(f"{FOLDER}/0001.json")
        file.write_bytes(b"{")
        again = go_on(home, ran.folder.name)
        assert ("V014" in again.codes("kniha"), again.end.waiting, again.end.stored) == (True, 1, 1)


BOOK = VolumeId("11111111-1111-4111-8111-111111111111")
WRITTEN = {f"{number:04d}.text.json": f"{number}" for number in range(1, 6)}


def put(batch: Path, files: dict[str, str]) -> Path:
    """The folder of corrections of BOOK in a batch, with such files."""
    place = volume_folder(batch, BOOK) / FOLDER
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_text(content)
    return place


def held(batch: Path) -> dict[str, str]:
    """What lies there."""
    return {path.name: path.read_text() for path in (volume_folder(batch, BOOK) / FOLDER).iterdir()}


class TestKilled:
    """The process dies before it puts the file with that number (from 1, the mark included) in place."""

    @pytest.fixture
    def store(self, home: Home) -> Store:
        return open_store(home)

    def killed(self, store: Store, batch: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
        placed: list[Path] = []

        def dying(target: Path, content: bytes) -> None:
            placed.append(target)
            if len(placed) == at:
                raise KeyboardInterrupt
            place_bytes(target, content)

        with monkeypatch.context() as patched:
            patched.setattr(handing_on, "place_bytes", dying)
            with pytest.raises(KeyboardInterrupt):
                hand_on(store, batch, BOOK)

    @pytest.mark.parametrize("at", [1, 2, 3, 6])
    def test_the_next_run_hands_on_the_rest(
        self, store: Store, tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(tmp_path / "b1", WRITTEN)
        self.killed(store, tmp_path / "b2", at, monkeypatch)
        hand_on(store, tmp_path / "b2", BOOK)
        assert held(tmp_path / "b2") == WRITTEN

    def test_before_the_mark_goes_everything_is_placed_again(self, store: Store, tmp_path: Path) -> None:
        put(tmp_path / "b1", WRITTEN)
        put(tmp_path / "b2", {**WRITTEN, handing_on.UNFINISHED: ""})
        hand_on(store, tmp_path / "b2", BOOK)
        assert held(tmp_path / "b2") == WRITTEN

    def test_what_was_handed_on_in_part_is_no_source(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(tmp_path / "b1", WRITTEN)
        self.killed(store, tmp_path / "b2", 3, monkeypatch)
        hand_on(store, tmp_path / "b3", BOOK)
        assert held(tmp_path / "b3") == WRITTEN

    def test_what_a_person_wrote_meanwhile_is_not_written_over(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(tmp_path / "b1", WRITTEN)
        self.killed(store, tmp_path / "b2", 3, monkeypatch)
        mine = volume_folder(tmp_path / "b2", BOOK) / FOLDER / "0004.text.json"
        mine.write_text("mine")
        with pytest.raises(Problem, match=r"V014.*0004\.text\.json"):
            hand_on(store, tmp_path / "b2", BOOK)
        assert mine.read_text() == "mine"

    def test_a_volume_with_corrections_of_its_own_gets_none(self, store: Store, tmp_path: Path) -> None:
        put(tmp_path / "b1", WRITTEN)
        put(tmp_path / "b2", {"0001.json": "mine"})
        hand_on(store, tmp_path / "b2", BOOK)
        assert held(tmp_path / "b2") == {"0001.json": "mine"}
