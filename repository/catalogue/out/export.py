"""/export/<table>.csv, .json, .ndjson: all rows of a table or view that the audience may see, filtered as on its page.

Read in chunks, each after the last key of the one before, so that no reader holds the database's log open for hours and
memory does not grow with the answer. Rows changed meanwhile may come in either state.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasette import Response
from datasette.filters import Filters
from datasette.utils.asgi import AsgiStream, AsgiWriter, BadRequest, NotFound

from repository.catalogue.out.written import MEDIA, Form
from repository.catalogue.presentation import NAME
from repository.catalogue.rights.views import FOUND
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

CHUNK = 1000
"""Rows of one reading."""

_KEYS = {
    # As they lie in the file: by identifier each would be read from another place.
    "page": ("volume", "position", "uuid"),
    "issues": ("volume",),
    "weak_pages": ("page",),
    "proposed": ("volume",),
    "embargoed": ("embargo", "volume"),
    "custody": ("object", "version", "place"),
    "overdue": ("object", "version", "place"),
    "unsafe": ("object", "version"),
    "missing": ("object", "version", "place"),
}
"""What tells rows apart, where it is not the primary key; views that are not here are short and read at once."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows: of `table`, that meet the conditions `where` with `values`, in the order of `keys`."""

    table: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    where: tuple[str, ...]
    values: dict[str, Any]

    def statement(self, *, further: bool) -> str:
        """The statement for the first chunk, or with `further` for one after the key :after0, :after1 ..."""
        names = ", ".join(f"[{key}]" for key in self.keys)
        marks = ", ".join(f":after{number}" for number in range(len(self.keys)))
        conditions = (*self.where, f"({names}) > ({marks})") if further else self.where
        told = ", ".join(f"[{self.table}].[{column}]" for column in self.columns)
        sql = f"select {told} from [{self.table}]"  # noqa: S608 - names of our own; values are bound
        sql += " where " + " and ".join(conditions) if conditions else ""
        return sql + (f" order by {names} limit {CHUNK}" if self.keys else "")

    def after(self, row: Sequence[Any]) -> dict[str, Any]:
        """The key of a row, as `statement` asks for it."""
        places = (self.columns.index(key) for key in self.keys)
        return {f"after{number}": row[place] for number, place in enumerate(places)}


async def export(datasette: Datasette, request: Request) -> Response:
    """The rows, streamed.

    Raises:
        NotFound: there is no such table.
        BadRequest: it has no such column, or not such a filter.
    """
    wanted = await _selection(datasette, request)
    form = Form(request.url_vars["format"], wanted.columns, excel=request.args.get("excel") == "1")
    chunks = _chunks(datasette, wanted)
    # The first chunk comes before the answer's head: what cannot be read is no half answer.
    first = await anext(chunks)

    async def stream(writer: AsgiWriter) -> None:
        gone = asyncio.ensure_future(_left(request))
        try:
            await writer.write(form.before())
            await writer.write(form.rows(first, first=True))
            async for rows in chunks:
                if gone.done():
                    return
                await writer.write(form.rows(rows, first=False))
            await writer.write(form.after(empty=not first))
        finally:
            gone.cancel()

    name = f"{wanted.table}.{form.format}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return AsgiStream(stream, headers=headers, content_type=MEDIA[form.format])


async def _selection(datasette: Datasette, request: Request) -> Selection:
    table, database = request.url_vars["table"], datasette.get_database(NAME)
    views = await database.view_names()
    if table not in (*await database.table_names(), *views):
        raise NotFound(table)
    columns = tuple(await database.table_columns(table))
    keys = _KEYS.get(table) or (() if table in views else tuple(await database.primary_keys(table)))
    asked = [(name, value) for name, values in _given(request) for value in values]
    filters = Filters([(name, value) for name, value in asked if not name.startswith("_") and name != "excel"])
    for column, lookup, _ in filters.selections():
        known = lookup in {key for key, _, _ in filters.lookups()}
        if column not in columns or not known:
            raise BadRequest(f"{column}__{lookup}")
    where, values = filters.build_where_clauses(table)
    words = next((value for name, value in asked if name == "_search"), "")
    if words and table not in FOUND:
        raise BadRequest("_search")
    if words:
        index = FOUND[table]
        where = [*where, f"[{table}].rowid in (select rowid from {index} where {index} match escape_fts(:words))"]  # noqa: S608
        values = values | {"words": words}
    return Selection(table, columns, keys, tuple(where), values)


def _given(request: Request) -> list[tuple[str, list[str]]]:
    return [(name, request.args.getlist(name)) for name in request.args]


async def _chunks(datasette: Datasette, wanted: Selection) -> AsyncIterator[Sequence[tuple[Any, ...]]]:
    """The rows, a chunk at a time; at least one, which may be empty."""
    database = datasette.get_database(NAME)
    values, further = dict(wanted.values), False
    while True:
        rows = await database.execute_patiently(wanted.statement(further=further), values)
        yield rows
        if not wanted.keys or len(rows) < CHUNK:
            return
        values, further = values | wanted.after(rows[-1]), True


async def _left(request: Request) -> None:
    """Ends when the reader has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


ROUTES = (
    Route(
        "export",
        r"^/export/(?P<table>[a-z_]+)\.(?P<format>csv|json|ndjson)$",
        export,
        media="text/csv",
        shared=True,
        parameters=("_search", "excel"),
    ),
)
