"""The store: what it says it keeps is kept, once, in every place, whatever dies on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from metadata.finding import Finding
from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from repository.bag import identity, problems
from repository.directory_place import DirectoryPlace
from repository.journal import Head
from repository.place import FolderBag
from repository.store import Store, Stored
from repository.verify import Verdict, verify_places
from tests.bags import AGENT, BOOK, OTHER, PAGES, make_bag, make_store, opened_store, staged

BOTH = ("hlavní", "kopie")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "repository"


@pytest.fixture
def store(root: Path) -> Store:
    return make_store(root)


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return make_bag(tmp_path / "bag")


def code_of(problem: pytest.ExceptionInfo[Problem]) -> str:
    return problem.value.finding.code


def stored(store: Store, version: str = "v0001", place: int = 0) -> Path:
    """The folder of a version of BOOK."""
    where = store.places[place]
    assert isinstance(where, DirectoryPlace)
    return where.folder(BOOK, version)


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def kinds(store: Store) -> list[str]:
    return [entry.kind for entry in store.journal.entries()]


def faults(root: Path) -> list[Verdict]:
    """What an auditor finds wrong in the whole repository."""
    rows = verify_places([root / "primary", root / "replica"], root / "journal")
    return [row.verdict for row in rows if row.verdict is not Verdict.INTACT]


class TestTaking:
    """Stored, replicated and journalled; the same bag only once."""

    def test_a_bag_is_stored_replicated_and_journalled(self, store: Store, bag: Path, root: Path) -> None:
        assert store.take(bag, BOOK, AGENT) == Stored(BOOK, "v0001", new=True, copies=BOTH)
        for place in (0, 1):
            assert identity(stored(store, place=place)) == identity(bag)
            assert problems(stored(store, place=place)) == ()
        first, second = store.journal.entries(BOOK)
        assert (first.kind, first.facts["place"], second.kind, second.facts["place"]) == (
            "stored", "hlavní", "replicated", "kopie",
        )  # fmt: skip
        assert first.facts["manifest"] == identity(bag)["manifest-sha512.txt"]
        assert first.facts["files"] == len(PAGES) + 4
        assert first.agent == AGENT
        assert faults(root) == []
        assert staged(root) == []

    def test_the_head_of_the_journal_is_witnessed_by_every_place(self, store: Store, bag: Path) -> None:
        store.take(bag, BOOK, AGENT)
        last = list(store.journal.entries())[-1]
        assert [place.remembered() for place in store.places] == [Head(last.seq, last.hash)] * 2

    def test_the_same_bag_again_stores_nothing(self, store: Store, bag: Path) -> None:
        store.take(bag, BOOK, AGENT)
        assert store.take(bag, BOOK, AGENT) == Stored(BOOK, "v0001", new=False, copies=BOTH)
        assert kinds(store) == ["stored", "replicated"]

    def test_a_changed_bag_is_the_next_version_and_the_first_stays(
        self, store: Store, bag: Path, tmp_path: Path
    ) -> None:
        store.take(bag, BOOK, AGENT)
        changed = make_bag(tmp_path / "changed", files=PAGES | {"data/mets.xml": b"<mets2/>"})
        assert store.take(changed, BOOK, AGENT) == Stored(BOOK, "v0002", new=True, copies=BOTH)
        assert store.versions(BOOK) == ("v0001", "v0002")
        assert identity(stored(store)) == identity(bag)

    def test_another_description_alone_is_a_new_version_too(self, store: Store, bag: Path, tmp_path: Path) -> None:
        store.take(bag, BOOK, AGENT)
        described = make_bag(tmp_path / "described", info={"Contact-Name": "Jana Nováková"})
        assert store.take(described, BOOK, AGENT).version == "v0002"

    def test_a_number_is_never_given_twice(self, store: Store, bag: Path, root: Path, tmp_path: Path) -> None:
        """A version that vanished from every disk is still spoken of by the journal."""
        store.take(bag, BOOK, AGENT)
        for place in (0, 1):
            shutil.rmtree(stored(store, place=place))
        assert store.take(bag, BOOK, AGENT).version == "v0002"
        assert faults(root) == [Verdict.VERSION_MISSING, Verdict.VERSION_MISSING]

    def test_objects_do_not_mix(self, store: Store, bag: Path, tmp_path: Path) -> None:
        store.take(bag, BOOK, AGENT)
        store.take(make_bag(tmp_path / "other", OTHER), OTHER, AGENT)
        assert store.objects() == (BOOK, OTHER)
        assert store.versions(OTHER) == ("v0001",)


class TestRefusing:
    """What is not taken, and that refusing leaves nothing behind."""

    def refused(self, store: Store, bag: Path, object_id: VolumeId = BOOK) -> str:
        with pytest.raises(Problem) as problem:
            store.take(bag, object_id, AGENT)
        assert store.objects() == ()
        assert kinds(store) == []
        return code_of(problem)

    def test_a_bag_of_another_object(self, store: Store, bag: Path) -> None:
        assert self.refused(store, bag, OTHER) == "V006"

    def test_a_bag_that_does_not_say_whose_it_is(self, store: Store, tmp_path: Path) -> None:
        bag = make_bag(tmp_path / "bag", info={"External-Identifier": ""})
        assert self.refused(store, bag) == "V006"

    @pytest.mark.parametrize("path", ["data/mets.xml", "bag-info.txt"])
    def test_a_damaged_bag(self, store: Store, bag: Path, path: str, root: Path) -> None:
        (bag / path).write_bytes((bag / path).read_bytes().replace(b"e", b"f", 1))
        assert self.refused(store, bag) == "V006"
        assert staged(root) == []

    def test_a_folder_that_is_no_bag(self, store: Store, tmp_path: Path) -> None:
        assert self.refused(store, tmp_path) == "V006"

    def test_a_bag_with_other_digests_than_ours(self, store: Store, bag: Path) -> None:
        (bag / "tagmanifest-sha512.txt").unlink()
        assert self.refused(store, bag) == "V006"

    def test_a_full_place(self, root: Path, bag: Path) -> None:
        assert self.refused(make_store(root, quota=1000), bag) == "S001"

    def test_an_absent_journal(self, store: Store, bag: Path, root: Path) -> None:
        (root / "journal" / "kdr-journal.json").unlink()
        assert self.refused(store, bag) == "S020"

    def test_an_absent_primary_place(self, store: Store, bag: Path, root: Path) -> None:
        (root / "primary" / "kdr-place.json").unlink()
        with pytest.raises(Problem) as problem:
            store.take(bag, BOOK, AGENT)
        assert code_of(problem) == "S020"
        assert kinds(store) == []

    def test_a_store_of_places_with_one_name(self, store: Store) -> None:
        with pytest.raises(ValueError, match="a name of its own"):
            Store((store.primary, store.primary), store.journal)


class TestReplicas:
    """A replica that is away is no misfortune; one that lies is."""

    def test_an_absent_replica_is_not_fatal_and_made_later(self, store: Store, bag: Path, root: Path) -> None:
        marker = root / "replica" / "kdr-place.json"
        away = marker.rename(root / "away.json")
        assert store.take(bag, BOOK, AGENT).copies == ("hlavní",)
        assert [copy.present for copy in store.show(BOOK)[0].copies] == [True, None]
        away.rename(marker)
        assert [copy.present for copy in store.show(BOOK)[0].copies] == [True, False]
        assert store.take(bag, BOOK, AGENT) == Stored(BOOK, "v0001", new=False, copies=BOTH)
        assert kinds(store) == ["stored", "replicated"]
        assert faults(root) == []

    def test_a_full_replica_does_not_undo_what_is_stored(self, store: Store, bag: Path, root: Path) -> None:
        replica = store.places[1]
        assert isinstance(replica, DirectoryPlace)
        with pytest.raises(Problem) as problem:
            Store((store.primary, replace(replica, quota=10)), store.journal).take(bag, BOOK, AGENT)
        assert code_of(problem) == "S001"
        assert store.versions(BOOK) == ("v0001",)
        assert kinds(store) == ["stored"]
        assert store.take(bag, BOOK, AGENT).copies == BOTH
        assert faults(root) == []

    @pytest.mark.parametrize("place", [0, 1])
    @pytest.mark.parametrize("path", ["data/mets.xml", "manifest-sha512.txt", "bagit.txt"])
    def test_a_damaged_copy_never_counts_as_stored(self, store: Store, bag: Path, place: int, path: str) -> None:
        store.take(bag, BOOK, AGENT)
        overwrite(stored(store, place=place) / path, b"BagIt-Version: damaged")
        with pytest.raises(Problem) as problem:
            store.take(bag, BOOK, AGENT)
        assert code_of(problem) == "S006"
        assert problem.value.finding.facts == {"version": "v0001", "place": BOTH[place]}
        assert store.versions(BOOK) == ("v0001",)

    def test_a_cut_journal_stops_the_store(self, store: Store, bag: Path, root: Path, tmp_path: Path) -> None:
        store.take(bag, BOOK, AGENT)
        (month,) = (root / "journal").glob("*.jsonl")
        month.write_bytes(month.read_bytes().splitlines(keepends=True)[0])
        assert [row.verdict for row in store.check_journal()] == [Verdict.JOURNAL_CUT]
        with pytest.raises(Problem) as problem:
            store.take(make_bag(tmp_path / "other", OTHER), OTHER, AGENT)
        assert code_of(problem) == "S016"
        assert [row.verdict for row in store.check_journal()] == [Verdict.JOURNAL_CUT]


class TestShowing:
    """What a curator asks."""

    def test_versions_sizes_dates_and_copies(self, store: Store, bag: Path) -> None:
        store.take(bag, BOOK, AGENT)
        (held,) = store.show(BOOK)
        first, second = store.journal.entries(BOOK)
        assert (held.version, held.stored, held.files) == ("v0001", first.time, len(PAGES) + 4)
        assert held.bytes == sum(path.stat().st_size for path in bag.rglob("*") if path.is_file())
        assert [(copy.place, copy.site, copy.since) for copy in held.copies] == [
            ("hlavní", "Liberec", first.time), ("kopie", "Jablonec", second.time),
        ]  # fmt: skip

    def test_a_version_the_journal_does_not_know_is_shown(self, store: Store, bag: Path) -> None:
        store.primary.receive(FolderBag(bag), BOOK, "v0001")
        (held,) = store.show(BOOK)
        assert (held.stored, held.bytes, held.copies[0].present) == ("", 0, True)

    def test_an_unknown_object(self, store: Store, tmp_path: Path) -> None:
        unknown = volume_id("00000000-0000-4000-8000-000000000000")
        for ask in (store.show, store.versions, lambda book: store.export(book, tmp_path / "out")):
            with pytest.raises(Problem) as problem:
                ask(unknown)
            assert code_of(problem) == "S004"
        assert not (tmp_path / "out").exists()


class TestExport:
    """A version comes out as it went in."""

    def test_the_newest_or_the_chosen_version(self, store: Store, bag: Path, tmp_path: Path) -> None:
        store.take(bag, BOOK, AGENT)
        newer = make_bag(tmp_path / "newer", files={"data/x": b"x"})
        store.take(newer, BOOK, AGENT)
        assert identity(store.export(BOOK, tmp_path / "out" / "new")) == identity(newer)
        assert identity(store.export(BOOK, tmp_path / "out" / "old", "v0001")) == identity(bag)
        assert problems(tmp_path / "out" / "old") == ()

    def test_nothing_is_overwritten(self, store: Store, bag: Path, tmp_path: Path) -> None:
        store.take(bag, BOOK, AGENT)
        (tmp_path / "out").mkdir()
        with pytest.raises(Problem) as problem:
            store.export(BOOK, tmp_path / "out")
        assert code_of(problem) == "S005"
        assert list((tmp_path / "out").iterdir()) == []

    def test_an_unknown_version(self, store: Store, bag: Path, tmp_path: Path) -> None:
        store.take(bag, BOOK, AGENT)
        with pytest.raises(Problem) as problem:
            store.export(BOOK, tmp_path / "out", "v0009")
        assert code_of(problem) == "S004"

    def test_a_target_below_a_file(self, store: Store, bag: Path, tmp_path: Path) -> None:
        store.take(bag, BOOK, AGENT)
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(Problem) as problem:
            store.export(BOOK, tmp_path / "file" / "out")
        assert code_of(problem) == "S003"

    def test_damage_is_not_handed_out(self, store: Store, bag: Path, tmp_path: Path) -> None:
        store.take(bag, BOOK, AGENT)
        for place in (0, 1):
            overwrite(stored(store, place=place) / "data" / "mets.xml", b"<nets/>")
        with pytest.raises(Problem) as problem:
            store.export(BOOK, tmp_path / "out")
        assert (code_of(problem), problem.value.finding.facts["place"]) == ("S006", "hlavní, kopie")
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("harm", ["damaged", "file lost", "version lost", "away", "unreadable"])
    def test_it_comes_from_the_next_good_copy(
        self, store: Store, bag: Path, tmp_path: Path, root: Path, harm: str
    ) -> None:
        store.take(bag, BOOK, AGENT)
        page = stored(store) / "data" / "mets.xml"
        if harm == "damaged":
            overwrite(page, b"<nets/>")
        elif harm == "file lost":
            page.unlink()
        elif harm == "version lost":
            shutil.rmtree(stored(store))
        elif harm == "away":
            (root / "primary").rename(root / "in the cupboard")
        else:
            page.unlink()
            page.mkdir()
            (page / "x").symlink_to(page)
        heard: list[Finding] = []
        assert identity(store.export(BOOK, tmp_path / "out", tell=heard.append)) == identity(bag)
        assert problems(tmp_path / "out") == ()
        told = {"damaged": ["S046"], "file lost": ["S046"], "unreadable": ["S046"]}
        assert [found.code for found in heard] == told.get(harm, [])


class TestPrimaryAway:
    """What can be read is read from a replica."""

    def test_objects_versions_and_files_are_found(self, store: Store, bag: Path, tmp_path: Path, root: Path) -> None:
        store.take(bag, BOOK, AGENT)
        store.take(make_bag(tmp_path / "other", OTHER), OTHER, AGENT)
        (root / "primary").rename(root / "in the cupboard")
        assert store.objects() == (BOOK, OTHER)
        assert store.versions(BOOK) == ("v0001",)
        with store.open(BOOK, "v0001", "data/mets.xml") as stream:
            assert stream.read() == b"<mets/>"
        with pytest.raises(FileNotFoundError):
            store.open(BOOK, "v0001", "data/nothing")

    def test_no_place_at_all(self, store: Store, bag: Path, root: Path) -> None:
        store.take(bag, BOOK, AGENT)
        for name in ("primary", "replica"):
            (root / name).rename(root / f"{name} in the cupboard")
        for ask in (store.objects, lambda: store.versions(BOOK), lambda: store.open(BOOK, "v0001", "data/mets.xml")):
            with pytest.raises(Problem) as problem:
                ask()
            assert code_of(problem) == "S020"


DYING = """
import os, signal, sys
from pathlib import Path
from tests.bags import AGENT, BOOK, make_store, opened_store

ACTS = {"open", "os.mkdir", "os.rename", "os.chmod", "os.truncate", "os.remove", "os.rmdir", "fcntl.flock"}
bag, top, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def take_and_die(root: Path, moment: int) -> None:
    acts = 0
    def hook(event: str, _: object) -> None:
        nonlocal acts
        acts += event in ACTS
        if event in ACTS and acts == moment:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    opened_store(root).take(bag, BOOK, AGENT)

moment, died = 1, True
while died:
    make_store(top / str(moment))
    child = os.fork()
    if child == 0:
        take_and_die(top / str(moment), moment)
        os._exit(0)
    died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    moment += step
"""


def run(program: str, *arguments: object) -> str:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


class TestDying:
    """`kill -9` at any moment and a restart loses nothing, doubles nothing, and leaves nothing half-written."""

    def test_killed_in_the_middle(self, tmp_path: Path) -> None:
        bag = make_bag(tmp_path / "bag", files={"data/a": b"a", "data/b/c": b"bc"})
        run(DYING, bag, tmp_path / "roots", 11)
        roots = sorted((tmp_path / "roots").iterdir(), key=lambda root: int(root.name))
        assert len(roots) > 6
        assert faults(roots[-1]) == []  # the last one was not killed
        for root in roots:
            killed = opened_store(root)
            assert set(faults(root)) <= {Verdict.UNKNOWN}  # whole, at most not journalled yet
            again = killed.take(bag, BOOK, AGENT)
            assert (again.object_id, again.version, again.copies) == (BOOK, "v0001", BOTH)
            assert killed.versions(BOOK) == ("v0001",)
            assert staged(root) == []
            assert [kind for kind in kinds(killed) if kind != "torn"] == ["stored", "replicated"]
            assert faults(root) == []

    def test_a_version_without_its_entry_gets_it(self, store: Store, bag: Path, root: Path) -> None:
        store.primary.receive(FolderBag(bag), BOOK, "v0001")
        assert faults(root) == [Verdict.UNKNOWN]
        assert store.take(bag, BOOK, AGENT) == Stored(BOOK, "v0001", new=False, copies=BOTH)
        assert faults(root) == []


class TestAtOnce:
    """Two processes with the same bag."""

    PROGRAM = (
        "import sys; from pathlib import Path; from tests.bags import *\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(opened_store(Path(sys.argv[2])).take(Path(sys.argv[1]), BOOK, AGENT).new)"
    )

    def test_one_of_them_stores_it(self, store: Store, bag: Path, root: Path) -> None:
        command = [sys.executable, "-c", self.PROGRAM, str(bag), str(root)]
        running = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        said = sorted(process.communicate("go\n", timeout=60)[0].strip() for process in running)
        assert said == ["False", "True"]
        assert store.versions(BOOK) == ("v0001",)
        assert kinds(store) == ["stored", "replicated"]
        assert faults(root) == []
