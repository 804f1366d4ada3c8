"""Read a journal's lines quickly: what was found sound once need not be hashed line by line again.

Beside the journal lies ``.sound.json``: for each of its files how many bytes were all found sound, and their SHA-512.
One pass over the bytes then says as much as a hash a line. It is a cache: delete it and it is made anew; the verifier
(repository/verify.py) never reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from metadata.file import place_bytes
from metadata.record import to_json
from repository.verify import parse_entry

Marks = dict[str, tuple[int, str]]
"""File name -> bytes that were sound, and their SHA-512."""

_NAME = ".sound.json"
_WORTH_MARKING = 1 << 18
"""Bytes of new lines from which on it pays to look at all of them and to write the mark down."""


def sound_entries(root: Path, wanted: Callable[[bytes], bool], *, marking: bool) -> Iterator[dict[str, Any]]:
    """The fields of every line below `root` that is as it was written and that `wanted` wants, in order.

    With `marking`, many lines that nobody looked at yet are all looked at now, and that is written down.

    Raises:
        OSError: a file cannot be read.
    """
    marks = _marks(root)
    for path in sorted(root.glob("*.jsonl")):
        content = path.read_bytes()
        content = content[: content.rfind(b"\n") + 1]
        known = _known(content, marks.get(path.name))
        new = marking and len(content) - known >= _WORTH_MARKING
        if new and all(parse_entry(line)[1] for line in _lines(content[known:])):
            known = len(content)
            _mark(root, path.name, content)
        yield from (json.loads(line) for line in _lines(content[:known]) if wanted(line))
        for line in _lines(content[known:]):
            fields, sound = parse_entry(line) if wanted(line) else ({}, False)
            if sound:
                yield fields


def _lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")[:-1]


def _known(content: bytes, mark: tuple[int, str] | None) -> int:
    """How many bytes of `content` are those that were found sound."""
    size, digest = mark or (0, "")
    return size if 0 < size <= len(content) and hashlib.sha512(content[:size]).hexdigest() == digest else 0


def _marks(root: Path) -> Marks:
    try:
        found = json.loads((root / _NAME).read_bytes())
        return {str(name): (int(size), str(digest)) for name, (size, digest) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _mark(root: Path, name: str, content: bytes) -> None:
    marks = _marks(root) | {name: (len(content), hashlib.sha512(content).hexdigest())}
    with suppress(OSError):  # a journal mounted for reading only is read all the same
        place_bytes(root / _NAME, to_json(marks), durable=False)
