"""Cuts records out of a stream without touching a byte of them, and reads off the fields by which they are found.

Sources: ISO 2709 (leader 24 bytes, base address at 12-16, directory entries of 12 bytes, terminators 1D and 1E),
MARCXML (MARC 21 slim), MODS 3.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from metadata.markup import UnsafeXml

_CHUNK = 1 << 18
_LONGEST = 10 << 20
_TAIL = 256
_MARC_PARTS = frozenset({"leader", "controlfield", "datafield"})
_ASCII_ALIKE = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


@dataclass(frozen=True, slots=True)
class Cut:
    """One record of a stream: its first byte and the byte after its last, and its fields (name, value).

    MARC fields are named by tag and subfield ("020a"), control fields by tag, MODS identifiers "identifier:" and type,
    and "recordIdentifier". `intact` is False when the record's bytes do not hold together. `lent` are the namespace
    declarations and the encoding that an XML record has from what stands around it.
    """

    start: int
    end: int
    fields: tuple[tuple[str, str], ...] = ()
    intact: bool = True
    lent: Lent | None = None


@dataclass(frozen=True, slots=True)
class Lent:
    """What an XML record needs of its surroundings to stand alone: namespaces by prefix ("" the default), encoding."""

    namespaces: tuple[tuple[str, str], ...] = ()
    encoding: str = ""

    def to(self, record: bytes) -> bytes:
        """The record as a document: only the declarations that it uses and does not make are added."""
        name = re.match(rb"<([^\s/>]+)", record)
        if not name:
            return record
        tag = record[: record.find(b">") + 1]
        added = b"".join(
            f' xmlns{":" * bool(prefix)}{prefix}="{uri}"'.encode()
            for prefix, uri in self.namespaces
            if _uses(record, name.group(1), prefix) and not _declares(tag, prefix)
        )
        head = b"" if self.encoding in _ASCII_ALIKE else f'<?xml version="1.0" encoding="{self.encoding}"?>'.encode()
        return head + record[: name.end()] + added + record[name.end() :]


def _uses(record: bytes, name: bytes, prefix: str) -> bool:
    return f"{prefix}:".encode() in record if prefix else b":" not in name


def _declares(tag: bytes, prefix: str) -> bool:
    return bool(re.search(rf"\sxmlns{':' * bool(prefix)}{re.escape(prefix)}\s*=".encode(), tag))


def cuts(stream: BinaryIO) -> Iterator[Cut]:
    """Every record in `stream`, which is read once, in parts; nothing when it begins like no form of record.

    Raises:
        UnsafeXml: it is XML with a document type declaration.
        ValueError: it is XML that is not well-formed, or in UTF-16.
    """
    start = stream.read(_CHUNK)
    shown = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if shown[:1] == b"<":
        yield from _xml_cuts(stream, start)
    elif re.match(rb"[0-9]{5}", shown):
        yield from _iso_cuts(stream, start)
    elif start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise ValueError("UTF-16")


def cut_out(content: bytes) -> tuple[bytes, ...]:
    """Every XML record in `content` as a document that stands alone.

    Raises:
        UnsafeXml: it has a document type declaration.
        ValueError: it is not well-formed.
    """
    return tuple(taken_out(io.BytesIO(content), cut) for cut in cuts(io.BytesIO(content)))


def taken_out(stream: BinaryIO, cut: Cut) -> bytes:
    """The bytes of one record of `stream`; an XML record with what it needs to stand alone.

    Raises:
        ValueError: the stream does not hold it any more.
    """
    stream.seek(cut.start)
    if cut.lent is None:
        return stream.read(cut.end - cut.start)
    # An end tag may hold blanks before its last sign.
    content = stream.read(cut.end - cut.start + _TAIL)
    end = content.find(b">", cut.end - cut.start - 1) + 1
    if not content.startswith(b"<") or not end:
        raise ValueError(f"no record at byte {cut.start}")
    return cut.lent.to(content[:end])


def _iso_cuts(stream: BinaryIO, start: bytes) -> Iterator[Cut]:
    position, rest, part = 0, b"", start
    while part:
        *whole, rest = (rest + part).split(b"\x1d")
        for record in whole:
            yield _iso_cut(position + _blank(record), record[_blank(record) :])
            position += len(record) + 1
        if len(rest) > _LONGEST:
            yield Cut(position, position + len(rest), intact=False)
            return
        part = stream.read(_CHUNK)
    if _blank(rest) < len(rest):
        yield Cut(position + _blank(rest), position + len(rest), intact=False)


def _blank(record: bytes) -> int:
    """How many bytes stand before a record and belong to none: line ends, a mark of UTF-8, what pads a block."""
    return len(record) - len(record.lstrip(b"\r\n \x1a\0\xef\xbb\xbf"))


def _iso_cut(start: int, record: bytes) -> Cut:
    end = start + len(record) + 1
    length, address = record[:5], record[12:17]
    if not (length.isdigit() and address.isdigit() and int(address) <= len(record)):
        return Cut(start, end, intact=False)
    entries = [record[at : at + 12] for at in range(24, int(address) - 1, 12)]
    if not all(len(entry) == 12 and entry[3:].isdigit() for entry in entries):
        return Cut(start, end, intact=False)
    fields = [field for entry in entries for field in _iso_field(record, int(address), entry)]
    return Cut(start, end, tuple(fields))


def _iso_field(record: bytes, address: int, entry: bytes) -> Iterator[tuple[str, str]]:
    tag, start = entry[:3].decode("ascii", "replace"), address + int(entry[7:])
    value = record[start : start + int(entry[3:7])].rstrip(b"\x1e")
    if tag.startswith("00"):
        yield tag, _text(value)
        return
    for part in value.split(b"\x1f")[1:]:
        yield tag + part[:1].decode("ascii", "replace"), _text(part[1:])


def _text(value: bytes) -> str:
    """The value as text; numbers are ASCII, so a guess at the letters of older records is enough to compare them."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1250", "replace")


def _xml_cuts(stream: BinaryIO, start: bytes) -> Iterator[Cut]:
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.finish
    parser.CharacterDataHandler = reader.text
    parser.XmlDeclHandler = reader.declared
    parser.StartDoctypeDeclHandler = reader.refuse
    reader.parser = parser
    part = start
    try:
        while part:
            parser.Parse(part, False)
            yield from reader.taken()
            part = stream.read(_CHUNK)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(str(error)) from None
    yield from reader.taken()


class _Reader:
    """Follows one XML stream; a record inside a record (OAI, SRU) is the record, its wrapping is not."""

    parser: expat.XMLParserType

    def __init__(self) -> None:
        self._done: list[Cut] = []
        self._path: list[str] = []
        self._namespaces: list[Mapping[str, str]] = []
        self._encoding = ""
        self._open: tuple[int, int, Lent] | None = None
        self._fields: list[tuple[str, str]] = []
        self._filled = False
        self._name, self._text = "", ""
        self._tag = ""

    def taken(self) -> list[Cut]:
        """The records finished since the last call."""
        done, self._done = self._done, []
        return done

    def declared(self, version: str, encoding: str | None, standalone: int) -> None:
        """The XML declaration."""
        self._encoding = (encoding or "").lower()

    def refuse(self, *doctype: object) -> None:
        """A document type declaration ends it."""
        raise UnsafeXml("document type declaration")

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """A start tag."""
        local = name.rpartition(":")[2]
        if local in {"record", "mods"}:
            self._open = (len(self._path), self.parser.CurrentByteIndex, self._lent())
            self._fields, self._filled = [], False
        self._path.append(local)
        self._namespaces.append(
            {key.removeprefix("xmlns").removeprefix(":"): uri for key, uri in attributes.items() if key[:5] == "xmlns"}
        )
        self._text = ""
        self._name = self._wanted(local, attributes) if self._open else ""

    def text(self, data: str) -> None:
        """Text between tags."""
        if self._name:
            self._text += data

    def finish(self, name: str) -> None:
        """An end tag."""
        if self._name:
            self._fields.append((self._name, self._text.strip()))
            self._name = ""
        self._path.pop()
        self._namespaces.pop()
        if self._open and self._open[0] == len(self._path):
            start, lent = self._open[1:]
            end = self.parser.CurrentByteIndex + len(name.encode()) + len("</>")
            if self._filled:
                self._done.append(Cut(start, end, tuple(self._fields), lent=lent))
            self._open = None

    def _wanted(self, local: str, attributes: dict[str, str]) -> str:
        """The name of a field that begins here; empty for anything else."""
        depth = len(self._path) - (self._open or (0,))[0]
        above = self._path[-2] if depth > 1 else ""
        self._filled |= depth == 2 and (above == "mods" or local in _MARC_PARTS)
        if depth == 2 and local in _MARC_PARTS:
            self._tag = attributes.get("tag", "")
            return self._tag if local == "controlfield" else ""
        if depth == 3 and local == "subfield":
            return self._tag + attributes.get("code", "")
        if depth == 2 and local == "identifier":
            return f"identifier:{attributes.get('type', '').lower()}"
        return local if depth == 3 and local == "recordIdentifier" and above == "recordInfo" else ""

    def _lent(self) -> Lent:
        scope = {prefix: uri for declared in self._namespaces for prefix, uri in declared.items()}
        return Lent(tuple(scope.items()), self._encoding)
