"""Archives from outside: what is sound comes out byte for byte; what is hostile or broken leaves nothing, anywhere."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.problem import Problem
from repository.archive import Limits, is_archive, media_type, stem, unpack
from repository.names import impossible, leads_out, twins, unsafe
from tests.homes import everything

ROOM = Limits(10_000_000, 1000)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\~:%"), min_size=1, max_size=12)
SOUND_PATHS = (
    st.lists(NAMES.filter(lambda part: part not in (".", "..")), min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda path: not leads_out(path) and not impossible(path))
)
HOSTILE_NAMES = st.sampled_from(
    ["../x", "a/../../x", "/etc/cron.d/x", "//x", "C:/x", "c:x", "..\\x", "a\\..\\..\\x", "\\x", "\\\\s\\x", "~/x",
     "..", "a/..", "a//b", "a/./b", "%TEMP%/x", "x" * 256, "ž" * 128, "a/" * 2000 + "x"]
)  # fmt: skip
LINKS = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE)
ENDINGS = ("tar", "tar.gz", "tar.bz2", "tar.xz", "tgz", "zip")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an archive to be made."""

    name: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    leads_to: str = ""


def tarred(path: Path, entries: list[Entry], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for entry in entries:
            made = tarfile.TarInfo(entry.name)
            made.type, made.linkname, made.size = entry.kind, entry.leads_to, len(entry.content)
            tar.addfile(made, io.BytesIO(entry.content))
    return path


def zipped(path: Path, entries: list[Entry]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for entry in entries:
            made = zipfile.ZipInfo(entry.name)
            made.external_attr = (stat.S_IFLNK if entry.kind == tarfile.SYMTYPE else stat.S_IFREG) << 16
            packed.writestr(made, entry.content, zipfile.ZIP_DEFLATED)
    return path


def packed(folder: Path, ending: str, entries: list[Entry]) -> Path:
    """An archive by its ending."""
    path = folder / f"bag.{ending}"
    if ending == "zip":
        return zipped(path, entries)
    return tarred(path, entries, f"w:{ending.replace('tgz', 'gz').removeprefix('tar').removeprefix('.')}")


def refused(archive: Path, limits: Limits = ROOM) -> str:
    """Why it was refused; nothing may be left, here or beside."""
    around = archive.parent.parent
    before = {path for path in around.rglob("*") if path.is_file()}
    target = archive.parent / "target"
    with pytest.raises(Problem) as caught:
        unpack(archive, target, limits)
    assert not target.exists()
    assert {path for path in around.rglob("*") if path.is_file()} == before
    assert caught.value.finding.code == "S070"
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    return tmp_path / "inner"


class TestSound:
    @pytest.mark.parametrize("ending", ENDINGS)
    def test_every_kind_gives_back_every_byte(self, ending: str, folder: Path) -> None:
        entries = [Entry("./bag/data/č 📚", b"x" * 5000), Entry("bag/bagit.txt", b"y"), Entry("bag/data/a. ", b"")]
        unpack(packed(folder, ending, entries), folder / "target", ROOM)
        assert everything(folder / "target") == {entry.name.removeprefix("./"): entry.content for entry in entries}

    @settings(max_examples=40, deadline=None)
    @given(st.dictionaries(SOUND_PATHS, st.binary(max_size=40), max_size=5), st.sampled_from(["tar", "tar.gz", "zip"]))
    def test_whatever_is_packed_comes_out_or_is_refused_whole(
        self, tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], ending: str
    ) -> None:
        folder = tmp_path_factory.mktemp("sound")
        archive = packed(folder, ending, [Entry(name, content) for name, content in files.items()])
        prefixes = {name.rsplit("/", depth)[0] for name in files for depth in (1, 2) if name.count("/") >= depth}
        try:
            unpack(archive, folder / "target", ROOM)
        except Problem:
            assert list(twins(files)) or prefixes & set(files)
            assert not (folder / "target").exists()
        else:
            assert everything(folder / "target") == files

    def test_the_name_says_what_is_an_archive(self) -> None:
        assert [is_archive(Path(f"x.{ending}")) for ending in ENDINGS] == [True] * len(ENDINGS)
        assert not is_archive(Path("x.rar"))
        assert (stem("a.b.tar.gz"), stem("a.ZIP"), stem("a.b")) == ("a.b", "a", "a.b")
        assert media_type(Path("a.tgz")) == "application/gzip"
        assert media_type(Path("folder")) == ""


class TestHostile:
    @settings(max_examples=60, deadline=None)
    @given(
        sound=st.lists(st.sampled_from([Entry("bag/a", b"x"), Entry("bag/b", b"y"), Entry("c", b"z")]), unique=True),
        name=HOSTILE_NAMES,
        at=st.integers(0, 3),
        ending=st.sampled_from(["tar", "tar.gz", "zip"]),
    )
    def test_a_name_that_leads_out_is_refused_wherever_it_stands(
        self, tmp_path_factory: pytest.TempPathFactory, sound: list[Entry], name: str, at: int, ending: str
    ) -> None:
        folder = tmp_path_factory.mktemp("hostile") / "inner"
        folder.mkdir()
        entries = [*sound[:at], Entry(name, b"evil"), *sound[at:]]
        assert name[:20] in refused(packed(folder, ending, entries))

    @settings(max_examples=40, deadline=None)
    @given(
        kind=st.sampled_from(LINKS),
        leads_to=st.sampled_from(["/etc", "..", "../..", "bag", "bag/a", "/dev/zero"]),
        after=st.sampled_from([[], [Entry("link/x", b"evil")]]),
    )
    def test_links_and_devices_are_refused(
        self, tmp_path_factory: pytest.TempPathFactory, kind: bytes, leads_to: str, after: list[Entry]
    ) -> None:
        folder = tmp_path_factory.mktemp("links") / "inner"
        folder.mkdir()
        entries = [Entry("bag/a", b"x"), Entry("link", b"", kind, leads_to), *after]
        archive = tarred(folder / "bag.tar", entries)
        if kind == tarfile.CONTTYPE and not after:  # a contiguous file is a regular one
            unpack(archive, folder / "target", ROOM)
            assert everything(folder / "target") == {"bag/a": b"x", "link": b""}
        else:
            assert "link" in refused(archive)

    def test_a_link_in_a_zip(self, folder: Path) -> None:
        assert "link" in refused(zipped(folder / "bag.zip", [Entry("link", b"/etc", tarfile.SYMTYPE)]))

    @pytest.mark.parametrize("ending", ["tar", "zip"])
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("bag/x", "bag/x"),
            ("bag/x", "bag/x/y"),
            ("bag/x", "bag/X"),
            ("bag/x/1", "BAG/x/2"),
            ("bag/š", unicodedata.normalize("NFD", "bag/š")),
            ("bag/ﬀ", "bag/FF"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_doubles_and_twins(self, ending: str, first: str, second: str, folder: Path) -> None:
        refused(packed(folder, ending, [Entry(first, b"1"), Entry(second, b"2")]))

    def test_a_name_cut_by_nul(self, folder: Path) -> None:
        zipped(folder / "bag.zip", [Entry("bag/harmless.txtX", b"x")])
        content = (folder / "bag.zip").read_bytes().replace(b"harmless.txtX", b"harmless.tx\0X")
        (folder / "bag.zip").write_bytes(content)
        refused(folder / "bag.zip")

    def test_an_encrypted_zip(self, folder: Path) -> None:
        archive = zipped(folder / "bag.zip", [Entry("bag/a", b"x")])
        content = bytearray(archive.read_bytes())
        content[content.index(b"PK\x01\x02") + 8] |= 1
        archive.write_bytes(content)
        assert "zašifr" in refused(archive)

    def test_a_zip_whose_names_are_in_an_unknown_encoding(self, folder: Path) -> None:
        archive = zipped(folder / "bag.zip", [Entry("bag/cafX", b"x")])
        archive.write_bytes(archive.read_bytes().replace(b"cafX", b"caf\xe9"))
        assert "UTF-8" in refused(archive)

    def test_a_zip_with_utf_8_names_that_does_not_say_so(self, folder: Path) -> None:
        archive = zipped(folder / "bag.zip", [Entry("bag/caf__", b"x")])
        archive.write_bytes(archive.read_bytes().replace(b"caf__", "café".encode()))
        unpack(archive, folder / "target", ROOM)
        assert everything(folder / "target") == {"bag/café": b"x"}

    def test_no_unicode_in_a_tar(self, folder: Path) -> None:
        refused(tarred(folder / "bag.tar", [Entry("bag/\udcff", b"x")]))


class TestTooMuch:
    def test_more_bytes_or_files_than_allowed(self, folder: Path) -> None:
        archive = tarred(folder / "bag.tar", [Entry(f"{number}", b"x" * 100) for number in range(9)])
        refused(archive, Limits(899, 9))
        refused(archive, Limits(900, 4))
        unpack(archive, folder / "target", Limits(900, 9))

    @pytest.mark.parametrize("ending", ["tar.gz", "zip"])
    def test_a_bomb_is_refused_before_it_is_unpacked(self, ending: str, folder: Path) -> None:
        content = bytes(101_000_000)
        assert "násobek" in refused(packed(folder, ending, [Entry("zeros", content)]), Limits(10**9, 9))

    def test_a_size_that_only_the_header_claims(self, folder: Path) -> None:
        made = tarfile.TarInfo("huge")
        made.size = 10**12
        (folder / "bag.tar.gz").write_bytes(gzip.compress(made.tobuf(tarfile.GNU_FORMAT)))
        refused(folder / "bag.tar.gz")

    def test_a_name_of_endless_length(self, folder: Path) -> None:
        made = tarfile.TarInfo("././@LongLink")
        made.type, made.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
        packer = zlib.compressobj(wbits=31)
        start = packer.compress(made.tobuf(tarfile.GNU_FORMAT)) + packer.compress(bytes(1 << 26)) + packer.flush()
        (folder / "bag.tar.gz").write_bytes(start)
        refused(folder / "bag.tar.gz", Limits(10**12, 10))

    def test_a_sparse_file_whose_holes_are_huge(self, folder: Path) -> None:
        made = tarfile.TarInfo("holes")
        made.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": str(10**12),
                            "GNU.sparse.map": "0,0"}  # fmt: skip
        with tarfile.open(folder / "bag.tar", "w", format=tarfile.PAX_FORMAT) as tar:
            tar.addfile(made)
        refused(folder / "bag.tar")


class TestBroken:
    @pytest.mark.parametrize("ending", ENDINGS)
    @pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
    def test_a_truncated_archive(self, ending: str, part: float, folder: Path) -> None:
        entries = [Entry(f"bag/{number}", bytes([number]) * 3000) for number in range(8)]
        archive = packed(folder, ending, entries)
        whole = archive.read_bytes() if ending != "tar" else archive.read_bytes().rstrip(b"\0")
        archive.write_bytes(whole[: int(len(whole) * part)])
        refused(archive)

    def test_a_tar_cut_between_two_files(self, folder: Path) -> None:
        archive = tarred(folder / "bag.tar", [Entry("a", b"x" * 512), Entry("b", b"y" * 512)])
        archive.write_bytes(archive.read_bytes()[:1024])
        assert "konec" in refused(archive)

    def test_a_tar_with_a_header_nobody_can_read(self, folder: Path) -> None:
        archive = tarred(folder / "bag.tar", [Entry("a", b"x" * 512), Entry("b", b"y" * 512)])
        content = bytearray(archive.read_bytes())
        content[1024:1100] = b"\xff" * 76
        archive.write_bytes(content)
        refused(archive)

    @pytest.mark.parametrize("content", [b"", b"PK", b"nonsense" * 100, b"\x1f\x8bnonsense", b"BZhnonsense", bytes(99)])
    def test_something_else(self, content: bytes, folder: Path) -> None:
        (folder / "bag.tar").write_bytes(content)
        refused(folder / "bag.tar")

    @settings(max_examples=60, deadline=None)
    @given(
        st.sampled_from(["tar", "tar.gz", "zip"]),
        st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4),
    )
    def test_bytes_changed_anywhere_never_write_outside_or_crash(
        self, tmp_path_factory: pytest.TempPathFactory, ending: str, changes: list[tuple[int, int]]
    ) -> None:
        folder = tmp_path_factory.mktemp("changed") / "inner"
        folder.mkdir()
        archive = packed(folder, ending, [Entry("bag/a", b"x" * 300), Entry("bag/b", b"y" * 10)])
        content = bytearray(archive.read_bytes())
        for place, value in changes:
            content[place % len(content)] = value
        archive.write_bytes(content)
        around = {path for path in folder.parent.rglob("*") if path.is_file()}
        with suppress(Problem):
            unpack(archive, folder / "target", ROOM)
            assert (folder / "target").is_dir()
        outside = {
            path for path in folder.parent.rglob("*") if path.is_file() and folder / "target" not in path.parents
        }
        assert outside == around


class TestNames:
    @pytest.mark.parametrize(
        ("rule", "yes", "no"),
        [
            (leads_out, ["../a", "/a", "a\\..\\b", "C:a", "~", "%APPDATA%\\x"], ["a..b", "a/~", "...", "50%", "%25a"]),
            (impossible, ["", "a//b", "a/.", "x" * 256, "\0", "\udc80"], ["x" * 255, "ž" * 127, "📚", " "]),
            (unsafe, ["a.", "a ", "b /c", "NUL", "com1.txt", "a:b", "a\nb", "x?"], ["a", ".a", "console", "📚", "a b"]),
        ],
    )
    def test_rules(self, rule: Callable[[str], bool], yes: list[str], no: list[str]) -> None:
        assert [name for name in yes if not rule(name)] == []
        assert [name for name in no if rule(name)] == []

    @given(st.sets(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6), max_size=6))
    def test_names_are_twins_when_a_system_without_case_and_form_says_so(self, names: set[str]) -> None:
        nfc = [unicodedata.normalize("NFC", name).casefold() for name in names]
        merged = {unicodedata.normalize("NFC", name) for name in nfc}
        assert bool(list(twins(names))) is (len(merged) < len(names))
