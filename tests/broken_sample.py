"""One sample of the proof of `kdr validate`: which rule, how a good package is broken, what else must break with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from metadata.model import volume_id
from metadata.ndk import layout
from metadata.ndk.check.complaint import Level
from metadata.ndk.layout import Use
from tests.good_packages import edited
from tests.psp_edits import Edit

Damage = Callable[[Path], Path | None]
"""Breaks the package in a folder; gives back where it lies now, when that is elsewhere."""

PLAIN = "plain"
"""The good package of two pages whose id is VOLUME; the others are the cases of tests.described."""

PICTURED = "pictured"
"""The good package of one page with real images."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a break cannot help breaking another rule too, or why a rule has no sample."""

    cs: str
    en: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A good package broken in one place.

    `case` names the good package. `level` is the worst grade of the complaints under `rule`, None as the rule says.
    `also` are the other rules that break with it, each with the reason; those in `by_schema` speak only where XML
    Schemas are asked. A sample that `needs` "images" or "schemas" breaks nothing where those are not looked at.
    """

    rule: str
    name: str
    damage: Damage
    case: str = PLAIN
    level: Level | None = None
    also: Mapping[str, Reason] = field(default_factory=dict)
    by_schema: Mapping[str, Reason] = field(default_factory=dict)
    needs: str = ""

    @property
    def id(self) -> str:
        """What people and tests call it; stable, and a good name of a folder."""
        return f"{self.rule}.{self.name}.{self.case}"


def in_main(*edits: Edit) -> Damage:
    """Edits of the main METS; sizes and digests are made to agree again."""

    def damage(root: Path) -> None:
        for edit in edits:
            edited(root, layout.mets_name(volume_id(root.name)), edit)

    return damage


def in_page(*edits: Edit, order: int = 1) -> Damage:
    """Edits of the METS of a page."""

    def damage(root: Path) -> None:
        for edit in edits:
            edited(root, layout.path(volume_id(root.name), Use.AMD, order), edit)

    return damage
