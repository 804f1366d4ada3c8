"""What may happen to a place while it is worked on, met through the command line: gone, full, unreadable; no register.

The disks are real: small file systems in memory, and one on a loop device whose image is cut short under it, so that
the kernel answers reads with EIO as a dying disk does (this machine has no device mapper).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repository.journal import Journal
from repository.ledger import read_ledger
from repository.register import DigestRegister
from repository.verify import MANIFEST, TAG_MANIFEST
from tests.archivist import Copy, add_third, copy_of, does, entries, month
from tests.audits import BOOKS, Clock, add, checked, copies, everywhere
from tests.bags import AGENT, BOOK, make_bag
from tests.homes import KDR, environment, everything
from workflows.founding import attached, disks, found, open_store, places
from workflows.settings import Home

GOOD = {("hlavni", "intact"), ("druha", "intact")}
BIG = 600_000
"""Bytes of the one large file of the object stored here."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A repository of two folders with one object."""
    made = found(tmp_path / "home", None)
    files = {"data/mets.xml": b"<mets/>", "data/mc/mc_0001.jp2": os.urandom(BIG)}
    open_store(made).take(make_bag(tmp_path / "bag", BOOK, files), BOOK, AGENT)
    return made


def mounted(*words: str) -> None:
    """Mount something, or skip the test."""
    mount = shutil.which("mount")
    if mount is None:
        pytest.skip("mount is not on this machine")
    done = subprocess.run([mount, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


def unmounted(folder: Path) -> None:
    subprocess.run([shutil.which("umount") or "umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted("-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder))
    yield folder
    unmounted(folder)


def enlarge(folder: Path, size: str) -> None:
    """Make room."""
    mounted("-o", f"remount,size={size}", str(folder))


def whole(home: Home) -> bool:
    """Whether every copy and the journal are as they should be, and nothing half lies about."""
    staged = [path for each in disks(home) for path in (each.root / ".staging").iterdir() if path.is_dir()]
    return does(home, "store", "verify").returncode == 0 and staged == []


class TestDiskFull:
    """A place is full: it is told, nothing half is left, and the same command finishes once there is room."""

    @pytest.mark.parametrize("quota", [True, False])
    def test_replicating(self, home: Home, disk: Path, *, quota: bool) -> None:
        wider = add_third(home, f'path = "{disk / "treti"}"')
        if not quota:  # the room is gone only after it was looked at: a file of somebody else's takes it
            enlarge(disk, "900k")
            done = with_ballast(wider, disk)
        else:
            done = does(wider, "store", "replicate", code=1).stdout
        told = {code for code in ("S001", "S003") if code in done}
        assert told == {"S001"} if quota else told  # without a quota either: before the first byte, or at some later
        assert "Nové kopie: 0" in done
        assert disks(wider)[2].versions(BOOK) == ()
        assert [path for path in (disk / "treti" / ".staging").iterdir() if path.is_dir()] == []
        assert {str(each.facts["place"]) for each in entries(wider, "replicated")} == {"druha"}
        assert Journal(wider.journal).check(attached(wider)) == []
        enlarge(disk, "8m")
        (disk / "ballast").unlink(missing_ok=True)
        assert "Nové kopie: 1" in does(wider, "store", "replicate").stdout
        assert whole(wider)

    def test_repairing_in_an_audit(self, home: Home, disk: Path) -> None:
        enlarge(disk, "8m")
        wider = add_third(home, f'path = "{disk / "treti"}"')
        does(wider, "store", "replicate")
        copy = copy_of(wider, "treti", BOOK)
        before = copy.everything()
        damaged = copy.flip("data/mc/mc_0001.jp2")
        fill(disk)
        done = does(wider, "audit", "run", "--full", code=1).stdout
        for code in ("S010", "S042"):
            assert code in done
        assert "S001" in done or "S003" in done
        assert entries(wider, "repaired") == []
        assert damaged in [path.read_bytes() for path in disk.rglob("mc_0001.jp2")]
        assert [path for path in (disk / "treti" / ".staging").iterdir() if path.is_dir()] == []
        (disk / "ballast").unlink()
        assert "S045" in does(wider, "audit", "run", "--full").stdout
        assert copy.everything() == before
        assert damaged in [path.read_bytes() for path in (disk / "treti" / ".quarantine").rglob("mc_0001.jp2")]
        assert whole(wider)

    def test_a_full_place_does_not_stop_the_repair_of_another(self, home: Home, disk: Path) -> None:
        enlarge(disk, "8m")
        wider = add_third(home, f'path = "{disk / "treti"}"')
        does(wider, "store", "replicate")
        copy = copy_of(wider, "hlavni", BOOK)
        before = copy.everything()
        copy.flip("data/mc/mc_0001.jp2")
        fill(disk)
        done = does(wider, "audit", "run", "--full", code=1).stdout
        assert "S045" in done
        assert "nepřečteno 0" in done
        assert copy.everything() == before
        (disk / "ballast").unlink()
        assert whole(wider)


def fill(disk: Path) -> None:
    """Leave no room at all."""
    with (disk / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


def with_ballast(home: Home, disk: Path) -> str:
    """Replicate while somebody else takes the room: the command is stopped once it writes there."""
    running = started(home, "store", "replicate")
    stopped_when(running, lambda: any((disk / "treti" / ".staging").glob("*/*")))
    fill(disk)
    running.send_signal(signal.SIGCONT)
    said, wrong = running.communicate(timeout=100)
    assert (running.returncode, "Traceback" in wrong) == (1, False), said + wrong
    return said


def started(home: Home, *words: str) -> subprocess.Popen[str]:
    """A command that runs."""
    return subprocess.Popen(
        [str(KDR), "--home", str(home.folder), *words],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def stopped_when(running: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    """Let it go on until something is there, and hold it then."""
    deadline = time.monotonic() + 100
    while not reached() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.0005)
    assert running.poll() is None, "it was done before it could be interrupted"
    running.send_signal(signal.SIGSTOP)


class TestPlaceGone:
    """A place is lost entirely while it is read from or written to."""

    @pytest.fixture
    def library(self, tmp_path: Path) -> Home:
        """Three folders with six objects stored long ago."""
        home = add_third(found(tmp_path / "home", None))
        for each in BOOKS[:6]:
            add(home, tmp_path / "bags" / each, each, Clock(), size=20_000)
        return home

    def test_in_an_audit(self, library: Home, tmp_path: Path) -> None:
        does(library, "audit", "plan", "--mb-per-s", "0.4", "--save")
        running = started(library, "audit", "run")
        stopped_when(running, lambda: "druha" in {place for _, place in copies(checked(library))})
        gone = disks(library)[1].root.rename(tmp_path / "gone")
        running.send_signal(signal.SIGCONT)
        said, wrong = running.communicate(timeout=100)
        assert (running.returncode, "Traceback" in wrong) == (75, False), said + wrong
        assert "S020" in said
        assert entries(library, "incident") == []
        assert {each.facts["verdict"] for each in checked(library)} <= {"intact", "unreadable"}
        assert not disks(library)[1].root.exists()
        gone.rename(disks(library)[1].root)
        done = does(library, "audit", "run", tongue="en").stdout
        assert "faults 0, unread 0" in done
        intact = [each for each in checked(library) if each.facts["verdict"] == "intact"]
        assert sorted(copies(intact)) == sorted(everywhere(library, BOOKS[:6]))
        assert Journal(library.journal).check(places(library)) == []

    def test_in_a_replication(self, tmp_path: Path) -> None:
        home = found(tmp_path / "home", None)
        for each in BOOKS[:12]:
            add(home, tmp_path / "bags" / each, each, Clock(), size=200_000)
        wider = add_third(home)
        running = started(wider, "store", "replicate")
        stopped_when(running, lambda: sum(each.facts["place"] == "treti" for each in entries(wider, "replicated")) > 2)
        gone = disks(wider)[2].root.rename(tmp_path / "gone")
        running.send_signal(signal.SIGCONT)
        said, wrong = running.communicate(timeout=100)
        assert "Traceback" not in wrong
        assert running.returncode in (1, 75), said + wrong
        assert not [path for path in disks(wider)[2].root.rglob("*") if path.is_file()]
        shutil.rmtree(disks(wider)[2].root, ignore_errors=True)
        gone.rename(disks(wider)[2].root)
        does(wider, "store", "replicate")
        told = [each.subject for each in entries(wider, "replicated") if each.facts["place"] == "treti"]
        assert sorted(told) == sorted(BOOKS[:12])
        assert whole(wider)


class TestRegister:
    """The copies of the manifests beside the journal come back from manifests that the journal's digests prove."""

    @pytest.mark.parametrize("words", [("store", "replicate"), ("audit", "run", "--full")])
    def test_a_register_that_was_never_there_or_is_lost(self, home: Home, words: tuple[str, ...]) -> None:
        before = everything(home.journal / "register")
        shutil.rmtree(home.journal / "register")
        assert "S011" in does(home, "store", "verify", code=1).stdout
        assert "S011" in does(home, *words, code=1).stdout
        assert everything(home.journal / "register") == before
        does(home, *words)
        assert whole(home)

    def test_an_altered_one_is_set_aside(self, home: Home) -> None:
        register = DigestRegister(home.journal).folder(BOOK, "v0001")
        right = (register / MANIFEST).read_bytes()
        (register / MANIFEST).write_bytes(b"forged\n")
        assert f"S014 SOUPIS ZMĚNĚN {register / MANIFEST}" in told(does(home, "store", "verify", code=1).stdout)
        does(home, "store", "replicate", code=1)
        assert (register / MANIFEST).read_bytes() == right
        assert (register / f"{MANIFEST}.altered-1").read_bytes() == b"forged\n"
        assert whole(home)

    def test_it_is_rebuilt_from_the_one_copy_that_proves_it(self, home: Home) -> None:
        shutil.rmtree(home.journal / "register")
        copy = copy_of(home, "hlavni", BOOK)
        copy.forge("data/mc/mc_0001.jp2")
        done = told(does(home, "audit", "run", "--full", code=1).stdout)
        assert f"S010 POŠKOZENO {copy.place.where}/{copy.home}/data/mc/mc_0001.jp2" in done
        assert whole(home)

    def test_what_no_copy_proves_is_not_made_up(self, home: Home) -> None:
        shutil.rmtree(home.journal / "register")
        for name in ("hlavni", "druha"):
            copy_of(home, name, BOOK).forge("data/mc/mc_0001.jp2")
        does(home, "store", "replicate", code=1)
        (kept,) = read_ledger(Journal(home.journal)).versions.values()
        assert DigestRegister(home.journal).faults(BOOK, "v0001", kept.manifests).keys() == {MANIFEST, TAG_MANIFEST}

    def test_an_edited_journal_is_not_believed(self, home: Home) -> None:
        before = everything(home.journal / "register")
        register = DigestRegister(home.journal).folder(BOOK, "v0001")
        (register / MANIFEST).write_bytes(b"forged\n")
        month(home).write_bytes(month(home).read_bytes().replace(b'"founded"', b'"fonnded"', 1))
        does(home, "audit", "run", "--full", code=1)
        assert (register / MANIFEST).read_bytes() == b"forged\n"
        assert before[f"{BOOK}/v0001/{MANIFEST}"] != b"forged\n"


def told(stdout: str) -> str:
    """What was said, without the breaks of the terminal."""
    return stdout.replace("\n", "")


class TestReadErrors:
    """A disk that answers EIO: unreadable is not damaged, and waits for a person."""

    @pytest.fixture
    def failing(self, home: Home, tmp_path: Path) -> Iterator[Home]:
        """The repository with a third place on a disk whose end cannot be read any more: the page lies there."""
        image, folder = tmp_path / "image", tmp_path / "disk"
        folder.mkdir()
        make = shutil.which("mkfs.ext4")
        if make is None:
            pytest.skip("mkfs.ext4 is not on this machine")
        with image.open("wb") as file:
            file.truncate(16 << 20)
        subprocess.run([make, "-q", "-b", "4096", "-O", "^has_journal", str(image)], check=True)
        mounted("-o", "loop", str(image), str(folder))
        try:
            wider = add_third(home, f'path = "{folder / "treti"}"')
            does(wider, "store", "replicate")
            unmounted(folder)
            page = copy_of(wider, "hlavni", BOOK).read("data/mc/mc_0001.jp2")
            at = image.read_bytes().find(page[:4096])
            assert at > 0
            mounted("-o", "loop,errors=continue", str(image), str(folder))
            os.truncate(image, at + 8192)
            yield wider
        finally:
            unmounted(folder)

    def test_is_told_as_unreadable_and_repaired_only_when_forced(self, failing: Home) -> None:
        with pytest.raises(OSError, match="Input/output"):
            (disks(failing)[2].folder(BOOK, "v0001") / "data/mc/mc_0001.jp2").read_bytes()
        done = does(failing, "audit", "run", "--full", code=1).stdout
        assert "S013" in done
        assert "S010" not in done
        bad = {(each.facts["place"], each.facts["verdict"]) for each in checked(failing)} - GOOD
        assert bad == {("treti", "unreadable")}
        listed = json.loads(does(failing, "incident", "list", "--open", "--json").stdout)
        assert [(each["place"], each["verdict"]) for each in listed] == [("treti", "unreadable")]
        assert "S043" in does(failing, "incident", "repair", "--all", "--by", "Jana Nováková", code=1).stdout
        assert entries(failing, "repaired") == []
        assert Copy(places(failing)[0], BOOK).everything()
