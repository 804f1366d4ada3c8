"""Foreign programs: each has one probe, one error and limits on time and memory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from metadata.problem import Problem


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run of a foreign program may use: wall-clock seconds and bytes of address space."""

    seconds: float = 300.0
    memory: int = 4 << 30


class ToolFailed(Exception):
    """A run of a foreign program ended badly: `why` is the end of what it said, or the signal that ended it."""

    def __init__(self, program: str, why: str) -> None:
        self.program, self.why = program, why
        super().__init__(program, why)


class ToolTimedOut(ToolFailed):
    """A run of a foreign program was stopped because its time was over."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A foreign program on the path, and the Debian package that brings it."""

    program: str
    package: str
    version_arguments: tuple[str, ...] = ("--version",)
    version_pattern: str = r"(\d+\.\d+(?:\.\d+)?)"

    def present(self) -> bool:
        """Whether the program is on the path."""
        return shutil.which(self.program) is not None

    def version(self) -> str:
        """Its version, read once per process.

        Raises:
            Problem: E001, the program is missing.
        """
        return _version(self)

    def run(self, arguments: Sequence[str], limits: Limits) -> str:
        """Run with `arguments`; give back all that it printed.

        The run is a child that dies with its parent, computes in one thread, and is ended when its time is over.

        Raises:
            Problem: E001, the program is missing.
            ToolTimedOut: it did not end in time.
            ToolFailed: it ended with an error or was killed (memory).
        """
        self.require()
        done = self._finish([*bounded(limits), self.program, *arguments], limits)
        if done.returncode != 0:
            raise ToolFailed(self.program, _last_words(done.stdout) or f"exit {done.returncode}")
        return done.stdout

    def require(self) -> None:
        """Make sure that the program is there.

        Raises:
            Problem: E001.
        """
        if not self.present():
            raise Problem("E001", self.program, package=self.package)

    def _finish(self, command: list[str], limits: Limits) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=limits.seconds,
                text=True,
                errors="replace",
                check=False,
                env=os.environ | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired:
            raise ToolTimedOut(self.program, f"{limits.seconds:g} s") from None


def bounded(limits: Limits) -> list[str]:
    """The words before a command that bound its memory and let it die with its parent (util-linux)."""
    return ["prlimit", f"--as={limits.memory}", "setpriv", "--pdeathsig", "KILL", "--"]


@cache
def _version(tool: Tool) -> str:
    tool.require()
    said = subprocess.run(
        [tool.program, *tool.version_arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=30,
        text=True,
        errors="replace",
        check=False,
    ).stdout
    found = re.search(tool.version_pattern, said)
    return found.group(1) if found else "unknown"


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-2:])[:300]
