"""A hundred random moments at which storing, replicating, auditing and repairing are killed or fail.

After each: no version looks stored that is not, no byte is lost, the journal's chain is whole after its next entry, and
doing the same again finishes it. KDR_CRASHES (25) moments of each act, KDR_CRASH_SEED chooses others.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from repository.incident import State, incidents
from repository.journal import Journal
from repository.place import Place
from repository.verify import Row, Verdict, verify_journal, verify_places
from tests.bags import AGENT, BOOK, PAGES
from tests.crashing import ACTS, FAULTS, MASTER, METS, Case, brought_back, places, read_cases
from tests.homes import environment
from tests.three_copies import three
from workflows.founding import open_store
from workflows.settings import load

pytestmark = pytest.mark.slow

TIMES = int(os.environ.get("KDR_CRASHES", "25"))
SEED = int(os.environ.get("KDR_CRASH_SEED", "20261123"))
SPOILT = {
    "audit": {"hlavni": MASTER},
    "repair": {"hlavni": MASTER, "druha": METS},
}
"""What was damaged before the act: place -> file."""


@pytest.mark.parametrize("act", sorted(ACTS))
def test_whatever_happens_nothing_is_lost_and_doing_it_again_finishes(act: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.crashing", act, str(TIMES), str(SEED), str(tmp_path)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    cases = read_cases(tmp_path)
    assert len(cases) == TIMES
    assert [f"{case.fault} at {case.moment}: {said}" for case in cases for said in judged(act, case)] == []
    ended = Counter(case.ended for case in cases if case.fault == "kill")
    assert set(ended) == {"killed"}
    struck = [case for case in cases if case.fault in ("full", "eio", "gone") and not case.ended.startswith("ok")]
    assert struck or len(FAULTS) > TIMES  # faults that nobody felt would prove nothing


def judged(act: str, case: Case) -> Iterator[str]:
    """All that is not as it must be after one interruption."""
    root = Path(case.root)
    if case.ended.startswith(("bug", "exit")):
        yield case.ended
    brought_back(root)
    yield from (f"looks stored: {row.verdict} {row.path}" for row in looking_stored(act, root))
    contents = {path.read_bytes() for path in root.rglob("*") if path.is_file()}
    if act != "store":  # there the bag is still with who gave it
        yield from (f"lost: {path}" for path, content in PAGES.items() if content not in contents)
    journal = Journal(root / "journal")
    journal.append("noted", "test", {}, AGENT, opened(root))
    yield from (f"journal: {row.verdict}" for row in verify_journal(journal.root) if row.code)
    ACTS[act].again(root)
    yield from finished(act, root)


def opened(root: Path) -> Sequence[Place]:
    """The attached places of a repository."""
    return (open_store(load(root)) if (root / "kdr.toml").exists() else three(root)).attached()


def looking_stored(act: str, root: Path) -> list[Row]:
    """Faults of copies that nobody had damaged; whole copies that the journal does not know yet are none."""
    found = []
    for place in places(root):
        fine = {Verdict.INTACT, Verdict.UNKNOWN}
        if place.name in SPOILT.get(act, {}):  # not mended yet, or set aside and the good one not yet there
            spoilt = SPOILT[act][place.name]
            fine |= {Verdict.VERSION_MISSING}
            rows = [row for row in verify_places([place], root / "journal") if not row.path.endswith(spoilt)]
        else:
            rows = list(verify_places([place], root / "journal"))
        found += [row for row in rows if row.verdict not in fine]
    return found


def finished(act: str, root: Path) -> Iterator[str]:
    """What is not as if nothing had happened, after the act was done again."""
    rows = verify_places(places(root), root / "journal")
    yield from (f"after: {row.verdict} {row.path}" for row in rows if row.verdict is not Verdict.INTACT)
    journal = Journal(root / "journal")
    copies = Counter(
        (entry.facts["version"], entry.facts["place"]) for entry in journal.entries(BOOK, ("stored", "replicated"))
    )
    yield from (f"journalled twice: {copy}" for copy, times in copies.items() if times > 1)
    yield from (f"open: {each.id}" for each in incidents(journal) if each.state is State.OPEN)
    for place in places(root):
        left = [path.name for path in (place / ".staging").iterdir() if path.is_dir()]
        yield from (f"left in {place.name}: {name}" for name in left)
        spoilt = SPOILT.get(act, {}).get(place.name)
        if spoilt == MASTER and not any(path.read_bytes() == b"damaged" for path in place.rglob("*.jp2")):
            yield f"the damaged copy of {place.name} is gone"
    if act == "repair":
        repaired = Counter(str(entry.facts["incident"]) for entry in journal.entries(BOOK, ("repaired",)))
        yield from (f"{name} repaired {times} times" for name, times in repaired.items() if times > 1)
    if act == "audit":
        read = Counter(
            (e.facts["run"], e.facts["place"])
            for e in journal.entries(BOOK, ("checked",))
            if str(e.facts["run"]).startswith("audit-")
        )
        yield from (f"counted twice: {copy}" for copy, times in read.items() if times > 1)
