"""The rows of a volume and its pages as a reader asks for them; what that reader may not see is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datasette.utils.asgi import NotFound, Request

from repository.catalogue.presentation import NAME

if TYPE_CHECKING:
    from datasette.app import Datasette

Row = Mapping[str, Any]
"""A row of the catalogue by the names of its columns (schema.sql)."""

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""How a volume or page is named in addresses (RFC 9562, small letters)."""

_VOLUME = """
select volume.*, institution.name as institution_name
from volume left join institution on institution.sigla = volume.institution where volume.uuid = ?
"""
_METS = """
select path from file where volume = ? and use = 'mets' and page is null and substr(path, 1, instr(path, '/') - 1) = ?
"""
_MOST_DIGITS = 9


async def rows(datasette: Datasette, sql: str, *values: object) -> list[dict[str, Any]]:
    """What the catalogue answers, for whom it is asked. `sql` is ours; what people type is among `values`."""
    found = await datasette.get_database(NAME).execute(sql, list(values))
    return [dict(row) for row in found.rows]


async def volume_of(datasette: Datasette, request: Request) -> Row:
    """The volume of the address at hand, with `institution_name`.

    Raises:
        NotFound: there is none, or none that may be seen.
    """
    found = await rows(datasette, _VOLUME, request.url_vars["volume"])
    if not found:
        raise NotFound(request.path)
    return found[0]


async def page_of(datasette: Datasette, request: Request) -> Row:
    """The page of the address at hand: its row; `request` names volume and position.

    Raises:
        NotFound: there is none, or none that may be seen.
    """
    number = request.url_vars["page"]
    sql = "select * from page where volume = ? and position = ?"
    found = await rows(datasette, sql, request.url_vars["volume"], int(number)) if len(number) <= _MOST_DIGITS else []
    if not found:
        raise NotFound(request.path)
    return found[0]


async def mets_of(datasette: Datasette, volume: Row) -> str | None:
    """The path of the METS of a volume's newest version; nothing for whoever may not see all of its pages."""
    found = await rows(datasette, _METS, volume["uuid"], volume["version"])
    return found[0]["path"] if found else None
