"""Organisation, Volume, Page and their identifiers; what is known of an image; the record of a finished page."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from metadata.event import Agent, Event
from metadata.file import FileRef
from metadata.finding import Finding
from metadata.geometry import Transform

VolumeId = NewType("VolumeId", str)
PageId = NewType("PageId", str)

_NAMESPACE = uuid.UUID("6b1f7b0e-6c1c-5a39-9d0e-4b8f5c2f8a10")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class IdentifierKind(StrEnum):
    """Identifier types of the NDK standard (ndk.md §2)."""

    UUID = "uuid"
    URNNBN = "urnnbn"
    ISBN = "isbn"
    ISSN = "issn"
    ISMN = "ismn"
    CCNB = "ccnb"


_SHAPES = {
    IdentifierKind.UUID: _UUID,
    IdentifierKind.URNNBN: re.compile(r"urn:nbn:cz:[a-z0-9]{2,6}-[a-z0-9]{6}"),
    IdentifierKind.ISBN: re.compile(r"(?:97[89]-?)?(?:\d-?){9}[\dX]"),
    IdentifierKind.ISSN: re.compile(r"\d{4}-\d{3}[\dX]"),
    IdentifierKind.ISMN: re.compile(r"(?:979-?0-?|M-?)(?:\d-?){8}\d"),
    IdentifierKind.CCNB: re.compile(r"cnb\d{9}"),
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier in the form its kind asks for.

    Raises:
        ValueError: the value has not that form.
    """

    kind: IdentifierKind
    value: str

    def __post_init__(self) -> None:
        if not _SHAPES[self.kind].fullmatch(self.value):
            raise ValueError(f"{self.value!r} is no {self.kind}")


@dataclass(frozen=True, slots=True)
class Organisation:
    """An institution: its library sigla (three letters, three digits: LIA001) and its name."""

    sigla: str
    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]{3}\d{3}", self.sigla):
            raise ValueError(f"{self.sigla!r} is no library sigla (like LIA001)")


class VolumeKind(StrEnum):
    """What a volume is; today one kind can be packaged, the single-volume monograph."""

    MONOGRAPH = "monograph"


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a volume before anyone reads it: from volume.toml, later from the catalogue.

    `languages` are ISO 639-2/T codes (`ces`), `script` a name of a script (`Fraktur`) or empty, `year` free text as
    printed.
    """

    title: str
    institution: Organisation
    kind: VolumeKind = VolumeKind.MONOGRAPH
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    year: str = ""
    publisher: str = ""
    place: str = ""
    languages: tuple[str, ...] = ()
    script: str = ""
    shelf_mark: str = ""
    scanner: str = ""
    identifiers: tuple[Identifier, ...] = ()

    def identifier(self, kind: IdentifierKind) -> str:
        """The value of the first identifier of `kind`, or an empty string."""
        return next((i.value for i in self.identifiers if i.kind is kind), "")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: physical order from 1, printed label, NDK page type, and the scan it comes from.

    `scan` is relative to the volume's folder; `frame` counts from 0 within a file of several images.
    """

    id: PageId
    order: int
    scan: str
    frame: int = 0
    label: str = ""
    type: str = "normalPage"

    @property
    def number(self) -> str:
        """The page's four digits in file names and METS identifiers."""
        return f"{self.order:04d}"


@dataclass(frozen=True, slots=True)
class Volume:
    """What a reader holds in one hand: ordered pages; becomes one package. `folder` is its name in the delivery."""

    id: VolumeId
    folder: str
    description: Description
    pages: tuple[Page, ...]


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
    transform: Transform
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
