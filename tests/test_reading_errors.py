"""The measures of reading: they count as jiwer does, and what they leave out they leave out on purpose."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from bench import quality, read_pages
from bench.measure import Cost
from bench.quality import Compared, Scored, groups, markdown, publish
from bench.read_pages import Reading, Sheet, ours, plain_tesseract, sheets, skew_errors, spread, steps_to, words
from bench.reading_errors import Bin, Errors, Judged, calibration_error, distance, errors, judged, plain, reliability
from bench.reading_plots import error_bars, reliability_diagram
from metadata.event import Agent
from metadata.geometry import Box
from metadata.text import Block, BlockKind, Hyphen, Line, PageText, Word
from metadata.tool import Tool
from ocr.tesseract import Models
from tests.engines import FixedEngine, named
from tests.pictures import encoded, put, text_page

MODEST = settings(max_examples=60)
letters = st.text("abč ", max_size=24)
texts = st.lists(st.text("abcč", min_size=1, max_size=4), max_size=9).map(" ".join)
confidences = st.floats(0, 1)


def slow_distance(first: str, second: str) -> int:
    """Levenshtein as its definition reads."""

    @cache
    def edits(one: int, two: int) -> int:
        if one == 0 or two == 0:
            return one + two
        changed = edits(one - 1, two - 1) + (first[one - 1] != second[two - 1])
        return min(changed, edits(one - 1, two) + 1, edits(one, two - 1) + 1)

    return edits(len(first), len(second))


class TestDistance:
    @MODEST
    @given(letters, letters)
    def test_it_is_levenshteins(self, first: str, second: str) -> None:
        assert distance(first, second) == slow_distance(first, second)

    @MODEST
    @given(letters, letters, letters)
    def test_it_is_a_distance(self, first: str, second: str, third: str) -> None:
        assert distance(first, second) == distance(second, first)
        assert (distance(first, second) == 0) == (first == second)
        assert distance(first, third) <= distance(first, second) + distance(second, third)

    def test_words_are_counted_as_characters_are(self) -> None:
        assert distance(["na", "jaře", "roku"], ["na", "jare", "v", "roku"]) == 2

    def test_a_newspaper_page_is_no_burden(self) -> None:
        page = "tiskařský šotek řádí " * 450
        assert distance(page, page.replace("šotek", "sotek") + "x") == 451


class TestErrors:
    # What jiwer 4.0.0 answers to jiwer.cer(truth, read) and jiwer.wer(truth, read).
    @pytest.mark.parametrize(
        ("truth", "read", "cer", "wer"),
        [
            ("", "", 0, 0),
            ("", "abc", 3, 1),
            ("abc", "", 1, 1),
            ("a b", "a c d", 1, 1),
            ("krajský digitální repozitář", "krajsky digitalni repozitar", 5 / 27, 1),
            ("jedna dvě tři čtyři", "tři čtyři jedna dvě", 18 / 19, 1),
            ("dům na návsi", "dům na na návsi stál", 8 / 12, 2 / 3),
        ],
    )
    def test_they_are_counted_as_jiwer_counts(self, truth: str, read: str, cer: float, wer: float) -> None:
        found = errors(truth, read)
        assert (found.cer, found.wer) == pytest.approx((cer, wer))

    @MODEST
    @given(texts, texts)
    def test_order_only_ever_adds_errors(self, truth: str, read: str) -> None:
        found = errors(truth, read)
        assert 0 <= found.bag <= found.wer

    @MODEST
    @given(texts, st.randoms(use_true_random=False))
    def test_words_in_another_order_are_no_error_of_the_bag(self, truth: str, chance: random.Random) -> None:
        moved = truth.split()
        chance.shuffle(moved)
        assert errors(truth, " ".join(moved)).bag == 0

    def test_swapped_columns_cost_order_and_no_words(self) -> None:
        left, right = "první sloupec textu", "druhý sloupec novin"
        found = errors(f"{left}\n{right}", f"{right}\n{left}")
        assert found.bag == 0
        assert found.wer > 0.5

    def test_one_wrong_word_is_one_error_in_both_ways(self) -> None:
        assert errors("a b c d", "a b x d") == Errors(1 / 7, 1 / 4, 1 / 4)

    def test_invented_text_is_an_error_of_the_bag(self) -> None:
        assert errors("a b", "a b c d e").bag == 1.5


class TestPlain:
    @pytest.mark.parametrize(
        ("printed", "compared"),
        [
            ("„Ano“ – ‚ne‘", "\"Ano\" - 'ne'"),
            ("»Ano«", '"Ano"'),
            ("Haupt⸗\nstadt", "Haupt- stadt"),
            ("Haupt=", "Haupt-"),
            ("roz\u00addělit", "rozdělit"),
            ("  dva\t\n\n řádky ", "dva řádky"),
            ("ſtraße", "strasse"),
            ("ſcho\u0364n", "schön"),
            ("c\u030cas", "čas"),
        ],
    )
    def test_what_is_no_error_of_reading_is_made_even(self, printed: str, compared: str) -> None:
        assert plain(printed) == compared

    @MODEST
    @given(st.text(max_size=40))
    def test_what_is_plain_stays(self, text: str) -> None:
        assert plain(plain(text)) == plain(text)

    def test_accents_and_case_are_kept(self) -> None:
        assert plain("Žluťoučký KŮŇ") == "Žluťoučký KŮŇ"


class TestCalibration:
    def test_a_word_is_right_when_it_stands_in_the_truth(self) -> None:
        found = judged("starý dům stál", [("starý", 0.9), ("důn", 0.8), ("stál", 0.7)])
        assert found == (Judged(0.9, True), Judged(0.8, False), Judged(0.7, True))

    def test_a_word_of_the_truth_serves_once(self) -> None:
        found = judged("na dům", [("na", 0.9), ("na", 0.5), ("na", 0.4)])
        assert [word.right for word in found].count(True) == 1

    def test_a_column_elsewhere_is_read_rightly(self) -> None:
        read = [(word, 0.9) for word in ("tři", "čtyři", "pět", "jedna", "dvě")]
        assert all(word.right for word in judged("jedna dvě tři čtyři pět", read))

    def test_marks_without_letters_are_no_words(self) -> None:
        assert judged("a . b", [("a", 1.0), (".", 0.1), ("|", 0.2), ("b", 0.9)]) == (
            Judged(1.0, True),
            Judged(0.9, True),
        )

    def test_words_are_compared_made_plain(self) -> None:
        assert judged("Haupt⸗ ſtadt", [("Haupt-", 0.9), ("stadt", 0.9)]) == (Judged(0.9, True), Judged(0.9, True))

    @MODEST
    @given(st.lists(st.tuples(confidences, st.booleans()), max_size=30))
    def test_every_word_is_in_one_class_within_its_bounds(self, told: list[tuple[float, bool]]) -> None:
        classes = reliability([Judged(sure, right) for sure, right in told])
        assert sum(each.count for each in classes) == len(told)
        assert sum(each.count * each.right for each in classes) == pytest.approx(sum(right for _, right in told))
        for at, each in enumerate(classes):
            assert each.count == 0 or at / 10 - 1e-9 <= each.confidence <= (at + 1) / 10 + 1e-9

    def test_an_honest_engine_has_no_calibration_error(self) -> None:
        honest = [Judged(0.75, at % 4 != 0) for at in range(80)] + [Judged(0.25, at % 4 == 0) for at in range(40)]
        assert calibration_error(honest) == pytest.approx(0)

    def test_a_boasting_engine_has_its_share_of_lies(self) -> None:
        boasts = [Judged(0.9, at < 6) for at in range(10)]
        assert calibration_error(boasts) == pytest.approx(0.3)

    def test_over_and_understatement_do_not_cancel_out(self) -> None:
        assert calibration_error([Judged(0.95, False), Judged(0.05, True)]) == pytest.approx(0.95)

    def test_no_words_are_no_error(self) -> None:
        assert calibration_error([]) == 0


def sheet(name: str, *, kind: str = "Antiqua", language: str = "ces") -> Sheet:
    return Sheet(name, Path(name), "truth", (language,), "", kind, language)


def scored(cer: float, cpu: float = 2.0, trouble: str = "") -> Scored:
    return Scored(Errors(cer, cer, cer), (Judged(0.9, True), Judged(0.9, False)), cpu, trouble)


def folder_of_scans(folder: Path) -> Path:
    rows = [
        "file,language,script,tesseract_lang",
        "a/1.tif,ces (1840s orthography),Fraktur,Fraktur",
        "a/2.jpg,deu,typewriter (Latin),deu",
        "b/3.jpg,lat,Antiqua (long s),lat",
    ]
    (folder / "manifest.csv").write_text("\n".join(rows), encoding="utf-8")
    (folder / "a").mkdir()
    for name in ("1", "2"):
        (folder / f"a/{name}.gt.txt").write_text(f"text {name}", encoding="utf-8")
    return folder


class TestPages:
    def test_pages_are_read_from_the_manifest_and_those_without_truth_left_out(self, tmp_path: Path) -> None:
        first, second = sheets(folder_of_scans(tmp_path))
        assert (first.languages, first.script, first.kind, first.models) == (("ces",), "Fraktur", "Fraktur", "Fraktur")
        assert (second.languages, second.script, second.kind, second.truth) == (("deu",), "", "typewriter", "text 2")

    def test_the_real_scans_have_all_their_truths(self, scans: Path) -> None:
        found = sheets(scans)
        with (scans / "manifest.csv").open(encoding="utf-8", newline="") as rows:
            assert [each.name for each in found] == [row["file"] for row in csv.DictReader(rows)]
        assert {each.kind for each in found} == {"Fraktur", "Antiqua", "typewriter"}
        assert all(each.truth.strip() for each in found)

    @MODEST
    @given(st.integers(0, 30), st.integers(0, 40))
    def test_a_few_pages_are_spread_over_all(self, count: int, wanted: int) -> None:
        pages = [sheet(str(number)) for number in range(count)]
        chosen = [int(each.name) for each in spread(pages, wanted)]
        assert len(chosen) == (min(count, wanted) if wanted else count)
        assert chosen == sorted(set(chosen))
        assert not chosen or max(chosen) >= count - 1 - count / len(chosen)

    def test_our_way_is_the_paths_own_up_to_reading(self) -> None:
        steps = steps_to("read")
        assert steps[0] == "examine"
        assert steps[-1] == "read"
        assert "master" not in steps

    def test_words_are_taken_as_printed(self) -> None:
        box = Box(0, 0, 9, 9)
        line = Line(box, (Word("na", box, 0.9), Word("kra", box, 0.7)), hyphen=Hyphen("-", box))
        text = PageText(9, 9, (Block(BlockKind.TEXT, box, (line,)),), Agent("x", "1"))
        assert words(text) == (("na", 0.9), ("kra-", 0.7))


HOCR = """<html xmlns="http://www.w3.org/1999/xhtml"><body><div class="ocr_page" title="bbox 0 0 90 90">
<div class="ocr_carea" title="bbox 0 0 90 20"><p class="ocr_par" title="bbox 0 0 90 20">
<span class="ocr_line" title="bbox 0 0 90 20"><span class="ocrx_word" title="bbox 0 0 40 20; x_wconf 91">slovo</span>
</span></p></div></div></body></html>"""


class TestPlainTesseract:
    @pytest.fixture
    def runs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[object]]:
        """The commands that were run; each leaves a page of one word."""
        done: list[list[object]] = []

        def run(command: list[object], log: Path, **environment: str) -> Cost:
            assert environment == {"OMP_THREAD_LIMIT": "1"}
            done.append(command)
            (log.parent / "plain.hocr").write_text(HOCR, encoding="utf-8")
            (log.parent / "plain.txt").write_text("slovo\n", encoding="utf-8")
            return Cost(1.5, 2.0)

        (tmp_path / "ces.traineddata").write_bytes(b"model")
        monkeypatch.setattr(read_pages, "installed", lambda: Models(tmp_path, ("ces",)))
        monkeypatch.setattr(read_pages, "measured", run)
        monkeypatch.setattr(Tool, "version", lambda _: "5.9.9")
        return done

    def page(self, folder: Path) -> Sheet:
        (folder / "1.tif").write_bytes(b"scan")
        return replace(sheet("1.tif"), path=folder / "1.tif")

    def test_it_is_run_as_anybody_would(self, tmp_path: Path, runs: list[list[object]]) -> None:
        reading = plain_tesseract(self.page(tmp_path), tmp_path, tmp_path / "kept", anew=False)
        assert (reading.text, reading.words, reading.cpu) == ("slovo\n", (("slovo", 0.91),), 1.5)
        (command,) = runs
        assert [command[0], command[1], *command[3:7]] == ["tesseract", tmp_path / "1.tif", "-l", "ces", "--psm", "3"]

    def test_what_was_read_before_is_not_read_again(self, tmp_path: Path, runs: list[list[object]]) -> None:
        page, kept = self.page(tmp_path), tmp_path / "kept"
        first = plain_tesseract(page, tmp_path, kept, anew=False)
        assert plain_tesseract(page, tmp_path, kept, anew=False) == first
        assert len(runs) == 1
        plain_tesseract(page, tmp_path, kept, anew=True)
        assert len(runs) == 2

    def test_another_scan_or_model_is_read(self, tmp_path: Path, runs: list[list[object]]) -> None:
        page, kept = self.page(tmp_path), tmp_path / "kept"
        plain_tesseract(page, tmp_path, kept, anew=False)
        page.path.write_bytes(b"another scan")
        plain_tesseract(page, tmp_path, kept, anew=False)
        (tmp_path / "ces.traineddata").write_bytes(b"another model")
        plain_tesseract(page, tmp_path, kept, anew=False)
        assert len(runs) == 3


class TestOurWay:
    @pytest.fixture
    def page(self, tmp_path: Path) -> Sheet:
        """A page of type, said to be in Czech, of a book that says "Kniha je přítel"."""
        put(tmp_path / "1.png", encoded(Image.fromarray(text_page()).resize((1700, 2400)), "PNG", dpi=(300, 300)))
        return Sheet("a/1.png", tmp_path / "1.png", "Kniha je přítel", ("ces",), "", "Antiqua", "ces")

    def test_a_page_goes_through_the_steps_of_the_path(self, page: Sheet, tmp_path: Path) -> None:
        reading = ours(page, tmp_path / "way", named(FixedEngine), 300)
        assert reading.text == "Kniha je přítel\n"
        assert [word for word, _ in reading.words] == ["Kniha", "je", "přítel"]
        assert reading.trouble == ""
        assert reading.cpu > 0

    def test_a_page_that_cannot_be_read_says_why(self, page: Sheet, tmp_path: Path) -> None:
        reading = ours(replace(page, languages=("lat",)), tmp_path / "way", named(FixedEngine), 300)
        assert (reading.text, reading.words, reading.trouble) == ("", (), "E002")

    def test_skew_is_measured_on_turned_copies_of_the_page(self, page: Sheet, tmp_path: Path) -> None:
        ours(page, tmp_path / "way", named(FixedEngine), 300)
        found = skew_errors(tmp_path / "way", (-2.9, 6.7))
        assert len(found) == 2
        assert all(error is not None and abs(error) < 0.3 for error in found)

    def test_a_page_that_was_never_decoded_has_no_skew(self, tmp_path: Path) -> None:
        assert skew_errors(tmp_path, (1.0,)) == ()

    def test_the_command_compares_prints_and_publishes(
        self, page: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "1.gt.txt").write_text(page.truth, encoding="utf-8")
        manifest = "file,language,script,tesseract_lang\n1.png,ces,Antiqua,ces\n"
        (tmp_path / "manifest.csv").write_text(manifest, encoding="utf-8")
        beside = Reading("Kniha je přitel", (("Kniha", 0.9), ("je", 0.9), ("přitel", 0.5)), 1.0)
        monkeypatch.setattr(quality, "plain_tesseract", lambda *_, anew: beside)
        monkeypatch.setattr(quality, "adopt_orphans", lambda: None)
        monkeypatch.setattr(Tool, "version", lambda _: "5.9.9")
        told = ["--scans", str(tmp_path), "--engine", named(FixedEngine), "--quick", "--out", str(tmp_path / "docs")]
        assert quality.main(told) == 0
        row = "| 1.png | 0.0667 | 0.0000 | 0.333 | 0.000 | 0.333 | 0.000 | 1.00 |"
        assert row in capsys.readouterr().out
        assert row in (tmp_path / "docs/quality.md").read_text(encoding="utf-8")

    def test_a_folder_without_truth_is_no_result(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(quality, "adopt_orphans", lambda: None)
        (tmp_path / "manifest.csv").write_text("file,language,script\n", encoding="utf-8")
        with pytest.raises(SystemExit, match="no page with ground truth"):
            quality.main(["--scans", str(tmp_path)])


PAGES = (
    Compared(sheet("a/1.tif", kind="Fraktur"), scored(0.10, 4.0), scored(0.20), (0.01, -0.03, None)),
    Compared(sheet("a/2.tif", language="deu"), scored(0.04, 2.0, "P010"), scored(0.04), (0.02,)),
)


class TestTelling:
    def test_pages_are_grouped_by_script_and_by_language(self) -> None:
        found = {name: [page.sheet.name for page in pages] for name, pages in groups(PAGES).items()}
        every = ["a/1.tif", "a/2.tif"]
        parts = {"Fraktur": every[:1], "Antiqua": every[1:], "ces": every[:1], "deu": every[1:]}
        assert found == parts | {"all": every}

    def test_the_table_tells_both_readings_and_the_change(self) -> None:
        told = markdown(PAGES, "note")
        assert "mean character error **-41.7 %**, CPU **1.50 ×**" in told
        row = "0.1200 | 0.0700 | -41.7 % | 0.120 | 0.070 | 0.120 | 0.070 | 0.400 | 0.400 | 2.00 | 3.00"
        assert f"| all | 2 | {row} |" in told.splitlines()
        assert "| a/2.tif | 0.0400 | 0.0400 | 0.040 | 0.040 | 0.040 | 0.040 | 2.00 | 2.00 | P010 |" in told.splitlines()

    def test_skew_that_was_not_measured_is_told_and_not_averaged(self) -> None:
        told = markdown(PAGES, "note")
        assert "4 times a page was turned by a known angle; 1 times it was left as it is" in told
        assert "median 0.020°" in told
        assert "worst 0.030°" in told

    def test_all_is_written_where_it_was_asked_for(self, tmp_path: Path) -> None:
        publish(PAGES, "note", tmp_path / "docs")
        told = (tmp_path / "docs/quality.md").read_text(encoding="utf-8")
        for picture in ("picture/reading-errors.svg", "picture/reliability.svg"):
            assert f"({picture})" in told
            assert (tmp_path / "docs" / picture).is_file()


SVG = "{http://www.w3.org/2000/svg}"


class TestPictures:
    @MODEST
    @given(st.lists(st.tuples(st.text('až<&>"', max_size=5), confidences, confidences), max_size=6))
    def test_every_group_has_its_two_bars_and_names_may_hold_anything(
        self, told: list[tuple[str, float, float]]
    ) -> None:
        picture = etree.fromstring(error_bars(told).encode())
        bars = [bar for bar in picture.findall(f"{SVG}rect") if bar.get("height") == "11"]
        assert len(bars) == 2 * len(told)
        assert {name for name, *_ in told} <= {text.text or "" for text in picture.findall(f"{SVG}text")}

    def test_bars_are_as_long_as_errors_are_large(self) -> None:
        picture = etree.fromstring(error_bars([("a", 0.4, 0.1), ("b", 0.2, 0.2)]).encode())
        lengths = [float(bar.get("width", "")) for bar in picture.findall(f"{SVG}rect") if bar.get("height") == "11"]
        assert lengths == [420, 105, 210, 210]

    def test_a_class_of_words_stands_where_it_came_true(self) -> None:
        bins = [Bin(0, 0.0, 0.0), Bin(30, 0.5, 1.0)]
        picture = etree.fromstring(reliability_diagram({"kdr": bins, "Tesseract": []}).encode())
        (circle,) = picture.findall(f"{SVG}circle")
        assert (circle.get("cx"), circle.get("cy")) == ("200.0", "50.0")
