"""Bundles: written and read in one pass, readable by plain GNU tar, split as promised, nothing believed unread."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from repository.bundle import (
    INDEX,
    Index,
    Member,
    Packed,
    header,
    index_bytes,
    member_name,
    parse_index,
    part_size,
    parts_of,
    plan,
    write_part,
)
from repository.bundle_reading import Unfit, last_index, read_part
from repository.verify import Verdict
from tests.bags import BOOK, OTHER, make_bag

WHEN = "2026-11-23T08:00:00+00:00"
FIRST = Index("LTO-1-20261123-1", "LTO-1", WHEN, 1, 1, ())
PATHS = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=120).filter(
    lambda name: name not in (".", "..")
)
BAGS = st.lists(st.dictionaries(PATHS, st.binary(max_size=2000), min_size=1, max_size=6), min_size=1, max_size=4)


def version_of(number: int, files: Mapping[str, bytes]) -> tuple[Packed, list[Member]]:
    members = [
        Member(member_name(BOOK, f"v{number:04d}", path), len(content), hashlib.sha512(content).hexdigest())
        for path, content in files.items()
    ]
    size = sum(map(len, files.values()))
    return Packed(BOOK, f"v{number:04d}", len(members), size, "0" * 128, "1" * 128), members


class Shelfful:
    """Versions in memory, and the files that `write_part` asks for."""

    def __init__(self, versions: Sequence[Mapping[str, bytes]]) -> None:
        self.versions = [version_of(number, files) for number, files in enumerate(versions, 1)]
        self.contents = {
            member_name(BOOK, f"v{number:04d}", path): content
            for number, files in enumerate(versions, 1)
            for path, content in files.items()
        }

    def open(self, member: Member) -> BinaryIO:
        return io.BytesIO(self.contents[member.name])

    def parts(self, size: int) -> list[tuple[Index, bytes]]:
        written = []
        for index in plan(FIRST, self.versions, size):
            out = io.BytesIO()
            made = write_part(out, index, self.open)
            index = parse_index(index_bytes(index))  # noqa: PLW2901 - with its offsets
            assert (made.size, made.sha512) == (len(out.getvalue()), hashlib.sha512(out.getvalue()).hexdigest())
            written.append((index, out.getvalue()))
        return written


class Kept:
    """A sink that keeps what comes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._out = io.BytesIO()

    def begin(self, _member: Member) -> BinaryIO:
        kept = self._out = _Open()
        return kept

    def end(self, member: Member, *, intact: bool) -> None:
        if intact:
            self.files[member.name] = self._out.getvalue()


class _Open(io.BytesIO):
    def close(self) -> None:
        """Its value is wanted after the end."""


SMALL = Shelfful([{"data/a": b"a" * 700, "data/b": b"", "bagit.txt": b"x"}, {"data/a": b"b" * 512}])


@settings(max_examples=40)
@given(BAGS, st.integers(12_000, 60_000))
def test_whatever_is_written_comes_back_and_no_part_is_too_large(versions: list[dict[str, bytes]], size: int) -> None:
    shelfful, kept = Shelfful(versions), Kept()
    try:
        parts = shelfful.parts(size)
    except Problem as problem:  # larger than one part: then the size that it names is enough, and the least
        least = int(problem.finding.facts["least"])
        parts = shelfful.parts(max(least, size + 1))
        size = max(least, size + 1)
    for number, (index, content) in enumerate(parts, 1):
        assert (index.part, index.parts) == (number, len(parts))
        assert len(content) == part_size(index) <= size
        assert parse_index(index_bytes(index)).versions == index.versions
        read = read_part(io.BytesIO(content), kept)
        assert read.faults == ()
        assert read.sha512 == hashlib.sha512(content).hexdigest()
    assert kept.files == shelfful.contents


@settings(max_examples=25)
@given(BAGS)
def test_pythons_tar_reads_the_same_and_offsets_lead_to_the_content(versions: list[dict[str, bytes]]) -> None:
    shelfful = Shelfful(versions)
    ((_, content),) = shelfful.parts(10**7)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        members = archive.getmembers()
        found = {member.name: archive.extractfile(member) for member in members}
        assert [members[0].name, members[-1].name] == [INDEX, INDEX]
        assert all(member.isreg() for member in members)
        read = {name: stream.read() for name, stream in found.items() if stream is not None and name != INDEX}
    assert read == shelfful.contents
    told = parse_index(content[512 : 512 + members[0].size])
    for member in told.files:
        assert content[member.offset : member.offset + member.size] == shelfful.contents[member.name]


def test_versions_stay_together_when_they_fit_and_are_split_by_files_when_not() -> None:
    small, large = {"data/a": bytes(20_000)}, {f"data/{number}": bytes(20_000) for number in range(4)}
    shelfful = Shelfful([small, small, large, small])
    indexes = [index for index, _ in shelfful.parts(51_200)]
    where = {packed.version: parts for packed, parts in parts_of(indexes)}
    assert len(where["v0001"]) == len(where["v0002"]) == len(where["v0004"]) == 1
    assert len(where["v0003"]) > 1
    assert where["v0003"] == tuple(range(where["v0003"][0], where["v0003"][-1] + 1))
    assert sum(len(index.files) for index in indexes) == 7


def test_a_file_larger_than_a_part_is_refused_with_the_least_size_that_does() -> None:
    shelfful = Shelfful([{"data/a": bytes(100_000), "data/b": bytes(10)}])
    with pytest.raises(Problem, match="S080") as refused:
        shelfful.parts(50_000)
    least = int(refused.value.finding.facts["least"])
    assert shelfful.parts(least)
    with pytest.raises(Problem, match="S080"):
        shelfful.parts(least - 1)


def test_a_source_that_is_not_what_its_manifest_says_is_not_written_as_if_it_were() -> None:
    (index,) = plan(FIRST, SMALL.versions, 10**6)
    for wrong in (b"a" * 699 + b"b", b"a" * 699, b"a" * 701):
        streams = iter([io.BytesIO(wrong)])
        with pytest.raises(ValueError, match="data/a"):
            write_part(io.BytesIO(), index, lambda _member: next(streams))  # noqa: B023 - called at once


def test_a_pipe_is_enough_to_write_to_and_to_read_from() -> None:
    (index,) = plan(FIRST, [version_of(1, {"data/a": b"a" * 300_000})], 10**7)
    ends = os.pipe()

    def write() -> None:
        with os.fdopen(ends[1], "wb", buffering=0) as out:
            write_part(out, index, lambda _member: io.BytesIO(b"a" * 300_000))

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(ends[0], "rb") as stream:
        read = read_part(stream)
    writer.join()
    assert (read.faults, read.size) == ((), part_size(index))


@pytest.mark.parametrize("at", range(0, 15_360, 397))
def test_any_flipped_bit_is_found(at: int) -> None:
    ((index, content),) = SMALL.parts(10**6)
    harmed = bytearray(content)
    position = at % len(content)
    harmed[position] ^= 1
    read = read_part(io.BytesIO(bytes(harmed)))
    sound = {member.name: member for member in index.files}
    assert read.sha512 == hashlib.sha512(harmed).hexdigest()
    hit = [m.name for m in sound.values() if m.offset <= position < m.offset + m.size]
    assert [row.path for row in read.faults if row.path in hit] == hit


@pytest.mark.parametrize("left", [0, 100, 512, 3_000, 6_000, 9_000, 10_000])
def test_a_truncated_part_names_what_is_lost(left: int) -> None:
    ((index, content),) = SMALL.parts(10**6)
    if left < 600:
        with pytest.raises(Unfit):
            read_part(io.BytesIO(content[:left]))
        return
    read = read_part(io.BytesIO(content[:left]))
    lost = [member.name for member in index.files if member.offset + member.size > left]
    assert {row.path for row in read.faults} >= set(lost)
    assert read.faults


def test_the_index_at_the_end_serves_when_the_first_one_is_damaged() -> None:
    ((index, content),) = SMALL.parts(10**6)
    harmed, kept = bytearray(content), Kept()
    harmed[700] ^= 0xFF
    read = read_part(io.BytesIO(bytes(harmed)), kept)
    assert [(row.verdict, row.path) for row in read.faults] == [(Verdict.DAMAGED, INDEX)]
    assert kept.files == SMALL.contents
    found = last_index(io.BytesIO(content))
    assert found is not None
    assert found.versions == index.versions


def test_what_cannot_be_read_is_told_apart_from_what_is_damaged() -> None:
    ((index, content),) = SMALL.parts(10**6)

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > index_at_a:
                raise OSError(5, "Input/output error")
            return super().read(size)

    index_at_a = 512 + len(index_bytes(index))
    read = read_part(Failing(content))
    verdicts = {row.verdict for row in read.faults}
    assert Verdict.UNREADABLE in verdicts
    assert verdicts <= {Verdict.UNREADABLE, Verdict.MISSING}


def test_something_behind_the_end_is_told() -> None:
    ((_, content),) = SMALL.parts(10**6)
    assert [row.verdict for row in read_part(io.BytesIO(content + b"more")).faults] == [Verdict.UNEXPECTED]


HOSTILE = ("../../../etc/passwd", "/etc/passwd", f"{BOOK}/data/a", member_name(BOOK, "v0001", "a/../../b"), "a\0b")


@pytest.mark.parametrize("name", [*HOSTILE, member_name(BOOK, "v0001", ""), member_name(OTHER, "w1", "a")])
def test_an_index_that_names_something_outside_of_its_version_is_no_index(name: str) -> None:
    index = dataclasses.replace(FIRST, files=(Member(name, 1, "a" * 128),))
    with pytest.raises(ValueError, match=r".+"):
        parse_index(index_bytes(index))


@pytest.mark.parametrize("change", [{"object": "../.."}, {"version": "../x"}, {"files": 0}])
def test_an_index_that_speaks_of_a_version_that_can_be_none_is_no_index(change: dict[str, str | int]) -> None:
    packed = Packed(BOOK, "v0001", 1, 1, "0" * 128, "1" * 128)
    index = dataclasses.replace(FIRST, versions=(dataclasses.replace(packed, **change),))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r".+"):
        parse_index(index_bytes(index))


@settings(max_examples=40)
@given(st.binary(max_size=3000))
def test_no_garbage_is_taken_for_a_part(garbage: bytes) -> None:
    for content in (garbage, header(INDEX, len(garbage), WHEN) + garbage):
        with pytest.raises(Unfit):
            read_part(io.BytesIO(content))


def test_links_and_devices_in_place_of_files_are_only_damage() -> None:
    ((index, content),) = SMALL.parts(10**6)
    name = index.files[0].name
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        harmed = content.replace(header(name, index.files[0].size, WHEN), info.tobuf(tarfile.PAX_FORMAT))
        read = read_part(io.BytesIO(harmed))
        assert name in [row.path for row in read.faults]


def test_gnu_tar_lists_and_unpacks_and_the_auditors_file_finds_the_bag_intact(tmp_path: Path) -> None:
    bag = make_bag(tmp_path / "bag", files={"data/strana č. 1.txt": b"a", f"data/{'ř' * 90}/{'x' * 120}": b"b" * 5000})
    files = {path.relative_to(bag).as_posix(): path.read_bytes() for path in bag.rglob("*") if path.is_file()}
    ((index, content),) = Shelfful([files]).parts(10**7)
    (tmp_path / index.file_name).write_bytes(content)
    listed = subprocess.run(
        ["tar", "--quoting-style=literal", "-tf", tmp_path / index.file_name],  # noqa: S607
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert listed.stdout.splitlines() == [INDEX, *(member.name for member in index.files), INDEX]
    assert listed.stderr == ""
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-C", tmp_path / "out", "-xf", tmp_path / index.file_name], check=True)  # noqa: S607
    version = tmp_path / "out" / member_name(BOOK, "v0001", "bagit.txt")
    verify = Path(__file__).resolve().parent.parent / "repository" / "verify.py"
    ended = subprocess.run([sys.executable, "-I", verify, version.parent], check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout
