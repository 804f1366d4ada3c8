"""The part of the batch report that shows the structure of volumes: what is given, proposed, unsure and confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from metadata.model import Division, Source
from ocr.proposal import Masthead, Why
from workflows.corrections import Head
from workflows.standing import BatchStanding, VolumeStanding
from workflows.structure_standing import Known, PageStructure, VolumeStructure, percent, sure

MOST_ROWS = 4000
"""So many pages are listed one by one: about 4 MB. Of those beyond, only the table for the spreadsheet tells."""

MOST_DIVISIONS = 2000
"""So many chapters and articles of a volume are listed."""

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Reason:
    """What a guess rests on (ocr.proposal.Why), how surely in per cent, and whether that is enough."""

    why: str
    percent: int
    sure: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A page: number in the volume, printed number, type, side ("" for none), how these are known, and the reasons."""

    number: str
    label: str
    type: str
    side: str
    known: Known
    reasons: dict[str, Reason]


@dataclass(frozen=True, slots=True)
class Line:
    """A division in the tree: its pages by printed numbers ("7–12"); `opens` a list of its parts, `closes` so many."""

    kind: str
    title: str
    pages: str
    proposed: bool
    opens: bool
    closes: int


@dataclass(frozen=True, slots=True)
class Read:
    """What names an issue (`name`: number, date): as it stands, who says so, and what its masthead says."""

    name: str
    value: str
    source: Source
    masthead: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The structure of one volume, as the report shows it.

    `counts` are pages by how they are known; `unsure` the pages to look at first, `rows` all of them (none where all
    are unsure), both empty where they would make the report too large (`left_out` pages then). `surety` of the masthead
    is in per cent. `commands` by what they do, in order.
    """

    anchor: str
    volume: VolumeStanding
    counts: dict[Known, int]
    unsure: tuple[Row, ...]
    rows: tuple[Row, ...]
    left_out: int
    divisions: tuple[Line, ...]
    divisions_left_out: int
    proposed_divisions: int
    issue: tuple[Read, ...]
    surety: int
    unplaced: tuple[str, ...]
    pending: bool
    commands: dict[str, str]


def structures(found: BatchStanding) -> tuple[list[Shown], int]:
    """The volumes whose structure is worth a look, and how many are not: all of their pages given, and no divisions."""
    shown = []
    quiet, room = 0, MOST_ROWS
    for number, volume in enumerate(found.volumes, 1):
        known = volume.structure
        if known is None or not known.pages:
            continue
        if _is_quiet(known):
            quiet += 1
            continue
        one = _shown(found.id, f"t-{number}", volume, known, room)
        room -= len(one.rows) + len(one.unsure)
        shown.append(one)
    return shown, quiet


def counts(known: VolumeStructure) -> dict[Known, int]:
    """How many of the volume's pages are known in which way; those of none are left out."""
    each = Counter(page.known for page in known.pages)
    return {way: each[way] for way in Known if each[way]}


def _is_quiet(known: VolumeStructure) -> bool:
    given = all(page.known is Known.GIVEN for page in known.pages)
    return given and not (known.volume.divisions or known.masthead or known.unplaced or known.pending)


def _shown(batch: str, anchor: str, volume: VolumeStanding, known: VolumeStructure, room: int) -> Shown:
    divisions = list(_tree(known.volume.divisions))
    rows = tuple(_row(page) for page in known.pages)
    unsure = tuple(row for row in rows if row.known is Known.UNSURE)
    first = unsure if len(unsure) <= room else ()
    # Where all are unsure, the first list is the whole.
    rest = rows if len(unsure) < len(rows) else ()
    every = rest if len(first) + len(rest) <= room else ()
    proposed = sum(division.source is Source.PROPOSED for division, _ in divisions)
    return Shown(
        anchor=anchor,
        volume=volume,
        counts=counts(known),
        unsure=first,
        rows=every,
        left_out=0 if every or (first and not rest) else len(rows),
        divisions=_lines(divisions[:MOST_DIVISIONS], known),
        divisions_left_out=max(0, len(divisions) - MOST_DIVISIONS),
        proposed_divisions=proposed,
        issue=tuple(_issue(known.head, known.masthead)) if known.masthead and known.head else (),
        surety=percent(known.masthead.confidence) if known.masthead else 0,
        unplaced=known.unplaced,
        pending=known.pending,
        commands=_commands(volume.id, known, proposed)
        | ({"resume": f"kdr batch resume {batch}"} if known.pending else {}),
    )


def _row(page: PageStructure) -> Row:
    own, guess = page.page, page.guess
    reasons = {}
    if guess is not None:
        reasons = {
            "label": _reason(guess.label.why, guess.label.confidence),
            "type": _reason(guess.type.why, guess.type.confidence),
            "side": _reason(guess.side.why, guess.side.confidence),
        }
    side = own.side.value if own.side else ""
    return Row(own.number, own.label, own.type, side, page.known, reasons)


def _reason(why: Why, confidence: float) -> Reason:
    return Reason(why.value, percent(confidence), sure(confidence))


def _tree(divisions: tuple[Division, ...]) -> Iterator[tuple[Division, int]]:
    """All of them in the order of reading, with their depth from 1."""
    waiting = [(division, 1) for division in reversed(divisions)]
    while waiting:
        division, depth = waiting.pop()
        yield division, depth
        waiting += [(child, min(depth + 1, _DEEPEST)) for child in reversed(division.children)]


def _lines(divisions: list[tuple[Division, int]], known: VolumeStructure) -> tuple[Line, ...]:
    labels = {page.page.order: page.page.label or "?" for page in known.pages}
    depths = [*(depth for _, depth in divisions), 1]
    lines = []
    for (division, depth), after in zip(divisions, depths[1:], strict=True):
        ends = dict.fromkeys(labels.get(order, "?") for order in (division.first, division.last))
        lines.append(
            Line(
                kind=division.kind.value,
                title=" ".join(filter(None, (division.part_number, division.title))),
                pages="–".join(ends),
                proposed=division.source is Source.PROPOSED,
                opens=after > depth,
                closes=max(0, depth - after),
            )
        )
    return tuple(lines)


def _issue(head: Head, masthead: Masthead) -> Iterator[Read]:
    """Number and date of an issue."""
    for name, told, read in (("number", head.number, masthead.number), ("date", head.date, masthead.date)):
        if told.text or read:
            yield Read(name, told.text, told.source, read)


def _commands(own: str, known: VolumeStructure, divisions: int) -> dict[str, str]:
    """What to type, by what it does (keys of report.toml)."""
    pages, structure = f"kdr volume pages {own}", f"kdr volume structure {own}"
    told = {}
    if any(page.guess is not None for page in known.pages):
        told["confirm_pages"] = f"{pages} --confirm"
    told["edit_pages"] = f"{pages} --edit"
    if divisions:
        told["confirm_structure"] = f"{structure} --confirm"
    told["edit_structure"] = f"{structure} --edit"
    return told
