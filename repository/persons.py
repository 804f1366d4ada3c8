"""Persons who decide: until sign-in exists, a name and the operating-system account that it was given under."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from metadata.event import Agent, AgentKind
from metadata.problem import Problem


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
    """Whether two names are one: case, diacritics, blanks, punctuation and the order of the words do not count."""
    mine, theirs = _words(one), _words(other)
    return "".join(mine) == "".join(theirs) or sorted(mine) == sorted(theirs)


def require_said(subject: object, **given: str) -> None:
    """Make sure that every one of `given` (reason, legal_basis, by) says something.

    Raises:
        Problem: S092, naming the first that does not.
    """
    for what, text in given.items():
        if not _words(text):
            raise Problem("S092", subject, what=what)


def _words(name: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain.casefold())
