"""The URN:NBN of a volume: given, kept from an earlier run, or asked from the registrar; never two (ndk.md §9.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.delivery import PlannedVolume
from ingest.registrar import Registrar
from metadata.description import Identifier, IdentifierKind
from metadata.event import now
from metadata.file import place_bytes
from metadata.finding import Finding, finding
from metadata.model import VolumeId
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
    number are packaged without. `stored` tells the number that a volume bears in the repository, or nothing, `bearer`
    which other volume bears a number there. A registrar that does not answer is not asked again in this run.
    """

    batch: Path
    registrar: Registrar | None = None
    wait: bool = True
    stored: Callable[[PlannedVolume], str] = lambda _: ""
    bearer: Callable[[str, VolumeId], str] = lambda _number, _volume: ""
    _silent: list[Problem] = field(default_factory=list)
    _given: dict[str, VolumeId] = field(default_factory=dict)

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
        asked = "" if given or known else self._asked(planned)
        number = given or known or asked
        if number:
            self._refuse_borne(planned, number)
        if asked and self.registrar:
            place = volume_folder(self.batch, planned.volume.id)
            place.mkdir(parents=True, exist_ok=True)
            place_bytes(place / NUMBER, to_pretty_json(Assigned(asked, self.registrar.name, now())))
        return number

    def _asked(self, planned: PlannedVolume) -> str:
        if self.registrar is None:
            return ""
        if self._silent:
            raise self._silent[0]
        try:
            return self.registrar.number(planned.volume) or ""
        except Problem as problem:
            if problem.finding.code == "C011":
                self._silent.append(problem)
            raise

    def _refuse_borne(self, planned: PlannedVolume, number: str) -> None:
        own = planned.volume.id
        other = self._given.setdefault(number, own)
        borne = other if other != own else self.bearer(number, own)
        if borne:
            raise Problem("C014", planned.volume.folder, number=number, other=borne)

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
