"""The pages of a batch as a table for a spreadsheet: one row a page, in Czech."""

from __future__ import annotations

import csv
import io
import re

from metadata.wording import Tongue, printable
from workflows.page_standing import PageStanding
from workflows.report_words import known_word, say, sentence
from workflows.standing import BatchStanding, VolumeStanding

_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
_LIKE_A_DATE = re.compile(r"\d+ ?[-/.] ?\d+.*")
_COLUMNS = (
    "volume", "number", "scan", "state", "step", "confidence", "words", "angle", "blank", "seconds", "codes", "text",
    "label", "type", "side", "source",
)  # fmt: skip


def as_csv(found: BatchStanding) -> str:
    """One row a page, in Czech, as Czech spreadsheets read it: semicolons, decimal commas, CRLF.

    Cells of text that a spreadsheet would compute (= + - @ first) get a leading apostrophe; so do printed numbers that
    it would take for a date (12-13).
    """
    lines = io.StringIO()
    table = csv.writer(lines, delimiter=";", lineterminator="\r\n")
    table.writerow([say(f"column_{name}", Tongue.CS) for name in _COLUMNS])
    for volume in found.volumes:
        table.writerows([*_row(volume, page), *_structure(page)] for page in volume.pages)
    return lines.getvalue()


def _row(volume: VolumeStanding, page: PageStanding) -> list[str]:
    said = " | ".join(sentence(found, Tongue.CS) for found in page.findings)
    return [
        _harmless(volume.folder),
        page.number,
        _harmless(page.subject.removeprefix(f"{volume.folder}/")),
        say(f"page_{page.state}", Tongue.CS),
        _harmless(known_word("step", page.step, Tongue.CS)),
        _decimal(page.confidence * 100, 1) if page.confidence >= 0 else "",
        str(page.words),
        _decimal(page.angle, 2),
        say("yes", Tongue.CS) if page.blank else "",
        _decimal(sum(page.seconds.values()), 1),
        " ".join(found.code for found in page.findings),
        _harmless(said),
    ]


def _structure(page: PageStanding) -> list[str]:
    """Printed number, type, side, and how they are known; empty for a page that no plan describes."""
    if page.structure is None:
        return [""] * 4
    own = page.structure.page
    return [
        f"'{printable(own.label)}" if _LIKE_A_DATE.fullmatch(own.label) else _harmless(own.label),
        _harmless(known_word("type", own.type, Tongue.CS)),
        known_word("side", own.side, Tongue.CS) if own.side else "",
        known_word("source", page.structure.known, Tongue.CS),
    ]


def _decimal(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")


def _harmless(text: str) -> str:
    """Text that a spreadsheet takes as text."""
    clean = printable(text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean
