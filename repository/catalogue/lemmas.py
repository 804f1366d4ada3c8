"""Words as they are searched: in today's letters, and by the form that stands in a dictionary.

The full text index holds printed words only, so that excerpts, phrases and ranking stay those of the print. What a
reader types is widened instead: to all printed forms of the same dictionary word (its lemma), by a table that the
words of every volume fill (`word_form` in schema.sql). Lemmas are simplemma's: tables of forms, no context, so that
one form has one lemma in a language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

import simplemma

from metadata.language import terminology
from metadata.text import PageText, Part

SPELLED = ""
"""In place of a language: a printed form is its "lemma" in old letters (ﬁlozof of filozof, straße of strasse)."""

Forms = dict[str, dict[str, dict[str, int]]]
"""Language (simplemma's code, or `SPELLED`) -> lemma in plain letters -> printed forms that differ from it -> pages."""

# ISO 639-2/T -> simplemma's code. No more than eight: so many tables simplemma keeps at hand (40 to 350 MB each), and
# reading another takes it seconds.
_SIMPLEMMA = {
    "ces": "cs", "slk": "sk", "deu": "de", "lat": "la", "eng": "en", "pol": "pl", "fra": "fr", "hun": "hu",
}  # fmt: skip
# What Unicode's compatibility forms (NFKC) do not take apart.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ꝛ": "r", "Æ": "Ae", "Œ": "Oe"})
_WORD = re.compile(r"[^\W\d_]+")
# SQLite leaves letters that bear two marks as they are.
_MARKS = re.compile(r"(?<=[a-z])[\u0300-\u036f](?![\u0300-\u036f])")


def known(language: str) -> str | None:
    """The code simplemma has for an ISO 639-2 language; nothing for one whose forms are not known here."""
    return _SIMPLEMMA.get(terminology(language))


def printed(word: str) -> str:
    """A word as the index has it (FTS5, unicode61, remove_diacritics 2): small letters, no marks on Latin ones."""
    bare = _MARKS.sub("", unicodedata.normalize("NFD", word.lower().replace("ſ", "s")))
    return unicodedata.normalize("NFC", bare)


def folded(word: str) -> str:
    """A word in plain letters: as `printed`, and without ligatures, long s and sharp s (Unicode NFKC, case folding)."""
    return printed(_modern(word).casefold())


def lemmas(word: str, language: str) -> tuple[str, ...]:
    """The dictionary form of `word` in plain letters; `word` itself where simplemma (its code `language`) has none.

    There are two of a German word with ss, which may stand for sharp s: Strassen is of Strass and of Straße.
    """
    modern = _modern(word)
    spellings = [modern, modern.replace("ss", "ß")] if language == "de" else [modern]
    known_ones = spellings[:1] + [sharp for sharp in spellings[1:] if simplemma.is_known(sharp, lang=language)]
    return tuple(dict.fromkeys(folded(simplemma.lemmatize(one, lang=language)) for one in known_ones))


def words_of(text: PageText) -> Iterator[tuple[str, str]]:
    """Every word of a page, broken ones joined, with its language (ISO 639-2/T, empty when nobody said)."""
    first, second = Part.FIRST, Part.SECOND  # enum members are slow to look up in Python 3.11
    for word in text.words():
        if word.part is second:
            continue
        whole = word.whole if word.part is first else word.text
        for part in _WORD.findall(unicodedata.normalize("NFC", whole)):
            yield word.language, part


def forms(words: Mapping[tuple[str, str], int], languages: tuple[str, ...]) -> Forms:
    """What each of `words` (as of `words_of`, to its pages) is a form of, where it differs; in a settled order.

    A page that has a form in small and in great letters counts twice. A word that bears no language is looked up in
    `languages` (ISO 639-2/T), the first that knows a lemma wins.
    """
    told: dict[str, dict[str, Counter[str]]] = {}
    for (language, word), pages in words.items():
        form, plain = printed(word), folded(word)
        if form != plain:
            told.setdefault(SPELLED, {}).setdefault(plain, Counter())[form] += pages
        for code, found in _lemmas(word, (language,) if language else languages):
            told.setdefault(code, {}).setdefault(found, Counter())[form] += pages
    return {code: {key: dict(sorted(of[key].items())) for key in sorted(of)} for code, of in sorted(told.items())}


def _lemmas(word: str, languages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The lemmas that are not `word` itself, with the code of their language: the first that has any."""
    plain = folded(word)
    for code in filter(None, map(known, languages)):
        others = [found for found in lemmas(word, code) if found != plain]
        if others:
            yield from ((code, found) for found in others)
            return


def _modern(word: str) -> str:
    return unicodedata.normalize("NFKC", word).translate(_LETTERS)
