"""The commands as people and programs meet them: words in their language, exit codes, JSON."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import bagit
import pytest

from metadata.wording import Tongue, wording
from tests.homes import ROOT, Ran, delivery, environment, everything, kdr, make_home, run, scan
from workflows.founding import open_store
from workflows.settings import Home

SENTENCES = wording("workflows", "messages.toml").sentences
HELP = {key: texts for key, texts in SENTENCES.items() if key.startswith("help.")}
UNKNOWN = "3fa2c1de-0000-4000-8000-00000000000a"


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Ran]:
    """A repository with a stored book and one that waits; only to be looked at."""
    folder = tmp_path_factory.mktemp("worked")
    given = delivery(folder / "dodavka", {"kniha": [1, 2], "noviny": [3]})
    scan(given / "noviny" / "0002.tif", 4, dpi=72)
    home = make_home(folder / "home")
    return home, run(home, given)


@pytest.fixture(scope="module")
def home(worked: tuple[Home, Ran]) -> Path:
    """Its folder."""
    return worked[0].folder


@pytest.fixture(scope="module")
def batch(worked: tuple[Home, Ran]) -> str:
    """The identifier of its batch."""
    return worked[1].folder.name


@pytest.fixture(scope="module")
def stored(worked: tuple[Home, Ran]) -> str:
    """The identifier of its stored book."""
    return worked[1].volume("kniha").volume


def squeezed(text: str) -> str:
    """Without white space: help is broken into lines."""
    return re.sub(r"\s+", "", text)


def refused(done: subprocess.CompletedProcess[str], code: str, exit_code: int, words: str) -> None:
    """The command ended with that finding, in these words, and not with a traceback."""
    assert done.returncode == exit_code, done.stderr
    assert f" {code} " in done.stderr
    assert words in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


class TestHelp:
    @pytest.mark.parametrize("tongue", Tongue)
    def test_every_command_explains_itself_in_the_readers_language(self, tongue: Tongue) -> None:
        chosen = {} if tongue is Tongue.CS else {"KDR_LANGUAGE": str(tongue)}
        said = subprocess.run(
            [sys.executable, "-m", "tests.help_pages"],
            env=environment(**chosen), cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        pages = json.loads(said)
        leaves = [name for name, page in pages.items() if "Commands:" not in page]
        assert len(leaves) == 84
        shown = squeezed("".join(pages.values()))
        other = Tongue.EN if tongue is Tongue.CS else Tongue.CS
        for key, texts in HELP.items():
            assert squeezed(texts[tongue]) in shown, key
            assert squeezed(texts[other]) not in shown or texts[tongue] == texts[other], key

    def test_the_commands_alone_are_help(self) -> None:
        done = kdr()
        assert "batch" in done.stdout + done.stderr
        assert "Krajský digitální repozitář" in done.stdout + done.stderr

    def test_the_version_is_that_of_the_distribution(self) -> None:
        done = kdr("--version")
        assert (done.returncode, done.stdout) == (0, f"kdr {version('kdr')}\n")

    def test_help_is_quick_because_nothing_heavy_is_loaded(self) -> None:
        script = (
            "import sys, workflows.cli\n"
            "sys.argv = ['kdr', '--help']\n"
            "try: workflows.cli.main()\n"
            "except SystemExit: pass\n"
            "heavy = {'distributed', 'dask', 'numpy', 'cv2', 'pyvips', 'PIL', 'lxml', 'datasette', 'pygfried'}\n"
            "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment(), cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        assert "batch" in done.stdout


class TestRefusals:
    @pytest.mark.parametrize(
        ("tongue", "words"), [("", "není žádný repozitář kdr"), ("en", "There is no kdr repository")]
    )
    def test_no_repository(self, tmp_path: Path, tongue: str, words: str) -> None:
        refused(kdr("store", "list", cwd=tmp_path, KDR_LANGUAGE=tongue), "E006", 66, words)

    def test_a_home_that_is_none_is_not_replaced_by_another(self, tmp_path: Path, home: Path) -> None:
        done = kdr("store", "list", home=tmp_path, KDR_HOME=str(home))
        refused(done, "E006", 66, str(tmp_path))

    def test_settings_that_are_wrong_are_named_by_key(self, tmp_path: Path) -> None:
        (tmp_path / "kdr.toml").write_text("[page]\nocr_dpj = 300\n", encoding="utf-8")
        refused(kdr("batch", "list", home=tmp_path), "E005", 78, "page.ocr_dpj")

    @pytest.mark.parametrize(("tongue", "words"), [("", "neexistuje nebo není složka"), ("en", "is not a folder")])
    def test_a_delivery_that_is_not_there(self, home: Path, tongue: str, words: str) -> None:
        refused(kdr("batch", "run", home / "nic", home=home, KDR_LANGUAGE=tongue), "D004", 66, words)

    def test_a_batch_that_is_none(self, home: Path) -> None:
        for command in ("status", "resume", "report"):
            refused(kdr("batch", command, "nic-0123456789", home=home), "D015", 66, "Dávka nic-0123456789 neexistuje")

    def test_a_batch_that_another_run_has(self, home: Path, batch: str, worked: tuple[Home, Ran]) -> None:
        with (worked[1].folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = kdr("batch", "resume", batch, "--sync", home=home, KDR_LANGUAGE="en")
        refused(done, "D014", 75, "Another run is working on batch")

    @pytest.mark.parametrize(
        ("language", "end"), [("lat", ("E002", 69, "Jazyk lat")), ("klingon", ("E005", 78, "klingon"))]
    )
    def test_a_language_that_cannot_be_read(
        self, home: Path, tmp_path: Path, language: str, end: tuple[str, int, str]
    ) -> None:
        given = delivery(tmp_path / "jina", {"kniha": [1]})
        refused(kdr("batch", "run", given, "--language", language, home=home), *end)
        assert not list((home / "work" / "batches").glob("jina-*"))

    def test_an_object_that_is_none(self, home: Path, tmp_path: Path) -> None:
        for command in (["show", UNKNOWN], ["verify", UNKNOWN], ["export", UNKNOWN, str(tmp_path / "ven")]):
            refused(kdr("store", *command, home=home), "S004", 66, UNKNOWN)
        assert not (tmp_path / "ven").exists()
        refused(kdr("store", "show", "kniha", home=home, KDR_LANGUAGE="en"), "S004", 66, "no object kniha")

    def test_a_folder_that_cannot_be_written_is_a_finding(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        refused(kdr("init", tmp_path / "file" / "home"), "E004", 74, "Zápis selhal")
        refused(kdr("init", tmp_path / "file", KDR_LANGUAGE="en"), "E004", 74, "Writing failed")

    def test_a_wrong_option_is_usage(self, home: Path, tmp_path: Path) -> None:
        assert kdr("batch", "run", tmp_path, "--dpi", "-1", home=home).returncode == 2
        assert kdr("batch", "walk", home=home).returncode == 2


class TestInit:
    def test_once_and_only_once(self, tmp_path: Path) -> None:
        folder = tmp_path / "nový repozitář"
        done = kdr("init", folder)
        assert (done.returncode, f"Repozitář je založen v {folder}" in done.stdout) == (0, True)
        before = everything(folder)
        refused(kdr("init", folder, KDR_LANGUAGE="en"), "E007", 73, "There is a repository")
        assert everything(folder) == before


class TestBatches:
    def test_a_list_for_programs(self, home: Path, batch: str) -> None:
        (found,) = json.loads(kdr("batch", "list", "--json", home=home).stdout)
        assert (found["id"], len(found["volumes"]), found["working"]) == (batch, 2, False)

    def test_the_standing_for_programs(self, home: Path, batch: str) -> None:
        found = json.loads(kdr("batch", "status", batch, "--json", home=home).stdout)
        states = {volume["folder"]: volume["state"] for volume in found["volumes"]}
        assert states == {"kniha": "stored", "noviny": "waiting"}

    @pytest.mark.parametrize(
        ("tongue", "words"),
        [("", ("čeká", "uložen", "Naskenujte znovu:")), ("en", ("waits", "stored", "Rescan these:"))],
    )
    def test_the_standing_for_people(self, home: Path, batch: str, tongue: str, words: tuple[str, ...]) -> None:
        shown = kdr("batch", "status", batch, home=home, KDR_LANGUAGE=tongue).stdout
        assert all(word in shown for word in words)
        assert "P012 noviny/0002.tif" in shown

    def test_a_list_for_people(self, home: Path, batch: str) -> None:
        assert batch in kdr("batch", "list", home=home).stdout

    def test_no_batch_yet(self, tmp_path: Path) -> None:
        make_home(tmp_path)
        assert kdr("batch", "list", home=tmp_path).stdout == "Zatím žádná dávka.\n"
        assert json.loads(kdr("batch", "list", "--json", home=tmp_path).stdout) == []

    def test_the_report_can_be_written_again(self, home: Path, batch: str, worked: tuple[Home, Ran]) -> None:
        report = worked[1].end.report
        report.unlink()
        assert str(report) in kdr("batch", "report", batch, home=home).stdout
        assert report.is_file()


class TestStore:
    def test_lists_and_objects_for_programs(self, home: Path, stored: str) -> None:
        (held,) = json.loads(kdr("store", "list", "--json", home=home).stdout)
        assert (held["id"], held["title"], held["copies"]) == (stored, "kniha", 2)
        (shown,) = json.loads(kdr("store", "show", stored, "--json", home=home).stdout)
        assert [copy["place"] for copy in shown["copies"]] == ["hlavni", "druha"]
        assert all(copy["present"] for copy in shown["copies"])

    def test_lists_and_objects_for_people(self, home: Path, stored: str) -> None:
        assert stored in kdr("store", "list", home=home).stdout
        shown = kdr("store", "show", f"uuid:{stored.upper()}", home=home).stdout
        assert "hlavni" in shown
        assert "ano" in shown

    def test_an_empty_store(self, tmp_path: Path) -> None:
        make_home(tmp_path)
        assert kdr("store", "list", home=tmp_path, KDR_LANGUAGE="en").stdout == "The store is empty.\n"
        assert json.loads(kdr("store", "list", "--json", home=tmp_path).stdout) == []

    def test_verifying_for_people_and_programs(self, home: Path, stored: str) -> None:
        done = kdr("store", "verify", home=home)
        assert (done.returncode, "závad: 0" in done.stdout) == (0, True)
        done = kdr("store", "verify", stored, "--json", home=home)
        assert (done.returncode, json.loads(done.stdout)["faults"]) == (0, [])

    def test_an_export_is_a_whole_bag_and_overwrites_nothing(
        self, home: Path, stored: str, tmp_path: Path, worked: tuple[Home, Ran]
    ) -> None:
        target = tmp_path / "vývoz"
        assert kdr("store", "export", stored, target, home=home).returncode == 0
        bagit.Bag(str(target)).validate()
        place = open_store(worked[0]).primary
        (own,) = place.objects()
        assert set(everything(target)) == set(place.sizes(own, "v0001"))
        refused(kdr("store", "export", stored, target, home=home), "S005", 73, "nic nebylo přepsáno")
        refused(kdr("store", "export", stored, tmp_path / "x", "--version", "v0009", home=home), "S004", 66, "v0009")


class TestCatalogue:
    def test_it_is_built_from_the_store(self, home: Path, worked: tuple[Home, Ran]) -> None:
        worked[0].catalogue.unlink()
        done = kdr("catalogue", "build", "--anew", home=home)
        assert (done.returncode, "1 svazků, 2 stran" in done.stdout) == (0, True), done.stderr
        assert worked[0].catalogue.is_file()
