"""ocr.spelling: old type in the letters of today."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given

from metadata.geometry import Box
from metadata.text import Hyphen, PageText, Part, Word
from ocr.rewording import reworded
from ocr.spelling import normalised
from tests.page_texts import MODEST, page_of, page_texts


@pytest.mark.parametrize(
    ("printed", "today"),
    [
        ("daſz", "dasz"),
        ("ﬁnden", "finden"),
        ("Auﬂage", "Auflage"),
        ("ſchaﬀen", "schaffen"),
        ("Oﬃcin", "Officin"),
        ("aﬄux", "afflux"),
        ("eﬅ", "est"),
        ("poﬆ", "post"),
        ("veꝛbum", "verbum"),
        ("ſcho\u0364n", "schön"),
        ("U\u0364ber", "Über"),
        ("pu\u0366l", "půl"),
        ("Wör⸗", "Wör-"),
        ("e\u030c", "ě"),
        ("naïve", "naïve"),
    ],
)
def test_signs_of_old_type_become_letters_of_today(printed: str, today: str) -> None:
    (word,) = normalised(page_of(printed)).words()
    assert word.text == today
    assert word.others == ((printed,) if printed != today else ())


@pytest.mark.parametrize("printed", ["m²", "ﬗ", "½", "№", "n\u0364", "Brno—Praha", "ß"])
def test_what_is_no_old_type_stays(printed: str) -> None:
    assert normalised(page_of(printed)).plain() == f"{printed}\n"


def test_a_broken_word_is_changed_whole_and_so_is_its_hyphen() -> None:
    page = page_of("Waſ⸗")
    (block,) = page.blocks
    broken = Word("Waſ", Box(0, 0, 9, 9), 0.9, part=Part.FIRST, whole="Waſſer")
    line = replace(block.lines[0], words=(broken,), hyphen=Hyphen("⸗", Box(9, 0, 3, 9)))
    (after,) = normalised(replace(page, blocks=(replace(block, lines=(line,)),))).lines()
    assert (after.words[0].text, after.words[0].whole, after.hyphen) == ("Was", "Wasser", Hyphen("-", Box(9, 0, 3, 9)))


@MODEST
@given(page_texts())
def test_boxes_and_number_of_words_stay_and_twice_is_once(text: PageText) -> None:
    once = normalised(text)
    assert [(word.box, word.confidence) for word in once.words()] == [
        (word.box, word.confidence) for word in text.words()
    ]
    assert normalised(once) == once
    assert all(unicodedata.is_normalized("NFC", word.text) for word in once.words())


@MODEST
@given(page_texts())
def test_nothing_that_was_printed_is_lost(text: PageText) -> None:
    bare = reworded(text, lambda word: replace(word, others=()))
    for before, after in zip(bare.words(), normalised(bare).words(), strict=True):
        assert before.text in (after.text, *after.others)
