"""Tapes and cold disks: written, read back and only then registered; what is wrong is told; taken out whole."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from metadata.model import VolumeId
from metadata.problem import Problem
from repository.bundle import parse_index, write_part
from repository.bundling import Order, write_bundle
from repository.journal import Journal
from repository.ledger import read_ledger
from repository.policy import Policy, Standing, safety
from repository.shelf import Kind, copies_on_shelf, read_shelf
from repository.verify import Verdict
from tests.bags import AGENT, BOOK, OTHER, PAGES, make_bag
from tests.homes import KDR, environment, everything, flip, kdr, make_home
from workflows import shelving
from workflows.cli import complete
from workflows.founding import disks, open_store, standings
from workflows.settings import Home

TAPE = Order("LTO-001", "trezor B", Kind.LTO, 10**6)
SMALL = Order("LTO-001", "trezor B", Kind.LTO, 40_960)
LARGE = {f"data/mc/{number}.jp2": bytes([65 + number]) * 20_000 for number in range(4)}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A repository with two versions of one object and one of another, and a folder `medium` beside it."""
    made = make_home(tmp_path / "home")
    take(made, tmp_path / "b1")
    take(made, tmp_path / "b2", files=PAGES | {"data/mets.xml": b"<mets>2</mets>"})
    take(made, tmp_path / "b3", OTHER, LARGE)
    (tmp_path / "medium").mkdir()
    return made


def take(home: Home, folder: Path, object_id: VolumeId = BOOK, files: dict[str, bytes] = PAGES) -> None:
    open_store(home).take(make_bag(folder, object_id, files), object_id, AGENT)


def codes(found: shelving.ReadBack) -> list[str]:
    return [fault.code for fault in found.faults]


def medium(home: Home) -> Path:
    return home.folder.parent / "medium"


def run(home: Home, *words: str | Path) -> Result:
    return CliRunner().invoke(complete(), ["--home", str(home.folder), "shelf", *map(str, words)])


def tars(home: Home) -> list[Path]:
    return sorted(medium(home).iterdir())


def rewritten(path: Path) -> None:
    """A part written anew, well-formed, one file of it with other content and the digest of that."""
    content = path.read_bytes()
    index = parse_index(content[512 : 512 + int(content[124:135], 8)])
    from_old = {member.name: content[member.offset : member.offset + member.size] for member in index.files}
    victim = next(name for name in from_old if name.endswith(("mets.xml", "0.jp2")))
    from_old[victim] = from_old[victim][:-1] + b"!"
    files = tuple(
        dataclasses.replace(member, sha512=hashlib.sha512(from_old[member.name]).hexdigest()) for member in index.files
    )
    out = io.BytesIO()
    write_part(out, dataclasses.replace(index, files=files), lambda m: io.BytesIO(from_old[m.name]))
    path.chmod(0o644)
    path.write_bytes(out.getvalue())


def test_every_version_goes_to_the_shelf_once(home: Home, tmp_path: Path) -> None:
    done = shelving.write(home, medium(home), TAPE)
    assert done.bundle is not None
    assert [(each.object, each.version) for each in done.bundle.versions] == [
        (BOOK, "v0001"), (BOOK, "v0002"), (OTHER, "v0001"),
    ]  # fmt: skip
    assert shelving.write(home, medium(home), TAPE).bundle is None
    take(home, tmp_path / "b4", OTHER, LARGE | {"data/new": b"new"})
    again = shelving.write(home, medium(home), TAPE).bundle
    assert again is not None
    assert [(each.object, each.version) for each in again.versions] == [(OTHER, "v0002")]
    second = shelving.write(
        home, medium(home), Order("LTO-002", "Jablonec", Kind.LTO, 10**6), [BOOK], again=True
    ).bundle
    assert second is not None
    assert len(copies_on_shelf(Journal(home.journal))[BOOK, "v0001"]) == 2


def test_what_finds_no_room_on_one_medium_goes_to_the_next(home: Home) -> None:
    first = shelving.write(home, medium(home), TAPE, room=60_000)
    second = shelving.write(home, medium(home), Order("LTO-002", "trezor B", Kind.LTO, 10**6))
    assert first.bundle is not None
    assert second.bundle is not None
    assert (len(first.bundle.versions), first.left) == (1, 2)
    assert (len(second.bundle.versions), second.left) == (2, 0)


def test_a_version_on_the_shelf_counts_as_a_copy_on_another_medium_and_site(home: Home) -> None:
    journal = Journal(home.journal)
    kept = read_ledger(journal).versions[BOOK, "v0001"]
    asked = Policy(copies=3, sites=2, media=2)
    before = safety(kept, standings(home), asked)
    assert not before.safe
    shelving.write(home, medium(home), TAPE)
    copies = copies_on_shelf(journal)[BOOK, "v0001"]
    assert [(copy.label, copy.standing) for copy in copies] == [("LTO-001", Standing("tape", "trezor B"))]
    after = safety(kept, standings(home), asked, copies)
    assert (after.copies, after.media) == (before.copies + 1, before.media + 1)
    assert "LTO-001" in after.places
    assert safety(kept, standings(home), asked, [*copies, *copies]).copies == after.copies


def test_reading_it_back_is_written_down_and_damage_no_longer_counts_as_a_copy(home: Home) -> None:
    shelving.write(home, medium(home), SMALL)
    assert shelving.read(home, [medium(home)]).faults == ()
    (bundle,) = read_shelf(Journal(home.journal)).bundles.values()
    file = next(path for path in tars(home) if b"C" * 20_000 in path.read_bytes())
    at = file.read_bytes().index(b"C" * 20_000)
    flip(file, at)
    found = shelving.read(home, [medium(home)])
    assert codes(found) == ["S010"]
    assert OTHER in found.faults[0].subject
    entry = list(Journal(home.journal).entries(bundle.id, ["bundle read"]))[-1]
    assert entry.facts["verdict"] == Verdict.DAMAGED
    assert set(copies_on_shelf(Journal(home.journal))) == {(BOOK, "v0001"), (BOOK, "v0002")}
    flip(file, at)
    assert shelving.read(home, [file]).parts[0].verdict is Verdict.INTACT
    assert (OTHER, "v0001") in copies_on_shelf(Journal(home.journal))


def test_a_truncated_part_a_missing_one_and_swapped_ones_are_told(home: Home) -> None:
    shelving.write(home, medium(home), SMALL)
    first, second, *_ = parts = tars(home)
    assert len(parts) >= 3
    assert codes(shelving.read(home, parts[1:])) == ["S084"]
    os.truncate(parts[-1], 20_000)
    assert {"S010", "S011"} & set(codes(shelving.read(home, parts)))
    first.rename(medium(home) / "aside")
    second.rename(first)
    (medium(home) / "aside").rename(second)
    assert codes(shelving.read(home, parts[:-1])) == ["S085", "S085", "S084"]


def test_a_file_altered_together_with_its_index_is_found_by_the_journal(home: Home) -> None:
    shelving.write(home, medium(home), TAPE)
    rewritten(tars(home)[0])
    assert codes(shelving.read(home, tars(home))) == ["S014"]
    assert copies_on_shelf(Journal(home.journal)) == {}


def test_a_bundle_that_the_journal_does_not_know_and_what_is_none(home: Home, tmp_path: Path) -> None:
    shelving.write(home, medium(home), TAPE)
    (part,) = tars(home)
    other = make_home(tmp_path / "other")
    found = shelving.read(other, [part])
    assert codes(found) == ["S087"]
    assert found.parts[0].verdict is Verdict.UNKNOWN
    assert list(Journal(other.journal).entries(kinds=["bundle read"])) == []
    (tmp_path / "notes.tar").write_bytes(b"notes" * 1000)
    assert codes(shelving.read(home, [tmp_path / "notes.tar", tmp_path / "nothing.tar"])) == ["S083", "S013"]
    with pytest.raises(Problem, match="S087"):
        shelving.read(home, [tmp_path / "b1"])


def test_a_medium_is_moved_and_known_by_its_label(home: Home) -> None:
    shelving.write(home, medium(home), TAPE)
    shelving.move(home, "LTO-001", "Semily, sklep", "Jana Nováková")
    (standing,) = shelving.standings(home)
    assert (standing.location, standing.label, standing.versions) == ("Semily, sklep", "LTO-001", 3)
    assert copies_on_shelf(Journal(home.journal))[BOOK, "v0001"][0].standing.site == "Semily, sklep"
    (entry,) = Journal(home.journal).entries(kinds=["bundle moved"])
    assert (entry.agent.name, entry.agent.kind, entry.facts["from"]) == ("Jana Nováková", "person", "trezor B")
    with pytest.raises(Problem, match="S087"):
        shelving.move(home, "LTO-009", "x", "y")


def test_what_was_not_read_for_too_long_is_an_alarm(home: Home) -> None:
    shelving.write(home, medium(home), TAPE)
    (standing,) = shelving.standings(home)
    limit = home.settings.audit.days
    assert not standing.overdue
    assert shelving.alarms(home) == ()
    year = int(standing.read[:4]) + 1
    (alarm,) = shelving.alarms(home, f"{year}{standing.read[4:]}")
    assert (alarm.code, alarm.facts["limit"], alarm.facts["location"]) == ("S086", limit, "trezor B")


def test_everything_and_one_object_come_back_byte_for_byte(home: Home, tmp_path: Path) -> None:
    shelving.write(home, medium(home), SMALL)
    done = shelving.take_out(home, [medium(home)], tmp_path / "all")
    assert (len(done.versions), done.broken) == (3, ())
    place = disks(home)[0]
    for object_id, version in ((BOOK, "v0001"), (BOOK, "v0002"), (OTHER, "v0001")):
        folder = place.folder(object_id, version)
        assert everything(tmp_path / "all" / folder.relative_to(place.root)) == everything(folder)
    one = shelving.take_out(home, [medium(home)], tmp_path / "one", OTHER)
    assert [path.relative_to(tmp_path / "one").as_posix() for path in one.versions] == [
        f"{OTHER[:2]}/{OTHER[2:4]}/{OTHER}/v0001"
    ]
    assert [path.name for path in (tmp_path / "one").iterdir()] == [OTHER[:2]]
    with pytest.raises(Problem, match="S005"):
        shelving.take_out(home, [medium(home)], tmp_path / "one", OTHER)
    with pytest.raises(Problem, match="S004"):
        shelving.take_out(home, [medium(home)], tmp_path / "none", VolumeId(BOOK.replace("3fa2", "3fc2")))


def test_what_is_damaged_or_not_there_is_not_restored_and_the_rest_is(home: Home, tmp_path: Path) -> None:
    shelving.write(home, medium(home), SMALL)
    bundle = next(iter(read_shelf(Journal(home.journal)).bundles.values()))
    parts = {version.version: version.parts for version in bundle.versions if version.object == OTHER}["v0001"]
    (medium(home) / bundle.parts[parts[-1]].file).unlink()
    done = shelving.take_out(home, [medium(home)], tmp_path / "out")
    assert (len(done.versions), done.broken) == (2, (f"{OTHER} v0001",))
    assert not (tmp_path / "out" / OTHER[:2] / OTHER[2:4] / OTHER).exists()
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []


def test_an_altered_version_with_an_altered_index_is_not_restored(home: Home, tmp_path: Path) -> None:
    shelving.write(home, medium(home), TAPE)
    rewritten(tars(home)[0])
    done = shelving.take_out(home, [medium(home)], tmp_path / "out")
    assert len(done.broken) == 1
    assert len(done.versions) == 2


def test_without_the_journal_a_bundle_still_gives_back_what_it_holds(home: Home, tmp_path: Path) -> None:
    shelving.write(home, medium(home), TAPE)
    other = make_home(tmp_path / "other")
    done = shelving.take_out(other, [medium(home)], tmp_path / "out")
    assert len(done.versions) == 3
    assert [fault.code for part in done.parts for fault in part.faults] == ["S087"]


def test_the_second_copy_is_the_source_when_the_first_is_damaged(home: Home) -> None:
    first, second = disks(home)[:2]
    flip(first.folder(BOOK, "v0001") / "data/mets.xml")
    done = shelving.write(home, medium(home), TAPE)
    assert done.refused == ()
    assert shelving.read(home, [medium(home)]).faults == ()
    flip(second.folder(OTHER, "v0001") / "data/mc/1.jp2")
    flip(first.folder(OTHER, "v0001") / "data/mc/1.jp2")
    done = shelving.write(home, medium(home), Order("LTO-002", "x", Kind.LTO, 10**6), [OTHER], again=True)
    assert done.bundle is None
    assert [fault.code for fault in done.refused] == ["S081"]


def test_a_copy_that_breaks_while_it_is_written_leaves_nothing(home: Home) -> None:
    packs, _ = shelving._packs(home, list(read_ledger(Journal(home.journal)).versions.values()))
    flip(disks(home)[0].folder(OTHER, "v0001") / "data/mc/1.jp2")
    with pytest.raises(Problem, match="S081"):
        write_bundle(packs, medium(home), TAPE, Journal(home.journal), AGENT)
    assert tars(home) == []
    assert read_shelf(Journal(home.journal)).bundles == {}


@contextlib.contextmanager
def tape_drive(path: Path, *, harm: bool) -> Iterator[None]:
    """A pipe that behaves as a tape drive: it takes a stream, and gives it back when it is opened again."""
    os.mkfifo(path)

    def run() -> None:
        with path.open("rb") as stream:
            content = bytearray(stream.read())
        if harm:
            content[len(content) // 2] ^= 1
        with contextlib.suppress(BrokenPipeError), path.open("wb") as out:
            out.write(content)

    drive = threading.Thread(target=run)
    drive.start()
    yield
    drive.join()


def test_a_tape_drive_is_written_and_read_without_seeking(home: Home, tmp_path: Path) -> None:
    with tape_drive(tmp_path / "st0", harm=False):
        done = shelving.write(home, tmp_path / "st0", TAPE)
    assert done.bundle is not None
    assert len(copies_on_shelf(Journal(home.journal))) == 3
    with pytest.raises(Problem, match="S080") as refused:
        shelving.write(home, tmp_path / "st0", SMALL, again=True)
    assert int(refused.value.finding.facts["least"]) > SMALL.size


def test_a_drive_that_gives_back_something_else_registers_nothing(home: Home, tmp_path: Path) -> None:
    with tape_drive(tmp_path / "st0", harm=True), pytest.raises(Problem, match="S082"):
        shelving.write(home, tmp_path / "st0", TAPE)
    assert read_shelf(Journal(home.journal)).bundles == {}


def test_killed_while_writing_nothing_is_registered_and_the_next_time_is_fine(home: Home, tmp_path: Path) -> None:
    big = {f"data/mc/{number}.jp2": os.urandom(1 << 20) * 8 for number in range(8)}
    take(home, tmp_path / "big", VolumeId(BOOK.replace("3fa2", "3fc2")), big)
    command = [str(KDR), "--home", str(home.folder), "shelf", "write", str(medium(home)), "--label", "LTO-001",
               "--location", "B", "--size", "20MB"]  # fmt: skip
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writing:
        until = time.monotonic() + 60
        while not any(path.stat().st_size for path in medium(home).glob("*.draft")) and time.monotonic() < until:
            time.sleep(0.002)
        writing.send_signal(signal.SIGKILL)
        writing.communicate()
    assert writing.returncode == -signal.SIGKILL
    assert [path.suffix for path in tars(home)] == [".draft"] * len(tars(home)) != []
    assert read_shelf(Journal(home.journal)).bundles == {}
    assert open_store(home).check_journal() == []
    done = shelving.write(home, medium(home), Order("LTO-001", "B", Kind.LTO, 20 * 10**6))
    assert done.bundle is not None
    assert [path.name for path in tars(home)] == [part.file for part in done.bundle.parts.values()]
    assert shelving.read(home, [medium(home)]).faults == ()


def test_a_medium_that_is_full_registers_nothing_and_leaves_nothing(home: Home) -> None:
    ended = kdr("shelf", "write", medium(home), "--label", "LTO-001", "--location", "B", home=home.folder,
                before=["prlimit", "--fsize=60000"])  # fmt: skip
    assert (ended.returncode, "S003" in ended.stderr) == (74, True)
    assert tars(home) == []
    assert read_shelf(Journal(home.journal)).bundles == {}


def test_the_commands_from_writing_to_restoring(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("--label", "LTO-001", "--location", "trezor B", "--size", "40.96KB")
    wrote = run(home, "write", medium(home), *given)
    assert (wrote.exit_code, "trezor B" in wrote.stdout, "verzí 3" in wrote.stdout) == (0, True, True)
    assert "Není co zapsat" in run(home, "write", medium(home), *given).stdout
    assert json.loads(run(home, "list", "--json").stdout)[0]["label"] == "LTO-001"
    assert run(home, "read", medium(home)).exit_code == 0
    assert "sklep" in run(home, "move", "LTO-001", "--location", "sklep", "--by", "Jana").stdout
    restored = run(home, "restore", medium(home), BOOK, "--to", tmp_path / "out")
    assert (restored.exit_code, restored.stdout.count("Obnoveno a ověřeno")) == (0, 2)
    flip(tars(home)[0], -11_000)
    damaged = run(home, "read", "--json", medium(home))
    assert (damaged.exit_code, json.loads(damaged.stdout)["parts"][0]["verdict"]) == (1, "damaged")
    monkeypatch.setenv("KDR_LANGUAGE", "en")
    assert "DAMAGED" in run(home, "list").stdout
    partial = run(home, "restore", tars(home)[-1], "--to", tmp_path / "part")
    assert (partial.exit_code, "NOT RESTORED" in partial.stdout) == (1, True)


@pytest.mark.parametrize("wrong", [("--label", "a b"), ("--size", "0GB"), ("--kind", "cd"), ("--location", " ")])
def test_wrong_words_are_refused_before_anything_is_done(home: Home, wrong: tuple[str, str]) -> None:
    given = {"--label": "LTO-001", "--location": "B", "--size": "1GB"} | dict([wrong])
    words = [word for pair in given.items() for word in pair]
    assert run(home, "write", medium(home), *words).exit_code == 64
    assert tars(home) == []


@pytest.mark.parametrize(
    ("text", "size"),
    [("100GB", 10**11), ("1.5 TB", 15 * 10**11), ("1,5tb", 15 * 10**11), ("700000", 700_000), ("x", None)],
)
def test_sizes_as_people_write_them(text: str, size: int | None) -> None:
    assert shelving.size_of(text) == size
