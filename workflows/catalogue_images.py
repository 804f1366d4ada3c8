"""Readers' images, prepared beforehand: the access copy of every page of the catalogue."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from metadata.finding import Finding
from metadata.problem import Problem
from repository.catalogue.iiif.access_copies import MAKERS, all_stored, ordered
from repository.catalogue.iiif.keeping import Shelf
from workflows.cataloguing import house
from workflows.settings import Home

Tell = Callable[[Finding], None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """How many copies were `made`, were `there` already, could not be made (`failed`), or found no room (`left`)."""

    made: int
    there: int
    failed: int
    left: int


def prepare_images(home: Home, tell: Tell, progress: Progress, *, rebuild: bool = False) -> Prepared:
    """Make the access copies that are missing (all, to `rebuild`) until the cache of images is full.

    `tell` hears of pages that cannot be shown, `progress` how many of how many pages were looked at.

    Raises:
        Problem: S020 the primary place or the journal is not there; E004 the catalogue cannot be read.
    """
    here = house(home)
    shelf = Shelf.of(here)
    try:
        with closing(sqlite3.connect(f"file:{home.catalogue}?mode=ro", uri=True)) as connection:
            pages = list(all_stored(connection))
    except sqlite3.Error as error:
        raise Problem("E004", home.catalogue, why=str(error)) from error
    waiting: deque[Future[Path]] = deque()
    there = made = failed = left = 0
    for number, page in enumerate(pages, start=1):
        if not rebuild and page.copy(here).is_file():
            there += 1
        elif not rebuild and shelf.full():
            left += 1
        else:
            waiting.append(ordered(here, page, anew=rebuild))
        while len(waiting) > (2 * MAKERS if number < len(pages) else 0):
            good = _ended(waiting.popleft(), tell)
            made, failed = made + good, failed + (not good)
        progress(number - len(waiting), len(pages))
    return Prepared(made, there, failed, left)


def _ended(order: Future[Path], tell: Tell) -> bool:
    try:
        order.result()
    except Problem as problem:
        tell(problem.finding)
        return False
    return True
