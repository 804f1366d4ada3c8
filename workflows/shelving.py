"""Offline media: what goes to the shelf, is read back, moved, and taken out again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from metadata.event import Agent, AgentKind, now
from metadata.finding import Finding, finding
from metadata.model import VolumeId
from metadata.problem import Problem
from repository.bundling import Order, Pack, pack, write_bundle
from repository.journal import Journal, Json
from repository.ledger import Kept, read_ledger
from repository.shelf import MOVED, READ, Bundle, read_shelf
from repository.unbundling import PartCheck, Restored, check_part, missing_parts, part_files, restore
from repository.verify import Progress, Verdict
from workflows.agents import KDR
from workflows.founding import attached
from workflows.settings import Home

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SIZE = re.compile(r"(\d{1,15}(?:[.,]\d{1,6})?)\s*([kmgt]?)b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_MOST_FAULTS = 100
_FILE_COST = 4096
"""Bytes that a file takes in a bundle beside its content, at most: headers, padding, a line in both indexes."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """What was written (None: nothing had to be), the versions that no place has intact, and how many wait.

    `left` versions found no room on this medium: they go to the next one.
    """

    bundle: Bundle | None
    refused: tuple[Finding, ...] = ()
    left: int = 0


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The parts as they were read, and what of their bundles was not given."""

    parts: tuple[PartCheck, ...]
    missing: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """All that was found."""
        return (*(fault for part in self.parts for fault in part.faults), *self.missing)


@dataclass(frozen=True, slots=True)
class Standing:
    """One bundle for people: where its medium lies, when it was last read, whether that is too long ago."""

    label: str
    bundle: str
    kind: str
    location: str
    since: str
    moved: str
    read: str
    days: int
    overdue: bool
    verdict: str
    bytes: int
    parts: tuple[str, ...]
    versions: int


def size_of(text: str) -> int | None:
    """Bytes as people write them: 100GB, 1.5 TB, 700000 (decimal units); None when it is no size."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return None
    return int(float(found[1].replace(",", ".")) * _UNITS[found[2].lower()])


def write(
    home: Home,
    target: Path,
    order: Order,
    only: Sequence[VolumeId] = (),
    *,
    again: bool = False,
    room: int | None = None,
    on_file: Progress | None = None,
) -> Wrote:
    """Write versions to a medium: of the objects `only` or of all, those not on the shelf yet; `again`: those too.

    As many as fit into `room` bytes (None: what is free in the folder `target`), in the order of their identifiers.

    Raises:
        Problem: S004 no such object; and what `write_bundle` raises.
    """
    journal = Journal(home.journal)
    journal.require()
    ledger = read_ledger(journal)
    for object_id in only:
        if not ledger.of(object_id):
            raise Problem("S004", object_id)
    shelved = read_shelf(journal).copies()
    wanted = sorted(key for key in ledger.versions if (not only or key[0] in only) and (again or key not in shelved))
    if room is None and target.is_dir():
        room = shutil.disk_usage(target).free
    fitting = _fitting([ledger.versions[key] for key in wanted], room)
    packs, refused = _packs(home, fitting)
    left = len(wanted) - len(fitting)
    if not packs:
        return Wrote(None, refused, left)
    made = write_bundle(packs, target, order, journal, KDR, witnesses=attached(home), on_file=on_file)
    return Wrote(made, refused, left)


def _fitting(versions: Sequence[Kept], room: int | None) -> list[Kept]:
    """The first versions that fit; at least one, of which the writing then says how much it wants."""
    fitting: list[Kept] = []
    taken = 0
    for kept in versions:
        taken += kept.bytes + kept.files * _FILE_COST
        if room is not None and fitting and taken > room:
            break
        fitting.append(kept)
    return fitting


def _packs(home: Home, versions: Sequence[Kept]) -> tuple[list[Pack], tuple[Finding, ...]]:
    places, packs, refused = attached(home), [], []
    for kept in versions:
        try:
            packs.append(pack(kept, places))
        except Problem as problem:
            if problem.finding.code != "S081":
                raise
            refused.append(problem.finding)
    return packs, tuple(refused)


def read(home: Home, paths: Sequence[Path]) -> ReadBack:
    """Read parts back, sequentially, and write down in the journal what was found of the bundles it knows.

    Raises:
        Problem: S087 the folders given hold no part; S003, S015, S016, S020 the journal refuses.
    """
    journal = Journal(home.journal)
    shelf = read_shelf(journal)
    files = part_files(paths)
    if not files:
        raise Problem("S087", paths[0] if paths else "-")
    checks = tuple(check_part(path, shelf) for path in files)
    for bundle in sorted({check.bundle for check in checks} & set(shelf.bundles)):
        mine = [check for check in checks if check.bundle == bundle]
        journal.append(READ, bundle, _facts(mine), KDR, attached(home))
    return ReadBack(checks, missing_parts(checks))


def _facts(checks: Sequence[PartCheck]) -> dict[str, Json]:
    faults = [f"{fault.code} {fault.subject}" for check in checks for fault in check.faults]
    wrong = [check.verdict for check in checks if check.verdict is not Verdict.INTACT]
    broken = sorted({version for check in checks for version in check.broken})
    parts: dict[str, Json] = {}
    for check in checks:
        if parts.get(str(check.number), Verdict.INTACT) == Verdict.INTACT:
            parts[str(check.number)] = check.verdict.value
    return {
        "verdict": (wrong[0] if wrong else Verdict.INTACT).value,
        "parts": parts,
        "broken": broken if all(check.broken or check.verdict is Verdict.INTACT for check in checks) else [],
        "files": sum(check.files for check in checks),
        "bytes": sum(check.bytes for check in checks),
        "seconds": round(sum(check.seconds for check in checks), 3),
        "faults": faults[:_MOST_FAULTS],
    }


def move(home: Home, label: str, location: str, by: str) -> tuple[Bundle, ...]:
    """Write down where a medium lies from now on, and who brought it there.

    Raises:
        Problem: S087 no such medium; S003, S015, S016, S020 the journal refuses.
    """
    journal = Journal(home.journal)
    found = read_shelf(journal).labelled(label)
    if not found:
        raise Problem("S087", label)
    person = Agent(by, kind=AgentKind.PERSON)
    for bundle in found:
        facts: dict[str, Json] = {"label": label, "location": location, "from": bundle.location, "by": by}
        journal.append(MOVED, bundle.id, facts, person, attached(home))
    return read_shelf(journal).labelled(label)


def take_out(home: Home, paths: Sequence[Path], to: Path, only: VolumeId | None = None) -> Restored:
    """Take versions out of parts into the folder `to`, each compared with the journal where it knows the version.

    Raises:
        Problem: S003 the disk refuses; S004 the parts hold nothing of `only`; S005 a version lies in `to` already;
            S087 the folders given hold no part.
    """
    journal = Journal(home.journal)
    if not part_files(paths):
        raise Problem("S087", paths[0] if paths else "-")
    known = {key: kept.known for key, kept in read_ledger(journal).versions.items()}
    done = restore(paths, to, read_shelf(journal), known, only)
    if only is not None and not done.versions and not done.broken:
        raise Problem("S004", only)
    return done


def standings(home: Home, when: str = "") -> tuple[Standing, ...]:
    """Every bundle, by label and age; `when` (ISO 8601, now when empty) decides what is overdue."""
    moment, limit = when or now(), home.settings.audit.days
    shelf = read_shelf(Journal(home.journal))
    late = {bundle.id for bundle in shelf.overdue(moment, limit)}
    rows = sorted(shelf.bundles.values(), key=lambda bundle: (bundle.label, bundle.since, bundle.id))
    return tuple(
        Standing(
            label=bundle.label,
            bundle=bundle.id,
            kind=bundle.kind.value,
            location=bundle.location,
            since=bundle.since,
            moved=bundle.moved,
            read=bundle.read,
            days=bundle.age(moment),
            overdue=bundle.id in late,
            verdict=bundle.verdict.value,
            bytes=bundle.size,
            parts=tuple(part.file for part in bundle.parts.values()),
            versions=len(bundle.versions),
        )
        for bundle in rows
    )


def alarms(home: Home, when: str = "") -> tuple[Finding, ...]:
    """A finding (S086) for every bundle that was not read for longer than the settings allow."""
    limit = home.settings.audit.days
    return tuple(
        finding("S086", f"{each.label} ({each.bundle})", location=each.location or "-", days=each.days, limit=limit)
        for each in standings(home, when)
        if each.overdue
    )
