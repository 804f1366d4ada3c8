"""ocr.look_alikes: letters of old type put right where the language knows only one word that fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.text import PageText
from ocr.lexicon import Lexicon
from ocr.look_alikes import Type, has_long_s, settled
from tests.page_texts import LEGAL, MODEST, page_of, page_texts

GERMAN = Lexicon(frozenset({"sich", "der", "kommen", "komm", "Republik", "fand", "sand", "durch", "schnell", "Glück"}))
CZECH = Lexicon(frozenset({"článek", "jako", "velikou", "poslední", "který", "chléb", "tělo", "královské", "syn"}))
LATIN = Lexicon(frozenset({"sua", "nostra", "est", "fama", "post", "sunt", "officium"}))


def read(printed: str, known: Lexicon, kind: Type) -> list[str]:
    """The words of `printed` after settling."""
    return [word.text for word in settled(page_of(printed), known, kind).words()]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("fich", "sich"),
        ("(fich,", "(sich,"),
        ("fommen.", "kommen."),
        ("Republif,", "Republik,"),
        ("dex", "der"),
        ("dur<", "durch"),
        ("dur<h", "durch"),
        ("{nell", "schnell"),
        ("Glü>", "Glück"),
    ],
)
def test_fraktur_letters_that_look_alike_give_way_to_the_known_word(wrong: str, right: str) -> None:
    assert read(wrong, GERMAN, Type(True, "deu")) == [right]


@pytest.mark.parametrize("printed", ["fand", "1848", "Xylograph", "f", "<", "a>b.", "&c."])
def test_what_is_known_or_cannot_be_known_stays(printed: str) -> None:
    settled_words = read(printed, GERMAN, Type(True, "deu"))
    assert settled_words == [printed.replace("a>b", "ackb")]


def test_two_words_equally_near_are_no_reason_to_change() -> None:
    known = Lexicon(frozenset({"sau", "kau"}))
    assert read("fau", known, Type(True, "deu")) == ["fau"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("élánef", "článek"),
        ("gafo", "gako"),
        ("welifau", "welikau"),
        ("têélo", "tělo"),
        ("poflednj", "poslednj"),
        ("neznämÿ", "neznámý"),
    ],
    ids=["letters", "g was j", "w was v and au was ou", "one letter read as two", "j was í", "letters Czech has not"],
)
def test_czech_fraktur_is_compared_in_the_spelling_of_its_time(wrong: str, right: str) -> None:
    assert read(wrong, CZECH, Type(True, "ces")) == [right]


def test_long_s_of_an_antiqua_page_becomes_s() -> None:
    printed = "fua noftra eft funt poft fama officium fplendor Aug&us"
    expected = "sua nostra est sunt post fama officium splendor Augctus"
    assert read(printed, LATIN, Type(False, "lat")) == expected.split()


def test_what_the_engine_read_is_kept_beside_the_word() -> None:
    kept = settled(page_of("fich der dur<"), GERMAN, Type(True, "deu")).words()
    assert [(word.text, word.others) for word in kept] == [("sich", ("fich",)), ("der", ()), ("durch", ("dur<",))]


def test_modern_antiqua_is_never_touched() -> None:
    printed = "fua fama officium Brno M&S a<b"
    assert read(printed, LATIN, Type(False, "lat")) == printed.split()


def test_long_s_itself_tells_an_old_page() -> None:
    assert has_long_s(page_of("ſua noſtra eſt ſunt"), Lexicon())
    assert not has_long_s(page_of("sua nostra est sunt"), LATIN)


@MODEST
@given(page_texts(), st.booleans(), st.sampled_from(["ces", "deu", "lat"]))
def test_boxes_confidence_and_number_of_words_never_change(text: PageText, fraktur: bool, language: str) -> None:
    after = settled(text, GERMAN, Type(fraktur, language))
    assert [(w.box, w.confidence) for w in after.words()] == [(w.box, w.confidence) for w in text.words()]


@MODEST
@given(st.lists(st.text(LEGAL, min_size=1, max_size=8).filter(lambda t: t.split() == [t]), min_size=1, max_size=5))
def test_settling_twice_changes_nothing_more_in_german_fraktur(words: list[str]) -> None:
    once = settled(page_of(" ".join(words)), GERMAN, Type(True, "deu"))
    assert settled(once, GERMAN, Type(True, "deu")) == once
