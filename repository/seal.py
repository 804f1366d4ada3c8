"""The daily record of the journal's state, sealed by the institution and time-stamped: evidence that outlives us.

``<journal>/seals/<date>/`` holds `record.json` (head of the journal, Merkle roots over its entries and over the digests
of all versions held, SHA-512 of the record before), `seal.p7s` with `chain.pem`, and for each time stamp NNN what it
covers (`stamp-NNN.txt`, as sha512sum writes it), the raw response (`stamp-NNN.tsr`) and its certificates
(`stamp-NNN.pem`). The record also names the files of the day before, so a new stamp renews all earlier ones (as
RFC 4998 does). Every file appears whole; a run that was killed is finished by the next.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from metadata.event import Agent
from metadata.file import flush, place_bytes
from metadata.finding import Finding, finding
from metadata.problem import Problem
from repository.journal import Entry, Journal, Json, Witness
from repository.refusal import refusals
from repository.seal_ageing import end_of
from repository.seal_cms import read_signed, read_stamp
from repository.seal_key import SealKey, fingerprint, is_test, pem, subject
from repository.seal_stamp import Authority, obtain
from repository.verify import (
    CHAIN,
    RECORD,
    SEAL,
    SEALS,
    MerkleTree,
    Register,
    canonical,
    journal_lines,
    learn,
    parse_entry,
    read_record,
    register_leaves,
)

SEALED, STAMPED = "sealed", "stamped"
"""Kinds of journal entries; their subject is the record's name."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """What sealing needs: the journal, the key and the authority if there are any, and who seals for whom."""

    journal: Journal
    agent: Agent
    institution: str
    key: SealKey | None = None
    authority: Authority | None = None
    witnesses: Sequence[Witness] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """One record: its name (date, with a number from the second of a day on), its folder, what it says."""

    name: str
    folder: Path
    fields: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-512 of the record's file."""
        return hashlib.sha512(canonical(self.fields)).hexdigest()

    @property
    def sealed(self) -> bool:
        """Whether it has a signature."""
        return (self.folder / SEAL).is_file()

    @property
    def stamps(self) -> tuple[Path, ...]:
        """Its time stamps, oldest first."""
        return tuple(sorted(self.folder.glob("stamp-*.tsr")))

    def files(self) -> dict[str, str]:
        """Name -> SHA-512 of every file that is evidence: record, signature, certificates, finished stamps."""
        parts = [RECORD, *([CHAIN, SEAL] if self.sealed else [])]
        parts += [f"{stamp.stem}{suffix}" for stamp in self.stamps for suffix in (".txt", ".pem", ".tsr")]
        return {part: _sha512(self.folder / part) for part in parts if (self.folder / part).is_file()}

    def covered(self) -> dict[str, str]:
        """Name -> SHA-512 of what its newest time stamp covers; nothing when there is none."""
        listed = [path for path in (stamp.with_suffix(".txt") for stamp in self.stamps[-1:]) if path.is_file()]
        return read_covered(listed[0].read_bytes()) if listed else {}


@dataclass(frozen=True, slots=True)
class Done:
    """How sealing ended: the record, whether it is new, the signer (empty: unsealed), when it was stamped, findings."""

    name: str
    new: bool
    signer: str
    test: bool
    stamped: str
    findings: tuple[Finding, ...]


def days(journal: Journal) -> tuple[Day, ...]:
    """Every readable record, oldest first; what is wrong with the others says `Journal.check`."""
    found = []
    for path in sorted((journal.root / SEALS).glob(f"[0-9]*/{RECORD}")):
        content = path.read_bytes()
        with suppress(ValueError, KeyError, TypeError):
            read_record(content)
            found.append(Day(path.parent.name, path.parent, json.loads(content)))
    return tuple(found)


def seal(sealer: Sealer, *, again: bool = False) -> Done:
    """Write, seal and stamp the record of today, or finish it; with `again` one more record of today.

    A record that cannot be stamped stays, and the finding says so. Days that a kill left without journal entry get it.

    Raises:
        Problem: S015, S016, S054 the journal or an earlier record is not what it was, which must not be sealed; S020
            the journal is not attached; S003 the disk refuses.
    """
    sealer.journal.require()
    with refusals(sealer.journal.root), sealer.journal.alone("seal"):
        sealer.journal.require_whole(sealer.witnesses)
        known = days(sealer.journal)
        date = sealer.journal.clock()[:10]
        new = again or not any(day.name.startswith(date) for day in known)
        day = _write_record(sealer, known, date) if new else known[-1]
        by = _sign(sealer, day)
        _tell_sealed(sealer, (*known, day) if new else known)
        findings = [] if day.sealed else [finding("S050", day.name)]
        findings += _stamp_when_due(sealer, day)
        stamped = read_stamp(day.stamps[-1].read_bytes()).time.isoformat() if day.stamps else ""
        return Done(day.name, new, subject(by) if by else "", by is not None and is_test(by), stamped, tuple(findings))


def stamp(sealer: Sealer, day: Day) -> Path:
    """Put one more time stamp over all files of a day.

    Raises:
        Problem: S052 there is no authority; S053 it gave no usable stamp; S055 no certificates are trusted.
    """
    if sealer.authority is None:
        raise Problem("S052", day.name)
    covered = "".join(f"{digest}  {name}\n" for name, digest in sorted(day.files().items())).encode()
    response = obtain(sealer.authority, covered)
    stem = f"stamp-{len(day.stamps) + 1:03}"
    place_bytes(day.folder / f"{stem}.txt", covered)
    place_bytes(day.folder / f"{stem}.pem", pem(read_stamp(response).signed.certificates))
    place_bytes(day.folder / f"{stem}.tsr", response)
    _tell_stamped(sealer, day)
    return day.folder / f"{stem}.tsr"


def read_covered(content: bytes) -> dict[str, str]:
    """Name -> SHA-512 of a list as sha512sum writes it; what is no such line is left out."""
    lines = (line.split("  ", 1) for line in content.decode(errors="replace").splitlines())
    return {line[1]: line[0] for line in lines if len(line) == 2}


def told(journal: Journal) -> dict[str, list[Entry]]:
    """What the journal says of every record: its entries "sealed" and "stamped", by the record's name."""
    found: dict[str, list[Entry]] = {}
    for entry in journal.entries(kinds=(SEALED, STAMPED)):
        found.setdefault(entry.subject, []).append(entry)
    return found


def _write_record(sealer: Sealer, known: Sequence[Day], date: str) -> Day:
    count = sum(day.name.startswith(date) for day in known)
    name = f"{date}-{count + 1:02}" if count else date
    if known and name <= known[-1].name:
        raise Problem("S054", name, why=f"< {known[-1].name}")  # a clock set back would put it before an older one
    before = known[-1] if known else None
    fields: dict[str, Any] = {"format": "kdr-seal-1", "algorithm": "sha512", "date": date, "number": len(known) + 1}
    fields |= {"institution": sealer.institution, "time": sealer.journal.clock()} | _roots(sealer.journal)
    fields |= {"previous": before.digest if before else "", "before": before.files() if before else {}}
    folder = sealer.journal.root / SEALS / name
    folder.mkdir(parents=True, exist_ok=True)
    place_bytes(folder / RECORD, canonical(fields))
    flush(folder.parent)
    flush(folder.parent.parent)
    return Day(name, folder, fields)


def _roots(journal: Journal) -> dict[str, Any]:
    """Head and both Merkle roots of the journal as it is now."""
    tree, register, head = MerkleTree(), Register(), ""
    for path, number, line in journal_lines(journal.root):
        fields, sound = parse_entry(line)
        if not sound or fields["seq"] != tree.leaves + 1:
            raise Problem("S015", path, line=number)
        head = fields["hash"]
        tree.add(bytes.fromhex(head))
        learn(register, fields)
    held = MerkleTree(register_leaves(register))
    return {
        "head": {"seq": tree.leaves, "hash": head},
        "entries": {"leaves": tree.leaves, "root": tree.root()},
        "register": {"leaves": held.leaves, "root": held.root()},
    }


def _sign(sealer: Sealer, day: Day) -> x509.Certificate | None:
    """Seal a day that is not, if there is a key; whose seal it bears."""
    if not day.sealed and sealer.key is not None:
        place_bytes(day.folder / CHAIN, sealer.key.pem())
        place_bytes(day.folder / SEAL, sealer.key.sign((day.folder / RECORD).read_bytes()))
    return signer(day)


def signer(day: Day) -> x509.Certificate | None:
    """The certificate that a day's signature names; nothing when there is no signature or it cannot be read."""
    try:
        return read_signed((day.folder / SEAL).read_bytes()).signer if day.sealed else None
    except ValueError:
        return None


def _tell_sealed(sealer: Sealer, known: Sequence[Day]) -> None:
    """Journal every record that the journal does not know, or does not know to be sealed."""
    said = {(entry.subject, bool(entry.facts.get("sealed"))) for entry in sealer.journal.entries(kinds=(SEALED,))}
    for day in known:
        if (day.name, day.sealed) in said or (day.name, True) in said:
            continue
        trees = {name: day.fields[name]["root"] for name in ("entries", "register")}
        facts: dict[str, Json] = {"record": day.digest, "head": day.fields["head"]["seq"], **trees}
        by = signer(day)
        facts |= {"sealed": day.sealed, "test": by is not None and is_test(by)}
        facts |= {"subject": subject(by) if by else "", "signer": fingerprint(by) if by else ""}
        sealer.journal.append(SEALED, day.name, facts, sealer.agent, sealer.witnesses)


def _tell_stamped(sealer: Sealer, day: Day) -> None:
    """Journal every stamp of a day that the journal does not know."""
    said = {str(entry.facts.get("stamp")) for entry in sealer.journal.entries(day.name, (STAMPED,))}
    for path in day.stamps:
        if path.name not in said:
            made = read_stamp(path.read_bytes())
            facts: dict[str, Json] = {"stamp": path.name, "sha512": _sha512(path), "time": made.time.isoformat()}
            facts |= {"authority": subject(made.signed.signer), "ends": end_of(made).day.isoformat()}
            sealer.journal.append(STAMPED, day.name, facts, sealer.agent, sealer.witnesses)


def _stamp_when_due(sealer: Sealer, day: Day) -> list[Finding]:
    """Stamp a day unless its record and signature are covered; what hindered it."""
    _tell_stamped(sealer, day)
    wanted = {RECORD, SEAL} if day.sealed else {RECORD}
    if wanted <= set(day.covered()):
        return []
    try:
        stamp(sealer, day)
    except Problem as problem:
        if problem.finding.code not in ("S052", "S053", "S055"):
            raise
        return [problem.finding]
    return []


def _sha512(path: Path) -> str:
    return hashlib.sha512(path.read_bytes()).hexdigest()
