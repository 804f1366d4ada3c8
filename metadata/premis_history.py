"""The life of one stored object as PREMIS 3.0: its events in order, with the terms of the Library of Congress.

https://www.loc.gov/standards/premis/v3/; metadata.premis_codes has the vocabularies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metadata import premis
from metadata.elements import XSI, line
from metadata.event import Event
from metadata.markup import Element, to_bytes
from metadata.premis import V3, Name
from metadata.premis_codes import Term, event_term, outcome_term

_P = V3.namespace


@dataclass(frozen=True, slots=True)
class Told:
    """An event and the identifier it keeps for ever: "journal/17" for the journal's entry 17."""

    id: str
    event: Event


def history_document(object_id: str, title: str, told: Sequence[Told]) -> bytes:
    """The PREMIS 3.0 document of an object (an intellectual entity); equal arguments give equal bytes.

    `told` are its events in order; `Event.outcome` is success, failure or warning, `Event.note` goes into the outcome's
    detail.
    """
    names = [Name(premis.EVENT_ID, each.id) for each in told]
    root = V3.root(
        "premis",
        _entity(object_id, title, names),
        *(_event(object_id, name, each.event) for name, each in zip(names, told, strict=True)),
        *(premis.agent_element(V3, agent) for agent in premis.agents(each.event for each in told)),
        version="3.0",
    )
    return to_bytes(root)


def _entity(object_id: str, title: str, events: Sequence[Name]) -> Element:
    return V3.root(
        "object",
        {XSI.tag("type"): f"{_P.prefix}:intellectualEntity"},
        _P("objectIdentifier", _P("objectIdentifierType", "uuid"), _P("objectIdentifierValue", object_id)),
        _P("originalName", line(title)) if line(title) else None,
        *(premis.linking_event(V3, name) for name in events),
    )


def _event(object_id: str, name: Name, event: Event) -> Element:
    note = event.note.strip()
    made = premis.event_element(V3, name, event, (Name("uuid", object_id),), (note,) if note else ())
    _say(made, "eventType", event_term(event.kind, event.detail))
    _say(made, "eventOutcome", outcome_term(event.outcome))
    return made


def _say(event: Element, element: str, term: Term) -> None:
    """Put a term of the vocabulary, with its URI, where the word of ours stood."""
    found = event.find(f".//{_P.tag(element)}")
    if found is not None and term.uri:
        found.text = term.word
        found.set("authority", element)
        found.set("authorityURI", term.authority)
        found.set("valueURI", term.uri)
