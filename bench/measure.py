"""What a command takes: CPU of all its descendants, wall time, and the memory of each kind of process.

CPU is user + system time. This process adopts the orphans among the descendants (prctl(2), PR_SET_CHILD_SUBREAPER) and
waits for every one, so that getrusage(RUSAGE_CHILDREN) misses none.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SUBREAPER = 36
_LOOK_SECONDS = 0.5
_WORKERS = ("multiprocessing.spawn", "multiprocessing.forkserver", "bare_script.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU and wall seconds, and the most memory a process of each kind held (MB, VmHWM)."""

    cpu: float
    wall: float
    peak_mb: Mapping[str, float] = field(default_factory=dict)


def total(costs: Iterable[Cost]) -> Cost:
    """Costs of things done one after the other."""
    costs = list(costs)
    kinds = sorted({kind for cost in costs for kind in cost.peak_mb})
    peaks = {kind: max(cost.peak_mb.get(kind, 0.0) for cost in costs) for kind in kinds}
    return Cost(sum(cost.cpu for cost in costs), sum(cost.wall for cost in costs), peaks)


def descendants(parents: Mapping[int, int], root: int) -> set[int]:
    """`root` and all processes below it; `parents` maps each process to its parent."""
    below = {root}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return below


def kind_of(command: str, *, root: bool) -> str:
    """What a process of the tree is: the command itself, a Python worker of it, or a foreign program by name."""
    if root:
        return "main"
    if any(word in command for word in _WORKERS):
        return "worker"
    return Path(command.split(" ", 1)[0]).name


def hashed(*paths: Path) -> Cost:
    """SHA-512 of files, in this process: the floor, without the start of a program."""
    cpu, wall = time.process_time(), time.monotonic()
    for path in paths:
        with path.open("rb") as stream:
            hashlib.file_digest(stream, "sha512")
    return Cost(time.process_time() - cpu, time.monotonic() - wall)


def measured(command: Sequence[object], log: Path, **environment: str) -> Cost:
    """Run a command to its end and count it and all its descendants; what it prints goes to `log`.

    Raises:
        SystemExit: it failed.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    peaks: dict[str, float] = {}
    with log.open("ab") as said:
        run = subprocess.Popen(
            [str(word) for word in command], stdout=said, stderr=said, stdin=subprocess.DEVNULL,
            env=os.environ | environment,
        )  # fmt: skip
        while True:
            try:
                run.wait(timeout=_LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                _note_peaks(run.pid, peaks)
    wall = time.monotonic() - start
    _reap_orphans(60.0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        sys.exit(f"{shlex.join(map(str, command))}: exit {run.returncode}\n{log.read_text(errors='replace')[-3000:]}")
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, peaks)


def adopt_orphans() -> None:
    """Make descendants whose parent has ended children of this process."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl PR_SET_CHILD_SUBREAPER")


def _reap_orphans(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:
            time.sleep(0.05)
    sys.exit(f"a descendant still runs after {seconds:g} s: its CPU cannot be counted")


def _note_peaks(root: int, peaks: dict[str, float]) -> None:
    parents = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(place.parent.name)] = int(place.read_text(errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue
    for pid in descendants(parents, root):
        try:
            status = Path(f"/proc/{pid}/status").read_text(errors="replace")
            command = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            continue
        held = re.search(r"VmHWM:\s+(\d+) kB", status)
        if held and command:
            kind = kind_of(command, root=pid == root)
            peaks[kind] = max(peaks.get(kind, 0.0), round(int(held[1]) / 1024, 1))


def cpu_of(process: int) -> float:
    """Seconds of CPU that a running process has taken, all its threads (proc(5), stat: utime and stime)."""
    told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
