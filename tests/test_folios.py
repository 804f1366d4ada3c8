"""Printed page numbers and sides, proposed for a whole volume."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.description import VolumeKind
from metadata.model import Side
from metadata.page_types import page_types
from metadata.text import PageText
from ocr.numerals import MOST_ROMAN, Figures, numerals, roman_value, written
from ocr.proposal import CONFIDENT, Proposed, Why
from ocr.sight import PageSight
from tests.page_texts import page_texts
from tests.set_pages import BODY, LEADING, across, blank, line, page_text, picture, propose_pages, sight

MODEST = settings(max_examples=25, deadline=None)
SOME = 14


def labels(pages: list[PageSight]) -> list[str]:
    return [page.label.value for page in propose_pages(pages)]


def book(first: int, last: int, *, order: int = 1) -> list[PageSight]:
    """Pages with their numbers in the outer corners."""
    numbers = range(first, last + 1)
    heads = [f"\tO městečku\t{n}" if n % 2 else f"{n}\tO městečku\t" for n in numbers]
    return [sight(place, head) for place, head in enumerate(heads, start=order)]


class TestNumerals:
    @pytest.mark.parametrize(
        ("token", "value"),
        [
            ("5", 5), ("[5]", 5), ("5.", 5), ("—5—", 5), ("(12)", 12), ("*17", 17), ("353", 353), ("l2", 12),
            ("1O", 10), ("I4", 14), ("S7", 57), ("3B", 38), ("xii", 12), ("XIV.", 14), ("xl", 40), ("viij", 8),
            ("[iv]", 4),
        ],
    )  # fmt: skip
    def test_a_token_is_read_as_its_number(self, token: str, value: int) -> None:
        assert numerals(token)[0].value == value

    @pytest.mark.parametrize(
        "token", ["", "...", "kniha", "12,5", "5%", "3/4", "12:30", "0", "00", "12345", "mi", "12a", "§5"]
    )
    def test_what_is_no_number_is_none(self, token: str) -> None:
        assert numerals(token) == ()

    def test_a_misread_number_is_less_sure_than_a_clean_one(self) -> None:
        assert numerals("12")[0].surety > numerals("l2")[0].surety > numerals("ll")[-1].surety

    @given(st.integers(1, MOST_ROMAN))
    def test_roman_numbers_are_read_back(self, value: int) -> None:
        assert roman_value(written(value, Figures.LOWER)) == value
        assert roman_value(written(value, Figures.UPPER)) == value

    @MODEST
    @given(st.text(max_size=8))
    def test_any_token_gives_numbers_or_nothing(self, token: str) -> None:
        assert all(1 <= each.value <= 9999 and 0 < each.surety <= 1 for each in numerals(token))


class TestNumbering:
    def test_numbers_are_read_as_printed(self) -> None:
        proposed = propose_pages(book(1, SOME))
        assert [page.label.value for page in proposed] == [str(n) for n in range(1, SOME + 1)]
        assert {page.label.why for page in proposed} == {Why.READ}
        assert all(page.label.confidence >= CONFIDENT for page in proposed)

    @pytest.mark.parametrize("form", ["- {} -", "[{}]", "{}.", "Seite {}", "str. {}", "— {} —"])
    def test_marks_around_a_number_are_not_the_number(self, form: str) -> None:
        assert labels([sight(n, foot=form.format(n)) for n in range(1, 9)]) == [str(n) for n in range(1, 9)]

    def test_a_number_that_was_not_read_is_put_in_brackets(self) -> None:
        pages = book(1, 10)
        pages[4] = sight(5)
        proposed = propose_pages(pages)
        assert proposed[4].label.value == "[5]"
        assert proposed[4].label.why is Why.INTERPOLATED
        assert proposed[4].label.confidence < proposed[3].label.confidence

    def test_the_pages_before_the_first_number_are_counted_back(self) -> None:
        assert labels([sight(1), blank(2), *book(3, 10, order=3)])[:4] == ["[1]", "[2]", "3", "4"]

    def test_so_are_those_behind_the_last(self) -> None:
        assert labels([*book(1, 8), sight(9), blank(10)])[-2:] == ["[9]", "[10]"]

    def test_a_cover_before_page_1_has_no_number_of_the_book(self) -> None:
        proposed = propose_pages([picture(1), picture(2), *book(1, 8, order=3)])
        assert [page.label.value for page in proposed[:3]] == ["[1]", "[2]", "1"]
        assert [page.label.why for page in proposed[:3]] == [Why.UNNUMBERED, Why.UNNUMBERED, Why.READ]

    def test_roman_front_matter_is_followed_by_arabic_numbers(self) -> None:
        roman = [sight(n, foot=written(n, Figures.LOWER)) for n in range(1, 9)]
        roman[2] = sight(3)
        assert labels([*roman, *book(1, 8, order=9)]) == [
            "i", "ii", "[iii]", "iv", "v", "vi", "vii", "viii", *map(str, range(1, 9)),
        ]  # fmt: skip

    def test_roman_numbers_keep_their_capitals(self) -> None:
        pages = [sight(n, head=f"\tPředmluva\t{written(n, Figures.UPPER)}") for n in range(1, 9)]
        assert labels(pages)[3:6] == ["IV", "V", "VI"]

    def test_plates_inside_do_not_count(self) -> None:
        pages = [*book(1, 8), picture(9), picture(10), *book(9, 16, order=11)]
        proposed = propose_pages(pages)
        assert [page.label.value for page in proposed[7:12]] == ["8", "[1]", "[2]", "9", "10"]
        assert proposed[8].label.why is Why.UNNUMBERED

    def test_an_unread_stretch_inside_is_no_plate_however_long(self) -> None:
        pages = [*book(1, 6), *(sight(n) for n in range(7, 27)), *book(27, 32, order=27)]
        assert labels(pages)[6:26] == [f"[{n}]" for n in range(7, 27)]

    def test_the_less_was_read_of_a_stretch_the_less_sure_are_its_numbers(self) -> None:
        well, badly = book(1, 30), book(1, 30)
        for place in (*range(2, 14), *range(16, 28)):
            badly[place] = sight(place + 1)
        well[10] = sight(11)
        one, other = propose_pages(well)[10].label, propose_pages(badly)[10].label
        assert one.value == other.value == "[11]"
        assert one.confidence > CONFIDENT > other.confidence + 0.2

    def test_a_missing_leaf_is_seen_in_the_numbers(self) -> None:
        assert labels([*book(1, 6), *book(9, 14, order=7)])[5:8] == ["6", "9", "10"]

    def test_a_restart_is_followed_but_not_surely(self) -> None:
        proposed = propose_pages([*book(1, 12), *book(1, 8, order=13)])
        assert [page.label.value for page in proposed[11:15]] == ["12", "1", "2", "3"]
        assert all(page.label.confidence < CONFIDENT for page in proposed[12:])

    def test_an_issue_goes_on_with_the_numbers_of_its_year(self) -> None:
        assert labels([sight(1), *book(354, 360, order=2)])[:3] == ["[353]", "354", "355"]

    def test_misread_figures_are_mended(self) -> None:
        pages = book(8, 18)
        pages[2], pages[3], pages[5] = sight(3, "lO"), sight(4, "\tnadpis\tl1"), sight(6, "I3")
        assert labels(pages) == [str(n) for n in range(8, 19)]

    def test_a_wrongly_read_number_is_outvoted(self) -> None:
        pages = book(1, 12)
        pages[5] = sight(6, "8")
        assert labels(pages)[4:7] == ["5", "[6]", "7"]

    @pytest.mark.parametrize("noise", ["1848", "14. září 1929", "Obr. 7", "cena 60", "2*", "250 g", "Kap. 3"])
    def test_other_numbers_in_running_heads_do_not_fool_it(self, noise: str) -> None:
        pages = [sight(n, head=f"{noise}\tModřínov\t{n}") for n in range(1, 11)]
        assert labels(pages) == [str(n) for n in range(1, 11)]

    def test_numbers_that_stay_the_same_make_no_numbering(self) -> None:
        proposed = propose_pages([sight(n, head="\tRočenka\t1929") for n in range(1, 11)])
        assert {page.label.why for page in proposed} == {Why.UNNUMBERED}

    def test_of_two_numberings_the_outer_one_is_that_of_the_pages(self) -> None:
        def page(number: int) -> PageSight:
            below = [line(text, 300 + place * LEADING) for place, text in enumerate(BODY)]
            heads = [*across(f"{number}\tBásně", 150), *across(f"{number + 40}\tbáseň", 210)]
            return PageSight(number, page_text([*heads, *below]))

        assert labels([page(n) for n in range(1, 11)]) == [str(n) for n in range(1, 11)]

    def test_years_as_headings_of_a_chronicle_lose_against_its_folios(self) -> None:
        pages = [sight(n, head=f"{1900 + n}", foot=f"{n}") for n in range(1, 11)]
        assert labels(pages) == [str(n) for n in range(1, 11)]

    def test_lists_and_notes_in_the_text_make_no_numbering(self) -> None:
        rows = ("1. voda", "2. mouka", "3. sůl", *BODY)
        assert {page.label.why for page in propose_pages([sight(n, body=rows) for n in range(1, 9)])} == {
            Why.UNNUMBERED
        }

    @pytest.mark.parametrize("form", ["{}\tSlovník\t{}", "Sp. {}\t\tSp. {}"])
    def test_numbered_columns_make_a_pair(self, form: str) -> None:
        pages = [sight(n, head=form.format(2 * n - 1, 2 * n)) for n in range(1, 9)]
        pages[3] = sight(4)
        assert labels(pages)[:5] == ["1-2", "3-4", "5-6", "[7-8]", "9-10"]

    def test_gaps_in_the_orders_are_gaps_in_the_numbers(self) -> None:
        pages = [page for page in book(1, 12) if page.order not in {5, 6}]
        assert labels(pages)[3:6] == ["4", "7", "8"]

    def test_no_page_no_proposal(self) -> None:
        assert propose_pages([]) == ()


class TestSides:
    def test_odd_numbers_are_right_even_ones_left(self) -> None:
        proposed = propose_pages(book(1, 8))
        assert [page.side.value for page in proposed[:2]] == [Side.RIGHT, Side.LEFT]
        assert {page.side.why for page in proposed} == {Why.PARITY}

    def test_the_number_decides_and_not_the_order(self) -> None:
        proposed = propose_pages([picture(1), *book(1, 8, order=2)])
        assert [page.side.value for page in proposed[:3]] == [Side.LEFT, Side.RIGHT, Side.LEFT]
        assert proposed[0].side.why is Why.NEIGHBOURS

    def test_without_numbers_the_first_page_is_a_right_one(self) -> None:
        proposed = propose_pages([sight(1), sight(2), sight(3)])
        assert [page.side.value for page in proposed] == [Side.RIGHT, Side.LEFT, Side.RIGHT]
        assert all(page.side.confidence < 0.5 and page.side.why is Why.ORDER for page in proposed)

    def test_a_single_sheet_has_no_side(self) -> None:
        assert propose_pages([sight(1, foot="7")])[0].side.value is Side.SINGLE

    def test_neither_have_maps_and_photographs(self) -> None:
        pages = propose_pages([picture(1), picture(2)], bound=False)
        assert {page.side.value for page in pages} == {Side.SINGLE}

    def test_a_plate_that_folds_out_is_single_and_the_book_goes_on(self) -> None:
        pages = book(1, 9)
        pages[4] = sight(5, "5", width=3600)
        sides = [page.side.value for page in propose_pages(pages)]
        assert sides[3:6] == [Side.LEFT, Side.SINGLE, Side.LEFT]

    def test_an_unparted_spread_is_single_with_both_numbers(self) -> None:
        pages = [sight(n, head=f"{2 * n}\t\t{2 * n + 1}", width=3000) for n in range(1, 8)]
        proposed = propose_pages(pages)
        assert proposed[2].label.value == "6-7"
        assert {page.side.value for page in proposed} == {Side.SINGLE}

    def test_pages_of_two_columns_change_sides(self) -> None:
        pages = [sight(n, head=f"{2 * n - 1}\tSlovník\t{2 * n}") for n in range(1, 8)]
        assert [page.side.value for page in propose_pages(pages)[:3]] == [Side.RIGHT, Side.LEFT, Side.RIGHT]


def confident(proposed: tuple[Proposed, ...], figures: Figures) -> list[int]:
    sure = [page.label.value for page in proposed if page.label.confidence >= CONFIDENT]
    numbers = [numerals(label.split("-")[0])[0] for label in sure]
    return [number.value for number in numbers if number.figures is figures]


class TestAlways:
    @MODEST
    @given(st.permutations(range(1, 25)), st.lists(st.integers(1, 40), min_size=24, max_size=24), st.booleans())
    def test_noise_never_becomes_a_confident_falling_or_doubled_number(
        self, order: list[int], others: list[int], heads: bool
    ) -> None:
        numbers = order if heads else others
        proposed = propose_pages([sight(place, str(n), body=BODY) for place, n in enumerate(numbers, start=1)])
        for figures in Figures:
            sure = confident(proposed, figures)
            assert sure == sorted(set(sure))

    @MODEST
    @given(st.data())
    def test_runs_pasted_together_in_any_order_neither(self, data: st.DataObject) -> None:
        starts = data.draw(st.lists(st.integers(1, 60), min_size=2, max_size=4))
        pages: list[PageSight] = []
        for start in starts:
            pages += book(start, start + data.draw(st.integers(1, 9)), order=len(pages) + 1)
        sure = confident(propose_pages(pages), Figures.ARABIC)
        assert sure == sorted(set(sure))

    @MODEST
    @given(st.integers(0, 2**32), st.integers(0, 5), st.integers(1, 300))
    def test_a_book_of_which_a_third_is_unread_and_some_misread_keeps_its_numbers(
        self, seed: int, covers: int, first: int
    ) -> None:
        chance = random.Random(seed)  # noqa: S311
        pages = [picture(n) for n in range(1, covers + 1)]
        for number in range(first, first + 40):
            heads = [str(number)] * 6 + [""] * 3 + [str(chance.randint(1, 400))]
            pages.append(sight(len(pages) + 1, chance.choice(heads), body=BODY))
        read = [label.strip("[]") for label in labels(pages)[covers:]]
        right = sum(label == str(number) for number, label in enumerate(read, start=first))
        assert right >= 36

    @MODEST
    @given(st.lists(page_texts(), max_size=6), st.booleans(), st.booleans())
    def test_whatever_was_read_every_page_gets_a_proposal(
        self, texts: list[PageText], empty: bool, bound: bool
    ) -> None:
        pages = [PageSight(order, text, blank=empty) for order, text in enumerate(texts, start=1)]
        proposed = propose_pages(pages, bound=bound)
        assert [page.order for page in proposed] == [page.order for page in pages]
        for page in proposed:
            assert page.label.value
            assert page.type.value in page_types(VolumeKind.MONOGRAPH) & page_types(VolumeKind.ISSUE)
            assert all(0 <= guess.confidence <= 1 for guess in (page.label, page.side, page.type))
