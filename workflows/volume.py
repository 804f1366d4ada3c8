"""One book: its finished pages become a package, once, and only when every page is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.delivery import PlannedVolume
from metadata.event import now
from metadata.file import Digests, FileRef, Reader, describe
from metadata.finding import Finding
from metadata.markup import parse, violations
from metadata.model import PageRecord, Provenance, VolumeId, VolumeRecord
from metadata.ndk import layout
from metadata.ndk.package import placed, psp_documents
from metadata.premis3 import premis3_document
from metadata.problem import Problem
from metadata.record import to_json, to_pretty_json
from repository import bag
from repository.verify import TAG_MANIFEST
from workflows.agents import PACKER
from workflows.closing import STEPS, read_page
from workflows.step import RECORD, Made, Step, perform, read_record
from workflows.task import page_folder, volume_folder

_STEP_OF = {
    layout.Use.MASTER: "master",
    layout.Use.USER: "user",
    layout.Use.ALTO: "read",
    layout.Use.TXT: "read",
}
_SCHEMAS = {
    "alto/": "alto/alto-2-0.xsd",
    "amdsec/": "ndk/ndk-combined.xsd",
    "mets_": "ndk/ndk-combined.xsd",
    "info_": "ndk/info_mon2.2.xsd",
}

Payload = dict[str, FileRef | Digests]


@dataclass(frozen=True, slots=True)
class PackageJob:
    """A book to be packaged: `batch` is the batch folder, `schemas` the folder of XSDs or empty."""

    batch: str
    batch_id: str
    delivery: str
    claimed: str
    planned: PlannedVolume
    schemas: str

    @property
    def folder(self) -> Path:
        """Where the book is made."""
        return volume_folder(Path(self.batch), self.planned.volume.id)


@dataclass(frozen=True, slots=True)
class PackageEnd:
    """How packaging ended: the bag's folder when good, else findings."""

    volume: VolumeId
    good: bool
    bag: str
    findings: tuple[Finding, ...]


def package(job: PackageJob) -> PackageEnd:
    """Make the book's package from its page records, or reuse the one that was made of the very same records."""
    pages = [page_folder(Path(job.batch), job.planned.volume.id, page) for page in job.planned.volume.pages]
    inputs = {place.name: describe(place / "page" / "page.json", place, md5=False).sha512 for place in pages}
    step = Step(
        "package", f"package 1, {PACKER.name} {PACKER.version}", inputs, lambda place: _package(job, pages, place)
    )
    outcome = perform(step, job.folder, job.planned.volume.folder)
    for found in outcome.findings:
        if found.code == "V008":
            _reopen(job.folder, found.subject)
    return PackageEnd(job.planned.volume.id, outcome.good, str(job.folder / "package" / "bag"), outcome.findings)


def _package(job: PackageJob, pages: list[Path], place: Path) -> Made:
    records = tuple(read_page(folder) for folder in pages)
    volume = replace(job.planned.volume, pages=tuple(record.page for record in records))
    record = VolumeRecord(volume, records, PACKER, now())
    folder = place / "bag"
    payload: Payload = {}
    for page, source in zip(records, pages, strict=True):
        payload |= _linked(volume.id, page, source, folder)
    root = f"data/{volume.id}"
    payload |= _written(folder, {f"{root}/{name}": content for name, content in psp_documents(record).items()})
    payload |= _written(folder, _provenance(job, record, pages))
    for ref in job.planned.sidecars:
        source = Path(job.batch) / "delivery" / ref.path
        payload |= _written(folder, {f"data/provenance/sidecars/{source.name}": source.read_bytes()})
    bag.write_bag(folder, payload, _info(job, record), durable=False)
    _require_valid(job, folder, root)
    return Made(kept={"bag": f"bag/{TAG_MANIFEST}"})


def _linked(volume: VolumeId, page: PageRecord, source: Path, folder: Path) -> Payload:
    """Put a page's files into the package; hard links, so that no byte is copied or changed."""
    payload: Payload = {}
    for use, ref in placed(volume, page).items():
        name = f"data/{volume}/{ref.path}"
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source / _STEP_OF[use] / target.name, target)
        payload[name] = ref
    return payload


def _written(folder: Path, documents: dict[str, bytes]) -> Payload:
    payload: Payload = {}
    for name, content in documents.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        reader = Reader()
        reader.take(content)
        payload[name] = reader.digests()
    return payload


def _provenance(job: PackageJob, record: VolumeRecord, pages: list[Path]) -> dict[str, bytes]:
    """Our own record beside the package: what it is of, every page, every step, and all of it again in PREMIS 3."""
    whence = Provenance(
        volume=record.volume,
        batch=job.batch_id,
        delivery=job.delivery,
        claimed=job.claimed,
        created=record.created,
        maker=record.maker,
        findings=job.planned.findings,
    )
    return {
        "data/provenance/volume.json": to_pretty_json(whence),
        "data/provenance/pages.jsonl": b"".join(to_json(page) + b"\n" for page in record.pages),
        "data/provenance/steps.jsonl": b"".join(to_json(step) + b"\n" for step in _steps(pages)),
        "data/provenance/premis.xml": premis3_document(record),
    }


def _steps(pages: list[Path]) -> Iterator[object]:
    for folder in pages:
        for name in STEPS:
            record = read_record(folder / name)
            if record is not None:
                yield {"page": folder.name, "record": record}


def _info(job: PackageJob, record: VolumeRecord) -> dict[str, str]:
    owner = record.volume.description.institution
    return {
        "Source-Organization": f"{owner.name} ({owner.sigla})",
        "External-Description": record.volume.description.title,
        "External-Identifier": record.volume.id,
        "Bagging-Date": record.created[:10],
        "Bag-Software-Agent": f"{record.maker.name} {record.maker.version}",
        "Bag-Group-Identifier": job.batch_id,
        "Internal-Sender-Identifier": record.volume.folder,
        "Internal-Sender-Description": f"{len(record.pages)} pages, NDK package (PSP) and provenance",
    }


def _require_valid(job: PackageJob, folder: Path, root: str) -> None:
    """Judge the package as a stranger would.

    Raises:
        Problem: V005 a document leaves its schema, V006 it is no valid bag, V008 a file changed since it was made.
    """
    subject = job.planned.volume.folder
    for file, schema in _checked(job, folder / root):
        for error in violations(parse(file.read_bytes()), schema)[:1]:
            name = file.relative_to(folder).as_posix()
            raise Problem("V005", subject, file=name, line=error.line, why=error.why)
    wrong = bag.problems(folder)
    if wrong:
        changed = next((name for name in bag.payload_manifest(folder) if any(name in text for text in wrong)), None)
        if changed is not None:
            raise Problem("V008", changed)
        raise Problem("V006", subject, why="; ".join(wrong)[:400])


def _checked(job: PackageJob, root: Path) -> Iterator[tuple[Path, Path]]:
    if not job.schemas:
        return
    for file in sorted(root.rglob("*.xml")):
        name = file.relative_to(root).as_posix()
        schema = next((s for start, s in _SCHEMAS.items() if name.startswith(start)), None)
        if schema is not None:
            yield file, Path(job.schemas) / schema


def _reopen(folder: Path, changed: str) -> None:
    """Make the page of a changed file be looked at again: its finished record goes, its steps check their files."""
    number = Path(changed).stem.rpartition("_")[2]
    (folder / number / "page" / RECORD).unlink(missing_ok=True)
