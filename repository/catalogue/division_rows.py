"""The rows of what is inside a volume (chapters, articles, pictures, supplements) and of everybody named in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from metadata.description import Name
from metadata.model import Division, Volume
from repository.catalogue.database import Row, put
from repository.catalogue.stored_version import Tally


def write_divisions(connection: sqlite3.Connection, volume: Volume, tally: Tally) -> None:
    """Write the divisions of a volume in the order of reading, each linked to its parent and to its first page.

    Raises:
        sqlite3.IntegrityError: another division bears the identifier of one.
    """
    for position, (division, parent) in enumerate(_inside(volume.divisions), 1):
        row: Row = {
            "id": division.id,
            "volume": volume.id,
            "parent": parent,
            "position": position,
            "kind": division.kind.value,
            "genre": division.genre or None,
            "number": division.part_number or None,
            "title": division.title or None,
            "subtitle": division.subtitle or None,
            "first_page": division.first,
            "last_page": division.last,
            "page": tally.page_ids.get(division.first),
            "source": division.source.value,
        }
        put(connection, "division", row)


def write_names(connection: sqlite3.Connection, volume: Volume) -> None:
    """Write who had a part in the volume, in its title and in its divisions: a row for each role, or one without."""
    above = volume.title.description.names if volume.title else ()
    told: list[tuple[str | None, tuple[Name, ...]]] = [
        (None, tuple(dict.fromkeys((*volume.description.names, *above))))
    ]
    told += [(division.id, division.names) for division, _ in _inside(volume.divisions)]
    rows = ((where, name, role) for where, names in told for name in names for role in name.roles or (None,))
    for number, (where, name, role) in enumerate(rows, 1):
        row: Row = {
            "volume": volume.id,
            "number": number,
            "division": where,
            "text": name.text,
            "kind": name.kind.value,
            "role": role,
            "authority": name.authority or None,
        }
        put(connection, "name", row)


def _inside(divisions: Iterable[Division], parent: str | None = None) -> Iterator[tuple[Division, str | None]]:
    """Every division with the identifier of the one around it; a parent before its children."""
    for division in divisions:
        yield division, parent
        yield from _inside(division.children, division.id)
