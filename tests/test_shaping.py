"""The structure a package gets: what is given stands, proposals fill, corrections overrule, links into text hold."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ingest.sidecar import placed_under, read_sidecar
from metadata.alto import to_alto
from metadata.description import VolumeKind
from metadata.finding import Finding
from metadata.model import BlockLink, Division, DivisionKind, Side, Source, Title, Volume, Year, new_title_id
from metadata.text import PageText
from metadata.wording import Tongue
from ocr.sight import PageSight
from repository.bag import payload_manifest
from tests.homes import delivery, go_on, make_home, run, tasks_of, told
from tests.page_texts import FixedEngine
from tests.set_pages import BODY, LEADING, chapter, line, page_text, sight, table
from workflows.batch import State, read_plan
from workflows.closing import read_page
from workflows.corrections import Corrections, outline_of
from workflows.founding import open_store
from workflows.page import run_page
from workflows.settings import Home
from workflows.shaping import PROPOSAL, STEP, read_proposal, shape, unconfirmed
from workflows.task import volume_folder

TOWN, SEVERIN = "O městečku a jeho věži", "Hodinář Severin Klapka"
PAGES = (
    chapter(1, f"I. {TOWN}", "5"),
    sight(2, foot="6"),
    chapter(3, SEVERIN, "7"),
    table(4, (0, f"I. {TOWN}", "5"), (2, SEVERIN, "7"), head="8"),
)
ISSUE = """\
title = "Modřínovské listy"
[identifiers]
urnnbn = "urn:nbn:cz:li001-00000b"
[periodical]
title = "Modřínovské listy"
volume = { year = "1929" }
"""


class BookEngine(FixedEngine):
    """Reads a small book: two chapters, the second within the first, and a table of contents on its last page."""

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """The page whose folder the image lies in."""
        return replace(PAGES[int(image.parent.parent.name) - 1].text, languages=languages)


class NewspaperEngine(FixedEngine):
    """Reads the first page of a newspaper from every image."""

    def read(self, image: Path, languages: tuple[str, ...], dpi: float, script: str = "") -> PageText:
        """A title, number, year and date, then text."""
        head = [line("Modřínovské listy", 120, 100, 150), line("Číslo 37. Ročník XII.", 400)]
        head.append(line("V Modřínově v sobotu dne 14. září 1929.", 400 + LEADING))
        body = [line(BODY[place % 4], 700 + place * LEADING) for place in range(25)]
        return replace(page_text([*head, *body]), languages=languages)


@dataclass(frozen=True, slots=True)
class Finished:
    """A volume whose pages are finished, and the folder in which it is made."""

    volume: Volume
    folder: Path

    @property
    def pages(self) -> list[Path]:
        return [self.folder / page.number for page in self.volume.pages]

    def shaped(self, volume: Volume | None = None, *, proposing: bool = True) -> Volume:
        return shape(volume or self.volume, self.folder, self.pages, proposing=proposing).volume

    def findings(self, volume: Volume | None = None, *, proposing: bool = True) -> tuple[Finding, ...]:
        return shape(volume or self.volume, self.folder, self.pages, proposing=proposing).findings

    def correct(self, divisions: Sequence[Division], number: str | None = None) -> None:
        divided = replace(self.volume, divisions=tuple(divisions))
        Corrections.read(self.folder).add("karel", outline=outline_of(divided, number))

    def read_anew(self, order: int, page: PageSight) -> None:
        """As if another engine had read the page."""
        file = self.pages[order - 1] / "read" / read_page(self.pages[order - 1]).alto.path
        file.write_bytes(to_alto(page.text, image_name="mc.jp2", when="2026-11-22T00:00:00Z", order=order))


def finished(folder: Path, engine: type[FixedEngine], files: dict[str, str], pages: int) -> Finished:
    """A delivery of one volume with lists beside its scans, every page of it finished."""
    given = delivery(folder / "dodavka", {"svazek": range(1, pages + 1)})
    for name, text in files.items():
        (given / "svazek" / name).write_text(text, encoding="utf-8")
    tasks = tasks_of(make_home(folder / "home", ocr=f"tests.test_shaping:{engine.__name__}"), given)
    assert all(run_page(task).good for task in tasks)
    plan = read_plan(Path(tasks[0].batch))
    assert plan is not None
    return Finished(plan.volumes[0].volume, volume_folder(Path(tasks[0].batch), plan.volumes[0].volume.id))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The book, of which nothing is given; not to be changed."""
    return finished(tmp_path_factory.mktemp("kniha"), BookEngine, {}, 4)


@pytest.fixture
def book(model: Finished, tmp_path: Path) -> Finished:
    """A copy of the book."""
    shutil.copytree(model.folder, tmp_path / model.volume.id)
    return replace(model, folder=tmp_path / model.volume.id)


@pytest.fixture(scope="module")
def newspaper(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """An issue of which only its periodical and the year are given; not to be changed."""
    return finished(tmp_path_factory.mktemp("noviny"), NewspaperEngine, {"volume.toml": ISSUE}, 1)


def as_kind(volume: Volume, kind: VolumeKind) -> Volume:
    """The same pages as another kind of volume."""
    about = replace(volume.description, kind=kind)
    if not kind.periodical:
        return replace(volume, description=about, title=None, year=None)
    return replace(volume, description=about, title=Title(new_title_id("a"), about), year=Year(new_title_id("b")))


def mets_of(home: Home, volume: Volume, target: Path) -> str:
    """The METS of the volume's newest version."""
    package = open_store(home).export(volume.id, target)
    (mets,) = [name for name in payload_manifest(package) if Path(name).name.startswith("mets_")]
    return (package / mets).read_text(encoding="utf-8")


def labels(volume: Volume) -> list[str]:
    return [page.label for page in volume.pages]


def tree(divisions: Sequence[Division]) -> list[tuple[str, list[object]]]:
    return [(each.title, list(tree(each.children))) for each in divisions]


def own(number: int, *links: BlockLink, title: str = TOWN) -> Division:
    """A chapter on the first page."""
    name = f"00000000-0000-4000-8000-{number:012d}"
    return Division(name, DivisionKind.CHAPTER, 1, 1, title, blocks=links)


class TestWhatIsProposed:
    def test_fills_what_nobody_gave(self, book: Finished) -> None:
        made = book.shaped()
        assert labels(made) == ["5", "6", "7", "8"]
        assert [page.side for page in made.pages] == [Side.RIGHT, Side.LEFT, Side.RIGHT, Side.LEFT]
        assert made.pages[3].type == "tableOfContents"
        assert tree(made.divisions) == [(TOWN, [(SEVERIN, [])])]
        assert {page.source for page in made.pages} == {made.divisions[0].source} == {Source.PROPOSED}

    def test_is_told_until_somebody_confirms_it(self, book: Finished) -> None:
        (open_yet,) = book.findings()
        assert (open_yet.code, open_yet.facts) == ("V012", {"pages": 4, "divisions": 2, "masthead": 0})
        seen = book.shaped()
        Corrections.read(book.folder).add("karel", seen.pages, outline_of(seen))
        assert book.findings() == unconfirmed(book.shaped()) == ()

    def test_is_nothing_where_the_settings_want_nothing(self, book: Finished) -> None:
        made = book.shaped(proposing=False)
        assert made == book.volume
        assert labels(made) != ["5", "6", "7", "8"]
        assert not (book.folder / STEP).exists()
        assert book.findings(proposing=False) == ()

    def test_a_broken_proposal_is_made_anew(self, book: Finished) -> None:
        before = book.shaped()
        file = book.folder / STEP / PROPOSAL
        content = file.read_bytes()
        for broken in (b"{", content[:-20], b""):
            file.write_bytes(broken)
            assert book.shaped() == before
            assert file.read_bytes() == content

    def test_is_not_made_twice(self, book: Finished) -> None:
        book.shaped()
        before = (book.folder / STEP / PROPOSAL).stat().st_mtime_ns
        book.shaped()
        assert (book.folder / STEP / PROPOSAL).stat().st_mtime_ns == before

    @pytest.mark.parametrize("kind", [VolumeKind.MAP, VolumeKind.GRAPHIC])
    def test_loose_sheets_have_no_left_and_right(self, book: Finished, kind: VolumeKind) -> None:
        made = book.shaped(as_kind(book.volume, kind))
        assert {page.side for page in made.pages} == {Side.SINGLE}

    @pytest.mark.parametrize(("kind", "own"), [(VolumeKind.MAP, "map"), (VolumeKind.SHEET_MUSIC, "sheetMusic")])
    def test_a_plain_page_of_a_map_or_of_music_is_one(self, book: Finished, kind: VolumeKind, own: str) -> None:
        types = {page.type for page in book.shaped(as_kind(book.volume, kind)).pages}
        assert own in types
        assert "normalPage" not in types

    @pytest.mark.parametrize("kind", [VolumeKind.ISSUE, VolumeKind.SUPPLEMENT])
    def test_a_periodical_has_no_article_within_an_article(self, book: Finished, kind: VolumeKind) -> None:
        made = book.shaped(as_kind(book.volume, kind))
        assert tree(made.divisions) == [(TOWN, []), (SEVERIN, [])]
        assert {each.kind for each in made.divisions} == {DivisionKind.ARTICLE}

    def test_of_a_volume_without_any_reading_is_none(self, tmp_path: Path) -> None:
        assert read_proposal(tmp_path) is None


class TestWhatIsGiven:
    def test_stands(self, tmp_path: Path) -> None:
        files = {
            "pages.csv": "pořadí;číslo;typ\n1;xii;titlePage\n2;xiii;normalPage\n",
            "structure.toml": '[[part]]\nkind = "chapter"\ntitle = "Vše"\nfirst = 1\nlast = 2\n',
        }
        book = finished(tmp_path, BookEngine, files, 2)
        made = book.shaped()
        assert labels(made) == ["xii", "xiii"]
        assert made.pages[0].type == "titlePage"
        assert (tree(made.divisions), made.divisions[0].source) == ([("Vše", [])], Source.GIVEN)
        assert book.findings() == ()


class TestWhatIsCorrected:
    def test_overrules_what_is_proposed(self, book: Finished) -> None:
        pages = [replace(page, label="[i]") for page in book.shaped().pages[:1]]
        Corrections.read(book.folder).add("karel", pages)
        book.correct([replace(book.shaped().divisions[0], title="Úvod", children=())])
        made = book.shaped()
        assert labels(made) == ["[i]", "6", "7", "8"]
        assert tree(made.divisions) == [("Úvod", [])]
        assert [each.facts for each in book.findings()] == [{"pages": 3, "divisions": 0, "masthead": 0}]

    def test_holds_where_nothing_is_proposed(self, book: Finished) -> None:
        book.correct([own(1, title="Úvod")])
        assert tree(book.shaped(proposing=False).divisions) == [("Úvod", [])]

    def test_of_pages_that_are_gone_is_told(self, book: Finished) -> None:
        Corrections.read(book.folder).add("karel", book.volume.pages)
        fewer = replace(book, volume=replace(book.volume, pages=book.volume.pages[:3]))
        assert "0004.tif" in fewer.findings(proposing=False)[0].text(Tongue.CS)
        assert told(fewer.findings(proposing=False)) == ["V015"]


class TestTheMasthead:
    def test_names_an_issue_that_nobody_named(self, newspaper: Finished) -> None:
        about = newspaper.shaped().description
        assert (about.part_number, about.year) == ("37", "1929-09-14")
        assert newspaper.findings()[0].facts["masthead"] == 2

    def test_names_the_year_above_and_leaves_its_identifier(self, newspaper: Finished, tmp_path: Path) -> None:
        (tmp_path / "volume.toml").write_text(ISSUE, encoding="utf-8")
        planned = newspaper.volume.description
        _, given = placed_under(read_sidecar(tmp_path / "volume.toml"), planned)
        assert given is not None
        assert newspaper.shaped().year == replace(given, number="XII")

    def test_gives_way_to_what_is_given_and_corrected(self, newspaper: Finished, tmp_path: Path) -> None:
        shutil.copytree(newspaper.folder, tmp_path / "kopie")
        issue = replace(newspaper, folder=tmp_path / "kopie")
        about = replace(issue.volume.description, part_number="36")
        named = replace(issue.volume, description=about)
        assert issue.shaped(named).description.part_number == "36"
        assert issue.findings(named)[0].facts["masthead"] == 1
        issue.correct((), "38")
        assert issue.shaped(named).description.part_number == "38"

    def test_of_a_book_means_nothing(self, newspaper: Finished) -> None:
        made = newspaper.shaped(as_kind(newspaper.volume, VolumeKind.MONOGRAPH))
        assert (made.description.part_number, made.description.year) == ("", "")

    @pytest.mark.slow
    def test_names_the_package(self, tmp_path: Path) -> None:
        given = delivery(tmp_path / "dodavka", {"svazek": [1]})
        (given / "svazek" / "volume.toml").write_text(ISSUE, encoding="utf-8")
        home = make_home(tmp_path / "home", ocr="tests.test_shaping:NewspaperEngine")
        made = run(home, given)
        assert made.volume("svazek").state is State.STORED
        assert made.codes("svazek") & {"V010", "V011"} == set()
        planned = made.batch.volumes[0].volume
        assert planned.year is not None
        text = mets_of(home, planned, tmp_path / "ven")
        for said in ("<mods:partNumber>37<", "<mods:partNumber>XII<", "<mods:dateIssued>14.09.1929<", planned.year.id):
            assert said in text


class TestLinksIntoText:
    def heading(self, book: Finished) -> tuple[BlockLink, ...]:
        """Where the first chapter's title stands."""
        links = book.shaped().divisions[0].blocks
        assert links
        return links

    def test_that_hold_stay(self, book: Finished) -> None:
        links = (*self.heading(book), BlockLink(1, "BLOCK_0001_0002"))
        book.correct([own(1, *links)])
        assert book.shaped().divisions[0].blocks == links
        assert told(book.findings()) == ["V012"]

    def test_from_a_title_follow_it(self, book: Finished) -> None:
        title, text = self.heading(book), BlockLink(1, "BLOCK_0001_0002")
        book.correct([own(1, text, BlockLink(1, "BLOCK_0001_0077", "TITLE"))])
        assert book.shaped().divisions[0].blocks == (*title, text)
        found = book.findings()[-1]
        assert found.code == "V016"
        assert "vypuštěno: 0, znovu nalezeno podle nadpisu: 1" in found.text(Tongue.CS)

    def test_that_lead_nowhere_are_dropped_and_told(self, book: Finished) -> None:
        lost = (BlockLink(1, "BLOCK_0001_0077"), BlockLink(2, "TB9", "TITLE"), BlockLink(1, "BLOCK_0001_0001"))
        inner = replace(own(2, BlockLink(1, "BLOCK_0001_0078"), title=""), kind=DivisionKind.PICTURE)
        book.correct([replace(own(1, *lost, title="Jiný název"), last=2, children=(inner,))])
        (made,) = book.shaped().divisions
        assert (made.blocks, made.children[0].blocks) == ((BlockLink(1, "BLOCK_0001_0001"),), ())
        text = book.findings()[-1].text(Tongue.CS)
        assert "0001.tif, 0002.tif" in text
        assert "vypuštěno: 3" in text

    def test_of_a_page_read_anew(self, book: Finished) -> None:
        rows = [*BODY, f"I. {TOWN}"]
        for read in (rows, rows[-2:]):
            anew = [line(text, 150 + place * 2 * LEADING) for place, text in enumerate(read)]
            book.read_anew(1, PageSight(1, page_text(anew)))
            if read is rows:
                book.correct([own(1, BlockLink(1, "BLOCK_0001_0005", "TITLE"), BlockLink(1, "BLOCK_0001_0004"))])
                assert book.findings(proposing=False) == ()
        made = shape(book.volume, book.folder, book.pages, proposing=False)
        assert made.volume.divisions[0].blocks == (BlockLink(1, "BLOCK_0001_0002", "TITLE"),)
        assert "vypuštěno: 1, znovu nalezeno podle nadpisu: 1" in made.findings[0].text(Tongue.CS)

    @pytest.mark.slow
    def test_that_lead_nowhere_do_not_stop_the_package(self, tmp_path: Path) -> None:
        home = make_home(tmp_path / "home", ocr="tests.test_shaping:BookEngine")
        first = run(home, delivery(tmp_path / "dodavka", {"svazek": [1]}))
        volume = first.batch.volumes[0].volume
        divided = replace(volume, divisions=(own(1, BlockLink(1, "BLOCK_0001_0077"), BlockLink(1, "BLOCK_0001_0001")),))
        place = volume_folder(first.folder, volume.id)
        Corrections.read(place).add("karel", outline=outline_of(divided))
        again = go_on(home, first.batch.id)
        assert (again.volume("svazek").state, again.volume("svazek").version) == (State.STORED, "v0002")
        text = mets_of(home, volume, tmp_path / "ven")
        assert "BLOCK_0001_0001" in text
        assert "BLOCK_0001_0077" not in text
