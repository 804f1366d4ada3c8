"""`kdr volume`: page numbers, page types and structure of volumes, looked at, corrected, confirmed, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from metadata.problem import Problem
from workflows.cli import speech
from workflows.cli.editing import (
    ABSENT,
    BAD,
    LATER,
    USAGE,
    at_terminal,
    content_of,
    found_volume,
    open_editor,
    say,
    stop_with,
    tell_lines,
    try_again,
    user_name,
)
from workflows.cli.speech import home, out, show_json, tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.table import Table

    from metadata.model import Division, Page, Source, Volume
    from ocr.proposal import Proposal
    from workflows.corrections import Corrections, Part
    from workflows.volumes import Change, KnownVolume

_DRAFTS = {"pages": "pages.csv", "structure": "structure.toml"}


app = typer.Typer(help=say("help.volume"), no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]
VolumeName = Annotated[str, typer.Argument(metavar="VOLUME", help=say("help.id"))]
Edit = Annotated[bool, typer.Option("--edit", help=say("help.edit"))]
Apply = Annotated[Path | None, typer.Option("--apply", metavar="FILE", help=say("help.apply"))]
Confirm = Annotated[bool, typer.Option("--confirm", help=say("help.confirm"))]
Undo = Annotated[bool, typer.Option("--undo", help=say("help.undo"))]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be done with the volume; nothing: show it."""

    edit: bool
    apply: Path | None
    confirm: bool
    undo: bool

    @property
    def count(self) -> int:
        return self.edit + (self.apply is not None) + self.confirm + self.undo


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    from workflows.cli import volume_text

    main.add_typer(app, name="volume")
    volume_text.add_to(app)


@app.command("list", help=say("help.list"))
def list_volumes(*, as_json: AsJson = False) -> None:
    """List the volumes of all batches."""
    from workflows.volumes import counted, known_volumes

    told: list[dict[str, Any]] = []
    damaged: list[Problem] = []
    for known in known_volumes(home()):
        try:
            told.append(counted(known))
        except Problem as problem:
            damaged.append(problem)
    if as_json:
        show_json(told)
    elif told:
        named, counts = ("batch", "volume", "object", "title"), ("pages", "proposed_pages", "divisions")
        shown = (*named, *counts, "proposed_divisions", "proposed_head")
        rows = [(*(row[key] for key in shown), speech.say(f"state.{row['state']}")) for row in told]
        out().print(_table((*shown, "state"), rows))
    elif not damaged:
        out().print(say("none"))
    for each in damaged:
        tell(each.finding, Console(stderr=True))


@app.command("pages", help=say("help.pages"))
def pages(
    volume: VolumeName,
    *,
    edit: Edit = False,
    apply: Apply = None,
    confirm: Confirm = False,
    undo: Undo = False,
    as_json: AsJson = False,
) -> None:
    """Show or correct the pages of a volume."""
    from workflows.corrections import Part

    _work(found_volume(volume), Part.PAGES, _Wish(edit, apply, confirm, undo), as_json=as_json)


@app.command("structure", help=say("help.structure"))
def structure(
    volume: VolumeName,
    *,
    edit: Edit = False,
    apply: Apply = None,
    confirm: Confirm = False,
    undo: Undo = False,
    as_json: AsJson = False,
) -> None:
    """Show or correct the divisions of a volume."""
    from workflows.corrections import Part

    _work(found_volume(volume), Part.STRUCTURE, _Wish(edit, apply, confirm, undo), as_json=as_json)


def _work(known: KnownVolume, part: Part, wish: _Wish, *, as_json: bool) -> None:
    """Do what is wished and say what comes of it, or show the volume."""
    from metadata.bad_list import BadList
    from workflows.volumes import plain_of

    if wish.count > 1:
        stop_with(USAGE, say("one_wish"))
    said = ""
    try:
        if wish.count:
            said = _undone(known, part) if wish.undo else _corrected(known, part, wish)
    except BadList as wrong:
        stop_with(BAD, wrong.text())
    except FileExistsError:
        stop_with(LATER, say("meanwhile", name=known.name))
    if as_json:
        show_json(plain_of(part, known))
    elif said:
        tell_lines(said, say("next", batch=known.batch))
    else:
        _show(known, part)


def _undone(known: KnownVolume, part: Part) -> str:
    try:
        known.corrections().undo(user_name(), part)
    except LookupError:
        stop_with(ABSENT, say("nothing_to_undo"))
    return say("undone", name=known.name)


def _corrected(known: KnownVolume, part: Part, wish: _Wish) -> str:
    from workflows.volumes import change_by, proposed_change

    corrections, volume = known.corrections(), known.current()
    if wish.edit:
        return _edited(known, part, corrections, volume)
    if wish.apply is not None:
        name = "stdin" if str(wish.apply) == "-" else wish.apply.name
        return _written(known, corrections, change_by(part, volume, content_of(wish.apply), name, known.head()))
    change = proposed_change(part, volume, known.head()) if known.proposal() is not None else None
    if change is None:
        stop_with(ABSENT, say("unproposed"))
    return _written(known, corrections, change)


def _edited(known: KnownVolume, part: Part, corrections: Corrections, volume: Volume) -> str:
    """Open the list in the editor until it can be used or the person gives up; a draft that cannot be used is kept."""
    import shutil
    import tempfile

    from metadata.bad_list import BadList
    from workflows.volumes import change_by, draft_of

    if not at_terminal():
        stop_with(USAGE, say("no_terminal"))
    draft = Path(tempfile.mkdtemp(prefix="kdr-")) / _DRAFTS[part]
    head = known.head()
    before = draft_of(part, volume, head)
    draft.write_bytes(before)
    while True:
        failure = open_editor(draft)
        content = draft.read_bytes() if draft.is_file() else before
        if content == before:
            shutil.rmtree(draft.parent)
            stop_with(ABSENT if failure else 0, failure or say("untouched"))
        if failure:
            stop_with(ABSENT, f"{failure} {say('kept', path=draft)}")
        try:
            said = _written(known, corrections, change_by(part, volume, content, draft.name, head))
        except BadList as wrong:
            tell_lines(wrong.text())
            if not try_again():
                stop_with(BAD, say("kept", path=draft))
        except FileExistsError:
            stop_with(LATER, f"{say('meanwhile', name=known.name)} {say('kept', path=draft)}")
        else:
            shutil.rmtree(draft.parent)
            return said


def _written(known: KnownVolume, corrections: Corrections, change: Change) -> str:
    from workflows.volumes import every

    corrections.add(user_name(), change.pages, change.outline)
    if change.outline is None:
        return say("done_pages", name=known.name, count=len(change.pages))
    said = {"number": change.outline.number, "date": change.outline.date}
    head = (say(key, value=text or say("no_value")) for key, text in said.items() if text is not None)
    done = say("done_structure", name=known.name, count=len(every(change.outline.divisions)))
    return " ".join((done, *(f"{each}." for each in head)))


def _show(known: KnownVolume, part: Part) -> None:
    """The pages or the divisions as a table."""
    from workflows.corrections import Part

    volume, proposal = known.current(), known.proposal()
    if part is Part.PAGES:
        columns = ("order", "scan", "label", "type", "side", "source")
        unread = known.proposing and proposal is None
        out().print(_table(columns, [_page_row(page, _unsure(proposal), unread=unread) for page in volume.pages]))
    else:
        _show_structure(known, volume, proposal)
    gone = known.corrections().gone(volume)
    if gone:
        tell_lines(say("gone", scans=", ".join(page.scan for page in gone)))


def _show_structure(known: KnownVolume, volume: Volume, proposal: Proposal | None) -> None:
    tell_lines(*_head_lines(known))
    if volume.divisions:
        rows = _division_rows(volume, volume.divisions, "")
        out().print(_table(("part", "title", "pages", "orders", "source"), rows))
    else:
        tell_lines(say("undivided", name=known.name))
    if proposal and proposal.unplaced:
        tell_lines(say("unplaced", titles="; ".join(proposal.unplaced)))


def _head_lines(known: KnownVolume) -> Iterator[str]:
    """What names an issue: its number, its date, and the year above it."""
    head, unsure = known.head(), known.head_unsure()
    if head is None:
        return
    for key, told in (("number", head.number), ("date", head.date)):
        yield say(key, value=_value(told.text, told.source, unsure=unsure))
    year, source = known.year_above()
    if year is not None:
        yield say("year_above", value=_value(", ".join(filter(None, (year.number, year.date))), source))


def _value(text: str, source: Source, *, unsure: bool = False) -> str:
    from metadata.model import Source

    if not text and source is Source.GIVEN:
        return say("unknown_value")
    return say("value", text=text or say("no_value"), source=_source(source, unsure=unsure))


def _unsure(proposal: Proposal | None) -> frozenset[int]:
    """The orders of the pages that a person should look at."""
    from ocr.proposal import CONFIDENT

    guesses = proposal.pages if proposal else ()
    return frozenset(
        each.order
        for each in guesses
        if min(each.label.confidence, each.side.confidence, each.type.confidence) < CONFIDENT
    )


def _page_row(page: Page, unsure: frozenset[int], *, unread: bool) -> tuple[object, ...]:
    """A page of the table; `unread` is that nothing was proposed yet."""
    from metadata.model import Source

    side = say(f"side.{page.side}") if page.side else ""
    opened = unread and page.source is Source.PROPOSED
    source = say("source.open") if opened else _source(page.source, unsure=page.order in unsure)
    return page.order, page.scan, page.label, page.type, side, source


def _source(source: Source, *, unsure: bool = False) -> str:
    from metadata.model import Source

    return say("source.unsure" if unsure and source is Source.PROPOSED else f"source.{source}")


def _division_rows(volume: Volume, divisions: tuple[Division, ...], indent: str) -> list[tuple[str, ...]]:
    labels = {page.order: page.label or "?" for page in volume.pages}
    rows: list[tuple[str, ...]] = []
    for each in divisions:
        ends = tuple(dict.fromkeys((each.first, each.last)))
        printed = "–".join(labels.get(order, "?") for order in ends)
        title = " ".join(filter(None, (each.part_number, each.title)))
        kind = f"{indent}{say(f'kind.{each.kind}')}"
        rows.append((kind, f"{indent}{title}", printed, "–".join(map(str, ends)), _source(each.source)))
        rows += _division_rows(volume, each.children, f"{indent}  ")
    return rows


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    return speech.table(columns, rows, say)
