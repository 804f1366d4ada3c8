"""The secret that sessions and forms are signed with: people/secret, made once, readable by the server alone."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from metadata.file import flush, given_bytes
from metadata.problem import Problem

_FILE = "secret"
_LEAST, _MOST = 32, 4096


def kept_secret(state: Path) -> str:
    """The secret of the repository whose people are in the folder `state`; made when there is none.

    Raises:
        Problem: R031, it cannot be read or made, is too short, or others may read it.
    """
    path = state / _FILE
    try:
        if not path.exists():
            _make(path)
        others = path.stat().st_mode & 0o077
        found = given_bytes(path, _MOST).decode("ascii").strip()
    except (OSError, ValueError) as error:
        raise Problem("R031", path) from error
    if others or len(found) < _LEAST:
        raise Problem("R031", path)
    return found


def _make(path: Path) -> None:
    """Two servers that start at once must end with the same one: a link is made once, a rename would win twice."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(prefix=".draft-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(_LEAST))
        flush(Path(draft))
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        flush(path.parent)
    finally:
        Path(draft).unlink()
