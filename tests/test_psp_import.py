"""Packages of other systems taken in: byte for byte, validated, catalogued, once; hostile and invalid ones never."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from metadata.description import IdentifierKind
from metadata.elements import METS, MODS
from metadata.file import Digests, read_through
from metadata.markup import Element, parse, violations
from metadata.model import PageRecord, Provenance, volume_id
from metadata.ndk.check.psp import open_psp
from metadata.ndk.package import psp_documents
from metadata.ndk.reading import GAPS, PackageRead, Unreadable, read_package
from metadata.ndk.reading_page import UNKNOWN_IMAGE, read_page
from metadata.problem import Problem
from metadata.record import from_json
from metadata.wording import wording
from repository.bag import problems
from repository.catalogue.build import build
from repository.store import Store
from repository.verify import PLACE_MARKER
from tests.bags import make_bag
from tests.described import BARE, CASES, FULL, finished
from tests.exchanged import command, contents, package, renamed, repository, take, volume, zipped
from tests.good_packages import changed, edited, good_package
from tests.page_records import VOLUME, page_records, volume_record, with_page
from tests.xpath import texts
from workflows.exchange import export_psp
from workflows.founding import disks
from workflows.psp_import import State, Wish
from workflows.settings import Home

Place = tuple[Home, Store]
OTHER_NAME = "abc123-00000x"


@pytest.fixture(autouse=True)
def _quick_disk() -> Iterator[None]:
    """What a power cut does is tested with the store."""
    with patch.object(os, "fsync"):
        yield


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A repository."""
    return repository(tmp_path / "repozitář")


def read(root: Path) -> PackageRead:
    """What a package tells."""
    digests: dict[str, Digests] = {path: read_through(root / path) for path in contents(root)}
    with open_psp(root) as psp:
        return read_package(psp, digests)


def kept(place: Place, object_id: str, name: str, version: str = "v0001") -> bytes:
    """A file of our own record in a stored version."""
    with place[1].primary.open(volume_id(object_id), version, f"data/provenance/{name}") as stream:
        return stream.read()


def nothing_left(place: Place) -> bool:
    """Whether nothing was stored and no copy lies about."""
    home, store = place
    return not store.objects() and not list((home.batches.parent / "imports").glob("*"))


def test_people_are_told_of_every_gap() -> None:
    sentences = wording("workflows", "exchange.toml").sentences
    assert {key.removeprefix("gap_") for key in sentences if key.startswith("gap_")} == set(GAPS)


class TestReading:
    """metadata/ndk/reading.py is the way back of metadata/ndk/package.py."""

    @pytest.mark.parametrize("case", CASES)
    def test_a_volume_of_every_kind_is_read_as_it_was_written(self, case: str, tmp_path: Path) -> None:
        described, found = volume(case), read(package(tmp_path, case)).record.volume
        assert (found.id, found.pages, found.rights) == (described.id, described.pages, described.rights)
        assert found.year == described.year
        assert (found.title and found.title.id) == (described.title and described.title.id)
        assert found.description.kind is CASES[case]
        assert found.description.title == described.description.title
        urn = IdentifierKind.URNNBN
        assert found.description.identifier(urn) == described.description.identifier(urn)
        assert found.description.identifier(IdentifierKind.UUID) == ""

    @pytest.mark.parametrize("case", CASES)
    def test_so_are_its_divisions_with_their_pages_and_blocks(self, case: str, tmp_path: Path) -> None:
        described, found = volume(case).divisions, read(package(tmp_path, case)).record.volume.divisions
        for wanted, told in zip(described, found, strict=True):
            assert (told.id, told.kind, told.first, told.last) == (wanted.id, wanted.kind, wanted.first, wanted.last)
            assert (told.title, told.blocks) == (wanted.title, wanted.blocks)
            assert [each.id for each in told.children] == [each.id for each in wanted.children]

    @pytest.mark.parametrize("case", CASES)
    def test_of_which_hardly_anything_is_known_it_makes_nothing_up(self, case: str, tmp_path: Path) -> None:
        described = BARE[case]
        found = read(good_package(tmp_path, finished(described)))
        assert found.gaps == ()
        assert found.record.volume.divisions == ()
        assert found.record.volume.rights is None
        assert found.record.volume.pages == described.pages
        assert found.record.volume.description.names == ()
        if described.year is not None:
            assert found.record.volume.year == described.year

    def test_a_page_keeps_what_its_technical_record_tells(self, tmp_path: Path) -> None:
        written = finished(volume()).pages[0]
        told = read(package(tmp_path)).record.pages[0]
        assert (told.scan.path, told.scan.size, told.scan.md5) == (
            written.scan.path,
            written.scan.size,
            written.scan.md5,
        )
        assert told.scan.sha512 == ""
        for name in ("width", "height", "samples", "bits", "format", "puid", "x_dpi", "y_dpi"):
            assert getattr(told.scan_image, name) == getattr(written.scan_image, name)
            assert getattr(told.master_image, name) == getattr(written.master_image, name)
        assert (told.scan_image.make, told.scan_image.model) == ("Zeutschel", "OS 14000")
        assert told.user_image == UNKNOWN_IMAGE
        details = [event.detail for event in told.events]
        assert details[0] == "capture/digitization"
        assert details[-1] == "deletion/PS_deletion"
        assert {event.detail for event in written.events if event.detail in details} >= {"migration/MC_creation"}
        assert (told.words, round(told.confidence, 6)) == (3, 0.9)

    @given(record=page_records())
    @settings(max_examples=25)
    def test_whatever_a_page_says_of_its_image_and_makers_is_read_without_fail(self, record: PageRecord) -> None:
        documents = psp_documents(with_page(volume_record(2), record))
        told = read_page(parse(documents[f"amdsec/amd_mets_{VOLUME}_0001.xml"]))
        assert (told.scan_image.width, told.scan_image.height) == (record.scan_image.width, record.scan_image.height)
        assert told.scan_image.bits == record.scan_image.bits
        if min(record.scan_image.x_dpi, record.scan_image.y_dpi) > 0:
            assert told.scan_image.x_dpi == pytest.approx(record.scan_image.x_dpi, abs=1e-3)
        assert (told.scan.md5, told.scan.size) == (record.scan.md5, record.scan.size)
        assert all(event.kind and event.detail for event in told.events)

    def test_a_page_without_a_record_gets_an_identifier_from_kdr_and_that_is_said(self, tmp_path: Path) -> None:
        root = package(tmp_path)
        edited(root, f"mets_{root.name}.xml", lambda tree: _drop(tree, "MODSMD_PAGE_0002"))
        found = read(root)
        assert found.gaps == (("page_uuid", "DIV_P_PAGE_0002"),)
        assert found.record.volume.pages[1].id not in {page.id for page in volume().pages}
        assert found.record == read(root).record
        assert found.record.volume.pages[1].label == "[i]"

    def test_a_division_of_unknown_pages_is_left_out_and_that_is_said(self, tmp_path: Path) -> None:
        root = package(tmp_path)
        edited(root, f"mets_{root.name}.xml", lambda tree: _unlink(tree, "PICT_0001"))
        found = read(root)
        assert found.gaps == (("division_pages", "PICT_0001"),)
        assert [each.kind.value for each in found.record.volume.divisions] == ["chapter", "supplement"]

    def test_alto_that_cannot_be_read_or_does_not_say_how_sure_it_is(self, tmp_path: Path) -> None:
        root = package(tmp_path)
        name = f"alto/alto_{root.name}"
        changed(root, f"{name}_0001.xml", ' WC="[0-9.]+"', "", count=99)
        changed(root, f"{name}_0002.xml", "<String ", "<Slovo ")
        (root / f"{name}_0003.xml").write_bytes(b"<alto")
        found = read(root)
        assert found.gaps == (("confidence", "0001"), ("text", "0003"))
        assert [(page.words, page.confidence) for page in found.record.pages[:3]] == [(3, -1.0), (2, 0.9), (0, -1.0)]

    def test_rights_of_single_pages_stay_with_them(self, tmp_path: Path) -> None:
        root = package(tmp_path)
        changed(
            root, f"amdsec/amd_mets_{root.name}_0002.xml", 'copyright.status="pd"', 'copyright.status="copyrighted"'
        )
        found = read(root).record.volume
        assert found.rights is None
        assert [page.rights and page.rights.copyright for page in found.pages] == [
            "pd", "copyrighted", "pd", "pd", "pd",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ('TYPE="VOLUME"', 'TYPE="SVAZEK"', "logical_map"),
            (f'type="uuid">{volume().id}', 'type="uuid">nic', "uuid"),
            ("<mods:title>[^<]*</mods:title>", "", "title"),
            ('TYPE="PHYSICAL"', 'TYPE="JINÁ"', "pages"),
            ('FILEID="UC_0002"', 'FILEID="UC_0009"', "page_file"),
        ],
    )  # fmt: skip
    def test_what_no_volume_can_do_without(self, tmp_path: Path, old: str, new: str, reason: str) -> None:
        root = package(tmp_path)
        changed(root, f"mets_{root.name}.xml", old, new, count=9)
        with pytest.raises(Unreadable) as caught:
            read(root)
        assert caught.value.reason == reason


def _drop(tree: Element, section: str) -> None:
    found = next(each for each in tree.iter(METS.tag("dmdSec")) if each.get("ID") == section)
    tree.remove(found)


def _unlink(tree: Element, division: str) -> None:
    for link in list(tree.iter(METS.tag("smLink"))):
        if division in link.values():
            parent = link.getparent()
            assert parent is not None
            parent.remove(link)


class TestTaking:
    @pytest.mark.parametrize("case", CASES)
    def test_the_export_of_an_import_is_the_same_package(self, case: str, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí", case)
        done = take(place, root)
        assert (done.state, done.volume, done.version) == (State.STORED, volume(case).id, "v0001")
        assert len(done.copies) == 2
        assert contents(export_psp(place[1], volume_id(done.volume), tmp_path / "zpět").path) == contents(root)

    def test_so_it_is_when_its_name_is_not_its_uuid(self, place: Place, tmp_path: Path) -> None:
        root = renamed(package(tmp_path / "cizí"), OTHER_NAME)
        done = take(place, root)
        assert (done.state, done.package, done.volume) == (State.STORED, OTHER_NAME, volume().id)
        made = export_psp(place[1], volume_id(done.volume), tmp_path / "zpět")
        assert made.path.name == OTHER_NAME
        assert contents(made.path) == contents(root)

    @pytest.mark.parametrize("zipped_by", ["others", "us"])
    def test_a_zip_is_its_package(self, place: Place, tmp_path: Path, zipped_by: str) -> None:
        root = package(tmp_path / "cizí")
        if zipped_by == "us":
            other = repository(tmp_path / "jiný")
            first = take(other, root)
            archive = export_psp(other[1], volume_id(first.volume), tmp_path, zipped=True).path
        else:
            archive = zipped(root, tmp_path / "balíček.zip")
        done = take(place, archive)
        assert done.state is State.STORED
        assert contents(export_psp(place[1], volume_id(done.volume), tmp_path / "zpět").path) == contents(root)

    def test_what_is_stored_is_a_valid_bag_with_our_record_beside_the_package(
        self, place: Place, tmp_path: Path
    ) -> None:
        done = take(place, package(tmp_path / "cizí", "issue"))
        bag = place[1].export(volume_id(done.volume), tmp_path / "bag")
        assert problems(bag) == ()
        whence = from_json(Provenance, (bag / "data/provenance/volume.json").read_bytes())
        assert (whence.volume.id, whence.volume.folder, whence.delivery) == (done.volume, done.package, done.package)
        pages = (bag / "data/provenance/pages.jsonl").read_bytes().splitlines()
        assert [from_json(PageRecord, each).page for each in pages] == list(whence.volume.pages)
        told = json.loads((bag / "data/provenance/import.json").read_bytes())
        assert (told["package"], told["judgement"]["verdict"], told["not_told"]) == (done.package, "VALID", [])

    def test_who_took_it_in_stands_in_premis_and_in_the_journal(
        self, place: Place, tmp_path: Path, schemas: Path
    ) -> None:
        done = take(place, package(tmp_path / "cizí"))
        document = parse(kept(place, done.volume, "premis.xml"))
        assert violations(document, schemas / "premis" / "premis-v3-0.xsd") == ()
        assert texts(document, "//premis3:eventType/text()") == ["validation", "ingestion"]
        kinds = [entry.kind for entry in place[1].journal.entries(done.volume)]
        assert kinds == ["stored", "replicated", "imported"]
        assert place[1].check_journal() == []

    def test_nothing_lies_about_afterwards(self, place: Place, tmp_path: Path) -> None:
        take(place, package(tmp_path / "cizí"))
        assert not (place[0].batches.parent / "imports").exists()

    @pytest.mark.parametrize("case", ["monograph", "issue"])
    def test_the_catalogue_shows_it(self, place: Place, tmp_path: Path, case: str) -> None:
        done = take(place, package(tmp_path / "cizí", case))
        built = build(place[0].catalogue, place[1].primary, place[1].journal)
        assert built.unreadable == 0
        with closing(sqlite3.connect(place[0].catalogue)) as catalogue:
            rows = catalogue.execute("select uuid, title, pages, words, folder from volume").fetchall()
            texts_found = catalogue.execute("select text from page_text").fetchall()
        assert rows == [(done.volume, volume(case).description.title, 5, 15, done.package)]
        assert len(texts_found) == 5

    def test_the_catalogue_lists_one_of_another_name_too(self, place: Place, tmp_path: Path) -> None:
        done = take(place, renamed(package(tmp_path / "cizí"), OTHER_NAME))
        build(place[0].catalogue, place[1].primary, place[1].journal)
        with closing(sqlite3.connect(place[0].catalogue)) as catalogue:
            rows = catalogue.execute("select uuid, pages, folder from volume").fetchall()
        assert rows == [(done.volume, 5, OTHER_NAME)]


class TestOnce:
    def test_the_same_package_again_stores_nothing_twice(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        take(place, root)
        before = list(place[1].journal.entries())
        again = take(place, zipped(root, tmp_path / "a.zip"))
        assert (again.state, again.version) == (State.KNOWN, "v0001")
        assert list(place[1].journal.entries()) == before
        assert place[1].versions(volume().id) == ("v0001",)

    def test_another_content_of_a_known_volume_is_refused(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        take(place, root)
        changed(root, f"txt/txt_{root.name}_0001.txt", "kůň", "kun")
        done = take(place, root)
        assert done.state is State.REFUSED
        assert done.refusal is not None
        assert done.refusal.reason == "other_content"
        assert place[1].versions(volume().id) == ("v0001",)

    def test_or_becomes_its_next_version_on_wish_and_the_first_one_is_still_known(
        self, place: Place, tmp_path: Path
    ) -> None:
        root, wish = package(tmp_path / "cizí"), Wish(images=False, new_version=True)
        take(place, root)
        first = contents(root)
        changed(root, f"txt/txt_{root.name}_0001.txt", "kůň", "kun")
        assert take(place, root, wish).version == "v0002"
        assert take(place, root, wish).state is State.KNOWN
        old = take(place, package(tmp_path / "znovu"))
        assert (old.state, old.version) == (State.KNOWN, "v0001")
        exported = export_psp(place[1], volume().id, tmp_path / "v1", version="v0001")
        assert contents(exported.path) == first
        assert contents(export_psp(place[1], volume().id, tmp_path / "v2").path) == contents(root)

    @pytest.mark.parametrize("at", ["take", "append"])
    def test_one_that_was_killed_on_its_way_is_finished_by_the_next(
        self, place: Place, tmp_path: Path, at: str
    ) -> None:
        root = package(tmp_path / "cizí")
        target = {"take": "repository.store.Store._keep", "append": "repository.journal.Journal.append"}[at]
        with patch(target, side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            take(place, root)
        done = take(place, root)
        assert done.version == "v0001"
        assert len(done.copies) == 2
        kinds = [entry.kind for entry in place[1].journal.entries(volume().id)]
        assert kinds == ["stored", "replicated", "imported"]
        assert not (place[0].batches.parent / "imports").exists()

    def test_what_a_dead_run_left_half_copied_is_cleared_away_but_not_what_one_works_on(
        self, place: Place, tmp_path: Path
    ) -> None:
        staging = place[0].batches.parent / "imports"
        dead, busy = staging / ".draft-mrtvý", staging / ".draft-živý"
        for folder in (dead, busy):
            (folder / "data").mkdir(parents=True)
        handle = os.open(busy, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        take(place, package(tmp_path / "cizí"))
        os.close(handle)
        assert list(staging.iterdir()) == [busy]


class TestBags:
    def test_one_of_ours_is_taken_as_it_is(self, place: Place, tmp_path: Path) -> None:
        other = repository(tmp_path / "jiný")
        first = take(other, package(tmp_path / "cizí", "issue"))
        bag = other[1].export(volume_id(first.volume), tmp_path / "bag")
        done = take(place, bag)
        assert (done.state, done.volume, done.title) == (State.STORED, first.volume, first.title)
        assert contents(place[1].export(volume_id(done.volume), tmp_path / "zpět")) == contents(bag)
        assert take(place, bag).state is State.KNOWN

    def test_a_damaged_one_is_refused(self, place: Place, tmp_path: Path) -> None:
        other = repository(tmp_path / "jiný")
        first = take(other, package(tmp_path / "cizí"))
        bag = other[1].export(volume_id(first.volume), tmp_path / "bag")
        text = next(bag.glob("data/*/txt/*"))
        text.write_bytes(text.read_bytes()[::-1])
        done = take(place, bag)
        assert done.refusal is not None
        assert done.refusal.reason == "bag"
        assert text.name in done.refusal.text()
        assert nothing_left(place)

    def test_of_another_systems_bag_the_package_in_it_is_taken(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        files = {f"data/{root.name}/{path}": content for path, content in contents(root).items()}
        done = take(place, make_bag(tmp_path / "bag", files=files))
        assert done.state is State.STORED
        assert contents(export_psp(place[1], volume().id, tmp_path / "zpět").path) == contents(root)

    def test_a_zipped_bag_is_refused_for_it_could_not_be_verified(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        files = {f"data/{root.name}/{path}": content for path, content in contents(root).items()}
        done = take(place, zipped(make_bag(tmp_path / "bag", files=files), tmp_path / "bag.zip"))
        assert done.refusal is not None
        assert done.refusal.reason == "zipped_bag"
        assert nothing_left(place)


class TestRefusing:
    def test_an_invalid_package_is_refused_with_its_complaints_and_nothing_is_stored(
        self, place: Place, tmp_path: Path
    ) -> None:
        root = package(tmp_path / "cizí")
        text = root / f"txt/txt_{root.name}_0001.txt"
        text.write_text("jiný", encoding="utf-8")
        done = take(place, root)
        assert done.state is State.REFUSED
        assert done.report is not None
        assert "CHECKSUM_FILE_ALL_CHECKSUMS_MATCH" in {each.rule for each in done.report.complaints}
        assert nothing_left(place)

    def test_images_are_judged_unless_somebody_wishes_otherwise(self, place: Place, tmp_path: Path) -> None:
        done = take(place, package(tmp_path / "cizí"), Wish())
        assert done.refusal is not None
        assert done.refusal.reason == "invalid"
        assert nothing_left(place)

    def test_a_link_in_it_is_not_followed(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        (root / "txt" / "passwd").symlink_to("/etc/passwd")
        done = take(place, root)
        assert done.refusal is not None
        assert done.refusal.reason == "odd"
        assert nothing_left(place)

    @pytest.mark.parametrize("entry", ["../venku.txt", "/etc/venku.txt", "a/../../venku.txt"])
    def test_a_zip_that_would_write_elsewhere_is_refused(self, place: Place, tmp_path: Path, entry: str) -> None:
        archive = zipped(package(tmp_path / "cizí"), tmp_path / "zlý.zip")
        with zipfile.ZipFile(archive, "a") as more:
            more.writestr(entry, "ven")
        done = take(place, archive)
        assert done.refusal is not None
        assert done.refusal.reason == "no_package"
        assert nothing_left(place)
        assert not list(tmp_path.rglob("venku.txt"))

    def test_a_package_cannot_take_the_name_of_our_own_record(self, place: Place, tmp_path: Path) -> None:
        done = take(place, renamed(package(tmp_path / "cizí"), "provenance"))
        assert done.refusal is not None
        assert done.refusal.reason == "name"
        assert nothing_left(place)

    def test_a_valid_one_that_does_not_say_what_it_is_is_refused(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        with patch("workflows.psp_import.read_package", side_effect=Unreadable("title", "VOLUME_0001")):
            done = take(place, root)
        assert done.refusal is not None
        assert "VOLUME_0001" in done.refusal.text()
        assert nothing_left(place)

    def test_a_full_disk_leaves_no_half_copy(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        full = OSError(28, "No space left on device")
        with patch("workflows.incoming.bag.write_bag", side_effect=full), pytest.raises(OSError, match="No space"):
            take(place, root)
        assert nothing_left(place)

    def test_a_place_that_is_not_attached_stops_the_command(self, place: Place, tmp_path: Path) -> None:
        (disks(place[0])[0].root / PLACE_MARKER).unlink()
        with pytest.raises(Problem) as caught:
            take(place, package(tmp_path / "cizí"))
        assert caught.value.finding.code == "S020"
        assert not (place[0].batches.parent / "imports").exists()


class TestAForeignPackage:
    """The standard's minimal examples, made by another program; their images and texts are not in the folder."""

    @pytest.mark.parametrize("example", ["monograph_2.2_minimal", "periodical_2.1_minimal"])
    def test_is_read_as_far_as_it_tells(self, schemas: Path, tmp_path: Path, example: str) -> None:
        root = tmp_path / next((schemas / "ndk/examples" / example).glob("mets_*.xml")).stem.removeprefix("mets_")
        shutil.copytree(schemas / "ndk/examples" / example, root)
        main = parse((root / f"mets_{root.name}.xml").read_bytes())
        for place in main.iter(METS.tag("FLocat")):
            wanted = root / next(value for key, value in place.attrib.items() if str(key).endswith("href"))
            wanted.parent.mkdir(exist_ok=True)
            if not wanted.exists():
                wanted.write_bytes(b"neni tu")
        found = read(root)
        uuids = {each.text for each in main.iter(MODS.tag("identifier")) if each.get("type") == "uuid"}
        told = found.record.volume
        named = {told.id, *(page.id for page in told.pages), *(each.id for each in (told.title, told.year) if each)}
        assert named <= uuids
        assert found.id == root.name
        assert told.description.title
        assert {what for what, _ in found.gaps} <= {"technical", "text", "confidence"}


class TestTheCommand:
    def test_a_package_is_taken_and_told_of(self, place: Place, tmp_path: Path) -> None:
        ran = command(place[0], "import", "--no-images", package(tmp_path / "cizí"))
        assert ran.exit_code == 0
        assert f"uloženo jako {volume().id} v0001" in ran.stdout

    def test_a_refusal_is_exit_code_65_with_the_complaints(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        (root / f"txt/txt_{root.name}_0001.txt").write_text("jiný", encoding="utf-8")
        ran = command(place[0], "import", "--no-images", root)
        assert ran.exit_code == 65
        assert "CHECKSUM_FILE_ALL_CHECKSUMS_MATCH" in ran.stdout
        assert "nic se neuložilo" in ran.stderr
        assert nothing_left(place)

    def test_a_path_where_nothing_is_does_not_stop_the_others(self, place: Place, tmp_path: Path) -> None:
        ran = command(place[0], "import", "--no-images", tmp_path / "není", package(tmp_path / "cizí"))
        assert ran.exit_code == 66
        assert "neexistuje" in ran.stderr
        assert place[1].objects() == (volume().id,)

    def test_programs_get_json(self, place: Place, tmp_path: Path) -> None:
        ran = command(place[0], "import", "--no-images", "--json", package(tmp_path / "cizí", "map"))
        (told,) = json.loads(ran.stdout)
        assert (told["state"], told["volume"], told["judgement"]["verdict"]) == ("stored", FULL["map"].id, "VALID")

    def test_what_a_package_does_not_tell_is_said(self, place: Place, tmp_path: Path) -> None:
        root = package(tmp_path / "cizí")
        changed(root, f"alto/alto_{root.name}_0001.xml", ' WC="[0-9.]+"', "", count=99)
        ran = command(place[0], "import", "--no-images", root)
        assert ran.exit_code == 0
        assert "jistotu čtení strany (1×)" in ran.stdout
