"""Judge a copy of a version wherever it lies, from nothing but the list of its files and their bytes.

The verdicts are those of `repository.verify.verify_bag`, which does the same for folders: RFC 8493 3 (a bag is complete
and valid), and "could not look" (UNREADABLE) is never "looked, and it is wrong" (DAMAGED).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO

from metadata.file import CHUNK, Digests, Reader
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.place import Source
from repository.verify import MANIFEST, TAG_MANIFEST, Known, Progress, Row, Verdict, manifests, parse_manifest


def judge(copy: Source, where: str, known: Known | None = None, on_read: Progress | None = None) -> Iterator[Row]:
    """Read a copy through in constant memory; one row a fault, or a single intact row.

    Args:
        copy: what is to be read.
        where: its address, put before the path of every row.
        known: what the journal says of the version.
        on_read: hears each file's address and bytes when it was read.
    """
    try:
        sizes = copy.sizes()
    except OSError as error:
        yield _unreadable(where, error)
        return
    rows, listed = manifests(lambda name: _content(copy, name), known)
    faults = [replace(row, path=f"{where}/{row.path}".removesuffix("/")) for row in rows]
    if listed:
        extra = sorted(set(sizes) - {*listed, TAG_MANIFEST})
        faults += [Row(Verdict.UNEXPECTED, f"{where}/{path}") for path in extra]
    yield from faults
    told, size = {row.path for row in faults}, 0
    for path, wanted in sorted(listed.items()):
        fault, count = _look(copy, path, wanted, where)
        size += count
        if on_read is not None:
            on_read(f"{where}/{path}", count)
        if fault is not None and fault.path not in told:
            told.add(fault.path)
            yield fault
    if not told:
        yield Row(Verdict.INTACT, where, {"files": len(sizes), "bytes": size})


def wanted_digests(bag: Source, sizes: Mapping[str, int], object_id: VolumeId) -> dict[str, str]:
    """Path -> SHA-512 of every file that a copy of `bag` must have: as its manifests say, the tag manifest's as it is.

    Raises:
        Problem: V006 the manifests are none, or do not list exactly what is there (`sizes`).
        OSError: they cannot be read.
    """
    listed: dict[str, str] = {}
    own = ""
    try:
        for name in (MANIFEST, TAG_MANIFEST):
            with bag.open(name) as stream:
                content = stream.read()
            listed |= parse_manifest(content)
            own = hashlib.sha512(content).hexdigest()
    except (FileNotFoundError, ValueError) as error:
        raise Problem("V006", object_id, why=str(error)) from error
    listed[TAG_MANIFEST] = own
    astray = sorted(set(listed) ^ set(sizes))
    if astray:
        raise Problem("V006", object_id, why=astray[0])
    return listed


def digest(stream: IO[bytes]) -> Digests:
    """Size and SHA-512 of what is left of a stream.

    Raises:
        OSError: it cannot be read.
    """
    reader = Reader(md5=False)
    while chunk := stream.read(CHUNK):
        reader.take(chunk)
    return reader.digests()


def _content(copy: Source, path: str) -> bytes:
    with copy.open(path) as stream:
        return stream.read()


def _look(copy: Source, path: str, wanted: str, where: str) -> tuple[Row | None, int]:
    """The fault of one listed file, if any, and how many bytes were read."""
    address = f"{where}/{path}"
    try:
        with copy.open(path) as stream:
            found = digest(stream)
    except (FileNotFoundError, NotADirectoryError):
        return Row(Verdict.MISSING, address), 0
    except OSError as error:
        return _unreadable(address, error), 0
    return (None if found.sha512 == wanted else Row(Verdict.DAMAGED, address)), found.size


def _unreadable(address: str, error: OSError) -> Row:
    return Row(Verdict.UNREADABLE, address, {"why": error.strerror or str(error)})
