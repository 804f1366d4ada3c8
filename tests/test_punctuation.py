"""ocr.punctuation: stops and commas belong to words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from metadata.geometry import Box
from metadata.text import PageText, Part
from ocr.punctuation import tidied
from ocr.rewording import reworded
from tests.page_texts import MODEST, page_of, page_texts


def words(text: PageText) -> list[str]:
    """What `text` reads."""
    return [word.text for word in text.words()]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("officium ; est", ["officium;", "est"]),
        ("Brno , 1906 .", ["Brno,", "1906."]),
        (". Brno", [".", "Brno"]),
        ("Brno - Praha", ["Brno", "-", "Praha"]),
        ("Brno, , Praha", ["Brno,", ",", "Praha"]),
        ("Vídni,s platností", ["Vídni,", "s", "platností"]),
        ("a;b,c", ["a;", "b,", "c"]),
        ("3,50 t.zv. 1,a", ["3,50", "t.zv.", "1,a"]),
    ],
)
def test_marks_go_to_their_words(printed: str, expected: list[str]) -> None:
    assert words(tidied(page_of(printed))) == expected


def test_a_mark_far_from_its_word_is_a_speck() -> None:
    page = page_of("Brno ,")
    (block,) = page.blocks
    (line,) = block.lines
    far = replace(line.words[1], box=Box(500, 0, 5, 20))
    moved = replace(page, blocks=(replace(block, lines=(replace(line, words=(line.words[0], far)),)),))
    assert words(tidied(moved)) == ["Brno", ","]


def test_the_box_grows_with_the_mark_and_is_shared_when_parted() -> None:
    (joined,) = tidied(page_of("Brno ,")).words()
    assert joined.box == Box(0, 0, 60, 20)
    first, second = tidied(page_of("ab,cd")).words()
    assert (first.box, second.box) == (Box(0, 0, 30, 20), Box(30, 0, 20, 20))


def test_what_the_engine_read_is_kept_beside_the_word() -> None:
    read = {word.text: word.others for word in tidied(page_of("Brno , ab,cd kniha")).words()}
    assert read == {"Brno,": ("Brno ,",), "ab,": ("ab,cd",), "cd": (), "kniha": ()}


def test_other_readings_get_the_mark_too() -> None:
    page = reworded(page_of("Brno ,"), lambda word: replace(word, others=("Bruo", "Brna") if word.text != "," else ()))
    assert [word.others for word in tidied(page).words()] == [("Brno ,", "Bruo ,", "Brna ,")]


def test_a_doubted_mark_costs_its_word_little_confidence() -> None:
    page = page_of("přeborník ,", confidence=0.9)
    (block,) = page.blocks
    (line,) = block.lines
    doubted = replace(line.words[1], confidence=0.1)
    (word,) = tidied(
        replace(page, blocks=(replace(block, lines=(replace(line, words=(line.words[0], doubted)),)),))
    ).words()
    assert word.confidence == pytest.approx((9 * 0.9 + 0.1) / 10)


@MODEST
@given(page_texts())
def test_no_letter_is_lost_and_a_second_time_changes_nothing(text: PageText) -> None:
    whole = [word.part is Part.WHOLE for word in text.words()]
    once = tidied(text)
    assert "".join(words(once)) == "".join(words(text))
    assert not all(whole) or words(tidied(once)) == words(once)
