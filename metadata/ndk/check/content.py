"""What may stand in an element or attribute: values, patterns, closed lists, ISBN, ISSN; demanded or only recommended.

Notation, as in profiles/*.profile: choices between ` | `; `/…/` a regular expression for the whole text; `<text>`
anything but blanks; `<sigla>`, `<languages>`, `<relators>`, `<countries>` a closed list; `<isbn>`, `<issn>` with their
check digit; `<name>` a content of that name; anything else stands for itself; `~` in front: recommended only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from metadata.check_digits import isbn_fits, issn_fits
from metadata.lists import LISTS, codes

# As the National Library's validator reads them: a prefix is allowed, in capitals where it carries a number.
_ISBN = re.compile(
    r"(?:(?i:ISBN):? |ISBN-1[03]: )?((?:97[89][- ]?)?[0-9]{1,5}[- ]?[0-9]{1,7}[- ]?[0-9]{1,7}[- ]?[0-9X])", re.ASCII
)
_ISSN = re.compile(r"(?:(?i:ISSN):? ?)?([0-9]{4}[- ]?[0-9]{3}[0-9X])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Content:
    """What a text must be; `said` is the notation without `~`, for people."""

    said: str
    values: frozenset[str] = frozenset()
    lists: tuple[frozenset[str], ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    checks: tuple[Callable[[str], bool], ...] = ()
    recommended: bool = False

    def fits(self, text: str) -> bool:
        """Whether `text`, as it stands in the document and not blank, is one of the choices."""
        return (
            text in self.values
            or any(text in each for each in self.lists)
            or any(pattern.fullmatch(text) for pattern in self.patterns)
            or any(check(text) for check in self.checks)
        )


def read_content(said: str, named: Mapping[str, str]) -> Content:
    """The content that the notation `said` describes; `named` are the contents with names, in the notation.

    Raises:
        KeyError: a name in angle brackets that is not known.
        re.error: a regular expression that is none.
    """
    recommended, choices = said.startswith("~"), said.removeprefix("~").strip()
    values: set[str] = set()
    lists: list[frozenset[str]] = []
    patterns: list[re.Pattern[str]] = []
    checks: list[Callable[[str], bool]] = []
    for choice in choices.split(" | "):
        name = choice[1:-1]
        if choice[:1] == choice[-1:] == "/":
            patterns.append(re.compile(name, re.ASCII))
        elif not (choice.startswith("<") and choice.endswith(">")):
            values.add(choice)
        elif name in LISTS:
            lists.append(codes(name))
        elif name in _CHECKS:
            checks.append(_CHECKS[name])
        else:
            inner = read_content(named[name], named)
            values |= inner.values
            lists += inner.lists
            patterns += inner.patterns
            checks += inner.checks
    return Content(choices, frozenset(values), tuple(lists), tuple(patterns), tuple(checks), recommended)


def is_isbn(text: str) -> bool:
    """Whether `text` is an ISBN of 10 or 13 digits with a right check digit (ISO 2108), `ISBN ` before it or not."""
    found = _ISBN.fullmatch(text)
    return found is not None and isbn_fits(re.sub("[- ]", "", found[1]))


def is_issn(text: str) -> bool:
    """Whether `text` is an ISSN with a right check digit (ISO 3297), `ISSN ` before it or not."""
    found = _ISSN.fullmatch(text)
    return found is not None and issn_fits(re.sub("[- ]", "", found[1]))


_CHECKS: dict[str, Callable[[str], bool]] = {"text": lambda _: True, "isbn": is_isbn, "issn": is_issn}
