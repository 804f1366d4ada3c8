"""`kdr validate` as people and programs meet it: exit codes, lines, JSON, a page; and the whole set of checks."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from metadata.ndk import layout
from metadata.ndk.check.complaint import Level
from metadata.ndk.check.report import Report
from metadata.ndk.check.validate import check
from metadata.ndk.layout import Use
from metadata.wording import Tongue, printable
from tests.good_packages import changed, good_package
from tests.page_records import CREATED, VOLUME
from workflows.cli.speech import Chosen
from workflows.cli.validate import add_to
from workflows.founding import found
from workflows.validation import MOST_SHOWN, as_html, as_text, verdict

TEXT = layout.path(VOLUME, Use.TXT, 2)
SIGLA = ("<creator>LIA001", "<creator>XYZ999")

Run = Callable[..., Result]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return good_package(tmp_path / "balicky")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, run where there is no repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KDR_HOME", raising=False)
    monkeypatch.setattr(Chosen, "folder", None)
    app = typer.Typer()
    add_to(app)
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])


def damage(package: Path) -> None:
    (package / TEXT).write_text("jinak", encoding="utf-8")


class TestExitCodes:
    def test_a_good_package_is_valid(self, run: Run, package: Path) -> None:
        done = run(package, "--no-images")
        assert done.exit_code == 0
        assert "Balíček je platný." in done.stdout
        assert "Co se kontrolovalo a co ne" in done.stdout

    def test_warnings_are_told_and_allowed(self, run: Run, package: Path) -> None:
        changed(package, layout.info_name(VOLUME), *SIGLA)
        done = run(package, "--no-images")
        assert done.exit_code == 0
        assert "WARNING KDR_SIGLA (1)" in done.stdout
        assert "má však varování: 1." in done.stdout

    def test_an_error_makes_it_invalid(self, run: Run, package: Path) -> None:
        damage(package)
        done = run(package, "--no-images")
        assert done.exit_code == 1
        assert "ERROR CHECKSUM_FILE_ALL_CHECKSUMS_MATCH (1)" in done.stdout
        assert TEXT in done.stdout
        assert "není platný" in done.stdout

    def test_english_for_who_wants_it(self, run: Run, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        damage(package)
        monkeypatch.setenv("KDR_LANGUAGE", "en")
        said = run(package, "--no-images").stdout
        assert "The package is invalid" in said
        assert "the file was changed" in said

    def test_nothing_there(self, run: Run, tmp_path: Path) -> None:
        done = run(tmp_path / "nic")
        assert done.exit_code == 66
        assert "neexistuje" in done.stderr

    def test_something_else(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "jine").mkdir()
        done = run(tmp_path / "jine")
        assert done.exit_code == 65
        assert "KDR_NOT_A_PACKAGE" in done.stderr

    def test_a_folder_that_holds_no_schemas(self, run: Run, package: Path, tmp_path: Path) -> None:
        done = run(package, "--schemas", tmp_path)
        assert done.exit_code == 66
        assert "ndk-combined.xsd" in done.stderr

    def test_a_page_that_cannot_be_written(self, run: Run, package: Path, tmp_path: Path) -> None:
        done = run(package, "--no-images", "--html", tmp_path / "neni" / "zprava.html")
        assert done.exit_code == 74
        assert "Traceback" not in done.output


class TestForPrograms:
    def test_json_holds_everything_in_both_languages(self, run: Run, package: Path) -> None:
        damage(package)
        told = json.loads(run(package, "--no-images", "--json").stdout)
        assert told["verdict"] == "INVALID"
        assert told["package"] == VOLUME
        assert told["dmf"] == {"family": "monograph", "version": "2.2", "rules": "monograph_2.2"}
        assert told["counts"]["ERROR"] >= 1
        (one,) = [each for each in told["complaints"] if each["rule"] == "CHECKSUM_FILE_ALL_CHECKSUMS_MATCH"]
        assert one["level"] == "ERROR"
        assert one["file"] == TEXT
        assert one["cs"].startswith("Soubor má MD5")
        assert one["en"].startswith("The file has MD5")
        assert {each["level"] for each in told["checked"]} == {"INFO"}


class TestSchemas:
    def test_come_from_the_repository_where_there_is_one(
        self, run: Run, package: Path, tmp_path: Path, schemas: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found(tmp_path / "doma", schemas)
        monkeypatch.setattr(Chosen, "folder", tmp_path / "doma")
        assert "není nastavena (--schemas)" not in run(package, "--no-images").stdout

    def test_or_from_the_option(self, run: Run, package: Path, schemas: Path) -> None:
        done = run(package, "--no-images", "--schemas", schemas)
        assert done.exit_code == 0
        assert "není nastavena (--schemas)" not in done.stdout

    def test_a_good_package_is_without_any_complaint(self, package: Path, schemas: Path) -> None:
        assert check(package, schemas=schemas, images=False).complaints == ()


class _Page(HTMLParser):
    """What a browser would open, and what it would show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class TestThePage:
    def test_is_one_file_without_script_in_both_languages(self, run: Run, package: Path, tmp_path: Path) -> None:
        damage(package)
        done = run(package, "--no-images", "--html", tmp_path / "zprava.html")
        text = (tmp_path / "zprava.html").read_text(encoding="utf-8")
        page = _Page(text)
        assert done.exit_code == 1
        assert str(tmp_path / "zprava.html") in done.stdout
        assert page.open == []
        assert "script" not in page.tags
        assert "http" not in text.replace("http-equiv", "").replace("http://www.loc.gov", "")
        assert '<span lang="cs">' in text
        assert "The package is invalid" in text

    def test_levels_open_and_close_without_script(self, package: Path) -> None:
        damage(package)
        page = _Page(as_html(check(package, images=False), CREATED))
        assert page.tags.count("details") >= 4
        assert page.tags.count("summary") == page.tags.count("details")

    def test_hostile_names_are_escaped(self, package: Path) -> None:
        (package / "<script>alert(1)<").mkdir()
        (package / os.fsdecode(b"\xff\xe2\x80\xae.txt")).touch()
        report = check(package, images=False)
        text = as_html(report, CREATED)
        assert "<script>" not in text
        assert "&lt;script&gt;" in text
        assert "\u202e" not in text
        text.encode()
        "\n".join(as_text(report)).encode()


class TestTheLines:
    def many(self, package: Path) -> Report:
        for number in range(MOST_SHOWN + 5):
            (package / "alto" / f"navic{number:03}").touch()
        return check(package, images=False)

    def test_many_of_a_kind_are_cut_and_counted(self, package: Path) -> None:
        report = self.many(package)
        lines = list(as_text(report, Tongue.CS))
        assert f"ERROR NO_EXTRA_FILES_IN_OCR-ALTO-DIR ({MOST_SHOWN + 5})" in lines
        assert sum("alto/navic" in line for line in lines) == MOST_SHOWN
        assert any("dalších 5" in line for line in lines)

    def test_the_page_shows_them_all(self, package: Path) -> None:
        assert as_html(self.many(package), CREATED).count("alto/navic") == MOST_SHOWN + 5

    def test_errors_come_before_warnings_and_the_verdict_last(self, package: Path) -> None:
        changed(package, layout.info_name(VOLUME), *SIGLA)
        damage(package)
        report = check(package, images=False)
        lines = list(as_text(report, Tongue.EN))
        levels = [Level(line.split()[0]) for line in lines if line.startswith(tuple(Level))]
        assert levels == sorted(levels, key=lambda level: list(Level).index(level))
        assert {Level.ERROR, Level.WARNING} <= set(levels)
        assert lines[-1] == verdict(report, Tongue.EN)

    @pytest.mark.parametrize("sign", ["\x1b", "\x00", "\ud800", "\u202e", "\x9b"])
    def test_what_a_terminal_must_not_be_given_is_replaced(self, sign: str) -> None:
        assert printable(f"a{sign}b") == "a\ufffdb"

    def test_a_new_line_in_a_name_is_no_new_line_on_the_terminal(self, package: Path) -> None:
        (package / "alto" / "dva\nERROR x").touch()
        lines = list(as_text(check(package, images=False)))
        assert "ERROR x" not in lines


class TestCopies:
    def test_what_is_said_of_a_package_does_not_depend_on_where_it_lies(self, package: Path, tmp_path: Path) -> None:
        damage(package)
        moved = Path(shutil.copytree(package, tmp_path / "jinde" / package.name))
        assert check(package, images=False) == check(moved, images=False)
