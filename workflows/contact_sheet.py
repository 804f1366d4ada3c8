"""The contact sheet of a batch: its pages as pictures, worst first."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from metadata.finding import Severity
from workflows.page_standing import PageStanding, PageState
from workflows.standing import BatchStanding, VolumeStanding

MOST_PICTURES = 600
"""So many pages are on the contact sheet: about 14 MB with pictures of 260 pixels, which a phone still opens."""

_LARGEST_PICTURE = 256 << 10


@dataclass(frozen=True, slots=True)
class Card:
    """A page on the contact sheet: its volume, its anchor, and its picture as a data: URI or empty."""

    anchor: str
    volume: VolumeStanding
    page: PageStanding
    picture: str


def contact_sheet(found: BatchStanding) -> tuple[dict[str, list[Card]], int]:
    """The cards in three parts (stopped, warning, fine), worst first; and how many pages are left out.

    Within a part first what has ink but no text, then the less sure its text the sooner, blank pages last.
    """
    pages = [
        (page, volume, f"s-{number}-{page.number}")
        for number, volume in enumerate(found.volumes, 1)
        for page in volume.pages
        if page.state is not PageState.LEFT
    ]
    sheet: dict[str, list[Card]] = {"stopped": [], "warning": [], "fine": []}
    pages.sort(key=lambda each: (list(sheet).index(rank(each[0])), worth(each[0])))
    for page, volume, anchor in pages[:MOST_PICTURES]:
        sheet[rank(page)].append(Card(anchor, volume, page, _picture(page.thumbnail)))
    return sheet, max(0, len(pages) - MOST_PICTURES)


def rank(page: PageStanding) -> str:
    """The part of the sheet it belongs to: stopped, warning or fine."""
    if page.state is not PageState.DONE:
        return "stopped"
    return "warning" if any(f.severity is Severity.WARNING for f in page.findings) else "fine"


def worth(page: PageStanding) -> float:
    """How little a page needs a look."""
    return 2.0 if page.blank else page.confidence


def _picture(path: Path | None) -> str:
    """A JPEG as a data: URI; empty when there is none, or it is not one, or too large to travel in a report."""
    if path is None:
        return ""
    try:
        content = path.read_bytes() if path.stat().st_size <= _LARGEST_PICTURE else b""
    except OSError:
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}" if content[:3] == b"\xff\xd8\xff" else ""
