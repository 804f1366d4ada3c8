"""Small NDK packages with provenance, stored as workflows.volume makes them, for tests of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metadata.alto import to_alto
from metadata.file import Digests, FileRef, Reader
from metadata.finding import Finding
from metadata.model import (
    Description,
    Page,
    PageRecord,
    Provenance,
    Volume,
    VolumeId,
    VolumeRecord,
    new_page_id,
    new_volume_id,
)
from metadata.ndk import layout
from metadata.ndk.layout import Use
from metadata.ndk.package import placed, psp_documents
from metadata.record import to_json, to_pretty_json
from metadata.text import PageText
from repository.bag import write_bag
from tests.page_records import CREATED, KDR, description, page_record
from tests.page_texts import page_of


@dataclass(frozen=True, slots=True)
class BookPage:
    """What the tests say of a page: the words read on it, how surely, its type and findings."""

    text: PageText
    confidence: float = 0.9
    kind: str = "normalPage"
    blank: bool = False
    findings: tuple[Finding, ...] = ()
    alto: bytes | None = None


def volume_named(name: str) -> VolumeId:
    """The identifier of the volume whose content is `name`."""
    return new_volume_id(name)


def book(folder: Path, name: str, pages: Sequence[BookPage | str], about: Description | None = None) -> VolumeId:
    """Make the bag of the volume `name` in the new folder `folder`; a page given as text has nothing special."""
    volume = volume_named(name)
    told = [page if isinstance(page, BookPage) else BookPage(page_of(page)) for page in pages]
    records: list[PageRecord] = []
    contents: dict[str, bytes] = {}
    for order, page in enumerate(told, start=1):
        record, files = _page(volume, order, page)
        records.append(record)
        contents |= files
    described = Volume(volume, name, about or description(), tuple(record.page for record in records))
    bag_of(folder, VolumeRecord(described, tuple(records), KDR, CREATED), contents)
    return volume


def bag_of(folder: Path, record: VolumeRecord, contents: dict[str, bytes], findings: tuple[Finding, ...] = ()) -> None:
    """Write a bag: `contents` are the pages' files by their path in the package."""
    volume = record.volume
    whence = Provenance(volume, "2026-11-22-01", "dodavka", CREATED, record.created, record.maker, findings)
    documents = {f"data/{volume.id}/{path}": content for path, content in (contents | psp_documents(record)).items()}
    documents |= {
        "data/provenance/volume.json": to_pretty_json(whence),
        "data/provenance/pages.jsonl": b"".join(to_json(page) + b"\n" for page in record.pages),
        "data/provenance/steps.jsonl": b"",
        "data/provenance/premis.xml": b"<premis/>",
        "data/provenance/sidecars/volume.toml": b"title = 'x'\n",
    }
    payload: dict[str, FileRef | Digests] = {}
    for path, content in documents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        payload[path] = _digests(content)
    info = {"External-Identifier": volume.id, "External-Description": volume.description.title}
    write_bag(folder, payload, info, durable=False)


def _page(volume: VolumeId, order: int, told: BookPage) -> tuple[PageRecord, dict[str, bytes]]:
    scan = f"{order:03d}.tif"
    record = page_record(Page(new_page_id(volume, scan), order, scan, label=str(order), type=told.kind), volume)
    words = sum(1 for _ in told.text.words())
    alto = to_alto(told.text, image_name="mc.jp2", when=CREATED, order=order) if told.alto is None else told.alto
    files = {
        Use.MASTER: f"master of {record.page.id}".encode() * 3,
        Use.USER: f"user copy of {record.page.id}".encode(),
        Use.ALTO: alto,
        Use.TXT: told.text.plain().encode(),
    }
    refs = {use: _ref(layout.name(volume, use, order), files[use], use) for use in files}
    record = replace(
        record,
        master=refs[Use.MASTER],
        user=refs[Use.USER],
        alto=refs[Use.ALTO],
        txt=refs[Use.TXT],
        words=words,
        confidence=told.confidence if words else -1.0,
        blank=told.blank,
        findings=told.findings,
    )
    return record, {placed(volume, record)[use].path: files[use] for use in files}


def _ref(name: str, content: bytes, use: Use) -> FileRef:
    digests = _digests(content)
    return FileRef(name, digests.size, digests.sha512, digests.md5, layout.GROUPS[use].media_type)


def _digests(content: bytes) -> Digests:
    reader = Reader()
    reader.take(content)
    return reader.digests()
