"""What a person confirmed or corrected of a volume, kept as numbered files; and the volume as it stands by them.

Each correction is one file `corrections/0001.json` ... in the volume's folder: written whole, never changed, never
removed. Taking one back adds a file that says so. Pages are known by their identifier, which depends on nothing but
the volume and the scan, so a new plan or another page's rescan loses none of the work.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from metadata.description import Rights
from metadata.event import now
from metadata.file import flush, place_bytes
from metadata.model import BlockLink, Division, Page, PageId, Side, Source, Volume, Year
from metadata.page_types import page_types
from metadata.problem import Problem
from metadata.record import from_json, plain, to_json, to_pretty_json
from ocr.proposal import CONFIDENT, Masthead, Proposal, Proposed

FOLDER = "corrections"
_NAME = re.compile(r"[0-9]{4,}\.json")
_BLOCKS = "BLOCK_{:04d}_"
"""How the identifiers of a page's blocks begin (metadata.alto)."""
_UNREAD = Masthead("", "", "", "", 0.0)


class Part(StrEnum):
    """What of a volume is corrected: its pages' labels, types and sides, or its division into parts."""

    PAGES = "pages"
    STRUCTURE = "structure"


@dataclass(frozen=True, slots=True)
class CorrectedPage:
    """What a person says of one page. `scan` and `frame` are there for those who read the file."""

    id: PageId
    scan: str
    frame: int
    label: str
    type: str
    side: Side | None
    rights: Rights | None


@dataclass(frozen=True, slots=True)
class Outline:
    """The volume's divisions as a person wants them, and the pages that their page orders count from 1.

    `number` and `date` are those of an issue or a supplement; None says nothing of them, "" that there is none.
    """

    order: tuple[PageId, ...]
    divisions: tuple[Division, ...]
    number: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A text, empty where nobody knows it, and who says it."""

    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Head:
    """The number and the date of an issue or a supplement as they stand."""

    number: Told
    date: Told

    @property
    def proposed(self) -> int:
        """How many of the two kdr read in the masthead and nobody confirmed."""
        return sum(told.source is Source.PROPOSED for told in (self.number, self.date))


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction: `number` of its file from 1, who made it and when (ISO 8601).

    It says all of the pages it names, or the whole structure, or takes back the correction number `undoes`.
    """

    number: int
    who: str
    when: str
    pages: tuple[CorrectedPage, ...] = ()
    outline: Outline | None = None
    undoes: int = 0

    def says(self, part: Part) -> bool:
        """Whether it says anything of that part of the volume."""
        return bool(self.pages) if part is Part.PAGES else self.outline is not None


@dataclass(frozen=True, slots=True)
class Corrections:
    """All corrections of the volume whose folder in the batch is `folder`, in the order of their numbers."""

    folder: Path
    records: tuple[Correction, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Corrections:
        """The corrections of the volume in `folder`; none when nobody made any.

        Raises:
            Problem: V014, a file is damaged; nobody's work is passed over in silence.
        """
        places = sorted(path for path in (folder / FOLDER).glob("*.json") if _NAME.fullmatch(path.name))
        places.sort(key=lambda path: int(path.stem))
        return cls(folder, tuple(_read(path) for path in places))

    @property
    def standing(self) -> tuple[Correction, ...]:
        """Those that nobody took back, in order."""
        undone = {record.undoes for record in self.records}
        return tuple(record for record in self.records if not record.undoes and record.number not in undone)

    @property
    def pages(self) -> Mapping[PageId, CorrectedPage]:
        """What holds of each page: the last that was said of it."""
        return {page.id: page for record in self.standing for page in record.pages}

    @property
    def outline(self) -> Outline | None:
        """The structure that holds: the last one, or None."""
        return next(self._outlines, None)

    @property
    def number(self) -> str | None:
        """The issue's number: the last that was said of it; None when nothing was."""
        return next((own.number for own in self._outlines if own.number is not None), None)

    @property
    def date(self) -> str | None:
        """The issue's date, likewise."""
        return next((own.date for own in self._outlines if own.date is not None), None)

    @property
    def _outlines(self) -> Iterator[Outline]:
        return (record.outline for record in reversed(self.standing) if record.outline is not None)

    @property
    def digest(self) -> str:
        """SHA-512 of what holds, whoever said it and when; empty when nothing does. Part of a package's fingerprint."""
        pages, outline = sorted(self.pages.values(), key=lambda page: page.id), self.outline
        if outline is None:
            return hashlib.sha512(to_json([pages, None])).hexdigest() if pages else ""
        said = plain(replace(outline, number=self.number, date=self.date))
        # What is not said is left out: corrections from before these words existed keep their digest.
        told = {key: value for key, value in said.items() if value is not None}
        return hashlib.sha512(to_json([pages, told])).hexdigest()

    def apply(self, volume: Volume) -> Volume:
        """The volume as it was corrected; what nobody corrected stays, what was said of pages that are gone is left."""
        said, outline = self.pages, self.outline
        pages = tuple(_corrected(page, said[page.id]) if page.id in said else page for page in volume.pages)
        divisions = _placed(outline, pages) if outline is not None else volume.divisions
        corrected = replace(volume, pages=pages, divisions=divisions)
        head = head_of(volume, None, self)
        return headed(corrected, head) if head is not None else corrected

    def gone(self, volume: Volume) -> tuple[CorrectedPage, ...]:
        """The corrected pages that the volume does not have any more: their corrections wait, unused."""
        there = {page.id for page in volume.pages}
        return tuple(page for page in self.pages.values() if page.id not in there)

    def add(
        self, who: str, pages: Iterable[Page] = (), outline: Outline | None = None, *, undoes: int = 0
    ) -> Corrections:
        """Write down one correction and give back all of them with it.

        Raises:
            FileExistsError: somebody else added one since these were read; nothing was written.
            OSError: the disk refuses.
        """
        number = self.records[-1].number + 1 if self.records else 1
        record = Correction(number, who, now(), tuple(_said(page) for page in pages), outline, undoes)
        place = self.folder / FOLDER
        place.mkdir(parents=True, exist_ok=True)
        target = place / f"{number:04d}.json"
        draft = place / f".{uuid.uuid4().hex}"
        try:
            place_bytes(draft, to_pretty_json(record))
            # A link, unlike a renaming, never takes the place of a file that is there.
            os.link(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        flush(place)
        return replace(self, records=(*self.records, record))

    def undo(self, who: str, part: Part) -> Corrections:
        """Take back the last correction of that part that still holds.

        Raises:
            LookupError: there is none.
            FileExistsError: as in `add`.
        """
        last = next((record for record in reversed(self.standing) if record.says(part)), None)
        if last is None:
            raise LookupError(f"{self.folder.name}: nothing to take back")
        return self.add(who, undoes=last.number)


def current(volume: Volume, proposal: Proposal | None, corrections: Corrections) -> Volume:
    """The volume as it stands: corrections before what is given, and that before what is proposed.

    A proposal fills only what is not given: the pages whose source is PROPOSED, and the divisions when there are none.
    What its masthead says is not filled in: that is for `head_of` and `headed`.
    """
    return corrections.apply(_filled(volume, proposal) if proposal is not None else volume)


def head_of(volume: Volume, proposal: Proposal | None, corrections: Corrections) -> Head | None:
    """Number and date of the issue or supplement `volume`, as planned; None for what is no part of a periodical.

    Precedence as in `current`.
    """
    about = volume.description
    if not about.kind.periodical:
        return None
    read = proposal.masthead if proposal and proposal.masthead else _UNREAD
    number = _told(corrections.number, about.part_number, read.number)
    return Head(number, _told(corrections.date, about.year, read.date))


def headed(volume: Volume, head: Head) -> Volume:
    """The issue or supplement with its number and date."""
    about = replace(volume.description, part_number=head.number.text, year=head.date.text)
    return replace(volume, description=about)


def year_above(volume: Volume, masthead: Masthead | None) -> Year | None:
    """The year above the issue `volume`, its missing number or date taken from a masthead that is surely read.

    Its identifier stays, for all issues of the year share it and it was made of what is given (ingest.sidecar): so a
    year of which neither is given stays unnamed, lest one identifier name several years; and a masthead of another
    year than the given one is not believed.
    """
    year = volume.year
    if year is None or masthead is None or masthead.confidence < CONFIDENT:
        return year
    read = masthead.date[:4]
    if year.number and not year.date:
        return replace(year, date=read)
    if year.date and not year.number and read in ("", year.date):
        return replace(year, number=masthead.year_number)
    return year


def outline_of(volume: Volume, number: str | None = None, date: str | None = None) -> Outline:
    """The volume's structure as a correction keeps it, with what is said of an issue's number and date."""
    return Outline(tuple(page.id for page in volume.pages), volume.divisions, number, date)


def _read(path: Path) -> Correction:
    try:
        record = from_json(Correction, path.read_bytes())
    except (OSError, ValueError) as error:
        raise Problem("V014", path.parent.parent.name, why=f"{FOLDER}/{path.name}: {error}"[:300]) from error
    return replace(record, number=int(path.stem))


def _told(said: str | None, given: str, read: str) -> Told:
    if said is not None:
        return Told(said, Source.CONFIRMED)
    return Told(given or read, Source.PROPOSED if read and not given else Source.GIVEN)


def _filled(volume: Volume, proposal: Proposal) -> Volume:
    guesses = {guess.order: guess for guess in proposal.pages}
    types = page_types(volume.description.kind)
    pages = tuple(
        _guessed(page, guesses[page.order], types) if page.source is Source.PROPOSED and page.order in guesses else page
        for page in volume.pages
    )
    return replace(volume, pages=pages, divisions=volume.divisions or proposal.divisions)


def _guessed(page: Page, guess: Proposed, types: frozenset[str]) -> Page:
    # Not every kind of volume has every type of page.
    kind = guess.type.value if guess.type.value in types else page.type
    return replace(page, label=guess.label.value, type=kind, side=guess.side.value)


def _said(page: Page) -> CorrectedPage:
    return CorrectedPage(page.id, page.scan, page.frame, page.label, page.type, page.side, page.rights)


def _corrected(page: Page, said: CorrectedPage) -> Page:
    told = replace(page, label=said.label, type=said.type, side=said.side, rights=said.rights)
    return replace(told, source=Source.CONFIRMED)


def _placed(outline: Outline, pages: tuple[Page, ...]) -> tuple[Division, ...]:
    """The divisions by the orders that their pages have today."""
    today = {page.id: page.order for page in pages}
    orders = {order: today[own] for order, own in enumerate(outline.order, start=1) if own in today}
    return _moved(outline.divisions, orders)


def _moved(divisions: tuple[Division, ...], orders: Mapping[int, int]) -> tuple[Division, ...]:
    moved = []
    for division in divisions:
        left = [orders[order] for order in orders if division.first <= order <= division.last]
        if not left:
            continue
        blocks = tuple(_moved_link(link, orders[link.page]) for link in division.blocks if link.page in orders)
        children = _moved(division.children, orders)
        moved.append(
            replace(
                division, first=min(left), last=max(left), blocks=blocks, children=children, source=Source.CONFIRMED
            )
        )
    return tuple(moved)


def _moved_link(link: BlockLink, page: int) -> BlockLink:
    """The link on the page's order of today, which is a part of the identifiers that we give to blocks."""
    block = link.block
    if block.startswith(_BLOCKS.format(link.page)) and page != link.page:
        block = _BLOCKS.format(page) + block.removeprefix(_BLOCKS.format(link.page))
    return BlockLink(page, block, link.role)
