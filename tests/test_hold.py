"""Legal holds, periods, and whose name is whose."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.event import AgentKind
from metadata.problem import Problem
from repository.hold import hold, open_holds, release, require_free
from repository.persons import Person, require_said, same_person
from repository.retention import require_over, retention
from repository.store import Store
from tests.bags import AGENT, BOOK, OTHER, make_bag, make_store

EVA = Person("Eva Malá", "eva")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = make_store(tmp_path / "repository")
    made.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
    return made


def code(caught: pytest.ExceptionInfo[Problem]) -> str:
    return caught.value.finding.code


class TestHolds:
    def test_several_at_once_each_with_its_reason(self, store: Store) -> None:
        hold(store.journal, BOOK, "soudní spor", EVA)
        hold(store.journal, BOOK, " kontrola ", EVA)
        assert [(each.id, each.reason, each.by, each.account) for each in open_holds(store.journal, BOOK)] == [
            ("h1", "soudní spor", "Eva Malá", "eva"),
            ("h2", "kontrola", "Eva Malá", "eva"),
        ]
        assert open_holds(store.journal) == open_holds(store.journal, BOOK)
        assert open_holds(store.journal, OTHER) == ()

    def test_one_is_released_by_name_and_the_other_still_holds(self, store: Store) -> None:
        for reason in ("spor", "kontrola"):
            hold(store.journal, BOOK, reason, EVA)
        with pytest.raises(Problem) as caught:
            release(store.journal, BOOK, "skončilo", EVA)
        assert (code(caught), caught.value.finding.facts["state"]) == ("S091", "h1, h2")
        assert release(store.journal, BOOK, "skončilo", EVA, hold_id="h1").reason == "spor"
        with pytest.raises(Problem) as caught:
            require_free(store.journal, BOOK)
        assert caught.value.finding.facts["reason"] == "kontrola"
        assert release(store.journal, BOOK, "také", EVA).id == "h2"
        require_free(store.journal, BOOK)

    def test_a_released_number_is_not_given_again(self, store: Store) -> None:
        hold(store.journal, BOOK, "spor", EVA)
        release(store.journal, BOOK, "konec", EVA)
        assert hold(store.journal, BOOK, "odvolání", EVA).id == "h2"

    def test_the_journal_says_who(self, store: Store) -> None:
        hold(store.journal, BOOK, "spor", EVA, store.places)
        (entry,) = store.journal.entries(BOOK, ("held",))
        assert (entry.agent.name, entry.agent.kind, entry.facts["account"]) == ("Eva Malá", AgentKind.PERSON, "eva")
        assert store.check_journal() == []

    def test_what_is_not_kept_or_not_held(self, store: Store) -> None:
        with pytest.raises(Problem) as caught:
            hold(store.journal, OTHER, "spor", EVA)
        assert code(caught) == "S004"
        with pytest.raises(Problem) as caught:
            release(store.journal, BOOK, "nic", EVA)
        assert code(caught) == "S091"

    @pytest.mark.parametrize(("reason", "name", "what"), [(" ", "Eva", "reason"), ("spor", "…", "by")])
    def test_blank_words_do_not_count(self, store: Store, reason: str, name: str, what: str) -> None:
        with pytest.raises(Problem) as caught:
            hold(store.journal, BOOK, reason, Person(name))
        assert (code(caught), caught.value.finding.facts["what"]) == ("S092", what)
        assert open_holds(store.journal) == ()


class TestPersons:
    @pytest.mark.parametrize(
        "other", ["jan novák", "JAN  NOVAK", "Novák, Jan", "Jan Novák", "JanNovák", " Jan\tNovák ",
         "Ing. Jan Novák, Ph.D.",
         "Mgr. Jan Novák, CSc.", "Jan Nov\u0430k", "J\u0430n N\u043ev\u00e1k", "Jan N0vák",
         "Jan N\u03bfv\u00e1k", "J. Novák", "Jan\u200b Nov\u00adák", "ＪＡＮ Novák"]
    )  # fmt: skip
    def test_one_person_however_written(self, other: str) -> None:
        assert same_person("Jan Novák", other)

    @pytest.mark.parametrize("other", ["Jana Nováková", "Jan Nový", "Petr Novák", "P. Novák", "Jan", "Ing.", ""])
    def test_others_are_others(self, other: str) -> None:
        assert not same_person("Jan Novák", other)

    @given(st.text(min_size=1))
    def test_everybody_is_himself_in_capitals_or_not(self, name: str) -> None:
        assert same_person(name, name)
        assert same_person(name.casefold(), f" {name} ")

    def test_all_that_is_asked_must_be_said(self) -> None:
        require_said("x", reason="proto", by="Ž")
        with pytest.raises(Problem):
            require_said("x", reason="proto", legal_basis="")


class TestRetention:
    def test_counted_from_the_newest_version(self) -> None:
        period = retention({"issue": 10}, "issue", "2016-11-23T10:00:00+00:00")
        assert period.until == dt.date(2026, 11, 23)
        assert (period.over(dt.date(2026, 11, 22)), period.over(dt.date(2026, 11, 23))) == (False, True)

    @pytest.mark.parametrize(("trigger", "year"), [("2020-01-01", 2030), ("1999-01-01", 2026), ("", 2026)])
    def test_a_trigger_delays_and_never_hastens(self, trigger: str, year: int) -> None:
        until = retention({"issue": 10}, "issue", "2016-11-23", trigger).until
        assert until is not None
        assert until.year == year

    @pytest.mark.parametrize("kind", ["monograph", "unknown", ""])
    def test_nought_and_unnamed_are_for_ever(self, kind: str) -> None:
        period = retention({"monograph": 0, "issue": 1}, kind, "1900-01-01")
        assert period.until is None
        with pytest.raises(Problem) as caught:
            require_over(BOOK, period, dt.date(9999, 12, 31))
        assert (code(caught), caught.value.finding.facts["until"]) == ("S089", "∞")

    @given(st.dates(), st.integers(1, 1000))
    def test_the_end_is_that_many_years_away(self, start: dt.date, years: int) -> None:
        until = retention({"a": years}, "a", start.isoformat()).until
        if start.year + years > dt.MAXYEAR:
            assert until is None
        else:
            assert until is not None
            assert until.year - start.year == years
            assert (until.month, until.day) in ((start.month, start.day), (3, 1))
