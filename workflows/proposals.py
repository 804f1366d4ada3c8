"""The proposals that curators made in the catalogue, as the commands see them: found, listed, refused."""

from __future__ import annotations

from metadata.model import VolumeId
from repository.catalogue.desk.proposal import FOLDER, Ended, Filed, Proposals, State
from workflows.settings import Home


def proposals_of(home: Home) -> Proposals:
    """Where the repository `home` keeps them."""
    return Proposals(home.people / FOLDER)


def listed(home: Home, *, ended: bool = False) -> tuple[Filed, ...]:
    """The proposals that wait, the newest first; with `ended` all of them."""
    return tuple(filed for filed in proposals_of(home).all() if ended or filed.state is State.OPEN)


def waiting(home: Home, object_id: VolumeId) -> tuple[str, ...]:
    """The identifiers of an object's open proposals, the oldest first."""
    found = (filed.proposal for filed in listed(home) if filed.proposal.object_id == object_id)
    return tuple(proposal.id for proposal in sorted(found, key=lambda each: (each.time, each.id)))


def refuse(home: Home, proposal_id: str, who: str, why: str) -> Ended:
    """Close a proposal without doing what it says.

    Raises:
        Problem: R050 there is none, R051 it is damaged, R052 it ended otherwise.
        OSError: the disk refuses.
    """
    return proposals_of(home).end(proposal_id, State.REFUSED, who, why)
