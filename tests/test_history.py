"""The life of one object: everything journal and bag tell, in order, as people and as PREMIS 3 say it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.event import Agent, AgentKind, Event
from metadata.markup import parse, violations
from metadata.premis_codes import EVENT_TYPES, LABELS, OUTCOMES, event_term, outcome_term
from metadata.premis_history import Told, history_document
from metadata.problem import Problem
from metadata.wording import Tongue
from repository.verify import canonical, entry_hash
from tests.archive import GONE, MENDED, SAFE, UNSAFE, Past, archive
from tests.homes import delivery, kdr, make_home, run
from tests.xpath import texts
from workflows.founding import open_store
from workflows.history import History, by_whom, detail_of, history, kind_word, premis_of
from workflows.settings import Home, load

PREMIS = "premis/premis-v3-0.xsd"
AGENT = Agent("kdr", "0.1.0")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return archive(tmp_path_factory.mktemp("archive") / "home")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A repository with one book of two pages that went all the way."""
    folder = tmp_path_factory.mktemp("made")
    own = make_home(folder / "home")
    run(own, delivery(folder / "dodavka", {"kniha": [1, 2]}))
    return own


def book(made: Home, *, pages: bool = False) -> History:
    return history(made, open_store(made).objects()[0], pages=pages)


class TestTheTimeline:
    """Who, when, what, where, how it ended."""

    def test_from_storing_to_repair_in_order(self, home: Home) -> None:
        found = history(home, MENDED)
        kinds = [each.kind for each in found.moments]
        assert kinds == ["stored", "replicated", "checked", "checked", "incident", "repaired", "sealed", "stamped"]
        assert [each.when for each in found.moments] == sorted(each.when for each in found.moments)
        assert found.title == "Úpěl <ódy>"

    def test_how_each_ended(self, home: Home) -> None:
        outcomes = {(each.kind, each.place): each.outcome for each in history(home, UNSAFE).moments}
        assert outcomes["checked", "hlavni"] == "success"
        assert outcomes["checked", "druha"] == "failure"
        assert outcomes["incident", "druha"] == "failure"

    def test_a_repair_says_from_where_and_who_approved_it(self, home: Home) -> None:
        (repair,) = (each for each in history(home, MENDED).moments if each.kind == "repaired")
        said = detail_of(repair, Tongue.EN)
        assert "mended" not in said
        assert "source: hlavni" in said
        assert "approved by: policy" in said
        assert by_whom(repair).startswith("kdr ")

    def test_a_disposed_object_still_has_its_history_with_the_proposal(self, home: Home) -> None:
        found = history(home, GONE)
        assert found.disposed == "2026-11-02T12:00:00+00:00"
        kinds = [each.kind for each in found.moments]
        assert kinds[-5:] == ["disposal proposed", "disposal approved", "disposed", "sealed", "stamped"]
        (gone,) = (each for each in found.moments if each.kind == "disposed")
        assert dict(gone.facts)["by"] == "Jana Nováková, Petr Malý"
        assert by_whom(gone) == "Jana Nováková"

    def test_another_object_is_not_in_it(self, home: Home) -> None:
        told = {dict(each.facts).get("subject") for each in history(home, SAFE).moments}
        assert "D-1" not in told
        assert all("incident" not in each.kind for each in history(home, SAFE).moments)

    def test_works_when_the_primary_place_is_away(self, home: Home, tmp_path: Path) -> None:
        shutil.copytree(home.folder, tmp_path / "home", symlinks=True)
        own = load(tmp_path / "home")
        (own.folder / "places" / "hlavni" / "kdr-place.json").unlink()
        found = history(own, SAFE)
        assert found.title == "Žluťoučký kůň"
        assert found.pages_from == "v0001 druha"
        assert len(found.moments) == len(history(home, SAFE).moments)

    def test_the_first_record_over_an_entry_seals_it_and_one_without_a_seal_is_called_so(
        self, home: Home, tmp_path: Path
    ) -> None:
        shutil.copytree(home.folder, tmp_path / "home", symlinks=True)
        own = load(tmp_path / "home")
        days = [dict(each.facts)["subject"] for each in history(own, SAFE).moments if each.kind == "sealed"]
        assert days == ["2026-11-02"]
        Past(own).write("exported", SAFE, {"version": "v0001"}, day="2026-11-04")
        Past(own).write("sealed", "2026-11-05", {"head": 10**6, "sealed": False}, day="2026-11-05")
        last = history(own, SAFE).moments[-1]
        assert last.kind == "recorded without a seal"
        assert kind_word(last.kind, "", Tongue.CS) == "denní záznam bez pečeti"

    def test_nobody_knows_the_object(self, home: Home) -> None:
        with pytest.raises(Problem) as stopped:
            history(home, type(SAFE)("3fa2c1de-0000-4000-8000-00000000ffff"))
        assert stopped.value.finding.code == "S004"

    def test_a_kind_of_a_later_version_is_shown_as_it_is(self) -> None:
        assert kind_word("teleported") == "teleported"
        assert kind_word("stored", "", Tongue.CS) == "uloženo"


class TestThePages:
    """Steps of pages come from the bag."""

    def test_each_step_is_counted_once_for_all_pages(self, made: Home) -> None:
        steps = {each.detail: each for each in book(made).moments if each.detail}
        assert steps["migration/MC_creation"].count == 2
        assert "2 pages" in detail_of(steps["migration/MC_creation"], Tongue.EN)
        assert kind_word("migration", "migration/MC_creation", Tongue.EN) == "archival master made"

    def test_with_pages_every_step_stands_alone(self, made: Home) -> None:
        steps = [each for each in book(made, pages=True).moments if each.detail == "migration/MC_creation"]
        assert [dict(each.facts)["page"] for each in steps] == ["0001", "0002"]
        assert all(each.count == 1 for each in steps)

    def test_scanning_comes_before_packaging_and_that_before_storing(self, made: Home) -> None:
        kinds = [each.kind for each in book(made).moments]
        assert kinds.index("information package creation") < kinds.index("stored")
        assert kinds.index("capture") < kinds.index("information package creation")


class TestPremis:
    """PREMIS 3.0 with the vocabularies of the Library of Congress."""

    @pytest.mark.parametrize("pages", [False, True])
    def test_the_document_is_valid_and_hangs_together(self, made: Home, schemas: Path, *, pages: bool) -> None:
        root = parse(premis_of(book(made, pages=pages)))
        assert violations(root, schemas / PREMIS) == ()
        own = texts(root, "//premis3:event/premis3:eventIdentifier/premis3:eventIdentifierValue/text()")
        assert len(own) == len(set(own))
        assert own == texts(root, "//premis3:object/premis3:linkingEventIdentifier/*[2]/text()")

    def test_disposal_and_repair_are_valid_too(self, home: Home, schemas: Path) -> None:
        for object_id in (GONE, MENDED):
            assert violations(parse(premis_of(history(home, object_id))), schemas / PREMIS) == ()

    def test_types_and_outcomes_carry_their_uri(self, home: Home) -> None:
        root = parse(premis_of(history(home, MENDED)))
        base = "http://id.loc.gov/vocabulary/preservation/eventType/"
        assert texts(root, "//premis3:eventType/@valueURI") == [
            base + code for code in ("ing", "rep", "fix", "fix", "fix", "rec", "dsg", "dsg")
        ]
        assert set(texts(root, "//premis3:eventOutcome/@valueURI")) == {f"{OUTCOMES}/suc", f"{OUTCOMES}/fai"}
        assert set(texts(root, "//premis3:eventType/@authorityURI")) == {EVENT_TYPES}

    def test_a_word_of_ours_gets_no_uri(self) -> None:
        document = history_document(SAFE, "", [Told("journal/1", Event("incident closed", "2026-11-23", "", AGENT))])
        assert texts(parse(document), "//premis3:eventType/@valueURI") == []
        assert texts(parse(document), "//premis3:eventType/text()") == ["incident closed"]

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        events=st.lists(
            st.builds(
                Event,
                kind=st.text(min_size=1, max_size=12).filter(str.strip),
                when=st.datetimes().map(lambda moment: moment.isoformat() + "+00:00"),
                detail=st.text(max_size=20),
                agent=st.builds(Agent, st.text(max_size=10), st.text(max_size=5), st.sampled_from(AgentKind)),
                outcome=st.sampled_from(["success", "failure", "warning", "?"]),
                note=st.text(max_size=30),
            ),
            max_size=4,
        ),
        title=st.text(max_size=20),
    )
    def test_whatever_was_recorded_is_valid(self, events: list[Event], title: str, schemas: Path) -> None:
        told = [Told(f"journal/{number}", event) for number, event in enumerate(events, 1)]
        document = history_document(SAFE, title, told)
        assert violations(parse(document), schemas / PREMIS) == ()
        assert document == history_document(SAFE, title, told)

    def test_codes_are_those_of_the_vocabulary(self) -> None:
        assert len(LABELS) == 50
        for kind in ("stored", "replicated", "checked", "repaired", "disposed", "sealed", "migrated", "gated", "held"):
            term = event_term(kind)
            assert term.uri.removeprefix(f"{EVENT_TYPES}/") in LABELS
            assert LABELS[term.uri[-3:]] == term.word
        assert event_term("capture", "capture/digitization").word == "imaging"
        assert event_term("fixity check").uri.endswith("/fix")
        assert outcome_term("failure").word == "fail"
        assert outcome_term("odd").uri == ""


class TestTheCommand:
    """`kdr store history`."""

    def test_a_table_in_czech_and_in_english(self, home: Home) -> None:
        czech = kdr("store", "history", MENDED, home=home.folder)
        english = kdr("store", "history", MENDED, home=home.folder, KDR_LANGUAGE="en")
        assert czech.returncode == english.returncode == 0, czech.stderr
        assert "opraveno" in czech.stdout
        assert "Úpěl <ódy>" in czech.stdout
        assert "repaired" in english.stdout
        assert "závada" in czech.stdout

    def test_json_and_premis(self, home: Home, tmp_path: Path) -> None:
        target = tmp_path / "premis.xml"
        done = kdr("store", "history", f"uuid:{GONE}", "--json", "--premis", target, home=home.folder)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["disposed"] == "2026-11-02T12:00:00+00:00"
        assert b"deaccession" in target.read_bytes()
        again = kdr("store", "history", GONE, "--premis", target, home=home.folder)
        assert "S005" in again.stderr

    def test_what_is_no_identifier_is_refused(self, home: Home) -> None:
        assert "S004" in kdr("store", "history", "kniha", home=home.folder).stderr


def test_a_long_journal_is_no_burden(home: Home, tmp_path: Path) -> None:
    """What 100,000 other entries say is not mixed in (bench.many_volumes says how long it takes)."""
    shutil.copytree(home.folder, tmp_path / "home", symlinks=True)
    own = load(tmp_path / "home")
    last = [line for path in sorted(own.journal.glob("*.jsonl")) for line in path.read_bytes().splitlines()][-1]
    fields = json.loads(last)
    with (own.journal / "2026-12.jsonl").open("wb") as out:
        for number in range(100_000):
            fields |= {"seq": fields["seq"] + 1, "previous": fields["hash"], "kind": "checked"}
            fields["subject"] = f"3fa2c1de-0000-4000-8001-{number:012x}"
            fields["facts"] = {"version": "v0001", "place": "hlavni", "verdict": "intact", "run": "A-9"}
            fields["hash"] = entry_hash({key: value for key, value in fields.items() if key != "hash"})
            out.write(canonical(fields) + b"\n")
    found = history(own, MENDED)
    assert [each.kind for each in found.moments][-3:] == ["repaired", "sealed", "stamped"]
