"""A plan of audits: which is in force, what it means, and whether it keeps its promise."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from repository.ledger import Kept, Ledger, Replica
from repository.verify import Verdict
from tests.audits import BOOKS, START, Clock, library
from workflows.audit_due import DAY, Turn, due, forecast, overdue, turns
from workflows.audit_plan import AuditPlan, PlanWish
from workflows.audit_state import plan_audit, promise_findings, status

GB = 10**9


def turn(number: int, size: int = GB, *, read: float = 0.0, days: int = 90, failed: bool = False) -> Turn:
    """A copy of `size` bytes read `read` days after START."""
    kept = Kept(BOOKS[number], "v0001", "", size, 1, {})
    moment = START + read * DAY
    return Turn(kept, "a", moment, moment + days * DAY, failed)


def queue(*found: Turn) -> list[Turn]:
    return sorted(found, key=lambda each: (each.deadline, each.key))


class TestDue:
    def test_a_copy_is_due_before_it_is_overdue(self) -> None:
        one = queue(turn(0))
        for day, is_due, is_late in ((0, False, False), (88.5, False, False), (89, True, False), (90.5, True, True)):
            now = START + day * DAY
            assert (bool(due(one, now, 8, None)), bool(overdue(one, now))) == (is_due, is_late), day

    def test_a_copy_that_could_not_be_read_is_due_at_once(self) -> None:
        assert due(queue(turn(0, failed=True), turn(1)), START, 8, None) == [turn(0, failed=True)]

    def test_what_was_stored_in_one_day_is_not_left_for_one_night(self) -> None:
        many = queue(*(turn(number) for number in range(30)))
        assert due(many, START, 8, daily_bytes=None) == []
        begun = due(many, START + 80 * DAY, 8, daily_bytes=2 * GB)  # 10 nights of 1.6 GB: 14 GB must be begun with
        assert begun == many[:14]

    @settings(max_examples=25)
    @given(
        sizes=st.lists(st.integers(1, 100), min_size=1, max_size=30),
        period=st.integers(4, 40),
        spare=st.floats(1.7, 20),
    )
    def test_daily_runs_over_what_is_due_keep_a_promise_that_can_be_kept(
        self, sizes: list[int], period: int, spare: float
    ) -> None:
        nightly = max(sum(sizes) / period * spare, 2.0 * max(sizes))
        read = dict.fromkeys(range(len(sizes)), 0.0)  # all stored on the same day: the worst there is
        for night in range(2 * period + 2):
            now = START + night * DAY
            waiting = queue(*(turn(n, sizes[n], read=read[n], days=period) for n in read))
            assert not overdue(waiting, now)
            done = 0
            for each in due(waiting, now, 1, nightly):
                if done < nightly:
                    done += each.kept.bytes
                    read[BOOKS.index(each.kept.object_id)] = night


class TestForecast:
    def test_speed_time_and_date(self) -> None:
        plan = AuditPlan({"a": 90}, hours=8, mb_per_s=0, workers=2)
        made = forecast(queue(turn(0, 16_000 * GB)), plan, {"a": 200.0}, START)
        assert made.possible == pytest.approx(400)
        assert made.full_hours == pytest.approx(16e12 / 400e6 / 3600)
        assert made.needed == pytest.approx(16e12 / (90 * 8 * 3600) / 1e6)
        assert (made.kept, made.read_by) == (True, "2026-04-01")
        assert promise_findings(made) == []

    def test_a_promise_that_cannot_be_kept_is_told_with_what_would_keep_it(self) -> None:
        plan = AuditPlan({"a": 10}, hours=2, mb_per_s=50, workers=2)
        made = forecast(queue(turn(0, 16_000 * GB, days=10)), plan, {"a": 200.0}, START)
        assert made.kept is False
        assert made.possible == pytest.approx(50)
        assert made.least_days == 45  # 16 TB / (50 MB/s · 2 h) = 44.4 days
        assert made.least_hours == pytest.approx(8.9, abs=0.1)
        assert made.read_by == "2026-02-15"
        (found,) = promise_findings(made)
        assert (found.code, found.facts["days"]) == ("S031", 45)
        better = AuditPlan({"a": made.least_days}, hours=2, mb_per_s=50, workers=2)
        assert forecast(queue(turn(0, 16_000 * GB, days=45)), better, {"a": 200.0}, START).kept

    def test_without_any_speed_nothing_is_promised(self) -> None:
        made = forecast(queue(turn(0)), AuditPlan({"a": 90}), {}, START)
        assert (made.kept, made.possible, made.places[0].full_hours) == (None, None, None)

    def test_nothing_stored(self) -> None:
        made = forecast([], AuditPlan({"a": 90}), {}, START)
        assert (made.kept, made.needed, made.places[0].copies, made.places[0].oldest) == (True, 0, 0, "")

    def test_a_failed_reading_does_not_count_as_one(self) -> None:
        replica = Replica(
            BOOKS[0], "v0001", "a", "", "2026-03-01T00:00:00+00:00", START.isoformat(), Verdict.UNREADABLE
        )
        kept = Kept(BOOKS[0], "v0001", "", 1, 1, {}, {"a": replica})
        (found,) = turns(Ledger({(BOOKS[0], "v0001"): kept}), AuditPlan({"a": 10}))
        assert (found.read, found.failed, found.deadline) == (START, True, START + 10 * DAY)


class TestInForce:
    def test_a_plan_is_shown_before_it_is_saved_and_the_newest_is_in_force(self, tmp_path: Path) -> None:
        home, clock = library(tmp_path), Clock(days=1)
        shown = plan_audit(home, PlanWish(days=30, places=("druha=7",), hours=2), times=clock.times)
        assert shown.plan.days == {"hlavni": 30, "druha": 7}
        assert status(home, clock.times).forecast.plan.days == {"hlavni": 90, "druha": 90}
        plan_audit(home, PlanWish(days=30, mb_per_s=5), keep=True, times=clock.times)
        plan_audit(home, PlanWish(places=("druha=7",), workers=3), keep=True, times=clock.times)
        plan = status(home, clock.times).forecast.plan
        assert (plan.days, plan.mb_per_s, plan.workers) == ({"hlavni": 30, "druha": 7}, 5, 3)
        assert plan.saved == clock()

    @pytest.mark.parametrize("wrong", ["druha", "druha=", "druha=0", "druha=3651", "jinde=7", "druha=-1", "=7"])
    def test_a_period_for_no_place_or_no_number_is_refused(self, tmp_path: Path, wrong: str) -> None:
        home = library(tmp_path, ())
        with pytest.raises(Problem, match="S030") as refused:
            plan_audit(home, PlanWish(places=(wrong,)), keep=True)
        assert refused.value.exit_code == 64
        assert not status(home).forecast.plan.saved

    def test_overdue_is_an_alarm_by_place(self, tmp_path: Path) -> None:
        home = library(tmp_path, BOOKS[:2], each=20)
        plan_audit(home, PlanWish(places=("druha=30",)), keep=True, times=Clock(21).times)
        found = status(home, Clock(days=45).times)
        assert (found.due, found.overdue, found.oldest) == (1, 1, START.isoformat())
        assert [(each.code, each.subject, each.facts["copies"]) for each in found.findings] == [("S033", "druha", 1)]
        assert dt.datetime.fromisoformat(found.forecast.places[0].oldest) == START
