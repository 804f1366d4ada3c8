"""What the commands share in which a person corrects a volume: find it, open an editor, say why not."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console

from metadata.file import MOST_GIVEN, given_bytes
from metadata.wording import wording
from workflows.cli.speech import home, out

if TYPE_CHECKING:
    from workflows.volumes import KnownVolume

# sysexits.h: wrong use, data not acceptable, no such input, try again later.
USAGE, BAD, ABSENT, LATER = 64, 65, 66, 75


def say(key: str, **facts: object) -> str:
    """A sentence of this command in the reader's language."""
    return wording("workflows", "volume.toml").say(key, None, **facts)


def at_terminal() -> bool:
    """Whether a person sits at the other end, so that an editor can be opened."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def found_volume(name: str) -> KnownVolume:
    """The volume that is called so; ends the command when there is none, or several."""
    from workflows.volumes import called, known_volumes

    found = called(known_volumes(home()), name)
    if not found:
        stop_with(ABSENT, say("unknown", name=name))
    if len(found) > 1:
        stop_with(USAGE, say("ambiguous", name=name, names=", ".join(each.name for each in found)))
    return found[0]


def try_again() -> bool:
    """Whether the person wants to edit once more."""
    try:
        return typer.confirm(say("again"), default=True)
    except typer.Abort:
        return False


def open_editor(draft: Path) -> str:
    """Let the person edit the file and wait until they are done; what went wrong, or nothing."""
    import click

    try:
        click.edit(filename=str(draft))
    except click.ClickException as error:
        return say("editor", why=error.format_message())
    except ValueError as error:  # quotes in $EDITOR that do not match
        return say("editor", why=error)
    return ""


def content_of(path: Path) -> bytes:
    """What the file holds, or standard input for "-"; ends the command when it cannot be read."""
    try:
        if str(path) != "-":
            return given_bytes(path.resolve())
        content = sys.stdin.buffer.read(MOST_GIVEN + 1)
        if len(content) > MOST_GIVEN:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return content
    except OSError as error:
        stop_with(ABSENT, say("unreadable", path=path, why=error.strerror or error))


def user_name() -> str:
    """Who sits at the computer."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def tell_lines(*sentences: str) -> None:
    """Print sentences as they are."""
    for sentence in sentences:
        out().print(sentence, markup=False)


def stop_with(code: int, why: str) -> NoReturn:
    """End the command with a sentence on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(why, markup=False)
    sys.exit(code)
