"""What a reader types into a search, as a question to the full text: each word in all its printed forms.

Takes the place of Datasette's own `escape_fts` in the catalogue, so that searches of tables and the ready-made query
ask alike. Words between quotation marks are a phrase and asked as printed; operators of FTS5 are mere words.
"""

from __future__ import annotations

import re
import sqlite3

from datasette import hookimpl
from datasette.plugins import pm

from repository.catalogue.lemmas import lemmas
from repository.catalogue.printed_forms import MOST_WIDENED, any_of, languages, others, quoted

_NAME = "kdr.catalogue.asking"
_PART = re.compile(r'"([^"]*)"|([^\s"]+)')
_WORD = re.compile(r"[\W_]*([^\W\d_]+)[\W_]*")
_HAS_TABLE = "select count(*) from sqlite_master where name = 'word_form'"


def take_over(catalogue: str) -> None:
    """Ask in the place of Datasette's `escape_fts`, in this process, of databases called `catalogue`."""
    if not pm.has_plugin(_NAME):
        pm.register(_Asking(catalogue), name=_NAME)


def asked(connection: sqlite3.Connection, typed: str) -> str:
    """The FTS5 expression for what was `typed`: all of its words and phrases, each word in any of its forms.

    Nothing typed finds nothing. A word as typed counts most where hits are ranked.

    Raises:
        sqlite3.Error: `connection` is to no catalogue.
    """
    typed = typed.replace("\0", " ")
    parts = _PART.findall(typed + '"' * (typed.count('"') % 2))
    wanted = [part for phrase, word in parts if (part := _one(phrase, word))]
    widened = [_widened(connection, part, word) for part, word in wanted[:MOST_WIDENED]]
    return " AND ".join([*widened, *(part for part, _ in wanted[MOST_WIDENED:])]) or '""'


def prepare(connection: sqlite3.Connection) -> None:
    """Read the tables of forms of the catalogue's languages, so that no question waits for them."""
    if connection.execute(_HAS_TABLE).fetchone()[0]:
        for language in languages(connection):
            lemmas("a", language)


def _one(phrase: str, word: str) -> tuple[str, str] | None:
    """A phrase or word in quotation marks, and the bare word if it is one; nothing where there is nothing to ask."""
    part = phrase or word
    if not any(letter.isalnum() for letter in part):
        return None
    bare = _WORD.fullmatch(word) if word else None
    return quoted(part), bare[1] if bare else ""


def _widened(connection: sqlite3.Connection, typed: str, word: str) -> str:
    return any_of(typed, *others(connection, word)) if word else typed


class _Asking:
    """The plugin: connections to the catalogue get `asked` under the name that Datasette's searches call."""

    __name__ = _NAME

    def __init__(self, catalogue: str) -> None:
        self._catalogue = catalogue

    @hookimpl(trylast=True)  # type: ignore[untyped-decorator]
    def prepare_connection(self, conn: sqlite3.Connection, database: str) -> None:
        """After Datasette's own; a catalogue of an older kdr is asked as before."""
        if database == self._catalogue and conn.execute(_HAS_TABLE).fetchone()[0]:
            conn.create_function("escape_fts", 1, lambda typed: asked(conn, str(typed or "")), deterministic=True)
