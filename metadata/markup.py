"""XML: canonical bytes, reading without network or entities, validation against local schemas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

Element = etree._Element


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
    fresh = parse(etree.tostring(root))
    loaded.validate(fresh)
    return tuple(SchemaError(entry.line, entry.message) for entry in loaded.error_log)


@cache
def _schema(path: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    return etree.XMLSchema(etree.parse(str(path), parser))
