"""What an XPath finds in a document of ours, with the prefixes of the house (PREMIS 3 as `premis3`)."""

from __future__ import annotations

from metadata.elements import DC, METS, MIX, MODS, OAI_DC, PREMIS2, PREMIS3, XLINK, XSI
from metadata.markup import Element

NS = {each.prefix: each.uri for each in (DC, METS, MIX, MODS, OAI_DC, PREMIS2, XLINK, XSI)} | {"premis3": PREMIS3.uri}


def texts(root: Element, path: str) -> list[str]:
    """Texts or attribute values, in document order."""
    found = root.xpath(path, namespaces=NS)
    assert isinstance(found, list)
    return [str(each) for each in found]
