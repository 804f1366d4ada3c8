"""What every storage place must do. Another kind of place joins by one line in `KINDS`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from metadata.problem import Problem
from repository.bag import identity
from repository.bucket import Bucket
from repository.directory_place import DirectoryPlace
from repository.journal import Head
from repository.place import FolderBag, HeldBag, Place
from repository.s3_place import S3Place
from repository.verify import Known, Verdict
from tests.bags import BOOK, OTHER, PAGES, make_bag
from tests.s3_server import MemoryBag, fresh_bucket, keys, look, made_place, started_server, tamper

__all__ = ["fresh_bucket", "started_server"]

MARKER = "kdr-place.json"
LIES = f"3f/a2/{BOOK}/v0001"


def directory(root: Path, _request: pytest.FixtureRequest) -> Place:
    return made_directory(root)


def s3(_root: Path, request: pytest.FixtureRequest) -> Place:
    bucket: Bucket = request.getfixturevalue("bucket")
    return made_place(bucket)


def made_directory(root: Path) -> DirectoryPlace:
    place = DirectoryPlace("hlavní", root / "place", medium="disk", site="Liberec")
    place.create()
    return place


KINDS: list[Callable[[Path, pytest.FixtureRequest], Place]] = [directory, s3]


@pytest.fixture(params=KINDS, ids=lambda make: make.__name__)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    made: Place = request.param(tmp_path, request)
    return made


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return make_bag(tmp_path / "bag")


class TestEveryPlace:
    """The promises of `repository.place.Place`."""

    def test_says_what_it_is(self, place: Place) -> None:
        assert (place.name, place.site) == ("hlavní", "Liberec")
        assert place.medium == ("cloud" if isinstance(place, S3Place) else "disk")
        assert place.where
        assert place.attached()
        assert place.free_bytes() > 0

    def test_is_empty_at_first(self, place: Place) -> None:
        assert list(place.objects()) == []
        assert place.versions(BOOK) == ()

    def test_gives_back_what_it_received(self, place: Place, bag: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        assert place.versions(BOOK) == ("v0001",)
        assert set(PAGES) < set(place.sizes(BOOK, "v0001"))
        for path in place.sizes(BOOK, "v0001"):
            with place.open(BOOK, "v0001", path) as stream:
                assert stream.read() == (bag / path).read_bytes()
        assert list(place.faults(BOOK, "v0001")) == []

    def test_lists_objects_and_versions_in_order(self, place: Place, bag: Path, tmp_path: Path) -> None:
        place.receive(FolderBag(make_bag(tmp_path / "other", OTHER)), OTHER, "v0001")
        for version in ("v10000", "v0002", "v9999"):
            place.receive(FolderBag(bag), BOOK, version)
        assert list(place.objects()) == [BOOK, OTHER]
        assert place.versions(BOOK) == ("v0002", "v9999", "v10000")

    def test_never_overwrites_a_version(self, place: Place, bag: Path, tmp_path: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        with pytest.raises(FileExistsError):
            place.receive(FolderBag(make_bag(tmp_path / "b", files={"data/x": b"other"})), BOOK, "v0001")
        assert list(place.faults(BOOK, "v0001")) == []
        assert "data/x" not in place.sizes(BOOK, "v0001")

    @pytest.mark.parametrize("path", ["data/mets.xml", "bag-info.txt", "manifest-sha512.txt"])
    def test_refuses_a_bag_whose_bytes_are_not_what_it_says(self, place: Place, bag: Path, path: str) -> None:
        (bag / path).write_bytes((bag / path).read_bytes().replace(b"e", b"f", 1))
        refuses(place, bag, "V006")

    @pytest.mark.parametrize("path", ["data/mets.xml", "bag-info.txt", "manifest-sha512.txt", "tagmanifest-sha512.txt"])
    def test_refuses_a_bag_that_lacks_a_file(self, place: Place, bag: Path, path: str) -> None:
        (bag / path).unlink()
        refuses(place, bag, "V006")

    @pytest.mark.parametrize("path", ["data/Thumbs.db", "note.txt"])
    def test_refuses_a_bag_with_a_file_too_many(self, place: Place, bag: Path, path: str) -> None:
        (bag / path).write_bytes(b"")
        refuses(place, bag, "V006")

    def test_remembers_the_last_head(self, place: Place) -> None:
        assert place.remembered() is None
        place.remember(Head(1, "aa"))
        place.remember(Head(2, "bb"))
        assert place.remembered() == Head(2, "bb")

    def test_is_made_once(self, place: Place) -> None:
        before = look(place, MARKER)
        with pytest.raises(FileExistsError):
            place.create()
        assert look(place, MARKER) == before

    def test_counts_what_its_versions_take(self, place: Place, bag: Path) -> None:
        assert place.used_bytes() == 0
        place.receive(FolderBag(bag), BOOK, "v0001")
        assert place.used_bytes() == sum(FolderBag(bag).sizes().values())

    @pytest.mark.parametrize("marker", [None, b"nonsense", b"[]", b'{"name": "jina"}'])
    def test_is_not_used_without_its_own_marker(self, place: Place, bag: Path, marker: bytes | None) -> None:
        tamper(place, MARKER, marker)
        before = keys(place)
        assert not place.attached()
        assert place.remembered() is None
        for refused in (
            lambda: place.receive(FolderBag(bag), BOOK, "v0001"),
            lambda: place.replace(FolderBag(bag), BOOK, "v0001", "i1"),
            lambda: place.remember(Head(1, "a")),
            lambda: place.versions(BOOK),
            lambda: list(place.objects()),
            lambda: place.faults(BOOK, "v0001"),
            lambda: place.let_go(BOOK, "v0001"),
            place.strays,
            place.tidy,
            place.free_bytes,
        ):
            with pytest.raises(Problem) as stopped:
                refused()
            assert stopped.value.finding.code == "S020"
        assert keys(place) == before

    def test_reads_every_file_when_it_looks_for_faults(self, place: Place, bag: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        heard: dict[str, int] = {}
        assert list(place.faults(BOOK, "v0001", None, lambda path, size: heard.update({path: size}))) == []
        read = {path.partition("/v0001/")[2]: size for path, size in heard.items()}
        sizes = FolderBag(bag).sizes()
        del sizes["tagmanifest-sha512.txt"]  # read before all others, for what it lists
        assert read == sizes

    @pytest.mark.parametrize(
        ("path", "content", "verdict"),
        [
            ("data/mets.xml", b"<nets/>", Verdict.DAMAGED),
            ("data/mets.xml", b"<mets", Verdict.DAMAGED),
            ("data/mets.xml", b"", Verdict.DAMAGED),
            ("data/mets.xml", None, Verdict.MISSING),
            ("bag-info.txt", b"Source-Organization: X\n", Verdict.DAMAGED),
            ("bag-info.txt", None, Verdict.MISSING),
            ("data/Thumbs.db", b"", Verdict.UNEXPECTED),
            ("note.txt", b"hello", Verdict.UNEXPECTED),
            ("bagit.txt", None, Verdict.NOT_A_BAG),
            ("bagit.txt", b"nothing", Verdict.NOT_A_BAG),
            ("manifest-sha512.txt", None, Verdict.NOT_A_BAG),
            ("tagmanifest-sha512.txt", None, Verdict.NOT_A_BAG),
            ("tagmanifest-sha512.txt", b"x", Verdict.NOT_A_BAG),
        ],
    )
    def test_names_damage_by_its_kind(
        self, place: Place, bag: Path, path: str, content: bytes | None, verdict: Verdict
    ) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        tamper(place, f"{LIES}/{path}", content)
        rows = place.faults(BOOK, "v0001")
        assert verdict in {row.verdict for row in rows}
        assert {row.verdict for row in rows} <= {verdict, Verdict.MANIFEST_ALTERED}
        assert all(row.facts["object"] == BOOK for row in rows)
        if verdict is not Verdict.NOT_A_BAG:
            assert [row.path for row in rows] == [f"{place.where}/{LIES}/{path}"]

    def test_a_file_altered_together_with_its_manifests_is_found_by_the_journal(self, place: Place, bag: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        known = Known(identity(bag), {place.name})
        forged = FolderBag(make_bag(bag.parent / "forged", files={**PAGES, "data/mets.xml": b"<nets/>"}))
        for path in forged.sizes():
            tamper(place, f"{LIES}/{path}", (forged.folder / path).read_bytes())
        rows = place.faults(BOOK, "v0001", known)
        assert {row.path.rpartition("/")[2] for row in rows} == {"manifest-sha512.txt", "tagmanifest-sha512.txt"}
        assert {row.verdict for row in rows} == {Verdict.MANIFEST_ALTERED}

    def test_a_version_that_is_not_there_is_one_row(self, place: Place) -> None:
        assert [row.verdict for row in place.faults(BOOK, "v0001")] == [Verdict.VERSION_MISSING]

    def test_has_no_strays_of_its_own(self, place: Place, bag: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        place.remember(Head(1, "aa"))
        tamper(place, f"{LIES}/data/mets.xml", b"<nets/>")
        place.replace(FolderBag(bag), BOOK, "v0001", "i1")
        assert list(place.strays()) == []

    @pytest.mark.parametrize(
        "key", ["poznámka.txt", "3f/a2/x.txt", "3f/a2/cizi/v0001/data/x", "zz/a2/y", LIES[:-5] + "x"]
    )
    def test_what_belongs_to_nothing_is_a_stray(self, place: Place, bag: Path, key: str) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        tamper(place, key, b"?")
        rows = place.strays()
        assert [row.verdict for row in rows] == [Verdict.UNEXPECTED]
        assert f"{place.where}/{key}".startswith(rows[0].path)

    def test_a_new_version_shares_what_did_not_change(self, place: Place, bag: Path, tmp_path: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        newer = MemoryBag({**PAGES, "data/mets.xml": b"<mets>2</mets>"}, BOOK)
        place.receive(newer, BOOK, "v0002")
        assert "data/mc/mc_0001.jp2" not in newer.opened
        assert "data/mets.xml" in newer.opened
        assert list(place.faults(BOOK, "v0002")) == []

    def test_damage_of_the_version_before_is_not_inherited(self, place: Place, bag: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        tamper(place, f"{LIES}/data/mc/mc_0001.jp2", b"mbster" * 500)
        place.receive(MemoryBag({**PAGES, "data/mets.xml": b"<mets>2</mets>"}, BOOK), BOOK, "v0002")
        assert list(place.faults(BOOK, "v0002")) == []

    def test_replaces_a_damaged_version_and_keeps_what_lay_there(self, place: Place, bag: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        tamper(place, f"{LIES}/data/mets.xml", b"<nets/>")
        aside = place.replace(FolderBag(bag), BOOK, "v0001", "incident-1")
        assert aside == f"{place.where}/.quarantine/incident-1/{BOOK}/v0001"
        assert look(place, f".quarantine/incident-1/{BOOK}/v0001/data/mets.xml") == b"<nets/>"
        assert list(place.faults(BOOK, "v0001")) == []
        assert place.versions(BOOK) == ("v0001",)

    def test_a_second_replacement_keeps_both(self, place: Place, bag: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        for damage in (b"1", b"2"):
            tamper(place, f"{LIES}/data/mets.xml", damage)
            place.replace(FolderBag(bag), BOOK, "v0001", "i1")
        kept = {look(place, key) for key in keys(place) if key.startswith(".quarantine/") and key.endswith("mets.xml")}
        assert kept == {b"1", b"2"}

    def test_replaces_a_version_that_is_gone(self, place: Place, bag: Path) -> None:
        assert place.replace(FolderBag(bag), BOOK, "v0001", "i1") == ""
        assert list(place.faults(BOOK, "v0001")) == []

    def test_a_bad_copy_replaces_nothing(self, place: Place, bag: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        (bag / "data" / "mets.xml").write_bytes(b"<nets/>")
        with pytest.raises(Problem) as refused:
            place.replace(FolderBag(bag), BOOK, "v0001", "i1")
        assert refused.value.finding.code == "V006"
        assert list(place.faults(BOOK, "v0001")) == []

    def test_lets_a_version_go_and_nothing_else(self, place: Place, bag: Path) -> None:
        for version in ("v0001", "v0002"):
            place.receive(FolderBag(bag), BOOK, version)
        place.let_go(BOOK, "v0001")
        place.let_go(BOOK, "v0001")
        assert place.versions(BOOK) == ("v0002",)
        assert list(place.faults(BOOK, "v0002")) == []
        place.let_go(BOOK, "v0002")
        assert list(place.objects()) == []
        assert list(place.strays()) == []
        assert not any(BOOK in key for key in keys(place))

    @pytest.mark.parametrize("after", range(1, 9))
    def test_a_bag_that_breaks_off_leaves_nothing_that_looks_stored(self, place: Place, bag: Path, after: int) -> None:
        with pytest.raises(KeyboardInterrupt):
            place.receive(Broken(bag, after), BOOK, "v0001")
        assert place.versions(BOOK) == ()
        assert list(place.strays()) == []
        place.tidy()
        assert not any(BOOK in key for key in keys(place))
        place.receive(FolderBag(bag), BOOK, "v0001")
        assert list(place.faults(BOOK, "v0001")) == []

    def test_a_copy_can_be_copied_on(self, place: Place, bag: Path, tmp_path: Path) -> None:
        place.receive(FolderBag(bag), BOOK, "v0001")
        other = DirectoryPlace("jiné", tmp_path / "other")
        other.create()
        other.receive(HeldBag(place, BOOK, "v0001"), BOOK, "v0001")
        place.receive(HeldBag(other, BOOK, "v0001"), OTHER, "v0001")
        assert other.sizes(BOOK, "v0001") == place.sizes(BOOK, "v0001") == place.sizes(OTHER, "v0001")
        assert list(other.faults(BOOK, "v0001")) == []

    def test_no_room_is_said_before_anything_is_copied(self, place: Place, bag: Path) -> None:
        assert isinstance(place, DirectoryPlace | S3Place)
        small = replace(place, quota=100)
        refuses(small, bag, "S001")
        assert small.free_bytes() == 100
        assert not any(BOOK in key for key in keys(place))

    def test_the_quota_counts_what_is_there(self, place: Place, bag: Path) -> None:
        assert isinstance(place, DirectoryPlace | S3Place)
        bounded = replace(place, quota=10_000)
        assert bounded.free_bytes() == 10_000
        bounded.receive(FolderBag(bag), BOOK, "v0001")
        assert bounded.free_bytes() == 10_000 - sum(FolderBag(bag).sizes().values())


class Broken(FolderBag):
    """A bag whose reader is stopped when it asks for one file too many."""

    __slots__ = ("left",)

    def __init__(self, folder: Path, after: int) -> None:
        super().__init__(folder)
        object.__setattr__(self, "left", iter(range(after)))

    def open(self, path: str) -> BinaryIO:
        left: Iterator[int] = object.__getattribute__(self, "left")
        if next(left, None) is None:
            raise KeyboardInterrupt
        return FolderBag.open(self, path)


def refuses(place: Place, bag: Path, code: str) -> None:
    with pytest.raises(Problem) as refused:
        place.receive(FolderBag(bag), BOOK, "v0001")
    assert refused.value.finding.code == code
    assert place.versions(BOOK) == ()


@pytest.fixture
def folder(tmp_path: Path) -> DirectoryPlace:
    return made_directory(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with plenty of bytes but room for few files: it refuses in the middle of a bag."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("mount is not on this machine")
    command = [mount, "-t", "tmpfs", "-o", "size=8m,nr_inodes=14", "tmpfs", str(disk)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run([umount, str(disk)], check=True)


class TestDirectoryPlace:
    """What is particular to a folder on a disk."""

    def test_a_version_lies_where_the_plan_says(self, folder: DirectoryPlace, bag: Path) -> None:
        folder.receive(FolderBag(bag), BOOK, "v0001")
        assert (folder.root / "3f" / "a2" / BOOK / "v0001" / "data" / "mets.xml").read_bytes() == b"<mets/>"

    def test_stored_files_are_read_only(self, folder: DirectoryPlace, bag: Path) -> None:
        folder.receive(FolderBag(bag), BOOK, "v0001")
        stored = folder.folder(BOOK, "v0001")
        assert {(stored / path).stat().st_mode & 0o777 for path in folder.sizes(BOOK, "v0001")} == {0o444}

    @pytest.mark.parametrize("marker", [None, "nonsense", "[]", '{"name": "jiný disk"}'])
    def test_an_absent_or_foreign_disk_is_never_written_to(
        self, folder: DirectoryPlace, bag: Path, marker: str | None
    ) -> None:
        (folder.root / MARKER).unlink()
        if marker is not None:
            (folder.root / MARKER).write_text(marker)
        before = sorted(folder.root.rglob("*"))
        assert not folder.attached()
        for refused in (
            lambda: folder.receive(FolderBag(bag), BOOK, "v0001"),
            lambda: folder.remember(Head(1, "a")),
            lambda: folder.versions(BOOK),
            lambda: list(folder.objects()),
            folder.free_bytes,
        ):
            with pytest.raises(Problem) as stopped:
                refused()
            assert stopped.value.finding.code == "S020"
        assert sorted(folder.root.rglob("*")) == before

    def test_a_disk_that_fills_up_in_the_middle(self, small_disk: Path, bag: Path) -> None:
        place = DirectoryPlace("malý", small_disk)
        place.create()
        refuses(place, bag, "S003")
        assert [path.name for path in (small_disk / ".staging").iterdir()] == ["lock"]

    def test_a_file_that_cannot_grow(self, folder: DirectoryPlace, bag: Path) -> None:
        program = (
            "import sys, resource; from pathlib import Path; from repository.directory_place import DirectoryPlace\n"
            "from repository.place import FolderBag\n"
            "from metadata.problem import Problem; from tests.bags import BOOK\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "try: DirectoryPlace('hlavní', Path(sys.argv[1])).receive(FolderBag(Path(sys.argv[2])), BOOK, 'v0001')\n"
            "except Problem as problem: print(problem.finding.code)"
        )
        command = [sys.executable, "-c", program, str(folder.root), str(bag)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "S003"
        assert folder.versions(BOOK) == ()
        assert [path.name for path in (folder.root / ".staging").iterdir()] == ["lock"]

    def test_a_disk_that_gives_back_something_else(self, folder: DirectoryPlace, bag: Path) -> None:
        with pytest.raises(Problem) as refused:
            Forgetful(folder.name, folder.root).receive(FolderBag(bag), BOOK, "v0001")
        assert refused.value.finding.code == "S002"
        assert folder.versions(BOOK) == ()
        assert [path.name for path in (folder.root / ".staging").iterdir()] == ["lock"]

    def test_what_dead_processes_left_is_removed(self, folder: DirectoryPlace, bag: Path) -> None:
        (folder.root / ".staging" / "dead" / "v0001").mkdir(parents=True)
        (folder.root / ".staging" / "dead" / "v0001" / "bagit.txt").write_bytes(b"half")
        folder.receive(FolderBag(bag), BOOK, "v0001")
        assert [path.name for path in (folder.root / ".staging").iterdir()] == ["lock"]

    def test_what_the_living_are_staging_stays(self, folder: DirectoryPlace, bag: Path) -> None:
        program = (
            "import sys, fcntl; from pathlib import Path\n"
            "own = Path(sys.argv[1]) / '.staging' / 'alive'; own.mkdir(); lock = (own / 'lock').open('wb')\n"
            "fcntl.flock(lock, fcntl.LOCK_EX); print('ready', flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", program, str(folder.root)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as living:
            assert living.stdout is not None
            assert living.stdout.readline() == b"ready\n"
            folder.receive(FolderBag(bag), BOOK, "v0001")
            assert (folder.root / ".staging" / "alive").is_dir()
            living.communicate()
        folder.receive(FolderBag(bag), BOOK, "v0002")
        assert not (folder.root / ".staging" / "alive").exists()

    def test_damage_is_reported_by_its_kind(self, folder: DirectoryPlace, bag: Path) -> None:
        folder.receive(FolderBag(bag), BOOK, "v0001")
        page = folder.folder(BOOK, "v0001") / "data" / "mets.xml"
        page.chmod(0o644)
        page.write_bytes(b"<nets/>")
        assert [row.verdict for row in folder.faults(BOOK, "v0001")] == [Verdict.DAMAGED]


class Forgetful(DirectoryPlace):
    """A disk that loses a bit between writing and reading back."""

    __slots__ = ()

    def _read_back(self, draft: Path, digests: dict[str, str], object_id: str) -> None:
        page = draft / "data" / "mets.xml"
        page.chmod(0o644)
        page.write_bytes(b"<nets/>")
        DirectoryPlace._read_back(self, draft, digests, BOOK)


def test_a_disk_taken_away_while_it_is_written_to_is_away_and_not_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = made_directory(tmp_path)

    def taken_away(_file: Path) -> None:
        place.root.rename(tmp_path / "gone")
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("repository.directory_place.flush", taken_away)
    with pytest.raises(Problem, match="S020"):
        place.remember(Head(1, "0" * 128))
