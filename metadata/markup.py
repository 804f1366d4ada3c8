"""XML: canonical bytes, reading without network or entities, validation against local schemas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from lxml import etree

Element = etree._Element

_LARGE, _MANY = 200_000, 1000
_IDS = frozenset({"ID", "id", "xmlID"})


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One place where a document leaves its schema."""

    line: int
    why: str


class UnsafeXml(ValueError):
    """The document declares a DTD or an entity; it was not read any further."""


def parse(content: bytes) -> Element:
    """Read XML without network, DTD or entities.

    Raises:
        UnsafeXml: it has a document type declaration.
        ValueError: it is not well-formed.
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content:
            raise UnsafeXml(str(error)) from None
        raise ValueError(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise UnsafeXml("document type declaration")
    return root


def to_bytes(root: Element) -> bytes:
    """The document as UTF-8 with declaration, indented by two: equal trees give equal bytes."""
    etree.indent(root, space="  ")
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return content + b"\n"


def violations(root: Element, schema: Path) -> tuple[SchemaError, ...]:
    """Where `root` leaves the XML Schema in the local file `schema`; empty when it is valid."""
    loaded = _schema(schema)
    # libxml2 judges a tree in memory by its in-memory namespaces; only re-read bytes are what a stranger will see.
    content = etree.tostring(root)
    fresh = parse(content)
    if len(content) > _LARGE and (crowd := _crowd(fresh, content, loaded)):
        return crowd
    loaded.validate(fresh)
    return tuple(SchemaError(entry.line, entry.message) for entry in loaded.error_log)


def _crowd(root: Element, content: bytes, schema: etree.XMLSchema) -> tuple[SchemaError, ...]:
    """The first faults of a large document that is full of them; empty when it is not.

    For every fault libxml2 looks where among its siblings an element stands, which takes hours among a million. It
    does not when it judges while it reads; but then it knows no lines, and does not see IDs that stand twice.
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False, schema=schema)
    try:
        etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        faults = tuple(SchemaError(entry.line, entry.message) for entry in islice(parser.error_log, _MANY))
    else:
        faults = tuple(islice(_twice(root), _MANY))
    return faults if len(faults) == _MANY else ()


def _twice(root: Element) -> Iterator[SchemaError]:
    seen: set[str] = set()
    for element in root.iter(etree.Element):
        for name in _IDS & set(element.keys()):
            own = element.get(name, "")
            if own in seen:
                yield SchemaError(element.sourceline or 0, f"The ID '{own[:200]}' is not unique.")
            seen.add(own)


@cache
def _schema(path: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    return etree.XMLSchema(etree.parse(str(path), parser))
