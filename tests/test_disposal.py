"""Letting go: two persons, reason, legal basis; what stays; nothing on hold; nothing half gone whatever dies."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.markup import parse
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import from_json, to_json
from repository import tombstone
from repository.directory_place import DirectoryPlace
from repository.disposal import Disposal, Disposals, State
from repository.hold import hold, release
from repository.journal import Journal
from repository.ledger import read_ledger
from repository.persons import Person
from repository.register import DigestRegister
from repository.retention import Retention
from repository.shelf import Bundle, Kind, Part, Shelved, bundled_facts
from repository.store import Store
from repository.tombstone import Gone, Header, Tombstone, Vote, to_xml
from repository.verify import Verdict, verify_places
from tests.bags import AGENT, BOOK, OTHER, PAGES, make_bag, make_store
from tests.homes import ROOT

EVA, JAN, OTO = Person("Eva Malá", "eva"), Person("Jan Novák", "jan"), Person("Oto Bílý", "oto")
TODAY = dt.date(2026, 11, 23)
OVER = Retention("issue", 5, dt.date(2020, 1, 1))
YEARS = {"issue": 5}
HEADER = Header("Národní listy", "issue", identifiers=(("uuid", BOOK), ("issn", "1214-1240")), date="1919-05-14")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two objects in two places; BOOK has two versions."""
    made = make_store(tmp_path / "repository")
    made.take(make_bag(tmp_path / "bag"), BOOK, AGENT)
    made.take(make_bag(tmp_path / "more", files=PAGES | {"data/new.xml": b"<new/>"}), BOOK, AGENT)
    made.take(make_bag(tmp_path / "other", OTHER), OTHER, AGENT)
    return made


@pytest.fixture
def disposals(store: Store) -> Disposals:
    return Disposals(store.journal, store.places)


def proposed(disposals: Disposals, *objects: VolumeId) -> Disposal:
    periods = dict.fromkeys(objects or (BOOK,), OVER)
    return disposals.propose(periods, "skartační návrh 3/2026", "§ 7 zákona 499/2004 Sb.", EVA, TODAY)


def approved(disposals: Disposals, *objects: VolumeId) -> Disposal:
    asked = proposed(disposals, *objects)
    disposals.approve(asked.id, JAN)
    return disposals.approve(asked.id, OTO)


def execute(disposals: Disposals, asked: Disposal) -> Disposal:
    return disposals.execute(asked.id, {BOOK: HEADER}, YEARS, AGENT, today=TODAY)


def held(store: Store) -> list[list[str]]:
    """The versions of BOOK in every place that is attached."""
    return [list(place.versions(BOOK)) for place in store.places if place.attached()]


def refused(caught: pytest.ExceptionInfo[Problem]) -> str:
    return caught.value.finding.code


def away(store: Store, number: int = 1) -> tuple[Path, Path]:
    """Take a place away: where it was, and where it is now."""
    place = store.places[number]
    assert isinstance(place, DirectoryPlace)
    elsewhere = place.root.with_name("away")
    place.root.rename(elsewhere)
    return place.root, elsewhere


class TestDecisions:
    def test_two_others_must_approve(self, disposals: Disposals, store: Store) -> None:
        asked = proposed(disposals)
        assert asked.state is State.PROPOSED
        for person in (EVA, replace(EVA, name="MALA Eva")):
            with pytest.raises(Problem) as caught:
                disposals.approve(asked.id, person)
            assert refused(caught) == "S090"
        assert disposals.approve(asked.id, JAN).state is State.PROPOSED
        for name in ("Jan Novák", "jan novak", "Novák, Jan"):
            with pytest.raises(Problem) as caught:
                disposals.approve(asked.id, Person(name, "other"))
            assert refused(caught) == "S090"
        with pytest.raises(Problem) as caught:
            execute(disposals, asked)
        assert refused(caught) == "S091"
        assert held(store) == [["v0001", "v0002"]] * 2
        assert disposals.approve(asked.id, OTO).state is State.APPROVED

    @pytest.mark.parametrize(("reason", "basis"), [("", "§ 7"), ("návrh", " "), (" .", "§ 7")])
    def test_reason_and_legal_basis_are_asked(self, disposals: Disposals, reason: str, basis: str) -> None:
        with pytest.raises(Problem) as caught:
            disposals.propose({BOOK: OVER}, reason, basis, EVA, TODAY)
        assert refused(caught) == "S092"
        assert disposals.all() == ()

    def test_a_hold_blocks_the_proposal(self, disposals: Disposals, store: Store) -> None:
        hold(store.journal, BOOK, "soudní spor", JAN)
        with pytest.raises(Problem) as caught:
            proposed(disposals, OTHER, BOOK)
        assert refused(caught) == "S088"
        assert disposals.all() == ()
        release(store.journal, BOOK, "spor skončil", JAN)
        assert proposed(disposals, OTHER, BOOK).state is State.PROPOSED

    def test_a_hold_blocks_approval_and_execution(self, disposals: Disposals, store: Store) -> None:
        asked = proposed(disposals)
        hold(store.journal, BOOK, "spor", JAN)
        with pytest.raises(Problem) as caught:
            disposals.approve(asked.id, JAN)
        assert refused(caught) == "S088"
        release(store.journal, BOOK, "konec", JAN)
        disposals.approve(asked.id, JAN)
        disposals.approve(asked.id, OTO)
        hold(store.journal, BOOK, "odvolání", JAN)
        with pytest.raises(Problem) as caught:
            execute(disposals, asked)
        assert refused(caught) == "S088"
        assert held(store) == [["v0001", "v0002"]] * 2

    def test_the_period_is_asked_twice(self, disposals: Disposals, store: Store) -> None:
        with pytest.raises(Problem) as caught:
            disposals.propose({BOOK: replace(OVER, years=50)}, "proč", "§ 7", EVA, TODAY)
        assert refused(caught) == "S089"
        asked = approved(disposals)
        with pytest.raises(Problem) as caught:
            disposals.execute(asked.id, {}, {"issue": 0}, AGENT, today=TODAY)
        assert refused(caught) == "S089"
        assert held(store) == [["v0001", "v0002"]] * 2

    def test_a_refusal_ends_it(self, disposals: Disposals) -> None:
        asked = approved(disposals)
        told = disposals.refuse(asked.id, "hodnota pro region", JAN)
        assert (told.state, told.why_refused) == (State.REFUSED, "hodnota pro region")
        with pytest.raises(Problem):
            execute(disposals, asked)
        assert proposed(disposals).id != asked.id

    def test_one_object_is_proposed_once(self, disposals: Disposals) -> None:
        proposed(disposals)
        with pytest.raises(Problem) as caught:
            proposed(disposals, BOOK)
        assert refused(caught) == "S091"

    def test_a_version_that_nobody_approved_is_not_deleted(
        self, disposals: Disposals, store: Store, tmp_path: Path
    ) -> None:
        asked = approved(disposals)
        store.take(make_bag(tmp_path / "third", files={"data/a": b"3"}), BOOK, AGENT)
        with pytest.raises(Problem) as caught:
            execute(disposals, asked)
        assert refused(caught) == "S091"
        assert held(store) == [["v0001", "v0002", "v0003"]] * 2

    def test_one_account_for_two_names_is_told(self, disposals: Disposals) -> None:
        asked = proposed(disposals)
        assert not disposals.approve(asked.id, JAN).one_account
        assert disposals.approve(asked.id, replace(OTO, account="jan")).one_account

    def test_nobody_knows_it(self, disposals: Disposals) -> None:
        with pytest.raises(Problem) as caught:
            disposals.approve("d1", JAN)
        assert refused(caught) == "S091"
        with pytest.raises(Problem) as caught:
            proposed(disposals, GONE)
        assert refused(caught) == "S004"


GONE = VolumeId("3fa2c1de-0000-4000-8000-0000000000ff")


class TestExecution:
    def test_every_copy_goes_and_header_and_journal_stay(self, disposals: Disposals, store: Store) -> None:
        manifests = read_ledger(store.journal).of(BOOK)[1].manifests
        before = [entry.hash for entry in store.journal.entries(BOOK)]
        told = execute(disposals, approved(disposals))
        assert told.state is State.EXECUTED
        assert held(store) == [[], []]
        assert [list(place.versions(OTHER)) for place in store.places] == [["v0001"], ["v0001"]]
        assert [place.strays() for place in store.places] == [[], []]
        stone = tombstone.read(store.journal.root, BOOK)
        assert stone is not None
        assert (stone.header, stone.reason, stone.legal_basis) == (HEADER, told.reason, told.legal_basis)
        assert [vote.by for vote in stone.approved] == ["Jan Novák", "Oto Bílý"]
        assert [(gone.version, gone.places) for gone in stone.versions] == [
            ("v0001", ("hlavní", "kopie")),
            ("v0002", ("hlavní", "kopie")),
        ]
        assert {stone.versions[1].manifest, stone.versions[1].tagmanifest} == set(manifests.values())
        assert [entry.hash for entry in store.journal.entries(BOOK)][: len(before)] == before
        assert DigestRegister(store.journal.root).faults(BOOK, "v0002", manifests) == {}
        (entry,) = store.journal.entries(BOOK, ("disposed",))
        assert entry.facts["by"] == ["Jan Novák", "Oto Bílý"]
        assert (entry.facts["places"], entry.facts["pending"]) == (["hlavní", "kopie"], [])
        assert store.check_journal() == []

    def test_the_ledger_expects_it_nowhere(self, disposals: Disposals, store: Store) -> None:
        execute(disposals, approved(disposals))
        ledger = read_ledger(store.journal)
        assert (ledger.of(BOOK), set(ledger.disposed)) == ((), {BOOK})
        assert {replica.object_id for replica in ledger.replicas()} == {OTHER}

    def test_the_verifier_misses_nothing(self, disposals: Disposals, store: Store) -> None:
        execute(disposals, approved(disposals))
        roots = [place.root for place in store.places if isinstance(place, DirectoryPlace)]
        rows = list(verify_places(roots, store.journal.root))
        assert {row.verdict for row in rows} == {Verdict.INTACT}

    def test_a_tape_that_still_has_it_is_named(self, disposals: Disposals, store: Store) -> None:
        bundle = Bundle("b1", "LTO-0042", "sejf", Kind.LTO, "2026-11-22T10:00:00+00:00")
        part = Part(1, "b1.tar", 1, "a" * 128, "b" * 128)
        shelved = (Shelved(BOOK, "v0001", (1,)), Shelved(OTHER, "v0001", (1,)))
        store.journal.append("bundled", "b1", bundled_facts(bundle, (part,), shelved), AGENT)
        execute(disposals, approved(disposals))
        stone = tombstone.read(store.journal.root, BOOK)
        assert stone is not None
        assert [gone.bundles for gone in stone.versions] == [("LTO-0042 (sejf)",), ()]
        assert b"LTO-0042" in to_xml(stone)

    def test_a_place_that_is_away_is_done_when_it_is_back(self, disposals: Disposals, store: Store) -> None:
        asked = approved(disposals)
        home, elsewhere = away(store)
        told = execute(disposals, asked)
        assert (told.state, told.items[0].pending) == (State.WAITING, ("kopie",))
        assert read_ledger(store.journal).of(BOOK) == ()
        assert execute(disposals, asked).state is State.WAITING
        elsewhere.rename(home)
        assert held(store) == [[], ["v0001", "v0002"]]
        assert execute(disposals, asked).state is State.EXECUTED
        assert held(store) == [[], []]
        assert [entry.facts["places"] for entry in store.journal.entries(BOOK, ("disposed",))] == [
            ["hlavní"],
            ["kopie"],
        ]
        with pytest.raises(Problem) as caught:
            execute(disposals, asked)
        assert refused(caught) == "S091"

    def test_what_was_stored_anew_stays(
        self, disposals: Disposals, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Editions before 2026-11-23 stored what had been disposed of when it was delivered once more."""
        monkeypatch.setattr(Store, "_refuse_disposed", lambda *_: None)
        asked = approved(disposals)
        home, elsewhere = away(store)
        execute(disposals, asked)
        store.take(make_bag(tmp_path / "again"), BOOK, AGENT)
        elsewhere.rename(home)
        assert execute(disposals, asked).state is State.EXECUTED
        assert held(store) == [["v0003"], []]
        assert [kept.version for kept in read_ledger(store.journal).of(BOOK)] == ["v0003"]
        second = approved(disposals)
        assert execute(disposals, second).state is State.EXECUTED
        stones = sorted(path.name for path in (store.journal.root / tombstone.FOLDER).iterdir())
        assert stones == [f"{BOOK}-{second.id}.json", f"{BOOK}-{second.id}.xml", f"{BOOK}.json", f"{BOOK}.xml"]

    @pytest.mark.parametrize("at", range(12))
    def test_killed_at_any_moment_it_is_finished(
        self, disposals: Disposals, store: Store, at: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every step that changes a disk dies in turn; what is left is finished by the next run."""
        asked, steps = approved(disposals), count()

        def dying(real: Callable[..., Any]) -> Callable[..., Any]:
            def step(*given: Any) -> Any:  # noqa: ANN401 - whatever the real one takes
                if next(steps) == at:
                    raise KeyboardInterrupt
                return real(*given)

            return step

        with monkeypatch.context() as context:
            for owner, name in ((DirectoryPlace, "let_go"), (tombstone, "place_bytes"), (Journal, "_write")):
                context.setattr(owner, name, dying(getattr(owner, name)))
            with suppress(KeyboardInterrupt):
                execute(disposals, asked)
        assert next(steps) >= min(at, 8)
        if any(len(versions) < 2 for versions in held(store)):
            assert read_ledger(store.journal).of(BOOK) == ()
            assert tombstone.read(store.journal.root, BOOK) is not None
        if disposals.one(asked.id).state is not State.EXECUTED:
            assert execute(disposals, asked).state is State.EXECUTED
        assert held(store) == [[], []]
        assert store.check_journal() == []
        assert sum(1 for _ in store.journal.entries(BOOK, ("disposal begun",))) == 1


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
VOTES = st.builds(Vote, TEXTS, TEXTS, st.just("2026-11-23T10:00:00+00:00"))
GONES = st.builds(
    Gone, st.just("v0001"), TEXTS, st.integers(0, 10**13), st.integers(0, 10**7), TEXTS, TEXTS, st.tuples(TEXTS)
)
HEADERS = st.builds(
    Header, title=TEXTS, type=TEXTS, creators=st.tuples(TEXTS, TEXTS), identifiers=st.tuples(st.tuples(TEXTS, TEXTS)),
    pages=st.integers(0, 9999),
)  # fmt: skip
STONES = st.builds(
    Tombstone, st.just(BOOK), HEADERS, st.tuples(GONES), TEXTS, TEXTS, TEXTS, VOTES, st.tuples(VOTES, VOTES), TEXTS
)


class TestTombstone:
    @given(STONES)
    @settings(max_examples=40)
    def test_is_read_back_and_its_xml_says_the_same(self, stone: Tombstone) -> None:
        assert from_json(Tombstone, to_json(stone)) == stone
        content = to_xml(stone)
        assert to_xml(stone) == content
        said = [element.text or "" for element in parse(content).iter() if len(element) == 0]
        wanted = {stone.header.title, stone.reason, stone.legal_basis, stone.proposed.by, str(stone.versions[0].bytes)}
        assert {text for text in wanted if text.isprintable() and text} <= set(said)

    def test_an_altered_one_is_not_believed(self, disposals: Disposals, store: Store) -> None:
        execute(disposals, approved(disposals))
        (store.journal.root / tombstone.FOLDER / f"{BOOK}.json").write_text("{}", encoding="utf-8")
        with pytest.raises(ValueError, match="Tombstone"):
            tombstone.read(store.journal.root, BOOK)


def test_nothing_else_deletes() -> None:
    """Of all our code only `repository.disposal` calls `let_go`; a fire drill does so with its canary alone."""
    rooms = ("metadata", "ingest", "ocr", "repository", "workflows")
    paths = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    calls = {
        (path.relative_to(ROOT).as_posix(), ast.unparse(node.args[0]))
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "let_go"
    }
    assert ("repository/disposal.py", "item.object_id") in calls
    assert calls <= {("repository/disposal.py", "item.object_id"), ("repository/harm.py", "CANARY")}
