"""A batch goes as far as it can: a bad page holds up its own book and nothing else, and nothing is done twice."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import nullcontext
from pathlib import Path

import pytest

from metadata.problem import Problem
from tests.engines import MAGIC, PLACE, CrashingEngine, VanishingEngine, named
from tests.homes import Ran, changed, delivery, flip, go_on, make_home, run, scan, told
from workflows.batch import Options, State, batch_folder, is_worked_on, read_plan, working_on
from workflows.drive import Inline
from workflows.founding import open_store
from workflows.settings import Home
from workflows.volume import PackageJob


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty repository."""
    return make_home(tmp_path / "home")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where engines remember."""
    monkeypatch.setenv(PLACE, str(tmp_path))
    return tmp_path


def states(ran: Ran) -> dict[str, State]:
    return {planned.volume.folder: ran.volume(planned.volume.folder).state for planned in ran.batch.volumes}


class TestOneBadPage:
    @pytest.fixture
    def ran(self, home: Home, tmp_path: Path) -> Ran:
        """Three books; the second page of the second says 72 dpi."""
        given = delivery(tmp_path / "dodavka", {"a": [1, 2], "b": [3, 4, 5], "c": [6]})
        scan(given / "b" / "0002.tif", 4, dpi=72)
        return run(home, given)

    def test_its_book_waits_and_the_others_are_stored(self, ran: Ran, home: Home) -> None:
        assert states(ran) == {"a": State.STORED, "b": State.WAITING, "c": State.STORED}
        assert {p.volume.folder: ran.volume(p.volume.folder).version for p in ran.batch.volumes} == {
            "a": "v0001", "b": "", "c": "v0001",
        }  # fmt: skip
        assert len(open_store(home).objects()) == 2

    def test_the_book_says_which_page_and_why(self, ran: Ran) -> None:
        stops = [found for found in ran.volume("b").findings if found.stops]
        assert told(stops) == ["V001", "P012"]
        assert stops[0].facts == {"missing": 1, "pages": 3}
        assert stops[1].subject == "b/0002.tif"

    def test_its_other_pages_were_made(self, ran: Ran) -> None:
        first, second, third = ran.pages("b")
        assert all((page / "page" / "page.json").is_file() for page in (first, third))
        assert [step.name for step in second.iterdir()] == ["examine"]

    def test_the_run_says_so(self, ran: Ran) -> None:
        end = ran.end
        assert (end.stored, end.waiting, end.failed, end.pages, end.exit_code) == (2, 1, 0, 6, 65)
        assert told(end.findings) == ["V001", "P012"]
        assert end.report.is_file()

    def test_running_it_again_does_nothing(self, ran: Ran, home: Home, tmp_path: Path) -> None:
        before = ran.records()
        again = run(home, tmp_path / "dodavka")
        assert (again.folder, again.batch) == (ran.folder, ran.batch)
        assert again.records() == before
        assert states(again) == states(ran)

    def test_the_operators_word_makes_a_new_plan_and_finishes(self, ran: Ran, home: Home, tmp_path: Path) -> None:
        before = ran.records()
        again = run(home, tmp_path / "dodavka", Options(dpi=300))
        assert (set(states(again).values()), again.end.exit_code) == ({State.STORED}, 0)
        assert "P011" not in again.codes("b")
        assert read_plan(ran.folder) == again.batch
        former = json.loads((ran.folder / "batch-0001.json").read_bytes())
        assert former["options"] == {"language": "", "dpi": 0}
        stored = {name: state for name, state in before.items() if f"/{ran.volume('b').volume}/" not in f"/{name}"}
        assert stored
        assert stored.items() <= again.records().items()

    def test_resume_keeps_the_operators_word(self, ran: Ran, home: Home, tmp_path: Path) -> None:
        run(home, tmp_path / "dodavka", Options(dpi=300))
        again = go_on(home, ran.folder.name)
        assert again.batch.options == Options(dpi=300)
        assert sorted(path.name for path in ran.folder.glob("batch*.json")) == ["batch-0001.json", "batch.json"]

    def test_another_setting_reads_waiting_pages_again_and_encodes_none(self, ran: Ran, tmp_path: Path) -> None:
        before = ran.records()
        again = run(changed(tmp_path / "home", ocr_dpi=150), tmp_path / "dodavka")
        assert again.batch.rules.ocr_dpi == 150
        touched = {name for name, state in again.records().items() if before.get(name) != state}
        waiting = str(ran.volume("b").volume)
        assert {Path(name).parts[1] for name in touched} == {waiting}
        # A closed page has no decoded pixels any more: they are made once again to be read; the copies stand.
        assert {Path(name).parts[3] for name in touched} == {"examine", "read", "check", "page"}

    def test_the_journal_knows_the_run(self, ran: Ran, home: Home) -> None:
        (entry,) = (e for e in open_store(home).journal.entries() if e.kind == "batch")
        assert (entry.subject, entry.facts) == (ran.folder.name, {
            "volumes": 3, "states": ["stored", "waiting", "stored"],
        })  # fmt: skip


class TestVolumesThatWait:
    def test_two_volumes_of_the_same_pages(self, home: Home, tmp_path: Path) -> None:
        ran = run(home, delivery(tmp_path / "dodavka", {"a": [1, 2], "b": [1, 2], "c": [3]}))
        assert states(ran) == {"a": State.STORED, "b": State.WAITING, "c": State.STORED}
        (twin,) = (found for found in ran.volume("b").findings if found.stops)
        assert (twin.code, twin.facts) == ("V009", {"other": "a"})
        assert ran.end.exit_code == 65

    def test_a_language_that_is_not_installed_holds_up_its_own_volume(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"a": [1], "b": [2]})
        (given / "a" / "volume.toml").write_text('title = "Kronika"\nlanguage = "lat"\n', encoding="utf-8")
        ran = run(home, given)
        assert states(ran) == {"a": State.WAITING, "b": State.STORED}
        assert "E002" in ran.codes("a")
        assert ran.end.exit_code == 69

    def test_a_volume_whose_own_files_are_wrong(self, home: Home, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"a": [1], "b": [2]})
        (given / "a" / "volume.toml").write_text("title = \n", encoding="utf-8")
        ran = run(home, given)
        assert states(ran) == {"a": State.WAITING, "b": State.STORED}
        assert "D011" in ran.codes("a")
        assert not any(ran.pages("a")[0].parent.glob("0*"))


class TestFaultsOfTheMachine:
    def test_a_crash_fails_the_volume_and_resume_mends_it(self, tmp_path: Path, place: Path) -> None:
        home = make_home(tmp_path / "home", ocr=named(CrashingEngine))
        given = delivery(tmp_path / "dodavka", {"a": [1, 2], "b": [3]})
        scan(given / "a" / "0002.tif", 2, width=MAGIC)
        ran = run(home, given)
        assert states(ran) == {"a": State.FAILED, "b": State.STORED}
        assert (ran.end.exit_code, told(ran.end.findings)) == (75, ["V001", "P050"])
        before = ran.records()
        (place / "mended").touch()
        again = go_on(home, ran.folder.name)
        assert (again.end.stored, again.end.exit_code) == (2, 0)
        touched = {Path(name).parent.name for name, state in again.records().items() if before.get(name) != state}
        assert touched == {"read", "check", "page", "structure", "package"}

    def test_a_program_that_is_gone_stops_the_feeding(self, tmp_path: Path, place: Path) -> None:
        home = make_home(tmp_path / "home", ocr=named(VanishingEngine))
        ran = run(home, delivery(tmp_path / "dodavka", {"a": [1], "b": [2], "c": [3]}))
        assert (ran.volume("a").state, ran.volume("b").state) == (State.STORED, State.FAILED)
        assert told(ran.end.findings) == ["V001", "E001"]
        assert (ran.end.stored, ran.end.failed, ran.end.exit_code) == (1, 2, 69)
        assert not ran.pages("c")[0].exists()
        assert go_on(home, ran.folder.name).end.exit_code == 69
        for _ in ran.batch.volumes:
            (place / "gone").unlink(missing_ok=True)
            again = go_on(home, ran.folder.name)
        assert (again.end.stored, again.end.exit_code) == (3, 0)

    def test_a_master_that_changes_before_it_is_packed_is_found_and_made_again(
        self, home: Home, tmp_path: Path
    ) -> None:
        given = delivery(tmp_path / "dodavka", {"a": [1, 2]})
        ran = run(home, given, hire=lambda: nullcontext(Spoiling()))
        (found,) = (f for f in ran.volume("a").findings if f.stops)
        assert (found.code, states(ran), ran.end.exit_code) == ("V008", {"a": State.FAILED}, 75)
        assert "_0002.jp2" in found.subject
        assert open_store(home).objects() == ()
        before = ran.records()
        again = go_on(home, ran.folder.name)
        assert (states(again), again.end.exit_code) == ({"a": State.STORED}, 0)
        touched = {Path(name).parts[2:-1] for name, state in again.records().items() if before.get(name) != state}
        assert touched == {("0002", "examine"), ("0002", "master"), ("0002", "page"), ("package",)}

    def test_a_place_that_cannot_be_used_fails_the_volume_and_stops_the_feeding(
        self, home: Home, tmp_path: Path
    ) -> None:
        given = delivery(tmp_path / "dodavka", {"a": [1], "b": [2]})
        first = run(make_home(tmp_path / "elsewhere"), given).volume("a").volume
        blocked = tmp_path / "home" / "store" / "hlavni" / first[:2]
        blocked.write_bytes(b"")
        ran = run(home, given)
        assert (ran.volume("a").state, ran.end.stored, ran.end.exit_code) == (State.FAILED, 0, 74)
        assert "S003" in ran.codes("a")
        assert not ran.pages("b")[0].exists()
        before = ran.records()
        blocked.unlink()
        again = go_on(home, ran.folder.name)
        assert (again.end.stored, again.end.exit_code) == (2, 0)
        assert before.items() <= again.records().items()


class TestBefore:
    def test_a_place_that_is_too_small_refuses_before_any_work(self, tmp_path: Path) -> None:
        make_home(tmp_path / "home")
        home = changed(tmp_path / "home", quota_gb=0.013)
        with pytest.raises(Problem, match="S001"):
            run(home, delivery(tmp_path / "dodavka", {"a": [1, 2]}))
        assert not list(home.batches.glob("*/volumes"))
        roomy = changed(tmp_path / "home", quota_gb=1)
        assert run(roomy, tmp_path / "dodavka").end.stored == 1

    def test_a_batch_is_worked_on_by_one_run(self, home: Home, tmp_path: Path) -> None:
        ran = run(home, delivery(tmp_path / "dodavka", {"a": [1]}))
        assert not is_worked_on(ran.folder)
        with working_on(ran.folder):
            assert is_worked_on(ran.folder)
            with pytest.raises(Problem) as caught:
                go_on(home, ran.folder.name)
        assert (caught.value.finding.code, caught.value.exit_code) == ("D014", 75)

    def test_what_a_killed_run_left_half_written_is_cleared(self, home: Home, tmp_path: Path) -> None:
        ran = run(home, delivery(tmp_path / "dodavka", {"a": [1]}))
        volume = next((ran.folder / "volumes").iterdir())
        halves = [ran.folder / ".draft-abc.json", volume / ".draft-abc.json"]
        for half in halves:
            half.write_bytes(b"{")
        go_on(home, ran.folder.name)
        assert not any(half.exists() for half in halves)

    @pytest.mark.parametrize("name", ["none", "../home", "", ".", "dodavka/../x"])
    def test_only_batches_are_batches(self, home: Home, name: str) -> None:
        with pytest.raises(Problem, match="D015"):
            batch_folder(home, name)

    def test_a_run_leaves_no_temporary_files_and_the_process_as_it_was(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr(tempfile, "tempdir", None)
        ran = run(home, delivery(tmp_path / "dodavka", {"a": [1]}))
        assert not (ran.folder / "tmp").exists()
        assert (os.environ["TMPDIR"], tempfile.gettempdir()) == (str(tmp_path), str(tmp_path))

    def test_a_plan_that_is_torn_is_made_again(self, home: Home, tmp_path: Path) -> None:
        ran = run(home, delivery(tmp_path / "dodavka", {"a": [1]}))
        (ran.folder / "batch.json").write_bytes(b'{"id"')
        before = ran.records()
        again = go_on(home, ran.folder.name)
        assert (again.end.stored, again.records()) == (1, before)


class Spoiling(Inline):
    """Changes a byte of the last page's master just before the book is packed."""

    def start_package(self, job: PackageJob) -> None:
        """Spoil, then go on."""
        masters = sorted(job.folder.glob("0*/master/*.jp2"))
        flip(masters[-1])
        super().start_package(job)
