"""Page types, and a chapter tree out of a table of contents."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.alto import to_alto
from metadata.geometry import Box
from metadata.markup import parse
from metadata.model import Division, DivisionKind, Source, VolumeId, volume_id
from metadata.text import Block, BlockKind, Line, PageText, Part, Word
from ocr.headings import find_heading
from ocr.proposal import Why
from ocr.sight import PageSight, plain, printed
from ocr.structure import propose
from tests.page_texts import page_texts
from tests.set_pages import (
    BODY,
    LEADING,
    LEFT,
    RIGHT,
    SIZE,
    blank,
    chapter,
    line,
    page_text,
    picture,
    propose_pages,
    sight,
    table,
)

MODEST = settings(max_examples=25, deadline=None)
VOLUME = volume_id("30d8f898-c91b-4d47-a1cf-a01e9910651c")
CHAPTERS = {
    3: "I. O městečku a jeho věži",
    5: "II. Hodinář Severin Klapka",
    8: "Slovníček slov",
    9: "III. Dopis z Norimberka",
}


def filled(begins: dict[int, PageSight], last: int) -> list[PageSight]:
    """Pages 1 to `last` with their folios; those in `begins` are set as given."""
    return [begins.get(n, sight(n, foot=str(n))) for n in range(1, last + 1)]


def book() -> list[PageSight]:
    rows = [(0, title, str(n)) for n, title in CHAPTERS.items()]
    begins = {n: chapter(n, title, str(n)) for n, title in CHAPTERS.items()}
    return filled({**begins, 11: table(11, *rows, head="11")}, 12)


def told(divisions: tuple[Division, ...]) -> list[tuple[str, int, int]]:
    return [(each.title, each.first, each.last) for each in divisions]


def title_page(order: int, *rows: tuple[str, int, int]) -> PageSight:
    return PageSight(order, page_text([line(text, top, 400, size) for text, top, size in rows]))


TITLE_ROWS = (("VAVŘINEC DOUBRAVKA", 300, 40), ("HODINÁŘ", 600, 120), ("V MODŘÍNOVĚ 1934", 2000, 32))


class TestPageTypes:
    def test_a_page_without_ink_is_blank_and_a_picture_is_not(self) -> None:
        proposed = propose_pages([sight(1), blank(2), picture(3)])
        assert [page.type.value for page in proposed] == ["normalPage", "blank", "normalPage"]
        assert proposed[1].type.confidence > 0.9
        assert proposed[2].type.confidence < 0.5

    @pytest.mark.parametrize(
        "foot", ["V MODŘÍNOVĚ 1934", "Nákladem Okrašlovacího spolku", "Druck und Verlag von Stiepel"]
    )
    def test_the_title_page_has_large_type_and_who_published_it_at_its_foot(self, foot: str) -> None:
        rows = (*TITLE_ROWS[:2], (foot, 2000, 32))
        proposed = propose_pages([blank(1), title_page(2, *rows), *(sight(n) for n in range(3, 8))])
        assert [page.type.value for page in proposed].count("titlePage") == 1
        assert proposed[1].type.value == "titlePage"
        assert proposed[1].type.why is Why.LAYOUT

    def test_the_half_title_before_it_is_none(self) -> None:
        half = title_page(1, ("HODINÁŘ", 900, 60), ("A KNIHOVNA", 1000, 60))
        proposed = propose_pages([half, title_page(2, *TITLE_ROWS), *(sight(n) for n in range(3, 8))])
        assert [page.type.value for page in proposed[:2]] == ["normalPage", "titlePage"]

    def test_neither_is_a_picture_with_a_year_in_its_caption(self) -> None:
        captioned = PageSight(4, page_text([line("Podle kresby z roku 1848", 2000)]))
        proposed = propose_pages([*(sight(n) for n in range(1, 4)), captioned])
        assert proposed[3].type.value == "normalPage"

    @pytest.mark.parametrize("heading", ["Obsah", "OBSAH.", "O b s a h", "Inhalt.", "Inhaltsverzeichnis", "Contents"])
    def test_a_table_of_contents_has_its_heading(self, heading: str) -> None:
        rows = [(0, "Úvod", "3"), (0, "Věž", "5"), (0, "Hodiny", "9")]
        proposed = propose_pages([*(sight(n) for n in range(1, 5)), table(5, *rows, heading=heading)])
        assert proposed[4].type.value == "tableOfContents"

    def test_it_goes_on_on_the_next_page_without_one(self) -> None:
        rows = [(0, f"Kapitola o věži {n}", str(2 * n)) for n in range(2, 22)]
        pages = [table(1, *rows[:10]), table(2, *rows[10:], heading=""), sight(3)]
        assert [page.type.value for page in propose_pages(pages)] == ["tableOfContents"] * 2 + ["normalPage"]

    def test_a_price_list_is_no_table_of_contents(self) -> None:
        rows = [(0, "Svatba na vsi", price) for price in ("800", "650", "1200", "90", "850", "300", "700")]
        assert propose_pages([table(1, *rows, heading="")])[0].type.value == "normalPage"

    def test_a_text_about_contents_is_none(self) -> None:
        page = sight(1, body=("Obsah", *BODY * 3))
        assert propose_pages([page])[0].type.value == "normalPage"

    @pytest.mark.parametrize(
        "heading", ["Rejstřík", "Jmenný rejstřík", "Register", "Sachregister", "Ukazatel", "Index"]
    )
    def test_an_index_has_names_and_numbers(self, heading: str) -> None:
        rows = [f"Klapka Severin {n}, {n + 4}, {n + 9}" for n in range(8)]
        assert propose_pages([sight(1, head=heading, body=rows)])[0].type.value == "index"

    def test_advertisements_are_headed_so(self) -> None:
        assert propose_pages([sight(1, head="Inzerce")])[0].type.value == "advertisement"


class TestChapters:
    def test_every_entry_becomes_a_chapter_from_its_page_to_the_next(self) -> None:
        proposal = propose(book(), VOLUME, periodical=False)
        assert told(proposal.divisions) == [
            ("O městečku a jeho věži", 3, 4),
            ("Hodinář Severin Klapka", 5, 7),
            ("Slovníček slov", 8, 8),
            ("Dopis z Norimberka", 9, 10),
        ]
        assert [each.part_number for each in proposal.divisions] == ["I", "II", "", "III"]
        assert {each.source for each in proposal.divisions} == {Source.PROPOSED}
        assert {each.kind for each in proposal.divisions} == {DivisionKind.CHAPTER}
        assert proposal.unplaced == ()

    def test_the_heading_is_linked_by_the_name_its_block_has_in_alto(self) -> None:
        pages = book()
        (link,) = propose(pages, VOLUME, periodical=False).divisions[1].blocks
        alto = parse(to_alto(pages[4].text, image_name="5.jp2", when="", order=5))
        (block,) = [each for each in alto.iter("{*}TextBlock") if each.get("ID") == link.block]
        words = [word.get("CONTENT") for word in block.iter("{*}String")]
        assert (link.page, link.role, words) == (5, "TITLE", ["II.", "Hodinář", "Severin", "Klapka"])

    def test_identifiers_stay_the_same_and_differ_from_each_other_and_between_volumes(self) -> None:
        def ids(volume: VolumeId) -> list[str]:
            return [each.id for each in propose(book(), volume, periodical=False).divisions]

        other = volume_id("11111111-c91b-4d47-a1cf-a01e9910651c")
        assert ids(VOLUME) == ids(VOLUME)
        assert len({*ids(VOLUME), *ids(other)}) == 8

    def test_parts_of_a_periodical_are_articles(self) -> None:
        proposal = propose(book(), VOLUME, periodical=True)
        assert {each.kind for each in proposal.divisions} == {DivisionKind.ARTICLE}

    def test_printed_numbers_lead_to_pages_through_the_numbering(self) -> None:
        pages = [picture(1), picture(2), *(PageSight(page.order + 2, page.text) for page in book())]
        assert told(propose(pages, VOLUME, periodical=False).divisions)[0] == ("O městečku a jeho věži", 5, 6)

    def test_so_do_roman_ones(self) -> None:
        roman = ["i", "ii", "iii", "iv", "v", "vi"]
        front = [sight(n, foot=number) for n, number in enumerate(roman, start=1)]
        contents = table(2, (0, "Předmluva", "iii"), (0, "Krajina", "1"), (0, "Lidé", "4"))
        pages = [front[0], contents, *front[2:], *(sight(6 + n, foot=str(n)) for n in range(1, 9))]
        found = told(propose(pages, VOLUME, periodical=False).divisions)
        assert found == [("Předmluva", 3, 6), ("Krajina", 7, 9), ("Lidé", 10, 14)]

    def test_a_misread_heading_is_found_all_the_same(self) -> None:
        pages = book()
        pages[4] = chapter(5, "II. Hodlnář Sevcrin Klapka", "5")
        assert propose(pages, VOLUME, periodical=False).divisions[1].blocks[0].page == 5

    def test_without_its_heading_on_the_page_the_number_decides(self) -> None:
        pages = book()
        pages[4] = sight(5, foot="5")
        division = propose(pages, VOLUME, periodical=False).divisions[1]
        assert (division.first, division.blocks) == (5, ())

    def test_a_wrong_page_in_the_table_is_mended_by_the_heading_beside_it(self) -> None:
        rows = [(0, CHAPTERS[3], "3"), (0, CHAPTERS[5], "6"), (0, CHAPTERS[9], "9")]
        pages = [*book()[:10], table(11, *rows)]
        assert told(propose(pages, VOLUME, periodical=False).divisions)[1] == ("Hodinář Severin Klapka", 5, 8)

    def test_a_number_that_runs_backwards_gives_way_to_the_heading(self) -> None:
        wrong = [(0, title, "8" if n == 3 else str(n)) for n, title in CHAPTERS.items()]
        begins = {n: chapter(n, title, str(n)) for n, title in CHAPTERS.items()}
        found = propose(filled({**begins, 11: table(11, *wrong, head="11")}, 12), VOLUME, False)
        assert [first for _, first, _ in told(found.divisions)] == [3, 5, 8, 9]

    def test_a_number_that_runs_backwards_stays_where_no_heading_speaks_against_it(self) -> None:
        wrong = [(0, title, "8" if n == 3 else str(n)) for n, title in CHAPTERS.items()]
        found = propose(filled({11: table(11, *wrong, head="11")}, 12), VOLUME, False)
        assert [first for _, first, _ in told(found.divisions)] == [8, 5, 8, 9]

    def test_a_running_head_beside_the_page_is_not_taken_for_the_heading(self) -> None:
        pages = filled({1: table(1, (0, "Krajina kolem věže", "3"), (0, "Lidé", "6"))}, 8)
        pages[3] = sight(4, "Krajina kolem věže", "4")
        assert told(propose(pages, VOLUME, periodical=False).divisions)[0] == ("Krajina kolem věže", 3, 5)

    def test_a_chapter_that_begins_below_text_shares_its_page_with_the_one_before(self) -> None:
        pages = book()
        pages[4] = chapter(5, CHAPTERS[5], "5", above=10)
        assert told(propose(pages, VOLUME, periodical=False).divisions)[:2] == [
            ("O městečku a jeho věži", 3, 5),
            ("Hodinář Severin Klapka", 5, 7),
        ]

    def test_the_last_chapter_ends_with_the_text_and_not_with_the_index(self) -> None:
        index = sight(10, head="Rejstřík", body=[f"Klapka {n}, {n + 4}" for n in range(8)])
        pages = [table(1, (0, "Krajina", "3"), (0, "Lidé", "6")), *(sight(n, foot=str(n)) for n in range(2, 9))]
        proposal = propose([*pages, blank(9), index, sight(11)], VOLUME, periodical=False)
        assert told(proposal.divisions) == [("Krajina", 3, 5), ("Lidé", 6, 8)]

    def test_an_entry_over_two_rows_is_one_chapter(self) -> None:
        rows = [(0, "Krajina", "3"), (0, "O tom, kterak hodinář", ""), (2, "na věž přišel", "5"), (0, "Lidé", "8")]
        proposal = propose(filled({1: table(1, *rows)}, 10), VOLUME, periodical=False)
        assert told(proposal.divisions)[1] == ("O tom, kterak hodinář na věž přišel", 5, 7)

    def test_a_broken_word_in_it_is_put_together(self) -> None:
        def broken(text: str, top: int, part: Part) -> Line:
            word = Word(text, Box(LEFT, top, 90, SIZE), 0.9, part=part, whole="hodinář")
            return Line(word.box, (word,))

        rows = [broken("hodi", 400, Part.FIRST), broken("nář", 460, Part.SECOND), line("3", 460, RIGHT)]
        others = [
            each
            for place, n in enumerate((5, 8))
            for each in (line("Lidé a věž", 520 + 60 * place), line(str(n), 520 + 60 * place, RIGHT))
        ]
        contents = PageSight(1, page_text([line("Obsah", 250, LEFT, 45), *rows, *others]))
        proposal = propose(filled({1: contents}, 10), VOLUME, periodical=False)
        assert proposal.divisions[0].title == "hodinář"

    def test_what_stands_below_the_table_is_no_chapter(self) -> None:
        rows = [
            (0, "Krajina", "3"),
            (0, "Lidé", "5"),
            (0, "Vytiskla knihtiskárna bratří Jasanových", ""),
            (0, "v Modřínově", ""),
        ]
        proposal = propose(filled({1: table(1, *rows, head="1")}, 8), VOLUME, periodical=False)
        assert [each.title for each in proposal.divisions] == ["Krajina", "Lidé"]

    def test_the_column_heading_is_none_either(self) -> None:
        rows = [(0, "Strana", ""), (0, "Krajina", "3"), (0, "Lidé", "5")]
        proposal = propose(filled({1: table(1, *rows)}, 8), VOLUME, periodical=False)
        assert [each.title for each in proposal.divisions] == ["Krajina", "Lidé"]

    def test_numbers_that_lead_nowhere_are_told(self) -> None:
        rows = [(0, "Krajina", "3"), (0, "Lidé", "5"), (0, "Doslov", "99")]
        proposal = propose(filled({1: table(1, *rows)}, 8), VOLUME, periodical=False)
        assert proposal.unplaced == ("Doslov",)
        assert told(proposal.divisions) == [("Krajina", 3, 4), ("Lidé", 5, 8)]

    def test_without_any_folio_headings_are_found_by_their_words(self) -> None:
        begins = {n: chapter(n, title) for n, title in CHAPTERS.items()}
        pages = [begins.get(n, sight(n)) for n in range(1, 11)]
        pages.append(table(11, *[(0, title, str(n + 40)) for n, title in CHAPTERS.items()]))
        proposal = propose(pages, VOLUME, periodical=False)
        assert [each.first for each in proposal.divisions] == [3, 5, 8, 9]

    def test_a_book_without_a_table_has_no_chapters(self) -> None:
        proposal = propose(filled({}, 8), VOLUME, periodical=False)
        assert (proposal.divisions, proposal.unplaced, len(proposal.pages)) == ((), (), 8)


def tree(divisions: tuple[Division, ...]) -> list[object]:
    return [(each.title, tree(each.children)) if each.children else each.title for each in divisions]


class TestNesting:
    def test_entries_set_in_are_children(self) -> None:
        rows = [(0, "Krajina", "3"), (2, "Řeka", "3"), (2, "Skála", "5"), (0, "Lidé", "7"), (2, "Hodinář", "8")]
        divisions = propose(filled({1: table(1, *rows)}, 10), VOLUME, periodical=False).divisions
        assert tree(divisions) == [("Krajina", ["Řeka", "Skála"]), ("Lidé", ["Hodinář"])]
        assert told(divisions) == [("Krajina", 3, 6), ("Lidé", 7, 10)]
        assert told(divisions[0].children) == [("Řeka", 3, 4), ("Skála", 5, 6)]

    def test_kinds_of_numbers_tell_the_depth_where_nothing_is_set_in(self) -> None:
        rows = [
            (0, "I. Krajina", "3"),
            (0, "1. Řeka", "3"),
            (0, "2. Skála", "5"),
            (0, "II. Lidé", "7"),
            (0, "1. Klapka", "8"),
        ]
        divisions = propose(filled({1: table(1, *rows)}, 10), VOLUME, periodical=False).divisions
        assert tree(divisions) == [("Krajina", ["Řeka", "Skála"]), ("Lidé", ["Klapka"])]

    def test_so_do_decimal_numbers(self) -> None:
        rows = [
            (0, "1 Krajina", "3"),
            (0, "1.1 Řeka", "3"),
            (0, "1.1.1 Jez", "4"),
            (0, "1.2 Skála", "5"),
            (0, "2 Lidé", "7"),
        ]
        divisions = propose(filled({1: table(1, *rows)}, 10), VOLUME, periodical=False).divisions
        assert tree(divisions) == [("Krajina", [("Řeka", ["Jez"]), "Skála"]), "Lidé"]
        assert divisions[0].children[0].children[0].part_number == "1.1.1"

    def test_roman_numbers_set_flush_right_are_equals(self) -> None:
        rows = [(2, "I. Krajina", "3"), (1, "II. Lidé", "5"), (0, "III. Věž", "7"), (1, "IV. Hodiny", "8")]
        divisions = propose(filled({1: table(1, *rows)}, 10), VOLUME, periodical=False).divisions
        assert tree(divisions) == ["Krajina", "Lidé", "Věž", "Hodiny"]

    def test_a_part_without_a_page_begins_with_its_first_chapter(self) -> None:
        rows = [(0, "ČÁST PRVNÍ", ""), (0, "Krajina", "3"), (0, "Lidé", "5"), (0, "ČÁST DRUHÁ", ""), (0, "Věž", "7")]
        divisions = propose(filled({1: table(1, *rows)}, 10), VOLUME, periodical=False).divisions
        assert tree(divisions) == [("ČÁST PRVNÍ", ["Krajina", "Lidé"]), ("ČÁST DRUHÁ", ["Věž"])]
        assert told(divisions) == [("ČÁST PRVNÍ", 3, 6), ("ČÁST DRUHÁ", 7, 10)]

    def test_kapitola_is_part_of_the_number(self) -> None:
        rows = [(0, "Kapitola I. Krajina", "3"), (0, "Kapitola II. Lidé", "5"), (0, "Doslov", "8")]
        divisions = propose(filled({1: table(1, *rows)}, 10), VOLUME, periodical=False).divisions
        assert [(each.part_number, each.title) for each in divisions] == [
            ("I", "Krajina"),
            ("II", "Lidé"),
            ("", "Doslov"),
        ]


class TestAlways:
    @MODEST
    @given(
        st.lists(page_texts(), min_size=1, max_size=4),
        st.lists(st.text("AKIVi1.2 áž", max_size=20), min_size=3, max_size=12),
    )
    def test_no_table_is_too_strange(self, texts: list[PageText], titles: list[str]) -> None:
        rows = [(place % 4, title or "x", str(place)) for place, title in enumerate(titles, start=1) if plain(title)]
        pages = [table(1, *rows), *(PageSight(order, text) for order, text in enumerate(texts, start=2))]
        proposal = propose(pages, VOLUME, periodical=False)
        check(proposal.divisions, 1, len(pages))

    @MODEST
    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 22)), min_size=2, max_size=20))
    def test_children_lie_within_their_parents_or_where_the_table_sends_them(
        self, shape: list[tuple[int, int]]
    ) -> None:
        rows = [(2 * depth, f"Kapitola o věcech {place}x", str(page)) for place, (depth, page) in enumerate(shape)]
        proposal = propose(filled({1: table(1, *rows)}, 20), VOLUME, periodical=False)
        check(proposal.divisions, 1, 20)
        assert count(proposal.divisions) + len(proposal.unplaced) == len(rows)


def check(divisions: tuple[Division, ...], first: int, last: int) -> None:
    for each in divisions:
        assert first <= each.first <= each.last <= last
        check(each.children, first, last)


def count(divisions: tuple[Division, ...]) -> int:
    return sum(1 + count(each.children) for each in divisions)


def test_rows_of_one_height_in_several_blocks_are_one_row() -> None:
    blocks = [line("Krajina", 400), line("3", 404, RIGHT), line("Lidé", 400 + LEADING)]
    page = printed(PageSight(1, page_text(blocks)))
    assert [(row.text, row.blocks) for row in page.rows] == [("Krajina 3", (1, 2)), ("Lidé", (3,))]


def test_a_picture_among_the_blocks_is_counted_in_their_numbers() -> None:
    text = page_text([line("Dopis z Norimberka", 300, size=45)])
    pictured = PageSight(
        4, type(text)(text.width, text.height, (Block(BlockKind.PICTURE, Box(0, 0, 9, 9)), *text.blocks), text.engine)
    )
    heading = find_heading(("Dopis z Norimberka",), printed(pictured))
    assert heading is not None
    assert heading.blocks == (2,)


@pytest.mark.parametrize("said", ["Dopisy do Vídně", "Norimberk", "", "Kniha o hodinách a lidech"])
def test_other_words_are_not_the_heading(said: str) -> None:
    assert find_heading(("Dopis z Norimberka",), printed(sight(1, body=[said] if said else []))) is None


def test_the_sample_book_as_it_is_printed() -> None:
    """The words of the sample book's table of contents, as its ground truth has them."""
    folder = Path(__file__).parent.parent / "samples" / "ground_truth" / "kniha-hodinar-a-knihovna"
    printed_rows = [row.rpartition(" ") for row in (folder / "0012.txt").read_text(encoding="utf-8").split("\n")[4:10]]
    pages = [sight(n, head=str(n)) for n in range(1, 12)]
    pages.append(table(12, *((0, title, number) for title, _, number in printed_rows), head="12"))
    found = propose(pages, VOLUME, periodical=False).divisions
    assert [(each.part_number, each.first, each.last) for each in found] == [
        ("I", 3, 4), ("II", 5, 7), ("", 8, 8), ("III", 9, 9), ("IV", 10, 10), ("V", 11, 11),
    ]  # fmt: skip
