"""Records grown from a metadata profile, with everything in them that it knows, and damaged in every place at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy

from lxml import etree

from metadata.markup import Element
from metadata.ndk.check.content import Content
from metadata.ndk.check.record_profile import Entry, Profile

# What the notation calls by name, and something that fits it.
_FITTING = {
    "text": "něco",
    "number": "300",
    "year": "1919",
    "date": "2026-11-22",
    "moment": "2026-11-22T10:00:00Z",
    "uuid": "30d8f898-c91b-4d47-a1cf-a01e9910651c",
    "urnnbn": "urn:nbn:cz:abc123-00000x",
    "isbn": "978-83-226-2105-9",
    "isbn_form": "978-83-226-2105-9",
    "issn": "2307-7301",
    "issn_form": "2307-7301",
    "sigla": "LIA001",
    "languages": "cze",
    "relators": "aut",
    "countries": "CZ",
}


def fitting(content: Content) -> str:
    """A text that the content lets pass."""
    choice = min(content.values) if content.values else content.said.split(" | ")[0]
    if choice[0] == choice[-1] == "/":
        choice = re.sub(r"\[0-9\](?:\{([0-9])(?:,[0-9])?\}|\+)", lambda found: "1" * int(found[1] or 1), choice[1:-1])
    text = _FITTING.get(choice[1:-1], choice) if choice.startswith("<") else choice
    assert content.fits(text), content.said
    return text


def grown(profile: Profile) -> Element:
    """A record with every element and attribute of the profile once, alone in its document."""
    return _grown(profile.root)


def _grown(entry: Entry) -> Element:
    element: Element = etree.Element(entry.tag)
    for attribute in entry.attributes.values():
        element.set(attribute.tag, fitting(attribute.content))
    predicate = entry.shown.partition("[")[2]
    for name, value in re.findall(r"(?<!not\()@(\w+)='([^']*)'", re.sub(r"mods:detail\[.*?\]", "", predicate)):
        element.set(name, value)
    children = [_grown(child) for child in entry.children]
    element.extend(children)
    if not children:
        told = re.match(r"text\(\)='([^']*)'", predicate)
        element.text = told[1] if told else fitting(entry.content) if entry.content else "něco"
    for value in re.findall(r"mods:detail\[@type='([^']*)'", predicate):
        children[0].set("type", value)
    assert entry.is_meant(element), entry.shown
    return element


def _change(root: Element, change: Callable[[Element], object]) -> Element:
    """A copy in which every element was changed."""
    copy = deepcopy(root)
    for element in list(copy.iter()):
        change(element)
    return copy


def _set_all(text: str) -> Callable[[Element], None]:
    def change(element: Element) -> None:
        for name in element.attrib:
            element.set(name, text)

    return change


def _put_text(text: str) -> Callable[[Element], None]:
    def change(element: Element) -> None:
        if not len(element):
            element.text = text

    return change


def _double(element: Element) -> None:
    parent = element.getparent()
    if parent is not None:
        element.addnext(deepcopy(element))


def _rename_leaf(element: Element) -> None:
    if not len(element):
        element.tag = str(element.tag) + "X"


def _drop_child(number: int) -> Callable[[Element], None]:
    def change(element: Element) -> None:
        if number < len(element):
            element.remove(element[number])

    return change


def _drop_attribute(number: int) -> Callable[[Element], None]:
    def change(element: Element) -> None:
        for name in list(element.attrib)[number : number + 1]:
            del element.attrib[name]

    return change


def damaged(record: Element) -> Iterator[Element]:
    """The record and copies of it, each damaged in one way wherever that can be."""
    yield record
    yield _change(record, lambda element: element.set("strange", "1"))
    yield _change(record, lambda element: element.append(etree.Element("strange")))
    yield _change(record, lambda element: element.insert(0, etree.Comment("seen")))
    yield from (_change(record, change(text)) for text in ("???", " ", "") for change in (_set_all, _put_text))
    yield _change(record, _double)
    yield _change(record, _rename_leaf)
    widest = max(len(element) for element in record.iter())
    most = max(len(element.attrib) for element in record.iter())
    yield from (_change(record, _drop_child(number)) for number in range(widest))
    yield from (_change(record, _drop_attribute(number)) for number in range(most))
