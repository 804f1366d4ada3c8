"""Words that lie on ink pass; boxes that were moved, scaled or belong to another page are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.image import Pixels
from metadata.event import Agent
from metadata.geometry import Box, Chain, Transform
from metadata.text import Block, BlockKind, Line, PageText, Word
from ocr.ink_check import LEAST_SHARE, check
from tests.pictures import rotated


def printed(confidence: float = 0.95, words: int = 5, lines: int = 20) -> tuple[Pixels, PageText]:
    """A page of words of strokes, and what an honest engine reads on it."""
    page = np.full((1200, 900), 230, np.uint8)
    read: list[Line] = []
    for line in range(lines):
        top, row = 80 + 52 * line, []
        for place in range(words):
            left = 70 + 150 * place + 9 * (line % 3)
            box = Box(left, top, 100, 22)
            for stroke in range(left, left + 98, 9):
                page[top : top + 22, stroke : stroke + 4] = 50
            row.append(Word("slovo", box, confidence))
        read.append(Line(Box.around([word.box for word in row]), tuple(row)))
    block = Block(BlockKind.TEXT, Box.around([line.box for line in read]), tuple(read))
    return page, PageText(900, 1200, (block,), Agent("nobody", "1"))


PAGE, TEXT = printed()


class TestCheck:
    def test_words_where_they_are_printed_pass(self) -> None:
        result = check(PAGE, TEXT)
        assert (result.checked, result.missed, result.drift) == (100, (), (0, 0))
        assert result.share == 1.0
        assert result.passed

    def test_colour_and_white_on_black_pass_too(self) -> None:
        assert check(np.repeat(PAGE[:, :, np.newaxis], 3, axis=2), TEXT).passed
        assert check(np.asarray(255 - PAGE, np.uint8), TEXT).passed

    @given(st.sampled_from([-1, 1]), st.integers(9, 26), st.booleans())
    @settings(max_examples=15, deadline=None)
    def test_moved_boxes_are_refused(self, sign: int, pixels: int, down: bool) -> None:
        way = Transform(f=sign * pixels) if down else Transform(c=sign * (pixels + 14))
        assert not check(PAGE, TEXT, Chain((way,))).passed

    @pytest.mark.parametrize("scale", [0.9, 1.06, 2.0])
    def test_another_scale_is_refused(self, scale: float) -> None:
        assert not check(PAGE, TEXT, Chain((Transform(a=scale, e=scale),))).passed

    def test_the_drift_says_where_the_ink_is(self) -> None:
        across, down = check(PAGE, TEXT, Chain((Transform(f=12.0),))).drift
        assert abs(across) <= 6
        assert down == pytest.approx(-12, abs=6)

    def test_words_nobody_is_sure_of_do_not_count(self) -> None:
        page, text = printed(confidence=0.6)
        result = check(np.full_like(page, 230), text)
        assert (result.checked, result.share, result.passed) == (0, 1.0, True)

    def test_words_on_blank_paper_are_refused_and_named(self) -> None:
        page = PAGE.copy()
        page[80:110, :] = 230
        result = check(page, TEXT)
        assert len(result.missed) == 5
        assert {word.box.top for word in result.missed} == {80}
        assert result.share < LEAST_SHARE
        assert not result.passed

    def test_one_word_alone_does_not_condemn_a_page_of_few(self) -> None:
        page, text = printed(words=2, lines=3)
        page[80:110, :200] = 230
        assert check(page, text).passed

    def test_the_words_of_the_only_line_missing_condemn_it(self) -> None:
        page, text = printed(words=1, lines=1)
        assert not check(np.full_like(page, 230), text).passed

    def test_boxes_outside_of_the_image_are_missed(self) -> None:
        assert check(PAGE[:600], TEXT).share < 0.6

    @given(st.floats(-8, 8))
    @settings(max_examples=10, deadline=None)
    def test_through_its_chain_a_page_is_checked_on_its_scan(self, angle: float) -> None:
        scan = rotated(PAGE, angle)
        way = Chain((Transform.turn(angle, 900, 1200, 900, 1200),))
        turned_boxes = check(scan, TEXT, way)
        assert turned_boxes.share >= LEAST_SHARE
        if abs(angle) > 4:
            assert not check(scan, TEXT).passed
