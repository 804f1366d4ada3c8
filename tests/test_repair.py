"""Repair: the damaged copy is set aside and a good one put in its place; the last good bytes are never overwritten."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from metadata.event import Agent, AgentKind
from metadata.problem import Problem
from repository.bag import identity
from repository.fixity import Check
from repository.incident import BEGUN, State, incidents, open_incident
from repository.ledger import read_ledger
from repository.place import FolderBag
from repository.repair import INTACT_AGAIN, POLICY, Repair, repair_copy
from repository.store import Store
from repository.verify import Verdict
from tests.bags import AGENT, BOOK, PAGES, make_bag
from tests.homes import everything
from tests.three_copies import incident, kinds, only, spoil, three, version, with_bucket, with_failing, wrong

MASTER = "data/mc/mc_0001.jp2"
METS = "data/mets.xml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "repository"


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return make_bag(tmp_path / "bag")


@pytest.fixture
def store(root: Path, bag: Path) -> Store:
    """Three places hold BOOK."""
    made = three(root)
    made.take(bag, BOOK, AGENT)
    return made


def refused(store: Store, name: str) -> Problem:
    with pytest.raises(Problem) as problem:
        repair_copy(store, name, AGENT)
    return problem.value


def flip(copy: Path) -> None:
    content = bytearray((copy / MASTER).read_bytes())
    content[7] ^= 1
    spoil(copy / MASTER, bytes(content))


def cut(copy: Path) -> None:
    spoil(copy / MASTER, (copy / MASTER).read_bytes()[:-1])


def lose_a_file(copy: Path) -> None:
    (copy / METS).unlink()


def add(copy: Path) -> None:
    spoil(copy / "data" / "navic.txt")


def swap(copy: Path) -> None:
    first, second = (copy / METS).read_bytes(), (copy / MASTER).read_bytes()
    spoil(copy / METS, second)
    spoil(copy / MASTER, first)


def rename(copy: Path) -> None:
    (copy / METS).rename(copy / "data" / "METS.xml")


def alter_together(copy: Path) -> None:
    forged = make_bag(copy.parent / "forged", files=PAGES | {METS: b"<forged/>"})
    shutil.rmtree(copy)
    forged.rename(copy)


def lose_the_manifest(copy: Path) -> None:
    (copy / "manifest-sha512.txt").unlink()


def lose_it(copy: Path) -> None:
    shutil.rmtree(copy)


HARMS = [flip, cut, lose_a_file, add, swap, rename, alter_together, lose_the_manifest]


class TestMending:
    """Whatever was done to one copy, afterwards it is what was stored, and the damaged one is kept aside."""

    @pytest.mark.parametrize("place", ["hlavni", "treti"])
    @pytest.mark.parametrize("harm", HARMS)
    def test_every_harm(self, store: Store, root: Path, bag: Path, harm: Callable[[Path], None], place: str) -> None:
        copy = version(root, place)
        harm(copy)
        before = everything(copy)
        found = incident(store, place)
        done = repair_copy(store, found.id, AGENT)
        assert identity(copy) == identity(bag)
        assert wrong(root) == []
        assert done.incident.state is State.REPAIRED
        assert (done.incident.by, done.incident.source) == (POLICY, "druha" if place == "hlavni" else "hlavni")
        assert everything(Path(done.incident.quarantine)) == before
        assert kinds(store)[-3:] == ["incident", BEGUN, "repaired"]

    def test_a_version_that_is_not_there_at_all(self, store: Store, root: Path, bag: Path) -> None:
        lose_it(version(root, "druha"))
        done = repair_copy(store, incident(store, "druha").id, AGENT).incident
        assert identity(version(root, "druha")) == identity(bag)
        assert (done.verdict, done.quarantine, done.source) == (Verdict.MISSING, "", "hlavni")
        assert wrong(root) == []

    def test_every_copy_is_read_and_that_is_written_down(self, store: Store, root: Path) -> None:
        flip(version(root, "druha"))
        name = incident(store, "druha").id
        done = repair_copy(store, name, AGENT)
        read = [
            (e.facts["place"], e.facts["verdict"], e.facts["run"]) for e in store.journal.entries(BOOK, ["checked"])
        ]
        assert read == [("hlavni", "intact", name), ("druha", "damaged", name), ("treti", "intact", name)]
        assert [seen.verdict.value for seen in done.compared] == ["intact", "damaged", "intact"]

    def test_the_journal_tells_from_where_by_whom_and_where_the_old_one_lies(self, store: Store, root: Path) -> None:
        flip(version(root, "druha"))
        found = incident(store, "druha")
        repair_copy(store, found.id, Agent("Jana", kind=AgentKind.PERSON), "Jana")
        (entry,) = store.journal.entries(BOOK, ["repaired"])
        (first, *_) = store.journal.entries(BOOK, ["stored"])
        assert entry.facts == first.facts | {
            "place": "druha", "incident": found.id, "source": "hlavni", "approved_by": "Jana",
            "quarantine": str(root / "druha" / ".quarantine" / found.id / BOOK / "v0001"),
        }  # fmt: skip
        assert read_ledger(store.journal).versions[BOOK, "v0001"].replicas["druha"].verdict is Verdict.INTACT

    def test_another_damaged_copy_gets_an_incident_of_its_own(self, store: Store, root: Path) -> None:
        for place in ("hlavni", "druha"):
            flip(version(root, place))
        repair_copy(store, incident(store, "hlavni").id, AGENT)
        first, second = incidents(store.journal)
        assert (first.state, first.source, second.place, second.state) == (
            State.REPAIRED, "treti", "druha", State.OPEN,
        )  # fmt: skip
        repair_copy(store, second.id, AGENT)
        assert wrong(root) == []

    def test_damage_after_the_repair_is_a_new_incident(self, store: Store, root: Path) -> None:
        names = set()
        for _ in range(2):
            flip(version(root, "druha"))
            names.add(incident(store, "druha").id)
            repair_copy(store, max(names), AGENT)
        assert len(names) == 2
        assert len(list((root / "druha" / ".quarantine").iterdir())) == 2

    def test_an_older_version_is_repaired_under_a_newer_one(self, store: Store, root: Path, tmp_path: Path) -> None:
        store.take(make_bag(tmp_path / "newer", files=PAGES | {METS: b"<mets2/>"}), BOOK, AGENT)
        flip(version(root, "druha", 1))
        repair_copy(store, incident(store, "druha", 1).id, AGENT)
        assert wrong(root) == []

    def test_one_spoilt_inode_under_two_versions(self, store: Store, root: Path, tmp_path: Path) -> None:
        """Versions share unchanged files: a bad block damages both, and both are mended."""
        store.take(make_bag(tmp_path / "newer", files=PAGES | {METS: b"<mets2/>"}), BOOK, AGENT)
        shared = version(root, "druha", 1) / MASTER
        shared.unlink()
        shared.write_bytes(b"damaged")
        (version(root, "druha", 2) / MASTER).unlink()
        (version(root, "druha", 2) / MASTER).hardlink_to(shared)
        for number in (1, 2):
            repair_copy(store, incident(store, "druha", number).id, AGENT)
        assert wrong(root) == []


class TestTheLastGoodBytes:
    """Nothing is touched while no good copy is at hand; what is right somewhere is put together."""

    def test_two_copies_damaged_in_the_same_file(self, root: Path, bag: Path) -> None:
        store = only(three(root), "hlavni", "druha")
        store.take(bag, BOOK, AGENT)
        for place in ("hlavni", "druha"):
            flip(version(root, place))
        spoil(version(root, "druha") / METS)
        name = incident(store, "hlavni").id
        before = everything(root / "hlavni" / BOOK[:2]), everything(root / "druha" / BOOK[:2])
        problem = refused(store, name)
        assert problem.finding.code == "S044"
        assert problem.finding.facts == {"file": MASTER, "lost": 1, "good": "hlavni 4/5, druha 3/5"}
        assert (everything(root / "hlavni" / BOOK[:2]), everything(root / "druha" / BOOK[:2])) == before
        assert {each.state for each in incidents(store.journal)} == {State.OPEN}
        assert "repaired" not in kinds(store)

    def test_two_copies_damaged_in_different_files_make_two_good_ones(self, root: Path, bag: Path) -> None:
        store = only(three(root), "hlavni", "druha")
        store.take(bag, BOOK, AGENT)
        flip(version(root, "hlavni"))
        lose_a_file(version(root, "druha"))
        done = repair_copy(store, incident(store, "hlavni").id, AGENT).incident
        assert done.source == "hlavni + druha"
        assert identity(version(root, "hlavni")) == identity(bag)
        repair_copy(store, incident(store, "druha").id, AGENT)
        assert wrong(root, "hlavni", "druha") == []

    def test_the_same_in_a_place_that_empties_first(self, root: Path, bag: Path) -> None:
        store = with_bucket(only(three(root), "hlavni", "druha"), "hlavni")
        store.take(bag, BOOK, AGENT)
        flip(version(root, "hlavni"))
        lose_a_file(version(root, "druha"))
        repair_copy(store, incident(store, "hlavni").id, AGENT)
        assert identity(version(root, "hlavni")) == identity(bag)
        assert wrong(root, "hlavni") == []
        assert list((root / "journal" / ".repairs").iterdir()) == []

    def test_all_manifests_are_lost_but_the_register_has_them(self, store: Store, root: Path) -> None:
        for place in ("hlavni", "druha", "treti"):
            lose_the_manifest(version(root, place))
        for place in ("hlavni", "druha", "treti"):
            repair_copy(store, incident(store, place).id, AGENT)
        assert wrong(root) == []

    def test_without_register_the_manifests_of_a_good_copy_do(self, store: Store, root: Path) -> None:
        shutil.rmtree(root / "journal" / "register")
        lose_the_manifest(version(root, "hlavni"))
        repair_copy(store, incident(store, "hlavni").id, AGENT)
        assert wrong(root) == []
        assert (root / "journal" / "register" / BOOK / "v0001" / "manifest-sha512.txt").is_file()

    def test_a_register_that_was_altered_is_not_believed(self, store: Store, root: Path, bag: Path) -> None:
        spoil(root / "journal" / "register" / BOOK / "v0001" / "manifest-sha512.txt", b"")
        flip(version(root, "hlavni"))
        repair_copy(store, incident(store, "hlavni").id, AGENT)
        assert identity(version(root, "hlavni")) == identity(bag)

    def test_no_manifest_anywhere(self, store: Store, root: Path) -> None:
        shutil.rmtree(root / "journal" / "register")
        for place in ("hlavni", "druha", "treti"):
            lose_the_manifest(version(root, place))
        problem = refused(store, incident(store, "hlavni").id)
        assert (problem.finding.code, problem.finding.facts["file"]) == ("S044", "manifest-sha512.txt")

    def test_the_other_copies_are_away(self, store: Store, root: Path) -> None:
        flip(version(root, "hlavni"))
        name = incident(store, "hlavni").id
        for place in ("druha", "treti"):
            (root / place).rename(root / f"{place} away")
        assert refused(store, name).finding.code == "S044"
        for place in ("druha", "treti"):
            (root / f"{place} away").rename(root / place)
        repair_copy(store, name, AGENT)
        assert wrong(root) == []


class TestRefusing:
    def test_an_unreadable_copy_waits_for_a_person(self, store: Store, root: Path) -> None:
        """The disk may be at fault, and not the file."""
        failing = with_failing(store, "druha")
        name = incident(failing, "druha").id
        assert refused(failing, name).finding.code == "S043"
        assert BEGUN not in kinds(store)
        done = repair_copy(failing, name, AGENT, "Jana", force_unreadable=True).incident
        assert (done.state, done.by, done.source) == (State.REPAIRED, "Jana", "hlavni")
        assert Path(done.quarantine).is_dir()
        assert wrong(root) == []

    def test_a_copy_that_cannot_be_read_is_no_source(self, store: Store, root: Path, bag: Path) -> None:
        flip(version(root, "druha"))
        done = repair_copy(with_failing(store, "hlavni"), incident(store, "druha").id, AGENT).incident
        assert done.source == "treti"
        assert identity(version(root, "druha")) == identity(bag)

    def test_a_source_that_fails_while_it_is_copied_is_followed_by_the_next(self, store: Store, root: Path) -> None:
        """It was whole when it was compared."""
        failing = with_failing(store, "hlavni")
        object.__setattr__(failing.places[0], "sound", True)
        flip(version(root, "druha"))
        done = repair_copy(failing, incident(store, "druha").id, AGENT).incident
        assert done.source == "treti"
        assert kinds(store)[-3:] == [BEGUN, BEGUN, "repaired"]
        assert wrong(root) == []

    def test_the_disk_came_back_and_nothing_was_wrong(self, store: Store) -> None:
        bad = Check(BOOK, "v0001", "druha", Verdict.UNREADABLE, 0, 0, 0.0)
        name = open_incident(store.journal, bad, "", AGENT).id
        done = repair_copy(store, name, AGENT).incident
        assert (done.state, done.reason) == (State.CLOSED, INTACT_AGAIN)
        assert "repaired" not in kinds(store)

    def test_a_place_that_is_away(self, store: Store, root: Path) -> None:
        flip(version(root, "druha"))
        name = incident(store, "druha").id
        (root / "druha").rename(root / "cupboard")
        assert refused(store, name).finding.code == "S020"

    def test_an_incident_that_has_ended(self, store: Store, root: Path) -> None:
        flip(version(root, "druha"))
        name = incident(store, "druha").id
        repair_copy(store, name, AGENT)
        assert refused(store, name).finding.code == "S041"

    def test_a_version_that_was_disposed_of_is_not_brought_back(self, store: Store, root: Path) -> None:
        flip(version(root, "druha"))
        name = incident(store, "druha").id
        store.journal.append("disposed", BOOK, {"by": ["A", "B"]}, AGENT)
        assert refused(store, name).finding.code == "S041"

    def test_a_full_place_keeps_its_damaged_copy(self, store: Store, root: Path) -> None:
        flip(version(root, "druha"))
        name = incident(store, "druha").id
        before = everything(version(root, "druha"))
        object.__setattr__(store.places[1], "quota", 10)
        assert refused(store, name).finding.code == "S001"
        assert everything(version(root, "druha")) == before
        object.__setattr__(store.places[1], "quota", None)
        repair_copy(store, name, AGENT)
        assert wrong(root) == []


class TestKilled:
    """The moments of a repair at which it may die; `tests/test_store_crashes.py` dies at random ones."""

    def test_set_aside_and_not_yet_replaced(self, store: Store, root: Path) -> None:
        flip(version(root, "druha"))
        name = incident(store, "druha").id
        aside = root / "druha" / ".quarantine" / name / BOOK / "v0001"
        aside.parent.mkdir(parents=True)
        version(root, "druha").rename(aside)
        done = repair_copy(store, name, AGENT).incident
        assert (done.state, done.quarantine) == (State.REPAIRED, str(aside))
        assert aside.is_dir()
        assert wrong(root) == []

    def test_replaced_and_not_yet_journalled(self, store: Store, root: Path) -> None:
        flip(version(root, "druha"))
        name = incident(store, "druha").id
        begun = {"incident": name, "version": "v0001", "place": "druha", "source": "treti", "approved_by": "Jana"}
        store.journal.append(BEGUN, BOOK, begun, AGENT)
        store.places[1].replace(FolderBag(version(root, "treti")), BOOK, "v0001", name)
        done = repair_copy(store, name, AGENT).incident
        assert (done.state, done.source, done.by) == (State.REPAIRED, "treti", "Jana")
        assert Path(done.quarantine, MASTER).is_file()

    def test_the_only_good_bytes_are_those_that_were_set_aside(self, root: Path, bag: Path) -> None:
        """Two copies are put together; the kill came when one of them had just been moved away."""
        store = only(three(root), "hlavni", "druha")
        store.take(bag, BOOK, AGENT)
        flip(version(root, "hlavni"))
        lose_a_file(version(root, "druha"))
        name = incident(store, "hlavni").id
        aside = root / "hlavni" / ".quarantine" / name / BOOK / "v0001"
        aside.parent.mkdir(parents=True)
        version(root, "hlavni").rename(aside)
        done: Repair = repair_copy(store, name, AGENT)
        assert done.incident.source == "druha + hlavni (.quarantine)"
        assert identity(version(root, "hlavni")) == identity(bag)
