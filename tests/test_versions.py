"""Versions: unchanged files share their bytes, each version comes out as it went in, and what changed is told."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import ocfl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from metadata.problem import Problem
from repository.difference import MOST_TEXT, Changed, Difference, Label, difference, unified
from repository.directory_place import DirectoryPlace
from repository.ocfl import object_path
from repository.store import Store
from repository.verify import Verdict, verify_bag
from tests.bags import AGENT, BOOK, OTHER, make_bag, make_store
from tests.homes import everything, flip, make_home
from workflows.cli import complete
from workflows.founding import open_store
from workflows.settings import Home

MASTER = b"master" * 5000
THREE = (
    {"data/mets.xml": b"<mets><a>1</a><b>1</b></mets>", "data/mc/1.jp2": MASTER, "data/txt/1.txt": b"Tri\nradky\n"},
    {"data/mets.xml": b"<mets><a>1</a><b>2</b></mets>", "data/mc/1.jp2": MASTER, "data/txt/1.txt": b"Tri\nradky\n"},
    {"data/mets.xml": b"<mets><a>1</a><b>2</b></mets>", "data/mc/0001.jp2": MASTER, "data/txt/2.txt": b"new"},
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with three versions of one object."""
    made = make_store(tmp_path)
    for number, files in enumerate(THREE, 1):
        info = {"Title": "Babička" if number > 1 else "Babicka"}
        made.take(make_bag(tmp_path / f"bag{number}", files=files, info=info), BOOK, AGENT)
    return made


def disk(store: Store, number: int = 0) -> DirectoryPlace:
    place = store.places[number]
    assert isinstance(place, DirectoryPlace)
    return place


def told(store: Store, old: str = "v0001", new: str = "v0002") -> Difference:
    return difference(store.primary, BOOK, old, new)


def test_every_version_comes_out_byte_for_byte_though_its_files_are_shared(store: Store, tmp_path: Path) -> None:
    before = everything(disk(store).root)
    assert store.versions(BOOK) == ("v0001", "v0002", "v0003")
    for number, version in enumerate(store.versions(BOOK), 1):
        made = store.export(BOOK, tmp_path / f"out{number}", version)
        assert everything(made) == everything(tmp_path / f"bag{number}")
        assert [row.verdict for row in verify_bag(made)] == [Verdict.INTACT]
    assert everything(disk(store).root) == before


def test_unchanged_files_share_their_bytes_also_when_they_were_moved(store: Store) -> None:
    place = disk(store)
    names = ("v0001/data/mc/1.jp2", "v0002/data/mc/1.jp2", "v0003/data/mc/0001.jp2")
    facts = [(place.folder(BOOK, "v0001").parent / name).stat() for name in names]
    # On a disk that shares blocks (btrfs, XFS) each file has its own inode and the blocks are one.
    assert {each.st_nlink for each in facts} in ({3}, {1})
    if facts[0].st_nlink == 3:
        assert len({each.st_ino for each in facts}) == 1
    changed = [place.folder(BOOK, version) / "data/mets.xml" for version in ("v0001", "v0002")]
    assert len({path.stat().st_ino for path in changed}) == 2


def test_what_was_exported_is_a_copy_of_its_own(store: Store, tmp_path: Path) -> None:
    made = store.export(BOOK, tmp_path / "out", "v0002")
    flip(made / "data/mc/1.jp2")
    for version in store.versions(BOOK):
        assert disk(store).faults(BOOK, version) == []


def test_a_version_damaged_everywhere_does_not_go_out_and_the_others_do(store: Store, tmp_path: Path) -> None:
    for number in (0, 1):
        flip(disk(store, number).folder(BOOK, "v0001") / "data/mets.xml")
    with pytest.raises(Problem, match="S006"):
        store.export(BOOK, tmp_path / "out", "v0001")
    assert not (tmp_path / "out").exists()
    assert everything(store.export(BOOK, tmp_path / "out", "v0003")) == everything(tmp_path / "bag3")


def test_a_corrected_record_is_one_changed_file_and_its_label(store: Store) -> None:
    found = told(store)
    assert found.changed == (Changed("data/mets.xml", "data/mets.xml", 29, 29),)
    assert (found.added, found.removed, found.moved) == ((), (), ())
    assert (found.unchanged_files, found.unchanged_bytes) == (2, len(MASTER) + 10)
    assert Label("Title", "Babicka", "Babička") in found.labels


def test_a_renamed_file_is_moved_not_removed_and_added(store: Store) -> None:
    found = told(store, "v0002", "v0003")
    assert found.moved == (Changed("data/mc/1.jp2", "data/mc/0001.jp2", len(MASTER), len(MASTER)),)
    assert [each.after for each in found.added] == ["data/txt/2.txt"]
    assert [each.before for each in found.removed] == ["data/txt/1.txt"]


def test_no_payload_is_read(store: Store) -> None:
    for version in ("v0001", "v0002"):
        for path in (disk(store).folder(BOOK, version) / "data").rglob("*"):
            if path.is_file():
                path.chmod(0o644)
                path.write_bytes(b"?" * path.stat().st_size)
    assert [each.after for each in told(store).changed] == ["data/mets.xml"]


def test_changed_lines_of_xml_are_shown_element_by_element(store: Store) -> None:
    lines = list(unified(store.primary, told(store)))
    assert lines[:2] == ["--- v0001/data/mets.xml", "+++ v0002/data/mets.xml"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-<b>1</b>", "+<b>2</b>"]


def test_pictures_and_large_or_foreign_texts_are_not_compared_by_line(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    for number, letter in enumerate((b"a", b"b")):
        files = {"data/1.jp2": letter, "data/1.txt": letter * (MOST_TEXT + 1), "data/2.txt": letter + b"\xff"}
        store.take(make_bag(tmp_path / f"bag{number}", files=files), BOOK, AGENT)
    found = told(store)
    assert len(found.changed) == 3
    assert list(unified(store.primary, found)) == []


def test_versions_that_are_not_there_or_cannot_be_read_are_told(store: Store) -> None:
    with pytest.raises(Problem, match="S004"):
        told(store, "v0001", "v0009")
    with pytest.raises(Problem, match="S004"):
        difference(store.primary, OTHER, "v0001", "v0002")
    manifest = disk(store).folder(BOOK, "v0002") / "manifest-sha512.txt"
    manifest.chmod(0o644)
    manifest.write_bytes(b"no manifest")
    with pytest.raises(Problem, match="S006"):
        told(store)


PAYLOADS = st.dictionaries(st.sampled_from("abcdef").map("data/{}".format), st.binary(max_size=1), min_size=1)


@settings(max_examples=25)
@given(PAYLOADS, PAYLOADS)
def test_every_file_is_told_once_and_what_is_told_is_so(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = DirectoryPlace("one", Path(folder) / "place")
        place.create()
        for number, files in enumerate((before, after), 1):
            target = place.folder(BOOK, f"v{number:04d}")
            target.parent.mkdir(parents=True, exist_ok=True)
            make_bag(target, files=files)
        found = difference(place, BOOK, "v0001", "v0002")
    assert {each.after for each in found.added} | {each.after for each in found.moved} == set(after) - set(before)
    assert {each.before for each in found.removed} | {each.before for each in found.moved} == set(before) - set(after)
    assert all(before[each.before] == after[each.after] for each in found.moved)
    assert {each.after for each in found.changed} == {p for p in before.keys() & after if before[p] != after[p]}
    assert found.unchanged_files == len({path for path in before.keys() & after if before[path] == after[path]})
    lost = {before[each.before] for each in found.removed}
    assert not lost & {after[each.after] for each in found.added}
    assert found.same == (before == after)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A repository with three versions of one object."""
    made = make_home(tmp_path / "home")
    for number, files in enumerate(THREE, 1):
        open_store(made).take(make_bag(tmp_path / f"bag{number}", files=files), BOOK, AGENT)
    return made


def run(home: Home, *words: str | Path) -> Result:
    return CliRunner().invoke(complete(), ["--home", str(home.folder), *map(str, words)])


def test_the_command_shows_two_versions_in_both_languages(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run(home, "store", "diff", BOOK)
    assert (shown.exit_code, "v0002 → v0003" in shown.stdout) == (1, True)
    assert "přesunuto  data/mc/1.jp2 → data/mc/0001.jp2" in shown.stdout
    as_json = json.loads(run(home, "store", "diff", BOOK, "v0001", "v0002", "--text", "--json").stdout)
    assert [each["after"] for each in as_json["changed"]] == ["data/mets.xml"]
    assert "+<b>2</b>" in as_json["text"]
    monkeypatch.setenv("KDR_LANGUAGE", "en")
    same = run(home, "store", "diff", BOOK, "v0002", "v0002")
    assert (same.exit_code, "do not differ" in same.stdout) == (0, True)


def test_a_single_version_has_nothing_to_be_compared_with(home: Home, tmp_path: Path) -> None:
    open_store(home).take(make_bag(tmp_path / "other", OTHER), OTHER, AGENT)
    shown = run(home, "store", "diff", OTHER)
    assert (shown.exit_code, "jen jednu verzi (v0001)" in shown.stdout) == (0, True)


def test_the_command_hands_out_ocfl_objects(home: Home, tmp_path: Path) -> None:
    assert run(home, "export", "--ocfl", BOOK, tmp_path / "out").exit_code == 0
    passed, validator = ocfl.Object().validate(str(tmp_path / "out" / BOOK), log_warnings=True)
    assert (passed, validator.status_str()) == (True, "")
    assert run(home, "export", "--ocfl-root", "--all", tmp_path / "root").exit_code == 0
    assert (tmp_path / "root" / object_path(BOOK) / "inventory.json").is_file()
    assert run(home, "export", "--ocfl", BOOK, tmp_path / "out").exit_code == 73
    assert run(home, "export", "--ocfl", BOOK, tmp_path / "x", "--version", "v0001").exit_code == 64
    assert run(home, "export", "--ocfl", "--psp", BOOK, tmp_path / "x").exit_code == 64
