"""ocr.second_opinion: two readings joined word by word."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from metadata.geometry import Box
from metadata.text import Block, BlockKind, Line, PageText, Word
from ocr.rewording import reworded
from ocr.second_opinion import Joined, joined, worth
from tests.page_texts import MODEST, page_of, page_texts


def sure(word: Word) -> float:
    """An engine that is believed."""
    return word.confidence


def reading(*lines: tuple[int, str], top: int = 0) -> PageText:
    """A page of one block: each line is (confidence of its words in per cent, what was read), 30 pixels apart."""
    made = []
    for place, (percent, printed) in enumerate(lines):
        (block,) = page_of(printed, confidence=percent / 100).blocks
        made.append(_moved(block.lines[0], top + 30 * place))
    page = page_of("x")
    return replace(page, blocks=(Block(BlockKind.TEXT, Box.around([line.box for line in made]), tuple(made)),))


def _moved(line: Line, down: int) -> Line:
    def box(old: Box) -> Box:
        return Box(old.left, old.top + down, old.width, old.height)

    return replace(line, box=box(line.box), words=tuple(replace(word, box=box(word.box)) for word in line.words))


def mixed(*words: tuple[str, int]) -> PageText:
    """A page of one line whose words have each its confidence in per cent."""
    page = reading((90, " ".join(text for text, _ in words)))
    (block,) = page.blocks
    line = block.lines[0]
    rated = tuple(replace(w, confidence=rate / 100) for w, (_, rate) in zip(line.words, words, strict=True))
    return replace(page, blocks=(replace(block, lines=(replace(line, words=rated),)),))


def with_others(page: PageText, *others: str) -> PageText:
    """`page` whose words all have these other readings."""
    return reworded(page, lambda word: replace(word, others=others))


def test_the_better_word_of_each_place_is_kept() -> None:
    first = mixed(("Kniha", 95), ("js", 30), ("přítel", 95))
    second = mixed(("Knibo", 40), ("je", 90), ("přítel", 90))
    both = joined(first, second, sure)
    assert both.text.plain() == "Kniha je přítel\n"
    assert [word.others for word in both.text.words()] == [("Knibo",), ("js",), ()]


def test_words_split_otherwise_are_one_choice() -> None:
    first = mixed(("ve", 50), ("likém", 40), ("Brně", 90))
    second = mixed(("vevlikém", 95), ("Brně", 90))
    both = joined(first, second, sure).text
    assert both.plain() == "vevlikém Brně\n"
    assert [word.others for word in both.words()] == [("ve likém",), ()]


def test_the_first_word_of_a_run_carries_all_that_the_other_reading_had() -> None:
    first = mixed(("ve", 95), ("likém", 90), ("Brně", 90))
    second = mixed(("vevlikém", 40), ("Brně", 90))
    assert [word.others for word in joined(first, second, sure).text.words()] == [("vevlikém",), (), ()]


def test_what_the_engine_read_before_it_was_settled_follows_the_other_reading() -> None:
    first, second = mixed(("sich", 95), ("und", 95)), mixed(("stch", 30), ("und", 30))
    first, second = with_others(first, "fich"), with_others(second, "ftch")
    assert [word.others for word in joined(first, second, sure).text.words()] == [("stch", "fich"), ("fich", "ftch")]


def test_a_reading_alike_is_no_other_reading() -> None:
    both = joined(mixed(("Brno", 95)), with_others(mixed(("Brno", 90)), "Bruo", "Brno"), sure)
    assert [word.others for word in both.text.words()] == [("Bruo",)]


def test_a_hair_s_breadth_is_no_reason_to_change() -> None:
    assert joined(mixed(("Brno", 90)), mixed(("Bruo", 92)), sure).text.plain() in {"Brno\n", "Bruo\n"}
    both = joined(mixed(("Brno", 80), ("Praha", 99)), mixed(("Bruo", 82), ("Praba", 50)), sure)
    assert both.text.plain() == "Brno Praha\n"
    assert [word.others for word in both.text.words()] == [("Bruo",), ("Praba",)]


def test_a_word_read_alike_twice_is_as_sure_as_the_surer_reading() -> None:
    (word,) = joined(mixed(("Brno", 80)), mixed(("Brno", 95)), sure).text.words()
    assert word.confidence == 0.95


def test_a_lost_line_comes_back_in_its_place() -> None:
    first = reading((90, "Kniha je přítel"), (20, "| ~"), (95, "všech lidí na světě"))
    second = reading((85, "Kniha je přítel"))
    lost = reading((90, "a učitel"), top=30)
    whole = replace(second, blocks=(*second.blocks, *lost.blocks))
    assert joined(first, whole, sure).text.plain() == "Kniha je přítel\na učitel\nvšech lidí na světě\n"


def test_a_lost_line_at_the_very_top_comes_first() -> None:
    below = reading((90, "Kniha je přítel člověka"), top=60)
    second = reading((90, "Nadpis"))
    assert joined(below, second, sure).text.plain() == "Nadpis\n\nKniha je přítel člověka\n"


def test_junk_that_only_one_reading_has_goes_and_doubted_text_stays() -> None:
    first = reading((90, "Kniha je přítel"), (5, "~ |x"), (40, "tužkou psáno"))
    second = reading((60, "Kniha je přítel"))
    both = joined(first, second, sure)
    assert both.text.plain() == "Kniha je přítel\ntužkou psáno\n"
    assert both.dropped == 1


def test_a_doubted_line_that_only_the_lesser_reading_has_is_left_out_and_counted() -> None:
    first, second = reading((90, "Kniha je přítel")), reading((80, "Kniha je přítel"), (40, "x~ i|"))
    assert joined(first, second, sure) == Joined(first, 1)


def test_pictures_stay() -> None:
    picture = Block(BlockKind.PICTURE, Box(0, 500, 100, 100))
    first = replace(reading((90, "Brno")), blocks=(*reading((90, "Brno")).blocks, picture))
    assert joined(first, reading((80, "Brno")), sure).text.blocks[-1] == picture


def test_an_empty_reading_changes_nothing() -> None:
    first = reading((90, "Kniha je přítel"))
    assert joined(first, replace(first, blocks=()), sure).text == first
    assert joined(replace(first, blocks=()), first, sure).text.plain() == first.plain()


@MODEST
@given(st.lists(st.lists(st.text("abcčř.", min_size=1, max_size=8), min_size=1, max_size=4), max_size=4))
def test_a_reading_joined_with_itself_is_itself(printed: list[list[str]]) -> None:
    text = reading(*((90, " ".join(words)) for words in printed)) if printed else replace(page_of("x"), blocks=())
    assert joined(text, text, sure) == Joined(text, 0)


@MODEST
@given(page_texts(), page_texts())
def test_every_word_comes_from_one_of_the_readings(first: PageText, second: PageText) -> None:
    told = {word.text for text in (first, second) for word in text.words()}
    both = joined(first, second, sure)
    assert {word.text for word in both.text.words()} <= told
    assert all(block.lines or block.kind is not BlockKind.TEXT or block in first.blocks + second.blocks
               for block in both.text.blocks)  # fmt: skip


def test_doubted_letters_count_against_a_reading() -> None:
    assert worth(mixed(("Brno", 100)), sure) == 4
    assert worth(mixed(("Brno", 100), ("Praha", 0)), sure) == -1
