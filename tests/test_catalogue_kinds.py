"""The catalogue shows every kind: titles above volumes, issues and their dates, parts, names, rights, page sides."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.description import NameKind, Rights, VolumeKind
from metadata.model import Division, DivisionKind, Side, Source, Volume, VolumeId, Year, new_division_id, new_volume_id
from metadata.mods_origin import issue_date
from metadata.page_types import page_types
from metadata.wording import Tongue
from repository.catalogue.presentation import Speech
from repository.catalogue.volume_rows import called, iso_date, sort_date, year_of
from tests import described
from tests.described import BARE, CASES, FULL
from tests.stored_volumes import Shelf

ISSUE, BOOK, PART = FULL["issue"], FULL["monograph"], FULL["monograph-volume"]
LATER = "2999-01-01"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def another(volume: Volume, name: str, **about: object) -> Volume:
    """A volume like it, of another name, with identifiers and pages of its own; `about` changes its description."""
    told = replace(volume.description, identifiers=(), **about)  # type: ignore[arg-type]
    return replace(volume, id=new_volume_id(name), folder=name, description=told, pages=described.pages(name))


def undivided(volume: Volume) -> Volume:
    return replace(volume, divisions=())


def contents(shelf: Shelf) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(rows, key=repr) for table, rows in shelf.dump().items()}


class TestTitles:
    def test_an_issue_stands_under_its_title_and_year(self, shelf: Shelf) -> None:
        shelf.shelve(ISSUE)
        shelf.build()
        assert ISSUE.title
        assert ISSUE.year
        assert shelf.rows(
            "select type, title, part_number, part_name, title_above, title_id, year_number, year_id, year, date,"
            " called from volume"
        ) == [
            (
                "issue",
                "Zkušební svazek & jiné povídky",
                "3",
                "Podzim",
                "Zkušební noviny",
                ISSUE.title.id,
                "1",
                ISSUE.year.id,
                "1919",
                "1919-05-14",
                "Zkušební noviny, 1919-05-14, 1/3, Podzim, Zkušební svazek & jiné povídky",
            )
        ]
        assert shelf.rows("select id, kind, title, year, issn, ccnb from title") == [
            (ISSUE.title.id, "periodical", "Zkušební noviny", "1919-1938", "0317-8471", None)
        ]
        assert shelf.rows("select distinct year from page") == [("1919",)]

    def test_volumes_of_one_work_share_its_title(self, shelf: Shelf) -> None:
        shelf.shelve(PART)
        shelf.shelve(undivided(another(PART, "díl 4", part_number="4")))
        shelf.build()
        assert PART.title
        assert shelf.rows("select id, kind, title from title") == [(PART.title.id, "multivolume", "Zkušební dílo")]
        assert shelf.rows("select part_number, title_id from volume order by part_number") == [
            ("3", PART.title.id),
            ("4", PART.title.id),
        ]

    def test_a_volume_without_a_title_above_is_a_title_of_its_own(self, shelf: Shelf) -> None:
        shelf.shelve(BOOK)
        shelf.build()
        assert shelf.rows("select kind, title, authors, issn from title") == [
            ("single", BOOK.description.title, "Němcová, Božena; Novák, Jan", "0317-8471")
        ]
        assert shelf.rows("select title_above, year_number, called from volume") == [
            (None, None, BOOK.description.title)
        ]

    def test_a_title_is_told_as_its_newest_package_tells_it_whichever_came_first(self, shelf: Shelf) -> None:
        assert PART.title
        newer = replace(PART.title, description=replace(PART.title.description, title="Opravený název"))
        told = [PART, undivided(replace(another(PART, "díl 4"), title=newer))]
        for volume, created in zip(told, ("2026-11-22T10:00:00+00:00", "2026-11-23T10:00:00+00:00"), strict=True):
            shelf.shelve(volume, created=created)
            shelf.build()
        assert shelf.rows("select title from title") == [("Opravený název",)]
        before = contents(shelf)
        assert len(before["title_in_package"]) == 2
        shelf.build(anew=True)
        assert contents(shelf) == before
        shutil.rmtree(shelf.folder(told[1].id).parent)
        shelf.build()
        assert shelf.rows("select title from title") == [("Zkušební dílo",)]

    def test_a_title_goes_with_the_last_of_its_volumes(self, shelf: Shelf) -> None:
        shelf.shelve(ISSUE)
        shelf.shelve(BOOK)
        shelf.build()
        shutil.rmtree(shelf.folder(ISSUE.id).parent)
        assert shelf.build().removed == 1
        assert shelf.rows("select kind from title") == [("single",)]
        for table in ("title_in_package", "division", "name"):
            assert shelf.rows(f"select 1 from {table} where volume = ?", ISSUE.id) == []  # noqa: S608 - our own names
        with closing(sqlite3.connect(shelf.database)) as connection:  # raises when they do not agree
            connection.execute("insert into volume_fts (volume_fts, rank) values ('integrity-check', 1)")

    def test_issues_come_in_the_order_they_came_out(self, shelf: Shelf) -> None:
        dates = {"b": ("1919-05-14", "10"), "a": ("1919-05-14", "9"), "c": ("1918-12-31", "52"), "d": ("1919-06", "")}
        for name, (day, number) in dates.items():
            shelf.shelve(undivided(another(ISSUE, name, year=day, part_number=number)))
        shelf.shelve(BOOK)
        shelf.build()
        rows = shelf.json("/catalogue/issues.json?_shape=objects")["rows"]
        assert [(row["date"], row["part_number"]) for row in rows] == [
            ("1918-12-31", "52"),
            ("1919-05-14", "9"),
            ("1919-05-14", "10"),
            ("1919-06", None),
        ]
        assert {(row["title"], row["year_number"], row["pages"]) for row in rows} == {("Zkušební noviny", "1", 5)}

    @pytest.mark.parametrize("asked", ["0317-8471", "title", "year"])
    def test_all_issues_are_found_by_what_stands_above_them(self, shelf: Shelf, asked: str) -> None:
        assert ISSUE.title
        assert ISSUE.year
        asked = {"title": ISSUE.title.id, "year": ISSUE.year.id}.get(asked, asked)
        held = [undivided(another(ISSUE, day, year=day)) for day in ("1919-05-15", "1919-05-14")]
        for volume in held:
            shelf.shelve(volume)
        shelf.shelve(BARE["monograph"])
        shelf.build()
        hits = shelf.json(f"/catalogue/find_identifier.json?identifier={asked}&_shape=array")
        assert [hit["volume"] for hit in hits] == [held[1].id, held[0].id]


class TestDates:
    @settings(max_examples=60, deadline=None)
    @given(st.dates(date(1400, 1, 1)), st.dates(date(1400, 1, 1)))
    def test_a_date_is_read_in_either_form_and_sorts_as_it_came_out(self, one: date, other: date) -> None:
        for day in (one, other):
            forms = (day.isoformat(), f"{day:%d.%m.%Y}", f"{day.day}. {day.month}. {day.year}", f"[{day.isoformat()}]")
            assert {iso_date(form) for form in forms} == {day.isoformat()}
            assert iso_date(day.isoformat()[:7]) == iso_date(f"{day:%m.%Y}") == day.isoformat()[:7]
        assert (iso_date(f"{one:%d.%m.%Y}") < iso_date(f"{other:%d.%m.%Y}")) == (one < other)

    @pytest.mark.parametrize(
        ("text", "start"),
        [
            ("1919-05-14/1919-05-15", "1919-05-14"),
            ("1919-05/1919-06", "1919-05"),
            ("1918-12-31/1919-01-01", "1918-12-31"),
            ("1919", "1919"),
        ],
    )
    def test_a_range_begins_where_it_begins_as_we_write_it_and_as_a_package_does(self, text: str, start: str) -> None:
        assert iso_date(text) == start
        assert iso_date(issue_date(text)) == start

    @pytest.mark.parametrize(
        ("text", "year"),
        [("[1919?]", "1919"), ("c1919, 1921", "1919"), ("1919-13-45", "1919"), ("19--", ""), ("", ""), ("12345", "")],
    )
    def test_of_anything_else_the_year_is_taken(self, text: str, year: str) -> None:
        assert iso_date(text) == year

    def test_without_a_date_the_year_above_and_then_the_record_tell(self) -> None:
        undated = replace(ISSUE, description=replace(ISSUE.description, year="", date_start="1888"))
        assert (sort_date(undated), year_of(undated)) == ("1919", "1919")
        assert sort_date(replace(undated, year=Year(VolumeId("x")))) == "1888"
        nothing = replace(undated, year=Year(VolumeId("x")), description=BARE["issue"].description)
        assert (sort_date(nothing), year_of(nothing)) == ("", None)

    def test_the_year_of_a_book_stays_as_printed(self) -> None:
        assert (year_of(BOOK), sort_date(BOOK)) == ("[1919]", "1919")

    def test_what_is_not_known_leaves_no_trace_in_a_name(self) -> None:
        assert called(BARE["issue"]) == "Titul, Svazek"
        assert called(BARE["map"]) == "Svazek"


class TestInside:
    def test_divisions_are_linked_to_what_is_around_them_and_to_their_first_page(self, shelf: Shelf) -> None:
        shelf.shelve(BOOK)
        shelf.build()
        text, picture, supplement = BOOK.divisions
        inner = text.children[0]
        shown = "select id, parent, position, kind, number, title, subtitle, first_page, last_page, page, source"
        assert shelf.rows(f"{shown} from division order by position") == [
            (text.id, None, 1, "chapter", "I", "O počasí", "a jiných věcech", 2, 3, BOOK.pages[1].id, "given"),
            (inner.id, text.id, 2, "chapter", None, None, None, 3, 3, BOOK.pages[2].id, "given"),
            (picture.id, None, 3, "picture", None, "Pohled na město", None, 3, 3, BOOK.pages[2].id, "given"),
            (supplement.id, None, 4, "supplement", None, "Příloha", None, 4, 4, BOOK.pages[3].id, "given"),
        ]

    def test_a_division_on_a_page_that_is_not_there_is_shown_without_a_link(self, shelf: Shelf) -> None:
        object_id = shelf.shelve(BOOK)
        path = "data/provenance/volume.json"
        whence = json.loads((shelf.folder(object_id) / path).read_bytes())
        whence["volume"]["divisions"] = [{"id": "x", "kind": "chapter", "first": 9, "last": 9, "title": "Za koncem"}]
        shelf.spoil(object_id, path, json.dumps(whence).encode())
        assert shelf.build().unreadable == 0
        assert shelf.rows("select title, first_page, page from division") == [("Za koncem", 9, None)]
        assert shelf.rows("pragma foreign_key_check") == []

    def test_names_have_a_row_for_each_role(self, shelf: Shelf) -> None:
        shelf.shelve(undivided(BOOK))
        shelf.build()
        assert shelf.rows("select text, kind, role, authority, division from name order by number") == [
            ("Němcová, Božena", "personal", "aut", "jk01083020", None),
            ("Václav, svatý", "personal", "dte", None, None),
            ("Václav, svatý", "personal", "oth", None, None),
            ("Národní muzeum", "corporate", "pbl", None, None),
            ("Novák, Jan", "personal", None, None, None),
        ]
        assert shelf.rows("select authors, contributors from volume") == [
            ("Němcová, Božena; Novák, Jan", "Václav, svatý; Národní muzeum")
        ]

    def test_names_of_divisions_say_of_which_and_names_above_are_told_once(self, shelf: Shelf) -> None:
        shelf.shelve(ISSUE)
        shelf.build()
        article, _, supplement = ISSUE.divisions
        assert shelf.rows("select division, count(*) from name group by division order by min(number)") == [
            (None, 5),
            (article.id, 5),
            (supplement.id, 5),
        ]

    @pytest.mark.parametrize(
        "words", ["pocasi", "jinych vecech", "Pohled na město", "noviny", "muzeum", "podzim", "Vnitřní kapitola"]
    )
    def test_volumes_are_found_by_what_is_in_them_and_above_them(self, shelf: Shelf, words: str) -> None:
        inner = Division(new_division_id(ISSUE.id, "x"), DivisionKind.ARTICLE, 2, 2, "Vnitřní kapitola")
        article = replace(ISSUE.divisions[0], children=(inner,))
        shelf.shelve(replace(ISSUE, divisions=(article, *ISSUE.divisions[1:])))
        shelf.shelve(BARE["graphic"])
        shelf.build()
        answer = shelf.json(f"/catalogue/volume.json?_search={quote(words)}&_shape=objects")
        assert [row["uuid"] for row in answer["rows"]] == [ISSUE.id]

    def test_a_new_version_tells_its_divisions_anew(self, shelf: Shelf) -> None:
        shelf.shelve(BOOK)
        shelf.build()
        corrected = replace(BOOK.divisions[0], title="O podnebí", children=(), source=Source.CONFIRMED)
        shelf.shelve(replace(BOOK, divisions=(corrected,)))
        shelf.build()
        assert shelf.rows("select title, source from division") == [("O podnebí", "confirmed")]
        counts = [shelf.json(f"/catalogue/volume.json?_search={words}") for words in ("pocasi", "podnebi")]
        assert [each["filtered_table_rows_count"] for each in counts] == [0, 1]


class TestPages:
    def test_sides_and_who_says_so(self, shelf: Shelf) -> None:
        sources = (*Source, Source.GIVEN, Source.PROPOSED)
        told = tuple(replace(page, source=source) for page, source in zip(BOOK.pages, sources, strict=True))
        shelf.shelve(replace(BOOK, pages=told))
        shelf.build()
        assert shelf.rows("select side, source from page order by position") == [
            ("singlePage", "given"),
            ("right", "proposed"),
            ("left", "confirmed"),
            ("right", "given"),
            ("left", "proposed"),
        ]

    def test_proposals_wait_to_be_confirmed(self, shelf: Shelf) -> None:
        read = tuple(replace(page, source=Source.PROPOSED) for page in BOOK.pages)
        last = replace(ISSUE.pages[4], source=Source.PROPOSED)
        parts = tuple(replace(part, source=Source.PROPOSED) for part in ISSUE.divisions)
        shelf.shelve(replace(BOOK, pages=read))
        shelf.shelve(replace(ISSUE, divisions=parts, pages=(*ISSUE.pages[:4], last)))
        shelf.shelve(FULL["map"])
        shelf.build()
        shown = shelf.json("/catalogue/proposed.json?_shape=objects")["rows"]
        assert {row["volume"]: (row["proposed_pages"], row["proposed_divisions"], row["pages"]) for row in shown} == {
            BOOK.id: (5, 0, 5),
            ISSUE.id: (1, 3, 5),
        }


class TestRights:
    def test_a_page_has_its_own_rights_but_is_seen_only_with_its_volume(self, shelf: Shelf) -> None:
        rights = Rights("copyrighted", "published", "Dědicové", "CC BY-NC", LATER)
        first = replace(BOOK.pages[0], rights=Rights("pd"))
        shelf.shelve(replace(BOOK, rights=rights, pages=(first, *BOOK.pages[1:])))
        shelf.build()
        assert shelf.rows("select copyright, publication_status, holder, licence, embargo from volume") == [
            ("copyrighted", "published", "Dědicové", "CC BY-NC", LATER)
        ]
        assert shelf.rows("select copyright, licence, embargo from page order by position limit 2") == [
            ("pd", None, LATER),
            ("copyrighted", "CC BY-NC", LATER),
        ]

    def test_where_nothing_is_said_of_rights_nothing_is_shown(self, shelf: Shelf) -> None:
        shelf.shelve(BARE["monograph"])
        shelf.build()
        assert shelf.rows("select copyright, publication_status, holder, licence, embargo from volume") == [(None,) * 5]
        assert shelf.rows("select copyright, licence, embargo from page") == [(None,) * 3]

    @pytest.mark.parametrize(("days", "held"), [(-1, 0), (0, 0), (2, 5)])
    def test_an_embargo_ends_on_its_day(self, shelf: Shelf, days: int, held: int) -> None:
        until = str(date.today() + timedelta(days))  # noqa: DTZ011 - the catalogue asks for the day where it stands
        shelf.shelve(replace(BOOK, rights=Rights("copyrighted", embargo=until, holder="Dědicové")))
        shelf.build()
        shown = shelf.json("/catalogue/embargoed.json?_shape=objects")["rows"]
        assert [(row["volume"], row["embargo"], row["pages"], row["holder"]) for row in shown] == (
            [(BOOK.id, until, held, "Dědicové")] if held else []
        )

    def test_a_page_may_be_closed_longer_than_the_rest(self, shelf: Shelf) -> None:
        photograph = replace(BOOK.pages[2], rights=Rights("copyrighted", embargo="3001-01-01"))
        pages = (*BOOK.pages[:2], photograph, *BOOK.pages[3:])
        shelf.shelve(replace(BOOK, rights=Rights("copyrighted", embargo=LATER), pages=pages))
        shelf.build()
        shown = shelf.json("/catalogue/embargoed.json?_shape=objects")["rows"]
        assert [(row["embargo"], row["pages"]) for row in shown] == [(LATER, 4), ("3001-01-01", 1)]


class TestOldBags:
    @staticmethod
    def aged(record: dict[str, Any], *gone: str) -> dict[str, Any]:
        return {key: value for key, value in record.items() if key not in gone}

    def test_a_bag_of_kdr_0_1_0_is_catalogued_as_before(self, shelf: Shelf) -> None:
        object_id = shelf.shelve(replace(undivided(BOOK), rights=None), "jedno slovo")
        path = "data/provenance/volume.json"
        whence = json.loads((shelf.folder(object_id) / path).read_bytes())
        volume = self.aged(whence["volume"], "title", "year", "divisions", "rights")
        known = {field: volume["description"][field] for field in ("title", "institution", "identifiers", "year")}
        volume["description"] = known | {"authors": ["Novák, Jan"], "languages": ["ces"]}
        volume["pages"] = [self.aged(page, "side", "source", "rights") for page in volume["pages"]]
        shelf.spoil(object_id, path, json.dumps(whence | {"volume": volume}).encode())
        path = "data/provenance/pages.jsonl"
        told = [json.loads(line) for line in (shelf.folder(object_id) / path).read_bytes().splitlines()]
        records = [each | {"page": self.aged(each["page"], "side", "source", "rights")} for each in told]
        shelf.spoil(object_id, path, b"".join(json.dumps(each).encode() + b"\n" for each in records))
        assert shelf.build().unreadable == 0
        assert shelf.found("slovo") == 1
        assert shelf.rows("select type, authors, contributors, date, title_above, contents, copyright from volume") == [
            ("monograph", "Novák, Jan", None, "1919", None, None, None)
        ]
        assert shelf.rows("select distinct side, source, copyright, embargo from page") == [(None, "given", None, None)]
        assert shelf.rows("select count(*) from division") == [(0,)]


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    for case in CASES:
        shelf.shelve(FULL[case], "zvon")
    shelf.build()
    return shelf


class TestEveryKind:
    def test_every_kind_is_described_and_linked(self, all_kinds: Shelf) -> None:
        kinds = {kind for (kind,) in all_kinds.rows("select type from volume")}
        assert kinds == {kind.value for kind in VolumeKind}
        assert all_kinds.rows("select count(*) from version where state <> 'described'") == [(0,)]
        assert all_kinds.rows("pragma foreign_key_check") == []
        assert all_kinds.rows("select kind, count(*) from title group by kind order by kind") == [
            ("multivolume", 1),
            ("periodical", 1),
            ("single", len(CASES) - 5),
        ]

    def test_what_is_shown_twice_is_the_same(self, all_kinds: Shelf) -> None:
        before = contents(all_kinds)
        all_kinds.build(anew=True)
        assert contents(all_kinds) == before

    def test_records_lead_to_each_other(self, all_kinds: Shelf) -> None:
        assert ISSUE.title
        article = ISSUE.divisions[0]
        paths = [f"/catalogue/{row}" for row in (f"title/{ISSUE.title.id}", f"division/{article.id}")]
        title, division = (re.sub(r"\s+", " ", answer.text) for answer in all_kinds.get(*paths))
        for said in ("periodikum", "0317-8471", "Svazky"):
            assert said in title, said
        for said in ("článek", "O počasí", ISSUE.id, ISSUE.pages[1].id, "Od strany"):
            assert said in division, said

    @pytest.mark.parametrize("path", ["issues", "embargoed", "proposed", "division", "name", "title_in_package"])
    @pytest.mark.parametrize("language", ["cs", "en"])
    def test_every_list_opens(
        self, all_kinds: Shelf, monkeypatch: pytest.MonkeyPatch, path: str, language: str
    ) -> None:
        monkeypatch.setenv("KDR_LANGUAGE", language)
        (answer,) = all_kinds.get(f"/catalogue/{path}")
        assert answer.status_code == 200
        assert Speech().about(path) in answer.text

    @pytest.mark.parametrize("tongue", Tongue)
    def test_every_coded_value_is_said_in_words(self, tongue: Tongue) -> None:
        speech = Speech(tongue)
        types = {kind.value for kind in VolumeKind}.union(*map(page_types, VolumeKind))
        coded: dict[str, set[str]] = {
            "type": types,
            "side": {side.value for side in Side},
            "source": {source.value for source in Source},
            "kind": {each.value for each in (*DivisionKind, *NameKind)} | {"periodical", "multivolume", "single"},
            "copyright": {"copyrighted", "pd", "pd_expired", "pd_holder", "unknown"},
            "publication_status": {"published", "unpublished", "unknown"},
        }
        said = {(column, value) for column, values in coded.items() for value in values}
        known = {pair for pair in said if f"value.{pair[0]}.{pair[1]}" in speech._words.sentences}
        assert said - known == set()
