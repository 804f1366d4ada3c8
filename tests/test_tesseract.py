"""ocr.tesseract: the models it chooses, the bounds it keeps, and what it reads on real scans."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from metadata.problem import Problem
from metadata.tool import Limits, ToolFailed
from ocr.tesseract import TESSERACT, Tesseract, installed, models_for
from tests.conftest import ROOT

needs_tesseract = pytest.mark.skipif(not TESSERACT.present(), reason="tesseract is not installed")

HERE = ("Fraktur", "Latin", "ces", "deu", "lat")


@pytest.mark.parametrize(
    ("languages", "script", "models"),
    [
        (("ces",), "", ("ces",)),
        (("ces", "deu", "ces"), "", ("ces", "deu")),
        (("ces",), "Antiqua", ("ces",)),
        (("ces",), "Latin", ("ces",)),
        (("ces", "deu"), "fraktur", ("Fraktur",)),
    ],
)
def test_models_are_chosen_by_script_and_language(
    languages: tuple[str, ...], script: str, models: tuple[str, ...]
) -> None:
    assert models_for(languages, script, HERE) == models


def test_a_script_s_model_may_lie_in_a_folder_of_its_own() -> None:
    assert models_for(("ces",), "Fraktur", ("ces", "script/Fraktur")) == ("script/Fraktur",)


@pytest.mark.parametrize(
    ("languages", "script", "missing", "package"),
    [
        (("pol",), "", "pol", "pol"),
        (("ces",), "Fraktur", "Fraktur", "script-frak"),
        (("chi_sim",), "", "chi_sim", "chi-sim"),
    ],
)
def test_a_missing_model_is_named_with_its_package(
    languages: tuple[str, ...], script: str, missing: str, package: str
) -> None:
    with pytest.raises(Problem) as caught:
        models_for(languages, script, ("ces", "deu"))
    assert caught.value.finding.code == "E002"
    assert caught.value.finding.subject == missing
    assert caught.value.finding.facts == {"installed": "ces, deu", "package": package}
    assert f"tesseract-ocr-{package}" in caught.value.finding.advice()


def test_a_page_is_read_in_some_language() -> None:
    with pytest.raises(ValueError, match="at least one language"):
        models_for((), "", HERE)


def test_a_machine_without_tesseract_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(Problem) as caught:
        Tesseract().read(tmp_path / "a.pgm", ("ces",), 300)
    assert caught.value.finding.code == "E001"
    assert caught.value.finding.facts == {"package": "tesseract-ocr"}


class FakeTesseract:
    """A program called tesseract that says and does what a test wants."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        (folder / "ces.traineddata").write_bytes(b"a model")
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        monkeypatch.setenv("TESSDATA_PREFIX", str(folder))

    def does(self, command: str) -> None:
        """`command` is sh; $2 is the path of the output without its ending."""
        program = self._folder / "tesseract"
        asked = f'List of available languages in "{self._folder}" (2):'
        program.write_text(
            f"#!/bin/sh\ncase $1 in --list-langs) echo '{asked}'; echo ces; echo osd; exit;; "
            f"--version) echo tesseract 5.3.0; exit;; esac\n{command}\n"
        )
        program.chmod(0o755)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTesseract:
    """A fake program before the real one on the path."""
    return FakeTesseract(tmp_path, monkeypatch)


PAGE = '<div class="ocr_page" title="bbox 0 0 9 9"></div>'


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("exit 0", "hocr"),
        ("echo 'Error in pixRead' >&2; exit 1", "Error in pixRead"),
        ("printf '\\351' >&2; exit 1", "codec"),
        ("exit 3", "exit 3"),
        ("kill -9 $$", "-9"),
        (': > "$2.hocr"', "hOCR"),
        ('echo nonsense > "$2.hocr"', "hOCR of 0 pages"),
        (f"echo '{PAGE}{PAGE}' > \"$2.hocr\"", "hOCR of 2 pages"),
    ],
    ids=["no output", "error", "unknown letters", "silent error", "killed", "empty", "nonsense", "two pages"],
)
def test_however_tesseract_fails_it_is_the_tool_s_failure(
    fake: FakeTesseract, tmp_path: Path, command: str, why: str
) -> None:
    fake.does(command)
    with pytest.raises(ToolFailed) as caught:
        Tesseract().read(tmp_path / "a.pgm", ("ces",), 300)
    assert why in caught.value.why


def test_a_run_has_one_thread_its_memory_and_its_settings(fake: FakeTesseract, tmp_path: Path) -> None:
    fake.does(f'(echo "$OMP_THREAD_LIMIT"; ulimit -v; echo "$@") > {tmp_path}/told; echo \'{PAGE}\' > "$2.hocr"')
    text = Tesseract(Limits(memory=1 << 30)).read(tmp_path / "a.pgm", ("ces",), 299.7)
    threads, kilobytes, arguments = (tmp_path / "told").read_text().splitlines()
    assert (threads, kilobytes) == ("1", str(1 << 20))
    assert arguments.startswith(f"{tmp_path}/a.pgm ")
    assert "-l ces" in arguments
    assert "--psm 3 --dpi 300" in arguments
    assert "-l ces (ces " in text.settings
    assert (text.width, text.height, text.blocks) == (9, 9, ())


def test_the_layout_may_be_told_another_resolution_than_sizes_of_type(fake: FakeTesseract, tmp_path: Path) -> None:
    word = '<span class="ocr_line" title="bbox 0 0 9 9; x_size 100"><span class="ocrx_word">a</span></span>'
    page = f'<div class="ocr_page" title="bbox 0 0 9 9"><p class="ocr_par">{word}</p></div>'
    fake.does(f"echo '{page}' > \"$2.hocr\"")
    text = Tesseract(told=150.4).read(tmp_path / "a.pgm", ("ces",), 300)
    assert "--dpi 150 " in text.settings
    assert [line.style.size for line in text.lines()] == [24.0]


def test_a_run_leaves_the_environment_and_the_disk_as_they_were(
    fake: FakeTesseract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    fake.does(f"echo '{PAGE}' > \"$2.hocr\"")
    for known in ("", "12345678"):
        if known:
            monkeypatch.setenv("KDR_MEMORY", known)
        before = dict(os.environ)
        Tesseract().read(tmp_path / "a.pgm", ("ces",), 300)
        assert dict(os.environ) == before
    assert list(work.iterdir()) == []


def test_a_run_dies_with_the_worker_that_started_it(fake: FakeTesseract, tmp_path: Path) -> None:
    fake.does(f"echo $$ > {tmp_path}/draft; mv {tmp_path}/draft {tmp_path}/pid; exec sleep 60")
    reading = "import pathlib, ocr.tesseract as t; t.Tesseract().read(pathlib.Path('/a.pgm'), ('ces',), 300)"
    # Its temporary files stay behind when it is killed: they go where the test is cleaned up.
    with subprocess.Popen(
        [sys.executable, "-c", reading], cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)}
    ) as worker:
        pid = int(soon(lambda: (tmp_path / "pid").read_text() if (tmp_path / "pid").exists() else ""))
        assert running(pid)
        worker.kill()
    assert soon(lambda: "" if running(pid) else "ended")


def running(pid: int) -> bool:
    """Whether the process lives; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def soon(look: Callable[[], str]) -> str:
    """What `look` sees within twenty seconds, as soon as it sees anything."""
    for _ in range(1000):
        if seen := look():
            return seen
        time.sleep(0.02)
    return look()


def test_a_new_model_of_a_language_changes_the_identity(fake: FakeTesseract, tmp_path: Path) -> None:
    fake.does("exit 0")
    before = Tesseract().identity(("ces",))
    (tmp_path / "deu.traineddata").write_bytes(b"another language")
    assert Tesseract().identity(("ces",)) == before
    (tmp_path / "ces.traineddata").write_bytes(b"a better model")
    assert Tesseract().identity(("ces",)) != before
    assert Tesseract(layout=4).identity(("ces",)) != Tesseract().identity(("ces",))


def test_a_model_that_is_gone_is_the_tool_s_failure(fake: FakeTesseract, tmp_path: Path) -> None:
    fake.does("exit 0")
    (tmp_path / "ces.traineddata").unlink()
    with pytest.raises(ToolFailed, match="model ces"):
        Tesseract().identity(("ces",))


def test_a_tesseract_that_hides_its_models_is_a_failure(fake: FakeTesseract, tmp_path: Path) -> None:
    fake.does("exit 0")
    program = tmp_path / "tesseract"
    program.write_text(program.read_text().replace("available languages in", "languages somewhere near"))
    with pytest.raises(ToolFailed, match="names no folder of models"):
        installed()


def test_without_the_program_that_bounds_it_nothing_is_read(
    fake: FakeTesseract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.does("exit 0")
    monkeypatch.setattr("pytesseract.pytesseract.tesseract_cmd", str(tmp_path / "nowhere.sh"))
    with pytest.raises(Problem) as caught:
        Tesseract().read(tmp_path / "a.pgm", ("ces",), 300)
    assert caught.value.finding.code == "E001"


@needs_tesseract
def test_the_real_one_names_its_models_and_not_its_orientation_detector() -> None:
    models = installed()
    assert "osd" not in models.names
    assert all((models.folder / f"{name}.traineddata").is_file() for name in models.names)


@needs_tesseract
@pytest.mark.slow
def test_memory_is_bounded(tmp_path: Path) -> None:
    Image.new("L", (2000, 2000), 255).save(tmp_path / "a.pgm")
    with pytest.raises(ToolFailed):
        Tesseract(Limits(memory=30 << 20)).read(tmp_path / "a.pgm", ("ces",), 300)


def wrong_letters(truth: str, read: str) -> float:
    """Levenshtein distance as a share of the truth, white space folded."""
    truth, read = (" ".join(unicodedata.normalize("NFC", text).split()) for text in (truth, read))
    row = list(range(len(read) + 1))
    for number, letter in enumerate(truth, start=1):
        before, row[0] = row[0], number
        for place, other in enumerate(read, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (letter != other))
    return row[-1] / len(truth)


def test_wrong_letters_are_counted() -> None:
    assert wrong_letters("kniha", "kniha") == 0
    assert wrong_letters("kniha", " khina s") == pytest.approx(4 / 5)


@needs_tesseract
@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "script", "worst"),
    [
        ("cs-antiqua-ndk/numismaticke_listy_1974_titul.jp2", "", 0.0373),
        ("cs-fraktur-luther/zml_002.tif", "Fraktur", 0.1140),
    ],
)
def test_a_real_page_is_read_as_well_as_tesseract_can(
    scans: Path, tmp_path: Path, page: str, script: str, worst: float
) -> None:
    """`worst` is tesseract_psm3_cer of scans/manifest.csv; folding quotes and long s is worth up to two per cent."""
    with Image.open(scans / page) as image:
        image.convert("L").save(tmp_path / "page.pgm")
    text = Tesseract().read(tmp_path / "page.pgm", ("ces",), 300, script)
    truth = next((scans / page).parent.glob(f"{Path(page).stem}.gt.txt")).read_text()
    assert wrong_letters(truth, text.plain()) <= worst + 0.02
    models = "+".join(models_for(("ces",), script, installed().names))
    TESSERACT.run([f"{tmp_path}/page.pgm", f"{tmp_path}/plain", "-l", models, "--dpi", "300"], Limits(seconds=60))
    assert text.plain().split() == (tmp_path / "plain.txt").read_text().split()
