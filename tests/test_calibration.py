"""ocr.calibration: confidence that means what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.geometry import Box
from metadata.text import PageText, Word
from ocr.calibration import calibrated, chance
from ocr.lexicon import Lexicon
from tests.page_texts import CONFIDENCES, MODEST, page_texts

KNOWN = Lexicon(frozenset({"kniha"}))
SPOT = Box(0, 0, 10, 10)


@MODEST
@given(CONFIDENCES, CONFIDENCES, st.sampled_from(["kniha", "xqzrt"]))
def test_the_surer_engine_is_never_believed_less(one: float, other: float, text: str) -> None:
    low, high = sorted((one, other))
    told = [chance(Word(text, SPOT, each), KNOWN) for each in (low, high)]
    assert 0 <= told[0] <= told[1] <= 1


@pytest.mark.parametrize("said", [0.3, 0.6, 0.8])
def test_a_doubted_word_of_the_language_is_believed_more_than_a_string(said: float) -> None:
    assert chance(Word("kniha", SPOT, said), KNOWN) > chance(Word("xqzrt", SPOT, said), KNOWN) + 0.1


@MODEST
@given(page_texts())
def test_only_confidence_changes(text: PageText) -> None:
    after = calibrated(text, lambda word: word.confidence / 2)
    assert after.plain() == text.plain()
    assert [w.confidence for w in after.words()] == [round(w.confidence / 2, 4) for w in text.words()]
