"""Which volumes of all batches wait for their URN:NBN."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model import VolumeId
from workflows.batch import State, read_end, read_plan
from workflows.settings import Home


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """A volume that is done but for its number."""

    batch: str
    volume: VolumeId
    folder: str
    title: str
    since: str


def unnumbered(home: Home) -> tuple[Unnumbered, ...]:
    """Every volume that waits for its URN:NBN, by batch and in the order of its delivery."""
    found = []
    for folder in sorted(path for path in home.batches.glob("[!.]*") if path.is_dir()):
        plan = read_plan(folder)
        for planned in plan.volumes if plan else ():
            end = read_end(folder, planned.volume.id)
            if end and end.state is State.UNNUMBERED:
                title = planned.volume.description.title
                found.append(Unnumbered(folder.name, end.volume, end.folder, title, end.ended))
    return tuple(found)
