"""The archivist's reports: what they say, in three forms and two languages, about a repository with a past."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from metadata.event import now
from metadata.problem import Problem
from metadata.wording import Tongue
from repository.canary import CANARY
from repository.journal import Json
from repository.seal_cms import read_signed, signature_fault
from repository.verify import Verdict
from tests.archive import GONE, MENDED, NOW, OVERDUE, SAFE, UNSAFE, Past, archive
from tests.homes import delivery, flip, kdr, make_home, run
from workflows.reports import as_pdf as pdf_module
from workflows.reports.as_csv import as_csv
from workflows.reports.as_html import as_html
from workflows.reports.as_pdf import as_pdf, fonts
from workflows.reports.deletable import deletable
from workflows.reports.drills import drills
from workflows.reports.fixity import fixity
from workflows.reports.holdings import holdings
from workflows.reports.incidents import incidents
from workflows.reports.known import Known, gather
from workflows.reports.ndsa import CRITERIA, answered, ndsa
from workflows.reports.sheet import Bars, Cell, Mark, Moment, Origin, Report, Table, Tone
from workflows.reports.statements import read_statements
from workflows.reports.words import days_between, shown, size, verdict_mark
from workflows.reports.writing import KINDS, write_report
from workflows.sealing import new_test_key
from workflows.settings import Home, load

CS, EN = Tongue.CS, Tongue.EN
BOTH = pytest.mark.parametrize("tongue", Tongue)
EVERY = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return archive(tmp_path_factory.mktemp("archive") / "home")


@pytest.fixture(scope="module")
def known(home: Home) -> Known:
    return gather(home, NOW)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A repository with one stored delivery of two scans."""
    folder = tmp_path_factory.mktemp("deletable")
    own = make_home(folder / "home")
    run(own, delivery(folder / "dodavka", {"kniha": [1, 2]}))
    return own


def row_of(report: Report, subject: str, table: int = 0) -> dict[str, Cell]:
    """The row about `subject`, by the titles of its columns."""
    own = report.tables[table]
    (row,) = (row for row in own.rows if subject in row)
    return dict(zip(own.columns, row, strict=True))


def text_of(file: Path) -> str:
    """What a reader can search in a PDF (poppler)."""
    pdftotext = shutil.which("pdftotext")
    assert pdftotext is not None
    return subprocess.run([pdftotext, "-layout", str(file), "-"], capture_output=True, check=True).stdout.decode()


def spoken(cell: Cell) -> str:
    return shown(cell, CS)


class TestHoldings:
    """What we have, where, how many copies, when proved (ISO 16363 5.1.2)."""

    def test_a_safe_object_has_its_copies_and_its_proof(self, known: Known) -> None:
        row = row_of(holdings(known, CS), SAFE)
        assert spoken(row["v bezpečí"]) == "ano"
        assert row["kopií"] == 2
        assert row["naposled přečteno a shodné"] == Moment("2026-11-01T12:00:00+00:00")
        assert "hlavni 1. 11. 2026" in spoken(row["místa"])

    def test_a_damaged_copy_does_not_count_and_what_is_missing_is_named(self, known: Known) -> None:
        row = row_of(holdings(known, CS), UNSAFE)
        assert row["v bezpečí"] == Mark("ne: kopie 1 z 2, lokality 1 z 2", Tone.BAD)
        assert "poškozeno" in spoken(row["místa"])

    def test_a_mended_object_is_safe_again_by_the_reading_after_the_repair(self, known: Known) -> None:
        row = row_of(holdings(known, EN), MENDED)
        assert row["safe"] == Mark("yes", Tone.GOOD)
        assert "druha 2026-11-02" in str(row["places"])

    def test_what_was_not_read_in_time_says_so(self, known: Known) -> None:
        assert str(row_of(holdings(known, EN), OVERDUE)["places"]).count("overdue") == 2

    def test_unsafe_comes_first_and_the_canary_last_and_uncounted(self, known: Known) -> None:
        report = holdings(known, EN)
        order = [row[1] for row in report.tables[0].rows]
        assert order[0] == UNSAFE
        assert order[-1] == CANARY
        assert str(report.tables[0].rows[-1][0]).startswith("PRACTICE OBJECT")
        assert dict(report.facts)["Objects"] == 4
        assert report.verdict == Mark("Objects that are not safe: 1 of 4.", Tone.BAD)

    def test_what_was_disposed_of_is_told_apart(self, known: Known) -> None:
        report = holdings(known, CS)
        assert GONE not in {row[1] for row in report.tables[0].rows}
        assert report.tables[2].rows == ((GONE, Moment("2026-11-02T12:00:00+00:00")),)

    def test_a_place_that_is_away_is_told_and_holds_nothing(self, known: Known) -> None:
        row = row_of(holdings(known, CS), "treti", 1)
        assert row["stav"] == Mark("nepřipojeno", Tone.WARN)
        assert row["verzí"] == 0

    def test_a_copy_in_a_place_that_the_settings_forgot_makes_nobody_safe(self, home: Home) -> None:
        ours = home.settings.model_copy(update={"place": home.settings.place[:1]})
        report = holdings(gather(home.model_copy(update={"settings": ours}), NOW), EN)
        assert row_of(report, SAFE)["copies"] == 1
        assert row_of(report, "druha", 1)["state"] == Mark("not in the settings", Tone.WARN)

    def test_an_empty_repository_claims_nothing(self, tmp_path: Path) -> None:
        report = holdings(gather(make_home(tmp_path), NOW), EN)
        assert report.verdict == Mark("The repository is empty.", Tone.CALM)

    def test_the_numbers_of_the_picture_are_all_copies(self, known: Known) -> None:
        copies, ages = holdings(known, CS).bars
        assert sum(count for _, count in copies.rows) == 4
        assert sum(count for _, count in ages.rows) == 8


class TestFixity:
    """Which copies were read, what that found, what is overdue."""

    def test_counts_readings_by_verdict_place_and_month(self, known: Known) -> None:
        report = fixity(known, CS)
        assert dict(report.facts)["Přečtených kopií"] == 8
        assert row_of(report, "druha", 1)["se závadou"] == 2
        assert report.tables[2].rows == (("2026-11", 8, 24_000_000, 2),)
        assert report.tables[0].rows == ((Mark("v pořádku", Tone.GOOD), 6), (Mark("poškozeno", Tone.BAD), 2))

    def test_readings_of_the_canary_are_counted_apart(self, tmp_path: Path) -> None:
        own = archive(tmp_path / "home")
        facts: dict[str, Json] = {
            "version": "v0001",
            "place": "druha",
            "verdict": "damaged",
            "run": "D-1",
            "bytes": 1,
            "seconds": 1,
        }
        Past(own).write("checked", CANARY, facts, day="2026-11-20")
        before, after = (fixity(gather(each, NOW), CS) for each in (archive(tmp_path / "other"), own))
        assert dict(after.facts).pop("Čtení cvičného objektu (výše nepočítaná)") == "3, z toho záměrně poškozených 1"
        assert after.tables == before.tables
        assert after.verdict == before.verdict

    def test_what_is_damaged_now_and_what_is_overdue_are_different_lists(self, known: Known) -> None:
        report = fixity(known, EN)
        assert [row[:3] for row in report.tables[3].rows] == [(UNSAFE, "v0001", "druha")]
        assert {row[0] for row in report.tables[4].rows} == {OVERDUE}
        assert report.verdict.tone is Tone.BAD

    def test_what_lies_before_the_period_is_not_counted(self, known: Known) -> None:
        assert dict(fixity(known, EN, days=5).facts)["Copies read"] == 0

    def test_a_run_that_never_ended_shows_no_result(self, tmp_path: Path) -> None:
        own = archive(tmp_path / "home")
        Past(own).write("audit begun", "A-2", {"scope": "full"}, day="2026-11-20")
        row = row_of(fixity(gather(own, NOW), EN), "A-2", 5)
        assert row["ended"] == Moment("")
        assert row["intact"] == "–"

    def test_the_saved_plan_decides_what_is_overdue(self, tmp_path: Path) -> None:
        own = archive(tmp_path / "home")
        Past(own).write("audit planned", "*", {"places": {"hlavni": 3650, "druha": 10}, "hours": 8}, day="2026-11-20")
        late = {row[:3] for row in fixity(gather(own, NOW), EN).tables[4].rows}
        assert (OVERDUE, "v0001", "hlavni") not in late
        assert (SAFE, "v0001", "druha") in late


class TestIncidents:
    """From found to mended, with source and approval."""

    def test_a_repair_tells_minutes_source_and_approval(self, known: Known) -> None:
        row = row_of(incidents(known, CS), MENDED)
        assert row["minut"] == 24 * 60
        assert row["zdroj opravy"] == "hlavni"
        assert row["schválil / důvod"] == "podle pravidel"
        assert row["stav"] == Mark("opraveno", Tone.GOOD)

    def test_an_open_one_is_the_verdict(self, known: Known) -> None:
        report = incidents(known, EN)
        assert report.verdict == Mark("Open incidents: 1.", Tone.BAD)
        assert row_of(report, UNSAFE)["ended"] == Moment("")

    def test_incidents_of_drills_are_listed_and_counted_apart(self, tmp_path: Path) -> None:
        own = archive(tmp_path / "home")
        before = incidents(gather(own, NOW), EN)
        facts = {
            "incident": "I-20261120-0099",
            "version": "v0001",
            "place": "druha",
            "verdict": "damaged",
            "faults": [],
        }
        Past(own).write("incident", CANARY, facts, day="2026-11-20")
        after = incidents(gather(own, NOW), EN)
        assert after.tables[0] == before.tables[0]
        assert after.verdict == before.verdict
        assert [row[0] for row in after.tables[1].rows] == ["I-20261120-0099"]
        assert dict(after.facts)["Incidents in drills (not counted above)"] == 1


class TestDrills:
    """What was practised, what passed, what is due."""

    HARM: ClassVar[dict[str, Json]] = {
        "place": "druha", "harm": "flip", "found": ["damaged"], "recognised": True, "mended": True,
        "seconds_to_find": 60, "seconds_to_mend": 120,
    }  # fmt: skip

    def drilled(self, home: Home, name: str, day: str, **facts: Json) -> None:
        told: dict[str, Json] = {"passed": True, "seconds": 180}
        Past(home).write("drilled", name, told | facts, day=day)

    def test_both_passed_in_time_is_well_and_the_next_day_is_told(self, tmp_path: Path) -> None:
        own = archive(tmp_path / "home")
        self.drilled(own, "D-1", "2026-11-19", exercises=[self.HARM, self.HARM | {"seconds_to_mend": 240}])
        place: dict[str, Json] = {
            "place": "hlavni",
            "versions": 4,
            "bytes": 9,
            "seconds_to_copy": 30,
            "seconds_to_verify": 30,
        }
        self.drilled(own, "R-1", "2026-11-20", places=[place])
        report = drills(gather(own, NOW), EN)
        assert report.verdict == Mark("Both drills passed and none is overdue.", Tone.GOOD)
        assert report.tables[0].rows[0][2] == "2027-02-17"
        assert report.tables[1].rows == (("flipped bit", 2, 2, 1.0, 3.0, 5.0),)
        assert report.tables[2].rows[0][1:5] == ("hlavni", 4, 9, 1.0)
        assert [row[0] for row in report.tables[3].rows] == ["R-1", "D-1", "D-2026-11-02"]

    def test_what_failed_last_is_the_verdict(self, tmp_path: Path) -> None:
        own = archive(tmp_path / "home")
        self.drilled(own, "D-1", "2026-11-18", exercises=[self.HARM])
        self.drilled(own, "D-2", "2026-11-19", passed=False, exercises=[self.HARM | {"mended": False}])
        report = drills(gather(own, NOW), EN)
        assert report.verdict == Mark("The last drill failed: damage and repair.", Tone.BAD)
        assert report.tables[1].rows[0][1:3] == (2, 1)

    def test_what_was_never_practised_is_named(self, tmp_path: Path) -> None:
        report = drills(gather(make_home(tmp_path / "home"), NOW), CS)
        assert report.verdict.tone is Tone.WARN
        assert "obnova" in report.verdict.text


class TestNdsa:
    """NDSA levels: measured where a program can, else only by what somebody said."""

    def test_every_criterion_is_answered_with_a_sentence(self, known: Known) -> None:
        for tongue in Tongue:
            answers = answered(known, tongue)
            assert [each.criterion for each in answers] == list(CRITERIA)
            assert all(each.said for each in answers)

    def test_the_exact_missing_item_is_named(self, known: Known) -> None:
        answers = {each.criterion.key: each for each in answered(known, EN)}
        assert not answers["S1a"].met
        assert "1 of 2 good copies" in answers["S1a"].said
        assert "[ndsa.C1a]" in answers["C1a"].said
        assert not answers["I3a"].met
        assert "Overdue copies: 2" in answers["I3a"].said
        assert answers["I4a"].met

    def test_a_statement_meets_what_only_people_know(self, home: Home, known: Known, tmp_path: Path) -> None:
        row = {each[0]: each for each in ndsa(known, EN).tables[0].rows}["Control"]
        assert row[1] == "0 – not reached"
        own = tmp_path / "home"
        shutil.copytree(home.folder, own)
        said = '[ndsa.{}]\nstatement = "Směrnice 12"\nby = "Jana"\ndate = 2026-11-01\n'
        (own / "evidence.toml").write_text(said.format("C1a") + said.format("C2a"), encoding="utf-8")
        report = ndsa(gather(load(own), NOW), EN)
        row = {each[0]: each for each in report.tables[0].rows}["Control"]
        assert row[1] == "3 – monitor"
        assert str(row[2]).startswith("C4a")
        assert "Směrnice 12 – said by Jana, 2026-11-01" in {each[4] for each in report.tables[1].rows}

    def test_a_yearly_review_grows_old(self, home: Home, tmp_path: Path) -> None:
        own = tmp_path / "home"
        shutil.copytree(home.folder, own)
        said = '[ndsa.C4a]\nstatement = "prošli jsme"\nby = "Jana"\ndate = 2025-01-01\n'
        (own / "evidence.toml").write_text(said, encoding="utf-8")
        answers = {each.criterion.key: each for each in answered(gather(load(own), NOW), EN)}
        assert not answers["C4a"].met
        assert "older than a year" in answers["C4a"].said

    def test_a_statement_cannot_stand_for_a_measurement(self, home: Home, tmp_path: Path) -> None:
        own = tmp_path / "home"
        shutil.copytree(home.folder, own)
        said = '[ndsa.S1a]\nstatement = "Jistě"\nby = "Jana"\ndate = 2026-11-01\n'
        (own / "evidence.toml").write_text(said, encoding="utf-8")
        assert not {each.criterion.key: each for each in answered(gather(load(own), NOW), EN)}["S1a"].met

    @pytest.mark.parametrize(
        "content",
        ['[ndsa.C1a]\nstatement = "x"\nby = "y"\n', "[ndsa.C1a\n", '[ndsa.C1a]\nwho = "x"\n', "ndsa = 3\n"],
    )
    def test_a_wrong_file_of_statements_stops_and_says_why(self, content: str, tmp_path: Path) -> None:
        own = make_home(tmp_path)
        (own.folder / "evidence.toml").write_text(content, encoding="utf-8")
        with pytest.raises(Problem) as stopped:
            read_statements(own, "ndsa")
        assert stopped.value.finding.code == "S097"
        assert stopped.value.exit_code == 78


class TestTheForms:
    """HTML, CSV and PDF/A of every report in both languages."""

    @BOTH
    @EVERY
    def test_the_page_is_whole_offline_and_in_its_language(self, known: Known, kind: str, tongue: Tongue) -> None:
        report = KINDS[kind](known, tongue)
        page = html.fromstring(as_html(report))
        assert page.get("lang") == tongue
        assert page.xpath("string(//h1)") == report.title
        assert page.xpath("//script | //*[@src] | //link") == []
        heads = page.xpath("//table/thead//th[not(@scope='col')]")
        assert heads == []
        rows = sum(len(table.rows) for table in report.tables)
        assert len(page.xpath("//tbody/tr")) == rows
        assert report.origin.hash in page.xpath("string(//footer)")

    def test_names_from_packages_stay_text(self, known: Known) -> None:
        page = as_html(holdings(known, CS))
        assert "Úpěl &lt;ódy&gt;" in page
        assert "<ódy>" not in page

    @BOTH
    @EVERY
    def test_the_table_reads_back(self, known: Known, kind: str, tongue: Tongue) -> None:
        report = KINDS[kind](known, tongue)
        content = as_csv(report)
        assert content.startswith(b"\xef\xbb\xbf")
        lines = content.decode("utf-8-sig")
        assert lines.count("\n") == lines.count("\r\n")
        rows = list(csv.reader(io.StringIO(lines, newline=""), delimiter=";"))
        assert rows[0] == [report.title]
        for table in report.tables:
            at = rows.index([table.title]) + 1
            assert rows[at] == list(table.columns)
            assert all(len(row) == len(table.columns) for row in rows[at : at + len(table.rows) + 1])
            assert rows[at + len(table.rows) + 1] == []

    def test_no_title_becomes_a_formula(self, known: Known) -> None:
        rows = csv.reader(io.StringIO(as_csv(holdings(known, CS)).decode("utf-8-sig")), delimiter=";")
        assert [row[0] for row in rows if len(row) > 1 and row[1] == UNSAFE] == ["'=Příliš"]

    @BOTH
    @EVERY
    def test_the_pdf_is_an_archival_one(self, known: Known, kind: str, tongue: Tongue, tmp_path: Path) -> None:
        report = KINDS[kind](known, tongue)
        file = tmp_path / "report.pdf"
        file.write_bytes(as_pdf(report))
        with pikepdf.open(file) as pdf, pdf.open_metadata() as about:
            assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "B")
            assert str(pdf.Root.Lang) == tongue
            assert str(pdf.Root.OutputIntents[0].S) == "/GTS_PDFA1"
            assert "/DestOutputProfile" in pdf.Root.OutputIntents[0]
            drawn = [font for page in pdf.pages for font in page.Resources.Font.values()]
            assert drawn
            assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor for font in drawn)
            assert all("/ToUnicode" in font for font in drawn)
        text = text_of(file)
        words = " ".join(text.split())
        assert report.title in words
        assert report.verdict.text in words
        assert "Krajská knihovna v Liberci" in words

    def test_czech_letters_come_out_of_the_pdf(self, known: Known, tmp_path: Path) -> None:
        file = tmp_path / "report.pdf"
        file.write_bytes(as_pdf(holdings(known, CS)))
        text = text_of(file)
        assert {"Žluťoučký", "kůň", "Úpěl", "Ďábelské"} <= set(text.split())

    def test_the_same_report_is_the_same_file(self, known: Known) -> None:
        report = holdings(known, CS)
        first = as_pdf(report)
        time.sleep(1.05)  # the clock of the machine must not be in it
        assert as_pdf(report) == first

    def test_many_rows_take_many_sheets_each_with_the_head(self, known: Known, tmp_path: Path) -> None:
        report = holdings(known, EN)
        table = report.tables[0]
        many = replace(report, tables=(replace(table, rows=table.rows[:1] * 120),))
        file = tmp_path / "report.pdf"
        file.write_bytes(as_pdf(many))
        with pikepdf.open(file) as pdf:
            sheets = len(pdf.pages)
        text = text_of(file)
        assert sheets > 2
        assert text.count("last read and") + text.count("last read and found whole") >= sheets - 1
        assert text.count(UNSAFE[:8]) == 120

    def test_without_a_font_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(pdf_module, "find_spec", lambda _: None)
        monkeypatch.setattr(pdf_module, "_DEBIAN", tmp_path)
        with pytest.raises(Problem) as stopped:
            fonts()
        assert stopped.value.finding.code == "S099"

    @settings(max_examples=15)
    @given(text=st.text(max_size=60), number=st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9))
    def test_any_text_becomes_every_form(self, text: str, number: float) -> None:
        origin = Origin("r", text, NOW, "kdr", 1, "ab")
        table = Table("t", ("a", "b"), ((text, number), (Mark(text or "x", Tone.BAD), Moment(text))))
        report = Report(
            "holdings", "Título", CS, Mark("v"), (("f", text),), (table,), origin, (Bars("p", "u", ((text, 3),)),)
        )
        assert html.fromstring(as_html(report)).get("lang") == "cs"
        assert as_pdf(report).startswith(b"%PDF-1.7")
        rows = list(csv.reader(io.StringIO(as_csv(report).decode("utf-8-sig"), newline=""), delimiter=";"))
        assert sum(row == ["a", "b"] for row in rows) >= 1
        assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


class TestWriting:
    """Files among the protocols."""

    def test_a_second_report_of_a_day_keeps_the_first(self, known: Known, tmp_path: Path) -> None:
        report = incidents(known, CS)
        first = write_report(report, ["csv", "json"], tmp_path)
        second = write_report(report, ["html"], tmp_path)
        assert [path.name for path in (*first, *second)] == [
            "2026-11-23-incidents.csv",
            "2026-11-23-incidents.json",
            "2026-11-23-incidents-2.html",
        ]
        assert json.loads(first[1].read_bytes())["origin"]["seq"] == known.head.seq

    def test_a_folder_that_refuses_is_told(self, known: Known, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(Problem) as stopped:
            write_report(incidents(known, CS), ["csv"], tmp_path / "file" / "x")
        assert stopped.value.finding.code == "S003"

    def test_every_verdict_has_a_word(self) -> None:
        assert all(verdict_mark(each, tongue).text for each in Verdict for tongue in Tongue)

    @pytest.mark.parametrize(("count", "told"), [(999, "999 B"), (1_234_000, "1,2 MB"), (16e12, "16,00 TB")])
    def test_sizes_are_read_as_disks_are_sold(self, count: float, told: str) -> None:
        assert size(count, CS) == told

    def test_no_moment_is_infinitely_long_ago(self) -> None:
        assert days_between("", NOW) == float("inf")
        assert days_between("2026-11-22T12:00:00+00:00", NOW) == 1.0


class TestDeletable:
    """Raw scans: deletable only when digest, pixels and enough fresh copies are there."""

    def test_a_stored_delivery_is_found_by_its_name_and_all_of_it_may_go(self, model: Home) -> None:
        report = deletable(gather(model, now()), "dodavka", 90, EN)
        may, may_not = report.tables
        assert len(may.rows) == 2
        assert may_not.rows == ()
        assert all(row[7] == "lossless, after changes" for row in may.rows)
        assert len(list(model.batches.glob("*/delivery/**/*.tif"))) == 2

    def test_copies_read_too_long_ago_do_not_count(self, model: Home) -> None:
        report = deletable(gather(model, "2031-01-01T00:00:00+00:00"), "dodavka", 90, EN)
        assert report.tables[0].rows == ()
        assert "not safe by copies read within 90 days" in str(report.tables[1].rows[0][9])

    def test_an_unsafe_version_keeps_its_scans(self, model: Home) -> None:
        policy = model.settings.policy.model_copy(update={"copies": 3})
        strict = model.model_copy(update={"settings": model.settings.model_copy(update={"policy": policy})})
        report = deletable(gather(strict, now()), "dodavka", 90, CS)
        assert len(report.tables[1].rows) == 2
        assert "kopie 2 z 3" in str(report.tables[1].rows[0][9])

    def test_without_a_readable_copy_nothing_may_go(self, model: Home, tmp_path: Path) -> None:
        shutil.copytree(model.folder, tmp_path / "home", symlinks=True)
        own = load(tmp_path / "home")
        for marker in own.folder.glob("*/*/kdr-place.json"):
            marker.unlink()
        report = deletable(gather(own, now()), "dodavka", 90, EN)
        assert report.tables[0].rows == ()
        assert "no stored version that can be read" in str(report.tables[1].rows[0][9])

    def test_an_unknown_delivery_is_refused(self, model: Home) -> None:
        with pytest.raises(Problem) as stopped:
            deletable(gather(model, NOW), "nikdy", 90, CS)
        assert stopped.value.finding.code == "S098"

    def test_the_certificate_claims_no_effect_in_law(self, model: Home) -> None:
        page = as_html(deletable(gather(model, NOW), "dodavka", 90, CS))
        assert "ověřen" not in page
        assert "nemá sestava právní účinek" in page

    def test_the_command_ends_by_whether_all_may_go(self, model: Home, tmp_path: Path) -> None:
        done = kdr("report", "deletable", "dodavka", "--to", tmp_path, "--format", "all", home=model.folder)
        assert done.returncode == 0, done.stderr
        assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".csv", ".pdf", ".json"}


class TestSeal:
    """Where the institution has a key, every file is sealed beside itself."""

    def test_a_seal_is_about_these_very_bytes(self, home: Home, tmp_path: Path) -> None:
        own = tmp_path / "home"
        shutil.copytree(home.folder, own)
        new_test_key(load(own), None)
        with (own / "kdr.toml").open("a", encoding="utf-8") as file:
            file.write('[seal]\npkcs12 = "seal-test.p12"\n')
        done = kdr("report", "holdings", "--format", "pdf", "--to", tmp_path / "out", home=own)
        assert done.returncode == 0, done.stderr
        assert "TEST" in done.stdout
        (signature,) = (tmp_path / "out").glob("*.p7s")
        content = signature.with_suffix("").read_bytes()
        signed = read_signed(signature.read_bytes())
        assert signature_fault(signed, content) == ""
        assert signature_fault(signed, content + b" ") != ""

    def test_without_a_key_it_says_so(self, home: Home, tmp_path: Path) -> None:
        done = kdr("report", "incidents", "--to", tmp_path, home=home.folder)
        assert "Bez pečeti" in done.stdout
        assert {path.suffix for path in tmp_path.iterdir()} == {".html"}


class TestTheCommand:
    """`kdr report`."""

    @EVERY
    def test_every_report_can_be_asked_for(self, home: Home, kind: str, tmp_path: Path) -> None:
        done = kdr("report", kind, "--format", "csv", "--language", "en", "--to", tmp_path, home=home.folder)
        assert done.returncode == 0, done.stderr
        (file,) = tmp_path.iterdir()
        assert file.name.endswith(f"-{kind}.csv")
        assert str(file) in done.stdout.replace("\n", "")

    def test_a_repository_without_its_journal_is_refused(self, home: Home, tmp_path: Path) -> None:
        own = tmp_path / "home"
        shutil.copytree(home.folder, own)
        (own / "journal" / "kdr-journal.json").unlink()
        done = kdr("report", "holdings", home=own)
        assert done.returncode == 74
        assert "S020" in done.stderr

    def test_a_report_changes_nothing_but_the_protocols(self, home: Home, tmp_path: Path) -> None:
        own = tmp_path / "home"
        shutil.copytree(home.folder, own)
        flip(next(own.glob("store/**/mc_0001.jp2"), None) or next(own.glob("places/hlavni/**/mc_0001.jp2")))
        before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
        assert kdr("report", "holdings", "--format", "all", home=own).returncode == 0
        after = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
        assert {path.parent.name for path in after.keys() - before.keys()} == {"protocols"}
        assert before.items() <= after.items()
