"""Catalogue records from files: what a library's system exported, in ISO 2709, MARCXML or MODS.

A file is read once, in parts; what is kept of it in memory is where each number's records lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, StringConstraints

from ingest.settings_table import checked
from ingest.source.cut import Cut, cuts, taken_out
from ingest.source.failure import silent, understood, wrong
from ingest.source.query import Hits, Key, KeyKind, comparable
from metadata.catalogue_record import CatalogueRecord
from metadata.marc_encoding import Encoding

FIELDS = {
    KeyKind.SYSTEM: ("001", "recordIdentifier"),
    KeyKind.BARCODE: ("996b", "952p", "876p", "identifier:barcode"),
    KeyKind.ISBN: ("020a", "identifier:isbn"),
    KeyKind.ISSN: ("022a", "identifier:issn"),
    KeyKind.CCNB: ("015a", "identifier:ccnb"),
}
"""Where each number stands when the settings say nothing else: MARC 21; item barcodes of Aleph, Koha and 876; MODS."""

SUFFIXES = frozenset({".mrc", ".marc", ".iso", ".iso2709", ".xml", ".mods"})
FieldName = Annotated[str, StringConstraints(pattern=r"^([0-9]{3}[a-z0-9]?|identifier:[a-z0-9-]+|recordIdentifier)$")]
_Fields = tuple[tuple[str, KeyKind], ...]


@dataclass(frozen=True, slots=True)
class FileSettings:
    """A table [source.NAME] with kind = "file".

    `path` is a file, or a folder whose files with one of `SUFFIXES` are read, at any depth; `fields` the fields of
    each kind of number (tag and subfield: "996b"), instead of the usual ones; `limit` how many records are given;
    `encoding` that of ISO 2709 records where their bytes do not tell it.
    """

    path: Path
    fields: dict[KeyKind, tuple[FieldName, ...]] = field(default_factory=dict)
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    encoding: Encoding | None = None

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class FileSource:
    """A library's export."""

    name: str
    settings: FileSettings

    def find(self, key: Key) -> Hits:
        """Every record of the files with that number, in the order of the files' names.

        Raises:
            Problem: C001, the files are not there or cannot be read; C002, a file holds no records, or nothing was
                found and a damaged record may be the one; C005, a record that was found is broken.
        """
        wanted, kinds = f"{key.kind}:{key.comparable}", self._fields()
        places: list[tuple[Path, Cut]] = []
        damaged: list[tuple[Path, tuple[int, ...]]] = []
        for path in self._files():
            index = self._index(path, kinds)
            places += [(path, cut) for cut in index.places.get(wanted, ())]
            damaged += [(path, index.damaged)] if index.damaged else []
        if damaged and not places:
            path, at = damaged[0]
            raise wrong(self.name, "damaged", {"path": path, "at": at[0], "count": len(at)})
        found = [record for path, cut in places[: self.settings.limit] for record in self._read(key, path, cut)]
        return Hits(tuple(found), len(places))

    def _fields(self) -> _Fields:
        given = self.settings.fields
        return tuple((name, kind) for kind in KeyKind for name in given.get(kind, FIELDS[kind]))

    def _files(self) -> Iterator[Path]:
        path = self.settings.path
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES and each.is_file())
        else:
            raise silent(self.name, "missing", {"path": path})

    def _index(self, path: Path, kinds: _Fields) -> _Index:
        try:
            now = path.stat()
            index = _indexed(path, now.st_size, now.st_mtime_ns, kinds)
        except OSError as error:
            raise silent(self.name, "unreadable", {"path": path, "detail": error.strerror or error}) from None
        except ValueError as error:
            raise wrong(self.name, "unreadable", {"path": path, "detail": error}) from None
        if not index.records and now.st_size:
            raise wrong(self.name, "records", {"path": path})
        return index

    def _read(self, key: Key, path: Path, cut: Cut) -> tuple[CatalogueRecord, ...]:
        try:
            with path.open("rb") as stream:
                content = taken_out(stream, cut)
        except (OSError, ValueError) as error:
            raise silent(self.name, "unreadable", {"path": path, "detail": error}) from None
        return understood(key, content, self.settings.encoding)


@dataclass(frozen=True, slots=True)
class _Index:
    """How many records a file has, where those with a number lie ("isbn:978…"), and where damaged ones begin."""

    records: int
    places: Mapping[str, Sequence[Cut]]
    damaged: tuple[int, ...]


@lru_cache(maxsize=4096)
def _indexed(path: Path, size: int, changed: int, kinds: _Fields) -> _Index:
    """The index of a file as it was at that size and time; asked again, it is not read again."""
    by_field: dict[str, list[KeyKind]] = {}
    for name, kind in kinds:
        by_field.setdefault(name, []).append(kind)
    places: dict[str, list[Cut]] = {}
    damaged: list[int] = []
    records = 0
    with path.open("rb") as stream:
        for cut in cuts(stream):
            records += 1
            damaged += [] if cut.intact else [cut.start]
            place = Cut(cut.start, cut.end, lent=cut.lent)
            for number in _numbers(cut, by_field):
                places.setdefault(number, []).append(place)
    return _Index(records, places, tuple(damaged))


def _numbers(cut: Cut, by_field: Mapping[str, list[KeyKind]]) -> set[str]:
    return {
        f"{kind}:{comparable(kind, value)}"
        for name, value in cut.fields
        for kind in by_field.get(name, ())
        if value and not value.isspace()
    }


def file_source(name: str, given: Mapping[str, object]) -> FileSource:
    """The source that [source.NAME] describes.

    Raises:
        Problem: E005, a setting is wrong.
    """
    return FileSource(name, checked(FileSettings, f"[source.{name}]", given))
