"""Protocols of drills and repairs as documents: whole, in both tongues, sealed where a key is, and never in the way."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.finding import Finding, finding
from metadata.wording import Tongue, wording
from repository.canary import CANARY
from repository.fixity import Check
from repository.harm import Harm
from repository.incident import Incident, State
from repository.verify import Verdict
from tests.homes import changed, make_home
from workflows import documents
from workflows.documents import write_documents
from workflows.drill import JOURNAL_CUT, JOURNAL_EDITED, Drill, Exercise
from workflows.reports import as_pdf
from workflows.reports.as_html import as_html
from workflows.reports.protocols import drill_protocol, repair_protocol, restore_protocol
from workflows.reports.sheet import Origin, Report, Tone
from workflows.restore_drill import Restored, RestoreDrill
from workflows.sealing import new_test_key

ORIGIN = Origin("/r", "Knihovna (LIA001)", "2026-11-23T10:00:00+00:00", "kdr 1", 7, "ab" * 64)
GOOD = Exercise("druha", Harm.FLIP.value, ("damaged",), True, True, 0.5, 1.5)
BEGUN = "2026-11-23T09:00:00+00:00"
INCIDENT = Incident("I-20261123-0001", CANARY, "v0001", "druha", Verdict.DAMAGED, ("S010 /x/a",), BEGUN, "D-1")
BOTH = pytest.mark.parametrize("tongue", Tongue)


def mended(state: State = State.REPAIRED, by: str = "policy", reason: str = "") -> Incident:
    return replace(INCIDENT, state=state, ended=BEGUN, by=by, source="hlavni", quarantine="/q", reason=reason)


class TestDrillProtocol:
    @BOTH
    def test_every_harm_and_verdict_is_said_in_words(self, tongue: Tongue) -> None:
        harms = [*(harm.value for harm in Harm), JOURNAL_EDITED, JOURNAL_CUT]
        verdicts = tuple(verdict.value for verdict in Verdict)
        tried = tuple(Exercise("druha", harm, verdicts, True, True, 0.1, 0.1) for harm in harms)
        rows = drill_protocol(Drill("D-1", BEGUN, 9.0, tried), ORIGIN, tongue).tables[0].rows
        assert len(rows) == len(harms)
        if tongue is Tongue.CS:
            assert not {str(cell) for row in rows for cell in row[1:3]} & set(harms)
            assert all("damaged" not in str(row[2]) for row in rows)

    def test_one_that_was_not_mended_makes_it_fail_and_says_why(self) -> None:
        bad = Exercise("druha", Harm.CUT.value, (), False, False, 0.1, 0.2, "S044 no good copy")
        report = drill_protocol(Drill("D-1", BEGUN, 9.0, (GOOD, bad)), ORIGIN, Tongue.EN)
        assert report.verdict.tone is Tone.BAD
        assert "1 of 2" in report.verdict.text
        assert report.tables[0].rows[1][-1] == "S044 no good copy"
        assert "0.5" in as_html(report)

    def test_a_drill_says_that_nothing_real_was_touched(self) -> None:
        report = drill_protocol(Drill("D-1", BEGUN, 9.0, (GOOD,)), ORIGIN, Tongue.EN)
        assert report.verdict.tone is Tone.GOOD
        assert any(CANARY in str(value) for _, value in report.facts)


class TestRestoreProtocol:
    def test_what_did_not_come_back_is_listed_by_place(self) -> None:
        well = Restored("hlavni", 2, 2, 10, 5_000_000, 0.5, 0.1)
        ill = Restored("druha", 1, 1, 5, 2_000_000, 0.5, 0.1, missing=("b v0001",), failures=("c v0001: damaged",))
        report = restore_protocol(RestoreDrill("R-1", BEGUN, "*", 2.0, (well, ill)), ORIGIN, Tongue.EN)
        assert report.verdict.text == "The drill failed: 1 of 2 places gave all back."
        assert report.tables[1].rows == (("druha", "b v0001"), ("druha", "c v0001: damaged"))
        assert report.tables[0].rows[0][6] == 10.0
        assert ("Restored", "everything") in report.facts


class TestRepairProtocol:
    @pytest.mark.parametrize(("state", "tone"), [("open", Tone.BAD), ("repaired", Tone.GOOD), ("closed", Tone.CALM)])
    def test_its_verdict_is_how_the_incident_stands(self, state: str, tone: Tone) -> None:
        for tongue in Tongue:
            report = repair_protocol(mended(State(state)), (), (), ORIGIN, tongue)
            assert report.verdict.tone is tone
            assert len(report.tables) == 2

    def test_copies_compared_and_what_hindered_are_told(self) -> None:
        seen = Check(CANARY, "v0001", "hlavni", Verdict.INTACT, 5, 100, 0.25)
        report = repair_protocol(mended(), (seen,), (finding("S099", "x"),), ORIGIN, Tongue.CS)
        assert report.tables[1].rows[0][0] == "hlavni"
        assert report.tables[2].rows[0][0] == "S099"
        assert "cvičné" in report.title
        assert ("Schválil", "podle pravidel") in report.facts

    @settings(deadline=None, max_examples=25)
    @given(st.text(), st.text(), st.sampled_from(list(State)))
    def test_whatever_a_person_wrote_it_becomes_a_page(self, reason: str, by: str, state: State) -> None:
        for tongue in Tongue:
            report = repair_protocol(mended(state, reason=reason, by=by), (), (), ORIGIN, tongue)
            assert "</html>" in as_html(report)


class TestDocuments:
    def drawn(self, origin: Origin, tongue: Tongue) -> Report:
        return drill_protocol(Drill("D-1", BEGUN, 9.0, (GOOD,)), origin, tongue)

    def test_a_page_and_an_archival_pdf_name_the_entry_they_are_about(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home")
        told: list[Finding] = []
        paths = write_documents(home, home.protocols / "drill-1", "*", self.drawn, told.append)
        assert [path.name for path in paths] == ["drill-1.html", "drill-1.pdf"]
        assert b"pdfaid:part" in paths[1].read_bytes()
        assert not told

    def test_with_a_key_seals_lie_beside(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KDR_SEAL_PASSWORD", "x")
        home = make_home(tmp_path / "home")
        new_test_key(home, None)
        home = changed(home.folder, pkcs12='"seal-test.p12"')
        names = {path.name for path in write_documents(home, home.protocols / "d", "*", self.drawn, print)}
        assert names == {"d.html", "d.pdf", "d.html.p7s", "d.pdf.p7s"}

    def test_what_hinders_is_told_and_stops_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        home = make_home(tmp_path / "home")
        told: list[Finding] = []
        write = partial(write_documents, home, home.protocols / "d", "*", self.drawn, told.append)
        home.protocols.write_bytes(b"in the way")
        assert write() == ()
        home.protocols.unlink()
        monkeypatch.setattr(as_pdf, "find_spec", lambda _: None)
        monkeypatch.setattr(as_pdf, "_DEBIAN", tmp_path)
        assert write() == ()
        assert [each.code for each in told] == ["S003", "S099"]
        assert documents.FORMATS == ("html", "pdf")


def test_every_sentence_has_both_tongues_and_the_same_facts() -> None:
    for key, said in wording("workflows", "protocols.toml").sentences.items():
        assert set(said) == {"cs", "en"}, key
