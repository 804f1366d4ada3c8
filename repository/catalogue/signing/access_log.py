"""Who came, who was refused: people/access/YYYY-MM.jsonl, one line of JSON an event, on the disk before it is answered.

Never a password or token: only what is named here by its caller. JSON in ASCII: what somebody typed can neither begin a
new line nor turn the direction of writing (OWASP Logging Cheat Sheet, log injection).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
from typing import TYPE_CHECKING

from metadata.finding import Fact
from metadata.problem import Problem

if TYPE_CHECKING:
    from repository.catalogue.house import House

_MOST = 300
"""Letters of one fact; longer ones are cut."""


def note(house: House, what: str, who: str, address: str, **facts: Fact) -> None:
    """Write down that `who` (a name as typed or signed in with) did `what` from `address`.

    Any number of threads and processes may write at the same time; a line torn by a power cut stays alone.

    Raises:
        Problem: R032, the log cannot be written.
    """
    now = dt.datetime.now(dt.UTC)
    told: dict[str, Fact] = {
        "time": now.isoformat(timespec="milliseconds"),
        "what": what,
        "who": who,
        "address": address,
    }
    cut = {key: each[:_MOST] if isinstance(each, str) else each for key, each in (told | facts).items()}
    line = json.dumps(cut, ensure_ascii=True).encode() + b"\n"
    folder = house.state / "access"
    path = folder / f"{now:%Y-%m}.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            _append(handle, line)
        finally:
            os.close(handle)
    except OSError as error:
        raise Problem("R032", path, why=error.strerror or str(error)) from error


def _append(handle: int, line: bytes) -> None:
    fcntl.flock(handle, fcntl.LOCK_EX)
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        line = b"\n" + line
    while line:
        line = line[os.write(handle, line) :]
    os.fsync(handle)
