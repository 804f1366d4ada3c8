"""What each curator keeps on their desk: saved searches, lists of volumes and pages, notes. One file an account."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from metadata.file import given_bytes, place_bytes
from metadata.problem import Problem
from metadata.record import from_json, to_pretty_json

FOLDER = "desks"
"""Below what people do here (`House.state`)."""
MOST = 500
"""Searches, lists, notes, and entries of a list."""
MOST_TEXT = 4000
"""Characters of a note."""
MOST_ADDRESS = 2000
MOST_NAME = 200
_SEARCH = re.compile(r"/search\?[!-~]*")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 120
_Named = TypeVar("_Named", "Search", "Listed")


@dataclass(frozen=True, slots=True)
class Search:
    """A search to be asked again: what it is called, its local address, when it was saved (ISO 8601)."""

    name: str
    address: str
    when: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A volume or page on a list: its local address and how it was called then."""

    address: str
    title: str
    when: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list with a name."""

    name: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A note; `about` is the local address of a volume or page, or empty."""

    text: str
    when: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the person `account` keeps."""

    account: str
    searches: tuple[Search, ...] = ()
    lists: tuple[Listed, ...] = ()
    notes: tuple[Note, ...] = ()

    def with_search(self, search: Search) -> Desk:
        """The desk with one search more; another one of the same address gets its name.

        Raises:
            ValueError: its address is no search of ours, it has no name, or there are too many.
        """
        if not _SEARCH.fullmatch(search.address) or len(search.address) > MOST_ADDRESS:
            raise ValueError("address")
        kept = tuple(each for each in self.searches if each.address != search.address)
        return self._checked(replace(self, searches=(*kept, _named(search))))

    def with_entry(self, name: str, entry: Entry) -> Desk:
        """The desk with a volume or page on the list `name`, which is made when it is not there.

        Raises:
            ValueError: the list has no name, or there are too many.
        """
        old = next((each for each in self.lists if each.name == name), None) or _named(Listed(name))
        entries = tuple(each for each in old.entries if each.address != entry.address)
        made = Listed(old.name, (*entries, entry))
        if len(made.entries) > MOST:
            raise ValueError("many")
        return self._checked(replace(self, lists=(*(each for each in self.lists if each.name != name), made)))

    def with_note(self, note: Note) -> Desk:
        """The desk with one note more.

        Raises:
            ValueError: it is empty or too long, or there are too many.
        """
        if not note.text.strip() or len(note.text) > MOST_TEXT:
            raise ValueError("note")
        return self._checked(replace(self, notes=(*self.notes, note)))

    def without(self, what: str, name: str, address: str = "") -> Desk:
        """The desk without a search (by address), a list or one entry of it, or a note (by its moment and text)."""
        if what == "search":
            return replace(self, searches=tuple(each for each in self.searches if each.address != address))
        if what == "note":
            return replace(self, notes=tuple(each for each in self.notes if (each.when, each.text) != (name, address)))
        kept = (_without(each, address) if each.name == name and address else each for each in self.lists)
        return replace(self, lists=tuple(each for each in kept if each.name != name or address))

    def csv(self) -> str:
        """Everything as one table: what, name, address, text, time."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(("what", "name", "address", "text", "when"))
        for row in self._rows():
            # What a spreadsheet would take for a formula gets an apostrophe (OWASP: CSV injection).
            writer.writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row)
        return out.getvalue()

    def _rows(self) -> Iterator[tuple[str, str, str, str, str]]:
        for search in self.searches:
            yield "search", search.name, search.address, "", search.when
        for listed in self.lists:
            yield from (("list", listed.name, each.address, each.title, each.when) for each in listed.entries)
        for note in self.notes:
            yield "note", "", note.about, note.text, note.when

    def _checked(self, made: Desk) -> Desk:
        if max(len(made.searches), len(made.lists), len(made.notes)) > MOST:
            raise ValueError("many")
        return made


@contextmanager
def changing(root: Path, account: str) -> Iterator[list[Desk]]:
    """The desk of `account` in a list of one; what stands there at the end is kept, whole. Nobody else changes it then.

    Raises:
        Problem: R057, its file is damaged.
        OSError: the disk refuses.
    """
    root.mkdir(parents=True, exist_ok=True)
    path = _path(root, account)
    with path.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = desk_of(root, account)
        held = [before]
        yield held
        if held[0] != before:
            place_bytes(path, to_pretty_json(held[0]))


def desk_of(root: Path, account: str) -> Desk:
    """The desk of `account`; an empty one for somebody who keeps nothing.

    Raises:
        Problem: R057, its file is damaged.
    """
    path = _path(root, account)
    if not path.is_file():
        return Desk(account)
    try:
        return from_json(Desk, given_bytes(path))
    except (OSError, ValueError) as error:
        raise Problem("R057", path.name, why=str(error)[:300]) from error


def _path(root: Path, account: str) -> Path:
    name = quote(account, safe="@")
    # The names of identity providers may be longer than a file's, and would end in a suffix of ours.
    if len(name) > _LONGEST:
        name = hashlib.sha256(account.encode()).hexdigest()
    return root / f"{name}.json"


def _named(each: _Named) -> _Named:
    if not each.name.strip() or len(each.name) > MOST_NAME:
        raise ValueError("name")
    return each


def _without(listed: Listed, address: str) -> Listed:
    return replace(listed, entries=tuple(each for each in listed.entries if each.address != address))
