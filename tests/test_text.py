"""The text of a page: what may not be made, the order of reading, and the two ways to write it out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Part, Word

BOX = Box(0, 0, 10, 10)


def word(text: str, part: Part = Part.WHOLE, whole: str = "") -> Word:
    """A word somewhere on the page."""
    return Word(text, BOX, 0.9, "ces", part, whole)


def text_of(*blocks: tuple[Line, ...]) -> PageText:
    """A page of text blocks."""
    made = tuple(Block(BlockKind.TEXT, BOX, lines) for lines in blocks)
    return PageText(100, 100, made, Agent("nobody"))


def line(*words: Word, hyphen: str = "") -> Line:
    """A line, broken at its end when `hyphen` says so."""
    return Line(BOX, words, hyphen=Hyphen(hyphen, BOX) if hyphen else None)


BROKEN = text_of(
    (
        line(word("Hodiny"), word("na"), word("vě", Part.FIRST, "věži"), hyphen="-"),
        line(word("ži", Part.SECOND, "věži"), word("odbily")),
    ),
    (line(word("Konec")),),
)


class TestWord:
    @pytest.mark.parametrize("confidence", [-0.01, 1.01, float("nan")])
    def test_confidence_lies_within_nought_and_one(self, confidence: float) -> None:
        with pytest.raises(ValueError, match="confidence"):
            Word("slovo", BOX, confidence)

    @pytest.mark.parametrize(("part", "whole"), [(Part.WHOLE, "věži"), (Part.FIRST, ""), (Part.SECOND, "")])
    def test_a_joined_word_belongs_to_broken_words_only(self, part: Part, whole: str) -> None:
        with pytest.raises(ValueError, match="joined word"):
            Word("vě", BOX, 1.0, "", part, whole)


class TestPlain:
    """As printed: what a person compares with the page."""

    def test_lines_and_hyphens_stay_and_blocks_are_parted(self) -> None:
        assert BROKEN.plain() == "Hodiny na vě-\nži odbily\n\nKonec\n"

    def test_a_page_without_words_is_empty(self) -> None:
        assert PageText(10, 10, (), Agent("nobody")).plain() == ""

    def test_pictures_leave_no_gap(self) -> None:
        picture = Block(BlockKind.PICTURE, BOX)
        page = PageText(9, 9, (picture, *BROKEN.blocks, picture), Agent("nobody"))
        assert page.plain() == BROKEN.plain()

    @given(st.lists(st.lists(st.text("abcěščř", min_size=1), min_size=1, max_size=4), max_size=4))
    @settings(deadline=None)
    def test_every_word_is_there_in_order(self, lines: list[list[str]]) -> None:
        page = text_of(*((line(*(word(each) for each in words)),) for words in lines))
        assert page.plain().split() == [each for words in lines for each in words]


class TestJoined:
    """For searching: a reader looks for `věži`, not for `vě-`."""

    def test_a_broken_word_stands_once_and_whole(self) -> None:
        assert BROKEN.joined() == "Hodiny na věži odbily Konec"

    def test_words_and_lines_come_in_reading_order(self) -> None:
        assert [each.text for each in BROKEN.words()] == ["Hodiny", "na", "vě", "ži", "odbily", "Konec"]
        assert len(list(BROKEN.lines())) == 3
