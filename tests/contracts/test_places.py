"""What every storage place must do. Another kind of place joins by one line in `KINDS`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metadata.problem import Problem
from repository.directory_place import DirectoryPlace
from repository.journal import Head
from repository.place import FolderBag, Place
from repository.verify import Verdict
from tests.bags import BOOK, OTHER, PAGES, make_bag

MARKER = "kdr-place.json"


def directory(root: Path) -> DirectoryPlace:
    place = DirectoryPlace("hlavní", root / "place", medium="disk", site="Liberec")
    place.create()
    return place


KINDS: list[Callable[[Path], Place]] = [directory]


@pytest.fixture(params=KINDS, ids=lambda make: make.__name__)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    made: Place = request.param(tmp_path)
    return made


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return make_bag(tmp_path / "bag")


class TestEveryPlace:
    """The promises of `repository.place.Place`."""

    def test_says_what_it_is(self, place: Place) -> None:
        assert (place.name, place.medium, place.site) == ("hlavní", "disk", "Liberec")
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


def refuses(place: Place, bag: Path, code: str) -> None:
    with pytest.raises(Problem) as refused:
        place.receive(FolderBag(bag), BOOK, "v0001")
    assert refused.value.finding.code == code
    assert place.versions(BOOK) == ()


@pytest.fixture
def folder(tmp_path: Path) -> DirectoryPlace:
    return directory(tmp_path)


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

    def test_it_is_made_once(self, folder: DirectoryPlace) -> None:
        with pytest.raises(FileExistsError):
            folder.create()

    def test_the_quota_counts_what_is_there(self, folder: DirectoryPlace, bag: Path) -> None:
        bounded = DirectoryPlace(folder.name, folder.root, quota=10_000)
        assert bounded.free_bytes() == 10_000
        bounded.receive(FolderBag(bag), BOOK, "v0001")
        size = sum(path.stat().st_size for path in bag.rglob("*") if path.is_file())
        assert bounded.free_bytes() == 10_000 - size

    def test_no_room_is_said_before_anything_is_copied(self, folder: DirectoryPlace, bag: Path) -> None:
        refuses(DirectoryPlace(folder.name, folder.root, quota=100), bag, "S001")
        assert not (folder.root / "3f").exists()

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
