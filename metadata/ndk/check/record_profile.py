"""A record judged by a metadata profile of the standard: what is missing, doubled, wrong or unexpected in it.

The profiles (profiles/*.profile, notation.py) say what those of the National Library's machine-readable standard say:
fDMF of monographs 2.2 and periodicals 2.1, biblioProfiles, techProfiles and metsProfiles. Graded as its validator
does: an unexpected element or attribute and a value that is only recommended are warnings, all else are errors. Its
INFO about what might be there as well is not repeated. We are stricter in one thing: blanks are no content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import cast

from lxml import etree

from metadata.markup import Element
from metadata.ndk.check.complaint import Complaint, Fact, Level
from metadata.ndk.check.content import Content, read_content
from metadata.ndk.check.notation import Line, Notation, notation

DMFS = {
    "monograph_2.2": "monograph",
    # 2.3 and 2.2 change nothing in the profiles: their new version number and the MDTYPEVERSION of mdWrap stand
    # outside the records, and the 37 page types of the newer rules of description are these (ndk.md §0).
    "monograph_2.3": "monograph",
    "periodical_2.1": "periodical",
    "periodical_2.2": "periodical",
}
"""The versions of the standard (DMF) that are known, and the family of each."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute that is expected: its name with and without its namespace's prefix, what it must hold."""

    tag: str
    shown: str
    mandatory: bool
    content: Content


@dataclass(frozen=True, slots=True)
class Count:
    """What an XPath under an element must find: at least one thing, or else at most one."""

    shown: str
    xpath: etree.XPath
    least: bool

    def holds(self, element: Element) -> bool:
        """Whether it finds as many in `element` as it must."""
        found = len(cast("list[object]", self.xpath(element)))
        return found > 0 if self.least else found < 2


@dataclass(frozen=True, slots=True)
class Entry:
    """An element that is expected, where `test` holds (always when None), and everything under it."""

    tag: str
    shown: str
    test: etree.XPath | None
    mandatory: bool
    repeatable: bool
    content: Content | None
    attributes: dict[str, Attribute]
    children: tuple[Entry, ...]
    counts: tuple[Count, ...]
    open_attributes: bool
    open_children: bool

    def is_meant(self, element: Element) -> bool:
        """Whether an element of this name is the one that this entry speaks of."""
        return self.test is None or bool(self.test(element))


@dataclass(frozen=True, slots=True)
class Profile:
    """What a record of one kind must look like, from its root down."""

    name: str
    root: Entry


@cache
def profile(dmf: str, name: str) -> Profile:
    """The profile `name` of a version of the standard, one of DMFS.

    Names are the file names of the fDMF: ``mods/volume_singlevolume_rda``, ``dc/page_rda``, ``premis_object_mc``,
    ``premis_event``, ``mix_ps``, ``copyrightmd``, ``primary_mets_header``, ``secondary_mets_header`` …

    Raises:
        KeyError: no such version, or no profile of that name in it.
    """
    known = notation(DMFS[dmf])
    return Profile(name, _entry(known.profiles[name], known))


def profiles(dmf: str) -> tuple[str, ...]:
    """The names of all profiles of a version of the standard."""
    return tuple(notation(DMFS[dmf]).profiles)


def complaints(root: Element, profile: Profile, rule: str, file: str) -> Iterator[Complaint]:
    """Where `root`, a record alone or within its document, leaves `profile`; in document order of the expectations.

    `rule` is the fDMF rule under which the record is looked at (rules_profiles.toml), `file` the document's path in
    the package. `xpath` of a complaint is the unexpected, doubled or wrong element or attribute; of a missing one
    the element that lacks it.
    """
    if root.tag != profile.root.tag:
        place = root.getroottree().getpath(root)
        facts: dict[str, Fact] = {"sentence": "wrong_root", "found": _short(root), "name": profile.root.shown}
        yield Complaint(rule, file, place, facts, Level.ERROR)
        return
    for said in _element(root, profile.root):
        yield Complaint(rule, file, said.place, said.facts, said.level)


@dataclass(frozen=True, slots=True)
class _Said:
    level: Level
    place: str
    facts: dict[str, Fact]


def _said(level: Level, sentence: str, at: Element, attribute: str = "", **facts: Fact) -> _Said:
    place = at.getroottree().getpath(at) + (f"/@{attribute}" if attribute else "")
    return _Said(level, place, {"sentence": sentence, **facts})


def _element(element: Element, entry: Entry) -> Iterator[_Said]:
    yield from _attributes(element, entry)
    yield from _children(element, entry)
    if entry.content is not None:
        yield from _text(_direct_text(element), entry.content, element)
    for count in entry.counts:
        if not count.holds(element):
            yield _said(Level.ERROR, "too_few" if count.least else "too_many", element, name=count.shown)


def _attributes(element: Element, entry: Entry) -> Iterator[_Said]:
    left = dict(element.attrib)
    for each in entry.attributes.values():
        value = left.pop(each.tag, None)
        if value is not None:
            yield from _text(str(value), each.content, element, each.shown)
        elif each.mandatory:
            yield _said(Level.ERROR, "missing_attribute", element, name=each.shown)
    if not entry.open_attributes:
        for name in left:
            yield _said(Level.WARNING, "unexpected_attribute", element, _shown(element, str(name)), name=str(name))


def _children(element: Element, entry: Entry) -> Iterator[_Said]:
    left: dict[str, list[Element]] = {}
    for child in element:
        # Comments and processing instructions have no name.
        if isinstance(child.tag, str):
            left.setdefault(child.tag, []).append(child)
    for each in entry.children:
        named = left.get(each.tag, [])
        meant = [child for child in named if each.is_meant(child)]
        if meant:
            left[each.tag] = [child for child in named if child not in meant] if each.test else []
        yield from _occurrences(element, meant, each)
    if not entry.open_children:
        for child in (child for children in left.values() for child in children):
            yield _said(Level.WARNING, "unexpected_element", child, name=_short(child))


def _occurrences(parent: Element, found: list[Element], entry: Entry) -> Iterator[_Said]:
    if not found and entry.mandatory:
        yield _said(Level.ERROR, "missing_element", parent, name=entry.shown)
    judged = found if entry.repeatable else found[:1]
    for element in judged:
        yield from _element(element, entry)
    for element in found[len(judged) :]:
        yield _said(Level.ERROR, "repeated_element", element, name=entry.shown)


def _text(text: str, content: Content, at: Element, attribute: str = "") -> Iterator[_Said]:
    level = Level.WARNING if content.recommended else Level.ERROR
    if not text or text.isspace():
        yield _said(level, "empty", at, attribute, wanted=content.said)
    elif not content.fits(text):
        sentence = "not_recommended" if content.recommended else "wrong_value"
        yield _said(level, sentence, at, attribute, found=text[:200], wanted=content.said)


def _direct_text(element: Element) -> str:
    """The text of an element without that of its children."""
    if not len(element):
        return element.text or ""
    return "".join((element.text or "", *(child.tail or "" for child in element)))


def _short(element: Element) -> str:
    """The element's name as its document writes it."""
    name = etree.QName(element).localname
    return f"{element.prefix}:{name}" if element.prefix else name


def _shown(element: Element, attribute: str) -> str:
    """The attribute's name as the document writes it."""
    name = etree.QName(attribute)
    prefix = next((prefix for prefix, uri in element.nsmap.items() if uri == name.namespace and prefix), "")
    return f"{prefix}:{name.localname}" if prefix else name.localname


def _entry(line: Line, known: Notation) -> Entry:
    name, _, predicate = line.key.partition("[")
    inner = line.inner.values()
    attributes = (each for each in inner if each.key.startswith("@") and each.key != "@*")
    children = (_entry(each, known) for each in inner if each.mark and not each.key.startswith("@"))
    return Entry(
        tag=_tag(name, known.prefixes),
        shown=line.key,
        test=_xpath(f"boolean(self::node()[{predicate})", known) if predicate else None,
        mandatory=line.mark in "1+",
        repeatable=line.mark in "+*",
        content=read_content(line.content, known.contents) if line.content else None,
        attributes={each.key: _attribute(each, known) for each in attributes},
        children=tuple(sorted(children, key=_specificity)),
        counts=tuple(_count(each.key, known) for each in inner if each.key.startswith("at ")),
        open_attributes="@*" in line.inner,
        open_children="*" in line.inner,
    )


def _attribute(line: Line, known: Notation) -> Attribute:
    name = line.key[1:]
    return Attribute(_tag(name, known.prefixes), name, line.mark == "1", read_content(line.content, known.contents))


def _count(key: str, known: Notation) -> Count:
    xpath = key.removeprefix("at least one ").removeprefix("at most one ")
    return Count(xpath, _xpath(xpath, known), key.startswith("at least"))


def _specificity(entry: Entry) -> int:
    """A stable order: who asks for a value, who asks for something to be there, who takes what is left."""
    return 0 if "=" in entry.shown else 1 if "[" in entry.shown else 2


def _xpath(expression: str, known: Notation) -> etree.XPath:
    return etree.XPath(expression, namespaces=known.prefixes)


def _tag(name: str, prefixes: dict[str, str]) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{prefixes[prefix]}}}{local}" if prefix else local
