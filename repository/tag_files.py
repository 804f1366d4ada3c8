"""Tag files of bags of every BagIt version as strangers write them: bagit.txt, manifests, bag-info.txt, fetch.txt.

RFC 8493 (1.0) and the drafts before it (0.93 to 0.97). Readers give values back, and a ValueError says in the reader's
language what no reader may guess.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from metadata.wording import wording

VERSIONS = frozenset({(0, 93), (0, 94), (0, 95), (0, 96), (0, 97), (1, 0)})
_DECLARED = (
    re.compile(r"BagIt-Version: (\d+)\.(\d+)"),
    re.compile(r"Tag-File-Character-Encoding: (\S+)"),
)
_ENCODING = re.compile(
    r"(us-)?ascii|utf-?(8|16|32)([-_]?[lb]e)?|iso[-_]?8859[-_]?\d+|latin-?\d+|(windows-|cp)\d+|koi8-[ru]|mac[-_a-z]*"
    r"|shift[-_]jis|euc-(jp|kr)|gb\w+|big5",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\r\n|\n|\r")
_LINE = re.compile(r"([0-9a-fA-F]+)[ \t]+(\*?)(.+)")
_FETCH = re.compile(r"(\S+)[ \t]+(\d+|-)[ \t]+(.+)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+")
_NAME = re.compile(r"(tag)?manifest-(.+)\.txt", re.IGNORECASE)
_ESCAPED = re.compile(r"%(0[AaDd]|25)")
_BOM = "\ufeff"


def say(key: str, **facts: object) -> str:
    """A sentence of bag.toml; `path` and `why` are empty unless given."""
    return wording("repository", "bag.toml").say(key, None, **({"path": "", "why": ""} | facts))


@dataclass(frozen=True, slots=True)
class Declaration:
    """What bagit.txt says: version as two numbers, encoding of the other tag files, and what is unusual in it."""

    version: tuple[int, int]
    encoding: str
    unusual: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a manifest: the path as written (without star), its digest in lower case, whether it had a star."""

    written: str
    digest: str
    star: bool


@dataclass(frozen=True, slots=True)
class Fetch:
    """One line of fetch.txt: where from, how many bytes (nothing when not told), which file."""

    url: str
    length: int | None
    path: str


def declaration(content: bytes) -> Declaration:
    """Read bagit.txt (RFC 8493 2.1.1): two lines, UTF-8, no byte-order mark.

    Raises:
        ValueError: it is none, or of a version or encoding that is not known.
    """
    if content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError(say("bom"))
    try:
        lines = [line for line in _ENDS.split(content.decode()) if line.strip()]
    except UnicodeDecodeError:
        raise ValueError(say("not_encoded", why="UTF-8")) from None
    found = [pattern.fullmatch(line.rstrip()) for pattern, line in zip(_DECLARED, lines, strict=False)]
    for place, wanted in enumerate(("BagIt-Version: M.N", "Tag-File-Character-Encoding: …")):
        if place >= len(found) or found[place] is None:
            raise ValueError(say("declared", path=wanted, why=repr(lines[place][:80]) if place < len(lines) else "-"))
    first, second = (match for match in found if match is not None)
    version, encoding = (int(first.group(1)), int(first.group(2))), second.group(1)
    if version not in VERSIONS:
        raise ValueError(say("version", why=f"{version[0]}.{version[1]}"))
    if not _known(encoding):
        raise ValueError(say("encoding", why=encoding[:80]))
    if len(lines) > len(_DECLARED) and version >= (1, 0):
        raise ValueError(say("more_lines", why=repr(lines[2][:80])))
    blank = [line for line in lines[:2] if line != line.rstrip()]
    unusual = [say("trailing", why=repr(line[:80])) for line in blank]
    unusual += [say("more_lines", why=repr(line[:80])) for line in lines[2:3]]
    return Declaration(version, encoding, tuple(unusual))


def text_of(content: bytes, encoding: str) -> tuple[list[str], bool]:
    """The lines of a tag file that are not empty, and whether a byte-order mark stood before them (UTF-8 only).

    Raises:
        ValueError: it is not in this encoding.
    """
    try:
        text = content.decode(encoding)
    except UnicodeError:
        raise ValueError(say("not_encoded", why=encoding)) from None
    return [line for line in _ENDS.split(text.removeprefix(_BOM)) if line.strip()], text.startswith(_BOM)


def manifest_lines(lines: list[str]) -> Iterator[Listed]:
    """The lines of a manifest or tag manifest (RFC 8493 2.1.3).

    Raises:
        ValueError: a line is none.
    """
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(say("line", why=repr(line[:120])))
        yield Listed(match.group(3), match.group(1).lower(), bool(match.group(2)))


def algorithm_of(name: str) -> tuple[bool, str, str] | None:
    """Of a manifest's file name: is it a tag manifest; its algorithm as hashlib has it (empty: unknown), and as named.

    Nothing when the name is no manifest's.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    plain = re.sub(r"[-_]", "", match.group(2).lower())
    known = {re.sub(r"[-_]", "", each): each for each in hashlib.algorithms_guaranteed if not each.startswith("shake")}
    return match.group(1) is not None, known.get(plain, ""), match.group(2)


def spellings(written: str, version: tuple[int, int]) -> tuple[str, ...]:
    """The names that a path in a manifest may stand for, the likeliest first.

    From 1.0 on CR, LF and % are escaped (RFC 8493 2.1.3); before, writers escaped nothing, these, or as URLs do.
    """
    decoded = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), written)
    order = (decoded, written) if version >= (1, 0) else (written, decoded, unquote(written))
    return tuple(dict.fromkeys(order))


def info_pairs(lines: list[str]) -> list[tuple[str, str]]:
    """Labels and values of bag-info.txt in order (RFC 8493 2.2.2); blanks around labels and folded lines are accepted.

    Raises:
        ValueError: a line has no label.
    """
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if line[0] in " \t" and pairs:
            label, value = pairs[-1]
            pairs[-1] = (label, f"{value} {line.strip()}".strip())
            continue
        label, colon, value = line.partition(":")
        if not colon or not label.strip():
            raise ValueError(say("label", why=repr(line[:120])))
        pairs.append((label.strip(), value.strip()))
    return pairs


def fetch_lines(lines: list[str]) -> Iterator[Fetch]:
    """The lines of fetch.txt (RFC 8493 2.2.3).

    Raises:
        ValueError: a line is none, or its URL has no scheme.
    """
    for line in lines:
        match = _FETCH.fullmatch(line)
        if match is None or not _SCHEME.fullmatch(match.group(1)):
            raise ValueError(say("line", why=repr(line[:120])))
        yield Fetch(match.group(1), None if match.group(2) == "-" else int(match.group(2)), match.group(3))


def _known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return _ENCODING.fullmatch(encoding) is not None
