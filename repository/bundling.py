"""Write versions to an offline medium: sequentially, read back, compared, and only then registered in the journal.

A kill at any moment leaves nothing registered; half-written parts in a folder are removed by the next writing to it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from metadata.event import Agent
from metadata.file import flush
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.bundle import Index, Member, Packed, Written, member_name, part_size, parts_of, plan, write_part
from repository.bundle_reading import Unfit, read_part
from repository.journal import Journal, Json, Witness
from repository.ledger import Kept
from repository.pieces import holders
from repository.place import Place
from repository.refusal import refusals
from repository.shelf import BUNDLED, Bundle, Kind, Part, Shelved, bundled_facts, read_shelf
from repository.verify import MANIFEST, TAG_MANIFEST, Progress, parse_manifest

_DRAFT = ".draft"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written on: the medium's label, where it will be kept, what it is, bytes of a part at most."""

    label: str
    location: str
    kind: Kind
    size: int


@dataclass(frozen=True, slots=True)
class Pack:
    """One version ready to be written: the place that holds it intact, and its files as its manifests have them."""

    packed: Packed
    place: Place
    members: tuple[Member, ...]


def pack(kept: Kept, places: Sequence[Place]) -> Pack:
    """Read the copies of a version, those found whole the last time first, until one is intact: it becomes the source.

    Raises:
        Problem: S081 no attached place has an intact copy.
    """
    for place in holders(places, kept):
        if place.faults(kept.object_id, kept.version, kept.known):
            continue
        listed = {TAG_MANIFEST: kept.manifests[TAG_MANIFEST]}
        for name in (MANIFEST, TAG_MANIFEST):
            with place.open(kept.object_id, kept.version, name) as stream:
                listed |= parse_manifest(stream.read())
        sizes = sorted(place.sizes(kept.object_id, kept.version).items())
        members = [Member(member_name(kept.object_id, kept.version, path), size, listed[path]) for path, size in sizes]
        facts = (len(sizes), sum(size for _, size in sizes), kept.manifests[MANIFEST], kept.manifests[TAG_MANIFEST])
        return Pack(Packed(kept.object_id, kept.version, *facts), place, tuple(members))
    raise Problem("S081", kept.object_id, version=kept.version)


def write_bundle(
    packs: Sequence[Pack],
    target: Path,
    order: Order,
    journal: Journal,
    agent: Agent,
    *,
    witnesses: Sequence[Witness] = (),
    on_file: Progress | None = None,
) -> Bundle:
    """Write `packs` to `target` and register the bundle when all of it was read back.

    In a folder each part is a new file. Anything else (a tape drive that rewinds when it is closed, ``/dev/st0``; a
    pipe) is written as one stream, then opened again and read. `on_file` hears each file when it is written.

    Raises:
        Problem: S001 no room; S003 the medium refuses; S080 something does not fit into a part; S081 a copy was damaged
            meanwhile; S082 it was read back differently; and what `journal.append` raises.
    """
    journal.require()
    with journal.alone("shelf"):
        written = journal.clock()
        known = read_shelf(journal).bundles
        stem = f"{order.label}-{written[:10].replace('-', '')}"
        name = next(f"{stem}-{number}" for number in range(1, len(known) + 2) if f"{stem}-{number}" not in known)
        first = Index(name, order.label, written, 1, 1, ())
        indexes = plan(first, [(each.packed, each.members) for each in packs], order.size)
        files = _Files({(each.packed.object, each.packed.version): each for each in packs}, on_file)
        with refusals(target):
            made = _in_folder(target, indexes, files) if target.is_dir() else [_streamed(target, indexes, files)]
        facts = _facts(Bundle(name, order.label, order.location, order.kind, ""), made, indexes)
        journal.append(BUNDLED, name, facts, agent, witnesses)
    return read_shelf(journal).bundles[name]


def _facts(bundle: Bundle, made: Sequence[Written], indexes: Sequence[Index]) -> dict[str, Json]:
    parts = [
        Part(each.number, index.file_name, each.size, each.sha512, each.index)
        for each, index in zip(made, indexes, strict=True)
    ]
    versions = [Shelved(VolumeId(packed.object), packed.version, where) for packed, where in parts_of(indexes)]
    return bundled_facts(bundle, parts, versions)


@dataclass(frozen=True, slots=True)
class _Files:
    """Opens the files of packs."""

    packs: dict[tuple[str, str], Pack]
    on_file: Progress | None

    def __call__(self, member: Member) -> BinaryIO:
        source = self.packs[member.object_id, member.version].place
        if self.on_file is not None:
            self.on_file(member.name, member.size)
        return source.open(member.object_id, member.version, member.path)


def _in_folder(target: Path, indexes: Sequence[Index], files: _Files) -> list[Written]:
    """Every part a file: all of them appear when the last one was read back."""
    for left in target.glob(f"*.tar{_DRAFT}"):  # of the dead: the journal's lock is ours
        left.unlink()
    disk, needed = os.statvfs(target), sum(part_size(index) for index in indexes)
    if needed > disk.f_bavail * disk.f_frsize:
        free = disk.f_bavail * disk.f_frsize // 10**6
        raise Problem("S001", target, free=free, needed=-(-needed // 10**6))
    with _drafts(target, indexes) as drafts:
        made = []
        for index, draft in zip(indexes, drafts, strict=True):
            with draft.open("xb", buffering=0) as out:
                made.append(_written(out, index, files))
                os.fsync(out.fileno())
            _read_back(draft, made[-1])
        for index, draft in zip(indexes, drafts, strict=True):
            draft.chmod(0o444)
            if (target / index.file_name).exists():
                raise Problem("S005", target / index.file_name)
            draft.rename(target / index.file_name)
        flush(target)
    return made


@contextmanager
def _drafts(target: Path, indexes: Sequence[Index]) -> Iterator[list[Path]]:
    drafts = [target / f"{index.file_name}{_DRAFT}" for index in indexes]
    try:
        yield drafts
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


def _streamed(target: Path, indexes: Sequence[Index], files: _Files) -> Written:
    """The only part as one stream."""
    if not target.exists() or stat.S_ISREG(target.stat().st_mode):
        raise Problem("S003", target, why=os.strerror(20))  # ENOTDIR
    if len(indexes) > 1:
        least = sum(part_size(index) for index in indexes)
        raise Problem("S080", target, size=max(part_size(index) for index in indexes), least=least)
    with target.open("wb", buffering=0) as out:
        made = _written(out, indexes[0], files)
    _read_back(target, made)
    return made


def _written(out: BinaryIO, index: Index, files: _Files) -> Written:
    try:
        return write_part(out, index, files)
    except ValueError as error:
        member = next(each for each in index.files if each.name == str(error))
        raise Problem("S081", member.object_id, version=member.version) from error


def _read_back(path: Path, made: Written) -> None:
    """Read a part from its medium, past the page cache, and compare all of it (Problem S082)."""
    with closing(path.open("rb")) as stream:
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            read = read_part(stream)
        except Unfit as error:
            raise Problem("S082", path, why=str(error)) from error
    if read.faults or (read.sha512, read.size) != (made.sha512, made.size):
        raise Problem("S082", path, why=read.faults[0].path if read.faults else "SHA-512")
