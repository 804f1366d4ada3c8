"""How a source fails: it does not answer (C001), or what it answered is wrong (C002), each with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.catalogue_record import CatalogueRecord, read_records
from metadata.marc_encoding import Encoding
from metadata.marc_record import BadRecord
from metadata.problem import Problem
from metadata.wording import wording


def silent(source: str, reason: str, facts: Mapping[str, object]) -> Problem:
    """C001: the source could not be asked; asking again later may help. `reason` is a key of reasons.toml."""
    return Problem("C001", source, why=_said(reason, facts))


def wrong(source: str, reason: str, facts: Mapping[str, object]) -> Problem:
    """C002: the source answered, and the answer is of no use. `reason` is a key of reasons.toml."""
    return Problem("C002", source, why=_said(reason, facts))


def understood(key: object, content: bytes, encoding: Encoding | None = None) -> tuple[CatalogueRecord, ...]:
    """The records in `content`, which was found for `key`; `encoding` where the source's settings state one.

    Raises:
        Problem: C005, one of them is broken.
    """
    try:
        return read_records(content, encoding)
    except BadRecord as error:
        raise Problem("C005", key, why=str(error)[:300]) from None


def _said(reason: str, facts: Mapping[str, object]) -> str:
    shown = {name: str(fact)[:300] for name, fact in facts.items()}
    return wording("ingest.source", "reasons.toml").say(reason, None, **shown)
