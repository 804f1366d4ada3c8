"""What reading for an audit costs, beside `openssl dgst -sha512` over the same files with as many processes.

    python -m bench.fixity_audit [--folder DIR] [--objects 8] [--mb 64] [--rounds 3] [--workers 1 2] [--big-gb 2]

Stores made-up objects in a new repository with one place below DIR, then, in turn and with those files' page cache
dropped before each: a whole `kdr audit run --full` (the function: journal, verdicts, all) and openssl. Several workers
are timed from the moment when they stand (their start takes seconds, once a night), and their CPU holds the start.
Wall seconds say how fast; CPU seconds (user + system, all processes) say the same on a machine that others use, too.
First the peak of memory of an audit of one object of 10 MB and of one of `--big-gb`. Ends with 1 under 0.95 x of
openssl by wall and by CPU, or when the large object takes more than 20 MB more.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import measured
from metadata.model import volume_id
from repository.fixity import Check
from repository.journal import Journal
from repository.ledger import read_ledger
from tests.bags import AGENT, make_bag
from workflows.audit_past import Scope
from workflows.audit_reading import CopyJob, read_copy
from workflows.auditing import AuditWish, run_audit
from workflows.founding import disks, found, open_store
from workflows.graph import spread
from workflows.settings import Home, load

LEAST = 0.95
MOST_MORE_MB = 20.0
_FILE_MB, _BIG_FILE_MB = 8, 500


@dataclass(frozen=True, slots=True)
class Rate:
    """MB a wall second and MB a CPU second of one way of reading."""

    wall: float
    cpu: float


def main() -> int:
    """Measure and print; 1 when a bound is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--objects", type=int, default=8)
    parser.add_argument("--mb", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--big-gb", type=float, default=2.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        small, big = (peak(Path(name) / f"{mb}", mb) for mb in (10, int(given.big_gb * 1000)))
        home = library(Path(name) / "many", [given.mb] * given.objects)
        good = min([compared(home, workers, given.rounds) for workers in given.workers])
    print(f"peak memory: {small:.0f} MB for 10 MB, {big:.0f} MB for {given.big_gb:g} GB")
    return 0 if good and big - small <= MOST_MORE_MB else 1


def library(folder: Path, sizes: Sequence[int]) -> Home:
    """A repository with one place and an object of each size (MB)."""
    found(folder, None)
    file = folder / "kdr.toml"
    text = file.read_text(encoding="utf-8")
    places = re.split(r"(?m)^(?=\[\[place\]\])", text)
    last = places[-1][places[-1].index("\n[") :] if "\n[" in places[-1] else ""
    file.write_text("".join(places[:2]) + last, encoding="utf-8")
    home = load(folder)
    for number, megabytes in enumerate(sizes):
        book = volume_id(f"3fa2c1de-0000-4000-8000-{number:012x}")
        count = max(1, megabytes // (_FILE_MB if megabytes <= 1000 else _BIG_FILE_MB))
        content = os.urandom(1_000_000) * (megabytes // count)
        bag = make_bag(folder / "bag", book, {f"data/mc/{n}.jp2": content for n in range(count)})
        open_store(home).take(bag, book, AGENT)
        subprocess.run(["rm", "-r", str(bag)], check=True)  # noqa: S607
    return home


def compared(home: Home, workers: int, rounds: int) -> bool:
    """Print both rates of so many workers and say whether ours is fast enough."""
    files = [path for path in disks(home)[0].root.rglob("*") if path.is_file() and "data" in path.parts]
    size = sum(path.stat().st_size for path in files)
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(rate(files, size, lambda: audit(home, workers)))
        theirs.append(rate(files, size, lambda: openssl(files, workers)))
    wall = statistics.median(a.wall / b.wall for a, b in zip(ours, theirs, strict=True))
    cpu = statistics.median(a.cpu / b.cpu for a, b in zip(ours, theirs, strict=True))
    ours_wall = statistics.median(each.wall for each in ours)
    print(
        f"{workers} workers, {size / 1e6:.0f} MB: kdr {ours_wall:.0f} MB/s, openssl "
        f"{statistics.median(each.wall for each in theirs):.0f} MB/s; ratio by wall {wall:.2f}, by CPU {cpu:.2f} "
        f"(>= {LEAST}); 16 TB in {16e12 / 1e6 / ours_wall / 3600:.1f} h; load {os.getloadavg()[0]:.1f}"
    )
    return max(wall, cpu) >= LEAST


def rate(files: Sequence[Path], size: int, read: Callable[[], float]) -> Rate:
    """How fast `read` (which gives its wall seconds) reads the files, none of them cached."""
    for path in files:
        with path.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    cpu = cpu_seconds()
    seconds = read()
    return Rate(size / 1e6 / seconds, size / 1e6 / max(cpu_seconds() - cpu, 1e-6))


def audit(home: Home, workers: int) -> float:
    """Read all copies: by one worker as a whole run, by more from the moment when they all stand."""
    begun = time.monotonic()
    if workers == 1:
        end = run_audit(home, AuditWish(Scope(full=True), workers=1), print)
        if end.exit_code:
            raise SystemExit(f"audit: {end}")
        return time.monotonic() - begun
    ledger = read_ledger(Journal(home.journal))

    def jobs() -> Iterator[CopyJob]:
        nonlocal begun
        begun = time.monotonic()  # nothing is asked for before the workers stand
        yield from (CopyJob(home.folder, kept, "hlavni") for kept in ledger.versions.values())

    for job, ended in spread(read_copy, jobs(), workers):
        if not isinstance(ended, Check) or ended.faults:
            raise SystemExit(f"audit: {job} {ended}")
    return time.monotonic() - begun


def openssl(files: Sequence[Path], workers: int) -> float:
    """The reference."""
    begun = time.monotonic()
    command = ["xargs", "-0", "-n", str(max(1, len(files) // workers // 4)), "-P", str(workers)]
    names = b"\0".join(os.fsencode(path) for path in files)
    subprocess.run([*command, "openssl", "dgst", "-sha512"], input=names, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - begun


def peak(folder: Path, megabytes: int) -> float:
    """Peak memory (MB) of the command that audits one object of so many MB."""
    home = library(folder, [megabytes])
    kdr = Path(sys.executable).with_name("kdr")
    cost = measured([kdr, "--home", home.folder, "audit", "run", "--full", "--workers", "1"], folder / "log.txt")
    return max(cost.peak_mb.values())


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main())
