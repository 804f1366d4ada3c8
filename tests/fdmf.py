"""A small reader of the National Library's machine-readable rules (fDMF), so that tests obey them and not our memory.

Covers what its profiles for monographs and periodicals use: mandatory and unexpected elements and attributes,
repetition, expected and recommended content (values, regular expressions, dictionaries, ISBN, ISSN), extra rules, file
name patterns and the image profiles over jpylyzer. Complaints begin with "error" or "warning", as the national
validator would grade them; like it, a content written without <value> means anything. Unlike it, blanks are nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element as Report

from lxml import etree

from metadata.markup import Element, parse

_P = "{http://www.nkp.cz/pspValidator/2.5/metadataProfile}"
_B = "{http://www.nkp.cz/pspValidator/2.5/binaryFileProfile}"
_C = "{http://www.nkp.cz/pspValidator/2.5/fdmfConfig}"
_GRADES = (("error", "expectedContent"), ("warning", "recommendedContent"))

Verdict = tuple[str, str, str]
"""error or warning, the XPath of the place, why."""


@dataclass(frozen=True)
class Rules:
    """The folder of one DMF: fdmf/monograph_2.2."""

    folder: Path
    namespaces: dict[str, str] = field(default_factory=dict)

    def complaints(self, profile: str, root: Element) -> list[str]:
        """What the metadata profile, named by its path without .xml, has to say against `root`."""
        return [f"{level} {place}: {why}" for level, place, why in self.verdicts(profile, root)]

    def verdicts(self, profile: str, root: Element) -> list[Verdict]:
        """The same, taken apart: how bad, the XPath of the place, why."""
        document = _document(self.folder / f"{profile}.xml")
        spaces = {each.get("prefix", ""): (each.text or "").strip() for each in document.iter(f"{_P}namespace")}
        rules = Rules(self.folder, spaces | {"xsi": "http://www.w3.org/2001/XMLSchema-instance"})
        definition = document.find(f"{_P}rootElement")
        assert definition is not None
        assert root.tag == rules._tag(definition.get("name", ""))
        return [*rules._element(root, definition)]

    def name_pattern(self, name: str, package: str) -> re.Pattern[str]:
        """The pattern of file names `name` for a package id (patterns.xml)."""
        found = next(each for each in parse((self.folder / "patterns.xml").read_bytes()) if each.get("name") == name)
        texts = [each.text or "" for each in found.iter(f"{_C}expression")]
        return re.compile("|".join(text.replace("${PSP_ID}", re.escape(package)) for text in texts))

    def _element(self, element: Element, definition: Element) -> Iterator[Verdict]:
        place = _place(element)
        yield from self._attributes(element, definition)
        yield from self._children(element, definition)
        yield from self._content("".join(map(str, self._xpath(element, "text()"))), definition, place)
        for extra in definition.findall(f"{_P}extraRules/*"):
            count = len(self._xpath(element, extra.get("xpath", "")))
            least_missed = extra.tag == f"{_P}existsAtLeastOnce" and count == 0
            if least_missed or (extra.tag == f"{_P}existsAtMostOnce" and count > 1):
                yield "error", place, f"{extra.get('xpath')} exists {count} times"

    def _attributes(self, element: Element, definition: Element) -> Iterator[Verdict]:
        place = _place(element)
        left = dict(element.attrib)
        for each in definition.findall(f"{_P}expectedAttributes/{_P}attribute"):
            value = left.pop(self._tag(each.get("name", "")), None)
            if value is not None:
                yield from self._content(str(value), each, f"{place}/@{each.get('name')}", default=True)
            elif each.get("mandatory") != "false":
                yield "error", place, f"no attribute {each.get('name')}"
        if definition.get("ignoreUnexpectedAttributes") != "true":
            yield from (("warning", f"{place}/@{name}", "unexpected attribute") for name in left)

    def _children(self, element: Element, definition: Element) -> Iterator[Verdict]:
        left = [child for child in element if isinstance(child.tag, str)]
        for each in definition.findall(f"{_P}expectedElements/{_P}element"):
            wish = each.get("specification")
            xpath = each.get("name", "") + (f"[{wish}]" if wish else "")
            found = [child for child in self._xpath(element, xpath) if child in left]
            if not found and each.get("mandatory") != "false":
                yield "error", _place(element), f"no {xpath}"
            judged = found[:1] if each.get("repeatable") == "false" else found
            for child in found:
                left.remove(child)
                if child in judged:
                    yield from self._element(child, each)
                else:
                    yield "error", _place(child), f"{len(found)} times {xpath}"
        if definition.get("ignoreUnexpectedChildElements") != "true":
            yield from (("warning", _place(child), f"unexpected {child.tag!r}") for child in left)

    def _content(self, text: str, definition: Element, place: str, *, default: bool = False) -> Iterator[Verdict]:
        told = [(grade, definition.find(_P + name)) for grade, name in _GRADES]
        for grade, wanted in told:
            if wanted is not None and not self._fits(text, wanted):
                yield grade, place, f"{text!r} is not {' '.join(''.join(map(str, wanted.itertext())).split())[:80]}"
        if default and not text.strip() and all(wanted is None for _, wanted in told):
            yield "error", place, "empty"

    def _fits(self, text: str, wanted: Element) -> bool:
        choices = [each for each in wanted.iter() if each.tag in _CHECKS]
        if not text.strip() or not choices:
            return bool(text.strip())
        return any(_CHECKS[str(each.tag)](text, each, self.folder) for each in choices)

    def _xpath(self, element: Element, expression: str) -> list[Element]:
        found = element.xpath(expression, namespaces=self.namespaces)
        assert isinstance(found, list)
        return [each for each in found if isinstance(each, etree._Element) or each]

    def _tag(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return f"{{{self.namespaces[prefix]}}}{local}" if prefix else local


def image_complaints(profile: Path, report: Report) -> list[str]:
    """Which validations of an image profile (binaryFileProfiles/mc/jpylyzer.xml) the report of one file fails."""
    document = parse(profile.read_bytes())
    return [
        str(each.get("name"))
        for each in document.iter(f"{_B}validation")
        # The report of one file, unlike that of the program, does not name the tool.
        if not str(each.get("name")).startswith("Tool") and not _image_fits(each, report)
    ]


def _image_fits(validation: Element, report: Report) -> bool:
    paths = [(each.text or "").strip().replace("j:", "") for each in validation.iter(f"{_B}xpath")]
    lists = ([(found.text or "").strip() for found in report.iterfind(f".{path}")] for path in paths if path[0] == "/")
    values = next((texts for texts in lists if any(texts)), [])
    rules = validation.find(f"{_B}rules")
    assert rules is not None
    if rules.find(f"{_B}mustNotExist") is not None:
        return not values
    choices = rules.find(f"{_B}mustMatchAny")
    return bool(values) and (choices is None or any(_image_choice(values, each) for each in choices))


def _image_choice(values: list[str], choice: Element) -> bool:
    said = {str(each.tag).removeprefix(_B): (each.text or "").strip() for each in choice}
    match str(choice.tag).removeprefix(_B):
        case "isExactly":
            return values[0] == (choice.text or "").strip()
        case "nTimesXRemainingY":
            return values.count(said["x"]) == int(said["n"]) and set(values) == {said["x"], said["y"]}
        case _:
            number = float(values[0]) if re.fullmatch(r"\d+(?:\.\d+)?", values[0]) else -1.0
            return float(said["min"]) <= number <= float(said.get("max", "inf"))


def _regexp(text: str, wanted: Element, folder: Path) -> bool:
    # Java writes named groups without P.
    return re.fullmatch((wanted.text or "").replace("(?<", "(?P<"), text, re.ASCII) is not None


def _value(text: str, wanted: Element, folder: Path) -> bool:
    return text == (wanted.text or "").strip()


def _isbn(text: str, wanted: Element, folder: Path) -> bool:
    form = r"(?i)(?:ISBN(?:-1[03])?:? )?(?:97[89][- ]?)?[0-9]{1,5}[- ]?[0-9]{1,7}[- ]?[0-9]{1,7}[- ]?[0-9X]"
    if not re.fullmatch(form, text, re.ASCII):
        return False
    # The validator takes the prefix off in capitals only, and with its number only before a colon.
    signs = re.sub("[^0-9X]", "", re.sub("^(ISBN-13:|ISBN-10:|ISBN)", "", text))
    digits = [10 if sign == "X" else int(sign) for sign in signs]
    if len(digits) == 10:
        return sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0
    odd = 10 in digits or len(digits) != 13
    return not odd and sum(d * (3 if n % 2 else 1) for n, d in enumerate(digits)) % 10 == 0


def _issn(text: str, wanted: Element, folder: Path) -> bool:
    signs = re.sub("[^0-9X]", "", text)
    if not re.fullmatch(r"(?i)(?:ISSN:? ?)?[0-9]{4}[- ]?[0-9]{3}[0-9X]", text, re.ASCII) or len(signs) != 8:
        return False
    digits = [10 if sign == "X" else int(sign) for sign in signs]
    return sum(weight * digit for weight, digit in zip(range(8, 0, -1), digits, strict=True)) % 11 == 0


def _dictionary(text: str, wanted: Element, folder: Path) -> bool:
    return text in _words(folder.parent / "dictionaries" / f"{wanted.get('name')}.dict")


@cache
def _document(path: Path) -> Element:
    return parse(path.read_bytes())


def _place(element: Element) -> str:
    path: str = element.getroottree().getpath(element)
    return path


@cache
def _words(path: Path) -> frozenset[str]:
    return frozenset(path.read_text(encoding="utf-8").split("\n"))


_CHECKS: dict[str, Callable[[str, Element, Path], bool]] = {
    f"{_P}regexp": _regexp,
    f"{_P}value": _value,
    f"{_P}isbn": _isbn,
    f"{_P}issn": _issn,
    f"{_P}fromDictionary": _dictionary,
}
