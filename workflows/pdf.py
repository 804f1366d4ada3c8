"""The searchable PDF of a stored volume: pictures from its user copies, text from its ALTO, both compared on their way.

Everything is taken from a stored version whose manifest is the one that the journal knows (workflows.exchange.kept).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metadata.alto import from_alto
from metadata.description import Description, IdentifierKind, VolumeKind
from metadata.file import flush
from metadata.model import Division, PageRecord, Provenance, Volume, VolumeId
from metadata.ndk.layout import Use
from metadata.problem import Problem
from metadata.record import from_json
from metadata.text import PageText
from ocr.page_picture import Pixels, decode
from ocr.pdf_about import Bookmark, PdfAbout
from ocr.searchable import PdfFacts, PdfPage, write_pdf
from repository.bag import PROVENANCE
from repository.store import Store
from workflows.agents import KDR
from workflows.exchange import Kept, draft_beside, kept
from workflows.holdings import provenance

LONG_EDGE = 2000
"""Pixels of the longer side of a page's picture where nobody says: type of a book is easily read."""
_WHOLE = 1 << 20
"""A longer side than any picture has: decoded as it is."""
_CITED = (IdentifierKind.URNNBN, IdentifierKind.UUID, IdentifierKind.ISBN, IdentifierKind.ISSN, IdentifierKind.CCNB)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pages, by their orders from 1, and how large their pictures; `last` 0 is the last page."""

    first: int = 1
    last: int = 0
    long_edge: int = LONG_EDGE


@dataclass(frozen=True, slots=True)
class PdfMade:
    """A PDF as it was written: of which version, where, and of how much; `embargo` as in Exported.

    `unread` are the orders of pages that have no words in it, because their ALTO cannot be read.
    """

    object_id: VolumeId
    version: str
    path: Path
    facts: PdfFacts
    embargo: str
    unread: tuple[int, ...] = ()


def export_pdf(
    store: Store,
    object_id: VolumeId,
    target: Path,
    wanted: Wanted,
    *,
    version: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PdfMade:
    """Write `target`/<packageid>.pdf of a stored version, whole or not at all.

    `progress` is told pages done and pages wanted. Memory stays bounded whatever the number of pages.

    A page whose ALTO cannot be read (packages of strangers may have such) is a picture without words.

    Raises:
        Problem: as `workflows.exchange.export_psp`; S023 there are no such pages; S006 a file is not what was stored.
    """
    package = kept(store, object_id, version)
    told = provenance(store, object_id, package.version)
    records = _records(package)
    if told is None or not records:
        raise package.damaged()
    last = wanted.last or records[-1].page.order
    chosen = [record for record in records if wanted.first <= record.page.order <= last]
    if not chosen or last > records[-1].page.order:
        raise Problem("S023", object_id, pages=len(records))
    place = target / f"{package.name}.pdf"

    def count(done: int) -> None:
        if progress:
            progress(done, len(chosen))

    reading = _Reading(package)
    with draft_beside(place) as folder:
        pages = reading.pages(chosen, folder / "page.jp2")
        draft = folder / place.name
        facts = write_pdf(
            draft, pages, _about(told, chosen), long_edge=wanted.long_edge, decode=reading.decode, progress=count
        )
        if place.exists():
            raise Problem("S005", place)
        draft.replace(place)
        flush(place.parent)
    rights = told.volume.rights
    return PdfMade(object_id, package.version, place, facts, rights.embargo if rights else "", reading.unread)


def _records(package: Kept) -> list[PageRecord]:
    path = f"data/{PROVENANCE}/pages.jsonl"
    try:
        with package.store.primary.open(package.object_id, package.version, path) as stream:
            return [from_json(PageRecord, line) for line in stream]
    except (OSError, ValueError) as error:
        raise package.damaged() from error


@dataclass(slots=True)
class _Reading:
    """Pages on their way out of a package; `unread` are the orders of those whose ALTO cannot be read."""

    package: Kept
    unread: tuple[int, ...] = ()

    def pages(self, records: Sequence[PageRecord], image: Path) -> Iterator[PdfPage]:
        """Each page; its picture lies in the file `image` until the next is asked for."""
        for record in records:
            # Not by the object's identifier: packages of other systems have names of their own.
            with image.open("wb") as out:
                self.package.pour(_inside(self.package, f"{Use.USER.value}/{record.user.path}"), out)
            yield PdfPage(image, self._text(record, image), record.page.label, record.master_image.x_dpi)

    def decode(self, image: Path, long_edge: int) -> Pixels:
        """The picture of a user copy.

        Raises:
            Problem: S006, it is none: packages of strangers may be taken in unopened.
        """
        try:
            return decode(image, long_edge)
        except OSError as error:
            raise self.package.damaged() from error

    def _text(self, record: PageRecord, image: Path) -> PageText:
        content = self.package.read(_inside(self.package, f"{Use.ALTO.value}/{record.alto.path}"))
        try:
            text = from_alto(content)
        except ValueError:
            self.unread += (record.page.order,)
            text = PageText(0, 0, (), KDR)
        if min(text.width, text.height) > 0:
            return text
        # Words of a page without a size have no place on it.
        height, width = self.decode(image, _WHOLE).shape[:2]
        return replace(text, width=width, height=height, blocks=())


def _inside(package: Kept, path: str) -> str:
    """The path of a file as the package's list of digests names it.

    Raises:
        Problem: S006, it has no such file.
    """
    if path not in package.digests:
        raise package.damaged()
    return path


def _about(told: Provenance, records: Sequence[PageRecord]) -> PdfAbout:
    volume, about = told.volume, told.volume.description
    named = [about.identifier(kind) for kind in _CITED]
    uuid = f"urn:uuid:{volume.id}"
    return PdfAbout(
        title=full_title(volume),
        created=told.created or told.claimed,  # packages of strangers may not tell when they were made
        producer=f"{KDR.name} {KDR.version}",
        authors=about.authors,
        language=about.languages[0] if about.languages else "",
        publisher=about.publisher,
        date=about.year,
        identifiers=tuple(dict.fromkeys(each for each in (*named, uuid) if each)),
        subjects=_topics(about),
        outline=_outline(volume.divisions, {record.page.order: at for at, record in enumerate(records)}),
    )


def full_title(volume: Volume) -> str:
    """What a reader calls it: the title above it, number and name of the part, and an issue's date."""
    about = volume.description
    if volume.title is None:
        return f"{about.title}: {about.subtitle}" if about.subtitle else about.title
    date = f"({about.year})" if about.kind is VolumeKind.ISSUE and about.year else ""
    above = volume.title.description.title
    own = about.title if about.title != above else ""
    return " ".join(filter(None, (above, about.part_number, about.part_name or own, date)))


def _topics(about: Description) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for subject in about.subjects for text in subject.topics))


def _outline(divisions: Sequence[Division], places: dict[int, int]) -> tuple[Bookmark, ...]:
    """Bookmarks of what begins on the chosen pages; what began before them but goes on leads to the first of them."""
    made: list[Bookmark] = []
    for division in divisions:
        within = [places[order] for order in places if division.first <= order <= division.last]
        children = _outline(division.children, places)
        title = f"{division.part_number} {division.title}".strip()
        if not within or not title:
            made += children
            continue
        made.append(Bookmark(title, min(within), children))
    return tuple(made)
