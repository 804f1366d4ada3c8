"""Foreign programs: found or named as missing, bounded in time and memory, never outliving whoever started them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metadata.problem import Problem
from metadata.tool import Limits, Tool, ToolFailed, ToolTimedOut, bounded

PYTHON = Tool(sys.executable, "python3", ("--version",))
ENOUGH = Limits(seconds=30, memory=1 << 30)


def program(folder: Path, name: str, script: str) -> Tool:
    """A program of that name, made for the test."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Tool(str(path), "made-for-tests")


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that ended and was not yet waited for does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class TestPresence:
    def test_a_missing_program_is_named_with_its_package(self) -> None:
        missing = Tool("kdr-no-such-program", "libopenjp2-tools")
        assert not missing.present()
        for call in (missing.require, missing.version, lambda: missing.run((), ENOUGH)):
            with pytest.raises(Problem) as refused:
                call()
            assert refused.value.finding.code == "E001"
            assert refused.value.exit_code == 69
            assert "libopenjp2-tools" in refused.value.finding.advice()

    def test_what_is_not_on_the_path_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert Tool("sh", "dash").present()
        monkeypatch.setenv("PATH", str(tmp_path))
        assert not Tool("sh", "dash").present()

    def test_a_file_that_may_not_be_run_is_missing(self, tmp_path: Path) -> None:
        tool = program(tmp_path, "reader", "true")
        assert tool.present()
        Path(tool.program).chmod(0o644)
        assert not tool.present()


class TestVersion:
    def test_it_is_taken_from_what_the_program_says(self, tmp_path: Path) -> None:
        assert program(tmp_path, "a", "echo 'reader version 5.3.0 (2023)'").version() == "5.3.0"
        assert program(tmp_path, "b", "echo 'library v2.4' >&2; exit 3").version() == "2.4"

    def test_a_program_that_does_not_say_is_unknown(self, tmp_path: Path) -> None:
        assert program(tmp_path, "c", "echo hello").version() == "unknown"

    def test_it_is_asked_once(self, tmp_path: Path) -> None:
        tool = program(tmp_path, "d", f"echo x >> {tmp_path}/asked; echo 1.2")
        assert [tool.version(), tool.version()] == ["1.2", "1.2"]
        assert (tmp_path / "asked").read_text() == "x\n"


class TestRun:
    def test_what_it_printed_comes_back(self) -> None:
        said = PYTHON.run(("-c", "import sys; print('dobrý den'); print('zle', file=sys.stderr)"), ENOUGH)
        assert set(said.splitlines()) == {"dobrý den", "zle"}

    def test_bytes_that_are_no_text_do_no_harm(self) -> None:
        assert "\ufffd" in PYTHON.run(("-c", "import os; os.write(1, b'\\xff\\xfe')"), ENOUGH)

    def test_arguments_reach_it_untouched_by_a_shell(self) -> None:
        wild = "$(id); `id` 'x' \"y\" *\n--"
        assert PYTHON.run(("-c", "import sys; print(sys.argv[1], end='')", wild), ENOUGH) == wild

    def test_it_reads_nothing_from_the_terminal(self) -> None:
        assert PYTHON.run(("-c", "import sys; print(repr(sys.stdin.read()))"), ENOUGH) == "''\n"

    def test_it_computes_in_one_thread(self) -> None:
        assert PYTHON.run(("-c", "import os; print(os.environ['OMP_THREAD_LIMIT'])"), ENOUGH) == "1\n"

    def test_a_bad_end_tells_its_last_words(self) -> None:
        with pytest.raises(ToolFailed) as failed:
            PYTHON.run(("-c", "import sys; print('one'); print('two'); print('three'); sys.exit(3)"), ENOUGH)
        assert failed.value.why == "two / three"
        assert failed.value.program == PYTHON.program

    def test_a_silent_bad_end_tells_its_code(self) -> None:
        with pytest.raises(ToolFailed, match="exit 3"):
            PYTHON.run(("-c", "raise SystemExit(3)"), ENOUGH)

    def test_a_killed_one_tells_its_signal(self) -> None:
        with pytest.raises(ToolFailed, match="exit -9"):
            PYTHON.run(("-c", "import os; os.kill(os.getpid(), 9)"), ENOUGH)


class TestLimits:
    def test_one_that_does_not_end_is_stopped(self) -> None:
        start = time.monotonic()
        with pytest.raises(ToolTimedOut, match=r"0\.5 s"):
            PYTHON.run(("-c", "import time; time.sleep(60)"), Limits(seconds=0.5, memory=1 << 30))
        assert time.monotonic() - start < 20

    def test_a_stopped_one_is_gone(self, tmp_path: Path) -> None:
        tool = program(tmp_path, "sleeper", f"echo $$ > {tmp_path}/pid; exec sleep 60")
        with pytest.raises(ToolTimedOut):
            tool.run((), Limits(seconds=1.5, memory=1 << 30))
        assert not is_alive(int((tmp_path / "pid").read_text()))

    def test_a_hog_is_refused_its_memory(self) -> None:
        hog = "x = bytearray(600 << 20); print(len(x))"
        with pytest.raises(ToolFailed, match="MemoryError"):
            PYTHON.run(("-c", hog), Limits(seconds=30, memory=300 << 20))
        assert PYTHON.run(("-c", hog), Limits(seconds=30, memory=2 << 30)) == f"{600 << 20}\n"

    def test_it_dies_with_whoever_started_it(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        child = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid()) + '.'); time.sleep(60)"
        parent = (
            "import sys; from metadata.tool import Limits, Tool\n"
            f"Tool(sys.executable, 'x').run(('-c', {child!r}), Limits(60, 1 << 30))\n"
        )
        with subprocess.Popen([sys.executable, "-c", parent]) as running:
            pid = _written(note)
            assert is_alive(pid)
            running.send_signal(signal.SIGKILL)
        _wait_until_gone(pid)

    def test_the_bounds_stand_before_any_command(self) -> None:
        words = bounded(Limits(memory=123))
        assert "--as=123" in words
        ended = subprocess.run([*bounded(ENOUGH), "printf", "%s", "-x"], capture_output=True, text=True, check=True)
        assert ended.stdout == "-x"


def _written(note: Path) -> int:
    """The number in a note that ends with a full stop, once it is there."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        text = note.read_text() if note.exists() else ""
        if text.endswith("."):
            return int(text[:-1])
        time.sleep(0.01)
    raise AssertionError("the child never started")


def _wait_until_gone(pid: int) -> None:
    until = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < until, "the child outlived its parent"
        time.sleep(0.01)
