"""What happens to a page's geometry on its way: every step is told, and every point of the master leads to the scan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.image import Pixels
from metadata.geometry import Chain
from metadata.record import from_plain
from tests.homes import delivery, make_home, tasks_of
from tests.pictures import text_page
from tests.test_crop import laid
from workflows.page import run_page
from workflows.step import Status
from workflows.task import PageTask

PAGE = np.repeat(text_page(1500, 1050)[:, :, np.newaxis], 3, axis=2)
BED, MARGINS = (25, 25, 25), (120, 90, 70, 100)


def task_of(tmp_path: Path, pixels: Pixels, crop: str = "page") -> PageTask:
    """A page with these pixels at 150 dpi, kept as 300."""
    given = delivery(tmp_path / "dodavka", {"kniha": [1]})
    Image.fromarray(pixels).save(given / "kniha" / "0001.tif", dpi=(300, 300))
    made = tasks_of(make_home(tmp_path / "home"), given)[0]
    return replace(made, rules=replace(made.rules, crop=crop))


def spot(pixels: Pixels) -> tuple[float, float]:
    """The middle of what is red."""
    plain = pixels.astype(int)
    rows, columns = np.nonzero((plain[..., 0] > 150) & (plain[..., 1] < 90))
    return float(columns.mean()), float(rows.mean())


def test_a_page_on_a_dark_bed_is_cut_out_of_it(tmp_path: Path) -> None:
    task = task_of(tmp_path, laid(PAGE, BED, MARGINS))
    assert "P082" in {found.code for found in run_page(task).findings}
    facts = task.record("straighten").facts
    assert (facts["width"], facts["height"]) == (pytest.approx(1050, abs=10), pytest.approx(1500, abs=15))
    assert any("cut to" in event.note for event in task.record("straighten").events)


def test_the_bed_stays_where_no_cropping_is_wished(tmp_path: Path) -> None:
    lying = laid(PAGE, BED, MARGINS)
    task = task_of(tmp_path, lying, crop="none")
    assert run_page(task).good
    assert task.record("straighten").facts["width"] == lying.shape[1]


def test_only_the_print_stays_where_that_is_wished(tmp_path: Path) -> None:
    task = task_of(tmp_path, laid(PAGE, BED, MARGINS), crop="print")
    assert run_page(task).good
    assert task.record("straighten").facts["width"] == pytest.approx(1050 * 7 / 9, abs=90)


def test_a_point_of_the_master_leads_back_to_its_place_on_the_scan(tmp_path: Path) -> None:
    marked = PAGE.copy()
    marked[690:711, 490:511] = (220, 20, 20)
    lying = laid(marked, BED, MARGINS, 1.5)
    task = task_of(tmp_path, lying)
    assert {"P020", "P082"} <= {found.code for found in run_page(task).findings}
    with Image.open(task.file("master", "master")) as master:
        there = spot(np.asarray(master))
    back = from_plain(Chain, task.record("straighten").facts["transform"]).inverse()
    assert np.hypot(*np.subtract(back.apply(*there), spot(lying))) < 1.5


def test_words_that_do_not_lie_on_ink_stop_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.page_texts.SURENESS", 0.95)
    task = task_of(tmp_path, PAGE)
    assert [found.code for found in run_page(task).findings if found.stops] == ["P084"]
    assert task.record("check").status is Status.BAD
