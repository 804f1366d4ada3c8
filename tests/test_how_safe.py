"""The archivist's first page: what it says of audits, incidents, drills, seals and copies, and where it leads."""

from __future__ import annotations

import datetime as dt
import re
import threading
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.wording import Tongue
from repository.canary import CANARY, make_canary
from repository.catalogue import serve
from repository.catalogue.build import build, refresh
from repository.catalogue.how_safe import Answer, Tone, answers, worst
from repository.catalogue.presentation import Speech
from repository.catalogue.safety_rows import Promises
from repository.fixity import Check, record
from repository.incident import open_incident
from repository.ledger import read_ledger
from repository.policy import Policy, Standing
from repository.verify import Row, Verdict
from tests.bags import AGENT
from tests.stored_volumes import Shelf

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
LONG_AGO = "2020-01-01T00:00:00+00:00"
CALM = {
    "policy_copies": 2, "policy_sites": 1, "policy_media": 1, "drill_days": 90, "seals": 1, "stamps": 1,
    "since": "2026-11-01T00:00:00+00:00", "audit_run": "audit-1", "audit_begun": "2026-11-22T01:00:00+00:00",
    "audit_ended": "2026-11-22T02:00:00+00:00", "audit_due": 4, "audit_faults": 0, "audit_unread": 0, "copies": 4,
    "overdue": 0, "longest_unread": "2026-11-22T01:00:00+00:00", "incidents_open": 0, "incidents_ended": 3,
    "damage": "D-1", "damage_time": "2026-11-20T01:00:00+00:00", "damage_passed": 1, "damage_trials": 20,
    "damage_failed": 0, "damage_good": "2026-11-20T01:00:00+00:00", "restore": "R-1",
    "restore_time": "2026-11-20T02:00:00+00:00", "restore_passed": 1, "restore_trials": 2, "restore_failed": 0,
    "restore_good": "2026-11-20T02:00:00+00:00", "seal": "2026-11-23", "seal_time": "2026-11-23T03:00:00+00:00",
    "seal_sealed": 1, "seal_stamps": 1, "seal_test": 0, "versions": 2, "unsafe": 0,
}  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def promised(shelf: Shelf, **periods: int) -> Promises:
    """Two copies of one site and one medium; days of single places where `periods` say so."""
    standings = {place.name: Standing("disk", "") for place in shelf.store.places}
    return Promises(Policy(2, 1, 1), standings, periods)


def filled(shelf: Shelf, **periods: int) -> None:
    build(shelf.database, shelf.store.primary, shelf.store.journal, promised(shelf, **periods))


def damaged(shelf: Shelf, object_id: str, run: str = "audit-9") -> str:
    """Journal that a copy was found damaged, and its incident; the incident's name."""
    kept = read_ledger(shelf.store.journal).of(object_id)[-1]  # type: ignore[arg-type]
    place = shelf.store.places[1].name
    rows = (Row(Verdict.DAMAGED, "x/data/a", {}),)
    done = Check(kept.object_id, kept.version, place, Verdict.DAMAGED, 1, 10, 0.1, rows)
    record(shelf.store.journal, done, run, AGENT)
    return open_incident(shelf.store.journal, done, run, AGENT).id


def practised(shelf: Shelf) -> None:
    shelf.store.take(make_canary(shelf.root / "canary"), CANARY, AGENT)
    damaged(shelf, CANARY, "D-2026-11-23T03:00:00+00:00")
    facts: dict[str, Any] = {"passed": True, "seconds": 1.5}
    trial = {"harm": "bit flipped", "recognised": True, "mended": True}
    name = "D-2026-11-23T03:00:00+00:00"
    shelf.store.journal.append("drilled", name, facts | {"exercises": [trial, trial]}, AGENT)


def told(changes: dict[str, Any], tongue: Tongue = Tongue.EN) -> dict[str, Answer]:
    return {each.key: each for each in answers(CALM | changes, Speech(tongue), NOW)}


class TestAnswers:
    def test_when_every_promise_is_kept_all_is_good(self) -> None:
        found = answers(CALM, Speech(Tongue.EN), NOW)
        assert worst(found) is Tone.GOOD
        assert [each.key for each in found] == [
            "policy", "incidents", "overdue", "audit", "damage", "restore", "seal",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("changes", "key", "tone", "words"),
        [
            ({"unsafe": 3}, "policy", Tone.WARN, "3 fall short"),
            ({"incidents_open": 2}, "incidents", Tone.BAD, "2"),
            ({"overdue": 1200}, "overdue", Tone.BAD, "1,200"),
            ({"audit_run": None}, "audit", Tone.WARN, "never yet"),
            ({"audit_ended": None}, "audit", Tone.WARN, "interrupted"),
            ({"audit_faults": 1}, "audit", Tone.WARN, "faulty: 1"),
            ({"audit_unread": 7}, "audit", Tone.WARN, "not read: 7"),
            ({"damage": None, "damage_good": None}, "damage", Tone.WARN, "next by 2027-01-30"),
            ({"damage_passed": 0, "damage_failed": 2}, "damage", Tone.BAD, "18 of 20"),
            ({"restore_good": LONG_AGO, "restore_time": LONG_AGO}, "restore", Tone.WARN, "was due by 2020-03-31"),
            ({"restore": None, "restore_good": None, "since": LONG_AGO}, "restore", Tone.BAD, "kdr drill restore"),
            ({"seal": None}, "seal", Tone.WARN, "kdr seal run"),
            ({"seal_sealed": 0}, "seal", Tone.WARN, "no key"),
            ({"seal_test": 1}, "seal", Tone.WARN, "test key"),
            ({"seal_stamps": 0}, "seal", Tone.WARN, "no time stamp"),
            ({"seal_time": "2026-11-20T00:00:00+00:00"}, "seal", Tone.WARN, "older than two days"),
        ],
    )
    def test_what_is_not_as_promised_is_told_and_nothing_else_changes(
        self, changes: dict[str, Any], key: str, tone: Tone, words: str
    ) -> None:
        found = told(changes)
        assert found[key].tone is tone
        assert words in " / ".join(each.text for each in (found[key].said, *found[key].more))
        assert {other.tone for other in found.values() if other.key != key} == {Tone.GOOD}

    @settings(deadline=None, max_examples=30)
    @given(st.fixed_dictionaries({key: st.integers(0, 10**7) for key in ("unsafe", "incidents_open", "overdue")}))
    def test_every_number_that_is_counted_leads_somewhere(self, changes: dict[str, int]) -> None:
        for tongue in Tongue:
            for each in told(changes, tongue).values():
                assert each.said.path
                assert all(more.path for more in each.more if re.search(r"\d", more.text))


class TestRows:
    def test_a_drill_is_marked_and_is_no_loss(self, shelf: Shelf) -> None:
        shelf.keep("a")
        practised(shelf)
        filled(shelf)
        assert shelf.rows("select state, practice from incident") == [("open", 1)]
        assert shelf.rows("select drill, exercise, passed, trials, failed from drill") == [
            ("D-2026-11-23T03:00:00+00:00", "damage", 1, 2, 0)
        ]
        for table in ("copy", "safety", "missing", "overdue", "unsafe"):
            assert not shelf.rows(f"select * from {table} where object = ?", CANARY), table  # noqa: S608
        assert shelf.rows("select distinct practice from fixity where verdict = 'damaged'") == [(1,)]

    def test_a_damaged_copy_does_not_count_for_the_policy_until_it_is_read_whole_again(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a")
        filled(shelf)
        assert shelf.rows("select object from unsafe") == []
        incident = damaged(shelf, object_id)
        refresh(shelf.database, shelf.store.journal, promised(shelf))
        assert shelf.rows("select object, copies from unsafe") == [(object_id, 1)]
        assert shelf.rows("select incident, state, run, faults, practice from incident") == [
            (incident, "open", "audit-9", 1, 0)
        ]

    def test_a_copy_is_overdue_when_the_days_of_its_place_are_over(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a")
        first, second = (place.name for place in shelf.store.places)
        filled(shelf, **{first: 30, second: 10})
        assert shelf.rows("select place, period from copy order by period") == [(second, 10), (first, 30)]
        ((read, deadline),) = shelf.rows("select last_read, deadline from copy where period = 30")
        assert dt.datetime.fromisoformat(deadline) - dt.datetime.fromisoformat(read) == dt.timedelta(days=30)
        assert shelf.rows("select * from overdue") == []
        filled(shelf, **{first: 30, second: -1})
        assert shelf.rows("select object, place from overdue") == [(object_id, second)]

    def test_refreshing_shows_the_journal_and_takes_nothing_new_for_missing(self, shelf: Shelf) -> None:
        shelf.keep("a")
        filled(shelf)
        shelf.keep("b")
        journal = shelf.store.journal
        journal.append("audit begun", "audit-7", {"scope": {}}, AGENT)
        journal.append("audit ended", "audit-7", {"due": 4, "intact": 3, "faults": 1, "unread": 0}, AGENT)
        journal.append("sealed", "2026-11-23", {"sealed": True, "test": False}, AGENT)
        journal.append("stamped", "2026-11-23", {"stamp": "1", "time": LONG_AGO, "ends": "2030-01-01"}, AGENT)
        refresh(shelf.database, journal, promised(shelf))
        assert shelf.rows("select run, due, intact, faults, unread from audit") == [("audit-7", 4, 3, 1, 0)]
        assert shelf.rows("select record, sealed, test, stamps, ends from seal") == [
            ("2026-11-23", 1, 0, 1, "2030-01-01")
        ]
        assert shelf.rows("select count(*) from volume") == [(1,)]
        assert shelf.rows("select * from missing") == []

    def test_built_anew_it_says_the_same_as_when_it_was_refreshed(self, shelf: Shelf) -> None:
        object_id = shelf.keep("a")
        filled(shelf)
        damaged(shelf, object_id)
        practised(shelf)
        filled(shelf)
        before = shelf.dump()
        build(shelf.database, shelf.store.primary, shelf.store.journal, promised(shelf), anew=True)
        assert shelf.dump() == before


class TestFirstPage:
    @pytest.mark.parametrize("language", ["cs", "en"])
    def test_every_link_of_the_box_opens_and_what_is_open_is_seen(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, language: str
    ) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", language)
        object_id = shelf.keep("a")
        practised(shelf)
        damaged(shelf, object_id)
        shelf.store.journal.append("audit begun", "audit-2026-11-23T03:00:00+00:00-ab", {}, AGENT)
        filled(shelf)
        (page,) = shelf.get("/")
        box = page.text.split('<section class="safe bad"')[1].split("</section>")[0]
        assert "<script" not in page.text
        assert Speech().say("safe.verdict.bad") in unescape(box)
        links = [unescape(link) for link in re.findall(r'href="([^"]+)"', box)]
        assert len(links) >= 12
        for link, answer in zip(links, shelf.get(*links), strict=True):
            assert answer.status_code == 200, link
        (opened,) = shelf.get("/catalogue/incident.json?state=open&practice=0&_shape=array")
        assert [row["object"] for row in opened.json()] == [object_id]

    def test_an_empty_repository_has_its_answers_too(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        filled(shelf)
        (page,) = shelf.get("/")
        assert page.status_code == 200
        assert page.text.count("never yet") == 4

    def test_a_server_looks_at_the_journal_now_and_then_until_it_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(serve, "REFRESHED", 0.001)
        ended, looks = threading.Event(), [0]

        def look() -> None:
            looks[0] += 1
            if looks[0] == 3:
                ended.set()

        serve._refreshing(look, ended)
        assert looks == [3]
