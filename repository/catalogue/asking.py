"""What a reader types into a search, as a question to the full text: each word in all its printed forms.

Takes the place of Datasette's own `escape_fts` in the catalogue, so that searches of tables and the ready-made query
ask alike. Words between quotation marks are a phrase and asked as printed; operators of FTS5 are mere words.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

from datasette import hookimpl
from datasette.plugins import pm

from repository.catalogue.lemmas import SPELLED, folded, lemmas, printed

MOST_WIDENED = 8
"""So many words of one question are asked in all their forms; those after them as they are typed."""

MOST_FORMS = 48
"""So many forms of one word are asked for, the commonest. A Czech verb has some thirty."""

MOST_PAGES = 200_000
"""Forms that stand on so many pages in all are asked for: ranking goes over all their hits. Then the commonest go."""

# A rare form of a common word would otherwise be ranked above the form that was typed.
_WEIGHT = 3
_NAME = "kdr.catalogue.asking"
_PART = re.compile(r'"([^"]*)"|([^\s"]+)')
_WORD = re.compile(r"[\W_]*([^\W\d_]+)[\W_]*")
_HAS_TABLE = "select count(*) from sqlite_master where name = 'word_form'"
# Step by step along the key instead of all its rows.
_LANGUAGES = """
with recursive told (language) as (
  select min(language) from word_form where language > ''
  union all
  select (select min(language) from word_form where language > told.language) from told where told.language is not null
) select language from told where language is not null
"""
_LEMMAS_OF = "select language, lemma from word_form where form = ? and language <> ? order by language, lemma limit ?"
_FORMS_OF = "select form, pages from word_form where language = ? and lemma = ? order by pages desc, form limit ?"


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
    widened = [_widened(connection, quoted, word) for quoted, word in wanted[:MOST_WIDENED]]
    return " AND ".join([*widened, *(quoted for quoted, _ in wanted[MOST_WIDENED:])]) or '""'


def prepare(connection: sqlite3.Connection) -> None:
    """Read the tables of forms of the catalogue's languages, so that no question waits for them."""
    if connection.execute(_HAS_TABLE).fetchone()[0]:
        for language in languages(connection):
            lemmas("a", language)


def languages(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The languages whose words the catalogue holds, by simplemma's codes. Raises sqlite3.Error: it is none."""
    return tuple(row[0] for row in connection.execute(_LANGUAGES))


def _one(phrase: str, word: str) -> tuple[str, str] | None:
    """A phrase or word in quotation marks, and the bare word if it is one; nothing where there is nothing to ask."""
    part = phrase or word
    if not any(letter.isalnum() for letter in part):
        return None
    bare = _WORD.fullmatch(word) if word else None
    return _quoted(part), bare[1] if bare else ""


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def _widened(connection: sqlite3.Connection, quoted: str, word: str) -> str:
    if not word:
        return quoted
    told: dict[str, int] = {}
    for form, pages in _forms(connection, word):
        told[form] = max(pages, told.get(form, 0))
    typed = told.pop(printed(word), 0)
    # Those of which nobody counted the pages are few and the word's own: they go first.
    most = sorted(told, key=lambda form: (told[form] > 0, -told[form]))[:MOST_FORMS]
    while most and typed + sum(told[form] for form in most) > MOST_PAGES:
        most.remove(max(most, key=lambda form: told[form]))
    if not most:
        return quoted
    weight = 1 if typed > MOST_PAGES else _WEIGHT
    return f"({' OR '.join([quoted] * weight + [_quoted(form) for form in most])})"


def _forms(connection: sqlite3.Connection, word: str) -> Iterator[tuple[str, int]]:
    """A word in plain letters and in old ones, its lemmas, and all forms of theirs that are printed, with their pages.

    Where a form is its own lemma nobody counted its pages: 0.
    """
    plain = folded(word)
    spelled = [(plain, 0), *_found(connection, SPELLED, plain)]
    lemmas_of_it = _lemmas(connection, word, [form for form, _ in spelled])
    for language, key in lemmas_of_it:
        yield from _found(connection, language, key)
        yield from _found(connection, SPELLED, key)
    yield from spelled
    yield from ((key, 0) for _, key in lemmas_of_it)


def _lemmas(connection: sqlite3.Connection, word: str, spelled: list[str]) -> list[tuple[str, str]]:
    """The lemmas of a word with their languages, it itself where it is one: as its print tells, else as simplemma."""
    plain, spoken = folded(word), languages(connection)
    itself = [(language, plain) for language in spoken if _found(connection, language, plain)]
    told = (connection.execute(_LEMMAS_OF, (form, SPELLED, MOST_FORMS)) for form in spelled)
    found = itself + [(language, key) for rows in told for language, key in rows]
    return found or [(language, key) for language in spoken for key in lemmas(word, language)]


def _found(connection: sqlite3.Connection, language: str, key: str) -> list[tuple[str, int]]:
    return [(row[0], row[1]) for row in connection.execute(_FORMS_OF, (language, key, MOST_FORMS))]


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
