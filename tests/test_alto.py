"""metadata.alto: what is written is valid ALTO 2.0 and reads back equal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from metadata.alto import NAMESPACE, from_alto, to_alto
from metadata.event import Agent
from metadata.geometry import Box
from metadata.markup import parse, violations
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Part, Style, Word
from ocr.hyphenation import join
from tests.page_texts import MODEST, page_of, page_texts

WHEN = "2026-11-22T10:00:00+00:00"
NS = {"a": NAMESPACE}


def written(text: PageText, order: int = 7) -> bytes:
    return to_alto(text, image_name="mc_0007.jp2", when=WHEN, order=order)


def found(content: bytes, path: str) -> list[str]:
    """What the XPath (prefix a: ALTO 2.0) says of the document, as strings."""
    answer = etree.fromstring(content).xpath(path, namespaces=NS)
    assert isinstance(answer, list)
    return [str(each) for each in answer]


class TestRoundTrip:
    """Whatever we write we can read back, for any text."""

    @MODEST
    @given(page_texts())
    def test_alto_gives_back_what_it_was_given(self, text: PageText) -> None:
        assert from_alto(written(text)) == text

    @MODEST
    @given(page_texts())
    def test_the_same_page_gives_the_same_bytes(self, text: PageText) -> None:
        content = written(text)
        assert written(from_alto(content)) == content

    @MODEST
    @given(st.sampled_from("\0\x01\x08\x0b\x0c\x1f\ud800\udfff\ufffe\uffff"))
    def test_what_xml_forbids_becomes_the_replacement_character(self, forbidden: str) -> None:
        """XML 1.0 §2.2: Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]."""
        box = Box(0, 0, 9, 9)
        line = Line(box, (Word(f"kni{forbidden}ha", box, 1.0),))
        content = written(PageText(9, 9, (Block(BlockKind.TEXT, box, (line,)),), Agent(f"a{forbidden}")))
        assert from_alto(content).plain() == "kni\ufffdha\n"
        assert from_alto(content).engine.name == "a\ufffd"

    def test_a_joined_word_survives(self) -> None:
        text = join(page_of("první pře-\nborník bude"))
        read = from_alto(written(text))
        assert read == text
        assert read.joined() == "první přeborník bude"

    def test_words_in_other_languages_than_their_block_survive(self) -> None:
        box = Box(0, 0, 10, 10)
        line = Line(box, tuple(Word(code or "?", box, 0.5, code) for code in ("ces", "deu", "", "lat")))
        text = PageText(100, 100, (Block(BlockKind.TEXT, box, (line,), "ces"),), Agent("Fixed"))
        assert [word.language for word in from_alto(written(text)).words()] == ["ces", "deu", "", "lat"]


class TestSchema:
    """ndk.md §0: ALTO 2.0; every document is valid against the schema of the Library of Congress."""

    @MODEST
    @given(text=page_texts())
    def test_every_page_is_valid(self, schemas: Path, text: PageText) -> None:
        assert violations(parse(written(text)), schemas / "alto" / "alto-2-0.xsd") == ()

    def test_an_empty_page_is_valid_and_has_its_size(self, schemas: Path) -> None:
        content = written(PageText(1500, 2450, (), Agent("Fixed")))
        assert violations(parse(content), schemas / "alto" / "alto-2-0.xsd") == ()
        assert found(content, "//a:Page/@WIDTH | //a:Page/@HEIGHT") == ["2450", "1500"]

    def test_references_lead_somewhere_and_ids_are_unique(self) -> None:
        box = Box(0, 0, 10, 10)
        line = Line(box, (Word("das", box, 0.5, "deu"), Word("to", box, 0.5, "ces")), Style(10.5, bold=True))
        block = Block(BlockKind.TEXT, box, (line, line), "ces")
        content = written(PageText(100, 100, (block, block), Agent("Fixed")))
        names = found(content, "//@ID")
        assert len(names) == len(set(names))
        assert set(found(content, "//@STYLEREFS | //@PROCESSING")) <= set(names)


class TestContent:
    """What a reader of the archive finds in the document."""

    def test_it_says_who_read_what_when_and_how(self) -> None:
        text = PageText(9, 9, (), Agent("Tesseract", "5.3.0", note="--psm 3"), "-l ces+deu", ("ces", "deu"))
        content = to_alto(text, image_name="mc_7.jp2", when=WHEN, order=7, creator="Google")
        assert found(content, "//a:MeasurementUnit/text()") == ["pixel"]
        assert found(content, "//a:sourceImageInformation/a:fileName/text()") == ["mc_7.jp2"]
        said = found(content, "//a:ocrProcessingStep//text()[normalize-space()]")
        assert said == [WHEN, "languages ces+deu", "-l ces+deu", "Google", "Tesseract", "5.3.0", "--psm 3"]

    def test_a_broken_word_is_marked_on_both_lines(self) -> None:
        content = written(join(page_of("pře-\nborník")))
        assert found(content, "//a:String/@SUBS_TYPE") == ["HypPart1", "HypPart2"]
        assert found(content, "//a:String/@SUBS_CONTENT") == ["přeborník", "přeborník"]
        assert found(content, "//a:String/@CONTENT") == ["pře", "borník"]
        assert found(content, "//a:TextLine[1]/*[last()][self::a:HYP]/@CONTENT") == ["-"]

    def test_identifiers_carry_the_page_so_that_a_book_has_each_once(self) -> None:
        names = [set(found(written(page_of("a\nb", "c"), order), "//@ID")) for order in (7, 8)]
        assert "BLOCK_0007_0002" in names[0]
        assert not names[0] & names[1]

    def test_blanks_fill_the_gaps_between_words(self) -> None:
        content = written(page_of("ab cd ef"))
        assert found(content, "//a:SP/@HPOS") == ["20", "50"]
        assert found(content, "//a:SP/@WIDTH") == ["10", "10"]

    def test_pictures_and_separators_are_no_text(self) -> None:
        box = Box(1, 2, 3, 4)
        figures = (Block(BlockKind.PICTURE, box), Block(BlockKind.SEPARATOR, box))
        content = written(PageText(9, 9, figures, Agent("Fixed")))
        assert found(content, "//a:Illustration/@ID") == ["BLOCK_0007_0001"]
        assert found(content, "//a:GraphicalElement/@ID") == ["BLOCK_0007_0002"]
        assert from_alto(content).blocks == figures

    def test_confidence_is_written_as_it_is(self) -> None:
        assert found(written(page_of("slovo", confidence=0.9612)), "//a:String/@WC") == ["0.9612"]


BOX = Box(0, 0, 1, 1)
WORD = Word("a", BOX, 1.0)


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (Block(BlockKind.TEXT, BOX, (Line(BOX, ()),)), "at least one word"),
        (Block(BlockKind.PICTURE, BOX, (Line(BOX, (WORD,)),)), "neither text nor language"),
        (Block(BlockKind.SEPARATOR, BOX, (), "ces"), "neither text nor language"),
        (Block(BlockKind.TEXT, BOX, (), "česky"), "'česky' is no ISO 639-2"),
        (Block(BlockKind.TEXT, BOX, (), "und"), "'und' is no ISO 639-2"),
    ],
)
def test_what_alto_cannot_say_is_refused(block: Block, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        written(PageText(9, 9, (block,), Agent("Fixed")))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'HPOS="0"', b'HPOS="1.5"', r"line \d+: \w+: HPOS is '1.5', not whole pixels"),
        (b'WIDTH="2000"', b"", "Page: WIDTH is '', not whole pixels"),
        (b'WIDTH="50"', b'WIDTH="-5"', r"line \d+: \w+: WIDTH is -5, less than nothing"),
        (b'WC="0.9"', b'WC="1.9"', r"line \d+: String: confidence of 'slovo' is 1.9"),
        (b'WC="0.9"', b'WC="nan"', "String: WC is 'nan', not a number"),
        (b'CONTENT="slovo"', b"", "String: no CONTENT"),
        (b'WC="0.9"', b'SUBS_TYPE="HypPart1"', "String: .*joined word"),
        (b">pixel<", b">mm10<", "measured in mm10"),
        (b"ns-v2#", b"ns-v3#", "not the root of ALTO 2.0"),
        (b"TextBlock", b"Poem", "Poem: no block of ALTO 2.0"),
        (b"<Layout>", b"<Layout><Page/>", "of 2 pages"),
        (b"</alto>", b"", "alto"),
    ],
)
def test_a_damaged_document_is_refused_with_its_place(old: bytes, new: bytes, why: str) -> None:
    content = written(page_of("slovo"))
    assert old in content
    with pytest.raises(ValueError, match=why):
        from_alto(content.replace(old, new))


def test_the_hyphen_is_as_high_as_its_word_because_hyp_has_no_height() -> None:
    word = Word("pře", Box(0, 0, 30, 20), 1.0, "", Part.FIRST, "přeborník")
    line = Line(word.box, (word,), hyphen=Hyphen("-", Box(30, 0, 10, 99)))
    read = from_alto(written(PageText(99, 99, (Block(BlockKind.TEXT, word.box, (line,)),), Agent("Fixed"))))
    mark = next(read.lines()).hyphen
    assert mark is not None
    assert mark.box == Box(30, 0, 10, 20)


def test_a_stranger_s_alto_is_read_where_it_measures_in_pixels() -> None:
    content = f"""<alto xmlns="{NAMESPACE}"><Description><MeasurementUnit>pixel</MeasurementUnit></Description><Layout>
      <Page ID="P1" WIDTH="100" HEIGHT="100" PHYSICAL_IMG_NR="1">
      <!-- OCR --><TopMargin HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9"/>
      <PrintSpace HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9"><ComposedBlock ID="C" HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9">
      <TextBlock ID="B" HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9"><Shape><Polygon POINTS="0,0"/></Shape>
      <TextLine STYLEREFS="T9" HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9">
      <String CONTENT="Dr." SUBS_TYPE="Abbreviation" SUBS_CONTENT="Doktor" HPOS="0" VPOS="0" WIDTH="9" HEIGHT="9"/>
      </TextLine></TextBlock></ComposedBlock></PrintSpace></Page></Layout></alto>"""
    text = from_alto(content.encode())
    assert text.plain() == "Dr.\n"
    assert next(text.words()).part is Part.WHOLE


def test_a_size_of_type_beyond_all_numbers_is_refused() -> None:
    line = Line(BOX, (WORD,), Style(10.0))
    page = PageText(100, 100, (Block(BlockKind.TEXT, BOX, (line,)),), Agent("Fixed", "1"))
    written = to_alto(page, image_name="a.jp2", when="2026-11-22T10:00:00+00:00")
    with pytest.raises(ValueError, match="FONTSIZE"):
        from_alto(written.replace(b'FONTSIZE="10"', b'FONTSIZE="1e999"'))
