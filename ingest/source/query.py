"""What every source of catalogue records promises, by what it is asked, and how one is made from its settings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ingest.settings_table import chosen
from metadata.catalogue_record import CatalogueRecord
from metadata.check_digits import isbn13

GROUP = "kdr.source"
_LONGEST = 1000


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
        """The value in the one form that every writing of the same number has."""
        return comparable(self.kind, self.term)


def comparable(kind: KeyKind, value: str) -> str:
    """The one form of a number however it is written: no hyphens or qualifier, one case, ISBN of thirteen digits."""
    if kind not in (KeyKind.ISBN, KeyKind.ISSN):
        return unicodedata.normalize("NFC", " ".join(value.split())).casefold()
    start = re.match(r"[\dXx \u2010-\u2015-]*", value.strip())
    digits = re.sub(r"[^\dX]", "", start.group().upper() if start else "")
    if not digits:
        return " ".join(value.split()).casefold()
    if kind is KeyKind.ISBN and re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        return isbn13(digits)
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


Maker = Callable[[str, Mapping[str, object]], RecordSource]
"""What an entry point names: makes a source called so of its settings."""


def load_source(name: str, given: Mapping[str, object]) -> RecordSource:
    """The source that kdr.toml describes in [source.NAME].

    `given` is that table: `kind` is a name in the entry points "kdr.source" or "module:attribute", the rest are the
    settings of that kind. What stands there is called with the name and the rest, and gives a RecordSource.

    Raises:
        Problem: E005, there is no such kind, or its settings are wrong.
    """
    settings = dict(given)
    maker: Maker = chosen(GROUP, str(settings.pop("kind", "")), f"[source.{name}]")
    return maker(name, settings)
