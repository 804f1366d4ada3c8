"""ocr.regions: what was read in pictures, on rules, edges and specks goes; tables stand apart; text stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, PageText, Word
from ocr.lexicon import Lexicon
from ocr.picture_ground import pictures
from ocr.preparation import Pixels
from ocr.regions import without_noise
from ocr.tables import with_tables
from tests.page_texts import MODEST, page_texts

KNOWN = Lexicon(frozenset({"kniha", "zahrada", "Modřínov"}))
PICTURE = Block(BlockKind.PICTURE, Box(400, 1000, 600, 600))
RULE = Block(BlockKind.SEPARATOR, Box(100, 2000, 1200, 40))


def line(printed: str, left: int, top: int, confidence: float = 0.95, height: int = 30) -> Line:
    """Words of 18 pixels a letter."""
    words, at = [], left
    for text in printed.split():
        words.append(Word(text, Box(at, top, 18 * len(text), height), confidence, "ces"))
        at += 18 * len(text) + 12
    return Line(Box.around([word.box for word in words]), tuple(words))


def block(*lines: Line) -> Block:
    return Block(BlockKind.TEXT, Box.around([each.box for each in lines]), lines, "ces")


def page(*blocks: Block) -> PageText:
    """A page with a paragraph of sure text and `blocks`."""
    text = [line("kniha leží na stole a zahrada kvete", 100, 200 + 40 * row) for row in range(10)]
    return PageText(1500, 2200, (block(*text), *blocks), Agent("Fixed", "1", note="none"), "--psm 3")


def cleaned(*blocks: Block, pixels: Pixels | None = None) -> PageText:
    return without_noise(page(*blocks), pixels, KNOWN)


NOISE = [
    pytest.param((PICTURE, block(line("fen om ee", 500, 1200, 0.2))), "3 in pictures", id="picture"),
    pytest.param((RULE, block(line("ESE REEPTETS", 300, 2004, 0.3))), "2 on rules", id="rule"),
    pytest.param((block(line("p 3", 0, 900, 0.4)),), "2 at the edge", id="left edge"),
    pytest.param((block(line("TEO WES", 700, 2165, 0.4)),), "2 at the edge", id="lower edge"),
    pytest.param((block(line("A I r", 700, 900, 0.3, height=8)),), "3 specks", id="flat specks"),
    pytest.param((block(line(": |", 700, 900, 0.3)),), "2 specks", id="marks"),
    pytest.param((block(line("fl", 700, 900, 0.3, height=200)),), "1 specks", id="a tall speck"),
]


@pytest.mark.parametrize(("blocks", "said"), NOISE)
def test_what_is_surely_no_text_goes_and_is_counted(blocks: tuple[Block, ...], said: str) -> None:
    text = cleaned(*blocks)
    assert text.settings == f"--psm 3; left out as no text: {said}"
    assert list(text.words()) == list(page().words())


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param((PICTURE, block(line("výhled na zámek", 500, 1200, 0.8))), id="sure words on a picture"),
        pytest.param((PICTURE, block(line("Modřínov", 500, 1200, 0.2))), id="a known word on a picture"),
        pytest.param((block(line("xqz wvk rtg", 300, 900, 0.1)),), id="badly read text"),
        pytest.param((block(line("3", 700, 2100, 0.9)),), id="a folio"),
        pytest.param((PICTURE, block(line("fen om ee", 900, 1200, 0.2))), id="half on a picture"),
        pytest.param(
            (block(line("Haoa wýpis ſtarýho wěku", 100, 900, 0.3, height=90)),), id="skewed lines read as one"
        ),
    ],
)
def test_what_may_be_text_stays(blocks: tuple[Block, ...]) -> None:
    given = page(*blocks)
    assert without_noise(given, None, KNOWN) is given


def test_one_line_of_noise_does_not_cost_its_paragraph() -> None:
    good, bad = line("zahrada kvete", 100, 900), line("p 3", 0, 940, 0.3)
    text = cleaned(block(good, bad))
    assert text.blocks[-1].lines == (good,)
    assert text.blocks[-1].box == good.box


def shades(text: PageText) -> Pixels:
    """White paper with the lines of `text` as black strokes and grey between."""
    pixels = np.full((text.height, text.width), 240, np.uint8)
    for word in text.words():
        box = word.box
        pixels[box.top : box.bottom : 3, box.left : box.right : 2] = 20
    return pixels


def test_a_photograph_that_the_engine_took_for_text_is_found() -> None:
    nonsense = block(line("Lo mje oom", 600, 1200, 0.2))
    pixels = shades(page())
    dice = np.random.default_rng(4)
    pixels[1000:1600, 400:1000] = dice.integers(20, 140, (600, 600))
    text = cleaned(nonsense, pixels=pixels)
    found = [each.box for each in text.blocks if each.kind is BlockKind.PICTURE]
    assert len(found) == 1
    assert abs(found[0].left - 400) < 20
    assert abs(found[0].bottom - 1600) < 20
    assert "3 in pictures" in text.settings


def test_text_alone_is_no_picture_nor_is_white_type_on_black() -> None:
    given = page(block(*(line("zahrada kvete kniha leží", 400, 1000 + 40 * row) for row in range(8))))
    pixels = shades(given)
    assert pictures(given, pixels) == ()
    pixels[990:1330, 390:900] = 255 - pixels[990:1330, 390:900]
    assert pictures(given, pixels) == ()


def test_pictures_are_in_pixels_of_the_text_whatever_the_size_of_the_image() -> None:
    given = page()
    pixels = shades(given)
    pixels[1000:1600, 400:1000] = 60
    (box,) = pictures(given, np.ascontiguousarray(pixels[::2, ::2]))
    assert abs(box.left - 400) < 20
    assert abs(box.right - 1000) < 20


def row(top: int, *cells: str) -> list[Line]:
    return [line(cell, 100 + 300 * at, top) for at, cell in enumerate(cells)]


def test_rows_of_figures_become_a_table_row_by_row() -> None:
    rows = [row(1000 + 45 * at, f"obec{at}", str(1880 + at), str(17 * at), "9,5") for at in range(6)]
    by_column = [block(*(each[at] for each in rows)) for at in range(4)]
    text = cleaned(*by_column)
    (table,) = [each for each in text.blocks if each.kind is BlockKind.TABLE]
    assert [each.words[0].text for each in table.lines[:8]] == [
        "obec0",
        "1880",
        "0",
        "9,5",
        "obec1",
        "1881",
        "17",
        "9,5",
    ]
    assert len(table.lines) == 24
    assert table.language == "ces"
    assert text.blocks[0] == page().blocks[0]
    assert len(text.blocks) == 2


def test_text_around_a_table_in_its_block_stays_around_it() -> None:
    above, below = line("zahrada kvete", 100, 950), line("kniha leží", 100, 1300)
    rows = [line for at in range(5) for line in row(1000 + 45 * at, "1", "2", "3")]
    text = with_tables([block(above, *rows, below)], 30)
    assert [each.kind for each in text] == [BlockKind.TEXT, BlockKind.TABLE, BlockKind.TEXT]
    assert (text[0].lines, text[2].lines) == ((above,), (below,))


def test_lines_out_of_order_around_a_table_are_told_apart_by_where_they_stand() -> None:
    above, below = line("zahrada kvete", 100, 950), line("kniha leží", 100, 1300)
    rows = [line for at in range(5) for line in row(1000 + 45 * at, "1", "2", "3")]
    text = with_tables([block(below, above, *rows)], 30)
    assert [each.lines for each in text] == [(above,), tuple(rows), (below,)]


@given(st.randoms(use_true_random=False), st.integers(0, 6), st.integers(1, 3))
@MODEST
def test_no_word_is_lost_or_doubled_around_a_table(dice: Random, around: int, parts: int) -> None:
    rows = [line for at in range(5) for line in row(1000 + 45 * at, "1", "2", "3")]
    lines = [*rows, *(line(f"kniha{at}", 100, dice.choice((700, 800, 1300, 1400))) for at in range(around))]
    dice.shuffle(lines)
    blocks = [block(*lines[at::parts]) for at in range(parts)]
    made = with_tables(blocks, 30)
    assert any(each.kind is BlockKind.TABLE for each in made)
    assert Counter(_printed(made)) == Counter(_printed(blocks))


def _printed(blocks: Iterable[Block]) -> list[Word]:
    return [word for each in blocks for line in each.lines for word in line.words]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([("O mlynáři", "7")] * 8, id="contents"),
        pytest.param([("1", "2", "3")] * 3, id="three rows"),
        pytest.param([("dům", "les", "pes")] * 8, id="no figures"),
    ],
)
def test_lists_and_columns_of_text_are_no_tables(rows: list[tuple[str, ...]]) -> None:
    lines = [line for at, cells in enumerate(rows) for line in row(1000 + 45 * at, *cells)]
    blocks = (block(*lines),)
    assert with_tables(blocks, 30) == blocks


@given(page_texts())
@MODEST
def test_no_word_is_made_up_and_those_left_out_are_counted(text: PageText) -> None:
    clean = without_noise(text, None)
    before, after = Counter(text.words()), Counter(clean.words())
    assert not after - before
    gone = (before - after).total()
    said = clean.settings.rpartition("left out as no text: ")[2] if gone else ""
    assert sum(int(part.split()[0]) for part in said.split(", ") if part) == gone


@given(page_texts())
@MODEST
def test_sure_words_are_never_left_out(text: PageText) -> None:
    sure = [word for each in text.lines() for word in each.words if min(w.confidence for w in each.words) >= 0.5]
    assert not Counter(sure) - Counter(without_noise(text, None).words())


def test_the_number_of_a_page_is_no_speck_however_doubted() -> None:
    assert "5" in cleaned(block(line("5", 700, 2000, 0.1))).plain().split()
    assert "fl" not in cleaned(block(line("fl", 700, 2000, 0.1))).plain().split()
