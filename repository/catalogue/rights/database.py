"""The catalogue's database as Datasette serves it: everything is asked for the audience of the request at hand.

Questions about the schema (which columns a table has) go to a second, plain database over the same file, and are
answered for the tables that the audience may see; rows never come from there.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from datasette.database import Database, Results
from datasette.utils import sqlite_timelimit

from repository.catalogue.presentation import NAME
from repository.catalogue.rights.audience import Audience, current
from repository.catalogue.rights.repeated import Repeated
from repository.catalogue.rights.scoped import Params, Scoped, audience_key, permitted, shadow, trusted
from repository.catalogue.rights.views import FOUND, WITH_ROWID, tables_of, views_of

if TYPE_CHECKING:
    from datasette.app import Datasette

_T = TypeVar("_T")
_Check = Callable[[sqlite3.Connection], None]

MOST_AUDIENCES = 8
"""So many connections a thread keeps open, each for another audience."""

PATIENCE_MS = 60_000
"""Milliseconds that one piece of an export may take."""

# What Datasette 0.65 itself asks in SQL of a database, and gets no rows of ours by.
_OF_SCHEMA = frozenset({
    "PRAGMA schema_version",
    "select name from sqlite_master where type in ('table', 'view') and name = ? collate nocase",
})  # fmt: skip
# A row's own page asks for every column, and would show the hidden one.
_ROW = re.compile(r'select \* from (\w+) where ("\w+"=:p0)')
# More than a facet shows unless it is asked for more.
_FEW = 50
# Rows of a table, and values of a facet: what Datasette counts for every page of a table.
_COUNTING = re.compile(
    r"\s*(select (count\(\*\)|\S+ as value, count\(\*\) as count) from |with inner as \()", re.IGNORECASE
)
# What may change though nothing is written.
_FLEETING = re.compile(r"\b(overdue|now|random\w*|current_\w+)\b", re.IGNORECASE)
_CHECK: ContextVar[_Check | None] = ContextVar("check", default=None)


class ScopedDatabase(Database):  # type: ignore[misc]
    """A Datasette database that answers each audience from a connection of its own; statements in `own` are ours."""

    def __init__(self, datasette: Datasette, path: str, unknown_access: str, own: frozenset[str]) -> None:
        super().__init__(datasette, path)
        self._unknown_access = unknown_access
        self._own = own
        self._kept = threading.local()
        self._schema = Database(datasette, path)
        self._schema.name = f"{NAME} schema"
        self._repeated: Repeated[Results] = Repeated(Path(path), lambda told: len(told.rows) <= _FEW)

    @property
    def size(self) -> int:
        """Nothing: the weight of the file, which Datasette tells everybody, grows with what they may not see."""
        return 0

    async def execute(self, sql: str, params: Params = None, *args: Any, **how: Any) -> Results:  # noqa: ANN401 - as there
        """As Datasette's; `sql` may be anybody's.

        Raises:
            sqlite3.OperationalError: it asks for what the audience may not see, or is no statement.
            QueryInterrupted: it takes too long.
        """
        if sql in _OF_SCHEMA:
            return await self._schema.execute(sql, params)
        row = _ROW.fullmatch(sql)
        if row and row[1] in WITH_ROWID:
            columns = ", ".join(f'"{column}"' for column in await self.table_columns(row[1]))
            sql = f"select {columns} from {row[1]} where {row[2]}"  # noqa: S608 - our own names
        check = _passed if sql.strip() in self._own else lambda connection: permitted(connection, sql, params)
        ask = partial(self._asked, check, sql, params, *args, **how)
        if not _COUNTING.match(sql) or _FLEETING.search(sql):
            return await ask()
        values = tuple(params.items()) if isinstance(params, Mapping) else tuple(params or ())
        question = (today(), audience_key(current()), sql, values, args, tuple(sorted(how.items())))
        return await self._repeated.told(question, ask)

    async def execute_trusted(self, sql: str, params: Params = None, *args: Any, **how: Any) -> Results:  # noqa: ANN401
        """The same for a statement of ours that reads page_fts, volume_fts, page_text or word_form.

        It must itself join page or volume, which show the audience's rows, for whatever it gives away.

        Raises:
            sqlite3.Error: it is no statement.
            QueryInterrupted: it takes too long.
        """
        return await self._asked(_passed, sql, params, *args, **how)

    async def execute_patiently(self, sql: str, params: Params = None) -> list[tuple[Any, ...]]:
        """The rows that anybody's `sql` gives, however long it takes up to PATIENCE_MS: a stream cannot be taken back.

        Raises:
            sqlite3.OperationalError: as `execute`; it takes too long.
        """

        def read(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            with sqlite_timelimit(connection, PATIENCE_MS):
                return [tuple(row) for row in connection.execute(sql, {} if params is None else params)]

        with _checked(lambda connection: permitted(connection, sql, params)):
            return await self.execute_fn(read)

    async def _asked(self, check: _Check, sql: str, params: Params, *args: Any, **how: Any) -> Results:  # noqa: ANN401
        with _checked(check):
            return await super().execute(sql, params, *args, **how)

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], _T]) -> _T:
        """Call `fn` in a thread with the connection of the audience at hand."""
        check, audience = _CHECK.get(), current()

        def in_thread() -> _T:
            connection = self._connection(audience)
            if check is None:
                return fn(connection)
            check(connection)
            with trusted(connection):
                return fn(connection)

        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, in_thread)

    def _connection(self, audience: Audience) -> Scoped:
        """This thread's connection for `audience`, as of today."""
        kept: OrderedDict[object, Scoped] = self._kept.__dict__.setdefault("connections", OrderedDict())
        day = today()
        key = (day, audience_key(audience))
        if key not in kept:
            if len(kept) >= MOST_AUDIENCES:
                _, oldest = kept.popitem(last=False)
                self._all_file_connections.remove(oldest)
                oldest.close()
            kept[key] = self._opened(audience, day)
        kept.move_to_end(key)
        return kept[key]

    def _opened(self, audience: Audience, day: str) -> Scoped:
        opened = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, check_same_thread=False, factory=Scoped)
        self._all_file_connections.append(opened)
        self.ds._prepare_connection(opened, self.name)
        shadow(opened, audience, self._unknown_access, day)
        return opened

    def close(self) -> None:
        """Let go of all connections."""
        super().close()
        self._schema.close()
        self._repeated.close()

    async def table_names(self) -> list[str]:
        """The tables that the audience at hand may see."""
        there = await self._schema.table_names()
        return [name for name in tables_of(current()) if name in there]

    async def view_names(self) -> list[str]:
        """The same of views."""
        there = await self._schema.view_names()
        return [name for name in views_of(current()) if name in there]

    async def table_exists(self, table: str) -> bool:
        """Whether the audience at hand may see a table of this name."""
        return table in await self.table_names()

    async def hidden_table_names(self) -> list[str]:
        """None: what is to be hidden is not there."""
        return []

    async def attached_databases(self) -> list[Any]:
        """None."""
        return []

    async def get_table_definition(self, table: str, type_: str = "table") -> str | None:
        """How a table that may be seen is made; nothing for any other."""
        known = await self.view_names() if type_ == "view" else await self.table_names()
        return await self._schema.get_table_definition(table, type_) if table in known else None

    async def table_columns(self, table: str) -> list[str]:
        """The columns of a table; of the full text as one may ask it, none."""
        return [] if table in FOUND.values() else list(await self._schema.table_columns(table))

    async def table_column_details(self, table: str) -> list[Any]:
        """The same with their types."""
        return list(await self._schema.table_column_details(table))

    async def primary_keys(self, table: str) -> list[str]:
        """The columns of a table's primary key."""
        return list(await self._schema.primary_keys(table))

    async def fts_table(self, table: str) -> str | None:
        """What is asked in a search of a table."""
        return FOUND.get(table)

    async def label_column_for_table(self, table: str) -> str | None:
        """The column that stands for a row in links to it."""
        told: str | None = self.ds.table_metadata(self.name, table).get("label_column")
        return told or await self._schema.label_column_for_table(table)

    async def foreign_keys_for_table(self, table: str) -> list[dict[str, str]]:
        """Its references to tables that may be seen."""
        known = set(await self.table_names())
        return [key for key in await self._schema.foreign_keys_for_table(table) if key["other_table"] in known]

    async def get_all_foreign_keys(self) -> dict[str, dict[str, list[dict[str, str]]]]:
        """The references among all tables that may be seen."""
        known = set(await self.table_names())
        found = await self._schema.get_all_foreign_keys()
        return {
            table: {way: [key for key in keys if key["other_table"] in known] for way, keys in found[table].items()}
            for table in found
            if table in known
        }


async def generations(datasette: Datasette) -> tuple[int, int]:
    """The generation, a number that grows whenever rows of volumes change; for caches, beside `audience_key`.

    And what it was when some that had been there last changed or went: what is older may show too much.
    """
    rows = await datasette.get_database(NAME).execute_trusted("select max(number), max(closed) from generation")
    number, closed = rows.first()
    return int(number or 0), int(closed or 0)


def today() -> str:
    """The day by this machine's clock (ISO 8601): embargoes end with it."""
    return dt.datetime.now().astimezone().date().isoformat()


def _passed(_connection: sqlite3.Connection) -> None:
    """Ours: nothing to look at."""


@contextmanager
def _checked(check: _Check) -> Iterator[None]:
    before = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(before)
