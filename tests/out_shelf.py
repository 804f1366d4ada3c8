"""A repository of three volumes that everybody may see and one that only staff may, for tests of what is given out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from metadata.description import Rights
from metadata.model import Page, Volume, new_page_id, new_volume_id
from tests.page_records import description
from tests.stored_volumes import Shelf

PUBLIC = Rights(copyright="pd")
HIDDEN = Rights(copyright="copyrighted", embargo="2999-01-01")
SECRET = new_volume_id("tajná")


def volume(name: str, rights: Rights = PUBLIC, **about: Any) -> Volume:  # noqa: ANN401 - any field of a description
    """A volume of two pages; `about` changes its description."""
    own = new_volume_id(name)
    pages = tuple(Page(new_page_id(own, f"{n}.tif"), n, f"{n}.tif", label=str(n)) for n in (1, 2))
    return Volume(own, name, replace(description(), **about), pages, rights=rights)


def kept(root: Path, *more: Volume) -> Shelf:
    """The repository in the folder `root`, catalogued: a, b, c, the secret one, and `more`."""
    shelf = Shelf(root)
    for name in ("a", "b", "c"):
        shelf.shelve(volume(name, title=f"Kniha {name} & <spol>"), "první", "druhá")
    shelf.shelve(volume("tajná", HIDDEN, title="Tajná kniha"), "nic", "víc")
    for each in more:
        shelf.shelve(each, "x", "y")
    shelf.build()
    return shelf


def changed(shelf: Shelf, statement: str, *values: object) -> None:
    """Change what the catalogue says."""
    with closing(sqlite3.connect(shelf.database)) as connection, connection:
        connection.execute(statement, values)
