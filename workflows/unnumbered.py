"""Which volumes of all batches wait for their URN:NBN."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.finding import Finding
from metadata.model import VolumeId
from workflows.batch import State, plans, read_end
from workflows.drive import REFUSED
from workflows.settings import Home

_NUMBER = REFUSED | {"C010", "C011"}


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """A volume that is done but for its number; `findings` say why it has none."""

    batch: str
    volume: VolumeId
    folder: str
    title: str
    since: str
    findings: tuple[Finding, ...] = ()


def unnumbered(home: Home) -> tuple[Unnumbered, ...]:
    """Every volume that waits for its URN:NBN, or was refused one; as the batches were claimed, in delivery order.

    A volume that was delivered again waits in its last batch only: the others would store what was replaced since.
    """
    last = {planned.volume.id: (folder, planned) for folder, batch in plans(home) for planned in batch.volumes}
    found = []
    for folder, planned in last.values():
        end = read_end(folder, planned.volume.id)
        if end is None:
            continue
        why = tuple(each for each in end.findings if each.code in _NUMBER)
        if end.state is State.UNNUMBERED or (end.state is State.WAITING and REFUSED & {each.code for each in why}):
            title = planned.volume.description.title
            found.append(Unnumbered(folder.name, end.volume, end.folder, title, end.ended, why))
    return tuple(found)
