"""Damage done to a good package's documents: small edits by XPath, and what the checks of METS and texts say then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lxml import etree

from metadata.elements import METS
from metadata.markup import Element, parse
from metadata.ndk.check import biblio, images, maps, mets, technical
from metadata.ndk.check.complaint import Complaint
from metadata.ndk.check.context import Context
from metadata.ndk.check.psp import open_psp
from tests.page_records import VOLUME
from tests.xpath import NS

MAIN = f"mets_{VOLUME}.xml"
AMD = f"amdsec/amd_mets_{VOLUME}_0001.xml"
ALTO = f"alto/alto_{VOLUME}_0001.xml"
TXT = f"txt/txt_{VOLUME}_0001.txt"
CHECKS = (*mets.CHECKS, *maps.CHECKS, *biblio.CHECKS, *technical.CHECKS, *images.CHECKS)

Edit = Callable[[Element], None]


def found(root: Path, schemas: Path | None = None, *, opened: bool = False) -> list[Complaint]:
    """Everything that METS, maps, records, texts and, when `opened`, images make the checks complain of."""
    with open_psp(root) as psp:
        context = Context(psp, schemas, images=opened)
        return [each for check in CHECKS for each in check(context)] + list(context.broken())


def rules(root: Path, schemas: Path | None = None) -> set[str]:
    """Under which rules."""
    return {each.rule for each in found(root, schemas)}


def nodes(tree: Element, path: str) -> list[Element]:
    """The elements that an XPath with the prefixes of the house finds; at least one."""
    several = tree.xpath(path, namespaces=NS)
    assert isinstance(several, list)
    assert several, path
    return [each for each in several if isinstance(each, etree._Element)]


def set_to(path: str, **attributes: str) -> Edit:
    """Give the first element of an XPath other attributes; an empty one is taken away."""

    def edit(tree: Element) -> None:
        node = nodes(tree, path)[0]
        for name, value in attributes.items():
            node.set(name, value)
            if not value:
                del node.attrib[name]

    return edit


def without(path: str) -> Edit:
    """Take the first element of an XPath away."""

    def edit(tree: Element) -> None:
        node = nodes(tree, path)[0]
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return edit


def saying(path: str, text: str) -> Edit:
    """Give the first element of an XPath another text."""

    def edit(tree: Element) -> None:
        nodes(tree, path)[0].text = text

    return edit


def adding(path: str, *elements: Element) -> Edit:
    """Append elements to the first one of an XPath."""

    def edit(tree: Element) -> None:
        # A copy, for the same damage may be done more than once.
        nodes(tree, path)[0].extend(parse(etree.tostring(each)) for each in elements)

    return edit


def twice(path: str, **attributes: str) -> Edit:
    """Repeat the first element of an XPath behind itself, with other attributes."""

    def edit(tree: Element) -> None:
        node = nodes(tree, path)[0]
        again = parse(etree.tostring(node))
        again.attrib.update(attributes)
        node.addnext(again)

    return edit


def part(kind: str, *inner: Element, **attributes: str) -> Element:
    """A division of the logical map."""
    return METS("div", *inner, TYPE=kind, **attributes)


def area(block: str, file: str = "ALTO_0001", **more: str) -> Element:
    """A pointer to a block."""
    return METS("fptr", METS("area", FILEID=file, BEGIN=block, **{"BETYPE": "IDREF", **more}))


def before(path: str, element: Element) -> Edit:
    """Put an element before the first one of an XPath."""
    # A copy, for an element can stand in one tree only.
    return lambda tree: nodes(tree, path)[0].addprevious(parse(etree.tostring(element)))
