"""Verify bags, places and the journal: standard library only, imports nothing of ours, never writes.

This one file can be copied to any machine with Python 3.11 and run there: ``python verify.py --journal DIR PLACE...``.
It reads every byte (past the page cache) and trusts nothing but the digests that were written down when the bytes came:
manifest (RFC 8493 2.1.3) -> tag manifest (2.2.1) -> register in the hash-chained journal -> heads kept by the places ->
daily records of Merkle roots (RFC 6962 2.1), sealed and time-stamped: the openssl commands that check that are printed.
``python verify.py --proof FILE [BAG...]`` checks that a version stands under such a root.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import re
import shlex
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

MANIFEST, TAG_MANIFEST = "manifest-sha512.txt", "tagmanifest-sha512.txt"
PLACE_MARKER, JOURNAL_MARKER, HEAD = "kdr-place.json", "kdr-journal.json", "journal-head.json"
REGISTER, SEALS = "register", "seals"
"""Folders below the journal's root: copies of all manifests; a folder a day with its record, seal and time stamps."""
RECORD, SEAL, CHAIN = "record.json", "seal.p7s", "chain.pem"
# lost+found is made by mkfs; .committed comes with a bucket copied out, INDEX.json with an unpacked tape.
_OURS = {PLACE_MARKER, HEAD, ".staging", ".quarantine", ".committed", "INDEX.json", "lost+found"}
_PAIR, _UUID, _VERSION = r"[0-9a-f]{2}", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"v\d{4,}"
_LEVELS = tuple(re.compile(pattern) for pattern in (_PAIR, _PAIR, _UUID, _VERSION))
_LINE = re.compile(r"([0-9a-fA-F]{128})[ \t]+\*?(.+)")
_ESCAPED = re.compile(r"%(0[AaDd]|25)")
_TELLING = re.compile(rb'"kind":"(stored|replicated|repaired|disposal begun|disposed)"')
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
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
    SEAL_WRONG = "seal wrong"


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
    Verdict.SEAL_WRONG: ("S054", "PEČEŤ NESEDÍ {path}: {why}", "SEAL DOES NOT FIT {path}: {why}"),
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
    """What the journal says of a version; `register` is the folder with copies of its manifests, if there is one."""

    manifests: dict[str, str] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    disposed: bool = False
    register: Path | None = None


Register = dict[tuple[str, str], Known]


def object_folder(object_id: str) -> str:
    """Where the versions of an object lie, relative to a place's root."""
    return f"{object_id[:2]}/{object_id[2:4]}/{object_id}"


def sha512_of(path: Path) -> tuple[str, int]:
    """SHA-512 and size of a file as the disk holds it (past the page cache). Raises OSError: it cannot be read."""
    digest, size, buffer = hashlib.sha512(), 0, bytearray(1 << 20)
    with path.open("rb", buffering=0) as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while count := stream.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
            size += count
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest(), size


def parse_manifest(content: bytes) -> dict[str, str]:
    """Path (relative to the bag) -> SHA-512 in lower case, of a manifest or tag manifest (RFC 8493 2.1.3).

    Raises ValueError: a line is no manifest line, a path is listed twice or leads out of the bag, or it is not UTF-8.
    """
    listed: dict[str, str] = {}  # lines end with CR, LF or both; in paths CR, LF and % (and only those) are escaped
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
    rows, listed = manifests(lambda name: (folder / name).read_bytes(), known)
    faults = [replace(row, path=str(folder / row.path)) for row in rows]
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


def manifests(read: Callable[[str], bytes], known: Known | None) -> tuple[list[Row], dict[str, str]]:
    """Faults of a bag's manifests, by paths relative to it, and the digests that its files are to be judged by.

    `read` gives a file of the bag or raises OSError. A register that is as the journal says is believed before the bag:
    so what was altered together with its manifest is named. No digests: this is no bag, or it cannot be looked at.
    """
    known = known or Known()
    wanted, stored = known.manifests, _registered(known.register or Path(os.devnull), known.manifests)
    if stored:
        return [row for name in (MANIFEST, TAG_MANIFEST) for row in _against(read, name, wanted[name])], stored
    faults, listed, name = list[Row](), dict[str, str](), "bagit.txt"
    try:
        if not read(name).startswith(b"BagIt-Version:"):
            raise ValueError(name)
        for name in (MANIFEST, TAG_MANIFEST):
            content = read(name)
            found = hashlib.sha512(content).hexdigest()
            faults += [Row(Verdict.MANIFEST_ALTERED, name)] * (wanted.get(name, found) != found)
            listed |= parse_manifest(content)
        if not listed:
            raise ValueError(f"{MANIFEST}: 0")
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        why = str(error) if isinstance(error, ValueError) else f"- {name}"
        return [*faults, Row(Verdict.NOT_A_BAG, "", {"why": why})], {}
    except OSError as error:
        return [*faults, _unreadable(name, error)], {}
    return faults, listed


def _registered(folder: Path, wanted: Mapping[str, str]) -> dict[str, str]:
    """What the register's copies of the manifests list; nothing when there are none or they are not the journal's."""
    with suppress(OSError, ValueError):
        contents = [(folder / name).read_bytes() for name in (MANIFEST, TAG_MANIFEST)]
        if [hashlib.sha512(each).hexdigest() for each in contents] == [wanted.get(MANIFEST), wanted.get(TAG_MANIFEST)]:
            return parse_manifest(contents[0]) | parse_manifest(contents[1])
    return {}


def _against(read: Callable[[str], bytes], name: str, wanted: str) -> Iterator[Row]:
    """What is wrong with a manifest that must have the digest `wanted`."""
    try:
        if hashlib.sha512(read(name)).hexdigest() != wanted:
            yield Row(Verdict.MANIFEST_ALTERED, name)
    except (FileNotFoundError, NotADirectoryError):
        yield Row(Verdict.MISSING, name)
    except OSError as error:
        yield _unreadable(name, error)


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
    return _ENCODER.encode(fields).encode()


def entry_hash(fields: Mapping[str, Any]) -> str:
    """SHA-512 of an entry's canonical JSON without its own hash."""
    return hashlib.sha512(canonical({key: value for key, value in fields.items() if key != "hash"})).hexdigest()


def journal_lines(root: Path) -> Iterator[tuple[Path, int, bytes]]:
    """File, line number and line (without its end) of every whole line, in order; a torn end is not a line."""
    for path in sorted(root.glob("*.jsonl")):
        with path.open("rb") as stream:
            whole = ((number, line) for number, line in enumerate(stream, 1) if line.endswith(b"\n"))
            yield from ((path, number, line[:-1]) for number, line in whole)


def read_json(content: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """What the JSON in `content` says. Raises ValueError: it is none, or nested too deeply to be ours."""
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def parse_entry(line: bytes) -> tuple[dict[str, Any], bool]:
    """What a journal line says, as far as it can be read, and whether it is as it was written (its own hash)."""
    try:
        fields = read_json(line)
        sound = set(fields) == _KEYS and type(fields["seq"]) is int and isinstance(fields["facts"], dict)
        if not sound:
            return (fields, False) if isinstance(fields, dict) else ({}, False)
        # Its canonical form is made once: the part before the hash, and the part behind it.
        before = canonical({key: fields[key] for key in _KEYS if key < "hash"})[:-1] + b","
        behind = canonical({key: fields[key] for key in _KEYS if key > "hash"})[1:]
        found = hashlib.sha512(before + behind).hexdigest()
    except (ValueError, TypeError, RecursionError):
        return {}, False
    return fields, line == before + b'"hash":"%s",' % found.encode() + behind


def tree_hash(*parts: bytes) -> bytes:
    """Hash of a leaf (one part) or of an inner node (two) of a Merkle tree (RFC 6962 2.1, with SHA-512)."""
    return hashlib.sha512((b"\x00" if len(parts) == 1 else b"\x01") + b"".join(parts)).digest()


class MerkleTree:
    """The root of a Merkle tree (RFC 6962 2.1) over leaves that come one by one; holds log2(leaves) hashes."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self.leaves, self._peaks = 0, list[bytes]()
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Take the next leaf."""
        node, size = tree_hash(leaf), self.leaves
        while size & 1:
            node, size = tree_hash(self._peaks.pop(), node), size >> 1
        self._peaks.append(node)
        self.leaves += 1

    def root(self) -> str:
        """Root over the leaves so far, hexadecimal."""
        right_first = self._peaks[::-1] or [hashlib.sha512().digest()]
        return reduce(lambda right, left: tree_hash(left, right), right_first).hex()


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[str]) -> str:
    """The root that an inclusion path leads to (RFC 9162 2.1.3.2), hexadecimal; empty when it fits no such tree."""
    at, last, node = index, size - 1, tree_hash(leaf)
    for other in map(bytes.fromhex, path):
        if last <= 0:
            return ""
        if at & 1 or at == last:
            node = tree_hash(other, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = tree_hash(node, other)
        at, last = at >> 1, last >> 1
    return node.hex() if at == last == 0 else ""


class Record(NamedTuple):
    """What a daily record says: its number, the SHA-512 of the one before, the journal's head, both Merkle roots."""

    number: int
    previous: str
    seq: int
    head: str
    roots: tuple[str, str]


def read_record(content: bytes) -> Record:
    """A daily record in canonical JSON. Raises ValueError, KeyError or TypeError when it is none."""
    told = read_json(content)
    if canonical(told) != content or told["algorithm"] != "sha512":
        raise ValueError(RECORD)
    roots = str(told["entries"]["root"]), str(told["register"]["root"])
    return Record(
        int(told["number"]), str(told["previous"]), int(told["head"]["seq"]), str(told["head"]["hash"]), roots
    )


class _Days:
    """The records below a journal's root, and how its entries, taken one by one, fit them. May raise OSError."""

    def __init__(self, root: Path) -> None:
        self.root, self.faults, self.due = root, list[Row](), defaultdict[int, list[tuple[Path, Record]]](list)
        self.tree, self.register, self.register_root, before = MerkleTree(), Register(), "", (0, "")
        for path in sorted((root / SEALS).glob(f"[0-9]*/{RECORD}")):
            content = path.read_bytes()
            try:
                record = read_record(content)
            except (ValueError, KeyError, TypeError):
                self.faults.append(Row(Verdict.SEAL_WRONG, str(path), {"why": "JSON"}))
                continue
            self.due[record.seq].append((path, record))
            if (record.number - 1, record.previous) != before:
                self.faults.append(Row(Verdict.SEAL_WRONG, str(path), {"why": "previous"}))
            before = record.number, hashlib.sha512(content).hexdigest()

    def take(self, fields: Mapping[str, Any]) -> Iterator[Row]:
        """The next sound entry; rows for what does not fit: a record removed or altered, another root."""
        self.tree.add(bytes.fromhex(fields["hash"]))
        if learn(self.register, fields):
            self.register_root = ""
        if fields["kind"] == "sealed":
            fault, _ = _look(self.root / SEALS / str(fields["subject"]) / RECORD, fields["facts"].get("record", ""))
            yield from [Row(Verdict.SEAL_WRONG, fault.path, {"why": fault.verdict.value})] if fault else []
        for path, record in self.due.get(fields["seq"], ()):
            self.register_root = self.register_root or MerkleTree(register_leaves(self.register)).root()
            if record.roots != (self.tree.root(), self.register_root):
                yield Row(Verdict.SEAL_WRONG, str(path), {"why": "root"})


def verify_journal(root: Path, heads: Sequence[tuple[int, str]] = ()) -> Iterator[Row]:
    """Follow the chain and that of its daily records; `heads` (number, hash): what was witnessed *before* this call."""
    whole, sound_so_far, seq, previous = True, True, 0, ""
    told: dict[int, set[str]] = defaultdict(set)
    try:
        (root / JOURNAL_MARKER).stat()
        days = _Days(root)
        whole = not days.faults
        yield from days.faults
        for head, digest in [*heads, *((record.seq, record.head) for due in days.due.values() for _, record in due)]:
            told[head].add(digest)
        for path, number, line in journal_lines(root):
            fields, sound = parse_entry(line)
            follows = sound and fields["seq"] == seq + 1 and fields["previous"] == previous
            seq = fields["seq"] if sound else seq + 1
            previous = fields.get("hash", "")
            if not follows or told.get(seq, {previous}) != {previous}:
                whole = sound_so_far = False
                yield Row(Verdict.JOURNAL_EDITED, str(path), {"line": number})
            elif sound_so_far:  # after an edited line every root is another, which says nothing new
                unfit = list(days.take(fields))
                whole = whole and not unfit
                yield from unfit
    except OSError as error:
        yield _unreadable(error.filename, error)
        return
    expected = max(told, default=0)
    if expected > seq:
        yield Row(Verdict.JOURNAL_CUT, str(root), {"expected": expected, "found": seq})
    elif whole:
        yield Row(Verdict.INTACT, str(root), {"entries": seq})


def learn(register: Register, fields: Mapping[str, Any]) -> bool:
    """Add to `register` what one sound entry says of a version; whether it said anything."""
    facts, subject = defaultdict(str, fields["facts"]), str(fields["subject"])
    if fields["kind"] in ("disposal begun", "disposed"):
        gone = facts["versions"] or [version for owner, version in register if owner == subject]
        for version in gone if isinstance(gone, list) else [gone]:
            register[subject, str(version)] = Known(disposed=True)
        return True
    key = subject, str(facts["version"])
    if fields["kind"] not in ("stored", "replicated", "repaired"):
        return False
    if key not in register or register[key].disposed:
        register[key] = Known({MANIFEST: str(facts["manifest"]), TAG_MANIFEST: str(facts["tagmanifest"])})
    register[key].places.add(str(facts["place"]))
    return True


def register_leaves(register: Register) -> list[bytes]:
    """The leaves of the register's Merkle tree, sorted: canonical JSON of each version held and its digests."""
    held = [(*key, known.manifests) for key, known in register.items() if not known.disposed]
    return sorted(canonical({"object": key, "version": version, **digests}) for key, version, digests in held)


def read_register(root: Path) -> Register:
    """What the sound lines of the journal say of every version, and where the copies of its manifests lie."""
    register: Register = {}
    for _, _, line in journal_lines(root):
        fields, sound = parse_entry(line) if _TELLING.search(line) else ({}, False)
        if sound:
            learn(register, fields)
    for (object_id, version), known in register.items():
        known.register = root / REGISTER / object_id / version
    return register


def _register_rows(register: Register, only: str | None) -> Iterator[Row]:
    """What is wrong with the copies of the manifests that lie beside the journal."""
    wanted = [
        (key[0], known) for key, known in sorted(register.items(), key=lambda pair: pair[0]) if not known.disposed
    ]
    for object_id, known in ((owner, known) for owner, known in wanted if only in (None, owner)):
        for name, digest in known.manifests.items():
            fault, _ = _look((known.register or Path()) / name, digest)
            if fault is not None:
                verdict = Verdict.MANIFEST_ALTERED if fault.verdict is Verdict.DAMAGED else fault.verdict
                yield Row(verdict, fault.path, fault.facts | {"object": object_id})


def verify_proof(file: Path, bags: Sequence[Path] = (), journal: Path | None = None) -> Iterator[Row]:
    """Check a proof that a version stands under a sealed root, and that `bags` are that version, if any are given."""
    known = Known()
    try:
        known = _proven(read_json(file.read_bytes()), journal)
        yield Row(Verdict.INTACT, str(file))
    except OSError as error:
        yield _unreadable(error.filename, error)
    except (ValueError, KeyError, TypeError) as error:
        yield Row(Verdict.SEAL_WRONG, str(file), {"why": str(error)})
    for bag in bags:
        yield from verify_bag(bag, known)


def _proven(proof: Mapping[str, Any], journal: Path | None) -> Known:
    """What a proof proves. Raises ValueError, KeyError or TypeError, which say why it proves nothing, or OSError."""
    content, version = base64.b64decode(proof["files"][RECORD]), proof["version"]
    record, known = read_record(content), Known({name: version[name] for name in (MANIFEST, TAG_MANIFEST)})
    if journal is not None and (journal / SEALS / str(proof["name"]) / RECORD).read_bytes() != content:
        raise ValueError(RECORD)
    (leaf,) = register_leaves({(version["object"], version["version"]): known})
    if root_by_path(leaf, version["index"], version["size"], version["path"]) != record.roots[1]:
        raise ValueError("register.root")
    for entry, path in ((each["entry"], each["path"]) for each in proof["entries"]):
        wrong = entry_hash(entry) != entry["hash"] or entry["subject"] != version["object"]
        if wrong or root_by_path(bytes.fromhex(entry["hash"]), entry["seq"] - 1, record.seq, path) != record.roots[0]:
            raise ValueError(f"entries.root: {entry['seq']}")
    return known


def seal_commands(folder: Path) -> Iterator[str]:
    """Shell commands that check the signature and the time stamps in a day's folder; TSA.pem is the auditor's own."""
    inside = f"cd {shlex.quote(str(folder))} && "
    if (folder / SEAL).is_file():
        given = (
            f"-in {SEAL} -content {RECORD} -CAfile {CHAIN} -partial_chain -no_check_time -purpose any -out /dev/null"
        )
        yield f"{inside}openssl cms -verify -binary -inform DER {given}"
    for stamp in sorted(folder.glob("stamp-*.tsr")):
        given = f"-data {stamp.stem}.txt -in {stamp.name} -CAfile TSA.pem -untrusted {stamp.stem}.pem"
        yield f"{inside}sha512sum -c {stamp.stem}.txt && openssl ts -verify {given}"


def verify_places(
    places: Sequence[Path], journal: Path | None = None, only: str | None = None, on_progress: Progress | None = None
) -> Iterator[Row]:
    """Rows of places (or bags), by the journal when given; `only` names one object, `on_progress` hears each file."""
    heads, faults = _heads(places)  # before the journal, which may grow meanwhile: no head may be younger than it
    yield from faults
    register: Register | None = None
    if journal is not None:
        rows = list(verify_journal(journal, heads))
        yield from rows
        register = None if any(row.verdict is Verdict.UNREADABLE for row in rows) else read_register(journal)
        yield from _register_rows(register or {}, only)
    examined, doubtful = 0, []
    for place in places:
        for row in _place(place, register, only, on_progress):
            examined += 1
            if row.verdict in (Verdict.UNKNOWN, Verdict.VERSION_MISSING):
                doubtful.append((_name(place), row))
            else:
                yield row
    if doubtful and journal is not None:  # stored or let go while we were reading: known by now
        register = read_register(journal)
        for name, row in doubtful:
            if _expects(register, Path(row.path), name) == (row.verdict is Verdict.VERSION_MISSING):
                yield row
    if only and not examined:
        yield Row(Verdict.MISSING, only)


def _expects(register: Register, version: Path, place: str) -> bool:
    known = register.get((version.parent.name, version.name))
    return known is not None and not known.disposed and place in known.places


def _name(place: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(read_json((place / PLACE_MARKER).read_bytes())["name"])
    return ""


def _heads(places: Sequence[Path]) -> tuple[list[tuple[int, str]], list[Row]]:
    heads, faults = [], []
    for path in (place / HEAD for place in places):
        try:
            fields = read_json(path.read_bytes())
            heads.append((int(fields["seq"]), str(fields["hash"])))
        except OSError as error:
            faults += [] if isinstance(error, FileNotFoundError) else [_unreadable(str(path), error)]
        except (ValueError, KeyError, TypeError, OverflowError):
            faults.append(Row(Verdict.DAMAGED, str(path), {"object": HEAD}))
    return heads, faults


def _place(root: Path, register: Register | None, only: str | None, on_progress: Progress | None) -> Iterator[Row]:
    """Rows of one place, or of one bag when `root` is one."""
    name = _name(root)
    if not name:
        absent = [Row(Verdict.UNREADABLE, str(root), {"why": PLACE_MARKER})]
        yield from verify_bag(root, None, on_progress) if (root / "bagit.txt").is_file() else absent
        return
    here: set[Path] = set()
    for item in _tree(root, (), (only[:2], only[2:4], only) if only else ()):
        if isinstance(item, Row):
            yield item
            continue
        here.add(item)
        known = (register or {}).get((item.parent.name, item.name))
        if known is not None and known.disposed:
            yield Row(Verdict.UNEXPECTED, str(item), {"object": item.parent.name})
            continue
        if register is not None and not _expects(register, item, name):
            yield Row(Verdict.UNKNOWN, str(item))
        for row in verify_bag(item, known, on_progress):
            yield Row(row.verdict, row.path, row.facts | {"object": item.parent.name})
    for (object_id, version), known in sorted((register or {}).items(), key=lambda pair: pair[0]):
        gone = root / object_folder(object_id) / version
        fault = _look(gone, "")[0] if only in (None, object_id) and name in known.places and gone not in here else None
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
    purpose = ("Přečte každý bajt míst, bagů a deníku.", "Reads every byte of places, bags and journal.")[english]
    parser = argparse.ArgumentParser(prog="verify.py", description=purpose)
    parser.add_argument("places", nargs="*", type=Path, metavar="PLACE")
    parser.add_argument("--journal", type=Path, metavar="DIR")
    parser.add_argument("--object", metavar="UUID")
    parser.add_argument("--proof", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    if not given.places and given.journal is None and given.proof is None:
        parser.error(("chybí PLACE nebo --journal", "PLACE or --journal is missing")[english])
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names on disk need not be UTF-8
    tally = {True: 0, False: 0}
    rows = verify_places(given.places, given.journal, given.object)
    for row in rows if given.proof is None else verify_proof(given.proof, given.places, given.journal):
        print(row.text("en" if english else "cs"), flush=True)
        tally[row.verdict is Verdict.INTACT] += 1
    for record in sorted(given.journal.glob(f"{SEALS}/[0-9]*/{RECORD}"))[-1:] if given.journal else []:
        for command in seal_commands(record.parent):
            print(("pečeť a razítka ověřte: {}", "check seal and stamps: {}")[english].format(command))
    print(("v pořádku: {}, závad: {}", "intact: {}, faults: {}")[english].format(tally[True], tally[False]))
    return 1 if tally[False] else 0


if __name__ == "__main__":
    sys.exit(main())
