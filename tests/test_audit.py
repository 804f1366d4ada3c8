"""An audit run: what it reads, in which order, within which bounds, and what it says of what it could not read."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import repository.verify
import workflows.auditing
from metadata.finding import Finding
from metadata.problem import Problem
from repository.fixity import Check, record
from repository.journal import Journal
from repository.ledger import Kept, read_ledger
from repository.verify import Verdict
from tests.audits import BOOKS, Clock, add, checked, copies, everywhere, library
from tests.deadly import deadly
from tests.homes import flip, told
from workflows.agents import KDR
from workflows.audit_past import Scope
from workflows.audit_plan import PlanWish
from workflows.audit_reading import CopyJob, Pace
from workflows.audit_state import plan_audit, status
from workflows.auditing import AuditWish, RunEnd, run_audit
from workflows.founding import disks
from workflows.graph import spread
from workflows.settings import Home

FULL = AuditWish(Scope(full=True))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three books in two places, stored on day 0."""
    return library(tmp_path)


def audited(home: Home, wish: AuditWish = FULL, clock: Clock | None = None) -> RunEnd:
    heard: list[Finding] = []
    end = run_audit(home, wish, heard.append, times=(clock or Clock(1)).times)
    assert end.findings == tuple(heard)
    return end


def version(home: Home, book: int = 0, place: int = 0) -> Path:
    return disks(home)[place].folder(BOOKS[book], "v0001")


def interrupted(home: Home, wish: AuditWish, copies_read: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies after so many copies were journalled."""
    left = iter(range(copies_read))

    def dying(*given: object) -> object:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return record(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(workflows.auditing, "record", dying)
        with pytest.raises(KeyboardInterrupt):
            audited(home, wish)


class TestWhatIsRead:
    def test_nothing_is_due_on_the_day_after_storing(self, home: Home) -> None:
        end = audited(home, AuditWish())
        assert (end.due, end.exit_code, checked(home)) == (0, 0, [])

    def test_what_is_due_is_read_and_then_it_is_not(self, home: Home) -> None:
        end = audited(home, AuditWish(), Clock(89.5))
        assert (end.due, end.intact, end.unread, end.exit_code) == (6, 6, 0, 0)
        assert {*copies(checked(home))} == {*everywhere(home, BOOKS[:3])}
        assert audited(home, AuditWish(), Clock(90)).due == 0
        assert audited(home, AuditWish(), Clock(178.5)).due == 6

    def test_the_longest_unread_is_read_first(self, tmp_path: Path) -> None:
        home = library(tmp_path, BOOKS[:4], each=10)
        for book in (2, 0):
            audited(home, AuditWish(Scope(object_id=BOOKS[book])), Clock(50 + book))
        audited(home, FULL, Clock(60))
        order = [subject for subject, place in copies(checked(home)[4:]) if place == "hlavni"]
        assert order == [BOOKS[1], BOOKS[3], BOOKS[0], BOOKS[2]]

    @pytest.mark.parametrize(
        ("scope", "wanted"),
        [
            (Scope(full=True), 6),
            (Scope(object_id=BOOKS[1]), 2),
            (Scope(places=("druha",)), 3),
            (Scope(object_id=BOOKS[1], places=("druha",)), 1),
            (Scope(sample=4), 4),
            (Scope(sample=9, places=("hlavni",)), 3),
        ],
    )
    def test_named_copies_are_read_due_or_not(self, home: Home, scope: Scope, wanted: int) -> None:
        end = audited(home, AuditWish(scope))
        assert (end.due, end.intact, len(checked(home)), end.exit_code) == (wanted, wanted, wanted, 0)
        begun, ended = Journal(home.journal).entries(kinds=["audit begun", "audit ended"])
        assert (begun.subject, begun.facts["due"]) == (ended.subject, wanted) == (end.run, ended.facts["intact"])
        assert {entry.facts["run"] for entry in checked(home)} == {end.run}

    @pytest.mark.parametrize(
        ("scope", "code"), [(Scope(places=("jinde",)), "S030"), (Scope(object_id=BOOKS[9]), "S004")]
    )
    def test_names_of_nothing_are_refused(self, home: Home, scope: Scope, code: str) -> None:
        with pytest.raises(Problem, match=code):
            audited(home, AuditWish(scope))

    def test_one_audit_at_a_time(self, home: Home) -> None:
        with workflows.auditing._only_one(home), pytest.raises(Problem, match="S032") as refused:
            audited(home)
        assert refused.value.exit_code == 75
        assert audited(home).exit_code == 0


class TestBudget:
    def test_when_the_hours_are_over_nothing_more_is_begun_and_it_is_no_success(self, home: Home) -> None:
        end = audited(home, AuditWish(hours=3), Clock(89.5, step=3600))
        assert (end.due, end.intact, end.unread, end.left, end.exit_code) == (6, 2, 4, 4, 75)
        assert told(end.findings) == ["S036"]
        rest = audited(home, AuditWish(), Clock(89.6))
        assert (rest.due, rest.intact, rest.exit_code) == (4, 4, 0)
        assert sorted(copies(checked(home))) == sorted(everywhere(home, BOOKS[:3]))

    def test_a_full_run_takes_as_many_nights_as_it_needs(self, home: Home) -> None:
        first = audited(home, replace(FULL, hours=3), Clock(1, step=3600))
        assert (first.intact, first.left, first.exit_code) == (2, 4, 75)
        second = audited(home, AuditWish(hours=8), Clock(2))  # nothing is named: the open one
        assert (second.run, second.resumed, second.due, second.intact, second.exit_code) == (first.run, True, 6, 6, 0)
        assert sorted(copies(checked(home))) == sorted(everywhere(home, BOOKS[:3]))

    def test_what_is_overdue_and_was_not_read_is_an_alarm(self, home: Home) -> None:
        end = audited(home, AuditWish(hours=0), Clock(100))
        assert (end.overdue, end.exit_code, told(end.findings)) == (6, 75, ["S036", "S033", "S033"])
        assert audited(home, AuditWish(), Clock(100)).overdue == 0

    @settings(max_examples=20)
    @given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.floats(0.5, 500))
    def test_reading_is_never_faster_than_its_pace(self, sizes: list[int], rate: float) -> None:
        clock = Clock()

        def wait(seconds: float) -> None:
            clock.seconds += seconds

        pace = Pace(rate, clock.ticks, wait)
        for size in sizes:
            pace("x", size)
            clock.seconds += 0.01
        assert clock.seconds >= sum(sizes) / 1e6 / rate * 0.999

    def test_no_limit_never_waits(self) -> None:
        Pace(0, wait=_never)("x", 10**15)


class TestInterrupted:
    @pytest.mark.parametrize("read", [0, 1, 5, 6])
    def test_every_copy_is_read_exactly_once(self, home: Home, monkeypatch: pytest.MonkeyPatch, read: int) -> None:
        if read < 6:
            interrupted(home, FULL, read, monkeypatch)
        assert (status(home).interrupted != "") == (read < 6)
        end = audited(home, FULL)
        assert (end.due, end.intact, end.resumed, end.exit_code) == (6, 6, read < 6, 0)
        assert sorted(copies(checked(home))) == sorted(everywhere(home, BOOKS[:3]))
        assert status(home).interrupted == ""

    def test_it_is_told_and_a_book_stored_meanwhile_waits(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        interrupted(home, FULL, 2, monkeypatch)
        add(home, tmp_path / "more", BOOKS[5], Clock(1))
        (found,) = (each for each in audited(home, FULL).findings if each.code == "S035")
        assert (found.facts["done"], found.facts["left"]) == (2, 4)  # the new one was read back when it was stored

    def test_a_sample_stays_the_one_that_was_drawn(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        home, wish = library(tmp_path, BOOKS[:6]), AuditWish(Scope(sample=5))
        interrupted(home, wish, 3, monkeypatch)
        end = audited(home, wish)
        assert (end.due, end.intact, len({*copies(checked(home))})) == (5, 5, 5)
        (begun,) = Journal(home.journal).entries(kinds=["audit begun"])
        assert isinstance(begun.facts["scope"], dict)
        assert begun.facts["scope"]["seed"] == end.scope.seed

    def test_another_wish_is_another_run_and_leaves_the_open_one(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        interrupted(home, FULL, 2, monkeypatch)
        other = audited(home, AuditWish(Scope(object_id=BOOKS[2])))
        assert (other.resumed, other.due) == (False, 2)
        end = audited(home, AuditWish())
        assert (end.resumed, end.exit_code) == (True, 0)
        assert sorted(copies(checked(home))) == sorted(everywhere(home, BOOKS[:3]))

    def test_faults_found_before_it_was_killed_are_not_forgotten(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for place in (0, 1):
            flip(version(home, 0, place) / "data/mets.xml")
        interrupted(home, FULL, 5, monkeypatch)
        end = audited(home, FULL)
        assert (end.faults, end.exit_code) == (2, 1)


class TestFaults:
    def test_each_fault_is_told_once_and_handed_on(self, home: Home) -> None:
        flip(version(home, 1) / "data/mets.xml")
        (version(home, 2, 1) / "data/mets.xml").unlink()
        seen: list[tuple[str, str, Verdict]] = []

        def attend(kept: Kept, done: Check, run: str) -> None:
            assert run == next(Journal(home.journal).entries(kinds=["audit begun"])).subject
            seen.append((kept.object_id, done.place, done.verdict))

        heard: list[Finding] = []
        end = run_audit(home, FULL, heard.append, attend, Clock(1).times)
        assert (end.intact, end.faults, end.unread, end.exit_code) == (4, 2, 0, 1)
        assert sorted(told(heard)) == ["S010", "S011"]
        assert sorted(seen) == [(BOOKS[1], "hlavni", Verdict.DAMAGED), (BOOKS[2], "druha", Verdict.MISSING)]
        assert status(home).last is not None

    @pytest.mark.parametrize(("where", "code"), [("../v0007", "S017"), ("../../x", "S012")])
    def test_what_belongs_to_nothing_is_found_too(self, home: Home, where: str, code: str) -> None:
        (version(home) / where).mkdir()
        end = audited(home)
        assert (told(end.findings), end.intact, end.exit_code) == ([code], 6, 1)

    def test_a_journal_that_was_edited_stops_all_and_is_not_written_to(self, home: Home) -> None:
        (month,) = home.journal.glob("*.jsonl")
        month.write_bytes(month.read_bytes().replace(b'"mc_0001', b'"mc_0002').replace(b'"founded"', b'"fxunded"'))
        before = month.read_bytes()
        end = audited(home)
        assert (end.exit_code, end.run, end.findings[0].code) == (1, "", "S015")
        assert month.read_bytes() == before

    def test_a_version_lawfully_let_go_meanwhile_is_not_missing(self, home: Home) -> None:
        gone: list[str] = []

        def attend(_kept: Kept, _done: Check, _run: str) -> None:
            disks(home)[0].let_go(BOOKS[2], "v0001")
            facts = {"versions": ["v0001"], "places": ["hlavni", "druha"]}
            Journal(home.journal).append("disposed", BOOKS[2], facts, KDR)
            gone.append(BOOKS[2])

        flip(version(home, 0) / "data/mets.xml")
        end = run_audit(home, AuditWish(Scope(full=True, places=("hlavni",))), lambda _: None, attend, Clock(1).times)
        assert gone == [BOOKS[2]]
        assert (end.faults, end.due, end.unread) == (1, 2, 0)


class TestUnreadable:
    def test_a_read_error_is_unread_not_damaged_and_no_success(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = repository.verify.sha512_of

        def failing(path: Path) -> tuple[str, int]:
            if path == version(home, 1) / "data/mets.xml":
                raise OSError(errno.EIO, "Input/output error")
            return read(path)

        with monkeypatch.context() as patch:
            patch.setattr(repository.verify, "sha512_of", failing)
            end = audited(home)
        assert (end.intact, end.faults, end.unread, end.left, end.exit_code) == (5, 0, 1, 0, 1)
        assert told(end.findings) == ["S013"]
        assert read_ledger(Journal(home.journal)).versions[BOOKS[1], "v0001"].replicas["hlavni"].intact < Clock(1)()
        again = audited(home, AuditWish(), Clock(2))  # it is due at once
        assert (again.due, again.intact, again.exit_code) == (1, 1, 0)

    def test_a_place_that_is_away_is_unread_and_no_fault(self, home: Home, tmp_path: Path) -> None:
        disks(home)[1].root.rename(tmp_path / "away")
        end = audited(home)
        assert (end.intact, end.faults, end.unread, end.left, end.exit_code) == (3, 0, 3, 3, 75)
        assert told(end.findings) == ["S020", "S036"]
        (tmp_path / "away").rename(disks(home)[1].root)
        again = audited(home, FULL)
        assert (again.resumed, again.due, again.intact, again.exit_code) == (True, 6, 6, 0)

    def test_a_place_that_goes_away_in_the_middle(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = repository.verify.sha512_of

        def unplugging(path: Path) -> tuple[str, int]:
            if path.is_relative_to(version(home, 1, 1)) and path.name == "mets.xml":
                disks(home)[1].root.rename(tmp_path / "away")
            return read(path)

        with monkeypatch.context() as patch:
            patch.setattr(repository.verify, "sha512_of", unplugging)
            end = audited(home)
        assert (end.due, end.faults, end.exit_code) == (6, 0, 75)
        assert end.intact + end.unread == 6
        assert "S020" in told(end.findings)
        assert {*told(end.findings)} <= {"S020", "S036"}

    def test_a_disk_that_cannot_remember_is_told_and_the_rest_is_read(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        remember = type(disks(home)[0]).remember

        def failing(place: object, head: object) -> None:
            if getattr(place, "name", "") == "druha":
                raise Problem("S003", "druha", why="Read-only file system")
            remember(place, head)  # type: ignore[arg-type]

        monkeypatch.setattr(type(disks(home)[0]), "remember", failing)
        end = audited(home)
        assert (told(end.findings), end.intact, end.exit_code) == (["S003"], 6, 1)
        assert len(checked(home)) == 6


class TestSpread:
    def test_in_this_process_refusals_are_outcomes_and_jobs_are_taken_one_by_one(self) -> None:
        taken: list[int] = []

        def jobs() -> Iterator[int]:
            for number in range(3):
                taken.append(number)
                yield number

        def work(number: int, hands: int) -> int:
            assert taken[-1] == number
            if number == 1:
                raise Problem("S020", "x", marker="y")
            return number * 10 + hands

        first, second, third = spread(work, jobs(), 1)
        assert (first, third) == ((0, 1), (2, 21))
        assert isinstance(second[1], Problem)

    @pytest.mark.slow
    def test_a_worker_that_dies_is_the_outcome_of_its_job_alone(self) -> None:
        with closing(spread(deadly, iter(range(8)), 2)) as ended:  # type: ignore[type-var]
            outcome = dict(ended)
        assert type(outcome.pop(3)).__name__ == "KilledWorker"
        assert {*outcome.items()} == {(number, number + 2) for number in (0, 1, 2, 4, 5, 6, 7)}

    def test_nobody_listens(self) -> None:
        with pytest.raises(Problem, match="E008"):
            next(iter(spread(deadly, [1], 1, "tcp://127.0.0.1:9")))

    @pytest.mark.slow
    def test_an_audit_by_two_workers(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workflows.auditing, "SMALL_BYTES", 0)
        flip(version(home) / "data/mets.xml")
        plan_audit(home, PlanWish(mb_per_s=100), keep=True)
        end = audited(home, replace(FULL, workers=2))
        assert (end.due, end.intact, end.faults, end.exit_code) == (6, 5, 1, 1)
        assert sorted(copies(checked(home))) == sorted(everywhere(home, BOOKS[:3]))

    def test_a_reader_that_ends_is_told_and_is_no_success(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        def dead(job: CopyJob, _hands: int) -> Check:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")

        monkeypatch.setattr(workflows.auditing, "read_copy", dead)
        end = audited(home, AuditWish(Scope(object_id=BOOKS[0])))
        assert (told(end.findings), end.unread, end.faults, end.exit_code) == (["S034", "S034"], 2, 0, 1)

    def test_a_scheduler_that_vanishes_is_told_and_is_no_success(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lost(_work: object, jobs: Iterator[CopyJob], *_: object) -> Iterator[tuple[CopyJob, BaseException]]:
            yield next(jobs), ConnectionError("lost")

        monkeypatch.setattr(workflows.auditing, "spread", lost)
        end = audited(home)
        assert (told(end.findings), end.left, end.exit_code, checked(home)) == (["S034", "S036"], 6, 1, [])


def _never(_seconds: float) -> None:
    raise AssertionError
