"""Quality of a book: what is missing, doubled or swapped is told where it is, and good books are left in peace."""

from __future__ import annotations

from collections.abc import Sequence
from csv import DictReader
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import cv2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.book_faults import (
    KINDS,
    ORDER_FAULTS,
    TOGETHER,
    Rates,
    book_of,
    fault_found,
    scanned,
    two_found,
)
from bench.typed_pages import seeded, typed
from ingest.page_print import fingerprint
from ingest.page_seen import Begins, Ends
from ingest.sequence import Noticed, PageSeen, expected_pages, judge
from tests.homes import scan

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
NOTHING_SPOILED = Rates(0, 0, 0, 0, 0, 0)


def book(folios: str, *, sure: bool = False, sides: str = "") -> list[PageSeen]:
    """Scans with these folios ("-" unread, "b" blank); sides as "rl" for right, left."""
    names = {"r": "right", "l": "left", ".": ""}
    return [
        PageSeen(
            order, f"{order:04}.tif", "" if folio in "-b" else folio, sure and folio not in "-b",
            side=names[sides[order - 1]] if sides else "", words=words(order), blank=folio == "b",
        )
        for order, folio in enumerate(folios.split(), start=1)
    ]  # fmt: skip


def words(page: int) -> frozenset[int]:
    return frozenset(range(100 * page, 100 * page + 60))


def told(pages: Sequence[PageSeen], expected: int | None = None) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.code, one.orders) for one in judge(pages, expected)]


def only(pages: Sequence[PageSeen]) -> Noticed:
    (found,) = judge(pages, None)
    return found


@pytest.mark.parametrize(
    "folios",
    [
        "1 2 3 4 5 6 7 8 9 10",
        "- - 3 4 - 6 7 8 - 10 - -",
        "i ii iii iv v vi 1 2 3 4 5 6",
        "I II III IV 5 6 7 8 9",
        "1 2 3 4 5 - b 6 7 8 9 10",
        "1 2 3 4 5 - b 8 9 10 11",
        "1 2 3 4 5 6 1 2 3 4 5 6",
        "1 - 2 - 3 - 4 - 5 - 6 -",
        "1 1v 2 2v 3 3v 4 4v 5 5v",
        "1r 1v 2r 2v 3r 3v 4r",
        "1-2 3-4 5-6 7-8 9-10",
        "1 3 5 7 9 11 13",
        "2-3 4-5 6-7 8-9",
        "100 101 102 17 18 19 20 103 104 105",
        "11 12 13 74 75 76 17 18 19 20 21 22",
        "[1] [5] [9] [2]",
        "305 306",
        "1",
        "",
    ],
)
def test_good_numberings_are_left_in_peace(folios: str) -> None:
    assert told(book(folios)) == []


def test_a_missing_leaf_is_told_with_its_numbers_and_the_scans_beside_it() -> None:
    found = only(book("1 2 3 4 5 6 9 10 11 12"))
    assert (found.code, found.orders, found.subject) == ("V020", (6, 7), "0007.tif")
    assert dict(found.facts) == {"pages": 2, "before": 6, "after": 7, "first": "7", "last": "8", "unread": 0}


@pytest.mark.parametrize(
    ("folios", "pages", "first", "last"),
    [
        ("1 2 3 4 - 8 9 10", 2, "5", "7"),
        ("1 2 3 4 6 7 8 9", 1, "5", "5"),
        ("i ii iii iv vii viii ix x", 2, "5", "6"),
        ("1-2 3-4 5-6 9-10 11-12 13-14", 1, "7-8", "7-8"),
        ("1 1v 2 2v 4 4v 5 5v", 2, "3", "3v"),
        ("1 - 2 - 3 - 5 - 6 - 7 -", 2, "3v", "4v"),
    ],
)
def test_what_is_missing_is_counted_in_pages_of_every_numbering(folios: str, pages: int, first: str, last: str) -> None:
    found = only(book(folios))
    assert (found.code, found.facts["pages"]) == ("V020", pages)
    assert (found.facts["first"], found.facts["last"]) == (first, last)


def test_one_number_is_believed_only_where_it_is_sure() -> None:
    assert told(book("1 2 3 4 5 6 7 10")) == []
    assert told(book("1 2 3 4 5 6 7 10", sure=True)) == [("V020", (7, 8))]


def test_a_page_scanned_twice_is_told_and_the_less_sharp_scan_is_the_one_to_delete() -> None:
    pages = book("1 2 3 3 4 5 6")
    pages[3] = replace(pages[3], words=pages[2].words)
    found = only(pages)
    assert (found.code, found.subject, found.facts["folio"]) == ("V021", "0004.tif", "3")
    pages[2], pages[3] = replace(pages[2], edge_mm=0.4), replace(pages[3], edge_mm=0.2)
    assert only(pages).facts["delete"] == 3


def test_a_doubled_page_without_number_is_known_by_its_picture() -> None:
    pages = book("- - - - - -")
    hexes = "".join(seeded(1).choices("0123456789abcdef", k=1536))
    twin = replace(pages[2], words=frozenset(), print=hexes)
    pages[2], pages[3] = twin, replace(twin, order=4, subject="0004.tif")
    assert told(pages) == [("V021", (4, 3))]
    pages[3] = replace(pages[3], blank=True)
    assert told(pages) == []


def test_a_quire_scanned_twice_is_found_though_its_scans_lie_far_apart() -> None:
    pages = book("1 2 3 4 5 6 7 8 9 10 3 4 5 6 7 8 9 10 11 12 13")
    for index in range(10, 18):
        pages[index] = replace(pages[index], words=pages[index - 8].words)
    assert told(pages) == [("V021", (order, order - 8)) for order in range(11, 19)]


def test_three_scans_of_a_page_leave_one() -> None:
    pages = book("1 2 3 3 3 4 5 6")
    pages[3], pages[4] = (replace(page, words=pages[2].words) for page in pages[3:5])
    assert told(pages) == [("V021", (4, 3)), ("V021", (5, 3))]


def test_forms_that_look_alike_but_differ_in_words_or_in_number_are_not_doubled() -> None:
    hexes = "".join(seeded(1).choices("0123456789abcdef", k=1536))
    pages = [replace(page, print=hexes) for page in book("1 2 3 4 5 6")]
    assert told(pages) == []
    assert told([replace(page, words=frozenset()) for page in pages]) == []


def test_the_same_numbers_on_other_pages_are_told_as_that() -> None:
    found = only(book("5 6 7 8 9 8 9 10 11 12"))
    assert (found.code, found.orders) == ("V029", (5, 6))
    assert (found.facts["last"], found.facts["next"], found.facts["pages"]) == ("9", "8", 2)


@pytest.mark.parametrize(
    ("folios", "orders", "first", "second"),
    [
        ("3 4 5 7 6 8 9 10", (4, 5), "4", "5"),
        ("3 4 5 8 9 6 7 10 11", (4, 5, 6, 7), "4–5", "6–7"),
        ("3 4 5 8 9 10 6 7 11 12", (4, 5, 6, 7, 8), "4–6", "7–8"),
        ("3 4 5 6 9 10 7 8", (5, 6, 7, 8), "5–6", "7–8"),
        ("1 1v 3 3v 2 2v 4 4v", (3, 4, 5, 6), "3–4", "5–6"),
    ],
)
def test_swapped_pages_are_told_with_both_stretches(
    folios: str, orders: tuple[int, ...], first: str, second: str
) -> None:
    found = only(book(folios))
    assert (found.code, found.orders) == ("V022", orders)
    assert (found.facts["first"], found.facts["second"]) == (first, second)


def test_a_missing_page_near_the_start_is_no_row_of_swapped_pages() -> None:
    pages = book("1 2 3 4 6 7 8 9 10 11 12 13 14", sides="rlrllrlrlrlrl")
    assert told(pages) == [("V020", (4, 5))]


def test_one_number_out_of_place_is_misread_unless_the_sides_say_that_pages_are_swapped() -> None:
    assert told(book("1 2 3 4 5 7 - 8 9 10 11")) == []
    assert told(book("1 2 3 4 5 7 - 8 9 10 11", sides="rlrlrrllrlr")) == [("V022", (6, 7))]


def in_prose(pages: list[PageSeen], joints: str) -> list[PageSeen]:
    """The pages with how they begin and end, as "sc" for small and closed."""
    begins: dict[str, Begins] = {"s": "small", "l": "large"}
    ends: dict[str, Ends] = {"b": "broken", "o": "open", "c": "closed"}
    return [
        replace(page, begins=begins[joint[0]], ends=ends[joint[1]])
        for page, joint in zip(pages, joints.split(), strict=True)
    ]


def test_where_a_number_is_unread_the_sentences_say_whether_pages_are_swapped() -> None:
    half_read = book("1 2 3 4 5 7 - 8 9 10 11")
    assert told(in_prose(half_read, "so so so so sc sc lo lo so so so")) == [("V022", (6, 7))]
    assert told(in_prose(half_read, "so so so so so so so so so so so")) == []


def test_sentences_alone_do_not_say_that_pages_are_swapped() -> None:
    assert told(in_prose(book("- - - - - - - - - - -"), "so so so so sc sc lo lo so so so")) == []
    assert told(in_prose(book("1 2 3 4 5 6 7 8 9 10 11"), "so so so so sc sc lo lo so so so")) == []


def test_a_book_whose_lines_all_begin_large_learns_nothing_from_that() -> None:
    verse = in_prose(book("1 2 3 4 5 7 - 8 9 10 11"), "lo lo lo lo lc lc lo lo lo lo lo")
    assert told(verse) == []


def test_two_swapped_pages_among_few_numbers_make_no_columns() -> None:
    assert told(book("41 42 44 43 45 - 47 - 49 50 52")) == [("V022", (3, 4))]


@pytest.mark.parametrize(("folios", "orders"), [("1 3 2 4 5 6 7", (2, 3)), ("1 2 3 4 5 7 6 8", (6, 7))])
def test_pages_swapped_beside_the_first_or_last_are_told(folios: str, orders: tuple[int, ...]) -> None:
    assert told(book(folios)) == [("V022", orders)]


@pytest.mark.parametrize("missing", range(3, 11))
@pytest.mark.parametrize("doubled", range(1, 13))
def test_a_doubled_page_hides_no_missing_one(missing: int, doubled: int) -> None:
    if missing == doubled:
        return
    twice = [page for each in book(" ".join(map(str, range(1, 13)))) for page in [each] * (1 + (each.order == doubled))]
    left = [page for page in twice if page.order != missing]
    pages = [replace(page, order=order, subject=f"{order}") for order, page in enumerate(left, start=1)]
    assert sorted(one.code for one in judge(pages, None)) == ["V020", "V021"]
    gap = next(one for one in judge(pages, None) if one.code == "V020")
    assert (gap.facts["first"], gap.facts["last"]) == (str(missing), str(missing))


@settings(max_examples=10)
@given(count=st.integers(2, 9), first=st.integers(0, 10**6), at=st.integers(0, 8))
def test_pages_of_bars_are_alike_and_not_doubled_until_one_is(count: int, first: int, at: int) -> None:
    pages = [PageSeen(order, f"{order}", print=bars(first + order)) for order in range(1, count + 1)]
    assert told(pages) == []
    again = replace(pages[at % count], order=count + 1, subject="again")
    found = [orders for code, orders in told([*pages, again]) if code == "V021"]
    assert found == ([(count + 1, at % count + 1)] if count - at % count <= 4 else [])


@cache
def bars(seed: int) -> str:
    with TemporaryDirectory() as folder:
        pixels = cv2.imread(str(scan(Path(folder) / "scan.png", seed)), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    return fingerprint(pixels.astype("uint8"))


def test_pictures_that_clearly_differ_are_of_two_pages_though_their_words_agree() -> None:
    pages = book("- - - - - -")
    pages[3] = replace(pages[3], words=pages[2].words)
    assert told(pages) == [("V021", (4, 3))]
    pages[2], pages[3] = (replace(page, print=fingerprint(typed(at))) for at, page in enumerate(pages[2:4]))
    assert told(pages) == []


def test_a_side_missing_where_no_numbers_are_shows_in_the_rhythm() -> None:
    found = only(book("- - - - - - - - - - - -", sides="rlrlrllrlrlr"))
    assert (found.code, found.orders, found.facts["side"]) == ("V023", (6, 7), "left")


@pytest.mark.parametrize(
    ("folios", "sides"),
    [
        ("- - - - - - b - - - - - -", "rlrlrl.lrlrlr"),
        ("- - - - - - - - - - - -", "rrrrrrrrrrrr"),
        ("- - - - - - - - - - - -", "rlrlrrrlrlrl"),
        ("1 2 3 4 5 6 7 8 9 10 11 12", "rlrlrllrlrlr"),
    ],
    ids=["a plate or blank page between", "printed on one side", "one side mistaken", "numbers go on"],
)
def test_rhythm_is_not_broken_by(folios: str, sides: str) -> None:
    assert told(book(folios, sides=sides)) == []


def test_two_pages_missing_without_numbers_leave_no_trace_but_the_count() -> None:
    pages = book("- - - - - - - - - - - -", sides="rlrlrlrlrlrl")
    assert told(pages) == []
    assert told(pages, 16) == [("V027", ())]


@pytest.mark.parametrize(
    ("scans", "expected", "alarm"), [(10, 12, False), (10, 13, True), (30, 10, False), (60, 10, True)]
)
def test_the_catalogue_counts_without_covers_and_blank_leaves(scans: int, expected: int, alarm: bool) -> None:
    found = judge(book(" ".join(["-"] * scans)), expected)
    assert [one.code for one in found] == ["V027"] * alarm


def test_a_delivery_note_is_exact() -> None:
    pages = book("1 2 3 4")
    assert judge(pages, 4, exact=True) == ()
    (found,) = judge(pages, 5, exact=True)
    assert dict(found.facts) == {"scanned": 4, "expected": 5, "difference": -1}


@pytest.mark.parametrize(
    ("extent", "pages"),
    [
        ("320 s.", 320),
        ("XII, 320 s., 8 příl. : il. ; 21 cm", 332),
        ("168, [3] s. ; 20 cm", 171),
        ("viii, 120 stran, 16 nečíslovaných stran obrazových příloh", 128),
        ("s. 321-640", 320),
        ("1 online zdroj (325 stran)", 325),
        ("VIII, 222 S.", 230),
        ("xi, 98 pages", 109),
        ("63, [1] s., [4] l. obr. příl.", 64),
        ("120 l.", None),
        ("1 sv. (nestránk.)", None),
        ("3 sv.", None),
        ("1 mapa", None),
        ("", None),
    ],
)
def test_the_extent_of_a_record_is_read(extent: str, pages: int | None) -> None:
    assert expected_pages(extent) == pages


@given(st.text(max_size=40))
def test_no_extent_is_too_strange(extent: str) -> None:
    found = expected_pages(extent)
    assert found is None or found > 0


@settings(max_examples=25)
@given(folios=st.lists(st.text("0123456789ivxlcdm-[]rv b", max_size=5), max_size=25), sides=st.randoms())
def test_no_book_is_too_strange(folios: list[str], sides: Random) -> None:
    pages = [
        PageSeen(order, f"{order}", folio, sides.random() < 0.3, side=sides.choice(("", "left", "right")))
        for order, folio in enumerate(folios, start=1)
    ]
    orders = {page.order for page in pages}
    for one in judge(pages, None):
        assert set(one.orders) <= orders
        assert one.subject in {page.subject for page in pages}


@settings(max_examples=8)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 10**6))
def test_a_good_book_that_is_read_well_has_no_finding(kind: str, seed: int) -> None:
    rng = seeded(seed)
    assert judge(scanned(book_of(kind, rng), rng, NOTHING_SPOILED), None) == ()


@pytest.mark.parametrize("fault", ORDER_FAULTS)
def test_faults_of_order_are_found_where_all_is_read(fault: str) -> None:
    rng = seeded(3)
    assert all(fault_found(fault, rng, NOTHING_SPOILED) for _ in range(4))


@pytest.mark.parametrize("names", TOGETHER)
def test_two_faults_close_to_each_other_are_both_found_where_all_is_read(names: tuple[str, str]) -> None:
    rng = seeded(5)
    assert all(all(two_found(names, rng, NOTHING_SPOILED)) for _ in range(3))


def test_the_samples_have_no_faults() -> None:
    with (SAMPLES / "ground_truth" / "pages.csv").open(encoding="utf-8", newline="") as lines:
        volumes = [(name, list(rows)) for name, rows in groupby(DictReader(lines), key=lambda row: row["volume"])]
    assert len(volumes) == 9
    for volume, rows in volumes:
        pages = []
        for row in rows:
            pixels = cv2.imread(str(SAMPLES / "delivery" / volume / row["file"]), cv2.IMREAD_REDUCED_GRAYSCALE_2)
            assert pixels is not None
            made = fingerprint(pixels.astype("uint8"))
            bare = row["blank"] == "yes"
            pages.append(PageSeen(int(row["order"]), row["file"], row["folio"], print=made, blank=bare))
        assert judge(pages, None) == (), volume
