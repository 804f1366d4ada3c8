"""Check all daily records: chain and roots against the journal as it is now, signatures, time stamps, what grows old.

Signatures and stamps are judged twice, by Python's libraries and by openssl, and both verdicts are given.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from metadata.finding import Finding, finding
from metadata.problem import Problem
from metadata.tool import Limits, ToolFailed
from repository.journal import Entry, Journal, Witness
from repository.seal import SEALED, STAMPED, Day, days, read_covered, signer, told
from repository.seal_cms import read_signed, read_stamp, signature_fault
from repository.seal_key import fingerprint, is_test, subject
from repository.seal_renewal import covers, lives
from repository.seal_stamp import OPENSSL, Opinions, Trusted, judge, read_trusted
from repository.verify import CHAIN, RECORD, SEAL, Row, sha512_of

_LIMITS = Limits(seconds=30, memory=1 << 30)


@dataclass(frozen=True, slots=True)
class Judged:
    """A signature or a time stamp: its file, whose it is, when it was made (stamps), both verdicts (empty is good)."""

    file: str
    by: str
    time: str
    python: str
    openssl: str


@dataclass(frozen=True, slots=True)
class DayChecked:
    """One record: whether its key was one for trying, its signature and stamps judged, and how long that lasts."""

    name: str
    test: bool
    judged: tuple[Judged, ...]
    lasts_until: str
    kept_by: str


@dataclass(frozen=True, slots=True)
class Checked:
    """All records, the faults of the journal as the verifier says them, and what else was found."""

    days: tuple[DayChecked, ...]
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Whether nothing is wrong; what is not yet wrong (unsealed, soon to be renewed) does not count."""
        return not self.rows and not any(found.stops for found in self.findings)


@dataclass(frozen=True, slots=True)
class Checker:
    """What checking needs: the trusted authorities' certificates (PEM) if there are any, the day, days of warning."""

    journal: Journal
    now: dt.datetime
    trusted: Path | None = None
    restamp_days: int = 365
    witnesses: Sequence[Witness] = ()


def check_seals(checker: Checker) -> Checked:
    """Check every record.

    Raises:
        Problem: S020 the journal is not attached; E001 openssl is missing.
    """
    checker.journal.require()
    rows = tuple(checker.journal.check(checker.witnesses))
    known, entries, found = days(checker.journal), told(checker.journal), list[Finding]()
    trusted = _trusted(checker, known, found)
    ends = {life.day.name: life for life in lives(known)}
    checked = []
    for day, after in zip(known, (*known[1:], None), strict=False):
        found += _missing(day, entries.get(day.name, []), after)
        judged = _signature(day, entries.get(day.name, []), found)
        judged += _stamps(day, after, trusted, checker.now, found)
        life = ends.get(day.name)
        if life is not None and life.due(checker.now.date(), checker.restamp_days):
            late = life.end.day < checker.now.date()
            code = ("S055", "S056")[not late]
            facts = {"why": f"{life.end.day} {life.end.why}"} if late else {"why": life.end.why}
            found.append(finding(code, day.name, **facts, **({} if late else {"date": str(life.end.day)})))
        by = signer(day)
        last, keeper = (str(life.end.day), life.kept_by) if life is not None else ("", "")
        checked.append(DayChecked(day.name, by is not None and is_test(by), judged, last, keeper))
    return Checked(tuple(checked), rows, tuple(found))


def _trusted(checker: Checker, known: Sequence[Day], found: list[Finding]) -> Trusted | None:
    if not any(day.stamps for day in known):
        return None
    try:
        return read_trusted(checker.trusted or Path("tsa_certificates"))
    except Problem as problem:
        found.append(problem.finding)
        return None


def _missing(day: Day, entries: Sequence[Entry], after: Day | None) -> list[Finding]:
    """What is not there, or not as the journal or the next day's record says; what was never made."""
    here = day.files()
    said = {str(e.facts.get("stamp")): str(e.facts.get("sha512")) for e in entries if e.kind == STAMPED}
    before = after.fields.get("before") if after is not None else None
    said |= {str(name): str(digest) for name, digest in before.items()} if isinstance(before, dict) else {}
    if any(entry.kind == SEALED and entry.facts.get("sealed") for entry in entries):
        said.setdefault(SEAL, here.get(SEAL, ""))
    wrong = [name for name, digest in sorted(said.items()) if not digest or here.get(name) != digest]
    found = [finding("S054", day.folder / name, why="SHA-512" if name in here else "-") for name in wrong]
    found += [finding("S050", day.name)] if not day.sealed else []
    covered = {RECORD, SEAL} & set(here) <= set(day.covered())
    return found + ([] if covered else [finding("S052", day.name)])


def _signature(day: Day, entries: Sequence[Entry], found: list[Finding]) -> tuple[Judged, ...]:
    """Both verdicts on a day's signature."""
    if not day.sealed:
        return ()
    path, content = day.folder / SEAL, (day.folder / RECORD).read_bytes()
    by = ""
    try:
        signed = read_signed(path.read_bytes())
        by, why = subject(signed.signer), signature_fault(signed, content)
        prints = {str(entry.facts.get("signer")) for entry in entries if entry.kind == SEALED}
        made = dt.datetime.fromisoformat(str(day.fields.get("time")))
        if prints - {"", fingerprint(signed.signer)}:
            why = why or "journal: signer"
        elif not signed.signer.not_valid_before_utc <= made <= signed.signer.not_valid_after_utc:
            why = why or f"{signed.signer.not_valid_after_utc:%Y-%m-%d}"
    except ValueError as error:
        why = str(error)
    judged = Judged(SEAL, by, "", why, _openssl_cms(day))
    if judged.python or judged.openssl:
        found.append(finding("S055", path, why="; ".join(filter(None, (judged.python, judged.openssl)))))
    return (judged,)


def _openssl_cms(day: Day) -> str:
    with tempfile.TemporaryDirectory(prefix="kdr-seal-") as folder:
        arguments = ["cms", "-verify", "-binary", "-inform", "DER", "-in", str(day.folder / SEAL)]
        arguments += ["-content", str(day.folder / RECORD), "-CAfile", str(day.folder / CHAIN), "-partial_chain"]
        arguments += ["-no_check_time", "-purpose", "any", "-out", str(Path(folder) / "out")]
        try:
            OPENSSL.run(arguments, _LIMITS)
        except ToolFailed as failed:
            return failed.why
    return ""


def _stamps(
    day: Day, after: Day | None, trusted: Trusted | None, now: dt.datetime, found: list[Finding]
) -> tuple[Judged, ...]:
    """Both verdicts on every stamp: each must have been good when the next one covered it, the newest one now."""
    judged = []
    paths = day.stamps
    for number, path in enumerate(paths):
        later = paths[number + 1] if number + 1 < len(paths) else None
        if later is None and after is not None and after.stamps and covers(after, path):
            later = after.stamps[0]
        opinions, time, by = _judge(day, path, trusted, _time(later) or now)
        judged.append(Judged(path.name, by, time, opinions.client, opinions.openssl))
        if not opinions.good:
            found.append(finding("S055", path, why=opinions.why))
    return tuple(judged)


def _judge(day: Day, path: Path, trusted: Trusted | None, at: dt.datetime) -> tuple[Opinions, str, str]:
    listed = path.with_suffix(".txt")
    try:
        made = read_stamp(path.read_bytes())
        covered = listed.read_bytes()
    except (ValueError, OSError) as error:
        return Opinions(str(error), str(error)), "", ""
    time, by = made.time.isoformat(), subject(made.signed.signer)
    altered = [name for name, digest in read_covered(covered).items() if not _same(day.folder / name, digest)]
    if altered or RECORD not in read_covered(covered):
        why = f"{listed.name}: {', '.join(altered) or RECORD}"
        return Opinions(why, why), time, by
    if trusted is None:
        return Opinions("tsa_certificates", "tsa_certificates"), time, by
    return judge(path.read_bytes(), covered, trusted, at), time, by


def _same(path: Path, digest: str) -> bool:
    return path.is_file() and sha512_of(path)[0] == digest


def _time(path: Path | None) -> dt.datetime | None:
    """When a stamp was made, if there is one that can be read."""
    try:
        return read_stamp(path.read_bytes()).time if path is not None else None
    except ValueError:
        return None
