"""Ask a running clamd (ClamAV) whether a file holds a virus: its protocol INSTREAM, over a socket or TCP.

What clamd did not look through is never called clean: neither a file beyond its limits nor one it failed on. For files
larger than clamd's MaxFileSize this needs ``AlertExceedsMax yes`` in clamd.conf, else clamd itself says OK.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_CHUNK = 1 << 16
_MOST = (1 << 31) - 1
"""clamd looks at no byte beyond 2 GiB, whatever its settings say."""
_ANSWER = re.compile(r"(?:stream|instream\(.*?\)): (?:(OK)|(.+) FOUND|(.+) ERROR)\.?", re.IGNORECASE | re.DOTALL)
_LIMITS = "heuristics.limits.exceeded"


class Sight(StrEnum):
    """What the scanner saw; `too large` was not looked through."""

    CLEAN = "clean"
    INFECTED = "infected"
    TOO_LARGE = "too large"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of one file; `note` is the name of the virus or what the scanner said."""

    sight: Sight
    note: str = ""


@dataclass(frozen=True, slots=True)
class Clamd:
    """A clamd at `address`: the path of its socket, or ``host:port``. It must answer within `seconds`."""

    address: str
    seconds: float = 120.0

    def version(self) -> str:
        """Program and age of its database, as clamd says them.

        Raises:
            OSError: it does not answer.
        """
        with self._connected() as line:
            line.sendall(b"zVERSION\0")
            return _answer(line)

    def scan(self, path: Path) -> Scan:
        """Send all of the file `path` to be looked through. A scanner that does not answer is `Sight.FAILED`."""
        try:
            if path.stat().st_size > _MOST:
                return Scan(Sight.TOO_LARGE, f"> {_MOST} B")
            with self._connected() as line:
                _send(line, path)
                return _read(_answer(line))
        except OSError as error:
            return Scan(Sight.FAILED, error.strerror or str(error))

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        host, colon, port = self.address.rpartition(":")
        if colon and port.isdigit() and "/" not in self.address:
            line = socket.create_connection((host.strip("[]"), int(port)), self.seconds)
        else:
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(self.seconds)
        with line:
            if line.family == socket.AF_UNIX:
                line.connect(self.address)
            yield line


def _send(line: socket.socket, path: Path) -> None:
    """The file in chunks, each after its length; clamd hangs up on what is too large, and says so."""
    with path.open("rb") as stream, suppress(BrokenPipeError, ConnectionResetError):
        line.sendall(b"zINSTREAM\0")
        while chunk := stream.read(_CHUNK):
            line.sendall(struct.pack(">I", len(chunk)) + chunk)
        line.sendall(struct.pack(">I", 0))


def _answer(line: socket.socket) -> str:
    """What clamd says, up to its NUL or until it hangs up."""
    said = b""
    while b"\0" not in said and len(said) < _CHUNK:
        part = line.recv(4096)
        if not part:
            break
        said += part
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _read(answer: str) -> Scan:
    if "size limit exceeded" in answer.lower() or _LIMITS in answer.lower():
        return Scan(Sight.TOO_LARGE, answer)
    match = _ANSWER.fullmatch(answer)
    if match is None or match.group(3):
        return Scan(Sight.FAILED, answer or "-")
    return Scan(Sight.CLEAN) if match.group(1) else Scan(Sight.INFECTED, match.group(2))
