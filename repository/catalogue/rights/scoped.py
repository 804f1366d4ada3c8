"""A connection to the catalogue for one audience: whatever is asked on it, only that audience's rows answer.

Tables are shadowed by temporary views of their names (SQLite looks into temp first), and an authorizer lets nothing
else read the file. The name of the view that reads is all SQLite tells an authorizer, and an alias or a WITH can bear
any name; so each view reads through a second one whose name nobody can guess, and only that one may read the file.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from repository.catalogue.rights.audience import EVERYWHERE, Audience, Role
from repository.catalogue.rights.views import readable, views_of

Params = Mapping[str, Any] | Sequence[Any] | None

_LENGTH, _SQL = 64_000_000, 1_000_000
# Those of FTS5 tell of the words of all pages; the others of what is outside the catalogue.
_FORBIDDEN = frozenset({
    "load_extension", "fts3_tokenizer", "sqlite_log", "sqlite_offset", "fts5", "fts5_source_id", "bm25", "highlight",
    "snippet",
})  # fmt: skip
# SQLite 3.40 does not ask the authorizer of the columns that USING and NATURAL compare (and FULL JOIN then gives).
_UNASKED = frozenset({"using", "natural"})
_WORDS = re.compile(r"\w+", re.ASCII)
_NEVER = re.compile(r"main|sqlite_\w*|pragma_\w*")
_EVERYONES = frozenset({"json_each", "json_tree"})
_ASKING = re.compile(r"escape_fts", re.IGNORECASE)
_SEARCHING = re.compile(r"\b(found_page|found_volume) match escape_fts\(:\w+\)")
# Virtual tables join a connection when they are first named, and ask the authorizer for what we do not give.
_JOIN = {
    "match": "select 1 from main.page_fts, main.volume_fts limit 0",
    "json_": "select 1 from json_each('[]'), json_tree('[]')",
}


class Scoped(sqlite3.Connection):
    """A connection that knows whether it is asked by us (`trusting` > 0)."""

    trusting: int = 0
    secret: str = ""
    closed: frozenset[str] = frozenset()


@contextmanager
def trusted(connection: sqlite3.Connection) -> Iterator[None]:
    """Statements of ours that read the full text or the words themselves; they must join page or volume."""
    if not isinstance(connection, Scoped):
        yield
        return
    connection.trusting += 1
    try:
        yield
    finally:
        connection.trusting -= 1


def audience_key(audience: Audience) -> tuple[object, ...]:
    """What of an audience decides what it sees: for caches, beside `generations` and the day."""
    if audience.everywhere:
        return (EVERYWHERE, audience.has(Role.ARCHIVIST))
    if not audience.staff:
        return (audience.on_premises,)
    return (audience.on_premises, audience.has(Role.ARCHIVIST), audience.institutions)


def shadow(connection: Scoped, audience: Audience, unknown_access: str, day: str) -> None:
    """Make of a fresh `connection` one that shows `audience` what it may see on `day` (ISO 8601), and nothing else.

    Raises:
        sqlite3.Error: it is to no catalogue.
    """
    connection.secret = secrets.token_hex(16)
    listed = "select m.name, p.name from main.sqlite_master as m, pragma_table_info(m.name, 'main') as p"
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(listed):
        columns.setdefault(table, []).append(column)
    given = readable(columns, audience, unknown_access, day)
    own = dict(connection.execute("select name, sql from main.sqlite_master where type = 'view'").fetchall())
    connection.execute("pragma temp_store = memory")
    connection.execute("pragma cache_size = -16384")
    for name, seen in given.items():
        inner = f'"{name} {connection.secret}"'
        connection.execute(f"create temp view {inner} as {seen.query}")
        connection.execute(f"create temp view {name} as select * from temp.{inner}")  # noqa: S608 - our own names
    views = [name for name in views_of(audience) if name in own]
    for name in views:
        connection.execute(own[name].replace("CREATE VIEW", "create temp view", 1))
    for limit, most in ((sqlite3.SQLITE_LIMIT_LENGTH, _LENGTH), (sqlite3.SQLITE_LIMIT_SQL_LENGTH, _SQL)):
        connection.setlimit(limit, most)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    _join(connection, _JOIN.values())
    connection.closed = frozenset(columns) - {*given, *views}
    whole = frozenset(name for name, seen in given.items() if not seen.filtered)
    connection.set_authorizer(_ruling(connection, frozenset((*given, *views)), whole))


def permitted(connection: sqlite3.Connection, sql: str, params: Params = None) -> None:
    """Pass when `sql`, which may come from anybody, reads nothing but what the connection's audience may see.

    It is prepared (EXPLAIN asks the authorizer as the statement itself would) and not run. What it does while running
    needs no look any more, so that it may then run `trusted`: the full text reads its own hidden tables.

    Raises:
        sqlite3.OperationalError: it may not be asked, or is no statement.
    """
    if len(_ASKING.findall(sql)) != len(_SEARCHING.findall(sql)):
        # It gives every printed form of a word, also of words on pages that may not be seen.
        raise sqlite3.OperationalError("escape_fts is for searching only")
    words = set(_WORDS.findall(sql.lower()))
    closed: frozenset[str] = getattr(connection, "closed", frozenset())
    secret: str = getattr(connection, "secret", "")
    if secret and secret in sql.lower():  # nobody can know it; should it ever get out, it opens nothing
        raise sqlite3.OperationalError("not allowed")
    if words & _UNASKED and (words & closed or any(map(_NEVER.fullmatch, words))):
        raise sqlite3.OperationalError("USING and NATURAL are for tables one may see")
    try:
        _join(connection, [join for word, join in _JOIN.items() if word in sql.lower()])
        with closing(connection.execute(f"explain {sql}", {} if params is None else params)):
            pass
    except sqlite3.DatabaseError as error:
        raise sqlite3.OperationalError(_harmless(connection, str(error))) from None
    except sqlite3.Warning as warning:
        raise sqlite3.OperationalError(str(warning)) from None


def _join(connection: sqlite3.Connection, joins: Iterable[str]) -> None:
    with trusted(connection):
        for join in joins:
            connection.execute(join)


def _harmless(connection: sqlite3.Connection, said: str) -> str:
    secret = getattr(connection, "secret", "")
    return "not allowed" if secret and secret in said else said


def _ruling(
    connection: Scoped, names: frozenset[str], whole: frozenset[str]
) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    """The authorizer (sqlite.org/c3ref/set_authorizer.html).

    `names` are the views of this audience, `whole` those that leave out no row: of a flattened count(*) SQLite asks
    for the table itself, with no column and without the view, and a view that filters always uses a column.
    """
    secret = connection.secret

    def reads(table: str, column: str, database: str | None, view: str | None) -> bool:
        if table in _EVERYONES or (view is not None and view.endswith(secret)):
            return True
        if database == "main":
            return not column and table in whole
        return table in names or table.endswith(secret)

    def ruled(action: int, first: str | None, second: str | None, database: str | None, view: str | None) -> int:
        if connection.trusting or action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            allowed = (second or "").lower() not in _FORBIDDEN
        else:
            allowed = action == sqlite3.SQLITE_READ and reads(first or "", second or "", database, view)
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return ruled
