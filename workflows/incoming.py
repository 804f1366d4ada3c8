"""The copy of a package that comes in, and the bag it becomes: the package untouched, our own record beside it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from metadata import premis
from metadata.elements import XSI
from metadata.event import Event, now
from metadata.file import CHUNK, Digests, FileRef, Reader
from metadata.markup import to_bytes
from metadata.model import Provenance
from metadata.ndk.check.psp import Psp
from metadata.ndk.check.report import Report
from metadata.ndk.reading import PackageRead
from metadata.premis import V3, Name
from metadata.record import to_json, to_pretty_json
from metadata.wording import printable
from repository import bag
from repository.bag import PROVENANCE
from repository.journal import Journal
from workflows.agents import KDR

IMPORTER = replace(KDR, note="kdr import")
"""The program where it takes packages in."""

_DRAFT = ".draft-"


@contextmanager
def draft(staging: Path, journal: Journal) -> Iterator[Path]:
    """A new folder in `staging` for a copy, locked while it is worked on and gone afterwards.

    Those that dead runs left are cleared away; `staging` is made when it is not there and goes when it is empty.
    All of that is done under one lock, for others import at the same time.
    """
    with journal.alone("imports"):
        staging.mkdir(parents=True, exist_ok=True)
        _clear(staging)
        made = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=staging))
        handle = os.open(made, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(handle)
        with journal.alone("imports"), suppress(OSError):
            staging.rmdir()


def cleared(ready: Path) -> None:
    """Remove a bag that was stored; one that a kill leaves half removed is nobody's ready bag any more."""
    shutil.rmtree(ready.rename(ready.with_name(f"{_DRAFT}{uuid.uuid4().hex}")), ignore_errors=True)


def _clear(staging: Path) -> None:
    """Remove the drafts that nobody works on."""
    for left in staging.glob(f"{_DRAFT}*"):
        try:
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # gone by now: its run has ended
            continue
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        os.close(handle)


def copied(psp: Psp, target: Path) -> dict[str, Digests]:
    """Copy the package to the new folder `target`, and describe its bytes on their way.

    Empty folders are copied too: the copy is what is judged.
    """
    target.mkdir(parents=True)
    for folder in psp.folders:
        (target / folder).mkdir(parents=True, exist_ok=True)
    digests = {}
    for path in psp.files:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        reader = Reader()
        with psp.opened(path) as stream, (target / path).open("xb") as out:
            while chunk := stream.read(CHUNK):
                reader.take(chunk)
                out.write(chunk)
        digests[path] = reader.digests()
    return digests


def enclose(folder: Path, source: str, read: PackageRead, report: Report, digests: Mapping[str, Digests]) -> None:
    """Make a bag of `folder`, in whose data/ the copy lies: our own record beside the package, and the tag files.

    Args:
        folder: becomes the bag.
        source: the name under which the package came.
        read: what it tells.
        report: its judgement.
        digests: its files as they were copied.

    Raises:
        ValueError: the name of a file cannot be kept in a bag.
        OSError: the disk refuses.
    """
    record, when = read.record, now()
    volume = record.volume
    whence = Provenance(
        volume=volume,
        batch="",
        delivery=printable(source),
        claimed=when,
        created=record.created,
        maker=record.maker,
        findings=(),
    )
    own = {
        "volume.json": to_pretty_json(whence),
        "pages.jsonl": b"".join(to_json(page) + b"\n" for page in record.pages),
        "premis.xml": premis_document(read, report, when),
        "import.json": to_pretty_json({
            "package": read.id,
            "source": printable(source),
            "taken": when,
            "not_told": [{"what": what, "where": where} for what, where in read.gaps],
            "judgement": report.plain(),
        }),
    }  # fmt: skip
    payload: dict[str, FileRef | Digests] = {f"data/{volume.folder}/{path}": each for path, each in digests.items()}
    (folder / "data" / PROVENANCE).mkdir()
    for name, content in own.items():
        (folder / "data" / PROVENANCE / name).write_bytes(content)
        reader = Reader()
        reader.take(content)
        payload[f"data/{PROVENANCE}/{name}"] = reader.digests()
    owner = volume.description.institution
    info = {
        "Source-Organization": f"{owner.name} ({owner.sigla})",
        "External-Description": volume.description.title,
        "External-Identifier": volume.id,
        "Bagging-Date": when[:10],
        "Bag-Software-Agent": f"{IMPORTER.name} {IMPORTER.version}",
        "Internal-Sender-Identifier": read.id,
        "Internal-Sender-Description": f"{len(record.pages)} pages, imported NDK package (PSP) and provenance",
    }
    bag.write_bag(folder, payload, info)


def premis_document(read: PackageRead, report: Report, when: str) -> bytes:
    """What was done to the package here, in PREMIS 3.0: it was validated and taken in.

    What was done to its pages before stands in its own secondary METS.
    """
    p, volume = V3.namespace, read.record.volume.id
    named = Name("uuid", volume)
    counts = ", ".join(f"{level.value} {count}" for level, count in report.counts.items())
    judged = Event("validation", when, f"DMF {report.dmf.rules}", IMPORTER)
    taken = Event("ingestion", when, f"PSP {read.id}", IMPORTER)
    told = [
        (Name(premis.EVENT_ID, f"{volume}/validation"), judged, (f"{report.verdict.value}: {counts}",)),
        (Name(premis.EVENT_ID, f"{volume}/ingestion"), taken, ()),
    ]
    thing = V3.root(
        "object",
        {XSI.tag("type"): f"{p.prefix}:intellectualEntity"},
        p("objectIdentifier", p("objectIdentifierType", named.type), p("objectIdentifierValue", named.value)),
        p("originalName", read.id),
        *(premis.linking_event(V3, key) for key, _, _ in told),
    )
    events = (premis.event_element(V3, key, event, [named], notes) for key, event, notes in told)
    return to_bytes(V3.root("premis", thing, *events, premis.agent_element(V3, IMPORTER), version="3.0"))
