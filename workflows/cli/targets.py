"""Where commands may write for people: never into what only the repository itself writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from metadata.wording import printable, wording

if TYPE_CHECKING:
    from workflows.settings import Home

_USAGE = 64


def require_outside(where: Home, *targets: Path | None) -> None:
    """Stop (exit code 64) when one of `targets` lies within a place, the journal, the work folder or the catalogue.

    What is put there would be a stray that audits tell of, and a copy beside a copy is no copy of its own.
    """
    from workflows.founding import is_ours

    for target in targets:
        if target is not None and is_ours(where, target):
            why = wording("workflows", "exchange.toml").say("usage_inside", None, path=printable(str(target)))
            Console(stderr=True, highlight=False, soft_wrap=True).print(why, markup=False)
            sys.exit(_USAGE)
