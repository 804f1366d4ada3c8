"""What a reader typed into the search, taken apart: words, phrases and prefixes, any of which one, and which not.

    zvon zvonice        both words, each in all its printed forms
    "na zvonici"        a phrase, as printed
    zvon*               words that begin so
    zvon OR kostel      one of them (also |)
    -kostel             not on the page

Everything else is a mere word: operators of FTS5 and SQL mean nothing here.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from repository.catalogue.lemmas import printed
from repository.catalogue.printed_forms import MOST_WIDENED, any_of, others, quoted

MOST_TYPED = 1000
"""Characters of a question; longer ones are refused."""

MOST_TERMS = 32
"""Words and phrases of a question; more are refused."""

SHORTEST_PREFIX = 2
"""Letters before an asterisk; a single one would stand for every page."""

_PART = re.compile(r'(-?)"([^"]*)"|([^\s"]+)')
_OR = frozenset({"OR", "|", "NEBO"})
_CLEANED = str.maketrans({"\0": " ", "„": '"', "“": '"', "”": '"'})
# As FTS5's unicode61 cuts.
_TOKEN = re.compile(r"[^\W_]+")


class TooMuch(ValueError):
    """More was asked than is answered; its text is the key of the sentence that says so."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase of several, as printed; `prefix`: the last one is the beginning of a word.

    `typed` is a word as it was typed where it is asked in its other forms too, else empty.
    """

    words: tuple[str, ...]
    prefix: bool = False
    typed: str = ""

    @property
    def text(self) -> str:
        """The words as they are looked for: small, without marks; an asterisk after a beginning."""
        return " ".join(self.words) + "*" * self.prefix


@dataclass(frozen=True, slots=True)
class Question:
    """All of `wanted`, of each at least one of its terms; none of `unwanted`."""

    wanted: tuple[tuple[Term, ...], ...] = ()
    unwanted: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the full text is asked it.

    `matching` finds the pages; `ranking` finds the same and weighs what was typed above its other forms. `forms` are,
    for each term wanted, the folded texts it is asked in: "kun", "na zvonici", "zvon*". All are empty where nothing
    is asked.
    """

    matching: str = ""
    ranking: str = ""
    forms: tuple[tuple[str, ...], ...] = ()

    @property
    def phrase(self) -> bool:
        """Whether words are looked for in their order, and no beginnings of words, which take the full text longest."""
        texts = [text for each in self.forms for text in each]
        return any(" " in text for text in texts) and not any(text.endswith("*") for text in texts)


def read(typed: str) -> Question:
    """What was typed, taken apart.

    Raises:
        TooMuch: it is longer than anybody types, or asks for beginnings of one letter.
    """
    if len(typed) > MOST_TYPED:
        raise TooMuch("search.too_long")
    wanted: list[tuple[Term, ...]] = []
    unwanted: list[Term] = []
    joined = False
    for term, minus, operator in _parts(typed):
        if operator:
            joined = bool(wanted)
        elif term is None:
            continue
        elif minus:
            unwanted.append(term)
        elif joined:
            wanted[-1] = (*wanted[-1], term)
            joined = False
        else:
            wanted.append((term,))
    if sum(map(len, wanted)) + len(unwanted) > MOST_TERMS:
        raise TooMuch("search.too_many")
    return Question(tuple(wanted), tuple(unwanted))


def asked(connection: sqlite3.Connection, question: Question) -> Asked:
    """The question as FTS5 is asked it, each single word in all its printed forms.

    Raises:
        sqlite3.Error: `connection` is to no catalogue.
    """
    matching: list[str] = []
    ranking: list[str] = []
    forms: list[tuple[str, ...]] = []
    for group in question.wanted:
        told = [
            _forms(connection, term, widened=len(forms) + number < MOST_WIDENED) for number, term in enumerate(group)
        ]
        forms += [(term.text, *more) for term, (more, _) in zip(group, told, strict=True)]
        matching.append(_either([any_of(_one(term), more, 1) for term, (more, _) in zip(group, told, strict=True)]))
        ranking.append(_either([any_of(_one(term), *given) for term, given in zip(group, told, strict=True)]))
    if not matching:
        return Asked()
    without = f" NOT ({' OR '.join(map(_one, question.unwanted))})" if question.unwanted else ""
    return Asked(f"({' AND '.join(matching)}){without}", f"({' AND '.join(ranking)}){without}", tuple(forms))


def _parts(typed: str) -> Iterator[tuple[Term | None, bool, bool]]:
    """Each part of what was typed: its term if it has letters, whether it is excluded, whether it is a mere "or"."""
    clean = unicodedata.normalize("NFC", typed).translate(_CLEANED)
    for minus, phrase, word in _PART.findall(clean + '"' * (clean.count('"') % 2)):
        if word in _OR:
            yield None, False, True
        elif word:
            yield _term(word), word.startswith("-"), False
        else:
            yield _term(phrase, phrase=True), bool(minus), False


def _term(text: str, *, phrase: bool = False) -> Term | None:
    typed = _TOKEN.findall(text)
    if not typed:
        return None
    prefix = text.rstrip().endswith("*")
    if prefix and len(typed[-1]) < SHORTEST_PREFIX:
        raise TooMuch("search.short_prefix")
    alone = len(typed) == 1 and not phrase and not prefix and typed[0].isalpha()
    return Term(tuple(map(printed, typed)), prefix, typed[0] if alone else "")


def _forms(connection: sqlite3.Connection, term: Term, *, widened: bool) -> tuple[tuple[str, ...], int]:
    return others(connection, term.typed) if term.typed and widened else ((), 1)


def _one(term: Term) -> str:
    return quoted(" ".join(term.words)) + " *" * term.prefix


def _either(parts: list[str]) -> str:
    return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]
