"""The rows of a finished page: itself, its text, its events and findings."""

from __future__ import annotations

import sqlite3
from pathlib import PurePosixPath

from metadata.description import Rights
from metadata.event import Event
from metadata.finding import Finding, Severity
from metadata.model import PageRecord, Volume
from metadata.ndk.layout import Use
from metadata.record import to_json
from metadata.wording import Tongue
from repository.catalogue.database import Row, put
from repository.catalogue.page_texts import Said
from repository.catalogue.rights.access import stored, within
from repository.catalogue.stored_version import StoredVersion, Tally
from repository.catalogue.volume_rows import quality, year_of

_NO_TEXT = {"unreadable": 300, "none": 200}


def write_page(
    connection: sqlite3.Connection,
    source: StoredVersion,
    tally: Tally,
    page: tuple[PageRecord, Said | None],
    volume: Volume,
) -> None:
    """Write one page and what it says (nothing: unreadable): its row, its text under its rowid, events, findings.

    Raises:
        sqlite3.IntegrityError: another page bears its identifier.
    """
    record, said = page
    package = tally.package
    files = {Use.MASTER: record.master, Use.USER: record.user, Use.ALTO: record.alto, Use.TXT: record.txt}
    where = {use: f"{package}/{use.value}/{ref.path}" for use, ref in files.items()}
    row = _row(record, volume, unread=said is None)
    rowid = put(connection, "page", row | {use.name.lower(): f"{source.version}/{p}" for use, p in where.items()})
    if said and said.text:
        put(connection, "page_text", {"rowid": rowid, "page": record.page.id, "text": said.text})
        tally.spoken.update(said.words)
    for event in record.events:
        _event(connection, source, tally, event, record.page.id)
    for found in record.findings:
        write_finding(connection, source, tally, found, record.page.id)
    tally.files |= {where[use]: (record.page.id, ref) for use, ref in files.items()}
    number = PurePosixPath(record.master.path).stem.rpartition("_")[2]
    technical = f"{Use.AMD.value}/amd_mets_{PurePosixPath(package).name}_{number}.xml"
    tally.files[f"{package}/{technical}"] = (record.page.id, None)
    tally.add(row, record)
    tally.own_rights += (row["access"], row["embargo"] or "") != stored(volume.rights)


def write_finding(
    connection: sqlite3.Connection, source: StoredVersion, tally: Tally, found: Finding, page: str | None
) -> None:
    """Write one finding of the volume, or of its page `page`."""
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


def _row(record: PageRecord, volume: Volume, *, unread: bool) -> Row:
    page, image = record.page, record.master_image
    band = "unreadable" if unread else quality(record.confidence, blank=record.blank)
    warnings = sum(found.severity is not Severity.INFO for found in record.findings)
    # As in the package: rights of its own stand in place of the volume's, they do not add to them.
    rights = page.rights or volume.rights or Rights(copyright="")
    access, embargo = within(volume.rights, page.rights)
    return {
        "uuid": page.id,
        "volume": volume.id,
        "position": page.order,
        "label": page.label or None,
        "type": page.type,
        "side": page.side.value if page.side else None,
        "source": page.source.value,
        "copyright": rights.copyright or None,
        "licence": rights.licence or None,
        "embargo": embargo or None,
        "access": access,
        "institution": volume.description.institution.sigla,
        "year": year_of(volume),
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
        "turned": round(record.transform.angle(record.scan_image.width, record.scan_image.height), 2) + 0.0,
        "scan": page.scan,
    }


def _attention(band: str, confidence: float, warnings: int) -> int:
    """How much a page asks to be looked at: 0 not at all; 300 and more its text cannot be read."""
    weak = 100 + round(100 * (1 - confidence)) if band == "weak" else 0
    return _NO_TEXT.get(band, weak) + min(warnings, 99)


def _event(connection: sqlite3.Connection, source: StoredVersion, tally: Tally, event: Event, page: str) -> None:
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


def _sentence(found: Finding, tongue: Tongue) -> str:
    """The finding in words; its bare facts when today's sentence asks for others than an older kdr wrote down."""
    try:
        return found.text(tongue)
    except (LookupError, ValueError):
        return f"{found.code} {found.subject} {to_json(found.facts).decode()}"
