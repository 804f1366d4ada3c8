"""Let an act fail at random moments: ``python -m tests.crashing ACT TIMES SEED FOLDER`` writes cases.json.

The act runs in a child process that is forked once for every moment. A moment is one call to the operating system that
opens, makes, renames, links, removes, locks or flushes something below the folder (Python's audit events). There

    kill    the child is killed (SIGKILL), as `kill -9` or a power cut would,
    full    the disk is full: from then on nothing can be written or flushed,
    eio     the disk of one place fails: from then on its pages cannot be opened,
    gone    one place is taken away (its folder is renamed) and brought back when the child has ended.
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from metadata.problem import Problem
from repository.fixity import Check, check, record
from repository.incident import State as IncidentState
from repository.incident import incidents, open_incident
from repository.ledger import Kept, read_ledger
from repository.register import DigestRegister
from repository.repair import repair_copy
from repository.replica import replicate
from repository.store import Store
from tests.bags import AGENT, BOOK, PAGES, make_bag
from tests.three_copies import NAMES, only, spoil, three, version
from workflows.audit_past import Scope
from workflows.auditing import AuditWish, run_audit
from workflows.founding import disks, found, open_store
from workflows.repairing import attend, catch_up
from workflows.settings import load

CASES = "cases.json"
FAULTS = ("kill", "kill", "full", "eio", "gone")
_ACTS = frozenset({
    "open", "os.mkdir", "os.rename", "os.link", "os.chmod", "os.truncate", "os.remove", "os.rmdir", "os.scandir",
    "os.listdir", "fcntl.flock", "tests.fsync",
})  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR
MASTER, METS = "data/mc/mc_0001.jp2", "data/mets.xml"


@dataclass(frozen=True, slots=True)
class Act:
    """Something to be interrupted: what must be there before, the thing itself, and how to do it again."""

    prepare: Callable[[Path], None]
    do: Callable[[Path], None]
    again: Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One interruption: the repository, the fault, at which of how many moments, and how the act ended (a line)."""

    root: str
    fault: str
    moment: int
    moments: int
    ended: str


def _bag(root: Path) -> Path:
    return root.parent / "bag"


def _made(root: Path) -> None:
    if not _bag(root).exists():
        make_bag(_bag(root))


def _prepare_store(root: Path) -> None:
    _made(root)
    three(root)


def _store(root: Path) -> None:
    three(root).take(_bag(root), BOOK, AGENT)


def _prepare_replicate(root: Path) -> None:
    _made(root)
    store = only(three(root), "hlavni", "druha")
    store.take(_bag(root), BOOK, AGENT)
    newer = make_bag(root.parent / "newer", files=PAGES | {METS: b"<mets2/>"})
    store.take(newer, BOOK, AGENT)


def _replicate(root: Path) -> None:
    done = replicate(three(root), AGENT)
    if done.failed:
        raise Problem(done.failed[0].code, done.failed[0].subject, **done.failed[0].facts)


def _prepare_repair(root: Path) -> None:
    """Two copies are damaged in different files: one is mended from the third, one from pieces of both."""
    _made(root)
    store = three(root)
    only(store, "hlavni", "druha").take(_bag(root), BOOK, AGENT)
    spoil(version(root, "hlavni") / MASTER)
    (version(root, "druha") / METS).unlink()
    _find(store)


def _find(store: Store) -> None:
    """What an audit does: every copy that is not intact is an incident."""
    for place in store.attached():
        for kept in read_ledger(store.journal).versions.values():
            seen = check(place, kept, DigestRegister(store.journal.root))
            if place.name in kept.replicas and seen.verdict.value != "intact":
                record(store.journal, seen, "A-1", AGENT, store.attached())
                open_incident(store.journal, seen, "A-1", AGENT, store.attached())


def _repair(root: Path) -> None:
    store = three(root)
    for each in incidents(store.journal):
        if each.state is IncidentState.OPEN:
            repair_copy(store, each.id, AGENT)


def _prepare_audit(root: Path) -> None:
    _made(root)
    home = found(root, None)
    store = open_store(home)
    store.take(_bag(root), BOOK, AGENT)
    spoil(disks(home)[0].folder(BOOK, "v0001") / MASTER)


def _audit(root: Path) -> None:
    """As ``kdr audit run --full`` does, with repair."""
    home = load(root)
    catch_up(home)

    def hear(kept: Kept, done: Check, run: str) -> None:
        attend(home, kept, done, run)

    end = run_audit(home, AuditWish(Scope(full=True)), lambda _: None, hear)
    if end.unread:
        raise Problem(end.findings[-1].code, end.findings[-1].subject, **end.findings[-1].facts)
    catch_up(home)


ACTS = {
    "store": Act(_prepare_store, _store, _store),
    "replicate": Act(_prepare_replicate, _replicate, _replicate),
    "audit": Act(_prepare_audit, _audit, _audit),
    "repair": Act(_prepare_repair, _repair, _repair),
}


class Fault:
    """Counts moments below `root` in this process, and strikes at one of them."""

    def __init__(self, root: Path, kind: str, moment: int, place: Path) -> None:
        self.root, self.kind, self.moment, self.place = str(root), kind, moment, place
        self.count = 0
        self.struck = self.busy = False
        self._fsync = os.fsync
        os.fsync = self._flush  # type: ignore[assignment]  # only numbers are given here
        sys.addaudithook(self._hear)

    def _flush(self, file: int) -> None:
        sys.audit("tests.fsync", self.root, file)
        self._fsync(file)

    def _hear(self, event: str, given: tuple[object, ...]) -> None:
        if event not in _ACTS or self.busy or not self._ours(event, given):
            return
        self.count += 1
        if self.count == self.moment:
            self._strike()
        if not self.struck:
            return
        if self.kind == "full" and (event in ("os.mkdir", "tests.fsync") or self._writes(event, given)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(given[0]))
        path = str(given[0])
        if self.kind == "eio" and event == "open" and path.startswith(str(self.place)) and "/data/" in path:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    def _ours(self, event: str, given: tuple[object, ...]) -> bool:
        return event == "fcntl.flock" or str(given[0]).startswith(self.root)

    def _writes(self, event: str, given: tuple[object, ...]) -> bool:
        flags = given[2] if event == "open" else 0
        return isinstance(flags, int) and bool(flags & _WRITING)

    def _strike(self) -> None:
        self.busy = True
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "gone" and self.place.exists():
            self.place.rename(away(self.place))
        self.struck = True
        self.busy = False


def away(place: Path) -> Path:
    """Where a place lies that was taken away."""
    return place.with_name(f"{place.name} (away)")


def places(root: Path) -> list[Path]:
    """The folders of the places of a repository made here."""
    if (root / "kdr.toml").exists():
        return [root / "store" / name for name in NAMES[:2]]
    return [root / name for name in NAMES]


def child(act: Callable[[Path], None], root: Path, kind: str, moment: int, place: Path) -> str:
    """Do the act in a child that fails at a moment; how that ended: "ok N" (moments), "killed", or what was raised."""
    reading, writing = os.pipe()
    number = os.fork()
    if number == 0:
        os.close(reading)
        said = _child(act, root, kind, moment, place)
        os.write(writing, said.encode()[-4000:])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read().decode(errors="replace")
    status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    return "killed" if status == -signal.SIGKILL else told or f"exit {status}"


def _child(act: Callable[[Path], None], root: Path, kind: str, moment: int, place: Path) -> str:
    fault = Fault(root, kind, moment, place)
    try:
        act(root)
    except Problem as problem:
        return f"Problem {problem.finding.code} {problem.finding.subject}"
    except OSError as error:
        return f"OSError {error}"
    except BaseException:  # noqa: BLE001 - it is told and makes the test fail
        return f"bug {traceback.format_exc()}"
    finally:
        fault.busy = True
    return f"ok {fault.count}"


def brought_back(root: Path) -> None:
    """Bring back what was taken away; what was made below the mount point meanwhile may be folders, never files."""
    for place in places(root) if root.exists() else []:
        if away(place).exists():
            stray = [path for path in place.rglob("*") if not path.is_dir()] if place.exists() else []
            if stray:
                raise AssertionError(f"written below an absent place: {stray}")
            shutil.rmtree(place, ignore_errors=True)
            away(place).rename(place)


def main(name: str, times: int, seed: int, top: Path) -> list[Case]:
    """Interrupt an act so many times, each in a repository of its own below `top`."""
    act, chance = ACTS[name], random.Random(f"{name} {seed}")  # noqa: S311 - repeatable, not secret
    model = top / "model"
    act.prepare(model)
    rehearsal = top / "rehearsal"
    shutil.copytree(model, rehearsal, symlinks=True)
    said = child(act.do, rehearsal, "none", 0, top)
    if not said.startswith("ok "):
        raise RuntimeError(said)
    moments = int(said.split()[1])
    cases = []
    for number in range(times):
        root = top / f"{number:03d}"
        shutil.copytree(model, root, symlinks=True)
        kind, moment = FAULTS[number % len(FAULTS)], chance.randint(1, moments)
        place = chance.choice(places(root))
        ended = child(act.do, root, kind, moment, place)
        cases.append(Case(str(root), kind, moment, moments, ended))
    return cases


def read_cases(top: Path) -> list[Case]:
    """What a run of this program wrote below `top`."""
    return [Case(**case) for case in json.loads((top / CASES).read_bytes())]


if __name__ == "__main__":
    folder = Path(sys.argv[4])
    (folder / CASES).write_text(
        json.dumps([asdict(case) for case in main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), folder)])
    )
