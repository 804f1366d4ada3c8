"""Packages handed out: byte for byte to the National Library, and as Kramerius' import takes them."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.description import Rights
from metadata.elements import METS
from metadata.file import Digests
from metadata.markup import Element, parse
from metadata.model import Division, Volume, VolumeId
from metadata.ndk.layout import Use
from metadata.problem import Problem
from metadata.wording import Tongue
from repository.bag import package_folders
from repository.directory_place import DirectoryPlace
from repository.store import Store
from tests.described import CASES, finished
from tests.exchanged import command, contents, package, repository, take, volume
from tests.good_packages import good_package
from tests.kramerius_reader import Thing, read_tree
from workflows.exchange import export_kramerius, export_psp
from workflows.kramerius import Unfit, fitted
from workflows.settings import Home

MODELS = {
    "monograph": "monograph",
    "monograph-volume": "monographunit",
    "map": "map",
    "graphic": "graphic",
    "sheetmusic": "sheetmusic",
    "issue": "periodicalitem",
    "sequence": "periodicalitem",
    "issue-supplement": "supplement",
    "volume-supplement": "supplement",
}
PARTS = {"chapter": "internalpart", "article": "article", "picture": "picture", "supplement": "supplement"}

Place = tuple[Home, Store]


@pytest.fixture(autouse=True)
def _quick_disk() -> Iterator[None]:
    """What a power cut does is tested with the store."""
    with patch.object(os, "fsync"):
        yield


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A repository."""
    return repository(tmp_path / "repozitář")


def stored(place: Place, case: str = "monograph") -> tuple[VolumeId, dict[str, bytes]]:
    """A volume in the repository, and the bytes of its package."""
    root = package(place[0].folder.parent / "přišlo", case)
    assert take(place, root).refusal is None
    return volume(case).id, contents(root)


def kept_file(place: Place, object_id: VolumeId, path: str) -> Path:
    """A file of a stored package as it lies on the disk."""
    primary = place[1].primary
    assert isinstance(primary, DirectoryPlace)
    file = primary.folder(object_id, "v0001") / path
    file.chmod(0o644)
    return file


def code(caught: pytest.ExceptionInfo[Problem]) -> str:
    return caught.value.finding.code


class TestForTheNationalLibrary:
    @pytest.mark.parametrize("case", CASES)
    def test_the_folder_is_the_stored_package_byte_for_byte(self, case: str, place: Place, tmp_path: Path) -> None:
        object_id, wanted = stored(place, case)
        made = export_psp(place[1], object_id, tmp_path / "nk")
        assert made.path == tmp_path / "nk" / object_id
        assert contents(made.path) == wanted
        assert (made.files, made.bytes) == (len(wanted), sum(map(len, wanted.values())))

    def test_the_zip_holds_the_same_in_one_folder_and_nothing_compressed(self, place: Place, tmp_path: Path) -> None:
        object_id, wanted = stored(place)
        made = export_psp(place[1], object_id, tmp_path, zipped=True)
        assert made.path == tmp_path / f"{object_id}.zip"
        with zipfile.ZipFile(made.path) as archive:
            entries = archive.infolist()
            assert {entry.filename: archive.read(entry) for entry in entries} == {
                f"{object_id}/{path}": content for path, content in wanted.items()
            }
        assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}

    def test_the_same_package_becomes_the_same_zip(self, place: Place, tmp_path: Path) -> None:
        object_id, _ = stored(place)
        first, second = (
            export_psp(place[1], object_id, tmp_path / n, zipped=True).path.read_bytes() for n in ("první", "druhý")
        )
        assert first == second

    def test_an_empty_folder_in_its_place_does_not_matter(self, place: Place, tmp_path: Path) -> None:
        object_id, wanted = stored(place)
        (tmp_path / "nk" / object_id).mkdir(parents=True)
        assert contents(export_psp(place[1], object_id, tmp_path / "nk").path) == wanted

    @pytest.mark.parametrize("zipped", [True, False])
    def test_what_is_there_already_is_not_touched(self, place: Place, tmp_path: Path, zipped: bool) -> None:
        object_id, _ = stored(place)
        there = tmp_path / "nk" / (f"{object_id}.zip" if zipped else f"{object_id}/poznámka.txt")
        there.parent.mkdir(parents=True)
        there.write_text("moje", encoding="utf-8")
        with pytest.raises(Problem) as caught:
            export_psp(place[1], object_id, tmp_path / "nk", zipped=zipped)
        assert code(caught) == "S005"
        assert list(contents(tmp_path / "nk").values()) == [b"moje"]

    def test_a_version_that_is_not_there_is_said_so(self, place: Place, tmp_path: Path) -> None:
        object_id, _ = stored(place)
        with pytest.raises(Problem) as caught:
            export_psp(place[1], object_id, tmp_path / "nk", version="v0009")
        assert code(caught) == "S004"


class TestNothingUnproved:
    @pytest.mark.parametrize("zipped", [True, False])
    @pytest.mark.parametrize("use", [Use.MASTER, Use.TXT])
    def test_a_damaged_file_is_not_handed_out(self, place: Place, tmp_path: Path, use: Use, zipped: bool) -> None:
        object_id, wanted = stored(place)
        path = next(name for name in wanted if name.startswith(use.value))
        kept_file(place, object_id, f"data/{object_id}/{path}").write_bytes(wanted[path][:-1] + b"!")
        with pytest.raises(Problem) as caught:
            export_psp(place[1], object_id, tmp_path / "nk", zipped=zipped)
        assert code(caught) == "S006"
        assert not (tmp_path / "nk").exists()

    def test_nor_is_one_that_is_missing(self, place: Place, tmp_path: Path) -> None:
        object_id, wanted = stored(place)
        kept_file(place, object_id, f"data/{object_id}/{min(wanted)}").unlink()
        with pytest.raises(Problem) as caught:
            export_psp(place[1], object_id, tmp_path / "nk")
        assert code(caught) == "S006"

    def test_a_list_of_digests_that_the_journal_does_not_know_proves_nothing(
        self, place: Place, tmp_path: Path
    ) -> None:
        object_id, _ = stored(place)
        listed = kept_file(place, object_id, "manifest-sha512.txt")
        listed.write_bytes(listed.read_bytes()[:-1] + b"x\n")
        with pytest.raises(Problem) as caught:
            export_psp(place[1], object_id, tmp_path / "nk")
        assert code(caught) == "S006"

    @pytest.mark.parametrize("zipped", [True, False])
    def test_a_disk_that_fills_up_leaves_nothing_that_looks_like_a_package(
        self, place: Place, tmp_path: Path, zipped: bool
    ) -> None:
        object_id, _ = stored(place)
        full = OSError(28, "No space left on device")
        with patch("workflows.exchange.flush", side_effect=full), pytest.raises(Problem) as caught:
            export_psp(place[1], object_id, tmp_path / "nk" / "sem", zipped=zipped)
        assert code(caught) == "S003"
        assert not (tmp_path / "nk").exists()

    def test_a_target_that_reads_back_differently_is_not_left(self, place: Place, tmp_path: Path) -> None:
        object_id, _ = stored(place)
        other = Digests(1, "0" * 128, "")
        with patch("workflows.exchange.read_through", return_value=other), pytest.raises(Problem) as caught:
            export_psp(place[1], object_id, tmp_path / "nk")
        assert code(caught) == "S003"
        assert "přečteno něco jiného" in str(caught.value.finding.facts["why"])
        assert not (tmp_path / "nk").exists()


@given(names=st.sets(st.text("abc/", min_size=1, max_size=6), max_size=4))
def test_the_package_is_the_folder_beside_our_own_record(names: set[str]) -> None:
    listed = dict.fromkeys([f"data/x-{name}/f" for name in names if "/" not in name], "")
    wanted = {f"x-{name}" for name in names if "/" not in name}
    assert package_folders(listed | {"data/provenance/volume.json": "", "data/stray.txt": ""}) == wanted


class TestForKramerius:
    """By our own reader (tests/kramerius_reader.py), which follows the public facts about the import."""

    @pytest.mark.parametrize("case", CASES)
    def test_every_kind_comes_out_with_its_identifiers_models_and_pages(
        self, case: str, place: Place, tmp_path: Path
    ) -> None:
        object_id, wanted = stored(place, case)
        made = export_kramerius(place[1], object_id, tmp_path / "k")
        described, things = volume(case), read_tree(tmp_path / "k")
        assert made.strangers == ()
        whole = things[described.id]
        assert whole.model == MODELS[case]
        assert whole.pages == [page.id for page in described.pages]
        for page in described.pages:
            assert_page(things[page.id], wanted, page.number)
        assert_above(things, described)
        for division in described.divisions:
            assert_part(things, division, described, whole)

    @pytest.mark.parametrize("case", CASES)
    def test_no_page_is_without_a_parent_or_with_two(self, case: str, place: Place, tmp_path: Path) -> None:
        object_id, _ = stored(place, case)
        export_kramerius(place[1], object_id, tmp_path / "k")
        things = read_tree(tmp_path / "k")
        held = [page for thing in things.values() for page in thing.pages]
        assert sorted(held) == sorted(page.id for page in volume(case).pages)

    def test_masters_are_not_published_and_all_else_is_untouched(self, place: Place, tmp_path: Path) -> None:
        object_id, wanted = stored(place)
        export_kramerius(place[1], object_id, tmp_path / "k")
        published = {path: content for path, content in wanted.items() if not path.startswith("mastercopy/")}
        assert contents(tmp_path / "k" / object_id) == published
        assert len(published) < len(wanted)

    def test_only_the_id_of_a_supplement_is_changed_in_the_copy(self, place: Place, tmp_path: Path) -> None:
        object_id, wanted = stored(place, "issue-supplement")
        made = export_kramerius(place[1], object_id, tmp_path / "k")
        main = f"mets_{object_id}.xml"
        before, after = parse(wanted[main]), parse((made.path / main).read_bytes())
        ids = [{each.get("ID") for each in root.iter()} for root in (before, after)]
        assert (ids[0] - ids[1], ids[1] - ids[0]) == ({"SUPPL_0001"}, {"SUPPLEMENT_0001"})
        assert "DMDID" not in str(ids)
        assert [each.get("DMDID") for each in before.iter()] == [each.get("DMDID") for each in after.iter()]

    def test_several_titles_and_two_parts_of_one_come_out_of_one_tree(self, place: Place, tmp_path: Path) -> None:
        for case in CASES:
            object_id, _ = stored(place, case)
            export_kramerius(place[1], object_id, tmp_path / "k")
        things = read_tree(tmp_path / "k")
        issue = volume("issue")
        assert issue.title is not None
        assert issue.year is not None
        assert things[issue.title.id].parts == [issue.year.id]
        in_year = {volume(case).id for case, kind in CASES.items() if kind.periodical}
        assert set(things[issue.year.id].parts) == in_year

    @pytest.mark.parametrize("reason", ["group", "type", "record", "map"])
    def test_what_the_import_would_throw_at_is_refused_before_anything_is_written(self, reason: str) -> None:
        root, paths = main_mets()
        BREAKING[reason](root)
        with pytest.raises(Unfit) as caught:
            fitted(root, "mets.xml", paths)
        assert caught.value.reason == reason
        assert caught.value.text(Tongue.CS) != caught.value.text(Tongue.EN)

    def test_a_file_that_the_pages_want_must_be_there(self) -> None:
        root, paths = main_mets()
        with pytest.raises(Unfit, match="usercopy"):
            fitted(root, "mets.xml", [path for path in paths if not path.startswith("usercopy/")])

    def test_pages_that_it_cannot_join_by_number_are_named(self) -> None:
        root, paths = main_mets()
        page = next(each for each in root.iter(METS.tag("div")) if each.get("ID") == "DIV_P_PAGE_0002")
        page.set("ID", "DIV_P_0002")
        assert fitted(root, "mets.xml", paths).strangers == ("DIV_P_0002",)


def assert_page(page: Thing, wanted: dict[str, bytes], number: str) -> None:
    """A page has the user's image, the ALTO, the text and the technical data of its own number."""
    streams = {"IMG_FULL": "usercopy", "ALTO": "alto", "TEXT_OCR": "txt", "AMD": "amdsec"}
    files = {folder: path for path in wanted if f"_{number}." in path for folder in [path.partition("/")[0]]}
    assert page.model == "page"
    assert page.streams == {stream: wanted[files[folder]] for stream, folder in streams.items()}


def assert_above(things: dict[str, Thing], described: Volume) -> None:
    """The titles above hold the volume."""
    if described.title is None:
        return
    above = things[described.title.id]
    periodical = described.description.kind.periodical
    assert above.model == ("periodical" if periodical else "monograph")
    inner = described.year.id if described.year else described.id
    assert above.parts == [inner]
    assert described.year is None or things[described.year.id].parts == [described.id]


def assert_part(things: dict[str, Thing], division: Division, described: Volume, parent: Thing) -> None:
    """A division has its model, its pages, the text of its blocks, and its parent."""
    part = things[division.id]
    assert part.model == PARTS[division.kind.value]
    assert part.pid in parent.parts
    assert part.on_pages == [p.id for p in described.pages if division.first <= p.order <= division.last]
    assert len(part.text) == len(division.blocks)
    for child in division.children:
        assert_part(things, child, described, part)


def main_mets() -> tuple[Element, list[str]]:
    """A main METS and the paths of its package."""
    with tempfile.TemporaryDirectory() as folder:
        root = package(Path(folder))
        return parse((root / f"mets_{root.name}.xml").read_bytes()), list(contents(root))


def _first(root: Element, tag: str, **wanted: str) -> Element:
    return next(
        each for each in root.iter(METS.tag(tag)) if all(each.get(name) == value for name, value in wanted.items())
    )


def _dropped(root: Element, **wanted: str) -> None:
    found = _first(root, "structMap", **wanted)
    parent = found.getparent()
    assert parent is not None
    parent.remove(found)


BREAKING = {
    "group": lambda root: _first(root, "fileGrp", ID="TXTGRP").set("ID", "OC_EBGRP"),
    "type": lambda root: _first(root, "div", TYPE="CHAPTER").set("TYPE", "KAPITOLA"),
    "record": lambda root: _first(root, "div", TYPE="VOLUME").set("DMDID", "MODSMD_VOLUME_0009"),
    "map": lambda root: _dropped(root, TYPE="LOGICAL"),
}


class TestTheCommand:
    def test_it_ends_with_the_verdict(self, place: Place, tmp_path: Path) -> None:
        object_id, wanted = stored(place)
        ran = command(place[0], "export", "--psp", "--no-images", f"uuid:{object_id.upper()}", tmp_path / "nk")
        assert ran.exit_code == 0
        assert "Balíček je platný" in ran.stdout.splitlines()[-1]
        assert contents(tmp_path / "nk" / object_id) == wanted

    def test_an_invalid_package_is_handed_out_but_not_passed_over(self, place: Place, tmp_path: Path) -> None:
        object_id, _ = stored(place)  # its images are none
        ran = command(place[0], "export", "--psp", "--zip", object_id, tmp_path / "nk")
        assert ran.exit_code == 1
        assert "není platný" in ran.stdout.splitlines()[-1]
        assert (tmp_path / "nk" / f"{object_id}.zip").is_file()

    def test_all_of_a_repository_goes_into_one_tree(self, place: Place, tmp_path: Path) -> None:
        ids = {stored(place, case)[0] for case in ("map", "issue")}
        ran = command(place[0], "export", "--all", "--kramerius", tmp_path / "k")
        assert ran.exit_code == 0
        assert "2 z 2" in ran.stdout
        assert {each.name for each in (tmp_path / "k").iterdir()} == ids

    @pytest.mark.parametrize(("until", "warned"), [("2099-01-01", True), ("2001-01-01", False)])
    def test_what_is_under_embargo_is_named(self, place: Place, tmp_path: Path, until: str, warned: bool) -> None:
        held = replace(volume(), rights=Rights("copyrighted", "published", embargo=until))
        done = take(place, good_package(tmp_path / "přišlo", finished(held)))
        ran = command(place[0], "export", "--kramerius", done.volume, tmp_path / "k")
        assert (f"embargem do {until}" in ran.stdout) == warned

    def test_one_that_cannot_be_handed_out_does_not_stop_the_others(self, place: Place, tmp_path: Path) -> None:
        ids = sorted(stored(place, case)[0] for case in ("map", "issue"))
        (tmp_path / "k" / ids[0]).mkdir(parents=True)
        (tmp_path / "k" / ids[0] / "něco").touch()
        ran = command(place[0], "export", "--kramerius", *ids, tmp_path / "k")
        assert ran.exit_code == 1
        assert "1 z 2" in ran.stdout
        assert "S005" in ran.stderr
        assert (tmp_path / "k" / ids[1] / f"mets_{ids[1]}.xml").is_file()

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["x", "y"], "--psp"),
            (["--psp", "--kramerius", "x", "y"], "--psp"),
            (["--psp", "y"], "složka"),
            (["--kramerius", "--zip", "x", "y"], "--zip"),
            (["--psp", "--all", "x", "y"], "--all"),
            (["--psp", "--all", "--version", "v0001", "y"], "--version"),
        ],
    )
    def test_wrong_use_is_explained(self, place: Place, words: list[str], told: str) -> None:
        ran = command(place[0], "export", *words)
        assert ran.exit_code == 64
        assert told in ran.stderr
