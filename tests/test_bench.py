"""The arithmetic of the benchmark: what is chosen, added up, compared and told. Nothing here is timed."""

from __future__ import annotations

import contextlib
import csv
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure import Cost, descendants, kind_of, total
from bench.page_path import (
    OCRMYPDF,
    RATIO,
    SCRIPT,
    Sample,
    deliver,
    encode_command,
    markdown,
    medians,
    ratios,
    working_set,
)
from ingest.encode import Grok, OpenJpeg, Use
from metadata.tool import Limits

FOLDER = Path("scans")


def row(file: str, dpi: str, *, language: str = "ces", model: str = "ces") -> dict[str, str]:
    return {"file": file, "dpi_metadata": dpi, "language": language, "tesseract_lang": model}


def sample(*, one: float = 110.0, two: float = 60.0) -> Sample:
    return {
        "whole, 1 worker": Cost(120.0, one),
        "whole, 2 workers": Cost(126.0, two),
        "whole, sync": Cost(115.0, 115.0),
        "recognition": Cost(50.0, 50.0),
        "master": Cost(28.0, 28.0),
        "user": Cost(20.0, 20.0),
        "hashes": Cost(2.0, 2.0),
        "master by OpenJPEG": Cost(28.0, 28.0),
        "user by OpenJPEG": Cost(40.0, 40.0),
        SCRIPT: Cost(105.0, 54.0),
        OCRMYPDF: Cost(252.0, 120.0),
    }


class TestWorkingSet:
    def test_scans_that_say_their_resolution_come_first(self) -> None:
        rows = [row("a/1.jpg", ""), row("a/2.jpg", "300"), row("a/3.jpg", "72"), row("b/4.tif", "600")]
        chosen = working_set(rows, FOLDER, 3)
        assert [scan.path.name for scan in chosen] == ["2.jpg", "4.tif", "1.jpg"]

    def test_a_low_or_missing_resolution_is_declared_as_300(self) -> None:
        chosen = working_set([row("1.jpg", ""), row("2.jpg", "297"), row("3.jpg", "298")], FOLDER, 9)
        assert {scan.path.name: (scan.dpi, scan.declared) for scan in chosen} == {
            "1.jpg": (300, True),
            "2.jpg": (300, True),
            "3.jpg": (298, False),
        }

    def test_language_and_script_come_from_the_manifest(self) -> None:
        (scan,) = working_set([row("1.tif", "300", language="ces (1840s)", model="Fraktur+deu")], FOLDER, 1)
        assert (scan.language, scan.script, scan.volume) == ("ces", "Fraktur", "ces-fraktur")

    def test_the_real_manifest_gives_twenty_pages(self, scans: Path) -> None:
        with (scans / "manifest.csv").open(encoding="utf-8", newline="") as rows:
            chosen = working_set(csv.DictReader(rows), scans, 20)
        assert len(chosen) == 20
        assert all(scan.path.is_file() and scan.dpi >= 298 for scan in chosen)


class TestArithmetic:
    def test_things_done_in_turn_add_up_but_their_memory_does_not(self) -> None:
        parts = [Cost(1.0, 2.0, {"main": 50.0}), Cost(0.5, 1.0, {"main": 90.0, "worker": 10.0})]
        assert total(parts) == Cost(1.5, 3.0, {"main": 90.0, "worker": 10.0})

    @given(st.lists(st.floats(0, 1e6), min_size=1, max_size=7))
    def test_the_median_lies_among_what_was_measured(self, seconds: list[float]) -> None:
        middle = medians([{"x": Cost(cpu, 2 * cpu)} for cpu in seconds])["x"]
        assert min(seconds) <= middle.cpu <= max(seconds)
        assert middle.wall == pytest.approx(2 * middle.cpu)

    def test_an_outlier_does_not_move_the_medians(self) -> None:
        rounds = [{"x": Cost(cpu, wall, {"main": mb})} for cpu, wall, mb in [(1, 2, 5), (90, 9, 7), (1.2, 3, 6)]]
        assert medians(rounds) == {"x": Cost(1.2, 3, {"main": 7})}

    def test_the_whole_path_is_compared_with_its_kernels(self) -> None:
        found = ratios([sample()])
        assert found["CPU: whole, 1 worker / kernels as the path uses them"] == 1.2
        assert found["CPU: whole, 1 worker / reference kernels"] == 1.0
        assert found["CPU: bare script, 2 processes / kernels as the path uses them"] == 1.05

    def test_kernels_are_shares_of_the_reference_sum(self) -> None:
        found = ratios([sample()])
        shares = [found[f"CPU: {part} / reference kernels"] for part in ("recognition", "master", "hashes")]
        assert shares == [0.417, 0.233, 0.017]

    def test_speed_up_and_the_other_programs_are_compared_with_two_workers(self) -> None:
        found = ratios([sample()])
        assert found["speed-up: wall of 1 worker / wall of 2 workers"] == pytest.approx(110 / 60, abs=1e-3)
        assert found["CPU: OCRmyPDF, 2 jobs / whole, 2 workers"] == 2.0
        assert found["wall: bare script, 2 processes / whole, 2 workers"] == 0.9

    def test_ratios_are_taken_within_a_round_so_that_a_slow_round_cancels_out(self) -> None:
        slow = {name: Cost(3 * cost.cpu, 3 * cost.wall) for name, cost in sample().items()}
        assert ratios([sample(), slow, sample()]) == ratios([sample()])

    def test_what_was_not_measured_has_no_ratio(self) -> None:
        parts = {name: cost for name, cost in sample().items() if name == "whole, 2 workers"}
        assert ratios([parts]) == {}


class TestProcesses:
    def test_descendants_are_found_at_any_depth_and_strangers_left_out(self) -> None:
        parents = {10: 1, 11: 10, 12: 11, 13: 12, 20: 1, 21: 20}
        assert descendants(parents, 10) == {10, 11, 12, 13}

    @pytest.mark.parametrize(
        ("command", "root", "kind"),
        [
            ("python kdr batch run", True, "main"),
            ("python -c from multiprocessing.spawn import spawn_main; spawn_main(3)", False, "worker"),
            ("/usr/bin/tesseract grey.pgm out", False, "tesseract"),
        ],
    )
    def test_processes_are_named_by_what_they_do(self, command: str, root: bool, kind: str) -> None:
        assert kind_of(command, root=root) == kind


class TestDelivery:
    def test_scans_go_into_volumes_with_what_the_files_do_not_say(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        for name in ("1.jpg", "2.tif"):
            (tmp_path / "a" / name).write_bytes(name.encode())
        rows = [row("a/1.jpg", ""), row("a/2.tif", "600", language="deu", model="Fraktur+deu")]
        deliver(working_set(rows, tmp_path, 2), tmp_path / "delivery")
        assert {
            path.relative_to(tmp_path / "delivery").as_posix(): path.read_bytes()
            for path in (tmp_path / "delivery").glob("*/[12]*")
        } == {"ces-antiqua-declared/1.jpg": b"1.jpg", "deu-fraktur/2.tif": b"2.tif"}
        said = {
            path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))
            for path in (tmp_path / "delivery").glob("*/volume.toml")
        }
        assert said == {
            "ces-antiqua-declared": {"title": "ces-antiqua-declared", "language": "ces", "resolution": 300},
            "deu-fraktur": {"title": "deu-fraktur", "language": "deu", "script": "Fraktur"},
        }


@pytest.mark.parametrize("encoder", [OpenJpeg(), Grok()], ids=["openjpeg", "grok"])
@pytest.mark.parametrize("use", list(Use))
def test_encoders_are_called_as_the_path_calls_them(
    encoder: OpenJpeg | Grok, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "called"
    for name in ("opj_compress", "grk_compress"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" {name} "$@" >{log}\necho library v2.5.0\n', encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with contextlib.suppress(FileNotFoundError):  # the programs that are called here write nothing
        encoder.encode(Path("in.ppm"), Path("out.jp2"), use, RATIO, Limits())
    assert log.read_text(encoding="utf-8").splitlines() == encode_command(encoder, use, "in.ppm", "out.jp2")


def test_the_table_names_every_part_and_ratio() -> None:
    parts = {
        "whole, sync": {"cpu_s": 5.9, "wall_s": 6.0, "pages_per_minute": 10.0, "peak_mb": {"main": 290.2}},
        "master": {"cpu_s": 1.4, "wall_s": 1.5, "pages_per_minute": 40.0, "peak_mb": {}},
    }
    told = {
        "date": "2026-11-22",
        "commit": "abc1234",
        "rounds": 3,
        "pages": ["a/1.tif ces 300 dpi"],
        "a page": parts,
        "ratios": {"one / other": 1.1},
        "machine": {"CPU": "some", "cores": 2},
        "versions": {"Tesseract": "5.3.0"},
    }
    lines = markdown(told).splitlines()
    assert "| whole, sync | 5.900 | 6.000 | 10.0 | main 290 |" in lines
    assert "| master | 1.400 | 1.500 | – | – |" in lines
    assert "| one / other | 1.10 |" in lines
    assert {"Machine: CPU some, cores 2.", "Versions: Tesseract 5.3.0.", "- a/1.tif ces 300 dpi"} <= set(lines)
