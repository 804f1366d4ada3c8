"""What the gate sees of a bag: BagIt verdict, our profile, viruses, formats. Nothing is stored here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.identify import identify
from ingest.virus import Clamd, Sight
from metadata.finding import Finding, finding
from metadata.model import VolumeId, volume_id
from metadata.problem import Problem
from metadata.wording import printable
from repository.archive import Limits, is_archive, media_type, unpack
from repository.bag import bag_info, judged, payload_manifest, problems, tag_manifest, walk
from repository.bag_profile import Delivered, deviations, ours
from repository.bag_rules import MOST_TOLD, Judgement
from repository.verify import TAG_MANIFEST
from workflows.quarantine import UNPACKED, Case, say
from workflows.settings import GateSettings
from workflows.wrapping import holdable

AS_DELIVERED, WRAPPED, AS_ARCHIVE = "as delivered", "wrapped", "archive in a bag"


@dataclass(frozen=True, slots=True)
class Examined:
    """What the gate saw of one bag: a judgement without its digests, for people and programs.

    `valid` is the verdict of the BagIt specification, `accepted` that of the gate, which also refuses merging names;
    `kept` is how it is (or would be) stored: "as delivered", "wrapped", "archive in a bag".
    """

    path: str
    valid: bool
    accepted: bool
    bagit: str = ""
    algorithms: tuple[str, ...] = ()
    files: int = 0
    bytes: int = 0
    kept: str = ""
    findings: tuple[Finding, ...] = ()
    left_out: int = 0
    scanner: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    """Payload file -> PUID, empty where it is unknown."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A delivery with the folder of its bag, the bag's judgement, and how it would be kept."""

    case: Case
    bag: Path
    judgement: Judgement
    kept: str = ""


def check(path: Path, settings: GateSettings, scratch: Path | None = None) -> Examined:
    """Judge a bag (folder or archive) where it lies; nothing is kept, scanned or stored.

    Archives are unpacked below `scratch` (else where the system keeps temporary files) and removed again.

    Raises:
        Problem: S079 it is neither.
        OSError: the disk refuses.
    """
    if path.is_dir():
        return _examined(path.name or str(path), *_judged(path, ""))
    if not (path.is_file() and is_archive(path)):
        raise Problem("S079", path, why=say("neither" if path.exists() else "missing"))
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".check-", dir=scratch) as folder:
        try:
            bag = _unpacked(path, Path(folder) / UNPACKED, settings)
        except Problem as refused:
            return _examined(path.name, Judgement(findings=(refused.finding,)), "")
        return _examined(path.name, *_judged(bag, media_type(path)))


def _unpacked(archive: Path, target: Path, settings: GateSettings) -> Path:
    """Unpack an archive; the folder in it that holds bagit.txt: the top one or its only one (RFC 8493 4)."""
    unpack(archive, target, Limits(int(settings.max_gb * 1e9), settings.max_files))
    return _bag_in(target)


def _bag_in(folder: Path) -> Path:
    inside = list(folder.iterdir())
    nested = len(inside) == 1 and inside[0].is_dir() and not (folder / "bagit.txt").exists()
    return inside[0] if nested else folder


def _judged(bag: Path, form: str) -> tuple[Judgement, str]:
    """A bag's judgement, deviations from our profile among its findings, and how it would be kept."""
    judgement = judged(bag)
    if not judgement.accepted:
        return judgement, ""
    apart = deviations(ours(), Delivered(judgement, frozenset(path for path, _ in walk(bag)), form))
    judgement = replace(judgement, findings=(*judgement.findings, *apart))
    if not apart and identifier(bag) and _as_we_write(bag):
        return judgement, AS_DELIVERED
    return judgement, WRAPPED if holdable([f"data/x/{path}" for path in judgement.digests]) else AS_ARCHIVE


def identifier(bag: Path) -> VolumeId | None:
    """The object that the bag says it is: a UUID (urn:uuid:…, uuid:…)."""
    try:
        named = bag_info(bag).get("External-Identifier", "")
        return volume_id(named.removeprefix("urn:").removeprefix("uuid:"))
    except (OSError, ValueError):
        return None


def _as_we_write(bag: Path) -> bool:
    """Whether the store can keep the bag and every auditor read it: manifests name all files by their plain names."""
    if problems(bag, contents=False):
        return False
    try:
        listed = {*payload_manifest(bag), *tag_manifest(bag), TAG_MANIFEST}
    except (OSError, ValueError):
        return False
    return listed == {path for path, _ in walk(bag)}


def _examined(path: str, judgement: Judgement, kept: str) -> Examined:
    return Examined(
        path=printable(path),
        valid=judgement.valid,
        accepted=judgement.accepted,
        bagit=judgement.version,
        algorithms=judgement.algorithms,
        files=judgement.files,
        bytes=judgement.bytes,
        kept=kept,
        findings=judgement.findings,
        left_out=judgement.left_out,
    )


def opened(case: Case, settings: GateSettings) -> Opened:
    """Unpack (an archive) and judge the bag of a delivery."""
    if case.delivery.irregular:
        odd = tuple(finding("S069", path) for path in case.delivery.irregular[:MOST_TOLD])
        return Opened(case, case.delivered, Judgement(findings=odd))
    if not case.delivery.archive:
        return Opened(case, case.delivered, *_judged(case.delivered, ""))
    shutil.rmtree(case.folder / UNPACKED, ignore_errors=True)
    try:
        bag = _unpacked(case.delivered, case.folder / UNPACKED, settings)
    except Problem as refused:
        return Opened(case, case.delivered, Judgement(findings=(refused.finding,)))
    return Opened(case, bag, *_judged(bag, media_type(case.delivered)))


def looked_through(settings: GateSettings, opened: Opened) -> Examined:
    """The bag with what the virus scanner and PRONOM say of it; a refused bag is looked at no further."""
    bag, judgement = opened.bag, opened.judgement
    seen = _examined(opened.case.delivery.name, judgement, opened.kept)
    if not seen.accepted:
        return seen
    scanner, viruses = _scanned(settings, opened)
    formats = {path: identify(bag / path).puid for path in judgement.digests if path.startswith("data/")}
    unknown = [finding("S074", printable(path)) for path, puid in formats.items() if not puid]
    findings = (*seen.findings, *viruses, *unknown[:MOST_TOLD])
    return replace(
        seen,
        accepted=not any(found.stops for found in findings),
        findings=findings,
        left_out=seen.left_out + max(0, len(unknown) - MOST_TOLD),
        scanner=scanner,
        formats={printable(path): puid for path, puid in formats.items()},
    )


def _scanned(settings: GateSettings, opened: Opened) -> tuple[str, list[Finding]]:
    """What the virus scanner is and what it found; each file that it did not look through is told."""
    if not settings.clamd:
        return "", [finding("S072", printable(opened.case.delivery.name), why=say("no_clamd"))]
    clamd = Clamd(settings.clamd)
    try:
        version = clamd.version()
    except OSError as error:
        return "", [finding("S076", settings.clamd, why=error.strerror or str(error))]
    found = []
    for path in opened.judgement.digests:
        scan = clamd.scan(opened.bag / path)
        if scan.sight is Sight.INFECTED:
            found.append(finding("S071", printable(path), signature=scan.note))
        elif scan.sight is Sight.TOO_LARGE:
            found.append(finding("S072", printable(path), why=say("unscanned_large")))
        elif scan.sight is Sight.FAILED:
            found.append(finding("S076", printable(path), why=scan.note))
            break
    return version, found
