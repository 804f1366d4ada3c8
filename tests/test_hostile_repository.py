"""What a hostile hand, or a broken disk, may do to a repository: told, never believed, never followed out of it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from ingest.identify import identify
from metadata.problem import Problem
from metadata.record import read_json
from repository.bucket import Bucket
from repository.canary import CANARY
from repository.disposal import Disposals
from repository.fixity import check
from repository.hold import hold
from repository.incident import State, open_incident
from repository.ledger import read_ledger
from repository.persons import Person
from repository.register import DigestRegister
from repository.repair import repair_copy
from repository.retention import Retention
from repository.s3_place import S3Place
from repository.store import Store
from repository.tombstone import Header
from repository.verify import Verdict, parse_entry, verify_journal
from tests.bags import AGENT, BOOK, OTHER, make_bag, make_store
from tests.homes import everything, flip, kdr, make_home, stored_version
from workflows import repairing
from workflows.audit_due import forecast, turns
from workflows.audit_plan import AuditPlan
from workflows.founding import open_store
from workflows.gate import take
from workflows.gate_report import REFUSED
from workflows.reports.known import gather
from workflows.settings import Home, PlaceSettings, Settings

OVER = Retention("issue", 1, dt.date(1990, 1, 1))
TODAY = dt.date(2026, 11, 23)
DELIVERED = {"Source-Organization": "Odjinud", "External-Description": "Kniha"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One object in two places."""
    made = make_store(tmp_path / "repository")
    made.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A repository that keeps one book."""
    made = make_home(tmp_path / "home")
    open_store(made).take(make_bag(tmp_path / "bag"), BOOK, AGENT)
    return made


def version(root: Path, place: str = "replica") -> Path:
    return root / "repository" / place / BOOK[:2] / BOOK[2:4] / BOOK / "v0001"


def disposed(store: Store) -> None:
    disposals = Disposals(store.journal, store.places)
    asked = disposals.propose({BOOK: OVER}, "lhůta", "zákon", Person("Eva Malá"), TODAY)
    for name in ("Jan Novák", "Oto Bílý"):
        disposals.approve(asked.id, Person(name))
    disposals.execute(asked.id, {BOOK: Header("", "issue")}, {"issue": 1}, AGENT, today=TODAY)


def code(caught: pytest.ExceptionInfo[Problem]) -> str:
    return caught.value.finding.code


class TestDisposedOf:
    def test_it_does_not_come_back(self, store: Store, tmp_path: Path) -> None:
        disposed(store)
        with pytest.raises(Problem) as caught:
            store.take(tmp_path / "bag", BOOK, AGENT)
        assert code(caught) == "S007"
        assert all(not place.versions(BOOK) for place in store.places)

    def test_the_gate_refuses_it_and_says_why(self, home: Home, tmp_path: Path) -> None:
        disposed(open_store(home))
        ended = take(home, make_bag(tmp_path / "znovu", info=DELIVERED))
        assert ended.verdict == REFUSED
        assert "S007" in {found.code for found in ended.seen.findings}
        assert not open_store(home).objects()

    def test_kinds_are_never_one_string(self, store: Store) -> None:
        with pytest.raises(TypeError):
            list(store.journal.entries(BOOK, "stored"))

    @pytest.mark.parametrize("kind", ["held", "disposal approved"])
    def test_an_altered_line_stops_it(self, store: Store, kind: str) -> None:
        disposals = Disposals(store.journal, store.places)
        asked = disposals.propose({BOOK: OVER}, "lhůta", "zákon", Person("Eva Malá"), TODAY)
        for name in ("Jan Novák", "Oto Bílý"):
            disposals.approve(asked.id, Person(name))
        hold(store.journal, BOOK, "soudní spor", Person("Iva Tichá"))
        (month,) = store.journal.root.glob("*.jsonl")
        month.write_bytes(month.read_bytes().replace(f'"kind":"{kind}"'.encode(), b'"kind":"x"'))
        with pytest.raises(Problem) as caught:
            disposals.execute(asked.id, {BOOK: Header("", "issue")}, {"issue": 1}, AGENT, today=TODAY)
        assert code(caught) == "S015"
        assert all(place.versions(BOOK) == ("v0001",) for place in store.places)


class TestCanary:
    def test_nobody_delivers_it(self, home: Home, tmp_path: Path) -> None:
        ended = take(home, make_bag(tmp_path / "vzacne", CANARY, info=DELIVERED))
        assert ended.verdict == REFUSED
        assert CANARY not in open_store(home).objects()
        assert (home.quarantine / ended.id / "delivered" / "vzacne").is_dir()

    def test_it_is_not_disposed_of(self, store: Store, tmp_path: Path) -> None:
        store.take(make_bag(tmp_path / "canary", CANARY), CANARY, AGENT)
        with pytest.raises(Problem) as caught:
            Disposals(store.journal, store.places).propose({CANARY: OVER}, "r", "l", Person("Eva Malá"), TODAY)
        assert code(caught) == "S091"


class TestLinks:
    """A copy behind a link lies elsewhere: it is no copy of this place."""

    @pytest.mark.parametrize("up", [0, 1])
    def test_a_link_to_the_other_copy_is_a_lost_copy_and_is_mended(self, store: Store, tmp_path: Path, up: int) -> None:
        lost, other = version(tmp_path), version(tmp_path, "primary")
        linked, target = (lost.parent, other.parent) if up else (lost, other)
        shutil.rmtree(linked)
        linked.symlink_to(target)
        before = everything(tmp_path / "repository" / "primary" / BOOK[:2])
        kept = read_ledger(store.journal).of(BOOK)[0]
        found = check(store.places[1], kept, DigestRegister(store.journal.root))
        assert found.verdict is Verdict.MISSING
        about = open_incident(store.journal, found, "run", AGENT)
        repair_copy(store, about.id, AGENT, "Eva Malá")
        assert not linked.is_symlink()
        assert linked.is_dir()
        assert everything(tmp_path / "repository" / "primary" / BOOK[:2]) == before
        assert check(store.places[1], kept).verdict is Verdict.INTACT

    def test_a_file_in_the_way_hides_one_object_and_no_other(self, store: Store, tmp_path: Path) -> None:
        shutil.rmtree(version(tmp_path).parent)
        version(tmp_path).parent.write_bytes(b"x")
        assert [copy.present for copy in store.show(BOOK)[0].copies] == [True, False]

    def test_a_stray_version_keeps_nobody_from_the_true_one(self, store: Store, tmp_path: Path) -> None:
        (version(tmp_path).parent / "v9999").mkdir()
        assert store.export(BOOK, tmp_path / "out") == tmp_path / "out"
        assert (tmp_path / "out" / "data" / "mets.xml").read_bytes() == b"<mets/>"

    def test_nothing_is_written_or_deleted_through_a_link(self, store: Store, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        (outside / OTHER[2:4] / OTHER / "v0001").mkdir(parents=True)
        replica = store.places[1]
        shutil.rmtree(version(tmp_path).parents[2])
        version(tmp_path).parents[2].symlink_to(outside)
        for object_id in (OTHER, BOOK):
            with pytest.raises(Problem) as caught:
                replica.let_go(object_id, "v0001")
            assert code(caught) == "S003"
        with pytest.raises(Problem) as caught:
            store.take(make_bag(tmp_path / "other", OTHER), OTHER, AGENT)
        assert code(caught) == "S003"
        assert [path.name for path in outside.rglob("*")] == [OTHER[2:4], OTHER, "v0001"]

    @pytest.mark.parametrize("name", [".staging", ".quarantine"])
    def test_nothing_is_swept_behind_a_link(self, store: Store, tmp_path: Path, name: str) -> None:
        outside, own = tmp_path / "outside", tmp_path / "repository" / "replica" / name
        (outside / "precious" / BOOK / "v0001").mkdir(parents=True)
        shutil.rmtree(own, ignore_errors=True)
        own.symlink_to(outside)
        with pytest.raises(Problem) as caught:
            store.places[1].let_go(BOOK, "v0001")
        assert code(caught) == "S003"
        assert [path.name for path in outside.rglob("*")] == ["precious", BOOK, "v0001"]


class TestTwoAtOnce:
    def test_an_incident_that_another_process_ended_stops_no_audit(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flip(stored_version(home, 1) / "data/mets.xml")
        store = open_store(home)
        kept = read_ledger(store.journal).of(BOOK)[0]
        found = check(store.places[1], kept)
        real = repair_copy

        def second(*given: Any, **more: Any) -> Any:  # noqa: ANN401 - whatever the real one takes
            real(*given, **more)
            return real(*given, **more)

        monkeypatch.setattr(repairing, "repair_copy", second)
        ended = repairing.attend(home, kept, found, "audit")
        assert ended is not None
        assert ended.state is State.REPAIRED
        assert check(store.places[1], kept).verdict is Verdict.INTACT


class TestJson:
    @pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000])
    def test_nesting_without_end_is_no_json(self, content: bytes) -> None:
        assert parse_entry(content) == ({}, False)
        with pytest.raises(ValueError, match="recursion"):
            read_json(content)

    def test_a_record_nested_without_end_is_a_fault(self, store: Store) -> None:
        record = store.journal.root / "seals" / "2026-11-23" / "record.json"
        record.parent.mkdir(parents=True)
        record.write_bytes(b"[" * 100_000)
        assert Verdict.SEAL_WRONG in {row.verdict for row in verify_journal(store.journal.root)}


class TestNames:
    @pytest.mark.parametrize("name", ["a\x1b[31m.pdf", "a\udcff.pdf", 'a"b.pdf', "ok.pdf"])
    def test_a_format_is_seen_whatever_the_name(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n%%EOF\n")
        assert identify(tmp_path / name).puid == "fmt/18"

    def test_no_escape_reaches_the_terminal(self, home: Home) -> None:
        told = kdr("disposal", "execute", "d\x1b[31m", home=home.folder)
        assert told.returncode == 1
        assert "\x1b" not in told.stderr + told.stdout


class TestServiceThatHangs:
    def test_it_is_waited_for_once_and_not_for_every_object(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked, clock = [], [1000.0]

        def hang(_bucket: Bucket, key: str, *, quick: bool = False) -> bytes:
            asked.append((key, quick))
            clock[0] += 6.0
            raise OSError(110, "timed out")

        monkeypatch.setattr(Bucket, "read", hang)
        monkeypatch.setattr("repository.s3_place.time.monotonic", lambda: clock[0])
        place = S3Place("oblak", Bucket("s3://kdr/nikdy", "http://192.0.2.1"))
        assert not any(place.attached() for _ in range(2500))
        assert len(asked) == 1
        clock[0] += 61.0
        assert not place.attached()
        assert len(asked) == 2


class TestSettings:
    @pytest.mark.parametrize(
        "endpoint", ["not a url", "file:///etc", "http://a b", "https://user:word@s3.example", "http://"]
    )
    def test_an_endpoint_is_an_address(self, endpoint: str) -> None:
        with pytest.raises(ValueError, match="endpoint"):
            PlaceSettings(name="s3", url="s3://kdr/x", endpoint=endpoint)

    @pytest.mark.parametrize("endpoint", ["", "https://s3.example", "http://127.0.0.1:9000/", "http://[::1]:9000"])
    def test_addresses_of_services_are_accepted(self, endpoint: str) -> None:
        assert PlaceSettings(name="s3", url="s3://kdr/x", endpoint=endpoint).endpoint == endpoint

    @pytest.mark.parametrize(
        ("one", "other"),
        [("store/a", "store/x/../a"), ("store", "store/b"), ("s3://kdr/a", "s3://kdr/a/"), ("s3://kdr", "s3://kdr/a")],
    )
    def test_a_place_within_another_is_no_place_of_its_own(self, one: str, other: str) -> None:
        key = "url" if one.startswith("s3") else "path"
        with pytest.raises(ValueError, match="same place"):
            Settings.model_validate({"place": [{"name": "a", key: one}, {"name": "b", key: other}]})

    def test_neighbours_are_two_places(self) -> None:
        given = [{"name": "a", "url": "s3://kdr/a"}, {"name": "b", "url": "s3://kdr/ab"}]
        assert len(Settings.model_validate({"place": given}).place) == 2


class TestCommands:
    def test_nothing_is_put_into_a_place(self, home: Home, tmp_path: Path) -> None:
        inside = home.folder / "store" / "druha"
        before = everything(inside)
        commands: list[list[str | Path]] = [
            ["shelf", "write", inside, "--label", "L1", "--location", "skříň"],
            ["store", "export", BOOK, inside / "ven"],
            ["report", "holdings", "--to", inside],
            ["store", "history", BOOK, "--premis", inside / "premis.xml"],
        ]
        for words in commands:
            assert kdr(*words, home=home.folder).returncode == 64
        assert everything(inside) == before

    def test_a_folder_around_the_places_is_no_delivery(self, home: Home) -> None:
        with pytest.raises(Problem) as caught:
            take(home, home.folder / "store")
        assert code(caught) == "S079"

    def test_a_plan_that_never_ends_is_told_and_no_more(self, store: Store) -> None:
        plan = AuditPlan({"hlavní": 90, "kopie": 90}, hours=0.01, mb_per_s=1e-300, workers=1)
        made = forecast(turns(read_ledger(store.journal), plan), plan, {}, dt.datetime.now(dt.UTC))
        assert made.kept is False

    def test_a_report_on_an_altered_journal_is_not_made(self, home: Home) -> None:
        (month,) = home.journal.glob("*.jsonl")
        month.write_bytes(month.read_bytes().replace(b'"kind":"stored"', b'"kind":"storee"'))
        with pytest.raises(Problem) as caught:
            gather(home, "2026-11-23T00:00:00+00:00")
        assert code(caught) == "S015"

    def test_a_report_on_a_cut_journal_is_not_made(self, home: Home) -> None:
        (month,) = home.journal.glob("*.jsonl")
        month.write_bytes(b"".join(month.read_bytes().splitlines(keepends=True)[:-1]))
        with pytest.raises(Problem) as caught:
            gather(home, "2026-11-23T00:00:00+00:00")
        assert code(caught) in ("S015", "S016")
