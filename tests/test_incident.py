"""Incidents: one for a damaged copy until it has ended, a new one when it is damaged again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.event import Agent, AgentKind
from metadata.problem import Problem
from repository.fixity import Check
from repository.incident import CLOSED, State, close_incident, find, incidents, open_incident
from repository.journal import Journal
from repository.verify import Row, Verdict
from tests.bags import AGENT, BOOK, OTHER

PERSON = Agent("Jana Nováková", kind=AgentKind.PERSON)


def journal(root: Path, day: str = "2026-11-23") -> Journal:
    made = Journal(root, lambda: f"{day}T10:00:00+00:00")
    if not made.attached():
        made.create()
    return made


def damage(place: str = "hlavni", version: str = "v0001") -> Check:
    row = Row(Verdict.DAMAGED, f"/{place}/data/a", {"object": BOOK})
    return Check(BOOK, version, place, Verdict.DAMAGED, 5, 100, 0.1, (row,))


class TestOpening:
    def test_it_says_what_was_found_where_and_when(self, tmp_path: Path) -> None:
        opened = open_incident(journal(tmp_path), damage(), "A-1", AGENT)
        assert (opened.id, opened.object_id, opened.version, opened.place) == (
            "I-20261123-0001",
            BOOK,
            "v0001",
            "hlavni",
        )
        assert (opened.verdict, opened.faults, opened.run) == (Verdict.DAMAGED, ("S010 /hlavni/data/a",), "A-1")
        assert (opened.opened, opened.state) == ("2026-11-23T10:00:00+00:00", State.OPEN)
        assert incidents(journal(tmp_path)) == (opened,)

    def test_the_same_damage_found_again_is_the_same_incident(self, tmp_path: Path) -> None:
        first = open_incident(journal(tmp_path), damage(), "A-1", AGENT)
        assert open_incident(journal(tmp_path), damage(), "A-2", AGENT) == first
        assert len(list(journal(tmp_path).entries())) == 1

    def test_every_copy_has_its_own(self, tmp_path: Path) -> None:
        found = [damage(), damage("druha"), damage(version="v0002")]
        names = [open_incident(journal(tmp_path), each, "", AGENT).id for each in found]
        assert names == ["I-20261123-0001", "I-20261123-0002", "I-20261123-0003"]

    def test_every_day_counts_from_one(self, tmp_path: Path) -> None:
        open_incident(journal(tmp_path), damage(), "", AGENT)
        assert open_incident(journal(tmp_path, "2026-11-24"), damage("druha"), "", AGENT).id == "I-20261124-0001"

    def test_an_intact_copy_is_no_incident(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="intact"):
            open_incident(journal(tmp_path), Check(BOOK, "v0001", "hlavni", Verdict.INTACT, 1, 1, 0.1), "", AGENT)

    @given(name=st.text(min_size=1))
    @settings(max_examples=25, deadline=None)
    def test_any_name_on_a_disk_can_be_told(self, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
        row = Row(Verdict.UNEXPECTED, name, {"object": BOOK})
        where = journal(tmp_path_factory.mktemp("journal"))
        opened = open_incident(where, Check(BOOK, "v0001", "x", Verdict.UNEXPECTED, 1, 1, 0.1, (row,)), "", AGENT)
        assert incidents(where) == (opened,)


class TestEnding:
    def test_a_person_closes_it_with_a_reason(self, tmp_path: Path) -> None:
        where = journal(tmp_path)
        opened = open_incident(where, damage(), "", AGENT)
        closed = close_incident(where, " i-20261123-0001 ", "cvičení", PERSON, by="Jana Nováková")
        assert (closed.id, closed.state, closed.by, closed.reason) == (
            opened.id, State.CLOSED, "Jana Nováková", "cvičení",
        )  # fmt: skip
        assert incidents(where) == (closed,)
        assert list(where.entries())[-1].kind == CLOSED

    def test_it_can_be_closed_once(self, tmp_path: Path) -> None:
        where = journal(tmp_path)
        name = open_incident(where, damage(), "", AGENT).id
        close_incident(where, name, "x", PERSON, by="J")
        with pytest.raises(Problem) as problem:
            close_incident(where, name, "x", PERSON, by="J")
        assert problem.value.finding.code == "S041"
        assert "2026-11-23" in problem.value.finding.text()

    def test_damage_after_it_has_ended_is_a_new_one(self, tmp_path: Path) -> None:
        where = journal(tmp_path)
        close_incident(where, open_incident(where, damage(), "", AGENT).id, "x", PERSON, by="J")
        assert open_incident(where, damage(), "", AGENT).id == "I-20261123-0002"
        assert [each.state for each in incidents(where)] == [State.CLOSED, State.OPEN]

    def test_a_repair_ends_it_and_says_from_where(self, tmp_path: Path) -> None:
        where = journal(tmp_path)
        name = open_incident(where, damage(), "", AGENT).id
        facts = {"version": "v0001", "place": "hlavni", "incident": name, "source": "druha", "quarantine": "/q"}
        where.append("repaired", BOOK, facts | {"approved_by": "policy"}, AGENT)
        (ended,) = incidents(where)
        assert (ended.state, ended.source, ended.quarantine, ended.by) == (State.REPAIRED, "druha", "/q", "policy")

    def test_what_was_disposed_of_has_no_open_incident(self, tmp_path: Path) -> None:
        where = journal(tmp_path)
        open_incident(where, damage(), "", AGENT)
        where.append("disposed", OTHER, {"by": ["A", "B"], "reason": "x"}, AGENT)
        assert incidents(where)[0].state is State.OPEN
        where.append("disposed", BOOK, {"by": ["A", "B"], "reason": "skartace"}, AGENT)
        (ended,) = incidents(where)
        assert (ended.state, ended.by, ended.reason) == (State.CLOSED, "A, B", "skartace")

    def test_an_unknown_one_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(Problem) as problem:
            find(journal(tmp_path), "I-1")
        assert (problem.value.finding.code, problem.value.exit_code) == ("S040", 66)
