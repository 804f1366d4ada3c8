"""Scans of opened books become two pages before pages have numbers; what is told stands above what is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.spreads import WHOLE, Spread, look_for_spreads
from metadata.model import Part
from tests.pictures import text_page
from tests.test_delivery import only
from tests.test_split import glued, shaded

PAGE = text_page()


def spread(path: Path) -> Path:
    """A scan of an opened book."""
    both = shaded(glued(PAGE, PAGE), PAGE.shape[1], 20, 0.5)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(both).save(path, dpi=(300, 300))
    return path


def single(path: Path) -> Path:
    """A scan of one page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(PAGE).save(path, dpi=(300, 300))
    return path


class TestLooking:
    def test_an_opened_book_has_two_halves_that_meet_at_the_gutter(self, tmp_path: Path) -> None:
        (found,) = look_for_spreads([(spread(tmp_path / "a.tif"), 0)])
        left, right = found.halves
        assert left.left == 0
        assert right.right == 2 * PAGE.shape[1]
        assert abs(left.right - PAGE.shape[1]) < 20
        assert abs(right.left - PAGE.shape[1]) < 20

    def test_halves_are_those_of_the_upright_image(self, tmp_path: Path) -> None:
        lying = np.rot90(shaded(glued(PAGE, PAGE), PAGE.shape[1], 20, 0.5))
        path = tmp_path / "a.jpg"
        Image.fromarray(np.ascontiguousarray(lying)).save(path, dpi=(300, 300), exif=b"Exif\0\0" + _turned(6))
        (found,) = look_for_spreads([(path, 0)])
        assert len(found.halves) == 2

    def test_single_pages_and_what_cannot_be_read_stay_whole(self, tmp_path: Path) -> None:
        (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing more")
        scans = [(single(tmp_path / "a.png"), 0), (tmp_path / "broken.jpg", 0), (tmp_path / "gone.tif", 0)]
        assert look_for_spreads(scans) == [WHOLE, WHOLE, WHOLE]


def _turned(orientation: int) -> bytes:
    """An Exif block that says nothing but the orientation (TIFF 6.0, tag 274)."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + orientation.to_bytes(2, "big") + b"\0\0"
    return b"MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + b"\0\0\0\0"


class TestPlanning:
    def test_pages_of_a_spread_are_numbered_one_after_the_other(self, tmp_path: Path) -> None:
        spread(tmp_path / "kniha" / "0001.tif")
        single(tmp_path / "kniha" / "0002.tif")
        planned = only(tmp_path)
        pages = planned.volume.pages
        assert [(page.order, page.scan, page.frame, page.image) for page in pages] == [
            (1, "0001.tif", 0, 0), (2, "0001.tif", 1, 0), (3, "0002.tif", 0, 0),
        ]  # fmt: skip
        assert [page.part is None for page in pages] == [False, False, True]
        assert len({page.id for page in pages}) == 3
        assert [(f.code, f.subject) for f in planned.findings if f.code.startswith("P")] == [("P080", "kniha/0001.tif")]

    def test_in_a_file_of_several_images_each_page_knows_its_image(self, tmp_path: Path) -> None:
        both = Image.fromarray(shaded(glued(PAGE, PAGE), PAGE.shape[1], 20, 0.5))
        file = tmp_path / "kniha" / "0001.tif"
        file.parent.mkdir()
        both.save(file, save_all=True, append_images=[Image.fromarray(PAGE)], dpi=(300, 300))
        pages = only(tmp_path).volume.pages
        assert [(page.frame, page.image) for page in pages] == [(0, 0), (1, 0), (2, 1)]
        assert pages[2].part == Part(1)

    def test_volume_toml_forbids_splitting(self, tmp_path: Path) -> None:
        spread(tmp_path / "kniha" / "0001.tif")
        (tmp_path / "kniha" / "volume.toml").write_text('title = "Kniha"\nspreads = false\n')
        assert len(only(tmp_path).volume.pages) == 1

    def test_a_map_is_split_only_when_that_is_said(self, tmp_path: Path) -> None:
        spread(tmp_path / "mapa" / "0001.tif")
        sidecar = tmp_path / "mapa" / "volume.toml"
        sidecar.write_text('title = "Mapa"\ntype = "map"\n')
        assert len(only(tmp_path).volume.pages) == 1
        sidecar.write_text('title = "Mapa"\ntype = "map"\nspreads = true\n')
        assert len(only(tmp_path).volume.pages) == 2

    def test_a_page_list_that_names_scans_is_obeyed(self, tmp_path: Path) -> None:
        spread(tmp_path / "kniha" / "0001.tif")
        (tmp_path / "kniha" / "pages.csv").write_text("scan;label\n0001.tif;5\n", encoding="utf-8")
        planned = only(tmp_path)
        assert [page.label for page in planned.volume.pages] == ["5"]

    def test_a_gutter_seen_a_little_beside_leaves_the_pages_what_they_are(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spread(tmp_path / "kniha" / "0001.tif")
        first = only(tmp_path).volume.pages

        def beside(scans: list[tuple[Path, int]]) -> list[Spread]:
            found = look_for_spreads(scans)
            return [Spread(tuple(replace(box, left=box.left + 1) for box in each.halves)) for each in found]

        monkeypatch.setattr("ingest.delivery.look_for_spreads", beside)
        assert [page.id for page in only(tmp_path).volume.pages] == [page.id for page in first]

    def test_the_same_delivery_gives_the_same_pages(self, tmp_path: Path) -> None:
        spread(tmp_path / "kniha" / "0001.tif")
        assert only(tmp_path).volume == only(tmp_path).volume


def test_an_outline_that_counts_scans_is_obeyed(tmp_path: Path) -> None:
    spread(tmp_path / "kniha" / "0001.tif")
    outline = '[[division]]\nkind = "chapter"\ntitle = "Úvod"\nfirst = 1\nlast = 1\n'
    (tmp_path / "kniha" / "structure.toml").write_text(outline, encoding="utf-8")
    assert len(only(tmp_path).volume.pages) == 1
