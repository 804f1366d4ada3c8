"""workflows.report: the page an operator opens and the table a spreadsheet opens."""

from __future__ import annotations

import csv
import io
import re
import string
import tempfile
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement

from metadata.finding import Finding, finding
from metadata.wording import Tongue, printable, wording
from ocr.proposal import Proposal
from tests.test_standing import (
    correct,
    guessed,
    planned,
    unnamed,
    write_end,
    write_page,
    write_plan,
    write_proposal,
    write_step,
)
from workflows import contact_sheet, proposals_shown, report, report_table, report_words
from workflows.batch import PLAN, State, working_on
from workflows.report import as_html, write_report
from workflows.report_table import as_csv
from workflows.standing import standing
from workflows.step import Status

JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
MADE = "2026-11-22T10:30:00+00:00"
TEMPLATE = Path(report.__file__).parent / "templates" / "report.html"
STRUCTURE = TEMPLATE.with_name("report_structure.html")
CODE = tuple(Path(str(each.__file__)) for each in (report, contact_sheet, proposals_shown, report_table, report_words))
HOSTILE = "<script>alert(1)</script>\"'&.tif"


def scan(name: str, code: str, **facts: str | int) -> Finding:
    """A finding about a scan of the volume kniha."""
    return finding(code, f"kniha/{name}", **facts)


def busy_batch(folder: Path) -> Path:
    """A batch in which something of everything has happened."""
    book = planned("kniha", [f"{n:03d}.tif" for n in range(1, 9)], finding("V003", "kniha"), title="Babička")
    other = planned("druhá", ["001.tif"])
    write_plan(folder, book, other, loose=(finding("D009", "README.md"),))
    write_page(folder, book, 1, confidence=0.95, picture=JPEG)
    write_page(folder, book, 2, confidence=0.71, skew=-1.25, picture=JPEG)
    write_page(folder, book, 3, scan("003.tif", "T001"), confidence=-1.0, words=0, picture=JPEG)
    write_page(folder, book, 4, scan("004.tif", "P014", ink=0), confidence=-1.0, words=0, blank=True, picture=JPEG)
    write_page(folder, book, 5, scan("005.tif", "T002", confidence=41), confidence=0.41)
    low = scan("006.tif", "P012", dpi=72, least=298)
    write_step(folder, book, 6, "examine", low, status=Status.BAD)
    write_step(folder, book, 7, "examine")
    crash = scan("007.tif", "P050", step="straighten", why="boom")
    write_step(folder, book, 7, "straighten", crash, status=Status.BROKEN)
    write_page(folder, other, 1, confidence=0.99, picture=JPEG)
    write_end(folder, other, State.STORED, version="v0001")
    return folder


@cache
def busy_page() -> HtmlElement:
    """The report of that batch, read once."""
    with tempfile.TemporaryDirectory() as place:
        return html.document_fromstring(as_html(standing(busy_batch(Path(place) / "dávka")), MADE))


def shown(element: HtmlElement, tongue: str) -> str:
    """The text that a reader of `tongue` sees."""
    other = "en" if tongue == "cs" else "cs"
    parts = element.xpath(f".//text()[not(ancestor::*[@lang='{other}' and not(self::html)])][not(ancestor::style)]")
    return " ".join(" ".join(parts).split())


def numbers(page: HtmlElement, rank: str) -> list[str]:
    """The anchors of one part of the contact sheet, in order."""
    return [str(name) for name in page.xpath(f"//h3[contains(., '{rank}')]/following-sibling::ol[1]/li/@id")]


class TestAnswers:
    """What is done, what is left, which page do I rescan, when is it ready?"""

    def test_the_rescan_list_is_first_and_says_volume_file_fault_and_cure(self) -> None:
        first, *_ = busy_page().xpath("//main/section")
        assert first.xpath("./h2")[0].get("id") == "rescan"
        (item,) = first.xpath(".//li")
        assert "Svazek kniha" in shown(first, "cs")
        for words in ("006.tif", "0006", "Sken má jen 72 dpi", "Naskenujte znovu ve vyšším rozlišení"):
            assert words in shown(item, "cs")
        assert "The scan has only 72 dpi" in shown(item, "en")

    def test_a_crash_is_not_on_it(self) -> None:
        assert "007.tif" not in shown(busy_page().xpath("//main/section")[0], "cs")

    def test_there_is_no_list_when_nothing_is_to_be_rescanned(self, tmp_path: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(tmp_path, book)
        write_page(tmp_path, book, 1)
        page = html.document_fromstring(as_html(standing(tmp_path), MADE))
        assert page.xpath("//main/section[1]/h2/@id") == ["volumes"]
        assert not page.xpath("//a[@href='#rescan']")

    def test_the_totals(self) -> None:
        tiles = {shown(t.find("dt"), "en"): shown(t.find("dd"), "en") for t in busy_page().xpath("//dl/div")}
        assert tiles["Pages done"] == "6 of 9"
        assert (tiles["Pages left"], tiles["To be rescanned"]) == ("1", "1")
        assert tiles["Stopped otherwise"] == "1 not the scan's fault"
        assert tiles["Volumes stored"] == "1 of 2"

    def test_volumes_tell_state_version_and_copies(self) -> None:
        first, second = (shown(v, "cs") for v in busy_page().xpath("//article"))
        assert "Babička" in first
        assert "nedokončeno" in first
        assert "Přidejte volume.toml" in first
        assert "uloženo" in second
        assert "v0001" in second
        assert "hlavní, druhá" in second

    def test_what_made_it_and_with_which_settings(self) -> None:
        head = shown(busy_page().xpath("//header")[0], "cs")
        assert "Tesseract 5.3.0" in head
        assert "1f2e3d4c5b6a" in head
        assert "/mnt/sken/dodávka" in head

    def test_findings_are_grouped_by_code_with_advice_those_that_stop_first(self) -> None:
        rows = busy_page().xpath("//table[@class='kinds']/tbody/tr")
        codes = [row.xpath("string(./th/text())") for row in rows]
        assert codes == ["P012", "P050", "D009", "T001", "T002", "V003", "P014"]
        assert "Rescan at a higher resolution" in shown(rows[0], "en")
        assert rows[0].xpath(".//a/@href") == ["#s-1-0006"]

    def test_times_and_confidence_stand_in_tables_beside_their_charts(self) -> None:
        for name, rows in (("times", 7), ("distribution", 4)):
            section = busy_page().xpath(f"//section[h2/@id='{name}']")[0]
            assert len(section.xpath(".//svg[@role='img'][string-length(@aria-label) > 40]")) == 2
            assert len(section.xpath(".//tbody/tr")) == rows

    @pytest.mark.parametrize(
        ("state", "said"),
        [
            (State.STORED, "Celá dávka je v úložišti."),
            (State.WAITING, "rozhodnutí člověka"),
            (State.FAILED, "kdr batch resume kniha"),
            (None, "kdr batch resume kniha"),
        ],
    )
    def test_the_verdict(self, tmp_path: Path, state: State | None, said: str) -> None:
        folder = tmp_path / "kniha"
        book = planned("kniha", ["001.tif"])
        write_plan(folder, book)
        if state:
            write_end(folder, book, state)
        page = html.document_fromstring(as_html(standing(folder), MADE))
        assert said in shown(page.xpath("//p[@class='verdict']")[0], "cs")

    def test_a_volume_that_waits_for_its_urn_nbn_is_shown_as_such(self, tmp_path: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(tmp_path, book)
        write_page(tmp_path, book, 1)
        write_end(tmp_path, book, State.UNNUMBERED)
        page = html.document_fromstring(as_html(standing(tmp_path), MADE))
        assert "čeká na URN:NBN" in shown(page.xpath("//article")[0], "cs")
        assert "svazky čekají na URN:NBN" in shown(page.xpath("//p[@class='verdict']")[0], "cs")
        tiles = {shown(t.find("dt"), "en"): shown(t.find("dd"), "en") for t in page.xpath("//dl/div")}
        assert tiles["Volumes waiting for their URN:NBN"] == "1"

    def test_the_verdict_while_work_goes_on(self, tmp_path: Path) -> None:
        write_plan(tmp_path, planned("kniha", ["001.tif"]))
        with working_on(tmp_path):
            found = standing(tmp_path)
        assert "zatím nelze říci" in as_html(found, MADE)
        assert "asi za 12\xa0min" in as_html(replace(found, eta_seconds=720.0), MADE)


class TestContactSheet:
    """Worst first: pages that stopped, then warnings, then the lowest confidence."""

    def test_worst_first(self) -> None:
        page = busy_page()
        assert numbers(page, "Zastavené") == ["s-1-0006", "s-1-0007"]
        assert numbers(page, "S výstrahou") == ["s-1-0003", "s-1-0005"]
        assert numbers(page, "V pořádku") == ["s-1-0002", "s-1-0001", "s-2-0001", "s-1-0004"]

    def test_a_card_says_what_is_known_of_its_page(self) -> None:
        card = shown(busy_page().get_element_by_id("s-1-0002"), "cs")
        assert "0002 jistota 71 %" in card
        assert "002.tif" in card
        assert "otočeno ↻ 1,2°" in card

    def test_a_card_says_number_and_type_and_marks_what_is_proposed(self, tmp_path: Path) -> None:
        book = unnamed(planned("kniha", ["001.tif", "002.tif"]))
        write_plan(tmp_path, book)
        for order in (1, 2):
            write_page(tmp_path, book, order)
        write_proposal(tmp_path, book, Proposal((guessed(1, "5", kind="titlePage"), guessed(2, "6", sure=0.3))))
        page = html.document_fromstring(as_html(standing(tmp_path), MADE))
        assert "s. 5 titulní list navrženo" in shown(page.get_element_by_id("s-1-0001"), "cs")
        assert "p. 6 normal page ? proposed, unsure" in shown(page.get_element_by_id("s-1-0002"), "en")

    def test_pictures_travel_inside_and_have_a_text(self) -> None:
        pictures = busy_page().xpath("//img")
        assert len(pictures) == 5
        assert all(picture.get("src").startswith("data:image/jpeg;base64,") for picture in pictures)
        assert all(re.fullmatch(r"\d{4}: \S+/\d{3}.tif", picture.get("alt")) for picture in pictures)

    def test_a_page_without_picture_has_a_placeholder(self) -> None:
        assert "bez náhledu" in shown(busy_page().get_element_by_id("s-1-0005"), "cs")

    @pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", JPEG + bytes(300 << 10)])
    def test_a_picture_that_is_none_or_too_large_does_not_travel(self, tmp_path: Path, content: bytes) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(tmp_path, book)
        write_page(tmp_path, book, 1, picture=content)
        assert "<img" not in as_html(standing(tmp_path), MADE)

    def test_the_best_pages_are_left_out_when_there_are_too_many(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(contact_sheet, "MOST_PICTURES", 3)
        page = html.document_fromstring(as_html(standing(busy_batch(tmp_path / "dávka")), MADE))
        assert page.xpath("//ol[@class='sheet']/li/@id") == ["s-1-0006", "s-1-0007", "s-1-0003"]
        assert "Nezobrazeno hotových stran: 5" in shown(page, "cs")
        targets = {link[1:] for link in page.xpath("//a/@href")}
        assert targets <= set(page.xpath("//@id"))


class TestOneFile:
    """It opens offline, without a script, for everybody."""

    def test_nothing_is_loaded_from_outside(self) -> None:
        page = busy_page()
        links = [*page.xpath("//@src"), *page.xpath("//@href")]
        assert links
        assert all(link.startswith(("#", "data:image/jpeg;base64,")) for link in links)
        text = html.tostring(page, encoding="unicode")
        for outside in ("http:", "https:", "//cdn", "url(", "@import", "<script", "<link", "srcset"):
            assert outside not in text

    def test_it_forbids_itself_everything_else(self) -> None:
        policy = busy_page().xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]

    def test_headings_go_down_one_step_at_a_time_from_a_single_first(self) -> None:
        levels = [int(str(heading.tag)[1]) for heading in busy_page().iter("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))

    def test_identifiers_are_unique_and_every_reference_is_answered(self) -> None:
        page = busy_page()
        names = page.xpath("//@id")
        assert len(names) == len(set(names))
        asked = {link[1:] for link in page.xpath("//a/@href")} | set(page.xpath("//@aria-labelledby | //label/@for"))
        assert asked <= set(names)

    def test_every_czech_text_has_its_english_one(self) -> None:
        page = busy_page()
        assert page.get("lang") == "cs"
        czech, english = page.xpath("//body//*[@lang='cs']"), page.xpath("//body//*[@lang='en']")
        assert len(czech) > 100
        assert len(czech) == len(english)
        for one, other in zip(czech, english, strict=True):
            assert one.getparent() is other.getparent()
            assert "".join(one.itertext()).strip()
            assert "".join(other.itertext()).strip()

    def test_language_is_chosen_by_two_labelled_buttons_czech_first(self) -> None:
        first, second = busy_page().xpath("//body/input[@type='radio']")
        assert first.get("checked") is not None
        assert second.get("checked") is None
        labels = {label.get("for"): (label.get("lang"), label.text) for label in busy_page().xpath("//label")}
        assert labels == {first.get("id"): ("cs", "Česky"), second.get("id"): ("en", "English")}

    @pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
    def test_text_can_be_read(self, scheme: int) -> None:
        """WCAG 2.2, 1.4.3: the visual presentation of text has a contrast ratio of at least 4.5:1."""
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", palettes()[scheme]))
        pairs = [(text, ground) for text in ("ink", "soft", "link", "bad", "warn") for ground in ("paper", "sheet")]
        pairs += [(kind, f"{kind}-wash") for kind in ("bad", "warn", "good", "calm")]
        pairs += [("soft", "frame"), ("soft", "bad-wash"), ("soft", "warn-wash"), ("paper", "ink")]
        faint = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
        assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}


class TestHostileNames:
    """Names come from scanners and strangers."""

    def test_a_script_in_a_name_is_text(self, tmp_path: Path) -> None:
        book = planned(HOSTILE, [HOSTILE], finding("V003", HOSTILE), title=HOSTILE)
        write_plan(tmp_path, book, loose=(finding("D009", HOSTILE),))
        bad = finding("P002", f"{HOSTILE}/{HOSTILE}", format=HOSTILE)
        write_step(tmp_path, book, 1, "examine", bad, status=Status.BAD)
        text = as_html(standing(tmp_path), MADE)
        assert "<script" not in text
        assert text.count("&lt;script&gt;") > 8
        assert HOSTILE in shown(html.document_fromstring(text), "cs")

    @given(name=st.text(min_size=1, max_size=12), cell=st.text("=+-@;\"'\r\n\t<>&{}%ěš\x00\u202e", max_size=8))
    @settings(max_examples=40, deadline=None)
    def test_no_name_leaves_its_place(self, name: str, cell: str) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            book = planned(f"{cell}kniha", [name], title=name)
            write_plan(folder, book)
            write_page(folder, book, 1, finding("P040", f"{cell}kniha/{name}", program=name, why=cell), picture=JPEG)
            found = standing(folder)
            page = html.document_fromstring(as_html(found, MADE))
        assert sum(1 for _ in page.iter()) == sum(1 for _ in plain_page().iter())
        assert page.xpath("//article//h3")[0].text_content().strip() == clean(name).strip()
        head, row = csv.reader(io.StringIO(as_csv(found), newline=""), delimiter=";")
        assert len(head) == len(row) == 16
        assert row[0] in (clean(f"{cell}kniha"), "'" + clean(f"{cell}kniha"))
        assert row[2] in (clean(name), "'" + clean(name))
        assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for text in row)

    def test_a_name_cannot_turn_the_line_around(self, tmp_path: Path) -> None:
        write_plan(tmp_path, planned("kniha", ["gpj.\u202efit.tif"], title="\x1b[31mkniha"))
        found = standing(tmp_path)
        assert not set("\u202e\x1b") & set(as_html(found, MADE) + as_csv(found))


class TestTable:
    """One row a page, as Czech spreadsheets read it."""

    def test_it_has_a_mark_semicolons_and_decimal_commas(self, tmp_path: Path) -> None:
        written = write_report(busy_batch(tmp_path / "dávka")).csv.read_bytes()
        assert written.startswith(b"\xef\xbb\xbfsvazek;strana;sken;stav;krok;jistota %;slov;")
        rows = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=";"))
        assert len(rows) == 9
        turned = rows[1]
        assert (turned["sken"], turned["jistota %"], turned["otočeno °"]) == ("002.tif", "71,0", "1,25")
        assert (rows[3]["prázdná"], rows[3]["jistota %"]) == ("ano", "")
        assert (rows[5]["stav"], rows[5]["krok"], rows[5]["nálezy"]) == ("zastaveno", "posouzení skenu", "P012")
        assert "má jen 72 dpi" in rows[5]["text"]

    def test_number_type_and_side_of_the_page_and_how_they_are_known(self, tmp_path: Path) -> None:
        book = unnamed(planned("kniha", [f"00{n}.tif" for n in (1, 2, 3, 4)]))
        write_plan(tmp_path, book)
        guesses = guessed(1, "12-13"), guessed(2, "[6]", sure=0.5), guessed(3, "7", kind="blank")
        write_proposal(tmp_path, book, Proposal(guesses))
        correct(tmp_path, book, replace(book.volume.pages[3], label="=1", type="titlePage"))
        rows = list(csv.DictReader(io.StringIO(as_csv(standing(tmp_path)), newline=""), delimiter=";"))
        columns = ("číslo strany", "typ strany", "poloha", "zdroj čísla a typu")
        assert [tuple(row[name] for name in columns) for row in rows] == [
            ("'12-13", "běžná strana", "pravá", "navrženo"),
            ("[6]", "běžná strana", "levá", "navrženo, nejisté"),
            ("7", "prázdná", "pravá", "navrženo"),
            ("'=1", "titulní list", "", "potvrzeno"),
        ]

    def test_an_angle_below_zero_stays_a_number(self, tmp_path: Path) -> None:
        book = planned("kniha", ["001.tif"])
        write_plan(tmp_path, book)
        write_page(tmp_path, book, 1, skew=1.3)
        assert ";-1,30;" in as_csv(standing(tmp_path))

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "＝1+1"])
    def test_a_formula_is_text(self, tmp_path: Path, name: str) -> None:
        write_plan(tmp_path, planned(name, [name]))
        (_, row) = csv.reader(io.StringIO(as_csv(standing(tmp_path)), newline=""), delimiter=";")
        assert (row[0], row[2]) == (f"'{name}", f"'{name}")


class TestHalfWrittenBatches:
    """A report can always be had."""

    def test_of_an_empty_folder(self, tmp_path: Path) -> None:
        written = write_report(tmp_path)
        text = shown(html.document_fromstring(written.html.read_text(encoding="utf-8")), "cs")
        assert "V dávce zatím nejsou žádné strany." in text
        assert "Žádný svazek zatím není znám." in text
        assert written == report.Report(tmp_path / "report.html", tmp_path / "report.csv")
        assert len(written.csv.read_text(encoding="utf-8-sig").splitlines()) == 1

    def test_of_a_batch_whose_plan_is_cut_off(self, tmp_path: Path) -> None:
        folder = busy_batch(tmp_path / "dávka")
        (folder / PLAN).write_bytes(b"{")
        page = html.document_fromstring(as_html(standing(folder), MADE))
        unread = page.xpath("//section[h2/@id='unread']")[0]
        assert PLAN in shown(unread, "cs")
        assert len(page.xpath("//article")) == 2
        assert "stav neznámý" in shown(page.xpath("//article")[1], "cs")

    def test_of_a_finding_that_lacks_a_fact(self, tmp_path: Path) -> None:
        write_plan(tmp_path, planned("kniha", ["001.tif"], finding("D011", "kniha/volume.toml")))
        assert "D011" in as_html(standing(tmp_path), MADE)

    def test_elsewhere(self, tmp_path: Path) -> None:
        written = write_report(busy_batch(tmp_path / "dávka"), tmp_path / "zpráva.html")
        assert written.csv == tmp_path / "zpráva.csv"
        assert "zpráva.csv" in written.html.read_text(encoding="utf-8")

    def test_twice_is_the_same_as_once(self, tmp_path: Path) -> None:
        folder = busy_batch(tmp_path / "dávka")
        first = write_report(folder).csv.read_bytes()
        assert write_report(folder).csv.read_bytes() == first


class TestWording:
    """Everything a person reads on screen exists in Czech and English."""

    def test_every_sentence_has_both_with_the_same_facts(self) -> None:
        for key, said in wording("workflows", "report.toml").sentences.items():
            assert set(said) == {"cs", "en"}, key
            facts = [sorted(f for _, f, _, _ in string.Formatter().parse(said[t]) if f) for t in ("cs", "en")]
            assert facts[0] == facts[1], key

    def test_every_sentence_is_used(self) -> None:
        code = "".join(path.read_text(encoding="utf-8") for path in (TEMPLATE, STRUCTURE, *CODE))
        families = ("state", "page", "step", "severity", "rank", "column", "why", "source", "issue")
        unused = [
            key
            for key in wording("workflows", "report.toml").sentences
            if not re.search(rf"['\"]{key}['\"]", code) and key.partition("_")[0] not in families
        ]
        assert unused == []

    def test_the_template_itself_says_nothing_in_one_language_only(self) -> None:
        body = TEMPLATE.read_text(encoding="utf-8").partition("<body>")[2] + STRUCTURE.read_text(encoding="utf-8")
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<label.*?</label>|<[^>]*>|&nbsp;", " ", body, flags=re.DOTALL)
        assert set(re.findall(r"[^\W\d_]+", text)) <= {"s"}

    @pytest.mark.parametrize(("tongue", "wanted"), [(Tongue.CS, "1\xa0234,5"), (Tongue.EN, "1,234.5")])
    def test_numbers_are_written_as_the_language_writes_them(self, tongue: Tongue, wanted: str) -> None:
        assert report_words.number(1234.5, tongue) == wanted

    @pytest.mark.parametrize(
        ("seconds", "wanted"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (720, "12 min"), (7500, "2 h 05 min")]
    )
    def test_durations(self, seconds: float, wanted: str) -> None:
        assert report_words.duration(seconds).replace("\xa0", " ") == wanted


@cache
def plain_page() -> HtmlElement:
    """The report of a batch of one page with harmless names."""
    with tempfile.TemporaryDirectory() as place:
        book = planned("kniha", ["001.tif"], title="Kniha")
        write_plan(Path(place), book)
        told = finding("P040", "kniha/001.tif", program="opj", why="exit 1")
        write_page(Path(place), book, 1, told, picture=JPEG)
        return html.document_fromstring(as_html(standing(Path(place)), MADE))


def clean(text: str) -> str:
    """`text` as a document may hold it."""
    return printable(text)


def palettes() -> list[str]:
    """The blocks of the style sheet that name the colours: light, dark."""
    return re.findall(r":root \{(.*?)\}", TEMPLATE.with_name("look.css").read_text(encoding="utf-8"), re.DOTALL)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2, definitions: contrast ratio, relative luminance)."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
