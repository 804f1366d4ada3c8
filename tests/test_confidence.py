"""ocr.confidence: how far a page's text can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from metadata.text import PageText
from metadata.wording import Tongue
from ocr.confidence import confidence, findings
from tests.page_texts import MODEST, page_of, page_texts


def with_confidences(text: PageText, *values: float) -> PageText:
    """`text`, of one line, with these confidences for its words."""
    (block,) = text.blocks
    (line,) = block.lines
    words = tuple(replace(word, confidence=value) for word, value in zip(line.words, values, strict=True))
    return replace(text, blocks=(replace(block, lines=(replace(line, words=words),)),))


def test_long_words_say_more_than_short_ones() -> None:
    measured = confidence(with_confidences(page_of("a přeborník"), 0.1, 0.9))
    assert measured.mean == pytest.approx((1 * 0.1 + 9 * 0.9) / 10)


def test_weak_words_are_counted_alike() -> None:
    assert confidence(with_confidences(page_of("a přeborník b c"), 0.1, 0.9, 0.49, 0.5)).weak == 0.5


def test_specks_read_as_dots_are_no_words() -> None:
    measured = confidence(with_confidences(page_of(". Kniha, | —"), 0.1, 0.8, 0.2, 0.3))
    assert (measured.words, measured.mean, measured.weak) == (1, 0.8, 0.0)


def test_a_page_without_words_has_no_mean() -> None:
    assert confidence(replace(page_of("a"), blocks=())).mean == -1.0


@MODEST
@given(page_texts())
def test_measures_stay_within_their_bounds(text: PageText) -> None:
    measured = confidence(text)
    assert 0 <= measured.words <= len(list(text.words()))
    assert measured.mean == -1.0 if not measured.words else 0.0 <= measured.mean <= 1.0
    assert 0.0 <= measured.weak <= 1.0


@pytest.mark.parametrize(
    ("printed", "certain", "ink", "codes"),
    [
        ("Kniha je přítel", 0.95, 40.0, []),
        ("Kniha je přítel", 0.95, 0.0, []),
        ("Kniha je přítel", 0.40, 40.0, ["T002"]),
        ("| . |", 0.95, 40.0, ["T001"]),
        ("| . |", 0.95, 0.1, []),
    ],
    ids=["well read", "well read without ink", "read unsurely", "ink but no word", "blank"],
)
def test_what_a_reader_should_know(printed: str, certain: float, ink: float, codes: list[str]) -> None:
    assert [each.code for each in findings(page_of(printed, confidence=certain), ink, "strana 7")] == codes


LONG = " ".join(["Xqzrt kvamf"] * 10)


@pytest.mark.parametrize(
    ("printed", "certain", "known", "letters", "codes"),
    [
        (LONG, 0.3, 0.05, True, ["T004"]),
        (LONG, 0.3, 0.05, False, ["T003"]),
        (LONG, 0.9, 0.05, True, ["T003"]),
        (LONG, 0.3, 0.12, True, ["T002"]),
        (LONG, 0.9, 0.12, True, []),
        (LONG, 0.9, -1.0, True, []),
        ("Xqzrt kvamf", 0.3, 0.0, True, ["T002"]),
        ("| . |", 0.95, -1.0, True, ["T004"]),
        ("| . |", 0.95, -1.0, False, ["T001"]),
    ],
    ids=[
        "nonsense where type is",
        "nonsense out of a picture",
        "another language",
        "poor but sense",
        "well read, few known",
        "nobody knows the words",
        "too short to judge",
        "type but no word",
        "a picture",
    ],
)
def test_text_that_is_lost_is_told(printed: str, certain: float, known: float, letters: bool, codes: list[str]) -> None:
    page = page_of(printed, confidence=certain)
    assert [each.code for each in findings(page, 40.0, "strana 7", known=known, letters=letters)] == codes


def test_lost_type_stops_the_page_and_a_picture_does_not() -> None:
    (lost,) = findings(page_of("|"), 40.0, "strana 7", letters=True)
    (plate,) = findings(page_of("|"), 40.0, "strana 7")
    assert (lost.stops, plate.stops) == (True, False)


def test_nonsense_is_told_in_percent() -> None:
    (told,) = findings(page_of(LONG, confidence=0.9), 40.0, "strana 7", known=0.04)
    assert "4 %" in told.text(Tongue.CS)


def test_the_thresholds_can_be_set() -> None:
    assert findings(page_of("Kniha", confidence=0.8), 9.0, "strana 7", least_mean=0.9)
    assert not findings(page_of("|"), 9.0, "strana 7", least_ink=10.0)


def test_an_unsure_page_is_told_in_percent_and_in_both_languages() -> None:
    (told,) = findings(page_of("Kniha", confidence=0.4), 9.0, "strana 7")
    assert "40 %" in told.text(Tongue.CS)
    assert "strana 7" in told.text(Tongue.EN)
