"""A searchable PDF: what it looks like, what can be found, copied and cited in it, and what it promises as PDF/A-2u."""

from __future__ import annotations

import html
import io
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from PIL import Image, ImageFont

from metadata.event import Agent
from metadata.geometry import Box
from metadata.markup import parse
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Part, Word
from ocr import page_picture, pdf_font
from ocr.page_picture import Pixels
from ocr.pdf_about import Bookmark, PdfAbout, language_tag, xmp
from ocr.pdf_font import Codes, font_program
from ocr.pdf_text import text_stream
from ocr.searchable import PdfFacts, PdfPage, write_pdf
from tests.page_records import hostile_text
from tests.page_texts import MODEST, page_of, page_texts
from tests.pictures import encoded, put, slopes, text_page

OLD_PRINT = "staͤte ſiebente Žluťoučký ﬂůſs Ωκεανός жук v 1848 ⸗ ꝛc. 😀"
NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
ABOUT = PdfAbout(
    title="Zkušební svazek",
    created="2026-11-22T10:00:00+01:00",
    producer="kdr 0.1.0",
    authors=("Novák, Jan", "Černá, Marie"),
    language="cze",
    publisher="Vydavatel & syn",
    date="1919",
    identifiers=("urn:nbn:cz:li001-000001", "isbn:80-85605-10-4"),
    subjects=("hodiny", "knihovny"),
    outline=(
        Bookmark("Předmluva", 0),
        Bookmark("Díl první", 1, (Bookmark("Žně", 1), Bookmark("Zima", 2, (Bookmark("Led", 3),)))),
    ),
)
LABELS = ("xii", "[1]", "12a", "")


def white(_path: Path, _long_edge: int) -> Pixels:
    """Every page of the volume is blank paper."""
    return np.full((300, 200), 255, np.uint8)


def pages_of(*texts: PageText, labels: Sequence[str] = ()) -> list[PdfPage]:
    named = [*labels, *[""] * len(texts)]
    return [
        PdfPage(Path(f"{n}.jp2"), text, label, 300.0) for n, (text, label) in enumerate(zip(texts, named, strict=False))
    ]


def write(target: Path, *texts: PageText, about: PdfAbout | None = None, labels: Sequence[str] = ()) -> PdfFacts:
    about = about or replace(ABOUT, outline=())
    return write_pdf(target, pages_of(*texts, labels=labels), about, long_edge=300, decode=white)


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume of four pages about which everything is known."""
    target = tmp_path_factory.mktemp("volume") / "svazek.pdf"
    write(
        target, page_of(OLD_PRINT), page_of("druhá\nstrana"), page_of(), page_of("poslední"), about=ABOUT, labels=LABELS
    )
    return target


def broken_word(mark: str) -> PageText:
    """Two lines; "přeborník" is broken between them by `mark`."""
    above = Line(
        Box(100, 100, 430, 40),
        (
            Word("první", Box(100, 100, 200, 40), 0.9),
            Word("pře", Box(320, 105, 150, 30), 0.9, "", Part.FIRST, "přeborník"),
        ),
        hyphen=Hyphen(mark, Box(472, 118, 20, 8)),
    )
    below = Line(
        Box(100, 160, 430, 40),
        (
            Word("borník", Box(100, 160, 230, 40), 0.9, "", Part.SECOND, "přeborník"),
            Word("vyhrál", Box(350, 160, 180, 40), 0.9),
        ),
    )
    return PageText(900, 400, (Block(BlockKind.TEXT, Box(100, 100, 430, 100), (above, below)),), Agent("a", "1"))


def run(program: str, *arguments: object) -> str:
    """What a program of another house prints; the test is skipped where it is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


@dataclass(frozen=True, slots=True)
class Shown:
    """One string that a page shows: as text, and where it begins and ends (units of the content stream)."""

    text: str
    left: float
    right: float
    size: float
    base: float


def meanings(to_unicode: bytes) -> dict[int, str]:
    """What a ToUnicode CMap says of each code."""
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", to_unicode.split(b"endcodespacerange")[1])
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def shown(stream: Any, known: dict[int, str]) -> Iterator[Shown]:  # noqa: ANN401 - pikepdf's own types
    """Every string of a content stream; each must be invisible and within a text object."""
    mode, size, stretch, matrix, moved, inside = 0, 0.0, 1.0, [0.0] * 6, 0.0, False
    for instruction in pikepdf.parse_content_stream(stream):
        operands: Any = instruction.operands
        match str(instruction.operator):
            case "Tr":
                mode = int(operands[0])
            case "BT" | "ET":
                inside = str(instruction.operator) == "BT"
            case "Tf":
                size = float(operands[1])
            case "Tz":
                stretch = float(operands[0]) / 100
            case "Tm":
                matrix, moved = [float(value) for value in operands], 0.0
            case "Tj":
                assert mode == 3
                assert inside
                raw = bytes(operands[0])
                codes = struct.unpack(f">{len(raw) // 2}H", raw)
                wide = len(codes) * size * stretch * pdf_font.WIDTH / pdf_font.EM
                left = matrix[4] + moved
                moved += wide
                yield Shown("".join(known[code] for code in codes), left, left + wide, size, matrix[5])


def strings_of(text: PageText) -> list[Shown]:
    """What the content stream of a page shows."""
    codes = Codes()
    content = text_stream(text, codes)
    with pikepdf.Pdf.new() as pdf:
        return list(shown(pdf.make_stream(content), meanings(codes.to_unicode())))


class TestInvisibleText:
    @MODEST
    @given(page_texts())
    def test_every_word_of_every_page_is_there_in_order_on_its_place(self, text: PageText) -> None:
        strings = strings_of(text)
        hyphens = [
            line.hyphen for line in text.lines() if line.hyphen and any(word.text.strip() for word in line.words)
        ]
        words = [(" ".join(word.text.split()), word.box) for word in text.words() if word.text.strip()]
        named = [string for string in strings if string.text != " "]
        texts = [wanted.replace("\ufeff", "\ufffd") for wanted, _ in words]
        assert len(named) == len(words) + len(hyphens)
        rest = iter(named)
        for wanted, (_, box) in zip(texts, words, strict=True):
            found = next(string for string in rest if pdf_clean(string.text) == pdf_clean(wanted))
            assert found.left == pytest.approx(box.left, abs=0.01)
            assert found.right == pytest.approx(box.left + max(1, box.width), rel=1e-3, abs=0.2)

    def test_words_of_a_line_share_its_height_and_blanks_fill_the_gaps(self) -> None:
        strings = strings_of(broken_word("-"))
        first, blank, second, *_ = strings
        assert [string.text for string in strings] == ["první", " ", "pře", "-", "borník", " ", "vyhrál"]
        assert first.size == second.size == 40
        assert first.base == second.base == pytest.approx(400 - 140 + 8)
        assert (blank.left, blank.right) == pytest.approx((300, 320), abs=0.05)

    def test_the_breaking_mark_follows_its_word_without_a_gap(self) -> None:
        strings = strings_of(broken_word("⸗"))
        assert strings[3].left == pytest.approx(strings[2].right, abs=0.01)
        assert strings[3].right == pytest.approx(492, abs=0.05)

    def test_what_no_pdf_may_hold_is_shown_as_replaced_and_counted(self) -> None:
        codes = Codes()
        raw = codes.encoded("a\x00b\ufeff\ud800\ufffd")
        known = meanings(codes.to_unicode())
        assert "".join(known[code] for (code,) in struct.iter_unpack(">H", raw)) == "a\ufffdb\ufffd\ufffd\ufffd"
        assert codes.replaced == 3

    def test_a_page_without_text_shows_none(self) -> None:
        assert text_stream(page_of(), Codes()) == b""

    def test_a_line_of_blanks_shows_nothing(self) -> None:
        blank = page_of("x")
        line = next(blank.lines())
        empty = replace(line, words=(replace(line.words[0], text=" \t"),))
        assert text_stream(replace(blank, blocks=(replace(blank.blocks[0], lines=(empty,)),)), Codes()) == b""

    @given(st.lists(st.text(min_size=1, max_size=8), max_size=12))
    def test_codes_never_name_what_level_u_forbids_and_never_the_missing_glyph(self, texts: list[str]) -> None:
        codes = Codes()
        used = {code for text in texts for (code,) in struct.iter_unpack(">H", codes.encoded(text))}
        known = meanings(codes.to_unicode())
        assert used <= set(known)
        assert not {"\0", "\ufeff", "\ufffe"} & set("".join(known.values()))
        glyphs = struct.unpack(f">{len(codes.glyphs()) // 2}H", codes.glyphs())
        assert all(glyphs[code] == 1 for code in used)


def pdf_clean(text: str) -> str:
    """Text in which everything that may be replaced is."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


class TestFont:
    def test_it_is_a_font_whose_letters_all_are_half_an_em_wide(self) -> None:
        font = ImageFont.truetype(io.BytesIO(font_program()), 100)
        assert font.getlength("kniha") == 5 * 50

    def test_its_checksum_is_right(self) -> None:
        content = font_program()
        assert len(content) % 4 == 0
        # OpenType specification, head.checkSumAdjustment.
        assert sum(struct.unpack(f">{len(content) // 4}I", content)) & 0xFFFFFFFF == 0xB1B0AFBA

    def test_nothing_of_it_can_be_seen(self) -> None:
        assert ImageFont.truetype(io.BytesIO(font_program()), 100).getmask("kniha").getbbox() is None


class TestArchival:
    """PDF/A-2u (ISO 19005-2), as far as it can be proved without a validator."""

    def test_readers_open_it_without_a_warning(self, volume: Path) -> None:
        with pikepdf.open(volume) as pdf:
            assert pdf.check_pdf_syntax() == []
            assert pdf.get_warnings() == []

    def test_qpdf_finds_no_fault(self, volume: Path) -> None:
        assert "No syntax or stream encoding errors found" in run("qpdf", "--check", volume)

    def test_it_says_that_it_is_2u_in_an_unfiltered_packet(self, volume: Path) -> None:
        said = packet_of(volume)
        assert said.findtext(".//pdfaid:part", namespaces=NAMES) == "2"
        assert said.findtext(".//pdfaid:conformance", namespaces=NAMES) == "U"
        assert b"<pdfaid:conformance>U<" in volume.read_bytes()

    def test_every_shown_string_is_in_an_embedded_font_that_says_what_its_codes_mean(self, volume: Path) -> None:
        with pikepdf.open(volume) as pdf:
            found = []
            for page in pdf.pages:
                font = page.Resources.Font.T
                descendant = font.DescendantFonts[0]
                assert bytes(descendant.FontDescriptor.FontFile2.read_bytes()) == font_program()
                assert descendant.DW == pdf_font.WIDTH
                glyphs = descendant.CIDToGIDMap.read_bytes()
                known = meanings(font.ToUnicode.read_bytes())
                assert all(glyphs[2 * code : 2 * code + 2] == b"\0\1" for code in known)
                found += [string.text for string in shown(page, known)]
        assert [text for text in found if text != " "] == [*OLD_PRINT.split(), "druhá", "strana", "poslední"]

    def test_colours_are_those_of_an_output_intent(self, volume: Path) -> None:
        with pikepdf.open(volume) as pdf:
            (intent,) = list(pdf.Root.OutputIntents)
            profile = intent.DestOutputProfile.read_bytes()
            assert (str(intent.S), profile[12:20], profile[36:40]) == ("/GTS_PDFA1", b"mntrRGB ", b"acsp")
            assert profile[8] <= 4  # ICC.1:2004-10 is of version 4.2
            assert profile[9] <= 0x20 or profile[8] < 4
            assert int(intent.DestOutputProfile.N) == 3

    def test_it_has_an_id_and_nothing_that_acts_or_hides(self, volume: Path) -> None:
        with pikepdf.open(volume) as pdf:
            assert len(list(pdf.trailer.ID)) == 2
            assert not pdf.is_encrypted
            assert not {"/OpenAction", "/AA", "/Names", "/AcroForm", "/OCProperties"} & set(pdf.Root.keys())

    @pytest.mark.parametrize(
        ("pixels", "dpi", "points"),
        [
            ((1500, 3000), 300.0, (360, 720)),
            ((1500, 3000), 0.0, (360, 720)),
            ((3000, 30000), 72.0, (1440, 14400)),
            ((2, 300), 300.0, (3, 72)),
        ],
    )
    def test_pages_are_as_large_as_the_paper_within_what_is_allowed(
        self, tmp_path: Path, pixels: tuple[int, int], dpi: float, points: tuple[float, float]
    ) -> None:
        text = PageText(*pixels, (), Agent("a", "1"))
        write_pdf(tmp_path / "a.pdf", [PdfPage(Path("1"), text, "", dpi)], ABOUT_BARE, long_edge=300, decode=white)
        with pikepdf.open(tmp_path / "a.pdf") as pdf:
            box = [float(value) for value in pdf.pages[0].MediaBox]
        assert box == pytest.approx([0, 0, *points])


ABOUT_BARE = PdfAbout("t", "2026-11-22T10:00:00Z", "kdr")


def packet_of(target: Path) -> etree._Element:
    with pikepdf.open(target) as pdf:
        packet = pdf.Root.Metadata.read_bytes()
    return parse(packet)


class TestAbout:
    def test_the_catalogue_finds_who_what_and_when(self, volume: Path) -> None:
        said = packet_of(volume)

        def texts(path: str) -> list[str]:
            return [str(each) for each in said.xpath(f".//{path}/text()", namespaces=NAMES)]

        assert texts("dc:title//rdf:li[@xml:lang='x-default']") == ["Zkušební svazek"]
        assert texts("dc:title//rdf:li[@xml:lang='cs']") == ["Zkušební svazek"]
        assert texts("dc:creator/rdf:Seq/rdf:li") == ["Novák, Jan", "Černá, Marie"]
        assert texts("dc:publisher/rdf:Bag/rdf:li") == ["Vydavatel & syn"]
        assert texts("dc:date/rdf:Seq/rdf:li") == ["1919"]
        assert texts("dc:language/rdf:Bag/rdf:li") == ["cs"]
        assert texts("dc:identifier") == ["urn:nbn:cz:li001-000001"]
        assert texts("xmp:Identifier/rdf:Bag/rdf:li") == list(ABOUT.identifiers)
        assert texts("xmp:CreateDate") == ["2026-11-22T10:00:00+01:00"]

    def test_the_document_properties_say_the_same(self, volume: Path) -> None:
        with pikepdf.open(volume) as pdf:
            info = {key: str(value) for key, value in pdf.docinfo.items()}
            assert str(pdf.Root.Lang) == "cs"
        assert info["/Title"] == "Zkušební svazek"
        assert info["/Author"] == "Novák, Jan, Černá, Marie"
        assert info["/Keywords"] == "hodiny, knihovny"
        assert info["/CreationDate"] == info["/ModDate"] == "D:20261122100000+01'00'"

    def test_a_date_that_xmp_cannot_say_is_left_out(self) -> None:
        said = xmp(replace(ABOUT, date="[asi 1919?]"))
        assert b"dc:date" not in said

    @MODEST
    @given(hostile_text(), st.lists(hostile_text(), max_size=2).map(tuple))
    def test_any_title_and_name_makes_a_packet_that_can_be_read(self, title: str, names: tuple[str, ...]) -> None:
        about = replace(ABOUT, title=title, authors=names, identifiers=names, subjects=names, producer=title)
        said = parse(xmp(about))
        assert len(said.findall(".//dc:creator//rdf:li", NAMES)) == sum(1 for name in names if name.split())

    @pytest.mark.parametrize(
        ("code", "tag"), [("ces", "cs"), ("cze", "cs"), ("ger", "de"), ("lat", "la"), ("hsb", "hsb"), ("", "")]
    )
    def test_languages_have_the_shortest_tag(self, code: str, tag: str) -> None:
        assert language_tag(code) == tag

    def test_an_unknown_language_is_not_claimed(self, tmp_path: Path) -> None:
        write(tmp_path / "a.pdf", page_of("slovo"), about=ABOUT_BARE)
        with pikepdf.open(tmp_path / "a.pdf") as pdf:
            assert "/Lang" not in pdf.Root

    def test_pages_bear_the_numbers_printed_on_them(self, volume: Path) -> None:
        with pikepdf.open(volume) as pdf:
            assert [str(page.label) for page in pdf.pages] == list(LABELS)

    def test_bookmarks_stand_within_each_other_and_lead_to_their_pages(self, volume: Path) -> None:
        def tree(items: Sequence[pikepdf.OutlineItem], pdf: pikepdf.Pdf) -> list[object]:
            found: list[object] = []
            for item in items:
                destination: Any = item.destination
                found.append((item.title, pdf.pages.index(pikepdf.Page(destination[0])), tree(item.children, pdf)))
            return found

        with pikepdf.open(volume) as pdf, pdf.open_outline() as outline:
            assert tree(outline.root, pdf) == [
                ("Předmluva", 0, []),
                ("Díl první", 1, [("Žně", 1, []), ("Zima", 2, [("Led", 3, [])])]),
            ]

    def test_a_moment_must_be_one(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="kdysi"):
            write(tmp_path / "a.pdf", page_of("x"), about=replace(ABOUT_BARE, created="kdysi"))


class TestFinding:
    """What people find and copy, by the eyes of pdftotext (Poppler)."""

    def words(self, target: Path) -> list[tuple[str, list[float]]]:
        said = run("pdftotext", "-bbox", target, "-")
        found = re.findall(r'<word xMin="(\S+)" yMin="(\S+)" xMax="(\S+)" yMax="(\S+)">(.*)</word>', said)
        return [(html.unescape(text), [float(edge) * 300 / 72 for edge in edges]) for *edges, text in found]

    def test_words_come_in_order_and_lie_where_alto_says(self, tmp_path: Path) -> None:
        text = page_of("Kniha je v péči\nknihovny staͤte ſie", "Ωκεανός жук")
        write(tmp_path / "a.pdf", text)
        found = self.words(tmp_path / "a.pdf")
        assert [word for word, _ in found] == [word.text for word in text.words()]
        for (_, edges), word in zip(found, text.words(), strict=True):
            box = word.box
            assert edges == pytest.approx([box.left, box.top, box.right, box.bottom], abs=2)

    @pytest.mark.parametrize("mark", ["-", "⸗", "=", "\u00ad", "¬"])
    def test_a_broken_word_is_found_whole(self, tmp_path: Path, mark: str) -> None:
        write(tmp_path / "a.pdf", broken_word(mark))
        assert run("pdftotext", tmp_path / "a.pdf", "-").split() == ["první", "přeborník", "vyhrál"]
        assert run("pdftotext", "-raw", tmp_path / "a.pdf", "-").split() == ["první", "pře-", "borník", "vyhrál"]

    def test_letters_that_fonts_lack_can_be_copied(self, volume: Path) -> None:
        assert run("pdftotext", "-raw", "-l", "1", volume, "-").split() == OLD_PRINT.split()


class TestPictures:
    def test_the_page_looks_like_its_picture(self, tmp_path: Path) -> None:
        page = slopes(600, 400)
        scan = put(tmp_path / "1.png", encoded(Image.fromarray(page), "PNG"))
        text = replace(page_of("zcela\nneviditelná slova"), width=400, height=600)
        write_pdf(tmp_path / "a.pdf", [PdfPage(scan, text, "", 72.0)], ABOUT_BARE, long_edge=600)
        run("gs", "-q", "-dSAFER", "-sDEVICE=png16m", "-r72", "-o", tmp_path / "seen.png", tmp_path / "a.pdf")
        with Image.open(tmp_path / "seen.png") as seen:
            difference = np.abs(np.asarray(seen, np.int16) - page)
        assert difference.shape == (600, 400, 3)
        assert difference.mean() < 3
        assert np.percentile(difference, 99) < 12

    @pytest.mark.parametrize(("long_edge", "expected"), [(300, (300, 213)), (5000, (1200, 850))])
    def test_pictures_are_made_smaller_never_larger(
        self, tmp_path: Path, long_edge: int, expected: tuple[int, int]
    ) -> None:
        scan = put(tmp_path / "1.jpg", encoded(Image.fromarray(text_page()), "JPEG"))
        write_pdf(tmp_path / "a.pdf", [PdfPage(scan, page_of("x"), "", 150.0)], ABOUT_BARE, long_edge=long_edge)
        with pikepdf.open(tmp_path / "a.pdf") as pdf:
            picture = pdf.pages[0].Resources.XObject.P
            assert abs(int(picture.Height) - expected[0]) <= 1
            assert abs(int(picture.Width) - expected[1]) <= 1
            assert str(picture.ColorSpace) == "/DeviceGray"
            with Image.open(io.BytesIO(picture.read_raw_bytes())) as inside:
                assert inside.size == (int(picture.Width), int(picture.Height))

    @pytest.mark.parametrize("mode", ["L", "RGB"])
    @pytest.mark.parametrize("levels", [1, 6])
    def test_a_user_copy_is_decoded_no_larger_than_needed(self, tmp_path: Path, mode: str, levels: int) -> None:
        picture = Image.fromarray(slopes(640, 480)).convert(mode)
        copy = put(tmp_path / "uc.jp2", encoded(picture, "JPEG2000", num_resolutions=levels))
        pixels = page_picture.decode(copy, 160)
        assert pixels.shape[:2] == ((160, 120) if levels == 6 else (640, 480))
        assert pixels.ndim == len(np.asarray(picture).shape)
        whole = page_picture.fitted(np.asarray(picture), 160).astype(np.int16)
        assert np.abs(page_picture.fitted(pixels, 160).astype(np.int16) - whole).mean() < 3

    @pytest.mark.parametrize(("mode", "ndim"), [("1", 2), ("LA", 2), ("RGBA", 3), ("P", 3), ("I;16", 2)])
    def test_other_kinds_of_pictures_become_grey_or_rgb(self, tmp_path: Path, mode: str, ndim: int) -> None:
        picture = Image.new(mode, (9, 7))
        pixels = page_picture.decode(put(tmp_path / "a.png", encoded(picture, "PNG")), 9)
        assert (pixels.shape[:2], pixels.ndim, pixels.dtype) == ((7, 9), ndim, np.dtype(np.uint8))


class TestWriting:
    def test_equal_volumes_give_equal_bytes(self, tmp_path: Path) -> None:
        texts = [page_of(f"strana {n}") for n in range(20)]  # more than are held at once
        for name in ("a", "b"):
            write(tmp_path / f"{name}.pdf", *texts)
        assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
        with pikepdf.open(tmp_path / "a.pdf") as pdf:
            assert len(pdf.pages) == 20
            fonts = {page.Resources.Font.objgen for page in pdf.pages}
        assert len(fonts) == 1

    def test_it_says_what_was_written_and_how_far_it_is(self, tmp_path: Path) -> None:
        told: list[int] = []
        pages = pages_of(page_of("dvě slova"), page_of("a\x07b"))
        facts = write_pdf(tmp_path / "a.pdf", pages, ABOUT_BARE, long_edge=9, decode=white, progress=told.append)
        assert facts == PdfFacts(2, 3, (tmp_path / "a.pdf").stat().st_size, 1)
        assert told == [1, 2]

    def test_a_picture_that_cannot_be_read_leaves_what_was_there(self, tmp_path: Path) -> None:
        target = put(tmp_path / "a.pdf", b"old")
        bad = put(tmp_path / "bad.jp2", b"no picture")
        with pytest.raises(OSError, match=r"bad\.jp2: not a JPEG 2000 file"):
            write_pdf(target, [PdfPage(bad, page_of("x"), "", 300.0)], ABOUT_BARE, long_edge=9)
        assert target.read_bytes() == b"old"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "bad.jp2"]

    @pytest.mark.parametrize(
        ("texts", "about", "long_edge", "why"),
        [
            ([], ABOUT_BARE, 9, "without pages"),
            ([page_of("x")], ABOUT_BARE, 0, "long edge of 0"),
            ([replace(page_of(), width=0)], ABOUT_BARE, 9, "0 x 3000"),
            ([page_of("x")], replace(ABOUT_BARE, outline=(Bookmark("a", 0, (Bookmark("b", 1),)),)), 9, "page 1 of 1"),
            ([page_of("x")], replace(ABOUT_BARE, outline=(Bookmark("a", -1),)), 9, "page -1"),
        ],
    )
    def test_what_cannot_be_is_refused_and_nothing_is_left(
        self, tmp_path: Path, texts: list[PageText], about: PdfAbout, long_edge: int, why: str
    ) -> None:
        with pytest.raises(ValueError, match=why):
            write_pdf(tmp_path / "a.pdf", pages_of(*texts), about, long_edge=long_edge, decode=white)
        assert list(tmp_path.iterdir()) == []
