"""hOCR, as Tesseract writes it, read into a PageText.

hOCR 1.2 (kba/hocr-spec): every element says in `class` what it is and in `title` its properties ("bbox 0 0 9 9;
x_wconf 96"). Tesseract nests ocr_page > ocr_carea > ocr_par > lines > ocrx_word; a paragraph becomes a Block.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from metadata.event import Agent
from metadata.geometry import Box
from metadata.markup import Element
from metadata.text import Block, BlockKind, Line, PageText, Style, Word

_LINES = frozenset({"ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat"})
_FIGURES = {"ocr_photo": BlockKind.PICTURE, "ocr_separator": BlockKind.SEPARATOR}
_BBOX = re.compile(r"\bbbox +(-?\d{1,9}) +(-?\d{1,9}) +(-?\d{1,9}) +(-?\d{1,9})\b")
_X_WCONF = re.compile(r"\bx_wconf +(\d{1,9}(?:\.\d{1,9})?)")
_X_SIZE = re.compile(r"\bx_size +(\d{1,9}(?:\.\d{1,9})?)")
_LANGUAGE = re.compile(r"[a-z]{3}")


def from_hocr(
    content: bytes, engine: Agent, *, dpi: float, languages: tuple[str, ...] = (), settings: str = ""
) -> PageText:
    """The one page that `content` describes, in pixels of the image that was read.

    Boxes are clipped to the page, words without text and blocks without words are dropped. Sizes of type are in
    points, to the half point; they need `dpi` and are 0 when that is 0. A word's language is that of the model that
    read it; where a script's model did, it is the language asked for when there is just one, else unknown.

    Raises:
        ValueError: this is no hOCR, or not of exactly one page.
    """
    pages = [element for element in _root(content).iter() if _kind(element) == "ocr_page"]
    if len(pages) != 1:
        raise ValueError(f"hOCR of {len(pages)} pages, not of one")
    size = _bbox(pages[0])
    if size is None or not size.width or not size.height:
        raise ValueError(f"hOCR page without its size: {pages[0].get('title')!r}")
    reader = _Reader(size, dpi, languages)
    return PageText(size.width, size.height, tuple(reader.blocks(pages[0])), engine, settings, languages)


class _Reader:
    """Reads what lies on one page of a given size."""

    def __init__(self, page: Box, dpi: float, languages: tuple[str, ...]) -> None:
        self._page = page
        self._dpi = dpi
        self._only_language = languages[0] if len(languages) == 1 else ""

    def blocks(self, page: Element) -> Iterator[Block]:
        """Paragraphs and figures in document order, which is Tesseract's reading order."""
        for element in page.iter():
            kind = _kind(element)
            if kind in _FIGURES:
                yield Block(_FIGURES[kind], self._box(element))
            elif kind == "ocr_par":
                yield from self._paragraph(element)

    def _paragraph(self, paragraph: Element) -> Iterator[Block]:
        tongue = paragraph.get("lang", "")
        lines = tuple(line for e in paragraph.iter() if _kind(e) in _LINES for line in self._line(e, tongue))
        if lines:
            read = Counter(word.language for line in lines for word in line.words)
            yield Block(BlockKind.TEXT, self._box(paragraph), lines, read.most_common(1)[0][0])

    def _line(self, line: Element, tongue: str) -> Iterator[Line]:
        marked = [e for e in line.iter() if _kind(e) == "ocrx_word" and _text(e)]
        if marked:
            style = Style(
                self._points(line),
                bold=all(_has(e, "strong", "b") for e in marked),
                italic=all(_has(e, "em", "i") for e in marked),
            )
            yield Line(self._box(line), tuple(self._word(e, tongue) for e in marked), style)

    def _word(self, word: Element, tongue: str) -> Word:
        said = _X_WCONF.search(word.get("title", ""))
        confidence = round(min(float(said.group(1)) / 100, 1.0), 4) if said else 0.0
        return Word(_text(word), self._box(word), confidence, self._language(word.get("lang") or tongue))

    def _language(self, model: str) -> str:
        if model == "frk":  # Tesseract's old name of German Fraktur; in ISO 639 it is Frankish
            return "deu"
        return model if _LANGUAGE.fullmatch(model) else self._only_language

    def _points(self, line: Element) -> float:
        said = _X_SIZE.search(line.get("title", ""))
        return round(float(said.group(1)) / self._dpi * 72 * 2) / 2 if said and self._dpi > 0 else 0.0

    def _box(self, element: Element) -> Box:
        return (_bbox(element) or Box(0, 0, 0, 0)).inside(self._page.width, self._page.height)


def _root(content: bytes) -> Element:
    # The HTML parser knows no DTD and no entities of a document's own, and forgives what XML forbids.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(content, parser)
    if root is None:
        raise ValueError("not hOCR: no element in it")
    return root


def _kind(element: Element) -> str:
    return element.get("class", "").strip()


def _bbox(element: Element) -> Box | None:
    # The last one: a page's title begins with the name of its file, which may hold any words.
    found = _BBOX.findall(element.get("title", ""))
    return Box.between(*map(int, found[-1])) if found else None


def _text(word: Element) -> str:
    said = "".join(str(part) for part in word.itertext())
    kept = "".join(
        " " if c.isspace() else c for c in said if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs"}
    )
    return " ".join(kept.split())


def _has(word: Element, *tags: str) -> bool:
    return any(True for _ in word.iter(*tags))
