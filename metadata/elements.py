"""XML elements in one expression each; every namespace keeps its prefix, and what XML cannot hold is replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from metadata.markup import Element

# Everything outside the production Char of XML 1.0 (fifth edition, 2.2): control characters, surrogates, FFFE, FFFF.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Content = Element | Mapping[str, str] | str | int | None


def clean(text: str) -> str:
    """`text` with every character that XML 1.0 forbids replaced by U+FFFD: it shows that something was there."""
    return _FORBIDDEN.sub("\ufffd", text)


def line(text: str) -> str:
    """`text` on one line, without blanks at its ends; empty when it holds nothing but blanks."""
    return " ".join(text.split())


class Namespace:
    """A namespace with the prefix it is always written with; calling it makes one of its elements."""

    def __init__(self, prefix: str, uri: str, declared: Mapping[str, str] | None = None) -> None:
        self.prefix, self.uri = prefix, uri
        self._declared: dict[str, str] = {prefix: uri} if declared is None else dict(declared)

    def tag(self, name: str) -> str:
        """The name as ElementTree writes it: {uri}name."""
        return f"{{{self.uri}}}{name}"

    def declaring(self, *others: Namespace) -> Namespace:
        """The same namespace; its elements also carry the declarations of `others`, used or not."""
        return Namespace(self.prefix, self.uri, self._declared | {other.prefix: other.uri for other in others})

    def __call__(self, name: str, /, *content: Content, **attributes: str) -> Element:
        """An element: children are appended, text and numbers are its text, mappings more attributes, None nothing."""
        element = etree.Element(self.tag(name), None, self._declared)
        for key, value in attributes.items():
            element.set(key, clean(value))
        for part in content:
            if isinstance(part, etree._Element):
                element.append(part)
            elif isinstance(part, (str, int)):
                element.text = clean(str(part))
            elif part is not None:
                for key, value in part.items():
                    element.set(key, clean(value))
        return element


METS = Namespace("mets", "http://www.loc.gov/METS/")
MODS = Namespace("mods", "http://www.loc.gov/mods/v3")
OAI_DC = Namespace("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc/")
DC = Namespace("dc", "http://purl.org/dc/elements/1.1/")
PREMIS2 = Namespace("premis", "info:lc/xmlns/premis-v2")
PREMIS3 = Namespace("premis", "http://www.loc.gov/premis/v3")
MIX = Namespace("mix", "http://www.loc.gov/mix/v20")
XLINK = Namespace("xlink", "http://www.w3.org/1999/xlink")
XSI = Namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")
