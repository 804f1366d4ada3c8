"""What the steps that read do to a page, drawn as bench.pictures_of_steps draws; all of it needs Tesseract."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from lxml import etree

from bench.page_quality import Page, blurred
from bench.pictures_of_steps import (
    AMBER,
    BLUE,
    DPI,
    GREEN,
    HALF,
    PLAIN_PAGE,
    RED,
    Colour,
    Figures,
    Shown,
    fitted,
    framed,
    labelled,
    lit,
    opened,
    side_by_side,
    truth,
)
from bench.reading_errors import errors, judged
from ingest import crop
from ingest.image import Pixels, grey
from ingest.material import Material
from metadata.geometry import Box, Chain, Transform
from metadata.text import PageText, Word
from metadata.tool import Limits, Tool
from ocr.careful import Careful
from ocr.ink_check import check
from ocr.pdf_about import PdfAbout
from ocr.reading_order import in_order
from ocr.searchable import PdfPage, write_pdf
from ocr.tesseract import Tesseract

PDF_TOOLS = (Tool("pdftoppm", "poppler-utils", ("-v",)), Tool("pdftotext", "poppler-utils", ("-v",)))


def read(pixels: Pixels, engine: Tesseract | Careful) -> PageText:
    """A Czech page as the engine reads it."""
    with tempfile.TemporaryDirectory(prefix="kdr-steps-") as folder:
        file = Path(folder, "page.pgm")
        cv2.imwrite(str(file), grey(pixels))
        return engine.read(file, ("ces",), DPI)


@cache
def _carefully(path: Path) -> PageText:
    return read(opened(path), Careful())


def reading(samples: Path) -> Shown:
    """A soft, faded, grainy page read once by plain Tesseract, and carefully: words coloured by their confidence."""
    path = samples / PLAIN_PAGE
    soft, _ = blurred(Page(path.stem, opened(path), DPI, Material.BOOK))
    grain = np.random.default_rng(1).normal(0, 6, soft.shape)
    page = (soft * 0.6 + 60 + grain).clip(0, 255).astype(np.uint8)
    plain, careful = read(page, Tesseract()), read(page, Careful())
    changed = [word.box for word in careful.words() if not _has(plain, word)]
    figures: Figures = {"reading.changed": len(changed)}
    for name, text in (("plain", plain), ("careful", careful)):
        sure = [
            each
            for each in judged(truth(path), [(w.text, w.confidence) for w in text.words()])
            if each.confidence >= 0.9
        ]
        figures |= {f"reading.{name}.cer": round(100 * errors(truth(path), text.plain()).cer, 1)}
        figures |= {f"reading.{name}.words": sum(1 for _ in text.words()), f"reading.{name}.sure": len(sure)}
        figures |= {f"reading.{name}.right": round(100 * sum(each.right for each in sure) / max(1, len(sure)), 1)}
    before, after = (lit(page, ((w.box, _by_trust(w.confidence)) for w in text.words())) for text in (plain, careful))
    part = _around(changed, careful)
    drawn = [crop.cut(each, part)[0] for each in (before, framed(after, changed, BLUE, 3))]
    return Shown(side_by_side(*drawn), figures)


def _has(text: PageText, word: Word) -> bool:
    return any(each.text == word.text and _shared(each.box, word.box) for each in text.words())


def _shared(one: Box, other: Box) -> bool:
    return max(one.left, other.left) < min(one.right, other.right) and max(one.top, other.top) < min(
        one.bottom, other.bottom
    )


def _by_trust(confidence: float) -> Colour:
    """Red for 0, yellow for a half, green for 1."""
    return round(255 * min(1.0, 2 - 2 * confidence)), round(255 * min(1.0, 2 * confidence)), 60


def _around(boxes: Sequence[Box], text: PageText) -> Box:
    """The piece of the page, 1100 x 1000 pixels, that holds most of the boxes, and of words where these are as many."""
    corners = [(box.left - 60, box.top - above) for box in boxes for above in (60, 500, 900)] or [(0, 0)]
    most = max(0, text.width - 1100), max(0, text.height - 1000)
    pieces = [Box(min(max(x, 0), most[0]), min(max(y, 0), most[1]), 1100, 1000) for x, y in corners]
    words = [word.box for word in text.words()]
    return max(pieces, key=lambda piece: [sum(_shared(piece, box) for box in each) for each in (boxes, words)])


def ordering(samples: Path) -> Shown:
    """A newspaper page read straight across its columns, and the same lines put in order: colours run as it is read."""
    path = samples / "delivery" / "noviny-modrinovske-listy" / "0001.jpg"
    page = opened(path)
    across = read(page, Tesseract(layout=6))
    ordered = in_order(across)
    told = [int(number) for number in re.findall(r"(\d+) gutters, (\d+) lines", ordered.settings)[0]]
    figures: Figures = {"order.gutters": told[0], "order.cut": told[1]}
    figures |= {"order.before": round(100 * errors(truth(path), across.plain()).cer, 1)}
    figures |= {"order.after": round(100 * errors(truth(path), ordered.plain()).cer, 1)}
    return Shown(side_by_side(_ordered(page, across), _ordered(page, ordered)), figures)


def _ordered(page: Pixels, text: PageText) -> Pixels:
    lines = list(text.lines())
    shades = cv2.applyColorMap(np.linspace(0, 255, len(lines)).astype(np.uint8).reshape(-1, 1), cv2.COLORMAP_RAINBOW)[
        :, 0, ::-1
    ]
    inks = [(int(red), int(green), int(blue)) for red, green, blue in shades]
    small = fitted(lit(page, zip((line.box for line in lines), inks, strict=True)), HALF)
    scale = HALF / page.shape[1]
    for at in range(0, len(lines), 12):
        place = round(lines[at].box.left * scale) + 4, round(lines[at].box.top * scale) - 2
        small = labelled(small, str(at + 1), (0, 0, 0), at=place, size=11)
    return small


def places(samples: Path) -> Shown:
    """Sure words on their ink, and the same words where a forgotten cut of the page would leave them: refused."""
    path = samples / PLAIN_PAGE
    page, text = opened(path), _carefully(path)
    forgotten = Chain().then(Transform.cut(Box(-90, -35, page.shape[1], len(page))))
    drawn, figures = [], Figures()
    for name, way in (("good", Chain()), ("moved", forgotten)):
        seen = check(page, text, way)
        off = {id(word) for word in seen.missed}
        sure = [word for word in text.words() if word.confidence >= 0.9]
        boxes = ((way.box(word.box), RED if id(word) in off else GREEN) for word in sure)
        whole = lit(page, boxes)
        drawn.append(labelled(fitted(whole, HALF), f"{100 * seen.share:.0f} %", GREEN if seen.passed else RED))
        figures |= {f"places.{name}.missed": len(seen.missed), f"places.{name}.checked": seen.checked}
        figures |= {f"places.{name}.share": round(100 * seen.share, 1)}
        figures |= {f"places.{name}.right": seen.drift[0], f"places.{name}.down": seen.drift[1]}
    return Shown(side_by_side(*drawn), figures)


def searchable(samples: Path) -> Shown:
    """A scan, and its page in the PDF with the words that pdftotext finds there: all of them, and one sought."""
    path = samples / PLAIN_PAGE
    text = _carefully(path)
    with tempfile.TemporaryDirectory(prefix="kdr-steps-") as folder:
        file, drawn = Path(folder, "page.pdf"), Path(folder, "page")
        about = PdfAbout("kdr", "2026-11-22T10:00:00+00:00", "kdr bench", language="ces")
        facts = write_pdf(file, [PdfPage(path, text, "9", DPI)], about, long_edge=2000)
        PDF_TOOLS[0].run(["-r", "150", "-png", "-singlefile", str(file), str(drawn)], Limits(seconds=60))
        found = _found(PDF_TOOLS[1].run(["-bbox", str(file), "-"], Limits(seconds=60)), 150 / 72)
        page = opened(drawn.with_suffix(".png"))
    sought = max((word for word, _ in found), key=len)
    shine = [(box, AMBER if word == sought else (215, 235, 255)) for word, box in found]
    after = framed(lit(page, shine), (box for word, box in found if word == sought), RED, 4)
    figures: Figures = {"pdf.words": facts.words, "pdf.found": len(found), "pdf.kb": round(facts.bytes / 1000)}
    return Shown(side_by_side(opened(path), after), figures | {"pdf.sought": sought})


def _found(said: str, scale: float) -> list[tuple[str, Box]]:
    """The words that `pdftotext -bbox` tells, in pixels of `scale` to a point."""
    words = etree.HTML(said).iter("{*}word", "word")
    edges = [(word.text or "", [round(scale * float(value)) for value in word.attrib.values()]) for word in words]
    return [(word, Box.between(*places)) for word, places in edges]
