"""Packages of other systems taken into the repository, byte for byte, after they were validated.

The package is copied, the copy is judged and read, and becomes a bag: data/<packageid>/ is the package untouched,
data/provenance/ what could be read of it (volume.json, pages.jsonl), who took it in (premis.xml), and what the
judgement said (import.json). A bag that `kdr store export` made is taken as it is.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from metadata import premis
from metadata.elements import XSI
from metadata.event import Event, now
from metadata.file import CHUNK, Digests, FileRef, Reader
from metadata.finding import Fact
from metadata.markup import to_bytes
from metadata.model import Provenance, VolumeId
from metadata.ndk.check.psp import NotAPackage, Psp, open_psp
from metadata.ndk.check.report import Report, Verdict
from metadata.ndk.check.validate import check
from metadata.ndk.reading import PackageRead, Unreadable, read_package
from metadata.premis import V3, Name
from metadata.record import from_json, to_json, to_pretty_json
from metadata.wording import Tongue, printable
from repository import bag
from repository.store import Store
from repository.verify import MANIFEST, parse_manifest
from workflows.agents import KDR
from workflows.exchange import PROVENANCE, package_folders, say
from workflows.founding import attached
from workflows.settings import Home

IMPORTER = replace(KDR, note="kdr import")
"""The program where it takes packages in."""

_BAG, _OF_BAG = "bagit.txt", re.compile(r"[^/]+/bagit\.txt")
_MOST_COMPLAINTS = 5


class State(StrEnum):
    """What became of a package."""

    STORED = "stored"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a package was not taken: a key of exchange.toml without its "refused_", and its facts."""

    reason: str
    facts: Mapping[str, Fact]

    def text(self, tongue: Tongue | None = None) -> str:
        """Why, in the reader's language."""
        facts = {name: printable(fact) if isinstance(fact, str) else fact for name, fact in self.facts.items()}
        return say(f"refused_{self.reason}", tongue, **facts)


@dataclass(frozen=True, slots=True)
class Imported:
    """How one package ended; `report` is its judgement where it came to one, `gaps` what it does not tell.

    `copies` are the places that hold it now; of one that was known or refused there are none.
    """

    source: Path
    state: State
    package: str = ""
    volume: str = ""
    title: str = ""
    version: str = ""
    copies: tuple[str, ...] = ()
    refusal: Refusal | None = None
    report: Report | None = None
    gaps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """How to import: whether images are judged, and whether another content of a known volume is its next version."""

    images: bool = True
    new_version: bool = False


class _Refused(Exception):
    """Stops one import."""

    def __init__(self, reason: str, *, report: Report | None = None, **facts: Fact) -> None:
        self.refusal, self.report = Refusal(reason, facts), report
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Import:
    """One import under way; `staging` is the folder where copies are made."""

    home: Home
    store: Store
    source: Path
    wish: Wish

    @property
    def staging(self) -> Path:
        return self.home.batches.parent / "imports"


def import_package(home: Home, store: Store, source: Path, wish: Wish = Wish()) -> Imported:
    """Take the package at `source` into the repository: a folder, a ZIP, a bag around a package, or a bag of ours.

    A refused package leaves nothing behind. Taking the same package again stores nothing twice; one that was killed on
    its way is finished.

    Raises:
        FileNotFoundError: nothing is there.
        OSError: it cannot be read, or there is no room for its copy.
        Problem: as `Store.take`.
    """
    work = _Import(home, store, source, wish)
    try:
        if (source / _BAG).is_file():
            return _bag(work)
        with open_psp(source) as psp:
            if source.is_file() and _holds_bag(source):
                raise _Refused("zipped_bag")
            return _package(work, psp)
    except NotAPackage as error:
        return Imported(source, State.REFUSED, refusal=Refusal("no_package", {"why": error.complaint.text()}))
    except _Refused as error:
        return Imported(source, State.REFUSED, refusal=error.refusal, report=error.report)


def _holds_bag(archive: Path) -> bool:
    with zipfile.ZipFile(archive) as entries:
        return any(map(_OF_BAG.fullmatch, entries.namelist()))


# --- a bag ------------------------------------------------------------------------------------------------------------


def _bag(work: _Import) -> Imported:
    """A bag: verified first; one of ours is taken as it is, of another one the package in it."""
    wrong = bag.problems(work.source)
    if wrong:
        raise _Refused("bag", why="; ".join(wrong[:_MOST_COMPLAINTS]))
    whence = _ours(work.source)
    with open_psp(work.source) as psp:
        if whence is None:
            return _package(work, psp)
        name = psp.name
    report = check(work.source, schemas=work.home.schemas, images=work.wish.images)
    volume = whence.volume.id
    if bag.bag_info(work.source).get("External-Identifier", "").removeprefix("urn:").removeprefix("uuid:") != volume:
        raise _Refused("bag_identity", report=report, volume=volume)
    ended = Imported(work.source, State.STORED, name, volume, whence.volume.description.title, report=report)
    digest = bag.identity(work.source)[MANIFEST]
    same = {
        version: hashlib.sha512(_manifest(work.store, volume, version)).hexdigest() == digest
        for version in work.store.primary.versions(volume)
    }
    known = _settled(work, same, report)
    if known and known != list(same)[-1]:
        return replace(ended, state=State.KNOWN, version=known)
    # The newest one is taken again: that finishes what a killed run left undone.
    return _taken(work, work.source, volume, ended)


def _ours(folder: Path) -> Provenance | None:
    """What our own record in a bag says; nothing when it is none of ours."""
    try:
        return from_json(Provenance, (folder / "data" / PROVENANCE / "volume.json").read_bytes())
    except (OSError, ValueError):
        return None


# --- a package --------------------------------------------------------------------------------------------------------


def _package(work: _Import, psp: Psp) -> Imported:
    """A package: copied, judged, read, put into a bag, taken."""
    if psp.name == PROVENANCE or not psp.name:
        raise _Refused("name", name=psp.name or "-")
    if psp.odd:
        raise _Refused("odd", file=psp.odd[0])
    work.staging.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=work.staging))
    try:
        digests = _copied(psp, draft / "data" / psp.name)
        ready = work.staging / _fingerprint(psp.name, digests)
        if ready.is_dir():  # a run that was killed made this very bag: it may be half stored
            return _finished(work, ready, psp.name)
        report, read = _judged(work, draft / "data" / psp.name, digests)
        volume = read.record.volume
        ended = Imported(
            work.source, State.STORED, psp.name, volume.id, volume.description.title, report=report, gaps=read.gaps
        )
        known = _settled(work, _same(work.store, volume.id, psp.name, digests), report)
        if known:
            return replace(ended, state=State.KNOWN, version=known)
        _enclose(work, draft, read, report, digests)
        draft.replace(ready)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return _finished(work, ready, psp.name, ended)


def _copied(psp: Psp, target: Path) -> dict[str, Digests]:
    """Copy the package, and describe its bytes on their way; empty folders too, for the judgement."""
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


def _fingerprint(name: str, digests: Mapping[str, Digests]) -> str:
    listed = {path: known.sha512 for path, known in digests.items()}
    return hashlib.sha256(to_json([name, listed, IMPORTER.version])).hexdigest()


def _judged(work: _Import, psp: Path, digests: Mapping[str, Digests]) -> tuple[Report, PackageRead]:
    report = check(psp, schemas=work.home.schemas, images=work.wish.images)
    if report.verdict is not Verdict.VALID:
        raise _Refused("invalid", report=report)
    try:
        with open_psp(psp) as package:
            return report, read_package(package, digests)
    except Unreadable as error:
        what = say(f"untold_{error.reason}")
        raise _Refused("unreadable", report=report, what=what, detail=error.detail or "-") from None


def _same(store: Store, volume: VolumeId, name: str, digests: Mapping[str, Digests]) -> dict[str, bool]:
    """For every stored version of the volume whether it holds this very package."""
    wanted = {f"data/{name}/{path}": known.sha512 for path, known in digests.items()}
    return {
        version: _payload(_manifest(store, volume, version)) == wanted for version in store.primary.versions(volume)
    }


def _manifest(store: Store, volume: VolumeId, version: str) -> bytes:
    try:
        with store.primary.open(volume, version, MANIFEST) as stream:
            return stream.read()
    except OSError:
        return b""


def _payload(manifest: bytes) -> dict[str, str]:
    """The files of the package in a bag, by the bag's manifest; nothing when that cannot be read."""
    try:
        listed = parse_manifest(manifest)
    except ValueError:
        return {}
    folders = package_folders(listed)
    return {path: digest for path, digest in listed.items() if path.split("/")[1] in folders}


def _settled(work: _Import, same: Mapping[str, bool], report: Report) -> str:
    """The version that is this content already, if one is and it is not wished as the newest again.

    Raises:
        _Refused: the volume is there with another content, and nobody wished for a next version.
    """
    if not same:
        return ""
    newest = list(same)[-1]
    held = [version for version, equal in same.items() if equal]
    if held and (same[newest] or not work.wish.new_version):
        return held[-1]
    if not held and not work.wish.new_version:
        raise _Refused("other_content", report=report, version=newest)
    return ""


def _enclose(work: _Import, draft: Path, read: PackageRead, report: Report, digests: Mapping[str, Digests]) -> None:
    """Make a bag of the copy: our own record beside the package, and the tag files."""
    record, when = read.record, now()
    volume = record.volume
    whence = Provenance(
        volume=volume,
        batch="",
        delivery=printable(work.source.name),
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
            "source": printable(work.source.name),
            "taken": when,
            "not_told": [{"what": what, "where": where} for what, where in read.gaps],
            "judgement": report.plain(),
        }),
    }  # fmt: skip
    payload: dict[str, FileRef | Digests] = {f"data/{volume.folder}/{path}": each for path, each in digests.items()}
    (draft / "data" / PROVENANCE).mkdir()
    for name, content in own.items():
        (draft / "data" / PROVENANCE / name).write_bytes(content)
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
    try:
        bag.write_bag(draft, payload, info)
    except ValueError as error:
        raise _Refused("names", report=report, why=str(error)) from None


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


# --- storing ----------------------------------------------------------------------------------------------------------


def _finished(work: _Import, ready: Path, name: str, ended: Imported | None = None) -> Imported:
    """Store the bag that lies ready, and clear it away."""
    if ended is None:
        whence = _ours(ready)
        if whence is None:
            raise OSError(f"{ready}: no import")
        about = whence.volume
        ended = Imported(work.source, State.STORED, name, about.id, about.description.title)
    done = _taken(work, ready, VolumeId(ended.volume), ended)
    shutil.rmtree(ready)
    with suppress(OSError):
        work.staging.rmdir()
    return done


def _taken(work: _Import, folder: Path, volume: VolumeId, ended: Imported) -> Imported:
    stored = work.store.take(folder, volume, KDR)
    told = any(
        entry.kind == "imported" and entry.facts.get("version") == stored.version
        for entry in work.store.journal.entries(volume)
    )
    if stored.new or (folder != work.source and not told):  # a run may have been killed before it said so
        facts = {"version": stored.version, "package": ended.package, "source": printable(work.source.name)}
        work.store.journal.append("imported", volume, facts, KDR, attached(work.home))
    state = State.STORED if stored.new else State.KNOWN
    return replace(ended, state=state, version=stored.version, copies=stored.copies)
