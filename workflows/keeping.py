"""Put a finished package into the repository and say how safe it is."""

from __future__ import annotations

from pathlib import Path

from ingest.delivery import PlannedVolume
from metadata.event import now
from metadata.finding import finding
from metadata.problem import Problem
from repository.store import Store
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
        )

    return keep
