"""Read a part of a bundle in one pass, without seeking: every byte of it against its index.

Headers, padding and both indexes follow from the index, so nothing in a part is believed that was not written by
`repository.bundle`: a link, a device, a path that leads out or a foreign tar file can only be found and told.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from repository.bundle import BLOCK, INDEX, RECORD, Index, Member, header, index_bytes, padding, parse_index
from repository.verify import Row, Verdict

MOST_INDEX = 1 << 30
"""Bytes of the largest index that is read."""
_CHUNK = 1 << 20


class Sink(Protocol):
    """Takes the files of a part as they pass by."""

    def begin(self, member: Member) -> BinaryIO | None:
        """Where the content of `member` is written to; None when it is not wanted."""
        ...

    def end(self, member: Member, *, intact: bool) -> None:
        """All of `member` was written, or as much as could be read; whether it is what the index says."""
        ...


@dataclass(frozen=True, slots=True)
class PartRead:
    """What a part held: its index (None: not a part), bytes read, SHA-512 of them and of the index, and the faults.

    Paths in rows are names of members; files that could not be reached any more are MISSING.
    """

    index: Index | None
    size: int
    sha512: str
    index_sha512: str
    faults: tuple[Row, ...]


class Unfit(ValueError):
    """What was given is no part of a bundle, and why."""


def read_part(stream: BinaryIO, sink: Sink | None = None) -> PartRead:
    """Read all of `stream`.

    Its first index is used; when that is damaged and the stream can seek, the one at the end.

    Raises:
        Unfit: no index can be read.
        OSError: `sink` could not write.
    """
    tape = _Tape(stream)
    try:
        index = _first_index(tape)
    except ValueError as error:
        spare = last_index(stream) if stream.seekable() else None
        if spare is None:
            raise Unfit(str(error)) from error
        stream.seek(0)
        tape = _Tape(stream)
        told = index_bytes(spare)
        first = _same(tape, header(INDEX, len(told), spare.written) + told)
        return _judged(spare, tape, [] if first else [Row(Verdict.DAMAGED, INDEX)], sink)
    return _judged(index, tape, [], sink)


def last_index(stream: BinaryIO) -> Index | None:
    """The index at the end of a part that can seek; None when it is not readable either."""
    position = stream.seek(0, io.SEEK_END) // BLOCK * BLOCK
    least = position - MOST_INDEX
    while position >= max(BLOCK, least):
        position -= BLOCK
        stream.seek(position)
        try:
            return _first_index(_Tape(stream))
        except ValueError:
            continue
    return None


def _judged(index: Index, tape: _Tape, faults: list[Row], sink: Sink | None) -> PartRead:
    faults += _members(index, tape, sink)
    told = index_bytes(index)
    if not tape.ended and not _same(tape, header(INDEX, len(told), index.written) + told):
        faults.append(Row(Verdict.DAMAGED, INDEX))
    if not tape.ended:
        faults += _rest(tape)
    if tape.error and not any(row.verdict is Verdict.UNREADABLE for row in faults):
        faults.append(Row(Verdict.UNREADABLE, INDEX, {"why": tape.error}))
    return PartRead(index, tape.size, tape.digest.hexdigest(), hashlib.sha512(told).hexdigest(), tuple(faults))


class _Tape:
    """Reads exactly as many bytes as asked, or to the end; counts and hashes them; remembers why it ended."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size, self.digest, self.ended, self.error = 0, hashlib.sha512(), False, ""

    def read(self, size: int) -> bytes:
        pieces, missing = [], size
        while missing and not self.ended:
            try:
                piece = self._stream.read(min(missing, _CHUNK))
            except OSError as error:
                self.ended, self.error = True, error.strerror or str(error)
                break
            self.ended = not piece
            pieces.append(piece)
            missing -= len(piece)
        content = b"".join(pieces)
        self.size += len(content)
        self.digest.update(content)
        return content


def _first_index(tape: _Tape) -> Index:
    """The index that begins where the tape stands (ValueError: none does)."""
    block = tape.read(BLOCK)
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError as error:
        raise ValueError(tape.error or f"tar: {error}") from error
    if info.name != INDEX or not info.isreg() or not 0 < info.size <= MOST_INDEX:
        raise ValueError(f"{INDEX} != {info.name[:200]!r}")
    index = parse_index(tape.read(info.size))
    if block != header(INDEX, info.size, index.written):
        raise ValueError(f"tar: {INDEX}")
    return index


def _members(index: Index, tape: _Tape, sink: Sink | None) -> Iterator[Row]:
    for member in index.files:
        if tape.ended:
            yield Row(Verdict.MISSING, member.name)
            continue
        told = _same(tape, header(member.name, member.size, index.written))
        intact = _content(member, tape, sink)
        zeros = padding(member.size)
        if tape.ended and tape.error:
            yield Row(Verdict.UNREADABLE, member.name, {"why": tape.error})
        elif not (_same(tape, bytes(zeros)) and told and intact):
            yield Row(Verdict.DAMAGED, member.name)


def _content(member: Member, tape: _Tape, sink: Sink | None) -> bool:
    """Read the content of `member` on; whether it is what the index says."""
    out = sink.begin(member) if sink is not None else None
    digest, left = hashlib.sha512(), member.size
    try:
        while left and (chunk := tape.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
            if out is not None:
                out.write(chunk)
    finally:
        if out is not None:
            out.close()
    intact = not left and digest.hexdigest() == member.sha512
    if sink is not None:
        sink.end(member, intact=intact)
    return intact


def _rest(tape: _Tape) -> Iterator[Row]:
    """What stands behind the last index: nothing but the zeros with which tar ends."""
    end = tape.read(2 * BLOCK)
    end += tape.read(padding(tape.size, RECORD))
    if any(end) or len(end) < 2 * BLOCK:
        yield Row(Verdict.DAMAGED, INDEX)
    more = False
    while tape.read(_CHUNK):
        more = True
    if more:
        yield Row(Verdict.UNEXPECTED, INDEX)


def _same(tape: _Tape, wanted: bytes) -> bool:
    return tape.read(len(wanted)) == wanted
