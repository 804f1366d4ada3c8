"""Catalogue records over SRU searchRetrieve.

Sources: SRU 1.1 and 1.2 (Library of Congress), searchRetrieve: Part 3, SRU 2.0 (OASIS, 2013); CQL 1.2 for the query:
in a quoted term a backslash stands before quote, backslash and the signs that mask (`*`, `?`, `^`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from ingest.settings_table import checked
from ingest.source.cut import cut_out
from ingest.source.failure import understood, wrong
from ingest.source.fetch import Patience, fetch
from ingest.source.query import Hits, Key, KeyKind
from metadata.catalogue_record import CatalogueRecord
from metadata.markup import Element, parse

INDEXES = {
    KeyKind.SYSTEM: "rec.identifier",
    KeyKind.BARCODE: "dc.identifier",
    KeyKind.ISBN: "bath.isbn",
    KeyKind.ISSN: "bath.issn",
    KeyKind.CCNB: "dc.identifier",
}
"""The index of each number when the settings name no other: of the context sets rec, bath and dc."""

Index = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][\w.:-]*( (=|==|exact|all|any|adj))?$")]
# The text is UTF-8 again once it stands in our hands, whatever its own first line says.
_DECLARATION = re.compile(r"^<\?xml[^>]*\?>\s*")
_NO_SUCH_POSITION = "info:srw/diagnostic/1/61"


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or parts.port == 0:
        raise ValueError("http://… or https://… without a user is needed")
    return url


@dataclass(frozen=True, slots=True)
class SruSettings:
    """A table [source.NAME] with kind = "sru".

    `url` is the address of the database; `schema` the record schema asked for; `index` the CQL index (with a relation
    when it is not `=`) per kind of number; `limit` how many records are fetched at most; `timeout` seconds for one
    answer; `size` bytes of one answer; `attempts` and `pause` (seconds) for a server that is busy.
    """

    url: Annotated[str, AfterValidator(_web_address)]
    version: Literal["1.1", "1.2", "2.0"] = "1.2"
    schema: Annotated[str, Field(min_length=1, max_length=200)] = "marcxml"
    index: dict[KeyKind, Index] = field(default_factory=dict)
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    timeout: Annotated[float, Field(gt=0, le=300)] = 20.0
    size: Annotated[int, Field(ge=1000, le=100_000_000)] = 10_000_000
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    pause: Annotated[float, Field(ge=0, le=60)] = 1.0

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class SruSource:
    """A catalogue that speaks SRU."""

    name: str
    settings: SruSettings

    def find(self, key: Key) -> Hits:
        """Every record with that number, page after page where the server gives fewer at once than it found.

        Raises:
            Problem: C001, it does not answer; C002, it answered wrongly; C005, a record is broken.
        """
        records: list[CatalogueRecord] = []
        while True:
            total, given = self._answered(self._content(key, len(records) + 1))
            wanted = min(total, self.settings.limit)
            if (not given and len(records) < wanted) or (given and not total):
                raise wrong(self.name, "short", {"expected": total, "got": len(records) + len(given)})
            records += [self._one(key, content) for content in given[: wanted - len(records)]]
            if len(records) >= wanted:
                return Hits(tuple(records), total)

    def _content(self, key: Key, start: int) -> bytes:
        settings = self.settings
        patience = Patience(settings.timeout, settings.size, settings.attempts, settings.pause)
        return fetch(self.name, address(settings, key, start), patience)

    def _one(self, key: Key, content: bytes) -> CatalogueRecord:
        records = understood(key, content)
        if len(records) != 1:
            raise wrong(self.name, "short", {"expected": 1, "got": len(records)})
        return records[0]

    def _answered(self, content: bytes) -> tuple[int, list[bytes]]:
        """How many there are, and the records in this answer."""
        try:
            root = parse(content)
        except ValueError as error:
            raise wrong(self.name, "xml", {"detail": error}) from None
        if _local(root) != "searchRetrieveResponse":
            raise wrong(self.name, "root", {"root": _local(root)})
        refused = [told for told in _diagnostics(root) if told[0] != _NO_SUCH_POSITION]
        if refused:
            raise wrong(self.name, "diagnostic", {"message": " – ".join(part for part in refused[0] if part)})
        total = "".join(_texts(root, "numberOfRecords")).strip()
        if not re.fullmatch(r"[0-9]{1,15}", total):
            raise wrong(self.name, "total", {"total": total or "-"})
        return int(total), self._records(content, list(_inside(root, "records", "record", "recordData")))

    def _records(self, content: bytes, data: list[Element]) -> list[bytes]:
        """The bytes of each record; a server may send them as XML or as text (recordPacking, recordXMLEscaping)."""
        as_text = [_DECLARATION.sub("", (each.text or "").strip()).encode() for each in data if not len(each)]
        try:
            found = as_text or list(cut_out(content))
        except ValueError as error:
            raise wrong(self.name, "xml", {"detail": error}) from None
        if len(found) != len(data):
            told = " ".join(" ".join(str(part) for each in data for part in each.itertext()).split())
            raise wrong(self.name, "diagnostic", {"message": told or "-"})
        return found


def sru_source(name: str, given: Mapping[str, object]) -> SruSource:
    """The source that [source.NAME] describes.

    Raises:
        Problem: E005, a setting is wrong.
    """
    return SruSource(name, checked(SruSettings, f"[source.{name}]", given))


def address(settings: SruSettings, key: Key, start: int = 1) -> str:
    """The URL that asks for the records with `key` from the `start`-th (1 is the first)."""
    asked: dict[str, str | int] = {
        "query": query(settings.index.get(key.kind, INDEXES[key.kind]), key.term),
        "startRecord": start,
        "maximumRecords": settings.limit,
        "recordSchema": settings.schema,
    }
    if settings.version == "2.0":
        asked |= {"queryType": "cql", "recordXMLEscaping": "xml"}
    else:
        asked |= {"version": settings.version, "operation": "searchRetrieve", "recordPacking": "xml"}
    parts = urlsplit(settings.url)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(asked)])), fragment=""))


def query(index: str, term: str) -> str:
    """CQL that asks for the literal `term` in `index` ("bath.isbn", "rec.identifier exact")."""
    quoted = re.sub(r'([\\"*?^])', r"\\\1", term)
    name, _, relation = index.partition(" ")
    return f'{name} {relation or "="} "{quoted}"'


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if isinstance(child.tag, str) and _local(child) == name)


def _inside(element: Element, *path: str) -> Iterator[Element]:
    if not path:
        yield element
        return
    for child in _children(element, path[0]):
        yield from _inside(child, *path[1:])


def _texts(element: Element, name: str) -> Iterator[str]:
    return (child.text or "" for child in _children(element, name))


def _diagnostics(root: Element) -> list[tuple[str, ...]]:
    found = _inside(root, "diagnostics", "diagnostic")
    return [tuple(" ".join(_texts(each, part)).strip() for part in ("uri", "message", "details")) for each in found]
