"""Sudden changes within a book are told once, by the scan that changes; what varies anyway is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.jumps import jumps
from ingest.page_seen import PageSeen


def book(count: int = 20) -> list[PageSeen]:
    return [
        PageSeen(
            order, f"{order:04}.tif", side="right" if order % 2 else "left", words=frozenset({order}), dpi=300,
            width_mm=130 + order % 3, height_mm=200 - order % 2, paper=(210.0 + order % 4, 200.0, 180.0),
            edge_mm=0.2 + 0.01 * (order % 3), letter_mm=1.6 + 0.05 * (order % 2),
        )
        for order in range(1, count + 1)
    ]  # fmt: skip


def codes(pages: list[PageSeen]) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.code, one.orders) for one in jumps(pages)]


def test_an_even_book_has_no_jumps() -> None:
    assert codes(book()) == []


def test_a_foldout_is_told_once_with_both_of_its_sides() -> None:
    pages = book()
    for index in (9, 10):
        pages[index] = replace(pages[index], width_mm=260.0)
    (found,) = jumps(pages)
    assert (found.code, found.orders, found.subject) == ("V024", (10, 11), "0010.tif")
    assert found.facts["width"] == 260
    assert found.facts["pages"] == 2


def test_pages_cut_narrower_on_one_side_of_the_book_are_usual_there() -> None:
    pages = [replace(page, width_mm=page.width_mm * (0.85 if page.side == "left" else 1)) for page in book()]
    assert codes(pages) == []


def test_loose_sheets_of_many_sizes_have_no_usual_one() -> None:
    pages = [replace(page, width_mm=90.0 + 37 * page.order % 120) for page in book()]
    assert codes(pages) == []


def test_paper_of_another_colour_is_told_but_not_that_of_boards() -> None:
    pages = book()
    for index in (0, 1, 7, 19):
        pages[index] = replace(pages[index], paper=(150.0, 140.0, 200.0))
    assert codes(pages) == [("V025", (8,))]


def test_a_book_that_yellows_slowly_has_no_jump() -> None:
    pages = [replace(page, paper=(230.0 - page.order, 220.0 - 2 * page.order, 190.0)) for page in book(40)]
    assert codes(pages) == []


def test_a_second_half_scanned_on_other_settings_is_told_once() -> None:
    pages = [replace(page, paper=(180.0, 175.0, 170.0)) if page.order > 20 else page for page in book(40)]
    ((code, orders),) = codes(pages)
    assert (code, orders[0]) == ("V025", 21)


@settings(max_examples=20)
@given(at=st.integers(0, 19), times=st.floats(1.9, 4))
def test_a_blurred_scan_is_found_wherever_it_is(at: int, times: float) -> None:
    pages = book()
    pages[at] = replace(pages[at], edge_mm=pages[at].edge_mm * times)
    assert codes(pages) == [("V026", (at + 1,))]


def test_a_sharper_scan_and_a_picture_with_soft_edges_are_no_fault() -> None:
    pages = book()
    pages[5] = replace(pages[5], edge_mm=0.08)
    pages[9] = replace(pages[9], edge_mm=0.8, words=frozenset(), letter_mm=0.0)
    assert codes(pages) == []


@pytest.mark.parametrize(("times", "dpi", "likely"), [(2.0, 300, 600), (0.5, 600, 300)])
def test_letters_and_paper_alike_twice_or_half_as_large_say_a_wrong_resolution(
    times: float, dpi: int, likely: int
) -> None:
    pages = book()
    one = pages[6]
    pages[6] = replace(
        one, dpi=dpi, letter_mm=1.6 * times, width_mm=one.width_mm * times, height_mm=one.height_mm * times,
        edge_mm=one.edge_mm * times,
    )  # fmt: skip
    (found,) = jumps(pages)
    assert (found.code, found.orders) == ("V028", (7,))
    assert found.facts["likely"] == pytest.approx(likely, rel=0.05)


def test_a_title_page_in_large_letters_is_no_wrong_resolution() -> None:
    pages = book()
    pages[0] = replace(pages[0], letter_mm=3.4)
    assert codes(pages) == []


def test_too_few_scans_have_no_usual() -> None:
    pages = [replace(page, width_mm=100.0 * page.order, edge_mm=0.1 * page.order) for page in book(4)]
    assert codes(pages) == []
    assert codes([PageSeen(order, "x") for order in range(1, 30)]) == []
