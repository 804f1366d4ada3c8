"""Read bundles back, part by part: against their index, the names of their files and the journal; take versions out.

What is taken out appears in a folder laid out as a place, each version at once after all of it was read back there.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from metadata.file import flush
from metadata.finding import Fact, Finding, finding
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.bundle import INDEX, Member, Packed
from repository.bundle_reading import PartRead, Sink, Unfit, read_part
from repository.refusal import refusals
from repository.shelf import Bundle, Part, Shelf
from repository.verify import MANIFEST, TAG_MANIFEST, Known, Row, Verdict, object_folder, verify_bag

SUFFIX = ".tar"


@dataclass(frozen=True, slots=True)
class PartCheck:
    """One part as it was read: which bundle and part it is (empty and 0: none), what was found, files, bytes, time."""

    path: Path
    bundle: str
    number: int
    parts: int
    verdict: Verdict
    files: int
    bytes: int
    seconds: float
    faults: tuple[Finding, ...] = ()
    versions: tuple[Packed, ...] = ()
    broken: tuple[str, ...] = ()
    """The versions ("<uuid> v0001") that are not whole here, when the rest can be believed."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was taken out: where each whole version lies now; what was in the parts but not whole."""

    versions: tuple[Path, ...]
    broken: tuple[str, ...]
    parts: tuple[PartCheck, ...]


def part_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The parts that a person names: a folder stands for every part in it."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    return tuple(found)


def check_part(path: Path, shelf: Shelf, sink: Sink | None = None) -> PartCheck:
    """Read one part through; `shelf` is what the journal knows.

    Raises:
        OSError: `sink` could not write.
    """
    begun = time.monotonic()
    expected = _expected(path, shelf)
    try:
        stream = path.open("rb")
    except OSError as error:
        fault = finding("S013", path, why=error.strerror or str(error))
        return PartCheck(path, *_named(expected), Verdict.UNREADABLE, 0, 0, 0.0, (fault,))
    with stream:
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            read = read_part(stream, sink)
        except Unfit as error:
            fault = finding("S083", path, why=str(error)[:300])
            return PartCheck(path, *_named(expected), Verdict.DAMAGED, 0, 0, time.monotonic() - begun, (fault,))
    if read.index is None:
        raise ValueError(path)
    faults = [_told(path, row) for row in read.faults]
    verdict = _verdict(read)
    broken = _broken(read)
    bundle = shelf.bundles.get(read.index.bundle)
    if bundle is None:
        faults.append(finding("S087", f"{read.index.bundle} ({path})"))
        verdict = Verdict.UNKNOWN if verdict is Verdict.INTACT else verdict
    else:
        against = tuple(_against(path, read, bundle))
        verdict = Verdict.DAMAGED if against and verdict is Verdict.INTACT else verdict
        broken = () if against else broken
        faults += against
    if path.suffix == SUFFIX and path.name != read.index.file_name:
        faults.append(finding("S085", path, part=read.index.part, bundle=read.index.bundle))
    which = (read.index.bundle, read.index.part, read.index.parts)
    seconds = time.monotonic() - begun
    return PartCheck(
        path, *which, verdict, len(read.index.files), read.size, seconds, tuple(faults), read.index.versions
    )


def missing_parts(checks: Sequence[PartCheck]) -> tuple[Finding, ...]:
    """What of the bundles among `checks` was not given: a finding a bundle."""
    found = []
    for bundle in sorted({check.bundle for check in checks if check.bundle}):
        mine = [check for check in checks if check.bundle == bundle]
        parts = max(check.parts for check in mine)
        lost = sorted(set(range(1, parts + 1)) - {check.number for check in mine})
        if lost:
            found.append(finding("S084", bundle, missing=", ".join(map(str, lost[:20])), parts=parts))
    return tuple(found)


def restore(
    paths: Sequence[Path],
    to: Path,
    shelf: Shelf,
    known: Mapping[tuple[VolumeId, str], Known],
    only: VolumeId | None = None,
) -> Restored:
    """Take every version (or those of the object `only`) out of parts into the folder `to`; never writes elsewhere.

    `known` is what the journal says of versions; of others the index is believed.

    Raises:
        Problem: S003 the disk refuses; S005 a version lies in `to` already.
    """
    with refusals(to), _unpacking(to, only) as sink:
        checks = [check_part(path, shelf, sink) for path in part_files(paths)]
        ended = [
            (packed, sink.settle(packed, known.get((VolumeId(packed.object), packed.version))))
            for packed in sink.wanted(checks)
        ]
    whole = tuple(path for _, path in ended if path is not None)
    broken = tuple(f"{packed.object} {packed.version}" for packed, path in ended if path is None)
    return Restored(whole, broken, tuple(checks))


@contextmanager
def _unpacking(to: Path, only: VolumeId | None) -> Iterator[_Unpacking]:
    to.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=to))
    try:
        yield _Unpacking(to, draft, only)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@dataclass(slots=True)
class _Unpacking:
    """Writes members below a folder of its own; versions that came whole are moved to where they belong."""

    to: Path
    draft: Path
    only: VolumeId | None
    came: Counter[tuple[str, str]] = field(default_factory=Counter)
    current: Path | None = None

    def begin(self, member: Member) -> BinaryIO | None:
        """Where a wanted file is written; None for one that came already."""
        self.current, target = None, self.draft / member.name
        if self.only not in (None, member.object_id) or target.exists():
            return None
        final = self.to.joinpath(*member.name.split("/")[:4])
        if final.exists():
            raise Problem("S005", final)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.current = target
        return target.open("xb")

    def end(self, member: Member, *, intact: bool) -> None:
        """Keep a file that came whole; throw away one that did not: another copy of the part may bring it."""
        if self.current is None:
            return
        if intact:
            self.current.chmod(0o444)
            flush(self.current)
            self.came[member.object_id, member.version] += 1
        else:
            self.current.unlink()

    def wanted(self, checks: Sequence[PartCheck]) -> Iterator[Packed]:
        """The versions that the indexes speak of, each once, sorted."""
        found = {(packed.object, packed.version): packed for check in checks for packed in check.versions}
        yield from (found[key] for key in sorted(found) if self.only in (None, key[0]))

    def settle(self, packed: Packed, known: Known | None) -> Path | None:
        """Read a version back and move it to where it belongs; None when it is not whole."""
        draft, final = self._folder(self.draft, packed), self._folder(self.to, packed)
        told = known or Known({MANIFEST: packed.manifest, TAG_MANIFEST: packed.tagmanifest})
        if self.came[packed.object, packed.version] != packed.files:
            return None
        if any(row.verdict is not Verdict.INTACT for row in verify_bag(draft, told)):
            return None
        for top, _, _ in os.walk(draft, topdown=False):
            flush(Path(top))
        final.parent.mkdir(parents=True, exist_ok=True)
        draft.rename(final)
        flush(final.parent)
        return final

    def _folder(self, root: Path, packed: Packed) -> Path:
        return root / object_folder(packed.object) / packed.version


def _named(part: tuple[Bundle, Part] | None) -> tuple[str, int, int]:
    """Bundle, number and count of the part that a file should be by its name."""
    return (part[0].id, part[1].number, len(part[0].parts)) if part else ("", 0, 0)


def _expected(path: Path, shelf: Shelf) -> tuple[Bundle, Part] | None:
    """Which part the journal calls as this file is called."""
    for bundle in shelf.bundles.values():
        for part in bundle.parts.values():
            if part.file == path.name:
                return bundle, part
    return None


def _against(path: Path, read: PartRead, bundle: Bundle) -> Iterator[Finding]:
    """What the journal has otherwise."""
    part = bundle.parts.get(read.index.part) if read.index is not None else None
    if part is None:
        yield finding("S085", path, part=read.index.part if read.index else 0, bundle=bundle.id)
    elif part.index != read.index_sha512:
        yield finding("S014", f"{path}: {INDEX}")
    elif part.sha512 != read.sha512 and not read.faults:
        yield finding("S010", path, object="")


def _told(path: Path, row: Row) -> Finding:
    names = row.path.split("/")
    facts: dict[str, Fact] = {"object": names[2] if len(names) > 2 else "", "why": "", **row.facts}
    return finding(row.code, f"{path}: {row.path}", **facts)


def _broken(read: PartRead) -> tuple[str, ...]:
    """The versions that rows are about; none when a row is about the part itself."""
    names = [row.path.split("/") for row in read.faults]
    return tuple(sorted({f"{name[2]} {name[3]}" for name in names})) if all(len(name) > 4 for name in names) else ()


def _verdict(read: PartRead) -> Verdict:
    verdicts = {row.verdict for row in read.faults}
    if not verdicts:
        return Verdict.INTACT
    lost = {Verdict.UNREADABLE, Verdict.MISSING}  # what lies behind a place that cannot be read was not reached
    return Verdict.UNREADABLE if Verdict.UNREADABLE in verdicts and verdicts <= lost else Verdict.DAMAGED
