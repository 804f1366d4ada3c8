"""The texts of a page: TXT and ALTO in UTF-8, ALTO 2.0 by its schema, laid on the master as large as it is.

Rules: fDMF sections "OCR TEXT" and "OCR ALTO"; size, place and blocks are ours (ndk.md §5).
"""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator
from pathlib import Path

from metadata.file import CHUNK
from metadata.markup import Element, violations
from metadata.ndk.check.complaint import Complaint, Level, complaint, wrong
from metadata.ndk.check.images import real_size, told_size
from metadata.ndk.check.page import ALTO, Page, PageCheck, Size, place
from metadata.ndk.check.psp import Psp
from metadata.ndk.layout import Use

SCHEMA = Path("alto", "alto-2-0.xsd")
"""ALTO 2.0, below the folder of schemas."""

_UTF8 = {Use.TXT: "OCR-TEXT_FILES_IN_UTF8", Use.ALTO: "OCR-ALTO_FILES_IN_UTF8"}
_XSD = "OCR-ALTO_FILES_VALID_BY_XSD"
_PAGE_SIZE = "KDR_ALTO_PAGE_SIZE"
_BLOCKS = tuple(f"{{{ALTO}}}{name}" for name in ("TextBlock", "Illustration", "GraphicalElement", "ComposedBlock"))


def in_utf8(page: Page) -> Iterator[Complaint]:
    """TXT and ALTO are UTF-8."""
    for use, rule in _UTF8.items():
        path = page.path(use)
        offset = _not_utf8(page.psp, path) if path else None
        if offset is not None:
            yield complaint(rule, path, offset=offset)


def by_schema(page: Page) -> Iterator[Complaint]:
    """The ALTO is valid by the schema of ALTO 2.0; without a folder of schemas only its root is looked at."""
    if page.alto is None:
        return
    path = page.path(Use.ALTO)
    if page.alto.tag != f"{{{ALTO}}}alto":
        yield wrong(_XSD, "alto_root", path, found=str(page.alto.tag))
    elif page.schemas is not None:
        for fault in violations(page.alto, page.schemas / SCHEMA):
            yield wrong(_XSD, "alto_schema", path, line=fault.line, why=fault.why)


def on_the_master(page: Page) -> Iterator[Complaint]:
    """Page and blocks of the ALTO lie on the master: same size, nothing outside (ours).

    The master's size is that of its own header, or of MIX where images are not opened. ALTO measured otherwise than in
    pixels says nothing about pixels and is not asked.
    """
    told = told_size(page)
    size = real_size(page) or (told[0] if told is not None else None)
    if page.alto is None or size is None or page.alto.findtext(_path("Description", "MeasurementUnit")) != "pixel":
        return
    for sheet in page.alto.iterfind(_path("Layout", "Page")):
        written = _numbers(sheet, "WIDTH", "HEIGHT")
        if written is None:
            yield wrong(_PAGE_SIZE, "alto_unsized", page.path(Use.ALTO), place(sheet), Level.WARNING, wanted=str(size))
        elif written != (size.width, size.height):
            found = f"{written[0]:g} × {written[1]:g}"
            yield wrong(_PAGE_SIZE, "alto_size", page.path(Use.ALTO), place(sheet), found=found, wanted=str(size))
        else:
            yield from _outside(sheet, size, page.path(Use.ALTO))


def named_blocks(page: Page) -> Iterator[Complaint]:
    """Every block that the logical map names is one of this ALTO (ours)."""
    if page.alto is None or not page.blocks:
        return
    known = {each.get("ID") for each in page.alto.iter() if isinstance(each.tag, str)}
    for block, division in page.blocks:
        if block not in known:
            yield wrong("KDR_ALTO_BLOCK_LINK", "block_unknown", page.path(Use.ALTO), found=block, division=division)


def _outside(sheet: Element, size: Size, file: str) -> Iterator[Complaint]:
    for block in sheet.iter(*_BLOCKS):
        box = _numbers(block, "HPOS", "VPOS", "WIDTH", "HEIGHT")
        if box is None:
            continue
        left, top, width, height = box
        if left < 0 or top < 0 or left + width > size.width or top + height > size.height:
            found = f"{left:g}, {top:g}, {width:g} × {height:g}"
            yield wrong(_PAGE_SIZE, "alto_outside", file, place(block), Level.WARNING, found=found, wanted=str(size))


def _numbers(element: Element, *names: str) -> tuple[float, ...] | None:
    try:
        found = tuple(float(element.get(name, "")) for name in names)
    except ValueError:
        return None
    return found if all(map(math.isfinite, found)) else None


def _not_utf8(psp: Psp, path: str) -> int | None:
    """Where (bytes from 0) a file stops being UTF-8; None when it is, or when it cannot be read: others tell that."""
    decoder, read = codecs.getincrementaldecoder("utf-8")(), 0
    try:
        with psp.opened(path) as stream:
            while chunk := stream.read(CHUNK):
                read += len(chunk)
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # The bytes in its hands are the last ones read, with those before them that it had kept.
        return read - len(error.object) + error.start
    except OSError:
        return None
    return None


def _path(*steps: str) -> str:
    return "/".join(f"{{{ALTO}}}{step}" for step in steps)


PAGE_CHECKS: tuple[PageCheck, ...] = (in_utf8, by_schema, on_the_master, named_blocks)
CHECKS: tuple[()] = ()
