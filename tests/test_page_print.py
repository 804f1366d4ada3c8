"""The print of a page: the same page scanned twice is known, two pages of one book are not taken for one."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.typed_pages import rescanned, seeded, typed
from ingest.page_print import ALIKE, COLUMNS, ROWS, alike, fingerprint


@settings(max_examples=12)
@given(page=st.integers(0, 40), scan=st.integers(0, 10**6))
def test_a_second_scan_of_a_page_is_known(page: int, scan: int) -> None:
    again = rescanned(typed(page), seeded(scan))
    assert alike(fingerprint(typed(page)), fingerprint(again)) >= ALIKE


@settings(max_examples=12)
@given(pages=st.lists(st.integers(0, 40), min_size=2, max_size=2, unique=True))
def test_two_text_pages_of_a_book_are_told_apart(pages: list[int]) -> None:
    one, other = (fingerprint(typed(page)) for page in pages)
    assert alike(one, other) < ALIKE - 0.08


def test_a_print_is_compared_the_same_both_ways_nearly() -> None:
    one, other = fingerprint(typed(1)), fingerprint(rescanned(typed(1), seeded(5)))
    assert alike(one, other) == pytest.approx(alike(other, one), abs=0.1)
    assert alike(one, one) == 1.0


def test_blank_pages_have_no_print_and_are_never_alike() -> None:
    grain = np.random.default_rng(2).normal(220, 3, (1000, 700)).clip(0, 255).astype(np.uint8)
    assert fingerprint(grain) == ""
    assert alike("", "") == 0.0
    assert alike("", fingerprint(typed(1))) == 0.0


def test_a_colour_scan_has_the_print_of_its_grey_one_at_any_resolution() -> None:
    grey = typed(3)
    colour = np.dstack([grey, grey, grey])
    assert fingerprint(colour) == fingerprint(grey)
    larger = np.kron(grey, np.ones((2, 2), np.uint8))
    assert alike(fingerprint(larger), fingerprint(grey)) > 0.8


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (40, 40)])
def test_no_picture_is_too_strange(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, size).astype(np.uint8)
    made = fingerprint(noise)
    assert made == "" or len(made) == ROWS * COLUMNS // 4


def test_real_pages_are_known_again_and_told_apart(scans: Path) -> None:
    names = ("cs-antiqua-textbite/sokol_1906_474.jpg", "cs-typewriter-ehri/EHRI-ET-JMP007_01.jpg")
    pages = [cv2.imread(str(scans / name), cv2.IMREAD_REDUCED_GRAYSCALE_2) for name in names]
    prints = []
    for page in pages:
        assert page is not None
        small = np.asarray(cv2.resize(page, (1000, 1400), interpolation=cv2.INTER_AREA), np.uint8)
        prints.append(fingerprint(small))
        assert alike(prints[-1], fingerprint(rescanned(small, seeded(7)))) >= ALIKE
    assert alike(*prints) < ALIKE


def test_a_print_that_was_not_made_here_is_refused() -> None:
    with pytest.raises(ValueError, match="print"):
        alike("abcd", fingerprint(typed(1)))


def test_a_print_costs_little() -> None:
    page = typed(2)
    fingerprint(page)
    costs = []
    for _ in range(5):
        started = time.process_time()
        fingerprint(page)
        costs.append(time.process_time() - started)
    assert min(costs) < 0.02
