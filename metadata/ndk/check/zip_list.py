"""The list at the end of a ZIP, looked at before it is read: each entry of it costs a reader ten times its bytes.

Where it lies is found as Python's `zipfile` finds it (APPNOTE.TXT 4.3.14 to 4.3.16): what the list says of its own
number of entries is not asked.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_END, _END_SIZE = b"PK\5\6", 22
_END64, _END64_SIZE = b"PK\6\6", 56
_LOCATOR, _LOCATOR_SIZE = b"PK\6\7", 20
_ENTRY = b"PK\1\2"
_LONGEST_COMMENT = 0xFFFF


def entries_listed(stream: BinaryIO, size: int, *, longest: int) -> int | None:
    """How many entries the list of a ZIP of `size` bytes has at most; 0 when no list is found.

    None when the list is longer than `longest` bytes. The stream is left anywhere.
    """
    start = max(0, size - _END_SIZE - _LONGEST_COMMENT - _LOCATOR_SIZE - _END64_SIZE)
    stream.seek(start)
    tail = stream.read()
    end = _end(tail)
    if end < 0:
        return 0
    length: int = struct.unpack_from("<L", tail, end + 12)[0]
    locator = end - _LOCATOR_SIZE
    if locator >= _END64_SIZE and tail[locator:].startswith(_LOCATOR):
        wide = locator - _END64_SIZE
        if tail[wide:].startswith(_END64):
            length, end = struct.unpack_from("<Q", tail, wide + 40)[0], wide
    if length > longest:
        return None
    stream.seek(max(0, start + end - length))
    return stream.read(length).count(_ENTRY)


def _end(tail: bytes) -> int:
    """Where the end record begins: at the very end, else as near to it as one can be; -1: there is none."""
    last = len(tail) - _END_SIZE
    if last >= 0 and tail[last:].startswith(_END) and tail.endswith(b"\0\0"):
        return last
    found = tail.rfind(_END)
    return found if found <= last else -1
