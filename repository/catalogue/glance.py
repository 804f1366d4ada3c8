"""Ask the catalogue's file one question, if it is there: for those who can find the answer elsewhere too."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def glance(database: Path, question: str) -> list[tuple[Any, ...]]:
    """The rows that answer `question`; none when there is no catalogue, or it is being built, or none of ours.

    One of an earlier schema answers too, as long as it has the columns.
    """
    if not database.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(question).fetchall()
    except sqlite3.Error:
        return []
