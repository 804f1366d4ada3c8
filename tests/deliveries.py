"""Deliveries made up for tests, and other processes that claim, write and hold them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest.inbox import Claim, claim
from metadata.problem import Problem

CLAIMER = """
import json, os, sys, resource
from pathlib import Path
from ingest.inbox import claim
from metadata.problem import Problem
delivery, batches, settle = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
{before}
try:
    made, new = claim(delivery, batches, settle)
    said = {{"new": new, "batch": made.batch, "files": [f.path for f in made.files],
            "codes": [[f.code, f.subject] for f in made.findings]}}
except Problem as problem:
    said = {{"code": problem.finding.code, "facts": problem.finding.facts}}
print(json.dumps(said | {{"left": sorted(os.listdir(batches))}}))
"""
# What is read late must be read first: afterwards the interpreter's own files may be out of reach.
NOBODY = """
from metadata.finding import codes
codes()
if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)
"""

# Holds a lease on one file: whoever opens it waits until the holder lets go. That stops a claim in its middle.
HOLDER = """
import fcntl, os, signal, sys, time
from pathlib import Path
held, batches = Path(sys.argv[1]), Path(sys.argv[2])
signal.signal(signal.SIGIO, signal.SIG_IGN)
handle = os.open(held, os.O_RDONLY)
try:
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
except OSError:
    print("no leases", flush=True)
    sys.exit()
print("held", flush=True)
until = time.monotonic() + 30
while not list(batches.glob(".claiming-*/delivery")) and time.monotonic() < until:
    time.sleep(0.005)
{change}
os.close(handle)
"""


def delivered(folder: Path, files: dict[str, bytes]) -> Path:
    """A folder with these files, two hours old."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        aged(folder / name)
    return folder


def aged(path: Path, seconds: float = 7200) -> None:
    """Let a file have been changed some time ago."""
    then = time.time() - seconds
    os.utime(path, (then, then))


def refused(delivery: Path, batches: Path, settle: float = 0) -> Problem:
    """Why a delivery is not taken; nothing of it may remain."""
    before = sorted(batches.iterdir())
    with pytest.raises(Problem) as problem:
        claim(delivery, batches, settle)
    assert sorted(batches.iterdir()) == before
    return problem.value


def elsewhere(delivery: Path, batches: Path, before: str = "", around: tuple[str, ...] = ()) -> dict[str, Any]:
    """Claim in another process; what it says of it."""
    program = CLAIMER.format(before=before)
    # -B: a limit on file size must not cut compiled modules.
    command = [*around, sys.executable, "-B", "-c", program, str(delivery), str(batches), "0"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


@contextmanager
def child(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another process that has said its first line; it is ended when the block is."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        if running.stdout.readline() == "no leases\n":
            pytest.skip("this file system has no leases")
        try:
            yield running
        finally:
            running.kill()


def codes(made: Claim) -> list[tuple[str, str]]:
    """Code and subject of each finding."""
    return [(found.code, found.subject) for found in made.findings]
