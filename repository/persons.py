"""Persons who decide: until sign-in exists, a name and the operating-system account that it was given under."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from metadata.event import Agent, AgentKind
from metadata.problem import Problem

_ALIKE = str.maketrans(
    "аеорсухіјѕһкмтвнԁԛԝѵ" "αβεικνορτυχϲμη" "łđøħŧı" "01",
    "aeopcyxijshkmtbhdqwv" "abeiknoptyxcmh" "ldohti" "ol",
)  # fmt: skip
"""Letters that a reader takes for one another (after case and accents are gone): Cyrillic, Greek, strokes, digits."""
_TITLES = frozenset(
    {
        "bc",
        "bca",
        "ing",
        "mgr",
        "mga",
        "dr",
        "phdr",
        "rndr",
        "judr",
        "mudr",
        "mvdr",
        "thdr",
        "paeddr",
        "phmr",
        "doc",
        "prof",
        "csc",
        "drsc",
        "dis",
        "mba",
    }
)
_DOTTED = re.compile(r"\b(?:ph|th)\W*d\b", re.IGNORECASE)
"""Doctors behind their names."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides: the name as given, and the account of the operating system that it was given under."""

    name: str
    account: str = ""

    @property
    def agent(self) -> Agent:
        """The same for the journal."""
        return Agent(self.name.strip(), kind=AgentKind.PERSON, note=f"account {self.account}")


def same_person(one: str, other: str) -> bool:
    """Whether two names are, or may well be, one: when in doubt they are, for two must decide (ISO 16363 5.2.3).

    Case, diacritics, letters of other scripts that look alike, blanks, punctuation, academic titles and the order of
    the words do not count, and an initial stands for every word that it begins.
    """
    mine, theirs = _named(one), _named(other)
    if "".join(mine) == "".join(theirs):
        return True
    pairs = zip(sorted(mine), sorted(theirs), strict=False)
    return len(mine) == len(theirs) and all(_may_be(first, second) for first, second in pairs)


def require_said(subject: object, **given: str) -> None:
    """Make sure that every one of `given` (reason, legal_basis, by) says something.

    Raises:
        Problem: S092, naming the first that does not.
    """
    for what, text in given.items():
        if not _words(text):
            raise Problem("S092", subject, what=what)


def _named(name: str) -> list[str]:
    """The words of a name without titles (unless there is nothing else)."""
    words = [word.translate(_ALIKE) for word in _words(_DOTTED.sub(" ", name))]
    return [word for word in words if word not in _TITLES] or ["".join(_words(name)).translate(_ALIKE)]


def _may_be(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) == 1 and long.startswith(short))


def _words(name: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain.casefold())
