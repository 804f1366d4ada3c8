"""What one may not see does not exist: in rows, counts, facets, labels, exports and whatever is asked in SQL."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.copyrightmd import STATUSES
from metadata.description import Rights
from repository.catalogue.database import Row, opened, put
from repository.catalogue.house import Config
from repository.catalogue.presentation import NAME
from repository.catalogue.rights.access import Access, effective, stored, within
from repository.catalogue.rights.audience import EVERYWHERE, PUBLIC, Audience, Role, answering
from repository.catalogue.rights.database import ScopedDatabase, generations
from repository.catalogue.rights.scoped import Scoped, audience_key, permitted, shadow, trusted
from repository.catalogue.serve import application
from tests.rights_shelf import (
    ARCHIVIST,
    ARCHIVIST_OF_HOME,
    AUDIENCES,
    CURATOR,
    CURATOR_EVERYWHERE,
    HOME,
    INSIDE,
    OUTSIDE,
    RightsShelf,
)
from tests.stored_volumes import close

READER = Audience("čtenář", frozenset({Role.READER}), on_premises=True)
ASKING = Config(unknown_access="premises", sql="all", searches_per_second=1e6)
FOR_ALL = ("institution", "title", "volume", "page", "division", "name", "file", "issues", "holdings")
FOR_STAFF = ("event", "finding", "page_text", "version", "title_in_package", "weak_pages", "embargoed")
FOR_ARCHIVISTS = ("journal", "fixity", "copy", "safety", "incident", "audit", "drill", "seal", "promise", "unsafe")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> RightsShelf:
    return RightsShelf(tmp_path_factory.mktemp("rights"))


def asked(shelf: RightsShelf, audience: Audience, *sql: str) -> list[dict[str, Any]]:
    """What raw SQL answers."""
    answers = shelf.get(*(f"/{NAME}.json?{_query(each)}" for each in sql), audience=audience, config=ASKING)
    return [answer.json() | {"status": answer.status_code, "text": answer.text} for answer in answers]


def _query(sql: str) -> str:
    return urlencode({"sql": sql, "_shape": "objects"})


class TestWhoSees:
    @pytest.mark.parametrize("audience", AUDIENCES)
    def test_rows_and_counts_are_those_one_may_see(self, shelf: RightsShelf, audience: Audience) -> None:
        volumes, pages = shelf.get(
            "/catalogue/volume.json?_size=max", "/catalogue/page.json?_size=max", audience=audience, config=ASKING
        )
        told = volumes.json()
        uuid = told["columns"].index("uuid")
        assert {row[uuid] for row in told["rows"]} == shelf.volumes(audience)
        assert told["filtered_table_rows_count"] == len(shelf.volumes(audience))
        assert {row[0] for row in pages.json()["rows"]} == shelf.pages(audience)
        facets = {hit["value"]: hit["count"] for hit in pages.json()["facet_results"]["institution"]["results"]}
        assert sum(facets.values()) == len(shelf.pages(audience)) == pages.json()["filtered_table_rows_count"]

    @pytest.mark.parametrize("audience", AUDIENCES)
    def test_nothing_hidden_appears_in_any_table(self, shelf: RightsShelf, audience: Audience) -> None:
        tables = (*FOR_ALL, *FOR_STAFF, *FOR_ARCHIVISTS, "word_form", "custody", "missing", "proposed", "overdue")
        kinds = (".json?_size=max&_labels=on", ".csv?_size=max&_labels=on", "?_size=max")
        paths = [f"/catalogue/{table}{kind}" for table in tables for kind in kinds]
        for answer in shelf.get("/", "/catalogue", *paths, audience=audience, config=ASKING):
            assert answer.status_code in {200, 404}, (answer.url, answer.text[:300])
            shelf.assert_hidden(answer.text, audience)

    @pytest.mark.parametrize(
        ("audience", "seen", "unseen"),
        [
            (OUTSIDE, FOR_ALL, (*FOR_STAFF, *FOR_ARCHIVISTS, "word_form", "generation", "page_fts", "page_fts_data")),
            (CURATOR, (*FOR_ALL, *FOR_STAFF), (*FOR_ARCHIVISTS, "word_form", "volume_words")),
            (ARCHIVIST_OF_HOME, (*FOR_ALL, *FOR_STAFF, *FOR_ARCHIVISTS), ("word_form", "sqlite_master")),
            (CURATOR_EVERYWHERE, (*FOR_ALL, *FOR_STAFF, "word_form", "volume_words"), FOR_ARCHIVISTS),
            (ARCHIVIST, (*FOR_ALL, *FOR_STAFF, *FOR_ARCHIVISTS, "word_form"), ("generation", "page_fts_idx")),
        ],
    )
    def test_tables_are_there_for_those_who_may_see_them(
        self, shelf: RightsShelf, audience: Audience, seen: tuple[str, ...], unseen: tuple[str, ...]
    ) -> None:
        paths = [f"/catalogue/{table}.json" for table in (*seen, *unseen)]
        found = [answer.status_code for answer in shelf.get(*paths, audience=audience, config=ASKING)]
        assert found == [200] * len(seen) + [404] * len(unseen)

    def test_rows_of_their_own_pages_are_not_found(self, shelf: RightsShelf) -> None:
        staff, partly = shelf.kept["pracovni"], shelf.kept["jednim"]
        there = [f"volume/{partly.id}", f"page/{partly.pages[0]}"]
        gone = [
            f"volume/{staff.id}",
            f"page/{staff.pages[0]}",
            f"page/{partly.pages[1]}",
            f"division/{partly.division}",
        ]
        paths = [f"/catalogue/{path}{kind}" for path in (*there, *gone) for kind in ("", ".json")]
        answers = shelf.get(*paths, config=ASKING, audience=OUTSIDE)
        assert [answer.status_code for answer in answers] == [200] * 4 + [404] * 8
        for answer in answers:
            shelf.assert_hidden(answer.text, OUTSIDE, asked=str(answer.url))
        assert "rowid" not in answers[3].text

    def test_a_volume_adds_up_only_the_pages_one_may_see(self, shelf: RightsShelf) -> None:
        name = shelf.kept["jednim"].id
        sql = f"select pages, words, own_rights, bytes, contents from volume where uuid = '{name}'"  # noqa: S608
        sums = [asked(shelf, audience, sql)[0]["rows"][0] for audience in (OUTSIDE, CURATOR)]
        assert [(row["pages"], row["words"], row["own_rights"], row["contents"]) for row in sums] == [
            (1, 2, 0, None),
            (2, 4, 1, None),
        ]
        assert 0 < sums[0]["bytes"] < sums[1]["bytes"]

    def test_links_to_a_record_count_what_one_may_see(self, shelf: RightsShelf) -> None:
        path = f"/catalogue/institution/{HOME.sigla}.json?_extras=foreign_key_tables"
        for audience in (OUTSIDE, CURATOR, ARCHIVIST):
            told = shelf.get(path, audience=audience, config=ASKING)[0].json()["foreign_key_tables"]
            counts = {(each["other_table"], each["other_column"]): each["count"] for each in told}
            volumes = {each.id for each in shelf.kept.values() if each.institution == HOME.sigla}
            assert counts["volume", "institution"] == len(volumes & shelf.volumes(audience))

    @pytest.mark.parametrize("audience", AUDIENCES)
    def test_searches_find_only_what_one_may_see(self, shelf: RightsShelf, audience: Audience) -> None:
        hidden = [each.words[1] for each in shelf.kept.values() if not each.whole(audience)]
        searched = ["zvonice", *hidden]
        paths = [f"/catalogue/page.json?_search={word}&_size=max" for word in searched]
        titles = [f"/catalogue/volume.json?_search={each.name}tq" for each in shelf.kept.values()]
        query = [f"/catalogue/find_word.json?word={word}" for word in searched]
        answers = shelf.get(*paths, *query, *titles, audience=audience, config=ASKING)
        assert answers[0].json()["filtered_table_rows_count"] == len(shelf.pages(audience))
        assert len(answers[len(searched)].json()["rows"]) == len(shelf.pages(audience))
        for answer in answers:
            shelf.assert_hidden(answer.text, audience, asked=str(answer.url))

    def test_the_setting_decides_of_what_nobody_told(self, shelf: RightsShelf) -> None:
        unknown = shelf.kept["neznamy"].id
        seen = {
            (setting, audience.on_premises): shelf.get(
                f"/catalogue/volume/{unknown}.json", audience=audience, config=replace(ASKING, unknown_access=setting)
            )[0].status_code
            for setting in Access
            for audience in (OUTSIDE, INSIDE)
        }
        assert seen == {
            ("public", False): 200,
            ("public", True): 200,
            ("premises", False): 404,
            ("premises", True): 200,
            ("staff", False): 404,
            ("staff", True): 404,
        }

    def test_an_embargo_ends_by_itself(self, shelf: RightsShelf) -> None:
        rows = _visible(shelf.database, OUTSIDE, "premises", "2999-12-31")
        assert shelf.kept["budouci"].id in rows
        assert shelf.kept["budouci"].id not in _visible(shelf.database, OUTSIDE, "premises", "2999-12-30")


# Every one of these must fail, or answer without anything hidden.
HOSTILE = (
    "select * from main.page",
    "select count(*) from main.page",
    "select count(*) from main.volume",
    "select 1 from main.page where uuid like '7%'",
    "with page as (select * from main.page) select * from page",
    "with volume as (select * from main.volume) select * from volume",
    'with "page " as (select * from main.page) select * from "page "',
    "select * from (select * from main.page) as page",
    "select * from (select * from main.page) as temp",
    "select (select group_concat(text) from main.page_text) from page",
    "select * from volume where uuid in (select volume from main.page)",
    "select * from page union all select *, 0 from main.page",
    "select page.* from page join main.volume on 1",
    "select * from page natural join main.page",
    "select * from page order by (select max(uuid) from main.page)",
    "select exists (select 1 from main.volume where title like 'Titul pracovni%')",
    "select max(rowid) from main.page",
    "select * from page_fts",
    "select count(*) from page_fts where page_fts match 'zvonice'",
    "select snippet(page_fts, 0, '', '', '', 64) from page_fts where page_fts match 'zvonice'",
    "select snippet(found_page, 0, '', '', '', 64) from found_page where found_page match 'zvonice'",
    "select highlight(found_page, 0, '', ''), bm25(found_page) from found_page where found_page match 'zvonice'",
    "select * from page_fts_data",
    "select * from page_fts_content",
    "select * from volume_fts",
    "select * from word_form",
    "select * from volume_words",
    "select escape_fts('druhapracovnixq')",
    "select escape_fts /* found_page match escape_fts(:a) */ ('druhapracovnixq')",
    "select \"escape_fts\"('druhapracovnixq')",
    "select * from sqlite_master",
    "select * from sqlite_schema",
    "select * from sqlite_temp_master",
    "select * from temp.sqlite_temp_schema",
    "select sql from temp.sqlite_master",
    "select * from sqlite_stat1",
    "select * from pragma_table_info('page')",
    "select * from pragma_database_list",
    "select * from pragma_index_list('page')",
    "select * from dbstat",
    "select * from generation",
    "select * from journal",
    "select group_concat(title) from safety",
    "select load_extension('x')",
    "select fts5(1)",
    "explain select * from page",
    "explain query plan select * from page",
    "--x\nexplain select * from page",
    "select group_concat(uuid) from page, json_each((select group_concat(uuid) from main.page))",
    "select * from json_each((select json_group_array(title) from main.volume))",
    "with recursive t(x) as (select title from main.volume union select x from t) select * from t",
    "select * from main.institution",
    "select volume.rowid, (select text from main.page_text where rowid = page.rowid) from volume join page on 1",
    "values ((select title from main.volume limit 1))",
    "select sum(pages), sum(bytes), group_concat(contents) from volume",
    "select group_concat(title) from volume",
    "select group_concat(uuid) from page",
    "select count(*) from page where uuid in (select page from main.division)",
    "select 1 from (select 'Titul pracovnitq' as title) join main.volume using (title)",
    "select title from main.volume full join (select 1 as title) using (title)",
    "select title from \"main\" . 'volume' full join (select 1 as title) using (title)",
    "select text from page_text full join (select 1 as text) using (text) limit 50 -- journal",
    "select sql from temp.sqlite_master full join (select 1 as sql) using (sql)",
    "select name from sqlite_schema right join (select 1 as name) using (name)",
    "select * from main.page natural full join (select 1 as uuid)",
    "select 1 where 1 in main.generation",
    "select 1 from page_fts('zvonice')",
    "select count(*) from page_fts('zvonice')",
    "select 1 from page_fts('zvonice') join (select 1 as rank) using (rank)",
    "select json_each.value from json_each((select group_concat(hash) from journal))",
    "select page.uuid from page left join main.page as other on other.volume = page.volume",
    "select row_number() over (order by (select max(title) from main.volume)) from page",
    "select t.title from main.volume as t, page as main",
)
HARMLESS = frozenset(
    {
        "select sum(pages), sum(bytes), group_concat(contents) from volume",
        "select group_concat(title) from volume",
        "select group_concat(uuid) from page",
    }
)


class TestRawSql:
    @pytest.mark.parametrize("audience", [OUTSIDE, CURATOR])
    def test_no_statement_tells_what_is_hidden(self, shelf: RightsShelf, audience: Audience) -> None:
        for sql, told in zip(HOSTILE, asked(shelf, audience, *HOSTILE), strict=True):
            shelf.assert_hidden(json.dumps(told.get("rows", [])), audience)
            shelf.assert_hidden(str(told.get("error", "")), audience, asked=sql)
            assert told["status"] == (200 if sql in HARMLESS else 400), (sql, told["text"])

    def test_counts_in_sql_are_those_one_may_see(self, shelf: RightsShelf) -> None:
        for audience in AUDIENCES:
            given = asked(
                shelf,
                audience,
                "select count(*) as n from page",
                "select count(*) as n from found_page where found_page match 'zvonice'",
                "with page as (select * from page) select count(*) as n from page",
                "select sum(pages) as n from volume",
                "select sum(pages) as n from holdings",
            )
            assert [told["rows"][0]["n"] for told in given[:2]] == [len(shelf.pages(audience))] * 2
            assert given[2]["status"] == 400, "a circle, never the table of the file"
            assert [told["rows"][0]["n"] for told in given[3:]] == [len(shelf.pages(audience))] * 2

    def test_statements_that_write_are_refused(self, shelf: RightsShelf) -> None:
        async def ask(database: ScopedDatabase) -> None:
            for sql in (
                "delete from page",
                "insert into generation values (1, 1)",
                "update main.volume set title = ''",
                "create temp table t (x)",
                "drop view temp.page",
                "attach ':memory:' as other",
                "pragma table_list",
                "pragma writable_schema = on",
                "begin",
                "vacuum",
                "select 1; select 2",
                "",
            ):
                with pytest.raises(sqlite3.OperationalError):
                    await database.execute(sql)

        _with(shelf, ask, ARCHIVIST)

    @pytest.mark.parametrize(
        ("setting", "audience", "status"),
        [("nobody", ARCHIVIST, 403), ("staff", READER, 403), ("staff", CURATOR, 200), ("all", OUTSIDE, 200)],
    )
    def test_the_setting_says_who_may_ask(
        self, shelf: RightsShelf, setting: str, audience: Audience, status: int
    ) -> None:
        paths = ("/catalogue.json?sql=select+1", "/catalogue/page.json?_where=1=1")
        answers = shelf.get(*paths, audience=audience, config=replace(ASKING, sql=setting))
        assert [answer.status_code for answer in answers] == [status, status]

    def test_a_condition_in_the_address_is_as_narrow(self, shelf: RightsShelf) -> None:
        hostile = "uuid+in+(select+uuid+from+main.page)"
        answers = shelf.get(
            f"/catalogue/page.json?_where={hostile}",
            "/catalogue/page.json?_search=zvonice&_fts_table=page_fts",
            "/catalogue/page.json?_where=1+or+1&_size=max",
            audience=OUTSIDE,
            config=ASKING,
        )
        assert [answer.status_code for answer in answers] == [400, 400, 200]
        assert answers[2].json()["filtered_table_rows_count"] == len(shelf.pages(OUTSIDE))


class TestOurs:
    def test_trusted_statements_read_the_full_text_and_join_what_may_be_seen(self, shelf: RightsShelf) -> None:
        sql = (
            "select page.uuid, snippet(page_fts, 0, '[', ']', '', 8) from page_fts join page "
            "on page.rowid = page_fts.rowid where page_fts match :q order by rank"
        )

        async def ask(database: ScopedDatabase) -> None:
            rows = await database.execute_trusted(sql, {"q": "zvonice"})
            assert {row[0] for row in rows} == shelf.pages(OUTSIDE)
            with pytest.raises(sqlite3.OperationalError):
                await database.execute(sql, {"q": "zvonice"})

            def within_fn(connection: sqlite3.Connection) -> int:
                with trusted(connection):
                    rows = connection.execute(sql, {"q": "zvonice"}).fetchall()
                with pytest.raises(sqlite3.DatabaseError):
                    connection.execute("select text from page_text")
                return len(rows)

            assert await database.execute_fn(within_fn) == len(shelf.pages(OUTSIDE))

        _with(shelf, ask, OUTSIDE)

    def test_audiences_that_ask_at_once_get_their_own(self, shelf: RightsShelf) -> None:
        async def one(database: ScopedDatabase, audience: Audience) -> bool:
            with answering(audience):
                rows = await database.execute("select uuid from page")
            return {row[0] for row in rows} == shelf.pages(audience)

        async def ask(database: ScopedDatabase) -> None:
            assert all(await asyncio.gather(*(one(database, audience) for audience in AUDIENCES * 10)))

        _with(shelf, ask, OUTSIDE)

    def test_more_audiences_than_connections_are_answered(self, shelf: RightsShelf) -> None:
        async def ask(database: ScopedDatabase) -> None:
            for number in range(40):
                other = replace(CURATOR, institutions=frozenset({f"X{number}", "O'Brien"}))
                with answering(other):
                    rows = await database.execute("select count(*) from page")
                assert rows.first()[0] == len(shelf.pages(OUTSIDE))

        _with(shelf, ask, OUTSIDE)

    def test_staff_of_nowhere_see_no_volume_of_nobody(self, tmp_path: Path) -> None:
        database = tmp_path / "c.db"
        with closing(opened(database)) as connection:
            _put(connection, "volume", "v", {"institution": None, "access": "staff"})
        nowhere = replace(CURATOR, institutions=frozenset({""}))
        assert _visible(database, nowhere, "public", "2026-11-23") == set()

    def test_the_generation_grows_with_what_is_stored(self, tmp_path: Path) -> None:
        shelf = RightsShelf(tmp_path)
        served = application(shelf.house)

        async def watch() -> list[int]:
            told = [(await generations(served))[0]]
            for anew in (False, False, True):
                if not anew and len(told) == 1:
                    shelf.keep("another")
                shelf.build(anew=anew)
                told.append((await generations(served))[0])
            return told

        try:
            first, second, third, last = asyncio.run(watch())
        finally:
            close(served)
        assert first < second == third < last

    def test_audiences_that_see_the_same_share_a_key(self) -> None:
        assert audience_key(PUBLIC) == audience_key(Audience("čtenář", frozenset({Role.READER}), frozenset({"X"})))
        keys = {audience_key(each) for each in AUDIENCES}
        assert len(keys) == len(AUDIENCES)


LEVELS = st.sampled_from(["", "public", "premises", "staff", "veřejně", "PUBLIC "])
DAYS = st.sampled_from(["", "2026-11-22", "2026-11-23", "2026-11-24", "20261124", "2026", "brzy", "2999-13-01"])
LICENCES = st.sampled_from(["", "CC BY 4.0", "CC0", "BY-NC-ND", "všechna práva", "https://creativecommons.org/x"])
RIGHTS = st.none() | st.builds(Rights, st.sampled_from(STATUSES), licence=LICENCES, embargo=DAYS, access=LEVELS)
SIGLAS = st.sampled_from(["A", "B"])
VOLUMES = st.lists(st.tuples(SIGLAS, RIGHTS, st.lists(RIGHTS, max_size=3)), max_size=4)
PEOPLE = st.builds(
    Audience,
    st.just("x"),
    st.frozensets(st.sampled_from(Role), max_size=2),
    st.frozensets(st.sampled_from(["A", "B", EVERYWHERE]), max_size=2),
    st.booleans(),
)
TODAY = dt.date(2026, 11, 23)


class TestRule:
    @settings(max_examples=60, deadline=None)
    @given(volumes=VOLUMES, audience=PEOPLE, unknown=st.sampled_from(Access))
    def test_one_sees_what_the_rule_says(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        volumes: list[tuple[str, Rights | None, list[Rights | None]]],
        audience: Audience,
        unknown: Access,
    ) -> None:
        database = tmp_path_factory.mktemp("rule") / "c.db"
        expected: tuple[set[str], set[str]] = (set(), set())
        with closing(opened(database)) as connection:
            for number, (sigla, rights, pages) in enumerate(volumes):
                name = f"v{number}"
                access, embargo = stored(rights)
                row: Row = {"institution": sigla, "own_rights": 1, "embargo": embargo or None, "access": access}
                _put(connection, "volume", name, row | {"pages": len(pages)})
                open_volume = _may(audience, sigla, rights, unknown)
                expected[0].update([name] * open_volume)
                for order, own in enumerate(pages):
                    access, embargo = within(rights, own)
                    row = {"volume": name, "institution": sigla, "embargo": embargo or None, "access": access}
                    _put(connection, "page", f"{name}.{order}", row)
                    seen = open_volume and _may(audience, sigla, own or rights, unknown)
                    expected[1].update([f"{name}.{order}"] * seen)
        day = TODAY.isoformat()
        assert _visible(database, audience, unknown, day) == expected[0]
        assert _visible(database, audience, unknown, day, "page") == expected[1]
        counted = _asked(database, audience, unknown, "select uuid, pages from volume", day)
        assert dict(counted) == {v: sum(p.startswith(f"{v}.") for p in expected[1]) for v in expected[0]}

    @pytest.mark.parametrize(
        ("rights", "access"),
        [
            (None, "unknown"),
            (Rights("copyrighted"), "unknown"),
            (Rights("pd_holder"), "unknown"),
            (Rights("pd"), "public"),
            (Rights("pd_expired"), "public"),
            (Rights("copyrighted", licence="CC BY-NC-ND 4.0"), "public"),
            (Rights("copyrighted", licence="https://creativecommons.org/licenses/by/4.0/deed.cs"), "public"),
            (Rights("unknown", licence="https://creativecommons.org/publicdomain/mark/1.0/"), "public"),
            (Rights("unknown", licence="CC0 1.0"), "public"),
            (Rights("unknown", licence="not CC BY 4.0"), "unknown"),
            (Rights("pd", access="staff"), "staff"),
            (Rights("copyrighted", access="public"), "public"),
            (Rights("pd", access="kdokoli"), "staff"),
            (Rights("pd", embargo="31. 12. 2030"), "staff"),
        ],
    )
    def test_access_is_told_or_follows_from_status_and_licence(self, rights: Rights | None, access: str) -> None:
        assert stored(rights)[0] == access
        for unknown in Access:
            assert effective(rights, unknown) == (unknown if access == "unknown" else access)


def _may(audience: Audience, sigla: str, rights: Rights | None, unknown: Access) -> bool:
    """The rule once more, as one would say it."""
    if audience.works_for(sigla):
        return True
    told = rights or Rights()
    try:
        if told.embargo and dt.date.fromisoformat(told.embargo) > TODAY:
            return False
    except ValueError:
        return False
    access = effective(rights, unknown)
    return access is Access.PUBLIC or (access is Access.PREMISES and audience.on_premises)


def _put(connection: sqlite3.Connection, table: str, uuid: str, told: Row) -> None:
    """A row with nothing in what it must have."""
    needed = connection.execute('select name, type from pragma_table_info(?) where "notnull"', (table,))
    row: Row = {name: "" if kind == "TEXT" else 0 for name, kind in needed}
    put(connection, table, row | {"uuid": uuid} | told)


def _visible(database: Path, audience: Audience, unknown: str, day: str, table: str = "volume") -> set[str]:
    return {row[0] for row in _asked(database, audience, unknown, f"select uuid from {table}", day)}  # noqa: S608


def _asked(database: Path, audience: Audience, unknown: str, sql: str, day: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, factory=Scoped)
    with closing(connection):
        shadow(connection, audience, unknown, day)
        permitted(connection, sql)
        return connection.execute(sql).fetchall()


def _with(shelf: RightsShelf, ask: Any, audience: Audience) -> None:  # noqa: ANN401
    served = application(shelf.housed(ASKING))
    database = served.get_database(NAME)
    assert isinstance(database, ScopedDatabase)
    try:
        with answering(audience):
            work: Coroutine[Any, Any, None] = ask(database)
            asyncio.run(work)
    finally:
        close(served)
