"""The archivist's acceptance list (standards/spisovna.md, end of §6), points 1 to 6: each does the damage itself.

Everything goes through the command line. Points 7 to 13 are in test_archivist_papers.py; 11 (SIP) and 12
(confirmations) belong to the feed of the spisovna (issue 7), so no test of them is here.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import bagit
import pytest

from metadata.model import VolumeId
from repository.bucket import Bucket
from repository.journal import Journal
from repository.verify import MANIFEST, TAG_MANIFEST
from tests import tsa
from tests.archivist import (
    Copy,
    add_third,
    auditor,
    book,
    copy_of,
    does,
    entries,
    forget_heads,
    make_model,
    month,
    rehash,
    stamped_by,
)
from tests.audits import BOOKS, Clock, add, checked, copies, everywhere
from tests.bags import OTHER
from tests.homes import KDR, copied, environment, everything
from tests.s3_server import fresh_bucket, keys, look, started_server
from workflows.founding import add_place, attached, disks, found, open_store, places
from workflows.repairing import supply
from workflows.settings import Home, load

__all__ = ["fresh_bucket", "started_server"]

FOLDERS = ("hlavni", "druha", "treti")
MASTER = "_0001.jp2"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of three folders with a scanned book and a bag; only to be copied."""
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Home:
    return copied(model, tmp_path / "home")


@pytest.fixture
def cloudy(model: Path, bucket: Bucket, tmp_path: Path) -> Home:
    """The same repository, where the third place is a bucket."""
    return in_cloud(model, bucket, tmp_path / "home")


def in_cloud(model: Path, bucket: Bucket, target: Path) -> Home:
    """A copy of the repository that has a bucket in place of its third folder, filled."""
    home = copied(model, target)
    path = home.folder / "kdr.toml"
    head, _, _ = path.read_text(encoding="utf-8").rpartition('\n[[place]]\nname = "treti"')
    more = f'\n[[place]]\nname = "oblak"\nurl = "{bucket.url}"\nendpoint = "{bucket.endpoint}"\nsite = "Praha"\n'
    path.write_text(head + more, encoding="utf-8")
    wider = load(home.folder)
    add_place(wider, "oblak")
    assert {each.place for each in supply(wider, None, lambda _: None).copied} == {"oblak"}
    return wider


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tsa.Authority]:
    with tsa.authority(tmp_path / "tsa") as running:
        yield running


def whole(home: Home, *object_ids: VolumeId) -> dict[tuple[str, str], dict[str, bytes]]:
    """Every byte of every copy of the objects."""
    return {
        (each.name, object_id): Copy(each, object_id).everything()
        for each in attached(home)
        for object_id in object_ids or open_store(home).objects()
    }


def set_aside(copy: Copy) -> dict[str, bytes]:
    """What repairs set aside of a copy: path in the bag -> bytes."""
    end = f"/{copy.object_id}/v0001/"
    lying = [key for key in keys(copy.place) if key.startswith(".quarantine/") and end in key]
    return {key.partition(end)[2]: look(copy.place, key) for key in lying}


class TestPoint1:
    """Flip one byte in any copy: found, named, repaired from a re-read copy, nothing silently rewritten."""

    @pytest.mark.parametrize(("name", "ending"), [("hlavni", MASTER), ("druha", "bag-info.txt"), ("oblak", MASTER)])
    def test_in_each_place(self, cloudy: Home, name: str, ending: str) -> None:
        before, copy = whole(cloudy), copy_of(cloudy, name)
        path = copy.find(ending)
        damaged, known = copy.flip(path), len(entries(cloudy))
        done = does(cloudy, "audit", "run", "--full", code=1)
        where = f"{copy.place.where}/{copy.home}/{path}"
        assert f"S010 POŠKOZENO {where}" in done.stdout.replace("\n", "")
        assert whole(cloudy) == before
        assert set_aside(copy) == before[name, copy.object_id] | {path: damaged}
        self.journal_tells_all(cloudy, known, name, where)
        listed = json.loads(does(cloudy, "incident", "list", "--json").stdout)
        assert [(each["place"], each["state"], each["by"]) for each in listed] == [(name, "repaired", "policy")]
        assert does(cloudy, "audit", "run", "--full").returncode == 0
        assert does(cloudy, "incident", "list", "--open", tongue="en").stdout.startswith("No incidents")

    def journal_tells_all(self, home: Home, known: int, name: str, where: str) -> None:
        """Damage, incident, every copy read again, and only then the repair; nothing of what stood there changed."""
        assert Journal(home.journal).check(places(home)) == []
        told = entries(home)[known:]
        (opened,), (mended,) = ([each for each in told if each.kind == kind] for kind in ("incident", "repaired"))
        assert opened.facts["faults"] == [f"S010 {where}"]
        assert (opened.facts["place"], mended.facts["place"]) == (name, name)
        assert mended.facts["incident"] == opened.facts["incident"]
        again = [each for each in told if each.kind == "checked" and each.facts["run"] == opened.facts["incident"]]
        verdicts = {each.facts["place"]: each.facts["verdict"] for each in again}
        assert verdicts == {each.name: "damaged" if each.name == name else "intact" for each in places(home)}
        assert mended.facts["source"] in verdicts.keys() - {name}
        order = [opened.seq, *sorted(each.seq for each in again), mended.seq]
        assert order == sorted(order)


class TestPoint2:
    """A file deleted, one added, two swapped: three different faults."""

    @pytest.mark.parametrize("name", ["druha", "oblak"])
    def test_are_told_apart(self, cloudy: Home, name: str) -> None:
        before, copy = whole(cloudy), copy_of(cloudy, name)
        first, second = copy.find("_0001.txt"), copy.find("_0002.jp2")
        gone, one, two = copy.find(".md5"), copy.read(first), copy.read(second)
        copy.write(gone, None)
        copy.write("data/navic.txt", b"?")
        copy.write(first, two)
        copy.write(second, one)
        told = does(cloudy, "audit", "run", "--object", copy.object_id, code=1).stdout.replace("\n", "")
        where = f"{copy.place.where}/{copy.home}"
        for said in (
            f"S011 CHYBÍ {where}/{gone}",
            f"S012 NAVÍC {where}/data/navic.txt",
            f"S010 POŠKOZENO {where}/{first}",
            f"S010 POŠKOZENO {where}/{second}",
        ):
            assert said in told
        assert whole(cloudy) == before
        assert set_aside(copy)["data/navic.txt"] == b"?"

    def test_a_whole_version_that_is_gone_is_another_fault(self, home: Home) -> None:
        before, copy = whole(home), copy_of(home, "treti", OTHER)
        for path in copy.everything():
            copy.write(path, None)
        disks(home)[2].folder(OTHER, "v0001").rename(home.folder / "gone")
        assert "S022" in does(home, "store", "verify", OTHER, code=1).stdout
        assert "S045" in does(home, "store", "replicate", code=1).stdout
        assert whole(home) == before


class TestPoint3:
    """A checksum altered together with its file is still found: by the register, the journal and the sealed record."""

    @pytest.mark.parametrize("name", ["hlavni", "oblak"])
    @pytest.mark.parametrize("registered", [False, True])
    def test_found_named_and_mended(self, cloudy: Home, name: str, *, registered: bool) -> None:
        before, copy = whole(cloudy), copy_of(cloudy, name)
        register = everything(cloudy.journal / "register")
        path = copy.find(MASTER)
        copy.forge(path)
        if registered:
            copy.forge_register(cloudy)
        told = does(cloudy, "audit", "run", "--full", code=1).stdout.replace("\n", "")
        assert f"S014 SOUPIS ZMĚNĚN {copy.place.where}/{copy.home}/{MANIFEST}" in told
        assert f"S010 POŠKOZENO {copy.place.where}/{copy.home}/{path}" in told
        folder = cloudy.journal / "register" / copy.object_id / "v0001"
        assert (f"S014 SOUPIS ZMĚNĚN {folder}/{MANIFEST}" in told) is registered
        assert whole(cloudy) == before
        now = everything(cloudy.journal / "register")
        assert {path: now[path] for path in register} == register
        assert len(now.keys() - register.keys()) == 2 * registered  # what was altered lies beside
        does(cloudy, "store", "verify")

    def test_the_auditors_own_file_sees_it_too(self, home: Home) -> None:
        copy = copy_of(home, "druha")
        path = copy.find(MASTER)
        copy.forge(path)
        arguments: list[str | Path] = ["--journal", home.journal, *(each.root for each in disks(home))]
        told = auditor(*arguments, code=1)
        assert f"{copy.home}/{TAG_MANIFEST}" in told
        assert f"{copy.home}/{path}" in told
        copy.forge_register(home)
        assert f"{copy.home}/{TAG_MANIFEST}" in auditor(*arguments, code=1)

    def test_a_forged_journal_too_is_no_match_for_the_stamped_record(
        self, home: Home, authority: tsa.Authority, tmp_path: Path
    ) -> None:
        """Whoever may write everything (all copies, register, journal, heads) has still not the seal of yesterday."""
        stamped_by(home, authority)
        does(home, "seal", "run")
        proof = tmp_path / "proof.json"
        does(home, "seal", "proof", book(home), "--out", proof)
        auditor("--proof", proof, disks(home)[0].folder(book(home), "v0001"))
        self.forge_everything(home)
        told = does(home, "seal", "check", code=1).stdout
        assert "S015" in told
        does(home, "store", "verify", code=1)
        auditor("--journal", home.journal, *(each.root for each in disks(home)), code=1)
        auditor("--proof", proof, disks(home)[0].folder(book(home), "v0001"), code=1)

    def forge_everything(self, home: Home) -> None:
        every = [copy_of(home, name) for name in FOLDERS]
        was = {name: digest_of(every[0], name) for name in (MANIFEST, TAG_MANIFEST)}
        for copy in every:
            copy.forge(copy.find(MASTER))
        every[0].forge_register(home)
        for name, digest in was.items():
            rehash(home, digest, digest_of(every[0], name))
        forget_heads(home)
        rows = Journal(home.journal).check(places(home))
        assert [row.facts["line"] for row in rows] == [9]  # where the record of the day says what stood there


def digest_of(copy: Copy, name: str) -> str:
    """The SHA-512 of a file of a copy."""
    return hashlib.sha512(copy.read(name)).hexdigest()


def edit_line(home: Home) -> None:
    """One word of one line."""
    month(home).write_bytes(month(home).read_bytes().replace(b'"place":"druha"', b'"place":"jinde"', 1))


def remove_line(home: Home) -> None:
    """One line in the middle."""
    lines = month(home).read_bytes().splitlines(keepends=True)
    month(home).write_bytes(b"".join([*lines[:2], *lines[3:]]))


def cut_tail(home: Home) -> None:
    """The last lines."""
    month(home).write_bytes(b"".join(month(home).read_bytes().splitlines(keepends=True)[:-2]))


def rehash_tail(home: Home) -> None:
    """A word, and all hashes from there to the end."""
    rehash(home, '"place":"treti"', '"place":"jinde"')


@pytest.fixture(scope="module")
def sealed(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with a sealed record of the day and entries after it."""
    home = copied(model, tmp_path_factory.mktemp("sealed") / "home")
    does(home, "seal", "run")
    does(home, "store", "verify")
    return home.folder


class TestPoint4:
    """A line of the journal edited, removed, or the whole tail reckoned anew: the chain check fails, everywhere."""

    @pytest.mark.parametrize("crime", [edit_line, remove_line, cut_tail, rehash_tail])
    def test_is_found_by_every_check_and_nothing_is_written_any_more(
        self, sealed: Path, tmp_path: Path, crime: object
    ) -> None:
        assert callable(crime)
        home = copied(sealed, tmp_path / "home")
        roots = [each.root for each in disks(home)]
        auditor("--journal", home.journal, *roots)
        crime(home)
        before = month(home).read_bytes()
        codes = ("S015", "S016")
        for words in (("store", "verify"), ("audit", "run", "--full")):
            done = does(home, *words, code=1)
            assert any(code in done.stdout + done.stderr for code in codes), done.stdout
        does(home, "seal", "check", code=1)
        assert "DENÍK Z" in auditor("--journal", home.journal, *roots, code=1)
        assert month(home).read_bytes() == before

    def test_even_if_every_place_is_made_to_believe_it_the_sealed_record_does_not(
        self, sealed: Path, tmp_path: Path
    ) -> None:
        home = copied(sealed, tmp_path / "home")
        rehash_tail(home)
        forget_heads(home)
        assert "S015" in does(home, "seal", "check", code=1).stdout


class TestPoint5:
    """An audit that is killed goes on where it was: no copy is skipped, none counts twice; what is late is listed."""

    def test_kill_9_in_the_middle(self, tmp_path: Path) -> None:
        home = add_third(found(tmp_path / "home", None))
        clock = Clock()
        for each in BOOKS[:5]:
            add(home, tmp_path / "bags" / each, each, clock, size=20_000)
        does(home, "audit", "plan", "--mb-per-s", "0.4", "--save")
        running = subprocess.Popen(
            [str(KDR), "--home", str(home.folder), "audit", "run"],
            env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 100
        while len(checked(home)) < 5 and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(running.pid, signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
        first = copies(checked(home))
        assert 5 <= len(first) < 15
        status = json.loads(does(home, "audit", "status", "--json", code=1).stdout)
        assert status["overdue"] == 15 - len(first)
        assert sum(each["copies"] for each in (found["facts"] for found in status["findings"])) == status["overdue"]
        assert status["interrupted"]
        done = does(home, "audit", "run", tongue="en").stdout
        assert "S035" in done
        assert "intact 15, faults 0, unread 0" in done
        assert copies(checked(home))[: len(first)] == first
        assert sorted(copies(checked(home))) == sorted(everywhere(home, BOOKS[:5]))
        assert "S033" not in does(home, "audit", "status").stdout


class TestPoint6:
    """One object and all of them restored from each copy alone, timed; readable without our software."""

    def test_one_object_while_the_other_places_are_gone(self, home: Home, tmp_path: Path) -> None:
        expected = copy_of(home, "hlavni").everything()
        for name in FOLDERS:
            others = [each.root for each in disks(home) if each.name != name]
            for root in others:
                root.rename(root.with_name(f"{root.name} away"))
            does(home, "store", "export", book(home), tmp_path / name)
            for root in others:
                root.with_name(f"{root.name} away").rename(root)
            made = only_folder(tmp_path / name)
            assert everything(made) == expected
            readable(made)

    def test_everything_from_each_place_timed(self, cloudy: Home, tmp_path: Path) -> None:
        done = json.loads(does(cloudy, "drill", "restore", "--all", "--to", tmp_path / "back", "--json").stdout)
        assert [each["place"] for each in done["places"]] == ["hlavni", "druha", "oblak"]
        assert [each["failures"] + each["missing"] for each in done["places"]] == [[], [], []]
        assert all(each["seconds_to_copy"] + each["seconds_to_verify"] > 0 for each in done["places"])
        expected = {object_id: copy_of(cloudy, "hlavni", object_id).everything() for object_id in (book(cloudy), OTHER)}
        for name in ("hlavni", "druha", "oblak"):
            back = sorted((tmp_path / "back" / name).glob("*/*/*/v0001"))
            assert {each.parent.name: everything(each) for each in back} == expected
            for each in back:
                readable(each)
        (protocol,) = cloudy.protocols.glob("drill-*.json")
        assert json.loads(protocol.read_bytes())["places"] == done["places"]


def only_folder(folder: Path) -> Path:
    """The bag that was exported into `folder`, or itself when it is one."""
    return folder if (folder / "bagit.txt").exists() else next(folder.rglob("bagit.txt")).parent


def readable(bag: Path) -> None:
    """Both tools that any archive has, and nothing of ours, find the bag whole."""
    bagit.Bag(str(bag)).validate()
    for name in (MANIFEST, TAG_MANIFEST):
        command = ["sha512sum", "--check", "--strict", "--quiet", name]
        done = subprocess.run(command, cwd=bag, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
