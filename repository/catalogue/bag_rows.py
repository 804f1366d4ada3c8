"""From one stored bag to rows: the volume, its pages with their text, files, events and findings."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeVar

from metadata.alto import from_alto
from metadata.description import Description, IdentifierKind
from metadata.event import Event
from metadata.file import FileRef
from metadata.finding import Finding, Severity
from metadata.model import PageRecord, Provenance, VolumeId
from metadata.ndk import layout
from metadata.ndk.layout import Use
from metadata.ndk.package import placed
from metadata.record import from_json, to_json
from metadata.wording import Tongue
from repository.bag import INFO, parse_info
from repository.catalogue.database import Row, put
from repository.place import Place
from repository.verify import MANIFEST, TAG_MANIFEST, parse_manifest

_T = TypeVar("_T")

VOLUME = "data/provenance/volume.json"
PAGES = "data/provenance/pages.jsonl"

# Bands of mean confidence. Below the lower one real pages had a quarter and more of their letters wrong (see
# ocr.confidence.findings); above the upper one a reader stumbles rarely.
_GOOD, _WEAK = 0.8, 0.62
_NO_TEXT = {"unreadable": 300, "none": 200}
_MEDIA_TYPES = {
    ".xml": "text/xml",
    ".txt": "text/plain",
    ".md5": "text/plain",
    ".json": "application/json",
    ".jp2": "image/jp2",
}
_DOCUMENTS = ("mets", "info", "md5")


@dataclass(frozen=True, slots=True)
class Source:
    """One stored version, to be read from its place."""

    place: Place
    object_id: VolumeId
    version: str

    def read(self, path: str) -> bytes:
        """All of one file. Raises OSError as `open` does."""
        with self.place.open(self.object_id, self.version, path) as stream:
            return stream.read()

    def lines(self, path: str) -> Iterator[bytes]:
        """One file line by line. Raises OSError as `open` does."""
        with self.place.open(self.object_id, self.version, path) as stream:
            yield from stream

    def size(self, path: str) -> int:
        """Bytes of one file. Raises OSError as `open` does."""
        with self.place.open(self.object_id, self.version, path) as stream:
            return stream.seek(0, os.SEEK_END)

    def fingerprint(self) -> str:
        """SHA-512 of the tag manifest, which fixes every byte of the bag; empty when it cannot be read."""
        try:
            return hashlib.sha512(self.read(TAG_MANIFEST)).hexdigest()
        except OSError:
            return ""


@dataclass(slots=True)
class _Tally:
    """What the pages of a volume add up to; `files` maps paths in the bag to (page, description when there is one)."""

    pages: int = 0
    blank: int = 0
    words: int = 0
    trusted: float = 0.0
    worst: float | None = None
    to_check: int = 0
    warnings: int = 0
    events: int = 0
    findings: int = 0
    files: dict[str, tuple[str, FileRef | None]] = field(default_factory=dict)

    def add(self, page: Row, record: PageRecord) -> None:
        """Count one page in."""
        self.pages += 1
        self.blank += record.blank
        self.to_check += bool(page["attention"])
        if record.words and record.confidence >= 0:
            self.words += record.words
            self.trusted += record.words * record.confidence
            self.worst = min(record.confidence, 1.0 if self.worst is None else self.worst)


def describe(connection: sqlite3.Connection, source: Source) -> int:
    """Write all rows of one version as those of its object; the number of pages.

    Raises:
        OSError: a file of the bag cannot be read (but for ALTO: such a page is marked).
        ValueError: it is not what kdr writes, or it is of another object.
        sqlite3.IntegrityError: its pages bear identifiers that others have.
    """
    whence = _value(Provenance, source.read(VOLUME))
    if whence.volume.id != source.object_id:
        raise ValueError(f"{VOLUME}: {whence.volume.id}")
    tally = _Tally()
    for found in whence.findings:
        _finding(connection, source, tally, found, None)
    for line in source.lines(PAGES):
        _page(connection, source, tally, _value(PageRecord, line), whence.volume.description)
    size = _files(connection, source, tally)
    put(
        connection,
        "volume",
        _described(source, whence.volume.description) | _summed(source, tally, size) | _traced(whence),
    )
    return tally.pages


def stand_in(connection: sqlite3.Connection, source: Source) -> None:
    """Write a volume whose bag cannot be read: its title as bag-info.txt has it, or its identifier."""
    try:
        title = parse_info(source.read(INFO)).get("External-Description", "")
    except (OSError, ValueError):
        title = ""
    about: Row = {"title": title or source.object_id, "languages": "[]"}
    put(connection, "volume", about | _summed(source, _Tally(), 0) | {"quality": "unreadable"})


def quality(confidence: float | None, *, blank: bool = False) -> str:
    """The band of a page's or volume's text: good, fair, weak; none (no word was read) or blank (nothing to read)."""
    if blank or confidence is None or confidence < 0:
        return "blank" if blank else "none"
    return "good" if confidence >= _GOOD else "fair" if confidence >= _WEAK else "weak"


def _value(kind: type[_T], content: bytes) -> _T:
    """A value read back; whatever is wrong with its JSON is a ValueError."""
    try:
        return from_json(kind, content)
    except (AttributeError, TypeError, RecursionError) as error:  # cattrs, of a list or number in place of an object
        raise ValueError(f"not a {kind.__name__}: {error}") from error


def _described(source: Source, about: Description) -> Row:
    authors = "; ".join(about.authors)
    known = (about.title, about.subtitle, authors, about.year, about.publisher, about.place)
    row: Row = {
        "title": about.title,
        "subtitle": about.subtitle or None,
        "authors": authors or None,
        "year": about.year or None,
        "publisher": about.publisher or None,
        "place": about.place or None,
        "languages": json.dumps(about.languages),
        "script": about.script or None,
        "type": about.kind.value,
        "institution": about.institution.sigla,
        "owner": about.institution.name,
        "shelf_mark": about.shelf_mark or None,
        "scanner": about.scanner or None,
        "title_id": about.identifier(IdentifierKind.CCNB) or _title_id(source, known),
    }
    row.update((kind.value, about.identifier(kind) or None) for kind in IdentifierKind if kind.value != "uuid")
    return row


def _title_id(source: Source, known: tuple[str, ...]) -> str:
    """One identifier for volumes described alike but for case and white space; a bare title is a title of its own."""
    if not any(known[1:]):
        return source.object_id
    alike = "\n".join(" ".join(part.casefold().split()) for part in known)
    return hashlib.sha256(alike.encode()).hexdigest()[:16]


def _summed(source: Source, tally: _Tally, size: int) -> Row:
    mean = round(tally.trusted / tally.words, 4) if tally.words else None
    return {
        "uuid": source.object_id,
        "version": source.version,
        "versions": 1,
        "pages": tally.pages,
        "blank_pages": tally.blank,
        "words": tally.words,
        "confidence": mean,
        "worst_confidence": tally.worst,
        "quality": quality(mean),
        "pages_to_check": tally.to_check,
        "warnings": tally.warnings,
        "bytes": size,
    }


def _traced(whence: Provenance) -> Row:
    return {
        "folder": whence.volume.folder,
        "batch": whence.batch,
        "delivery": whence.delivery,
        "claimed": whence.claimed,
        "created": whence.created,
    }


def _page(
    connection: sqlite3.Connection, source: Source, tally: _Tally, record: PageRecord, about: Description
) -> None:
    """Write one page: its row, its text under the same rowid, its events and findings."""
    files = placed(source.object_id, record)
    package = f"data/{source.object_id}"
    where = {use: f"{package}/{ref.path}" for use, ref in files.items()}
    text = _text(source, where[Use.ALTO])
    row = _page_row(source, record, about, unread=text is None)
    rowid = put(connection, "page", row | {use.name.lower(): f"{source.version}/{p}" for use, p in where.items()})
    if text:
        put(connection, "page_text", {"rowid": rowid, "page": record.page.id, "text": text})
    for event in record.events:
        _event(connection, source, tally, event, record.page.id)
    for found in record.findings:
        _finding(connection, source, tally, found, record.page.id)
    tally.files |= {where[use]: (record.page.id, ref) for use, ref in files.items()}
    tally.files[f"{package}/{layout.path(source.object_id, Use.AMD, record.page.order)}"] = (record.page.id, None)
    tally.add(row, record)


def _page_row(source: Source, record: PageRecord, about: Description, *, unread: bool) -> Row:
    page, image, turn = record.page, record.master_image, record.transform
    band = "unreadable" if unread else quality(record.confidence, blank=record.blank)
    warnings = sum(found.severity is not Severity.INFO for found in record.findings)
    return {
        "uuid": page.id,
        "volume": source.object_id,
        "position": page.order,
        "label": page.label or None,
        "type": page.type,
        "institution": about.institution.sigla,
        "year": about.year or None,
        "quality": band,
        "confidence": record.confidence if record.words and record.confidence >= 0 else None,
        "words": record.words,
        "blank": record.blank,
        "warnings": warnings,
        "attention": _attention(band, record.confidence, warnings),
        "width": image.width,
        "height": image.height,
        "x_dpi": round(image.x_dpi, 2) or None,
        "y_dpi": round(image.y_dpi, 2) or None,
        "turned": round(math.degrees(math.atan2(turn.d, turn.a)), 2) + 0.0,
        "scan": page.scan,
    }


def _attention(band: str, confidence: float, warnings: int) -> int:
    """How much a page asks to be looked at: 0 not at all; 300 and more its text cannot be read."""
    weak = 100 + round(100 * (1 - confidence)) if band == "weak" else 0
    return _NO_TEXT.get(band, weak) + min(warnings, 99)


def _text(source: Source, path: str) -> str | None:
    """The page's words for searching; nothing when its ALTO is missing or is none."""
    try:
        return from_alto(source.read(path)).joined()
    except (OSError, ValueError):
        return None


def _event(connection: sqlite3.Connection, source: Source, tally: _Tally, event: Event, page: str) -> None:
    tally.events += 1
    row: Row = {
        "volume": source.object_id,
        "number": tally.events,
        "page": page,
        "kind": event.kind,
        "detail": event.detail,
        "time": event.when,
        "outcome": event.outcome,
        "agent": event.agent.name,
        "agent_version": event.agent.version or None,
        "agent_note": event.agent.note or None,
        "note": event.note or None,
        "subject": event.subject or None,
    }
    put(connection, "event", row)


def _finding(connection: sqlite3.Connection, source: Source, tally: _Tally, found: Finding, page: str | None) -> None:
    tally.findings += 1
    tally.warnings += found.severity is not Severity.INFO
    row: Row = {
        "volume": source.object_id,
        "number": tally.findings,
        "page": page,
        "code": found.code,
        "severity": found.severity.value,
        "subject": found.subject,
        "text_cs": _sentence(found, Tongue.CS),
        "text_en": _sentence(found, Tongue.EN),
    }
    put(connection, "finding", row)


def _sentence(found: Finding, tongue: Tongue) -> str:
    """The finding in words; its bare facts when today's sentence asks for others than an older kdr wrote down."""
    try:
        return found.text(tongue)
    except (LookupError, ValueError):
        return f"{found.code} {found.subject} {to_json(found.facts).decode()}"


def _files(connection: sqlite3.Connection, source: Source, tally: _Tally) -> int:
    """Write a row for every file of the bag, tag files included; what they weigh together."""
    payload, tags = source.read(MANIFEST), source.read(TAG_MANIFEST)
    digests = parse_manifest(payload) | parse_manifest(tags) | {TAG_MANIFEST: source.fingerprint()}
    md5 = _md5_list(source) if f"data/{source.object_id}/{layout.md5_name(source.object_id)}" in digests else {}
    total = 0
    for path, sha512 in digests.items():
        page, ref = tally.files.get(path, (None, None))
        size = source.size(path) if ref is None else ref.size
        row: Row = {
            "volume": source.object_id,
            "path": f"{source.version}/{path}",
            "use": _use(path),
            "page": page,
            "size": size,
            "media_type": (ref.media_type if ref else "") or _MEDIA_TYPES.get(PurePosixPath(path).suffix),
            "sha512": sha512,
            "md5": (ref.md5 if ref else "") or md5.get(path),
        }
        put(connection, "file", row)
        total += size
    return total


def _md5_list(source: Source) -> dict[str, str]:
    """Path in the bag -> MD5, of the package's own list (metadata.ndk.info.md5_list)."""
    package = f"data/{source.object_id}"
    lines = source.read(f"{package}/{layout.md5_name(source.object_id)}").decode("ascii").splitlines()
    pairs = (line.partition(" ") for line in lines)
    return {f"{package}{path}": digest for digest, _, path in pairs}


def _use(path: str) -> str:
    """What a file of the bag is for; the uses of pages' files are named as in `Use`."""
    top, _, rest = path.partition("/")
    if top != "data":
        return "bag"
    folder, _, name = rest.partition("/")
    if folder == "provenance":
        return "sidecar" if name.startswith("sidecars/") else "provenance"
    uses = {use.value: use.name.lower() for use in Use} | {document: document for document in _DOCUMENTS}
    return uses.get(name.partition("/")[0] if "/" in name else name.partition("_")[0], "other")
