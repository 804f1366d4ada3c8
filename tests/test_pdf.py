"""`kdr export --pdf`: what a reader gets of a stored volume, and that nothing is written that is not proved."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import pikepdf
import pytest
from PIL import Image

from metadata.alto import to_alto
from metadata.description import Description, Rights, VolumeKind
from metadata.finding import exit_code
from metadata.model import (
    Division,
    DivisionKind,
    Page,
    PageRecord,
    Title,
    Volume,
    VolumeId,
    VolumeRecord,
    Year,
    new_page_id,
    new_title_id,
    new_volume_id,
)
from metadata.ndk.layout import Use, name
from metadata.problem import Problem
from repository.directory_place import DirectoryPlace
from repository.store import Store
from tests.bags import AGENT
from tests.exchanged import command, contents, package, renamed, repository, take, volume
from tests.good_packages import WORDS, renew
from tests.page_records import CREATED, KDR, description, page_record
from tests.page_texts import page_of
from tests.pictures import slopes
from tests.stored_volumes import bag_of
from workflows.founding import open_store
from workflows.pdf import Wanted, export_pdf, full_title
from workflows.settings import Home, load

TEXTS = ("Hodinář a knihovna", "obsah\nknihy", "Žluťoučký kůň", "")
LABELS = ("[I]", "II", "1", "")
DIVISIONS = (
    Division(new_title_id("1"), DivisionKind.CHAPTER, 1, 2, "Předmluva"),
    Division(
        new_title_id("2"), DivisionKind.CHAPTER, 2, 4, "Vodník u jezu", part_number="1.",
        children=(Division(new_title_id("3"), DivisionKind.PICTURE, 3, 3, "Jez v zimě"),),
    ),
)  # fmt: skip
WHOLE = Wanted(long_edge=300)


@dataclass(frozen=True, slots=True)
class Stored:
    """A repository with one volume in it."""

    home: Home
    store: Store
    id: VolumeId

    def file(self, use: Use, order: int) -> Path:
        """A file of a page as it lies in the primary place, to be tampered with."""
        path = next(self._version().glob(f"data/*/{use.value}/*_{order:04d}.*"))
        path.chmod(0o644)
        return path

    def _version(self) -> Path:
        primary = self.store.primary
        assert isinstance(primary, DirectoryPlace)
        return primary.folder(self.id, "v0001")


def picture(shade: int) -> bytes:
    """A user copy: no master copy's size, as small as can be."""
    out = io.BytesIO()
    Image.fromarray(slopes(300, 200) // 2 + shade).save(out, "JPEG2000")
    return out.getvalue()


def made(volume: Volume, order: int) -> tuple[PageRecord, dict[str, bytes]]:
    """A finished page and its files."""
    record = page_record(volume.pages[order - 1], volume.id)
    alto = to_alto(page_of(*filter(None, [TEXTS[order - 1]])), image_name="mc.jp2", when=CREATED, order=order)
    bytes_of = {Use.MASTER: b"master", Use.USER: picture(order), Use.ALTO: alto, Use.TXT: b"text"}
    return record, {f"{use.value}/{name(volume.id, use, order)}": content for use, content in bytes_of.items()}


def stored(folder: Path, rights: Rights | None = None, alto: bytes | None = None, created: str = CREATED) -> Stored:
    """A repository in `folder` with the volume; `alto` stands in place of that of the third page."""
    own = new_volume_id("kniha")
    pages = tuple(
        Page(new_page_id(own, f"{n}"), n, f"{n:04d}.tif", label=label) for n, label in enumerate(LABELS, start=1)
    )
    volume = Volume(own, "kniha", description(), pages, divisions=DIVISIONS, rights=rights)
    finished = [made(volume, page.order) for page in pages]
    files = {path: content for _, contents in finished for path, content in contents.items()}
    if alto is not None:
        files[f"{Use.ALTO.value}/{name(own, Use.ALTO, 3)}"] = alto
    record = VolumeRecord(volume, tuple(record for record, _ in finished), KDR, created)
    bag_of(folder / "bag", record, files)
    home, store = repository(folder / "repozitář")
    store.take(folder / "bag", own, AGENT)
    return Stored(home, store, own)


@pytest.fixture(autouse=True)
def _quick_disk() -> Iterator[None]:
    """What a power cut does is tested with the store."""
    with patch.object(os, "fsync"):
        yield


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """The volume, not to be changed."""
    with patch.object(os, "fsync"):
        return stored(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def own(shelf: Stored, tmp_path: Path) -> Stored:
    """A copy of the volume and its repository, to be tampered with."""
    shutil.copytree(shelf.home.folder, tmp_path / "repozitář", symlinks=True)
    home = load(tmp_path / "repozitář")
    return Stored(home, open_store(home), shelf.id)


@pytest.fixture(scope="module")
def whole(shelf: Stored, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PDF of all of it."""
    with patch.object(os, "fsync"):
        return export_pdf(shelf.store, shelf.id, tmp_path_factory.mktemp("pdf"), WHOLE).path


def refused(shelf: Stored, target: Path, wanted: Wanted = WHOLE, version: str | None = None) -> str:
    with pytest.raises(Problem) as caught:
        export_pdf(shelf.store, shelf.id, target, wanted, version=version)
    return caught.value.finding.code


def labels(pdf: pikepdf.Pdf) -> list[str]:
    numbers = list(pdf.Root.PageLabels.Nums.as_list())
    return [str(each.P) for each in numbers[1::2]]


def outline(pdf: pikepdf.Pdf) -> list[tuple[str, int, list[str]]]:
    """Each bookmark: its title, its page from 0, and what is below it."""
    pages = [page.obj.objgen for page in pdf.pages]

    def leads_to(mark: pikepdf.OutlineItem) -> int:
        assert isinstance(mark.destination, pikepdf.Array)
        return pages.index(mark.destination[0].objgen)

    with pdf.open_outline() as found:
        return [(each.title, leads_to(each), [child.title for child in each.children]) for each in found.root]


def words(target: Path) -> list[str]:
    """All words in order, by the eyes of pdftotext (Poppler)."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    return subprocess.run([program, "-raw", target, "-"], capture_output=True, text=True, check=True).stdout.split()


class TestWhatAReaderGets:
    def test_the_pages_with_their_labels_and_bookmarks(self, whole: Path, shelf: Stored) -> None:
        assert whole.name == f"{shelf.id}.pdf"
        with pikepdf.open(whole) as pdf:
            assert len(pdf.pages) == 4
            assert labels(pdf) == list(LABELS)
            assert outline(pdf) == [("Předmluva", 0, []), ("1. Vodník u jezu", 1, ["Jez v zimě"])]

    def test_what_the_file_says_of_itself(self, whole: Path) -> None:
        with pikepdf.open(whole) as pdf:
            assert str(pdf.docinfo["/Title"]) == "Zkušební svazek: s podnázvem"
            assert str(pdf.docinfo["/Author"]) == "Novák, Jan, Černá, Marie"
            assert str(pdf.Root.Lang) == "cs"
            said = pdf.Root.Metadata.read_bytes().decode()
            assert "urn:nbn:cz:li001-000001" in said
            assert "2026-11-22T10:00:00+00:00" in said

    def test_the_words_in_their_order(self, whole: Path) -> None:
        assert words(whole) == " ".join(TEXTS).split()

    def test_the_picture_is_the_user_copy_and_the_page_as_large_as_the_original(self, whole: Path) -> None:
        with pikepdf.open(whole) as pdf:
            page = pdf.pages[0]
            image = page.Resources.XObject.P
            assert (int(image.Width), int(image.Height)) == (200, 300)
            assert float(page.mediabox[2]) == pytest.approx(2000 / 299.72 * 72, abs=0.01)

    def test_it_is_made_again_byte_for_byte(self, whole: Path, shelf: Stored, tmp_path: Path) -> None:
        again = export_pdf(shelf.store, shelf.id, tmp_path, WHOLE)
        assert again.path.read_bytes() == whole.read_bytes()
        assert (again.facts.pages, again.facts.words, again.version) == (4, 7, "v0001")
        assert again.facts.bytes == whole.stat().st_size

    def test_a_long_edge_makes_the_pictures_smaller(self, shelf: Stored, tmp_path: Path) -> None:
        small = export_pdf(shelf.store, shelf.id, tmp_path, Wanted(1, 1, long_edge=150))
        with pikepdf.open(small.path) as pdf:
            assert pdf.pages[0].Resources.XObject.P.Height == 150

    def test_progress_is_told_page_by_page(self, shelf: Stored, tmp_path: Path) -> None:
        heard: list[tuple[int, int]] = []
        export_pdf(shelf.store, shelf.id, tmp_path, WHOLE, progress=lambda *said: heard.append(said))
        assert heard == [(n, 4) for n in (1, 2, 3, 4)]


class TestSomePages:
    def test_bookmarks_lead_to_what_is_there(self, shelf: Stored, tmp_path: Path) -> None:
        some = export_pdf(shelf.store, shelf.id, tmp_path, Wanted(2, 3, 300))
        with pikepdf.open(some.path) as pdf:
            assert labels(pdf) == ["II", "1"]
            assert outline(pdf) == [("Předmluva", 0, []), ("1. Vodník u jezu", 0, ["Jez v zimě"])]
        assert words(some.path) == ["obsah", "knihy", "Žluťoučký", "kůň"]

    def test_a_part_without_its_pages_has_no_bookmark(self, shelf: Stored, tmp_path: Path) -> None:
        last = export_pdf(shelf.store, shelf.id, tmp_path, Wanted(4, 0, 300))
        with pikepdf.open(last.path) as pdf:
            assert outline(pdf) == [("1. Vodník u jezu", 0, [])]

    @pytest.mark.parametrize("wanted", [Wanted(5, 9), Wanted(3, 9), Wanted(3, 2)])
    def test_pages_that_it_does_not_have(self, shelf: Stored, tmp_path: Path, wanted: Wanted) -> None:
        assert refused(shelf, tmp_path / "pdf", wanted) == "S023"
        assert not (tmp_path / "pdf").exists()


class TestNothingUnproved:
    @pytest.mark.parametrize("use", [Use.USER, Use.ALTO])
    def test_a_damaged_file_stops_it_and_nothing_is_left(self, own: Stored, tmp_path: Path, use: Use) -> None:
        file = own.file(use, 3)
        file.write_bytes(file.read_bytes()[:-1] + b"!")
        (tmp_path / "pdf").mkdir()
        assert refused(own, tmp_path / "pdf") == "S006"
        assert list((tmp_path / "pdf").iterdir()) == []
        assert refused(own, tmp_path / "nové" / "pdf") == "S006"
        assert not (tmp_path / "nové").exists()

    def test_a_page_that_is_whole_can_still_be_had(self, own: Stored, tmp_path: Path) -> None:
        own.file(Use.USER, 3).write_bytes(b"nothing")
        assert export_pdf(own.store, own.id, tmp_path, Wanted(1, 2, 300)).facts.pages == 2

    def test_nor_is_a_file_that_is_missing_passed_over(self, own: Stored, tmp_path: Path) -> None:
        own.file(Use.USER, 1).unlink()
        assert refused(own, tmp_path / "pdf") == "S006"

    def test_what_is_there_is_not_touched(self, shelf: Stored, tmp_path: Path) -> None:
        there = tmp_path / f"{shelf.id}.pdf"
        there.write_text("moje", encoding="utf-8")
        assert refused(shelf, tmp_path) == "S005"
        assert contents(tmp_path) == {there.name: b"moje"}

    def test_a_target_that_is_no_folder(self, shelf: Stored, tmp_path: Path) -> None:
        (tmp_path / "pdf").write_text("moje", encoding="utf-8")
        assert refused(shelf, tmp_path / "pdf") == "S003"
        assert contents(tmp_path) == {"pdf": b"moje"}

    def test_a_disk_that_fills_up_leaves_nothing(self, shelf: Stored, tmp_path: Path) -> None:
        with patch("workflows.pdf.write_pdf", side_effect=OSError(28, "No space left on device")):
            assert refused(shelf, tmp_path / "nové" / "pdf") == "S003"
        assert contents(tmp_path) == {}
        assert not (tmp_path / "nové").exists()

    def test_a_version_that_is_not_there(self, shelf: Stored, tmp_path: Path) -> None:
        assert refused(shelf, tmp_path, version="v0009") == "S004"

    def test_an_alto_that_nobody_can_read_is_a_page_without_words_and_told(self, tmp_path: Path) -> None:
        strange = stored(tmp_path, alto=b"<alto/>")
        done = export_pdf(strange.store, strange.id, tmp_path / "pdf", WHOLE)
        assert (done.unread, done.facts.pages, done.facts.words) == ((3,), 4, 5)
        ran = command(strange.home, "export", "--pdf", "--long-edge", "300", strange.id, tmp_path / "znovu")
        assert (ran.exit_code, "ALTO nejde přečíst" in ran.stdout) == (0, True)


class TestOfStrangers:
    """Packages that other systems made, taken in by `kdr import`."""

    def test_one_named_otherwise_than_its_volume(self, tmp_path: Path) -> None:
        root = renamed(package(tmp_path / "přišlo"), "li001-00000c")
        for copy in (root / "usercopy").iterdir():
            copy.write_bytes(picture(1))
        renew(root)
        home, store = repository(tmp_path / "repozitář")
        taken = take((home, store), root)
        assert taken.refusal is None
        done = export_pdf(store, VolumeId(taken.volume), tmp_path / "pdf", WHOLE)
        assert done.path.name == "li001-00000c.pdf"
        assert done.facts.pages == len(volume().pages)
        assert words(done.path) == WORDS.split() * done.facts.pages

    def test_one_that_does_not_tell_when_it_was_made(self, tmp_path: Path) -> None:
        strange = stored(tmp_path, created="")
        assert export_pdf(strange.store, strange.id, tmp_path / "pdf", WHOLE).facts.pages == 4


class TestTheTitle:
    def test_an_issue_is_called_by_its_title_number_and_day(self) -> None:
        above = Title(new_title_id("x"), replace(description(), title="Modřínovské listy"))
        issue = replace(
            description(), kind=VolumeKind.ISSUE, title="Modřínovské listy", part_number="38", year="1929-09-21"
        )
        year = Year(new_title_id("y"), "12", "1929")
        assert titled(issue, above, year) == "Modřínovské listy 38 (1929-09-21)"

    def test_a_volume_of_a_work_has_its_name(self) -> None:
        above = Title(new_title_id("x"), replace(description(), title="Pověsti z Podbřezska"))
        part = replace(description(), kind=VolumeKind.MONOGRAPH_VOLUME, title="Pověsti", part_number="1")
        assert titled(part, above) == "Pověsti z Podbřezska 1 Pověsti"
        assert titled(replace(part, part_name="Vodníci"), above) == "Pověsti z Podbřezska 1 Vodníci"


def titled(about: Description, above: Title, year: Year | None = None) -> str:
    return full_title(Volume(new_volume_id("a"), "a", about, (), above, year))


class TestTheCommand:
    def test_it_says_what_it_made(self, shelf: Stored, tmp_path: Path) -> None:
        ran = command(shelf.home, "export", "--pdf", "--pages", "1-2", "--long-edge", "200", shelf.id, tmp_path)
        assert ran.exit_code == 0
        assert "stran 2, slov 5" in ran.stdout
        with pikepdf.open(tmp_path / f"{shelf.id}.pdf") as pdf:
            assert len(pdf.pages) == 2

    def test_a_single_page(self, shelf: Stored, tmp_path: Path) -> None:
        assert command(shelf.home, "export", "--pdf", "--pages", "3", shelf.id, tmp_path).exit_code == 0
        assert words(tmp_path / f"{shelf.id}.pdf") == ["Žluťoučký", "kůň"]

    def test_all_of_the_repository(self, shelf: Stored, tmp_path: Path) -> None:
        assert command(shelf.home, "export", "--pdf", "--all", tmp_path).exit_code == 0
        assert [path.name for path in tmp_path.iterdir()] == [f"{shelf.id}.pdf"]

    def test_what_is_under_embargo_is_named(self, tmp_path: Path) -> None:
        held = stored(tmp_path, Rights("copyrighted", "published", embargo="2099-01-01"))
        ran = command(held.home, "export", "--pdf", held.id, tmp_path / "pdf")
        assert "embargem do 2099-01-01" in ran.stdout

    def test_of_pages_that_it_does_not_have_it_says_which_it_has(self, shelf: Stored, tmp_path: Path) -> None:
        ran = command(shelf.home, "export", "--pdf", "--pages", "7-9", shelf.id, tmp_path / "pdf")
        assert ran.exit_code == exit_code("S023") != 0
        assert "S023" in ran.stderr
        assert "1-4" in ran.stderr

    @pytest.mark.parametrize(
        ("chosen", "told"),
        [
            (["--pdf", "--psp"], "--pdf"),
            (["--pdf", "--zip"], "--zip"),
            (["--pdf", "--pages", "dvě"], "--pages"),
            (["--pdf", "--pages", "0-2"], "--pages"),
            (["--pdf", "--pages", "2-"], "--pages"),
            (["--psp", "--pages", "1-2"], "--pages"),
        ],
    )
    def test_wrong_use_is_explained(self, shelf: Stored, tmp_path: Path, chosen: list[str], told: str) -> None:
        ran = command(shelf.home, "export", *chosen, shelf.id, tmp_path / "pdf")
        assert ran.exit_code == 64
        assert told in ran.stderr
        assert not (tmp_path / "pdf").exists()

    def test_nothing_is_written_into_the_repository_itself(self, shelf: Stored) -> None:
        assert command(shelf.home, "export", "--pdf", shelf.id, shelf.home.folder / "journal").exit_code == 64
