"""`kdr incident` and `kdr store replicate`: from the damage to the protocol, as an archivist would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from metadata.finding import Finding
from metadata.wording import Tongue
from repository.fixity import Check, check, record
from repository.incident import Incident, State, incidents, open_incident
from repository.journal import Journal
from repository.ledger import Kept, read_ledger
from repository.place import FolderBag
from repository.register import DigestRegister
from repository.verify import Row, Verdict
from tests.bags import AGENT, BOOK, make_bag
from tests.homes import changed, copied, flip, kdr, told
from workflows.founding import disks, found, open_store
from workflows.repairing import attend, catch_up, incident_text, open_incidents, protocol_paths
from workflows.settings import Home, load

MASTER = "data/mc/mc_0001.jp2"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of two places with one small object; only to be copied."""
    folder = tmp_path_factory.mktemp("model")
    home = found(folder / "home", None)
    open_store(home).take(make_bag(folder / "bag"), BOOK, AGENT)
    return folder / "home"


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Home:
    return copied(model, tmp_path / "home")


def copy_of(home: Home, place: int = 0) -> Path:
    return disks(home)[place].folder(BOOK, "v0001")


def audited(home: Home, place: int = 0) -> tuple[Kept, Check]:
    """What an audit finds of a copy."""
    store = open_store(home)
    kept = read_ledger(store.journal).versions[BOOK, "v0001"]
    return kept, check(store.places[place], kept, DigestRegister(home.journal))


def attended(home: Home, place: int = 0) -> tuple[Incident | None, list[str]]:
    heard: list[Finding] = []
    kept, seen = audited(home, place)
    return attend(home, kept, seen, "A-7", heard.append), told(heard)


def waiting(home: Home) -> Home:
    """The same, where repair waits for a person."""
    return changed(home.folder, repair='"confirm"')


def run(home: Home, *words: str, code: int = 0, tongue: str = "") -> CompletedProcess[str]:
    done = kdr(*words, home=home.folder, KDR_LANGUAGE=tongue)
    assert done.returncode == code, done.stdout + done.stderr
    return done


class TestAttending:
    """What an audit hands over."""

    def test_the_policy_repairs_at_once_and_leaves_a_protocol(self, home: Home) -> None:
        flip(copy_of(home) / MASTER)
        ended, heard = attended(home)
        assert ended is not None
        assert (ended.state, ended.by, ended.source, ended.run) == (State.REPAIRED, "policy", "druha", "A-7")
        assert heard == ["S042", "S045"]
        assert audited(home)[1].verdict is Verdict.INTACT
        machine, people = protocol_paths(home, ended.id)
        written = json.loads(machine.read_bytes())
        assert written["incident"]["id"] == ended.id
        assert [seen["verdict"] for seen in written["compared"]] == ["damaged", "intact"]
        text = people.read_text(encoding="utf-8")
        assert text.startswith(f"PROTOKOL O INCIDENTU {ended.id}")
        assert "PROTOCOL OF INCIDENT" in text
        for said in (MASTER, "hlavni: poškozeno", "druha: intact", ended.quarantine, "automaticky podle nastavení"):
            assert said in text

    def test_where_a_person_confirms_it_only_opens(self, home: Home) -> None:
        home = waiting(home)
        flip(copy_of(home) / MASTER)
        opened, heard = attended(home)
        assert opened is not None
        assert (opened.state, heard) == (State.OPEN, ["S042"])
        assert audited(home)[1].verdict is Verdict.DAMAGED
        assert not protocol_paths(home, opened.id)[0].exists()

    def test_what_cannot_be_repaired_stays_open_and_the_protocol_says_why(self, home: Home) -> None:
        for place in (0, 1):
            flip(copy_of(home, place) / MASTER)
        left, heard = attended(home)
        assert left is not None
        assert (left.state, heard) == (State.OPEN, ["S042", "S044"])
        assert "S044" in protocol_paths(home, left.id)[1].read_text(encoding="utf-8")
        assert [each.place for each in open_incidents(home)] == ["hlavni", "druha"]

    @pytest.mark.parametrize("facts", [{"why": "x"}, {"why": "x", "finding": "S020"}])
    def test_an_unreadable_copy_waits_and_a_place_away_is_no_incident(self, home: Home, facts: dict[str, str]) -> None:
        kept, seen = audited(home)
        row = Row(Verdict.UNREADABLE, "x", {**facts})
        seen = Check(seen.object_id, seen.version, seen.place, Verdict.UNREADABLE, 0, 0, 0.0, (row,))
        attend(home, kept, seen, "")
        assert len(incidents(open_store(home).journal)) == ("finding" not in facts)

    def test_an_intact_copy_is_no_incident(self, home: Home) -> None:
        assert attended(home) == (None, [])

    def test_an_incident_speaks_both_languages(self, home: Home) -> None:
        for place in (0, 1):
            flip(copy_of(home, place) / MASTER)
        left, _ = attended(home)
        assert left is not None
        assert "otevřený" in incident_text(left, Tongue.CS)
        assert "open" in incident_text(left, Tongue.EN)


class TestCatchingUp:
    """What a killed audit found and could not see to the end is done at the start of the next."""

    def test_damage_that_was_journalled_only(self, home: Home) -> None:
        flip(copy_of(home) / MASTER)
        record(open_store(home).journal, audited(home)[1], "A-1", AGENT)
        heard: list[Finding] = []
        (ended,) = catch_up(home, heard.append)
        assert (ended.state, ended.run, told(heard)) == (State.REPAIRED, "A-1", ["S042", "S045"])
        assert catch_up(home, heard.append) == ()
        assert len(heard) == 2

    def test_what_waited_for_a_good_copy_is_tried_again(self, home: Home) -> None:
        flip(copy_of(home) / MASTER)
        away = disks(home)[1].root.rename(home.folder / "cupboard")
        assert attended(home)[1] == ["S042", "S044"]
        assert [each.state for each in catch_up(home)] == [State.OPEN]
        away.rename(disks(home)[1].root)
        assert [each.state for each in catch_up(home)] == [State.REPAIRED]

    def test_what_waits_for_a_person_goes_on_waiting(self, home: Home) -> None:
        home = waiting(home)
        flip(copy_of(home) / MASTER)
        record(open_store(home).journal, audited(home)[1], "A-1", AGENT)
        assert [each.state for each in catch_up(home)] == [State.OPEN]
        assert catch_up(home) == ()

    def test_an_unreadable_copy_waits_until_it_was_read_whole(self, home: Home) -> None:
        home = waiting(home)
        store = open_store(home)
        kept, _ = audited(home)
        bad = Check(
            BOOK, "v0001", "hlavni", Verdict.UNREADABLE, 0, 0, 0.0, (Row(Verdict.UNREADABLE, "x", {"why": "x"}),)
        )
        earlier = Journal(store.journal.root, lambda: "2020-01-01T10:00:00+00:00")
        record(earlier, bad, "A-1", AGENT)
        opened = open_incident(earlier, bad, "A-1", AGENT)
        assert catch_up(home) == ()
        record(store.journal, check(store.primary, kept), "A-2", AGENT)
        (closed,) = catch_up(home)
        assert (closed.id, closed.state, closed.by) == (opened.id, State.CLOSED, "policy")


class TestCommands:
    def test_from_the_damage_to_the_end(self, home: Home) -> None:
        home = waiting(home)
        assert "Žádný incident" in run(home, "incident", "list").stdout
        flip(copy_of(home) / MASTER)
        attended(home)
        (name,) = [each["id"] for each in json.loads(run(home, "incident", "list", "--open", "--json").stdout)]
        listed = run(home, "incident", "list").stdout
        for said in (name, BOOK, "hlavni", "poškozeno", "otevřený"):
            assert said in listed
        assert MASTER in run(home, "incident", "show", name).stdout
        done = run(home, "incident", "repair", name, "--by", "Jana Nováková").stdout
        assert "S045" in done
        assert "Opraveno: 1" in done
        assert "No incidents" in run(home, "incident", "list", "--open", tongue="en").stdout
        shown = run(home, "incident", "show", name.lower(), tongue="en").stdout
        for said in ("repaired", "Jana Nováková", "druha", ".quarantine", f"{name}.txt"):
            assert said in shown
        run(home, "store", "verify")
        assert "S041" in run(home, "incident", "repair", name, "--by", "Jana", code=65).stderr

    def test_all_open_ones(self, home: Home) -> None:
        home = waiting(home)
        flip(copy_of(home) / MASTER)
        (copy_of(home, 1) / "data/mets.xml").unlink()
        attended(home)
        ended = json.loads(run(home, "incident", "repair", "--all", "--by", "Jana", "--json").stdout)
        assert [each["state"] for each in ended] == ["repaired", "repaired"]
        assert [each["source"] for each in ended] == ["hlavni + druha", "hlavni"]
        run(home, "store", "verify")

    def test_no_good_copy_is_exit_1_and_nothing_changes(self, home: Home) -> None:
        home = waiting(home)
        for place in (0, 1):
            flip(copy_of(home, place) / MASTER)
        attended(home)
        before = (copy_of(home) / MASTER).read_bytes()
        done = run(home, "incident", "repair", "--all", "--by", "Jana", code=1).stdout
        assert MASTER in done
        assert (copy_of(home) / MASTER).read_bytes() == before

    def test_closing_wants_a_reason_and_a_name(self, home: Home) -> None:
        home = waiting(home)
        flip(copy_of(home) / MASTER)
        attended(home)
        (opened,) = open_incidents(home)
        assert "S092" in run(home, "incident", "close", opened.id, "--reason", " ", "--by", "Jana", code=64).stderr
        assert "S092" in run(home, "incident", "repair", opened.id, "--by", "", code=64).stderr
        run(home, "incident", "close", opened.id, "--reason", "cvičení", "--by", "Jana")
        (ended,) = incidents(open_store(home).journal)
        assert (ended.state, ended.reason, ended.by) == (State.CLOSED, "cvičení", "Jana")

    @pytest.mark.parametrize("words", [("repair", "--by", "J"), ("repair", "I-1", "--all", "--by", "J")])
    def test_which_incidents_must_be_said(self, home: Home, words: tuple[str, ...]) -> None:
        assert "--all" in run(home, "incident", *words, code=2).stderr

    def test_an_unknown_incident(self, home: Home) -> None:
        assert "S040" in run(home, "incident", "show", "I-20200101-0001", code=66).stderr


class TestReplicateCommand:
    @pytest.fixture
    def wider(self, home: Home) -> Home:
        """The same repository with a third place, empty."""
        with (home.folder / "kdr.toml").open("a", encoding="utf-8") as file:
            file.write('\n[[place]]\nname = "treti"\npath = "store/treti"\nsite = "C"\n')
        wider = load(home.folder)
        disks(wider)[2].create()
        return wider

    def test_a_new_place_gets_everything(self, wider: Home) -> None:
        done = run(wider, "store", "replicate").stdout
        assert "treti" in done
        assert "Nové kopie: 1" in done
        assert "Nové kopie: 0" in run(wider, "store", "replicate", BOOK).stdout
        run(wider, "store", "verify")

    def test_an_unjournalled_copy_is_journalled(self, wider: Home) -> None:
        disks(wider)[2].receive(FolderBag(copy_of(wider)), BOOK, "v0001")
        assert "jen nebyla v deníku" in run(wider, "store", "replicate").stdout

    def test_a_damaged_source_is_mended_too_but_told(self, wider: Home) -> None:
        flip(copy_of(wider) / MASTER)
        done = run(wider, "store", "replicate", code=1).stdout
        for code in ("S046", "S042", "S045"):
            assert code in done
        run(wider, "store", "verify")

    def test_a_place_away_is_exit_75(self, wider: Home) -> None:
        shutil.move(disks(wider)[2].root, wider.folder / "cupboard")
        done = json.loads(run(wider, "store", "replicate", "--json", code=75).stdout)
        assert (done["away"], done["copied"]) == (["treti"], [])

    def test_an_unknown_object(self, wider: Home) -> None:
        other = "00000000-0000-4000-8000-000000000000"
        assert "S004" in kdr("store", "replicate", other, home=wider.folder).stderr
