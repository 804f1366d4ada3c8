"""What is inside a volume, as a tree: chapters, articles, pictures and supplements with the pages they begin on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from repository.catalogue.presentation import Speech
from repository.catalogue.reading.rows import Row, rows

if TYPE_CHECKING:
    from datasette.app import Datasette

_DIVISIONS = """
select division.id, division.parent, division.kind, division.number, division.title, division.subtitle,
  division.first_page, division.last_page, division.source, page.label
from division left join page on page.uuid = division.page
where division.volume = ? order by division.position
"""
DEEPEST = 12
"""So deep the tree is shown; what lies deeper stands beside what holds it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a volume: what it is called, its pages' orders, the printed number of the first, what is inside."""

    said: str
    first: int
    last: int
    label: str
    proposed: bool
    parts: tuple[Part, ...] = ()

    def holds(self, position: int) -> bool:
        """Whether the page `position` belongs to it."""
        return self.first <= position <= self.last


async def contents(datasette: Datasette, speech: Speech, volume: str) -> tuple[Part, ...]:
    """The tree of `volume` in the order of its pages; empty when nobody divided it."""
    found = await rows(datasette, _DIVISIONS, volume)
    known = {row["id"] for row in found}
    below: dict[str, list[Row]] = {}
    for row in found:
        below.setdefault(row["parent"] if row["parent"] in known else "", []).append(row)
    return _tree("", below, speech, DEEPEST)


def _tree(parent: str, below: Mapping[str, Sequence[Row]], speech: Speech, deep: int) -> tuple[Part, ...]:
    parts: list[Part] = []
    for row in sorted(below.get(parent, ()), key=lambda each: (each["first_page"], -each["last_page"])):
        inside = _tree(row["id"], below, speech, deep - 1)
        parts.append(_part(row, speech, inside if deep else ()))
        parts += () if deep else inside
    return tuple(parts)


def _part(row: Row, speech: Speech, inside: tuple[Part, ...]) -> Part:
    called = ": ".join(filter(None, (row["title"], row["subtitle"])))
    said = ". ".join(filter(None, (row["number"], called))) or str(speech.meaning("kind", row["kind"]))
    return Part(said, row["first_page"], row["last_page"], row["label"] or "", row["source"] == "proposed", inside)
