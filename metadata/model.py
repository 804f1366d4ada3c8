"""Volume, Page, Division and their identifiers; what is known of an image; the record of a finished page."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

from metadata.description import Description, Name, Rights, VolumeKind
from metadata.event import Agent, Event
from metadata.file import FileRef
from metadata.finding import Finding
from metadata.geometry import Box, Chain
from metadata.record import reads_also

VolumeId = NewType("VolumeId", str)
PageId = NewType("PageId", str)

_NAMESPACE = uuid.UUID("6b1f7b0e-6c1c-5a39-9d0e-4b8f5c2f8a10")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Source(StrEnum):
    """Who says it: the delivery, kdr itself by reading (a proposal), or a person who confirmed or corrected that."""

    GIVEN = "given"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"


class Side(StrEnum):
    """On which side of the opened volume a page lies (the note of a page's MODS; ndk.md §2)."""

    LEFT = "left"
    RIGHT = "right"
    SINGLE = "singlePage"


@dataclass(frozen=True, slots=True)
class Part:
    """Where in its scan a page lies: the image of the file, from 0, and a box of it in upright pixels, or all of it."""

    image: int
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page: physical order from 1, printed label, NDK page type, and the scan it comes from.

    `scan` is relative to the volume's folder; `frame` counts from 0 the pages of one file: the images of a TIFF, or the
    halves of an opened book, which have a `part`. `source` says who gave label, type and side; `rights` are the page's
    own where they differ from the volume's.
    """

    id: PageId
    order: int
    scan: str
    frame: int = 0
    label: str = ""
    type: str = "normalPage"
    side: Side | None = None
    source: Source = Source.GIVEN
    rights: Rights | None = None
    part: Part | None = None

    @property
    def number(self) -> str:
        """The page's four digits in file names and METS identifiers."""
        return f"{self.order:04d}"

    @property
    def image(self) -> int:
        """Which image of the scan's file the page lies on, from 0."""
        return self.part.image if self.part else self.frame


class DivisionKind(StrEnum):
    """A part inside a volume or issue that has a description of its own (ndk.md §2, logical map)."""

    CHAPTER = "chapter"
    ARTICLE = "article"
    PICTURE = "picture"
    SUPPLEMENT = "supplement"


@dataclass(frozen=True, slots=True)
class BlockLink:
    """A text block that belongs to a division: the order of its page, its ALTO identifier, its part in the division.

    `role` is TITLE, SUBTITLE, AUTHOR, NORMAL_TEXT, CAPTION, IMAGE, NOTE ... (ndk.md §2).
    """

    page: int
    block: str
    role: str = "NORMAL_TEXT"


@dataclass(frozen=True, slots=True)
class Division:
    """A chapter, article, picture or supplement inside a volume: from page `first` to page `last` (orders from 1).

    `id` is a UUID; `genre` the type of its MODS genre (table_of_content, news, photograph ...) or empty.
    """

    id: str
    kind: DivisionKind
    first: int
    last: int
    title: str = ""
    subtitle: str = ""
    part_number: str = ""
    names: tuple[Name, ...] = ()
    languages: tuple[str, ...] = ()
    genre: str = ""
    blocks: tuple[BlockLink, ...] = ()
    children: tuple[Division, ...] = ()
    source: Source = Source.GIVEN


@dataclass(frozen=True, slots=True)
class Title:
    """What stands above a volume or issue: the work in several volumes, or the periodical; the same in all packages."""

    id: VolumeId
    description: Description


@dataclass(frozen=True, slots=True)
class Year:
    """A volume of a periodical (ročník): its number and date, as printed; the same in all packages of its issues."""

    id: VolumeId
    number: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """What a reader holds in one hand: ordered pages; becomes one package. `folder` is its name in the delivery.

    A monograph in several volumes has a `title`; an issue or a supplement of a periodical has a `title` and a `year`.
    """

    id: VolumeId
    folder: str
    description: Description
    pages: tuple[Page, ...]
    title: Title | None = None
    year: Year | None = None
    divisions: tuple[Division, ...] = ()
    rights: Rights | None = None

    def __post_init__(self) -> None:
        periodical = self.description.kind.periodical
        titled = periodical or self.description.kind is VolumeKind.MONOGRAPH_VOLUME
        if (self.title is None) == titled or (self.year is None) == periodical:
            raise ValueError(f"volume {self.folder}: a {self.description.kind} with the wrong titles above it")


def new_division_id(volume: VolumeId, place: str) -> str:
    """The identifier of a division within `volume`, stable for the same `place` in it (kind, pages, title)."""
    return str(uuid.uuid5(_NAMESPACE, f"division {volume} {place}"))


def volume_id(text: str) -> VolumeId:
    """Accept a volume's identifier (a lower-case UUID).

    Raises:
        ValueError: it is none.
    """
    if not _UUID.fullmatch(text):
        raise ValueError(f"{text!r} is no identifier of a volume")
    return VolumeId(text)


def new_volume_id(content: str) -> VolumeId:
    """The identifier of a volume that brings none of its own: the same content always gets the same one."""
    return VolumeId(str(uuid.uuid5(_NAMESPACE, f"volume {content}")))


def new_title_id(names: str) -> VolumeId:
    """The identifier of a title or of a periodical's year: the same `names` (its ISSN, say) always get the same one."""
    return VolumeId(str(uuid.uuid5(_NAMESPACE, f"title {names}")))


def new_page_id(volume: VolumeId, content: str) -> PageId:
    """The identifier of a page within `volume`, stable for the same `content`."""
    return PageId(str(uuid.uuid5(_NAMESPACE, f"page {volume} {content}")))


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is technically known of one image (for MIX 2.0 and PREMIS).

    Sizes in pixels, `x_dpi` and `y_dpi` in pixels per inch (0 when the file does not say), `bits` per sample, `samples`
    per pixel, `colour` one of "BlackIsZero", "WhiteIsZero", "RGB", "sRGB", "CMYK", "greyscale". `captured` is ISO 8601
    or empty; `icc` the profile's description or empty; `puid` the PRONOM identifier or empty.
    """

    format: str
    format_version: str
    puid: str
    width: int
    height: int
    samples: int
    bits: int
    colour: str
    x_dpi: float = 0.0
    y_dpi: float = 0.0
    compression: str = "Uncompressed"
    byte_order: str = "big endian"
    icc: str = ""
    orientation: int = 1
    captured: str = ""
    make: str = ""
    model: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True)
class PageRecord:
    """All that a finished page hands to its book: METS is one pure function of these.

    Files are relative to the page's folder, named as in the package (`mc_<uuid>_0001.jp2` ...). `transform` maps scan
    pixels to master pixels. `confidence` is the mean over words (0..1), -1 when there are none. `blank` says that the
    page carries no ink.
    """

    page: Page
    scan: FileRef
    scan_image: ImageFacts
    master: FileRef
    master_image: ImageFacts
    user: FileRef
    user_image: ImageFacts
    alto: FileRef
    txt: FileRef
    transform: Chain
    events: tuple[Event, ...]
    words: int
    confidence: float
    blank: bool = False
    findings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class VolumeRecord:
    """A finished book: its description, its pages in order, who made the package, and when (ISO 8601)."""

    volume: Volume
    pages: tuple[PageRecord, ...]
    maker: Agent
    created: str

    def __post_init__(self) -> None:
        if [record.page for record in self.pages] != list(self.volume.pages):
            raise ValueError(f"volume {self.volume.id}: pages in are not pages out")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a package comes from, kept in it as provenance/volume.json: the volume, its batch, delivery and findings.

    `claimed` and `created` are ISO 8601: when the delivery was taken, and when the package was made.
    """

    volume: Volume
    batch: str
    delivery: str
    claimed: str
    created: str
    maker: Agent
    findings: tuple[Finding, ...]


def _today(record: dict[str, Any]) -> dict[str, Any]:
    # kdr 0.1.0 knew one transform only.
    way = record.get("transform", {})
    return record if "links" in way else record | {"transform": {"links": [way]}}


reads_also(PageRecord, _today)
