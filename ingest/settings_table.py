"""A table of kdr.toml that chooses a program by its `kind` and gives it settings: [source.NAME], [urnnbn]."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from metadata.problem import Problem
from metadata.table_fault import faults_told

_LONGEST = 400
_CHECKED = TypeVar("_CHECKED")


def chosen(group: str, kind: str, table: str) -> Callable[..., Any]:
    """What `kind` names: an entry point of `group`, or "module:attribute"; `table` is the table that says so.

    Raises:
        Problem: E005, there is no such kind.
    """
    found = {entry.name: entry.value for entry in entry_points(group=group)}
    place = found.get(kind, kind)
    wrong = Problem("E005", table, why=f"kind = {kind!r} ({', '.join(sorted(found))})")
    if ":" not in place:
        raise wrong
    try:
        maker: Callable[..., Any] = pkgutil.resolve_name(place)
    except (ImportError, AttributeError, ValueError):
        raise wrong from None
    return maker


def checked(kind: type[_CHECKED], table: str, given: Mapping[str, object]) -> _CHECKED:
    """The settings of that table as the dataclass `kind`.

    Raises:
        Problem: E005, a key is unknown, missing or out of its limits; the finding names it.
    """
    try:
        return TypeAdapter(kind).validate_python(dict(given))
    except ValidationError as error:
        raise Problem("E005", table, why=faults_told(error.errors())[:_LONGEST]) from None
