"""The reading room without a browser: what its pages say, what may be taken home, and by whom."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metadata.description import Rights, VolumeKind
from metadata.model import (
    Division,
    DivisionKind,
    Page,
    Side,
    Title,
    Volume,
    VolumeId,
    Year,
    new_division_id,
    new_page_id,
    new_title_id,
    new_volume_id,
)
from metadata.problem import Problem
from repository.catalogue.house import Pdf
from repository.catalogue.reading import pdf
from repository.catalogue.rights.audience import PUBLIC, Audience, Role
from repository.catalogue.serve import application
from tests.out_shelf import SECRET, kept
from tests.page_records import description
from tests.page_texts import page_of
from tests.stored_volumes import BookPage, Shelf, close

CURATOR = Audience("jana", frozenset({Role.CURATOR}), frozenset({"LIA001"}))
WORDS = ("Kůň stojí u zvonice a čeká", "druhá strana bez slov", "zvonice hoří a kůň také")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def book(shelf: Shelf) -> VolumeId:
    """A book of three pages."""
    made = shelf.keep("a", *WORDS, title="Hodinář & <b>knihovna</b>")
    shelf.build()
    return made


class TestVolumePage:
    def test_it_says_what_it_is_and_leads_to_its_pages(self, shelf: Shelf, book: VolumeId) -> None:
        (page,) = shelf.get(f"/volume/{book}", audience=PUBLIC)
        assert page.status_code == 200
        assert "Hodinář &amp; &lt;b&gt;knihovna&lt;/b&gt;" in page.text, "titles are text, never markup"
        for place in ("page/1", "page/3", "text.txt"):
            assert f'href="/volume/{book}/{place}"' in page.text
        assert f"/iiif/manifest/{book}" in page.text
        assert f"Dostupné z: http://localhost/volume/{book}" in page.text

    def test_words_are_found_in_it_with_their_pages_and_snippets(self, shelf: Shelf, book: VolumeId) -> None:
        shelf.keep("b", "zvonice v jiné knize")
        shelf.build()
        page, nothing = shelf.get(f"/volume/{book}?q=zvonici", f"/volume/{book}?q=neznámé")
        assert "Počet stran s nálezem: 2" in page.text
        assert "<mark>zvonice</mark> a čeká" in page.text
        assert f'href="/volume/{book}/page/3?q=zvonici"' in page.text
        assert "jiné knize" not in page.text
        assert "nenašlo nic" in nothing.text

    @pytest.mark.parametrize("typed", ["%22", "*", "NEAR(a", "'--", "%E2%80%9C", "a" * 5000, "-"])
    def test_anything_may_be_typed(self, shelf: Shelf, book: VolumeId, typed: str) -> None:
        volume, page = shelf.get(f"/volume/{book}?q={typed}", f"/volume/{book}/page/1?q={typed}")
        assert (volume.status_code, page.status_code) == (200, 200)

    def test_long_volumes_are_shown_sheet_by_sheet(self, shelf: Shelf) -> None:
        book = shelf.keep("a", *["slovo"] * 61)
        shelf.build()
        first, second, beyond = shelf.get(*(f"/volume/{book}?strip={n}" for n in ("1", "2", "99999999999")))
        assert 'page/60"' in first.text
        assert f'href="/volume/{book}/page/61"' not in first.text
        assert "strip=2#pages" in first.text
        assert f'href="/volume/{book}/page/61"' in second.text
        assert "list 1 z 2" in beyond.text

    def test_staff_are_led_to_the_rows(self, shelf: Shelf, book: VolumeId) -> None:
        (reader,) = shelf.get(f"/volume/{book}", audience=PUBLIC)
        (curator,) = shelf.get(f"/volume/{book}", audience=CURATOR)
        row = f"/catalogue/version?object={book}"
        assert (row in reader.text, row in curator.text) == (False, True)

    def test_contents_are_a_tree(self, shelf: Shelf) -> None:
        volume = _volume("a", 4)
        inner = Division(new_division_id(volume.id, "2"), DivisionKind.CHAPTER, 3, 3, title="Uvnitř")
        outer = Division(
            new_division_id(volume.id, "1"),
            DivisionKind.CHAPTER,
            2,
            4,
            title="Kapitola",
            part_number="I",
            children=(inner,),
        )
        book = shelf.shelve(replace(volume, divisions=(outer,)), *WORDS)
        shelf.build()
        (page,) = shelf.get(f"/volume/{book}")
        tree = page.text[page.text.index("Kapitola") :]
        assert "I. Kapitola" in page.text
        assert tree.index('<ol class="contents">') < tree.index("Uvnitř") < tree.index("</ol>")
        (leaf,) = shelf.get(f"/volume/{book}/page/3")
        assert leaf.text.count('aria-current="true"') == 2, "chapter and chapter within it"

    def test_both_languages(self, shelf: Shelf, book: VolumeId, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        (page,) = shelf.get(f"/volume/{book}")
        assert "Start reading" in page.text
        assert "Začít číst" not in page.text


class TestPageView:
    def test_words_are_marked_in_the_text_and_drawn_on_the_image(self, shelf: Shelf, book: VolumeId) -> None:
        (page,) = shelf.get(f"/volume/{book}/page/1?q=zvonici+kun")
        assert [word for word in ("Kůň", "zvonice") if f">{word}</mark>" in page.text] == ["Kůň", "zvonice"]
        assert page.text.count('<rect class="lit"') == 2
        assert "čeká</mark>" not in page.text

    def test_next_and_previous_hits_are_on_other_pages(self, shelf: Shelf, book: VolumeId) -> None:
        (page,) = shelf.get(f"/volume/{book}/page/2?q=zvonici")
        assert f'data-hit-page="before" href="/volume/{book}/page/1?q=zvonici"' in page.text
        assert f'data-hit-page="after" href="/volume/{book}/page/3?q=zvonici"' in page.text

    def test_pages_follow_each_other(self, shelf: Shelf, book: VolumeId) -> None:
        first, last = shelf.get(f"/volume/{book}/page/1", f"/volume/{book}/page/3")
        assert 'id="turn-before"' not in first.text
        assert f'id="turn-after" class="turn" rel="next" href="/volume/{book}/page/2"' in first.text
        assert 'id="turn-after"' not in last.text

    def test_two_pages_of_an_opened_book(self, shelf: Shelf) -> None:
        sides = (Side.RIGHT, Side.LEFT, Side.RIGHT, Side.LEFT)
        volume = _volume("a", 4)
        pages = tuple(replace(page, side=side) for page, side in zip(volume.pages, sides, strict=True))
        book = shelf.shelve(replace(volume, pages=pages), *WORDS)
        shelf.build()
        alone, left, right = shelf.get(*(f"/volume/{book}/page/{n}" for n in (1, 2, 3)))
        assert "data-partner=" not in alone.text
        assert f"{pages[2].id}/info.json" in left.text.partition("data-partner=")[2][:80]
        assert f"{pages[1].id}/info.json" in right.text.partition("data-partner=")[2][:80]
        assert f'data-after-both="/volume/{book}/page/4"' in left.text
        assert f'data-before-both="/volume/{book}/page/1"' in right.text

    def test_it_says_when_there_is_no_text_or_it_is_weak(self, shelf: Shelf) -> None:
        text = BookPage(page_of("slovo"), confidence=0.3)
        book = shelf.keep(
            "a", text, BookPage(page_of(), blank=True), BookPage(page_of()), BookPage(page_of(), alto=b"<broken")
        )
        shelf.build()
        weak, blank, none, broken = shelf.get(*(f"/volume/{book}/page/{n}" for n in (1, 2, 3, 4)))
        assert "přečten nejistě" in weak.text
        assert "Prázdná strana." in blank.text
        assert "nebyl přečten žádný text" in none.text
        assert "nelze přečíst" in broken.text

    def test_by_uuid_and_by_printed_number(self, shelf: Shelf) -> None:
        volume = _volume("a", 4)
        labels = ("[1]", "7", "7", "XII")
        pages = tuple(replace(page, label=label) for page, label in zip(volume.pages, labels, strict=True))
        book = shelf.shelve(replace(volume, pages=pages), *WORDS)
        shelf.build()
        uuid, first, roman, several, none = shelf.get(
            f"/page/{pages[2].id}?q=a+b",
            f"/volume/{book}/go?label=1",
            *(f"/volume/{book}/go?label={x}" for x in ("XII", "7", "99")),
        )
        assert (uuid.status_code, uuid.headers["location"]) == (302, f"/volume/{book}/page/3?q=a+b")
        assert first.headers["location"] == f"/volume/{book}/page/1"
        assert roman.headers["location"] == f"/volume/{book}/page/4"
        assert f'href="/volume/{book}/page/2"' in several.text
        assert f'href="/volume/{book}/page/3"' in several.text
        assert (none.status_code, "není" in none.text) == (404, True)

    def test_where_it_comes_from(self, shelf: Shelf, book: VolumeId) -> None:
        (reader,) = shelf.get(f"/volume/{book}/page/1", audience=PUBLIC)
        (curator,) = shelf.get(f"/volume/{book}/page/1", audience=CURATOR)
        for fact in ("300 dpi", "2", "90 %", "Naposledy ověřeno"):
            assert fact in reader.text
        assert ("Události" in reader.text, 'class="events"' in curator.text) == (False, True)

    def test_pages_that_are_not_there(self, shelf: Shelf, book: VolumeId) -> None:
        away = (f"/volume/{book}/page/4", f"/volume/{book}/page/0", f"/volume/{book}/page/{'9' * 40}", f"/page/{book}")
        assert [answer.status_code for answer in shelf.get(*away)] == [404] * 4


class TestPeriodical:
    def test_issues_stand_by_year_and_month(self, shelf: Shelf) -> None:
        above = replace(description(), title="Listy", kind=VolumeKind.ISSUE)
        listy = Title(new_title_id("listy"), above)
        for number, date in (("37", "1929-09-14"), ("38", "1929-09-21"), ("1", "1930-01-04")):
            year = Year(new_title_id(f"listy {date[:4]}"), date[:4], date[:4])
            about = replace(above, part_number=number, year=date)
            shelf.shelve(replace(_volume(date, 1), title=listy, year=year, description=about), "text")
        shelf.build()
        ((title,),) = shelf.rows("select distinct title_id from volume where part_number = '38'")
        (page,) = shelf.get(f"/title/{title}")
        assert page.status_code == 200
        years = page.text.split("<h3")[1:]
        assert [("č. 38" in year, "září" in year, "leden" in year) for year in years] == [
            (True, True, False),
            (False, False, True),
        ]


class TestTakenHome:
    def test_files_are_the_stored_bytes_under_a_name_of_their_own(self, shelf: Shelf, book: VolumeId) -> None:
        ((master, text, alto),) = shelf.rows("select master, txt, alto from page where position = 1")
        answers = shelf.get(*(f"/volume/{book}/page/1/{name}" for name in ("master.jp2", "text.txt", "alto.xml")))
        for answer, path in zip(answers, (master, text, alto), strict=True):
            version, _, inside = path.partition("/")
            content = (shelf.folder(book, version) / inside).read_bytes()
            assert (answer.status_code, answer.content) == (200, content)
            assert answer.headers["content-length"] == str(len(content))
        assert answers[0].headers["content-disposition"] == 'attachment; filename="hodinar-b-knihovna-b_0001.jp2"'

    def test_the_text_of_a_volume(self, shelf: Shelf, book: VolumeId) -> None:
        (answer,) = shelf.get(f"/volume/{book}/text.txt")
        pages = answer.text.split("\f")
        assert [words in page for words, page in zip(WORDS, pages, strict=True)] == [True] * 3

    def test_mets_is_for_those_who_may_see_all_of_the_pages(self, shelf: Shelf, book: VolumeId) -> None:
        (answer,) = shelf.get(f"/volume/{book}/mets.xml", audience=PUBLIC)
        assert answer.status_code == 200
        assert b"<mets" in answer.content

    def test_a_file_that_is_away_is_said_to_be_away(self, shelf: Shelf, book: VolumeId) -> None:
        ((path,),) = shelf.rows("select master from page where position = 1")
        (shelf.folder(book) / path.partition("/")[2]).unlink()
        (answer,) = shelf.get(f"/volume/{book}/page/1/master.jp2")
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)

    def test_what_one_may_not_see_is_not_there(self, tmp_path: Path) -> None:
        shelf = kept(tmp_path)
        paths = ["", "/page/1", "/page/1/text.txt", "/page/1/alto.xml", "/page/1/master.jp2", "/page/1/image.jpg"]
        paths += ["/mets.xml", "/text.txt", "/go?label=1", "/page/1/words.json"]
        hidden = shelf.get(*(f"/volume/{SECRET}{path}" for path in paths), audience=PUBLIC)
        unknown = shelf.get(*(f"/volume/{new_volume_id('nic')}{path}" for path in paths), audience=PUBLIC)
        assert [answer.status_code for answer in hidden] == [404] * len(paths)
        assert all("Tajná" not in answer.text for answer in hidden)
        assert [len(answer.text) for answer in hidden] == [len(answer.text) for answer in unknown]

    def test_a_hidden_page_is_in_nopage_of(self, shelf: Shelf) -> None:
        volume = _volume("a", 3)
        staff = Rights(copyright="copyrighted", embargo="2999-01-01")
        pages = (volume.pages[0], replace(volume.pages[1], rights=staff), volume.pages[2])
        book = shelf.shelve(replace(volume, pages=pages, rights=Rights(copyright="pd")), *WORDS)
        shelf.build()
        text, page, found = shelf.get(
            f"/volume/{book}/text.txt", f"/volume/{book}/page/1", f"/volume/{book}?q=druha", audience=PUBLIC
        )
        assert "druhá" not in text.text
        assert f'rel="next" href="/volume/{book}/page/3"' in page.text
        assert "bez slov" not in found.text


class TestPdf:
    def test_it_is_sent_and_nothing_is_left(self, shelf: Shelf, book: VolumeId, tmp_path: Path) -> None:
        made: list[Path] = []

        def make(object_id: VolumeId, version: str, first: int, last: int, folder: Path) -> Path:
            made.append(folder / "kniha.pdf")
            made[0].write_text(f"{object_id} {version} {first} {last}")
            return made[0]

        (answer,) = _with_pdf(shelf, make, f"/volume/{book}/volume.pdf?first=2&last=3")
        assert (answer.status_code, answer.text) == (200, f"{book} v0001 2 3")
        assert answer.headers["content-disposition"].endswith('_2-3.pdf"')
        assert not made[0].parent.exists()
        (whole,) = _with_pdf(shelf, _made_of(b"all"), f"/volume/{book}/volume.pdf")
        (unfilled,) = _with_pdf(shelf, _made_of(b"all"), f"/volume/{book}/volume.pdf?first=&last=")
        assert (unfilled.content, unfilled.status_code) == (b"all", 200)
        assert (whole.content, whole.headers["content-type"]) == (b"all", "application/pdf")

    @pytest.mark.parametrize(
        ("asked", "status"),
        [("first=x", 400), ("first=-1", 400), ("last=9", 404), ("first=3&last=2", 404), ("first=0&last=3", 400)],
    )
    def test_other_pages_are_refused_in_words(self, shelf: Shelf, book: VolumeId, asked: str, status: int) -> None:
        (answer,) = _with_pdf(shelf, _made_of(b""), f"/volume/{book}/volume.pdf?{asked}")
        assert (answer.status_code, "Toto PDF nelze stáhnout" in answer.text) == (status, True)

    def test_too_many_pages(self, shelf: Shelf, book: VolumeId, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf, "MOST_PAGES", 2)
        (answer,) = _with_pdf(shelf, _made_of(b""), f"/volume/{book}/volume.pdf")
        assert (answer.status_code, "nejvýše 2 stran" in answer.text) == (400, True)

    def test_only_pages_that_may_be_seen(self, shelf: Shelf) -> None:
        volume = _volume("a", 3)
        pages = (*volume.pages[:2], replace(volume.pages[2], rights=Rights(embargo="2999-01-01")))
        book = shelf.shelve(replace(volume, pages=pages, rights=Rights(copyright="pd")), *WORDS)
        shelf.build()
        paths = (f"/volume/{book}/volume.pdf?first=1&last=3", f"/volume/{book}/volume.pdf?first=1&last=2")
        assert [each.status_code for each in _with_pdf(shelf, _made_of(b"x"), *paths)] == [404, 200]

    def test_one_that_fails_is_told_so(self, shelf: Shelf, book: VolumeId) -> None:
        def fail(object_id: VolumeId, *_: object) -> Path:
            raise Problem("S006", object_id, path="x", places="y")

        (answer,) = _with_pdf(shelf, fail, f"/volume/{book}/volume.pdf")
        assert answer.status_code == 503

    def test_no_more_than_two_at_once(self, shelf: Shelf, book: VolumeId, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf, "_WAITED", 0.2)
        begun: list[int] = []

        def slow(_object: VolumeId, _version: str, first: int, _last: int, folder: Path) -> Path:
            begun.append(first)
            time.sleep(1)
            (folder / "x.pdf").write_bytes(b"x")
            return folder / "x.pdf"

        paths = [f"/volume/{book}/volume.pdf?first={n}&last={n}" for n in (1, 2, 3)]
        answers = _with_pdf(shelf, slow, *paths, together=True)
        assert sorted(answer.status_code for answer in answers) == [200, 200, 503]
        assert len(begun) == pdf.AT_ONCE

    def test_one_that_takes_too_long(self, shelf: Shelf, book: VolumeId, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf, "_MADE", 0.1)

        def slow(*_: object) -> Path:
            time.sleep(0.5)
            raise OSError

        (answer,) = _with_pdf(shelf, slow, f"/volume/{book}/volume.pdf")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")


def _volume(name: str, count: int) -> Volume:
    own = new_volume_id(name)
    pages = tuple(Page(new_page_id(own, f"{n}.tif"), n, f"{n}.tif", label=str(n)) for n in range(1, count + 1))
    return Volume(own, name, description(), pages)


def _made_of(content: bytes) -> Callable[..., Path]:
    def make(*given: Any) -> Path:  # noqa: ANN401 - what House.pdf is given
        (given[-1] / "x.pdf").write_bytes(content)
        return Path(given[-1] / "x.pdf")

    return make


def _with_pdf(shelf: Shelf, make: Pdf, *paths: str, together: bool = False) -> list[Any]:
    """The public's answers of a catalogue whose PDFs `make` makes; one after the other, or all asked at once."""
    served = application(replace(shelf.house, pdf=make))

    async def answers() -> list[Any]:
        if together:
            return list(await asyncio.gather(*map(served.client.get, paths)))
        return [await served.client.get(path) for path in paths]

    try:
        return asyncio.run(answers())
    finally:
        close(served)
