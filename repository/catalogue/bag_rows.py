"""From one stored bag to rows: the volume with what stands above and inside it, its pages and its files."""

from __future__ import annotations

import json
import sqlite3

from metadata.model import PageRecord, Provenance
from metadata.ndk.layout import Use
from repository.bag import INFO, parse_info
from repository.catalogue.database import Row, put
from repository.catalogue.division_rows import write_divisions, write_names
from repository.catalogue.file_rows import write_files
from repository.catalogue.lemmas import forms
from repository.catalogue.page_rows import write_finding, write_page
from repository.catalogue.page_texts import Readers
from repository.catalogue.rights.access import Access
from repository.catalogue.stored_version import StoredVersion, Tally, value
from repository.catalogue.volume_rows import described, summed, traced, write_title

VOLUME = "data/provenance/volume.json"
PAGES = "data/provenance/pages.jsonl"


def describe(connection: sqlite3.Connection, source: StoredVersion, read: Readers) -> int:
    """Write all rows of one version as those of its object; the number of pages.

    Raises:
        OSError: a file of the bag cannot be read (but for ALTO: such a page is marked).
        ValueError: it is not what kdr writes, or it is of another object.
        sqlite3.IntegrityError: its pages or divisions bear identifiers that others have.
    """
    whence = value(Provenance, source.read(VOLUME))
    volume = whence.volume
    if volume.id != source.object_id:
        raise ValueError(f"{VOLUME}: {volume.id}")
    tally = Tally(source.package())
    for found in whence.findings:
        write_finding(connection, source, tally, found, None)
    records = [value(PageRecord, line) for line in source.lines(PAGES)]
    texts = read(source, [f"{tally.package}/{Use.ALTO.value}/{record.alto.path}" for record in records])
    for page in zip(records, texts, strict=True):
        write_page(connection, source, tally, page, volume)
    size = write_files(connection, source, tally)
    write_title(connection, whence)
    write_divisions(connection, volume, tally)
    write_names(connection, volume)
    spoken = forms(tally.spoken, volume.description.languages)
    if spoken:
        told = json.dumps(spoken, ensure_ascii=False, separators=(",", ":"))
        put(connection, "volume_words", {"volume": volume.id, "forms": told})
    put(connection, "volume", described(source, volume) | summed(source, tally, size) | traced(whence))
    return tally.pages


def stand_in(connection: sqlite3.Connection, source: StoredVersion) -> None:
    """Write a volume whose bag cannot be read: its title as bag-info.txt has it, or its identifier."""
    try:
        title = parse_info(source.read(INFO)).get("External-Description", "")
    except (OSError, ValueError):
        title = ""
    title = title or source.object_id
    # Its rights cannot be read either: nobody but staff.
    about: Row = {"title": title, "called": title, "languages": "[]", "access": Access.STAFF.value}
    put(connection, "volume", about | summed(source, Tally(), 0) | {"quality": "unreadable"})
