"""What is noticed about a volume as a whole: pages that are missing, doubled, swapped or unlike the others."""

from __future__ import annotations

import itertools
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.delivery import PlannedVolume
from ingest.page_seen import Begins, Ends
from ingest.sequence import PageSeen, expected_pages, judge
from metadata.alto import from_alto
from metadata.finding import Finding, finding
from metadata.model import Page, Source, Volume
from metadata.text import Line, PageText, Part, Word
from ocr.folios import Candidate, candidates
from ocr.numerals import written
from ocr.sight import PageSight, printed
from workflows.closing import read_page
from workflows.page_standing import subject_of
from workflows.step import read_record

_MM = 25.4
_LEAST_LETTERS = 4
"""Shorter words stand on every page."""
_BODY, _LEAST_LINES = 4, 3
"""Lines of fewer words are headings, folios and signatures; pages of fewer such lines have no running text."""
_DOUBTFUL = 0.5
_BREAKS, _CLOSES, _MARKS = "-¬⸗=­", ".!?:;…", "\"'„“”‚‘’»«›‹()[]*—–"
_LIKELY = 0.5
"""From which weight on a number at a page's edge is taken for its folio."""
_AROUND, _GOES_WITH, _ENOUGH = 6, 0.25, 3
"""By how much each of so many pages around that count alike make a number likelier."""


def judged_book(planned: PlannedVolume, volume: Volume, pages: Sequence[Path]) -> tuple[Finding, ...]:
    """Compare the pages of a finished volume with one another, and their number with what is said of it.

    Args:
        planned: the volume as its delivery describes it.
        volume: as it is to be packaged.
        pages: the folders of its finished pages, in order.
    """
    seen = _all_seen(volume, pages)
    if volume.description.kind.loose:
        seen = [PageSeen(each.order, each.subject, print=each.print, blank=each.blank) for each in seen]
    exact = planned.expected > 0
    expected = planned.expected or expected_pages(volume.description.extent)
    noticed = judge(seen, expected, exact=exact)
    return tuple(finding(each.code, each.subject or volume.folder, **each.facts) for each in noticed)


def _all_seen(volume: Volume, places: Sequence[Path]) -> list[PageSeen]:
    both = [_seen(page, place, volume.folder) for page, place in zip(volume.pages, places, strict=True)]
    found = [candidates(printed(PageSight(known.order, text, known.blank))) for known, text in both]
    return [
        _numbered(known, page, found[at], _near(found, at))
        for at, ((known, _), page) in enumerate(zip(both, volume.pages, strict=True))
    ]


def _seen(page: Page, place: Path, folder: str) -> tuple[PageSeen, PageText]:
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
    begins, ends = running(text)
    return replace(known, begins=begins, ends=ends), text


def running(text: PageText) -> tuple[Begins, Ends]:
    """How the running text of a page begins and ends, its headings, folios and running heads left aside."""
    lines = [line for line in text.lines() if len(line.words) >= _BODY]
    if lines and _numeral(lines[0]):
        del lines[0]
    if lines and _numeral(lines[-1]):
        del lines[-1]
    if len(lines) < _LEAST_LINES:
        return "", ""
    return _begins(lines[0].words[0]), _ends(lines[-1])


def _numeral(line: Line) -> bool:
    """Whether a line begins or ends with a number, as running heads do."""
    return any(line.words[place].text.strip(_MARKS + _CLOSES).isdigit() for place in (0, -1))


def _begins(word: Word) -> Begins:
    letters = word.text.strip(_MARKS)
    if word.part is Part.SECOND:
        return "small"
    if word.confidence < _DOUBTFUL or not letters[:1].isalpha():
        return ""
    return "small" if letters[0].islower() else "large"


def _ends(line: Line) -> Ends:
    last = line.words[-1]
    if line.hyphen or last.part is Part.FIRST or (len(last.text) > 1 and last.text[-1] in _BREAKS):
        return "broken"
    if last.confidence < _DOUBTFUL:
        return ""
    return "closed" if last.text.rstrip(_MARKS)[-1:] in (*_CLOSES,) else "open"


def _numbered(known: PageSeen, page: Page, found: Sequence[Candidate], near: Mapping[int, int]) -> PageSeen:
    """With the page's number: as given, else the likeliest at the page's edges that goes with the pages `near`.

    A number that was read is never sure: typed letters and forms have numbers of other kinds at their edges.
    """
    if page.source is not Source.PROPOSED:
        return replace(known, folio=page.label, folio_sure=True, side=page.side.value if page.side else "")
    likely = [each for each in found if each.weight >= _LIKELY]
    if not likely:
        return known
    chosen = max(likely, key=lambda each: each.weight + _GOES_WITH * min(near[_offset(each, known.order)], _ENOUGH))
    numbers = range(chosen.value, chosen.value + chosen.step)
    return replace(known, folio="-".join(written(number, chosen.figures) for number in numbers))


def _near(found: Sequence[Sequence[Candidate]], at: int) -> Counter[int]:
    """How many of the pages around the one of index `at` have a number of each distance from the scans' own."""
    around = [index for index in range(max(0, at - _AROUND), min(len(found), at + _AROUND + 1)) if index != at]
    return Counter(itertools.chain(*({_offset(each, index + 1) for each in found[index]} for index in around)))


def _offset(number: Candidate, order: int) -> int:
    return number.value - number.step * order


def _facts(place: Path, step: str) -> Mapping[str, Any]:
    record = read_record(place / step)
    return record.facts if record else {}


def _words(text: PageText) -> frozenset[int]:
    long = {word.text.casefold() for word in text.words() if len(word.text) >= _LEAST_LETTERS}
    return frozenset(zlib.crc32(word.encode()) for word in long)
