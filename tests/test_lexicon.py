"""ocr.lexicon: words of a language, from its Tesseract model."""

from __future__ import annotations

import pytest

from metadata.tool import Tool
from ocr import lexicon as module
from ocr.lexicon import Lexicon, core, lexicon, sense
from ocr.tesseract import TESSERACT, installed
from tests.page_texts import page_of

KNOWN = Lexicon(frozenset({"kniha", "Brno"}))


@pytest.mark.parametrize("printed", ["kniha", "Kniha", "KNIHA", "„kniha“,", "(Brno)", "BRNO.", "kniha-"])
def test_a_word_is_known_in_every_dress(printed: str) -> None:
    assert KNOWN.knows(printed)


@pytest.mark.parametrize("printed", ["knihu", "", ".", "a", "kniha1", "kni-ha"])
def test_other_strings_are_not(printed: str) -> None:
    assert not KNOWN.knows(printed)


def test_capitals_of_a_name_are_forgiven() -> None:
    assert KNOWN.knows("BRNO")


def test_the_core_is_the_word_without_its_marks() -> None:
    assert (core("„Brno,“"), core("t.zv."), core("—")) == ("Brno", "t.zv", "")


@pytest.mark.skipif(not TESSERACT.present() or "ces" not in installed().names, reason="no Czech model")
def test_the_czech_model_knows_czech() -> None:
    czech = lexicon(("ces",))
    assert all(map(czech.knows, ["kniha", "který", "město", "Praha"]))
    assert not any(map(czech.knows, ["knjha", "xqz", "fterý"]))


def test_sense_is_the_share_of_letters_in_known_words() -> None:
    assert sense(page_of("Kniha xqzrt Brno, a ty"), KNOWN) == pytest.approx(9 / 14)


def test_a_page_of_short_words_and_numbers_has_no_sense_to_measure() -> None:
    assert sense(page_of("1906 a 25,50 Kč ."), KNOWN) == -1.0
    assert sense(page_of("Kniha"), Lexicon()) == -1.0


@pytest.mark.skipif(not TESSERACT.present(), reason="tesseract is not installed")
def test_a_language_without_a_model_adds_no_word() -> None:
    assert lexicon(("xxx",)) == Lexicon()


@pytest.mark.skipif(not TESSERACT.present() or "ces" not in installed().names, reason="no Czech model")
def test_without_the_tools_there_is_no_list_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNPACK", Tool("kdr-no-such-program", "none"))
    module._words.cache_clear()
    try:
        assert lexicon(("ces",)) == Lexicon()
    finally:
        module._words.cache_clear()
