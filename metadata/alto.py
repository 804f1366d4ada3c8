"""ALTO 2.0: a PageText written for the archive, and read back equal.

Rules: schemas/alto/alto-2-0.xsd (Library of Congress, 2010-01-11) and ndk.md §0, which asks for this version. What 2.0
has no place for, and how it is kept here:

* language of a word - TextBlock alone has `language`. A word that differs from its block refers by STYLEREFS to a
  ParagraphStyle LANG_<page>_<code> that has nothing but its name; `und` stands for "unknown".
* languages asked for - a processingStepDescription "languages ces+deu".
* height of a hyphen - HYP has none; it is read back as that of the word before it, which it is cut from.
* table - a ComposedBlock of TYPE "table" around one TextBlock.

Other readings of a word are its ALTERNATIVEs.

Lost: the kind of the engine's Agent (always software). Characters that XML 1.0 forbids (§2.2) become U+FFFD.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from metadata.elements import clean
from metadata.event import Agent
from metadata.geometry import Box
from metadata.markup import Element, parse, to_bytes
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Part, Style, Word

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v2#"

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOCATION = f"{NAMESPACE} http://www.loc.gov/standards/alto/alto-v2.0.xsd"
_CODE = re.compile(r"[a-z]{3}")
_UNKNOWN = "und"  # ISO 639-2: undetermined
_LANGUAGE_STYLE = re.compile(r"LANG_\d+_([a-z]{3})")
_ASKED = "languages "
_FIGURES = {BlockKind.PICTURE: "Illustration", BlockKind.SEPARATOR: "GraphicalElement"}
_KINDS = {tag: kind for kind, tag in _FIGURES.items()}
_PARTS = {Part.FIRST: "HypPart1", Part.SECOND: "HypPart2"}
_SUBSTITUTIONS = {name: part for part, name in _PARTS.items()}
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
_FOUR = re.compile(r"-?\d{1,9} -?\d{1,9} \d{1,9} \d{1,9}", re.ASCII)
_DECIMAL = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


def to_alto(text: PageText, *, image_name: str, when: str, order: int = 1, creator: str = "") -> bytes:
    """`text` as ALTO 2.0: equal arguments give equal bytes.

    `image_name` is the file that was read, `when` the moment of reading (ISO 8601), `order` the page's number in its
    volume from 1 (every ID carries it, so that IDs are unique in a book), `creator` who made the engine.

    Raises:
        ValueError: a line without words, text or language on a figure, or a language that is no ISO 639-2 code: ALTO
            2.0 cannot say it.
    """
    return to_bytes(_Writer(text, order).document(image_name, when, creator))


def from_alto(content: bytes) -> PageText:
    """The page that `content` describes: what `to_alto` was given.

    Raises:
        ValueError: what is wrong and in which line of `content`.
    """
    root = parse(content)
    if root.tag != _q("alto"):
        raise ValueError(f"{root.tag!r} is not the root of ALTO 2.0")
    unit = root.findtext(f"{_q('Description')}/{_q('MeasurementUnit')}")
    if unit != "pixel":
        raise ValueError(f"ALTO measured in {unit}, not in pixels")
    pages = root.findall(f"{_q('Layout')}/{_q('Page')}")
    if len(pages) != 1:
        raise ValueError(f"ALTO of {len(pages)} pages, not of one")
    return _Reader(root).page(pages[0])


def _q(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


_STRING, _ALTERNATIVE = _q("String"), _q("ALTERNATIVE")
# Enum members are slow to look up in Python 3.11; a book has a hundred thousand words.
_UNBROKEN = Part.WHOLE


class _Writer:
    """Writes one page; gives out IDs and gathers styles on its way."""

    def __init__(self, text: PageText, order: int) -> None:
        self._text = text
        self._order = order
        self._page = f"{order:04d}"
        self._styles: dict[Style, str] = {}
        self._languages: dict[str, str] = {}
        self._lines = 0

    def document(self, image_name: str, when: str, creator: str) -> Element:
        root = etree.Element(_q("alto"), nsmap={None: NAMESPACE, "xsi": _XSI})
        root.set(f"{{{_XSI}}}schemaLocation", _LOCATION)
        self._describe(_add(root, "Description"), image_name, when, creator)
        layout = etree.Element(_q("Layout"))
        self._lay_out(layout)
        if self._styles or self._languages:
            self._write_styles(_add(root, "Styles"))
        root.append(layout)
        return root

    def _describe(self, description: Element, image_name: str, when: str, creator: str) -> None:
        _say(description, "MeasurementUnit", "pixel")
        _say(_add(description, "sourceImageInformation"), "fileName", image_name)
        step = _add(_add(description, "OCRProcessing", ID=f"OCR_{self._page}"), "ocrProcessingStep")
        _say(step, "processingDateTime", when)
        if self._text.languages:
            codes = [_language(code) for code in self._text.languages]
            _say(step, "processingStepDescription", _ASKED + "+".join(codes))
        _say(step, "processingStepSettings", self._text.settings)
        software, engine = _add(step, "processingSoftware"), self._text.engine
        _say(software, "softwareCreator", creator)
        _say(software, "softwareName", engine.name)
        _say(software, "softwareVersion", engine.version)
        _say(software, "applicationDescription", engine.note)

    def _write_styles(self, styles: Element) -> None:
        for style, name in self._styles.items():
            kinds = " ".join(word for word, on in (("bold", style.bold), ("italics", style.italic)) if on)
            written = _add(styles, "TextStyle", ID=name, FONTSIZE=_number(style.size))
            _set(written, FONTSTYLE=kinds)
        for name in self._languages.values():
            _add(styles, "ParagraphStyle", ID=name)

    def _lay_out(self, layout: Element) -> None:
        text = self._text
        page = _add(layout, "Page", ID=f"PAGE_{self._page}", HEIGHT=str(text.height), WIDTH=str(text.width))
        _set(page, PHYSICAL_IMG_NR=str(self._order), PROCESSING=f"OCR_{self._page}")
        printed = [block.box for block in text.blocks]
        space = Box.around(printed) if printed else Box(0, 0, text.width, text.height)
        where = _placed(page, "PrintSpace", space, f"SPACE_{self._page}")
        for number, block in enumerate(text.blocks, start=1):
            self._block(where, block, f"BLOCK_{self._page}_{number:04d}")

    def _block(self, parent: Element, block: Block, name: str) -> None:
        if block.kind in _FIGURES:
            if block.lines or block.language:
                raise ValueError(f"{name}: a {block.kind} in ALTO 2.0 has neither text nor language")
            _placed(parent, _FIGURES[block.kind], block.box, name)
        elif block.kind is BlockKind.TABLE:
            table = _placed(parent, "ComposedBlock", block.box, name)
            _set(table, TYPE="table")
            self._text_block(table, block, f"{name}_TEXT")
        else:
            self._text_block(parent, block, name)

    def _text_block(self, parent: Element, block: Block, name: str) -> None:
        written = _placed(parent, "TextBlock", block.box, name)
        _set(written, language=_language(block.language))
        for line in block.lines:
            self._line(written, line, block.language)

    def _line(self, block: Element, line: Line, language: str) -> None:
        self._lines += 1
        name = f"LINE_{self._page}_{self._lines:04d}"
        if not line.words:
            raise ValueError(f"{name}: a line in ALTO 2.0 has at least one word")
        written = _placed(block, "TextLine", line.box, name)
        _set(written, STYLEREFS=self._style(line.style))
        before: Box | None = None
        for word in line.words:
            if before is not None:
                gap = str(max(0, word.box.left - before.right))
                _add(written, "SP", WIDTH=gap, HPOS=str(before.right), VPOS=str(before.top))
            self._word(written, word, language)
            before = word.box
        if line.hyphen is not None:
            box = line.hyphen.box
            mark = _add(written, "HYP", WIDTH=str(box.width), HPOS=str(box.left), VPOS=str(box.top))
            mark.set("CONTENT", clean(line.hyphen.text))

    def _word(self, line: Element, word: Word, language: str) -> None:
        written = _placed(line, "String", word.box)
        if word.language != language:
            _set(written, STYLEREFS=self._language_style(word.language))
        written.set("CONTENT", clean(word.text))
        _set(written, WC=_number(word.confidence), SUBS_TYPE=_PARTS.get(word.part, ""), SUBS_CONTENT=word.whole)
        for other in word.others:
            _add(written, "ALTERNATIVE").text = clean(other)

    def _style(self, style: Style) -> str:
        if style == Style():
            return ""
        return self._styles.setdefault(style, f"STYLE_{self._page}_{len(self._styles) + 1:02d}")

    def _language_style(self, code: str) -> str:
        known = _language(code) or _UNKNOWN
        return self._languages.setdefault(known, f"LANG_{self._page}_{known}")


def _add(parent: Element, tag: str, **attributes: str) -> Element:
    return etree.SubElement(parent, _q(tag), attributes)


def _say(parent: Element, tag: str, content: str) -> None:
    if content:
        _add(parent, tag).text = clean(content)


def _set(element: Element, **attributes: str) -> None:
    for name, value in attributes.items():
        if value:
            element.set(name, clean(value))


def _placed(parent: Element, tag: str, box: Box, name: str = "") -> Element:
    element = etree.SubElement(parent, _q(tag))
    _set(element, ID=name)
    _set(element, HEIGHT=str(box.height), WIDTH=str(box.width), HPOS=str(box.left), VPOS=str(box.top))
    return element


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def _language(code: str) -> str:
    if code and (code == _UNKNOWN or not _CODE.fullmatch(code)):
        raise ValueError(f"{code!r} is no ISO 639-2 language code")
    return code


class _Reader:
    """Reads the one page of a document."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._styles = {style.get("ID", ""): _style(style) for style in root.iter(_q("TextStyle"))}

    def page(self, page: Element) -> PageText:
        step = next(self._root.iter(_q("ocrProcessingStep")), None)
        said = [] if step is None else [e.text or "" for e in step.iter(_q("processingStepDescription"))]
        asked = next((text.removeprefix(_ASKED) for text in said if text.startswith(_ASKED)), "")
        return PageText(
            _whole(page, "WIDTH"),
            _whole(page, "HEIGHT"),
            tuple(block for space in _children(page) for block in self._blocks(space)),
            Agent(self._said("softwareName"), self._said("softwareVersion"), note=self._said("applicationDescription")),
            self._said("processingStepSettings"),
            tuple(asked.split("+")) if asked else (),
        )

    def _said(self, tag: str) -> str:
        found = next(self._root.iter(_q(tag)), None)
        return "" if found is None else found.text or ""

    def _blocks(self, parent: Element) -> Iterator[Block]:
        for element in _children(parent):
            tag = etree.QName(element).localname
            if tag in _KINDS:
                yield Block(_KINDS[tag], _box(element))
            elif tag == "TextBlock":
                yield self._text_block(element)
            elif tag == "ComposedBlock" and element.get("TYPE") == "table":
                yield self._table(element)
            elif tag == "ComposedBlock":
                yield from self._blocks(element)
            elif tag != "Shape":
                raise ValueError(f"{_where(element)}: no block of ALTO 2.0")

    def _table(self, table: Element) -> Block:
        parts = tuple(self._blocks(table))
        lines = tuple(line for part in parts for line in part.lines)
        return Block(BlockKind.TABLE, _box(table), lines, next((part.language for part in parts), ""))

    def _text_block(self, block: Element) -> Block:
        language = block.get("language", "")
        lines = tuple(self._line(line, language) for line in block.iter(_q("TextLine")))
        return Block(BlockKind.TEXT, _box(block), lines, language)

    def _line(self, line: Element, language: str) -> Line:
        words = tuple(_word(word, language) for word in line.iter(_STRING))
        known = (self._styles[name] for name in line.get("STYLEREFS", "").split() if name in self._styles)
        mark = line.find(_q("HYP"))
        hyphen = None if mark is None or not words else _hyphen(mark, words[-1].box.height)
        return Line(_box(line), words, next(known, Style()), hyphen)


def _word(word: Element, language: str) -> Word:
    styles = word.get("STYLEREFS")
    codes = _LANGUAGE_STYLE.findall(styles) if styles else ()
    own = "" if _UNKNOWN in codes else codes[0] if codes else language
    part = _SUBSTITUTIONS.get(word.get("SUBS_TYPE", ""), _UNBROKEN)
    whole = word.get("SUBS_CONTENT", "") if part is not _UNBROKEN else ""
    content = word.get("CONTENT")
    if content is None:
        raise ValueError(f"{_where(word)}: no CONTENT")
    box, confidence = _box(word), _decimal(word, "WC")
    others = tuple(each.text or "" for each in word.iterchildren(_ALTERNATIVE)) if len(word) else ()
    try:
        return Word(content, box, confidence, own, part, whole, others)
    except ValueError as error:
        raise ValueError(f"{_where(word)}: {error}") from None


def _hyphen(mark: Element, height: int) -> Hyphen:
    box = Box(_whole(mark, "HPOS"), _whole(mark, "VPOS"), _whole(mark, "WIDTH"), height)
    return Hyphen(mark.get("CONTENT", ""), box)


def _style(style: Element) -> Style:
    kinds = style.get("FONTSTYLE", "").split()
    return Style(_decimal(style, "FONTSIZE"), bold="bold" in kinds, italic="italics" in kinds)


def _box(element: Element) -> Box:
    get = element.get
    left, top, width, height = get("HPOS", ""), get("VPOS", ""), get("WIDTH", ""), get("HEIGHT", "")
    if not _FOUR.fullmatch(f"{left} {top} {width} {height}"):  # one of them is to be named
        return Box(*(_whole(element, name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")))
    return Box(int(left), int(top), int(width), int(height))


def _whole(element: Element, name: str) -> int:
    value = element.get(name, "")
    if not _WHOLE.fullmatch(value):
        raise ValueError(f"{_where(element)}: {name} is {value!r}, not whole pixels")
    number = int(value)
    if number < 0 and name in {"WIDTH", "HEIGHT"}:
        raise ValueError(f"{_where(element)}: {name} is {value}, less than nothing")
    return number


def _decimal(element: Element, name: str) -> float:
    value = element.get(name, "0")
    number = _number_of(value)
    if number is None:
        raise ValueError(f"{_where(element)}: {name} is {value!r}, not a number")
    if not math.isfinite(number):
        raise ValueError(f"{_where(element)}: {name} is {value!r}, beyond all numbers")
    return number


@lru_cache(4096)
def _number_of(value: str) -> float | None:
    """The number that is written there; of confidences the same few are met again and again."""
    return float(value) if _DECIMAL.fullmatch(value) else None


def _where(element: Element) -> str:
    return f"line {element.sourceline}: {etree.QName(element).localname}"


def _children(element: Element) -> Iterator[Element]:
    return element.iterchildren(etree.Element)
