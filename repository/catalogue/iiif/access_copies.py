"""Access copies: what readers' images are cut from, beside the archive, made at first sight and gone when least used.

A copy is a pyramidal TIFF under `House.images`, in two levels of folders by the page's identifier. Its name bears the
digest of the stored file it shows, so that a new version of a page has a new copy. All of them can be thrown away.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import logging
import os
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from metadata.tool import Limits, Tool, ToolFailed
from repository.catalogue.house import House
from repository.catalogue.iiif.keeping import Shelf
from repository.catalogue.presentation import NAME
from repository.place import Place

if TYPE_CHECKING:
    from datasette.app import Datasette

MOST_WAITING = 200
"""Pages whose copy is being made or waited for; whoever comes then is told to come again."""

MAKERS = max(1, min((os.cpu_count() or 1) - 1, 4))
"""How many copies are made at once: one processor is left to readers."""

_LIMITS = Limits(seconds=300, memory=6 << 30)
_RECIPE = 1
"""Raise it when the same stored file gives another copy."""
_PYTHON = Tool(sys.executable, "python3")
_PROGRAM = "repository.catalogue.iiif.pyramid"
_BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
# Who reads images need not see the table of files (hence main.); they come by way of the page, which they see.
_FILES = """
select page.uuid, page.volume, page.width, page.height, file.path, file.sha512
from page join main.file as file on file.volume = page.volume and file.path in (page.user, page.master)
"""
_OF_PAGE = f"{_FILES} where page.uuid = :uuid order by file.path = page.master"
_OF_ALL = f"{_FILES} order by page.volume, page.position, file.path = page.master"
_MOST_KNOWN = 20_000
_log = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(MAKERS, "access copy")
_lock = threading.Lock()
_making: dict[Path, Future[Path]] = {}
_known: WeakKeyDictionary[Datasette, dict[tuple[str, str], Stored]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Stored:
    """The stored pictures of a page of `size` (width, height): paths and their SHA-512, the one to show first."""

    page: str
    volume: VolumeId
    files: tuple[tuple[str, str], ...]
    size: tuple[int, int]

    def copy(self, house: House) -> Path:
        """Where the access copy belongs."""
        mark = hashlib.sha256(f"{_RECIPE} {self.files[0]}".encode()).hexdigest()[:16]
        return house.images / self.page[:2] / self.page[2:4] / f"{self.page}-{mark}.tif"


async def stored(datasette: Datasette, page: Mapping[str, Any]) -> Stored:
    """The stored pictures of a page by its row (uuid, volume, user, master, width, height).

    The user copy comes first: it is a tenth of the master, and was made to be looked at.

    Raises:
        Problem: R020, the catalogue knows no file of them.
    """
    known = _known.setdefault(datasette, {})
    key = page["uuid"], page["user"]  # the path says the version, and what a version holds never changes
    if key not in known:
        found = await datasette.get_database(NAME).execute_trusted(_OF_PAGE, {"uuid": page["uuid"]})
        if not found.rows:
            raise Problem("R020", page["uuid"])
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[key] = _stored(found.rows)
    return known[key]


def all_stored(connection: sqlite3.Connection) -> Iterator[Stored]:
    """The same of every page in the catalogue that `connection` reads as a whole, volume by volume.

    Raises:
        sqlite3.Error: it is none.
    """
    connection.row_factory = sqlite3.Row
    for _, rows in groupby(connection.execute(_OF_ALL), key=lambda row: row["uuid"]):
        yield _stored(list(rows))


def _stored(rows: Sequence[sqlite3.Row]) -> Stored:
    page = rows[0]
    files = tuple((str(row["path"]), str(row["sha512"])) for row in rows)
    return Stored(page["uuid"], volume_id(page["volume"]), files, (int(page["width"]), int(page["height"])))


async def access_copy(house: House, datasette: Datasette, page: Mapping[str, Any]) -> Path:
    """The access copy of the page with the row `page`, made now if it is not there.

    Two who ask for the same page wait for one copy.

    Raises:
        Problem: R020 no attached place has its picture whole; R021 it cannot be decoded; R022 too many are waiting.
    """
    source = await stored(datasette, page)
    path = source.copy(house)
    if Shelf.of(house).used(path):
        return path
    # Shielded: others wait for the same copy when one reader goes away.
    return await asyncio.shield(asyncio.wrap_future(ordered(house, source)))


def ordered(house: House, source: Stored, *, anew: bool = False) -> Future[Path]:
    """The order to make the access copy of `source`: the one given before, while it is not carried out.

    Raises:
        Problem: R022, too many are waiting.
    """
    path = source.copy(house)
    with _lock:
        future = _making.get(path)
        if future is not None:
            return future
        if len(_making) >= MOST_WAITING:
            raise Problem("R022", source.page)
        future = _making[path] = _threads.submit(_made, house, source, anew=anew)
    future.add_done_callback(partial(_done, path))
    return future


def _done(path: Path, _: Future[Path]) -> None:
    with _lock:
        _making.pop(path, None)


def _made(house: House, source: Stored, *, anew: bool) -> Path:
    path = source.copy(house)
    if not anew and path.is_file():
        return path
    try:
        return _placed(house, source, path)
    except OSError as error:
        raise Problem("R021", source.page, why=error.strerror or type(error).__name__) from error


def _placed(house: House, source: Stored, path: Path) -> Path:
    """Make a copy beside its place and put it there as a whole."""
    shelf = Shelf.of(house)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=shelf.DRAFT, dir=house.images) as folder:
        picture, draft = Path(folder) / "source", Path(folder) / "copy.tif"
        why = ""
        for stored_path, sha512 in source.files:
            place = _fetched(house, source.volume, stored_path, sha512, picture)
            if not place:
                continue
            try:
                _PYTHON.run(("-m", _PROGRAM, str(picture), str(draft), *map(str, source.size)), _LIMITS)
            except ToolFailed as failed:
                _log.warning("%s %s: %s", place, source.page, failed.why)
                # The decoder's first word; readers need not know where files lie.
                why = failed.why.split(" / ")[0].replace(f"{folder}/", "")
                continue
            draft.replace(path)
            shelf.added(path)
            return path
    raise Problem("R021", source.page, why=why) if why else Problem("R020", source.page)


def _fetched(house: House, volume: VolumeId, path: str, sha512: str, target: Path) -> str:
    """Copy a stored file out of the first place where it is whole; that place's name, empty when there is none."""
    for place in house.places():
        try:
            digest = _copied(place, volume, path, target)
        except (OSError, Problem) as error:
            if getattr(error, "errno", None) in _FULL:
                raise
            _log.warning("%s %s: %s", place.name, path, error)
            continue
        if digest == sha512:
            return place.name
        _log.warning("%s %s: damaged", place.name, path)
    return ""


def _copied(place: Place, volume: VolumeId, path: str, target: Path) -> str:
    """Copy a stored file out; the SHA-512 of what was read."""
    version, _, inside = path.partition("/")
    digest = hashlib.sha512()
    with closing(place.open(volume, version, inside)) as stream, target.open("wb") as out:
        while block := stream.read(_BLOCK):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()
