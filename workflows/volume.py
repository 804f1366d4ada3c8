"""One book: its finished pages become a package, once, and only when every page is there."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ingest.delivery import PlannedVolume
from metadata.description import IdentifierKind
from metadata.event import now
from metadata.file import Digests, FileRef, Reader, describe
from metadata.finding import Finding, finding
from metadata.model import PageRecord, Provenance, Volume, VolumeId, VolumeRecord
from metadata.ndk import layout
from metadata.ndk.check.complaint import Complaint, Level
from metadata.ndk.check.validate import check
from metadata.ndk.package import placed, psp_documents
from metadata.ndk.standard import Standard
from metadata.premis3 import premis3_document
from metadata.problem import Problem
from metadata.record import to_json, to_pretty_json
from repository import bag
from repository.verify import TAG_MANIFEST
from workflows.agents import PACKER
from workflows.book import judged_book
from workflows.closing import STEPS, read_page
from workflows.corrected_pages import CorrectedPages, corrected_pages, take_in, waiting_texts
from workflows.corrections import FOLDER
from workflows.handing_on import KEPT
from workflows.judging import weighed
from workflows.shaping import shape
from workflows.step import RECORD, Made, Step, perform, read_record
from workflows.task import page_folder, volume_folder
from workflows.text_corrections import TextCorrections, corrections_digest

_STEP_OF = {
    layout.Use.MASTER: "master",
    layout.Use.USER: "user",
    layout.Use.ALTO: "read",
    layout.Use.TXT: "read",
}
_MOST_FINDINGS = 50

Payload = dict[str, FileRef | Digests]


@dataclass(frozen=True, slots=True)
class PackageJob:
    """A book to be packaged: `batch` is the batch folder, `schemas` the folder of XSDs or empty.

    `standard` says by which versions, `propose` whether to propose page numbers and divisions that are not given.
    """

    batch: str
    batch_id: str
    delivery: str
    claimed: str
    planned: PlannedVolume
    schemas: str
    standard: Standard
    propose: bool

    @property
    def folder(self) -> Path:
        """Where the book is made."""
        return volume_folder(Path(self.batch), self.planned.volume.id)


@dataclass(frozen=True, slots=True)
class PackageEnd:
    """How packaging ended: the bag's folder when good, else findings; the digest of the corrections it had."""

    volume: VolumeId
    good: bool
    bag: str
    findings: tuple[Finding, ...]
    corrections: str = ""


def package(job: PackageJob) -> PackageEnd:
    """Make the book's package from its page records, or reuse the one that was made of the very same records."""
    pages = [page_folder(Path(job.batch), job.planned.volume.id, page) for page in job.planned.volume.pages]
    inputs = {place.name: describe(place / "page" / "page.json", place, md5=False).sha512 for place in pages}
    waiting = take_in(job.planned.volume, job.folder, pages)
    if waiting:
        return PackageEnd(job.planned.volume.id, False, "", waiting)
    corrections = corrections_digest(job.folder)
    inputs |= {"corrections": corrections, "planned": hashlib.sha512(to_json(job.planned)).hexdigest()}
    identity = f"package 4, {PACKER.name} {PACKER.version}, {job.standard}, {job.propose}"
    step = Step("package", identity, inputs, lambda place: _package(job, pages, place))
    outcome = perform(step, job.folder, job.planned.volume.folder)
    for found in outcome.findings:
        if found.code == "V008":
            _reopen(job.folder, found.subject)
    made = str(job.folder / "package" / "bag")
    return PackageEnd(job.planned.volume.id, outcome.good, made, outcome.findings, corrections)


def _package(job: PackageJob, pages: list[Path], place: Path) -> Made:
    finished = tuple(read_page(folder) for folder in pages)
    planned = replace(job.planned.volume, pages=tuple(record.page for record in finished))
    corrected = corrected_pages(job.planned.volume, job.folder, finished, pages, place)
    altos = {page: alto for page, (alto, _) in corrected.sources.items()}
    shaped = shape(planned, job.folder, pages, proposing=job.propose, corrected=altos)
    volume = shaped.volume
    records = tuple(replace(record, page=page) for record, page in zip(corrected.records, volume.pages, strict=True))
    record = VolumeRecord(volume, records, PACKER, now())
    folder = place / "bag"
    payload: Payload = {}
    for page, source in zip(records, pages, strict=True):
        payload |= _linked(volume.id, page, source, folder, corrected)
    root = f"data/{volume.id}"
    payload |= _written(
        folder, {f"{root}/{name}": content for name, content in psp_documents(record, job.standard).items()}
    )
    noticed = _noticed(job, volume, pages)
    payload |= _written(folder, _provenance(job, record, pages, noticed))
    beside = [Path(job.batch) / "delivery" / ref.path for ref in job.planned.sidecars]
    for source in (*beside, *(Path(job.batch) / ref.path for ref in job.planned.fetched)):
        payload |= _written(folder, {f"data/provenance/sidecars/{source.name}": source.read_bytes()})
    for source in sorted((job.folder / FOLDER).glob("*.json")):
        payload |= _written(folder, {f"{KEPT}{source.name}": source.read_bytes()})
    bag.write_bag(folder, payload, _info(job, record), durable=False)
    _require_whole(job, folder)
    judged = tuple(islice(_judged(job, folder / root), _MOST_FINDINGS))
    if any(found.stops for found in judged):
        shutil.rmtree(folder)
        return Made(findings=judged)
    texts = (*corrected.findings, *waiting_texts(volume, TextCorrections.read(job.folder)))
    return Made(kept={"bag": f"bag/{TAG_MANIFEST}"}, findings=(*judged, *noticed, *shaped.findings, *texts))


def _noticed(job: PackageJob, volume: Volume, pages: list[Path]) -> tuple[Finding, ...]:
    """What is worth a look about the book as a whole."""
    try:
        return judged_book(job.planned, volume, pages)
    except ValueError:
        return ()  # a text that changed since it was read: _require_whole names the file, and nothing is packaged


def _linked(volume: VolumeId, page: PageRecord, source: Path, folder: Path, corrected: CorrectedPages) -> Payload:
    """Put a page's files into the package; hard links, so that no byte is copied or changed."""
    payload: Payload = {}
    own = {path.name: path for path in corrected.sources.get(page.page.id, ())}
    for use, ref in placed(volume, page).items():
        name = f"data/{volume}/{ref.path}"
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(own.get(target.name, source / _STEP_OF[use] / target.name), target)
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


def _provenance(
    job: PackageJob, record: VolumeRecord, pages: list[Path], noticed: tuple[Finding, ...]
) -> dict[str, bytes]:
    """Our own record beside the package: what it is of, every page, every step, and all of it again in PREMIS 3.

    What was `noticed` about the book stays with it, for the catalogue knows nothing else of the batch.
    """
    whence = Provenance(
        volume=record.volume,
        batch=job.batch_id,
        delivery=job.delivery,
        claimed=job.claimed,
        created=record.created,
        maker=record.maker,
        findings=(*job.planned.findings, *noticed),
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


def _judged(job: PackageJob, psp: Path) -> Iterator[Finding]:
    """What the national standard's rules have against the package; its images were judged when they were made."""
    volume = job.planned.volume
    report = check(psp, schemas=Path(job.schemas) if job.schemas else None, images=False)
    numbered = bool(volume.description.identifier(IdentifierKind.URNNBN))
    return (_told(volume.folder, each) for each in weighed(report, numbered=numbered))


def _told(subject: str, each: Complaint) -> Finding:
    """A complaint as a finding; that a document leaves its schema can only be our own fault (V005)."""
    if each.facts.get("line") and "why" in each.facts:
        return finding("V005", subject, file=each.file, line=each.facts["line"], why=each.facts["why"])
    code = "V010" if each.level is Level.ERROR else "V011"
    return finding(code, subject, rule=each.rule, file=each.file or "-", why=each.text())


def _require_whole(job: PackageJob, folder: Path) -> None:
    """Judge the bag as a stranger would.

    Raises:
        Problem: V006 it is no valid bag, V008 a file changed since it was made.
    """
    wrong = bag.problems(folder)
    if wrong:
        changed = next((name for name in bag.payload_manifest(folder) if any(name in text for text in wrong)), None)
        if changed is not None:
            raise Problem("V008", changed)
        raise Problem("V006", job.planned.volume.folder, why="; ".join(wrong)[:400])


def _reopen(folder: Path, changed: str) -> None:
    """Make the page of a changed file be looked at again: its finished record goes, its steps check their files."""
    number = Path(changed).stem.rpartition("_")[2]
    (folder / number / "page" / RECORD).unlink(missing_ok=True)
