"""What every source of catalogue records promises, by what it is asked, and how one is made from its settings."""

from __future__ import annotations

import pkgutil
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from metadata.marc_reading import CatalogueRecord
from metadata.problem import Problem

GROUP = "kdr.source"
_LONGEST = 1000
_CHECKED = TypeVar("_CHECKED")


class KeyKind(StrEnum):
    """The numbers by which a catalogue finds a record; `system` is the catalogue's own number of the record."""

    SYSTEM = "system"
    BARCODE = "barcode"
    ISBN = "isbn"
    ISSN = "issn"
    CCNB = "ccnb"


@dataclass(frozen=True, slots=True)
class Key:
    """A number to look up, as somebody wrote it: it may hold anything.

    Raises:
        ValueError: it holds nothing, or more than 1000 characters.
    """

    kind: KeyKind
    value: str

    def __post_init__(self) -> None:
        if not self.term or len(self.value) > _LONGEST:
            raise ValueError(f"a {self.kind} of 1 to {_LONGEST} characters is needed")

    def __str__(self) -> str:
        return f"{self.kind} {self.term}"

    @property
    def term(self) -> str:
        """The value on one line, without control characters, in NFC: safe to be quoted in a query."""
        shown = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs"} else sign for sign in self.value)
        return unicodedata.normalize("NFC", " ".join(shown.split()))

    @property
    def comparable(self) -> str:
        """What two writings of one number have in common."""
        return comparable(self.kind, self.term)


def comparable(kind: KeyKind, value: str) -> str:
    """What two writings of one number have in common: hyphens, case, a qualifier, ISBN of 10 and of 13 digits.

    ISO 2108 says how an ISBN of ten digits becomes one of thirteen.
    """
    if kind not in (KeyKind.ISBN, KeyKind.ISSN):
        return unicodedata.normalize("NFC", " ".join(value.split())).casefold()
    start = re.match(r"[\dXx \u2010-\u2015-]*", value.strip())
    digits = re.sub(r"[^\dX]", "", start.group().upper() if start else "")
    if not digits:
        return " ".join(value.split()).casefold()
    if kind is KeyKind.ISBN and re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        body = f"978{digits[:9]}"
        weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
        return f"{body}{-weighed % 10}"
    return digits


@dataclass(frozen=True, slots=True)
class Hits:
    """What a source found: the records that it gave, in its order, and how many there are in all."""

    records: tuple[CatalogueRecord, ...] = ()
    total: int = 0

    @property
    def more(self) -> bool:
        """Whether there are hits that were not fetched."""
        return self.total > len(self.records)


class RecordSource(Protocol):
    """Finds records by a number. The suite that every one passes is tests/contracts/test_record_source.py."""

    @property
    def name(self) -> str:
        """What kdr.toml calls it: [source.NAME]."""
        ...

    def find(self, key: Key) -> Hits:
        """Every record with that number, up to the source's limit; none is no failure, and choosing is not its work.

        Raises:
            Problem: C001, it does not answer; C002, it answered wrongly; C005, a record that it gave is broken;
                E001, a program that it needs is missing. Nothing of a failed answer is used.
        """
        ...


def load_source(name: str, given: Mapping[str, object]) -> RecordSource:
    """The source that kdr.toml describes in [source.NAME].

    `given` is that table: `kind` is a name in the entry points "kdr.source" or "module:attribute", the rest are the
    settings of that kind. What stands there is called with the name and the rest, and gives a RecordSource.

    Raises:
        Problem: E005, there is no such kind, or its settings are wrong.
    """
    settings = dict(given)
    return _maker(name, str(settings.pop("kind", "")))(name, settings)


def checked(kind: type[_CHECKED], name: str, given: Mapping[str, object]) -> _CHECKED:
    """The settings of [source.NAME] as the dataclass `kind`.

    Raises:
        Problem: E005, a key is unknown, missing or out of its limits; the finding names it.
    """
    try:
        return TypeAdapter(kind).validate_python(dict(given))
    except ValidationError as error:
        why = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
        raise Problem("E005", f"[source.{name}]", why=why[:400]) from None


def _maker(name: str, kind: str) -> Callable[[str, Mapping[str, object]], RecordSource]:
    found = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    place = found.get(kind, kind)
    wrong = Problem("E005", f"[source.{name}]", why=f"kind = {kind!r} ({', '.join(sorted(found))})")
    if ":" not in place:
        raise wrong
    try:
        maker: Callable[[str, Mapping[str, object]], RecordSource] = pkgutil.resolve_name(place)
    except (ImportError, AttributeError, ValueError):
        raise wrong from None
    return maker
