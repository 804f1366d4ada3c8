"""What is noticed about a volume as a whole: pages that are missing, doubled, swapped or unlike the others."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.delivery import PlannedVolume
from ingest.sequence import PageSeen, expected_pages, judge
from metadata.alto import from_alto
from metadata.description import VolumeKind
from metadata.finding import Finding, finding
from metadata.model import Page, Source, Volume
from metadata.text import PageText
from ocr.folios import candidates
from ocr.numerals import written
from ocr.sight import PageSight, printed
from workflows.closing import read_page
from workflows.page_standing import subject_of
from workflows.step import read_record

_LOOSE = frozenset({VolumeKind.MAP, VolumeKind.GRAPHIC})
"""Sheets differ in size and paper, and lie in no order of numbers."""
_MM = 25.4
_LEAST_LETTERS = 4
"""Shorter words stand on every page."""
_LIKELY, _SURE = 0.5, 0.85
"""From which weight on a number at a page's edge is taken for its folio, and for a sure one."""


def judged_book(planned: PlannedVolume, volume: Volume, pages: Sequence[Path]) -> tuple[Finding, ...]:
    """Compare the pages of a finished volume with one another, and their number with what is said of it.

    Args:
        planned: the volume as its delivery describes it.
        volume: as it is to be packaged.
        pages: the folders of its finished pages, in order.
    """
    seen = [_seen(page, place, volume.folder) for page, place in zip(volume.pages, pages, strict=True)]
    if volume.description.kind in _LOOSE:
        seen = [PageSeen(each.order, each.subject, print=each.print, blank=each.blank) for each in seen]
    exact = planned.expected > 0
    expected = planned.expected or expected_pages(volume.description.extent)
    noticed = judge(seen, expected, exact=exact)
    return tuple(finding(each.code, each.subject or volume.folder, **each.facts) for each in noticed)


def _seen(page: Page, place: Path, folder: str) -> PageSeen:
    record = read_page(place)
    examined, made = _facts(place, "examine"), _facts(place, "straighten")
    measures = {each["name"]: float(each["value"]) for each in examined.get("measures", ())}
    dpi = record.master_image.x_dpi or 300.0
    text = from_alto((place / "read" / record.alto.path).read_bytes())
    known = PageSeen(
        order=page.order,
        subject=subject_of(folder, page),
        print=made.get("print", ""),
        words=_words(text),
        blank=record.blank,
        width_mm=record.master_image.width / dpi * _MM,
        height_mm=record.master_image.height / dpi * _MM,
        paper=tuple(made["paper"]) if "paper" in made else None,
        edge_mm=measures.get("edge width", 0.0),
        letter_mm=measures.get("letter height", 0.0),
        dpi=dpi,
    )
    return _numbered(known, page, text)


def _numbered(known: PageSeen, page: Page, text: PageText) -> PageSeen:
    """With the page's number: as given, else the likeliest at the page's edges, not concluded from its neighbours."""
    if page.source is not Source.PROPOSED:
        return replace(known, folio=page.label, folio_sure=True, side=page.side.value if page.side else "")
    found = candidates(printed(PageSight(page.order, text, known.blank)))
    likely = max(found, key=lambda each: each.weight, default=None)
    if likely is None or likely.weight < _LIKELY:
        return known
    numbers = range(likely.value, likely.value + likely.step)
    folio = "-".join(written(number, likely.figures) for number in numbers)
    return replace(known, folio=folio, folio_sure=likely.weight >= _SURE)


def _facts(place: Path, step: str) -> Mapping[str, Any]:
    record = read_record(place / step)
    return record.facts if record else {}


def _words(text: PageText) -> frozenset[int]:
    long = {word.text.casefold() for word in text.words() if len(word.text) >= _LEAST_LETTERS}
    return frozenset(zlib.crc32(word.encode()) for word in long)
