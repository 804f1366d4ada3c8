"""What shows a bar on a terminal while its block lasts, and nothing elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import Progress

QUIET_SECONDS = 15.0
"""Where there is no terminal a line is logged as often."""


class Shown:
    """Within its block `_bar`, if there is one, is on the screen."""

    _bar: Progress | None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
