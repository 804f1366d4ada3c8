"""A package enters the repository once, and the volume says how safe it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from metadata.finding import Finding
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.verify import Verdict, verify_places
from tests.homes import Ran, delivery, go_on, make_home, run
from workflows.batch import State
from workflows.founding import disks, open_store
from workflows.holdings import Holding, holdings, identified
from workflows.settings import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty repository with two places."""
    return make_home(tmp_path / "home")


def stored(home: Home, folder: Path) -> Ran:
    return run(home, delivery(folder / "dodavka", {"kniha": [1]}))


def whole(home: Home) -> bool:
    attached = [place.root for place in disks(home) if place.attached()]
    return {row.verdict for row in verify_places(attached, home.journal)} == {Verdict.INTACT}


class TestCopies:
    def test_a_stored_volume_is_in_every_place(self, home: Home, tmp_path: Path) -> None:
        ended = stored(home, tmp_path).volume("kniha")
        assert (ended.state, ended.version, ended.copies) == (State.STORED, "v0001", ("hlavni", "druha"))
        assert {found.code for found in ended.findings} == {"V002", "V003", "V012"}
        assert whole(home)

    def test_a_place_that_is_away_leaves_it_stored_but_not_safe(self, home: Home, tmp_path: Path) -> None:
        away = disks(home)[1].root.rename(tmp_path / "away")
        ran = stored(home, tmp_path)
        ended = ran.volume("kniha")
        assert (ended.state, ended.copies, ran.end.exit_code) == (State.STORED, ("hlavni",), 0)
        assert Finding("S019", "kniha", {"copies": 1, "wanted": 2}) in ended.findings
        assert whole(home)
        away.rename(disks(home)[1].root)

    def test_resume_makes_the_copy_when_the_place_is_back(self, home: Home, tmp_path: Path) -> None:
        root = disks(home)[1].root
        away = root.rename(tmp_path / "away")
        ran = stored(home, tmp_path)
        before = ran.records()
        assert "S019" in go_on(home, ran.folder.name).codes("kniha")
        away.rename(root)
        again = go_on(home, ran.folder.name)
        ended = again.volume("kniha")
        assert (ended.version, ended.copies) == ("v0001", ("hlavni", "druha"))
        assert not {"S019"} & again.codes("kniha")
        assert again.records() == before
        assert whole(home)
        kinds = [entry.kind for entry in open_store(home).journal.entries(ended.volume)]
        assert kinds == ["stored", "replicated"]

    def test_without_its_primary_place_nothing_is_done(self, home: Home, tmp_path: Path) -> None:
        root = disks(home)[0].root
        away = root.rename(tmp_path / "away")
        with pytest.raises(Problem, match="S020"):
            stored(home, tmp_path)
        away.rename(root)
        assert stored(home, tmp_path).volume("kniha").version == "v0001"


class TestTwice:
    def test_the_same_pages_from_another_delivery_make_nothing_twice(self, home: Home, tmp_path: Path) -> None:
        first = stored(home, tmp_path).volume("kniha")
        other = delivery(tmp_path / "znovu", {"kniha": [1], "druha": [2]})
        ran = run(home, other)
        second = ran.volume("kniha")
        assert (second.volume, second.version, second.copies) == (first.volume, "v0001", first.copies)
        assert Finding("V004", "kniha", {"version": "v0001"}) in second.findings
        assert not (ran.folder / "volumes" / second.volume / "0001").exists()
        assert len(open_store(home).objects()) == 2
        assert whole(home)

    def test_a_better_description_of_the_same_pages_is_a_new_version(self, home: Home, tmp_path: Path) -> None:
        first = stored(home, tmp_path).volume("kniha")
        other = delivery(tmp_path / "znovu", {"kniha": [1]})
        (other / "kniha" / "volume.toml").write_text('title = "Lepší název"\n', encoding="utf-8")
        second = run(home, other).volume("kniha")
        assert (second.volume, second.version) == (first.volume, "v0002")
        assert whole(home)

    def test_a_run_that_died_before_it_wrote_its_end_stores_nothing_twice(self, home: Home, tmp_path: Path) -> None:
        ran = stored(home, tmp_path)
        (ran.folder / "volumes" / ran.volume("kniha").volume / "outcome.json").unlink()
        again = go_on(home, ran.folder.name)
        assert again.volume("kniha").version == "v0001"
        assert Finding("V004", "kniha", {"version": "v0001"}) in again.volume("kniha").findings
        assert again.records() == ran.records()

    def test_nothing_is_built_on_a_damaged_copy(self, home: Home, tmp_path: Path) -> None:
        ran = stored(home, tmp_path)
        ended = ran.volume("kniha")
        file = disks(home)[0].folder(ended.volume, "v0001") / "bagit.txt"
        file.chmod(0o644)
        file.write_bytes(b"")
        (ran.folder / "volumes" / ended.volume / "outcome.json").unlink()
        again = go_on(home, ran.folder.name)
        assert (again.volume("kniha").state, again.end.exit_code) == (State.FAILED, 75)
        assert "S006" in again.codes("kniha")


class TestHoldings:
    def test_each_object_in_a_line(self, home: Home, tmp_path: Path) -> None:
        ended = stored(home, tmp_path).volume("kniha")
        (held,) = holdings(open_store(home))
        assert isinstance(held, Holding)
        assert (held.id, held.title, held.version, held.copies) == (ended.volume, "kniha", "v0001", 2)
        folder = disks(home)[0].folder(ended.volume, "v0001")
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        assert (held.files, held.bytes) == (len(sizes), sum(sizes))

    @pytest.mark.parametrize("form", ["{}", "uuid:{}", " {}\n", "UUID:{}"])
    def test_an_identifier_as_people_type_it(self, form: str) -> None:
        own = VolumeId("3fa2c1de-0000-4000-8000-00000000000a")
        assert identified(form.format(own)) == identified(form.format(own).upper()) == own

    @pytest.mark.parametrize("text", ["", "kniha", "3fa2c1de", "../..", "3fa2c1de-0000-4000-8000-00000000000g"])
    def test_what_can_be_no_identifier_is_no_object(self, text: str) -> None:
        with pytest.raises(Problem) as caught:
            identified(text)
        assert (caught.value.finding.code, caught.value.exit_code) == ("S004", 66)
