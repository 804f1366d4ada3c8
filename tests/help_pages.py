"""Print the help of every command as JSON: ``python -m tests.help_pages`` (the language is KDR_LANGUAGE).

Help is put together when the commands are imported, so each language needs a process of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from workflows.cli import complete


def pages(command: Any, context: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - typer keeps its click to itself
    """Each command below `command` with its whole name, and its help."""
    yield context.command_path, command.get_help(context)
    for name, inner in getattr(command, "commands", {}).items():
        yield from pages(inner, typer.Context(inner, parent=context, info_name=name))


if __name__ == "__main__":
    top = get_command(complete())
    sys.stdout.write(json.dumps(dict(pages(top, typer.Context(top, info_name="kdr")))))
