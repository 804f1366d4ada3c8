"""Putting a version together: right bytes from anywhere, wrong ones from nowhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from repository.bag import identity, problems
from repository.ledger import Kept
from repository.pieces import PiecedBag, listed, put_together, vouched
from repository.place import FolderBag, Source
from repository.register import DigestRegister
from repository.verify import MANIFEST, TAG_MANIFEST
from tests.bags import BOOK, PAGES, make_bag

FILES = sorted([*PAGES, "bagit.txt", "bag-info.txt"])
NAMES = ("a", "b", "c")


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bag(tmp_path_factory.mktemp("pieces") / "bag")


def kept_as(bag: Path) -> Kept:
    return Kept(BOOK, "v0001", "", 0, 0, identity(bag))


def copied_out(bag: PiecedBag, folder: Path) -> Path:
    for path in bag.sizes():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with bag.open(path) as stream:
            (folder / path).write_bytes(stream.read())
    return folder


class TestPuttingTogether:
    @given(harmed=st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(FILES)), max_size=len(NAMES) * len(FILES)))
    @settings(max_examples=40, deadline=None)
    def test_it_succeeds_just_when_every_file_is_right_somewhere(
        self, bag: Path, tmp_path_factory: pytest.TempPathFactory, harmed: set[tuple[str, str]]
    ) -> None:
        top = tmp_path_factory.mktemp("case")
        sources: dict[str, Source] = {name: FolderBag(shutil.copytree(bag, top / name)) for name in NAMES}
        for number, (name, path) in enumerate(sorted(harmed)):
            if number % 2:
                (top / name / path).unlink()
            else:
                (top / name / path).write_bytes(b"wrong")
        lost = [path for path in FILES if all((name, path) in harmed for name in NAMES)]
        manifests = vouched(kept_as(bag), DigestRegister(top), list(sources.values()))
        assert sorted(listed(manifests)) == FILES
        if lost:
            with pytest.raises(Problem) as problem:
                put_together(kept_as(bag), manifests, sources)
            facts = problem.value.finding.facts
            assert (problem.value.finding.code, facts["lost"], facts["file"]) == ("S044", len(lost), ", ".join(lost))
            rights = [len(FILES) - sum(each == name for each, _ in harmed) for name in NAMES]
            told = [f"{name} {right}/{len(FILES)}" for name, right in zip(NAMES, rights, strict=True)]
            assert facts["good"] == ", ".join(told)
        else:
            made, names = put_together(kept_as(bag), manifests, sources)
            whole = copied_out(made, top / "made")
            assert problems(whole) == ()
            assert identity(whole) == identity(bag)
            assert set(names.split(" + ")) <= set(NAMES)

    def test_manifests_come_from_wherever_the_journal_agrees(self, bag: Path, tmp_path: Path) -> None:
        first, second = (FolderBag(shutil.copytree(bag, tmp_path / name)) for name in "ab")
        (first.folder / MANIFEST).write_bytes(b"")
        (second.folder / TAG_MANIFEST).unlink()
        found = vouched(kept_as(bag), DigestRegister(tmp_path), [first, second])
        assert found == {name: (bag / name).read_bytes() for name in (MANIFEST, TAG_MANIFEST)}
        (second.folder / MANIFEST).write_bytes(b"")
        with pytest.raises(Problem) as problem:
            vouched(kept_as(bag), DigestRegister(tmp_path), [first, second])
        assert problem.value.finding.facts["file"] == MANIFEST


class TestReading:
    def test_a_source_that_fails_is_named_and_not_the_target(self, bag: Path, tmp_path: Path) -> None:
        """Else a good place would be blamed for another's disk."""
        copy = shutil.copytree(bag, tmp_path / "copy")
        manifests = vouched(kept_as(bag), DigestRegister(tmp_path), [FolderBag(copy)])
        made, _ = put_together(kept_as(bag), manifests, {"copy": FolderBag(copy)})
        (copy / "data/mets.xml").unlink()
        with pytest.raises(Problem) as problem:
            made.open("data/mets.xml")
        assert problem.value.finding.code == "S013"
        assert str(copy) in problem.value.finding.subject

    def test_it_can_be_read_in_pieces(self, bag: Path, tmp_path: Path) -> None:
        manifests = vouched(kept_as(bag), DigestRegister(tmp_path), [FolderBag(bag)])
        made, _ = put_together(kept_as(bag), manifests, {"bag": FolderBag(bag)})
        with made.open("data/mc/mc_0001.jp2") as stream:
            assert b"".join(iter(lambda: stream.read(7), b"")) == PAGES["data/mc/mc_0001.jp2"]
