"""What nobody sends by mistake: lists, packages and answers made to take hours, all memory, or a place that is ours."""

from __future__ import annotations

import io
import os
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ingest.registrar.exchange import Limits, NoAnswer, read
from ingest.sidecar import read_sidecar
from ingest.source.fetch import Patience, fetch
from metadata.bad_list import BadList
from metadata.description import VolumeKind
from metadata.elements import METS
from metadata.markup import Element, parse, violations
from metadata.ndk.check import context, validate
from metadata.ndk.check.info import CHECKS as INFO_CHECKS
from metadata.ndk.check.psp import NotAPackage, open_psp
from metadata.ndk.check.validate import FILE_CHECKS, check
from metadata.ndk.check.zip_list import entries_listed
from metadata.outline import read_outline
from metadata.pagelist import MOST_ROWS, read_pages
from metadata.problem import Problem
from metadata.toml_text import MOST_PARTS, read_toml
from tests.exchanged import command, contents, package, repository, take
from tests.good_packages import edited
from tests.page_records import volume_record
from workflows.exchange import export_psp
from workflows.founding import disks
from workflows.incoming import draft
from workflows.psp_import import State

modest = settings(max_examples=40)
LONG_KEYS = [
    "a" + ".a" * 100_000 + " = 1",
    "[" + "a ." * 100_000 + "a]",
    '"\\""' + '."\\""' * 100_000 + " = 1",
    "'.' . '.'" * 100_000,
]


@pytest.fixture
def soon() -> Iterator[None]:
    """The test takes seconds, where what it is about once took minutes."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 30


class TestLists:
    @pytest.mark.usefixtures("soon")
    @pytest.mark.parametrize("text", [*LONG_KEYS, "a = " + "[" * 10_000, "a = " + "{a = " * 10_000])
    def test_toml_that_nobody_wrote_by_hand_is_refused_at_once(self, text: str, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"key of more than|nested too deeply|Expected|Invalid"):
            read_toml(text)
        (tmp_path / "volume.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"."):
            read_sidecar(tmp_path / "volume.toml")

    @modest
    @given(
        parts=st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,3}", fullmatch=True), min_size=1, max_size=MOST_PARTS),
        text=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="'")),
    )
    def test_toml_that_somebody_may_have_written_is_read(self, parts: list[str], text: str) -> None:
        value: Any = read_toml(f"{'.'.join(parts)} = '{text}'")
        for part in parts:
            value = value[part]
        assert value == text

    @pytest.mark.usefixtures("soon")
    def test_a_list_of_a_million_rows_is_no_list_of_pages(self) -> None:
        with pytest.raises(BadList, match="100000"):
            read_pages(b"order\n" + b"1\n" * (MOST_ROWS + 1), "pages.csv")

    @pytest.mark.usefixtures("soon")
    def test_a_header_of_a_million_empty_columns_is_read_quickly(self) -> None:
        (row,) = read_pages(b"order;label" + b";" * 1_000_000 + b"\n1;x\n", "pages.csv")
        assert (row.order, row.label) == (1, "x")

    @pytest.mark.usefixtures("soon")
    def test_a_range_of_a_million_dashes_is_none(self) -> None:
        text = f'[[part]]\nkind = "chapter"\npages = "{"1-" * 300_000}"'
        volume = volume_record().volume
        with pytest.raises(BadList) as refused:
            read_outline(text.encode(), "structure.toml", volume.pages, volume.id, kind=VolumeKind.MONOGRAPH)
        assert len(refused.value.text()) < 500


class TestTheListOfAZip:
    @modest
    @given(names=st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), unique=True), comment=st.binary(max_size=30))
    def test_counts_what_is_there(self, names: list[str], comment: bytes) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.comment = comment
            for name in names:
                archive.writestr(name, name)
        count = entries_listed(stream, len(stream.getvalue()), longest=1 << 20)
        assert count is not None
        assert count >= len(names)

    @modest
    @given(content=st.binary(max_size=200) | st.binary(max_size=60).map(lambda rest: b"PK\5\6" + rest))
    def test_whatever_the_bytes_it_only_counts(self, content: bytes) -> None:
        assert entries_listed(io.BytesIO(content), len(content), longest=1000) in {*range(60), None}

    def test_a_million_entries_are_refused_before_they_are_read(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for number in range(3):
                archive.writestr(f"a/{number}", b"")
        with (
            patch("metadata.ndk.check.psp.MOST_FILES", 2),
            patch("zipfile.ZipFile", side_effect=AssertionError("read")),
            pytest.raises(NotAPackage) as refused,
            open_psp(tmp_path / "x.zip"),
        ):
            pass
        assert refused.value.complaint.rule == "KDR_ZIP_UNSAFE_COUNT"

    @pytest.mark.usefixtures("soon")
    def test_a_name_of_thousands_of_folders_is_refused_and_not_told_whole(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for number in range(100):
                archive.writestr(f"a/{number}/{'b/' * 30_000}x", b"")
        with pytest.raises(NotAPackage) as refused, open_psp(tmp_path / "x.zip"):
            pass
        assert refused.value.complaint.rule == "KDR_ZIP_UNSAFE_LENGTH"
        assert len(refused.value.complaint.text()) < 1000


class TestPackages:
    def test_a_device_is_no_package(self) -> None:
        with pytest.raises(NotAPackage), open_psp(Path(os.devnull)):
            pass

    @pytest.mark.usefixtures("soon")
    @pytest.mark.parametrize("name", ["a" * 5_000_000, "../../x", "{}" + "a" * 200])
    def test_an_identifier_that_names_no_file_is_a_fault_and_told_shortly(self, name: str, tmp_path: Path) -> None:
        root = package(tmp_path)
        info = next(root.glob("info*.xml"))
        info.write_text(
            info.read_text("utf-8").replace(f"<packageid>{root.name}", f"<packageid>{name.format(root.name)}"), "utf-8"
        )
        report = check(root, images=False, jobs=FILE_CHECKS)
        assert "PSP_DIR_MATCHES_PSP_ID" in {each.rule for each in report.complaints}
        assert max(len(each.text()) for each in report.complaints) < 2000

    def test_a_document_of_millions_of_elements_is_not_read(self, tmp_path: Path) -> None:
        root = package(tmp_path)
        (root / f"mets_{root.name}.xml").write_bytes(b"<mets>" + b"<a/>" * context.MOST_TAGS + b"</mets>")
        with patch("metadata.ndk.check.context.parse", side_effect=parse) as parsed:
            report = check(root, images=False, jobs=FILE_CHECKS)
        assert ("KDR_XML_BROKEN", f"mets_{root.name}.xml") in {(each.rule, each.file) for each in report.complaints}
        assert all(len(call.args[0]) < 1_000_000 for call in parsed.call_args_list)

    @pytest.mark.usefixtures("soon")
    def test_a_document_of_nothing_but_faults_is_judged_no_longer_than_anybody_reads(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(validate, "MOST_COMPLAINTS", 50)

        root = package(tmp_path)
        info = next(root.glob("info*.xml"))
        items = b"<item a='1'/>" * 30_000
        info.write_bytes(info.read_bytes().replace(b"</itemlist>", items + b"</itemlist>"))
        rules = [each.rule for each in check(root, images=False, jobs=INFO_CHECKS).complaints]
        assert len(rules) <= 52
        assert "KDR_TOO_MANY" in rules

    @pytest.mark.usefixtures("soon")
    @pytest.mark.parametrize("attributes", [{"TYPE": "x", "ID": "y"}, {"TYPE": "x", "Q": "1"}])
    def test_a_hundred_thousand_faults_by_the_schema_are_told_a_thousand_times(
        self, attributes: dict[str, str], tmp_path: Path, schemas: Path
    ) -> None:
        def crowd(tree: Element) -> None:
            place = next(tree.iter(METS.tag("structMap")))[0]
            place.extend(etree.Element(METS.tag("div"), attributes) for _ in range(100_000))

        root = package(tmp_path)
        edited(root, f"mets_{root.name}.xml", crowd)
        tree = etree.parse(root / f"mets_{root.name}.xml").getroot()
        assert len(violations(tree, schemas / "ndk" / "ndk-combined.xsd")) == 1000


class TestImports:
    @pytest.fixture(autouse=True)
    def _quick_disk(self) -> Iterator[None]:
        with patch.object(os, "fsync"):
            yield

    def test_a_kill_while_what_was_stored_is_cleared_away_spoils_no_later_import(self, tmp_path: Path) -> None:
        root, place = package(tmp_path / "a"), repository(tmp_path / "r")
        staging = place[0].batches.parent / "imports"

        def killed(folder: Path, *, ignore_errors: bool) -> None:
            for path in Path(folder).rglob("volume.json"):
                path.unlink()
                raise KeyboardInterrupt
            shutil.rmtree(folder, ignore_errors=ignore_errors)

        with patch("workflows.incoming.shutil", SimpleNamespace(rmtree=killed)), pytest.raises(KeyboardInterrupt):
            take(place, root)
        assert len(list(staging.iterdir())) == 1
        assert take(place, root).state is State.KNOWN
        assert not staging.exists()

    def test_a_draft_that_another_run_removes_meanwhile_stops_nobody(self, tmp_path: Path) -> None:
        journal = repository(tmp_path / "r")[1].journal
        staging = tmp_path / "imports"
        staging.mkdir()
        with (
            patch.object(Path, "glob", lambda _self, _pattern: iter([staging / ".draft-gone"])),
            draft(staging, journal) as made,
        ):
            assert made.is_dir()
        assert not made.exists()


class TestExports:
    @pytest.fixture(autouse=True)
    def _quick_disk(self) -> Iterator[None]:
        with patch.object(os, "fsync"):
            yield

    def test_nothing_is_exported_into_the_repository_itself(self, tmp_path: Path) -> None:
        home, store = repository(tmp_path / "r")
        primary = disks(home)[0].root
        stored = take((home, store), package(tmp_path / "a"))
        (tmp_path / "odkaz").symlink_to(primary)
        before = contents(primary)
        for target in (primary, primary / "x", home.journal, home.batches, tmp_path / "odkaz"):
            assert command(home, "export", stored.volume, target, "--psp").exit_code == 64
        assert contents(primary) == before

    def test_a_target_that_no_disk_can_have_is_told(self, tmp_path: Path) -> None:
        home, store = repository(tmp_path / "r")
        stored = take((home, store), package(tmp_path / "a"))
        with pytest.raises(Problem) as stopped:
            export_psp(store, store.objects()[0], tmp_path / ("x" * 300))
        assert stopped.value.finding.code == "S003"
        assert stored.volume == store.objects()[0]
        shutil.rmtree(tmp_path / "r")


# --- servers that draw an answer out ----------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
DRAWN_OUT = {
    "header": (HEAD + b"X: ", b"a"),
    "interim": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1;"),
    "body": (HEAD + b"\r\n<a/>", b" "),
}


@pytest.fixture(params=DRAWN_OUT)
def slow(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that never comes to an end and never pauses for long."""
    start, drop = DRAWN_OUT[request.param]
    over = threading.Event()

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(start)
            while not over.wait(0.02):
                try:
                    connection.sendall(drop)
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, args=(listening,), daemon=True)
        server.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        over.set()
        server.join(10)


class TestAnswersThatNeverEnd:
    @pytest.mark.usefixtures("soon")
    def test_a_catalogue_is_left(self, slow: str) -> None:
        with pytest.raises(Problem) as left:
            fetch("katalog", slow, Patience(seconds=0.4, attempts=1))
        assert left.value.finding.code == "C001"
        assert "0.4 s" in left.value.finding.text().replace(",", ".")

    @pytest.mark.usefixtures("soon")
    def test_a_registrar_is_left(self, slow: str) -> None:
        with pytest.raises(NoAnswer) as left:
            read(slow, Limits(seconds=0.4))
        assert left.value.reason == "timeout"
