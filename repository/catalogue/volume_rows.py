"""The row of a volume: what it is called, what stands above it, when it came out, who may see it, how well it was read.

Whatever a package of an older kdr does not say is null.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable

from metadata.description import Description, IdentifierKind, Rights
from metadata.model import Division, Provenance, Volume
from repository.catalogue.database import Row, put
from repository.catalogue.out.coordinates import boxed
from repository.catalogue.rights.access import stored
from repository.catalogue.stored_version import StoredVersion, Tally

# Bands of mean confidence, which is the chance that a word is right (ocr.calibration). Below the lower one a page is
# also told of as uncertain (ocr.confidence.findings); above the upper one a reader stumbles rarely.
GOOD, WEAK = 0.85, 0.55

_YEAR = r"(?P<year>\d{4})"
_MONTH, _DAY = r"(?P<month>0?[1-9]|1[0-2])", r"(?P<day>0?[1-9]|[12]\d|3[01])"
_DATES = tuple(
    re.compile(rf"(?<!\d){form}(?!\d)", re.ASCII)
    for form in (
        rf"{_YEAR}-{_MONTH}-{_DAY}",
        rf"{_DAY}\. ?(?:- ?\d+\. ?)?{_MONTH}\. ?{_YEAR}",
        rf"{_YEAR}-{_MONTH}",
        rf"{_MONTH}\. ?(?:- ?\d+\. ?)?{_YEAR}",
        _YEAR,
    )
)


def described(source: StoredVersion, volume: Volume) -> Row:
    """What the volume's description, its title and its year say."""
    about, above = volume.description, volume.title
    row: Row = {
        "title": about.title,
        "called": called(volume),
        "subtitle": about.subtitle or None,
        "part_number": about.part_number or None,
        "part_name": about.part_name or None,
        "authors": "; ".join(about.authors) or None,
        "contributors": _contributors(about) or None,
        "year": year_of(volume),
        "date": sort_date(volume) or None,
        "publisher": about.publisher or None,
        "place": about.place or None,
        "languages": json.dumps(about.languages),
        "script": about.script or None,
        "type": about.kind.value,
        "institution": about.institution.sigla,
        "owner": about.institution.name,
        "shelf_mark": about.shelf_mark or None,
        "scanner": about.scanner or None,
        "title_id": above.id if above else about.identifier(IdentifierKind.CCNB) or _title_id(source, about),
        "title_above": above.description.title if above else None,
        "year_id": volume.year.id if volume.year else None,
        "year_number": (volume.year.number if volume.year else "") or None,
        "contents": "\n".join(_headings(volume.divisions)) or None,
    }
    row.update((kind.value, about.identifier(kind) or None) for kind in IdentifierKind if kind.value != "uuid")
    row.update(_where(about))
    row.update(_allowed(volume.rights))
    return row


def summed(source: StoredVersion, tally: Tally, size: int) -> Row:
    """What its pages add up to; `size` is the weight of all its files in bytes.

    Where pages have rights of their own, headings that stand on them are not told with the volume.
    """
    mean = round(tally.trusted / tally.words, 4) if tally.words else None
    row: Row = {
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
        "own_rights": tally.own_rights,
    }
    if tally.own_rights:
        row["contents"] = None
    return row


def traced(whence: Provenance) -> Row:
    """Where the package comes from."""
    return {
        "folder": whence.volume.folder,
        "batch": whence.batch,
        "delivery": whence.delivery,
        "claimed": whence.claimed,
        "created": whence.created,
    }


def write_title(connection: sqlite3.Connection, whence: Provenance) -> None:
    """Write what the package says of the title above its volume; nothing where none stands above."""
    volume, above = whence.volume, whence.volume.title
    if above is None:
        return
    about = above.description
    row: Row = {
        "volume": volume.id,
        "title_id": above.id,
        "kind": "periodical" if volume.description.kind.periodical else "multivolume",
        "title": about.title,
        "subtitle": about.subtitle or None,
        "authors": "; ".join(about.authors) or None,
        "year": about.year or None,
        "publisher": about.publisher or None,
        "place": about.place or None,
        "issn": about.identifier(IdentifierKind.ISSN) or None,
        "ccnb": about.identifier(IdentifierKind.CCNB) or None,
        "created": whence.created,
    }
    put(connection, "title_in_package", row)


def called(volume: Volume) -> str:
    """A volume in a list of links: one of a title by it, its date and number, so that neighbours stand together."""
    about, above = volume.description, volume.title
    if above is None:
        return about.title
    number = "/".join(filter(None, (volume.year.number if volume.year else "", about.part_number)))
    dated = sort_date(volume) if about.kind.periodical else ""
    own = about.title if about.title != above.description.title else ""
    return ", ".join(filter(None, (above.description.title, dated, number, about.part_name, own)))


def sort_date(volume: Volume) -> str:
    """The day, month or year when the volume came out, in ISO 8601 as far as known; empty when nothing is.

    Read from its date as printed (of a range: its start), else from its year, else from the years of its record.
    """
    about = volume.description
    said = (about.year, volume.year.date if volume.year else "", about.date_start)
    return next(filter(None, map(iso_date, said)), "")


def iso_date(text: str) -> str:
    """The date that `text` begins with as ISO 8601: 1919-05-14, 14.05.1919, 14.-15.05.1919, 05.1919, [1919]; or empty.

    Source of the forms: fdmf/periodical_2.1, issue, dateIssued; the first four digits where it is none of them.
    """
    found = next(filter(None, (form.search(text) for form in _DATES)), None)
    if found is None:
        return ""
    parts = found.groupdict()
    return "-".join(parts[name].zfill(2) for name in ("year", "month", "day") if parts.get(name))


def year_of(volume: Volume) -> str | None:
    """The year of publication: of a periodical's issue that of its date, else as printed; nothing when not known."""
    if volume.description.kind.periodical:
        return sort_date(volume)[:4] or volume.description.year or None
    return volume.description.year or None


def quality(confidence: float | None, *, blank: bool = False) -> str:
    """The band of a page's or volume's text: good, fair, weak; none (no word was read) or blank (nothing to read)."""
    if blank or confidence is None or confidence < 0:
        return "blank" if blank else "none"
    return "good" if confidence >= GOOD else "fair" if confidence >= WEAK else "weak"


def _title_id(source: StoredVersion, about: Description) -> str:
    """One identifier for volumes described alike but for case and white space; a bare title is a title of its own."""
    known = (about.title, about.subtitle, "; ".join(about.authors), about.year, about.publisher, about.place)
    if not any(known[1:]):
        return source.object_id
    alike = "\n".join(" ".join(part.casefold().split()) for part in known)
    return hashlib.sha256(alike.encode()).hexdigest()[:16]


def _contributors(about: Description) -> str:
    """Everybody else with a part in the work."""
    return "; ".join(name.text for name in about.names if name.text not in about.authors)


def _headings(divisions: Iterable[Division]) -> list[str]:
    """The titles of the divisions in order, those inside others after theirs."""
    told: list[str] = []
    for division in divisions:
        heading = ": ".join(filter(None, (division.title, division.subtitle)))
        told += [heading] * bool(heading) + _headings(division.children)
    return told


def _where(about: Description) -> Row:
    told = about.cartography.coordinates
    box = boxed(told)
    row: Row = {"coordinates": told or None}
    if box:
        row |= {"west": box.west, "south": box.south, "east": box.east, "north": box.north}
    return row


def _allowed(rights: Rights | None) -> Row:
    access, embargo = stored(rights)
    if rights is None:
        return {"access": access}
    return {
        "access": access,
        "copyright": rights.copyright or None,
        "publication_status": rights.publication or None,
        "licence": rights.licence or None,
        "embargo": embargo or None,
        "holder": rights.holder or None,
    }
