"""An edited text goes back into the layout of what was read: every word at its place, and nothing else changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import Block, BlockKind, PageText, Part, Word
from ocr.corrected import compared, printed, with_lines
from ocr.hyphenation import join
from tests.page_texts import MODEST, page_of, page_texts

TOWN = page_of("Knlha je přítel\nčlověka a světa", "Druhý odstavec\nkončí zde")
"""Two blocks of two lines, with a word that was misread."""
LETTERS = st.text("abčř-¬ \n\t", max_size=60)


def boxes(text: PageText) -> list[Box]:
    """Every box of the page."""
    hyphens = [line.hyphen.box for line in text.lines() if line.hyphen]
    words = [word.box for word in text.words()]
    return [*(block.box for block in text.blocks), *(line.box for line in text.lines()), *words, *hyphens]


def word(text: PageText, called: str) -> Word:
    """The only word of that text."""
    (found,) = [each for each in text.words() if each.text == called]
    return found


def edits(text: str) -> st.SearchStrategy[str]:
    """The text with pieces of it cut out, written anew, doubled or carried elsewhere."""

    def edit(at: int, length: int, put: str, target: int, carried: bool) -> str:
        start = at % (len(text) + 1)
        cut, rest = text[start : start + length], text[:start] + text[start + length :]
        place = target % (len(rest) + 1)
        return rest[:place] + (cut if carried else put) + rest[place:]

    numbers = st.integers(0, 10_000)
    return st.builds(edit, numbers, st.integers(0, 30), LETTERS, numbers, st.booleans())


class TestWhateverIsEdited:
    @MODEST
    @given(page_texts())
    def test_unchanged_text_gives_the_same_page(self, page: PageText) -> None:
        assert with_lines(page, page.plain().replace("\n", "\r\n")) == page

    @MODEST
    @given(page_texts(), st.data())
    def test_the_page_says_what_was_edited(self, page: PageText, data: st.DataObject) -> None:
        wanted = data.draw(edits(page.plain()))
        assert printed(with_lines(page, wanted).plain()) == printed(wanted)

    @MODEST
    @given(edits(TOWN.plain()))
    def test_every_box_lies_on_the_page(self, wanted: str) -> None:
        small = replace(TOWN, width=160, height=110)
        small = replace(small, blocks=tuple(_inside(block, small) for block in small.blocks))
        for box in boxes(with_lines(small, wanted)):
            assert box == box.inside(small.width, small.height)

    @MODEST
    @given(edits(TOWN.plain()))
    def test_no_word_is_both_unsure_and_other_than_read(self, wanted: str) -> None:
        read = {each.text: each for each in TOWN.words()}
        for each in with_lines(TOWN, wanted).words():
            assert each.confidence == 1.0 or each.text in read or each.part is not Part.WHOLE

    @MODEST
    @given(edits(TOWN.plain()))
    def test_editing_back_gives_the_text_that_was_read(self, wanted: str) -> None:
        assert with_lines(with_lines(TOWN, wanted), TOWN.plain()).plain() == TOWN.plain()


def _inside(block: Block, page: PageText) -> Block:
    lines = tuple(
        replace(
            line,
            box=line.box.inside(page.width, page.height),
            words=tuple(replace(each, box=each.box.inside(page.width, page.height)) for each in line.words),
        )
        for line in block.lines
    )
    return replace(block, box=block.box.inside(page.width, page.height), lines=lines)


class TestWords:
    def test_a_corrected_word_has_its_place_and_says_what_was_read(self) -> None:
        made = with_lines(TOWN, TOWN.plain().replace("Knlha", "Kniha"))
        assert word(made, "Kniha") == replace(word(TOWN, "Knlha"), text="Kniha", confidence=1.0, others=("Knlha",))
        assert [each for each in made.words() if each.text != "Kniha"] == list(TOWN.words())[1:]
        assert [block.box for block in made.blocks] == [block.box for block in TOWN.blocks]

    def test_what_it_was_unsure_of_before_is_not_forgotten(self) -> None:
        first = TOWN.blocks[0].lines[0]
        unsure = replace(first, words=(replace(first.words[0], others=("Kulha",)), *first.words[1:]))
        read = replace(TOWN, blocks=(replace(TOWN.blocks[0], lines=(unsure,)),))
        assert word(with_lines(read, "Kniha je přítel"), "Kniha").others == ("Knlha", "Kulha")

    def test_a_split_word_shares_its_place(self) -> None:
        made = with_lines(page_of("jenjeden svět"), "jen jeden svět")
        assert [(each.text, each.box.left, each.box.right) for each in made.words()] == [
            ("jen", 0, 30), ("jeden", 30, 80), ("svět", 90, 130),
        ]  # fmt: skip
        assert word(made, "jen").others == ("jenjeden",)

    def test_merged_words_get_both_places(self) -> None:
        made = with_lines(page_of("kni ha leží"), "kniha leží")
        assert (word(made, "kniha").box, word(made, "kniha").others) == (Box(0, 0, 60, 20), ("kni ha",))

    def test_an_added_word_stands_between_its_neighbours(self) -> None:
        made = with_lines(page_of("první třetí"), "první druhý třetí čtvrtý")
        assert word(made, "druhý").box == Box(50, 0, 10, 20)
        assert word(made, "čtvrtý").box.left == word(made, "třetí").box.right
        assert (word(made, "druhý").others, word(made, "druhý").confidence) == ((), 1.0)

    def test_a_word_before_all_others(self) -> None:
        made = with_lines(page_of("druhý"), "A druhý")
        assert [each.text for each in made.words()] == ["A", "druhý"]
        assert word(made, "A").box.right <= word(made, "druhý").box.right

    def test_a_removed_word_is_gone_and_its_neighbours_stay(self) -> None:
        made = with_lines(TOWN, TOWN.plain().replace("je ", ""))
        assert [each.text for each in made.words()][:2] == ["Knlha", "přítel"]
        assert word(made, "přítel") == word(TOWN, "přítel")


class TestLines:
    def test_two_lines_put_together_keep_their_words(self) -> None:
        made = with_lines(TOWN, TOWN.plain().replace("přítel\n", "přítel "))
        assert list(made.words()) == list(TOWN.words())
        assert len(made.blocks[0].lines) == 1
        assert made.blocks[0].lines[0].box == TOWN.blocks[0].box

    def test_a_line_taken_apart_keeps_its_words(self) -> None:
        made = with_lines(TOWN, TOWN.plain().replace("je přítel", "je\npřítel"))
        assert list(made.words()) == list(TOWN.words())
        assert made.blocks[0].lines[1].box == word(TOWN, "přítel").box

    def test_a_line_that_was_not_read_stands_below_the_one_before(self) -> None:
        made = with_lines(TOWN, TOWN.plain().replace("přítel\n", "přítel\nvšech dobrých lidí\n"))
        first, added, last = made.blocks[0].lines
        assert (first.box.bottom, added.box.height) == (added.box.top, first.box.height)
        assert list(last.words) == list(TOWN.blocks[0].lines[1].words)

    def test_changed_lines_stay_with_their_lines(self) -> None:
        read = page_of("xx yy zz\naa bb cc\ndd ee ff")
        made = with_lines(read, "Toto je první řádek\nToto je druhý\nToto je třetí a poslední")
        assert [line.box.top for line in made.lines()] == [0, 30, 60]

    def test_a_block_carried_elsewhere_takes_its_places_along(self) -> None:
        first, second = TOWN.plain().strip().split("\n\n")
        made = with_lines(TOWN, f"{second}\n\n{first}\n")
        assert made.blocks == (TOWN.blocks[1], TOWN.blocks[0])

    def test_a_page_on_which_nothing_was_read(self) -> None:
        bare = PageText(100, 90, (), Agent("Fixed"), "", ("ces",))
        made = with_lines(bare, "jedna\ndvě\n\ntři")
        assert [line.box for line in made.lines()] == [Box(0, 0, 100, 30), Box(0, 30, 100, 30), Box(0, 60, 100, 30)]
        assert len(made.blocks) == 2

    def test_everything_removed_leaves_the_pictures(self) -> None:
        picture = Block(BlockKind.PICTURE, Box(5, 5, 50, 50))
        read = replace(TOWN, blocks=(TOWN.blocks[0], picture, TOWN.blocks[1]))
        assert with_lines(read, " \n").blocks == (picture,)
        edited = with_lines(read, read.plain().replace("Knlha", "Kniha"))
        assert edited.blocks[1] == picture

    @pytest.mark.parametrize(("before", "after"), [("přítel\n", "přítel\n\n"), ("světa\n\n", "světa\n")])
    def test_blocks_are_those_of_the_edited_text(self, before: str, after: str) -> None:
        wanted = TOWN.plain().replace(before, after)
        made = with_lines(TOWN, wanted)
        assert made.plain() == wanted
        assert {block.language for block in made.blocks} == {"ces"}
        assert list(made.words()) == list(TOWN.words())


class TestBrokenWords:
    READ = join(page_of("stará roz-\nhledna stoji\ntady"))

    def test_stay_joined_when_another_word_is_corrected(self) -> None:
        made = with_lines(self.READ, self.READ.plain().replace("stoji", "stojí"))
        assert made.joined() == "stará rozhledna stojí tady"
        assert list(made.words())[:3] == list(self.READ.words())[:3]
        assert made.blocks[0].lines[0].hyphen == self.READ.blocks[0].lines[0].hyphen

    def test_are_joined_anew_when_a_part_is_corrected(self) -> None:
        made = with_lines(self.READ, self.READ.plain().replace("hledna", "hledny"))
        assert made.joined() == "stará rozhledny stoji tady"

    def test_written_together_by_a_person(self) -> None:
        made = with_lines(self.READ, "stará rozhledna\nstoji\ntady")
        assert word(made, "rozhledna").part is Part.WHOLE
        assert word(made, "rozhledna").box.height == 20


class TestALayoutOfItsOwn:
    def test_tells_corrected_words_from_those_that_were_read(self) -> None:
        edited = page_of("Kniha je přítel", "Druhý odstavec\nkončí zde", confidence=0.0)
        made = compared(TOWN, edited)
        assert [(each.text, each.confidence, each.others) for each in made.words()][:3] == [
            ("Kniha", 1.0, ("Knlha",)), ("je", 0.9, ()), ("přítel", 0.9, ()),
        ]  # fmt: skip
        assert made.plain() == edited.plain()

    def test_one_word_for_two(self) -> None:
        assert word(compared(page_of("kni ha"), page_of("kniha")), "kniha").others == ("kni ha",)

    def test_what_was_read_of_a_stretch_stands_at_its_first_word_only(self) -> None:
        made = compared(page_of("stará jenjeden xx věž"), page_of("stará jen jeden svět věž"))
        assert [(each.text, each.confidence, each.others) for each in made.words()] == [
            ("stará", 0.9, ()), ("jen", 1.0, ("jenjeden xx",)), ("jeden", 1.0, ()), ("svět", 1.0, ()), ("věž", 0.9, ()),
        ]  # fmt: skip

    @pytest.mark.parametrize("words", [2, 200])
    def test_a_page_written_anew_says_once_what_was_read(self, words: int) -> None:
        read = page_of(" ".join(f"x{number}" for number in range(words)))
        edited = page_of(" ".join(f"y{number}" for number in range(words + 1)))
        said = [other for each in compared(read, edited).words() for other in each.others]
        assert said == [" ".join(each.text for each in read.words())]
