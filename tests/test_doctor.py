"""The doctor says what this machine lacks and what to do about it, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from metadata.tool import ToolFailed
from metadata.wording import wording
from tests.archive import Past, archive
from tests.homes import changed, everything, kdr, make_home
from workflows import doctor
from workflows.doctor import Check, examine
from workflows.founding import disks
from workflows.settings import Home, load


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the command line sets it."""
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty repository."""
    return make_home(tmp_path / "home")


def bad(home: Home | None) -> dict[str, Check]:
    return {check.key: check for check in examine(home) if not check.good}


class TestMachine:
    def test_a_machine_that_runs_these_tests_is_fit(self) -> None:
        assert {key for key, check in bad(None).items() if check.urgent} == set()

    def test_programs_and_languages_are_named_with_their_versions(self) -> None:
        found = {check.facts.get("program", check.key): check.found for check in examine(None)}
        assert found["tesseract"][0].isdigit()
        assert "ces" in found["languages"]
        assert found["vips"].endswith("(tiffload, jpegload, pngload)")
        assert found["OpenJPEG"] == "0 ≠"

    def test_a_program_that_is_missing_comes_with_its_package(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        missing = [check for check in examine(None) if check.key == "program" and not check.good]
        assert [check.facts["program"] for check in missing] == ["tesseract", "opj_compress", "prlimit", "setpriv"]
        assert missing[0].cure() == "apt-get install tesseract-ocr"
        assert not bad(None)["grok"].urgent

    def test_languages_that_are_missing_come_with_their_packages(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
        packages = "tesseract-ocr-ces tesseract-ocr-deu tesseract-ocr-lat tesseract-ocr-slk"
        assert bad(None)["languages"].cure() == f"apt-get install {packages}"

    def test_an_encoder_that_loses_a_pixel_is_not_to_be_trusted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ingest.encode.differing_pixels", lambda *_: 3)
        check = bad(None)["jpeg2000"]
        assert (check.found, check.urgent) == ("3 ≠", True)
        assert "page.encoder" in check.cure()

    def test_an_encoder_that_fails_is_told_not_raised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ToolFailed("opj_compress", "exit 1")

        monkeypatch.setattr("ingest.encode.make_copy", fail)
        assert "exit 1" in bad(None)["jpeg2000"].found

    def test_many_threads_are_no_gain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OMP_THREAD_LIMIT")
        assert "OMP_THREAD_LIMIT=1" in bad(None)["threads"].cure()


class TestRepository:
    def test_a_new_one_is_fit_and_gets_advice(self, home: Home) -> None:
        found = bad(home)
        assert not any(check.urgent for check in found.values())
        assert set(found) <= {"apart", "schemas", "grok"}
        assert "schemas" in found

    def test_looking_changes_nothing(self, home: Home) -> None:
        before = everything(home.folder)
        examine(home)
        assert everything(home.folder) == before

    def test_schemas_that_are_there_are_good(self, home: Home, schemas: Path) -> None:
        with_schemas = changed(home.folder, schemas=f'"{schemas}"')
        assert "schemas" not in bad(with_schemas)

    def test_a_place_that_is_away(self, home: Home, tmp_path: Path) -> None:
        disks(home)[1].root.rename(tmp_path / "away")
        check = bad(home)["place"]
        assert (check.facts["name"], check.urgent) == ("druha", True)
        assert str(disks(home)[1].root) in check.cure()

    @pytest.mark.parametrize("name", ["work", "journal", "catalogue"])
    def test_a_folder_that_is_away(self, home: Home, tmp_path: Path, name: str) -> None:
        (home.folder / name).rename(tmp_path / "away")
        assert bad(home)["folder"].facts["name"] == name

    def test_a_disk_that_is_nearly_full(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "_LEAST_FREE_GB", 1e9)
        assert bad(home)["disk"].urgent


class TestWords:
    def test_every_check_has_name_and_cure_in_both_languages(
        self, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disks(home)[1].root.rename(tmp_path / "away")
        home.journal.rename(tmp_path / "journal")
        checks = examine(home)
        said = {}
        for tongue in ("cs", "en"):
            monkeypatch.setenv("KDR_LANGUAGE", tongue)
            said[tongue] = [(check.name(), check.cure()) for check in checks]
        assert all(name and cure for told in said.values() for name, cure in told)
        assert said["cs"] != said["en"]

    def test_no_sentence_is_left_over(self) -> None:
        keys = {key.partition(".")[0] for key in wording("workflows", "doctor.toml").sentences}
        source = Path(doctor.__file__).read_text(encoding="utf-8")
        assert all(f'"{key}"' in source for key in keys)


class TestCommand:
    def test_advice_is_no_illness(self, home: Home) -> None:
        done = kdr("doctor", home=home.folder)
        assert done.returncode == 0, done.stdout
        assert "V pořádku." in done.stdout
        assert "!" in done.stdout
        assert "✗" not in done.stdout

    def test_an_illness_is_exit_code_69(self, home: Home, tmp_path: Path) -> None:
        disks(home)[1].root.rename(tmp_path / "away")
        done = kdr("doctor", home=home.folder, KDR_LANGUAGE="en")
        assert done.returncode == 69
        (line,) = (line for line in done.stdout.splitlines() if line.startswith("✗"))
        assert "Place druha is attached" in line

    def test_without_a_repository_only_the_machine_is_looked_at(self, tmp_path: Path) -> None:
        done = kdr("doctor", cwd=tmp_path)
        assert (done.returncode, "tesseract" in done.stdout, "druha" in done.stdout) == (0, True, False)


class TestKeeping:
    """Whether what is stored is kept as promised, each with the command that cures it."""

    KEYS = ("unread", "drill", "incidents", "sealing", "safe")

    def test_a_new_repository_is_kept_as_promised(self, home: Home) -> None:
        found = [check for check in examine(home) if check.key in self.KEYS]
        assert [check.key for check in found] == ["unread", "drill", "drill", "incidents", "safe"]
        assert all(check.good and not check.urgent for check in found)

    def test_what_is_neglected_is_told_with_its_cure(self, tmp_path: Path) -> None:
        own = archive(tmp_path / "home")
        Past(own).write("sealed", "2026-11-01", {"sealed": True}, day="2026-11-01")
        with (own.folder / "kdr.toml").open("a", encoding="utf-8") as file:
            file.write('[seal]\npkcs12 = "key.p12"\n[audit]\ndrill_days = 1\n')
        own = load(own.folder)
        wrong = bad(own)
        assert "kdr audit run" in wrong["unread"].cure()
        assert "kdr drill" in wrong["drill"].cure()
        assert (wrong["incidents"].found, "kdr incident" in wrong["incidents"].cure()) == ("1", True)
        assert "kdr seal run" in wrong["sealing"].cure()
        assert "kdr store replicate" in wrong["safe"].cure()

    def test_a_journal_that_is_away_is_no_crash(self, home: Home) -> None:
        for file in home.journal.iterdir():
            file.rename(home.folder / file.name)
        home.journal.rmdir()
        assert not [check for check in examine(home) if check.key in self.KEYS]
