"""ocr.hocr, ocr.rescale and ocr.hyphenation: from what Tesseract says to text that can be searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import BlockKind, PageText, Part, Style
from ocr.hocr import from_hocr
from ocr.hyphenation import MARKS, join
from ocr.rescale import scaled
from tests.page_texts import MODEST, page_of, page_texts

ENGINE = Agent("Tesseract", "5.3.0")
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://example.invalid/xhtml1-transitional.dtd"[
<!ENTITY file SYSTEM "file:///etc/hostname"><!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title></title></head><body>"""


def page(inside: str) -> bytes:
    """An hOCR document of one page, 1000 x 2000 pixels."""
    return f"""{HEAD}<div class='ocr_page' title='image "page.pgm"; bbox 0 0 1000 2000; ppageno 0'>{inside}</div>
    </body></html>""".encode()


def par(inside: str, more: str = "lang='ces'") -> bytes:
    """A page with one paragraph of one line."""
    return page(
        f"""<div class='ocr_carea' title="bbox 10 10 500 100"><p class='ocr_par' {more} title="bbox 10 10 500 100">
        <span class='ocr_line' title="bbox 10 10 500 50; baseline 0 0; x_size 41.7; x_descenders 5">{inside}</span>
        </p></div>"""
    )


def word(text: str, title: str = "bbox 10 10 60 50; x_wconf 96", more: str = "") -> str:
    return f"""<span class='ocrx_word' title='{title}' {more}>{text}</span>"""


class TestWhatTesseractSays:
    """hOCR 1.2: bbox in pixels, x_wconf in percent, x_size the height of type in pixels."""

    def test_a_paragraph_becomes_a_block_of_lines_of_words(self) -> None:
        text = from_hocr(par(word("Kniha") + word("živá", "bbox 70 10 99 50; x_wconf 7")), ENGINE, dpi=300)
        (block,) = text.blocks
        assert (text.width, text.height, block.kind) == (1000, 2000, BlockKind.TEXT)
        assert block.box == Box(10, 10, 490, 90)
        assert [w.box for w in text.words()] == [Box(10, 10, 50, 40), Box(70, 10, 29, 40)]
        assert [w.confidence for w in text.words()] == [0.96, 0.07]
        assert text.plain() == "Kniha živá\n"

    @pytest.mark.parametrize("kind", ["ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat"])
    def test_every_kind_of_line_is_read(self, kind: str) -> None:
        content = par(word("Kniha")).replace(b"ocr_line", kind.encode())
        assert from_hocr(content, ENGINE, dpi=300).plain() == "Kniha\n"

    def test_pictures_and_separators_keep_their_place_among_the_text(self) -> None:
        figures = "<div class='ocr_photo' title='bbox 1 2 3 5'></div><div class='ocr_separator' title='bbox 0 9 9 9'/>"
        text = from_hocr(page(figures), ENGINE, dpi=300)
        assert [(b.kind, b.box) for b in text.blocks] == [
            (BlockKind.PICTURE, Box(1, 2, 2, 3)),
            (BlockKind.SEPARATOR, Box(0, 9, 9, 0)),
        ]

    def test_type_is_measured_in_half_points(self) -> None:
        assert next(from_hocr(par(word("a")), ENGINE, dpi=300).lines()).style == Style(10.0)
        assert next(from_hocr(par(word("a")), ENGINE, dpi=0).lines()).style == Style()

    def test_bold_and_italic_lines_are_known_and_tolerated(self) -> None:
        text = from_hocr(par(word("<strong><em>Kni</em>ha</strong>") + word("<strong>je</strong>")), ENGINE, dpi=0)
        assert text.plain() == "Kniha je\n"
        assert next(text.lines()).style == Style(bold=True)

    def test_a_word_has_the_language_of_the_model_that_read_it(self) -> None:
        inside = word("kniha") + word("Buch", more="lang='deu'") + word("ſo", more="lang='frk'") + word("rok")
        text = from_hocr(par(inside), ENGINE, dpi=0, languages=("ces", "deu"))
        assert [w.language for w in text.words()] == ["ces", "deu", "deu", "ces"]
        assert text.blocks[0].language in {"ces", "deu"}

    @pytest.mark.parametrize(("asked", "language"), [(("ces",), "ces"), (("ces", "deu"), "")])
    def test_a_model_of_a_script_does_not_say_which_language(self, asked: tuple[str, ...], language: str) -> None:
        text = from_hocr(par(word("ſo"), more="lang='script/Fraktur'"), ENGINE, dpi=0, languages=asked)
        assert next(text.words()).language == language

    def test_words_without_text_and_blocks_without_words_are_dropped(self) -> None:
        assert from_hocr(par(word(" ") + word("\n")), ENGINE, dpi=0).blocks == ()
        assert from_hocr(par(word(" ") + word("a")), ENGINE, dpi=0).plain() == "a\n"


class TestWhatItShouldNotSay:
    """A page's text comes from outside: nothing in it may crash the reader or make it look elsewhere."""

    def test_boxes_stay_on_the_page(self) -> None:
        text = from_hocr(par(word("a", "bbox -5 1990 1005 2010; x_wconf 150")), ENGINE, dpi=0)
        assert next(text.words()).box == Box(0, 1990, 1000, 10)
        assert next(text.words()).confidence == 1.0

    def test_the_name_of_the_image_is_no_box(self) -> None:
        text = from_hocr(page("").replace(b"page.pgm", b"bbox 1 2 3 4.pgm"), ENGINE, dpi=0)
        assert (text.width, text.height) == (1000, 2000)

    def test_a_word_without_its_properties_is_kept_as_unsure(self) -> None:
        (read,) = from_hocr(par(word("a", "")), ENGINE, dpi=0).words()
        assert (read.confidence, read.box) == (0.0, Box(0, 0, 0, 0))

    def test_control_characters_are_left_out(self) -> None:
        assert from_hocr(par(word("kni\x01\x08h&#7;a")), ENGINE, dpi=0).plain() == "kniha\n"

    def test_entities_and_the_network_are_not_followed(self) -> None:
        text = from_hocr(par(word("a") + word("&file;") + word("&b;")), ENGINE, dpi=0)
        assert "aaaaaaaaaa" not in text.plain()
        assert len(text.plain()) < 20

    @pytest.mark.parametrize(
        "content",
        [b"", b"\x00", b"plain", b"<html/>", page("").replace(b"bbox 0 0 1000 2000", b""), page("") + page("")],
        ids=["nothing", "zero", "text", "no page", "no size", "two pages"],
    )
    def test_what_is_no_page_is_refused(self, content: bytes) -> None:
        with pytest.raises(ValueError, match="hOCR"):
            from_hocr(content, ENGINE, dpi=300)

    @MODEST
    @given(st.binary(max_size=60), st.integers(0, 900))
    def test_damage_gives_a_page_or_a_refusal_and_never_a_crash(self, noise: bytes, place: int) -> None:
        content = par(word("Kniha") + word("živá"))
        try:
            text = from_hocr(content[:place] + noise + content[place + len(noise) :], ENGINE, dpi=300)
        except ValueError:
            return
        assert all(0 <= w.box.left <= w.box.right <= text.width for w in text.words())


class TestRescale:
    """OCR may read a smaller copy: its boxes move to the pixels of the master."""

    def test_boxes_grow_and_words_stay(self) -> None:
        text = join(page_of("první pře-\nborník"))
        twice = scaled(text, 2.0, 2.0, 4000, 6000)
        assert (twice.width, twice.height, twice.plain()) == (4000, 6000, text.plain())
        assert [w.box for w in twice.words()] == [w.box.scaled(2, 2) for w in text.words()]
        mark = next(twice.lines()).hyphen
        assert mark is not None
        assert mark.box == Box(180, 0, 20, 40)

    @MODEST
    @given(page_texts(), st.floats(0.1, 4), st.floats(0.1, 4))
    def test_no_box_leaves_the_page(self, text: PageText, x: float, y: float) -> None:
        moved = scaled(text, x, y, 1000, 1500)
        assert all(w.box.right <= 1000 and w.box.bottom <= 1500 for w in moved.words())


class TestHyphenation:
    """Broken words are joined for searching; what is printed stays."""

    @pytest.mark.parametrize("mark", sorted(MARKS))
    def test_a_word_broken_by_any_mark_is_joined(self, mark: str) -> None:
        text = join(page_of(f"první pře{mark}\nborník bude"))
        assert text.joined() == "první přeborník bude"
        first, second = [w for w in text.words() if w.part is not Part.WHOLE]
        assert (first.text, first.part, second.text, second.part) == ("pře", Part.FIRST, "borník", Part.SECOND)
        assert first.whole == second.whole == "přeborník"

    def test_the_mark_gets_its_share_of_the_box(self) -> None:
        above = next(join(page_of("pře-\nborník")).lines())
        assert above.words[0].box == Box(0, 0, 30, 20)
        assert above.hyphen is not None
        assert above.hyphen.box == Box(30, 0, 10, 20)

    def test_a_czech_hyphen_repeated_on_the_new_line_is_real(self) -> None:
        """Internetová jazyková příručka, Spojovník: at a line's end the hyphen is repeated on the next line."""
        text = join(page_of("slovník česko-\n-německý"))
        assert text.joined() == "slovník česko-německý"
        assert text.plain() == "slovník česko-\n-německý\n"

    @pytest.mark.parametrize(
        "printed",
        [
            "v letech 1918-\n1920",
            "Rakousko-\nUhersko",
            "severo-\na jihozápadní",
            "Ein-\nund Ausgang",
            "to -\nano",
            "a --\nb",
        ],
    )
    def test_what_is_no_broken_word_stays_apart(self, printed: str) -> None:
        text = page_of(printed)
        assert join(text) == text

    def test_a_word_broken_at_a_column_s_end_goes_on_in_the_next_block(self) -> None:
        assert join(page_of("konec sloup-", "ce je zde")).joined() == "konec sloupce je zde"
        assert join(page_of("konec sloup-", "Nový odstavec")).joined() == "konec sloup- Nový odstavec"

    def test_a_line_of_one_syllable_is_joined_only_on_one_side(self) -> None:
        assert join(page_of("neob-\nhospoda-\nřovat")).joined() == "neob- hospodařovat"

    @MODEST
    @given(
        st.lists(
            st.lists(st.text(st.sampled_from("abžZ1-=¬."), min_size=1, max_size=5), min_size=1, max_size=3).map(
                " ".join
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_joining_changes_nothing_that_is_printed_and_is_done_once(self, printed: list[str]) -> None:
        text = page_of("\n".join(printed[:3]), *printed[3:])
        joined = join(text)
        assert joined.plain() == text.plain()
        assert join(joined) == joined
        assert len(list(joined.words())) == len(list(text.words()))
        parts = [w.part for w in joined.words()]
        assert parts.count(Part.FIRST) == parts.count(Part.SECOND)

    @MODEST
    @given(page_texts())
    def test_any_page_keeps_its_text(self, text: PageText) -> None:
        assert join(text).plain() == text.plain()
