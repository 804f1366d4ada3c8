"""ocr.reading_order: columns are read one after the other; nothing is lost, and one column stays as it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Word
from ocr.gutters import Type, gutter, usual_type
from ocr.reading_order import in_order
from tests.page_texts import MODEST, page_texts

PITCH = 40
LETTERS = ("kniha", "most", "zahrada", "les", "pole", "hodiny", "den", "starosta", "mlýn", "svět")
COLUMN = 600
SECOND = 700
THIRD = 1360


def set_line(left: int, top: int, *printed: str, confidence: float = 0.95) -> Line:
    """Words from `left` on, 18 pixels a letter and a blank of 12, 30 pixels high."""
    words, at = [], left
    for text in printed:
        words.append(Word(text, Box(at, top, 18 * len(text), 30), confidence))
        at += 18 * len(text) + 12
    return Line(Box.around([word.box for word in words]), tuple(words))


def column(name: str, left: int, top: int, rows: int, confidence: float = 0.95) -> list[Line]:
    """`rows` lines of running text that are about COLUMN pixels wide and begin with the column's name and their row."""
    dice = np.random.default_rng(sum(map(ord, name)) + left)
    lines = []
    for row in range(rows):
        printed = [f"{name}{row}"]
        while sum(18 * len(text) + 12 for text in printed) < COLUMN - 150:
            printed.append(str(dice.choice(LETTERS)))
        lines.append(set_line(left, top + PITCH * row, *printed, confidence=confidence))
    return lines


def paragraph(*lines: Line, kind: BlockKind = BlockKind.TEXT) -> Block:
    return Block(kind, Box.around([line.box for line in lines]), lines)


def page(*blocks: Block) -> PageText:
    return PageText(2000, 3000, blocks, Agent("Fixed", "1", note="none"), "--psm 3")


def firsts(text: PageText) -> list[str]:
    """The first word of every line."""
    return [line.words[0].text for line in text.lines()]


def named(name: str, rows: int) -> list[str]:
    return [f"{name}{row}" for row in range(rows)]


def across(one: Line, other: Line) -> Line:
    """Two lines of two columns, read as one."""
    return Line(Box.around([one.box, other.box]), (*one.words, *other.words))


def test_columns_read_in_turns_are_read_one_after_the_other() -> None:
    left, right = column("a", 50, 500, 12), column("b", SECOND, 500, 12)
    mixed = [paragraph(line) for pair in zip(left, right, strict=True) for line in pair]
    assert firsts(in_order(page(*mixed))) == named("a", 12) + named("b", 12)


def test_lines_read_across_a_gutter_are_cut_at_it() -> None:
    left, right = column("a", 50, 500, 12), column("b", SECOND, 500, 12)
    ordered = in_order(page(paragraph(*map(across, left, right))))
    assert firsts(ordered) == named("a", 12) + named("b", 12)
    assert ordered.settings == "--psm 3; reading order: 1 gutters, 12 lines cut at them"
    assert next(ordered.lines()).box == left[0].box


def test_a_hyphen_stays_with_the_last_word_of_a_line_that_is_cut() -> None:
    left, right = column("a", 50, 500, 12), column("b", SECOND, 500, 12)
    merged = [across(*pair) for pair in zip(left, right, strict=True)]
    end = merged[3].box
    merged[3] = replace(merged[3], hyphen=Hyphen("-", Box(end.right, end.top, 10, 30)))
    lines = list(in_order(page(paragraph(*merged))).lines())
    assert [line.words[0].text for line in lines if line.hyphen] == ["b3"]


def test_a_heading_over_both_columns_divides_them() -> None:
    heading = set_line(200, 1010, "Zprávy", "z", "městské", "rady", "a", "z", "celého", "okolí", "řeky")
    upper = [*column("a", 50, 500, 10), *column("b", SECOND, 500, 10)]
    lower = [*column("c", 50, 1100, 10), *column("d", SECOND, 1100, 10)]
    lines = sorted([*upper, heading, *lower], key=lambda line: (line.box.top, line.box.left))
    ordered = in_order(page(*map(paragraph, lines)))
    assert firsts(ordered) == [*named("a", 10), *named("b", 10), "Zprávy", *named("c", 10), *named("d", 10)]


def test_three_columns_and_a_masthead_above_them() -> None:
    masthead = [set_line(60, 100, "Ročník", "XII."), set_line(1500, 100, "Číslo", "37.")]
    lines = [*column("c", THIRD, 400, 14), *column("a", 50, 400, 14), *column("b", SECOND, 400, 14)]
    ordered = in_order(page(*map(paragraph, [*masthead, *lines])))
    assert firsts(ordered) == ["Ročník", "Číslo", *named("a", 14), *named("b", 14), *named("c", 14)]


def test_the_end_of_a_longer_left_column_belongs_to_it() -> None:
    lines = [*column("b", SECOND, 500, 10), *column("a", 50, 500, 16)]
    assert firsts(in_order(page(*map(paragraph, lines)))) == named("a", 16) + named("b", 10)


def test_a_motto_above_the_right_column_is_read_first() -> None:
    motto = set_line(SECOND + 100, 455, "Řím.", "Všecky", "věci", "napomáhají", "k", "dobrému")
    lines = [*column("a", 50, 500, 10), *column("b", SECOND, 500, 10), motto]
    assert firsts(in_order(page(*map(paragraph, lines))))[0] == "Řím."


def test_a_caption_that_both_columns_run_around_follows_them() -> None:
    left, right = column("a", 0, 500, 30), column("b", SECOND, 500, 30)
    for at in (12, 13, 14):
        top = 500 + PITCH * at
        left[at] = set_line(0, top, f"a{at}", "les", "most", "den")
        right[at] = set_line(1050, top, f"b{at}", "les", "most", "den")
    caption = [set_line(480, 500 + PITCH * (12 + at), f"popis{at}", "velkého", "obrázku", "lesa") for at in range(3)]
    ordered = in_order(page(*map(paragraph, [*left, *caption, *right])))
    assert firsts(ordered) == [*named("a", 30), *named("b", 30), *named("popis", 3)]


@pytest.mark.parametrize("rows", [1, 7])
def test_too_few_rows_show_no_gutter(rows: int) -> None:
    lines = [*column("b", SECOND, 500, rows), *column("a", 50, 500, rows)]
    given = page(*map(paragraph, lines))
    assert in_order(given) is given


def test_a_list_with_page_numbers_is_one_column() -> None:
    titles = column("a", 50, 0, 30)
    entries = [across(line, set_line(1500, line.box.top, str(7 + at))) for at, line in enumerate(titles)]
    contents = page(paragraph(*entries))
    assert in_order(contents) is contents


@given(st.integers(0, 2**32 - 1))
@MODEST
def test_one_column_of_running_text_never_changes(seed: int) -> None:
    dice = np.random.default_rng(seed)
    lines = []
    for row in range(50):
        printed = [str(word) for word in dice.choice(LETTERS, size=14)]
        lines.append(set_line(50, 100 + PITCH * row, *printed[: 14 - int(dice.integers(0, 3))]))
    single = page(paragraph(*lines))
    assert in_order(single) is single


def test_a_page_that_was_hardly_read_stays_as_the_engine_ordered_it() -> None:
    lines = [*column("b", SECOND, 500, 12, confidence=0.2), *column("a", 50, 500, 12, confidence=0.2)]
    given = page(*map(paragraph, lines))
    assert in_order(given) is given


def test_lines_read_from_bottom_to_top_are_left_alone() -> None:
    def turned(box: Box) -> Box:
        return Box(box.top, box.left, box.height, box.width)

    lines = [*column("b", SECOND, 500, 12), *column("a", 50, 500, 12)]
    standing = [
        Line(turned(line.box), tuple(replace(word, box=turned(word.box)) for word in line.words)) for line in lines
    ]
    given = page(*map(paragraph, standing))
    assert in_order(given) is given


def test_pictures_rules_and_tables_follow_the_text_untouched() -> None:
    others = (
        Block(BlockKind.PICTURE, Box(60, 1400, 300, 300)),
        Block(BlockKind.SEPARATOR, Box(675, 500, 4, 900)),
        paragraph(set_line(60, 1800, "1", "2", "3"), kind=BlockKind.TABLE),
    )
    lines = [*column("b", SECOND, 500, 12), *column("a", 50, 500, 12)]
    ordered = in_order(page(others[0], *map(paragraph, lines), *others[1:]))
    assert ordered.blocks[-3:] == others
    assert firsts(ordered)[:12] == named("a", 12)


@given(page_texts())
@MODEST
def test_no_word_is_lost_or_changed_on_any_page(text: PageText) -> None:
    assert Counter(in_order(text).words()) == Counter(text.words())


@given(st.integers(0, 2**32 - 1), st.integers(2, 3), st.booleans())
@MODEST
def test_shuffled_columns_come_back_with_every_word(seed: int, columns: int, merged: bool) -> None:
    dice = np.random.default_rng(seed)
    sides = [column("abc"[at], (50, SECOND, THIRD)[at], 400, 15) for at in range(columns)]
    lines = [line for side in sides for line in side]
    if merged:
        lines = [across(sides[0][row], sides[1][row]) for row in range(15)] + [line for s in sides[2:] for line in s]
    dice.shuffle(lines)
    given = page(*map(paragraph, lines))
    ordered = in_order(given)
    assert Counter(ordered.words()) == Counter(given.words())
    assert firsts(ordered) == [name for at in range(columns) for name in named("abc"[at], 15)]


def test_a_line_without_words_stays_one_line_in_the_column_where_it_stands() -> None:
    left, right = column("a", 50, 500, 12), column("b", SECOND, 500, 12)
    empty = Line(Box(SECOND, 780, 300, 30), ())
    ordered = in_order(page(paragraph(*map(across, left, right), empty)))
    lines = list(ordered.lines())
    assert [line for line in lines if not line.words] == [empty]
    assert lines.index(empty) > 12
    assert ordered.settings.endswith("12 lines cut at them")


def test_what_is_in_order_stays_in_order() -> None:
    lines = [*column("b", SECOND, 500, 12), *column("a", 50, 500, 12)]
    once = in_order(page(*map(paragraph, lines)))
    assert list(in_order(once).words()) == list(once.words())


def test_a_gutter_lies_in_the_white_between_the_columns() -> None:
    left, right = column("a", 50, 500, 12), column("b", SECOND, 500, 12)
    found = gutter([*left, *right], usual_type([*left, *right], [paragraph(*left)]))
    assert found is not None
    assert max(line.box.right for line in left) <= found.x <= SECOND
    assert found.top <= 515
    assert found.bottom >= 500 + 11 * PITCH + 15


def test_a_page_without_words_has_no_type_and_no_gutter() -> None:
    assert usual_type([]) == Type(0.0, 0.0)
    assert gutter([], usual_type([])) is None
    assert in_order(page()) == page()
