"""Names of files from outside: which are kept, which are refused. No name is ever changed.

Refused: two names that other systems take for one (case, NFC and NFD of Unicode), names that lead out of their folder,
names no file system holds. Kept and told: names that Windows would change or cannot write.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST_NAME = 255
"""Bytes of one part of a path on every file system we write to (NAME_MAX)."""
LONGEST_PATH = 3000
"""Bytes of a whole path that still leave room for the folders above it (PATH_MAX is 4096)."""

_DRIVE = re.compile(r"[A-Za-z]:|%[A-Za-z_]+%")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]|[. ]$')


def leads_out(path: str) -> bool:
    """Whether a reader on any system might leave the folder: absolute, upwards, a drive, a share, somebody's home."""
    parts = re.split(r"[/\\]", path)
    return path.startswith(("/", "\\", "~")) or ".." in parts or _DRIVE.match(path) is not None


def impossible(path: str) -> bool:
    """Whether no disk of ours can hold `path` as it is: too long, empty parts, NUL, no Unicode."""
    try:
        parts = [part.encode() for part in path.split("/")]
    except UnicodeEncodeError:
        return True
    odd = any(not part or part == b"." or len(part) > LONGEST_NAME or b"\0" in part for part in parts)
    return odd or sum(map(len, parts)) + len(parts) > LONGEST_PATH


def unsafe(path: str) -> bool:
    """Whether Windows would change a part of `path` or cannot write it: trailing dots and blanks, ``:``, CON."""
    return any(_UNSAFE.search(part) or _RESERVED.fullmatch(part) for part in path.split("/"))


def twins(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of different paths (or of folders above them) that some system takes for one and the same."""
    seen: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            part = "/".join(parts[:depth])
            first = seen.setdefault(_merged(part), part)
            if first != part:
                yield first, part
                break


def _merged(path: str) -> str:
    """What a system that ignores case and Unicode form would compare."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
