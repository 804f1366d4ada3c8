"""A file of assigned numbers: CSV with an identifier and a URN:NBN in each line, which may grow while kdr runs.

Fields stand between `;`, TAB or `,` (RFC 4180 quoting, but no line break within a field), the text is UTF-8 with or
without BOM, else cp1250. The first line may name the columns, in Czech or English; without names a line is an
identifier of any kind and a number. A row with a uuid belongs to the volume with that uuid. Any other row belongs to a
volume when one of its identifiers is the volume's and none contradicts. The same row twice is one row.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from ingest.registrar import TABLE, Keep
from ingest.registrar.failure import accepted, refused, silent
from ingest.settings_table import checked
from ingest.source.query import KeyKind, comparable
from metadata.description import IdentifierKind
from metadata.model import Volume, VolumeId
from metadata.problem import Problem

_LARGEST = 50_000_000
_DELIMITERS = ";\t,"
_NUMBER = "urnnbn"
_URN = re.compile(r"\s*urn:nbn:", re.IGNORECASE)
_WHOLE_URN = re.compile(r"urn:nbn:cz:[a-z0-9]{2,6}-[a-z0-9]{6}")


class Column(StrEnum):
    """What identifies a volume in the file; `any` is one of the others, nobody says which."""

    ANY = "any"
    UUID = "uuid"
    FOLDER = "folder"
    SHELF_MARK = "shelf mark"
    BARCODE = "barcode"
    INVENTORY = "inventory number"
    SYSTEM = "system number"
    ISBN = "isbn"
    ISMN = "ismn"
    CCNB = "ccnb"


_NAMES = {
    "identifier": Column.ANY,
    "identifikator": Column.ANY,
    "id": Column.ANY,
    "uuid": Column.UUID,
    "folder": Column.FOLDER,
    "slozka": Column.FOLDER,
    "svazek": Column.FOLDER,
    "volume": Column.FOLDER,
    "signatura": Column.SHELF_MARK,
    "shelfmark": Column.SHELF_MARK,
    "barcode": Column.BARCODE,
    "carovykod": Column.BARCODE,
    "inventarnicislo": Column.INVENTORY,
    "inventorynumber": Column.INVENTORY,
    "system": Column.SYSTEM,
    "systemovecislo": Column.SYSTEM,
    "systemnumber": Column.SYSTEM,
    "isbn": Column.ISBN,
    "ismn": Column.ISMN,
    "ccnb": Column.CCNB,
    "cnb": Column.CCNB,
}
"""The columns by their names, without diacritics, blanks and punctuation."""

Facts = Mapping[Column, frozenset[str]]


@dataclass(frozen=True, slots=True)
class FileSettings:
    """The table [urnnbn] with kind = "file": `path` of the file, from the folder of kdr.toml on."""

    path: Annotated[str, Field(min_length=1)]

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it says of the volume, in comparable form, and the number as it stands there."""

    identifiers: tuple[tuple[Column, str], ...]
    number: str

    def __str__(self) -> str:
        return ", ".join(value for _, value in self.identifiers)

    def about(self, facts: Facts) -> bool:
        """Whether it belongs to the volume with these facts."""
        said = dict(self.identifiers)
        if Column.UUID in said:
            return said[Column.UUID] in facts[Column.UUID]
        known = [value in facts[column] for column, value in self.identifiers if column in facts]
        return bool(known) and all(known)


class NumbersFile:
    """Looks numbers up in a file; it never gives one itself. Every question reads the file as it is now."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._content = b""
        self._rows: tuple[Row, ...] = ()
        self._owners: dict[str, VolumeId] = {}

    def number(self, volume: Volume) -> str | None:
        """The number beside one of the volume's identifiers, or None when there is none (yet).

        Raises:
            Problem: C011, the file cannot be read; C012, the number has a wrong form or also belongs to another
                volume; C013, the file or the description has two numbers for it.
        """
        rows = self._read()
        mine = facts(volume)
        numbers = sorted({row.number for row in rows if row.about(mine)})
        if len(numbers) > 1:
            raise Problem("C013", volume.folder, given=numbers[0], other=numbers[1])
        for number in numbers:
            self._only(volume, number, [row for row in rows if row.number == number and not row.about(mine)])
            return accepted(volume, number)
        return None

    def _only(self, volume: Volume, number: str, others: list[Row]) -> None:
        """Refuse a number that another volume has, in the file or because it was asked for before."""
        if others:
            raise refused(volume, "shared", value=number, other=others[0])
        owner = self._owners.setdefault(number, volume.id)
        if owner != volume.id:
            raise refused(volume, "shared", value=number, other=owner)

    def _read(self) -> tuple[Row, ...]:
        try:
            with self._path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except OSError as error:
            raise silent(self.name, "unreadable", detail=error.strerror or error) from None
        if len(content) > _LARGEST:
            raise silent(self.name, "large", limit=_LARGEST)
        if content != self._content:
            self._rows = tuple(self._understood(content))
            self._content = content
        return self._rows

    def _understood(self, content: bytes) -> Iterator[Row]:
        lines = self._lines(content)
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            return
        start = lines.index(first)
        layout = _layout(first)
        if layout is None and start == len(lines) - 1:
            return
        if layout is None:
            raise silent(self.name, "columns", line=first)
        delimiter, columns = layout
        width = len(_fields(first, delimiter))
        for line in lines[start + bool(columns) : -1]:
            yield from _row(_fields(line, delimiter), columns)
        last = _fields(lines[-1], delimiter)
        # The last line has no end: it may be half of one, unless a whole number stands at the end of all its fields.
        if len(last) == width and _WHOLE_URN.fullmatch(last[-1]):
            yield from _row(last, columns)

    def _lines(self, content: bytes) -> list[str]:
        """Every line; the last one is what follows the last line end, often nothing."""
        ended = content.rfind(b"\n") + 1
        try:
            if b"\0" in content:
                raise silent(self.name, "text")
            whole = _decoded(content[:ended])
        except UnicodeDecodeError:
            raise silent(self.name, "text") from None
        # Half a character spoils only a line that is not taken: what is taken ends in a number, which is ASCII.
        return [*re.split(r"\r\n|\r|\n", whole)[:-1], _decoded(content[ended:], "replace")]


def numbers_file(given: Mapping[str, object], folder: Path, _keep: Keep) -> NumbersFile:
    """The registrar that [urnnbn] with kind = "file" describes; the file need not be there yet.

    Raises:
        Problem: E005, a setting is wrong.
    """
    settings = checked(FileSettings, TABLE, given)
    return NumbersFile(folder / settings.path)


def facts(volume: Volume) -> Facts:
    """What identifies `volume`, in comparable form, by the columns of a file; nothing that several volumes share."""
    about = volume.description
    said = {
        Column.UUID: {str(volume.id)},
        Column.FOLDER: {volume.folder},
        Column.SHELF_MARK: {about.shelf_mark},
        Column.SYSTEM: {about.record.id},
        Column.ISBN: {about.identifier(IdentifierKind.ISBN)},
        Column.ISMN: {about.identifier(IdentifierKind.ISMN)},
        Column.CCNB: {about.identifier(IdentifierKind.CCNB)},
    }
    for name, value in about.own:
        column = _NAMES.get(_plain(name))
        if column in (Column.BARCODE, Column.INVENTORY):
            said.setdefault(column, set()).add(value)
    said[Column.ANY] = {value for values in said.values() for value in values}
    known = {column: [value for value in values if value.strip()] for column, values in said.items()}
    return {
        column: frozenset(_comparable(column, value) for value in values) for column, values in known.items() if values
    }


def _decoded(content: bytes, errors: str = "strict") -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1250", errors)


def _layout(first: str) -> tuple[str, tuple[str, ...]] | None:
    """What stands between fields, and the names of the columns (none when the first line has none)."""
    for delimiter in _DELIMITERS:
        fields = _fields(first, delimiter)
        names = tuple(_plain(field) for field in fields)
        if _NUMBER in names and any(name in _NAMES for name in names):
            return delimiter, names
        if len(fields) > 1 and any(_URN.match(field) for field in fields):
            return delimiter, ()
    return None


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _row(fields: list[str], columns: tuple[str, ...]) -> Iterator[Row]:
    """The row in these fields, when it has a number and an identifier."""
    if columns:
        named = dict(zip(columns, fields, strict=False))
        number = named.get(_NUMBER, "")
        said = [(_NAMES[name], value) for name, value in named.items() if name in _NAMES and value]
    else:
        number = next((field for field in fields if _URN.match(field)), "")
        said = [(Column.ANY, field) for field in fields if field and field != number][:1]
    if number and said:
        yield Row(tuple((column, _comparable(column, value)) for column, value in said), number)


def _comparable(column: Column, value: str) -> str:
    """What two writings of one identifier have in common."""
    if column is Column.ANY:
        return _any(value)
    if column is Column.UUID:
        return value.strip().casefold().removeprefix("uuid:")
    if column is Column.ISBN:
        return comparable(KeyKind.ISBN, value)
    return comparable(KeyKind.SYSTEM, value)


def _any(value: str) -> str:
    """The comparable form of an identifier whose kind nobody says."""
    if re.fullmatch(r"(97[89]-?)?(\d-?){9}[\dXx]", value.strip()):
        return comparable(KeyKind.ISBN, value)
    return comparable(KeyKind.SYSTEM, value).removeprefix("uuid:")


def _plain(name: str) -> str:
    """A column's name without diacritics, blanks, punctuation and case."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in letters if sign.isalnum())
