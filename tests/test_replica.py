"""Replicating: every attached place gets every version, from a copy that is what the journal says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from metadata.finding import Finding
from metadata.problem import Problem
from repository.bag import identity
from repository.place import FolderBag
from repository.replica import Copied, replicate
from repository.store import Store
from repository.verify import Verdict
from tests.bags import AGENT, BOOK, OTHER, PAGES, make_bag
from tests.three_copies import kept, kinds, only, spoil, three, version, with_failing, wrong


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "repository"


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return make_bag(tmp_path / "bag")


@pytest.fixture
def store(root: Path, bag: Path) -> Store:
    """Two places hold BOOK, the third one nothing."""
    made = three(root)
    only(made, "hlavni", "druha").take(bag, BOOK, AGENT)
    return made


class TestCopying:
    def test_a_place_that_lacks_a_version_gets_it(self, store: Store, root: Path, bag: Path) -> None:
        done = replicate(store, AGENT)
        assert done.copied == [Copied(BOOK, "v0001", "treti", "hlavni", kept(store).bytes)]
        assert (done.failed, done.doubtful, done.away) == ([], [], [])
        assert identity(version(root, "treti")) == identity(bag)
        assert wrong(root) == []
        assert kinds(store) == ["stored", "replicated", "replicated"]

    def test_doing_it_again_does_nothing(self, store: Store) -> None:
        replicate(store, AGENT)
        assert replicate(store, AGENT).copied == []
        assert len(kinds(store)) == 3

    def test_older_versions_first_and_unchanged_files_are_shared(
        self, store: Store, root: Path, tmp_path: Path
    ) -> None:
        newer = make_bag(tmp_path / "newer", files=PAGES | {"data/mets.xml": b"<mets2/>"})
        only(store, "hlavni", "druha").take(newer, BOOK, AGENT)
        assert [each.version for each in replicate(store, AGENT).copied] == ["v0001", "v0002"]
        files = [version(root, "treti", number) / "data/mc/mc_0001.jp2" for number in (1, 2)]
        assert files[0].read_bytes() == files[1].read_bytes()
        assert wrong(root) == []

    def test_one_object_alone(self, store: Store, tmp_path: Path) -> None:
        only(store, "hlavni", "druha").take(make_bag(tmp_path / "other", OTHER), OTHER, AGENT)
        assert [each.object_id for each in replicate(store, AGENT, only=OTHER).copied] == [OTHER]
        assert [each.object_id for each in replicate(store, AGENT).copied] == [BOOK]

    def test_an_object_that_nobody_knows(self, store: Store) -> None:
        with pytest.raises(Problem) as problem:
            replicate(store, AGENT, only=OTHER)
        assert problem.value.finding.code == "S004"

    def test_a_copy_that_a_crash_left_unjournalled_is_read_and_journalled(self, store: Store, root: Path) -> None:
        store.places[2].receive(FolderBag(version(root, "hlavni")), BOOK, "v0001")
        assert wrong(root) == [Verdict.UNKNOWN]
        assert [each.source for each in replicate(store, AGENT).copied] == [""]
        assert wrong(root) == []

    def test_an_unjournalled_copy_that_is_damaged_is_not_vouched_for(self, store: Store, root: Path) -> None:
        store.places[2].receive(FolderBag(version(root, "hlavni")), BOOK, "v0001")
        page = spoil(version(root, "treti") / "data/mets.xml")
        done = replicate(store, AGENT)
        assert ([found.code for found in done.failed], done.copied) == (["S006"], [])
        assert page.read_bytes() == b"damaged"

    def test_a_version_that_the_journal_does_not_know_is_left_alone(self, root: Path, bag: Path) -> None:
        store = three(root)
        store.primary.receive(FolderBag(bag), BOOK, "v0001")
        assert replicate(store, AGENT).copied == []
        assert [place.versions(BOOK) for place in store.places] == [("v0001",), (), ()]
        assert kinds(store) == []

    def test_what_was_disposed_of_is_not_brought_back(self, store: Store) -> None:
        store.journal.append("disposed", BOOK, {"by": ["A", "B"]}, AGENT)
        assert replicate(store, AGENT).copied == []


class TestSources:
    """Only right bytes travel, whoever has them."""

    @pytest.mark.parametrize("path", ["data/mets.xml", "manifest-sha512.txt", "tagmanifest-sha512.txt", "bagit.txt"])
    def test_a_damaged_source_is_passed_over_and_named(self, store: Store, root: Path, bag: Path, path: str) -> None:
        spoil(version(root, "hlavni") / path)
        heard: list[Finding] = []
        done = replicate(store, AGENT, heard.append)
        assert identity(version(root, "treti")) == identity(bag)
        assert wrong(root, "treti") == []
        named = path not in ("manifest-sha512.txt", "tagmanifest-sha512.txt")  # those are in the register
        assert [found.code for found in heard] == ["S046"] * named
        assert [place for _, place in done.doubtful] == ["hlavni"] * named
        assert done.failed == []

    def test_a_file_altered_together_with_its_manifests_does_not_travel(
        self, store: Store, root: Path, bag: Path, tmp_path: Path
    ) -> None:
        forged = make_bag(tmp_path / "forged", files=PAGES | {"data/mets.xml": b"<forged/>"})
        shutil.rmtree(version(root, "hlavni"))
        shutil.copytree(forged, version(root, "hlavni"))
        assert replicate(store, AGENT).copied[0].source == "druha"
        assert identity(version(root, "treti")) == identity(bag)

    def test_an_extra_file_does_not_travel(self, store: Store, root: Path) -> None:
        spoil(version(root, "hlavni") / "data" / "navic.txt")
        assert replicate(store, AGENT).copied[0].source == "hlavni"
        assert wrong(root, "treti") == []

    @pytest.mark.parametrize("good", [0, 2])
    def test_a_source_that_cannot_be_read_is_passed_over(self, store: Store, root: Path, good: int) -> None:
        heard: list[Finding] = []
        done = replicate(with_failing(store, "hlavni", good), AGENT, heard.append)
        assert [each.source for each in done.copied] == ["druha"]
        assert "Input/output error" in heard[0].text()
        assert wrong(root) == []

    def test_no_good_source(self, store: Store, root: Path) -> None:
        for name in ("hlavni", "druha"):
            spoil(version(root, name) / "data/mets.xml")
        done = replicate(store, AGENT)
        assert ([found.code for found in done.failed], done.copied) == (["S044"], [])
        assert store.places[2].versions(BOOK) == ()
        assert [place for _, place in done.doubtful] == ["hlavni", "druha"]

    def test_a_lost_copy_is_a_loss_and_not_a_missing_replica(self, store: Store, root: Path) -> None:
        shutil.rmtree(version(root, "druha"))
        done = replicate(store, AGENT)
        assert [(each.version, place) for each, place in done.doubtful] == [("v0001", "druha")]
        assert [each.place for each in done.copied] == ["treti"]
        assert store.places[1].versions(BOOK) == ()


class TestRefusing:
    def test_a_place_that_is_away_is_named_and_gets_its_copy_later(self, store: Store, root: Path) -> None:
        (root / "treti").rename(root / "cupboard")
        assert (replicate(store, AGENT).away, kinds(store)) == (["treti"], ["stored", "replicated"])
        (root / "cupboard").rename(root / "treti")
        assert [each.place for each in replicate(store, AGENT).copied] == ["treti"]

    def test_a_full_place_stops_itself_only(self, root: Path, bag: Path, tmp_path: Path) -> None:
        store = three(root)
        only(store, "hlavni").take(bag, BOOK, AGENT)
        only(store, "hlavni").take(make_bag(tmp_path / "other", OTHER), OTHER, AGENT)
        full = three(root).places[1]
        object.__setattr__(full, "quota", 100)
        done = replicate(Store((store.places[0], full, store.places[2]), store.journal), AGENT)
        assert [found.code for found in done.failed] == ["S001"]
        assert [(each.object_id, each.place) for each in done.copied] == [(BOOK, "treti"), (OTHER, "treti")]
        assert wrong(root) == []

    def test_without_its_journal_nothing_is_copied(self, store: Store, root: Path) -> None:
        (root / "journal").rename(root / "gone")
        with pytest.raises(Problem) as problem:
            replicate(store, AGENT)
        assert problem.value.finding.code == "S020"
        assert store.places[2].versions(BOOK) == ()
