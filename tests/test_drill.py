"""Fire drills: the canary is damaged in every way, found, mended; objects come back from each place alone."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from metadata.problem import Problem
from repository.bag import problems
from repository.canary import CANARY, make_canary
from repository.catalogue.build import build
from repository.harm import Harm, Reach, do_harm
from repository.incident import State, incidents
from repository.verify import Verdict, verify_places
from tests.bags import AGENT, BOOK, make_bag
from tests.homes import changed, copied, everything, flip, kdr, make_home, stored_book
from workflows import drill as drilling
from workflows.drill import failures, run_drill
from workflows.drill_record import due, held
from workflows.founding import disks, open_store
from workflows.restore_drill import Wish, run_restore_drill
from workflows.settings import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored_book(tmp_path_factory.mktemp("model"))


class TestCanary:
    def test_is_a_valid_bag_and_always_the_same(self, tmp_path: Path) -> None:
        assert problems(make_canary(tmp_path / "a")) == ()
        make_canary(tmp_path / "b")
        assert everything(tmp_path / "a") == everything(tmp_path / "b")

    def test_is_not_in_the_catalogue(self, home: Home) -> None:
        run_drill(home)
        assert open_store(home).objects() == (CANARY,)
        built = build(home.catalogue, disks(home)[0], open_store(home).journal)
        assert (built.volumes, built.unreadable) == (0, 0)


class TestDamageDrill:
    def test_every_harm_is_found_and_mended_in_every_place(self, home: Home) -> None:
        done = run_drill(home)
        assert [each for each in done.exercises if not each.passed] == []
        assert done.passed
        tried = {(each.place, each.harm) for each in done.exercises}
        assert {(place.name, harm.value) for place in disks(home) for harm in Harm} < tried
        assert {("–", "journal edited"), ("–", "journal cut")} < tried

    def test_afterwards_everything_is_whole_and_nothing_lies_about(self, home: Home) -> None:
        run_drill(home)
        rows = list(verify_places([place.root for place in disks(home)], home.journal))
        assert {row.verdict for row in rows} == {Verdict.INTACT}
        for place in disks(home):
            assert list((place.root / ".quarantine").glob("*/*/v0001")) == []  # of the canary nothing is kept

    def test_a_second_drill_uses_the_same_canary(self, home: Home) -> None:
        first, second = run_drill(home), run_drill(home, "druha")
        assert (first.passed, second.passed) == (True, True)
        assert open_store(home).versions(CANARY) == ("v0001",)
        assert {each.place for each in second.exercises} == {"druha", "–"}

    def test_what_a_killed_drill_left_is_mended_first(self, home: Home) -> None:
        run_drill(home)
        folder = disks(home)[1].folder(CANARY, "v0001")
        flip(folder / "data/strany/0002.bin")
        assert run_drill(home).passed

    def test_a_canary_damaged_everywhere_is_made_anew(self, home: Home) -> None:
        run_drill(home)
        for place in disks(home):
            flip(place.folder(CANARY, "v0001") / "data/strany/0002.bin")
        assert run_drill(home).passed
        assert [each.state for each in incidents(open_store(home).journal) if each.state is State.OPEN] == []

    def test_a_harm_that_goes_unseen_fails_the_drill(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        run_drill(home)

        def gentle(way: Harm, reach: Reach) -> None:
            if way is not Harm.FLIP:
                do_harm(way, reach)

        monkeypatch.setattr(drilling, "do_harm", gentle)
        done = run_drill(home)
        assert not done.passed
        assert {each.harm for each in done.exercises if not each.passed} == {"flip"}
        assert {found.code for found in failures(done)} == {"S047"}
        assert not held(open_store(home).journal)[-1].passed

    def test_one_place_alone_cannot_practise(self, home: Home) -> None:
        second = disks(home)[1].root
        second.rename(second.with_name("away"))
        with pytest.raises(Problem, match="S049"):
            run_drill(home)

    def test_the_command_tells_and_leaves_a_protocol(self, home: Home) -> None:
        done = kdr("drill", home=home.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "20 z 20 zkoušek obstálo" in done.stdout
        (protocol,) = home.protocols.glob("drill-D-*.json")
        assert len(json.loads(protocol.read_bytes())["exercises"]) == 20
        english = kdr("drill", "damage", "--place", "druha", home=home.folder, KDR_LANGUAGE="en")
        assert "11 of 11 exercises passed" in english.stdout


class TestRestoreDrill:
    def test_everything_comes_back_from_each_place_alone(self, model: Path, tmp_path: Path) -> None:
        home = copied(model, tmp_path / "home")
        done = run_restore_drill(home, Wish(everything=True, target=tmp_path / "back"))
        assert done.passed
        assert [each.place for each in done.places] == ["hlavni", "druha"]
        for place in disks(home):
            (own,) = place.objects()
            back = tmp_path / "back" / place.name
            stored = everything(place.folder(own, "v0001"))
            assert everything(back / own[:2] / own[2:4] / own / "v0001") == stored

    def test_from_the_second_place_while_the_first_is_lost(self, model: Path, tmp_path: Path) -> None:
        home = copied(model, tmp_path / "home")
        first = disks(home)[0].root
        first.rename(first.with_name("lost"))
        done = kdr("drill", "restore", "--all", "--place", "druha", home=home.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 z 1 míst obstálo" in done.stdout

    def test_a_damaged_copy_is_told(self, model: Path, tmp_path: Path) -> None:
        home = copied(model, tmp_path / "home")
        (own,) = disks(home)[1].objects()
        flip(next((disks(home)[1].folder(own, "v0001") / "data").rglob("*.jp2")))
        done = kdr("drill", "restore", home=home.folder)
        assert done.returncode == 1
        assert "S048" in done.stdout
        assert "1 z 2 míst obstálo" in done.stdout

    def test_a_place_that_never_got_a_copy_is_told(self, model: Path, tmp_path: Path) -> None:
        home = copied(model, tmp_path / "home")
        store = open_store(home)
        bag = make_bag(tmp_path / "bag")
        second = disks(home)[1].root
        second.rename(second.with_name("away"))
        store.take(bag, BOOK, AGENT)
        second.with_name("away").rename(second)
        done = run_restore_drill(home, Wish(object_id=BOOK))
        assert [each.passed for each in done.places] == [True, False]
        assert done.places[1].missing == (f"{BOOK} v0001",)

    def test_nothing_to_restore_is_told(self, home: Home) -> None:
        with pytest.raises(Problem, match="S004"):
            run_restore_drill(home, Wish())

    def test_a_target_that_is_there_is_left_alone(self, model: Path, tmp_path: Path) -> None:
        home = copied(model, tmp_path / "home")
        (tmp_path / "back" / "hlavni").mkdir(parents=True)
        with pytest.raises(Problem, match="S005"):
            run_restore_drill(home, Wish(target=tmp_path / "back"))


class TestSchedule:
    def test_the_next_drill_is_due_after_the_last_that_passed(self, home: Home) -> None:
        run_drill(home)
        day = dt.date(2030, 1, 1)
        journal = open_store(home).journal
        done = held(journal)
        damage, restore = due(home, done, "2026-01-01T00:00:00+00:00", dt.date(2026, 4, 1))
        assert (damage.overdue, restore.by, restore.overdue) == (False, "2026-04-01", False)
        assert all(each.overdue for each in due(home, done, "2026-01-01T00:00:00+00:00", day))

    def test_an_overdue_drill_is_an_alarm(self, home: Home) -> None:
        assert kdr("drill", "list", home=home.folder).returncode == 0
        journal = next(home.journal.glob("*.jsonl"))
        assert journal.exists()
        early = changed(home.folder, drill_days=1)
        first = next(open_store(early).journal.entries()).time
        late = dt.datetime.fromisoformat(first).date() + dt.timedelta(days=2)
        assert [each.overdue for each in due(early, (), first, late)] == [True, True]
