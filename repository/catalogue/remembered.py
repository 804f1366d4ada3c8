"""What is made of many rows, kept in memory for each audience until rows of volumes change or a day ends.

A page that adds up a million rows would do so for every reader. The key is what decides what a reader sees
(`audience_key`, the day: embargoes end with one) and the `generations` of the rows, so that nothing is ever shown that
was taken away before it was asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

from repository.catalogue.rights.audience import current
from repository.catalogue.rights.database import generations, today
from repository.catalogue.rights.scoped import audience_key

if TYPE_CHECKING:
    from datasette.app import Datasette

T = TypeVar("T")
Key = tuple[str, Hashable]

MOST_AUDIENCES = 8
"""It is kept for so many audiences, those that asked last."""


@dataclass(slots=True)
class _Shelf(Generic[T]):
    """Of one Datasette: what was made and what is being made, each with the generation it was begun in."""

    kept: dict[Key, tuple[int, T]] = field(default_factory=dict)
    making: dict[Key, tuple[int, asyncio.Task[T]]] = field(default_factory=dict)


class Remembered(Generic[T]):
    """What `make` makes for whoever asks, made once.

    With `late`, what was made before serves on while it is made anew, unless rows that it was made of are closed.
    """

    def __init__(self, make: Callable[[Datasette], Awaitable[T]], *, late: bool = False) -> None:
        self._make, self._late = make, late
        self._shelves: WeakKeyDictionary[Datasette, _Shelf[T]] = WeakKeyDictionary()

    async def of(self, datasette: Datasette) -> T:
        """It, for the audience at hand.

        Raises:
            sqlite3.Error: the catalogue cannot be read.
        """
        shelf = self._shelves.setdefault(datasette, _Shelf())
        key: Key = (today(), audience_key(current()))
        newest, closed = await generations(datasette)
        oldest = closed if self._late else newest
        told = shelf.kept.pop(key, None)
        if told is not None:
            shelf.kept[key] = told
            if told[0] >= newest:
                return told[1]
        servable = told is not None and told[0] >= oldest
        begun, task = shelf.making.get(key, (-1, None))
        if task is None or task.get_loop() is not asyncio.get_running_loop() or (begun < oldest and not servable):
            task = asyncio.create_task(self._made(datasette, shelf, key, newest))
            shelf.making[key] = (newest, task)
        return told[1] if told is not None and servable else await asyncio.shield(task)

    async def _made(self, datasette: Datasette, shelf: _Shelf[T], key: Key, newest: int) -> T:
        try:
            made = await self._make(datasette)
        finally:
            if shelf.making.get(key, (-1, None))[0] == newest:
                shelf.making.pop(key)
        if shelf.kept.get(key, (-1, None))[0] <= newest:
            shelf.kept[key] = (newest, made)
        while len(shelf.kept) > MOST_AUDIENCES:
            shelf.kept.pop(next(iter(shelf.kept)))
        return made
