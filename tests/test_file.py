"""Files are described as they are, and appear under their name whole or not at all."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.file import (
    CHUNK,
    Digests,
    FileRef,
    Reader,
    copy_through,
    describe,
    flush,
    given_bytes,
    intact,
    place_bytes,
    placing,
    read_through,
)


def digests(content: bytes) -> Digests:
    """What hashlib says of `content`."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return Digests(len(content), hashlib.sha512(content).hexdigest(), md5)


@given(st.lists(st.binary(max_size=50), max_size=10))
@settings(deadline=None)
def test_chunks_do_not_matter(chunks: list[bytes]) -> None:
    reader = Reader()
    for chunk in chunks:
        reader.take(chunk)
    assert reader.digests() == digests(b"".join(chunks))


class TestReading:
    @pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
    @pytest.mark.parametrize("cold", [False, True])
    def test_digests_are_those_of_hashlib(self, tmp_path: Path, size: int, cold: bool) -> None:
        content = (b"Modrinov" * (size // 8 + 1))[:size]
        (tmp_path / "scan").write_bytes(content)
        assert read_through(tmp_path / "scan", cold=cold) == digests(content)

    def test_md5_is_left_out_where_nobody_asks_for_it(self, tmp_path: Path) -> None:
        (tmp_path / "scan").write_bytes(b"x")
        assert read_through(tmp_path / "scan", md5=False) == Digests(1, digests(b"x").sha512, "")

    def test_a_reference_is_relative_with_forward_slashes(self, tmp_path: Path) -> None:
        (tmp_path / "svazek").mkdir()
        (tmp_path / "svazek" / "příloha.tif").write_bytes(b"x")
        ref = describe(tmp_path / "svazek" / "příloha.tif", tmp_path, "image/tiff")
        assert (ref.path, ref.size, ref.media_type) == ("svazek/příloha.tif", 1, "image/tiff")

    def test_what_lies_elsewhere_cannot_be_referred_to(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"")
        (tmp_path / "root").mkdir()
        with pytest.raises(ValueError, match="subpath"):
            describe(tmp_path / "x", tmp_path / "root")


class TestIntact:
    @pytest.fixture
    def ref(self, tmp_path: Path) -> FileRef:
        (tmp_path / "master.jp2").write_bytes(b"kniha")
        return describe(tmp_path / "master.jp2", tmp_path)

    def test_an_untouched_file_is(self, ref: FileRef, tmp_path: Path) -> None:
        assert intact(ref, tmp_path)

    @pytest.mark.parametrize("content", [b"Kniha", b"knih", b"kniha ", b""])
    def test_a_changed_one_is_not_even_at_the_same_time_and_size(
        self, ref: FileRef, tmp_path: Path, content: bytes
    ) -> None:
        before = (tmp_path / ref.path).stat()
        (tmp_path / ref.path).write_bytes(content)
        os.utime(tmp_path / ref.path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert not intact(ref, tmp_path)

    def test_a_missing_one_is_not(self, ref: FileRef, tmp_path: Path) -> None:
        (tmp_path / ref.path).unlink()
        assert not intact(ref, tmp_path)

    def test_a_folder_in_its_place_is_not(self, ref: FileRef, tmp_path: Path) -> None:
        (tmp_path / ref.path).unlink()
        (tmp_path / ref.path).mkdir()
        assert not intact(ref, tmp_path)


class TestCopying:
    @given(content=st.binary(max_size=200))
    @settings(max_examples=20, deadline=None)
    def test_a_copy_is_described_on_its_way(self, tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
        folder = tmp_path_factory.mktemp("copy")
        (folder / "a").write_bytes(content)
        assert copy_through(folder / "a", folder / "b") == digests(content)
        assert (folder / "b").read_bytes() == content

    def test_a_large_one_too(self, tmp_path: Path) -> None:
        content = os.urandom(2 * CHUNK + 17)
        (tmp_path / "a").write_bytes(content)
        assert copy_through(tmp_path / "a", tmp_path / "b") == read_through(tmp_path / "b") == digests(content)

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"new")
        (tmp_path / "b").write_bytes(b"old")
        with pytest.raises(FileExistsError):
            copy_through(tmp_path / "a", tmp_path / "b")
        assert (tmp_path / "b").read_bytes() == b"old"


class TestPlacing:
    def test_the_file_is_not_there_before_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "record.json"
        with placing(target) as draft:
            draft.write_bytes(b"half")
            assert not target.exists()
            assert draft.parent == target.parent
            assert draft.suffix == ".json"
        assert target.read_bytes() == b"half"
        assert list(tmp_path.iterdir()) == [target]

    def test_after_an_error_the_old_file_stands_and_no_draft(self, tmp_path: Path) -> None:
        target = tmp_path / "record.json"
        target.write_bytes(b"old")

        def interrupted() -> None:
            with placing(target) as draft:
                draft.write_bytes(b"new")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert target.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [target]

    @pytest.mark.parametrize("durable", [False, True])
    def test_bytes_replace_what_was_there_and_can_be_read_by_all(self, tmp_path: Path, durable: bool) -> None:
        target = tmp_path / "record.json"
        for content in (b"old", b"new"):
            place_bytes(target, content, durable=durable)
        assert target.read_bytes() == b"new"
        assert stat.S_IMODE(target.stat().st_mode) == 0o644
        assert list(tmp_path.iterdir()) == [target]

    def test_a_killed_writer_leaves_nothing_under_the_name(self, tmp_path: Path) -> None:
        target = tmp_path / "mets.xml"
        target.write_bytes(b"old")
        program = (
            "import sys, time; from pathlib import Path; from metadata.file import placing\n"
            "with placing(Path(sys.argv[1])) as draft:\n"
            "    draft.write_bytes(b'half'); print('writing', flush=True); time.sleep(60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"writing\n"
            writer.send_signal(signal.SIGKILL)
        assert target.read_bytes() == b"old"
        assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".draft-")] == ["mets.xml"]

    def test_a_full_disk_leaves_nothing(self, tmp_path: Path) -> None:
        target = tmp_path / "big"
        program = (
            "import resource, sys; from pathlib import Path; from metadata.file import place_bytes\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "place_bytes(Path(sys.argv[1]), b'x' * 2000)\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program, str(target)], capture_output=True, text=True, check=False
        )
        assert "File too large" in ended.stderr
        assert list(tmp_path.iterdir()) == []

    def test_flush_takes_files_and_folders(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"x")
        flush(tmp_path / "x")
        flush(tmp_path)
        with pytest.raises(FileNotFoundError):
            flush(tmp_path / "y")


class TestGivenBytes:
    def test_a_file_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_bytes(b"slovo")
        assert given_bytes(tmp_path / "a.txt") == b"slovo"

    def test_what_is_no_file_or_too_large_is_refused_at_once(self, tmp_path: Path) -> None:
        (tmp_path / "large").write_bytes(b"123")
        (tmp_path / "link").symlink_to(tmp_path / "large")
        os.mkfifo(tmp_path / "pipe")
        for name, most in (("large", 2), ("link", 9), ("pipe", 9), ("gone", 9)):
            with pytest.raises(OSError, match=name):
                given_bytes(tmp_path / name, most)
        with pytest.raises(OSError, match="zero"):
            given_bytes(Path("/dev/zero"), 9)
