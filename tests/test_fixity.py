"""One copy read through: its verdict, its rows, and what the journal keeps of it."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import repository.verify
from repository.directory_place import DirectoryPlace
from repository.fixity import Check, check, code_of, record, verdict_of
from repository.ledger import Kept, read_ledger
from repository.register import DigestRegister
from repository.store import Store
from repository.verify import MANIFEST, TAG_MANIFEST, Row, Verdict
from tests.bags import AGENT, BOOK, PAGES, make_bag, make_store
from tests.homes import flip

NO_COPY = {verdict for verdict in Verdict if verdict.name.startswith(("JOURNAL", "SEAL", "STAMP", "UNSEALED"))}
"""Verdicts about the journal and its seals."""


def stored(root: Path) -> Store:
    """A store with one version in two places."""
    store = make_store(root)
    store.take(make_bag(root / "bag"), BOOK, AGENT)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return stored(tmp_path)


def disk(store: Store) -> DirectoryPlace:
    place = store.primary
    assert isinstance(place, DirectoryPlace)
    return place


def folder(store: Store) -> Path:
    return disk(store).folder(BOOK, "v0001")


def kept(store: Store) -> Kept:
    return read_ledger(store.journal).versions[BOOK, "v0001"]


def looked(store: Store, on_read: Callable[[str, int], None] | None = None) -> Check:
    return check(store.primary, kept(store), DigestRegister(store.journal.root), on_read)


def named(store: Store, done: Check) -> set[tuple[str, str]]:
    """Verdict and path, relative to the bag, of every row."""
    return {(row.verdict.name, os.path.relpath(row.path, folder(store))) for row in done.faults}


def rewritten(store: Store, change: Callable[[dict[str, str]], None]) -> None:
    """Change the manifest's lines (path -> digest) and put the tag manifest right, as somebody with patience would."""
    manifest, tags = folder(store) / MANIFEST, folder(store) / TAG_MANIFEST
    lines = dict(line.split("  ", 1)[::-1] for line in manifest.read_text(encoding="utf-8").splitlines())
    before = sha512(manifest)
    change(lines)
    for file in (manifest, tags):
        file.chmod(0o644)
    manifest.write_text("".join(f"{digest}  {path}\n" for path, digest in lines.items()), encoding="utf-8")
    tags.write_text(tags.read_text(encoding="utf-8").replace(before, sha512(manifest)), encoding="utf-8")


def sha512(file: Path) -> str:
    return hashlib.sha512(file.read_bytes()).hexdigest()


def test_an_intact_copy_is_read_whole(store: Store) -> None:
    heard: list[tuple[str, int]] = []
    done = looked(store, lambda path, size: heard.append((path, size)))
    files = [path for path in folder(store).rglob("*") if path.is_file()]
    assert (done.verdict, done.faults, done.place) == (Verdict.INTACT, (), "hlavní")
    assert done.files == len(heard) == len(files) - 1  # the tag manifest is listed nowhere
    assert done.bytes == sum(size for _, size in heard)
    assert done.bytes == sum(file.stat().st_size for file in files if file.name != TAG_MANIFEST)


HARM: dict[str, tuple[Callable[[Path], object], Verdict, set[tuple[str, str]]]] = {
    "flipped": (
        lambda bag: flip(bag / "data/mc/mc_0001.jp2"), Verdict.DAMAGED, {("DAMAGED", "data/mc/mc_0001.jp2")},
    ),
    "deleted": (lambda bag: (bag / "data/mets.xml").unlink(), Verdict.MISSING, {("MISSING", "data/mets.xml")}),
    "added": (lambda bag: (bag / "data/x").write_bytes(b""), Verdict.UNEXPECTED, {("UNEXPECTED", "data/x")}),
    "gone": (lambda bag: bag.rename(bag.with_name("pryč")), Verdict.MISSING, {("VERSION_MISSING", ".")}),
    "no bag": (lambda bag: (bag / "bagit.txt").unlink(), Verdict.MISSING, {("MISSING", "bagit.txt")}),
    "no manifest": (lambda bag: (bag / MANIFEST).unlink(), Verdict.MISSING, {("MISSING", MANIFEST)}),
    "no tag manifest": (lambda bag: (bag / TAG_MANIFEST).unlink(), Verdict.MISSING, {("MISSING", TAG_MANIFEST)}),
}  # fmt: skip


@pytest.mark.parametrize("name", HARM)
def test_each_harm_has_its_verdict_and_names_its_file(store: Store, name: str) -> None:
    harm, verdict, rows = HARM[name]
    harm(folder(store))
    done = looked(store)
    assert (done.verdict, named(store, done)) == (verdict, rows)
    assert {row.facts["object"] for row in done.faults} == {BOOK}


class TestRegister:
    def test_a_file_altered_with_its_manifest_is_named(self, store: Store) -> None:
        file = folder(store) / "data/mets.xml"
        flip(file)
        rewritten(store, lambda lines: lines.update({"data/mets.xml": sha512(file)}))
        found = named(store, looked(store))
        assert found == {
            ("MANIFEST_ALTERED", MANIFEST),
            ("MANIFEST_ALTERED", TAG_MANIFEST),
            ("DAMAGED", "data/mets.xml"),
        }

    def test_a_file_that_only_the_manifest_slanders_is_not_named(self, store: Store) -> None:
        rewritten(store, lambda lines: lines.update({"data/mets.xml": "0" * 128}))
        done = looked(store)
        assert named(store, done) == {("MANIFEST_ALTERED", MANIFEST), ("MANIFEST_ALTERED", TAG_MANIFEST)}
        assert done.verdict is Verdict.DAMAGED

    def test_a_file_removed_or_added_with_its_line_is_named(self, store: Store) -> None:
        (folder(store) / "data/mets.xml").unlink()
        (folder(store) / "data/cizi").write_bytes(b"x")

        def change(lines: dict[str, str]) -> None:
            del lines["data/mets.xml"]
            lines["data/cizi"] = hashlib.sha512(b"x").hexdigest()

        rewritten(store, change)
        assert named(store, looked(store)) >= {("MISSING", "data/mets.xml"), ("UNEXPECTED", "data/cizi")}

    def test_a_manifest_that_is_none_any_more_still_names_the_damaged_file(self, store: Store) -> None:
        (folder(store) / MANIFEST).chmod(0o644)
        (folder(store) / MANIFEST).write_bytes(b"?\n")
        flip(folder(store) / "data/mets.xml")
        found = named(store, looked(store))
        assert found == {("MANIFEST_ALTERED", MANIFEST), ("DAMAGED", "data/mets.xml")}

    def test_a_register_that_was_altered_is_not_believed(self, store: Store) -> None:
        rewritten(store, lambda lines: lines.update({"data/mets.xml": "0" * 128}))
        register = DigestRegister(store.journal.root).folder(BOOK, "v0001") / MANIFEST
        register.chmod(0o644)
        register.write_bytes(b"")
        assert ("DAMAGED", "data/mets.xml") in named(store, looked(store))  # what the manifests say is all there is

    @settings(max_examples=12)
    @given(harmed=st.sets(st.sampled_from(sorted(PAGES))), forged=st.sets(st.sampled_from(sorted(PAGES))))
    def test_exactly_the_altered_files_are_named_whatever_the_manifest_says(
        self, tmp_path_factory: pytest.TempPathFactory, harmed: set[str], forged: set[str]
    ) -> None:
        store = stored(tmp_path_factory.mktemp("store"))
        for path in harmed:
            flip(folder(store) / path)
        if forged:
            rewritten(store, lambda lines: lines.update(dict.fromkeys(forged - harmed, "f" * 128)))
            rewritten(
                store, lambda lines: lines.update({path: sha512(folder(store) / path) for path in forged & harmed})
            )
        found = named(store, looked(store))
        assert {path for verdict, path in found if verdict == "DAMAGED"} == harmed


class TestUnreadable:
    def test_a_read_error_is_not_damage_and_hides_none(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        _fails(monkeypatch, "mets.xml")
        done = looked(store)
        assert (done.verdict, named(store, done)) == (Verdict.UNREADABLE, {("UNREADABLE", "data/mets.xml")})
        flip(folder(store) / "data/mc/mc_0001.jp2")
        done = looked(store)
        assert done.verdict is Verdict.DAMAGED
        assert named(store, done) == {("UNREADABLE", "data/mets.xml"), ("DAMAGED", "data/mc/mc_0001.jp2")}

    def test_a_place_that_is_away(self, store: Store, tmp_path: Path) -> None:
        known = kept(store)
        disk(store).root.rename(tmp_path / "away")
        done = check(store.primary, known)
        assert (done.verdict, done.files, [code_of(row) for row in done.faults]) == (Verdict.UNREADABLE, 0, ["S020"])

    def test_a_place_that_goes_away_meanwhile_has_lost_nothing(self, store: Store, tmp_path: Path) -> None:
        def unplug(_path: str, _size: int) -> None:
            if disk(store).root.exists():
                disk(store).root.rename(tmp_path / "away")

        done = looked(store, unplug)
        assert (done.verdict, [code_of(row) for row in done.faults]) == (Verdict.UNREADABLE, ["S020"])
        assert 0 < done.bytes < kept(store).bytes

    def test_a_place_that_refuses_altogether(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> list[Row]:
            raise OSError(errno.EIO, "I/O")

        monkeypatch.setattr(DirectoryPlace, "faults", refuse)
        done = looked(store)
        assert (done.verdict, done.faults[0].facts["why"]) == (Verdict.UNREADABLE, "I/O")


class TestRecord:
    def test_the_ledger_knows_when_and_how_a_copy_was_read(self, store: Store) -> None:
        flip(folder(store) / "data/mets.xml")
        done = looked(store)
        entry = record(store.journal, done, "audit-1", AGENT)
        facts = entry.facts
        assert (entry.kind, entry.subject, facts["run"], facts["verdict"]) == ("checked", BOOK, "audit-1", "damaged")
        assert facts["faults"] == [f"S010 {folder(store) / 'data/mets.xml'}"]
        replica = kept(store).replicas["hlavní"]
        assert (replica.verdict, replica.run, replica.read) == (Verdict.DAMAGED, "audit-1", entry.time)
        assert kept(store).replicas["kopie"].verdict is Verdict.INTACT

    def test_names_that_are_not_utf_8_and_very_many_of_them(self, store: Store) -> None:
        rows = tuple(Row(Verdict.UNEXPECTED, f"/x/\udcff{number}") for number in range(150))
        record(store.journal, replace(looked(store), faults=rows), "", AGENT)
        (entry,) = store.journal.entries(kinds=["checked"])
        assert isinstance(entry.facts["faults"], list)
        assert (len(entry.facts["faults"]), entry.facts["faults"][0]) == (100, "S012 /x/\ufffd0")


@given(st.lists(st.sampled_from([verdict for verdict in Verdict if verdict not in NO_COPY]), max_size=5))
def test_what_was_seen_outweighs_what_could_not_be_looked_at(verdicts: list[Verdict]) -> None:
    found = verdict_of([Row(verdict, "x") for verdict in verdicts])
    wrong = set(verdicts) - {Verdict.INTACT}
    assert (found is Verdict.INTACT) == (not wrong)
    assert (found is Verdict.DAMAGED) == bool(wrong & {Verdict.DAMAGED, Verdict.MANIFEST_ALTERED, Verdict.NOT_A_BAG})
    if found is Verdict.UNREADABLE:
        assert wrong == {Verdict.UNREADABLE}


def _fails(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Reading files of this name is an I/O error."""
    read = repository.verify.sha512_of

    def failing(path: Path) -> tuple[str, int]:
        if path.name == name:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(path)

    monkeypatch.setattr(repository.verify, "sha512_of", failing)
