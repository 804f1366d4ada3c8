"""`kdr volume text`: the text of one page, looked at, corrected by a file or in an editor, taken back."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metadata.problem import Problem
from metadata.wording import printable, wording
from workflows.cli import editing
from workflows.cli.editing import ABSENT, LATER, USAGE, stop_with, tell_lines

if TYPE_CHECKING:
    from metadata.model import Page
    from metadata.text import PageText
    from workflows.text_corrections import Form, TextCorrection, TextCorrections
    from workflows.volumes import KnownVolume


def say(key: str, **facts: object) -> str:
    """A sentence of this command in the reader's language."""
    return wording("workflows", "volume_text.toml").say(key, None, **facts)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The page that is worked on, its text as it was read, what people said of the volume's texts, and who asks."""

    known: KnownVolume
    page: Page
    read: PageText
    corrections: TextCorrections
    who: str

    @property
    def said(self) -> TextCorrection | None:
        return self.corrections.pages.get(self.page.id)

    def now(self) -> PageText:
        """The text as it stands."""
        from workflows.corrected_pages import corrected_text

        said = self.said
        return corrected_text(said.given, self.read) if said and said.given else self.read

    def say(self, key: str, **facts: object) -> str:
        return say(key, page=self.page.order, name=self.known.name, **facts)


def add_to(app: typer.Typer) -> None:
    """Add the command to `kdr volume`."""
    app.command("text", help=say("help.text"))(text)


def text(
    volume: Annotated[str, typer.Argument(metavar="VOLUME", help=editing.say("help.id"))],
    page: Annotated[int, typer.Argument(metavar="PAGE", help=say("help.page"))],
    *,
    edit: Annotated[bool, typer.Option("--edit", help=say("help.edit"))] = False,
    apply: Annotated[Path | None, typer.Option("--apply", metavar="FILE", help=say("help.apply"))] = None,
    undo: Annotated[bool, typer.Option("--undo", help=say("help.undo"))] = False,
    who: Annotated[str, typer.Option("--who", metavar="NAME", help=say("help.who"))] = "",
) -> None:
    """Show or correct the text of a page."""
    if edit + (apply is not None) + undo > 1:
        stop_with(USAGE, say("one_wish"))
    sheet = _sheet(editing.found_volume(volume), page, who or editing.user_name())
    if undo:
        done = _undone(sheet)
    elif apply is not None:
        done = _applied(sheet, apply)
    elif edit:
        done = _edited(sheet)
    else:
        _show(sheet)
        return
    tell_lines(done, editing.say("next", batch=sheet.known.batch))


def _sheet(known: KnownVolume, order: int, who: str) -> _Sheet:
    from workflows.corrected_pages import text_of
    from workflows.text_corrections import TextCorrections

    page = next((each for each in known.planned.pages if each.order == order), None)
    if page is None:
        stop_with(ABSENT, say("no_page", page=order, name=known.name, count=len(known.planned.pages)))
    try:
        read = text_of(known.folder / page.number)
    except (OSError, ValueError):
        stop_with(ABSENT, say("unread", page=order, name=known.name, batch=known.batch))
    return _Sheet(known, page, read, TextCorrections.read(known.folder), who)


def _show(sheet: _Sheet) -> None:
    """The text on standard output as it is, to be saved and given back; where it comes from beside it."""
    from workflows.text_corrections import text_digest

    said = sheet.said
    sys.stdout.write(sheet.now().plain())
    sys.stdout.flush()
    if said is None or said.given is None:
        engine = f"{sheet.read.engine.name} {sheet.read.engine.version}".strip()
        typer.echo(sheet.say("as_read", engine=engine), err=True)
        return
    typer.echo(sheet.say("as_corrected", who=said.who, when=said.when[:10], file=said.given.name), err=True)
    if said.read != text_digest(sheet.read):
        typer.echo(say("reading_changed"), err=True)


def _undone(sheet: _Sheet) -> str:
    try:
        sheet.corrections.undo(sheet.who, sheet.page)
    except LookupError:
        stop_with(ABSENT, editing.say("nothing_to_undo"))
    except FileExistsError:
        stop_with(LATER, editing.say("meanwhile", name=sheet.known.name))
    return sheet.say("undone")


def _applied(sheet: _Sheet, path: Path) -> str:
    from workflows.text_corrections import Form

    piped = str(path) == "-"
    form = Form.ALTO if path.suffix.lower() == ".xml" else Form.PLAIN
    name = f"{sheet.page.number}.txt" if piped else printable(path.name)
    try:
        return _written(sheet, name, form, editing.content_of(path))
    except FileExistsError:
        stop_with(LATER, editing.say("meanwhile", name=sheet.known.name))


def _edited(sheet: _Sheet) -> str:
    """Open the text in the editor until it can be used or the person gives up; a draft that cannot be used is kept."""
    import shutil
    import tempfile

    from workflows.text_corrections import Form

    if not editing.at_terminal():
        stop_with(USAGE, say("no_terminal"))
    draft = Path(tempfile.mkdtemp(prefix="kdr-")) / f"{sheet.page.number}.txt"
    before = sheet.now().plain().encode()
    draft.write_bytes(before)
    while True:
        failure = editing.open_editor(draft)
        content = draft.read_bytes() if draft.is_file() else before
        if content == before:
            shutil.rmtree(draft.parent)
            stop_with(ABSENT if failure else 0, failure or say("untouched"))
        kept = editing.say("kept", path=draft)
        if failure:
            stop_with(ABSENT, f"{failure} {kept}")
        try:
            done = _written(sheet, draft.name, Form.PLAIN, content)
        except Problem as problem:
            tell_lines(str(problem))
            if not editing.try_again():
                stop_with(problem.exit_code, kept)
        except FileExistsError:
            stop_with(LATER, f"{editing.say('meanwhile', name=sheet.known.name)} {kept}")
        else:
            shutil.rmtree(draft.parent)
            return done


def _written(sheet: _Sheet, name: str, form: Form, content: bytes) -> str:
    from workflows.corrected_pages import corrected_text, judged

    given = judged(name, form, content, sheet.read, sheet.known.planned.folder)
    sheet.corrections.add(sheet.who, sheet.page, given, sheet.read)
    before, after = (
        Counter(word.text for word in each.words()) for each in (sheet.read, corrected_text(given, sheet.read))
    )
    return sheet.say("done", count=(after - before).total())
