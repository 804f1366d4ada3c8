"""A word in all the forms it is printed in: what the full text is asked for in place of a single word.

By the table of forms that the words of all volumes fill (`word_form` in schema.sql).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from repository.catalogue.lemmas import SPELLED, folded, lemmas, printed

MOST_WIDENED = 8
"""So many words of one question are asked in all their forms; those after them as they are typed."""

MOST_FORMS = 48
"""So many forms of one word are asked for, the commonest. A Czech verb has some thirty."""

MOST_PAGES = 200_000
"""Forms that stand on so many pages in all are asked for: ranking goes over all their hits. Then the commonest go."""

# A rare form of a common word would otherwise be ranked above the form that was typed.
_WEIGHT = 3
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


def languages(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The languages whose words the catalogue holds, by simplemma's codes. Raises sqlite3.Error: it is none."""
    return tuple(row[0] for row in connection.execute(_LANGUAGES))


def any_of(typed: str, forms: Sequence[str], weight: int) -> str:
    """The FTS5 expression for what was `typed` (quoted) or any of `forms`; where hits are ranked it counts `weight`."""
    return f"({' OR '.join([typed] * weight + [quoted(form) for form in forms])})" if forms else typed


def others(connection: sqlite3.Connection, word: str) -> tuple[tuple[str, ...], int]:
    """The printed forms a word is asked in besides itself, and how many times as much as one of them it counts.

    Raises:
        sqlite3.Error: `connection` is to no catalogue.
    """
    told: dict[str, int] = {}
    for form, pages in _forms(connection, word):
        told[form] = max(pages, told.get(form, 0))
    typed = told.pop(printed(word), 0)
    # Those of which nobody counted the pages are few and the word's own: they go first.
    most = sorted(told, key=lambda form: (told[form] > 0, -told[form]))[:MOST_FORMS]
    while most and typed + sum(told[form] for form in most) > MOST_PAGES:
        most.remove(max(most, key=lambda form: told[form]))
    return tuple(most), 1 if typed > MOST_PAGES else _WEIGHT


def quoted(text: str) -> str:
    """`text` as a string of FTS5: whatever is in it are words and not operators."""
    return '"' + text.replace('"', '""') + '"'


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
