"""How a registrar fails, and what every answer must be: a URN:NBN in the standard's form, the volume's only one."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.description import Identifier, IdentifierKind
from metadata.model import Volume
from metadata.problem import Problem
from metadata.wording import wording

_LONGEST = 300


def silent(registrar: str, reason: str, **facts: object) -> Problem:
    """C011: the registrar could not be asked; asking again later may help. `reason` is a key of reasons.toml."""
    return Problem("C011", registrar, why=_said(reason, facts))


def refused(volume: Volume, reason: str, **facts: object) -> Problem:
    """C012: the registrar answered, and `volume` gets no number. `reason` is a key of reasons.toml."""
    return Problem("C012", volume.folder, why=_said(reason, facts))


def accepted(volume: Volume, value: str) -> str:
    """`value` when it is a URN:NBN (ndk.md §2: lower case) and `volume` bears no other.

    Raises:
        Problem: C012, it has not that form; C013, the volume's description has another.
    """
    try:
        Identifier(IdentifierKind.URNNBN, value)
    except ValueError:
        raise refused(volume, "form", value=value) from None
    given = volume.description.identifier(IdentifierKind.URNNBN)
    if given and given != value:
        raise Problem("C013", volume.folder, given=given, other=value)
    return value


def _said(reason: str, facts: Mapping[str, object]) -> str:
    shown = {name: " ".join(str(fact).split())[:_LONGEST] for name, fact in facts.items()}
    return wording("ingest.registrar", "reasons.toml").say(reason, None, **shown)
