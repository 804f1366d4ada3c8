"""What cannot be taken is named and never stops the rest; without room nothing is begun or nothing remains."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unicodedata
from pathlib import Path

import pytest

from ingest.inbox import claim, read_claim, require_room
from metadata.problem import Problem
from tests.deliveries import NOBODY, aged, codes, delivered, elsewhere, refused


@pytest.fixture
def batches(tmp_path: Path) -> Path:
    """Where batches live."""
    folder = tmp_path / "batches"
    folder.mkdir()
    return folder


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """A finished delivery of one volume, two hours old."""
    return delivered(
        tmp_path / "Dodávka č. 7", {f"svazek/000{n}.tif": b"II*\0" + bytes([n]) * 3000 for n in range(1, 4)}
    )


class TestNothingThere:
    def test_no_folder_is_d004(self, delivery: Path, batches: Path) -> None:
        assert refused(delivery / "neni", batches).finding.code == "D004"
        assert refused(delivery / "svazek" / "0001.tif", batches).finding.code == "D004"

    def test_an_empty_folder_is_d001(self, tmp_path: Path, batches: Path) -> None:
        (tmp_path / "prazdna" / "svazek").mkdir(parents=True)
        (tmp_path / "prazdna" / "svazek" / ".DS_Store").touch()
        assert refused(tmp_path / "prazdna", batches).finding.code == "D001"

    def test_an_empty_volume_is_not_lost(self, delivery: Path, batches: Path) -> None:
        (delivery / "svazek-bez-skenu").mkdir()
        (delivery / ".skryta").mkdir()
        made, _ = claim(delivery, batches, 0)
        names = sorted(path.name for path in (batches / made.batch / "delivery").iterdir())
        assert names == ["svazek", "svazek-bez-skenu"]


class TestRefusedFiles:
    """One file that cannot be taken never stops the others."""

    def test_a_link_out_is_not_followed(self, delivery: Path, batches: Path) -> None:
        (delivery / "svazek" / "0004.tif").symlink_to("/etc/passwd")
        (delivery / "svazek" / "0005.tif").symlink_to("0004.tif")
        (delivery / "svazek" / "dir").symlink_to("/etc")
        made, _ = claim(delivery, batches, 0)
        assert codes(made) == [("D005", f"svazek/{name}") for name in ("0004.tif", "0005.tif", "dir")]
        assert made.findings[0].facts["target"] == "/etc/passwd"
        assert len(made.files) == 3

    def test_a_link_within_is(self, delivery: Path, batches: Path) -> None:
        (delivery / "svazek" / "0004.tif").symlink_to("0001.tif")
        made, _ = claim(delivery, batches, 0)
        copy = batches / made.batch / "delivery" / "svazek" / "0004.tif"
        assert made.findings == ()
        assert copy.read_bytes() == (delivery / "svazek" / "0001.tif").read_bytes()
        assert not copy.is_symlink()

    @pytest.mark.parametrize("target", ["neni.tif", "0004.tif", "../svazek"])
    def test_a_link_to_no_file_is_d007(self, delivery: Path, batches: Path, target: str) -> None:
        (delivery / "svazek" / "0004.tif").symlink_to(target)
        made, _ = claim(delivery, batches, 0)
        assert codes(made) == [("D007", "svazek/0004.tif")]

    def test_a_pipe_is_not_waited_for(self, delivery: Path, batches: Path) -> None:
        os.mkfifo(delivery / "svazek" / "0004.tif")
        made, _ = claim(delivery, batches, 0)
        assert codes(made) == [("D017", "svazek/0004.tif")]
        assert len(made.files) == 3

    @pytest.mark.parametrize("closed", ["svazek/0002.tif", "svazek-2"])
    def test_what_may_not_be_read_is_d007(self, closed: str) -> None:
        # In a folder that a user without rights can reach, unlike pytest's own.
        with tempfile.TemporaryDirectory() as place:
            folder = delivered(
                Path(place) / "d", {"svazek/0001.tif": b"1", "svazek/0002.tif": b"2", "svazek-2/1.tif": b"3"}
            )
            (Path(place) / "b").mkdir()
            for path in (Path(place), Path(place) / "b"):
                path.chmod(0o777)
            (folder / closed).chmod(0)
            try:
                said = elsewhere(folder, Path(place) / "b", before=NOBODY)
            finally:
                (folder / closed).chmod(0o755)
            assert said["codes"] == [["D007", closed]]
            assert len(said["files"]) == 2

    def test_a_delivery_that_may_not_be_read_is_d004(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = delivered(Path(place) / "d", {"svazek/0001.tif": b"1"})
            (Path(place) / "b").mkdir()
            Path(place).chmod(0o777)
            folder.chmod(0)
            try:
                assert elsewhere(folder, Path(place) / "b", before=NOBODY) == {"code": "D004", "facts": {}, "left": []}
            finally:
                folder.chmod(0o755)


class TestNames:
    def test_bytes_that_are_no_utf8_are_written_out(self, delivery: Path, batches: Path) -> None:
        delivered(delivery, {os.fsdecode(b"svazek/strana\xe1.tif"): b"II"})
        made, _ = claim(delivery, batches, 0)
        assert codes(made) == [("D018", "svazek/strana%E1.tif")]
        assert (batches / made.batch / "delivery" / "svazek" / "strana%E1.tif").read_bytes() == b"II"
        assert read_claim(batches / made.batch) == made

    def test_two_that_would_be_written_alike_are_not_mixed_up(self, delivery: Path, batches: Path) -> None:
        delivered(delivery, {os.fsdecode(b"svazek/\xe1.tif"): b"jedna", "svazek/%E1.tif": b"dve"})
        made, _ = claim(delivery, batches, 0)
        assert codes(made) == [("D018", "svazek/%E1.tif"), ("D007", "svazek/%E1.tif")]
        assert (batches / made.batch / "delivery" / "svazek" / "%E1.tif").read_bytes() == b"dve"

    def test_a_delivery_and_a_link_may_be_named_so_too(self, tmp_path: Path, batches: Path) -> None:
        folder = delivered(tmp_path / os.fsdecode(b"d\xe1vka"), {"svazek/0001.tif": b"II"})
        (folder / "svazek" / "0002.tif").symlink_to(os.fsdecode(b"/etc/\xe1"))
        made, _ = claim(folder, batches, 0)
        assert made.source.endswith("d%E1vka")
        assert made.findings[0].facts["target"] == "/etc/%E1"
        assert read_claim(batches / made.batch) == made
        delivered(folder, {os.fsdecode(b"svazek/\xe1.part"): b"x"})
        assert str(refused(folder, batches)) == "D002 Do dodávky d%E1vka se stále zapisuje: svazek/%E1.part."

    def test_composed_and_decomposed_twins_are_both_kept(self, delivery: Path, batches: Path) -> None:
        names = [unicodedata.normalize(form, "svazek/příloha.tif") for form in ("NFC", "NFD")]
        delivered(delivery, {name: name.encode() for name in names})
        made, _ = claim(delivery, batches, 0)
        assert {ref.path for ref in made.files} >= set(names)
        for name in names:
            assert (batches / made.batch / "delivery" / name).read_bytes() == name.encode()


class TestRoom:
    def test_too_little_is_e003_before_work(self, delivery: Path, batches: Path) -> None:
        with (delivery / "svazek" / "0009.tif").open("wb") as sparse:
            sparse.truncate(shutil.disk_usage(batches).free)
        aged(delivery / "svazek" / "0009.tif")
        problem = refused(delivery, batches)
        assert (problem.finding.code, problem.exit_code) == ("E003", 74)

    def test_pages_need_room_for_what_will_be_made_of_them(self, tmp_path: Path) -> None:
        free = shutil.disk_usage(tmp_path).free
        require_room(tmp_path, 0, 1)
        with pytest.raises(Problem, match="E003"):
            require_room(tmp_path, 0, free // 16_000_000 + 1000)

    def test_a_disk_that_fills_in_the_middle_is_e004(self, delivery: Path, batches: Path) -> None:
        limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))"
        delivered(delivery, {"svazek/0002.tif": bytes(9000)})
        said = elsewhere(delivery, batches, before=limit)
        assert (said["code"], said["left"]) == ("E004", [])

    def test_a_disk_without_room_for_one_more_name_is_e004(self, delivery: Path, batches: Path) -> None:
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            pytest.skip("only root may mount a small disk")
        mount = f"mount -t tmpfs -o size=200m,nr_inodes=6 tmpfs '{batches}' && exec \"$@\""
        around = ("unshare", "--mount", "sh", "-c", mount, "sh")
        if subprocess.run([*around, "true"], capture_output=True, check=False).returncode:
            pytest.skip("mounting is not allowed here")
        said = elsewhere(delivery, batches, around=around)
        assert (said["code"], said["left"]) == ("E004", [])
