"""A delivery is claimed once, whole or not at all, and what the scanner left stays as it is."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.inbox import claim, read_claim
from tests.deliveries import CLAIMER, HOLDER, aged, child, codes, delivered, refused


@pytest.fixture
def batches(tmp_path: Path) -> Path:
    """Where batches live."""
    folder = tmp_path / "batches"
    folder.mkdir()
    return folder


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """A finished delivery of one volume, two hours old."""
    return delivered(
        tmp_path / "Dodávka č. 7", {f"svazek/000{n}.tif": b"II*\0" + bytes([n]) * 3000 for n in range(1, 4)}
    )


class TestTaking:
    def test_every_file_is_there_with_the_digests_of_hashlib(self, delivery: Path, batches: Path) -> None:
        made, new = claim(delivery, batches, 0)
        assert new
        assert [ref.path for ref in made.files] == [f"svazek/000{n}.tif" for n in (1, 2, 3)]
        for ref in made.files:
            content = (batches / made.batch / "delivery" / ref.path).read_bytes()
            assert content == (delivery / ref.path).read_bytes()
            assert (ref.size, ref.sha512) == (len(content), hashlib.sha512(content).hexdigest())
            assert ref.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()

    def test_the_source_stays_as_it_was(self, delivery: Path, batches: Path) -> None:
        def facts() -> list[tuple[str, int, int, int]]:
            found = ((path, path.lstat()) for path in sorted(delivery.rglob("*")))
            return [(str(path), stat.st_mtime_ns, stat.st_mode, stat.st_ino) for path, stat in found]

        before = facts()
        claim(delivery, batches, 0)
        assert facts() == before

    def test_the_claim_is_kept_and_read_back(self, delivery: Path, batches: Path) -> None:
        made, _ = claim(delivery, batches, 0)
        assert read_claim(batches / made.batch) == made
        assert made.source == str(delivery)
        assert [path.name for path in batches.iterdir()] == [made.batch]

    def test_the_batch_has_a_name_for_command_lines(self, delivery: Path, batches: Path) -> None:
        made, _ = claim(delivery, batches, 0)
        assert made.batch.startswith("dodavka-c-7-")
        assert set(made.batch) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")

    def test_a_delivery_given_as_here_has_its_own_name(
        self, delivery: Path, batches: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(delivery)
        made, _ = claim(Path(), batches, 0)
        assert made.batch.startswith("dodavka-c-7-")
        (delivery / "svazek" / "0004.tif.part").touch()
        assert refused(Path(), batches).finding.subject == "Dodávka č. 7"

    @given(
        st.dictionaries(
            st.text("abčř %ů.-", min_size=1, max_size=6).filter(lambda name: name.strip(". ") != ""),
            st.binary(max_size=40),
            min_size=1,
            max_size=5,
        )
    )
    @settings(max_examples=15, deadline=None)
    def test_any_names_and_contents_are_taken(
        self, tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
    ) -> None:
        place = tmp_path_factory.mktemp("any")
        (place / "b").mkdir()
        folder = delivered(place / "d", {f"svazek/{name}": content for name, content in files.items()})
        made, _ = claim(folder, place / "b", 0)
        assert {ref.path: ref.size for ref in made.files} == {f"svazek/{n}": len(c) for n, c in files.items()}
        assert claim(folder, place / "b", 0)[1] is False

    def test_litter_of_operating_systems_is_left_behind(self, delivery: Path, batches: Path) -> None:
        delivered(delivery, {"svazek/Thumbs.db": b"x", ".DS_Store": b"x", "svazek/desktop.ini": b"x"})
        made, _ = claim(delivery, batches, 0)
        assert len(made.files) == 3


class TestOnce:
    def test_the_same_delivery_is_the_same_batch(self, delivery: Path, batches: Path) -> None:
        first, new = claim(delivery, batches, 0)
        for path in delivery.rglob("*.tif"):
            aged(path, 60)
        again, renewed = claim(delivery, batches, 0)
        assert (new, renewed) == (True, False)
        assert again.batch == first.batch
        assert (again.files, again.claimed) == (first.files, first.claimed)
        assert codes(again) == [("D010", first.batch)]
        assert len(list(batches.iterdir())) == 1

    def test_other_content_or_another_name_is_another_batch(self, delivery: Path, batches: Path) -> None:
        names = {claim(delivery, batches, 0)[0].batch}
        (delivery / "svazek" / "0001.tif").rename(delivery / "svazek" / "0009.tif")
        names.add(claim(delivery, batches, 0)[0].batch)
        delivered(delivery, {"svazek/0002.tif": b"jiny"})
        names.add(claim(delivery, batches, 0)[0].batch)
        assert len(names) == 3

    def test_two_at_once_make_one_batch(self, delivery: Path, batches: Path) -> None:
        gate = delivery.parent / "gate"
        wait = f"import time\nprint('ready', flush=True)\nwhile not Path({str(gate)!r}).exists(): time.sleep(0.001)"
        program = CLAIMER.format(before=wait)
        with child(program, delivery, batches, 0) as one, child(program, delivery, batches, 0) as other:
            gate.touch()
            said = [json.loads(running.communicate(timeout=60)[0]) for running in (one, other)]
        assert sorted(each["new"] for each in said) == [False, True]
        assert {each["batch"] for each in said} == {path.name for path in batches.iterdir()}


class TestGrowing:
    """D002: the scanner has not finished."""

    def test_a_file_open_for_writing_elsewhere(self, delivery: Path, batches: Path) -> None:
        writer = "import sys, time; held = open(sys.argv[1], 'ab'); print('open', flush=True); time.sleep(60)"
        with child(writer, delivery / "svazek" / "0002.tif"):
            problem = refused(delivery, batches)
        assert (problem.finding.code, problem.finding.facts["file"]) == ("D002", "svazek/0002.tif")
        assert problem.exit_code == 75
        assert claim(delivery, batches, 0)[1]

    def test_one_open_for_reading_is_no_obstacle(self, delivery: Path, batches: Path) -> None:
        reader = "import sys, time; held = open(sys.argv[1], 'rb'); print('open', flush=True); time.sleep(60)"
        with child(reader, delivery / "svazek" / "0002.tif"):
            assert claim(delivery, batches, 0)[1]

    def test_a_file_that_grows_by_fits_and_starts(self, delivery: Path, batches: Path) -> None:
        writer = (
            "import sys, time\nfor n in range(2000):\n"
            "    with open(sys.argv[1], 'ab') as out: out.write(b'x')\n"
            "    print(n, flush=True) if n == 0 else None; time.sleep(0.02)\n"
        )
        with child(writer, delivery / "svazek" / "0003.tif"):
            assert refused(delivery, batches, settle=0.5).finding.code == "D002"

    def test_new_files_while_waiting(self, delivery: Path, batches: Path) -> None:
        writer = (
            "import os, sys, time\nfor n in range(1000):\n"
            "    os.link(sys.argv[1], f'{sys.argv[2]}/{n + 1000}.tif')\n"
            "    print(n, flush=True) if n == 0 else None; time.sleep(0.05)\n"
        )
        # Links of an old file: neither open nor young, but one more each time.
        (delivery / "svazek" / "0003.tif").touch()
        with child(writer, delivery / "svazek" / "0001.tif", delivery / "svazek"):
            problem = refused(delivery, batches, settle=0.6)
        assert problem.finding.code == "D002"
        assert str(problem.finding.facts["file"]).startswith("svazek/1")

    @pytest.mark.parametrize(
        "name",
        ["0004.tif.part", "0004.tif.filepart", "0004.TMP", "~$soupis.docx", "0004.crdownload", ".~lock.a", "a.writing"],
    )
    def test_names_of_unfinished_files(self, delivery: Path, batches: Path, name: str) -> None:
        delivered(delivery, {f"svazek/{name}": b"x"})
        problem = refused(delivery, batches)
        assert (problem.finding.code, problem.finding.facts["file"]) == ("D002", f"svazek/{name}")

    def test_what_stands_still_long_enough_is_taken(self, delivery: Path, batches: Path) -> None:
        start = time.monotonic()
        (delivery / "svazek" / "0003.tif").touch()
        assert claim(delivery, batches, settle=0.4)[1]
        # The clock of file times may lag by a tick.
        assert time.monotonic() - start >= 0.35

    def test_an_old_delivery_is_not_waited_for(self, delivery: Path, batches: Path) -> None:
        start = time.monotonic()
        assert claim(delivery, batches, settle=60)[1]
        assert time.monotonic() - start < 30

    def test_a_clock_running_ahead_does_not_hold_it_up_for_ever(self, delivery: Path, batches: Path) -> None:
        aged(delivery / "svazek" / "0003.tif", seconds=-100_000)
        start = time.monotonic()
        assert claim(delivery, batches, settle=0.2)[1]
        assert time.monotonic() - start < 30


class TestChanging:
    """D003: it changed while it was being taken. The claim stands still in its middle, at a file that is held."""

    @pytest.mark.parametrize(
        ("change", "file"),
        [
            ("(held.parent / '0003.tif').write_bytes(b'other')", "svazek/0003.tif"),
            ("os.utime(held)", "svazek/0002.tif"),
            ("(held.parent / '0009.tif').write_bytes(b'new')", "svazek/0009.tif"),
            ("(held.parent / '0003.tif').unlink()", "svazek/0003.tif"),
            ("os.utime(held.parent / '0001.tif')", "svazek/0001.tif"),
            ("os.replace(held.parent / '0003.tif', held.parent / '0001.tif')", "svazek/000"),
        ],
        ids=["written", "touched last", "added", "removed", "touched first", "replaced"],
    )
    def test_nothing_is_taken(self, delivery: Path, batches: Path, change: str, file: str) -> None:
        with child(HOLDER.format(change=change), delivery / "svazek" / "0002.tif", batches):
            problem = refused(delivery, batches)
        assert problem.finding.code == "D003"
        assert str(problem.finding.facts["file"]).startswith(file)

    def test_without_a_change_it_is_taken_after_all(self, delivery: Path, batches: Path) -> None:
        with child(HOLDER.format(change=""), delivery / "svazek" / "0002.tif", batches):
            assert claim(delivery, batches, 0)[1]


class TestLeftOvers:
    def test_drafts_of_dead_processes_are_swept(self, delivery: Path, batches: Path) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:
            pass
        (batches / f".claiming-{gone.pid}-abc" / "delivery").mkdir(parents=True)
        alive = batches / f".claiming-{os.getppid()}-abc"
        alive.mkdir()
        other = batches / "kniha-0123456789"
        other.mkdir()
        made, _ = claim(delivery, batches, 0)
        assert {path.name for path in batches.iterdir()} == {made.batch, alive.name, other.name}

    def test_a_killed_claim_is_no_batch_and_is_taken_anew(self, delivery: Path, batches: Path) -> None:
        with child(HOLDER.format(change="time.sleep(30)"), delivery / "svazek" / "0002.tif", batches):
            claimer = subprocess.Popen([sys.executable, "-c", CLAIMER.format(before=""), delivery, batches, "0"])
            until = time.monotonic() + 30
            while not list(batches.glob(".claiming-*/delivery/svazek/*")):
                assert time.monotonic() < until
                time.sleep(0.01)
            claimer.kill()
            claimer.wait()
        assert [path.name[:10] for path in batches.iterdir()] == [".claiming-"]
        made, new = claim(delivery, batches, 0)
        assert new
        assert [path.name for path in batches.iterdir()] == [made.batch]
