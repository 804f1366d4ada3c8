"""Every volume of every batch, found by what people call it, how it stands now, and how a person changes that."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metadata.bad_list import BadList
from metadata.model import Division, Page, Source, Volume, Year
from metadata.ndk.levels import parts
from metadata.outline import plain_outline, read_structure, write_outline
from metadata.pagelist import applied, cells_of, read_pages, write_csv
from ocr.proposal import CONFIDENT, Proposal
from workflows.batch import State, VolumeEnd, plans, read_end
from workflows.corrections import Corrections, Head, Outline, Part, Told, current, head_of, outline_of, year_above
from workflows.settings import Home
from workflows.shaping import read_proposal
from workflows.task import volume_folder

SHORTEST = 4
"""So many characters of an identifier must be given at least."""


@dataclass(frozen=True, slots=True)
class KnownVolume:
    """A volume as its batch planned it, the folder in which it is made, and how it ended, if it has.

    `proposing` says whether the settings want proposals at all.
    """

    batch: str
    folder: Path
    planned: Volume
    end: VolumeEnd | None
    proposing: bool

    @property
    def name(self) -> str:
        """What it is called among all volumes: batch and folder of the delivery."""
        return f"{self.batch}/{self.planned.folder}"

    @property
    def begun(self) -> bool:
        """Whether its batch worked on it, and did not just find it stored or wanting."""
        return any(path.is_dir() for path in self.folder.glob("*"))

    def proposal(self) -> Proposal | None:
        """What was proposed for it; None when nothing was, or nothing is wanted."""
        return read_proposal(self.folder) if self.proposing else None

    def corrections(self) -> Corrections:
        """What people corrected.

        Raises:
            Problem: V014, a correction is damaged.
        """
        return Corrections.read(self.folder)

    def current(self) -> Volume:
        """The volume as it stands: corrected, given, proposed.

        Raises:
            Problem: as in `corrections`.
        """
        return current(self.planned, self.proposal(), self.corrections())

    def head(self) -> Head | None:
        """An issue's or supplement's number and date; None for what is no part of a periodical.

        Raises:
            Problem: as in `corrections`.
        """
        if not self.planned.description.kind.periodical:
            return None
        return head_of(self.planned, self.proposal(), self.corrections())

    def head_unsure(self) -> bool:
        """Whether what the masthead says should be looked at."""
        proposal = self.proposal()
        return bool(proposal and proposal.masthead and proposal.masthead.confidence < CONFIDENT)

    def year_above(self) -> tuple[Year | None, Source]:
        """The year above an issue as its package will have it, and whether any of it is proposed."""
        proposal = self.proposal()
        year = year_above(self.planned, proposal.masthead if proposal else None)
        return year, Source.GIVEN if year == self.planned.year else Source.PROPOSED


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written down as a correction: of some pages, or of the whole structure."""

    pages: tuple[Page, ...] = ()
    outline: Outline | None = None


def known_volumes(home: Home) -> tuple[KnownVolume, ...]:
    """The volumes of all batches, as the batches were claimed and in the order of the delivery."""
    found = []
    for folder, batch in plans(home):
        for planned in batch.volumes:
            volume = planned.volume
            place, end = volume_folder(folder, volume.id), read_end(folder, volume.id)
            found.append(KnownVolume(folder.name, place, volume, end, home.settings.structure.propose))
    return tuple(found)


def called(known: tuple[KnownVolume, ...], name: str) -> tuple[KnownVolume, ...]:
    """Those of `known` that are meant by `name`.

    That is BATCH/folder, else an identifier, else a folder, else the beginning of an identifier; the first of these
    that anything is called. A volume that was delivered several times is meant as the last batch has it that worked on
    it: a correction of it is handed on to the next.
    """
    text = unicodedata.normalize("NFC", name.strip()).rstrip("/")
    own = text.lower().removeprefix("uuid:")
    whole = tuple(each for each in known if each.name == text)
    by_id = tuple(each for each in known if each.planned.id == own)
    by_folder = tuple(each for each in known if each.planned.folder == text)
    by_start = tuple(each for each in known if len(own) >= SHORTEST and each.planned.id.startswith(own))
    return whole or _last(by_id or by_folder or by_start)


def _last(found: tuple[KnownVolume, ...]) -> tuple[KnownVolume, ...]:
    """Each volume of `found` once."""
    by_id = {each.planned.id: each for each in sorted(found, key=lambda each: each.begun)}
    return tuple(by_id.values())


def every(divisions: tuple[Division, ...]) -> list[Division]:
    """All of them and all inside them, in the order of reading."""
    return [each for division in divisions for each in (division, *every(division.children))]


def proposed_change(part: Part, volume: Volume, head: Head | None = None) -> Change | None:
    """What confirms the proposal as it stands in `volume` and `head`; None when that part has nothing proposed."""
    if part is Part.PAGES:
        pages = tuple(page for page in volume.pages if page.source is Source.PROPOSED)
        return Change(pages) if pages else None
    number, date = (_proposed(head.number), _proposed(head.date)) if head else (None, None)
    proposed = any(each.source is Source.PROPOSED for each in every(volume.divisions))
    if not proposed and number is None and date is None:
        return None
    return Change(outline=outline_of(volume, number, date))


def change_by(part: Part, volume: Volume, content: bytes, name: str, head: Head | None = None) -> Change:
    """What the file `name` says of the volume; pages that it does not mention are not part of the change.

    A number or date that it repeats as given (`head`) is no part of it either: what is given may still change.

    Raises:
        BadList: it cannot be used.
    """
    kind = volume.description.kind
    if part is Part.PAGES:
        changed = applied(volume.pages, read_pages(content, name), kind, Source.CONFIRMED)
        return Change(tuple(new for old, new in zip(volume.pages, changed, strict=True) if new is not old))
    said = read_structure(content, name, volume.pages, volume.id, kind=kind, source=Source.CONFIRMED)
    divided = replace(volume, divisions=said.divisions)
    try:
        parts(divided)
    except ValueError as error:
        raise BadList(name, 0, "standard", why=str(error)) from None
    number, date = (_news(said.number, head.number), _news(said.date, head.date)) if head else (None, None)
    return Change(outline=outline_of(divided, number, date))


def draft_of(part: Part, volume: Volume, head: Head | None = None) -> bytes:
    """The file in which a person edits that part of the volume: CSV or TOML."""
    if part is Part.PAGES:
        return write_csv(volume.pages)
    number, date = (head.number.text, head.date.text) if head else (None, None)
    return write_outline(volume.divisions, volume.pages, number=number, date=date)


def plain_of(part: Part, known: KnownVolume) -> dict[str, Any]:
    """That part of the volume for programs; `change_by` reads it too."""
    volume, proposal = known.current(), known.proposal()
    whole: dict[str, Any] = {"batch": known.batch, "volume": volume.id, "folder": volume.folder}
    if part is Part.PAGES:
        return whole | {"pages": [cells_of(page) | {"id": page.id, "source": page.source} for page in volume.pages]}
    source = volume.divisions[0].source if volume.divisions else ""
    unplaced = list(proposal.unplaced) if proposal else []
    whole |= _plain_head(known.head())
    return whole | {"source": source, "unplaced": unplaced, "part": plain_outline(volume.divisions, volume.pages)}


def _plain_head(head: Head | None) -> dict[str, str]:
    told = {"number": head.number, "date": head.date} if head else {}
    known = {name: each for name, each in told.items() if each.text or each.source is Source.CONFIRMED}
    return {name: each.text for name, each in known.items()} | {
        f"{name}_source": each.source.value for name, each in known.items()
    }


def _proposed(told: Told) -> str | None:
    return told.text if told.source is Source.PROPOSED else None


def _news(said: str | None, known: Told) -> str | None:
    return None if known.source is Source.GIVEN and said == known.text else said


def counted(known: KnownVolume) -> dict[str, Any]:
    """How the volume stands in numbers, for a list of volumes."""
    volume, head = known.current(), known.head()
    divisions = every(volume.divisions)
    return {
        "batch": known.batch,
        "volume": volume.folder,
        "object": volume.id,
        "title": volume.description.title,
        "state": known.end.state if known.end else State.WORKING,
        "pages": len(volume.pages),
        "proposed_pages": sum(page.source is Source.PROPOSED for page in volume.pages),
        "divisions": len(divisions),
        "proposed_divisions": sum(division.source is Source.PROPOSED for division in divisions),
        "proposed_head": head.proposed if head else 0,
    }
