"""Images against the JPEG 2000 profiles of the standard, and against what the records say of them (ndk.md §4).

Rules: fDMF section "Obrazová data" as far as jpylyzer can judge it; JHOVE, Kakadu and ImageMagick are not asked.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import jpylyzer.jpylyzer

from metadata.elements import METS, MIX
from metadata.markup import Element
from metadata.ndk.check.complaint import Complaint, complaint, wrong
from metadata.ndk.check.context import Check, Context
from metadata.ndk.check.page import Page, PageCheck, Size, place, section
from metadata.ndk.check.psp import Psp
from metadata.ndk.jp2 import MC, UC, misses
from metadata.ndk.layout import Use

_PROFILES = {
    Use.MASTER: ("MASTER-COPY_FILES_VALID_BY_JPYLYZER", MC),
    Use.USER: ("USER-COPY_FILES_VALID_BY_JPYLYZER", UC),
}
_HEAD = 1 << 16
"""Bytes in which the header of a JP2 lies; other boxes before it are rare and small."""
_SIZE = "/".join(MIX.tag(step) for step in ("BasicImageInformation", "BasicImageCharacteristics"))


def profiles(context: Context) -> Iterator[Complaint]:
    """Every master and user copy is a whole JP2 of its profile; skipped when images are not to be opened."""
    if not context.images:
        return
    for use, (rule, wanted) in _PROFILES.items():
        for path in context.files(use):
            try:
                report = _report(context.psp, path)
            except OSError as error:
                yield wrong(rule, "image_unreadable", path, why=str(error))
                continue
            for miss in misses(report, wanted):
                yield wrong(rule, "image_property", path, property=miss.rule, found=miss.found, wanted=miss.wanted)


def described(page: Page) -> Iterator[Complaint]:
    """Width and height in the MIX of the master are those of the master (ours)."""
    if page.amd is None or not page.images:
        return
    told, real = told_size(page), real_size(page)
    if told is not None and real is not None and told[0] != real:
        where = place(told[1])
        yield complaint("KDR_MIX_SIZE", page.path(Use.AMD), where, found=str(told[0]), wanted=str(real))


def told_size(page: Page) -> tuple[Size, Element] | None:
    """What MIX_002 says of the master's size, and the section that says it; None when it does not."""
    sections = section(page.amd, "amdSec", "techMD") if page.amd is not None else []
    record = next((each for each in sections if each.get("ID") == "MIX_002"), None)
    facts = (
        record.find(f"{METS.tag('mdWrap')}/{METS.tag('xmlData')}/{MIX.tag('mix')}/{_SIZE}")
        if record is not None
        else None
    )
    if record is None or facts is None:
        return None
    texts = [(facts.findtext(MIX.tag(name)) or "").strip() for name in ("imageWidth", "imageHeight")]
    # Longer numbers are no sizes of images, and Python refuses to read numbers without end.
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts):
        return None
    return Size(int(texts[0]), int(texts[1])), record


def real_size(page: Page) -> Size | None:
    """The master's size as its own header says; None when images are not to be opened or it cannot be read."""
    path = page.path(Use.MASTER)
    if not page.images or not path:
        return None
    try:
        with page.psp.opened(path) as stream:
            return header_size(stream.read(_HEAD))
    except OSError:
        # The rule on the file itself tells that it cannot be read.
        return None


def header_size(head: bytes) -> Size | None:
    """The size in the image header box of a JP2 that begins with `head`; None: there is none (ISO 15444-1 I.5.3.1)."""
    start = _payload(head, 0, len(head), b"jp2h")
    inner = _payload(head, *start, b"ihdr") if start is not None else None
    if inner is None or inner[1] - inner[0] < 8:
        return None
    height, width = (int.from_bytes(head[inner[0] + n : inner[0] + n + 4]) for n in (0, 4))
    return Size(width, height)


def _payload(head: bytes, start: int, end: int, kind: bytes) -> tuple[int, int] | None:
    """Where the content of the first box of a kind lies between two offsets (ISO 15444-1 I.4)."""
    while start + 8 <= end:
        length, skip = int.from_bytes(head[start : start + 4]), 8
        if length == 1:
            length, skip = int.from_bytes(head[start + 8 : start + 16]), 16
        last = end if length == 0 else min(end, start + length)
        if head[start + 4 : start + 8] == kind:
            return start + skip, last
        if 0 < length < skip:
            return None
        start = last
    return None


def _report(psp: Psp, path: str) -> Any:  # noqa: ANN401 - jpylyzer has no types
    # It tells people in English on their screen what its report says anyway.
    with psp.local(path) as where, contextlib.redirect_stderr(io.StringIO()):
        return jpylyzer.jpylyzer.checkOneFile(str(where))


CHECKS: tuple[Check, ...] = (profiles,)
PAGE_CHECKS: tuple[PageCheck, ...] = (described,)
