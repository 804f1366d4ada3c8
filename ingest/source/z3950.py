"""Catalogue records over Z39.50, asked by YAZ's program `yaz-client` as a child with limits.

YAZ's other client, `zoomsh`, decodes every MARC record and writes it anew even when it is asked for it raw: a damaged
record comes out whole, with less in it. `yaz-client` keeps the bytes that came (set_marcdump).

Sources: Z39.50-2003 (ISO 23950), bib-1 use attributes: 7 ISBN, 8 ISSN, 12 local number, 48 national bibliography
number, 1007 standard identifier; PQF (YAZ, "Prefix Query Format"): in a quoted term a backslash stands before quote
and backslash.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, StringConstraints

from ingest.settings_table import checked
from ingest.source.failure import silent, understood, wrong
from ingest.source.query import Hits, Key, KeyKind
from metadata.catalogue_record import CatalogueRecord
from metadata.marc_encoding import Encoding
from metadata.problem import Problem
from metadata.tool import Limits, Tool, ToolFailed, ToolTimedOut

ATTRIBUTES = {
    KeyKind.SYSTEM: "1=12",
    KeyKind.BARCODE: "1=1007",
    KeyKind.ISBN: "1=7",
    KeyKind.ISSN: "1=8",
    KeyKind.CCNB: "1=48",
}
"""The bib-1 attributes of each number when the settings name no others: type=value, several with blanks between."""

CLIENT = Tool("yaz-client", "yaz", ("-V",), r"(\d+\.\d+\.\d+)")
# Only files take what comes as it is, and only a file can be kept from growing; HOME would get a history of queries.
_SHELL = Tool("sh", "dash")
_IN_FOLDER = 'cd "$1" && ulimit -f "$2" && HOME=$1 exec yaz-client -f commands -k "$3" >said'
_BLOCK = 512
_TALK = 1 << 20
_KEEP = (("set_marcdump", ""), ("show", "+1"))
_BREAK = re.compile(
    r"^(?:Connecting\.\.\.)?(error = .*|Connection rejected.*|Target closed connection.*)$", re.MULTILINE
)

Attributes = Annotated[str, StringConstraints(pattern=r"^\d{1,2}=\d{1,5}( \d{1,2}=\d{1,5})*$")]


@dataclass(frozen=True, slots=True)
class Z3950Settings:
    """A table [source.NAME] with kind = "z3950".

    `syntax` is the record syntax asked for; `attributes` the bib-1 attributes per kind of number; `limit` how many
    records are fetched at most; `timeout` seconds and `memory_mb` megabytes of one look-up; `size` bytes of its answer;
    `encoding` that of the records where their bytes do not tell it.
    """

    host: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])$")]
    database: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]{1,100}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 210
    syntax: Literal["usmarc", "xml"] = "usmarc"
    attributes: dict[KeyKind, Attributes] = field(default_factory=dict)
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    timeout: Annotated[float, Field(gt=0, le=300)] = 20.0
    memory_mb: Annotated[int, Field(ge=64, le=4096)] = 512
    size: Annotated[int, Field(ge=1000, le=100_000_000)] = 10_000_000
    encoding: Encoding | None = None

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    @property
    def address(self) -> str:
        """Server and database as YAZ writes them."""
        return f"{self.host}:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True)
class Z3950Source:
    """A catalogue that speaks Z39.50."""

    name: str
    settings: Z3950Settings

    def find(self, key: Key) -> Hits:
        """Every record with that number, as the server sent its bytes.

        Raises:
            Problem: E001, yaz-client is missing; C001, the server does not answer; C002, it answered wrongly; C005, a
                record is broken.
        """
        # How many records may be asked for is known only after the search, and most searches find one.
        talk = self._talk(key, 1)
        total = self._total(talk)
        wanted = min(total, self.settings.limit)
        if wanted > 1:
            talk = self._talk(key, wanted)
            if self._total(talk) != total:
                raise wrong(self.name, "short", {"expected": total, "got": self._total(talk)})
        found = [self._given(talk, number) for number in range(1, wanted + 1)]
        return Hits(tuple(self._one(key, content) for content in found), total)

    def _talk(self, key: Key, count: int) -> _Talk:
        CLIENT.require()
        settings = self.settings
        limits = Limits(settings.timeout, settings.memory_mb << 20)
        blocks, kilobytes = (settings.size + _TALK) // _BLOCK + 1, settings.size // 1024 + 1
        with tempfile.TemporaryDirectory(prefix="kdr-z3950-") as place:
            folder = Path(place)
            (folder / "commands").write_bytes("".join(f"{line}\n" for line in commands(settings, key, count)).encode())
            try:
                _SHELL.run(["-c", _IN_FOLDER, "sh", place, str(blocks), str(kilobytes)], limits)
            except ToolTimedOut:
                raise silent(self.name, "timeout", {"seconds": f"{settings.timeout:g}"}) from None
            except ToolFailed as failed:
                raise self._failed(folder, failed.why) from None
            said = (folder / "said").read_bytes().decode("utf-8", "replace")
            records = [folder / str(number) for number in range(1, count + 1)]
            kept = tuple(path.read_bytes() if path.is_file() else b"" for path in records)
        if sum(map(len, kept)) > settings.size:
            raise wrong(self.name, "large", {"limit": settings.size})
        return _Talk(said, kept)

    def _failed(self, folder: Path, why: str) -> Problem:
        if sum(path.stat().st_size for path in folder.iterdir()) >= self.settings.size:
            return wrong(self.name, "large", {"limit": self.settings.size})
        return wrong(self.name, "output", {"detail": why})

    def _total(self, talk: _Talk) -> int:
        """How many records the search found."""
        searched = talk.said.partition("Sent presentRequest")[0]
        told = _diagnostic(searched)
        if told:
            raise wrong(self.name, "diagnostic", {"message": told})
        # A client that was refused asks all the same.
        if not re.search(r"^Connection accepted", searched, re.MULTILINE):
            raise self._lost(searched)
        hits = re.search(r"^Number of hits: ([0-9]{1,15})\b", searched, re.MULTILINE)
        if not hits:
            raise self._lost(searched) if _BREAK.search(searched) else self._unclear(searched)
        return int(hits.group(1))

    def _given(self, talk: _Talk, number: int) -> bytes:
        """The bytes of the record that was asked for as the `number`-th."""
        part = talk.said.partition(f"Sent presentRequest ({number}+1).")[2].partition("Sent presentRequest")[0]
        syntax = re.search(r"Record type: (\S+)", part)
        content = talk.records[number - 1]
        told = _diagnostic(part)
        if told:
            raise wrong(self.name, "diagnostic", {"message": told})
        if not content or not syntax:
            raise self._lost(part) if _BREAK.search(part) else self._unclear(part)
        if syntax.group(1).lower() != self.settings.syntax:
            raise wrong(self.name, "syntax", {"syntax": syntax.group(1), "wanted": self.settings.syntax})
        return content

    def _lost(self, said: str) -> Problem:
        why = _BREAK.search(said)
        detail = f"{self.settings.address}: {why.group(1) if why else _end(said)}"
        return silent(self.name, "connection", {"detail": detail})

    def _unclear(self, said: str) -> Problem:
        return wrong(self.name, "output", {"detail": _end(said)})

    def _one(self, key: Key, content: bytes) -> CatalogueRecord:
        records = understood(key, content, self.settings.encoding)
        if len(records) != 1:
            raise wrong(self.name, "short", {"expected": 1, "got": len(records)})
        return records[0]


@dataclass(frozen=True, slots=True)
class _Talk:
    """What yaz-client said, and the bytes of the records that it was told to keep; empty where none came."""

    said: str
    records: tuple[bytes, ...]


def z3950_source(name: str, given: Mapping[str, object]) -> Z3950Source:
    """The source that [source.NAME] describes.

    Raises:
        Problem: E005, a setting is wrong.
    """
    return Z3950Source(name, checked(Z3950Settings, f"[source.{name}]", given))


def commands(settings: Z3950Settings, key: Key, count: int) -> tuple[str, ...]:
    """What yaz-client is told, a command a line; a term without control characters cannot begin another line.

    The first `count` records are kept in the files 1, 2, …
    """
    attributes = settings.attributes.get(key.kind, ATTRIBUTES[key.kind])
    shown = [f"{word} {number}{more}" for number in range(1, count + 1) for word, more in _KEEP]
    return (
        "set_auto_reconnect off",
        f"format {settings.syntax}",
        f"open {settings.address}",
        f"find {query(attributes, key.term)}",
        *shown,
        "quit",
    )


def query(attributes: str, term: str) -> str:
    """PQF that asks for the literal `term` with `attributes` ("1=7", "1=4 4=1")."""
    quoted = re.sub(r'([\\"])', r"\\\1", term)
    return " ".join(f"@attr {attribute}" for attribute in attributes.split()) + f' "{quoted}"'


def _diagnostic(said: str) -> str:
    told = re.search(r"^Diagnostic message\(s\) from database:\n\s*([^\n]*)", said, re.MULTILINE)
    return told.group(1) if told else ""


def _end(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith(("Elapsed", "See you"))]
    return " / ".join(lines[-3:]) or "-"
