"""Preservation watch: which formats there are, whether they can be read, and migration that keeps the original."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ingest.image import Pixels
from metadata.event import Agent, Event
from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import from_json, to_json
from metadata.wording import wording
from repository.ledger import Ledger, read_ledger
from repository.verify import Verdict, verify_places
from tests.bags import AGENT, BOOK, OTHER, make_bag
from tests.homes import flip, kdr, make_home
from tests.large_journals import entries
from tests.page_texts import page_of
from tests.pictures import slopes
from tests.stored_volumes import BookPage, book
from workflows import formats, migration
from workflows.drill import run_drill
from workflows.formats import Inventory, inventory
from workflows.founding import disks, open_store
from workflows.migration import FOLDER, JP2, RECORD, TIFF, Migration, migrate
from workflows.revalidation import fault, revalidate
from workflows.settings import Home

PICTURE = slopes(130, 140)
Deep = np.ndarray[tuple[int, int], np.dtype[np.uint16]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def picture(folder: Path, name: str, pixels: Pixels | Deep = PICTURE) -> bytes:
    """A picture as a file of the format that its name says."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name)
    return (folder / name).read_bytes()


def keep(home: Home, folder: Path, files: Mapping[str, bytes], object_id: VolumeId = BOOK) -> None:
    """Store a stranger's bag."""
    open_store(home).take(make_bag(folder, object_id, files), object_id, AGENT)


def ledger(home: Home) -> Ledger:
    """What the journal says is kept."""
    return read_ledger(open_store(home).journal)


def counted(found: Inventory) -> dict[str, tuple[int, str]]:
    """Files and risk by PUID."""
    return {use.puid: (use.files, use.risk) for use in found.formats}


WORDS = st.text(st.characters(codec="utf-8"), max_size=20)


class TestInventory:
    def test_a_strangers_files_are_known_by_their_bytes(self, home: Home, tmp_path: Path) -> None:
        files = {
            "data/a.jp2": picture(tmp_path / "p", "a.jp2"),
            "data/lies.jp2": picture(tmp_path / "p", "b.png"),
            "data/odd.bin": bytes(range(7)),
            "data/empty.xml": b"",
        }
        keep(home, tmp_path / "bag", files)
        told = counted(inventory(home))
        assert told[JP2] == (1, "low")
        assert told["fmt/11"] == (1, "none")
        assert told[""] == (2, "high")
        assert told["x-fmt/111"] == (4, "none")
        found = inventory(home)
        assert found.formats[0].puid == ""
        assert (found.objects, found.unread) == (1, 0)
        assert sum(use.bytes for use in found.formats) == ledger(home).bytes

    def test_our_own_pages_are_what_their_records_say(self, home: Home, tmp_path: Path) -> None:
        pages = [BookPage(page_of("Kůň")), BookPage(page_of("stojí"))]
        object_id = book(tmp_path / "bag", "kniha", pages)
        open_store(home).take(tmp_path / "bag", object_id, AGENT)
        told = counted(inventory(home))
        assert told[JP2] == (4, "low")
        assert "" not in told

    def test_only_the_newest_version_counts_and_only_once(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep(home, tmp_path / "a", {"data/a.png": picture(tmp_path / "p", "a.png")})
        keep(home, tmp_path / "b", {"data/a.tif": picture(tmp_path / "p", "a.tif")})
        first = inventory(home)
        assert counted(first)[TIFF] == (1, "none")
        assert "fmt/11" not in counted(first)
        monkeypatch.setattr(formats, "formats_of", lambda *_: pytest.fail("counted again"))
        assert inventory(home) == first
        for disk in disks(home):
            disk.root.rename(disk.root.with_name(f"{disk.root.name}-away"))
        assert inventory(home) == first

    def test_a_broken_cache_is_made_again(self, home: Home, tmp_path: Path) -> None:
        keep(home, tmp_path / "a", {"data/a.png": picture(tmp_path / "p", "a.png")})
        first = inventory(home)
        (home.catalogue.parent / "formats.json").write_text("{", encoding="utf-8")
        assert inventory(home) == first

    def test_what_cannot_be_read_now_is_told(self, home: Home, tmp_path: Path) -> None:
        keep(home, tmp_path / "a", {"data/a.txt": b"a"})
        for disk in disks(home):
            disk.root.rename(disk.root.with_name(f"{disk.root.name}-away"))
        assert (inventory(home).objects, inventory(home).unread) == (0, 1)

    def test_two_thousand_volumes_counted_before_are_not_read_again(self, home: Home) -> None:
        entries(home, 2500)
        names = [f"{kept.object_id}/{kept.version}" for kept in formats.newest_versions(ledger(home))]
        counts = dict.fromkeys((JP2, TIFF, "fmt/101", "x-fmt/111", "fmt/817"), (400, 10**9))
        cache = {"versions": dict.fromkeys(names, counts)}
        (home.catalogue.parent / "formats.json").write_bytes(to_json(cache))
        found = inventory(home)
        assert (found.objects, counted(found)[JP2][0]) == (2500, 1_000_000)

    def test_every_risk_has_its_words(self) -> None:
        table = wording("workflows", "format_risks.toml").sentences
        assert {row["risk"] for row in table.values()} == {"none", "low", "medium", "high"}
        assert all(row["name"] and row["cs_do"] and row["en_do"] for row in table.values())
        assert {"unlisted", "unidentified"} <= set(table)


class TestRevalidation:
    def test_whole_files_pass_and_damaged_ones_are_named(self, home: Home, tmp_path: Path) -> None:
        whole = picture(tmp_path / "p", "a.jp2")
        files = {
            "data/a.jp2": whole,
            "data/cut.jp2": whole[: len(whole) // 2],
            "data/a.png": picture(tmp_path / "p", "a.png"),
            "data/a.bin": bytes(range(9)),
        }
        keep(home, tmp_path / "bag", files)
        (seen,) = revalidate(home).objects
        assert [(found.code, found.facts["file"]) for found in seen.faults] == [("S093", "data/cut.jp2")]
        assert (seen.files, seen.unjudged) == (7, 1)
        (entry,) = open_store(home).journal.entries(BOOK, ("revalidated",))
        assert (entry.facts["faults"], entry.facts["files"]) == (["S093 data/cut.jp2"], 7)

    def test_one_format_or_a_sample(self, home: Home, tmp_path: Path) -> None:
        for object_id, name in ((BOOK, "a"), (OTHER, "b")):
            files = {f"data/{n}.png": picture(tmp_path / "p", "a.png") for n in range(3)}
            keep(home, tmp_path / name, files | {"data/a.tif": picture(tmp_path / "p", "a.tif")}, object_id)
        assert [each.formats for each in revalidate(home, "fmt/11").objects] == [{"fmt/11": 3}] * 2
        assert sum(each.files for each in revalidate(home, sample=5).objects) == 5
        assert sum(each.files for each in revalidate(home, TIFF, 50).objects) == 2
        assert revalidate(home, "fmt/999").objects == ()

    @pytest.mark.parametrize(
        ("puid", "content", "good"),
        [
            ("fmt/101", b"<a><b/></a>", True),
            ("fmt/101", b"<a><b></a>", False),
            ("fmt/101", b'<!DOCTYPE a SYSTEM "http://x"><a/>', False),
            ("fmt/101", b'<alto xmlns="http://www.loc.gov/standards/alto/ns-v2#"/>', False),
            ("x-fmt/111", "Příliš".encode(), True),
            ("x-fmt/111", b"P\xf8\xedli\xb9", False),
            ("fmt/817", b'{"a": 1}', True),
            ("fmt/817", b"[" * 100_000, False),
            ("fmt/18", b"%PDF-1.4\nnic", False),
            ("fmt/353", b"II*\0", False),
        ],
    )
    def test_each_format_by_its_own_rules(self, tmp_path: Path, puid: str, content: bytes, good: bool) -> None:
        (tmp_path / "file").write_bytes(content)
        assert (fault(tmp_path / "file", puid) == "") == good

    def test_a_pdf_that_is_one(self, tmp_path: Path) -> None:
        picture(tmp_path, "a.pdf")
        assert fault(tmp_path / "a.pdf", "fmt/18") == ""

    def test_what_no_validator_knows_is_not_called_good(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x")
        assert fault(tmp_path / "file", "fmt/40") is None

    def test_a_huge_picture_is_judged_without_decoding(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        picture(tmp_path, "a.png")
        monkeypatch.setattr("workflows.revalidation.decode", lambda *_: pytest.fail("decoded"))
        assert fault(tmp_path / "a.png", "fmt/11", most_pixels=100) == ""


class TestMigration:
    @pytest.mark.parametrize("kinds", [(JP2, TIFF), (TIFF, JP2)], ids="→".join)
    @pytest.mark.parametrize("pixels", [PICTURE, PICTURE[:, :, 0]], ids=["colour", "grey"])
    def test_the_original_stays_and_the_pixels_are_the_same(
        self, home: Home, tmp_path: Path, kinds: tuple[str, str], pixels: Pixels
    ) -> None:
        source, target = kinds
        name, suffix = {JP2: "a.jp2", TIFF: "a.tif"}[source], {JP2: ".jp2", TIFF: ".tif"}[target]
        if target == JP2 and not shutil.which("opj_compress"):
            pytest.skip("opj_compress is not installed")
        content = picture(tmp_path / "p", name, pixels)
        keep(home, tmp_path / "bag", {f"data/x/{name}": content, "data/x/note.txt": b"a"})
        made = migrate(home, BOOK, source, target)
        assert (made.version, made.new, made.files) == ("v0002", True, 1)
        for disk in disks(home):
            folder = disk.folder(BOOK, "v0002")
            assert (folder / f"data/x/{name}").read_bytes() == content
            with Image.open(folder / f"{FOLDER}/x/{name}{suffix}") as image:
                assert np.array_equal(np.asarray(image), pixels)
            (told,) = [from_json(Migration, line) for line in (folder / RECORD).read_bytes().splitlines()]
        assert (told.source, told.target_puid, told.event.kind) == (f"data/x/{name}", target, "migration")
        (entry,) = open_store(home).journal.entries(BOOK, ("migrated",))
        assert (entry.facts["version"], entry.facts["event"], entry.facts["files"]) == ("v0002", "mig", 1)
        rows = verify_places([disk.root for disk in disks(home)], home.journal)
        assert {row.verdict for row in rows} == {Verdict.INTACT}
        assert counted(inventory(home))[target][0] == 1

    def test_doing_it_again_does_nothing(self, home: Home, tmp_path: Path) -> None:
        keep(home, tmp_path / "bag", {"data/a.jp2": picture(tmp_path / "p", "a.jp2")})
        migrate(home, BOOK, JP2, TIFF)
        again = migrate(home, BOOK, JP2, TIFF)
        assert (again.version, again.new, again.files) == ("v0002", False, 0)
        assert sum(1 for _ in open_store(home).journal.entries(BOOK, ("migrated",))) == 1
        assert not list((home.batches.parent / "migrations").iterdir())

    def test_killed_before_the_journal_it_is_written_down_later(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep(home, tmp_path / "bag", {"data/a.jp2": picture(tmp_path / "p", "a.jp2")})

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as context:
            context.setattr(migration, "_journal_once", killed)
            with pytest.raises(KeyboardInterrupt):
                migrate(home, BOOK, JP2, TIFF)
        assert open_store(home).versions(BOOK) == ("v0001", "v0002")
        assert migrate(home, BOOK, JP2, TIFF).version == "v0002"
        (entry,) = open_store(home).journal.entries(BOOK, ("migrated",))
        assert entry.facts["version"] == "v0002"

    def test_what_would_lose_something_is_refused(self, home: Home, tmp_path: Path) -> None:
        deep = (np.arange(130 * 140, dtype=np.uint16) * 3).reshape(130, 140)
        keep(home, tmp_path / "bag", {"data/a.tif": picture(tmp_path / "p", "a.tif", deep)})
        with pytest.raises(Problem) as caught:
            migrate(home, BOOK, TIFF, JP2)
        assert caught.value.finding.code == "S094"
        assert "data/a.tif" in str(caught.value)
        assert open_store(home).versions(BOOK) == ("v0001",)

    def test_a_damaged_original_is_not_converted(self, home: Home, tmp_path: Path) -> None:
        keep(home, tmp_path / "bag", {"data/a.jp2": picture(tmp_path / "p", "a.jp2")})
        for disk in disks(home):
            flip(disk.folder(BOOK, "v0001") / "data/a.jp2")
        with pytest.raises(Problem) as caught:
            migrate(home, BOOK, JP2, TIFF)
        assert caught.value.finding.code == "S006"
        assert open_store(home).versions(BOOK) == ("v0001",)

    @pytest.mark.parametrize(("source", "target"), [(JP2, "fmt/18"), (JP2, TIFF)])
    def test_no_such_conversion_and_nothing_to_convert(
        self, home: Home, tmp_path: Path, source: str, target: str
    ) -> None:
        keep(home, tmp_path / "bag", {"data/a.txt": b"a"})
        with pytest.raises(Problem) as caught:
            migrate(home, BOOK, source, target)
        assert caught.value.finding.code == "S094"
        with pytest.raises(Problem):
            migrate(home, OTHER, JP2, TIFF)

    @given(WORDS, WORDS)
    @settings(max_examples=30)
    def test_its_record_is_read_back(self, path: str, note: str) -> None:
        event = Event("migration", "2026-11-23T10:00:00+00:00", "x", Agent("libvips"), note=note)
        told = Migration(path, JP2, "a" * 128, f"{path}.tif", TIFF, "b" * 128, event)
        assert from_json(Migration, to_json(told)) == told


def test_the_commands(home: Home, tmp_path: Path) -> None:
    assert "Nic není uloženo" in kdr("formats", "list", home=home.folder).stdout
    keep(
        home,
        tmp_path / "bag",
        {"data/a.jp2": picture(tmp_path / "p", "a.jp2"), "data/b.xml": b'<?xml version="1.0"?><a>'},
    )
    said = kdr("formats", "migrate", "--from", JP2, "--to", TIFF, BOOK, home=home.folder)
    assert (said.returncode, "v0002" in said.stdout) == (0, True)
    listed = kdr("formats", "list", home=home.folder, KDR_LANGUAGE="en")
    assert "JPEG 2000 (JP2)" in listed.stdout
    assert f"{JP2} → {TIFF}" in listed.stdout
    told = json.loads(kdr("formats", "list", "--json", home=home.folder).stdout)
    assert {each["puid"] for each in told["formats"]} >= {JP2, TIFF}
    good = kdr("formats", "check", "--puid", JP2, home=home.folder)
    assert (good.returncode, "Posouzeno souborů: 1" in good.stdout) == (0, True)
    bad = kdr("formats", "check", "--puid", "fmt/101", home=home.folder)
    assert (bad.returncode, "S093" in bad.stdout, "data/b.xml" in bad.stdout) == (1, True, True)


def test_the_canary_is_no_format_at_risk(home: Home) -> None:
    run_drill(home)
    assert inventory(home).objects == 0
