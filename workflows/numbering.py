"""The URN:NBN of a volume: given, kept from an earlier run, or asked from the registrar; never two (ndk.md §9.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.delivery import PlannedVolume
from ingest.registrar import Registrar
from metadata.description import Identifier, IdentifierKind
from metadata.event import now
from metadata.file import place_bytes
from metadata.finding import Finding, finding
from metadata.problem import Problem
from metadata.record import from_json, to_pretty_json
from workflows.task import volume_folder

NUMBER = "urnnbn.json"


@dataclass(frozen=True, slots=True)
class Assigned:
    """A number as it came: from whom, and when (ISO 8601). Kept beside the volume's pages."""

    urnnbn: str
    registrar: str
    when: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """A volume with its number; without one there is a finding that says why."""

    planned: PlannedVolume
    findings: tuple[Finding, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether it cannot be packaged yet."""
        return any(found.stops for found in self.findings)


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the volumes of a batch get their numbers.

    `registrar` is asked for what has none; with None only given numbers count. Unless they `wait`, volumes without a
    number are packaged without. `stored` tells the number that a volume bears in the repository, or nothing.
    """

    batch: Path
    registrar: Registrar | None = None
    wait: bool = True
    stored: Callable[[PlannedVolume], str] = lambda _: ""

    def __call__(self, planned: PlannedVolume) -> Numbered:
        """The volume with its number, or why it has none."""
        try:
            value = self._number(planned)
        except Problem as problem:
            return Numbered(planned, (problem.finding,))
        if value:
            return Numbered(_bearing(planned, value))
        return Numbered(planned, (finding("C010" if self.wait else "V002", planned.volume.folder),))

    def _number(self, planned: PlannedVolume) -> str:
        given = planned.volume.description.identifier(IdentifierKind.URNNBN)
        known = self._kept(planned) or self.stored(planned)
        if given and known and given != known:
            raise Problem("C013", planned.volume.folder, given=given, other=known)
        if given or known or self.registrar is None:
            return given or known
        asked = self.registrar.number(planned.volume)
        if asked:
            place = volume_folder(self.batch, planned.volume.id)
            place.mkdir(parents=True, exist_ok=True)
            place_bytes(place / NUMBER, to_pretty_json(Assigned(asked, self.registrar.name, now())))
        return asked or ""

    def _kept(self, planned: PlannedVolume) -> str:
        try:
            kept = from_json(Assigned, (volume_folder(self.batch, planned.volume.id) / NUMBER).read_bytes())
        except (OSError, ValueError):
            return ""
        return kept.urnnbn


def _bearing(planned: PlannedVolume, value: str) -> PlannedVolume:
    about = planned.volume.description
    others = tuple(each for each in about.identifiers if each.kind is not IdentifierKind.URNNBN)
    numbered = replace(about, identifiers=(Identifier(IdentifierKind.URNNBN, value), *others))
    return replace(planned, volume=replace(planned.volume, description=numbered))
