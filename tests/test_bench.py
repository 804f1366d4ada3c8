"""The arithmetic of the benchmark: what is chosen, added up, compared and told. Nothing here is timed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure import Cost, descendants, kind_of, measured, total
from bench.page_path import (
    OCRMYPDF,
    SCRIPT,
    Sample,
    Scan,
    deliver,
    encode_command,
    markdown,
    medians,
    ratios,
    result_of,
    working_set,
)
from ingest.encode import Grok, OpenJpeg, Use

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
        lines = (scans / "manifest.csv").read_text(encoding="utf-8").splitlines()
        assert len(lines) > 20
        chosen = working_set(list_of(scans), scans, 20)
        assert len(chosen) == 20
        assert all(scan.path.is_file() and scan.dpi >= 298 for scan in chosen)
