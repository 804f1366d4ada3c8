"""A repository is founded once, whole, and refuses a batch that it cannot hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from metadata.problem import Problem
from metadata.wording import Tongue
from repository.verify import Verdict, verify_places
from tests.homes import changed, everything, make_home
from workflows.founding import PACKAGE_PAGE_BYTES, disks, found, free_gigabytes, open_store, require_room
from workflows.holdings import holdings
from workflows.settings import NAME, load


def test_a_new_repository_is_whole_and_empty(tmp_path: Path) -> None:
    home = found(tmp_path / "nový" / "repozitář", None)
    assert home == load(home.folder)
    assert all(place.attached() for place in disks(home))
    store = open_store(home)
    assert holdings(store) == ()
    assert [entry.kind for entry in store.journal.entries()] == ["founded"]
    rows = list(verify_places([place.root for place in disks(home)], home.journal))
    assert {row.verdict for row in rows} == {Verdict.INTACT}


@pytest.mark.parametrize("tongue", Tongue)
def test_the_settings_are_in_the_readers_language(
    tmp_path: Path, tongue: Tongue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDR_LANGUAGE", tongue)
    text = (found(tmp_path, None).folder / NAME).read_text(encoding="utf-8")
    assert ("Nastavení repozitáře" in text, "Settings of a kdr repository" in text) == (tongue == "cs", tongue == "en")


def test_schemas_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schemas = tmp_path / "xsd"
    (schemas / "ndk").mkdir(parents=True)
    (schemas / "ndk" / "ndk-combined.xsd").touch()
    monkeypatch.chdir(tmp_path)
    assert found(tmp_path / "home", Path("xsd")).schemas == schemas


def test_what_is_founded_is_not_founded_again(tmp_path: Path) -> None:
    make_home(tmp_path)
    before = everything(tmp_path)
    with pytest.raises(Problem) as caught:
        found(tmp_path, None)
    assert (caught.value.finding.code, caught.value.exit_code) == ("E007", 73)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("lost", [[NAME], [NAME, "journal/kdr-journal.json"]])
def test_a_repository_that_lost_its_settings_is_still_one(tmp_path: Path, lost: list[str]) -> None:
    make_home(tmp_path)
    for name in lost:
        (tmp_path / name).unlink()
    before = everything(tmp_path)
    with pytest.raises(Problem, match="E007"):
        found(tmp_path, None)
    assert everything(tmp_path) == before


def test_the_first_place_in_the_file_is_the_primary(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    first, second = disks(home)
    assert (first.name, second.name) == ("hlavni", "druha")
    assert (first.medium, first.site, second.site) == ("disk", "A", "B")
    assert open_store(home).primary == first


class TestRoom:
    def test_a_small_batch_fits(self, tmp_path: Path) -> None:
        require_room(make_home(tmp_path), 1)

    def test_a_batch_that_a_place_cannot_hold_is_refused(self, tmp_path: Path) -> None:
        make_home(tmp_path)
        home = changed(tmp_path, quota_gb=3 * PACKAGE_PAGE_BYTES / 1e9)
        require_room(home, 3)
        with pytest.raises(Problem) as caught:
            require_room(home, 4)
        assert (caught.value.finding.code, caught.value.finding.subject) == ("S001", "hlavni")
        assert caught.value.finding.facts == {"free": 36, "needed": 48}

    def test_without_its_primary_place_nothing_begins(self, tmp_path: Path) -> None:
        home = make_home(tmp_path)
        disks(home)[0].root.rename(tmp_path / "away")
        with pytest.raises(Problem, match="S020"):
            require_room(home, 1)

    def test_a_replica_may_be_away(self, tmp_path: Path) -> None:
        home = make_home(tmp_path)
        disks(home)[1].root.rename(tmp_path / "away")
        require_room(home, 1)

    def test_free_space_is_told_in_gigabytes(self, tmp_path: Path) -> None:
        place = disks(make_home(tmp_path))[0]
        assert free_gigabytes(tmp_path) == pytest.approx(place.free_bytes() / 1e9, rel=0.05)
