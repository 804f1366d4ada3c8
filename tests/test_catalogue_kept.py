"""What is kept in memory so that a large catalogue answers fast: never older than the rows, never another's."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from repository.catalogue.house import Config
from repository.catalogue.presentation import NAME
from repository.catalogue.reading import turns
from repository.catalogue.reading.turns import Busy, Turns
from repository.catalogue.remembered import MOST_AUDIENCES, Remembered
from repository.catalogue.rights.audience import PUBLIC, Audience, Role, answering
from repository.catalogue.rights.repeated import MOST, Repeated
from repository.catalogue.serve import application
from repository.catalogue.signing.session import COOKIE, issue
from tests.rights_shelf import AUDIENCES, OUTSIDE, RightsShelf
from tests.stored_volumes import KEEPER, Shelf, close

if TYPE_CHECKING:
    from datasette.app import Datasette


def served(shelf: Shelf, ask: Callable[[Datasette], Awaitable[None]]) -> None:
    """Let `ask` ask one server of the shelf."""
    datasette = application(shelf.housed(Config(unknown_access="premises", searches_per_second=1e6)))

    async def asked() -> None:
        await ask(datasette)

    try:
        asyncio.run(asked())
    finally:
        close(datasette)


async def seen(datasette: Datasette, path: str, audience: Audience = KEEPER) -> str:
    """What the audience gets at `path`."""
    cookies = {COOKIE: issue(datasette, audience)} if audience.name else {}
    answer = await datasette.client.get(path, cookies=cookies)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two volumes of two pages."""
    made = Shelf(tmp_path)
    for name in ("prvni", "druhy"):
        made.keep(name, f"strana {name}", "jiná strana")
    made.build()
    return made


class TestPages:
    def test_the_front_page_tells_of_a_new_volume_at_once(self, shelf: Shelf) -> None:
        async def ask(datasette: Datasette) -> None:
            assert ">4</strong>" in await seen(datasette, "/")
            shelf.keep("treti", "strana")
            shelf.build()
            assert ">5</strong>" in await seen(datasette, "/")

        served(shelf, ask)

    def test_counts_and_facets_of_a_table_do_too(self, shelf: Shelf) -> None:
        async def ask(datasette: Datasette) -> None:
            for pages in (4, 5):
                told = await self.table(datasette, "/catalogue/page.json?_facet=type")
                (facet,) = told["facet_results"]["type"]["results"]
                assert told["filtered_table_rows_count"] == facet["count"] == pages
                shelf.keep("treti", "strana")
                shelf.build()

        served(shelf, ask)

    def test_nobody_gets_what_was_counted_for_another(self, tmp_path: Path) -> None:
        held = RightsShelf(tmp_path)

        async def ask(datasette: Datasette) -> None:
            for path in ("/", "/catalogue/page.json?_facet=quality"):
                mixed = await asyncio.gather(*[seen(datasette, path, audience) for audience in AUDIENCES])
                again = [await seen(datasette, path, audience) for audience in AUDIENCES]
                assert len(set(self.numbers(mixed))) > 2
                assert self.numbers(mixed) == self.numbers(again)
            with answering(OUTSIDE):
                rows = await datasette.get_database(NAME).execute("select count(*) from page")
            assert rows.first()[0] == len(held.pages(OUTSIDE))

        served(held, ask)

    def test_a_count_that_may_not_be_asked_is_refused_again_and_again(self, shelf: Shelf) -> None:
        async def ask(datasette: Datasette) -> None:
            for audience in (KEEPER, PUBLIC, PUBLIC):
                with answering(audience):
                    counting = datasette.get_database(NAME).execute("select count(*) from journal")
                    if audience is KEEPER:
                        assert (await counting).first()[0] > 0
                    else:
                        with pytest.raises(sqlite3.OperationalError):
                            await counting

        served(shelf, ask)

    @staticmethod
    async def table(datasette: Datasette, path: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(await seen(datasette, path))
        return told

    @staticmethod
    def numbers(pages: list[str]) -> list[tuple[str, ...]]:
        """What was counted on each page."""
        counted = r'<strong>(\d+)</strong>|"count": (\d+)|"filtered_table_rows_count": (\d+)'
        return [tuple("".join(each) for each in re.findall(counted, page)) for page in pages]


class TestRemembered:
    def test_all_who_ask_at_once_wait_for_one_making(self, shelf: Shelf) -> None:
        made: list[int] = []
        memory = Remembered(self.counting(made))

        async def ask(datasette: Datasette) -> None:
            assert await asyncio.gather(*[memory.of(datasette) for _ in range(20)]) == [1] * 20
            assert await memory.of(datasette) == 1

        served(shelf, ask)

    def test_it_is_made_anew_when_volumes_changed(self, shelf: Shelf) -> None:
        made: list[int] = []
        memory = Remembered(self.counting(made))

        async def ask(datasette: Datasette) -> None:
            assert await memory.of(datasette) == 1
            self.change(shelf, closed=False)
            assert await memory.of(datasette) == 2

        served(shelf, ask)

    def test_what_may_be_late_serves_until_it_is_made_anew(self, shelf: Shelf) -> None:
        made: list[int] = []
        memory = Remembered(self.counting(made), late=True)

        async def ask(datasette: Datasette) -> None:
            assert await memory.of(datasette) == 1
            self.change(shelf, closed=False)
            assert await memory.of(datasette) == 1
            await asyncio.sleep(0.1)
            assert await memory.of(datasette) == 2

        served(shelf, ask)

    def test_nothing_serves_that_may_show_what_has_been_closed(self, shelf: Shelf) -> None:
        made: list[int] = []
        memory = Remembered(self.counting(made), late=True)

        async def ask(datasette: Datasette) -> None:
            assert await memory.of(datasette) == 1
            self.change(shelf, closed=False)
            assert await memory.of(datasette) == 1  # and begins to make the second
            self.change(shelf, closed=True)
            assert await memory.of(datasette) == 3

        served(shelf, ask)

    def test_it_forgets_whoever_asked_longest_ago(self, shelf: Shelf) -> None:
        made: list[int] = []
        memory = Remembered(self.counting(made))

        async def ask(datasette: Datasette) -> None:
            for sigla in range(MOST_AUDIENCES + 1):
                with answering(Audience("x", frozenset({Role.CURATOR}), frozenset({str(sigla)}))):
                    assert await memory.of(datasette) == sigla + 1
            with answering(Audience("x", frozenset({Role.CURATOR}), frozenset({"0"}))):
                assert await memory.of(datasette) == MOST_AUDIENCES + 2

        served(shelf, ask)

    def test_a_failure_is_not_kept(self, shelf: Shelf) -> None:
        tried: list[int] = []

        async def fail_first(_datasette: Datasette) -> int:
            tried.append(1)
            if len(tried) == 1:
                raise sqlite3.OperationalError("disk I/O error")
            return len(tried)

        memory = Remembered(fail_first)

        async def ask(datasette: Datasette) -> None:
            with pytest.raises(sqlite3.OperationalError):
                await memory.of(datasette)
            assert await memory.of(datasette) == 2

        served(shelf, ask)

    @staticmethod
    def counting(made: list[int]) -> Callable[[Datasette], Awaitable[int]]:
        """Makes the number of times it was called, and takes a moment."""

        async def make(_datasette: Datasette) -> int:
            made.append(1)
            number = len(made)
            await asyncio.sleep(0.02)
            return number

        return make

    @staticmethod
    def change(shelf: Shelf, *, closed: bool) -> None:
        """As when volumes were stored, or (`closed`) changed or taken out."""
        with closing(sqlite3.connect(shelf.house.database)) as connection, connection:
            connection.execute("update generation set number = number + 1")
            if closed:
                connection.execute("update generation set closed = number")


class TestRepeated:
    def test_an_answer_is_kept_until_somebody_writes(self, shelf: Shelf) -> None:
        repeated: Repeated[int] = Repeated(shelf.house.database, lambda told: told < 10**6)
        asked: list[int] = []

        async def answer() -> int:
            asked.append(1)
            await asyncio.sleep(0)
            return len(asked)

        larges = iter(range(10**6, 10**6 + 2))

        async def large() -> int:
            return next(larges)

        async def ask() -> None:
            assert await asyncio.gather(*[repeated.told("how many", answer) for _ in range(9)]) == [1] * 9
            assert await repeated.told("how much", answer) == 2
            with closing(sqlite3.connect(shelf.house.database)) as connection, connection:
                connection.execute("update generation set number = number + 1")
            assert await repeated.told("how many", answer) == 3
            assert await repeated.told("large", large) == await repeated.told("large", large) - 1
            for number in range(MOST):
                await repeated.told(number, answer)
            assert await repeated.told("how many", answer) == MOST + 4

        with closing(repeated):
            asyncio.run(ask())


class TestTurns:
    def test_no_more_have_their_turn_than_may(self) -> None:
        now: list[int] = []
        most: list[int] = []

        async def search(line: Turns) -> None:
            async with line.turn():
                now.append(1)
                most.append(len(now))
                await asyncio.sleep(0.001)
                now.pop()

        async def ask() -> None:
            line = Turns(2, 20)
            await asyncio.gather(*[search(line) for _ in range(22)])

        asyncio.run(ask())
        assert len(most) == 22
        assert max(most) == 2

    def test_one_too_many_is_turned_away_and_may_come_again(self) -> None:
        async def ask() -> None:
            line = Turns(1, 0)
            async with line.turn():
                with pytest.raises(Busy):
                    async with line.turn():
                        pass
            async with line.turn():
                pass

        asyncio.run(ask())

    def test_a_search_turned_away_is_told_when_to_come_again(
        self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("repository.catalogue.reading.search_page.turns", lambda: Turns(0, 0))
        for answer in shelf.get("/search?q=strana", "/search.json?q=strana"):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, str(turns.RETRY_AFTER))
        assert "příliš mnoho lidí" in shelf.get("/search?q=strana")[0].text
