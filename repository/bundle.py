"""Bundles for tape and cold disks: sequential `tar` files (POSIX.1-2001 pax) of whole bags, an index at both ends.

A part is INDEX.json, the files in the index's order, INDEX.json again, zeros up to a record of tar. Names are those of
a place (``ab/cd/<uuid>/v0001/...``): what `tar -xf` unpacks lies as in a place. All but the files' content follows
from the index, so a part is written and read in one pass, without seeking, and every byte of it can be judged.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol

from metadata.model import VolumeId
from metadata.problem import Problem
from metadata.record import from_plain, plain
from repository.verify import object_folder

FORMAT = "kdr-bundle 1"
INDEX = "INDEX.json"
BLOCK = 512
RECORD = 20 * BLOCK
"""What tar calls a record: archives are padded to it."""
WRITE = 512 * BLOCK
"""Bytes of one write: a block of a tape (``tar -b 512``)."""
_CHUNK = 1 << 20
_WIDEST = 10**15
_NAME = re.compile(
    r"(?P<a>[0-9a-f]{2})/(?P<b>[0-9a-f]{2})/(?P<id>(?P=a)(?P=b)[0-9a-f]{4}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"/(?P<version>v\d{4,})/(?P<path>.+)",
    re.DOTALL,
)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_DIGEST = re.compile(r"[0-9a-f]{128}")


class Writable(Protocol):
    """What a part is written to: a file, a pipe, a tape."""

    def write(self, data: bytes | memoryview, /) -> int | None:
        """As of a raw file: may take less than all of it."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a part: its name there, bytes, SHA-512, and where its content begins in the part (bytes)."""

    name: str
    size: int
    sha512: str
    offset: int = 0

    @property
    def object_id(self) -> VolumeId:
        """The object that it belongs to."""
        return VolumeId(self.name.split("/")[2])

    @property
    def version(self) -> str:
        """The version that it belongs to."""
        return self.name.split("/")[3]

    @property
    def path(self) -> str:
        """Its path relative to the bag."""
        return self.name.split("/", 4)[4]


@dataclass(frozen=True, slots=True)
class Packed:
    """One version in a bundle: all its files (tag files too), bytes, SHA-512 of its manifests."""

    object: str
    version: str
    files: int
    bytes: int
    manifest: str
    tagmanifest: str


@dataclass(frozen=True, slots=True)
class Index:
    """What a part says of itself: part `part` of `parts`; `versions` of the whole bundle, `files` of this part."""

    bundle: str
    label: str
    written: str
    part: int
    parts: int
    versions: tuple[Packed, ...]
    files: tuple[Member, ...] = ()
    format: str = FORMAT

    @property
    def file_name(self) -> str:
        """How the part is called in a folder."""
        return part_name(self.bundle, self.part)


@dataclass(frozen=True, slots=True)
class Written:
    """One part as it was written: number, bytes, SHA-512 of all of it and of its index."""

    number: int
    size: int
    sha512: str
    index: str


def part_name(bundle: str, number: int) -> str:
    """The file of a part: ``<bundle>-0001.tar``."""
    return f"{bundle}-{number:04d}.tar"


def member_name(object_id: str, version: str, path: str) -> str:
    """The name of a file of a version, as in a place."""
    return f"{object_folder(object_id)}/{version}/{path}"


def header(name: str, size: int, written: str) -> bytes:
    """The tar header of a regular file: read-only, nobody's, its pax records before it where they are needed."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o444
    info.mtime = int(dt.datetime.fromisoformat(written).timestamp())
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def padding(size: int, unit: int = BLOCK) -> int:
    """How many zeros follow `size` bytes."""
    return -size % unit


def index_bytes(index: Index) -> bytes:
    """The index as it stands in its part, offsets filled in: JSON, a file a line, padded with blanks to whole blocks.

    Offsets count from the part's first byte.
    """
    size = _size([_line(replace(member, offset=_WIDEST)) for member in index.files], _frame(index))
    position = len(header(INDEX, size, index.written)) + size
    files = []
    for member in index.files:
        position += len(header(member.name, member.size, index.written))
        files.append(replace(member, offset=position))
        position += member.size + padding(member.size)
    return _text([_line(member) for member in files], _frame(index)).ljust(size - 1) + b"\n"


def parse_index(content: bytes) -> Index:
    """The index that `index_bytes` made.

    Raises:
        ValueError: it is none, it names a file twice or one that lies in no version, or it is not written as we do.
    """
    try:
        found = from_plain(Index, json.loads(content))
        if found.format != FORMAT or not _LABEL.fullmatch(found.bundle) or not 1 <= found.part <= found.parts:
            raise ValueError(f"{found.format} {found.bundle} {found.part}/{found.parts}"[:200])
        _require_sound(found)
        same = index_bytes(found) == content
    except (RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from None
    if not same:
        raise ValueError(f"{INDEX}: != {FORMAT}")
    return found


def plan(first: Index, versions: Sequence[tuple[Packed, Sequence[Member]]], size: int) -> tuple[Index, ...]:
    """The parts, none larger than `size` bytes, that hold `versions`; `first` says bundle, label and time.

    A version that fits into a part lies in one part; a larger one is split by files over consecutive parts.

    Raises:
        Problem: S080 a single file does not fit into a part; the finding names the least size that would do.
    """
    packed = tuple(each for each, _ in versions)
    draft = replace(first, part=_WIDEST, parts=_WIDEST, versions=packed, files=())
    room = _Room(draft, size)
    for _, members in versions:
        room.add(members)
    filled = room.ended()
    return tuple(replace(draft, part=n, parts=len(filled), files=files) for n, files in enumerate(filled, 1))


def part_size(index: Index) -> int:
    """How many bytes a part takes."""
    told = len(index_bytes(index))
    size = 2 * (len(header(INDEX, told, index.written)) + told) + 2 * BLOCK
    for member in index.files:
        size += len(header(member.name, member.size, index.written)) + member.size + padding(member.size)
    return size + padding(size, RECORD)


def write_part(out: Writable, index: Index, opened: Callable[[Member], BinaryIO]) -> Written:
    """Write one part sequentially; `opened` gives the files. Bytes are hashed on their way and compared.

    Raises:
        ValueError: a file is not what the index says (its name is the message); the part is worth nothing.
        OSError: reading or writing failed.
    """
    tape, told = _Tape(out), index_bytes(index)
    tape.write(header(INDEX, len(told), index.written) + told)
    for member in index.files:
        tape.write(header(member.name, member.size, index.written))
        with opened(member) as stream:
            _copy(stream, tape, member)
        tape.write(bytes(padding(member.size)))
    tape.write(header(INDEX, len(told), index.written) + told)
    tape.write(bytes(2 * BLOCK))
    tape.write(bytes(padding(tape.size, RECORD)))
    tape.end()
    return Written(index.part, tape.size, tape.digest.hexdigest(), hashlib.sha512(told).hexdigest())


class _Tape:
    """Writes in whole blocks, counts and hashes what it wrote."""

    def __init__(self, out: Writable) -> None:
        self._out, self._pending = out, bytearray()
        self.size, self.digest = 0, hashlib.sha512()

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self.digest.update(data)
        self._pending += data
        whole = len(self._pending) - len(self._pending) % WRITE
        if whole:
            self._put(bytes(self._pending[:whole]))
            del self._pending[:whole]

    def end(self) -> None:
        self._put(bytes(self._pending))
        self._pending.clear()

    def _put(self, data: bytes) -> None:
        for start in range(0, len(data), WRITE):
            view = memoryview(data)[start : start + WRITE]
            while view:
                view = view[self._out.write(view) or 0 :]


def _copy(stream: BinaryIO, tape: _Tape, member: Member) -> None:
    digest, size = hashlib.sha512(), 0
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > member.size:
            break
        tape.write(chunk)
    if (size, digest.hexdigest()) != (member.size, member.sha512):
        raise ValueError(member.name)


class _Room:
    """Fills parts; a version that fits into a part is not split."""

    def __init__(self, draft: Index, limit: int) -> None:
        self._frame, self._written, self._limit = _frame(draft), draft.written, limit
        self._parts: list[tuple[Member, ...]] = []
        self._files: list[Member] = []
        self._lines = self._data = 0

    def add(self, members: Sequence[Member]) -> None:
        """One version."""
        costs = [self._cost(member) for member in members]
        widest = max(range(len(members)), key=lambda number: self._total(*costs[number], 1))
        least = self._total(*costs[widest], 1)
        if least > self._limit:
            raise Problem("S080", members[widest].name, size=self._limit, least=least)
        lines, data = (sum(cost[axis] for cost in costs) for axis in (0, 1))
        if self._fits(lines, data, len(members)):
            self._put(members, lines, data)
            return
        if self._total(lines, data, len(members)) <= self._limit:
            self._next()
            self._put(members, lines, data)
            return
        for member, cost in zip(members, costs, strict=True):
            if not self._fits(*cost, 1):
                self._next()
            self._put([member], *cost)

    def ended(self) -> list[tuple[Member, ...]]:
        """The files of each part."""
        self._next()
        return self._parts

    def _put(self, members: Sequence[Member], lines: int, data: int) -> None:
        self._files += members
        self._lines += lines
        self._data += data

    def _next(self) -> None:
        if self._files:
            self._parts.append(tuple(self._files))
        self._files, self._lines, self._data = [], 0, 0

    def _fits(self, lines: int, data: int, count: int) -> bool:
        return self._total(self._lines + lines, self._data + data, len(self._files) + count) <= self._limit

    def _cost(self, member: Member) -> tuple[int, int]:
        """Bytes that a file takes in the index, and in the part."""
        line = len(_line(replace(member, offset=_WIDEST)))
        return line, len(header(member.name, member.size, self._written)) + member.size + padding(member.size)

    def _total(self, lines: int, data: int, count: int) -> int:
        """Bytes of a part with `count` files."""
        index = _padded(lines, count, self._frame)
        total = 2 * (len(header(INDEX, index, self._written)) + index) + data + 2 * BLOCK
        return total + padding(total, RECORD)


def _frame(index: Index) -> tuple[bytes, bytes]:
    """What stands in the JSON before and after the lines of files."""
    fields: Mapping[str, object] = plain(replace(index, files=()))
    head = [f'"{key}":{_json(fields[key])}' for key in ("format", "bundle", "label", "written", "part", "parts")]
    versions = ",\n".join(_json(plain(each)) for each in index.versions)
    return ("{" + ",\n".join(head) + ',\n"versions":[\n' + versions + '\n],\n"files":[\n').encode(), b"\n]}"


def _line(member: Member) -> bytes:
    return _json(plain(member)).encode()


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _text(lines: Sequence[bytes], frame: tuple[bytes, bytes]) -> bytes:
    return frame[0] + b",\n".join(lines) + frame[1]


def _size(lines: Sequence[bytes], frame: tuple[bytes, bytes]) -> int:
    return _padded(sum(map(len, lines)), len(lines), frame)


def _padded(lines: int, count: int, frame: tuple[bytes, bytes]) -> int:
    """Bytes of an index with `count` lines of `lines` bytes together: at least one blank, whole blocks."""
    size = len(frame[0]) + len(frame[1]) + lines + 2 * max(0, count - 1) + 1
    return size + padding(size)


def _require_sound(index: Index) -> None:
    """Refuse (ValueError) what could be written outside of its version or over another file."""
    for packed in index.versions:
        if not _NAME.fullmatch(member_name(packed.object, packed.version, "-")) or packed.files < 1:
            raise ValueError(repr(f"{packed.object} {packed.version}"[:200]))
    for member in index.files:
        found = _NAME.fullmatch(member.name)
        steps = found.group("path").split("/") if found else [".."]
        if (
            {"", ".", ".."} & set(steps)
            or "\0" in member.name
            or member.size < 0
            or not _DIGEST.fullmatch(member.sha512)
        ):
            raise ValueError(repr(member.name[:200]))
    if len({member.name for member in index.files}) < len(index.files):
        raise ValueError(f"{INDEX}: 2x")


def parts_of(indexes: Sequence[Index]) -> Iterator[tuple[Packed, tuple[int, ...]]]:
    """Every version of a bundle, and the numbers of the parts that hold its files."""
    where: dict[tuple[str, str], set[int]] = {}
    for index in indexes:
        for member in index.files:
            where.setdefault((member.object_id, member.version), set()).add(index.part)
    for packed in indexes[0].versions if indexes else ():
        yield packed, tuple(sorted(where.get((packed.object, packed.version), ())))
