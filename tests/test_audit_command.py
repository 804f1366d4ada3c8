"""`kdr audit` as an archivist runs it: what it prints, how it ends, and what a kill leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from repository.journal import Journal
from tests.audits import BOOKS, START, checked, copies, everywhere, library
from tests.homes import KDR, environment, flip, kdr
from workflows.founding import attached, disks, places
from workflows.settings import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three books stored long ago in two places."""
    return library(tmp_path)


def fresh(home: Home) -> None:
    """Read all copies now."""
    assert kdr("audit", "run", "--full", home=home.folder).returncode == 0


class TestPlan:
    @pytest.mark.parametrize(
        ("tongue", "words"), [("cs", ("návrh", "druha", "uložen")), ("en", ("proposal", "druha", "saved"))]
    )
    def test_it_is_shown_and_then_saved(self, home: Home, tongue: str, words: tuple[str, ...]) -> None:
        wish = ("audit", "plan", "--days", "60", "--place", "druha=30", "--hours", "6", "--mb-per-s", "80")
        shown = kdr(*wish, home=home.folder, KDR_LANGUAGE=tongue)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert words[0] in shown.stdout
        assert words[1] in shown.stdout
        assert not list(Journal(home.journal).entries(kinds=["audit planned"]))
        saved = kdr(*wish, "--save", "--workers", "1", home=home.folder, KDR_LANGUAGE=tongue)
        assert words[2] in saved.stdout
        (entry,) = Journal(home.journal).entries(kinds=["audit planned"])
        assert entry.facts == {"places": {"hlavni": 60, "druha": 30}, "hours": 6, "mb_per_s": 80, "workers": 1}
        told = json.loads(kdr("audit", "plan", "--json", home=home.folder).stdout)
        assert (told["plan"]["days"], told["kept"]) == ({"hlavni": 60, "druha": 30}, True)

    def test_a_place_that_is_none(self, home: Home) -> None:
        done = kdr("audit", "plan", "--place", "jinde=3", home=home.folder)
        assert (done.returncode, "S030" in done.stderr) == (64, True)


class TestStatus:
    def test_overdue_copies_are_an_alarm_until_they_are_read(self, home: Home) -> None:
        before = kdr("audit", "status", home=home.folder)
        assert (before.returncode, "S033" in before.stdout) == (1, True)
        assert START.date().isoformat() in before.stdout
        fresh(home)
        after = kdr("audit", "status", "--json", home=home.folder)
        told = json.loads(after.stdout)
        assert (after.returncode, told["overdue"], told["last"]["intact"], told["findings"]) == (0, 0, 6, [])


class TestRun:
    def test_what_is_due_is_read_and_the_second_time_nothing_is(self, home: Home) -> None:
        done = kdr("audit", "run", home=home.folder, KDR_LANGUAGE="en")
        assert (done.returncode, "intact 6, faults 0, unread 0" in done.stdout) == (0, True)
        again = kdr("audit", "run", home=home.folder, KDR_LANGUAGE="en")
        assert (again.returncode, "Nothing is due" in again.stdout) == (0, True)

    def test_a_damaged_copy_is_told_mended_and_no_success(self, home: Home) -> None:
        fresh(home)
        file = disks(home)[1].folder(BOOKS[0], "v0001") / "data/mets.xml"
        flip(file)
        done = kdr("audit", "run", "--object", BOOKS[0], home=home.folder)
        assert done.returncode == 1, done.stdout + done.stderr
        assert f"S010 POŠKOZENO {file}" in done.stdout
        assert '"verdict": "damaged"' in done.stderr  # a log line, as there is no terminal
        assert kdr("audit", "run", "--object", BOOKS[0], home=home.folder).returncode == 0  # it was repaired

    def test_json_is_for_programs(self, home: Home) -> None:
        flip(disks(home)[0].folder(BOOKS[0], "v0001") / "data/mets.xml")
        done = kdr("audit", "run", "--sample", "50", "--place", "hlavni", "--json", home=home.folder)
        told = json.loads(done.stdout)
        assert (done.returncode, told["exit_code"], told["due"], told["faults"]) == (1, 1, 3, 1)
        assert told["findings"][0]["code"] == "S010"

    def test_hours_that_are_over_and_a_place_that_is_away_are_no_success(self, home: Home, tmp_path: Path) -> None:
        assert kdr("audit", "run", "--hours", "0", home=home.folder).returncode == 75
        disks(home)[1].root.rename(tmp_path / "away")
        done = kdr("audit", "run", "--full", home=home.folder)
        assert (done.returncode, "S020" in done.stdout, len(checked(home))) == (75, True, 3)

    def test_no_journal(self, home: Home, tmp_path: Path) -> None:
        home.journal.rename(tmp_path / "away")
        assert kdr("audit", "run", home=home.folder).returncode == 74


@pytest.mark.slow
@pytest.mark.parametrize("read", [1, 7])
def test_after_kill_9_the_run_is_gone_on_with_and_every_copy_is_read_once(tmp_path: Path, read: int) -> None:
    home = library(tmp_path, BOOKS[:6], size=20_000)
    assert kdr("audit", "plan", "--mb-per-s", "0.2", "--save", home=home.folder).returncode == 0  # 0.1 s a copy
    running = subprocess.Popen(
        [str(KDR), "--home", str(home.folder), "audit", "run", "--full"],
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 100
    while len(checked(home)) < read and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    before = copies(checked(home))
    assert read <= len(before) < 12
    assert kdr("audit", "status", "--json", home=home.folder).stdout.count('"interrupted": "audit-') == 1
    done = kdr("audit", "run", home=home.folder, KDR_LANGUAGE="en")
    assert (done.returncode, "S035" in done.stdout, "intact 12" in done.stdout) == (0, True, True), done.stdout
    assert sorted(copies(checked(home))) == sorted(everywhere(home, BOOKS[:6]))
    assert len({entry.facts["run"] for entry in checked(home)}) == 1
    assert Journal(home.journal).check(attached(home)) == []
    assert {place.name for place in places(home)} == {"hlavni", "druha"}
