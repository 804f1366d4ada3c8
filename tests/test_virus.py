"""The virus scanner: a real clamd with one hand-written signature, and what a faulty scanner must not be taken for."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.virus import Clamd, Sight

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*"
"""The harmless file that every scanner knows, in pieces so that none finds it here."""
STREAM_MOST = 1_000_000


@pytest.fixture(scope="module")
def clamd() -> Iterator[Clamd]:
    """A clamd of our own, with a database of one line; a short folder, for sockets have short names."""
    program = shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        pytest.skip("clamd is not installed (apt-get install clamav-daemon)")
    with tempfile.TemporaryDirectory(prefix="kdr-clamd-") as name:
        folder = Path(name)
        (folder / "db").mkdir()
        (folder / "db" / "kdr.ndb").write_text(f"Kdr.Eicar:0:*:{EICAR.hex()}\n")
        (folder / "clamd.conf").write_text(
            f"LocalSocket {folder}/s\nDatabaseDirectory {folder}/db\nForeground yes\nStreamMaxLength {STREAM_MOST}\n"
            f"LogFile {folder}/log\nAlertExceedsMax yes\n"
        )
        with subprocess.Popen(
            [program, "-c", folder / "clamd.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            try:
                yield _ready(Clamd(f"{folder}/s", 20), folder)
            finally:
                running.kill()


def _ready(clamd: Clamd, folder: Path) -> Clamd:
    for _ in range(300):
        try:
            assert clamd.version()
        except OSError:
            time.sleep(0.1)
        else:
            return clamd
    pytest.skip(f"clamd does not start here: {(folder / 'log').read_text()[-300:]}")


@pytest.mark.slow
class TestRealScanner:
    def test_says_what_it_is(self, clamd: Clamd) -> None:
        assert clamd.version().startswith("ClamAV")

    @pytest.mark.parametrize("content", [b"", b"Dobry den", b"x" * 300_000])
    def test_a_clean_file(self, clamd: Clamd, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(content)
        assert clamd.scan(tmp_path / "file").sight is Sight.CLEAN

    @pytest.mark.parametrize("before", [b"", b"x" * 200_000])
    def test_a_virus_is_named(self, clamd: Clamd, before: bytes, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(before + EICAR)
        found = clamd.scan(tmp_path / "file")
        assert found.sight is Sight.INFECTED
        assert "Kdr.Eicar" in found.note

    def test_a_file_beyond_its_limit_is_not_called_clean(self, clamd: Clamd, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x" * (STREAM_MOST * 5))
        assert clamd.scan(tmp_path / "file").sight is Sight.TOO_LARGE


def served(answer: bytes | None) -> tuple[Clamd, threading.Thread]:
    """A scanner on a port that reads a whole stream and says `answer`; with nothing, it never does."""
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def serve() -> None:
        with server, server.accept()[0] as line:
            if answer is None:
                time.sleep(0.6)
                return
            stream = line.makefile("rb")
            while stream.read(1) != b"\0":
                pass
            while count := struct.unpack(">I", stream.read(4))[0]:
                stream.read(count)
            stream.close()
            line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return Clamd(f"127.0.0.1:{port}", 0.3 if answer is None else 10), thread


@pytest.mark.parametrize(
    ("answer", "sight"),
    [
        (b"stream: OK\0", Sight.CLEAN),
        (b"stream: Eicar FOUND\0", Sight.INFECTED),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", Sight.TOO_LARGE),
        (b"INSTREAM size limit exceeded. ERROR\0", Sight.TOO_LARGE),
        (b"stream: Can't allocate memory ERROR\0", Sight.FAILED),
        (b"stream: OK FOUND\0", Sight.INFECTED),
        (b"nonsense\0", Sight.FAILED),
        (b"OK\0", Sight.FAILED),
        (b"", Sight.FAILED),
        (None, Sight.FAILED),
    ],
)
def test_only_ok_is_clean(answer: bytes | None, sight: Sight, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    clamd, thread = served(answer)
    assert clamd.scan(tmp_path / "file").sight is sight
    thread.join()


def test_a_scanner_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert Clamd(str(tmp_path / "none")).scan(tmp_path / "file").sight is Sight.FAILED
    with pytest.raises(OSError, match="No such file"):
        Clamd(str(tmp_path / "none")).version()


def test_a_file_that_cannot_be_read_is_not_clean(tmp_path: Path) -> None:
    assert Clamd("127.0.0.1:1").scan(tmp_path / "gone").sight is Sight.FAILED
