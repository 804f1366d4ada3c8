"""A copy is judged the same wherever it lies: what `judge` says of a folder is what the auditor's file says of it."""

from __future__ import annotations

import errno
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from repository.bag import identity
from repository.place import FolderBag
from repository.reading import judge, wanted_digests
from repository.verify import Known, Verdict, verify_bag
from tests.bags import BOOK, PAGES, make_bag
from tests.s3_server import MemoryBag, manifest

FILES = [
    "bagit.txt", "bag-info.txt", "manifest-sha512.txt", "tagmanifest-sha512.txt",
    "data/mets.xml", "data/txt/strana 1.txt", "data/new.txt", "new.txt", "data/mc/new",
]  # fmt: skip
LISTED = manifest({"data/mets.xml": b"<nets/>", "bag-info.txt": b""})
CONTENTS = st.sampled_from([None, b"", b"x", b"BagIt-Version: 1.0\n", LISTED])
HARM = st.dictionaries(st.sampled_from(FILES), CONTENTS, max_size=4)


@settings(max_examples=40)
@given(HARM, st.sampled_from(["nothing", "manifests", "register", "forged register"]))
def test_the_same_verdicts_as_the_auditors_file(harm: dict[str, bytes | None], known: str) -> None:
    with TemporaryDirectory() as top:
        bag = make_bag(Path(top) / "bag")
        register = make_bag(Path(top) / "register", files=PAGES if known == "register" else {"data/a": b""})
        journal = None if known == "nothing" else Known(identity(bag))
        if journal is not None and known != "manifests":
            journal.register = register
        for path, content in harm.items():
            (bag / path).unlink(missing_ok=True)
            if content is not None:
                (bag / path).write_bytes(content)
        read: dict[str, int] = {}
        rows = list(judge(FolderBag(bag), str(bag), journal, lambda path, size: read.update({path: size})))
        wanted: dict[str, int] = {}
        assert rows == list(verify_bag(bag, journal, lambda path, size: wanted.update({path: size})))
        assert read == wanted


@dataclass(frozen=True, slots=True)
class Deaf(MemoryBag):
    """A copy on storage that does not answer for some of its files, or for the list of them."""

    silent: str = ""

    def sizes(self) -> dict[str, int]:
        self._ask("list")
        return MemoryBag.sizes(self)

    def open(self, path: str) -> BinaryIO:
        self._ask(path)
        return MemoryBag.open(self, path)

    def _ask(self, what: str) -> None:
        if what == self.silent:
            raise OSError(errno.ETIMEDOUT, "timed out", what)


@pytest.mark.parametrize("silent", ["list", "bagit.txt", "manifest-sha512.txt", "data/b"])
def test_what_cannot_be_looked_at_is_not_damaged(silent: str) -> None:
    copy = Deaf({"data/a": b"a", "data/b": b"b"}, BOOK, silent=silent)
    rows = list(judge(copy, "s3://b"))
    address = "s3://b" if silent == "list" else f"s3://b/{silent}"
    assert [(row.verdict, row.path, row.facts) for row in rows] == [(Verdict.UNREADABLE, address, {"why": "timed out"})]
    assert [row.verdict for row in judge(replace(copy, silent=""), "s3://b")] == [Verdict.INTACT]


def test_a_copy_must_have_just_what_the_manifests_say() -> None:
    bag = MemoryBag({"data/a": b"a", "data/b": b"b"}, BOOK)
    assert set(wanted_digests(bag, bag.sizes(), BOOK)) == set(bag.all)
    for sizes in ({**bag.sizes(), "data/c": 1}, {**bag.sizes(), "note": 0}, {"data/a": 1}):
        with pytest.raises(Problem) as refused:
            wanted_digests(bag, sizes, BOOK)
        assert refused.value.finding.code == "V006"
