"""A bucket as a place: what dies half-way, what the service refuses, names, large files, and the whole way through."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import BinaryIO
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from metadata.record import to_json
from repository.bucket import LONGEST_KEY, PART, Bucket, fits
from repository.journal import Head
from repository.lease import Lease, leases
from repository.place import FolderBag
from repository.s3_place import S3Place
from repository.s3_version import S3Version
from repository.verify import PLACE_MARKER, Verdict
from tests.bags import BOOK, PAGES, make_bag
from tests.homes import ROOT
from tests.s3_server import MemoryBag, fresh_bucket, keys, look, made_place, started_server, tamper

__all__ = ["fresh_bucket", "started_server"]

LIES = f"3f/a2/{BOOK}/v0001"
COMMIT = f".committed/{BOOK}/v0001.json"
BAG = MemoryBag(PAGES, BOOK)
SMALL = MemoryBag({"data/mets.xml": b"<mets/>"}, BOOK)


class Killed(BaseException):
    """The process is dead: nothing it does from here on reaches the service."""


@dataclass(frozen=True, slots=True)
class Dying(Bucket):
    """A bucket whose user is killed when it would change something for the `left[0]` + 1st time."""

    left: list[int] = field(default_factory=lambda: [0], compare=False)

    def create(self, key: str, content: bytes) -> None:
        self._count()
        Bucket.create(self, key, content)

    def replace(self, key: str, content: bytes) -> None:
        self._count()
        Bucket.replace(self, key, content)

    def copy(self, key: str, target: str) -> None:
        self._count()
        Bucket.copy(self, key, target)

    def delete(self, keys: Iterable[str]) -> None:
        doomed = list(keys)
        if doomed:
            self._count()
        Bucket.delete(self, doomed)

    def _count(self) -> None:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise Killed


@dataclass(frozen=True, slots=True)
class Lying(Bucket):
    """A service that gives back something else than it was given."""

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(Bucket.read(self, key).replace(b"<mets/>", b"<nets/>"))


@dataclass(frozen=True, slots=True)
class Refusing(Bucket):
    """A service that will not give out one object."""

    def open(self, key: str) -> BinaryIO:
        if key.endswith("mc_0001.jp2"):
            raise OSError(errno.EIO, "500 Internal Server Error", key)
        return Bucket.open(self, key)


@dataclass(frozen=True, slots=True)
class Overwriting(Bucket):
    """A service that ignores the wish not to overwrite."""

    def create(self, key: str, content: bytes) -> None:
        Bucket.replace(self, key, content)


@dataclass(frozen=True, slots=True)
class OverwritingByCopy(Bucket):
    """A service that ignores it where parts are put together."""

    def copy(self, key: str, target: str) -> None:
        Bucket.replace(self, target, Bucket.read(self, key))


def on(bucket: Bucket, kind: type[Bucket]) -> Bucket:
    """The same bucket, behaving otherwise."""
    return kind(bucket.url, bucket.endpoint)


@pytest.fixture
def place(bucket: Bucket) -> S3Place:
    return made_place(bucket)


def deaths(place: S3Place, number: int) -> S3Place:
    return replace(place, bucket=Dying(place.bucket.url, place.bucket.endpoint, left=[number]))


class TestDeath:
    """A kill between any two changes: whole or not there, and doing it again finishes it."""

    def test_receive(self, bucket: Bucket) -> None:
        for number in range(100):
            place = made_place(replace(bucket, url=f"{bucket.url}/{number}"))
            try:
                deaths(place, number).receive(SMALL, BOOK, "v0001")
            except Killed:
                died = True
            else:
                died = False
            assert place.versions(BOOK) in ((), ("v0001",))
            assert not place.versions(BOOK) or place.faults(BOOK, "v0001") == []
            assert place.strays() == []
            self.finish(place, tidy_first=number % 2 == 0)
            if not died:
                break
        assert number > len(SMALL.all)

    def finish(self, place: S3Place, *, tidy_first: bool) -> None:
        whole = bool(place.versions(BOOK))
        if tidy_first or whole:
            place.tidy()
            assert whole == any(BOOK in key for key in keys(place))
        if not whole:
            place.receive(SMALL, BOOK, "v0001")
        assert place.faults(BOOK, "v0001") == []
        assert not any(key.startswith(".staging") for key in keys(place))

    def test_replace(self, bucket: Bucket) -> None:
        for number in range(100):
            place = made_place(replace(bucket, url=f"{bucket.url}/{number}"))
            place.receive(SMALL, BOOK, "v0001")
            tamper(place, f"{LIES}/data/mets.xml", b"<nets/>")
            try:
                deaths(place, number).replace(SMALL, BOOK, "v0001", "i1")
            except Killed:
                died = True
            else:
                died = False
            assert b"<nets/>" in {look(place, key) for key in keys(place) if key.endswith("mets.xml")}
            assert {row.verdict for row in place.faults(BOOK, "v0001")} <= {Verdict.DAMAGED, Verdict.VERSION_MISSING}
            if number % 2:
                place.tidy()
            aside = place.replace(SMALL, BOOK, "v0001", "i1")
            assert aside.startswith(f"{place.where}/.quarantine/i1/{BOOK}/v0001")
            assert place.faults(BOOK, "v0001") == place.strays() == []
            assert b"<nets/>" in {look(place, key) for key in keys(place) if key.startswith(".quarantine")}
            assert not any(key.startswith(".staging") for key in keys(place))
            if not died:
                break
        assert number > 2 * len(SMALL.all)

    def test_let_go(self, bucket: Bucket) -> None:
        for number in range(6):
            place = made_place(replace(bucket, url=f"{bucket.url}/{number}"))
            place.receive(SMALL, BOOK, "v0001")
            with pytest.raises(Killed) if number < 5 else pytest.MonkeyPatch.context():
                deaths(place, number).let_go(BOOK, "v0001")
            assert place.strays() == []
            if place.versions(BOOK):
                assert place.faults(BOOK, "v0001") == []
            place.tidy()
            place.let_go(BOOK, "v0001")
            assert not any(BOOK in key for key in keys(place))

    @pytest.mark.parametrize("number", [2, 3])
    def test_a_large_file_between_its_parts_and_its_name(self, place: S3Place, number: int) -> None:
        bag = MemoryBag({"data/big": bytes(PART + 1)}, BOOK)
        with pytest.raises(Killed):
            deaths(place, number).receive(bag, BOOK, "v0001")
        assert any(key.endswith(".part") for key in keys(place))
        assert place.strays() == []
        place.receive(bag, BOOK, "v0001")
        assert place.faults(BOOK, "v0001") == []
        assert not any(key.startswith(".staging") for key in keys(place))

    def test_what_is_right_of_a_killed_receive_is_not_sent_again(self, place: S3Place) -> None:
        with pytest.raises(Killed):
            deaths(place, 5).receive(BAG, BOOK, "v0001")
        there = {key.removeprefix(f"{LIES}/") for key in keys(place) if key.startswith(LIES)}
        tamper(place, f"{LIES}/{min(there)}", b"half")
        tamper(place, f"{LIES}/data/other", b"too much")
        again = MemoryBag(PAGES, BOOK)
        place.receive(again, BOOK, "v0001")
        sent = [path for path in again.opened if not path.endswith("manifest-sha512.txt")]
        assert len(there) > 1
        assert not set(sent) & (there - {min(there)})
        assert min(there) in sent
        assert place.faults(BOOK, "v0001") == []


class TestKill:
    """A real SIGKILL, in the middle of a file."""

    def test_what_is_left_is_known_as_dead_at_once_and_finished(self, place: S3Place, tmp_path: Path) -> None:
        bag = make_bag(tmp_path / "bag")
        program = (
            "import sys, time; from pathlib import Path; from repository.bucket import Bucket\n"
            "from repository.place import FolderBag; from repository.s3_place import S3Place\n"
            "from tests.bags import BOOK\n"
            "class Slow(FolderBag):\n"
            "    def open(self, path):\n"
            "        if path == 'bag-info.txt': print('there', flush=True); time.sleep(60)\n"
            "        return FolderBag.open(self, path)\n"
            "S3Place('hlavní', Bucket(sys.argv[1], sys.argv[2])).receive(Slow(Path(sys.argv[3])), BOOK, 'v0001')"
        )
        command = [sys.executable, "-c", program, place.bucket.url, place.bucket.endpoint, str(bag)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"there\n"
            assert not next(leases(place.bucket)).dead
            process.kill()
        assert [lease.dead for lease in leases(place.bucket)] == [True]
        assert place.versions(BOOK) == ()
        assert place.strays() == []
        place.receive(FolderBag(bag), BOOK, "v0001")
        assert place.faults(BOOK, "v0001") == []
        assert not any(key.startswith(".staging") for key in keys(place))


class TestLease:
    """Two processes never write one version at once; the dead hold nothing."""

    def test_a_living_process_is_not_disturbed(self, place: S3Place) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
            lease = Lease(BOOK, "v0001", emptied=True, pid=living.pid)
            place.bucket.create(lease.key, to_json(lease))
            tamper(place, f"{LIES}/data/x", b"on its way")
            with pytest.raises(Problem) as refused:
                place.receive(BAG, BOOK, "v0001")
            assert refused.value.finding.code == "S025"
            assert refused.value.finding.facts["pid"] == living.pid
            place.tidy()
            assert f"{LIES}/data/x" in keys(place)
            assert place.strays() == []
            living.communicate()
        place.tidy()
        assert not any(BOOK in key for key in keys(place))

    @pytest.mark.parametrize(("hours", "dead"), [(1, False), (23, False), (25, True)])
    def test_another_machine_is_waited_for_a_day(self, place: S3Place, hours: int, *, dead: bool) -> None:
        since = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")
        lease = Lease(BOOK, "v0001", emptied=True, host="jiny-pocitac", since=since)
        place.bucket.create(lease.key, to_json(lease))
        tamper(place, f"{LIES}/data/x", b"on its way")
        place.tidy()
        assert (f"{LIES}/data/x" not in keys(place)) == dead
        assert [found.host for found in leases(place.bucket)] == ([] if dead else ["jiny-pocitac"])

    def test_a_note_that_cannot_be_understood_stops_nobody(self, place: S3Place) -> None:
        tamper(place, Lease(BOOK, "v0001").key, b"{")
        place.receive(BAG, BOOK, "v0001")
        assert place.faults(BOOK, "v0001") == []


class TestWhatLiesThere:
    """The bucket, changed behind our back."""

    def test_without_its_commit_object_a_version_is_not_there_and_its_files_are_strays(self, place: S3Place) -> None:
        place.receive(BAG, BOOK, "v0001")
        tamper(place, COMMIT, None)
        assert place.versions(BOOK) == ()
        assert [row.verdict for row in place.faults(BOOK, "v0001")] == [Verdict.VERSION_MISSING]
        assert [(row.verdict, row.path) for row in place.strays()] == [(Verdict.UNEXPECTED, f"{place.where}/{LIES}")]
        place.tidy()
        assert {f"{LIES}/{path}" for path in BAG.all} < keys(place)

    def test_a_bad_bag_does_not_take_such_files_with_it(self, place: S3Place) -> None:
        place.receive(BAG, BOOK, "v0001")
        tamper(place, COMMIT, None)
        tamper(place, f"{LIES}/data/mets.xml", None)
        with pytest.raises(Problem) as refused:
            place.receive(Changed(PAGES, BOOK), BOOK, "v0001")
        assert refused.value.finding.code == "V006"
        place.tidy()
        assert f"{LIES}/data/mets.xml" not in keys(place)
        assert look(place, f"{LIES}/data/mc/mc_0001.jp2") == PAGES["data/mc/mc_0001.jp2"]
        place.receive(BAG, BOOK, "v0001")
        assert place.faults(BOOK, "v0001") == []

    @pytest.mark.parametrize(
        ("content", "verdict"),
        [(b"nonsense", Verdict.DAMAGED), (b"[]", Verdict.DAMAGED), (b'{"tagmanifest":"00"}', Verdict.MANIFEST_ALTERED)],
    )
    def test_a_commit_object_that_says_something_else(self, place: S3Place, content: bytes, verdict: Verdict) -> None:
        place.receive(BAG, BOOK, "v0001")
        tamper(place, COMMIT, content)
        assert [row.verdict for row in place.faults(BOOK, "v0001")] == [verdict]
        assert place.used_bytes() == sum(BAG.sizes().values())

    def test_all_objects_gone_but_the_commit_object(self, place: S3Place) -> None:
        place.receive(BAG, BOOK, "v0001")
        for path in BAG.all:
            tamper(place, f"{LIES}/{path}", None)
        assert [row.verdict for row in place.faults(BOOK, "v0001")] == [Verdict.NOT_A_BAG]

    def test_an_object_that_is_not_given_out_is_unreadable_not_damaged(self, place: S3Place) -> None:
        place.receive(BAG, BOOK, "v0001")
        rows = replace(place, bucket=on(place.bucket, Refusing)).faults(BOOK, "v0001")
        assert [(row.verdict, row.path) for row in rows] == [
            (Verdict.UNREADABLE, f"{place.where}/{LIES}/data/mc/mc_0001.jp2")
        ]
        assert rows[0].facts["why"] == "500 Internal Server Error"

    def test_what_is_read_back_differently_is_not_stored(self, place: S3Place) -> None:
        with pytest.raises(Problem) as refused:
            replace(place, bucket=on(place.bucket, Lying)).receive(BAG, BOOK, "v0001")
        assert refused.value.finding.code == "S002"
        assert place.versions(BOOK) == ()
        assert not any(BOOK in key for key in keys(place))


@dataclass(frozen=True, slots=True)
class Changed(MemoryBag):
    """A bag one of whose files is not what its manifest says."""

    def open(self, path: str) -> BinaryIO:
        stream = MemoryBag.open(self, path)
        return io.BytesIO(b"<nets/>") if path == "data/mets.xml" else stream


class TestBucket:
    """The service itself: create-only, in whatever size."""

    def test_nothing_is_overwritten(self, bucket: Bucket) -> None:
        bucket.create("a", b"1")
        with pytest.raises(FileExistsError):
            bucket.create("a", b"2")
        bucket.create("b", b"3")
        with pytest.raises(FileExistsError):
            bucket.copy("b", "a")
        assert bucket.read("a") == b"1"

    def test_nor_by_a_large_object_in_parts(self, bucket: Bucket) -> None:
        content = os.urandom(1 << 20) * 20
        sent = bucket.create_from("big", io.BytesIO(content), len(content), ".staging/x.part")
        assert len(content) > 2 * PART
        with pytest.raises(FileExistsError):
            bucket.create_from("big", io.BytesIO(bytes(len(content))), len(content), ".staging/x.part")
        with bucket.open("big") as stream:
            assert stream.read() == content
        again = bucket.create_from("other", io.BytesIO(content), len(content), ".staging/x.part")
        assert again == sent

    def test_nor_by_one_too_large_to_be_copied(self, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("repository.bucket._LARGEST_COPY", PART)
        content = bytes(PART + 1)
        bucket.create_from("big", io.BytesIO(content), len(content), ".staging/x.part")
        with pytest.raises(FileExistsError):
            bucket.create_from("big", io.BytesIO(content[:-1] + b"x"), len(content), ".staging/x.part")
        assert bucket.read("big") == content
        assert [key for key, _ in bucket.below()] == ["big"]

    def test_a_place_keeps_a_large_object_and_no_scraps(self, place: S3Place) -> None:
        bag = MemoryBag({"data/big": os.urandom(1 << 20) * 9, "data/edge": bytes(PART), "data/none": b""}, BOOK)
        place.receive(bag, BOOK, "v0001")
        assert place.faults(BOOK, "v0001") == []
        assert not any(key.startswith(".staging") for key in keys(place))

    def test_a_source_that_breaks_off_leaves_no_object(self, bucket: Bucket) -> None:
        with pytest.raises(OSError, match="broke"):
            bucket.create_from("big", io.BufferedReader(Breaking()), 3 * PART, ".staging/x.part")
        assert list(bucket.below()) == []

    def test_what_is_not_there(self, bucket: Bucket) -> None:
        for ask in (bucket.open, bucket.read, lambda key: bucket.copy(key, "b")):
            with pytest.raises(FileNotFoundError):
                ask("none")
        bucket.delete(["none"])
        assert not bucket.holds("none")
        assert bucket.folders("none") == []

    def test_a_foreign_key_that_cannot_be_listed_makes_the_place_unreadable_there(self, place: S3Place) -> None:
        place.receive(BAG, BOOK, "v0001")
        address = f"{place.bucket.endpoint}/{place.where.removeprefix('s3://')}/cizi//klic"
        with urlopen(Request(address, b"1", method="PUT"), timeout=30):  # noqa: S310 - our own server
            assert [row.verdict for row in place.strays()] == [Verdict.UNREADABLE]
        assert place.faults(BOOK, "v0001") == []


class Breaking(io.RawIOBase):
    """A disk that fails after two parts."""

    def __init__(self) -> None:
        self.left = 2 * PART + 5

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self.left:
            raise OSError(errno.EIO, "the disk broke")
        count = min(len(view), self.left)
        self.left -= count
        return count


NAMES = [
    "příliš žluťoučký.txt", unicodedata.normalize("NFD", "příliš žluťoučký.txt"), "Kniha.TIF", "kniha.tif", "a b  c",
    " lead", "tail ", "tail.", "..skryté", "ř" * 127, "x" * 255, "😀.jp2", "100%.txt", "100%25.txt", "a%2Fb", "a+b",
    "a#b", "a?b=c&d;e", "a\\b", "a'b\"c", "<x>{}|^`[]~", "a:b@c,d$e!*()",
]  # fmt: skip


class TestNames:
    """Kept byte for byte, or refused by rule."""

    def test_hard_names_are_kept(self, place: S3Place) -> None:
        bag = MemoryBag({f"data/{name}": name.encode() for name in NAMES}, BOOK)
        place.receive(bag, BOOK, "v0001")
        assert set(place.sizes(BOOK, "v0001")) == set(bag.all)
        assert place.faults(BOOK, "v0001") == []
        for name in NAMES:
            with place.open(BOOK, "v0001", f"data/{name}") as stream:
                assert stream.read() == name.encode()
        place.receive(MemoryBag({**bag.files, "data/new": b""}, BOOK), BOOK, "v0002")
        assert place.faults(BOOK, "v0002") == []
        place.replace(bag, BOOK, "v0001", "i1")
        assert place.faults(BOOK, "v0001") == []

    @pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\x7fb", "a\x01b", "a//b", "./a", "a\u2028b", "é" * 500])
    def test_names_that_a_bucket_cannot_keep_are_refused(self, place: S3Place, name: str) -> None:
        with pytest.raises(Problem) as refused:
            place.receive(MemoryBag({f"data/{name}": b"x", **PAGES}, BOOK), BOOK, "v0001")
        assert refused.value.finding.code == "S024"
        assert not any(BOOK in key for key in keys(place))

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.dictionaries(st.text(min_size=1, max_size=40), st.binary(max_size=50), min_size=1, max_size=4))
    def test_any_name_and_bytes_come_back_or_are_refused(self, bucket: Bucket, files: dict[str, bytes]) -> None:
        folder = uuid4().hex
        kept = {f"{folder}/{name}": content for name, content in files.items() if fits(f"{folder}/{name}")}
        for key, content in kept.items():
            bucket.create(key, content)
        assert {key for key, _ in bucket.below(folder)} == set(kept)
        assert {key: bucket.read(key) for key in kept} == kept
        bucket.delete(kept)
        assert list(bucket.below(folder)) == []

    def test_a_key_may_be_just_so_long(self) -> None:
        assert fits("é" * (LONGEST_KEY // 2))
        assert not fits("é" * (LONGEST_KEY // 2) + "e")
        assert not fits("\udcff")


@pytest.fixture
def answering() -> Iterator[tuple[str, list[int]]]:
    """A service that answers everything with one status, which may be changed."""
    status = [403]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_HEAD = do_POST = do_GET  # noqa: N815 - the names that http.server asks for

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", status
        server.shutdown()
        thread.join()


class TestService:
    """A service that refuses, fails or is not there is not attached, and says why."""

    @pytest.mark.usefixtures("bucket")
    @pytest.mark.parametrize(
        ("status", "word"), [(403, "odmítla"), (401, "odmítla"), (500, "neodpovídá"), (404, "značka")]
    )
    def test_its_answer_is_told(self, answering: tuple[str, list[int]], status: int, word: str) -> None:
        answering[1][0] = status
        place = S3Place("kopie", Bucket("s3://nejaky-bucket", answering[0]))
        assert not place.attached()
        assert word in place.why_not()
        with pytest.raises(Problem) as refused:
            place.receive(BAG, BOOK, "v0001")
        assert refused.value.finding.code == "S020"
        if status != 404:
            with pytest.raises(Problem) as refused:
                place.create()
            assert refused.value.finding.code == "S003"

    @pytest.mark.usefixtures("bucket")
    def test_nobody_is_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        place = S3Place("kopie", Bucket("s3://nejaky-bucket", "http://127.0.0.1:9"))
        assert "neodpovídá" in place.why_not()
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        assert "does not answer" in place.why_not()

    def test_without_keys_nobody_is_asked(self, place: S3Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("KDR_S3_SECRET_KEY")
        assert not place.attached()
        assert "KDR_S3_SECRET_KEY" in place.why_not()

    def test_no_such_bucket(self, place: S3Place) -> None:
        other = replace(place, bucket=Bucket("s3://neni-tu-nic", place.bucket.endpoint))
        assert not other.attached()
        with pytest.raises(OSError, match="NoSuchBucket"):
            other.bucket.holds("x") or other.bucket.open("x")

    def test_keys_are_never_shown(self, place: S3Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KDR_S3_SECRET_KEY", "velmi-tajne")
        assert place.attached()
        assert "velmi-tajne" not in repr(place)

    def test_a_service_lost_in_the_middle_is_told_and_nothing_looks_stored(self, place: S3Place) -> None:
        with pytest.raises(Problem) as refused:
            replace(place, bucket=on(place.bucket, Refusing)).receive(BAG, BOOK, "v0001")
        assert refused.value.finding.code == "S003"
        assert place.versions(BOOK) == ()
        place.receive(BAG, BOOK, "v0001")
        assert place.faults(BOOK, "v0001") == []
        assert place.strays() == []

    @pytest.mark.parametrize("kind", [Overwriting, OverwritingByCopy])
    def test_a_service_that_overwrites_is_no_place(self, bucket: Bucket, kind: type[Bucket]) -> None:
        with pytest.raises(Problem) as refused:
            S3Place("kopie", on(bucket, kind)).create()
        assert refused.value.finding.code == "S003"
        assert "If-None-Match" in refused.value.finding.text()
        assert list(bucket.below()) == []

    def test_the_head_of_the_journal_survives(self, place: S3Place) -> None:
        place.remember(Head(3, "cc"))
        assert replace(place).remembered() == Head(3, "cc")
        tamper(place, "journal-head.json", b"{")
        assert place.remembered() is None


def test_a_folder_bag_lies_under_the_same_names(place: S3Place, tmp_path: Path) -> None:
    bag = FolderBag(make_bag(tmp_path / "bag"))
    place.receive(bag, BOOK, "v0001")
    at = S3Version(place.bucket, place.name, BOOK, "v0001")
    assert at.lying() == bag.sizes()
    assert keys(place) == {PLACE_MARKER, COMMIT, *(f"{LIES}/{path}" for path in bag.sizes())}
