"""What the ČIDLO resolver says: a number, a document with its number, or a coded error.

Facts of the response schemas of its interface, versions 3 to 6 (namespace http://resolver.nkp.cz/vN/): `response` holds
`urnNbn` (to a registration), `digitalDocument` (to a look-up) or `error` with `code` and `message`. The names are
compared without their namespace, which changes with the version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.markup import Element, parse

UNKNOWN = "UNKNOWN_DIGITAL_DOCUMENT"
COLLISION = "REGISTRAR_SCOPE_IDENTIFIER_COLLISION"
ABSENT = frozenset({"INTERNAL_ERROR", "FORBIDDEN"})
"""Errors of the server, not of what was sent: it failed, or takes no registrations for now."""


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: a `number` with its `state` (empty when not told) and the document's identifiers, or an error."""

    number: str = ""
    state: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    code: str = ""
    message: str = ""


def understood(content: bytes) -> Told:
    """What the answer says.

    Raises:
        ValueError: it is not XML, or not an answer of the resolver.
    """
    root = parse(content)
    if _local(root) != "response":
        raise ValueError(f"<{_local(root)}>")
    for error in _inside(root, "error"):
        return Told(code=_text(error, "code"), message=_text(error, "message"))
    for document in _inside(root, "digitalDocument"):
        found = _inside(document, "registrarScopeIdentifiers", "id")
        identifiers = tuple((each.get("type", ""), _own_text(each)) for each in found)
        for number in _inside(document, "urnNbn"):
            return Told(_text(number, "value"), _text(number, "status"), identifiers)
    for number in _inside(root, "urnNbn"):
        return Told(_text(number, "value"), _text(number, "status"))
    raise ValueError(", ".join(f"<{_local(each)}>" for each in root) or "<response/>")


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _inside(element: Element, *path: str) -> Iterator[Element]:
    if not path:
        yield element
        return
    for child in element:
        if isinstance(child.tag, str) and _local(child) == path[0]:
            yield from _inside(child, *path[1:])


def _text(element: Element, name: str) -> str:
    return next((_own_text(each) for each in _inside(element, name)), "")


def _own_text(element: Element) -> str:
    return (element.text or "").strip()
