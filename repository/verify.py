"""Verify bags, places and the journal: standard library only, imports nothing of ours, never writes.

This one file can be copied to any machine with Python 3.11 and run there: ``python verify.py --journal DIR PLACE...``.
It reads every byte (past the page cache) and trusts nothing but the digests that were written down when the bytes came:
manifest (RFC 8493 2.1.3) -> tag manifest (2.2.1) -> register in the hash-chained journal -> heads kept by the places.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

MANIFEST = "manifest-sha512.txt"
TAG_MANIFEST = "tagmanifest-sha512.txt"
PLACE_MARKER = "kdr-place.json"
JOURNAL_MARKER = "kdr-journal.json"
HEAD = "journal-head.json"
REGISTER = "register"
"""The folder below the journal's root where copies of all manifests are kept."""
_OURS = {PLACE_MARKER, HEAD, ".staging", ".quarantine", "lost+found"}  # mkfs makes lost+found
_PAIR, _UUID, _VERSION = r"[0-9a-f]{2}", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"v\d{4,}"
_LEVELS = tuple(re.compile(pattern) for pattern in (_PAIR, _PAIR, _UUID, _VERSION))
_LINE = re.compile(r"([0-9a-fA-F]{128})[ \t]+\*?(.+)")
_ESCAPED = re.compile(r"%(0[AaDd]|25)")
_KEYS = {"agent", "facts", "hash", "kind", "previous", "seq", "subject", "time"}

Progress = Callable[[str, int], None]


class Verdict(StrEnum):
    """What looking found; `unreadable` (could not look) is not `damaged` (looked, and it is wrong)."""

    INTACT = "intact"
    DAMAGED = "damaged"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    MANIFEST_ALTERED = "manifest altered"
    JOURNAL_EDITED = "journal edited"
    JOURNAL_CUT = "journal cut"
    NOT_A_BAG = "not a bag"
    VERSION_MISSING = "version missing"


# Verdict: code of the finding in metadata/findings.toml, Czech, English.
_WORDS = {
    Verdict.INTACT: ("", "V POŘÁDKU {path}", "INTACT {path}"),
    Verdict.DAMAGED: ("S010", "POŠKOZENO {path}", "DAMAGED {path}"),
    Verdict.MISSING: ("S011", "CHYBÍ {path}", "MISSING {path}"),
    Verdict.UNEXPECTED: ("S012", "NAVÍC {path}", "UNEXPECTED {path}"),
    Verdict.UNREADABLE: ("S013", "NELZE PŘEČÍST {path}: {why}", "UNREADABLE {path}: {why}"),
    Verdict.UNKNOWN: ("S017", "NEZNÁMÉ (deník o verzi neví) {path}", "UNKNOWN (not in the journal) {path}"),
    Verdict.MANIFEST_ALTERED: ("S014", "SOUPIS ZMĚNĚN (proti deníku) {path}", "MANIFEST ALTERED (see journal) {path}"),
    Verdict.JOURNAL_EDITED: ("S015", "DENÍK ZMĚNĚN {path}:{line}", "JOURNAL EDITED {path}:{line}"),
    Verdict.JOURNAL_CUT: ("S016", "DENÍK ZKRÁCEN {path}: {found}/{expected}", "JOURNAL CUT {path}: {found}/{expected}"),
    Verdict.NOT_A_BAG: ("S018", "NENÍ BAG {path}: {why}", "NOT A BAG {path}: {why}"),
    Verdict.VERSION_MISSING: ("S022", "CHYBÍ CELÁ VERZE {path}", "WHOLE VERSION MISSING {path}"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One thing looked at: its verdict, its path and the facts that the sentence (and the finding `code`) needs."""

    verdict: Verdict
    path: str
    facts: dict[str, str | int] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The finding's code (metadata/findings.toml); empty when intact."""
        return _WORDS[self.verdict][0]

    def text(self, tongue: str = "cs") -> str:
        """The row as a sentence, `tongue` is "cs" or "en"."""
        return _WORDS[self.verdict][2 if tongue == "en" else 1].format(path=self.path, **self.facts)


@dataclass(slots=True)
class Known:
    """What the journal says of one version: digests of its manifests, and the names of the places that hold it."""

    manifests: dict[str, str] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)


Register = dict[tuple[str, str], Known]


def sha512_of(path: Path) -> tuple[str, int]:
    """SHA-512 and size of a file as the disk holds it (the page cache is advised away before and after).

    Raises:
        OSError: it cannot be read.
    """
    digest, size, buffer = hashlib.sha512(), 0, bytearray(1 << 20)
    with path.open("rb", buffering=0) as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while count := stream.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
            size += count
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest(), size


def parse_manifest(content: bytes) -> dict[str, str]:
    """Path (relative to the bag) -> SHA-512 in lower case, of a manifest or tag manifest.

    RFC 8493 2.1.3: lines end with CR, LF or both; in paths CR, LF and % (and only those) are escaped.

    Raises:
        ValueError: a line is no manifest line, a path is listed twice or leads out of the bag, or it is not UTF-8.
    """
    listed: dict[str, str] = {}
    for number, line in enumerate(re.split(r"\r\n|\n|\r", content.decode()), 1):
        if not line:
            continue
        match = _LINE.fullmatch(line)
        path = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), match.group(2) if match else "")
        if match is None or path in listed or path.startswith("/") or ".." in path.split("/") or "\0" in path:
            raise ValueError(f"line {number}: {line[:200]!r}")
        listed[path] = match.group(1).lower()
    return listed


def verify_bag(folder: Path, known: Known | None = None, on_progress: Progress | None = None) -> Iterator[Row]:
    """Read a bag through; one row a fault, or a single intact row. `known` is what the journal says of it."""
    faults, listed = _manifests(folder, known)
    present = _files(folder, faults) if listed else set()
    faults += [Row(Verdict.UNEXPECTED, str(folder / name)) for name in sorted(present - {*listed, TAG_MANIFEST})]
    yield from faults
    told, size = {row.path for row in faults}, 0
    for name, wanted in sorted(listed.items()):
        fault, count = _look(folder / name, wanted)
        size += count
        if on_progress is not None:
            on_progress(str(folder / name), count)
        if fault is not None and fault.path not in told:
            told.add(fault.path)
            yield fault
    if not told:
        yield Row(Verdict.INTACT, str(folder), {"files": len(present), "bytes": size})


def _manifests(folder: Path, known: Known | None) -> tuple[list[Row], dict[str, str]]:
    """Faults of the manifests, and all that they list; nothing when this is no bag or it cannot be looked at."""
    faults: list[Row] = []
    listed: dict[str, str] = {}
    try:
        if not (folder / "bagit.txt").read_bytes().startswith(b"BagIt-Version:"):
            raise ValueError("bagit.txt")
        for name in (MANIFEST, TAG_MANIFEST):
            content = (folder / name).read_bytes()
            found = hashlib.sha512(content).hexdigest()
            if known is not None and known.manifests.get(name, found) != found:
                faults.append(Row(Verdict.MANIFEST_ALTERED, str(folder / name)))
            listed |= parse_manifest(content)
        if not listed:
            raise ValueError(f"{MANIFEST}: 0")
    except (FileNotFoundError, NotADirectoryError) as error:
        return [*faults, Row(Verdict.NOT_A_BAG, str(folder), {"why": f"- {Path(error.filename).name}"})], {}
    except OSError as error:
        return [*faults, _unreadable(error.filename, error)], {}
    except ValueError as error:
        return [*faults, Row(Verdict.NOT_A_BAG, str(folder), {"why": str(error)})], {}
    return faults, listed


def _files(folder: Path, faults: list[Row]) -> set[str]:
    """Every name below `folder` that is no folder, relative; `faults` gains the folders that cannot be listed."""
    names: set[str] = set()
    for top, folders, files in os.walk(folder, onerror=lambda error: faults.append(_unreadable(error.filename, error))):
        links = [name for name in folders if (Path(top) / name).is_symlink()]
        names |= {(Path(top) / name).relative_to(folder).as_posix() for name in files + links}
    return names


def _look(path: Path, wanted: str) -> tuple[Row | None, int]:
    """The fault of one listed file, if any, and how many bytes were read."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Row(Verdict.UNEXPECTED, str(path)), 0
        found, size = sha512_of(path)
    except (FileNotFoundError, NotADirectoryError):
        return Row(Verdict.MISSING, str(path)), 0
    except OSError as error:
        return _unreadable(str(path), error), 0
    return (None if found == wanted else Row(Verdict.DAMAGED, str(path))), size


def _unreadable(path: str, error: OSError) -> Row:
    return Row(Verdict.UNREADABLE, path, {"why": error.strerror or str(error)})


def canonical(fields: Mapping[str, Any]) -> bytes:
    """Canonical JSON of an entry: sorted keys, no blanks, UTF-8."""
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def entry_hash(fields: Mapping[str, Any]) -> str:
    """SHA-512 of an entry's canonical JSON without its own hash."""
    return hashlib.sha512(canonical({key: value for key, value in fields.items() if key != "hash"})).hexdigest()


def journal_lines(root: Path) -> Iterator[tuple[Path, int, bytes]]:
    """File, line number and line (without its end) of every whole line, in order; a torn end is not a line."""
    for path in sorted(root.glob("*.jsonl")):
        with path.open("rb") as stream:
            whole = ((number, line) for number, line in enumerate(stream, 1) if line.endswith(b"\n"))
            yield from ((path, number, line[:-1]) for number, line in whole)


def parse_entry(line: bytes) -> tuple[dict[str, Any], bool]:
    """What a journal line says, as far as it can be read, and whether it is as it was written (its own hash)."""
    try:
        fields = json.loads(line)
        sound = set(fields) == _KEYS and type(fields["seq"]) is int and canonical(fields) == line
    except (ValueError, TypeError):
        return {}, False
    if not isinstance(fields, dict):
        return {}, False
    return fields, sound and isinstance(fields["facts"], dict) and entry_hash(fields) == fields["hash"]


def verify_journal(root: Path, heads: Sequence[tuple[int, str]] = ()) -> Iterator[Row]:
    """Follow the chain from its first entry; `heads` (number, hash) are what places witnessed *before* this call."""
    whole, seq, previous = True, 0, ""
    try:
        (root / JOURNAL_MARKER).stat()
        for path, number, line in journal_lines(root):
            fields, sound = parse_entry(line)
            follows = sound and fields["seq"] == seq + 1 and fields["previous"] == previous
            seq = fields["seq"] if sound else seq + 1
            previous = fields.get("hash", "")
            if not follows or any(seq == head and previous != digest for head, digest in heads):
                whole = False
                yield Row(Verdict.JOURNAL_EDITED, str(path), {"line": number})
    except OSError as error:
        yield _unreadable(error.filename, error)
        return
    expected = max((head for head, _ in heads), default=0)
    if expected > seq:
        yield Row(Verdict.JOURNAL_CUT, str(root), {"expected": expected, "found": seq})
    elif whole:
        yield Row(Verdict.INTACT, str(root), {"entries": seq})


def read_register(root: Path) -> Register:
    """What the sound lines of the journal say of every version: entries "stored" and "replicated"."""
    register: Register = {}
    for _, _, line in journal_lines(root):
        fields, sound = parse_entry(line)
        if not sound or fields["kind"] not in ("stored", "replicated", "repaired"):
            continue
        facts = defaultdict(str, fields["facts"])
        known = register.setdefault((str(fields["subject"]), str(facts["version"])), Known())
        known.places.add(facts["place"])
        known.manifests = known.manifests or {MANIFEST: facts["manifest"], TAG_MANIFEST: facts["tagmanifest"]}
    return register


def verify_places(
    places: Sequence[Path], journal: Path | None = None, only: str | None = None, on_progress: Progress | None = None
) -> Iterator[Row]:
    """Verify places (or single bags), against the journal when it is given; `only` names one object.

    Yields a row for every fault, and one intact row for every version (and the journal) without fault.
    `on_progress` hears each file's path and size when it has been read.
    """
    heads, faults = _heads(places)  # before the journal, which may grow meanwhile: no head may be younger than it
    yield from faults
    register: Register | None = None
    if journal is not None:
        rows = list(verify_journal(journal, heads))
        yield from rows
        register = None if any(row.verdict is Verdict.UNREADABLE for row in rows) else read_register(journal)
    examined, unknown = 0, []
    for place in places:
        for row in _place(place, register, only, on_progress):
            examined += 1
            if row.verdict is Verdict.UNKNOWN:
                unknown.append((_name(place), row))
            else:
                yield row
    if unknown and journal is not None:  # stored while we were reading: known by now
        register = read_register(journal)
        yield from (row for name, row in unknown if not _expects(register, Path(row.path), name))
    if only and not examined:
        yield Row(Verdict.MISSING, only)


def _expects(register: Register, version: Path, place: str) -> bool:
    known = register.get((version.parent.name, version.name))
    return known is not None and place in known.places


def _name(place: Path) -> str:
    try:
        return str(json.loads((place / PLACE_MARKER).read_bytes())["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _heads(places: Sequence[Path]) -> tuple[list[tuple[int, str]], list[Row]]:
    heads, faults = [], []
    for path in (place / HEAD for place in places):
        try:
            fields = json.loads(path.read_bytes())
            heads.append((int(fields["seq"]), str(fields["hash"])))
        except OSError as error:
            faults += [] if isinstance(error, FileNotFoundError) else [_unreadable(str(path), error)]
        except (ValueError, KeyError, TypeError):
            faults.append(Row(Verdict.DAMAGED, str(path), {"object": HEAD}))
    return heads, faults


def _place(root: Path, register: Register | None, only: str | None, on_progress: Progress | None) -> Iterator[Row]:
    """Rows of one place, or of one bag when `root` is one."""
    name = _name(root)
    if not name:
        bag = (root / "bagit.txt").is_file()
        absent = Row(Verdict.UNREADABLE, str(root), {"why": PLACE_MARKER})
        yield from verify_bag(root, None, on_progress) if bag else [absent]
        return
    here: set[Path] = set()
    for item in _tree(root, (), (only[:2], only[2:4], only) if only else ()):
        if isinstance(item, Row):
            yield item
            continue
        here.add(item)
        if register is not None and not _expects(register, item, name):
            yield Row(Verdict.UNKNOWN, str(item))
        known = (register or {}).get((item.parent.name, item.name))
        for row in verify_bag(item, known, on_progress):
            yield Row(row.verdict, row.path, row.facts | {"object": item.parent.name})
    for (object_id, version), known in sorted((register or {}).items(), key=lambda pair: pair[0]):
        gone = root / object_id[:2] / object_id[2:4] / object_id / version
        expected = only in (None, object_id) and name in known.places and gone not in here
        fault = _look(gone, "")[0] if expected else None
        if fault is not None and fault.verdict is Verdict.MISSING:
            yield Row(Verdict.VERSION_MISSING, str(gone), {"object": object_id})


def stray_rows(root: Path) -> Iterator[Row]:
    """What lies in a place and belongs to nothing, and what could not be listed."""
    yield from (item for item in _tree(root, (), ()) if isinstance(item, Row))


def _tree(folder: Path, names: tuple[str, ...], wanted: tuple[str, ...]) -> Iterator[Path | Row]:
    """Folders of versions below a place, and rows for what belongs to nothing; `wanted` narrows to one object."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        yield _unreadable(str(folder), error)
        return
    depth = len(names)
    for path in paths:
        if (depth == 0 and path.name in _OURS) or (depth < len(wanted) and path.name != wanted[depth]):
            continue
        fits = _LEVELS[depth].fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        if not fits or (depth == 2 and not path.name.startswith("".join(names))):
            yield Row(Verdict.UNEXPECTED, str(path))
        else:
            yield from [path] if depth == 3 else _tree(path, (*names, path.name), wanted)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 everything is intact, 1 something is not, 2 wrong usage."""
    english = (os.environ.get("KDR_LANGUAGE") or os.environ.get("LANG", ""))[:2].lower() == "en"
    purpose = ("Přečte každý bajt míst, bagů a deníku.", "Reads every byte of places, bags and journal.")
    parser = argparse.ArgumentParser(prog="verify.py", description=purpose[english])
    parser.add_argument("places", nargs="*", type=Path, metavar="PLACE")
    parser.add_argument("--journal", type=Path, metavar="DIR")
    parser.add_argument("--object", metavar="UUID")
    given = parser.parse_args(arguments)
    if not given.places and given.journal is None:
        parser.error(("chybí PLACE nebo --journal", "PLACE or --journal is missing")[english])
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names on disk need not be UTF-8
    tally = {True: 0, False: 0}
    for row in verify_places(given.places, given.journal, given.object):
        print(row.text("en" if english else "cs"), flush=True)
        tally[row.verdict is Verdict.INTACT] += 1
    print(("v pořádku: {}, závad: {}", "intact: {}, faults: {}")[english].format(tally[True], tally[False]))
    return 1 if tally[False] else 0


if __name__ == "__main__":
    sys.exit(main())
