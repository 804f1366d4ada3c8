"""Formats are named by PRONOM signature; a name on a file says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ingest.identify import Format, identify
from tests.pictures import encoded, noise, put

PICTURE = Image.fromarray(noise(20, 30))


@pytest.mark.parametrize(
    ("content", "puid", "name"),
    [
        (encoded(PICTURE, "TIFF"), "fmt/353", "Tagged Image File Format"),
        (encoded(PICTURE, "PNG"), "fmt/11", "Portable Network Graphics"),
        (encoded(PICTURE, "JPEG", dpi=(300, 300)), "fmt/43", "JPEG File Interchange Format"),
        (encoded(PICTURE, "JPEG2000"), "x-fmt/392", "JP2 (JPEG 2000 part 1)"),
        (encoded(PICTURE, "GIF"), "fmt/3", "Graphics Interchange Format"),
        (b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n", "fmt/18", "Portable Document"),
    ],
)
@pytest.mark.parametrize("suffix", ["tif", "txt", ""])
def test_bytes_decide_and_names_do_not(tmp_path: Path, content: bytes, puid: str, name: str, suffix: str) -> None:
    found = identify(put(tmp_path / f"0001.{suffix}", content))
    assert found.puid == puid
    assert name in found.name


def test_a_version_is_told_where_pronom_knows_one(tmp_path: Path) -> None:
    assert identify(put(tmp_path / "a", b"%PDF-1.4\n%%EOF\n")).version == "1.4"


@pytest.mark.parametrize("content", [b"\x01\x02\x03neco", b"\0" * 64, b""], ids=["noise", "zeros", "nothing"])
def test_what_nobody_knows_has_no_name(tmp_path: Path, content: bytes) -> None:
    for name in ("scan.bin", "scan.csv", "scan.tif", "scan"):
        assert identify(put(tmp_path / name, content)) == Format("", "", "")


def test_czech_names_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "svazek č. 1"
    folder.mkdir()
    assert identify(put(folder / "příloha (2).tif", encoded(PICTURE, "TIFF"))).puid == "fmt/353"


def test_all_formats_of_the_delivery_are_known() -> None:
    delivery = Path(__file__).resolve().parent.parent / "samples" / "delivery"
    scans = [path for path in delivery.glob("*/*") if path.suffix in {".jpg", ".tif", ".png"}]
    assert len(scans) == 24
    assert {identify(path).puid for path in scans} == {"fmt/353", "fmt/43", "fmt/11"}
