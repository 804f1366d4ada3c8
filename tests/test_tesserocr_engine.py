"""ocr.tesserocr_engine: where it finds models, and that whatever its child does is a failure of one page."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from PIL import Image

from bench.engines import Result, columns, compare, table
from bench.read_pages import Sheet
from bench.reading_errors import Errors
from metadata.problem import Problem
from metadata.tool import Limits, Tool, ToolFailed, ToolTimedOut
from ocr import tesserocr_engine
from ocr.tesseract import TESSERACT
from ocr.tesserocr_engine import Tesserocr, library_version, models, present
from tests.conftest import ROOT
from tests.page_texts import FixedEngine
from tests.test_tesseract import PAGE, wrong_letters

needs_tesserocr = pytest.mark.skipif(not present(), reason="tesserocr is not installed: pip install 'kdr[engines]'")
needs_models = pytest.mark.skipif("ces" not in models().names, reason="no Czech model of Tesseract is installed")


class FakeLibrary:
    """An installed tesserocr whose child says and does what a test wants, and a folder with a Czech model."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._child = folder, folder / "child.py"
        (folder / "ces.traineddata").write_bytes(b"a model")
        monkeypatch.setenv("TESSDATA_PREFIX", str(folder))
        monkeypatch.setattr(metadata, "version", {"tesserocr": "2.99"}.__getitem__)
        monkeypatch.setattr(tesserocr_engine, "_CHILD", self._child)
        self.does("pass")

    def does(self, command: str) -> None:
        """`command` is Python; `hocr` is the path it is to write, `told` all it was told."""
        self._child.write_text(
            "import os, sys\nfrom pathlib import Path\ntold = sys.argv[1:]\n"
            "if told == ['--version']: sys.exit(print('tesseract 5.9.1'))\n"
            f"hocr = Path(told[1])\n{command}\n"
        )


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    """A library that is not the real one."""
    tesserocr_engine._inside.cache_clear()
    return FakeLibrary(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("sys.exit('RuntimeError: no')", "RuntimeError: no"),
        ("sys.exit(3)", "exit 3"),
        ("os.abort()", "exit -6"),
        ("os.kill(os.getpid(), 11)", "exit -11"),
        ("bytearray(1 << 40)", "MemoryError"),
        ("pass", "page.hocr"),
        ("hocr.write_text('')", "hOCR"),
        ("hocr.write_text('nonsense')", "hOCR of 0 pages"),
        (f"hocr.write_text('''{PAGE}{PAGE}''')", "hOCR of 2 pages"),
    ],
    ids=["error", "silent error", "abort", "crash", "memory", "no output", "empty", "nonsense", "two pages"],
)
def test_however_the_library_fails_it_is_one_page_s_failure(fake: FakeLibrary, command: str, why: str) -> None:
    fake.does(command)
    with pytest.raises(ToolFailed) as caught:
        Tesserocr().read(fake.folder / "a.pgm", ("ces",), 300)
    assert caught.value.program == "tesserocr"
    assert why in caught.value.why


def test_an_endless_loop_ends_when_its_time_is_over(fake: FakeLibrary) -> None:
    fake.does("while True: pass")
    with pytest.raises(ToolTimedOut) as caught:
        Tesserocr(Limits(seconds=0.5)).read(fake.folder / "a.pgm", ("ces",), 300)
    assert (caught.value.program, caught.value.why) == ("tesserocr", "0.5 s")


def test_a_run_has_one_thread_its_memory_and_its_settings(fake: FakeLibrary) -> None:
    fake.does(
        "import resource\n"
        f"memory = resource.getrlimit(resource.RLIMIT_AS)[0]\n"
        f"Path({str(fake.folder)!r}, 'told').write_text(repr((os.environ['OMP_THREAD_LIMIT'], memory, told)))\n"
        f"hocr.write_text('''{PAGE}''')"
    )
    text = Tesserocr(Limits(memory=1 << 30), layout=4).read(fake.folder / "a.pgm", ("ces",), 299.7)
    told = (fake.folder / "told").read_text()
    assert told.startswith(f"('1', {1 << 30}, ['{fake.folder}/a.pgm', ")
    assert told.endswith(f"'{fake.folder}', 'ces', '4', '300'])")
    assert text.settings.startswith("--psm 4 --dpi 300 -l ces (ces ")
    assert (text.width, text.height, text.blocks) == (9, 9, ())
    assert (text.engine.name, text.engine.version) == ("tesserocr", "2.99")
    assert text.engine.note == "Tesseract 5.9.1, --psm 4"


def test_a_run_leaves_nothing_on_the_disk(fake: FakeLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    work = fake.folder / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    for command in (f"hocr.write_text('''{PAGE}''')", "os.abort()"):
        fake.does(command)
        try:
            Tesserocr().read(fake.folder / "a.pgm", ("ces",), 300)
        except ToolFailed:
            assert command == "os.abort()"
        assert list(work.iterdir()) == []


def test_a_new_model_or_another_layout_changes_the_identity(fake: FakeLibrary) -> None:
    before = Tesserocr().identity(("ces",))
    assert "2.99 Tesseract 5.9.1" in before
    (fake.folder / "deu.traineddata").write_bytes(b"another language")
    assert Tesserocr().identity(("ces",)) == before
    (fake.folder / "ces.traineddata").write_bytes(b"a better model")
    assert Tesserocr().identity(("ces",)) != before
    assert Tesserocr(layout=4).identity(("ces",)) != Tesserocr().identity(("ces",))


def test_a_library_that_hides_its_version_is_no_failure(fake: FakeLibrary) -> None:
    (fake.folder / "child.py").write_text("print('something else')")
    assert "Tesseract unknown" in Tesserocr().agent.note


def test_without_the_library_one_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesserocr_engine, "LIBRARY", "kdr-no-such-library")
    assert not present()
    for ask in (
        library_version,
        lambda: Tesserocr().agent,
        lambda: Tesserocr().identity(("ces",)),
        lambda: Tesserocr().read(tmp_path / "a.pgm", ("ces",), 300),
    ):
        with pytest.raises(Problem) as caught:
            ask()
        assert caught.value.finding.code == "E001"
        assert caught.value.finding.facts == {"package": "kdr[engines]"}


@pytest.mark.parametrize("inner", ["", "tessdata"])
def test_models_are_where_tessdata_prefix_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inner: str) -> None:
    folder = tmp_path / inner
    (folder / "script").mkdir(parents=True)
    for name in ("ces", "osd", "script/Fraktur"):
        (folder / f"{name}.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert "ces" in {name.rpartition("/")[2] for name in models().names}
    assert not any(name.endswith("osd") for name in models().names)
    assert all((models().folder / f"{name}.traineddata").is_file() for name in models().names)


def test_without_the_program_models_are_found_where_distributions_put_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("4.00", "5"):
        (tmp_path / version / "tessdata").mkdir(parents=True)
        (tmp_path / version / "tessdata/ces.traineddata").touch()
    monkeypatch.setattr(tesserocr_engine, "TESSERACT", Tool("kdr-no-such-program", "none"))
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    monkeypatch.setattr(tesserocr_engine, "_TESSDATA", (f"{tmp_path}/*/tessdata", f"{tmp_path}/nowhere"))
    assert models().folder == tmp_path / "5/tessdata"


def test_a_program_that_is_broken_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tesseract").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "tesseract").chmod(0o755)
    (tmp_path / "here").mkdir()
    (tmp_path / "here/ces.traineddata").touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path / "nowhere"))
    monkeypatch.setattr(tesserocr_engine, "_TESSDATA", (str(tmp_path / "here"),))
    assert models().names == ("ces",)


def test_without_any_model_the_language_is_named_with_its_package(
    fake: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tesserocr_engine, "TESSERACT", Tool("kdr-no-such-program", "none"))
    monkeypatch.delenv("TESSDATA_PREFIX")
    fake.does("sys.exit('it was read all the same')")
    monkeypatch.setattr(tesserocr_engine, "_TESSDATA", ())
    with pytest.raises(Problem) as caught:
        Tesserocr().identity(("ces",))
    assert caught.value.finding.code == "E002"
    assert "tesseract-ocr-ces" in caught.value.finding.advice()


@needs_tesserocr
@needs_models
def test_a_file_that_is_no_picture_is_the_library_s_failure(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_text("this is no picture")
    with pytest.raises(ToolFailed) as caught:
        Tesserocr(Limits(seconds=60)).read(tmp_path / "a.pgm", ("ces",), 300)
    assert caught.value.program == "tesserocr"


@needs_tesserocr
@needs_models
def test_a_model_that_is_no_model_is_the_library_s_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ces.traineddata").write_bytes(b"no model")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    Image.new("L", (50, 50), 255).save(tmp_path / "a.pgm")
    with pytest.raises(ToolFailed) as caught:
        Tesserocr(Limits(seconds=60)).read(tmp_path / "a.pgm", ("ces",), 300)
    assert "Failed to init" in caught.value.why


@needs_tesserocr
@needs_models
@pytest.mark.slow
def test_memory_is_bounded(tmp_path: Path) -> None:
    Image.new("L", (6000, 6000), 255).save(tmp_path / "a.pgm")
    assert Tesserocr().agent.version
    with pytest.raises(ToolFailed):
        Tesserocr(Limits(memory=60 << 20)).read(tmp_path / "a.pgm", ("ces",), 300)


@needs_tesserocr
@needs_models
@pytest.mark.slow
def test_a_real_page_is_read_as_well_as_by_the_program(scans: Path, tmp_path: Path) -> None:
    """`worst` is tesseract_psm3_cer of scans/manifest.csv; folding quotes is worth up to two per cent."""
    scan, worst = scans / "cs-antiqua-ndk/numismaticke_listy_1974_titul.jp2", 0.0373
    with Image.open(scan) as image:
        image.convert("L").save(tmp_path / "page.pgm")
    text = Tesserocr().read(tmp_path / "page.pgm", ("ces",), 300)
    assert wrong_letters(scan.with_suffix(".gt.txt").read_text(), text.plain()) <= worst + 0.02
    sizes = {line.style.size for line in text.lines()}
    assert all(2 <= size <= 72 for size in sizes)
    assert {word.language for word in text.words()} == {"ces"}


def test_the_child_lies_beside_its_engine() -> None:
    assert tesserocr_engine._CHILD == ROOT / "ocr/tesserocr_page.py"
    assert tesserocr_engine._CHILD.is_file()


def test_a_page_that_an_engine_could_not_read_is_a_dash_and_no_part_of_the_mean() -> None:
    good = Result(Errors(0.1, 0.2, 0.15), 2.0)
    printed = table([("a", (good, good)), ("b", (Result(Errors(0.3, 0.2, 0.25), 4.0), None))], ["one", "two"])
    assert printed.splitlines()[-2:] == [
        "| b | 0.3000 | 0.250 | 4.00 | – | – | – |",
        "| mean | 0.2000 | 0.200 | 3.00 | 0.1000 | 0.150 | 2.00 |",
    ]


@pytest.mark.skipif(not TESSERACT.present(), reason="tesseract, which knows the words of a language, is not installed")
def test_engines_are_compared_on_the_same_page_and_the_first_with_each_other(tmp_path: Path) -> None:
    Image.effect_noise((60, 40), 80).save(tmp_path / "a.png")
    sheet = Sheet("a", tmp_path / "a.png", "Kniha je přítel", ("ces",), "", "Antiqua", "ces")
    engines = [FixedEngine(), FixedEngine(said=("Kniha je",)), FixedEngine(Limits(seconds=0.1))]
    first, second, failed, both, none = compare(sheet, engines)
    assert first is not None
    assert second is not None
    assert both is not None
    assert (first.errors.cer, both.errors.cer) == (0, 0)
    assert second.errors.cer == pytest.approx(7 / 15)
    assert (failed, none) == (None, None)
    assert columns(["tesseract", "ocr.x:Other"]) == ("tesseract", "other", "tesseract with other")
