"""Put a finished package into the repository and say how safe it is."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ingest.delivery import PlannedVolume
from metadata.event import now
from metadata.finding import finding
from metadata.model import PageRecord, VolumeId
from metadata.problem import Problem
from metadata.record import from_json
from repository.store import Store
from repository.verify import MANIFEST, parse_manifest
from workflows.agents import KDR
from workflows.batch import State, VolumeEnd
from workflows.drive import Keep
from workflows.volume import PackageEnd


def keeper(store: Store) -> Keep:
    """Stores packages in `store`; wants a copy in every one of its places."""

    def keep(made: PackageEnd, planned: PlannedVolume) -> VolumeEnd:
        name, wanted = planned.volume.folder, len(store.places)
        try:
            stored = store.take(Path(made.bag), planned.volume.id, KDR)
        except OSError as error:  # a place or the work disk cannot even be read
            raise Problem("S003", error.filename or name, why=error.strerror or str(error)) from error
        findings = [*planned.findings, *made.findings]
        if not stored.new:
            findings.append(finding("V004", name, version=stored.version))
        if len(stored.copies) < wanted:
            findings.append(finding("S019", name, copies=len(stored.copies), wanted=wanted))
        return VolumeEnd(
            volume=planned.volume.id,
            folder=name,
            state=State.STORED,
            version=stored.version,
            copies=stored.copies,
            findings=tuple(findings),
            ended=now(),
            corrections=made.corrections,
        )

    return keep


def recognised(store: Store, planned: PlannedVolume) -> VolumeEnd | None:
    """How a volume stands that is in the store already with these very scans and sidecars; None for anything else.

    The same book delivered again, under whatever name, makes nothing twice. The stored version is read through first: a
    damaged one is not recognised.
    """
    number = planned.volume.id
    try:
        version = store.versions(number)[-1]
        pages = _lines(store, number, version)
        same = pages == _scans(planned) and _sidecars(store, number, version) == _given(planned)
    except (Problem, OSError, ValueError, LookupError):
        return None
    if not same or store.primary.faults(number, version):
        return None
    copies = tuple(copy.place for copy in store.show(number)[-1].copies if copy.present)
    findings = (*planned.findings, finding("V004", planned.volume.folder, version=version))
    return VolumeEnd(number, planned.volume.folder, State.STORED, version, copies, findings, now())


def _scans(planned: PlannedVolume) -> list[tuple[str, int]]:
    return [(planned.scans[page.scan].sha512, page.frame) for page in planned.volume.pages]


def _lines(store: Store, number: VolumeId, version: str) -> list[tuple[str, int]]:
    with store.primary.open(number, version, "data/provenance/pages.jsonl") as stream:
        records = [from_json(PageRecord, line) for line in stream]
    return [(record.scan.sha512, record.page.frame) for record in records]


def _given(planned: PlannedVolume) -> dict[str, str]:
    return {PurePosixPath(ref.path).name: ref.sha512 for ref in (*planned.sidecars, *planned.fetched)}


def _sidecars(store: Store, number: VolumeId, version: str) -> dict[str, str]:
    start = "data/provenance/sidecars/"
    with store.primary.open(number, version, MANIFEST) as stream:
        listed = parse_manifest(stream.read())
    return {path.removeprefix(start): digest for path, digest in listed.items() if path.startswith(start)}
